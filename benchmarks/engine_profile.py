"""Where one step of lab/engine spends its time, beside the least that this machine could take for it.

    python benchmarks/engine_profile.py            138K and 4.2M parameters, 64 tokens, equal lengths: about 2 minutes

The least of a part is the longer of two: its floating-point operations over the rate of a large matrix product, and
the bytes that it reads and writes at least once over the rate of a large copy, both measured here in the same minute.
(What stays in the processor's cache can be faster than that copy.) float32, one thread, every completion trained on.
Writes benchmarks/results/engine_profile.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

import engine_bench as bench  # beside this file
import torch

from lab.engine import EngineConfig
from lab.engine import update as training

rollout = sys.modules["lab.engine.generate"]
CASES = {("138K", 64): 15, ("138K", 256): 5, ("4.2M", 64): 3}  # model and tokens -> steps
PARTS = {
    "prompts": "generate: prompts", "decoding": "generate: layers", "generate": "generate: sampling and the rest",
    "step": "reward, advantages, batch", "forward": "train: layers forward", "head": "train: head and loss",
    "backward": "train: layers backward", "optimizer": "train: clip and optimizer", "train": "train: the rest",
}  # fmt: skip
FLOAT = 4  # bytes


def rates() -> tuple[float, float]:
    """(floating-point operations, bytes) per second of this processor: a product of 1024 x 1024, a copy of 256 MB."""
    a, b, x = torch.randn(1024, 1024), torch.randn(1024, 1024), torch.randn(1 << 25)
    y = torch.empty_like(x)

    def seconds(work) -> float:
        work()
        found = []
        for _ in range(7):
            start = time.process_time()
            work()
            found.append(time.process_time() - start)
        return min(found)

    return 2 * 1024**3 / seconds(lambda: a @ b), 2 * FLOAT * x.numel() / seconds(lambda: y.copy_(x))


def watched(trainer, clock) -> None:
    """Times the parts of a step; what a timed function calls that is timed itself is counted there alone."""
    rollout.read_prompts = clock.timed("prompts", rollout.read_prompts)
    rollout.read_tokens = clock.timed("decoding", rollout.read_tokens)
    training.hidden_states = clock.timed("forward", training.hidden_states)
    training.head.head_loss = clock.timed("head", training.head.head_loss)
    torch.Tensor.backward = clock.timed("backward", torch.Tensor.backward)
    trainer.optimizer.step = clock.timed("optimizer", trainer.optimizer.step)
    torch.nn.utils.clip_grad_norm_ = clock.timed("optimizer", torch.nn.utils.clip_grad_norm_)
    trainer.generate = clock.timed("generate", trainer.generate)
    trainer.update = clock.timed("train", trainer.update)


def needed(model, prompts: int, width: int, group: int, tokens: int) -> dict[str, tuple[float, float]]:
    """{part: (floating-point operations, bytes)} where all completions have `tokens` tokens."""
    c = model.config
    h, V, layers = c.hidden_size, c.vocab_size, c.num_hidden_layers
    qkv = (c.num_attention_heads + 2 * c.num_key_value_heads) * c.head_dim
    out, kv = c.num_attention_heads * c.head_dim, 2 * c.num_key_value_heads * c.head_dim
    linear = layers * (h * qkv + out * h + 3 * h * c.intermediate_size)  # weights in the layers
    everything = sum(p.numel() for p in model.parameters())
    rows, inner = prompts * group, tokens - 1  # the last token goes through no layer
    flat = prompts * width + rows * inner  # tokens that go through the layers in training
    seen = sum(width + t for t in range(1, tokens))  # keys that the tokens of a completion look at, while decoding
    pairs = rows * (seen + width * (width + 1) // 2)  # and in training, where each row attends from its prompt on
    kept = layers * (4 * h + 2 * qkv + 2 * out + 3 * c.intermediate_size)  # numbers that a token leaves for backward
    attention = 4 * out * layers  # operations for each query and key
    forward = (2 * linear * flat + attention * pairs, FLOAT * (everything + kept * flat))
    return {
        "prompts": (2 * linear * prompts * width + 2 * h * V * prompts, FLOAT * everything),
        "decoding": (
            (2 * linear + 2 * h * V) * rows * inner + attention * rows * seen,
            FLOAT * (everything * inner + kv * layers * rows * seen),
        ),
        "forward": forward,
        "head": (6 * h * V * rows * tokens, FLOAT * 4 * h * rows * tokens),
        "backward": (2 * forward[0], 2 * forward[1]),
        "optimizer": (0, FLOAT * 8 * everything),  # the gradient twice; weights and both moments, read and written
    }


def profile(name: str, tokens: int, steps: int, clock) -> str:
    model, tokenizer = bench.load(name, tokens, equal=True)
    trainer = bench.trainer(model, tokenizer, EngineConfig(sampler="inverse", skip_silent=False), tokens=tokens)
    plain = (rollout.read_prompts, rollout.read_tokens, training.hidden_states, training.head.head_loss,
             torch.Tensor.backward, torch.nn.utils.clip_grad_norm_)  # fmt: skip
    watched(trainer, clock)
    step, seen = clock.timed("step", trainer.step), []
    for turn in range(-2, steps):
        clock.parts = {}
        step()
        if turn >= 0:
            seen.append({part: spent[1] for part, spent in clock.parts.items()})
    (rollout.read_prompts, rollout.read_tokens, training.hidden_states, training.head.head_loss,
     torch.Tensor.backward, torch.nn.utils.clip_grad_norm_) = plain  # fmt: skip

    speed, bandwidth = rates()
    floor = needed(model, 8, 7, 8, tokens)
    lines = [
        f"## {name} parameters, 8 prompts × 8 completions × {tokens} tokens", "",
        f"A large product does {speed / 1e9:.0f} GFLOP/s here, a large copy moves {bandwidth / 1e9:.1f} GB/s.", "",
        "| part | ms | share | GFLOP | MB | floor, ms | times the floor |", "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    spent = {part: statistics.median(one.get(part, 0.0) for one in seen) for part in PARTS}
    whole, least = sum(spent.values()), 0.0
    for part, label in PARTS.items():
        flops, size = floor.get(part, (0, 0))
        best = max(flops / speed, size / bandwidth)
        least += best
        cells = (
            f"{flops / 1e9:.2f} | {size / 1e6:.0f} | {best * 1e3:.1f} | {spent[part] / best:.1f}" if best else " | " * 3
        )
        lines.append(f"| {label} | {spent[part] * 1e3:.1f} | {spent[part] / whole:.0%} | {cells} |")
    flops, size = (sum(both[i] for both in floor.values()) for i in range(2))
    lines.append(
        f"| **all** | **{whole * 1e3:.0f}** | | {flops / 1e9:.2f} | {size / 1e6:.0f} | **{least * 1e3:.0f}** "
        f"| **{whole / least:.1f}** |"
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, help="instead of each case's own number")
    options = parser.parse_args()
    clock = bench.cases.Clock()
    tables = [profile(*case, options.steps or steps, clock) for case, steps in CASES.items()]
    text = f"""# A step by part, and the compute floor

Made by `python benchmarks/engine_profile.py`. {bench.MACHINE}; float32, every completion trained on, all of the same
length; processor time, medians over the steps. The floor of a part is the longer of its operations over the rate of a
large matrix product and the bytes that it must move over the rate of a large copy.

"""
    (bench.RESULTS / "engine_profile.md").write_text(text + "\n\n".join(tables) + "\n", encoding="utf-8")
    print(text + "\n\n".join(tables))


if __name__ == "__main__":
    main()
