"""Right answers written in other ways than the reference's; see tutorial/CONTRIBUTING.md."""

import json
import math
import os
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from lab.attempts import Attempts

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
