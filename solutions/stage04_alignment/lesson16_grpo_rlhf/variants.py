"""Right answers written in other ways than the reference's; see tutorial/CONTRIBUTING.md."""

import copy
import dataclasses
import itertools
import json
import math
import os
import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages
from lesson14_grpo_ppo_clip.loss.ppo_clip import token_log_probs
from lesson14_grpo_ppo_clip.rollout.generate import Rollout
from lesson16_grpo_rlhf.loss.kl import kl_estimate, kl_term
from lesson16_grpo_rlhf.loss.rlhf import clip_fraction, masked_mean, rlhf_loss
from lesson16_grpo_rlhf.rewards.relative import relative_rewards, standardize
from lesson16_grpo_rlhf.rewards.reward_model import encode_rows, preference_loss
from lesson16_grpo_rlhf.rollout.dapo import dynamic_sampling, has_signal, overlong_filter
from lesson16_grpo_rlhf.training import rlhf_trainer
from lesson16_grpo_rlhf.training.measures import token_entropy

from course.base.attempt import Attempts

right = Attempts()

# 16.1 relative_rewards


@right("16.1", "lesson 14's advantages without division, and NaN put back")
def by_lesson_14(rewards, group_size):
    return torch.where(rewards.isnan(), rewards, group_advantages(rewards, group_size, divide_by_std=False))


@right("16.1", "a loop over lists of numbers")
def by_lists(rewards, group_size):
    if rewards.ndim != 1 or group_size < 2 or rewards.shape[0] % group_size != 0:
        raise ValueError("rewards must be flat and make whole groups of at least 2")
    result = []
    for start in range(0, len(rewards), group_size):
        group = rewards[start : start + group_size].tolist()
        known = [r for r in group if not math.isnan(r)]
        mean = sum(known) / len(known) if known else math.nan
        mean = known[0] if len(set(known)) == 1 else mean
        result += [r - mean for r in group]
    return torch.tensor(result, dtype=rewards.dtype)


@right("16.1", "relative to the group's first scored reward, in double precision")
def by_shifting_first(rewards, group_size):
    if group_size <= 1:
        raise ValueError("a group has at least two responses")
    if rewards.dim() > 1 or rewards.numel() % group_size:
        raise ValueError("no whole groups")
    table = rewards.double().view(-1, group_size)
    known = table == table
    highest = torch.where(known, table, -math.inf).max(1, keepdim=True).values if len(table) else table[:, :1]
    shifted = torch.where(known, table - highest, 0.0)  # exactly 0 everywhere, where all are equal
    mean = shifted.sum(1, keepdim=True) / known.sum(1, keepdim=True).clamp(min=1)
    return torch.where(known, shifted - mean, math.nan).flatten().to(rewards.dtype)


# 16.2 standardize


@right("16.2", "sums and counts, with a mask")
def by_sums(values, eps=1e-4):
    known = (~values.isnan()).to(values.dtype)
    n = known.sum()
    filled = values.nan_to_num(0.0)
    if n < 2:
        return filled * 0.0
    mean = filled.sum() / n
    centred = (filled - mean) * known
    highest, lowest = values[known.bool()].max(), values[known.bool()].min()
    if highest == lowest:
        return filled * 0.0
    return centred / ((centred.square().sum() / (n - 1)).sqrt() + eps)


@right("16.2", "numpy in double precision")
def by_numpy(values, eps=1e-4):
    numbers = values.double().numpy().copy()
    known = ~np.isnan(numbers)
    if known.sum() < 2 or np.ptp(numbers[known]) == 0:
        return torch.zeros_like(values)
    numbers = (numbers - numbers[known].mean()) / (numbers[known].std(ddof=1) + eps)
    return torch.tensor(np.where(known, numbers, 0.0), dtype=values.dtype)


@right("16.2", "filled into zeros by index")
def by_index(values, eps=1e-4):
    result = torch.zeros_like(values)
    places = (values == values).nonzero()[:, 0]
    if len(places) > 1:
        variance, mean = torch.var_mean(values[places])
        if values[places].unique().numel() > 1:
            result[places] = (values[places] - mean) / (variance.sqrt() + eps)
    return result


# 16.3 exact_kl


@right("16.3", "cross-entropy less entropy, with xlogy")
def kl_by_cross_entropy(logits, ref_logits):
    p = logits.softmax(-1)
    log_p = torch.where(p > 0, logits.log_softmax(-1), 0.0)
    log_q = torch.where(p > 0, ref_logits.log_softmax(-1), 0.0)
    return (p * log_p).sum(-1) - (p * log_q).sum(-1)


@right("16.3", "one row at a time, logsumexp written out")
def kl_by_rows(logits, ref_logits):
    rows = []
    for a, b in zip(logits, ref_logits, strict=True):
        a, b = a - a.logsumexp(0), b - b.logsumexp(0)
        possible = a > -math.inf
        rows.append((a[possible].exp() * (a[possible] - b[possible])).sum())
    return torch.stack(rows)


@right("16.3", "torch's own kl_div")
def kl_by_torch(logits, ref_logits):
    log_p, log_q = F.log_softmax(logits, -1), F.log_softmax(ref_logits, -1)
    both = (log_p == -math.inf) & (log_q == -math.inf)
    pieces = F.kl_div(log_q.masked_fill(both, 0.0), log_p.masked_fill(both, 0.0), log_target=True, reduction="none")
    never = log_p == -math.inf
    return torch.where(never, 0.0, pieces).sum(-1)


# 16.4 token_entropy


@right("16.4", "logsumexp less the expected logit")
def entropy_by_logsumexp(logits, temperature=1.0):
    wide = logits if logits.dtype == torch.float64 else logits.float()
    wide = wide / temperature
    p = wide.softmax(-1)
    return wide.logsumexp(-1) - (p * wide.masked_fill(wide == -math.inf, 0.0)).sum(-1)


@right("16.4", "torch.distributions, token by token")
def entropy_by_distribution(logits, temperature=1.0):
    wide = (logits if logits.dtype == torch.float64 else logits.float()) / temperature
    return torch.distributions.Categorical(logits=wide, validate_args=False).entropy()


@right("16.4", "einsum of p and log p, the impossible ones replaced")
def entropy_by_einsum(logits, temperature=1.0):
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.to(torch.float32)
    log_p = F.log_softmax(logits.div(temperature), dim=-1)
    log_p = torch.where(torch.isinf(log_p), torch.full_like(log_p, -1e4), log_p)
    return torch.einsum("btv,btv->bt", log_p.exp(), -log_p)


# 16.5 kl_estimate


@right("16.5", "a table of functions")
def estimate_by_table(log_probs, ref_log_probs, estimator="k3"):
    functions = {"k1": lambda k: 1 * k, "k2": lambda k: k**2 / 2, "k3": lambda k: k + (-k).expm1()}
    if estimator not in functions:
        raise ValueError(f"there is no estimator {estimator}")
    if ref_log_probs.size() != log_probs.size():
        raise ValueError("two shapes")
    return functions[estimator](log_probs - ref_log_probs.detach())


@right("16.5", "in terms of d = log ref - log pi, without gradient for the reference by no_grad")
def estimate_by_d(log_probs, ref_log_probs, estimator="k3"):
    if log_probs.shape != ref_log_probs.shape:
        raise ValueError("log_probs and ref_log_probs must have one shape")
    with torch.no_grad():
        constant = ref_log_probs.clone()
    d = constant - log_probs
    match estimator:
        case "k1":
            return -d
        case "k2":
            return 0.5 * d * d
        case "k3":
            return d.expm1() - d
    raise ValueError(f"estimator {estimator!r} is not one of k1, k2, k3")


@right("16.5", "k3 in double precision instead of expm1")
def estimate_in_double(log_probs, ref_log_probs, estimator="k3"):
    if estimator not in ("k1", "k2", "k3"):
        raise ValueError(f"unknown: {estimator}")
    if log_probs.shape != ref_log_probs.shape:
        raise ValueError("shapes")
    k = log_probs.double() - ref_log_probs.detach().double()
    found = {"k1": k, "k2": k * k / 2}.get(estimator)
    found = torch.expm1(-k) + k if found is None else found
    return found.to(log_probs.dtype)


# 16.6 kl_term


@right("16.6", "one formula for each estimator")
def term_by_formulas(log_probs, old_log_probs, ref_log_probs, estimator="k3", correction=True):
    if not log_probs.shape == old_log_probs.shape == ref_log_probs.shape:
        raise ValueError("three shapes that differ")
    if estimator not in ("k1", "k2", "k3"):
        raise ValueError(f"{estimator} is no estimator")
    old, ref = old_log_probs.detach(), ref_log_probs.detach()
    k = log_probs - ref
    ratio = torch.clamp(log_probs - old, min=-20.0, max=20.0).exp() if correction else torch.ones_like(k)
    if estimator == "k1":
        return ratio * k
    if estimator == "k2":
        return ratio.detach() * k * k / 2
    return ratio * (torch.expm1(-k) + k)


@right("16.6", "the ratio split into its value and a factor that is 1 with a gradient")
def term_by_split(log_probs, old_log_probs, ref_log_probs, estimator="k3", correction=True):
    if log_probs.shape != old_log_probs.shape:
        raise ValueError("old_log_probs have another shape")
    estimate = kl_estimate(log_probs, ref_log_probs, estimator)
    if correction:
        difference = (log_probs - old_log_probs.detach()).clamp(-20, 20)
        value = difference.detach().exp()
        one = (difference - difference.detach()).exp()
        estimate = estimate * value if estimator == "k2" else estimate * value * one
    return estimate


@right("16.6", "constants by no_grad, the limit by minimum and maximum")
def term_by_minimum(log_probs, old_log_probs, ref_log_probs, estimator="k3", correction=True):
    if tuple(old_log_probs.shape) != tuple(log_probs.shape):
        raise ValueError("shapes")
    found = kl_estimate(log_probs, ref_log_probs, estimator)
    if correction is False:
        return found
    current = log_probs.detach() if estimator == "k2" else log_probs
    limit = torch.full_like(log_probs, 20.0)
    ratio = torch.exp(torch.maximum(torch.minimum(current - old_log_probs.detach(), limit), -limit))
    return found * ratio


# 16.7 rlhf_loss


@right("16.7", "only the counted tokens, picked out first")
def loss_of_picked(log_probs, old_log_probs, advantages, mask, clip_low=0.2, clip_high=0.2, kl_coef=0.0,
                   ref_log_probs=None, estimator="k3", correction=True, denominator=None):  # fmt: skip
    if old_log_probs.shape != log_probs.shape or mask.shape != log_probs.shape or advantages.ndim != 1:
        raise ValueError("shapes")
    if len(advantages) != len(log_probs):
        raise ValueError("one advantage per row")
    if ref_log_probs is None and kl_coef:
        raise ValueError("ref_log_probs are missing")
    if ref_log_probs is not None and ref_log_probs.shape != log_probs.shape:
        raise ValueError("shape of ref_log_probs")
    rows, columns = mask.bool().nonzero(as_tuple=True)
    lp, old, a = log_probs[rows, columns], old_log_probs[rows, columns].detach(), advantages.detach()[rows]
    ratio = (lp - old).clamp(-20, 20).exp()
    total = -torch.minimum(ratio * a, ratio.clamp(1 - clip_low, 1 + clip_high) * a).sum()
    if kl_coef:
        ref = ref_log_probs[rows, columns]
        total = total + kl_coef * kl_term(lp[None], old[None], ref[None], estimator, correction).sum()
    n = len(rows) if denominator is None else denominator
    return total / max(float(n), 1.0)


@right("16.7", "the maximum of two losses, the KL summed apart")
def loss_by_maximum(log_probs, old_log_probs, advantages, mask, clip_low=0.2, clip_high=0.2, kl_coef=0.0,
                    ref_log_probs=None, estimator="k3", correction=True, denominator=None):  # fmt: skip
    given = [old_log_probs, mask] if ref_log_probs is None else [old_log_probs, mask, ref_log_probs]
    if not all(t.shape == log_probs.shape for t in given) or advantages.shape != (log_probs.shape[0],):
        raise ValueError("do not fit")
    hidden = mask == 0
    lp, old = log_probs.masked_fill(hidden, 0.0), old_log_probs.detach().masked_fill(hidden, 0.0)
    a = advantages.detach().unsqueeze(1)
    ratio = torch.exp(torch.clamp(lp - old, -20, 20))
    worst = torch.maximum(-a * ratio, -a * torch.clamp(ratio, 1 - clip_low, 1 + clip_high))
    total = worst.masked_fill(hidden, 0.0).sum()
    if kl_coef != 0:
        if ref_log_probs is None:
            raise ValueError("the KL needs ref_log_probs")
        term = kl_term(lp, old, ref_log_probs.masked_fill(hidden, 0.0), estimator, correction)
        total = total + kl_coef * term.masked_fill(hidden, 0.0).sum()
    count = mask.bool().sum().item() if denominator is None else denominator
    return total / (count if count > 1 else 1)


@right("16.7", "row by row")
def loss_by_rows(log_probs, old_log_probs, advantages, mask, clip_low=0.2, clip_high=0.2, kl_coef=0.0,
                 ref_log_probs=None, estimator="k3", correction=True, denominator=None):  # fmt: skip
    shapes = {log_probs.shape, old_log_probs.shape, mask.shape}
    shapes |= {ref_log_probs.shape} if ref_log_probs is not None else set()
    if len(shapes) != 1 or advantages.shape != log_probs.shape[:1]:
        raise ValueError(f"shapes {shapes}")
    if kl_coef != 0 and ref_log_probs is None:
        raise ValueError("no reference: ref_log_probs")
    total = (log_probs[:, :0]).sum()
    count = 0
    for b in range(len(log_probs)):
        here = mask[b].bool()
        if not here.any():
            continue
        count += int(here.sum())
        lp, old, a = log_probs[b][here], old_log_probs[b][here].detach(), advantages[b].detach()
        ratio = (lp - old).clamp(-20, 20).exp()
        bounded = ratio.clamp(max=1 + clip_high) if a > 0 else ratio.clamp(min=1 - clip_low)
        total = total - (bounded * a).sum()
        if kl_coef != 0:
            term = kl_term(lp[None], old[None], ref_log_probs[b][here][None], estimator, correction)
            total = total + kl_coef * term.sum()
    return total / max(count if denominator is None else denominator, 1)


# 16.8 preference_loss


@right("16.8", "softplus of the reversed difference")
def preference_by_softplus(chosen, rejected):
    if chosen.shape != rejected.shape or chosen.numel() == 0:
        raise ValueError("pairs")
    return F.softplus(rejected - chosen).mean()


@right("16.8", "cross-entropy of two scores, the first of which is right")
def preference_by_cross_entropy(chosen, rejected):
    if len(chosen) != len(rejected) or len(chosen) < 1:
        raise ValueError("as many chosen as rejected scores, at least one")
    scores = torch.stack([chosen, rejected], dim=1)
    return F.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long))


@right("16.8", "logaddexp, pair by pair")
def preference_by_logaddexp(chosen, rejected):
    if not 0 < len(chosen) == len(rejected):
        raise ValueError("no pairs")
    losses = [torch.logaddexp(c - c, r - c) for c, r in zip(chosen, rejected, strict=True)]
    return torch.stack(losses).sum() / len(losses)


# 16.9 reward_model_step


@right("16.9", "two forwards, one for each side")
def step_by_two_forwards(model, tokenizer, optimizer, pairs, max_grad_norm=1.0):
    device = next(model.parameters()).device

    def score(texts):
        ids, mask = encode_rows(tokenizer, texts)
        return model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits[:, 0]

    chosen, rejected = score([p + c for p, c, _ in pairs]), score([p + r for p, _, r in pairs])
    optimizer.zero_grad()
    loss = preference_loss(chosen, rejected)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(list(model.parameters()), max_grad_norm)
    optimizer.step()
    difference = (chosen - rejected).detach()
    right_ones = sum(d > 0 for d in difference.tolist())
    return {"loss": float(loss.detach()), "accuracy": right_ones / len(pairs), "margin": float(difference.mean()),
            "grad_norm": float(norm)}  # fmt: skip


@right("16.9", "pair by pair in one batch, the clip written out")
def step_by_interleaving(model, tokenizer, optimizer, pairs, max_grad_norm=1.0):
    texts = list(itertools.chain.from_iterable((p + c, p + r) for p, c, r in pairs))
    where = next(model.parameters()).device
    ids, mask = (t.to(where) for t in encode_rows(tokenizer, texts))
    scores = model(input_ids=ids, attention_mask=mask).logits.reshape(-1, 2)
    loss = preference_loss(scores[:, 0], scores[:, 1])
    optimizer.zero_grad()
    loss.backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    norm = torch.stack([g.norm() for g in gradients]).norm()
    if norm > max_grad_norm:
        for g in gradients:
            g.mul_(max_grad_norm / (norm + 1e-6))
    optimizer.step()
    with torch.no_grad():
        margins = scores[:, 0] - scores[:, 1]
        return {"loss": loss.item(), "accuracy": (margins > 0).double().mean().item(), "margin": margins.mean().item(),
                "grad_norm": norm.item()}  # fmt: skip


@right("16.9", "metrics first, gradients by autograd.grad")
def step_by_autograd(model, tokenizer, optimizer, pairs, max_grad_norm=1.0):
    device = next(model.parameters()).device
    prompts, chosen, rejected = zip(*pairs, strict=True)
    texts = [a + b for a, b in zip(prompts * 2, chosen + rejected, strict=True)]
    ids, mask = encode_rows(tokenizer, texts)
    scores = model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits.flatten()
    good, bad = scores[: len(pairs)], scores[len(pairs) :]
    loss = preference_loss(good, bad)
    metrics = {
        "loss": loss.item(),
        "accuracy": (good > bad).float().mean().item(),
        "margin": (good - bad).mean().item(),
    }
    parameters = list(model.parameters())
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters, allow_unused=True), strict=True):
        parameter.grad = gradient
    metrics["grad_norm"] = torch.nn.utils.clip_grad_norm_(parameters, max_grad_norm).item()
    optimizer.step()
    return metrics


# 16.10 dynamic_sampling


@right("16.10", "a while loop that counts down")
def sampling_by_while(draw, wanted, max_rounds):
    if min(wanted, max_rounds) < 1:
        raise ValueError("at least one group and one round")
    kept, drawn, left = [], [], max_rounds
    while left > 0 and len(kept) < wanted:
        left -= 1
        for group in draw(wanted - len(kept)):
            drawn.append(group)
            if has_signal(group.rewards):
                kept.append(group)
    return kept, drawn


@right("16.10", "recursion")
def sampling_by_recursion(draw, wanted, max_rounds):
    if wanted <= 0 or max_rounds <= 0:
        raise ValueError("nothing to do")
    fresh = list(draw(wanted))
    good = list(filter(lambda group: has_signal(group.rewards), fresh))
    if len(good) == wanted or max_rounds == 1:
        return good, fresh
    more, all_more = sampling_by_recursion(draw, wanted - len(good), max_rounds - 1)
    return good + more, fresh + all_more


@right("16.10", "the signal judged from lowest and highest reward")
def sampling_by_extremes(draw, wanted, max_rounds):
    if not (wanted >= 1 and max_rounds >= 1):
        raise ValueError("wanted, max_rounds")
    drawn = []

    def good():
        found = []
        for group in drawn:
            known = [r for r in group.rewards.tolist() if r == r]
            if known and min(known) < max(known):
                found.append(group)
        return found

    for _ in range(max_rounds):
        missing = wanted - len(good())
        if missing == 0:
            break
        drawn.extend(draw(missing))
    return good(), drawn


# 16.11 overlong_filter


@right("16.11", "a copy whose rows are set to 0 one by one")
def filter_by_rows(mask, token_ids, eos_token_id):
    ends = [eos_token_id] if isinstance(eos_token_id, int) else list(eos_token_id)
    result = mask.clone()
    for row, ids in enumerate(token_ids):
        if not ids.tolist()[-1:] or ids.tolist()[-1] not in ends:
            result[row] = 0
    return result


@right("16.11", "torch.isin on the last tokens")
def filter_by_isin(mask, token_ids, eos_token_id):
    ends = torch.tensor([eos_token_id] if isinstance(eos_token_id, int) else list(eos_token_id), dtype=torch.int64)
    last = torch.tensor([int(ids[-1]) if ids.numel() else -1 for ids in token_ids])
    return torch.where(torch.isin(last, ends)[:, None], mask, 0)


@right("16.11", "masked_fill of what is truncated")
def filter_by_fill(mask, token_ids, eos_token_id):
    def truncated(ids):
        if len(ids) == 0:
            return True
        last = ids[-1].item()
        return last != eos_token_id if isinstance(eos_token_id, int) else last not in eos_token_id

    return mask.masked_fill(torch.tensor([truncated(ids) for ids in token_ids]).unsqueeze(1), 0)


# 16.12 length_penalty


@right("16.12", "three cases for each response")
def penalty_by_cases(token_ids, max_length, cache):
    if cache < 1 or cache > max_length:
        raise ValueError("cache")
    result = []
    for ids in token_ids:
        n = ids.numel()
        if n <= max_length - cache:
            result.append(0.0)
        elif n <= max_length:
            result.append((max_length - cache - n) / cache)
        else:
            result.append(-1.0)
    return torch.tensor(result)


@right("16.12", "how many tokens are in the cache, as a share of it")
def penalty_by_share(token_ids, max_length, cache):
    if cache not in range(1, max_length + 1):
        raise ValueError(f"cache={cache} does not fit")
    used = torch.tensor([min(max(len(ids) - (max_length - cache), 0), cache) for ids in token_ids])
    return 0.0 - used.float() / cache


@right("16.12", "torch.where twice")
def penalty_by_where(token_ids, max_length, cache):
    if not (cache > 0 and max_length - cache >= 0):
        raise ValueError("1 <= cache <= max_length")
    n = torch.tensor([float(len(ids)) for ids in token_ids], dtype=torch.float32)
    line = (max_length - cache - n) / cache
    return torch.where(n > max_length, -1.0, torch.where(n <= max_length - cache, 0.0, line))


# 16.13 frozen_copy


@right("16.13", "parameter by parameter")
def frozen_by_parameter(model, device=None):
    reference = copy.deepcopy(model)
    for parameter in reference.parameters():
        parameter.requires_grad = False
    reference.train(False)
    if device is not None:
        reference = reference.to(device)
    return reference


@right("16.13", "moved to the device that the model is on, or to the one that is given")
def frozen_by_moving(model, device=None):
    device = device or next(model.parameters()).device
    reference = copy.deepcopy(model).to(device)
    reference.requires_grad_(False)
    reference.eval()
    return reference


@right("16.13", "every module's mode set by hand")
def frozen_by_modules(model, device=None):
    reference = copy.deepcopy(model)
    for module in reference.modules():
        module.training = False
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad_(False)
    return reference if device is None else reference.to(torch.device(device))


# 16.14 RLHFTrainer.collect


@right("16.14", "one row after the other, plain lists")
def collect_by_rows(self, generator):
    config, stream, taken = self.config, self.prompt_stream(generator), []

    def draw(count):
        taken.append(count)
        return self.draw_groups(list(itertools.islice(stream, count)), generator)

    if config.dynamic_sampling:
        kept, drawn = dynamic_sampling(draw, config.batch_size, config.max_rounds)
    else:
        drawn = draw(config.batch_size)
        kept = drawn
    metrics = dict(self.describe(drawn))
    if len(kept) == 0:
        metrics["entropy"] = 0.0
        return None, metrics
    prompts, texts, token_ids, log_probs, rewards = [], [], [], [], []
    for group in kept:
        for i in range(config.group_size):
            prompts.append(group.prompt)
            texts.append(group.responses[i])
            token_ids.append(group.token_ids[i])
            log_probs.append(group.log_probs[i])
            rewards.append(float(group.rewards[i]))
    rewards = torch.tensor(rewards)
    advantages = standardize(relative_rewards(rewards, config.group_size))
    ids, mask, old = self.batch_of(Rollout(prompts, texts, token_ids, log_probs, rewards, advantages))
    if config.overlong_filter:
        mask = overlong_filter(mask, token_ids, self.tokenizer.eos_token_id)
    with torch.no_grad():
        entropy = token_entropy(self.model(ids).logits, config.temperature)[:, :-1]
        reference = self.reference
        ref = None if reference is None else token_log_probs(
            reference, ids.to(next(reference.parameters()).device), config.temperature
        ).to(ids.device)  # fmt: skip
    metrics["entropy"] = float(masked_mean(entropy, mask[:, 1:]))
    return rlhf_trainer.Batch(ids, mask, old, ref, advantages.to(ids.device)), metrics


@right("16.14", "get_batch and the old log-probabilities by hand, the entropy over the counted tokens alone")
def collect_by_hand(self, generator):
    config = self.config
    prompts = self.prompt_stream(generator)

    def fresh(n):
        return self.draw_groups([next(prompts) for _ in range(n)], generator)

    groups = fresh(config.batch_size) if not config.dynamic_sampling else None
    kept, drawn = (groups, groups) if groups else dynamic_sampling(fresh, config.batch_size, config.max_rounds)
    metrics = {**self.describe(drawn), "entropy": 0.0}
    if not kept:
        return None, metrics
    tokens = [ids for group in kept for ids in group.token_ids]
    asked = [group.prompt for group in kept for _ in range(config.group_size)]
    ids, mask = self.dataset.get_batch(asked, tokens, tokens[0].device)
    old = torch.zeros(ids.shape[0], ids.shape[1] - 1, device=ids.device)
    old[mask[:, 1:] == 1] = torch.cat([row for group in kept for row in group.log_probs])
    if config.overlong_filter:
        mask = overlong_filter(mask, tokens, self.tokenizer.eos_token_id)
    advantages = standardize(relative_rewards(torch.cat([g.rewards for g in kept]), config.group_size)).to(ids.device)
    ref = None
    if self.reference is not None:
        with torch.no_grad():
            device = next(self.reference.parameters()).device
            ref = token_log_probs(self.reference, ids.to(device), config.temperature).to(ids.device)
    counted = mask[:, 1:].bool()
    if counted.any():
        with torch.no_grad():
            logits = self.model(ids).logits[:, :-1][counted]
        metrics["entropy"] = token_entropy(logits[None], config.temperature).mean().item()
    return rlhf_trainer.Batch(ids, mask, old, ref, advantages), metrics


@right("16.14", "the batch first, its parts replaced afterwards")
@torch.no_grad()
def collect_by_replacing(self, generator):
    config, stream = self.config, self.prompt_stream(generator)
    draw = lambda n: self.draw_groups([next(stream) for _ in range(n)], generator)  # noqa: E731
    if config.dynamic_sampling:
        kept, drawn = dynamic_sampling(draw, wanted=config.batch_size, max_rounds=config.max_rounds)
    else:
        kept, drawn = (draw(config.batch_size),) * 2
    metrics = self.describe(drawn)
    metrics["entropy"] = 0.0
    if not kept:
        return None, metrics
    flat = {name: [x for g in kept for x in getattr(g, name)] for name in ("responses", "token_ids", "log_probs")}
    rewards = torch.stack([g.rewards for g in kept]).reshape(-1)
    rollout = Rollout([g.prompt for g in kept for _ in g.token_ids], **flat, rewards=rewards, advantages=rewards)
    batch = rlhf_trainer.Batch(*self.batch_of(rollout), None, standardize(relative_rewards(rewards, config.group_size)))
    if config.overlong_filter:
        batch = dataclasses.replace(
            batch, mask=overlong_filter(batch.mask, rollout.token_ids, self.tokenizer.eos_token_id)
        )
    if self.reference:
        batch.ref_log_probs = token_log_probs(self.reference, batch.ids, config.temperature)
    entropy = token_entropy(self.model(batch.ids).logits, config.temperature)[:, :-1]
    metrics["entropy"] = masked_mean(entropy, batch.mask[:, 1:])
    return batch, metrics


# 16.15 RLHFTrainer.update


@right("16.15", "an early return, sums that are divided at the end")
def update_by_sums(self, batch):
    totals = dict.fromkeys(("loss", "grad_norm", "clip_fraction", "kl"), 0.0)
    mask, config = batch.mask[:, 1:], self.config
    if int(mask.sum()) == 0:
        return totals
    for _ in range(config.grpo_epochs):
        self.optimizer.zero_grad()
        lp = token_log_probs(self.model, batch.ids, config.temperature)
        loss = rlhf_loss(
            lp, batch.old_log_probs, batch.advantages, mask, clip_low=config.clip_range,
            clip_high=config.clip_range_high, kl_coef=config.kl_coef, ref_log_probs=batch.ref_log_probs,
            estimator=config.kl_estimator, correction=config.kl_correction,
        )  # fmt: skip
        loss.backward()
        totals["grad_norm"] += float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm))
        self.optimizer.step()
        totals["loss"] += float(loss.detach())
        totals["clip_fraction"] += clip_fraction(
            lp.detach(), batch.old_log_probs, batch.advantages, mask, config.clip_range, config.clip_range_high
        )
        if batch.ref_log_probs is not None:
            totals["kl"] += masked_mean(kl_estimate(lp.detach(), batch.ref_log_probs, "k3"), mask)
    return {name: value / config.grpo_epochs for name, value in totals.items()}


@right("16.15", "metrics before the step, gradients set by autograd.grad")
def update_by_autograd(self, batch):
    config, columns = self.config, {"loss": [], "grad_norm": [], "clip_fraction": [], "kl": []}
    mask = batch.mask[:, 1:]
    parameters = list(self.model.parameters())
    for _ in range(config.grpo_epochs):
        if not mask.any():
            break
        lp = token_log_probs(self.model, batch.ids, config.temperature)
        args = (lp, batch.old_log_probs, batch.advantages, mask, config.clip_range, config.clip_range_high)
        kl = 0.0 if batch.ref_log_probs is None else masked_mean(kl_estimate(lp, batch.ref_log_probs), mask)
        loss = rlhf_loss(*args, config.kl_coef, batch.ref_log_probs, config.kl_estimator, config.kl_correction)
        gradients = torch.autograd.grad(loss, parameters)
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = g
        norm = torch.nn.utils.clip_grad_norm_(parameters, config.max_grad_norm)
        for name, value in zip(columns, (loss.item(), norm.item(), clip_fraction(*args), kl), strict=True):
            columns[name].append(value)
        self.optimizer.step()
    return {name: sum(values) / len(values) if values else 0.0 for name, values in columns.items()}


@right("16.15", "a helper for one epoch, gradients cleared after the step")
def update_by_helper(self, batch):
    config, mask = self.config, batch.mask[:, 1:]
    has_reference = batch.ref_log_probs is not None
    self.optimizer.zero_grad()

    def once():
        lp = token_log_probs(self.model, batch.ids, config.temperature)
        loss = rlhf_loss(lp, batch.old_log_probs, batch.advantages, mask, config.clip_range, config.clip_range_high,
                         config.kl_coef, batch.ref_log_probs, config.kl_estimator, config.kl_correction)  # fmt: skip
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        held = clip_fraction(lp, batch.old_log_probs, batch.advantages, mask, config.clip_range, config.clip_range_high)
        kl = masked_mean(kl_estimate(lp, batch.ref_log_probs), mask) if has_reference else 0.0
        return torch.tensor([loss.item(), norm.item(), held, kl], dtype=torch.float64)

    means = torch.zeros(4)
    if mask.sum() > 0:
        means = torch.stack([once() for _ in range(config.grpo_epochs)]).mean(0)
    return dict(zip(("loss", "grad_norm", "clip_fraction", "kl"), means.tolist(), strict=True))


# 16.16 save_checkpoint


@right("16.16", "a temporary folder of the standard library's")
def save_by_tempfile(folder, epoch, model, tokenizer, config):
    if not epoch >= 1:
        raise ValueError("the first epoch is 1")
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(folder, f"epoch_{epoch}")
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        fresh = os.path.join(temporary, "fresh")
        os.mkdir(fresh)
        model.save_pretrained(fresh)
        tokenizer.save_pretrained(fresh)
        with open(os.path.join(fresh, "run_config.json"), "w", encoding="utf-8") as file:
            json.dump(dataclasses.asdict(config), file)
        if os.path.exists(target):
            os.rename(target, os.path.join(temporary, "old"))
        os.rename(fresh, target)
    return Path(target)


@right("16.16", "success marked by a flag, settings first")
def save_by_flag(folder, epoch, model, tokenizer, config):
    import shutil

    if epoch <= 0:
        raise ValueError(f"epoch {epoch}")
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    draft, target, done = root / f"draft-{epoch}", root / f"epoch_{epoch}", False
    if draft.exists():
        shutil.rmtree(draft)
    try:
        draft.mkdir()
        settings = {f.name: getattr(config, f.name) for f in dataclasses.fields(config)}
        (draft / "run_config.json").write_text(json.dumps(settings, sort_keys=True), encoding="utf-8")
        tokenizer.save_pretrained(draft)
        model.save_pretrained(draft)
        done = True
    finally:
        if not done:
            shutil.rmtree(draft)
    if target.exists():
        shutil.rmtree(target)
    return draft.rename(target)


@right("16.16", "a context manager that cleans up")
def save_by_context(folder, epoch, model, tokenizer, config):
    import contextlib
    import shutil

    if epoch < 1:
        raise ValueError("epoch")
    target = Path(folder, f"epoch_{epoch}")
    fresh = Path(folder, f"unfinished_{epoch}")
    shutil.rmtree(fresh, ignore_errors=True)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for part in (model, tokenizer):
            part.save_pretrained(fresh)
        (fresh / "run_config.json").write_text(json.dumps(vars(config), indent=1), encoding="utf-8")
        if target.exists():
            aside = Path(folder, f"replaced_{epoch}")
            target.rename(aside)
            stack.callback(shutil.rmtree, aside)
        fresh.rename(target)
    return target
