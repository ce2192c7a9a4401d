"""The lesson's pictures: a padded batch, what may look at what, the price of wrong padding, and the work."""

from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLACK, BLUE, BLUES, LINES, ORANGE, PALE, numbers, panels, styled


@styled
def batch(tokens: list[list[str]], mask: Any, positions: Any) -> Figure:
    """tokens: what stands in each row of the rectangle. Coloured: tokens, with their position below. Grey: padding."""
    mask, positions = numbers(mask), numbers(positions)
    rows, columns = len(tokens), len(tokens[0])
    figure, axis = panels(1, width=0.62 * columns + 1.4, height=0.62 * rows + 0.8)
    for y, row in enumerate(tokens):
        for x, token in enumerate(row):
            axis.add_patch(_box(x, y, BLUE if mask[y][x] else PALE))
            text = f"{token}\n{positions[y][x]}" if mask[y][x] else "pad"
            axis.text(x, y, text, ha="center", va="center", color="white" if mask[y][x] else "#777777", fontsize=9)
    _grid(axis, columns, rows, "column (in the box: token and position)")
    axis.set_yticks(range(rows), [f"row {i}" for i in range(rows)])
    return figure


@styled
def visible(mask: Any, names: list[str]) -> Figure:
    """mask: (rows, new, columns). One panel for each row: blue if the new column may look at the column."""
    tables = numbers(mask)
    new, columns = len(tables[0]), len(tables[0][0])
    figure, axes = panels(len(tables), width=2.7 * len(tables) + 0.6, height=0.34 * new + 1.3, squeeze=False)
    for axis, table, name in zip(axes[0], tables, names, strict=True):
        axis.imshow([[float(x) * 0.7 for x in row] for row in table], cmap=BLUES, vmin=0, vmax=1, aspect="auto")
        axis.set(title=name, xlabel="column", xticks=range(columns))
        axis.set_yticks(range(new), [str(columns - new + t) for t in range(new)])
        axis.set_xticks([x + 0.5 for x in range(columns - 1)], minor=True)
        axis.set_yticks([y + 0.5 for y in range(new - 1)], minor=True)
        axis.grid(False)
        axis.grid(which="minor", color=PALE)
        axis.tick_params(which="minor", length=0)
    axes[0][0].set_ylabel("new column")
    return figure


@styled
def wrong_padding(shares: dict[str, list[list[float]]]) -> Figure:
    """shares: for each way to pad, a list for each seed: the probability of the right answer at 0, 1, 2, ... columns of
    padding."""
    figure, axis = panels(1, width=6.0, height=3.2)
    _lines(axis, shares)
    return figure


@styled
def summary(shares: dict[str, list[list[float]]], work: dict[str, list[float]]) -> Figure:
    """Left: as in `wrong_padding`. Right, work: for each way to generate the processor seconds of each seed."""
    figure, (left, right) = panels(2, width=9.6, height=3.4)
    _lines(left, shares)
    for y, seconds in enumerate(work.values()):
        mean = sum(seconds) / len(seconds)
        right.barh(y, mean, color=BLUE, height=0.6)
        right.plot(seconds, [y] * len(seconds), "o", color=BLACK, markersize=3)
        right.text(max(seconds), y, f"   {mean:.2f} s", va="center")
    right.set(xlabel="processor seconds", title="16 completions of 128 tokens")
    right.set_xlim(right=right.get_xlim()[1] * 1.25)
    right.set_yticks(range(len(work)), list(work))
    right.invert_yaxis()
    right.grid(axis="y", visible=False)
    return figure


@styled
def work(new_tokens: list[int], token_forwards: dict[str, list[int]]) -> Figure:
    """token_forwards: for each way to generate, at each number of new tokens."""
    figure, axis = panels(1, width=6.0, height=3.2)
    for (name, values), (colour, dashes) in zip(token_forwards.items(), LINES, strict=False):
        axis.plot(new_tokens, values, color=colour, linestyle=dashes, label=f"{name}: {values[-1]:,} at the end")
    axis.set(xlabel="new tokens of each completion", ylabel="token-forwards", xscale="log", yscale="log")
    axis.set_xticks(new_tokens, [str(n) for n in new_tokens])
    axis.minorticks_off()
    axis.legend()
    return figure


@styled
def rows_of_passes(passes: list[tuple[int, int]]) -> Figure:
    """passes: (rows, new columns) of each forward pass. Blue: what goes through the model. Orange frame: what would if
    rows that have ended stayed."""
    figure, axis = panels(1, width=6.0, height=2.8)
    most = max(rows for rows, _ in passes)
    for x, (rows, columns) in enumerate(passes):
        axis.bar(x, rows * columns, color=BLUE, width=0.8, label="computed" if x == 0 else None)
        if x:
            axis.bar(x, most, color="none", edgecolor=ORANGE, width=0.8, label="if none left" if x == 1 else None)
    axis.set(xlabel="forward pass (0: the prompts)", ylabel="token-forwards", xticks=range(len(passes)))
    axis.grid(axis="x", visible=False)
    axis.legend()
    return figure


def _lines(axis: Any, shares: dict[str, list[list[float]]]) -> None:
    for (name, seeds), (colour, dashes) in zip(shares.items(), LINES, strict=False):
        for seed in seeds:
            axis.plot(range(len(seed)), seed, color=colour, alpha=0.3, linewidth=0.8)
        means = [sum(values) / len(values) for values in zip(*seeds, strict=True)]
        axis.plot(range(len(means)), means, color=colour, linestyle=dashes, linewidth=2, label=name)
    axis.set(xlabel="columns of padding in front of the prompt", ylabel="probability of the right answer")
    axis.set(ylim=(-0.03, 1.03), title="Reverse three digits")
    axis.legend(fontsize=8, loc="center right")


def _grid(axis: Any, columns: int, rows: int, label: str) -> None:
    axis.set(xlim=(-0.55, columns - 0.45), ylim=(rows - 0.4, -0.6), xlabel=label, xticks=range(columns))
    axis.grid(False)
    axis.tick_params(length=0)
    for spine in axis.spines.values():
        spine.set_visible(False)


def _box(x: float, y: float, colour: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.47, y - 0.44), 0.94, 0.88, facecolor=colour, edgecolor="#aaaaaa", linewidth=0.8)
