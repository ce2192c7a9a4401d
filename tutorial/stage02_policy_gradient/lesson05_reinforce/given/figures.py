"""The lesson's pictures: a bandit's gradient, the error of a sampled gradient, and what follows from following it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLACK, BLUE, GREEN, GREY, LINES, ORANGE, numbers, panels, styled


@styled
def bandit(policy: Any, rewards: Any, exact: Any, estimates: Mapping[int, Any]) -> Figure:
    """Left: the policy, with each arm's reward. Right: the exact gradient (crosses), and for each number of draws many
    estimates of it (dots). estimates: number of draws -> (repeats, arms)."""
    figure, (left, right) = panels(2, width=9.5, height=3.4, gridspec_kw={"width_ratios": [1, 1.8]})
    arms = range(len(numbers(policy)))
    left.bar(arms, numbers(policy), color=BLUE, width=0.6)
    for arm, (p, r) in enumerate(zip(numbers(policy), numbers(rewards), strict=True)):
        left.text(arm, p + 0.01, f"pays {r:g}", ha="center", va="bottom")
    left.set(xticks=arms, xlabel="arm", ylabel="probability", title="The policy")
    colours = (GREY, ORANGE, BLUE)
    for i, (draws, rows) in enumerate(estimates.items()):
        for arm, column in enumerate(zip(*numbers(rows), strict=True)):
            x = [arm + 0.24 * (i - 1) + 0.08 * (j / len(column) - 0.5) for j in range(len(column))]
            right.plot(x, column, ".", color=colours[i], markersize=4, label=f"{draws:,} draws" if arm == 0 else None)
    for arm, value in enumerate(numbers(exact)):
        right.hlines(value, arm - 0.4, arm + 0.4, color=BLACK, linewidth=2, label="exact" if arm == 0 else None)
    right.set(xticks=arms, xlabel="arm", ylabel="gradient to its logit", title="Its gradient, and estimates of it")
    right.legend(ncols=2)
    return figure


@styled
def errors(sizes: Sequence[int], to_go: Sequence[Sequence[float]], whole: Sequence[Sequence[float]]) -> Figure:
    """The relative error of the sampled gradient over the number of samples: a line for each model, for both kinds of
    returns, and a line that falls as 1/sqrt(N)."""
    figure, axis = panels(1, width=6.2, height=3.8)
    for rows, (colour, dashes), label in (
        (whole, LINES[1], "whole reward for every token"),
        (to_go, LINES[0], "reward-to-go"),
    ):
        for i, row in enumerate(rows):
            axis.plot(sizes, row, dashes, color=colour, marker="o", markersize=4, label=label if i == 0 else None)
    start = 0.6 * min(row[0] for row in to_go)
    guide = [start * (sizes[0] / n) ** 0.5 for n in sizes]
    axis.plot(sizes, guide, ":", color=BLACK, linewidth=2, label=r"slope of $1/\sqrt{N}$")
    axis.set(xscale="log", yscale="log", xlabel="completions N", ylabel="|sampled − exact| / |exact|")
    axis.set_xticks(sizes, [f"{n:,}" for n in sizes])
    axis.minorticks_off()
    axis.set_title("The sampled gradient is the exact one plus noise")
    axis.legend()
    return figure


@styled
def learning(up: Sequence[Mapping], down: Sequence[Mapping], decimals: Sequence[Sequence[float]] = ()) -> Figure:
    """Left: the exact expected reward of the small task for each model, trained with the right and with the wrong sign.
    Middle: the loss of the same runs with the right sign. Right, if there are any: right answers on four digits."""
    figure, (left, middle, *others) = panels(3 if decimals else 2, width=11.5 if decimals else 8.0, height=3.4)
    for runs, (colour, dashes), label in ((up, LINES[0], "right sign"), (down, LINES[1], "sign turned")):
        for i, run in enumerate(runs):
            left.plot(run["reward"], dashes, color=colour, label=label if i == 0 else None)
    left.set(xlabel="steps", ylabel="exact expected reward", ylim=(-0.03, 1.03), title="Two digits: the reward")
    left.legend(loc="center right")
    for run in up:
        middle.plot(range(1, len(run["loss"]) + 1), run["loss"], color=GREY)
    middle.set(xlabel="step", ylabel="loss", title="The loss of the same steps (right sign)")
    for right in others:
        for row in decimals:
            right.plot(range(1, len(row) + 1), row, color=GREEN, linewidth=1)
        right.set(xlabel="step", ylabel="share of right answers", ylim=(-0.03, 1.03), title="Four digits: the samples")
    return figure
