"""Exercise 16.12, length_penalty: what people get wrong, and right answers written otherwise."""

import torch

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The last token of each response is not counted; the EOS belongs to its length.", {"len(ids)": "len(ids) - 1"})

wrong("The sign is wrong: long responses are rewarded.", {
    "(((max_length - cache) - lengths) / cache).clamp(-1.0, 0.0)":
        "(((max_length - cache) - lengths) / cache).clamp(-1.0, 0.0).abs()",
})  # fmt: skip

wrong("The punishment grows without end; -1 is the most.", {
    "(((max_length - cache) - lengths) / cache).clamp(-1.0, 0.0)":
        "(((max_length - cache) - lengths) / cache).clamp(max=0.0)",
})  # fmt: skip

wrong("Short responses are rewarded for being short; they get 0.", {
    "(((max_length - cache) - lengths) / cache).clamp(-1.0, 0.0)":
        "(((max_length - cache) - lengths) / cache).clamp(min=-1.0)",
})  # fmt: skip

wrong("The line falls over max_length tokens; it falls over the cache.", {
    "((max_length - cache) - lengths) / cache": "((max_length - cache) - lengths) / max_length",
})  # fmt: skip

wrong("The line begins at max_length; it begins cache tokens before.", {
    "((max_length - cache) - lengths)": "(max_length - lengths)",
})  # fmt: skip

wrong("The punishment is all or nothing; between the two lengths it grows evenly.", {
    "(((max_length - cache) - lengths) / cache).clamp(-1.0, 0.0)":
        "(((max_length - cache) - lengths) / cache).clamp(-1.0, 0.0).floor()",
})  # fmt: skip

wrong("A cache that does not fit is not refused.", {"if not 1 <= cache <= max_length:": "if cache == 0.5:"})

wrong("All responses are punished for the longest one.", {"len(ids)": "max(map(len, token_ids))"})

wrong("A cache as long as the whole response is refused; it is allowed.", {
    "if not 1 <= cache <= max_length:": "if not 1 <= cache < max_length:",
})  # fmt: skip

wrong("The result is float64; float32 is asked for.", {"dtype=torch.float32": "dtype=torch.float64"})

# Right answers written otherwise


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


@right("torch.where twice")
def penalty_by_where(token_ids, max_length, cache):
    if not (cache > 0 and max_length - cache >= 0):
        raise ValueError("1 <= cache <= max_length")
    n = torch.tensor([float(len(ids)) for ids in token_ids], dtype=torch.float32)
    line = (max_length - cache - n) / cache
    return torch.where(n > max_length, -1.0, torch.where(n <= max_length - cache, 0.0, line))
