"""The lesson's pictures: error rates of verifiers, and runs with partial credit."""

from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLUE, GREY, ORANGE, panels, styled


@styled
def rates(measured: dict[str, dict[str, tuple[float, float, float]]]) -> Figure:
    """False positives and false negatives of each verifier, with their intervals. measured: results of error_rates."""
    figure, axes = panels(2, width=8.0, height=0.8 + 0.45 * len(measured), sharey=True)
    for ax, (key, colour) in zip(axes, (("false_positives", ORANGE), ("false_negatives", BLUE)), strict=True):
        for row, values in enumerate(measured.values()):
            rate, low, high = values[key]
            ax.plot([100 * low, 100 * high], [row, row], color=GREY, linewidth=3)
            ax.plot(100 * rate, row, "o", color=colour)
        ax.set(xlabel="% " + key.replace("_", " "), xlim=(-2, None))
    axes[0].set_yticks(range(len(measured)), list(measured))
    axes[0].set_ylim(len(measured) - 0.5, -0.5)
    return figure


@styled
def runs(histories: dict[str, list[Any]]) -> Figure:
    """For each reward a panel: what is paid, how much is right, and how much cannot be read, in each step. A line for each
    seed. histories: lists of given.policy.History."""
    figure, axes = panels(len(histories), width=3.0 * len(histories), height=3.0, sharey=True)
    for ax, (name, seeds) in zip(axes, histories.items(), strict=True):
        for i, history in enumerate(seeds):
            ax.plot(history.unread, color=GREY, linestyle=":", label=None if i else "no answer read")
            ax.plot(history.reward, color=ORANGE, linestyle="--", label=None if i else "paid (mean reward)")
            ax.plot(history.right, color=BLUE, label=None if i else "right")
        ax.set(title=name, xlabel="step")
    axes[0].set(ylabel="mean of a batch")
    axes[-1].legend(loc="center right")
    return figure
