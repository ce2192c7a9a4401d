"""Exercise 14.10, GRPOTrainer.learning_rate: what people get wrong, and right answers written otherwise."""

import torch

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The first step, number 0, has a rate of 0: the rise counts from 1, so that no step is wasted.", {
    "(k + 1) / max(1, config.warmup_steps)": "k / max(1, config.warmup_steps)",
})  # fmt: skip

wrong("With warmup_steps = 0 you divide by zero; there is no rise then.", {
    "(k + 1) / max(1, config.warmup_steps)": "(k + 1) / config.warmup_steps",
})  # fmt: skip

wrong("The rise does not end: after warmup_steps the rate goes on growing.", {
    "min(1.0, (k + 1) / max(1, config.warmup_steps))": "(k + 1) / max(1, config.warmup_steps)",
})  # fmt: skip

wrong("The rise is not linear: whole-number division makes it 0 until the warm-up is over.", {
    "(k + 1) / max(1, config.warmup_steps)": "(k + 1) // max(1, config.warmup_steps)",
})  # fmt: skip

wrong("The fall does not end: after num_steps the rate sinks below its final fraction.", {
    "(1 - config.final_rate) * min(1.0, k / max(1, config.num_steps))":
        "(1 - config.final_rate) * k / max(1, config.num_steps)",
})  # fmt: skip

wrong("The fall begins only after the warm-up; both run from step 0.", {
    "min(1.0, k / max(1, config.num_steps))":
        "min(1.0, max(0, k - config.warmup_steps) / max(1, config.num_steps - config.warmup_steps))",
})  # fmt: skip

wrong("The rate falls to 0: final_rate is not used.", {
    "(1 - config.final_rate) * min(1.0, k / max(1, config.num_steps))": "min(1.0, k / max(1, config.num_steps))",
})  # fmt: skip

wrong("There is no fall: final_rate and num_steps are not used.", {
    "config.learning_rate * rise * fall": "config.learning_rate * rise",
})  # fmt: skip

wrong("The fall counts steps from 1, so it is one step ahead; it begins with k = 0.", {
    "k / max(1, config.num_steps)": "(k + 1) / max(1, config.num_steps)",
})  # fmt: skip

wrong("The fall takes num_steps - 1 steps; it reaches final_rate at k = num_steps.", {
    "k / max(1, config.num_steps)": "k / max(1, config.num_steps - 1)",
})  # fmt: skip

wrong("final_rate is taken for a learning rate; it is a fraction of learning_rate.", {
    "config.final_rate": "config.final_rate / config.learning_rate",
})  # fmt: skip

wrong("The fall is a cosine; it is to be linear.", {
    "(1 - config.final_rate) * min(1.0, k / max(1, config.num_steps))":
        "(1 - config.final_rate) * (1 - __import__('math').cos(__import__('math').pi * min(1.0, k / max(1,"
        " config.num_steps)))) / 2",
})  # fmt: skip

wrong("The smaller of rise and fall is taken; the two are multiplied.", {
    "config.learning_rate * rise * fall": "config.learning_rate * min(rise, fall)",
})  # fmt: skip

wrong("The rate is computed from the optimizer's, which step overwrites: the factors pile up step by step.", {
    "config.learning_rate": 'self.optimizer.param_groups[0]["lr"]',
})  # fmt: skip

wrong("Asking for the rate counts the step, which is for step to do.", {
    "return config.learning_rate * rise * fall": "self.step_number += 1\nreturn config.learning_rate * rise * fall",
})  # fmt: skip

wrong("Optimizer updates are counted; k is the number of the step, whatever its number of updates.", {
    "self.step_number": "self.step_number * self.config.updates_per_generation",
})  # fmt: skip

wrong("Only the factor is returned; it is to be multiplied by learning_rate.", {"config.learning_rate * rise": "rise"})

# Right answers written otherwise


@right("cases instead of minima")
def by_cases(self):
    c, k = self.config, self.step_number
    rate = c.learning_rate
    if k + 1 < c.warmup_steps:
        rate = rate * (k + 1) / c.warmup_steps
    if k >= c.num_steps:
        return rate * c.final_rate
    return rate * (c.final_rate * k + c.num_steps - k) / c.num_steps


@right("interpolation between the first and the last rate, by torch")
def by_interpolation(self):
    c = self.config
    k = torch.tensor(float(self.step_number), dtype=torch.float64)
    rise = torch.clamp((k + 1) / c.warmup_steps, max=1.0) if c.warmup_steps > 0 else torch.ones_like(k)
    first = torch.tensor(c.learning_rate, dtype=torch.float64)
    return float(rise * torch.lerp(first, first * c.final_rate, torch.clamp(k / c.num_steps, max=1.0)))


@right("the rise by its inverse, the fall by the steps that are left")
def by_steps_left(self):
    config = self.config
    done = sorted([0, self.step_number, config.num_steps])[1]
    left = config.num_steps - done
    fraction = config.final_rate + (1 - config.final_rate) * left / config.num_steps
    slower = max(1.0, config.warmup_steps / (self.step_number + 1))
    return config.learning_rate * fraction / slower
