"""Exercise 03.6, generate: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson03_many_at_once.attention.cached_attention import KVCache
from lesson03_many_at_once.batch.padding import left_pad, token_positions, visible_columns

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

NEXT = "logits = model(tokens, token_positions(mask)[:, -1:], visible_columns(mask, 1), cache)[:, -1]"

wrong("New tokens get the number of their column as position: the padding of their row is counted.", {
    "token_positions(mask)[:, -1:]": "torch.full_like(tokens, mask.shape[1] - 1)",
})  # fmt: skip

wrong("The prompts' padding is visible: their positions and masks are those of full rows.", {
    "visible_columns(mask, ids.shape[1])": "visible_columns(torch.ones_like(mask), ids.shape[1])",
})  # fmt: skip

wrong("Logits and mask are repeated as 0 1 0 1, and the cache as 0 0 1 1: rows continue each other's prompts.", {
    "logits.repeat_interleave(group_size, 0)": "logits.repeat(group_size, 1)",
    "mask.repeat_interleave(group_size, 0)": "mask.repeat(group_size, 1)",
})  # fmt: skip

wrong("The prompts are repeated before the first forward pass, which then computes each of them several times.", {
    "left_pad(prompts, pad_id)": "left_pad([p for p in prompts for _ in range(group_size)], pad_id)",
    "logits, mask = logits.repeat_interleave(group_size, 0), mask.repeat_interleave(group_size, 0)": "",
    "cache.repeat(group_size)": "",
})  # fmt: skip

wrong("The cache keeps the rows that have ended: later tokens look at the past of other completions.", {
    "cache.select(rows)": "cache.select(torch.arange(len(rows)))",
})  # fmt: skip

wrong("There is no cache: each step sends all columns through the model again.", {
    "cache.select(rows)": "context = torch.cat([context[rows], tokens], 1)",
    NEXT: "logits = model(context, token_positions(mask), visible_columns(mask, mask.shape[1]))[:, -1]",
    "cache.repeat(group_size)": "context = ids.repeat_interleave(group_size, 0)",
})  # fmt: skip

wrong("The EOS is left out. It belongs to the completion: a policy learns to stop only if its EOS is trained.", {
    "return [torch.stack(row) for row in token_ids], [torch.stack(row) for row in log_probs]":
        "lengths = [len(row) - int(row[-1] == eos) for row in token_ids]\n"
        "cut = lambda rows: [torch.stack(row)[:n] for row, n in zip(rows, lengths)]\n"
        "return cut(token_ids), cut(log_probs)",
})  # fmt: skip

wrong("A new token gets the position of the token before it: the mask must grow before the positions are counted.", {
    "token_positions(mask)[:, -1:]": "token_positions(mask)[:, -2:-1]",
})  # fmt: skip

wrong("The cache is kept with the model: the next call finds columns of other prompts, or of older weights.", {
    "cache = KVCache()": "cache = vars(model).setdefault('cache', KVCache())",
})  # fmt: skip

right("drawn by the largest of logits with Gumbel noise; log-probs without a softmax over the vocabulary", {
    "torch.multinomial(logits.softmax(-1), 1, generator=generator)":
        "(logits - torch.rand(logits.shape, generator=generator).log().neg().log()).argmax(-1, keepdim=True)",
    "logits.log_softmax(-1).gather(-1, tokens)": "logits.gather(1, tokens) - logits.logsumexp(1, keepdim=True)",
})  # fmt: skip

right("positions counted by hand, and the mask of a step is all that it may see", {
    "cache.repeat(group_size)":
        "cache.select(torch.arange(len(mask)) // group_size)\nposition = mask.sum(1, keepdim=True)",
    "running, tokens, mask = running[rows], tokens[rows], mask[rows]":
        "running, tokens, mask, position = (x[rows] for x in (running, tokens, mask, position))",
    "mask = F.pad(mask, (0, 1), value=True)": "mask = torch.cat([mask, torch.ones_like(mask[:, :1])], 1)",
    NEXT: "logits = model(tokens, position, mask[:, None], cache)[:, 0]\nposition = position + 1",
})  # fmt: skip


@core("all rows stay until the last has ended; with torch's global random state")
def generate_all_rows(model, prompts, group_size, pad_id, eos, max_new_tokens, generator=None):
    ids, mask = left_pad(prompts, pad_id)
    cache = KVCache()
    logits = model(ids, token_positions(mask), visible_columns(mask, ids.shape[1]), cache)[:, -1]
    cache.repeat(group_size)
    logits, mask = logits.repeat_interleave(group_size, 0), mask.repeat_interleave(group_size, 0)
    tokens, log_probs = [], []
    for _ in range(max_new_tokens):
        if tokens:
            mask = torch.cat([mask, tokens[-1] >= 0], 1)
            logits = model(tokens[-1], token_positions(mask)[:, -1:], visible_columns(mask, 1), cache)[:, -1]
        tokens.append(torch.multinomial(logits.softmax(-1), 1))
        log_probs.append(logits.log_softmax(-1).gather(1, tokens[-1]))
        if (torch.cat(tokens, 1) == eos).any(1).all():
            break
    tokens, log_probs = torch.cat(tokens, 1), torch.cat(log_probs, 1)
    lengths = [row.index(eos) + 1 if eos in row else len(row) for row in tokens.tolist()]
    return [tokens[i, :n] for i, n in enumerate(lengths)], [log_probs[i, :n] for i, n in enumerate(lengths)]
