"""What people write wrongly in this lesson; see tutorial/CONTRIBUTING.md."""

from lab.attempts import Attempts

wrong = Attempts()

# 14.5 token_log_probs

wrong("14.5", "Each token is scored by the logits of its own position, which have already seen it.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, 1:]",
})  # fmt: skip

wrong("14.5", "The logits of position t are asked about token t itself; they speak about token t + 1.", {
    "ids[:, 1:, None]": "ids[:, :-1, None]",
})  # fmt: skip

wrong("14.5", "The shift goes the wrong way: the logits of position t + 1 are asked about token t.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, 1:]",
    "ids[:, 1:, None]": "ids[:, :-1, None]",
})  # fmt: skip

wrong("14.5", "The temperature is ignored; with another one than in sampling, ratios are not 1 at the start.", {
    "torch.float32)) / temperature": "torch.float32))",
})  # fmt: skip

wrong("14.5", "The logits are multiplied by the temperature; it divides them.", {
    "torch.float32)) / temperature": "torch.float32)) * temperature",
})  # fmt: skip

wrong("14.5", "The temperature divides the log-probabilities; divide the logits, before they are normalised.", {
    "torch.float32)) / temperature": "torch.float32))",
    "return chosen - logits.logsumexp(-1)": "return (chosen - logits.logsumexp(-1)) / temperature",
})  # fmt: skip

wrong("14.5", "Only the chosen logit is divided by the temperature; the normaliser is still that of temperature 1.", {
    "torch.float32)) / temperature": "torch.float32))",
    "return chosen - logits.logsumexp(-1)": "return chosen / temperature - logits.logsumexp(-1)",
})  # fmt: skip

wrong("14.5", "You return probabilities; their logarithms are wanted.", {
    "return chosen - logits.logsumexp(-1)": "return (chosen - logits.logsumexp(-1)).exp()",
})  # fmt: skip

wrong("14.5", "The sign is lost: you return negative log-probabilities, as cross_entropy does.", {
    "return chosen - logits.logsumexp(-1)": "return logits.logsumexp(-1) - chosen",
})  # fmt: skip

wrong("14.5", "You return the logits of the tokens: the normaliser over the vocabulary is not subtracted.", {
    "return chosen - logits.logsumexp(-1)": "return chosen",
})  # fmt: skip

wrong("14.5", "The softmax runs over the positions of a row; it must run over the vocabulary.", {
    "chosen = logits.gather(": "chosen = logits.log_softmax(1).gather(",
    "return chosen - logits.logsumexp(-1)": "return chosen",
})  # fmt: skip

wrong("14.5", "The logarithm of a finished softmax: an unlikely token's probability is 0 by then, and log 0 is -inf.", {
    "chosen = logits.gather(": "chosen = logits.softmax(-1).gather(",
    "return chosen - logits.logsumexp(-1)": "return chosen.log()",
})  # fmt: skip

wrong("14.5", "A small constant inside the logarithm keeps it finite but falsifies unlikely tokens' log-probs.", {
    "chosen = logits.gather(": "chosen = logits.softmax(-1).gather(",
    "return chosen - logits.logsumexp(-1)": "return (chosen + 1e-10).log()",
})  # fmt: skip

wrong("14.5", "The normaliser is log(sum(exp(logits))) as written: exp overflows for large logits.", {
    "return chosen - logits.logsumexp(-1)": "return chosen - logits.exp().sum(-1).log()",
})  # fmt: skip

wrong("14.5", "No gradient reaches the model: the result is detached, or computed under no_grad.", {
    "return chosen - logits.logsumexp(-1)": "return (chosen - logits.logsumexp(-1)).detach()",
})  # fmt: skip

wrong("14.5", "The normaliser is detached: the gradient raises a token's logit and never lowers the others.", {
    "return chosen - logits.logsumexp(-1)": "return chosen - logits.logsumexp(-1).detach()",
})  # fmt: skip

wrong("14.5", "The result has the model's half precision; the softmax needs at least float32.", {
    "torch.promote_types(logits.dtype, torch.float32)": "logits.dtype",
})  # fmt: skip

wrong("14.5", "The cast to float32 comes after the softmax: by then half precision has rounded everything.", {
    "torch.promote_types(logits.dtype, torch.float32)": "logits.dtype",
    "return chosen - logits.logsumexp(-1)":
        "result = chosen - logits.logsumexp(-1)\n"
        "    return result.to(torch.promote_types(result.dtype, torch.float32))",
})  # fmt: skip

wrong("14.5", "A model of double precision is rounded to float32; its own precision is to be kept.", {
    "torch.promote_types(logits.dtype, torch.float32)": "torch.float32",
})  # fmt: skip

wrong("14.5", "squeeze() without a dimension also drops the batch or the length where that is 1.", {
    "chosen = logits.gather(-1, ids[:, 1:, None]).squeeze(-1)":
        "chosen = logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze()",
    "return chosen - logits.logsumexp(-1)": "return chosen",
})  # fmt: skip

wrong("14.5", "A column for the first token is put in front; the result has one column fewer than ids.", {
    "return chosen - logits.logsumexp(-1)":
        "return torch.nn.functional.pad(chosen - logits.logsumexp(-1), (1, 0))",
})  # fmt: skip

wrong("14.5", "The log-probabilities are summed over each row; one number per token is wanted.", {
    "return chosen - logits.logsumexp(-1)": "return (chosen - logits.logsumexp(-1)).sum(-1)",
})  # fmt: skip

wrong("14.5", "You give the log-probability of the likeliest token; the token that stands in ids is wanted.", {
    "chosen = logits.gather(-1, ids[:, 1:, None]).squeeze(-1)": "chosen = logits.amax(-1)",
})  # fmt: skip

wrong("14.5", "Tokens with id 0 get log-probability 0, as if they were padding; hiding tokens is the mask's work.", {
    "return chosen - logits.logsumexp(-1)": "return (chosen - logits.logsumexp(-1)) * (ids[:, 1:] != 0)",
})  # fmt: skip

wrong("14.5", "An attention mask made by comparing ids with 0 hides real tokens from the model; none is needed.", {
    "model(ids).logits[:, :-1]": "model(ids, attention_mask=(ids != 0).long()).logits[:, :-1]",
})  # fmt: skip

wrong("14.5", "The tokens are shifted inside ids itself: the caller's batch is changed.", {
    "chosen = logits.gather(-1, ids[:, 1:, None])":
        "ids[:, :-1] = ids[:, 1:].clone()\n    chosen = logits.gather(-1, ids[:, :-1, None])",
})  # fmt: skip

# 14.7 grpo_loss

wrong("14.7", "The mask is cut at the wrong end: column t of the log-probs is about token t + 1.", {
    "token_mask = mask[:, 1:]": "token_mask = mask[:, :-1]",
})  # fmt: skip

wrong("14.7", "The mask is not used: prompt and padding are trained as if the model had written them.", {
    "token_mask = mask[:, 1:]": "token_mask = torch.ones_like(mask[:, 1:])",
})  # fmt: skip

wrong("14.7", "A mask made by comparing ids with 0 counts the prompt too; use the one that is given.", {
    "token_mask = mask[:, 1:]": "token_mask = (ids[:, 1:] != 0).long()",
})  # fmt: skip

wrong("14.7", "Everything is shifted twice: the first column of the log-probs is thrown away.", {
    "log_probs = token_log_probs(model, ids, temperature)":
        "log_probs = token_log_probs(model, ids, temperature)[:, 1:]\n    old_log_probs = old_log_probs[:, 1:]",
    "token_mask = mask[:, 1:]": "token_mask = mask[:, 2:]",
})  # fmt: skip

wrong("14.7", "The temperature does not reach token_log_probs.", {
    "token_log_probs(model, ids, temperature)": "token_log_probs(model, ids)",
})  # fmt: skip

wrong("14.7", "The temperature is applied twice: token_log_probs has already divided the logits by it.", {
    "token_log_probs(model, ids, temperature)": "token_log_probs(model, ids, temperature) / temperature",
})  # fmt: skip

wrong("14.7", "The loss does not get epsilon: it clips at 0.2 whatever is asked for.", {
    "token_mask, epsilon, aggregation, denominator)":
        "token_mask, aggregation=aggregation, denominator=denominator)",
})  # fmt: skip

wrong("14.7", "The clip fraction does not get epsilon: it counts at 0.2 whatever is asked for.", {
    "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)":
        "clip_fraction(log_probs, old_log_probs, advantages, token_mask, 0.2)",
})  # fmt: skip

wrong("14.7", "The aggregation is not passed on: it is the token mean whatever is asked for.", {
    "token_mask, epsilon, aggregation, denominator)": "token_mask, epsilon, denominator=denominator)",
})  # fmt: skip

wrong("14.7", "The denominator is not passed on: micro-batches are divided by their own sizes.", {
    "token_mask, epsilon, aggregation, denominator)": "token_mask, epsilon, aggregation)",
})  # fmt: skip

wrong("14.7", "The stored log-probs are not used: the ratio compares the model with itself and is always 1.", {
    "token_log_probs(model, ids, temperature)":
        "token_log_probs(model, ids, temperature)\n    old_log_probs = log_probs.detach()",
})  # fmt: skip

wrong("14.7", "New and old log-probs are swapped: the ratio is upside down, and no gradient reaches the model.", {
    "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask": 
        "ppo_clip_loss(old_log_probs, log_probs, advantages, token_mask",
})  # fmt: skip

wrong("14.7", "New and old log-probs are swapped in the clip fraction: its ratio is upside down.", {
    "clip_fraction(log_probs, old_log_probs, advantages": "clip_fraction(old_log_probs, log_probs, advantages",
})  # fmt: skip

wrong("14.7", "The present log-probs are detached: no gradient reaches the model.", {
    "token_log_probs(model, ids, temperature)": "token_log_probs(model, ids, temperature).detach()",
})  # fmt: skip

wrong("14.7", "The loss is returned as a Python number; it must be a tensor that can be differentiated.", {
    "return loss, {": "return loss.item(), {",
})  # fmt: skip

wrong("14.7", "Only the loss is returned; the dictionary with the clip fraction is missing.", {
    "return loss, {": "return loss\n    return loss, {",
})  # fmt: skip

wrong("14.7", "The clip fraction is returned bare, not under its name in a dictionary.", {
    'return loss, {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}':
        "return loss, clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)",
})  # fmt: skip

wrong("14.7", "The clip fraction does not get the mask: prompt and padding are counted too.", {
    "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)":
        "clip_fraction(log_probs, old_log_probs, advantages, torch.ones_like(token_mask), epsilon)",
})  # fmt: skip

wrong("14.7", "The clip fraction gets mask[:, :-1], one column off from the mask that the loss gets.", {
    "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)":
        "clip_fraction(log_probs, old_log_probs, advantages, mask[:, :-1], epsilon)",
})  # fmt: skip

wrong("14.7", "The advantages have the mean of the batch subtracted; they belong to their groups and are ready.", {
    "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask":
        "ppo_clip_loss(log_probs, old_log_probs, advantages - advantages.mean(), token_mask",
})  # fmt: skip

wrong("14.7", "The advantages are spread over the tokens before the call; ppo_clip_loss takes one for each row.", {
    "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask":
        "ppo_clip_loss(log_probs, old_log_probs, advantages[:, None].expand_as(log_probs), token_mask",
})  # fmt: skip

wrong("14.7", "The loss is divided by the number of rows; ppo_clip_loss has aggregated it already.", {
    "return loss, {": "loss = loss / len(ids)\n    return loss, {",
})  # fmt: skip

wrong("14.7", "The sign is turned round once more: ppo_clip_loss is a loss already, to be made small.", {
    "return loss, {": "loss = -loss\n    return loss, {",
})  # fmt: skip

wrong("14.7", "What the mask hides is set to 0 in old_log_probs itself: the stored values are lost to the caller.", {
    "token_mask = mask[:, 1:]": "token_mask = mask[:, 1:]\n    old_log_probs.masked_fill_(token_mask == 0, 0.0)",
})  # fmt: skip

wrong("14.7", "A KL penalty towards the old policy is added to the loss; this lesson's loss has none.", {
    "return loss, {":
        "gap = (old_log_probs - log_probs)[token_mask.bool()]\n"
        "    loss = loss + 0.04 * (gap.exp() - gap - 1).mean()\n"
        "    return loss, {",
})  # fmt: skip

wrong("14.7", "The clip fraction counts all ratios outside the region; the sign of A decides which are cut off.", {
    "return loss, {":
        "ratio = (log_probs.detach() - old_log_probs).exp()\n"
        "    outside = ((ratio > 1 + epsilon) | (ratio < 1 - epsilon)) & token_mask.bool()\n"
        '    return loss, {"clip_fraction": outside.sum().item() / max(token_mask.sum().item(), 1)}\n'
        "    return loss, {",
})  # fmt: skip

wrong("14.7", "The clip fraction is a share of all columns; it is a share of the masked tokens.", {
    "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)":
        "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon) * token_mask.double().mean().item()",
})  # fmt: skip

# 14.8 generate

wrong("14.8", "The prompts are padded on the right: the last column of a short prompt is padding, not its end.", {
    "[[pad] * (width - len(row)) + row for row in encoded]": "[row + [pad] * (width - len(row)) for row in encoded]",
    "[[0] * (width - len(row)) + [1] * len(row) for row in encoded]":
        "[[1] * len(row) + [0] * (width - len(row)) for row in encoded]",
})  # fmt: skip

wrong("14.8", "The attention mask is 1 on the padding too: short prompts look at padding.", {
    "[[0] * (width - len(row)) + [1] * len(row) for row in encoded]": "[[1] * width for row in encoded]",
    "position_ids = (attention_mask.cumsum(1) - 1).clamp(min=0)":
        "hidden = [[0] * (width - len(row)) + [1] * len(row) for row in encoded]\n"
        "    position_ids = (torch.tensor(hidden, device=device).cumsum(1) - 1).clamp(min=0)",
})  # fmt: skip

wrong("14.8", "Positions are counted from the first column, so the padding counts; each prompt starts at 0.", {
    "position_ids = (attention_mask.cumsum(1) - 1).clamp(min=0)":
        "position_ids = torch.arange(width, device=device).expand(len(encoded), -1)",
})  # fmt: skip

wrong("14.8", "The positions of new tokens count the padding (they go on from the width of the prompts).", {
    "position = position_ids[:, -1:].repeat_interleave(group_size, dim=0)":
        "position = torch.full((len(logits), 1), width - 1, device=device)",
})  # fmt: skip

wrong("14.8", "The position stands still: all new tokens are fed with the same one.", {
    "        position = position + 1\n": "",
    "position = position_ids[:, -1:].repeat_interleave": "position = position_ids[:, -1:].add(1).repeat_interleave",
})  # fmt: skip

wrong("14.8", "New tokens' positions are one too low: the first is fed with that of the prompt's last token.", {
    "        position = position + 1\n": "",
    "past_key_values=cache, use_cache=True\n        ).logits[:, -1]":
        "past_key_values=cache, use_cache=True\n        ).logits[:, -1]\n        position = position + 1",
})  # fmt: skip

wrong("14.8", "The positions on the padding are -1, which is no position: they must be at least 0.", {
    "(attention_mask.cumsum(1) - 1).clamp(min=0)": "attention_mask.cumsum(1) - 1",
})  # fmt: skip

wrong("14.8", "The attention mask does not grow with the tokens; it covers the cached columns and the new one.", {
    "        attention_mask = torch.cat([attention_mask, torch.ones_like(token)], dim=1)\n": "",
})  # fmt: skip

wrong("14.8", "The cache is not repeated: it has one row per prompt where the new tokens have one per completion.", {
    "    cache.batch_repeat_interleave(group_size)\n": "",
})  # fmt: skip

wrong("14.8", "Logits, mask and positions are repeated as p1 p2 p1 p2; completions come prompt by prompt.", {
    "output.logits[:, -1].repeat_interleave(group_size, dim=0)": "output.logits[:, -1].repeat(group_size, 1)",
    "attention_mask = attention_mask.repeat_interleave(group_size, dim=0)":
        "attention_mask = attention_mask.repeat(group_size, 1)",
    "position_ids[:, -1:].repeat_interleave(group_size, dim=0)": "position_ids[:, -1:].repeat(group_size, 1)",
})  # fmt: skip

wrong("14.8", "The prompts are repeated before the first forward: it runs over P * G rows, where P are enough.", {
    "[tokenizer.encode(prompt) for prompt in prompts]":
        "[tokenizer.encode(prompt) for prompt in prompts for _ in range(group_size)]",
    "    cache.batch_repeat_interleave(group_size)\n": "",
    "output.logits[:, -1].repeat_interleave(group_size, dim=0)": "output.logits[:, -1]",
    "    attention_mask = attention_mask.repeat_interleave(group_size, dim=0)\n": "",
    "position_ids[:, -1:].repeat_interleave(group_size, dim=0)": "position_ids[:, -1:]",
})  # fmt: skip

wrong("14.8", "The temperature is ignored: tokens are drawn, and scored, at temperature 1.", {
    "(logits.float() / temperature).log_softmax(-1)": "logits.float().log_softmax(-1)",
})  # fmt: skip

wrong("14.8", "The logits are multiplied by the temperature; it divides them.", {
    "(logits.float() / temperature).log_softmax(-1)": "(logits.float() * temperature).log_softmax(-1)",
})  # fmt: skip

wrong("14.8", "The stored log-probs are those of temperature 1, not of the distribution that was drawn from.", {
    "log_probs.append(distribution.gather(-1, token))":
        "log_probs.append(logits.float().log_softmax(-1).gather(-1, token))",
})  # fmt: skip

wrong("14.8", "Tokens are drawn at temperature 1, while their log-probs are taken at the temperature that was asked.", {
    "torch.multinomial(distribution.exp(), 1": "torch.multinomial(logits.float().softmax(-1), 1",
})  # fmt: skip

wrong("14.8", "Probabilities are stored where log-probabilities are wanted.", {
    "log_probs.append(distribution.gather(-1, token))": "log_probs.append(distribution.gather(-1, token).exp())",
})  # fmt: skip

wrong("14.8", "The logits of the tokens are stored, not normalised over the vocabulary.", {
    "log_probs.append(distribution.gather(-1, token))":
        "log_probs.append((logits.float() / temperature).gather(-1, token))",
})  # fmt: skip

wrong("14.8", "multinomial is given log-probabilities; it draws from probabilities.", {
    "torch.multinomial(distribution.exp(), 1": "torch.multinomial(distribution, 1",
})  # fmt: skip

wrong("14.8", "The likeliest token is taken every time: nothing is sampled, so all completions are equal.", {
    "torch.multinomial(distribution.exp(), 1, generator=generator)": "distribution.argmax(-1, keepdim=True)",
})  # fmt: skip

wrong("14.8", "The generator is not used: tokens are drawn from torch's global random state.", {
    "torch.multinomial(distribution.exp(), 1, generator=generator)": "torch.multinomial(distribution.exp(), 1)",
})  # fmt: skip

wrong("14.8", "Without a generator a fixed seed is used: every call gives the same completions.", {
    "tokens, log_probs = [], []":
        "if generator is None:\n        generator = torch.Generator(device=device).manual_seed(0)\n"
        "    tokens, log_probs = [], []",
})  # fmt: skip

wrong("14.8", "One draw serves all completions of a prompt: they must be drawn independently.", {
    "token = torch.multinomial(distribution.exp(), 1, generator=generator)":
        "token = torch.multinomial(distribution.exp()[::group_size], 1, generator=generator)\n"
        "        token = token.repeat_interleave(group_size, dim=0)",
})  # fmt: skip

wrong("14.8", "eos_token_id is ignored: only the tokenizer's own EOS ends a completion.", {
    "if eos_token_id is None:\n        eos_token_id = tokenizer.eos_token_id":
        "eos_token_id = tokenizer.eos_token_id",
})  # fmt: skip

wrong("14.8", "An eos_token_id of 0 counts as none given: 0 is false in Python, but it is an id.", {
    "if eos_token_id is None:": "if not eos_token_id:",
})  # fmt: skip

wrong("14.8", "Of several EOS ids only the first ends a completion.", {
    "list(eos_token_id), device=device)": "[list(eos_token_id)[0]], device=device)",
})  # fmt: skip

wrong("14.8", "The EOS is cut off with what follows it; a completion ends with its EOS.", {
    "is_end.int().argmax(1) + 1, all_ids": "is_end.int().argmax(1), all_ids",
})  # fmt: skip

wrong("14.8", "The completions are not cut after their first EOS.", {
    "torch.where(is_end.any(1), is_end.int().argmax(1) + 1, all_ids.shape[1]).tolist()":
        "[all_ids.shape[1]] * len(all_ids)",
})  # fmt: skip

wrong("14.8", "A completion is cut after its last EOS; what is drawn after the first does not belong to it.", {
    "is_end.int().argmax(1) + 1, all_ids": "all_ids.shape[1] - is_end.int().flip(1).argmax(1), all_ids",
})  # fmt: skip

wrong("14.8", "A row without an EOS is cut to one token: argmax gives 0 where there is no 1 to find.", {
    "torch.where(is_end.any(1), is_end.int().argmax(1) + 1, all_ids.shape[1]).tolist()":
        "(is_end.int().argmax(1) + 1).tolist()",
})  # fmt: skip

wrong("14.8", "Lengths are found by comparing ids with the padding token: an EOS or a drawn token may have that id.", {
    "torch.where(is_end.any(1), is_end.int().argmax(1) + 1, all_ids.shape[1]).tolist()":
        "torch.where(is_end.cumsum(1) - is_end.int() > 0, pad, all_ids).ne(pad).sum(1).tolist()",
})  # fmt: skip

wrong("14.8", "The ids are cut after the EOS and the log-probs are not; there must be one for each token.", {
    "[row[:n] for row, n in zip(all_log_probs, lengths, strict=True)]": "list(all_log_probs)",
})  # fmt: skip

wrong("14.8", "The loop goes on to max_new_tokens when every completion has long ended.", {
    "if ended.all() or len(tokens) == max_new_tokens:": "if len(tokens) == max_new_tokens:",
})  # fmt: skip

wrong("14.8", "The loop stops as soon as one completion has ended; it must wait for all of them.", {
    "if ended.all() or": "if ended.any() or",
})  # fmt: skip

wrong("14.8", "The loop stops only when all rows draw an EOS in the same step: who ended earlier is forgotten.", {
    "ended |= torch.isin": "ended = torch.isin",
})  # fmt: skip

wrong("14.8", "One token too many: a completion may have max_new_tokens + 1 of them.", {
    "len(tokens) == max_new_tokens": "len(tokens) > max_new_tokens",
})  # fmt: skip

wrong("14.8", "One forward too many: the last token is fed to the model, and nobody needs those logits.", {
    "        if ended.all() or len(tokens) == max_new_tokens:\n            break\n": "",
    "past_key_values=cache, use_cache=True\n        ).logits[:, -1]":
        "past_key_values=cache, use_cache=True\n        ).logits[:, -1]\n"
        "        if ended.all() or len(tokens) == max_new_tokens:\n            break",
})  # fmt: skip

wrong("14.8", "The log-probs are in the model's own precision; float32 is wanted.", {
    "(logits.float() / temperature).log_softmax(-1)": "(logits / temperature).log_softmax(-1)",
})  # fmt: skip

wrong("14.8", "The softmax is computed in half precision and cast to float32 afterwards: the log-probs are rounded.", {
    "(logits.float() / temperature).log_softmax(-1)": "(logits / temperature).log_softmax(-1).float()",
})  # fmt: skip

wrong("14.8", "Gradients are recorded while sampling: the log-probs carry the whole computation along.", {
    "@torch.no_grad()\n": "",
})  # fmt: skip

wrong("14.8", "The prompt stands in front of the ids that are returned; a completion is the new tokens alone.", {
    "[row[:n] for row, n in zip(all_ids, lengths, strict=True)]":
        "[torch.cat([torch.tensor(encoded[i // group_size], device=device), all_ids[i, :n]])\n"
        "         for i, n in enumerate(lengths)]",
})  # fmt: skip

wrong("14.8", "The cache is not used: every forward reads the whole sequence again.", {
    "output.past_key_values\n    cache.batch_repeat_interleave(group_size)": "ids.repeat_interleave(group_size, dim=0)",
    "position = position_ids[:, -1:].repeat_interleave(": "position = position_ids.repeat_interleave(",
    "position = position + 1\n": "position = torch.cat([position, position[:, -1:] + 1], dim=1)\n",
    "        logits = model(\n            token, attention_mask=attention_mask, position_ids=position, "
    "past_key_values=cache, use_cache=True\n        ).logits[:, -1]":
        "        cache = torch.cat([cache, token], dim=1)\n"
        "        logits = model(cache, attention_mask=attention_mask, position_ids=position).logits[:, -1]",
})  # fmt: skip

# 14.9 generate_group

wrong("14.9", "Prompts and ground truths of different numbers are not refused: what is too much is dropped silently.", {
    "if len(prompts) != len(ground_truths):": "if False:",
    "zip(truths, responses, strict=True)": "zip(truths, responses, strict=False)",
})  # fmt: skip

wrong("14.9", "Unequal numbers end in an AssertionError; a ValueError is asked for.", {
    "raise ValueError(f\"as many ground": "raise AssertionError(f\"as many ground",
})  # fmt: skip

wrong("14.9", "The truths are repeated as t1 t2 t1 t2, so responses are judged by another prompt's truth.", {
    "[truth for truth in ground_truths for _ in range(group_size)]": "list(ground_truths) * group_size",
})  # fmt: skip

wrong("14.9", "The prompts are repeated as p1 p2 p1 p2, while the responses come prompt by prompt.", {
    "prompts=[prompt for prompt in prompts for _ in range(group_size)]": "prompts=list(prompts) * group_size",
})  # fmt: skip

wrong("14.9", "The prompts are not repeated: there must be one for each completion.", {
    "prompts=[prompt for prompt in prompts for _ in range(group_size)]": "prompts=list(prompts)",
})  # fmt: skip

wrong("14.9", "The responses are decoded with their special tokens: the EOS becomes part of the text.", {
    "tokenizer.decode(ids.tolist(), skip_special_tokens=True)": "tokenizer.decode(ids.tolist())",
})  # fmt: skip

wrong("14.9", "The reward function gets its arguments in the wrong order: the truth comes first.", {
    "float(reward(t, r))": "float(reward(r, t))",
})  # fmt: skip

wrong("14.9", "The reward function that is given is ignored: calculate_reward is always used.", {
    "float(reward(t, r))": "float(calculate_reward(t, r))",
})  # fmt: skip

wrong("14.9", "The reward is computed on prompt and response together; a number in the prompt is no answer.", {
    "rewards = torch.tensor([float(reward(t, r)) for t, r in zip(truths, responses, strict=True)])":
        "texts = [prompts[i // group_size] + r for i, r in enumerate(responses)]\n"
        "    rewards = torch.tensor([float(reward(t, r)) for t, r in zip(truths, texts, strict=True)])",
})  # fmt: skip

wrong("14.9", "The rewards are whole numbers: a reward function may give fractions.", {
    "float(reward(t, r))": "float(int(reward(t, r)))",
})  # fmt: skip

wrong("14.9", "The temperature does not reach generate.", {
    "group_size, max_new_tokens, temperature, generator=generator": "group_size, max_new_tokens, generator=generator",
})  # fmt: skip

wrong("14.9", "max_new_tokens does not reach generate.", {
    "group_size, max_new_tokens, temperature, generator=generator":
        "group_size, temperature=temperature, generator=generator",
})  # fmt: skip

wrong("14.9", "The generator does not reach generate: completions depend on torch's global random state.", {
    "max_new_tokens, temperature, generator=generator": "max_new_tokens, temperature",
})  # fmt: skip

wrong("14.9", "The generator is passed by place and lands in generate's eos_token_id, which stands before it.", {
    "max_new_tokens, temperature, generator=generator": "max_new_tokens, temperature, generator",
})  # fmt: skip

wrong("14.9", "divide_by_std does not reach group_advantages.", {
    "group_advantages(rewards, group_size, divide_by_std=divide_by_std)": "group_advantages(rewards, group_size)",
})  # fmt: skip

wrong("14.9", "divide_by_std is passed by place and lands in eps of group_advantages, which stands before it.", {
    "group_advantages(rewards, group_size, divide_by_std=divide_by_std)":
        "group_advantages(rewards, group_size, divide_by_std)",
})  # fmt: skip

wrong("14.9", "The advantages compare all responses with each other; each belongs to its own prompt's group.", {
    "group_advantages(rewards, group_size, divide_by_std": "group_advantages(rewards, len(rewards), divide_by_std",
})  # fmt: skip

wrong("14.9", "The groups are as large as the number of prompts; a group is the completions of one prompt.", {
    "group_advantages(rewards, group_size, divide_by_std": "group_advantages(rewards, len(prompts), divide_by_std",
})  # fmt: skip

wrong("14.9", "The plain rewards are returned as advantages.", {
    "advantages=group_advantages(rewards, group_size, divide_by_std=divide_by_std)": "advantages=rewards.clone()",
})  # fmt: skip

wrong("14.9", "The token ids are made again from the decoded text: the EOS is gone, and other tokens may come out.", {
    "        token_ids=token_ids,": "        token_ids=[torch.tensor(tokenizer.encode(r)) for r in responses],",
})  # fmt: skip

wrong("14.9", "The log-probs are summed over each response; one for each token is wanted.", {
    "        log_probs=log_probs,": "        log_probs=[row.sum() for row in log_probs],",
})  # fmt: skip
