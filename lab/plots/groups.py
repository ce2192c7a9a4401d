"""Pictures of one group of answers: weights, advantages, and what the loss does to each answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLACK, BLUE, LINES, ORANGE, PALE, numbers, panels, styled


@styled
def weights_by_beta(betas: Any, weights: Any, rewards: Any) -> Figure:
    """betas: (N,). weights: for each beta the weights of the group, (N, G). rewards: (G,)."""
    figure, axis = panels(1, width=6.5, height=3.4)
    for (colour, dashes), reward, line in zip(
        LINES, numbers(rewards), zip(*numbers(weights), strict=True), strict=False
    ):
        axis.plot(numbers(betas), line, dashes, color=colour, linewidth=2, label=f"reward {reward:g}")
    axis.set(
        xscale="log", xlabel="β (same unit as the rewards; log scale)", ylabel="weight (share of 1)", ylim=(-0.03, 1.03)
    )
    axis.set_title("Weights of one group as β changes")
    axis.xaxis.set_major_formatter("{x:g}")
    axis.legend(title="an answer with")
    return figure


@styled
def weights_of_groups(groups: Sequence[tuple[Any, Any]]) -> Figure:
    """One panel for each (rewards, weights)."""
    figure, axes = panels(len(groups), sharey=True, height=2.9)
    for axis, (rewards, weights) in zip(axes, groups, strict=True):
        _bars(axis, numbers(weights), BLUE, "{:.2f}")
        _answers(axis, rewards)
        axis.set(title=_group(rewards), ylim=(0, 1.1))
    axes[0].set_ylabel("weight (share of 1)")
    return figure


@styled
def loss_parts(log_probs: Any, rewards: Any, parts: Any, gradient: Any) -> Figure:
    """For each answer: its log-probability, its part of the loss, the gradient that it receives. All (G,)."""
    figure, axes = panels(3, height=3.2)
    for axis, values, title, unit in (
        (axes[0], log_probs, "What the model thinks", "log-probability (nats)"),
        (axes[1], parts, "What each adds to the loss", "part of the loss (nats)"),
        (axes[2], gradient, "What each gets back", "gradient of the loss by log p"),
    ):
        _bars(axis, numbers(values), ORANGE if axis is axes[2] else BLUE, "{:.2f}")
        _answers(axis, rewards)
        axis.set(title=title, ylabel=unit)
        axis.axhline(0, color=BLACK, linewidth=0.8)
        axis.margins(y=0.15)
    return figure


@styled
def pull(probabilities: Any, weights: Any, rewards: Any) -> Figure:
    """probabilities: (steps, G), of each answer as the model is trained. weights, rewards: (G,)."""
    figure, axis = panels(1, width=7.6, height=3.6)
    lines = list(zip(*numbers(probabilities), strict=True))
    last = len(lines[0]) - 1
    for i, ((colour, dashes), line, reward) in enumerate(zip(LINES, lines, numbers(rewards), strict=False), 1):
        axis.plot(line, dashes, color=colour, linewidth=2, label=f"{i} (reward {reward:g})")
    axis.plot(
        [last] * len(lines), numbers(weights), "D", color=BLACK, markersize=6, label="weights", clip_on=False, zorder=5
    )
    axis.set(xlabel="gradient step", ylabel="probability of the answer", ylim=(0, None), xlim=(0, last))
    axis.set_title("Probabilities are pulled to the weights")
    figure.legend(title="answer", loc="outside right center")
    return figure


@styled
def advantages(groups: Sequence[tuple[Any, Any]]) -> Figure:
    """One panel for each (rewards, advantages)."""
    figure, axes = panels(len(groups), sharey=True, width=10, height=3.0)
    for axis, (rewards, values) in zip(axes, groups, strict=True):
        values = numbers(values)
        colours = [BLUE if v > 0 else ORANGE for v in values]
        _bars(axis, values, colours, "{:+.2f}")
        _answers(axis, rewards)
        axis.axhline(0, color=BLACK, linewidth=0.8)
        axis.set(title=_group(rewards), ylim=(-2, 2))
    axes[0].set_ylabel("advantage (in std)")
    return figure


@styled
def advantages_by_luck(shares: Sequence[int], group_size: int, kinds: dict[str, tuple[Any, Any]]) -> Figure:
    """kinds: title -> (advantage of a right answer, of a wrong one), for each number of right answers in `shares`."""
    figure, axes = panels(len(kinds), sharey=True, height=3.4)
    for axis, (title, (right, wrong)) in zip(axes, kinds.items(), strict=True):
        axis.plot(shares, numbers(right), "o-", color=BLUE, label="of a right answer")
        axis.plot(shares, numbers(wrong), "s--", color=ORANGE, label="of a wrong answer")
        axis.axhline(0, color=BLACK, linewidth=0.8)
        axis.set(title=title, xlabel=f"right answers in the group of {group_size}")
        axis.set_xticks(shares)
    axes[0].set_ylabel("advantage")
    axes[0].legend(loc="upper right")
    return figure


def _bars(axis: Any, values: list[float], colour: Any, text: str) -> None:
    """Bars with their numbers at the end."""
    bars = axis.bar(range(1, len(values) + 1), values, color=colour, width=0.7)
    axis.bar_label(bars, [text.format(v) if v else "0" for v in values], padding=2, fontsize=9)
    axis.grid(False, axis="x")


def _answers(axis: Any, rewards: Any) -> None:
    """An x axis of answers, each with its reward."""
    rewards = numbers(rewards)
    axis.set_xticks(range(1, len(rewards) + 1), [f"{i}\nr={r:g}" for i, r in enumerate(rewards, 1)])
    axis.set_xlabel("answer and its reward r")
    axis.tick_params(axis="x", color=PALE)


def _group(rewards: Any) -> str:
    return f"rewards {', '.join(f'{r:g}' for r in numbers(rewards))}"
