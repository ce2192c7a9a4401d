"""The picture of a training run. Its look is that of all pictures: `lab/figures/style.py`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from lab.figures.style import BLUE, ORANGE, STYLE

# metric, title, unit of the y axis, limits
PANELS = (
    ("reward", "Reward of the rollouts", "mean reward", (0, 1)),
    ("accuracy", "Accuracy on held-out problems", "share right", (0, 1)),
    ("completion_length", "Length of the completions", "tokens", None),
    ("entropy", "Entropy of the policy", "nats per token", (0, None)),
    ("clip_fraction", "Tokens held back by the clip", "share of tokens", (0, None)),
    ("signal", "Groups with any signal", "share of groups", (0, 1)),
)


def training_curve(metrics: Sequence[dict[str, Any]], path: Path, title: str) -> None:
    """Writes the six panels of a run to `path` (PNG). Raw values are pale, their running mean is strong."""
    with rc_context(STYLE):
        figure = Figure(figsize=(11, 5.6), layout="constrained")
        axes = figure.subplots(2, 3)
        for axis, (name, heading, unit, limits) in zip(axes.flat, PANELS, strict=True):
            if name == "accuracy":
                for key, colour, label in (("sampled", BLUE, "sampled, temperature 1"), ("greedy", ORANGE, "greedy")):
                    points = [(m["step"], m[f"accuracy_{key}"]) for m in metrics if f"accuracy_{key}" in m]
                    axis.plot(*zip(*points, strict=True), marker="o", markersize=3, color=colour, label=label)
                axis.legend(loc="lower right")
            else:
                points = [(m["step"], m[name]) for m in metrics if name in m]
                if points:
                    steps, values = zip(*points, strict=True)
                    axis.plot(steps, values, color=BLUE, alpha=0.25, linewidth=1)
                    axis.plot(steps, running_mean(values), color=BLUE)
            axis.set(title=heading, xlabel="GRPO step", ylabel=unit)
            if limits:
                axis.set_ylim(*limits)
        figure.suptitle(title)
        temporary = path.with_name(path.name + ".tmp")
        figure.savefig(temporary, format="png")
    temporary.replace(path)


def running_mean(values: Sequence[float], window: int = 10) -> list[float]:
    """Mean of each value and up to window - 1 before it."""
    return [sum(values[max(0, i - window + 1) : i + 1]) / min(i + 1, window) for i in range(len(values))]
