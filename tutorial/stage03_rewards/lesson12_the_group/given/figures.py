"""The lesson's pictures: dead groups, the sizes that a budget buys, and four ways to spend it."""

from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLUE, GREY, LINES, ORANGE, numbers, panels, styled


@styled
def dead_groups(pass_rates: Any, shares: dict[int, Any]) -> Figure:
    """The probability that a group is dead, for each pass rate. shares: for some group sizes."""
    figure, ax = panels(1, width=6.0, height=3.2)
    for (colour, dashes), (size, values) in zip(LINES, shares.items(), strict=False):
        ax.plot(numbers(pass_rates), numbers(values), color=colour, linestyle=dashes, label=f"{size} completions")
    ax.set(xlabel="pass rate of the question", ylabel="probability of a dead group", ylim=(0, 1.02), xlim=(0, 1))
    ax.legend(loc="upper center")
    return figure


@styled
def sizes(pass_rates: list[float], groups: dict[str, list[int]]) -> Figure:
    """Bars: the group size of each question, for some ways to spend the same budget."""
    figure, axes = panels(len(groups), width=9.0, height=2.8, sharey=True)
    for ax, (name, values) in zip(axes, groups.items(), strict=True):
        ax.bar(range(len(values)), values, color=BLUE)
        dead = sum(p**g + (1 - p) ** g for p, g in zip(pass_rates, values, strict=True))
        ax.set(title=f"{name}: {dead:.2f} of {len(values)} dead", xlabel="pass rate")
        ax.set_xticks(range(len(values)), [f"{p:g}" for p in pass_rates], fontsize=8)
        ax.grid(axis="x", visible=False)
    axes[0].set_ylabel("completions")
    return figure


@styled
def advantages(rewards: list[float], values: dict[str, list[float]]) -> Figure:
    """The advantages of one group, for some options."""
    figure, axes = panels(len(values), width=9.0, height=2.6, sharey=True)
    for ax, (name, row) in zip(axes, values.items(), strict=True):
        ax.bar(range(len(row)), row, color=[BLUE if a >= 0 else ORANGE for a in row])
        ax.axhline(0, color=GREY)
        ax.set(title=name, xlabel="reward")
        ax.set_xticks(range(len(row)), [f"{r:g}" for r in rewards], fontsize=8)
        ax.grid(axis="x", visible=False)
    axes[0].set_ylabel("advantage")
    return figure


@styled
def ways(histories: dict[str, list[Any]], shares: dict[str, list[list[float]]]) -> Figure:
    """Left: the share of live groups in each step, the mean over seeds and five steps. Right: how often each policy is
    right, by number of digits; a thin line for each seed would hide the means, so these are the means."""
    figure, (left, right) = panels(2, width=9.0, height=3.4)
    for (colour, dashes), (name, seeds) in zip(LINES, histories.items(), strict=False):
        columns = [sum(values) / len(values) for values in zip(*(history.live for history in seeds), strict=True)]
        smooth = [
            sum(columns[max(0, i - 4) : i + 1]) / len(columns[max(0, i - 4) : i + 1]) for i in range(len(columns))
        ]
        left.plot(smooth, color=colour, linestyle=dashes, label=name)
        means = [sum(values) / len(values) for values in zip(*shares[name], strict=True)]
        right.plot(range(1, len(means) + 1), means, color=colour, linestyle=dashes, marker="o", markersize=3)
    before = [sum(values) / len(values) for values in zip(*shares["before training"], strict=True)]
    right.plot(range(1, len(before) + 1), before, color=GREY, label="before training")
    left.set(title="groups with right and wrong completions", xlabel="step", ylabel="share", ylim=(0, 1))
    right.set(title="new questions", xlabel="digits", ylabel="right", ylim=(0, 1))
    left.legend(loc="lower left", fontsize=8)
    right.legend()
    return figure
