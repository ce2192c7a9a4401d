"""The lesson's pictures: what a run was paid and what it was worth, errors of an accuracy, and pass@k."""

from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLACK, BLUE, GREY, LINES, ORANGE, numbers, panels, styled


@styled
def runs(histories: dict[str, list[Any]]) -> Figure:
    """For each reward a panel: the mean reward and the share of right completions in each step. Below: the mean length. A
    line for each seed. histories: lists of given.policy.History."""
    figure, axes = panels(len(histories), rows=2, width=9.0, height=4.6, sharex=True, sharey="row")
    for column, (name, seeds) in zip(axes.T, histories.items(), strict=True):
        for i, history in enumerate(seeds):
            column[0].plot(history.reward, color=ORANGE, linestyle="--", label=None if i else "paid (mean reward)")
            column[0].plot(history.truth, color=BLUE, label=None if i else "right")
            column[1].plot(history.length, color=BLACK)
        column[0].set(title=f"reward: {name}", ylim=(-0.03, 1.03))
        column[1].set(xlabel="step", ylim=(0, None))
    axes[0, 0].set_ylabel("mean of a batch")
    axes[1, 0].set_ylabel("characters")
    axes[0, 0].legend(loc="center right")
    return figure


@styled
def repeated(estimates: Any, clustered: float, independent: float) -> Figure:
    """A histogram of the accuracy in many repetitions of an evaluation, with the error that two formulas promise."""
    values = numbers(estimates)
    center = sum(values) / len(values)
    figure, ax = panels(1, width=6.0, height=3.0)
    ax.hist(values, bins=[0.125 + 0.05 * i for i in range(16)], color=GREY)
    for error, colour, name, height in ((clustered, BLUE, "questions as the sample", 0.92),
                                        (independent, ORANGE, "all completions as independent", 0.8)):  # fmt: skip
        top = ax.get_ylim()[1]
        ax.plot([center - error, center + error], [height * top] * 2, color=colour, linewidth=4, label=name)
    ax.set(xlabel="accuracy of one evaluation", ylabel="evaluations", ylim=(0, ax.get_ylim()[1] * 1.5))
    ax.legend(loc="upper left", title="± one standard error, if one takes")
    return figure


@styled
def pass_rates(ks: list[int], rates: dict[str, list[float]]) -> Figure:
    """pass@k for growing k, a line for each policy."""
    figure, ax = panels(1, width=6.0, height=3.2)
    for (colour, dashes), (name, values) in zip(LINES, rates.items(), strict=False):
        ax.plot(ks, values, color=colour, linestyle=dashes, marker="o", markersize=3, label=name)
    ax.set_xscale("log", base=2)
    ax.set_xticks(ks, [str(k) for k in ks])
    ax.set(xlabel="k, completions of each question", ylabel="pass@k", ylim=(-0.03, 1.03))
    ax.legend()
    return figure
