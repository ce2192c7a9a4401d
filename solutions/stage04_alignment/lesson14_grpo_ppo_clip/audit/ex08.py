"""Exercise 14.8, generate: known mistakes, right answers written otherwise, and the core variant."""

import torch
import torch.nn.functional as F

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

CALL = "model(token, attention_mask=mask, position_ids=position, past_key_values=cache, use_cache=True)"

wrong("The prompts are padded on the right: the last column of a short prompt is padding, not its end.", {
    "[tokenizer.pad_token_id] * n + row": "row + [tokenizer.pad_token_id] * n",
    "[0] * n + [1] * (width - n)": "[1] * (width - n) + [0] * n",
})  # fmt: skip

wrong("The attention mask is 1 on the padding too: short prompts look at padding.", {
    "mask = torch.tensor([[0] * n + [1] * (width - n) for n in padding], device=device)": """
        visible = torch.tensor([[0] * n + [1] * (width - n) for n in padding], device=device)
        mask = torch.ones_like(visible)
    """,
    "(mask.cumsum(1) - 1).clamp(min=0)": "(visible.cumsum(1) - 1).clamp(min=0)",
})  # fmt: skip

wrong("Positions are counted from the first column, so the padding counts; each prompt starts at 0.", {
    "(mask.cumsum(1) - 1).clamp(min=0)": "torch.arange(width, device=device).expand(len(encoded), -1)",
})  # fmt: skip

wrong("The positions of new tokens count the padding (they go on from the width of the prompts).", {
    "position = positions[:, -1:].repeat_interleave(group_size, dim=0)":
        "position = torch.full((len(logits), 1), width - 1, device=device)",
})  # fmt: skip

wrong("The position stands still: all new tokens are fed with the same one.", {
    "positions[:, -1:]": "positions[:, -1:].add(1)",
    "position = position + 1": "",
})  # fmt: skip

wrong("New tokens' positions are one too low: the first is fed with that of the prompt's last token.", {
    "position = position + 1": "",
    "logits = output.logits[:, -1]\n": "logits = output.logits[:, -1]\nposition = position + 1",
})  # fmt: skip

wrong("The attention mask does not grow with the tokens; it covers the cached columns and the new one.", {
    "mask = torch.cat([mask, torch.ones_like(token)], dim=1)": "",
})  # fmt: skip

wrong("The cache is not repeated: it has one row per prompt while the new tokens have one per completion.", {
    "cache.batch_repeat_interleave(group_size)": "",
})  # fmt: skip

wrong("Logits, mask and positions are repeated as p1 p2 p1 p2; completions come prompt by prompt.", {
    "output.logits[:, -1].repeat_interleave(group_size, dim=0)": "output.logits[:, -1].repeat(group_size, 1)",
    "mask.repeat_interleave(group_size, dim=0)": "mask.repeat(group_size, 1)",
    "positions[:, -1:].repeat_interleave(group_size, dim=0)": "positions[:, -1:].repeat(group_size, 1)",
})  # fmt: skip

wrong("The prompts are repeated before the first forward: it runs over P * G rows, while P are enough.", {
    "[tokenizer.encode(prompt) for prompt in prompts]":
        "[tokenizer.encode(prompt) for prompt in prompts for _ in range(group_size)]",
    "cache.batch_repeat_interleave(group_size)": "",
    "output.logits[:, -1].repeat_interleave(group_size, dim=0)": "output.logits[:, -1]",
    "mask = mask.repeat_interleave(group_size, dim=0)": "",
    "positions[:, -1:].repeat_interleave(group_size, dim=0)": "positions[:, -1:]",
})  # fmt: skip

wrong("The temperature is ignored: tokens are drawn, and scored, at temperature 1.", {
    "logits.float() / temperature": "logits.float()",
})  # fmt: skip

wrong("The logits are multiplied by the temperature; it divides them.", {
    "logits.float() / temperature": "logits.float() * temperature",
})  # fmt: skip

wrong("The stored log-probs are those of temperature 1, not of the distribution that was drawn from.", {
    "log_probs.append(distribution.gather(-1, token))":
        "log_probs.append(logits.float().log_softmax(-1).gather(-1, token))",
})  # fmt: skip

wrong("Tokens are drawn at temperature 1, while their log-probs are taken at the temperature that was asked.", {
    "distribution.exp()": "logits.float().softmax(-1)",
})  # fmt: skip

wrong("Probabilities are stored; log-probabilities are wanted.", {
    "log_probs.append(distribution.gather(-1, token))": "log_probs.append(distribution.gather(-1, token).exp())",
})  # fmt: skip

wrong("The logits of the tokens are stored, not normalised over the vocabulary.", {
    "log_probs.append(distribution.gather(-1, token))":
        "log_probs.append((logits.float() / temperature).gather(-1, token))",
})  # fmt: skip

wrong("The likeliest token is taken every time: nothing is sampled, so all completions are equal.", {
    "torch.multinomial(distribution.exp(), 1, generator=generator)": "distribution.argmax(-1, keepdim=True)",
})  # fmt: skip

wrong("The generator is not used: tokens are drawn from torch's global random state.", {
    "torch.multinomial(distribution.exp(), 1, generator=generator)": "torch.multinomial(distribution.exp(), 1)",
})  # fmt: skip

wrong("One draw serves all completions of a prompt: they must be drawn independently.", {
    "token = torch.multinomial(distribution.exp(), 1, generator=generator)  # (B, 1)": """
        token = torch.multinomial(distribution.exp()[::group_size], 1, generator=generator)
        token = token.repeat_interleave(group_size, dim=0)
    """,
})  # fmt: skip

wrong("eos_token_id is ignored: only the tokenizer's own EOS ends a completion.", {
    "tokenizer.eos_token_id if eos_token_id is None else eos_token_id": "tokenizer.eos_token_id",
})  # fmt: skip

wrong("The EOS is cut off with what follows it; a completion ends with its EOS.", {
    "counted.append(~ended)  # the first EOS counts, what follows it does not": "",
    "ended = ended | torch.isin(token[:, 0], ends)": """
        ended = ended | torch.isin(token[:, 0], ends)
        counted.append(~ended)
    """,
})  # fmt: skip

wrong("The completions are not cut after their first EOS.", {"counted.append(~ended)": "counted.append(ended | True)"})

wrong("Lengths are found by comparing ids with the padding token: an EOS or a drawn token may have that id.", {
    "torch.stack(counted).sum(0).tolist()":
        "(torch.stack(counted) & (torch.stack(tokens)[:, :, 0] != tokenizer.pad_token_id)).sum(0).tolist()",
})  # fmt: skip

wrong("The ids are cut after the EOS and the log-probs are not; there must be one for each token.", {
    "[row[:n] for row, n in zip(torch.cat(log_probs, dim=1), lengths, strict=True)]":
        "list(torch.cat(log_probs, dim=1))",
})  # fmt: skip

wrong("The loop goes on to max_new_tokens when every completion has long ended.", {
    "if ended.all() or len(tokens) == max_new_tokens:": "if len(tokens) == max_new_tokens:",
})  # fmt: skip

wrong("The loop stops as soon as one completion has ended; it must wait for all of them.", {"ended.all": "ended.any"})

wrong("One token too many: a completion may have max_new_tokens + 1 of them.", {
    "len(tokens) == max_new_tokens": "len(tokens) > max_new_tokens",
})  # fmt: skip

wrong("The softmax is computed in half precision: the log-probs are rounded to 2 or 3 digits.", {
    "(logits.float() / temperature).log_softmax(-1)": "(logits / temperature).log_softmax(-1).float()",
})  # fmt: skip

wrong("The prompt stands in front of the ids that are returned; a completion is the new tokens alone.", {
    "[row[:n] for row, n in zip(torch.cat(tokens, dim=1), lengths, strict=True)]":
        "[torch.cat([torch.tensor(encoded[i // group_size], device=device), torch.cat(tokens, dim=1)[i, :n]])\n"
        "         for i, n in enumerate(lengths)]",
})  # fmt: skip

wrong("The cache is not used: every forward reads the whole sequence again.", {
    "cache = output.past_key_values\ncache.batch_repeat_interleave(group_size)":
        "whole = ids.to(device).repeat_interleave(group_size, dim=0)",
    "positions[:, -1:]": "positions",
    "position = position + 1":
        "position = torch.cat([position, position[:, -1:] + 1], dim=1)\nwhole = torch.cat([whole, token], dim=1)",
    CALL: "model(whole, attention_mask=mask, position_ids=position)",
})  # fmt: skip


@right("padding on the right, the last logits of each prompt picked by its length; Gumbel noise")
@torch.no_grad()
def generate_padded_on_the_right(
    model, tokenizer, prompts, group_size, max_new_tokens=32, temperature=1.0, eos_token_id=None, generator=None
):
    rows = [torch.tensor(tokenizer.encode(p)) for p in prompts]
    lengths = torch.tensor([len(r) for r in rows])
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=tokenizer.pad_token_id)
    columns = torch.arange(ids.shape[1])
    visible = (columns < lengths[:, None]).long()
    ends = tokenizer.eos_token_id if eos_token_id is None else eos_token_id
    ends = {ends} if isinstance(ends, int) else set(ends)

    output = model(ids, attention_mask=visible, position_ids=columns.expand_as(ids), use_cache=True)
    cache = output.past_key_values
    cache.batch_repeat_interleave(group_size)
    row_of = torch.arange(len(rows)).repeat_interleave(group_size)
    logits, visible, position = output.logits[row_of, lengths[row_of] - 1], visible[row_of], lengths[row_of]
    token_ids, log_probs = [[] for _ in row_of], [[] for _ in row_of]
    alive = set(range(len(row_of)))
    for step in range(max_new_tokens):
        scores = F.log_softmax(logits.float() / temperature, dim=-1)
        noise = torch.rand(scores.shape, generator=generator).clamp(min=1e-30)
        drawn = (scores - (-noise.log()).clamp(min=1e-30).log()).argmax(-1)
        for i in sorted(alive):
            token_ids[i].append(drawn[i].item())
            log_probs[i].append(scores[i, drawn[i]].item())
        alive = {i for i in alive if token_ids[i][-1] not in ends}
        if not alive or step == max_new_tokens - 1:
            break
        visible = torch.cat([visible, torch.ones_like(visible[:, :1])], dim=1)
        places = position[:, None] + step
        output = model(
            drawn[:, None], attention_mask=visible, position_ids=places, past_key_values=cache, use_cache=True
        )
        logits = output.logits[:, 0]
    return [torch.tensor(row) for row in token_ids], [torch.tensor(row, dtype=torch.float32) for row in log_probs]


@right("tensors of the full size, filled column by column; lengths found at the end")
@torch.no_grad()
def generate_into_full_tensors(
    model, tokenizer, prompts, group_size, max_new_tokens=32, temperature=1.0, eos_token_id=None, generator=None
):
    eos = tokenizer.eos_token_id if eos_token_id is None else eos_token_id
    eos = torch.tensor([eos] if isinstance(eos, int) else [*eos])
    encoded = [tokenizer.encode(p) for p in prompts]
    width, count = max(map(len, encoded)), len(prompts) * group_size
    ids = torch.full((len(prompts), width), tokenizer.pad_token_id)
    mask = torch.zeros((count, width + max_new_tokens), dtype=torch.long)
    for p, row in enumerate(encoded):
        ids[p, width - len(row) :] = torch.tensor(row)
        mask[p * group_size : (p + 1) * group_size, width - len(row) :] = 1
    places = (mask.cumsum(1) - 1).clamp(min=0)
    first = slice(None, None, group_size)
    output = model(ids, attention_mask=mask[first, :width], position_ids=places[first, :width], use_cache=True)
    cache = output.past_key_values
    cache.batch_repeat_interleave(group_size)
    logits = output.logits[:, -1:].expand(-1, group_size, -1).flatten(0, 1)
    chosen, scores = torch.zeros((count, 0), dtype=torch.long), torch.zeros((count, 0))
    for now in range(width + 1, width + max_new_tokens + 1):
        distribution = (logits.double() / temperature).log_softmax(-1)
        drawn = torch.multinomial(distribution.exp(), 1, generator=generator)
        chosen = torch.cat([chosen, drawn], 1)
        scores = torch.cat([scores, distribution.gather(1, drawn).float()], 1)
        if torch.isin(chosen, eos).any(1).all() or now == width + max_new_tokens:
            break
        kwargs = {"attention_mask": mask[:, :now], "position_ids": places[:, now - 1 : now]}
        logits = model(drawn, **kwargs, past_key_values=cache, use_cache=True).logits.squeeze(1)
    is_end = torch.isin(chosen, eos)
    lengths = torch.where(is_end.any(1), is_end.int().argmax(1) + 1, chosen.shape[1])
    return [chosen[i, :n] for i, n in enumerate(lengths)], [scores[i, :n] for i, n in enumerate(lengths)]


@core("in the model's own precision; rows cut by the position of the tokenizer's EOS")
@torch.no_grad()
def generate_in_the_models_precision(
    model, tokenizer, prompts, group_size, max_new_tokens=32, temperature=1.0, eos_token_id=None, generator=None
):
    encoded = [tokenizer.encode(p) for p in prompts]
    width = max(map(len, encoded))
    ids = torch.tensor([[tokenizer.pad_token_id] * (width - len(row)) + row for row in encoded])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in encoded])
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    output = model(ids, attention_mask=mask, position_ids=positions, use_cache=True)
    cache, logits = output.past_key_values, output.logits[:, -1]
    cache.batch_repeat_interleave(group_size)
    logits, mask, position = (x.repeat_interleave(group_size, 0) for x in (logits, mask, positions[:, -1:]))
    tokens, log_probs = [], []
    while True:
        distribution = torch.log_softmax(logits / temperature, -1)
        token = torch.multinomial(distribution.exp(), 1, generator=generator)
        tokens.append(token)
        log_probs.append(distribution.gather(1, token))
        rows = torch.cat(tokens, 1)
        if len(tokens) == max_new_tokens or (rows == tokenizer.eos_token_id).any(1).all():
            break
        mask, position = torch.cat([mask, torch.ones_like(token)], 1), position + 1
        output = model(token, attention_mask=mask, position_ids=position, past_key_values=cache, use_cache=True)
        logits = output.logits[:, -1]
    lengths = [[*row.tolist(), tokenizer.eos_token_id].index(tokenizer.eos_token_id) + 1 for row in rows]
    scores = torch.cat(log_probs, 1)
    return [r[:n] for r, n in zip(rows, lengths, strict=True)], [r[:n] for r, n in zip(scores, lengths, strict=True)]
