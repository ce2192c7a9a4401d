"""Right answers written in other ways than the reference's; see tutorial/CONTRIBUTING.md."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages
from lesson14_grpo_ppo_clip.loss.ppo_clip import clip_fraction, ppo_clip_loss, token_log_probs
from lesson14_grpo_ppo_clip.rewards.addition import calculate_reward
from lesson14_grpo_ppo_clip.rollout import generate as rollout
from torch.distributions import Categorical

from lab.attempts import Attempts

right = Attempts()

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


@right("14.5", "plain loops over rows and positions, each normalised by its own largest logit")
def token_log_probs_by_loop(model, ids, temperature=1.0):
    logits = model(ids).logits
    rows = []
    for b in range(ids.shape[0]):
        row = []
        for t in range(1, ids.shape[1]):
            scores = logits[b, t - 1].to(torch.promote_types(logits.dtype, torch.float32)) / temperature
            scores = scores - scores.max().detach()
            row.append(scores[ids[b, t]] - scores.exp().sum().log())
        rows.append(torch.stack(row))
    return torch.stack(rows)


@right("14.5", "one-hot tokens and einsum, in float64")
def token_log_probs_by_einsum(model, ids, temperature=1.0):
    logits = model(ids).logits
    precise = (logits.double() * (1 / temperature)).log_softmax(-1)[:, :-1]
    chosen = torch.einsum("blv,blv->bl", precise, F.one_hot(ids[:, 1:], logits.shape[-1]).double())
    return chosen.to(torch.promote_types(logits.dtype, torch.float32))


@right("14.5", "a categorical distribution, and rows that were shifted by roll")
def token_log_probs_by_distribution(model, ids, temperature=1.0):
    logits = model(input_ids=ids).logits
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature
    return Categorical(logits=logits, validate_args=False).log_prob(ids.roll(-1, dims=1))[:, :-1]


# 14.7 grpo_loss


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
