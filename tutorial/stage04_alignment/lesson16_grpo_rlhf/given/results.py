"""Figures and table of lesson 16's runs. A figure can be shown in a notebook or written to a file."""

from __future__ import annotations

import math
import statistics
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
WINDOW = 10  # steps that the table averages over
OVEROPTIMISATION = (
    ("reward", "What is optimised", "reward", None),
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


def table(runs: dict[str, list[Run]]) -> str:
    """Means of the first step, the best and the last WINDOW steps, as a table in Markdown."""
    lines = [
        "| run | reward before | after | true score before | best | after | KL after | entropy after |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for label, seeds in runs.items():
        cells = [
            mean_and_deviation([s[0]["reward"] for s in seeds]),
            mean_and_deviation([_last(s, "reward") for s in seeds]),
            mean_and_deviation([s[0].get("true_score", math.nan) for s in seeds]),
            mean_and_deviation([_best(s, "true_score") for s in seeds]),
            mean_and_deviation([_last(s, "true_score") for s in seeds]),
            mean_and_deviation([_last(s, "kl") for s in seeds]),
            mean_and_deviation([_last(s, "entropy") for s in seeds]),
        ]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    steps = len(next(iter(runs.values()))[0])
    seeds = len(next(iter(runs.values())))
    lines.append(f"\nMeans of {WINDOW} steps of {steps}, ± the standard deviation over {seeds} seeds.")
    return "\n".join(lines) + "\n"


def mean_and_deviation(values: list[float]) -> str:
    """Mean ± standard deviation."""
    if any(math.isnan(v) for v in values):
        return "–"
    deviation = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.2f}{deviation}"


def _last(history: Run, name: str) -> float:
    return statistics.fmean(m.get(name, math.nan) for m in history[-WINDOW:])


def _best(history: Run, name: str) -> float:
    values = [m.get(name, math.nan) for m in history]
    return max(statistics.fmean(values[i : i + WINDOW]) for i in range(max(1, len(values) - WINDOW + 1)))


def summary(history: Run) -> str:
    names = [n for n in ("reward", "true_score", "kl") if n in history[0]]
    return ", ".join(f"{n.replace('_', ' ')} {history[0][n]:.2f} → {_last(history, n):.2f}" for n in names)
