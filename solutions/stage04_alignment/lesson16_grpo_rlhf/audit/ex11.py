"""Exercise 16.11, overlong_filter: what people get wrong, and right answers written otherwise."""

import torch

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The longest responses are taken for truncated; the last token that is allowed may be the EOS.", {
    "len(ids) > 0 and int(ids[-1]) in ends": "len(ids) < max(map(len, token_ids))",
})  # fmt: skip

wrong("Any EOS counts, wherever it stands; only the last token tells.", {
    "len(ids) > 0 and int(ids[-1]) in ends": "any(int(i) in ends for i in ids)",
})  # fmt: skip

wrong("It is the wrong way round: the finished responses are masked.", {
    "len(ids) > 0 and int(ids[-1]) in ends": "not (len(ids) > 0 and int(ids[-1]) in ends)",
})  # fmt: skip

wrong("An empty response ends in an error; it is truncated.", {
    "len(ids) > 0 and int(ids[-1]) in ends": "int(ids[-1]) in ends",
})  # fmt: skip

wrong("The mask that was given is changed in place.", {
    "return mask * torch.tensor(finished, device=mask.device)[:, None]":
        "return mask.mul_(torch.tensor(finished, device=mask.device)[:, None])",
})  # fmt: skip

wrong("Of several EOS ids only the first is known.", {"set(eos_token_id)": "{*list(eos_token_id)[:1]}"})

wrong("Truncated rows are removed; they stay, with a mask of 0.", {
    "return mask * torch.tensor(finished, device=mask.device)[:, None]":
        "return mask[torch.tensor(finished, device=mask.device)]",
})  # fmt: skip

wrong("The mask comes back as booleans; it stays an integer mask.", {
    "return mask * torch.tensor(finished, device=mask.device)[:, None]":
        "return mask.bool() * torch.tensor(finished, device=mask.device)[:, None]",
})  # fmt: skip

wrong("An EOS id of 0 is taken for no id at all.", {"{eos_token_id}": "{eos_token_id or 1}"})

wrong("An empty response counts as finished.", {
    "len(ids) > 0 and int(ids[-1]) in ends": "len(ids) == 0 or int(ids[-1]) in ends",
})  # fmt: skip

wrong("Where all are truncated they are trained after all.", {
    "return mask * torch.tensor(finished, device=mask.device)[:, None]":
        "return mask * torch.tensor(finished, device=mask.device)[:, None] if any(finished) else mask",
})  # fmt: skip

wrong("Only the last token of a truncated response is masked; none of its tokens is to be trained.", {
    "return mask * torch.tensor(finished, device=mask.device)[:, None]": """
        last = mask.cumsum(1) == mask.sum(1, keepdim=True)
        return torch.where(last & ~torch.tensor(finished, device=mask.device)[:, None], 0, mask)
    """,
})  # fmt: skip

# Right answers written otherwise


@right("a copy whose rows are set to 0 one by one")
def filter_by_rows(mask, token_ids, eos_token_id):
    ends = [eos_token_id] if isinstance(eos_token_id, int) else list(eos_token_id)
    result = mask.clone()
    for row, ids in enumerate(token_ids):
        if not ids.tolist()[-1:] or ids.tolist()[-1] not in ends:
            result[row] = 0
    return result


@right("torch.isin on the last tokens")
def filter_by_isin(mask, token_ids, eos_token_id):
    ends = torch.tensor([eos_token_id] if isinstance(eos_token_id, int) else list(eos_token_id), dtype=torch.int64)
    last = torch.tensor([int(ids[-1]) if ids.numel() else -1 for ids in token_ids])
    return torch.where(torch.isin(last, ends)[:, None], mask, 0)


@right("masked_fill of what is truncated")
def filter_by_fill(mask, token_ids, eos_token_id):
    def truncated(ids):
        if len(ids) == 0:
            return True
        last = ids[-1].item()
        return last != eos_token_id if isinstance(eos_token_id, int) else last not in eos_token_id

    return mask.masked_fill(torch.tensor([truncated(ids) for ids in token_ids]).unsqueeze(1), 0)
