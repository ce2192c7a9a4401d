"""The lesson's pictures: how a policy learned to write programs, and what attacks earn."""

from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLACK, BLUE, ORANGE, panels, styled


@styled
def learning(histories: dict[str, list[Any]]) -> Figure:
    """For each way to pay a panel: the mean reward and the share of right programs in each step. Below: how many
    different programs a batch holds. A line for each seed. histories: lists of given.policy.History."""
    figure, axes = panels(len(histories), rows=2, width=8.0, height=4.6, sharex=True, sharey="row")
    columns = axes.T if len(histories) > 1 else [axes]
    for column, (name, seeds) in zip(columns, histories.items(), strict=True):
        for i, history in enumerate(seeds):
            column[0].plot(history.reward, color=ORANGE, linestyle="--", label=None if i else "paid (mean reward)")
            column[0].plot(history.right, color=BLUE, label=None if i else "right: all tests pass")
            column[1].plot(history.distinct, color=BLACK)
        column[0].set(title=name, ylim=(-0.03, 1.03))
        column[1].set(xlabel="step", ylim=(0, None))
    columns[0][0].set_ylabel("mean of a batch")
    columns[0][1].set_ylabel("different programs")
    columns[0][0].legend(loc="upper left")
    return figure


@styled
def earned(by_way: dict[str, dict[str, float]]) -> Figure:
    """What each program earns on average over all prompts. A panel for each way to pay; the programs in the order of
    the last one, products in orange. by_way: {"all": {"x+2": 0.05, ...}, ...}."""
    figure, axes = panels(len(by_way), width=8.0, height=4.6, sharex=True, sharey=True)
    *_, last = by_way.values()
    order = sorted(last, key=last.__getitem__, reverse=True)
    colors = [ORANGE if "*" in text else BLUE for text in order]
    for column, (name, programs) in zip(axes, by_way.items(), strict=True):
        column.barh(order, [programs[text] for text in order], color=colors)
        column.set(title=name, xlabel="mean reward over 20 prompts")
    axes[0].tick_params(axis="y", labelsize=6)
    axes[0].invert_yaxis()
    return figure
