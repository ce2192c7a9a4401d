"""Measures the engine on one thread: processor seconds and peak memory of a training step.

    python benchmarks/engine.py ablation    each optimization switched off alone (10 minutes on a quiet core)
    python benchmarks/engine.py scaling     against group size, completion length and prompts (5 minutes)
    python benchmarks/engine.py scaling --turns 1 --sizes 2    the smallest setting, to try it

`ablation` compares all optimizations, each one off, all off, and the lesson's own code. All take the same step of the
same model in turn. The table has the median of the ratios within a turn. `scaling` varies one of the three sizes at a
time; completions run to the limit, and every completion is trained on in float32. Memory is measured with the whole
batch in one pass, and with the engine's passes of about 2048 tokens. Without --turns and --sizes, the tables go to
benchmarks/results/engine_ablation.md and engine_scaling.md, the figure to docs/engine_scaling.png.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
os.environ["SOLUTION"] = "1"
sys.path.insert(0, str(ROOT))

import lab  # noqa: E402, F401  (makes lessons importable)

# isort: split
import numpy as np  # noqa: E402
import torch  # noqa: E402
import vs_trl_worker as cases  # noqa: E402  (beside this file: models, prompts and rewards)
from lesson14_grpo_ppo_clip.training.grpo_trainer import GRPOConfig, GRPOTrainer  # noqa: E402
from lesson16_grpo_rlhf.training.rlhf_trainer import PromptDataset  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402

from lab.engine import ALL_TRICKS, NO_TRICKS, EngineConfig  # noqa: E402
from lab.plots import style  # noqa: E402
from lab.plots.training_curve import write  # noqa: E402

MACHINE = f"{os.cpu_count()} cores, one thread, Python {platform.python_version()}, torch {torch.__version__}"
ABLATION = {("138K", 16): 15, ("138K", 64): 9, ("4.2M", 64): 3}  # model and limit -> turns; lengths are unequal
TRICKS = {
    "prompt_once": "prompt pass once per prompt", "static_cache": "static cache",
    "drop_finished": "finished rows leave the batch", "share_prompt": "prompt shared in the training pass",
    "unpad": "no padding in the training pass", "pass_tokens": "passes of about 2048 tokens",
    "sort_by_length": "passes ordered by length", "head_chunk": "vocabulary head in chunks",
    "first_update_log_probs": "old log-probs from the first update",
    "skip_silent": "groups without signal left out", "dtype": "bfloat16 if it pays", "fused_adamw": "fused AdamW",
}  # fmt: skip
USUAL = {"prompts": 8, "group": 8, "tokens": 32}
SCALING = {
    "group": ("group size", (2, 4, 8, 16, 32, 64)),
    "tokens": ("completion length", (16, 32, 64, 128, 256, 448)),
    "prompts": ("prompts in a batch", (2, 4, 8, 16, 32, 64)),
}


def load(model: str, tokens: int, equal: bool) -> tuple[Any, Any]:
    """(model, tokenizer) of a case of vs_trl.py, "138K" or "4.2M". The first call makes it."""
    folder = ROOT / "runs" / "vs_trl" / f"{model}-{tokens}-{'equal' if equal else 'unequal'}"
    if not (folder / "model.safetensors").exists():
        cases.make({"model": model, "tokens": tokens, "equal": equal}, folder)
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), AutoTokenizer.from_pretrained(folder)


def make_trainer(model: Any, tokenizer: Any, engine: Any, *, tokens: int, prompts: int = 8, group: int = 8) -> Any:
    """A trainer on the engine (None: lesson 14's own code); half of the groups have no signal. The learning rate is
    practically 0, so trainers can share a model, and step number n is the same work for all."""
    case = {"model": "138K", "prompts": prompts, "group": group, "tokens": tokens}
    if engine is not None:
        return cases.engine_trainer(case, model, tokenizer, engine)
    config = GRPOConfig(
        prompts_per_step=prompts, group_size=group, updates_per_generation=1, max_new_tokens=tokens, learning_rate=0.0,
        warmup_steps=0, reward=cases.reward_of,
    )  # fmt: skip
    data = PromptDataset(tokenizer, [])
    data.data = [(prompt, i) for i, prompt in enumerate(cases.prompts_of(case, tokenizer))]
    return GRPOTrainer(model, tokenizer, data, config)


def measured(step: Callable[[], Any]) -> tuple[float, float]:
    """(processor seconds, peak MB above what was resident before) of one call."""
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)  # give back what earlier steps have freed
    cases.reset_peak()
    before, start = cases.resident("VmRSS"), time.process_time()
    step()
    return time.process_time() - start, cases.resident("VmHWM") - before


# ---- Each optimization switched off alone ----


def variants() -> dict[str, Any]:
    """{label: EngineConfig, or None for the lesson's own code}"""
    found = {"all optimizations": ALL_TRICKS}
    found |= {f"without: {label}": replace(ALL_TRICKS, **{name: getattr(NO_TRICKS, name)})
              for name, label in TRICKS.items()}  # fmt: skip
    found |= {f"sampler: {s} instead of inverse": replace(ALL_TRICKS, sampler=s) for s in ("multinomial", "gumbel")}
    return {**found, "all off (fused layers only)": NO_TRICKS, "the lesson's own code": None}


def ablation(turns: int | None) -> str:
    columns = []
    for (size, tokens), usual in ABLATION.items():
        model, tokenizer = load(size, tokens, equal=False)
        trainers = [make_trainer(model, tokenizer, config, tokens=tokens) for config in variants().values()]
        rows = [[measured(t.step) for t in trainers] for _ in range((turns or usual) + 1)][1:]
        first = statistics.median(row[0][0] for row in rows)
        column = [f"{first * 1e3:,.0f} ms | {statistics.median(row[0][1] for row in rows):,.0f}"]
        for i in range(1, len(trainers)):
            ratio = statistics.median(row[i][0] / row[0][0] for row in rows)
            column.append(f"{ratio:.2f} × | {statistics.median(row[i][1] for row in rows):,.0f}")
        columns.append(column)
    lines = ["| | " + " | ".join(f"{size}, {tokens} tokens | MB" for size, tokens in ABLATION) + " |",
             "|---|" + "---|---|" * len(ABLATION)]  # fmt: skip
    lines += [f"| {label} | {' | '.join(cells)} |" for label, *cells in zip(variants(), *columns, strict=True)]
    return f"""# What each optimization is worth

Made by `python benchmarks/engine.py ablation`. {MACHINE}. 8 prompts of 7 tokens, 8 completions each, of unequal
length (43 % of the limit on average), half of the groups without signal; one update per rollout. Processor time of a
step as a multiple of the time with all optimizations, and peak memory of a step.

""" + "\n".join(lines) + "\n"  # fmt: skip


# ---- How the cost grows ----


def sweep(name: str, values: tuple[int, ...], turns: int, **settings: int) -> list[tuple[float, float]]:
    """(seconds, MB) for each value: medians over the turns; each turn takes all values."""
    model, tokenizer = load("138K", 64, equal=True)
    config = EngineConfig(sampler="inverse", skip_silent=False, **settings)
    trainers = [make_trainer(model, tokenizer, config, **{**USUAL, name: value}) for value in values]
    rows = [[measured(trainer.step) for trainer in trainers] for _ in range(turns + 1)][1:]
    return [tuple(statistics.median(row[i][j] for row in rows) for j in range(2)) for i in range(len(values))]


def line(x: tuple[int, ...], y: list[float]) -> tuple[float, float, float]:
    """(slope, intercept, R²) of the straight line, weighted by 1 / y so that small values count too."""
    slope, intercept = np.polyfit(x, y, 1, w=1 / np.maximum(y, 1e-9))
    rest = np.array(y) - (slope * np.array(x) + intercept)
    return slope, intercept, 1 - rest.var() / max(np.var(y), 1e-12)


@style.styled
def draw(found: dict[str, tuple[list[float], list[float], list[float]]]) -> Any:
    figure, axes = style.panels(3, 2, width=10.0, height=6.0)
    for column, (name, (seconds, whole, passes)) in enumerate(found.items()):
        label, values = SCALING[name][0], SCALING[name][1][: len(seconds)]
        for axis, y, unit in ((axes[0][column], seconds, "seconds per step"), (axes[1][column], whole, "peak MB")):
            slope, intercept, r2 = line(values, y)
            axis.plot(values, [slope * v + intercept for v in values], "--", color=style.ORANGE, label=f"R² = {r2:.4f}")
            axis.plot(values, y, "o", color=style.BLUE, label="one pass" if unit == "peak MB" else None)
            axis.set(xlabel=label, ylabel=unit, ylim=(0, None), xlim=(0, None))
        axes[1][column].plot(values, passes, "s", color=style.GREEN, label="passes of 2048 tokens")
        for axis in axes[:, column]:
            axis.legend()
    return figure


def scaling(turns: int | None, sizes: int) -> tuple[str, Any]:
    found, lines, fits = {}, [], []
    for name, (label, values) in SCALING.items():
        values = values[:sizes]
        usual, one_pass = sweep(name, values, turns or 4), sweep(name, values, 1, pass_tokens=0)
        found[name] = [s for s, _ in usual], [m for _, m in one_pass], [m for _, m in usual]
        lines += [
            "| {} | {} | {:.3f} | {:.0f} | {:.0f} |".format(label, *r) for r in zip(values, *found[name], strict=True)
        ]
        (a, b, r), (c, d, q) = line(values, found[name][0]), line(values, found[name][1])
        fits.append(f"| {label} n | {b:.4f} + {a:.5f} n | {r:.4f} | {d:.1f} + {c:.2f} n | {q:.4f} |")
    text = f"""# How a step's cost grows

Made by `python benchmarks/engine.py scaling`. {MACHINE}; processor seconds. 138K parameters. The sizes that are not
varied: {USUAL["prompts"]} prompts, {USUAL["group"]} completions of each, {USUAL["tokens"]} tokens.

| varied | seconds = | R² | MB, one pass = | R² |
|---|---|---|---|---|
""" + "\n".join([*fits, "", "| varied | value | seconds | MB, one pass | MB, passes of 2048 tokens |",
                 "|---|---|---|---|---|", *lines]) + "\n"  # fmt: skip
    return text, draw(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["ablation", "scaling"])
    parser.add_argument("--turns", type=int, help="instead of the usual number")
    parser.add_argument("--sizes", type=int, default=6, help="of scaling: only the first so many values of each size")
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.what == "ablation":
        text, figure = ablation(given.turns), None
    else:
        text, figure = scaling(given.turns, given.sizes)
    print(text)
    if given.turns is None and given.sizes == 6:
        (RESULTS / f"engine_{given.what}.md").write_text(text, encoding="utf-8")
        if figure:
            write(figure, ROOT / "docs" / "engine_scaling.png")


if __name__ == "__main__":
    main()
