"""Right answers written in other ways than the reference's; see tutorial/CONTRIBUTING.md."""

import copy
import io
import itertools
import math
import re

import numpy as np
import torch
import torch.nn.functional as F
from lesson14_grpo_ppo_clip.data.addition import TEMPLATE, is_held_out
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages
from lesson14_grpo_ppo_clip.loss.ppo_clip import clip_fraction, grpo_loss, ppo_clip_loss, token_log_probs
from lesson14_grpo_ppo_clip.rewards.addition import calculate_reward
from lesson14_grpo_ppo_clip.rollout import generate as rollout
from lesson14_grpo_ppo_clip.rollout.generate import generate_group
from lesson14_grpo_ppo_clip.training.grpo_trainer import step_generator

from course.base.attempt import Attempts

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


# 14.4 group_advantages


@right("14.4", "a loop over groups with Python's own numbers")
def group_advantages(rewards, group_size, eps=1e-4, divide_by_std=True):
    if rewards.dim() != 1:
        raise ValueError("one list of rewards, please")
    if group_size <= 1:
        raise ValueError("a group needs two responses")
    if rewards.numel() % group_size != 0:
        raise ValueError("incomplete group")
    values, result = rewards.tolist(), []
    for start in range(0, len(values), group_size):
        group = values[start : start + group_size]
        known = [r for r in group if not math.isnan(r)]
        if len(set(known)) < 2:
            result += [0.0] * group_size
            continue
        mean = math.fsum(known) / len(known)
        scale = 1.0
        if divide_by_std:
            scale = math.sqrt(math.fsum((r - mean) ** 2 for r in known) / (len(known) - 1)) + eps
        result += [0.0 if math.isnan(r) else (r - mean) / scale for r in group]
    return torch.tensor(result, dtype=rewards.dtype, device=rewards.device)


@right("14.4", "the variance from all pairs, in float64")
def group_advantages(rewards, group_size, eps=1e-4, divide_by_std=True):
    if group_size < 2:
        raise ValueError("group_size")
    if rewards.ndim != 1 or rewards.numel() % group_size:
        raise ValueError("rewards")
    r = rewards.double().unflatten(0, (-1, group_size))
    both = ~(r[:, :, None].isnan() | r[:, None, :].isnan())
    pairs = torch.where(both, r[:, :, None] - r[:, None, :], 0.0)  # (P, G, G)
    count = both.diagonal(dim1=1, dim2=2).sum(1).clamp(min=2)
    result = pairs.sum(2) / count[:, None]
    if divide_by_std:
        variance = torch.einsum("pij,pij->p", pairs, pairs) / (2 * count * (count - 1))
        result = result / (variance.sqrt() + eps)[:, None]
    return result.flatten().to(rewards.dtype)


@right("14.4", "each group's scored responses taken out and put back; torch's own std")
def group_advantages(rewards, group_size, eps=1e-4, divide_by_std=True):
    if group_size < 2:
        raise ValueError("group_size must be 2 or more")
    if rewards.ndim != 1:
        raise ValueError("rewards must be flat")
    if len(rewards) % group_size:
        raise ValueError("rewards do not come out")
    result = torch.zeros_like(rewards)
    for group, out in zip(rewards.split(group_size), result.split(group_size), strict=True):
        keep = (~group.isnan()).nonzero().flatten()
        known = group[keep]
        if len(known) < 2 or bool((known == known[0]).all()):
            continue
        centred = known - known.mean()
        out[keep] = centred / (known.std() + eps) if divide_by_std else centred
    return result


@right("14.4", "a matrix that says who belongs to which group")
def group_advantages(rewards, group_size, eps=1e-4, divide_by_std=True):
    if group_size < 2 or rewards.ndim != 1 or len(rewards) % group_size:
        raise ValueError("no such groups")
    group = torch.arange(len(rewards)) // group_size
    known = ~rewards.isnan()
    member = (group[:, None] == group[None, :]) & known[:, None] & known[None, :]
    weights = member.to(rewards.dtype)
    filled = torch.where(known, rewards, 0.0)
    count = weights.sum(1)
    centred = filled - weights @ filled / count.clamp(min=1)
    alike = ((rewards[:, None] == rewards[None, :]) | ~member).all(1)
    if divide_by_std:
        centred = centred / ((weights @ centred**2 / (count - 1).clamp(min=1)).sqrt() + eps)
    return centred.masked_fill(alike | ~known, 0.0)


# 14.6 ppo_clip_loss


def _check(log_probs, old_log_probs, advantages, mask, aggregation, denominator):
    if not log_probs.shape == old_log_probs.shape == mask.shape or advantages.shape != (len(log_probs),):
        raise ValueError("the shapes do not fit")
    if aggregation not in {"token", "sequence", "constant"}:
        raise ValueError("no such aggregation")
    if denominator is None and aggregation == "constant":
        raise ValueError("constant: by what?")


@right("14.6", "the clip told apart by the sign of A; a weight for every token")
def ppo_clip_loss(log_probs, old_log_probs, advantages, mask, epsilon=0.2, aggregation="token", denominator=None):
    _check(log_probs, old_log_probs, advantages, mask, aggregation, denominator)
    hidden = mask == 0
    log_ratio = log_probs.masked_fill(hidden, 0.0) - old_log_probs.detach().masked_fill(hidden, 0.0)
    ratio = torch.exp(torch.clip(log_ratio, -20.0, 20.0))
    a = advantages.detach().unsqueeze(1)
    held = torch.where(a >= 0, ratio.clamp(max=1 + epsilon), ratio.clamp(min=1 - epsilon))
    weights = (~hidden).to(log_probs.dtype)
    if aggregation == "sequence":
        weights = weights / weights.sum(1, keepdim=True).clamp(min=1)
        denominator = len(mask) if denominator is None else denominator
    elif denominator is None:
        denominator = weights.sum().item()
    return -torch.einsum("bt,bt->", held * a, weights) / max(denominator, 1)


@right("14.6", "a loop over rows that picks the masked tokens")
def ppo_clip_loss(log_probs, old_log_probs, advantages, mask, epsilon=0.2, aggregation="token", denominator=None):
    _check(log_probs, old_log_probs, advantages, mask, aggregation, denominator)
    total, tokens = log_probs[:0].sum(), 0
    for new, old, a, chosen in zip(log_probs, old_log_probs.detach(), advantages.detach(), mask != 0, strict=True):
        if not chosen.any():
            continue
        ratio = (new[chosen] - old[chosen]).clamp(-20, 20).exp()
        losses = torch.max(-a * ratio, -a * ratio.clamp(1 - epsilon, 1 + epsilon))
        total = total + (losses.mean() if aggregation == "sequence" else losses.sum())
        tokens += len(losses)
    if denominator is None:
        denominator = len(mask) if aggregation == "sequence" else tokens
    return total / max(1.0, float(denominator))


@right("14.6", "all masked tokens in one list, added up by row; the minimum by relu; float64")
def ppo_clip_loss(log_probs, old_log_probs, advantages, mask, epsilon=0.2, aggregation="token", denominator=None):
    _check(log_probs, old_log_probs, advantages, mask, aggregation, denominator)
    rows, columns = mask.nonzero(as_tuple=True)
    with torch.no_grad():
        old, a = old_log_probs[rows, columns].double(), advantages[rows].double()
    ratio = (log_probs[rows, columns].double() - old).clamp(-20, 20).exp()
    plain, clipped = a * ratio, a * ratio.clip(1 - epsilon, 1 + epsilon)
    smaller = plain - torch.relu(plain - clipped)
    by_row = torch.zeros(len(mask), dtype=torch.float64).index_add(0, rows, smaller)
    lengths = torch.bincount(rows, minlength=len(mask))
    if aggregation == "sequence":
        by_row, own = by_row / lengths.clamp(min=1), len(mask)
    else:
        own = int(lengths.sum())
    divisor = float(own if denominator is None else denominator)
    return -(by_row.sum() / (divisor if divisor > 1 else 1.0)).to(log_probs.dtype)


@right("14.6", "old times exp in the policy-gradient form: gradient by hand where the clip lets it through")
def ppo_clip_loss(log_probs, old_log_probs, advantages, mask, epsilon=0.2, aggregation="token", denominator=None):
    _check(log_probs, old_log_probs, advantages, mask, aggregation, denominator)
    counted = mask.bool()
    new = torch.where(counted, log_probs, 0.0)
    a = advantages.detach()[:, None].expand_as(new)
    with torch.no_grad():
        difference = new - torch.where(counted, old_log_probs, 0.0)
        ratio = difference.clamp(-20, 20).exp()
        stopped = ((a > 0) & (ratio > 1 + epsilon)) | ((a < 0) & (ratio < 1 - epsilon)) | (difference.abs() > 20)
        value = torch.where(a > 0, ratio.clamp(max=1 + epsilon), ratio.clamp(min=1 - epsilon)) * a
        slope = torch.where(stopped | ~counted, 0.0, ratio * a)
    objective = torch.where(counted, value, 0.0) + slope * (new - new.detach())
    if aggregation == "sequence":
        rows = [row.sum() / max(int(n), 1) for row, n in zip(objective, counted.sum(1), strict=True)]
        return -sum(rows) / max(len(rows) if denominator is None else denominator, 1)
    return -objective.sum() / max(int(counted.sum()) if denominator is None else denominator, 1)


# 14.5 token_log_probs


@right("14.5", "log_softmax over the vocabulary, then gather")
def token_log_probs_by_log_softmax(model, ids, temperature=1.0):
    logits = model(ids).logits
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    everything = F.log_softmax(logits.div(temperature), dim=-1)
    return everything[:, :-1].gather(2, ids[:, 1:].unsqueeze(2)).squeeze(2)


@right("14.5", "cross_entropy without reduction, its sign turned round")
def token_log_probs_by_cross_entropy(model, ids, temperature=1.0):
    logits = model(ids).logits
    logits = logits if logits.dtype == torch.float64 else logits.float()
    rows, length = ids.shape
    losses = F.cross_entropy((logits[:, :-1] / temperature).flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    return -losses.view(rows, length - 1)


@right("14.5", "a loop over rows, each position normalised by its own largest logit")
def token_log_probs_by_loop(model, ids, temperature=1.0):
    logits = model(ids).logits
    rows = []
    for b in range(ids.shape[0]):
        scores = logits[b, :-1].to(torch.promote_types(logits.dtype, torch.float32)) / temperature
        scores = scores - scores.max(1, keepdim=True).values.detach()
        chosen = scores[torch.arange(len(scores)), ids[b, 1:]]
        rows.append(chosen - scores.exp().sum(1).log())
    return torch.stack(rows)


@right("14.5", "one-hot tokens and einsum, in float64")
def token_log_probs_by_einsum(model, ids, temperature=1.0):
    logits = model(ids).logits
    precise = (logits.double() * (1 / temperature)).log_softmax(-1)[:, :-1]
    chosen = torch.einsum("blv,blv->bl", precise, F.one_hot(ids[:, 1:], logits.shape[-1]).double())
    return chosen.to(torch.promote_types(logits.dtype, torch.float32))


@right("14.7", "everything by keyword, and a boolean mask made of integers again")
def grpo_loss_by_keyword(
    model, ids, mask, advantages, old_log_probs, epsilon=0.2, temperature=1.0, aggregation="token", denominator=None
):
    present = token_log_probs(model=model, ids=ids, temperature=temperature)
    parts = {
        "old_log_probs": old_log_probs,
        "advantages": advantages,
        "mask": (mask > 0)[:, 1:].long(),
        "epsilon": epsilon,
    }
    loss = ppo_clip_loss(log_probs=present, **parts, aggregation=aggregation, denominator=denominator)
    fraction = clip_fraction(present.detach(), **parts)
    return loss, dict(clip_fraction=fraction)


@right("14.7", "a column in front of the log-probs instead of a shorter mask")
def grpo_loss_with_a_column_in_front(
    model, ids, mask, advantages, old_log_probs, epsilon=0.2, temperature=1.0, aggregation="token", denominator=None
):
    present = F.pad(token_log_probs(model, ids, temperature), (1, 0))
    old = F.pad(old_log_probs, (1, 0))
    counted = mask.clone()
    counted[:, 0] = 0
    loss = ppo_clip_loss(present, old, advantages, counted, epsilon, aggregation, denominator)
    return loss, {"clip_fraction": clip_fraction(present, old, advantages, counted, epsilon)}


@right("14.7", "the clipped tokens are counted by loops")
def grpo_loss_counting_by_loop(
    model, ids, mask, advantages, old_log_probs, epsilon=0.2, temperature=1.0, aggregation="token", denominator=None
):
    present, inside = token_log_probs(model, ids, temperature), mask[:, 1:]
    held = total = 0
    for new, old, a, counts in zip(
        present.tolist(), old_log_probs.tolist(), advantages.tolist(), inside.tolist(), strict=True
    ):
        for x, y, counted in zip(new, old, counts, strict=True):
            if counted:
                ratio = math.exp(min(x - y, 50.0))
                total += 1
                held += (a > 0 and ratio > 1 + epsilon) or (a < 0 and ratio < 1 - epsilon)
    loss = ppo_clip_loss(present, old_log_probs, advantages, inside, epsilon, aggregation, denominator)
    return loss, {"clip_fraction": held / max(total, 1)}


@right("14.7", "the masked tokens alone, in one long row each, when nothing depends on rows")
def grpo_loss_of_flat_tokens(
    model, ids, mask, advantages, old_log_probs, epsilon=0.2, temperature=1.0, aggregation="token", denominator=None
):
    present = token_log_probs(model, ids, temperature)
    where = mask[:, 1:].bool()
    spread = advantages[:, None].expand(where.shape)[where]
    flat = (present[where][:, None], old_log_probs[where][:, None], spread, where[where].long()[:, None])
    fraction = clip_fraction(*flat, epsilon)
    if aggregation == "sequence":
        loss = ppo_clip_loss(present, old_log_probs, advantages, where.long(), epsilon, aggregation, denominator)
    else:
        loss = ppo_clip_loss(*flat, epsilon, aggregation, denominator)
    return loss, {"clip_fraction": fraction}


# 14.8 generate


@right("14.8", "padding on the right, the last logits of each prompt picked by its length; Gumbel noise")
@torch.no_grad()
def generate_padded_on_the_right(
    model, tokenizer, prompts, group_size, max_new_tokens=32, temperature=1.0, eos_token_id=None, generator=None
):
    device = next(model.parameters()).device
    rows = [torch.tensor(tokenizer.encode(p), device=device) for p in prompts]
    lengths = torch.tensor([len(r) for r in rows], device=device)
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=tokenizer.pad_token_id)
    columns = torch.arange(ids.shape[1], device=device)
    visible = (columns < lengths[:, None]).long()
    ends = tokenizer.eos_token_id if eos_token_id is None else eos_token_id
    ends = {ends} if isinstance(ends, int) else set(ends)

    output = model(ids, attention_mask=visible, position_ids=columns.expand_as(ids), use_cache=True)
    cache = output.past_key_values
    cache.batch_repeat_interleave(group_size)
    row_of = torch.arange(len(rows), device=device).repeat_interleave(group_size)
    logits, visible, position = output.logits[row_of, lengths[row_of] - 1], visible[row_of], lengths[row_of]
    token_ids, log_probs = [[] for _ in row_of], [[] for _ in row_of]
    alive = set(range(len(row_of)))
    for step in range(max_new_tokens):
        scores = F.log_softmax(logits.float() / temperature, dim=-1)
        noise = torch.rand(scores.shape, generator=generator, device=device).clamp(min=1e-30)
        drawn = (scores - (-noise.log()).clamp(min=1e-30).log()).argmax(-1)
        for i in sorted(alive):
            token_ids[i].append(drawn[i].item())
            log_probs[i].append(scores[i, drawn[i]].item())
        alive = {i for i in alive if token_ids[i][-1] not in ends}
        if not alive or step == max_new_tokens - 1:
            break
        visible = torch.cat([visible, torch.ones_like(visible[:, :1])], dim=1)
        output = model(
            drawn[:, None],
            attention_mask=visible,
            position_ids=position[:, None] + step,
            past_key_values=cache,
            use_cache=True,
        )
        logits = output.logits[:, 0]
    return (
        [torch.tensor(row, device=device) for row in token_ids],
        [torch.tensor(row, dtype=torch.float32, device=device) for row in log_probs],
    )


@right("14.8", "tensors of the full size, filled column by column; rows that have ended go on with EOS")
@torch.no_grad()
def generate_into_full_tensors(
    model, tokenizer, prompts, group_size, max_new_tokens=32, temperature=1.0, eos_token_id=None, generator=None
):
    device = next(model.parameters()).device
    eos = tokenizer.eos_token_id if eos_token_id is None else eos_token_id
    eos = [eos] if isinstance(eos, int) else [*eos]
    encoded = [tokenizer.encode(p) for p in prompts]
    width, count = max(map(len, encoded)), len(prompts) * group_size
    ids = torch.full((len(prompts), width), eos[0], device=device)
    mask = torch.zeros((count, width + max_new_tokens), dtype=torch.long, device=device)
    for p, row in enumerate(encoded):
        ids[p, width - len(row) :] = torch.tensor(row, device=device)
        mask[p * group_size : (p + 1) * group_size, width - len(row) :] = 1
    places = (mask.cumsum(1) - 1).clamp(min=0)
    chosen = torch.full((count, max_new_tokens), eos[0], device=device)
    scores = torch.zeros((count, max_new_tokens), device=device)
    lengths = torch.zeros(count, dtype=torch.long, device=device)
    going = torch.ones(count, dtype=torch.bool, device=device)
    cache = None
    for t in range(max_new_tokens):
        if cache is None:
            first = slice(None, None, group_size)
            output = model(ids, attention_mask=mask[first, :width], position_ids=places[first, :width], use_cache=True)
            cache = output.past_key_values
            cache.batch_repeat_interleave(group_size)
            logits = output.logits[:, -1:].expand(-1, group_size, -1).flatten(0, 1)
        else:
            now = width + t
            logits = model(
                chosen[:, t - 1 : t],
                attention_mask=mask[:, :now],
                position_ids=places[:, now - 1 : now],
                past_key_values=cache,
                use_cache=True,
            ).logits.squeeze(1)
        probabilities = (logits.double() / temperature).softmax(-1)
        drawn = torch.multinomial(probabilities, 1, generator=generator).squeeze(1)
        likelihood = (logits.double() / temperature).log_softmax(-1)[torch.arange(count), drawn].float()
        chosen[going, t], scores[going, t] = drawn[going], likelihood[going]
        lengths += going
        going = going & ~(drawn[:, None] == torch.tensor(eos, device=device)).any(1)
        if not going.any():
            break
    return (
        [chosen[i, : lengths[i]].clone() for i in range(count)],
        [scores[i, : lengths[i]].clone() for i in range(count)],
    )


@right("14.8", "drawing by the cumulative probabilities; lengths are kept while drawing")
@torch.no_grad()
def generate_by_cumulative_sums(
    model, tokenizer, prompts, group_size, max_new_tokens=32, temperature=1.0, eos_token_id=None, generator=None
):
    if eos_token_id is None:
        eos_token_id = tokenizer.eos_token_id
    if isinstance(eos_token_id, int):
        eos_token_id = (eos_token_id,)
    device = next(model.parameters()).device
    encoded = [list(tokenizer.encode(prompt)) for prompt in prompts]
    width = max(map(len, encoded))
    gaps = [width - len(row) for row in encoded]
    ids = torch.tensor([[0] * gap + row for gap, row in zip(gaps, encoded, strict=True)], device=device)
    gap = torch.tensor(gaps, device=device)[:, None]
    columns = torch.arange(width, device=device)[None]
    output = model(
        ids, attention_mask=(columns >= gap).long(), position_ids=(columns - gap).clamp(min=0), use_cache=True
    )
    cache = output.past_key_values
    cache.batch_repeat_interleave(group_size)
    gap = gap.repeat_interleave(group_size, dim=0)
    logits = output.logits[:, -1].float().repeat_interleave(group_size, dim=0)
    drawn, stored, length = [], [], [None] * len(gap)
    while None in length:
        scores = logits / temperature
        scores = scores - scores.logsumexp(-1, keepdim=True)
        ladder = scores.double().exp().cumsum(-1)
        dice = torch.rand(len(gap), 1, generator=generator, device=device, dtype=torch.float64) * ladder[:, -1:]
        token = torch.searchsorted(ladder, dice, right=True).clamp(max=scores.shape[-1] - 1)
        drawn.append(token[:, 0])
        stored.append(scores.gather(1, token)[:, 0])
        for i, new in enumerate(token[:, 0].tolist()):
            if length[i] is None and (new in eos_token_id or len(drawn) == max_new_tokens):
                length[i] = len(drawn)
        if None in length:
            columns = torch.arange(width + len(drawn), device=device)[None]
            logits = model(
                token,
                attention_mask=(columns >= gap).long(),
                position_ids=columns[:, -1:] - gap,
                past_key_values=cache,
                use_cache=True,
            ).logits[:, -1]
            logits = logits.float()
    drawn, stored = torch.stack(drawn).T, torch.stack(stored).T
    return [drawn[i, :n] for i, n in enumerate(length)], [stored[i, :n] for i, n in enumerate(length)]


# 14.9 generate_group


@right("14.9", "one loop over the completions, with the prompt's number by integer division")
def generate_group_by_loop(
    model,
    tokenizer,
    prompts,
    ground_truths,
    group_size,
    max_new_tokens=32,
    temperature=1.0,
    divide_by_std=True,
    generator=None,
    reward=calculate_reward,
):
    if len(ground_truths) != len(prompts):
        raise ValueError("every prompt needs one truth")
    token_ids, log_probs = rollout.generate(
        model=model,
        tokenizer=tokenizer,
        prompts=prompts,
        group_size=group_size,
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        generator=generator,
    )
    made = rollout.Rollout([], [], list(token_ids), list(log_probs), torch.zeros(len(token_ids)), torch.zeros(0))
    for i, ids in enumerate(token_ids):
        made.prompts.append(prompts[i // group_size])
        made.responses.append(tokenizer.decode(ids, skip_special_tokens=True))
        made.rewards[i] = reward(ground_truths[i // group_size], made.responses[-1])
    made.advantages = group_advantages(made.rewards, group_size, divide_by_std=divide_by_std)
    return made


@right("14.9", "numpy repeats the prompts and truths")
def generate_group_by_numpy(
    model,
    tokenizer,
    prompts,
    ground_truths,
    group_size,
    max_new_tokens=32,
    temperature=1.0,
    divide_by_std=True,
    generator=None,
    reward=calculate_reward,
):
    if len(prompts) != len(ground_truths):
        raise ValueError("prompts and ground_truths differ in number")
    token_ids, log_probs = rollout.generate(
        model, tokenizer, prompts, group_size, max_new_tokens, temperature, None, generator
    )
    texts = [tokenizer.decode([int(i) for i in row], skip_special_tokens=True) for row in token_ids]
    truths = np.repeat(ground_truths, group_size).tolist()
    rewards = torch.as_tensor(np.array([reward(*pair) for pair in zip(truths, texts, strict=True)], dtype=np.float32))
    advantages = group_advantages(rewards, group_size, divide_by_std=divide_by_std)
    return rollout.Rollout(np.repeat(prompts, group_size).tolist(), texts, token_ids, log_probs, rewards, advantages)


@right("14.9", "group by group: a table of rewards, one row per prompt")
def generate_group_by_rows(
    model,
    tokenizer,
    prompts,
    ground_truths,
    group_size,
    max_new_tokens=32,
    temperature=1.0,
    divide_by_std=True,
    generator=None,
    reward=calculate_reward,
):
    questions, answers = list(prompts), list(ground_truths)
    if len(questions) - len(answers):
        raise ValueError(f"{len(questions)} prompts, but {len(answers)} truths")
    token_ids, log_probs = rollout.generate(
        model, tokenizer, questions, group_size, max_new_tokens, temperature, generator=generator
    )
    all_prompts, responses, rows, advantages = [], [], [], []
    for p, (question, answer) in enumerate(zip(questions, answers, strict=True)):
        mine = token_ids[p * group_size : (p + 1) * group_size]
        texts = [tokenizer.decode(ids.cpu().tolist(), skip_special_tokens=True) for ids in mine]
        row = torch.tensor([reward(answer, text) for text in texts], dtype=torch.float32)
        rows.append(row)
        advantages.append(group_advantages(row, group_size, divide_by_std=divide_by_std))
        all_prompts += [question] * group_size
        responses += texts
    return rollout.Rollout(
        all_prompts, responses, token_ids, log_probs, rewards=torch.cat(rows), advantages=torch.cat(advantages)
    )


# 14.11 GRPOTrainer.batch_of


@right("14.11", "a loop over rows, placed by the prompts' lengths")
def batch_of(self, rollout):
    device = rollout.token_ids[0].device
    ids, mask = self.dataset.get_batch(rollout.prompts, rollout.token_ids, device)
    old_log_probs = torch.zeros(len(ids), ids.shape[1] - 1, device=device)
    for row, (prompt, stored) in enumerate(zip(rollout.prompts, rollout.log_probs, strict=True)):
        start = len(self.tokenizer.encode(prompt)) - 1
        old_log_probs[row, start : start + len(stored)] = stored
    return ids, mask, old_log_probs


@right("14.11", "masked_scatter into a table of the full width, cut afterwards")
def batch_of_scatter(self, rollout):
    ids, mask = self.dataset.get_batch(rollout.prompts, rollout.token_ids, rollout.token_ids[0].device)
    flat = torch.cat(rollout.log_probs)
    wide = flat.new_zeros(mask.shape).masked_scatter(mask == 1, flat)
    return (ids, mask, wide[:, 1:])


@right("14.11", "zeros put before each row, then padded on the right; starts read from the mask")
def batch_of_padded(self, rollout):
    ids, mask = self.dataset.get_batch(rollout.prompts, rollout.token_ids)
    ids, mask = ids.to(rollout.token_ids[0].device), mask.to(rollout.token_ids[0].device)
    rows = []
    for stored, start in zip(rollout.log_probs, mask.argmax(dim=1).tolist(), strict=True):
        rows.append(torch.nn.functional.pad(stored, (start - 1, ids.shape[1] - start - len(stored))))
    return ids, mask, torch.stack(rows)


# 14.12 GRPOTrainer.update


@right("14.12", "slices, the gradient scaled by hand, counts instead of shares")
def update(self, ids, mask, advantages, old_log_probs):
    config = self.config
    size = config.micro_batch_size if config.micro_batch_size > 0 else len(ids)
    counted = mask[:, 1:].sum(dim=1)
    if config.aggregation == "token":
        denominator = float(counted.sum())
    elif config.aggregation == "sequence":
        denominator = float(len(ids))
    else:
        denominator = float(len(ids) * config.max_new_tokens)
    for p in self.model.parameters():
        p.grad = None
    total, held = 0.0, 0.0
    for a in range(0, len(ids), size):
        loss, seen = grpo_loss(
            self.model, ids[a : a + size], mask[a : a + size], advantages[a : a + size], old_log_probs[a : a + size],
            epsilon=config.epsilon, temperature=config.temperature, aggregation=config.aggregation,
            denominator=denominator,
        )  # fmt: skip
        loss.backward()
        total += float(loss.detach())
        held += seen["clip_fraction"] * int(counted[a : a + size].sum())
    grads = [p.grad for p in self.model.parameters() if p.grad is not None]
    norm = float(torch.sqrt(sum((g.double() ** 2).sum() for g in grads)))
    if norm > config.max_grad_norm:
        for g in grads:
            g.mul_(config.max_grad_norm / (norm + 1e-6))
    self.optimizer.step()
    return {"grad_norm": norm, "loss": total, "clip_fraction": held / max(int(counted.sum()), 1)}


@right("14.12", "the losses added up, one backward for all; built from the parts of grpo_loss")
def update_at_once(self, ids, mask, advantages, old_log_probs):
    config, counts = self.config, mask[:, 1:]
    denominators = {"sequence": len(ids), "constant": len(ids) * config.max_new_tokens}
    denominator = denominators.get(config.aggregation, counts.sum())
    pieces, fractions = [], []
    size = config.micro_batch_size or len(ids)
    for i, m, a, o in zip(*(t.split(size) for t in (ids, counts, advantages, old_log_probs)), strict=True):
        log_probs = token_log_probs(self.model, i, config.temperature)
        pieces.append(ppo_clip_loss(log_probs, o, a, m, config.epsilon, config.aggregation, denominator))
        fractions.append(m.sum() * clip_fraction(log_probs, o, a, m, config.epsilon))
    loss = torch.stack(pieces).sum()
    self.optimizer.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)
    self.optimizer.step()
    clipped = sum(fractions) / counts.sum().clamp(min=1)
    return {"loss": loss.item(), "clip_fraction": clipped.item(), "grad_norm": norm.item()}


@right("14.12", "means of the micro-batches weighed back to sums, the last micro-batch first")
def update_weighed(self, ids, mask, advantages, old_log_probs):
    config, rows = self.config, len(ids)
    tokens = max(int(mask[:, 1:].sum()), 1)
    self.optimizer.zero_grad(set_to_none=False)
    metrics = {"loss": 0.0, "clip_fraction": 0.0}
    for part in reversed(torch.arange(rows).split(config.micro_batch_size or rows)):
        own = max(int(mask[part, 1:].sum()), 1)
        share = own / tokens if config.aggregation == "token" else len(part) / rows
        constant = len(part) * config.max_new_tokens if config.aggregation == "constant" else None
        loss, seen = grpo_loss(
            self.model, ids[part], mask[part], advantages[part], old_log_probs[part],
            config.epsilon, config.temperature, config.aggregation, constant,
        )  # fmt: skip
        (loss * share).backward()
        metrics["loss"] += share * loss.item()
        metrics["clip_fraction"] += seen["clip_fraction"] * own / tokens
    metrics["grad_norm"] = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm))
    self.optimizer.step()
    return metrics


# 14.13 GRPOTrainer.step


@right("14.13", "prompts by sorting random numbers; metrics by plain loops")
def step(self):
    config = self.config
    rate = self.learning_rate()
    for group in self.optimizer.param_groups:
        group.update(lr=rate)
    generator = step_generator(config.seed, self.step_number)
    order = torch.rand(len(self.dataset), generator=generator).argsort()
    pairs = [self.dataset[int(i)] for i in order[: config.prompts_per_step]]
    rollout = generate_group(
        self.model, self.tokenizer, [p for p, _ in pairs], [t for _, t in pairs], config.group_size,
        max_new_tokens=config.max_new_tokens, temperature=config.temperature, divide_by_std=config.divide_by_std,
        generator=generator, reward=config.reward,
    )  # fmt: skip
    batch = self.batch_of(rollout)
    sums = {"loss": 0.0, "grad_norm": 0.0, "clip_fraction": 0.0}
    for _ in range(config.updates_per_generation):
        seen = self.update(batch[0], batch[1], rollout.advantages.to(batch[0].device), batch[2])
        for name in sums:
            sums[name] += seen[name] / config.updates_per_generation
    rewards, size = rollout.rewards.tolist(), config.group_size
    groups = [rewards[i : i + size] for i in range(0, len(rewards), size)]
    tokens = [x for row in rollout.log_probs for x in row.tolist()]
    self.step_number = self.step_number + 1
    return {
        **sums,
        "reward": sum(rewards) / len(rewards),
        "signal": sum(len(set(group)) > 1 for group in groups) / len(groups),
        "completion_length": len(tokens) / len(rewards),
        "entropy": -sum(tokens) / len(tokens),
        "learning_rate": rate,
    }


@right("14.13", "torch.multinomial without replacement; metrics from the batch")
def step_by_weights(self):
    c = self.config
    g = step_generator(c.seed, self.step_number)
    count = min(c.prompts_per_step, len(self.dataset))
    chosen = torch.multinomial(torch.ones(len(self.dataset)), count, replacement=False, generator=g)
    prompts, truths = map(list, zip(*map(self.dataset.__getitem__, chosen.tolist()), strict=True))
    rollout = generate_group(
        self.model, self.tokenizer, prompts, truths, c.group_size, c.max_new_tokens, c.temperature,
        c.divide_by_std, g, c.reward,
    )  # fmt: skip
    ids, mask, old = self.batch_of(rollout)
    counted = mask[:, 1:].double()
    metrics = {
        "reward": float(rollout.rewards.double().mean()),
        "signal": float((rollout.advantages.view(-1, c.group_size) != 0).any(dim=1).double().mean()),
        "completion_length": float(counted.sum() / len(ids)),
        "entropy": float(-(old * counted).sum() / counted.sum()),
        "learning_rate": self.learning_rate(),
    }
    for group in self.optimizer.param_groups:
        group["lr"] = metrics["learning_rate"]
    history = []
    while len(history) < c.updates_per_generation:
        history.append(self.update(ids, mask, rollout.advantages.to(ids.device), old))
    for name in history[0]:
        metrics[name] = float(torch.tensor([h[name] for h in history], dtype=torch.float64).mean())
    self.step_number += 1
    return metrics


right("14.13", "the whole order of the data set reversed after the shuffle; copies for each update", {
    "torch.randperm(len(self.dataset), generator=generator)[: config.prompts_per_step].tolist()":
        "torch.randperm(len(self.dataset), generator=generator).flip(0)[: config.prompts_per_step].tolist()",
    "self.update(ids, mask, advantages, old_log_probs) for _":
        "self.update(ids.clone(), mask.clone(), advantages.clone(), old_log_probs.clone()) for _",
    "(groups.amin(1) < groups.amax(1)).float()": "(groups != groups[:, :1]).any(1).float()",
})  # fmt: skip


# 14.14 GRPOTrainer.state_dict


@right("14.14", "through torch.save and torch.load")
def state_dict(self):
    buffer = io.BytesIO()
    torch.save({"step_number": self.step_number, "optimizer": self.optimizer.state_dict()}, buffer)
    buffer.seek(0)
    return torch.load(buffer)


@right("14.14", "the dict first, all of it copied at the end, in another order")
def state_dict_copied(self):
    state = dict(optimizer=self.optimizer.state_dict(), step_number=self.step_number)
    return copy.deepcopy(state)


@right("14.14", "tensors cloned one by one")
def state_dict_cloned(self):
    def cloned(value):
        if isinstance(value, torch.Tensor):
            return value.detach().clone()
        if isinstance(value, dict):
            return {key: cloned(part) for key, part in value.items()}
        return [cloned(part) for part in value] if isinstance(value, list) else value

    return {"optimizer": cloned(self.optimizer.state_dict()), "step_number": int(self.step_number)}


# 14.15 GRPOTrainer.load_state_dict


@right("14.15", "a copy of its own, the optimizer first")
def load_state_dict(self, state):
    state = copy.deepcopy(state)
    self.optimizer.load_state_dict(state["optimizer"])
    self.step_number = state["step_number"]


@right("14.15", "unpacked by name")
def load_state_dict_unpacked(self, state):
    def take(step_number, optimizer):
        self.optimizer.load_state_dict(optimizer)
        self.step_number = int(step_number)

    take(**state)


@right("14.15", "popped from a copy of the dict")
def load_state_dict_popped(self, state):
    rest = dict(state)
    vars(self)["step_number"] = rest.pop("step_number")
    self.optimizer.load_state_dict(rest.pop("optimizer"))
