"""Exercise 14.8, generate: what people get wrong, and right answers written otherwise."""

import torch
import torch.nn.functional as F

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The prompts are padded on the right: the last column of a short prompt is padding, not its end.", {
    "[[pad] * (width - len(row)) + row for row in encoded]": "[row + [pad] * (width - len(row)) for row in encoded]",
    "[[0] * (width - len(row)) + [1] * len(row) for row in encoded]":
        "[[1] * len(row) + [0] * (width - len(row)) for row in encoded]",
})  # fmt: skip

wrong("The attention mask is 1 on the padding too: short prompts look at padding.", {
    "[[0] * (width - len(row)) + [1] * len(row) for row in encoded]": "[[1] * width for row in encoded]",
    "position_ids = (attention_mask.cumsum(1) - 1).clamp(min=0)": """
        hidden = [[0] * (width - len(row)) + [1] * len(row) for row in encoded]
        position_ids = (torch.tensor(hidden, device=device).cumsum(1) - 1).clamp(min=0)
    """,
})  # fmt: skip

wrong("Positions are counted from the first column, so the padding counts; each prompt starts at 0.", {
    "position_ids = (attention_mask.cumsum(1) - 1).clamp(min=0)":
        "position_ids = torch.arange(width, device=device).expand(len(encoded), -1)",
})  # fmt: skip

wrong("The positions of new tokens count the padding (they go on from the width of the prompts).", {
    "position = position_ids[:, -1:].repeat_interleave(group_size, dim=0)":
        "position = torch.full((len(logits), 1), width - 1, device=device)",
})  # fmt: skip

wrong("The position stands still: all new tokens are fed with the same one.", {
    "position_ids[:, -1:]": "position_ids[:, -1:].add(1)",
    "position = position + 1": "",
})  # fmt: skip

wrong("New tokens' positions are one too low: the first is fed with that of the prompt's last token.", {
    "position = position + 1": "",
    """
        logits = model(
            token, attention_mask=attention_mask, position_ids=position, past_key_values=cache, use_cache=True
        ).logits[:, -1]
    """: """
        logits = model(
            token, attention_mask=attention_mask, position_ids=position, past_key_values=cache, use_cache=True
        ).logits[:, -1]
        position = position + 1
    """,
})  # fmt: skip

wrong("The positions on the padding are -1, which is no position: they must be at least 0.", {
    "(attention_mask.cumsum(1) - 1).clamp(min=0)": "attention_mask.cumsum(1) - 1",
})  # fmt: skip

wrong("The attention mask does not grow with the tokens; it covers the cached columns and the new one.", {
    "attention_mask = torch.cat([attention_mask, torch.ones_like(token)], dim=1)": "",
})  # fmt: skip

wrong("The cache is not repeated: it has one row per prompt where the new tokens have one per completion.", {
    "cache.batch_repeat_interleave(group_size)": "",
})  # fmt: skip

wrong("Logits, mask and positions are repeated as p1 p2 p1 p2; completions come prompt by prompt.", {
    "output.logits[:, -1].repeat_interleave(group_size, dim=0)": "output.logits[:, -1].repeat(group_size, 1)",
    "attention_mask.repeat_interleave(group_size, dim=0)": "attention_mask.repeat(group_size, 1)",
    "position_ids[:, -1:].repeat_interleave(group_size, dim=0)": "position_ids[:, -1:].repeat(group_size, 1)",
})  # fmt: skip

wrong("The prompts are repeated before the first forward: it runs over P * G rows, where P are enough.", {
    "[tokenizer.encode(prompt) for prompt in prompts]":
        "[tokenizer.encode(prompt) for prompt in prompts for _ in range(group_size)]",
    "cache.batch_repeat_interleave(group_size)": "",
    "output.logits[:, -1].repeat_interleave(group_size, dim=0)": "output.logits[:, -1]",
    "attention_mask = attention_mask.repeat_interleave(group_size, dim=0)": "",
    "position_ids[:, -1:].repeat_interleave(group_size, dim=0)": "position_ids[:, -1:]",
})  # fmt: skip

wrong("The temperature is ignored: tokens are drawn, and scored, at temperature 1.", {
    "(logits.float() / temperature).log_softmax(-1)": "logits.float().log_softmax(-1)",
})  # fmt: skip

wrong("The logits are multiplied by the temperature; it divides them.", {
    "(logits.float() / temperature).log_softmax(-1)": "(logits.float() * temperature).log_softmax(-1)",
})  # fmt: skip

wrong("The stored log-probs are those of temperature 1, not of the distribution that was drawn from.", {
    "log_probs.append(distribution.gather(-1, token))":
        "log_probs.append(logits.float().log_softmax(-1).gather(-1, token))",
})  # fmt: skip

wrong("Tokens are drawn at temperature 1, while their log-probs are taken at the temperature that was asked.", {
    "distribution.exp()": "logits.float().softmax(-1)",
})  # fmt: skip

wrong("Probabilities are stored where log-probabilities are wanted.", {
    "log_probs.append(distribution.gather(-1, token))": "log_probs.append(distribution.gather(-1, token).exp())",
})  # fmt: skip

wrong("The logits of the tokens are stored, not normalised over the vocabulary.", {
    "log_probs.append(distribution.gather(-1, token))":
        "log_probs.append((logits.float() / temperature).gather(-1, token))",
})  # fmt: skip

wrong("multinomial is given log-probabilities; it draws from probabilities.", {"distribution.exp()": "distribution"})

wrong("The likeliest token is taken every time: nothing is sampled, so all completions are equal.", {
    "torch.multinomial(distribution.exp(), 1, generator=generator)": "distribution.argmax(-1, keepdim=True)",
})  # fmt: skip

wrong("The generator is not used: tokens are drawn from torch's global random state.", {
    "torch.multinomial(distribution.exp(), 1, generator=generator)": "torch.multinomial(distribution.exp(), 1)",
})  # fmt: skip

wrong("Without a generator a fixed seed is used: every call gives the same completions.", {
    "tokens, log_probs = [], []": """
        if generator is None:
            generator = torch.Generator(device=device).manual_seed(0)
        tokens, log_probs = [], []
    """,
})  # fmt: skip

wrong("One draw serves all completions of a prompt: they must be drawn independently.", {
    "token = torch.multinomial(distribution.exp(), 1, generator=generator)  # (B, 1)": """
        token = torch.multinomial(distribution.exp()[::group_size], 1, generator=generator)
        token = token.repeat_interleave(group_size, dim=0)  # (B, 1)
    """,
})  # fmt: skip

wrong("eos_token_id is ignored: only the tokenizer's own EOS ends a completion.", {
    "if eos_token_id is None:\n        eos_token_id = tokenizer.eos_token_id": "eos_token_id = tokenizer.eos_token_id",
})  # fmt: skip

wrong("An eos_token_id of 0 counts as none given: 0 is false in Python, but it is an id.", {
    "if eos_token_id is None:": "if not eos_token_id:",
})  # fmt: skip

wrong("Of several EOS ids only the first ends a completion.", {"list(eos_token_id)": "[list(eos_token_id)[0]]"})

wrong("The EOS is cut off with what follows it; a completion ends with its EOS.", {
    "is_end.int().argmax(1) + 1": "is_end.int().argmax(1)",
})  # fmt: skip

wrong("The completions are not cut after their first EOS.", {
    "torch.where(is_end.any(1), is_end.int().argmax(1) + 1, all_ids.shape[1]).tolist()":
        "[all_ids.shape[1]] * len(all_ids)",
})  # fmt: skip

wrong("A completion is cut after its last EOS; what is drawn after the first does not belong to it.", {
    "is_end.int().argmax(1) + 1": "all_ids.shape[1] - is_end.int().flip(1).argmax(1)",
})  # fmt: skip

wrong("A row without an EOS is cut to one token: argmax gives 0 where there is no 1 to find.", {
    "torch.where(is_end.any(1), is_end.int().argmax(1) + 1, all_ids.shape[1]).tolist()":
        "(is_end.int().argmax(1) + 1).tolist()",
})  # fmt: skip

wrong("Lengths are found by comparing ids with the padding token: an EOS or a drawn token may have that id.", {
    "torch.where(is_end.any(1), is_end.int().argmax(1) + 1, all_ids.shape[1]).tolist()":
        "torch.where(is_end.cumsum(1) - is_end.int() > 0, pad, all_ids).ne(pad).sum(1).tolist()",
})  # fmt: skip

wrong("The ids are cut after the EOS and the log-probs are not; there must be one for each token.", {
    "[row[:n] for row, n in zip(all_log_probs, lengths, strict=True)]": "list(all_log_probs)",
})  # fmt: skip

wrong("The loop goes on to max_new_tokens when every completion has long ended.", {
    "if ended.all() or len(tokens) == max_new_tokens:": "if len(tokens) == max_new_tokens:",
})  # fmt: skip

wrong("The loop stops as soon as one completion has ended; it must wait for all of them.", {"ended.all": "ended.any"})

wrong("The loop stops only when all rows draw an EOS in the same step: who ended earlier is forgotten.", {
    "ended |= torch.isin(token[:, 0], ends)": "ended = torch.isin(token[:, 0], ends)",
})  # fmt: skip

wrong("One token too many: a completion may have max_new_tokens + 1 of them.", {
    "len(tokens) == max_new_tokens": "len(tokens) > max_new_tokens",
})  # fmt: skip

wrong("One forward too many: the last token is fed to the model, and nobody needs those logits.", {
    "if ended.all() or len(tokens) == max_new_tokens:\n    break": "",
    """
        logits = model(
            token, attention_mask=attention_mask, position_ids=position, past_key_values=cache, use_cache=True
        ).logits[:, -1]
    """: """
        logits = model(
            token, attention_mask=attention_mask, position_ids=position, past_key_values=cache, use_cache=True
        ).logits[:, -1]
        if ended.all() or len(tokens) == max_new_tokens:
            break
    """,
})  # fmt: skip

wrong("The log-probs are in the model's own precision; float32 is wanted.", {
    "(logits.float() / temperature).log_softmax(-1)": "(logits / temperature).log_softmax(-1)",
})  # fmt: skip

wrong("The softmax is computed in half precision and cast to float32 afterwards: the log-probs are rounded.", {
    "(logits.float() / temperature).log_softmax(-1)": "(logits / temperature).log_softmax(-1).float()",
})  # fmt: skip

wrong("Gradients are recorded while sampling: the log-probs carry the whole computation along.", {
    "@torch.no_grad()": "",
})  # fmt: skip

wrong("The prompt stands in front of the ids that are returned; a completion is the new tokens alone.", {
    "[row[:n] for row, n in zip(all_ids, lengths, strict=True)]":
        "[torch.cat([torch.tensor(encoded[i // group_size], device=device), all_ids[i, :n]])\n"
        "         for i, n in enumerate(lengths)]",
})  # fmt: skip

wrong("The cache is not used: every forward reads the whole sequence again.", {
    """
        cache = output.past_key_values
        cache.batch_repeat_interleave(group_size)
    """:
    "cache = ids.repeat_interleave(group_size, dim=0)",
    "position_ids[:, -1:]": "position_ids",
    "position = position + 1": "position = torch.cat([position, position[:, -1:] + 1], dim=1)",
    """
        logits = model(
            token, attention_mask=attention_mask, position_ids=position, past_key_values=cache, use_cache=True
        ).logits[:, -1]
    """: """
        cache = torch.cat([cache, token], dim=1)
        logits = model(cache, attention_mask=attention_mask, position_ids=position).logits[:, -1]
    """,
})  # fmt: skip

# Right answers written otherwise


@right("padding on the right, the last logits of each prompt picked by its length; Gumbel noise")
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


@right("tensors of the full size, filled column by column; rows that have ended go on with EOS")
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


@right("drawing by the cumulative probabilities; lengths are kept while drawing")
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
