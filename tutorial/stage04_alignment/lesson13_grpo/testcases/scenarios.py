"""Situations that the tests of lesson 13 look at. Each returns evidence; what it should be is in the tests."""

import json
import tempfile
from pathlib import Path

import torch
from lesson13_grpo.data import grpo_dataset
from lesson13_grpo.training import grpo_trainer

from lab.models.char_tokenizer import CharTokenizer
from lab.models.tiny_language_models import BigramLM, TinyLM
from lab.rl import rewards


def read_dataset(rows, num_samples=4, max_length=2048, tokenizer=None, passes=1):
    """Writes `rows` to train.jsonl, makes a GRPODataset of it, and returns its items. `tokenizer` holds arguments of
    lab's CharTokenizer. With `passes=2` all items are read twice, as in two epochs; those of the second are returned."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        dataset = grpo_dataset.GRPODataset(path, CharTokenizer(**(tokenizer or {})), num_samples, max_length)
    for _ in range(passes):
        items = [dict(dataset[i]) for i in range(len(rows))]
    return items


class Rows:
    """A data set in memory, so that the trainer is tested without exercise 13.1."""

    def __init__(self, items, tokenizer, max_length=2048):
        self.items, self.tokenizer, self.max_length = items, tokenizer, max_length
        self.asked = 0

    def __len__(self):
        self.asked += 1
        if self.asked > 20_000:
            raise RuntimeError("the data set was asked for its length 20,000 times: does the loop ever end?")
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]


def row(prompt, responses=None, rewards=None, tokenizer=None, **columns):
    """One item, as GRPODataset makes them."""
    tokenizer = tokenizer or CharTokenizer()
    return {
        **columns,
        "prompt": prompt,
        "prompt_ids": torch.tensor(tokenizer.encode(prompt)),
        "responses": responses,
        "response_ids": responses and [torch.tensor([*tokenizer.encode(r), tokenizer.eos_token_id]) for r in responses],
        "rewards": None if rewards is None else torch.tensor(rewards),
    }


def make_batch(rows):
    """A batch of `rows` (arguments of `row`), as `collate` makes it."""
    items = [row(**arguments) for arguments in rows]
    return {name: [item[name] for item in items] for name in items[0]}


def make_trainer(items=(), seed=0, tokenizer=None, max_length=2048, dropout=0.0, **settings):
    """A trainer with a small float64 model (made with `seed`) and plain gradient descent. torch's global random
    state is the same afterwards, whatever the seed. `tokenizer` holds arguments of lab's CharTokenizer."""
    tokenizer = CharTokenizer(**(tokenizer or {}))
    torch.default_generator.manual_seed(seed)
    model = TinyLM(tokenizer.vocab_size, dropout=dropout).double()
    torch.default_generator.manual_seed(0)
    forwards = []

    def count(module, args):
        forwards.append(None)
        if len(forwards) > 20_000:
            raise RuntimeError("more than 20,000 forward passes: does the loop ever end?")

    model.register_forward_pre_hook(count)
    config = grpo_trainer.GRPOConfig(**{"optimizer": "sgd", "learning_rate": 0.1, "seed": seed, **settings})
    return grpo_trainer.GRPOTrainer(model, Rows(list(items), tokenizer, max_length), config)


def length_reward(prompts, responses, **columns):
    """Rewards a response by its number of characters."""
    return [float(len(r)) for r in responses]


def in_groups(responses, part):
    """`part` ("text" or "token_ids") of the responses, group by group; an empty group in place of what is no group."""
    return [[getattr(r, part) for r in group] if isinstance(group, (list, tuple)) else [] for group in responses]


def generate(prompts, num_samples, seed=0, **settings):
    """Calls generate_responses on a small model; returns per prompt the texts, token ids and log-probs."""
    trainer = make_trainer(seed=seed, **settings)
    responses, log_probs = trainer.generate_responses(prompts, num_samples)
    return {
        "texts": in_groups(responses, "text"),
        "token_ids": in_groups(responses, "token_ids"),
        "log_probs": list(log_probs),
        "weights": dict(trainer.model.state_dict()),
    }


def generate_twice(prompt, num_samples, **settings):
    """Calls generate_responses of one trainer two times, with the same prompt twice in each call. Returns the token
    ids of all four groups, in the order in which they were drawn."""
    trainer = make_trainer(**settings)
    groups = [group for _ in range(2) for group in trainer.generate_responses([prompt, prompt], num_samples)[0]]
    return in_groups(groups, "token_ids")


def ambiguous_trainer(**settings):
    """A trainer with a tokenizer in which "ab" can be one token or two, and a model that writes a, b, ab and EOS
    with fixed probabilities."""
    tokenizer = CharTokenizer(alphabet="ab", merges=["ab"])  # ids: pad 0, eos 1, a 2, b 3, ab 4
    model = BigramLM([[-50.0, 0.0, 0.5, 0.5, 0.2]] * 5)
    return grpo_trainer.GRPOTrainer(model, Rows([], tokenizer), grpo_trainer.GRPOConfig(optimizer="sgd", **settings))


def generate_ambiguous(num_samples, max_new_tokens, temperature=1.0, seed=0):
    """Generates with the ambiguous tokenizer. Returns texts, token ids and log-probs of the group."""
    trainer = ambiguous_trainer(max_new_tokens=max_new_tokens, temperature=temperature, seed=seed)
    responses, log_probs = trainer.generate_responses(["a"], num_samples)
    texts, ids = in_groups(responses, "text"), in_groups(responses, "token_ids")
    return {"texts": texts[0], "token_ids": ids[0], "log_probs": log_probs[0]}


def ambiguous_step(seed=0):
    """One online step with the ambiguous tokenizer, on one prompt, rewards being lengths of texts. Returns the
    model's table before and after, what was generated on the way, and the metrics."""
    trainer = ambiguous_trainer(
        num_samples=12,
        max_new_tokens=3,
        learning_rate=0.5,
        max_grad_norm=1e6,
        beta=1.0,
        reward=length_reward,
        seed=seed,
    )
    generated, generate = [], trainer.generate_responses

    def remember(prompts, num_samples=4):
        responses, log_probs = generate(prompts, num_samples)
        generated.extend({"text": r.text, "token_ids": r.token_ids} for group in responses for r in group)
        return responses, log_probs

    trainer.generate_responses = remember
    before = trainer.model.logits.detach().clone()
    item = {"prompt": "a", "prompt_ids": torch.tensor([2]), "responses": None, "response_ids": None, "rewards": None}
    metrics = trainer.training_step({name: [value] for name, value in item.items()})
    after = trainer.model.logits.detach().clone()
    return {"before": before, "after": after, "generated": generated, "metrics": dict(metrics)}


def score(prompts, responses, values=None, **columns):
    """Calls compute_rewards. The reward function writes down what it was called with, and returns `values`, or the
    length of each response."""
    calls = []

    def reward(prompts, responses, **columns):
        columns = {name: list(column) for name, column in columns.items()}
        calls.append({"prompts": list(prompts), "responses": list(responses), "columns": columns})
        return length_reward(prompts, responses) if values is None else values

    result = make_trainer(reward=reward).compute_rewards(prompts, responses, **columns)
    return {"rewards": list(result), "calls": calls}


def one_step(rows, reward_is_length=False, seed=0, steps=1, stale_gradient=False, **settings):
    """Training steps on `rows` (arguments of `row`). Returns the weights before and after, and the metrics.

    `reward_is_length` rewards a response by its number of characters. `stale_gradient` leaves a gradient from
    earlier in the parameters, as a careless loop would.
    """
    reward = {"reward": length_reward} if reward_is_length else {}
    trainer = make_trainer(seed=seed, **reward, **settings)
    if stale_gradient:
        for parameter in trainer.model.parameters():
            parameter.grad = torch.ones_like(parameter)
    before = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    for _ in range(steps):
        metrics = trainer.training_step(make_batch(rows))
    return {"before": before, "after": dict(trainer.model.state_dict()), "metrics": dict(metrics)}


def one_step_with_columns(rows):
    """One online step on rows with further columns; returns what the reward function was called with."""
    calls = []

    def reward(prompts, responses, **columns):
        columns = {name: list(column) for name, column in columns.items()}
        calls.append({"prompts": list(prompts), "responses": len(responses), "columns": columns})
        return [0.0] * len(responses)

    make_trainer(reward=reward, num_samples=2, max_new_tokens=3).training_step(make_batch(rows))
    return calls


def train_order(num_rows, batch_size, num_steps, seed=0, calls=1):
    """Runs train() `calls` times with a training step that only writes down which rows it was given. Returns these
    rows, batch by batch, and what the last call returned."""
    items = [row(str(i)) for i in range(num_rows)]
    trainer = make_trainer(items, batch_size=batch_size, num_steps=num_steps, seed=seed)
    batches = []

    def step(batch):
        # -1 for each row if the batch is not a dict as `collate` makes it
        batches.append([int(p) for p in batch["prompt"]] if isinstance(batch, dict) else [-1 for _ in batch])
        if len(batches) > calls * num_steps + 20:
            raise RuntimeError(f"num_steps is {num_steps}, and train() does not stop")
        return {"loss": float(len(batches))}

    trainer.training_step = step
    for _ in range(calls):
        history = trainer.train()
    return {"batches": batches, "history": [dict(m) if isinstance(m, dict) else m for m in history]}


def train_with_a_broken_step():
    """Runs train() with a training step that divides by zero."""
    trainer = make_trainer([row("1")], num_steps=1)
    trainer.training_step = lambda batch: 1 / 0
    return trainer.train()


def learn(online, steps, seed=0):
    """Teaches a small model to answer a with 1, b with 2 and c with 3. Offline, the rows carry every answer
    and its reward; online, the model writes its own. Returns the weights before and after."""
    right, answers, alphabet = {"a": "1", "b": "2", "c": "3"}, ["1", "2", "3", "4"], "abc1234"
    items = []
    for prompt, answer in right.items():
        offline = {} if online else {"responses": answers, "rewards": [float(a == answer) for a in answers]}
        items.append(row(prompt, tokenizer=CharTokenizer(alphabet), answer=answer, **offline))
    rule = rewards.per_sample(lambda prompt, response, answer: float(response == answer))
    settings = {"batch_size": 3, "num_samples": 16, "max_new_tokens": 1, "learning_rate": 0.5, "max_grad_norm": 2.0}
    trainer = make_trainer(items, reward=rule, seed=seed, tokenizer={"alphabet": alphabet}, num_steps=steps, **settings)
    before = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    trainer.train()
    return {"before": before, "after": dict(trainer.model.state_dict())}
