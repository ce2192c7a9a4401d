"""Exercise 04.1, encode_pair: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

COMPLETION = "[*tokenizer.encode(completion, add_special_tokens=False), tokenizer.eos_token_id]"
RETURN = "return torch.tensor(prompt_ids), torch.tensor(completion_ids)"

wrong("The completion has no EOS: the model never learns to stop.", {
    COMPLETION: "tokenizer.encode(completion, add_special_tokens=False)",
})  # fmt: skip

wrong("The completion begins with a second BOS, in the middle of the row.", {
    "add_special_tokens=False": "add_special_tokens=True",
})  # fmt: skip

wrong("The prompt has no BOS; when the model answers, it has one.", {
    "tokenizer.encode(prompt)": "tokenizer.encode(prompt, add_special_tokens=False)",
})  # fmt: skip

wrong("The two texts are encoded as one: a token that crosses the border changes both halves.", {
    RETURN: "both = [*tokenizer.encode(prompt + completion), tokenizer.eos_token_id]\n"
            "return torch.tensor(both[: len(prompt_ids)]), torch.tensor(both[len(prompt_ids) :])",
})  # fmt: skip

right("both halves at once", {RETURN: "return tuple(torch.tensor(ids) for ids in (prompt_ids, completion_ids))"})


@right("EOS is concatenated as a tensor")
def encode_pair(tokenizer, prompt, completion):
    answer = torch.tensor(tokenizer.encode(completion, add_special_tokens=False), dtype=torch.long)
    return torch.tensor(tokenizer.encode(prompt)), torch.cat([answer, torch.tensor([tokenizer.eos_token_id])])


@core("one line")
def encode_pair_in_one_line(tokenizer, prompt, completion):
    end = [tokenizer.eos_token_id]
    return torch.tensor(tokenizer.encode(prompt)), torch.tensor(tokenizer.encode(completion, False) + end)
