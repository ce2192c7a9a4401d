"""Situations that the tests of lesson 03 look at. Each returns evidence; what it should be is in the tests."""

import torch
from lesson03_many_at_once.attention import cached_attention
from lesson03_many_at_once.batch import padding
from lesson03_many_at_once.given.transformer import Transformer
from lesson03_many_at_once.rollout import generate as rollout

from lab.models.drawn_logits import with_added


def use_cache(steps):
    """Makes a KVCache and takes the steps: ("update", layer, keys, values), ("repeat", times) or ("select", rows).
    Returns what each update returned."""
    cache, returned = cached_attention.KVCache(), []
    for name, *arguments in steps:
        result = getattr(cache, name)(*arguments)
        if name == "update":
            returned.append(result)
    return returned


def use_two_caches(keys, other_keys):
    """Updates layer 0 of two caches, one after the other, and the first once more. The values are the keys. Returns
    what the second and the third update returned, and the keys of the first update as they are now."""
    first, second = cached_attention.KVCache(), cached_attention.KVCache()
    first.update(0, keys, keys)
    return {
        "second cache": second.update(0, other_keys, other_keys),
        "first cache": first.update(0, other_keys, other_keys),
        "keys": keys,
    }


def attend_in_parts(queries, keys, values, visible, widths, layers=1):
    """Calls `attend` for one part of the columns after the other, with one cache; `widths` are their numbers of
    columns. Each part asks `layers` layers; layer 1 gets everything with the opposite sign. Returns the outputs of layer
    0, joined, with 0 for queries that may look at nothing."""
    cache, start, outputs = cached_attention.KVCache(), 0, []
    for width in widths:
        end = start + width
        part = [x[:, :, start:end] for x in (queries, keys, values)]
        seen = visible[:, start:end, :end]
        outputs.append(cached_attention.attend(*part, seen, cache, 0))
        for layer in range(1, layers):
            cached_attention.attend(*[-x for x in part], seen, cache, layer)
        start = end
    reads = visible.any(-1)[:, None, :, None]
    return torch.cat(outputs, dim=2).where(reads, 0.0)


def padded_logits(weights, rows):
    """Pads the rows on the left and calls the given transformer, without a cache. Returns the logits of each row, those
    of padding left out."""
    ids, mask = padding.left_pad(rows, 0)
    visible = padding.visible_columns(mask, ids.shape[1])
    logits = Transformer(weights)(ids, padding.token_positions(mask), visible)
    return [logits[i, mask[i]].detach() for i in range(len(rows))]


def draw(weights, prompts, group_size, max_new_tokens, seed=0, eos=1, pad_id=0, others=None, by_call=None):
    """Calls `generate` with the given transformer of these weights and a generator of that seed. `others` are prompts
    that the same transformer has continued before. `by_call`: a seed; the transformer's logits are others at each call,
    and in each row and column of its input (`lab.models.drawn_logits`).

    Returns the tokens of each completion, their log-probs, and the logits that the transformer then gives for token 0.
    """
    model = Transformer(weights)
    if by_call is not None:
        model = with_added(model, by_call)
    generator = torch.Generator().manual_seed(seed)
    if others is not None:
        rollout.generate(model, others, group_size, pad_id, eos, max_new_tokens, generator)
    token_ids, log_probs = rollout.generate(model, prompts, group_size, pad_id, eos, max_new_tokens, generator)
    zero = torch.zeros(1, 1, dtype=torch.long)
    with torch.no_grad():
        after = model(zero, zero, zero[None] == 0)[0, 0]
    return {"token_ids": token_ids, "log_probs": log_probs, "next logits": after}


def draw_again(weights, prompts, max_new_tokens, seed=0):
    """Draws twice with the same seed, while torch's global random state differs. Returns the token ids of both."""
    first = draw(weights, prompts, 3, max_new_tokens, seed)["token_ids"]
    torch.rand(3)
    return [first, draw(weights, prompts, 3, max_new_tokens, seed)["token_ids"]]
