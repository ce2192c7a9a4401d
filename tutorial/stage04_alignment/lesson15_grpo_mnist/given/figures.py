"""Figures of lesson 15: answers and beliefs of a policy that reads digits, lost digits, what groups and critics cost."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from lab.plots.style import BLACK, BLUE, BLUES, GREY, LINES, ORANGE, PALE, SKY, numbers, panels, styled

INK = LinearSegmentedColormap.from_list("ink", ["#ffffff", BLACK])
DIGITS = range(10)


@styled
def answers(images: Any, labels: Any, actions: Any, probabilities: Any) -> Figure:
    """images: (N, 784). labels: (N,). actions: (N, G), the answers to each. probabilities: (N, 10), of one answer."""
    columns, group = len(images), len(numbers(actions)[0])
    figure, axes = panels(columns, rows=2, width=11, height=4.2, sharey="row", height_ratios=(0.8, 1))
    for column, (label, row, chances) in enumerate(
        zip(numbers(labels), numbers(actions), numbers(probabilities), strict=True)
    ):
        _image(axes[0, column], images[column])
        axis, counts = axes[1, column], [row.count(digit) for digit in DIGITS]
        axes[0, column].set_title(f"{counts[label]} of {group} right")
        axis.bar(DIGITS, counts, color=_colours(label), width=0.75)
        axis.plot(DIGITS, [group * p for p in chances], "_", color=BLACK, markersize=8, markeredgewidth=1.6)
        _digit_axis(axis, "answer")
    axes[1, 0].set_ylabel(f"how many of the {group}")
    _key(figure, ["right", "wrong"], "_", f"expected: {group} times the policy's probability")
    return figure


@styled
def baselines(rewards: Any, kinds: dict[str, Any]) -> Figure:
    """rewards: (B, G). kinds: baseline -> advantages (B, G), one row of panels each."""
    rewards = numbers(rewards)
    figure, axes = panels(len(rewards), rows=len(kinds), width=9, height=1.5 * len(kinds) + 0.9, sharey=True)
    for row, (line, (name, table)) in enumerate(zip(axes, kinds.items(), strict=True), 1):
        for axis, group, values in zip(line, rewards, numbers(table), strict=True):
            bars = axis.bar(range(1, len(values) + 1), values, width=0.7,
                            color=[BLUE if v > 0 else ORANGE for v in values])  # fmt: skip
            axis.bar_label(
                bars, [f"{v:+.2f}".replace("-", "−") if abs(v) > 1e-6 else "0" for v in values], padding=2, fontsize=9
            )
            axis.axhline(0, color=BLACK, linewidth=0.8)
            axis.grid(False, axis="x")
            axis.set_xticks(range(1, len(group) + 1), [f"r={r:g}" for r in group] if row == len(kinds) else [])
            axis.set_ylim(-1.2, 1.5)
        line[0].set_ylabel(f'"{name}"\nadvantage')
    for i, (top, bottom, group) in enumerate(zip(axes[0], axes[-1], rewards, strict=True), 1):
        top.set_title(f"image {i}: {sum(group):g} of {len(group)} right")
        bottom.set_xlabel("reward r of each answer")
    return figure


@styled
def direction_and_noise(chances: Any, kinds: dict[str, tuple[Any, Any, Any]]) -> Figure:
    """chances: (P,). kinds: baseline -> (what it subtracts, mean push on the right digit, noise), each (P,)."""
    figure, axes = panels(3, width=11, height=3.5)
    titles = ("What is subtracted (on average)", "Direction: the mean push", "Noise of one group's push")
    for column, (axis, title) in enumerate(zip(axes, titles, strict=True)):
        for (colour, dashes), (name, curves) in zip((*LINES, (GREY, "-")), kinds.items(), strict=False):
            axis.plot(numbers(chances), numbers(curves[column]), dashes, color=colour, linewidth=2, label=name)
        axis.set(title=title, xlabel="chance p of a right answer", xlim=(0, 1), ylim=(0, None))
    axes[0].set_ylabel("baseline b")
    axes[1].set_ylabel("mean push on the right\ndigit's logit")
    axes[2].set_ylabel("deviation from the mean push\n(root mean square, all logits)")
    figure.legend(*axes[0].get_legend_handles_labels(), title="baseline", loc="outside right center", handlelength=3)
    return figure


@styled
def pulls(chances: Any, kinds: dict[str, Any]) -> Figure:
    """chances: (P,). kinds: name -> (P,), how strongly the right digit's logit is pushed up."""
    figure, axis = panels(1, width=8, height=3.8)
    for (colour, dashes), marker, (name, pull) in zip(LINES, "os^D", kinds.items(), strict=False):
        axis.plot(numbers(chances), numbers(pull), dashes, marker=marker, color=colour, linewidth=2, label=name)
    axis.set(xscale="log", yscale="log", xlabel="chance p that an answer is right (log scale)",
             ylabel="push on the right\ndigit's logit (log scale)")  # fmt: skip
    for side in (axis.xaxis, axis.yaxis):
        side.set_major_formatter("{x:g}")
    figure.legend(loc="outside right center", handlelength=3)
    return figure


@styled
def signal_by_chance(chances: Any, sizes: dict[int, Any]) -> Figure:
    """chances: (P,). sizes: group size -> share of groups with a signal, (P,)."""
    figure, axis = panels(1, width=7.6, height=3.4)
    for (colour, dashes), (size, shares) in zip(LINES, sizes.items(), strict=False):
        axis.plot(numbers(chances), numbers(shares), dashes, color=colour, linewidth=2, label=f"G = {size}")
    axis.set(xlabel="chance p that an answer to this image is right", ylabel="share of groups that are mixed",
             xlim=(0, 1), ylim=(0, 1.03), title="Which images have a signal")  # fmt: skip
    figure.legend(loc="outside right center", handlelength=3)
    return figure


@styled
def beliefs(images: Any, labels: Any, stages: dict[str, Any]) -> Figure:
    """images: (N, 784). labels: (N,). stages: name -> (N, 10), the probability of each digit."""
    figure, axes = panels(len(images), rows=len(stages) + 1, width=10, height=1.25 * len(stages) + 2, sharey="row",
                          height_ratios=(1.2, *[1] * len(stages)))  # fmt: skip
    for column, label in enumerate(numbers(labels)):
        _image(axes[0, column], images[column])
        axes[0, column].set_title(f"label {label}")
        for row, table in enumerate(stages.values(), 1):
            axes[row, column].bar(DIGITS, numbers(table[column]), color=_colours(label), width=0.75)
            axes[row, column].set_ylim(0, 1.03)
            _digit_axis(axes[row, column], "digit" if row == len(stages) else "")
    for line, name in zip(axes[1:], stages, strict=True):
        line[0].set_ylabel(f"{name}\nprobability")
    _key(figure, ["the right digit", "the others"])
    return figure


@styled
def confusion(stages: dict[str, Any]) -> Figure:
    """stages: name -> (10, 10): for images of each digit (row) the mean probability of each answer (column)."""
    figure, axes = panels(len(stages), width=2.5 * len(stages) + 1, height=3.4, sharey=True)
    for axis, (name, table) in zip(axes, stages.items(), strict=True):
        picture = axis.imshow(numbers(table), cmap=BLUES, vmin=0, vmax=1)
        axis.set(title=name, xlabel="answer")
        axis.set_xticks(DIGITS)
        axis.set_yticks(DIGITS)
        axis.grid(False)
    axes[0].set_ylabel("digit in the image")
    figure.colorbar(picture, ax=axes, label="mean probability", shrink=0.85)
    return figure


@styled
def by_digit(steps: Sequence[int], table: Any, marked: Sequence[int]) -> Figure:
    """table: (steps, 10), the mean probability of the right digit for the images of each digit; some are marked."""
    figure, axis = panels(1, width=8, height=3.8)
    lines = dict(enumerate(zip(*numbers(table), strict=True)))
    for i, digit in enumerate(d for d in DIGITS if d not in marked):
        axis.plot(steps, lines[digit], color=GREY, linewidth=1, label=None if i else "the others")
    for (colour, dashes), digit in zip(LINES, marked, strict=False):
        axis.plot(steps, lines[digit], dashes, color=colour, linewidth=2.4, label=f"digit {digit}")
    _log_probability(axis)
    figure.legend(loc="outside right center", handlelength=3)
    return figure


@styled
def lost(steps: Sequence[int], runs: dict[str, Sequence[float]], digit: int) -> Figure:
    """runs: name -> for each of `steps` the mean probability of `digit` on its own images."""
    figure, axis = panels(1, width=8, height=3.8)
    for (colour, dashes), marker, (name, values) in zip(LINES, "os^D", runs.items(), strict=False):
        axis.plot(steps, values, dashes, marker=marker, markersize=4, color=colour, linewidth=2, label=name)
    _log_probability(axis)
    axis.set_title(f"Images of the digit {digit}")
    figure.legend(loc="outside right center", handlelength=3)
    return figure


@styled
def signal_by_size(sizes: Sequence[int], stages: dict[str, tuple[Any, Any]]) -> Figure:
    """stages: name -> (share without signal by the formula, as counted), each for all `sizes`."""
    figure, axis = panels(1, width=8, height=3.6)
    for (colour, dashes), (name, (expected, counted)) in zip(LINES, stages.items(), strict=False):
        axis.plot(sizes, numbers(expected), dashes, color=colour, linewidth=2, label=name)
        axis.plot(sizes, numbers(counted), "o", color=colour, markersize=7, markerfacecolor="none")
    axis.plot([], [], "o", color=BLACK, markersize=7, markerfacecolor="none", label="counted")
    axis.set(xlabel="answers to each image, G (log scale)", ylabel="share of groups\nwithout signal", ylim=(0, 1.03))
    axis.set_xscale("log", base=2)
    axis.set_xticks(sizes, [f"{size}" for size in sizes])
    figure.legend(title="policy", loc="outside right center", handlelength=3)
    return figure


@styled
def guesses(chances: Any, kinds: dict[str, Any]) -> Figure:
    """chances: (N,), of a right answer to each image. kinds: title -> (N,), the baseline's value of each image.

    The images are sorted into ten bins by their chance. A dot is the median of a bin, a bar holds 80 % of its images.
    """
    figure, axes = panels(len(kinds), width=8.6, height=4, sharey=True)
    bins: dict[int, list[int]] = {}
    for i, p in enumerate(numbers(chances)):
        bins.setdefault(min(int(10 * p), 9), []).append(i)
    for axis, (title, values) in zip(axes, kinds.items(), strict=True):
        values = numbers(values)
        axis.plot([0, 1], [0, 1], color=BLACK, linewidth=1.2, label="exact")
        for members in bins.values():
            here = sorted(values[i] for i in members)
            low, middle, high = (here[int(share * (len(here) - 1))] for share in (0.1, 0.5, 0.9))
            p = statistics.fmean(numbers(chances)[i] for i in members)
            axis.plot([p, p], [low, high], color=SKY, linewidth=3, solid_capstyle="butt")
            axis.plot([p], [middle], "o", color=BLUE, markersize=2 + 2.2 * math.log10(len(here)))
        axis.set(title=title, xlabel="chance p of a right answer")
    axes[0].set_ylabel("value of the baseline")
    axes[0].legend(loc="upper left")
    return figure


@styled
def memory(rows: dict[str, dict[str, int]]) -> Figure:
    """rows: what is trained -> bytes of each part; a part may be 0, and "total" is not drawn."""
    figure, axis = panels(1, width=9, height=0.6 * len(rows) + 1.5)
    looks = {"weights": (BLUE, ""), "gradients": (SKY, "//"), "adam": (ORANGE, ""), "master_weights": (PALE, "..")}
    for y, parts in enumerate(rows.values()):
        left = 0.0
        for part, (colour, hatch) in looks.items():
            width = parts[part] / 1e9
            axis.barh(y, width, left=left, color=colour, hatch=hatch, edgecolor="white" if colour != PALE else GREY,
                      height=0.65, label=None if y else PARTS[part])  # fmt: skip
            left += width
        axis.text(left, y, f" {parts['total'] / 1e9:.0f} GB", va="center")
    axis.set_yticks(range(len(rows)), list(rows))
    axis.set(ylim=(len(rows) - 0.4, -0.6), xlabel="gigabytes (1,000,000,000 bytes)")
    axis.margins(x=0.12)
    axis.grid(False, axis="y")
    figure.legend(loc="outside lower center", ncols=4)
    return figure


PARTS = {"weights": "weights", "gradients": "gradients", "adam": "Adam's moments", "master_weights": "float32 copy"}


def _image(axis: Any, pixels: Any) -> None:
    """784 pixels as a picture, dark on white as on paper."""
    axis.imshow(pixels.reshape(28, 28), cmap=INK)
    axis.axis("off")


def _colours(label: int) -> list[str]:
    return [BLUE if digit == label else ORANGE for digit in DIGITS]


def _digit_axis(axis: Any, name: str) -> None:
    axis.set_xticks(DIGITS, DIGITS if name else [])
    axis.set_xlabel(name)
    axis.grid(False, axis="x")


def _log_probability(axis: Any) -> None:
    axis.set(yscale="log", xlabel="training step", ylabel="mean probability of\nthe right digit (log scale)")
    axis.set_ylim(max(1e-6, axis.get_ylim()[0]), 1.4)


def _key(figure: Figure, names: Sequence[str], marker: str = "", label: str = "") -> None:
    """A legend of the two colours of bars, and of a marker."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [Patch(color=colour, label=name) for colour, name in zip((BLUE, ORANGE), names, strict=True)]
    if marker:
        handles.append(Line2D([], [], color=BLACK, marker=marker, linestyle="", markersize=9, label=label))
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
