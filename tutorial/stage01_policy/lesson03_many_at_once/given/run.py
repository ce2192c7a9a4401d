"""Continues ragged prompts at once, compares every log-prob with that of one text alone, and counts the work.

    python -m lab.run lesson03_many_at_once.given.run            three seeds; writes runs/lesson03/many_at_once.png
    python -m lab.run lesson03_many_at_once.given.run --seeds 1

The model is a small transformer that has learned to reverse one to five digits.
"""

import argparse
import copy
import time
from pathlib import Path
from statistics import mean

import torch
from lesson03_many_at_once.batch.padding import left_pad, token_positions, visible_columns
from lesson03_many_at_once.given import figures
from lesson03_many_at_once.given.transformer import Transformer
from lesson03_many_at_once.rollout.generate import generate
from torch import Tensor
from torch.nn import functional as F

from lab.models.tiny_language_models import TinyLM
from lab.rl.over_seeds import half_range
from lab.tasks.reversal import TOKENIZER

PAD, EOS = TOKENIZER.pad_token_id, TOKENIZER.eos_token_id
LONGEST = 5  # digits of a prompt
PADDING = 9  # columns in front of a prompt, at most
NOTHING_ENDS = -1  # an EOS that is no token


def pairs(count: int, generator: torch.Generator, digits: int | None = None) -> list[tuple[Tensor, Tensor]]:
    """Returns prompts with their right answers, as ids: "314=" and "413" with EOS. One to LONGEST digits."""
    made = []
    for _ in range(count):
        length = digits or int(torch.randint(1, LONGEST + 1, (), generator=generator))
        text = "".join(map(str, torch.randint(10, (length,), generator=generator).tolist()))
        made.append((torch.tensor(TOKENIZER.encode(text + "=")), torch.tensor([*TOKENIZER.encode(text[::-1]), EOS])))
    return made


def ragged_model(seed: int, until: float = 0.1) -> TinyLM:
    """Returns a model that was trained on prompts of different lengths until its loss for each token fell below
    `until`. In training the padding stands on the right, where it needs no mask."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = TinyLM(TOKENIZER.vocab_size, hidden=64, layers=2, heads=4, max_positions=32)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    loss = torch.tensor(torch.inf)
    while loss > until:
        texts = pairs(64, generator)
        ids = torch.nn.utils.rnn.pad_sequence([torch.cat(pair) for pair in texts], batch_first=True)
        labels = ids.clone()
        for row, (prompt, answer) in enumerate(texts):
            labels[row, : len(prompt)] = labels[row, len(prompt) + len(answer) :] = -100  # the answer alone is learned
        loss = F.cross_entropy(model(ids).logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


@torch.no_grad()
def alone(weights: TinyLM, prompt: Tensor, token_ids: Tensor) -> Tensor:
    """The log-prob of each token of a completion: the model reads this text alone."""
    logits = weights(torch.cat([prompt, token_ids])[None]).logits[0, len(prompt) - 1 : -1]
    return logits.log_softmax(-1).gather(1, token_ids[:, None])[:, 0]


@torch.no_grad()
def padded(
    weights: TinyLM,
    texts: list[tuple[Tensor, Tensor]],
    columns: int = 0,
    count_padding: bool = False,
    see_padding: bool = False,
) -> list[Tensor]:
    """The same for many texts in one padded pass, without a cache, with `columns` more columns of padding in front.
    Two common mistakes can be switched on: positions that count the padding, and padding that is visible."""
    ids, mask = left_pad([torch.cat(pair) for pair in texts], PAD)
    ids, mask = F.pad(ids, (columns, 0), value=PAD), F.pad(mask, (columns, 0), value=False)
    everything = torch.ones_like(mask)
    positions = token_positions(everything if count_padding else mask)
    visible = visible_columns(everything if see_padding else mask, ids.shape[1])
    log_probs = Transformer(weights)(ids, positions, visible)[:, :-1].log_softmax(-1)
    log_probs = log_probs.gather(-1, ids[:, 1:, None])[..., 0]
    return [row[-len(answer) :] for row, (_, answer) in zip(log_probs, texts, strict=True)]


def agreement(weights: TinyLM, seed: int, count: int = 100) -> dict[str, float]:
    """Continues `count` ragged prompts at once. The largest differences of a token's log-prob from that of the text
    alone: in one padded pass, and with the cache, as it was drawn. And the share of right answers."""
    texts = pairs(count, torch.Generator().manual_seed(1000 + seed))
    prompts = [prompt for prompt, _ in texts]
    drawn, cached = generate(Transformer(weights), prompts, 1, PAD, EOS, 10, torch.Generator().manual_seed(seed))
    completions = list(zip(prompts, drawn, strict=True))
    truth = [alone(weights, *pair) for pair in completions]
    right = [torch.equal(ids, answer) for ids, (_, answer) in zip(drawn, texts, strict=True)]

    def largest(log_probs: list[Tensor]) -> float:
        return max((a - b).abs().max().item() for a, b in zip(log_probs, truth, strict=True))

    return {"padded": largest(padded(weights, completions)), "cached": largest(cached), "right": mean(right)}


WAYS = {
    "right": {},
    "positions count the padding": {"count_padding": True},
    "padding is visible": {"see_padding": True},
}


def wrong_padding(weights: TinyLM, seed: int, count: int = 100) -> dict[str, list[float]]:
    """For each of WAYS: the mean probability of the right answer to three digits at 0, 1, ..., PADDING columns of
    padding."""
    texts = pairs(count, torch.Generator().manual_seed(2000 + seed), digits=3)

    def probability(columns: int, **mistakes: bool) -> float:
        return mean(row.sum().exp().item() for row in padded(weights, texts, columns, **mistakes))

    return {name: [probability(n, **mistakes) for n in range(PADDING + 1)] for name, mistakes in WAYS.items()}


@torch.no_grad()
def without_cache(model: Transformer, prompts: list[Tensor], group_size: int, new_tokens: int) -> None:
    """Draws as `generate` does, but sends all columns through the model for each new token."""
    ids, mask = left_pad([prompt for prompt in prompts for _ in range(group_size)], PAD)
    for _ in range(new_tokens):
        logits = model(ids, token_positions(mask), visible_columns(mask, ids.shape[1]))[:, -1]
        ids = torch.cat([ids, torch.multinomial(logits.softmax(-1), 1)], 1)
        mask = F.pad(mask, (0, 1), value=True)


def work(seed: int, prompt: int = 32, new_tokens: int = 128) -> dict[str, tuple[int, float]]:
    """Token-forwards and processor seconds of 16 completions, in three ways. Nothing ends early."""
    torch.manual_seed(seed)
    weights = TinyLM(TOKENIZER.vocab_size, hidden=64, layers=2, heads=4, max_positions=prompt + new_tokens)
    prompts = [torch.randint(2, TOKENIZER.vocab_size, (prompt,)) for _ in range(16)]
    ways = {
        "no cache": lambda model: without_cache(model, prompts, 1, new_tokens),
        "cache": lambda model: generate(model, prompts, 1, PAD, NOTHING_ENDS, new_tokens),
        "cache, 8 completions\nfor each prompt": lambda model: generate(
            model, prompts[:2], 8, PAD, NOTHING_ENDS, new_tokens
        ),
    }
    measured = {}
    for name, generated in ways.items():
        model, started = Transformer(weights), time.process_time()
        generated(model)
        measured[name] = (model.token_forwards, time.process_time() - started)
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many models are trained and measured")
    parser.add_argument("--out", type=Path, default=Path("runs/lesson03"), help="folder of the picture")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the model is so small that a second thread would not help
    models = [ragged_model(seed) for seed in range(arguments.seeds)]

    found = [agreement(model, seed) for seed, model in enumerate(models)]
    double = [agreement(copy.deepcopy(model).double(), seed) for seed, model in enumerate(models)]
    print(
        f"100 prompts of 1 to {LONGEST} digits, continued at once; {half_range([f['right'] for f in found], 2)} right"
    )
    print("largest difference of a log-prob from that of the text alone:   float32   float64")
    for name in ("padded", "cached"):
        print(f"  {name:60}  {max(f[name] for f in found):.0e}     {max(f[name] for f in double):.0e}")

    shares = [wrong_padding(model, seed) for seed, model in enumerate(models)]
    print("\nprobability of the right answer to three digits, with 0, 1, 3 and 9 columns of padding")
    for name in WAYS:
        columns = [half_range([share[name][n] for share in shares], 2) for n in (0, 1, 3, PADDING)]
        print(f"  {name:28} {'   '.join(columns)}")

    costs = [work(seed) for seed in range(arguments.seeds)]
    print("\n16 completions of 128 tokens, prompts of 32     token-forwards   processor seconds")
    for name in costs[0]:
        line = name.replace("\n", " ")
        print(f"  {line:44} {costs[0][name][0]:14,}   {half_range([cost[name][1] for cost in costs])}")
    times = [cost["no cache"][1] / cost["cache"][1] for cost in costs]
    print(f"  the cache saves: {half_range(times, 1)} times the processor seconds")

    arguments.out.mkdir(parents=True, exist_ok=True)
    picture = arguments.out / "many_at_once.png"
    by_way = {name: [share[name] for share in shares] for name in WAYS}
    seconds = {name: [cost[name][1] for cost in costs] for name in costs[0]}
    figures.summary(by_way, seconds).savefig(picture)
    print(f"\nThe picture is {picture}")


if __name__ == "__main__":
    main()
