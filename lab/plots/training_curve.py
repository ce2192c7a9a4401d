"""Pictures of runs, written as files. Their look is that of all pictures: `lab/plots/style.py`."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from lab.plots.style import BLUE, GREEN, GREY, ORANGE, SKY, STYLE, panels

# metric, title, unit of the y axis, limits
PANELS = (
    ("accuracy", "Accuracy on held-out problems", "share right", (0, 1)),
    ("completion_length", "Length of the completions", "tokens", None),
    ("workings", "Completions with a working, held-out", "share of completions", (0, 1)),
    ("reward", "Reward of the rollouts", "mean reward", (0, 1)),
    ("entropy", "Entropy of the policy", "nats per token", (0, None)),
    ("clip_fraction", "Tokens whose gradient the clip removes", "share of tokens", (0, None)),
    ("signal", "Groups with any signal", "share of groups", (0, 1)),
)
# panel -> what held-out evaluations add to it: metric, colour, label
HELD_OUT = {
    "accuracy": (("accuracy_greedy", ORANGE, "greedy"), ("accuracy_sampled", BLUE, "sampled, temperature 1")),
    "completion_length": (("greedy_length", ORANGE, "greedy, held-out"),),
    "workings": (("greedy_workings", ORANGE, "greedy"), ("workings", BLUE, "sampled, temperature 1")),
}


def training_curve(metrics: Sequence[dict[str, Any]], path: Path, title: str) -> None:
    """Writes the six panels of a run to `path` (PNG). Raw values are pale, their centred mean is strong. The panel of
    workings gives way to that of the clip if no evaluation looked for workings."""
    unused = "clip_fraction" if any("workings" in m for m in metrics) else "workings"
    with rc_context(STYLE):
        figure, axes = panels(3, 2, width=11, height=5.6)
        shown = [panel for panel in PANELS if panel[0] != unused]
        for axis, (name, heading, unit, limits) in zip(axes.flat, shown, strict=True):
            points = [(m["step"], m[name]) for m in metrics if name in m]
            if points and name != "workings":
                steps, values = zip(*points, strict=True)
                axis.plot(steps, values, color=BLUE, alpha=0.25, linewidth=1)
                axis.plot(steps, centred_mean(values), color=BLUE, label="rollouts" if name in HELD_OUT else None)
            for key, colour, label in HELD_OUT.get(name, ()):
                points = [(m["step"], m[key]) for m in metrics if key in m]
                if points:
                    axis.plot(*zip(*points, strict=True), marker="o", markersize=3, color=colour, label=label)
            if axis.get_legend_handles_labels()[0]:
                axis.legend(loc="lower right")
            axis.set(title=heading, xlabel="GRPO step", ylabel=unit)
            low, high = limits or (0, None)
            axis.set_ylim(low, high and 1.03 * high)  # room for a marker at the top
        figure.suptitle(title)
        write(figure, path)


def centred_mean(values: Sequence[float], reach: int = 5) -> list[float]:
    """The mean of each value and as many on either side: `reach`, fewer at the ends. So it does not lag behind."""
    means = []
    for i in range(len(values)):
        n = min(reach, i, len(values) - 1 - i)
        means.append(sum(values[i - n : i + n + 1]) / (2 * n + 1))
    return means


def running_mean(values: Sequence[float], window: int = 10) -> list[float]:
    """Mean of each value and up to window - 1 before it."""
    return [sum(values[max(0, i - window + 1) : i + 1]) / min(i + 1, window) for i in range(len(values))]


SERIES = (BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00", SKY, GREY)
MARKERS = "os^Dv<>"


def with_spread(
    curves: dict[str, tuple[Sequence[float], Sequence[Sequence[float]]]],
    path: Path,
    title: str,
    x: str,
    y: str,
    log_x: bool = False,
    log_y: bool = False,
    limits: tuple[float | None, float | None] | None = None,
) -> None:
    """Writes one panel to `path` (PNG): label -> (x values, one sequence of y values for each seed). The strong line
    is the median over seeds, each seed has a thin one. Colour and marker both tell lines apart."""
    with rc_context(STYLE):
        figure, axis = panels(1, width=7, height=4.2)
        for i, (label, (points, runs)) in enumerate(curves.items()):
            colour, marker = SERIES[i % len(SERIES)], MARKERS[i % len(MARKERS)]
            for run in runs if len(runs) > 1 else ():
                axis.plot(points, run, color=colour, alpha=0.4, linewidth=0.8)
            medians = [statistics.median(values) for values in zip(*runs, strict=True)]
            axis.plot(points, medians, color=colour, marker=marker, markersize=4, label=label)
        axis.set(title=title, xlabel=x, ylabel=y)
        if log_x:
            axis.set_xscale("log", base=2)
        if log_y:
            axis.set_yscale("log")
        if limits:
            axis.set_ylim(*limits)
        axis.legend()
        write(figure, path)


def stacked_bars(bars: dict[str, dict[str, float]], path: Path, title: str, y: str) -> None:
    """Writes one panel to `path` (PNG): a bar for each label, stacked of its parts (which all have the same names)."""
    with rc_context(STYLE):
        figure, axis = panels(1, width=7, height=4.2)
        floor = [0.0] * len(bars)
        for i, part in enumerate(next(iter(bars.values()))):
            heights = [parts[part] for parts in bars.values()]
            axis.bar(list(bars), heights, bottom=floor, color=SERIES[i % len(SERIES)], label=part, width=0.6)
            floor = [low + height for low, height in zip(floor, heights, strict=True)]
        axis.set(title=title, ylabel=y)
        axis.grid(axis="x", visible=False)
        axis.set_axisbelow(True)
        axis.legend()
        write(figure, path)


def write(figure: Figure, path: Path) -> None:
    """As PNG, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    figure.savefig(temporary, format="png")
    temporary.replace(path)
