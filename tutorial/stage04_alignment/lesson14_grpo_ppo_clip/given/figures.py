"""Pictures of the clipped objective: its quadrants, and the ratios of a rollout that is used several times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy
from matplotlib.figure import Figure

from lab.plots.style import BLACK, BLUE, LINES, ORANGE, PALE, numbers, panels, styled


@styled
def quadrants(ratios: Any, signs: dict[int, Sequence[tuple[float, float]]], epsilon: float) -> Figure:
    """signs: advantage (+1, -1) -> for each ratio (loss, its gradient by the log-probability)."""
    figure, axes = panels(len(signs), rows=2, width=9, height=5.4, sharex=True, sharey="row")
    ratios = numpy.array(numbers(ratios))
    for column, (advantage, points) in enumerate(signs.items()):
        losses, gradient = numpy.array(numbers(points), dtype=float).T
        # A wrong clip may have no gradient in two places, or have one everywhere: shade wherever it is 0.
        dead = numpy.abs(gradient) < 1e-9
        for axis, values, colour in zip(axes[:, column], (losses, gradient), (BLUE, ORANGE), strict=True):
            axis.fill_between(ratios, 0, 1, where=dead, transform=axis.get_xaxis_transform(), color=PALE, linewidth=0)
            axis.axvline(1, color=BLACK, linewidth=0.8, linestyle=":")
            for edge in (1 - epsilon, 1 + epsilon):
                axis.axvline(edge, color="#777777", linewidth=0.8, linestyle="--")
            axis.axhline(0, color=BLACK, linewidth=0.8)
            axis.plot(ratios, _broken(values), color=colour, linewidth=2.4)
            axis.set_xlim(ratios[0], ratios[-1])
            axis.margins(y=0.12)
        for ratio in (0.5, 2):  # the four cases of the lesson's page
            nearest = int(numpy.abs(ratios - ratio).argmin())
            axis = axes[1, column]
            axis.plot(ratios[nearest], gradient[nearest], "o", color=ORANGE, markersize=7)
            axis.annotate(f"{gradient[nearest]:.2g}".replace("-", "−"), (ratios[nearest], gradient[nearest]),
                          xytext=(0, 8), textcoords="offset points", ha="center")  # fmt: skip
        if dead.any():
            middle = float(ratios[dead].mean())
            axes[0, column].text(middle, 0.5 if advantage > 0 else 0.2, "no\ngradient", ha="center", va="center", fontsize=9,
                                 transform=axes[0, column].get_xaxis_transform(),
                                 bbox={"facecolor": PALE, "edgecolor": "none", "pad": 2})  # fmt: skip
        axes[0, column].set_title(f"A = {_signed(advantage)}: a {'good' if advantage > 0 else 'bad'} answer")
        axes[1, column].set_xlabel("ratio of new to old probability (no unit)")
        axes[1, column].set_xticks([0.5, 1 - epsilon, 1, 1 + epsilon, 1.5, 2])
    axes[0, 0].set_ylabel("loss of the token")
    axes[1, 0].set_ylabel("gradient of the loss,\nby log-probability")
    return figure


def _signed(number: int) -> str:
    return f"+{number}" if number > 0 else f"−{-number}"


def _broken(values: numpy.ndarray) -> numpy.ndarray:
    """A curve with a gap where it jumps, so that no slanted line is drawn there."""
    curve = values.copy()
    jumps = numpy.flatnonzero(numpy.abs(numpy.diff(curve)) > 0.3)
    curve[jumps] = numpy.nan
    return curve


@styled
def ratios_of_updates(updates: Sequence[tuple[Any, Any]], epsilon: float) -> Figure:
    """updates: before each inner update (ratios of the tokens, their advantages)."""
    figure, axis = panels(1, width=9, height=4.2)
    random = numpy.random.default_rng(0)
    axis.axhspan(1 - epsilon, 1 + epsilon, color=PALE, zorder=0)
    axis.axhline(1, color=BLACK, linewidth=0.8)
    for number, (ratios, advantages) in enumerate(updates, 1):
        ratios, advantages = numpy.array(numbers(ratios)), numpy.array(numbers(advantages))
        for sign, colour, marker, label in ((1, BLUE, "^", "better than its group (A > 0)"),
                                            (-1, ORANGE, "v", "worse than its group (A < 0)")):  # fmt: skip
            chosen = ratios[advantages * sign > 0]
            x = number - 0.2 * sign + random.uniform(-0.13, 0.13, len(chosen))
            axis.plot(x, chosen, marker, color=colour, markersize=4, alpha=0.45, markeredgewidth=0,
                      label=f"token of an answer that is {label}" if number == 1 else None)  # fmt: skip
    axis.set(
        yscale="log",
        xlabel="inner update (ratios just before it)",
        ylabel="ratio of new to old probability\n(log scale)",
    )
    axis.set_yticks([0.25, 0.5, 0.8, 1, 1.2, 2, 4], ["0.25", "0.5", "0.8", "1", "1.2", "2", "4"], minor=False)
    axis.set_yticks([], minor=True)
    low = min(min(numbers(r)) for r, _ in updates)
    high = max(max(numbers(r)) for r, _ in updates)
    axis.set_ylim(max(0.05, min(0.6, low / 1.1)), min(20, max(1.7, high * 1.1)))
    axis.set_xticks(range(1, len(updates) + 1))
    axis.set_title(f"One rollout, used {len(updates)} times (grey: 1 ± {epsilon:g})")
    axis.grid(False, axis="x")
    figure.legend(loc="outside lower center", ncols=2, markerscale=1.8)
    return figure


@styled
def inner_updates(metrics: Sequence[dict[str, float]]) -> Figure:
    """The trainer's metrics of each inner update: loss, gradient norm, clip fraction."""
    figure, axes = panels(3, height=2.9)
    for axis, (name, title, unit), (colour, _) in zip(
        axes,
        (("loss", "Loss", "loss"), ("grad_norm", "Size of the gradient", "norm before clipping"),
         ("clip_fraction", "Cut off by the clip", "share of tokens")),
        LINES, strict=False,
    ):  # fmt: skip
        axis.plot(range(1, len(metrics) + 1), [m[name] for m in metrics], "o-", color=colour)
        axis.set(title=title, xlabel="inner update", ylabel=unit)
        axis.set_xticks(range(1, len(metrics) + 1))
        if name == "loss":
            axis.axhline(0, color=BLACK, linewidth=0.8)
        else:
            axis.set_ylim(0, None)
    return figure
