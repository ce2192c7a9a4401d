"""Exercise 14.2, AdditionDataset.get_batch: known mistakes, right answers written otherwise, and the core variant."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("The mask compares ids with the padding id: an EOS that is also the padding token is lost, and never trained.", {
    "mask.to(device)": "(mask * (ids != self.tokenizer.pad_token_id)).to(device)",
})  # fmt: skip

wrong("The mask is 1 on the prompt, too: only what the model wrote is trained.", {
    "[0] * len(prompt_ids)": "[1] * len(prompt_ids)",
})  # fmt: skip

wrong("The EOS is masked out, so the model never learns to stop.", {
    "[1] * len(response)": "[int(i != self.tokenizer.eos_token_id) for i in response.tolist()]",
})  # fmt: skip

wrong("The mask is 1 on the padding, too.", {
    "pad_sequence(masks, batch_first=True)": "pad_sequence(masks, batch_first=True, padding_value=1)",
})  # fmt: skip

wrong("The padding is on the left; that is for generation. Here it goes behind the response.", {
    "padding_value=self.tokenizer.pad_token_id": 'padding_value=self.tokenizer.pad_token_id, padding_side="left"',
    "pad_sequence(masks, batch_first=True)": 'pad_sequence(masks, batch_first=True, padding_side="left")',
})  # fmt: skip

wrong("The mask is shifted by one already; it belongs to the tokens, and the loss shifts it.", {
    "[0] * len(prompt_ids) + [1] * len(response)": "[0] * (len(prompt_ids) - 1) + [1] * len(response) + [0]",
})  # fmt: skip

wrong("A response that was cut off gets an EOS that the model never wrote.", {
    "prompt_ids = self.tokenizer.encode(prompt)": """
        if response[-1] != self.tokenizer.eos_token_id:
            response = torch.cat([response, response.new_tensor([self.tokenizer.eos_token_id])])
        prompt_ids = self.tokenizer.encode(prompt)
    """,
})  # fmt: skip

wrong("The response is decoded and encoded again: that may give other tokens than the model wrote.", {
    "prompt_ids = self.tokenizer.encode(prompt)": """
        text = self.tokenizer.decode(response.tolist(), skip_special_tokens=True)
        end = [i for i in response.tolist()[-1:] if i == self.tokenizer.eos_token_id]
        response = torch.tensor(self.tokenizer.encode(text, add_special_tokens=False) + end)
        prompt_ids = self.tokenizer.encode(prompt)
    """,
})  # fmt: skip

wrong("The ids are floats, as torch.zeros makes them; token ids are int64.", {
    "ids.to(device)": "ids.float().to(device)",
})  # fmt: skip

wrong("The argument device is ignored: the tensors stay where they were made.", {
    "ids.to(device), mask.to(device)": "ids, mask",
})  # fmt: skip


@right("tensors filled slice by slice, on the device from the start")
def by_slices(self, prompts, responses, device=None):
    pairs = [
        (torch.tensor(self.tokenizer.encode(p), device=device), r) for p, r in zip(prompts, responses, strict=True)
    ]
    shape = len(pairs), max(len(p) + len(r) for p, r in pairs)
    ids = torch.full(shape, self.tokenizer.pad_token_id, dtype=torch.int64, device=device)
    mask = torch.zeros(shape, dtype=torch.int64, device=device)
    for i, (p, r) in enumerate(pairs):
        ids[i, : len(p)] = p
        ids[i, len(p) : len(p) + len(r)] = r
        mask[i, len(p) : len(p) + len(r)] = 1
    return ids, mask


@right("the mask from lengths and arange; padded with -1, which the padding token then replaces")
def by_lengths(self, prompts, responses, device=None):
    rows = [torch.cat([r.new_tensor(self.tokenizer.encode(p)), r]) for p, r in zip(prompts, responses, strict=True)]
    ends = torch.tensor([len(row) for row in rows])[:, None]
    starts = ends - torch.tensor([len(response) for response in responses])[:, None]
    ids = torch.nn.utils.rnn.pad_sequence(rows, True, -1)
    ids[ids < 0] = self.tokenizer.pad_token_id
    columns = torch.arange(ids.shape[1])
    return ids.to(device), ((columns >= starts) & (columns < ends)).long().to(device)


@core("lists of numbers, made tensors at the very end")
def by_lists(self, prompts, responses, device=None):
    starts = [self.tokenizer.encode(p) for p in prompts]
    ends = [r.tolist() for r in responses]
    width = max(len(s) + len(e) for s, e in zip(starts, ends, strict=True))
    ids, mask = [], []
    for s, e in zip(starts, ends, strict=True):
        padding = width - len(s) - len(e)
        ids.append(s + e + [self.tokenizer.pad_token_id] * padding)
        mask.append([0] * len(s) + [1] * len(e) + [0] * padding)
    return torch.tensor(ids), torch.tensor(mask)
