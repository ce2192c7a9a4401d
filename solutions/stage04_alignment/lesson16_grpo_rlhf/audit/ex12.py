"""Exercise 16.12, length_penalty: what people get wrong, right answers written otherwise, and the core variant."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

PENALTY = "(((max_length - cache) - lengths) / cache).clamp(-1.0, 0.0)"

wrong("The last token of each response is not counted; the EOS belongs to its length.", {"len(ids)": "len(ids) - 1"})

wrong("The sign is wrong: long responses are rewarded.", {PENALTY: f"{PENALTY}.abs()"})

wrong("The punishment grows without end; -1 is the most.", {
    PENALTY: "(((max_length - cache) - lengths) / cache).clamp(max=0.0)",
})  # fmt: skip

wrong("Short responses are rewarded for being short; they get 0.", {
    PENALTY: "(((max_length - cache) - lengths) / cache).clamp(min=-1.0)",
})  # fmt: skip

wrong("The line falls over max_length tokens; it falls over the cache.", {
    "((max_length - cache) - lengths) / cache": "((max_length - cache) - lengths) / max_length",
})  # fmt: skip

wrong("The line begins at max_length; it begins cache tokens before.", {
    "((max_length - cache) - lengths)": "(max_length - lengths)",
})  # fmt: skip

wrong("A cache that does not fit is not refused.", {"if not 1 <= cache <= max_length:": "if cache == 0.5:"})


@right("three cases for each response")
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


@right("how many tokens are in the cache, as a share of it")
def penalty_by_share(token_ids, max_length, cache):
    if cache not in range(1, max_length + 1):
        raise ValueError(f"cache={cache} does not fit")
    used = torch.tensor([min(max(len(ids) - (max_length - cache), 0), cache) for ids in token_ids])
    return 0.0 - used.float() / cache


@core("no check")
def without_checks(token_ids, max_length, cache):
    n = torch.tensor([float(len(ids)) for ids in token_ids])
    return ((max_length - cache - n) / cache).clamp(-1, 0)
