"""The lesson's pictures: the four quadrants, the value from old samples, and what happens while a rollout is used again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLACK, BLUE, GREY, LINES, ORANGE, PALE, numbers, panels, styled


@styled
def quadrants(ratio: Any, objectives: Mapping[str, Any], low: float = 0.2, high: float = 0.2) -> Figure:
    """objectives: for each title the clipped objective at each of the ratios."""
    figure, axes = panels(len(objectives), width=8.0, height=3.0)
    for ax, (title, values) in zip(axes, objectives.items(), strict=True):
        ax.axvspan(1 - low, 1 + high, color=PALE, zorder=0)
        ax.plot(numbers(ratio), numbers(values), color=BLUE, linewidth=2)
        ax.axvline(1, color=BLACK, linestyle=":", linewidth=1)
        ax.set(title=title, xlabel="ratio (grey: not clipped)", ylabel="objective")
    return figure


@styled
def weights(levels: Mapping[str, Any]) -> Figure:
    """levels: for each level the weights. One histogram each, on a common axis."""
    figure, axes = panels(len(levels), width=8.0, height=2.8, sharex=True)
    most = max(max(numbers(values)) for values in levels.values())
    for ax, (name, values) in zip(axes, levels.items(), strict=True):
        ax.hist(numbers(values), bins=[most * i / 40 for i in range(41)], color=BLUE)
        ax.axvline(1, color=ORANGE, linestyle="--")
        ax.set(title=name, xlabel="weight", ylabel="how many", yscale="log")
    return figure


def _lines(ax: Any, x: Sequence[float], seeds: Sequence[Sequence[float]], style: tuple[str, str], label: str) -> None:
    """The mean over the seeds as a line, each seed as small dots."""
    colour, dashes = style
    ax.plot(x, [fmean(column) for column in zip(*seeds, strict=True)], dashes, color=colour, linewidth=2, label=label)
    for seed in seeds:
        ax.plot(x, seed, ".", color=colour, markersize=3, alpha=0.6)


@styled
def value(steps: Sequence[int], seeds: Sequence[Sequence[Mapping[str, float]]]) -> Figure:
    """Left: the error of four estimates of the new policy's value. Right: what an old sample is worth."""
    figure, (left, right) = panels(2, width=9.0, height=3.4)
    for name, style in zip(("unweighted", "weighted", "self-normalized", "fresh"), LINES, strict=True):
        _lines(left, steps, [[row[name] for row in rows] for rows in seeds], style, name)
    left.set(xlabel="steps of training since the samples were drawn", ylabel="root mean square error", yscale="log")
    left.legend()
    _lines(right, steps, [[row["ess"] for row in rows] for rows in seeds], LINES[0], "effective sample size / samples")
    _lines(right, steps, [[row["worth"] for row in rows] for rows in seeds], LINES[1], "exact: 1 / mean of weight²")
    earned = [[(row["fresh"] / row["self-normalized"]) ** 2 for row in rows] for rows in seeds]
    _lines(right, steps, earned, LINES[2], "measured: (error fresh / self-norm.)²")
    right.set(xlabel="steps of training since the samples were drawn", ylabel="worth of one old sample", ylim=(0, 2))
    right.legend(loc="upper right")
    return figure


@styled
def updates(runs: Mapping[str, Sequence[tuple[Sequence[float], Sequence[Sequence[Mapping[str, float]]]]]]) -> Figure:
    """runs: for each way of training and each seed the right answers after each rollout and the drifts of each rollout."""
    figure, (left, middle, right) = panels(3, width=12.0, height=3.6)
    first = [drifts[0] for _, drifts in runs["clipped"]]
    count = list(range(1, len(first[0]) + 1))
    for name, style in zip(("ess_tokens", "ess_answers"), LINES, strict=False):
        label = {"ess_tokens": "of tokens", "ess_answers": "of answers"}[name]
        _lines(left, count, [[row[name] for row in rows] for rows in first], style, label)
    left.set(title="What the rollout is still worth", ylabel="effective sample size / samples", ylim=(0, 1.05))
    for name, style in zip(("outside", "no_gradient"), LINES, strict=False):
        label = {"outside": "ratio outside 0.8 to 1.2", "no_gradient": "gradient removed by the clip"}[name]
        _lines(middle, count, [[row[name] for row in rows] for rows in first], style, label)
    middle.set(title="What the clip has to do", ylabel="share of the tokens", ylim=(0, 0.62))
    for ax in (left, middle):
        ax.set(xlabel="before update")
        ax.legend(loc="lower left" if ax is left else "upper left")
    for (way, seeds), style in zip(runs.items(), LINES, strict=False):
        found = [rewards for rewards, _ in seeds]
        _lines(right, list(range(len(found[0]))), found, style, way)
    right.set(title="What is learned", xlabel="rollouts", ylabel="share of right answers", ylim=(0, 1.25))
    right.set_xticks(range(len(found[0])))
    right.legend()
    return figure


@styled
def ratios(groups: Mapping[str, Any], low: float = 0.2, high: float = 0.2) -> Figure:
    """groups: for each title the ratios of its tokens. Histograms on a log axis; the range without clip is grey."""
    figure, axes = panels(len(groups), width=9.0, height=3.0, sharex=True, sharey=True)
    edges = [2 ** (-4 + 0.2 * i) for i in range(36)]
    for ax, (title, values) in zip(axes, groups.items(), strict=True):
        ax.axvspan(1 - low, 1 + high, color=PALE, zorder=0)
        ax.hist([min(max(v, edges[0]), edges[-1]) for v in numbers(values)], bins=edges, color=BLUE, edgecolor=GREY)
        ax.set(title=title, xlabel="ratio (first bar: 1/16 or less)", xscale="log", yscale="log")
        ax.set_xticks([0.0625, 0.25, 1, 4], ["1/16", "1/4", "1", "4"])
        ax.minorticks_off()
    axes[0].set_ylabel("tokens")
    return figure
