"""Right answers written in other ways than the reference's; see tutorial/CONTRIBUTING.md."""

import itertools
import re

import torch
from lesson14_grpo_ppo_clip.data.addition import TEMPLATE, is_held_out

from lab.attempts import Attempts

right = Attempts()

# 14.1 AdditionDataset.__init__


@right("14.1", "a list comprehension over itertools.product")
def by_product(self, tokenizer, digits=1, split="all"):
    keep = {"all": lambda a, b: True, "train": lambda a, b: not is_held_out(a, b), "test": is_held_out}
    if split not in keep:
        raise ValueError("unknown split")
    if digits == 1:
        low, high = 1, 9
    elif digits == 2:
        low, high = 10, 99
    else:
        raise ValueError("digits: 1 or 2")
    pairs = itertools.product(range(low, high + 1), repeat=2)
    self.tokenizer = tokenizer
    self.data = [(TEMPLATE.format(a=a, b=b), a + b) for a, b in pairs if keep[split](a, b)]


@right("14.1", "while loops, the checks last, the template filled by replace")
def by_while(self, tokenizer, digits=1, split="all"):
    self.tokenizer, self.data = tokenizer, []
    low, high = {1: (1, 9), 2: (10, 99)}.get(digits, (1, 0))
    a = low
    while a <= high:
        b = low
        while b <= high:
            held_out = is_held_out(a, b)
            wanted = {"all": True, "train": not held_out, "test": held_out}.get(split)
            if wanted:
                prompt = TEMPLATE.replace("{a}", str(a)).replace("{b}", str(b))
                self.data += [(prompt, a + b)]
            b += 1
        a += 1
    if not self.data:
        raise ValueError(f"no data for digits={digits!r} and split={split!r}")


@right("14.1", "one loop over the pairs' numbers, with continue for those of the other split")
def by_one_loop(self, tokenizer, digits=1, split="all"):
    if not (digits == 1 or digits == 2) or split not in {"all", "train", "test"}:
        raise ValueError(f"digits must be 1 or 2, split one of all, train, test; not {digits!r}, {split!r}")
    numbers = [n for n in range(1, 100) if len(str(n)) == digits]
    kept = []
    for index in range(len(numbers) ** 2):
        a, b = numbers[index // len(numbers)], numbers[index % len(numbers)]
        if split == "train" and is_held_out(b, a):
            continue
        if split == "test" and not is_held_out(b, a):
            continue
        kept.append((TEMPLATE.format_map({"a": a, "b": b}), sum((a, b))))
    self.tokenizer = tokenizer
    self.data = kept


# 14.2 AdditionDataset.get_batch


@right("14.2", "lists of numbers, made tensors at the very end")
def by_lists(self, prompts, responses, device=None):
    if len(prompts) != len(responses):
        raise ValueError("need one response per prompt")
    starts = [list(self.tokenizer.encode(p)) for p in prompts]
    ends = [r.tolist() for r in responses]
    width = max(len(s) + len(e) for s, e in zip(starts, ends, strict=True))
    ids, mask = [], []
    for s, e in zip(starts, ends, strict=True):
        missing = width - len(s) - len(e)
        ids.append(s + e + [self.tokenizer.pad_token_id] * missing)
        mask.append([0] * len(s) + [1] * len(e) + [0] * missing)
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


@right("14.2", "tensors filled slice by slice, on the device from the start")
def by_slices(self, prompts, responses, device=None):
    encoded = [torch.tensor(self.tokenizer.encode(p), device=device) for p in prompts]
    try:
        pairs = list(zip(encoded, responses, strict=True))
    except ValueError:
        raise ValueError("prompts and responses differ in number") from None
    shape = len(pairs), max(len(p) + len(r) for p, r in pairs)
    ids = torch.full(shape, self.tokenizer.pad_token_id, dtype=torch.int64, device=device)
    mask = torch.zeros(shape, dtype=torch.int64, device=device)
    for i, (p, r) in enumerate(pairs):
        ids[i, : len(p)] = p
        ids[i, len(p) : len(p) + len(r)] = r
        mask[i, len(p) : len(p) + len(r)] = 1
    return ids, mask


@right("14.2", "the mask from lengths and arange")
def by_lengths(self, prompts, responses, device=None):
    if len(responses) != len(prompts):
        raise ValueError(f"{len(prompts)} prompts, {len(responses)} responses")
    rows = [
        torch.cat([response.new_tensor(self.tokenizer.encode(prompt)), response])
        for prompt, response in zip(prompts, responses, strict=True)
    ]
    ends = torch.tensor([len(row) for row in rows])[:, None]
    starts = ends - torch.tensor([len(response) for response in responses])[:, None]
    columns = torch.arange(int(ends.max()))
    pad = self.tokenizer.pad_token_id
    ids = torch.stack([torch.nn.functional.pad(row, (0, len(columns) - len(row)), value=pad) for row in rows])
    mask = (columns >= starts) & (columns < ends)
    return ids.long().to(device), mask.long().to(device)


@right("14.2", "padded with -1, which the padding token then replaces")
def by_minus_one(self, prompts, responses, device=None):
    if len(prompts) - len(responses):
        raise ValueError("there must be a response for each prompt")
    ids, mask = [], []
    for i in range(len(prompts)):
        start = self.tokenizer.encode(prompts[i])
        ids.append(torch.hstack([torch.as_tensor(start), responses[i].detach().clone()]))
        mask.append(torch.tensor([0] * len(start) + [1] * responses[i].numel()))
    ids = torch.nn.utils.rnn.pad_sequence(ids, True, -1)
    ids[ids < 0] = self.tokenizer.pad_token_id
    mask = torch.nn.utils.rnn.pad_sequence(mask, True)
    if device is not None:
        ids, mask = ids.to(device), mask.to(device)
    return ids, mask


# 14.3 calculate_reward


@right("14.3", "re.finditer, only the last match kept")
def by_last_match(ground_truth, response):
    last = ""
    for found in re.finditer("-?[0123456789]+", response):
        last = found.group()
    try:
        return float(int(last) == ground_truth)
    except ValueError:
        return 0.0


@right("14.3", "from the end, character by character, without regular expressions")
def by_characters(ground_truth, response):
    digits = "0123456789"
    end = len(response)
    while end and response[end - 1] not in digits:
        end -= 1
    if not end:
        return 0.0
    start = end
    while start and response[start - 1] in digits:
        start -= 1
    if end - start > 4000:
        return 0.0
    value = 0
    for digit in response[start:end]:
        value = 10 * value + digits.index(digit)
    if start and response[start - 1] == "-":
        value = -value
    return 1.0 if value == ground_truth else 0.0


@right("14.3", "\\d of ASCII alone, one try around everything")
def by_one_try(ground_truth, response):
    try:
        number = int(re.findall(r"[-+]?\d+", response, flags=re.ASCII)[-1])
    except (IndexError, ValueError):
        return 0.0
    return 1.0 if number == ground_truth else 0.0


@right("14.3", "a search that is greedy for what stands in front")
def by_greedy_search(ground_truth, response):
    found = re.match(r"(?:.*[^0-9-]|.*-(?=-)|.*[0-9](?=-))?(-?[0-9]+)[^0-9]*\Z", response, re.DOTALL)
    if found is None or len(found[1]) > 1000:
        return 0.0
    return [0.0, 1.0][int(found[1]) == ground_truth]


# 14.10 GRPOTrainer.learning_rate


@right("14.10", "cases instead of minima")
def by_cases(self):
    c, k = self.config, self.step_number
    rate = c.learning_rate
    if k + 1 < c.warmup_steps:
        rate = rate * (k + 1) / c.warmup_steps
    if k >= c.num_steps:
        return rate * c.final_rate
    return rate * (c.final_rate * k + c.num_steps - k) / c.num_steps


@right("14.10", "interpolation between the first and the last rate, by torch")
def by_interpolation(self):
    c = self.config
    k = torch.tensor(float(self.step_number), dtype=torch.float64)
    rise = torch.clamp((k + 1) / c.warmup_steps, max=1.0) if c.warmup_steps > 0 else torch.ones_like(k)
    first = torch.tensor(c.learning_rate, dtype=torch.float64)
    return float(rise * torch.lerp(first, first * c.final_rate, torch.clamp(k / c.num_steps, max=1.0)))


@right("14.10", "the rise by its inverse, the fall by the steps that are left")
def by_steps_left(self):
    config = self.config
    done = sorted([0, self.step_number, config.num_steps])[1]
    left = config.num_steps - done
    fraction = config.final_rate + (1 - config.final_rate) * left / config.num_steps
    slower = max(1.0, config.warmup_steps / (self.step_number + 1))
    return config.learning_rate * fraction / slower
