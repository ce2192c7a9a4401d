"""Exercise 12.2, MovingBaseline: what people get wrong, other right answers, and the shortest right one."""

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

MOVE = "self.average = self.decay * baseline + (1 - self.decay) * mean"

wrong("The first batch is compared with 0; it must be compared with its own mean.", {"return mean": "return 0.0"})

wrong("The batch's rewards are in the baseline that they are compared with: update after returning it.", {
    "return baseline": "return self.average",
})  # fmt: skip

wrong("decay and 1 - decay are exchanged: almost nothing of the old average stays.", {
    MOVE: "self.average = (1 - self.decay) * baseline + self.decay * mean",
})  # fmt: skip

wrong("The average starts at 0: in the first batches all rewards look good.", {
    "self.average: float | None = None": "self.average = 0.0",
})  # fmt: skip

wrong("An average of 0 is taken for none: the next batch starts again.", {
    "self.average is None": "not self.average",
})  # fmt: skip


@wrong("The average is kept in the class: two objects that take turns share it.")
class MovingBaselineShared:
    def __init__(self, decay=0.9):
        self.decay = decay
        type(self).average = None

    def __call__(self, rewards):
        cls, mean = type(self), rewards.mean().item()
        before = mean if cls.average is None else cls.average
        cls.average = self.decay * before + (1 - self.decay) * mean
        return before


@right("a list of all means, and no attribute that is called average")
class MovingBaselineFromAllMeans:
    def __init__(self, decay=0.9):
        self.decay, self.means = decay, []

    def __call__(self, rewards):
        self.means.append(float(rewards.mean()))
        value = self.means[0]
        for mean in self.means[1:-1]:
            value = value + (1 - self.decay) * (mean - value)
        return value


@right("the average is a tensor")
class MovingBaselineOfTensors:
    def __init__(self, decay=0.9):
        self.decay = decay
        self.average = None

    def __call__(self, rewards):
        before = rewards.mean() if self.average is None else self.average
        self.average = before.lerp(rewards.mean(), 1 - self.decay)
        return before


@core("in four lines")
class MovingBaseline:
    def __init__(self, decay=0.9):
        self.decay, self.average = decay, None

    def __call__(self, rewards):
        mean = rewards.mean().item()
        before = mean if self.average is None else self.average
        self.average = self.decay * before + (1 - self.decay) * mean
        return before
