"""Exercise 06.5, RunningMean.advantages: what people get wrong, other right answers, and the shortest right one."""

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

BASELINE = "baseline = self.average / (1 - self.decay**self.batches) if self.batches else 0.0"
UPDATE = "self.average = self.decay * self.average + (1 - self.decay) * rewards.mean().item()"

wrong("The present batch is part of its own baseline: each reward is compared with itself, too.", {
    BASELINE: "",
    "self.batches += 1": "self.batches += 1\nbaseline = self.average / (1 - self.decay**self.batches)",
})  # fmt: skip

wrong("The average starts at 0 and is not corrected: for many batches the baseline is too small.", {
    BASELINE: "baseline = self.average",
})  # fmt: skip

wrong("The weights are swapped: decay belongs to the old average, 1 - decay to the new batch.", {
    UPDATE: "self.average = (1 - self.decay) * self.average + self.decay * rewards.mean().item()",
})  # fmt: skip

wrong("The average belongs to the class: two objects that take turns share it.", {
    UPDATE: "RunningMean.shared = (1 - self.decay) * rewards.mean().item()"
            " + (self.decay * RunningMean.shared if self.batches else 0.0)",
    BASELINE: "baseline = RunningMean.shared / (1 - self.decay**self.batches) if self.batches else 0.0",
})  # fmt: skip

wrong("The rewards are not detached: a gradient flows through the advantages.", {"rewards = rewards.detach()": ""})


@right("the weight of all batches beside their weighted sum")
def advantages(self, rewards):
    weight = 1 - self.decay**self.batches
    result = rewards.detach() - (self.average / weight if weight > 0 else 0)
    self.average += (1 - self.decay) * (float(rewards.detach().mean()) - self.average)
    self.batches = self.batches + 1
    return result


@right("a list of all past means")
def advantages(self, rewards):
    past = self.past = getattr(self, "past", [])
    weights = [self.decay**age for age in range(len(past))][::-1]
    baseline = sum(w * m for w, m in zip(weights, past, strict=True)) / (sum(weights) or 1)
    past.append(rewards.detach().mean().item())
    return rewards.detach() - baseline


@core("three lines")
def advantages(self, rewards):
    b = self.average / (1 - self.decay**self.batches) if self.batches else 0
    self.average, self.batches = self.decay * self.average + (1 - self.decay) * rewards.mean().item(), self.batches + 1
    return rewards - b
