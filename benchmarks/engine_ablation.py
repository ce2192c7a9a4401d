"""What each of the engine's tricks is worth: `python benchmarks/engine_ablation.py` (about 10 minutes on a quiet core).

All tricks, then each one switched off alone, then all off, then the lesson's own code. All of them do the same step of
the same model in turn; the table has the median over the turns of each one's processor seconds divided by those of all
tricks in the same turn, and the peak memory. Writes benchmarks/results/engine_ablation.md.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import replace

import engine_bench as bench  # beside this file

from lab.engine import ALL_TRICKS, NO_TRICKS

CASES = {("138K", 16): 15, ("138K", 64): 9, ("4.2M", 64): 3}  # model and limit -> turns; lengths are unequal
LABELS = {
    "prompt_once": "prompt pass once per prompt", "static_cache": "static cache",
    "drop_finished": "finished rows leave the batch", "sampler": "sampler: multinomial instead of inverse",
    "gumbel": "sampler: Gumbel-max instead of inverse", "share_prompt": "prompt shared in the training pass",
    "unpad": "no padding in the training pass", "pass_tokens": "passes of about 2048 tokens",
    "sort_by_length": "passes ordered by length", "head_chunk": "vocabulary head in chunks",
    "first_update_log_probs": "old log-probs from the first update",
    "skip_silent": "groups without signal left out", "dtype": "bfloat16 where it pays", "fused_adamw": "fused AdamW",
}  # fmt: skip


def variants() -> dict[str, object]:
    """{label: EngineConfig}, "without ..." for each trick."""
    found = {"all tricks": ALL_TRICKS}
    for name, label in LABELS.items():
        change = {"sampler": "gumbel"} if name == "gumbel" else {name: getattr(NO_TRICKS, name)}
        found[f"without: {label}" if not name.startswith(("sampler", "gumbel")) else label] = replace(
            ALL_TRICKS, **change
        )
    return {**found, "all off (fused layers only)": NO_TRICKS, "the lesson's own code": None}


def measure(model_name: str, tokens: int, turns: int) -> dict[str, tuple[float, float, float]]:
    """{label: (median seconds, median ratio to all tricks, median peak MB)}"""
    model, tokenizer = bench.load(model_name, tokens, equal=False)
    trainers = {label: bench.trainer(model, tokenizer, config, tokens=tokens) for label, config in variants().items()}
    seen: dict[str, list[tuple[float, float]]] = {label: [] for label in trainers}
    for turn in range(-1, turns):
        for label, trainer in trainers.items():
            one = bench.measured(trainer.step)
            if turn >= 0:
                seen[label].append(one)
    base = [seconds for seconds, _ in seen["all tricks"]]
    return {
        label: (
            statistics.median(s for s, _ in values),
            statistics.median(s / b for (s, _), b in zip(values, base, strict=True)),
            statistics.median(peak for _, peak in values),
        )
        for label, values in seen.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, help="instead of each case's own number")
    options = parser.parse_args()
    found = {case: measure(*case, options.turns or turns) for case, turns in CASES.items()}
    lines = [
        "| | " + " | ".join(f"{model}, {tokens} tokens | MB" for model, tokens in CASES) + " |",
        "|---|" + "---|---|" * len(CASES),
    ]
    for label in variants():
        cells = []
        for case in CASES:
            seconds, ratio, peak = found[case][label]
            time = f"{seconds * 1e3:,.0f} ms" if label == "all tricks" else f"{ratio:.2f} ×"
            cells += [time, f"{peak:,.0f}"]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    text = f"""# What each trick is worth

Made by `python benchmarks/engine_ablation.py`. {bench.MACHINE}. 8 prompts of 7 tokens, 8 completions each, of unequal
length (43 % of the limit on average), half of the groups without signal; one update per rollout. Processor time of a
step as a multiple of that with all tricks, and peak memory of a step.

""" + "\n".join(lines)
    (bench.RESULTS / "engine_ablation.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
