"""Exercise 14.2, AdditionDataset.get_batch: what people get wrong, and right answers written otherwise."""

import torch
from torch.nn.utils.rnn import pad_sequence

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The mask compares ids with the padding id: a true EOS or padding id inside a response is lost.", {
    "mask.to(device)": "(mask * (ids != self.tokenizer.pad_token_id)).to(device)",
})  # fmt: skip

wrong("The mask is 1 on the prompt, too: only what the model wrote is trained.", {
    "torch.zeros_like(prompt_ids)": "torch.ones_like(prompt_ids)",
})  # fmt: skip

wrong("The EOS is masked out, so the model would never learn where to stop.", {
    "torch.ones_like(response.cpu())": "(response.cpu() != self.tokenizer.eos_token_id).long()",
})  # fmt: skip

wrong("The mask is 1 on the padding, too.", {"padding_value=0": "padding_value=1"})

wrong("The padding is on the left; that is for generation, here it goes behind the response.", {
    "padding_value=self.tokenizer.pad_token_id": 'padding_value=self.tokenizer.pad_token_id, padding_side="left"',
    "padding_value=0": 'padding_value=0, padding_side="left"',
})  # fmt: skip

wrong("Rows are filled up with 0, which need not be the tokenizer's padding token.", {
    "padding_value=self.tokenizer.pad_token_id": "padding_value=0",
})  # fmt: skip

wrong("Rows are filled up with the EOS token instead of the padding token.", {
    "padding_value=self.tokenizer.pad_token_id": "padding_value=self.tokenizer.eos_token_id",
})  # fmt: skip

wrong("A response that was cut off gets an EOS that the model never wrote.", {
    "prompt_ids = torch.tensor(self.tokenizer.encode(prompt), dtype=torch.int64)": """
        if len(response) == 0 or response[-1] != self.tokenizer.eos_token_id:
            response = torch.cat([response, response.new_tensor([self.tokenizer.eos_token_id])])
        prompt_ids = torch.tensor(self.tokenizer.encode(prompt), dtype=torch.int64)
    """,
})  # fmt: skip

wrong("Different numbers of prompts and responses go unnoticed: the rows that are left over vanish.", {
    "if len(prompts) != len(responses):": "if False:",
    "strict=True": "strict=False",
})  # fmt: skip

wrong("The mask holds True and False; int64 is asked for.", {"mask.to(device)": "mask.bool().to(device)"})

wrong("The argument device is ignored: the tensors stay where they were made.", {
    "ids.to(device), mask.to(device)": "ids, mask",
})  # fmt: skip

wrong("The response is decoded and encoded again: that may give other tokens than the model wrote.", {
    "prompt_ids = torch.tensor(self.tokenizer.encode(prompt), dtype=torch.int64)": """
        text = self.tokenizer.decode(response.tolist(), skip_special_tokens=True)
        end = [i for i in response.tolist()[-1:] if i == self.tokenizer.eos_token_id]
        response = torch.tensor(self.tokenizer.encode(text, add_special_tokens=False) + end)
        prompt_ids = torch.tensor(self.tokenizer.encode(prompt), dtype=torch.int64)
    """,
})  # fmt: skip

wrong("Padding ids are removed from the responses, but responses have no padding: such a token was written.", {
    "prompt_ids = torch.tensor(self.tokenizer.encode(prompt), dtype=torch.int64)": """
        response = response[response != self.tokenizer.pad_token_id]
        prompt_ids = torch.tensor(self.tokenizer.encode(prompt), dtype=torch.int64)
    """,
})  # fmt: skip

wrong("The mask is shifted by one already; it belongs to the tokens, the loss shifts it.", {
    "torch.cat([torch.zeros_like(prompt_ids), torch.ones_like(response.cpu())])":
        "torch.cat([torch.zeros_like(prompt_ids), torch.ones_like(response.cpu())]).roll(-1)",
})  # fmt: skip

wrong("The mask lacks its first column; it is to have the shape of ids, the loss cuts it.", {
    "mask.to(device)": "mask[:, 1:].to(device)",
})  # fmt: skip

wrong("The second result holds labels with -100, as for cross_entropy; a mask of 0 and 1 is asked for.", {
    "mask.to(device)": "torch.where(mask == 1, ids, -100).to(device)",
})  # fmt: skip

wrong("The list of responses is written to: the caller's own list then holds something else.", {
    "for prompt, response in zip(prompts, responses, strict=True):":
        "for i, (prompt, response) in enumerate(zip(prompts, responses, strict=True)):",
    "rows.append(torch.cat([prompt_ids, response.cpu()]))":
        "responses[i] = torch.cat([prompt_ids, response.cpu()])\nrows.append(responses[i])",
})  # fmt: skip

wrong("The end of a response is looked for as the row's first EOS: where it has none, padding is trained.", {
    "        return ids.to(device), mask.to(device)": """\
        for row, row_mask, prompt in zip(ids, mask, prompts, strict=True):
            start = len(self.tokenizer.encode(prompt))
            ends = (row[start:] == self.tokenizer.eos_token_id).nonzero().flatten().tolist()
            row_mask[start : start + ends[0] + 1 if ends else None] = 1
        return ids.to(device), mask.to(device)""",
})  # fmt: skip

wrong("The length of the first prompt is used for all rows; prompts differ in length.", {
    "torch.cat([torch.zeros_like(prompt_ids), torch.ones_like(response.cpu())])":
        "(torch.arange(len(rows[-1])) >= len(self.tokenizer.encode(prompts[0]))).long()",
})  # fmt: skip

wrong("The prompt is encoded without its special tokens: the BOS token that the model saw is missing.", {
    "self.tokenizer.encode(prompt)": "self.tokenizer.encode(prompt, add_special_tokens=False)",
})  # fmt: skip

wrong("Rows are as long as the longest prompt and the longest response together; the longest row decides.", {
    "        return ids.to(device), mask.to(device)": """\
        width = max(len(self.tokenizer.encode(p)) for p in prompts) + max(map(len, responses))
        fill = (0, width - ids.shape[1])
        ids = torch.nn.functional.pad(ids, fill, value=self.tokenizer.pad_token_id)
        return ids.to(device), torch.nn.functional.pad(mask, fill).to(device)""",
})  # fmt: skip


@wrong("Prompts are padded to a column of their own, so padding stands between a prompt and its response.")
def prompts_in_columns_of_their_own(self, prompts, responses, device=None):
    if len(prompts) != len(responses):
        raise ValueError("prompts and responses must be equally many")
    encoded = [torch.tensor(self.tokenizer.encode(prompt), dtype=torch.int64) for prompt in prompts]
    pad = self.tokenizer.pad_token_id
    before = pad_sequence(encoded, batch_first=True, padding_value=pad)
    after = pad_sequence([r.cpu() for r in responses], batch_first=True, padding_value=pad)
    ones = pad_sequence([torch.ones_like(r.cpu()) for r in responses], batch_first=True)
    return torch.cat([before, after], 1).to(device), torch.cat([torch.zeros_like(before), ones], 1).to(device)


# Right answers written otherwise


@right("lists of numbers, made tensors at the very end")
def by_lists(self, prompts, responses, device=None):
    if len(prompts) != len(responses):
        raise ValueError("need one response per prompt")
    starts = [list(self.tokenizer.encode(p)) for p in prompts]
    ends = [r.tolist() for r in responses]
    width = max(len(s) + len(e) for s, e in zip(starts, ends, strict=True))
    ids, mask = [], []
    for s, e in zip(starts, ends, strict=True):
        missing = width - len(s) - len(e)
        ids.append(s + e + [self.tokenizer.pad_token_id] * missing)
        mask.append([0] * len(s) + [1] * len(e) + [0] * missing)
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


@right("tensors filled slice by slice, on the device from the start")
def by_slices(self, prompts, responses, device=None):
    encoded = [torch.tensor(self.tokenizer.encode(p), device=device) for p in prompts]
    try:
        pairs = list(zip(encoded, responses, strict=True))
    except ValueError:
        raise ValueError("prompts and responses differ in number") from None
    shape = len(pairs), max(len(p) + len(r) for p, r in pairs)
    ids = torch.full(shape, self.tokenizer.pad_token_id, dtype=torch.int64, device=device)
    mask = torch.zeros(shape, dtype=torch.int64, device=device)
    for i, (p, r) in enumerate(pairs):
        ids[i, : len(p)] = p
        ids[i, len(p) : len(p) + len(r)] = r
        mask[i, len(p) : len(p) + len(r)] = 1
    return ids, mask


@right("the mask from lengths and arange")
def by_lengths(self, prompts, responses, device=None):
    if len(responses) != len(prompts):
        raise ValueError(f"{len(prompts)} prompts, {len(responses)} responses")
    rows = [
        torch.cat([response.new_tensor(self.tokenizer.encode(prompt)), response])
        for prompt, response in zip(prompts, responses, strict=True)
    ]
    ends = torch.tensor([len(row) for row in rows])[:, None]
    starts = ends - torch.tensor([len(response) for response in responses])[:, None]
    columns = torch.arange(int(ends.max()))
    pad = self.tokenizer.pad_token_id
    ids = torch.stack([torch.nn.functional.pad(row, (0, len(columns) - len(row)), value=pad) for row in rows])
    mask = (columns >= starts) & (columns < ends)
    return ids.long().to(device), mask.long().to(device)


@right("padded with -1, which the padding token then replaces")
def by_minus_one(self, prompts, responses, device=None):
    if len(prompts) - len(responses):
        raise ValueError("there must be a response for each prompt")
    ids, mask = [], []
    for i in range(len(prompts)):
        start = self.tokenizer.encode(prompts[i])
        ids.append(torch.hstack([torch.as_tensor(start), responses[i].detach().clone()]))
        mask.append(torch.tensor([0] * len(start) + [1] * responses[i].numel()))
    ids = torch.nn.utils.rnn.pad_sequence(ids, True, -1)
    ids[ids < 0] = self.tokenizer.pad_token_id
    mask = torch.nn.utils.rnn.pad_sequence(mask, True)
    if device is not None:
        ids, mask = ids.to(device), mask.to(device)
    return ids, mask
