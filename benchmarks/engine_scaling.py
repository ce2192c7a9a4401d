"""Step time and peak memory against group size, completion length and batch: `python benchmarks/engine_scaling.py`.

The model has 138K parameters, all completions run to the limit, every completion is trained on, in float32. One of the
three is varied at a time. Writes docs/engine_scaling.png and benchmarks/results/engine_scaling.md (about 5 minutes).
"""

from __future__ import annotations

import statistics

import engine_bench as bench  # beside this file
import numpy as np

from lab.engine import EngineConfig
from lab.figures import style
from lab.plots import write

START = {"prompts": 8, "group": 8, "tokens": 32}
VARIED = {
    "group": ("group size", (2, 4, 8, 16, 32, 64)),
    "tokens": ("completion length", (16, 32, 64, 128, 256, 448)),
    "prompts": ("prompts in a batch", (2, 4, 8, 16, 32, 64)),
}
TURNS = 5


def measure(name: str, values: tuple[int, ...]) -> list[tuple[float, float]]:
    """(seconds, MB) for each value: medians over the turns, in which all values take part."""
    model, tokenizer = bench.load("138K", 64, equal=True)
    config = EngineConfig(sampler="inverse", skip_silent=False)
    trainers = [bench.trainer(model, tokenizer, config, **{**START, name: value}) for value in values]
    seen = [[bench.measured(trainer.step) for trainer in trainers] for _ in range(TURNS + 1)][1:]
    return [tuple(statistics.median(turn[i][j] for turn in seen) for j in range(2)) for i in range(len(values))]


def line(x: tuple[int, ...], y: list[float]) -> tuple[float, float, float]:
    """(slope, intercept, R^2) of the straight line, weighed by 1 / y so that small values count, too."""
    slope, intercept = np.polyfit(x, y, 1, w=1 / np.maximum(y, 1e-9))
    rest = np.array(y) - (slope * np.array(x) + intercept)
    return slope, intercept, 1 - rest.var() / np.var(y)


@style.styled
def draw(found: dict[str, list[tuple[float, float]]]):
    figure, axes = style.panels(3, 2, width=10.0, height=6.0)
    for column, (name, (label, values)) in enumerate(VARIED.items()):
        for row, (unit, scale) in enumerate((("seconds per step", 1.0), ("peak MB", 1.0))):
            y = [one[row] * scale for one in found[name]]
            slope, intercept, r2 = line(values, y)
            axis = axes[row][column]
            axis.plot(values, y, "o", color=style.BLUE)
            axis.plot(values, [slope * v + intercept for v in values], "--", color=style.ORANGE, label=f"R² = {r2:.3f}")
            axis.set(xlabel=label, ylabel=unit, ylim=(0, None), xlim=(0, None))
            axis.legend()
    return figure


def main() -> None:
    found = {name: measure(name, values) for name, (_, values) in VARIED.items()}
    lines = ["| varied | value | seconds | peak MB |", "|---|---|---|---|"]
    fits = ["| varied | seconds = | R² | peak MB = | R² |", "|---|---|---|---|---|"]
    for name, (label, values) in VARIED.items():
        lines += [f"| {label} | {v} | {s:.3f} | {m:.0f} |" for v, (s, m) in zip(values, found[name], strict=True)]
        (a, b, r), (c, d, q) = (line(values, [one[i] for one in found[name]]) for i in range(2))
        fits.append(f"| {label} n | {b:.4f} + {a:.5f} n | {r:.4f} | {d:.1f} + {c:.2f} n | {q:.4f} |")
    text = f"""# How a step's cost grows

Made by `python benchmarks/engine_scaling.py`. {bench.MACHINE}; processor seconds. 138K parameters;
where it is not varied: {START["prompts"]} prompts, {START["group"]} completions of each, {START["tokens"]} tokens.

"""
    text += "\n".join(fits) + "\n\n" + "\n".join(lines) + "\n"
    (bench.RESULTS / "engine_scaling.md").write_text(text, encoding="utf-8")
    write(draw(found), bench.ROOT / "docs" / "engine_scaling.png")
    print(text)


if __name__ == "__main__":
    main()
