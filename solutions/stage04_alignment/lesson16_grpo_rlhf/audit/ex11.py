"""Exercise 16.11, overlong_filter: what people get wrong, right answers written otherwise, and the core variant."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

FINISHED = "int(ids[-1]) == eos_token_id"

wrong("The longest responses are taken for truncated; the EOS may be the last token that is allowed.", {
    FINISHED: "len(ids) < max(map(len, token_ids))",
})  # fmt: skip

wrong("Any EOS counts, wherever it stands; look at the last token only.", {FINISHED: "eos_token_id in ids.tolist()"})

wrong("It is the wrong way round: the finished responses are masked.", {FINISHED: "int(ids[-1]) != eos_token_id"})

wrong("The given mask is changed in place.", {
    "return mask * finished[:, None]": "return mask.mul_(finished[:, None])",
})  # fmt: skip

wrong("If all are truncated they are trained after all.", {
    "return mask * finished[:, None]": "return mask * finished[:, None] if finished.any() else mask",
})  # fmt: skip

wrong("Only the last token of a truncated response is masked; none of its tokens is to be trained.", {
    "return mask * finished[:, None]": """
        last = mask.cumsum(1) == mask.sum(1, keepdim=True)
        return torch.where(last & ~finished[:, None], 0, mask)
    """,
})  # fmt: skip


@right("a copy whose rows are set to 0 one by one")
def filter_by_rows(mask, token_ids, eos_token_id):
    result = mask.clone()
    for row, ids in enumerate(token_ids):
        if ids.tolist()[-1] != eos_token_id:
            result[row] = 0
    return result


@right("masked_fill of what is truncated")
def filter_by_fill(mask, token_ids, eos_token_id):
    truncated = torch.stack([ids[-1] for ids in token_ids]) != eos_token_id
    return mask.masked_fill(truncated.unsqueeze(1), 0)


@core("a list of ones and zeros")
def by_list(mask, token_ids, eos_token_id):
    return mask * torch.tensor([[int(ids[-1] == eos_token_id)] for ids in token_ids])
