"""The lesson's pictures: variance against the probability of the right answer, and what the baselines do to training."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLUE, GREEN, GREY, ORANGE, SKY, numbers, panels, styled

LOOK = {
    "none": (ORANGE, "--"),
    "mean": (BLUE, "-"),
    "leave one out": (SKY, "-."),
    "best": (GREEN, ":"),
    "none, rewards + 3": (GREY, "--"),
}


@styled
def two_actions(p: Any, variances: Mapping[str, Any]) -> Figure:
    """p: probabilities of the right action. variances: for each baseline its variance at each p."""
    figure, axis = panels(1, width=6.5, height=3.4)
    for name, values in variances.items():
        colour, dashes = LOOK[name]
        axis.plot(numbers(p), numbers(values), dashes, color=colour, linewidth=2, label=name)
    axis.axvline(2 / 3, color=GREY, linewidth=1)
    axis.text(0.68, axis.get_ylim()[1] * 0.9, "p = 2/3")
    axis.set(xlabel="probability p of the right action", ylabel="variance of one sample's gradient")
    axis.legend()
    return figure


@styled
def groups(sizes: Sequence[int], none: Any, leave_one_out: Any, mean: Any) -> Figure:
    """sizes: of a group. The others: group size times the variance of the group's mean gradient."""
    figure, axis = panels(1, width=6.5, height=3.2)
    for name, values in (("none", none), ("mean", mean), ("leave one out", leave_one_out)):
        colour, dashes = LOOK[name]
        axis.plot(sizes, numbers(values), dashes, color=colour, marker="o", linewidth=2, label=name)
    axis.set(xlabel="samples in the group", ylabel="group size × variance", xticks=sizes, ylim=(-0.01, None))
    axis.legend()
    return figure


@styled
def variances(readings: Sequence[Sequence[Any]]) -> Figure:
    """readings: for each level of p those of all models. Left: two actions. Middle, right: a language model."""
    figure, (left, middle, right) = panels(3, width=11.5, height=3.8)
    p = [i / 400 for i in range(8, 381)]
    theory = {"none": [x * (1 - x) ** 3 for x in p], "mean": [x * (1 - x) * (1 - 2 * x) ** 2 for x in p]}
    for name, values in theory.items():
        colour, dashes = LOOK[name]
        left.plot(p, values, dashes, color=colour, linewidth=2, label=name)
    left.set(title="Two actions", ylabel="variance of one sample's gradient", ylim=(1e-5, 1))
    for axis, part in ((middle, "total"), (right, "along")):
        for name in ("none, rewards + 3", "mean", "none", "best"):
            colour, dashes = LOOK[name]
            for model in range(len(readings[0])):
                x = [models[model].right for models in readings]
                y = [getattr(models[model], part)[name] for models in readings]
                axis.plot(x, y, dashes, color=colour, linewidth=1.5, label=None if model else name)
    middle.set_title("A language model, all parameters")
    right.set_title("Along the true gradient only")
    for axis in (left, middle, right):
        axis.axvline(2 / 3, color=GREY, linewidth=1)
        axis.set(yscale="log", xlabel="probability p of the right one (line: 2/3)", xlim=(0, 1))
    left.legend(loc="lower left")
    middle.legend(loc="lower left")
    return figure


@styled
def learning(readings: Sequence[Sequence[Any]], histories: Mapping[str, Sequence[Sequence[float]]]) -> Figure:
    """readings: for each level of p those of all models. histories: for each baseline and run the probability of the
    right text at each step."""
    figure, (left, right) = panels(2, width=10.0, height=3.6)
    for name in readings[0][0].wrong_way:
        colour, dashes = LOOK[name]
        for model in range(len(readings[0])):
            x = [models[model].right for models in readings]
            y = [models[model].wrong_way[name] for models in readings]
            left.plot(x, y, dashes, color=colour, linewidth=1.5, label=None if model else name)
    left.set(xlabel="probability p of the right text", ylabel="share of steps", ylim=(-0.02, 0.58))
    left.set_title("Steps of 8 samples that lower p (to first order)")
    for name, runs in histories.items():
        colour, dashes = LOOK[name]
        for i, run in enumerate(runs):
            right.plot(run, dashes, color=colour, linewidth=1.2, label=None if i else name)
    right.set(xlabel="step", ylabel="probability p of the right text", ylim=(-0.03, 1.03))
    right.set_title("Training, each run a line")
    right.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
