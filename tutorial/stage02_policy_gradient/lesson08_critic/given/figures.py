"""The lesson's pictures: advantages along an answer, the clipped value loss, and PPO beside GRPO."""

from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLACK, BLUE, GREEN, GREY, LINES, ORANGE, SKY, numbers, panels, styled

ALL_LINES = (*LINES, (SKY, "--"), (GREY, "-"))


@styled
def traces(tokens: list[str], values: Any, advantages: dict[str, Any], score: float) -> Figure:
    """Left: the critic's value before each token of one answer, and the score. Right: the advantage of each token, one
    group of bars for each lambda."""
    figure, (left, right) = panels(2, width=9.0, height=3.0)
    places = list(range(len(tokens)))
    left.step([*places, len(tokens)], [*numbers(values), score], where="post", color=BLUE)
    left.plot([len(tokens)], [score], "o", color=ORANGE, label="score")
    left.set(title="value before each token", xticks=[p + 0.5 for p in places], xticklabels=tokens, ylim=(-0.05, 1.1))
    left.set(xlabel="token", ylabel="V")
    left.legend(loc="lower left")
    width = 0.8 / len(advantages)
    for i, (name, row) in enumerate(advantages.items()):
        shifted = [p + (i - (len(advantages) - 1) / 2) * width for p in places]
        right.bar(shifted, numbers(row), width=width, color=(BLUE, GREEN, ORANGE, BLACK)[i], label=name)
    right.axhline(0, color=BLACK, linewidth=0.8)
    right.set(title="advantage of each token", xticks=places, xticklabels=tokens, xlabel="token", ylabel="A")
    right.grid(axis="x", visible=False)
    right.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


@styled
def value_losses(old: float, target: float, values: Any, losses: Any, plain: Any) -> Figure:
    """The clipped value loss and the plain one of a single token, against the critic's new value."""
    figure, ax = panels(1, width=5.5, height=3.0)
    ax.plot(numbers(values), numbers(plain), color=ORANGE, linestyle="--", label="not clipped")
    ax.plot(numbers(values), numbers(losses), color=BLUE, label="clipped")
    ax.axvline(old, color=GREY, linestyle=":", label="old value")
    ax.axvline(target, color=GREEN, linestyle="-.", label="return")
    ax.set(xlabel="new value V", ylabel="value loss")
    ax.legend()
    return figure


def smooth(values: list[float], over: int = 5) -> list[float]:
    """The mean of each value and the ones before it, `over` of them where there are so many."""
    return [sum(values[max(0, i - over + 1) : i + 1]) / min(i + 1, over) for i in range(len(values))]


@styled
def comparison(rewards: dict[str, list[list[float]]], memory: dict[str, dict[str, int]]) -> Figure:
    """Left: the share of right answers in each step (mean of five steps), a line for the mean over the seeds and a band
    from the smallest to the largest. Right: the bytes that training needs, stacked."""
    figure, (left, right) = panels(2, width=9.0, height=3.6, width_ratios=[2, 1])
    for (name, seeds), (color, dashes) in zip(rewards.items(), ALL_LINES, strict=False):
        curves = list(zip(*map(smooth, seeds), strict=True))
        steps = range(1, len(curves) + 1)
        left.plot(steps, [sum(c) / len(c) for c in curves], color=color, linestyle=dashes, label=name)
        left.fill_between(steps, list(map(min, curves)), list(map(max, curves)), color=color, alpha=0.15, linewidth=0)
    left.set(xlabel="step", ylabel="share", ylim=(-0.02, 1.02), title="right answers (mean of five steps)")
    left.legend(loc="upper left", fontsize=8)
    bottom = [0.0] * len(memory)
    for part, color in zip(next(iter(memory.values())), (BLUE, SKY, GREEN, ORANGE), strict=True):
        heights = [counts[part] / 1e6 for counts in memory.values()]
        right.bar(range(len(memory)), heights, bottom=bottom, color=color, width=0.6, label=part)
        bottom = [b + h for b, h in zip(bottom, heights, strict=True)]
    right.set(title="memory of one update", ylabel="megabytes")
    right.set_xticks(range(len(memory)), memory)
    right.grid(axis="x", visible=False)
    handles, labels = right.get_legend_handles_labels()
    right.legend(handles[::-1], labels[::-1], fontsize=8, loc="upper left")
    return figure
