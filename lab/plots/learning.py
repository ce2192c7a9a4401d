"""Pictures of a small run: curves, and the answers before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLUE, BLUES, LINES, ORANGE, panels, styled
from lab.plots.training_curve import PANELS, centred_mean

Scored = tuple[str, float]

NAMES = {name: (title, unit, limits) for name, title, unit, limits in PANELS} | {
    "loss": ("Loss", "loss (nats)", None),
    "grad_norm": ("Size of the gradient", "norm before clipping", (0, None)),
    "no_signal": ("Groups without signal", "share of groups", (0, 1)),
}


@styled
def curves(history: Sequence[dict[str, float]], *names: str) -> Figure:
    """A panel for each metric. Raw values are pale, their centred mean is strong."""
    figure, axes = panels(len(names), width=min(11, 4.2 * len(names)), height=3.1, squeeze=False)
    for axis, name in zip(axes.flat, names, strict=True):
        title, unit, limits = NAMES[name]
        values = [row[name] for row in history]
        axis.plot(range(1, len(values) + 1), values, color=BLUE, alpha=0.35, linewidth=1, label="each step")
        axis.plot(range(1, len(values) + 1), centred_mean(values), color=BLUE, linewidth=2, label="mean of 11 steps")
        axis.set(title=title, xlabel="step", ylabel=unit)
        if limits:
            axis.set_ylim(*limits)
    axes.flat[0].legend(loc="best")
    return figure


@styled
def rewards_of_runs(runs: dict[str, Sequence[dict[str, float]]]) -> Figure:
    """The centred mean of the reward of several runs, in one panel."""
    figure, axis = panels(1, width=7.6, height=3.6)
    for (colour, dashes), (name, history) in zip(LINES, runs.items(), strict=False):
        values = centred_mean([row["reward"] for row in history])
        axis.plot(range(1, len(values) + 1), values, dashes, color=colour, linewidth=2, label=name)
    axis.set(xlabel="step", ylabel="mean reward (over 11 steps)", ylim=(0, 1.03), title="Reward of the sampled answers")
    figure.legend(loc="outside right center")
    return figure


@styled
def answers(prompts: Sequence[str], right: Sequence[str], before: Any, after: Any) -> Figure:
    """before, after: for each prompt its sampled answers, as texts of one character or none. A frame marks the right
    answer."""
    kinds = sorted({a for side in (before, after) for group in side for a in group} | set(right))
    figure, axes = panels(2, width=9.5, height=3.6, sharey=True)
    for axis, side, title in ((axes[0], before, "Before"), (axes[1], after, "After")):
        table = [[list(group).count(kind) / len(group) for kind in kinds] for group in side]
        image = axis.imshow(table, cmap=BLUES, vmin=0, vmax=1, aspect="auto")
        axis.plot([kinds.index(r) for r in right], range(len(right)), "s", color="none", markersize=13,
                  markeredgecolor=ORANGE, markeredgewidth=2)  # fmt: skip
        axis.set(title=f"{title} training", xlabel="sampled answer")
        axis.set_xticks(range(len(kinds)), [k or "∅" for k in kinds])
        axis.set_yticks(range(len(prompts)), prompts)
        axis.grid(False)
    axes[0].set_ylabel("prompt")
    figure.colorbar(image, ax=axes, label="share of the sampled answers", shrink=0.9)
    return figure


def side_by_side(problems: Sequence[str], before: Sequence[Scored], after: Sequence[Scored]) -> str:
    """A table in plain text: what was sampled before and after, each a text and its reward."""
    lines = [f"{'problem':<10}{'before':<18}after"]
    for problem, *samples in zip(problems, before, after, strict=True):
        cells = [f"{text[:12]:<13}{'✓' if reward > 0 else '✗':<5}" for text, reward in samples]
        lines.append(f"{problem:<10}{''.join(cells)}".rstrip())
    return "\n".join(lines)
