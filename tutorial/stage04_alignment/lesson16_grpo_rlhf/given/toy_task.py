"""The toy task: replies to questions about four topics, and a hidden rule that says how good a reply is.

A reply is up to 14 words. Three words belong to each topic: its facts. The rule rewards facts that are named and a
little courtesy, and punishes courtesy laid on thick and words said twice. The warm-started policy names a fact here
and there, is courteous once or twice and hardly ever repeats itself; so a reward model that is trained on pairs of
*its* replies learns that facts and courtesy are good, and has hardly seen what is bad about too much of either. That
is what an unrestrained policy finds out.
"""

from __future__ import annotations

import random
from collections import Counter

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification, PreTrainedTokenizerFast

TOPICS = {
    "cats": ("purr", "whiskers", "mice"), "rain": ("clouds", "wet", "umbrella"), "bread": ("flour", "oven", "crust"),
    "trains": ("rails", "tickets", "station"),
}  # fmt: skip
POLITE = ("please", "thanks", "gladly", "dear")
FILLERS = ("well", "so", "the", "and", "about", "think", "maybe", "things", "often", "there", "like", "some")
LONGEST = 14  # words in a reply
PROMPTS = [f"question {topic} answer" for topic in TOPICS]


def true_score(prompt: str, response: str) -> float:
    """The hidden rule, in points: 1 for each of the topic's facts that is named; 0.5 for each courtesy, the first two;
    -0.5 for each further one; -0.5 for each repetition of a fact or a courtesy that was said before."""
    words = response.split()
    facts, counts = TOPICS[prompt.split()[1]], Counter(words)
    courtesies = sum(counts[word] for word in POLITE)
    named = sum(counts[fact] > 0 for fact in facts)
    repeated = sum(max(counts[word] - 1, 0) for word in (*facts, *POLITE))
    return named + 0.5 * min(courtesies, 2) - 0.5 * max(courtesies - 2, 0) - 0.5 * repeated


def base_reply(topic: str, draw: random.Random) -> str:
    """How the policy talks before GRPO: mostly fillers, a fact or two of any topic, a courtesy here and there."""
    words = [draw.choice(FILLERS) for _ in range(draw.randint(2, 7))]
    words += draw.sample(TOPICS[topic], draw.choices((0, 1, 2, 3), (40, 35, 20, 5))[0])
    words += draw.sample(TOPICS[draw.choice(list(TOPICS))], draw.choices((0, 1), (60, 40))[0])
    words += draw.sample(POLITE, draw.choices((0, 1, 2, 3), (45, 35, 18, 2))[0])
    draw.shuffle(words)
    return " ".join(words)


def make_tokenizer() -> PreTrainedTokenizerFast:
    """One token per word."""
    words = [
        *dict.fromkeys(["question", "answer", *TOPICS, *(f for fs in TOPICS.values() for f in fs), *POLITE, *FILLERS])
    ]
    vocabulary = {word: i for i, word in enumerate(["<pad>", "<eos>", "<unk>", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=False)  # joins words by spaces
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>", padding_side="right"
    )


def _llama(tokenizer: PreTrainedTokenizerFast, hidden: int, **more) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=hidden, intermediate_size=2 * hidden, num_hidden_layers=1,
        num_attention_heads=4, max_position_embeddings=64, initializer_range=0.05, bos_token_id=None,
        pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id, **more,
    )  # fmt: skip


def make_policy(tokenizer: PreTrainedTokenizerFast, seed: int, hidden: int = 64) -> LlamaForCausalLM:
    """A Llama with random weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LlamaForCausalLM(_llama(tokenizer, hidden, tie_word_embeddings=True))


def make_reward_model(
    tokenizer: PreTrainedTokenizerFast, seed: int, hidden: int = 32
) -> LlamaForSequenceClassification:
    """A Llama with random weights that gives one score per text."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + 1)
        return LlamaForSequenceClassification(_llama(tokenizer, hidden, num_labels=1))


def demonstrations(count: int, seed: int) -> list[dict[str, str]]:
    """Rows with the columns "question" and "reply": what the policy learns to talk from."""
    draw = random.Random(seed)
    topics = [draw.choice(list(TOPICS)) for _ in range(count)]
    return [{"question": f"question {topic} answer", "reply": base_reply(topic, draw)} for topic in topics]


def warm_start(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, rows: list[tuple[str, str]], steps: int,
               seed: int, batch_size: int = 64, learning_rate: float = 4e-3) -> None:  # fmt: skip
    """Trains `model` in place on (prompt, reply) rows, by cross-entropy on the reply and its EOS."""
    encoded = [(tokenizer.encode(p), [*tokenizer.encode(" " + r), tokenizer.eos_token_id]) for p, r in rows]
    ids = [torch.tensor(p + r) for p, r in encoded]
    labels = [torch.tensor([-100] * len(p) + r) for p, r in encoded]
    ids = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=tokenizer.pad_token_id)
    labels = torch.nn.utils.rnn.pad_sequence(labels, batch_first=True, padding_value=-100)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=0.0)
    device = next(model.parameters()).device
    model.train()
    for step in range(steps):
        chosen = torch.randint(len(ids), (batch_size,), generator=generator)
        logits = model(ids[chosen].to(device)).logits[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels[chosen].to(device)[:, 1:].flatten())
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * min(1.0, (step + 1) / 20) * (1 - step / steps)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    model.eval()
