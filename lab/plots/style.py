"""The one look of all pictures: colours that the colour-blind can tell apart (Okabe and Ito) and that differ in
brightness too, so that they survive a black-and-white printer; labelled axes; text that is readable in a notebook.

Figures are made without pyplot: nothing is left open, and no backend is chosen for anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import matplotlib
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#999999"
SKY, BLACK, PALE = "#56B4E9", "#222222", "#e8e8e8"
LINES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (BLACK, ":"))  # colour and dashes: either tells lines apart
BLUES = LinearSegmentedColormap.from_list("course", ["#ffffff", SKY, BLUE, "#00334f"])
STYLE = {
    "font.size": 10, "axes.titlesize": 11, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "axes.axisbelow": True, "grid.color": "#e5e5e5", "figure.dpi": 110, "savefig.bbox": "tight",
    "legend.frameon": False,
}  # fmt: skip


def styled(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """A figure function, drawn in the course's look, whatever else is set."""

    @wraps(draw)
    def drawn(*args: Any, **kwargs: Any) -> Figure:
        with matplotlib.rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawn


def panels(columns: int, rows: int = 1, width: float = 9.0, height: float = 3.2, **options: Any) -> tuple[Figure, Any]:
    """An empty figure and its axes (one, or an array of them)."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def numbers(values: Any) -> list:
    """Tensors, or lists of numbers and tensors, as plain lists."""
    if hasattr(values, "tolist"):
        return values.tolist()
    return [numbers(v) if hasattr(v, "tolist") or isinstance(v, (list, tuple)) else v for v in values]
