"""Exercise 13.1, GRPODataset.__getitem__: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("The responses do not end with EOS, so the model never learns to stop.", {
    "[*ids, self.tokenizer.eos_token_id][:room]": "ids[:room]",
})  # fmt: skip

wrong("EOS is appended after the cut: a cut response gets one, and is one token too long.", {
    "[*ids, self.tokenizer.eos_token_id][:room]": "[*ids[:room], self.tokenizer.eos_token_id]",
})  # fmt: skip

wrong("The cut keeps a place for EOS, so a response that was cut ends as if it were whole.", {
    "[*ids, self.tokenizer.eos_token_id][:room]": "[*ids[: room - 1], self.tokenizer.eos_token_id]",
})  # fmt: skip

wrong("The prompt ends with EOS, as if the text were over before the response begins.", {
    'self.tokenizer.encode(row["prompt"])': '[*self.tokenizer.encode(row["prompt"]), self.tokenizer.eos_token_id]',
})  # fmt: skip

wrong("A long prompt loses its end; it should lose its beginning, since the question usually comes last.", {
    'self.tokenizer.encode(row["prompt"])[-(self.max_length - 1) :]':
        'self.tokenizer.encode(row["prompt"])[: self.max_length - 1]',
})  # fmt: skip

wrong("A long prompt is cut to max_length tokens, which leaves no room for a response.", {
    "self.max_length - 1": "self.max_length",
})  # fmt: skip

wrong("A long response is never cut to the room that the prompt leaves.", {
    "[*ids, self.tokenizer.eos_token_id][:room]": "[*ids, self.tokenizer.eos_token_id]",
})  # fmt: skip

wrong("A response alone may take max_length tokens; the bound is on prompt and response together.", {
    "room = self.max_length - len(prompt_ids)": "room = self.max_length",
})  # fmt: skip

wrong("Responses are encoded with special tokens: each gets a BOS in the middle of the text.", {
    "self.tokenizer.encode(r, add_special_tokens=False)": "self.tokenizer.encode(r)",
})  # fmt: skip

wrong("The prompt is encoded without the special tokens that the tokenizer adds in front.", {
    'self.tokenizer.encode(row["prompt"])': 'self.tokenizer.encode(row["prompt"], add_special_tokens=False)',
})  # fmt: skip

wrong("Prompt + response are encoded as one text and cut apart: a token can reach across the border.", {
    "encoded = [self.tokenizer.encode(r, add_special_tokens=False) for r in responses]": """
        whole = self.tokenizer.encode(row["prompt"])
        encoded = [self.tokenizer.encode(row["prompt"] + r)[len(whole) :] for r in responses]
    """,
})  # fmt: skip

wrong("All responses of a row are used, however many; num_samples has no effect.", {
    "responses = responses[: self.num_samples]": "responses = list(responses)",
    "rewards[: self.num_samples]": "rewards",
})  # fmt: skip

wrong("The responses are cut to num_samples, but the rewards are not.", {"rewards[: self.num_samples]": "rewards"})

wrong("Rewards get their type from the file: whole numbers become an integer tensor, not float32.", {
    "torch.tensor(rewards[: self.num_samples], dtype=torch.float32)": "torch.tensor(rewards[: self.num_samples])",
})  # fmt: skip

wrong("The responses are padded to one tensor; they must be a list of tensors, each of its own length.", {
    "response_ids = [torch.tensor([*ids, self.tokenizer.eos_token_id][:room]) for ids in encoded]": """
        response_ids = [torch.tensor([*ids, self.tokenizer.eos_token_id][:room]) for ids in encoded]
        response_ids = torch.nn.utils.rnn.pad_sequence(response_ids, batch_first=True)
    """,
})  # fmt: skip

wrong("A row without responses gets an empty list of token ids; it must be None.", {
    "response_ids = None": "response_ids = []",
})  # fmt: skip

wrong("Other columns of the row, such as the answer, are lost: a reward function may need them.", {
    '{**row, "prompt_ids": torch.tensor(prompt_ids), "responses": responses, "response_ids":'
    ' response_ids, "rewards": rewards}':
    '{"prompt": row["prompt"], "prompt_ids": torch.tensor(prompt_ids), "responses": responses,'
    ' "response_ids": response_ids, "rewards": rewards}',
})  # fmt: skip

wrong("Reading an item takes its responses out of the data set: in the second epoch they are missing.", {
    'row.get("responses"), row.get("rewards")': 'row.pop("responses", None), row.pop("rewards", None)',
})  # fmt: skip


@right("an item that is filled step by step; ids are dropped one at a time until all fits")
def __getitem__(self, idx):
    item = dict(self.rows[idx])
    ids = list(self.tokenizer.encode(item["prompt"], add_special_tokens=True))
    while len(ids) > self.max_length - 1:
        ids.pop(0)
    item["prompt_ids"] = torch.LongTensor(ids)
    item.setdefault("responses", None)
    item.setdefault("rewards", None)
    item["response_ids"] = None
    if item["responses"] is not None:
        item["responses"] = [r for i, r in enumerate(item["responses"]) if i < self.num_samples]
        item["response_ids"] = []
        for r in item["responses"]:
            ids = [*self.tokenizer.encode(r, add_special_tokens=False), self.tokenizer.eos_token_id]
            while len(ids) + len(item["prompt_ids"]) > self.max_length:
                ids.pop()
            item["response_ids"].append(torch.as_tensor(ids, dtype=torch.long))
    if item["rewards"] is not None:
        item["rewards"] = torch.tensor(item["rewards"], dtype=torch.float64)[: self.num_samples].float()
    return item


right("tensors are cut, not lists", {
    'self.tokenizer.encode(row["prompt"])[-(self.max_length - 1) :]':
        'torch.tensor(self.tokenizer.encode(row["prompt"])).flip(0)[: self.max_length - 1].flip(0)',
    "torch.tensor([*ids, self.tokenizer.eos_token_id][:room])":
        "torch.cat([torch.tensor(ids, dtype=torch.long), torch.tensor([self.tokenizer.eos_token_id])])[:room]",
    "torch.tensor(prompt_ids)": "prompt_ids",
})  # fmt: skip


@core("rewards in torch's default type")
def __getitem__(self, idx):
    item = {"responses": None, "response_ids": None, "rewards": None, **self.rows[idx]}
    prompt = self.tokenizer.encode(item["prompt"])[-(self.max_length - 1) :]
    item["prompt_ids"] = torch.tensor(prompt)
    if item["responses"]:
        item["responses"] = item["responses"][: self.num_samples]
        encoded = [self.tokenizer.encode(r, add_special_tokens=False) for r in item["responses"]]
        eos, room = self.tokenizer.eos_token_id, self.max_length - len(prompt)
        item["response_ids"] = [torch.tensor([*ids, eos][:room]) for ids in encoded]
    if item["rewards"]:
        item["rewards"] = torch.tensor(item["rewards"][: self.num_samples])
    return item
