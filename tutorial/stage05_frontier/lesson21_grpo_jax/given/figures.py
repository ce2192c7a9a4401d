"""The lesson's pictures: the clipped objective with its gradient, draws with and without fresh keys, and learning."""

from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLUE, BLUES, GREY, LINES, numbers, panels, styled


@styled
def clip(ratios: Any, curves: dict[str, tuple[Any, Any]]) -> Figure:
    """For each advantage: the loss of one token over its ratio, and the gradient to its log-probability."""
    figure, axes = panels(2, width=9.0, height=3.0)
    for (colour, dashes), (name, pair) in zip(LINES, curves.items(), strict=False):
        for ax, values in zip(axes, pair, strict=True):
            ax.plot(numbers(ratios), numbers(values), color=colour, linestyle=dashes, label=name)
    for ax, title in zip(axes, ("loss of the token", "gradient to its log-probability"), strict=True):
        ax.axvline(1, color=GREY, linewidth=1)
        ax.axhline(0, color=GREY, linewidth=1)
        ax.set(title=title, xlabel="ratio")
    axes[0].legend()
    return figure


@styled
def draws(tables: dict[str, Any]) -> Figure:
    """tables: name -> (steps, answers), the class that was drawn."""
    figure, axes = panels(len(tables), width=9.0, height=2.8, sharey=True)
    for ax, (name, table) in zip(axes, tables.items(), strict=True):
        ax.imshow(numbers(table), cmap=BLUES, vmin=-2, vmax=9, aspect="auto")
        ax.set(title=name, xlabel="answer")
        ax.grid(False)
    axes[0].set_ylabel("step")
    return figure


@styled
def learning(greedy: list[list[float]], rewards: list[list[float]]) -> Figure:
    """Left: the reward in each step of the first pass, smoothed; right: the accuracy after each pass. A line a seed."""
    figure, (left, right) = panels(2, width=9.0, height=3.0)
    for (colour, dashes), accuracies, steps in zip(LINES, greedy, rewards, strict=False):
        first = steps[: len(steps) // len(accuracies)]
        smooth = [sum(first[max(0, i - 9) : i + 1]) / len(first[max(0, i - 9) : i + 1]) for i in range(len(first))]
        left.plot(smooth, color=colour, linestyle=dashes)
        right.plot(range(1, len(accuracies) + 1), accuracies, color=colour, linestyle=dashes, marker="o", markersize=3)
    left.set(title="mean reward, first pass", xlabel="step", ylim=(0, 1))
    right.set(title="test images right", xlabel="pass", ylim=(0.9, 1))
    return figure


@styled
def tracing(counts: list[int]) -> Figure:
    """counts: how often Python had called the policy after each call of the step."""
    figure, ax = panels(1, width=6.0, height=2.6)
    ax.bar(range(1, len(counts) + 1), counts, color=BLUE)
    ax.set(xlabel="call of the step", ylabel="Python's calls\nof the policy so far")
    ax.set_yticks(range(max(counts) + 1))
    return figure
