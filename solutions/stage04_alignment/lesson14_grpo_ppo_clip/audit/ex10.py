"""Exercise 14.10, GRPOTrainer.learning_rate: known mistakes, right answers written otherwise, and the core variant."""

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("The first step, number 0, has a rate of 0: the rise counts from 1, so that no step is wasted.", {
    "(k + 1) / max(1, config.warmup_steps)": "k / max(1, config.warmup_steps)",
})  # fmt: skip

wrong("The first step, number 0, has a rate of 0: the rise counts from 1, so that no step is wasted.", {
    "(k + 1) / max(1, config.warmup_steps)": "k / config.warmup_steps if config.warmup_steps else 1.0",
})  # fmt: skip

wrong("The rise is a whole-number division: it is 0 until the warm-up ends, and no ramp.", {
    "(k + 1) / max(1, config.warmup_steps)": "(k + 1) // max(1, config.warmup_steps)",
})  # fmt: skip

wrong("With warmup_steps = 0 you divide by zero; there is no rise then.", {
    "(k + 1) / max(1, config.warmup_steps)": "(k + 1) / config.warmup_steps",
})  # fmt: skip

wrong("The rise does not end: after warmup_steps the rate goes on growing.", {
    "min(1.0, (k + 1) / max(1, config.warmup_steps))": "(k + 1) / max(1, config.warmup_steps)",
})  # fmt: skip

wrong("The fall begins only after the warm-up; both run from step 0.", {
    "min(1.0, k / max(1, config.num_steps))":
        "min(1.0, max(0, k - config.warmup_steps) / max(1, config.num_steps - config.warmup_steps))",
})  # fmt: skip

wrong("The first step has a rate of 0, and the fall begins only after the warm-up, as in many libraries; here the rise"
      " counts from 1, and both run from step 0.", {
    "(k + 1) / max(1, config.warmup_steps)": "k / config.warmup_steps if config.warmup_steps else 1.0",
    "min(1.0, k / max(1, config.num_steps))":
        "min(1.0, max(0, k - config.warmup_steps) / max(1, config.num_steps - config.warmup_steps))",
})  # fmt: skip

wrong("The fall begins only after the warm-up, but then counts the steps from 0; both factors run from step 0.", {
    "min(1.0, k / max(1, config.num_steps))": "min(1.0, (k >= config.warmup_steps) * k / max(1, config.num_steps))",
})  # fmt: skip

wrong("The fall does not end: after num_steps the rate sinks below its final fraction.", {
    "min(1.0, k / max(1, config.num_steps))": "k / max(1, config.num_steps)",
})  # fmt: skip


@right("cases instead of minima")
def by_cases(self):
    c, k = self.config, self.step_number
    rate = c.learning_rate
    if k + 1 < c.warmup_steps:
        rate = rate * (k + 1) / c.warmup_steps
    if k >= c.num_steps:
        return rate * c.final_rate
    return rate * (c.final_rate * k + c.num_steps - k) / c.num_steps


@right("the rise by its inverse, the fall by the steps that are left")
def by_steps_left(self):
    config = self.config
    left = config.num_steps - min(self.step_number, config.num_steps)
    fraction = config.final_rate + (1 - config.final_rate) * left / config.num_steps
    slower = max(1.0, config.warmup_steps / (self.step_number + 1))
    return config.learning_rate * fraction / slower


@core("the formula")
def formula(self):
    c, k = self.config, self.step_number
    rise = min(1, (k + 1) / c.warmup_steps) if c.warmup_steps else 1
    return c.learning_rate * rise * (1 - (1 - c.final_rate) * min(1, k / c.num_steps))
