"""Right answers written in other ways than the reference's; see tutorial/CONTRIBUTING.md."""

import itertools
import json
import math
import os
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from lesson13_grpo.data.grpo_dataset import collate
from lesson13_grpo.loss.grpo import compute_grpo_loss, sequence_log_probs
from lesson13_grpo.training.grpo_trainer import Response
from torch import nn
from torch.utils.data import DataLoader, Dataset

from course.base.attempt import Attempts
from lab.rl.sampling import sample

right = Attempts()

# 13.1 GRPODataset


@right("13.1", "everything is encoded when the data set is made; other texts in the errors")
class GRPODataset(Dataset):
    def __init__(self, data_path, tokenizer, num_samples=4, max_length=2048):
        if num_samples < 1:
            raise ValueError("num_samples: 1 or more")
        if max_length < 2:
            raise ValueError("max_length: 2 or more")
        self.tokenizer, self.n, self.max_length = tokenizer, num_samples, max_length
        name = os.path.basename(data_path)
        self.items = []
        with open(data_path, "rb") as file:  # its own FileNotFoundError names the file
            for number, raw in enumerate(file, 1):
                if not raw.strip():
                    continue
                try:
                    row = json.loads(raw)  # bytes: a byte order mark is understood
                    self.expect(isinstance(row, dict), "an object { ... }")
                    self.items.append(self.item(row))
                except RecursionError:
                    raise ValueError(f"{name}:{number}: less nesting expected") from None
                except UnicodeDecodeError:
                    raise ValueError(f"{name}:{number}: UTF-8 expected") from None
                except json.JSONDecodeError:
                    raise ValueError(f"{name}:{number}: JSON expected") from None
                except ValueError as error:
                    raise ValueError(f"{name}:{number}: {error}") from None
        if len(self.items) == 0:
            raise ValueError(f"no rows in {name}")

    @staticmethod
    def expect(good, what):
        if not good:
            raise ValueError(f"expected {what}")

    def item(self, row):
        item = dict(row)
        self.expect(type(row.get("prompt")) is str and row["prompt"] != "", "text under 'prompt'")
        ids = self.tokenizer.encode(row["prompt"], add_special_tokens=True)
        while len(ids) > self.max_length - 1:
            ids = ids[1:]
        item["prompt_ids"] = torch.LongTensor(ids)
        item["response_ids"] = None
        item.setdefault("responses", None)
        item.setdefault("rewards", None)
        if item["responses"] is not None:
            self.expect(isinstance(item["responses"], list) and item["responses"], "a filled list 'responses'")
            for r in item["responses"]:
                self.expect(isinstance(r, str), "strings in 'responses'")
        if item["rewards"] is not None:
            self.expect(isinstance(item["rewards"], list) and item["rewards"], "a filled list 'rewards'")
            for r in item["rewards"]:
                self.expect(isinstance(r, (int, float)) and not isinstance(r, bool), "numbers in 'rewards'")
                try:
                    finite = math.isfinite(float(np.float32(float(r))))
                except OverflowError:
                    finite = False
                self.expect(finite, "finite 'rewards'")
            if item["responses"] is not None:
                self.expect(len(item["rewards"]) == len(item["responses"]), "one of 'rewards' for each response")
            item["rewards"] = torch.FloatTensor([float(r) for r in item["rewards"][: self.n]])
        if item["responses"] is not None:
            item["responses"] = item["responses"][: self.n]
            item["response_ids"] = []
            for r in item["responses"]:
                ids = list(self.tokenizer.encode(r, add_special_tokens=False))
                ids.append(self.tokenizer.eos_token_id)
                while len(ids) + len(item["prompt_ids"]) > self.max_length:
                    ids.pop()
                item["response_ids"].append(torch.as_tensor(ids, dtype=torch.long))
        return item

    def __len__(self):
        return len(self.items)

    def __getitem__(self, idx):
        return dict(self.items[idx])


@right("13.1", "a table of checks, text split by a regular expression, EOS only where the whole response fits")
class GRPODataset(Dataset):
    def __init__(self, data_path, tokenizer, num_samples=4, max_length=2048):
        self.arguments = tokenizer, num_samples, max_length
        if min(num_samples, max_length - 1) < 1:
            raise ValueError(f"num_samples must be at least 1 and max_length at least 2: {num_samples}, {max_length}")
        path = Path(data_path)
        if not path.exists():
            raise FileNotFoundError(str(path))
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            text = file.read()
        found = [(n, line) for n, line in enumerate(re.split("\n", text), 1) if line.strip()]
        if not found:
            raise ValueError(f"There is nothing in {path}")
        self.rows = [self.read(line, f"Line {n} of {path.name} is bad; expected ") for n, line in found]

    @staticmethod
    def read(line, start):
        try:
            row = json.loads(line.encode("utf-8", "surrogateescape").decode("utf-8"))
        except (ValueError, RecursionError):
            raise ValueError(start + "JSON") from None
        if type(row) is not dict:
            raise ValueError(start + "a dict")
        row = {"responses": None, "rewards": None, **row}
        prompt, responses, rewards = row.get("prompt"), row["responses"], row["rewards"]
        limit = float(np.finfo(np.float32).max)
        numbers = isinstance(rewards, list) and all(type(r) in (int, float) and -limit <= r <= limit for r in rewards)
        strings = isinstance(responses, list) and all(isinstance(r, str) for r in responses)
        table = [
            (isinstance(prompt, str) and len(prompt) > 0, "a prompt"),
            (responses is None or (strings and len(responses) > 0), "responses: a list of strings"),
            (rewards is None or (numbers and len(rewards) > 0), "rewards: a list of finite numbers"),
        ]
        for good, what in table:
            if not good:
                raise ValueError(start + what)
        if responses and rewards and len(responses) - len(rewards):
            raise ValueError(start + "rewards for all responses")
        return row

    def __len__(self):
        return sum(1 for _ in self.rows)

    def __getitem__(self, idx):
        tokenizer, n, max_length = self.arguments
        item = self.rows[idx].copy()
        ids = tokenizer.encode(item["prompt"])
        too_long = max(len(ids) - (max_length - 1), 0)
        item["prompt_ids"] = torch.tensor(ids[too_long:], dtype=torch.int64)
        room = max_length - item["prompt_ids"].numel()
        item["response_ids"] = None
        if item["responses"] is not None:
            item["responses"] = [r for i, r in enumerate(item["responses"]) if i < n]
            item["response_ids"] = []
            for r in item["responses"]:
                ids = tokenizer.encode(r, add_special_tokens=False)
                ids = [*ids, tokenizer.eos_token_id] if len(ids) < room else ids[:room]
                item["response_ids"].append(torch.from_numpy(np.array(ids, dtype=np.int64)))
        if item["rewards"] is not None:
            item["rewards"] = torch.tensor(item["rewards"], dtype=torch.float64)[:n].float()
        return item


right("13.1", "a list of lines is read first and checked then; tensors are cut, not lists", {
    'for number, line in enumerate(path.read_bytes().split(b"\\n"), 1):': (
        'lines = path.open("rb").readlines()\n'
        "        for number in range(1, len(lines) + 1):\n"
        "            line = lines[number - 1]"
    ),
    'self.tokenizer.encode(row["prompt"])[-(self.max_length - 1) :]': (
        'torch.tensor(self.tokenizer.encode(row["prompt"])).flip(0)[: self.max_length - 1].flip(0)'
    ),
    "torch.tensor([*ids, self.tokenizer.eos_token_id][:room])": (
        "torch.cat([torch.tensor(ids, dtype=torch.long), torch.tensor([self.tokenizer.eos_token_id])])[:room]"
    ),
    '"prompt_ids": torch.tensor(prompt_ids)': '"prompt_ids": prompt_ids',
})  # fmt: skip


# 13.3 collate


@right("13.3", "lists of None that are filled place by place")
def collate(items):
    if len(items) == 0:
        raise ValueError("no items")
    batch = {}
    for place, item in enumerate(items):
        for name, value in item.items():
            if name not in batch:
                batch[name] = [None] * len(items)
            batch[name][place] = value
    return batch


@right("13.3", "a set of names, and zip")
def collate(items):
    names = sorted(set().union(*items))
    if not items:
        raise ValueError("an empty batch")
    rows = [list(map(item.get, names)) for item in items]
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


@right("13.3", "lists that grow; a late column begins with as many None as items went before")
def collate(items):
    batch = defaultdict(list)
    for count, item in enumerate(items):
        for name in item:
            batch[name] = batch[name] or [None] * count
        for name in batch:
            batch[name].append(item.get(name, None))
    if not batch and not items:
        raise ValueError("collate: items is empty")
    return dict(batch)


@right("13.3", "a recursion over the items")
def collate(items):
    if not items:
        raise ValueError("needs items")
    *before, last = items
    batch = collate_all(before) if before else {}
    names = [*batch, *(name for name in last if name not in batch)]
    return {name: [*batch.get(name, [None] * len(before)), last.get(name)] for name in names}


collate_all = collate


def complain_about(log_probs, rewards, beta):
    if rewards.dim() != 1:
        raise ValueError("rewards: want shape (G,)")
    if log_probs.dim() != 1:
        raise ValueError("log_probs: want shape (G,)")
    if log_probs.numel() != rewards.numel() or not log_probs.numel():
        raise ValueError("as many rewards as responses, and at least one")
    if math.isnan(beta) or beta <= 0.0:
        raise ValueError("Beta is a temperature, and so positive")


# 13.2 compute_grpo_loss


@right("13.2", "log-softmax and a dot product")
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    if log_probs.dim() != 1 or rewards.dim() != 1:
        raise ValueError("log_probs and rewards must have one dimension")
    if log_probs.numel() != rewards.numel() or not log_probs.numel():
        raise ValueError("log_probs and rewards must be equally many, and not empty")
    if not beta > 0.0:
        raise ValueError("beta must be positive")
    with torch.no_grad():
        w = torch.log_softmax(rewards.double() / beta, dim=0).exp()
    return -torch.dot(log_probs.double(), w).to(log_probs.dtype)


@right("13.2", "Python numbers and a loop")
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    complain_about(log_probs, rewards, beta)
    scores = [reward / beta for reward in rewards.tolist()]
    shares = [math.exp(score - max(scores)) for score in scores]
    loss = torch.zeros((), dtype=torch.float64)
    for share, log_prob in zip(shares, log_probs, strict=True):
        loss = loss - share / math.fsum(shares) * log_prob.double()
    return loss.to(log_probs.dtype)


@right("13.2", "pairwise: one over the sum of exp(differences)")
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    complain_about(log_probs, rewards, beta)
    rewards = rewards.detach().double()
    weights = 1 / ((rewards[None, :] - rewards[:, None]) / beta).exp().sum(dim=1)
    return (torch.einsum("i,i->", weights, log_probs.double()) * -1).to(log_probs.dtype)


@right("13.2", "the largest reward taken off, in place on a copy")
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    complain_about(log_probs, rewards, beta)
    dtype = torch.float64 if log_probs.dtype == torch.float64 else torch.float32
    shares = rewards.detach().clone().to(dtype)
    shares -= shares.max()
    shares.div_(beta).exp_()
    return ((-log_probs).to(dtype) @ shares / shares.sum()).to(log_probs.dtype)


@right("13.2", "cross-entropy, with the normalization that it adds taken off again")
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    complain_about(log_probs, rewards, beta)
    exact = log_probs.double()
    weights = nn.functional.softmax(rewards.detach().double() / beta, dim=-1)
    return (nn.functional.cross_entropy(exact, weights) - exact.logsumexp(0)).to(log_probs.dtype)


# 13.4 sequence_log_probs


@right("13.4", "each response by itself, without padding")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):
    sums = []
    for response in response_ids:
        logits = model(torch.cat([prompt_ids, response])[None]).logits[0, len(prompt_ids) - 1 : -1]
        if logits.dtype in (torch.float16, torch.bfloat16):
            logits = logits.float()
        log_probs = torch.log_softmax(logits / temperature, dim=-1)
        sums.append(log_probs[torch.arange(len(response)), response].sum())
    return torch.stack(sums)


@right("13.4", "cross-entropy, which ignores labels of -100, in double precision")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):
    longest = max(len(response) for response in response_ids)
    ids = torch.ones(len(response_ids), len(prompt_ids) + longest, dtype=torch.long)  # padded with token 1
    labels = torch.full_like(ids, -100)
    for row, response in enumerate(response_ids):
        end = len(prompt_ids) + len(response)
        ids[row, :end] = torch.cat([prompt_ids, response])
        labels[row, len(prompt_ids) : end] = response
    logits = model(ids).logits[:, :-1].double() / temperature
    return -nn.functional.cross_entropy(logits.transpose(1, 2), labels[:, 1:], reduction="none").sum(1)


@right("13.4", "token by token, as it is sampled")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):
    result = []
    for response in response_ids:
        total, so_far = 0.0, prompt_ids.tolist()
        for token in response.tolist():
            logits = model(torch.tensor([so_far])).logits[0, -1]
            logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature
            total = total + logits[token] - logits.logsumexp(0)
            so_far.append(token)
        result.append(total)
    return torch.stack(result)


@right("13.4", "logits less their logsumexp, picked with one-hot vectors, the mask as a factor")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):
    lengths = torch.tensor([r.shape[0] for r in response_ids])
    responses = torch.stack([nn.functional.pad(r, (0, int(lengths.max()) - r.shape[0])) for r in response_ids])
    ids = torch.cat([prompt_ids.expand(len(response_ids), -1), responses], dim=1)
    logits = model(ids).logits[:, prompt_ids.shape[0] - 1 : -1]
    logits = logits * 1.0 if logits.dtype == torch.float64 else logits.to(torch.float32)
    logits = logits / temperature
    log_probs = logits - logits.logsumexp(dim=-1, keepdim=True)
    chosen = torch.einsum("gtv,gtv->gt", log_probs, nn.functional.one_hot(responses, logits.shape[-1]).to(logits.dtype))
    return (chosen * (torch.arange(responses.shape[1]) < lengths[:, None])).sum(dim=1)


@right("13.4", "all responses flattened to one list of tokens, summed back by index_add")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):
    rows = nn.utils.rnn.pad_sequence([torch.cat([prompt_ids, r]) for r in response_ids], batch_first=True)
    owner = torch.cat([torch.full((len(r),), i) for i, r in enumerate(response_ids)])
    place = torch.cat([torch.arange(len(r)) for r in response_ids]) + len(prompt_ids) - 1
    logits = model(rows).logits[owner, place]
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature
    token_log_probs = logits.log_softmax(-1).gather(1, torch.cat(response_ids)[:, None])[:, 0]
    return token_log_probs.new_zeros(len(response_ids)).index_add(0, owner, token_log_probs)


# 13.5 GRPOTrainer.generate_responses


@right("13.5", "one response after the other, drawn and scored alone")
def generate_responses(self, prompts, num_samples=4):
    all_responses, all_log_probs = [], []
    settings = {"max_new_tokens": self.config.max_new_tokens, "temperature": self.config.temperature}
    for prompt in prompts:
        x = torch.as_tensor(self.tokenizer.encode(prompt), dtype=torch.int64)
        group, scores = [], []
        for _ in range(num_samples):
            (y,) = sample(
                self.model, x, 1, eos_token_id=self.tokenizer.eos_token_id, generator=self.generator, **settings
            )
            group.append(Response(text=self.tokenizer.decode(y, skip_special_tokens=True), token_ids=y))
            scores.append(sequence_log_probs(self.model, x, [y], temperature=self.config.temperature))
        all_responses.append(group)
        all_log_probs.append(torch.cat(scores))
    return all_responses, all_log_probs


@right("13.5", "all prompts are sampled first, then decoded, then scored; the log-probs come in one split")
def generate_responses_in_stages(self, prompts, num_samples=4):
    c, t = self.config, self.tokenizer
    encoded = [torch.tensor(t.encode(p)) for p in prompts]
    drawn = [sample(self.model, x, num_samples, eos_token_id=t.eos_token_id, max_new_tokens=c.max_new_tokens,
                    temperature=c.temperature, generator=self.generator) for x in encoded]  # fmt: skip
    responses = [[Response(t.decode(y.tolist(), skip_special_tokens=True), y.clone()) for y in ys] for ys in drawn]
    scores = [sequence_log_probs(self.model, x, ys, c.temperature) for x, ys in zip(encoded, drawn, strict=True)]
    return responses, list(torch.cat(scores).split(num_samples)) if scores else []


@right("13.5", "special tokens are taken out by hand; scores are taken token by token, by the chain rule")
def generate_responses_by_hand(self, prompts, num_samples=4):
    tokenizer, config = self.tokenizer, self.config
    special = {tokenizer.eos_token_id, tokenizer.pad_token_id, getattr(tokenizer, "bos_token_id", None)}

    def draw(x):
        return sample(
            self.model,
            x,
            num_samples,
            eos_token_id=tokenizer.eos_token_id,
            max_new_tokens=config.max_new_tokens,
            temperature=config.temperature,
            generator=self.generator,
        )

    def score(x, y):
        logits = self.model(torch.cat([x, y])[None]).logits[0, len(x) - 1 : -1]
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / config.temperature
        return logits.log_softmax(-1)[torch.arange(len(y)), y].sum()

    responses, log_probs = [], []
    for x in map(torch.tensor, map(tokenizer.encode, prompts)):
        group = draw(x)
        texts = [tokenizer.decode([i for i in y.tolist() if i not in special]) for y in group]
        responses.append(list(map(Response, texts, group)))
        log_probs.append(torch.stack([score(x, y) for y in group]))
    return responses, log_probs


# 13.6 GRPOTrainer.compute_rewards


@right("13.6", "plain loops and slices")
def compute_rewards(self, prompts, responses, **columns):
    if not self.config.reward:
        raise ValueError("no reward function: set reward in the configuration")
    all_prompts, texts, repeated = [], [], {name: [] for name in columns}
    for i in range(len(prompts)):
        for text in responses[i]:
            texts.append(text)
            all_prompts.append(prompts[i])
            for name in columns:
                repeated[name].append(columns[name][i])
    numbers = [float(x) for x in self.config.reward(all_prompts, texts, **repeated)]
    if len(numbers) != len(texts):
        raise ValueError("the reward function must give one number for each response")
    for i, number in enumerate(numbers):
        if math.isnan(number) or math.isinf(number):
            raise ValueError(f"reward number {i} (counted from 0) is {number}")
    result, start = [], 0
    for group in responses:
        result.append(torch.tensor(numbers[start : start + len(group)], dtype=torch.float32))
        start += len(group)
    return result


@right("13.6", "an index tensor says which prompt a response belongs to")
def compute_rewards_with_owners(self, prompts, responses, **columns):
    reward = self.config.reward
    if reward is None:
        raise ValueError("reward is None")
    sizes = torch.tensor([len(group) for group in responses])
    owner = torch.arange(len(prompts)).repeat_interleave(sizes).tolist()
    columns = {name: [entries[o] for o in owner] for name, entries in columns.items()}
    given = torch.tensor(
        list(reward([prompts[o] for o in owner], [text for group in responses for text in group], **columns))
    )
    if given.shape != (len(owner),):
        raise ValueError(f"expected {len(owner)} rewards, got {len(given)}")
    given = given.to(torch.float32)
    if len(bad := torch.where(~torch.isfinite(given))[0]):
        raise ValueError(f"rewards must be finite; look at response {bad[0].item()}")
    return [part.clone() for part in given.tensor_split(sizes.cumsum(0)[:-1])]


@right("13.6", "iterators: the rewards are taken off one after the other")
def compute_rewards_with_iterators(self, prompts, responses, **columns):
    if self.config.reward is None:
        raise ValueError("compute_rewards needs a reward function")

    def spread(entries):
        return list(itertools.chain.from_iterable([e] * len(g) for e, g in zip(entries, responses, strict=True)))

    flat = list(itertools.chain(*responses))
    rewards = self.config.reward(spread(prompts), flat, **{k: spread(v) for k, v in columns.items()})
    if len(rewards) > len(flat) or len(rewards) < len(flat):
        raise ValueError("wrong number of rewards")
    bad = [i for i, r in enumerate(rewards) if not math.isfinite(r)]
    if bad:
        raise ValueError(f"response {bad[0]}: {rewards[bad[0]]} is no finite reward")
    following = iter(rewards)
    return [torch.tensor([next(following) for _ in group]).float() for group in responses]


# 13.7 GRPOTrainer.training_step

OWN = {"prompt", "prompt_ids", "responses", "response_ids", "rewards"}


@right("13.7", "a backward pass for each prompt, gradients added up, the norm clipped by hand")
def training_step(self, batch):
    number = len(batch["prompt"])
    written = [ids is not None for ids in batch["response_ids"]]
    rewarded = [r is not None for r in batch["rewards"]]
    if any(written) != all(written) or any(rewarded) != all(rewarded):
        raise ValueError("all rows of a batch must be of one kind")
    if any(rewarded) and not any(written):
        raise ValueError("rewards belong to responses, but these rows have no responses")
    if written[0]:
        texts, token_ids = batch["responses"], batch["response_ids"]
        scored = [
            sequence_log_probs(self.model, batch["prompt_ids"][i], token_ids[i], self.config.temperature)
            for i in range(number)
        ]
    else:
        groups, scored = self.generate_responses(batch["prompt"], num_samples=self.config.num_samples)
        texts = [[response.text for response in group] for group in groups]
        token_ids = [[response.token_ids for response in group] for group in groups]
    rewards = batch["rewards"]
    if not rewarded[0]:
        others = {name: values for name, values in batch.items() if name not in OWN}
        rewards = self.compute_rewards(batch["prompt"], texts, **others)

    self.optimizer.zero_grad()
    total = 0.0
    for i in range(number):
        part = compute_grpo_loss(scored[i], rewards[i], self.config.beta) / number
        part.backward()
        total += float(part.detach())
    gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
    norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients))
    if norm > self.config.max_grad_norm:
        for g in gradients:
            g.mul_(self.config.max_grad_norm / norm)
    self.optimizer.step()
    flat = [float(r) for group in rewards for r in group]
    lengths = [ids.numel() for group in token_ids for ids in group]
    return {
        "response_length": sum(lengths) / len(lengths),
        "grad_norm": norm,
        "reward": sum(flat) / len(flat),
        "loss": total,
    }


@right("13.7", "generates without gradient, then scores rows of every kind in the same way; torch.autograd.grad")
def training_step_in_one_way(self, batch):
    kind = None
    for ids, reward in zip(batch["response_ids"], batch["rewards"], strict=True):
        if ids is None and reward is not None:
            raise ValueError("rewards without responses")
        if kind is not None and kind != (ids is None, reward is None):
            raise ValueError("rows of different kinds in one batch")
        kind = (ids is None, reward is None)
    response_ids, texts, rewards = batch["response_ids"], batch["responses"], batch["rewards"]
    if kind[0]:
        with torch.no_grad():
            groups = self.generate_responses(batch["prompt"], self.config.num_samples)[0]
        response_ids, texts = [[r.token_ids for r in g] for g in groups], [[r.text for r in g] for g in groups]
    if kind[1]:
        columns = dict(batch)
        for name in OWN:
            columns.pop(name, None)
        rewards = self.compute_rewards(batch["prompt"], texts, **columns)
    loss = sum(
        compute_grpo_loss(sequence_log_probs(self.model, p, ids, self.config.temperature), r, self.config.beta)
        for p, ids, r in zip(batch["prompt_ids"], response_ids, rewards, strict=True)
    ) / len(rewards)
    parameters = [p for p in self.model.parameters() if p.requires_grad]
    for p, g in zip(parameters, torch.autograd.grad(loss, parameters, allow_unused=True), strict=True):
        p.grad = g
    norm = torch.nn.utils.clip_grad_norm_(parameters, self.config.max_grad_norm)
    self.optimizer.step()
    lengths = torch.cat([torch.tensor([float(len(ids)) for ids in group]) for group in response_ids])
    return {
        "loss": float(loss.detach()),
        "reward": float(torch.cat(tuple(rewards)).mean()),
        "grad_norm": float(norm),
        "response_length": float(lengths.mean()),
    }


right("13.7", "gradients are cleared first and last; the mean by a matrix product", {
    "        # > See what the rows carry": "        self.optimizer.zero_grad()\n        # > See what the rows carry",
    "        loss = torch.stack(losses).mean()\n        self.optimizer.zero_grad()\n":
    "        loss = torch.stack(losses) @ torch.full_like(torch.stack(losses).detach(), 1 / len(losses))\n",
    "        self.optimizer.step()\n": "        self.optimizer.step()\n        self.optimizer.zero_grad()\n",
})  # fmt: skip

# 13.8 GRPOTrainer.train


@right("13.8", "torch's DataLoader shuffles, with the trainer's generator")
def train(self):
    loader = DataLoader(
        self.train_dataset,
        batch_size=self.config.batch_size,
        shuffle=True,
        collate_fn=collate,
        generator=self.generator,
    )
    epochs = itertools.chain.from_iterable(itertools.repeat(loader))
    return [self.training_step(batch) for batch in itertools.islice(epochs, self.config.num_steps)]


@right("13.8", "random numbers sorted, slices of a list, a counter of the steps left")
def train_with_a_counter(self):
    left, metrics = self.config.num_steps, []
    while left > 0:
        order = torch.rand(len(self.train_dataset), generator=self.generator).argsort().tolist()
        for start in range(0, len(order), self.config.batch_size):
            items = [self.train_dataset[i] for i in order[start : start + self.config.batch_size]]
            metrics.append(self.training_step(collate(items)))
            left -= 1
            if left == 0:
                return metrics
    return metrics


@right("13.8", "a queue of rows that is filled when it is empty")
def train_with_a_queue(self):
    queue, history = [], []
    for _ in range(self.config.num_steps):
        if not queue:
            queue = torch.randperm(len(self.train_dataset), generator=self.generator).tolist()
        taken, queue = queue[: self.config.batch_size], queue[self.config.batch_size :]
        history.append(self.training_step(collate([self.train_dataset[i] for i in taken])))
    return history
