"""Pictures of answers as rows of tokens: which predictions count, and how much each token weighs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLACK, BLUE, BLUES, ORANGE, numbers, panels, styled


@styled
def counted(rows: Sequence[Sequence[str]], prompt: int, gradients: Sequence[Any]) -> Figure:
    """rows: the tokens of prompt and answer. prompt: how many belong to the prompt. gradients: for each row the size
    of the gradient at the logits of each position; positions behind the row are padding."""
    columns = max(max(map(len, rows)), max(len(numbers(g)) for g in gradients))
    figure, axis = panels(1, width=0.95 * columns + 1.4, height=0.62 * len(rows) + 1.1)
    for y, (row, gradient) in enumerate(zip(rows, map(numbers, gradients), strict=True)):
        for x in range(max(len(row), len(gradient))):
            used = x < len(gradient) and gradient[x] > 1e-9
            here, following = (row[i] if i < len(row) else "pad" for i in (x, x + 1))
            axis.add_patch(_box(x, y, BLUE if used else "white"))
            text = f"{here}\n→ {following}" if used else here
            colour = "white" if used else BLACK if x < len(row) else "#777777"
            axis.text(x, y, text, ha="center", va="center", color=colour, fontsize=10, linespacing=1.2)
    axis.axvline(prompt - 0.5, color=ORANGE, linewidth=2.5, linestyle="--")
    axis.text(prompt - 0.5, -0.62, "← prompt   answer →", ha="center", va="bottom", color=ORANGE)
    axis.set(xlim=(-0.55, columns - 0.45), ylim=(len(rows) - 0.4, -0.6), xlabel="position")
    axis.set_xticks(range(columns))
    axis.set_yticks(range(len(rows)), [f"answer {i}" for i in range(1, len(rows) + 1)])
    axis.grid(False)
    axis.tick_params(length=0)
    for spine in axis.spines.values():
        spine.set_visible(False)
    return figure


@styled
def shares(lengths: Sequence[int], kinds: dict[str, Any]) -> Figure:
    """kinds: aggregation -> (rows, tokens), the size of the gradient at each token. Colour: of one token; at the right:
    the sum over the answer."""
    figure, axes = panels(1, rows=len(kinds), width=8.4, height=1.45 * len(kinds) + 0.5, sharex=True)
    tables = {name: numbers(table) for name, table in kinds.items()}
    most = max(v for table in tables.values() for row in table for v in row)
    for axis, (name, table) in zip(axes, tables.items(), strict=True):
        for y, (length, row) in enumerate(zip(lengths, table, strict=True)):
            for x in range(length):
                axis.add_patch(_box(x, y, BLUES(row[x] / most)))
            light = row[0] / most > 0.35
            axis.text(0, y, f"{row[0]:.3f}", ha="center", va="center", fontsize=8, color="white" if light else BLACK)
            axis.text(length - 0.35, y, f"{length} tokens: sum {sum(row):.3f}", va="center", fontsize=9)
        axis.set(xlim=(-0.6, max(lengths) + 3.4), ylim=(len(lengths) - 0.4, -0.6))
        axis.set_title(f'"{name}"', loc="left")
        axis.set_yticks(range(len(lengths)), [f"answer {i}" for i in range(1, len(lengths) + 1)])
        axis.set_xticks(range(max(lengths)), [str(i) for i in range(1, max(lengths) + 1)])
        axis.grid(False)
        axis.tick_params(length=0)
        for spine in axis.spines.values():
            spine.set_visible(False)
    axes[-1].set_xlabel("token of the answer (colour: size of the gradient of the loss at that token)")
    return figure


def _box(x: float, y: float, colour: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.47, y - 0.42), 0.94, 0.84, facecolor=colour, edgecolor="#aaaaaa", linewidth=0.8)
