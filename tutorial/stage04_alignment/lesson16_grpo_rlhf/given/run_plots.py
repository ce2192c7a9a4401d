"""Figures of the RLHF runs, in the look of lab.plots; each can be shown in a notebook or written to a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from lab.plots.style import BLUE, GREEN, GREY, ORANGE, STYLE, panels
from lab.plots.training_curve import running_mean, write

Run = Sequence[dict[str, Any]]  # the metrics of each step
COLOURS = (ORANGE, BLUE, GREEN, GREY)
LINES = ("-", "--", "-.", ":")

METRICS = (
    ("loss", "Loss", "loss", None),
    ("reward", "Reward of the rollouts", "reward model's score", None),
    ("entropy", "Entropy of the policy", "nats per token", (0, None)),
    ("kl", "Distance from the reference", "KL, nats per token", (0, None)),
)
OVEROPTIMISATION = (
    ("reward", "What is optimised", "reward model's score", None),
    ("true_score", "What is meant", "true score, points", None),
    ("kl", "How far it went", "KL, nats per token", (0, None)),
)


def training_metrics(runs: dict[str, list[Run]], path: Path | None = None, title: str = "") -> Figure:
    """Loss, reward, entropy and KL over the steps; `runs` maps a label to the runs (seeds) under it."""
    return _panels(runs, METRICS, (2, 2), (8, 5.6), path, title)


def overoptimisation(runs: dict[str, list[Run]], path: Path | None = None, title: str = "") -> Figure:
    """The reward model's score, the true score and the KL, side by side."""
    return _panels(runs, OVEROPTIMISATION, (1, 3), (11, 3.4), path, title)


def _panels(runs, metrics, shape, size, path, title) -> Figure:
    """One line per label, the mean over its seeds (a running mean over 5 steps); the seeds themselves are pale."""
    with rc_context(STYLE):
        figure, axes = panels(shape[1], shape[0], *size)
        for axis, (name, heading, unit, limits) in zip(axes.flat, metrics, strict=True):
            for (label, seeds), colour, line in zip(runs.items(), COLOURS, LINES, strict=False):
                curves = [running_mean([m[name] for m in run if name in m], 5) for run in seeds]
                curves = [curve for curve in curves if curve]
                if not curves:
                    continue
                steps = range(1, len(curves[0]) + 1)
                for curve in curves if len(curves) > 1 else ():
                    axis.plot(steps, curve, color=colour, alpha=0.3, linewidth=0.8)
                mean = [sum(column) / len(column) for column in zip(*curves, strict=True)]
                axis.plot(steps, mean, color=colour, linestyle=line, label=label)
            axis.set(title=heading, xlabel="GRPO step", ylabel=unit)
            if limits:
                axis.set_ylim(*limits)
        axes.flat[0].legend()
        figure.suptitle(title)
        if path is not None:
            write(figure, path)
    return figure
    return None
