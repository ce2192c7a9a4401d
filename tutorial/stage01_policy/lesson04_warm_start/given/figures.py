"""The lesson's pictures: success against samples and updates, which tokens are learned, and with which weight."""

from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLACK, BLUE, GREY, LINES, PALE, numbers, panels, styled


@styled
def starts(curves: dict[int, dict[str, list[list[float]]]], per_round: int = 1024) -> Figure:
    """A panel for each number of demonstrations: success on new prompts against samples drawn. A thin line for each
    seed, a strong one for their mean."""
    figure, axes = panels(len(curves), width=4.5 * len(curves), height=3.4, sharey=True, squeeze=False)
    for ax, (count, methods) in zip(axes.flat, curves.items(), strict=True):
        for (colour, dashes), (name, seeds) in zip(LINES, methods.items(), strict=False):
            samples = [per_round * i for i in range(len(seeds[0]))]
            for values in seeds:
                ax.plot(samples, values, dashes, color=colour, linewidth=0.8, alpha=0.5)
            mean = [sum(column) / len(column) for column in zip(*seeds, strict=True)]
            ax.plot(samples, mean, dashes, color=colour, linewidth=2.2, marker="o", markersize=4, label=name)
        ax.set(title=f"start: SFT on {count} demonstrations", xlabel="samples drawn", ylim=(0, 1.03), xticks=samples)
    axes.flat[0].set_ylabel("right answers, new prompts")
    axes.flat[0].legend(loc="best")
    return figure


@styled
def batch(pieces: list[str], ids: Any, labels: Any, ignore: int = -100) -> Figure:
    """The tokens of a batch, a row for each example. A blue token has a label and is learned; a grey one is only read."""
    rows, columns = len(ids), len(ids[0])
    figure, ax = panels(1, width=0.9 * columns + 0.6, height=0.5 * rows + 0.8)
    for y, (row, row_labels) in enumerate(zip(numbers(ids), numbers(labels), strict=True)):
        for x, (token, label) in enumerate(zip(row, row_labels, strict=True)):
            learned = label != ignore
            box = {"boxstyle": "square,pad=0.4", "facecolor": BLUE if learned else PALE, "edgecolor": "white"}
            ax.text(x, y, f"{pieces[token]:^5}", ha="center", va="center", color="white" if learned else BLACK,
                    family="monospace", bbox=box)  # fmt: skip
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.4, -0.6), xticks=range(columns), yticks=range(rows))
    ax.set(xlabel="position", ylabel="row")
    ax.grid(False)
    return figure


@styled
def by_heart(updates: list[int], known: list[float], new: list[float]) -> Figure:
    """Success against updates of SFT: on the prompts of the demonstrations, and on new prompts."""
    figure, ax = panels(1, width=5.6, height=3.2)
    for (colour, dashes), (name, values) in zip(
        LINES, {"demonstrations": known, "new prompts": new}.items(), strict=False
    ):
        ax.plot(updates, values, dashes, color=colour, linewidth=2, marker="o", markersize=4, label=name)
    ax.set(xlabel="updates", ylabel="right answers", ylim=(0, 1.03), title="SFT on 10 demonstrations")
    ax.legend(loc="center right")
    return figure


@styled
def weights(rights: list[int], of_right: dict[str, list[float]], of_wrong: dict[str, list[float]]) -> Figure:
    """The weight of a right and of a wrong answer in the gradient, against the number of right answers in the group."""
    figure, axes = panels(2, width=9.0, height=3.0, sharey=True)
    for ax, values, title in zip(axes, (of_right, of_wrong), ("a right answer", "a wrong answer"), strict=True):
        for (colour, dashes), (name, line) in zip(LINES, values.items(), strict=False):
            ax.plot(rights, line, dashes, color=colour, linewidth=2, marker="o", markersize=4, label=name)
        ax.set(title=title, xlabel="right answers among 8", xticks=rights)
        ax.axhline(0, color=GREY, linewidth=1)
    axes[0].set_ylabel("weight in the gradient")
    axes[0].legend()
    return figure
