"""Pictures of GRPO with a reward model: batch advantages, KL estimates, the reward model, the loss, DAPO's changes."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLACK, BLUE, GREY, LINES, ORANGE, PALE, numbers, panels, styled


@styled
def advantages(rewards: Any, kinds: dict[str, Any]) -> Figure:
    """rewards: (groups, G), NaN where not scored. kinds: title -> advantages of the same shape. A row for each kind."""
    rewards = numbers(rewards)
    figure, axes = panels(len(rewards), rows=len(kinds), width=10.5, height=2.4 * len(kinds), sharey=True)
    for row, (title, tables) in zip(axes, kinds.items(), strict=True):
        for axis, group, values in zip(row, rewards, numbers(tables), strict=True):
            places = range(1, len(group) + 1)
            bars = axis.bar(places, values, color=[BLUE if v > 0 else ORANGE for v in values], width=0.7)
            axis.bar_label(bars, [f"{v:+.2f}".replace("-", "−") if v else "0" for v in values], padding=2, fontsize=9)
            axis.axhline(0, color=BLACK, linewidth=0.8)
            axis.set_xticks(places, ["NaN" if math.isnan(r) else f"{r:g}" for r in group])
            axis.tick_params(axis="x", length=0)
            axis.grid(False, axis="x")
            axis.margins(y=0.18)
        row[0].set_ylabel(f"{title}\nadvantage (in std)")
    for axis, number in zip(axes[0], range(1, len(rewards) + 1), strict=True):
        axis.set_title(f"Group {number}")
    for axis in axes[-1]:
        axis.set_xlabel("reward model's score")
    return figure


@styled
def estimators(ks: Any, values: dict[str, Any], gradients: dict[str, Any]) -> Figure:
    """ks: (N,) log ratios. values, gradients: estimator -> (N,), the estimate and its derivative by log π."""
    figure, axes = panels(2, width=9.5, height=3.6)
    for axis, curves, title, unit, limits in (
        (axes[0], values, "What is estimated", "estimate of the KL (nats)", (-3.2, 5)),
        (axes[1], gradients, "What autograd sees", "derivative by log π(y)", (-5, 4)),
    ):
        for (colour, dashes), (name, curve) in zip(LINES, curves.items(), strict=False):
            axis.plot(numbers(ks), numbers(curve), dashes, color=colour, linewidth=2.2, label=name)
        axis.axhline(0, color=BLACK, linewidth=0.8)
        axis.axvline(0, color=BLACK, linewidth=0.8, linestyle=":")
        axis.set(title=title, ylabel=unit, ylim=limits, xlabel="k = log π(y) − log ref(y) (nats)")
    axes[0].legend(loc="upper center")
    return figure


@styled
def spread(cases: dict[str, tuple[float, dict[str, Any]]], size: int) -> Figure:
    """cases: title -> (the true KL, estimator -> many estimates, each a mean over `size` tokens)."""
    figure, axes = panels(len(cases), width=9.5, height=3.8)
    draw = random.Random(0)
    for axis, (title, (truth, kinds)) in zip(axes, cases.items(), strict=True):
        for x, ((colour, _), values) in enumerate(zip(LINES, map(numbers, kinds.values()), strict=False)):
            places = [x + draw.uniform(-0.28, 0.28) for _ in values]
            axis.plot(places, values, "o", color=colour, markersize=2.5, alpha=0.3, markeredgewidth=0)
            mean = sum(values) / len(values)
            deviation = math.sqrt(sum((v - mean) ** 2 for v in values) / len(values))
            axis.plot(x, mean, "D", color=BLACK, markersize=7, label="mean" if x == 0 else None)
            text = f"mean {mean:.3g}\nstd {deviation:.2g}".replace("-", "−")
            axis.text(x, 1.01, text, transform=axis.get_xaxis_transform(), ha="center", fontsize=9)
        axis.axhline(truth, color=BLACK, linewidth=1.4, linestyle="--", label="exact KL")
        axis.axhline(0, color=BLACK, linewidth=0.6)
        axis.set_xticks(range(len(kinds)), kinds)
        axis.set_xlim(-0.6, len(kinds) - 0.4)
        axis.grid(False, axis="x")
        axis.set_title(f"{title}: KL = {truth:.3g}", pad=32)
    axes[0].set_ylabel(f"estimate from {size} tokens (nats)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


@styled
def expected_gradients(wanted: Any, reverse: Any, kinds: dict[str, dict[str, Any]]) -> Figure:
    """wanted, reverse: gradients of KL(π || ref) and KL(ref || π) by the logits, (V,). kinds: row title -> estimator ->
    expected gradient, (V,)."""
    wanted, reverse = numbers(wanted), numbers(reverse)
    places = range(1, len(wanted) + 1)
    columns = max(map(len, kinds.values()))
    figure, axes = panels(columns, rows=len(kinds), width=10, height=2.5 * len(kinds), sharex=True, sharey=True)
    for row, (title, found) in zip(axes, kinds.items(), strict=True):
        for axis, (name, gradient) in zip(row, found.items(), strict=True):
            axis.bar(places, numbers(gradient), color=BLUE, width=0.66, label="expected gradient of the term")
            axis.plot(places, wanted, "D", color=BLACK, markersize=5, label="gradient of KL(π ‖ ref)")
            axis.plot(places, reverse, "o", color="none", markeredgecolor=ORANGE, markeredgewidth=1.8, markersize=9,
                      label="gradient of KL(ref ‖ π)")  # fmt: skip
            axis.axhline(0, color=BLACK, linewidth=0.8)
            axis.set_title(f"{name}, {title}")
            axis.set_xticks(places)
            axis.grid(False, axis="x")
        row[0].set_ylabel("gradient by the logit")
    for axis in axes[-1]:
        axis.set_xlabel("token of the vocabulary")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


@styled
def preference(gaps: Any, losses: Any, gradients: Any) -> Figure:
    """gaps: (N,), score of the chosen minus score of the rejected. losses, gradients (by the chosen score): (N,)."""
    figure, axes = panels(2, width=9, height=3.1)
    for axis, values, colour, title, unit in (
        (axes[0], losses, BLUE, "Loss of one pair", "loss (nats)"),
        (axes[1], gradients, ORANGE, "Its gradient", "derivative by the chosen score"),
    ):
        axis.plot(numbers(gaps), numbers(values), color=colour, linewidth=2.4)
        axis.axhline(0, color=BLACK, linewidth=0.8)
        axis.axvline(0, color=BLACK, linewidth=0.8, linestyle=":")
        axis.set(title=title, ylabel=unit, xlabel="score of the chosen − score of the rejected")
    return figure


@styled
def pairs(history: Sequence[dict[str, float]], before: tuple[Any, Any], after: tuple[Any, Any]) -> Figure:
    """history: metrics of each step of the reward model. before, after: scores (chosen, rejected) of held-out pairs."""
    figure, axes = panels(3, width=11, height=3.7)
    axes[0].plot(range(1, len(history) + 1), [m["loss"] for m in history], color=BLUE, linewidth=1.4)
    axes[0].axhline(math.log(2), color=BLACK, linewidth=1, linestyle="--")
    axes[0].text(len(history), math.log(2), "log 2: no opinion", ha="right", va="bottom", fontsize=9)
    axes[0].set(title="Training", xlabel="step", ylabel="preference loss (nats)", ylim=(0, None))
    for axis, (chosen, rejected), title in ((axes[1], before, "Before"), (axes[2], after, "After")):
        chosen, rejected = numbers(chosen), numbers(rejected)
        for colour, marker, kept, label in (
            (BLUE, "o", [(r, c) for c, r in zip(chosen, rejected, strict=True) if c > r], "rightly"),
            (ORANGE, "X", [(r, c) for c, r in zip(chosen, rejected, strict=True) if c <= r], "wrongly"),
        ):
            axis.plot(*(zip(*kept, strict=True) if kept else ([], [])), marker, color=colour, markersize=5, alpha=0.75,
                      markeredgewidth=0, label=f"{len(kept)} pairs ordered {label}")  # fmt: skip
        low, high = min(chosen + rejected), max(chosen + rejected)
        axis.plot([low, high], [low, high], color=BLACK, linewidth=0.8, linestyle=":")
        axis.set(title=f"{title}: pairs never trained on", xlabel="score of the rejected", ylabel="score of the chosen")
        axis.set_ylim(low - 0.05 * (high - low), high + 0.32 * (high - low))
        axis.legend(loc="upper left", fontsize=9, handletextpad=0.1, borderaxespad=0.1)
    return figure


@styled
def learned(scales: dict[str, tuple[Sequence[int], Any, Any]]) -> Figure:
    """scales: what is counted -> (counts, true scores, reward model's scores). Each curve is shown from its first
    value on, since a reward model's zero point means nothing."""
    figure, axes = panels(len(scales), width=10.5, height=3.4, sharey=True)
    for axis, (title, (counts, true, model)) in zip(axes, scales.items(), strict=True):
        for (colour, dashes), marker, values, label in zip(
            LINES, "os", (true, model), ("true score", "reward model"), strict=False
        ):
            values = numbers(values)
            axis.plot(counts, [v - values[0] for v in values], dashes, marker=marker, color=colour, linewidth=2,
                      label=label)  # fmt: skip
        axis.axhline(0, color=BLACK, linewidth=0.8)
        axis.set_xticks(counts)
        axis.set_xlabel(title)
    axes[0].set_ylabel("score (of the first reply: 0)")
    axes[0].legend()
    return figure


@styled
def clouds(groups: dict[str, tuple[Any, Any]]) -> Figure:
    """groups: title -> (true scores, reward model's scores) of replies. A panel each, on the same scales."""
    figure, axes = panels(len(groups), width=10.5, height=3.4, sharex=True, sharey=True)
    for axis, (title, (true, model)), (colour, _) in zip(axes, groups.items(), LINES, strict=False):
        true, model = numbers(true), numbers(model)
        axis.plot(model, true, "o", color=colour, markersize=5, alpha=0.55, markeredgewidth=0)
        x, y = sum(model) / len(model), sum(true) / len(true)
        axis.plot(x, y, "D", color=BLACK, markersize=8)
        axis.annotate(f"mean {x:.1f}, {y:.1f}".replace("-", "−"), (0.04, 0.05), xycoords="axes fraction", fontsize=9)
        axis.axhline(0, color=BLACK, linewidth=0.8)
        axis.set(title=title, xlabel="reward model's score")
    axes[0].set_ylabel("true score, points")
    return figure


@styled
def factors(runs: dict[str, tuple[float, Sequence[float]]]) -> Figure:
    """runs: label -> (the clip's upper bound, a token's probability before and after each step)."""
    figure, axes = panels(2, width=9.5, height=3.5)
    for (colour, dashes), (label, (bound, p)) in zip(LINES, runs.items(), strict=False):
        axes[0].plot(range(len(p)), p, dashes, color=colour, linewidth=2.2, label=label)
        grown = [after / before for before, after in itertools.pairwise(p)]
        axes[1].plot(range(1, len(p)), grown, dashes, marker="o", markersize=4, color=colour, linewidth=1.5)
        axes[1].axhline(bound, color=colour, linewidth=1, linestyle=":")
        axes[1].text(1, bound, f"bound {bound:g}", color=colour, va="top", fontsize=9)
    axes[0].set(title="The right answer", xlabel="step", ylabel="its probability", ylim=(0, 1))
    axes[1].set(title="How much it grew in that step", xlabel="step", ylabel="new / old probability", ylim=(0.95, None))
    axes[0].legend()
    return figure


@styled
def token_gradients(ratios: Any, panels_of: dict[str, dict[str, Any]]) -> Figure:
    """panels_of: title -> (label -> gradient of the loss by the log-probability, for each ratio)."""
    figure, axes = panels(len(panels_of), width=10.5, height=3.8, sharey=True)
    for axis, (title, curves) in zip(axes, panels_of.items(), strict=True):
        for (colour, dashes), (label, curve) in zip(LINES, curves.items(), strict=False):
            axis.plot(*_broken(numbers(ratios), numbers(curve)), dashes, color=colour, linewidth=2.4, label=label)
        axis.axhline(0, color=BLACK, linewidth=0.8)
        axis.axvline(1, color=BLACK, linewidth=0.8, linestyle=":")
        upper = 1.28 if "1.28" in title else 1.2
        axis.set(title=title, xlabel="ratio ρ (no unit)")
        axis.set_xticks([0.6, 0.8, 1, upper, 1.6], ["0.6", "0.8", "1", f"{upper:g}", "1.6"])
    axes[0].set_ylabel("gradient of the loss,\nby log-probability")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _broken(xs: Sequence[float], ys: Sequence[float]) -> tuple[list[float], list[float]]:
    """A curve with a gap where it jumps."""
    nan = [math.nan if abs(b - a) > 0.3 else a for a, b in zip(ys, [*ys[1:], ys[-1]], strict=True)]
    return list(xs), nan


@styled
def too_long(lengths: Sequence[int], right: Any, wrong: Any, start: int, limit: int) -> Figure:
    """right, wrong: reward with the length penalty, of a right and of a wrong response of each length."""
    figure, axis = panels(1, width=7.6, height=3.5)
    axis.axvspan(start, limit, color=PALE, zorder=0)
    axis.text((start + limit) / 2, 1.12, "cache", ha="center", va="center", fontsize=9)
    axis.plot(lengths, numbers(right), "o-", color=BLUE, markersize=4, label="of a right answer")
    axis.plot(lengths, numbers(wrong), "s--", color=ORANGE, markersize=4, label="of a wrong answer")
    axis.axhline(0, color=BLACK, linewidth=0.8)
    axis.set(title="Reward with the soft length penalty", xlabel="length of the response (tokens)", ylabel="reward")
    axis.set_ylim(-1.15, 1.25)
    axis.set_xticks(range(0, max(lengths) + 1, 4))
    figure.legend(loc="outside right center")
    return figure


@styled
def sampling(skills: Any, results: Sequence[dict[str, float]], wanted: int) -> Figure:
    """skills: (N,) how often the policy is right. results: for each of them "drawn" and "kept" (groups), "reward of the
    drawn" and "reward of the kept" (means)."""
    figure, axes = panels(2, width=10, height=3.7)
    for axis, title, unit, names in (
        (axes[0], "What it costs", "groups in one step", ("drawn", "kept")),
        (axes[1], "What the metrics say", "mean reward", ("reward of the drawn", "reward of the kept")),
    ):
        for colour, marker, name in zip((BLUE, ORANGE), ("o-", "s--"), names, strict=True):
            axis.plot(numbers(skills), [r[name] for r in results], marker, color=colour, markersize=4.5, label=name)
        axis.set(title=title, xlabel="share of right answers", ylabel=unit, ylim=(0, None))
        axis.legend(loc="best")
    axes[0].axhline(wanted, color=BLACK, linewidth=1, linestyle=":")
    axes[0].annotate(f"wanted: {wanted}", (0.5, wanted), xytext=(0, 8), textcoords="offset points", ha="center")
    axes[1].plot([0, 1], [0, 1], color=GREY, linewidth=1, zorder=1)
    return figure
