"""Step time and peak memory against group size, completion length and batch: `python benchmarks/engine_scaling.py`.

The model has 138K parameters, all completions run to the limit, every completion is trained on, in float32. One of the
three is varied at a time. Memory is measured twice: with the whole batch in one pass through the layers, and with
passes of about 2048 tokens, as the engine does it, which hold no more however large the batch is. Writes
docs/engine_scaling.png and benchmarks/results/engine_scaling.md (about 5 minutes).
"""

from __future__ import annotations

import statistics

import engine_bench as bench  # beside this file
import numpy as np

from lab.engine import EngineConfig
from lab.plots import style
from lab.plots.training_curve import write

START = {"prompts": 8, "group": 8, "tokens": 32}
VARIED = {
    "group": ("group size", (2, 4, 8, 16, 32, 64)),
    "tokens": ("completion length", (16, 32, 64, 128, 256, 448)),
    "prompts": ("prompts in a batch", (2, 4, 8, 16, 32, 64)),
}
TURNS = 4


def measure(name: str, values: tuple[int, ...], turns: int, **settings: int) -> list[tuple[float, float]]:
    """(seconds, MB) for each value: medians over the turns, in which all values take part."""
    model, tokenizer = bench.load("138K", 64, equal=True)
    config = EngineConfig(sampler="inverse", skip_silent=False, **settings)
    trainers = [bench.trainer(model, tokenizer, config, **{**START, name: value}) for value in values]
    seen = [[bench.measured(trainer.step) for trainer in trainers] for _ in range(turns + 1)][1:]
    return [tuple(statistics.median(turn[i][j] for turn in seen) for j in range(2)) for i in range(len(values))]


def line(x: tuple[int, ...], y: list[float]) -> tuple[float, float, float]:
    """(slope, intercept, R^2) of the straight line, weighed by 1 / y so that small values count, too."""
    slope, intercept = np.polyfit(x, y, 1, w=1 / np.maximum(y, 1e-9))
    rest = np.array(y) - (slope * np.array(x) + intercept)
    return slope, intercept, 1 - rest.var() / np.var(y)


def bend(x: tuple[int, ...], y: list[float]) -> float:
    """The share of the quadratic term in the largest value, by a parabola through all, weighed as the line is."""
    curve = np.polyfit(x, y, 2, w=1 / np.maximum(y, 1e-9))
    return curve[0] * x[-1] ** 2 / np.polyval(curve, x[-1])


@style.styled
def draw(found: dict[str, tuple[list[float], list[float], list[float]]]):
    figure, axes = style.panels(3, 2, width=10.0, height=6.0)
    for column, (name, (label, values)) in enumerate(VARIED.items()):
        seconds, whole, passes = found[name]
        for axis, y, unit in ((axes[0][column], seconds, "seconds per step"), (axes[1][column], whole, "peak MB")):
            slope, intercept, r2 = line(values, y)
            axis.plot(values, [slope * v + intercept for v in values], "--", color=style.ORANGE, label=f"R² = {r2:.4f}")
            axis.plot(values, y, "o", color=style.BLUE, label="one pass" if unit == "peak MB" else None)
            axis.set(xlabel=label, ylabel=unit)
        axes[1][column].plot(values, passes, "s", color=style.GREEN, label="passes of 2048 tokens")
        for axis in axes[:, column]:
            axis.set(ylim=(0, None), xlim=(0, None))
            axis.legend()
    return figure


def main() -> None:
    found = {}
    for name, (_, values) in VARIED.items():
        usual, one_pass = measure(name, values, TURNS), measure(name, values, 1, pass_tokens=0)
        found[name] = [s for s, _ in usual], [m for _, m in one_pass], [m for _, m in usual]
    lines = ["| varied | value | seconds | MB, one pass | MB, passes of 2048 tokens |", "|---|---|---|---|---|"]
    fits = [
        "| varied | seconds = | R² | quadratic part at the largest n | MB, one pass = | R² |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name, (label, values) in VARIED.items():
        seconds, whole, passes = found[name]
        for row in zip(values, seconds, whole, passes, strict=True):
            lines.append("| {} | {} | {:.3f} | {:.0f} | {:.0f} |".format(label, *row))
        (a, b, r), (c, d, q) = line(values, seconds), line(values, whole)
        bent = bend(values, seconds)
        fits.append(f"| {label} n | {b:.4f} + {a:.5f} n | {r:.4f} | {bent:.0%} | {d:.1f} + {c:.2f} n | {q:.4f} |")
    text = f"""# How a step's cost grows

Made by `python benchmarks/engine_scaling.py`. {bench.MACHINE}; processor seconds.
138K parameters; where it is not varied: {START["prompts"]} prompts, {START["group"]} completions of each,
{START["tokens"]} tokens.

"""
    text += "\n".join(fits) + "\n\n" + "\n".join(lines) + "\n"
    (bench.RESULTS / "engine_scaling.md").write_text(text, encoding="utf-8")
    write(draw(found), bench.ROOT / "docs" / "engine_scaling.png")
    print(text)


if __name__ == "__main__":
    main()
