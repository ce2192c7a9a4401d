"""Exercise 13.4, sequence_log_probs: what people get wrong, other right answers, and the shortest right one."""

import torch
from torch import nn

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("The logits are not shifted: each token is looked up at its own position, not one before.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, 1:]",
})  # fmt: skip

wrong("The shift goes the wrong way: each token is looked up in the logits of the position behind it.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, 1:]",
    "ids[:, 1:, None]": "ids[:, :-1, None]",
    "torch.arange(1, ids.shape[1], device=ids.device)": "torch.arange(ids.shape[1] - 1, device=ids.device)",
})  # fmt: skip

wrong("The prompt's own tokens are part of your sum.", {
    "(position >= len(prompt_ids)) & (position < ends[:, None])": "position < ends[:, None]",
})  # fmt: skip

wrong("The last token of the prompt is part of your sum: the mask begins one position too early.", {
    "position >= len(prompt_ids)": "position >= len(prompt_ids) - 1",
})  # fmt: skip

wrong("The first token of each response is left out: the prompt's last position predicts it.", {
    "position >= len(prompt_ids)": "position > len(prompt_ids)",
})  # fmt: skip

wrong("The mask is not shifted with the logits: a response's first token is lost, one of padding counts.", {
    "(position >= len(prompt_ids)) & (position < ends[:, None])":
        "(position > len(prompt_ids)) & (position <= ends[:, None])",
})  # fmt: skip

wrong("The last token of each response is left out, which is usually the EOS; it counts.", {
    "position < ends[:, None]": "position < ends[:, None] - 1",
})  # fmt: skip

wrong("EOS is masked as if it were padding: stopping is part of the response, and it counts.", {
    "position < ends[:, None]": "(position < ends[:, None]) & (ids[:, 1:] != 1)",
})  # fmt: skip

wrong("The padding behind the shorter responses is part of your sum.", {
    "(position >= len(prompt_ids)) & (position < ends[:, None])": "(position >= len(prompt_ids)).expand_as(log_probs)",
})  # fmt: skip

wrong("Padding is found by comparing ids, so a padding token that the response does hold is lost.", {
    "position < ends[:, None]": "ids[:, 1:] != 0",
})  # fmt: skip

wrong("The end of a response is counted from the start of the row, as if there were no prompt before it.", {
    "[len(row) for row in rows]": "[len(r) for r in response_ids]",
})  # fmt: skip

wrong("The rows are padded on the left, which moves the tokens to positions that the model gets wrong.", {
    "nn.utils.rnn.pad_sequence(rows, batch_first=True)":
        "nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_side='left')",
    "(position >= len(prompt_ids)) & (position < ends[:, None])":
        "position >= ids.shape[1] - ends[:, None] + len(prompt_ids)",
})  # fmt: skip

wrong("An attention mask made from the ids hides real tokens that have the id of the padding.", {
    "model(ids)": "model(ids, attention_mask=ids != 0)",
})  # fmt: skip

wrong("The temperature is not used: the logits must be divided by it before the softmax.", {
    "model(ids).logits[:, :-1] / temperature": "model(ids).logits[:, :-1]",
})  # fmt: skip

wrong("The logits are multiplied by the temperature; it divides them.", {
    "model(ids).logits[:, :-1] / temperature": "model(ids).logits[:, :-1] * temperature",
})  # fmt: skip

wrong("The temperature divides the log-probabilities; it belongs to the logits, before the softmax.", {
    "model(ids).logits[:, :-1] / temperature": "model(ids).logits[:, :-1]",
    "logits.log_softmax(-1)": "(logits.log_softmax(-1) / temperature)",
})  # fmt: skip

wrong("This is the mean over a response's tokens; log p(response | prompt) is their sum.", {
    "(log_probs * mask).sum(-1)": "(log_probs * mask).sum(-1) / mask.sum(-1)",
})  # fmt: skip

wrong("This is a mean over the padded row: it depends on how long the other responses are.", {
    "(log_probs * mask).sum(-1)": "(log_probs * mask).mean(-1)",
})  # fmt: skip

wrong("The responses are added up, too; each has a log-probability of its own.", {
    "(log_probs * mask).sum(-1)": "(log_probs * mask).sum()",
})  # fmt: skip

wrong("The sign is that of a cross-entropy: log-probabilities are negative.", {
    "(log_probs * mask).sum(-1)": "-(log_probs * mask).sum(-1)",
})  # fmt: skip

wrong("Probabilities are summed; it is their logarithms that add up.", {"logits.log_softmax(-1)": "logits.softmax(-1)"})

wrong("The bare logits are summed; they must go through a log-softmax over the vocabulary.", {
    "logits.log_softmax(-1)": "logits",
})  # fmt: skip

wrong("The softmax goes over the positions; it belongs over the vocabulary.", {
    "logits.log_softmax(-1)": "logits.log_softmax(1)",
})  # fmt: skip

wrong("The logarithm is taken after the softmax: if a probability rounds to 0, it is minus infinity.", {
    "logits.log_softmax(-1)": "logits.softmax(-1).log()",
})  # fmt: skip

wrong("No gradient reaches the model: the forward pass or its result is detached.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, :-1].detach()",
})  # fmt: skip

wrong("squeeze() without a dimension also removes that of the tokens if there is only one token.", {
    "logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)":
        "logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze()",
})  # fmt: skip

wrong("The rows are padded with -100, which is for labels: the model knows no such token.", {
    "nn.utils.rnn.pad_sequence(rows, batch_first=True)":
        "nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-100)",
})  # fmt: skip

wrong("The rows are stacked without padding, but their lengths differ.", {
    "nn.utils.rnn.pad_sequence(rows, batch_first=True)": "torch.stack(rows)",
})  # fmt: skip

wrong("The list of responses is changed in place: the prompt now stands in the caller's responses.", {
    "rows = [torch.cat([prompt_ids, response]) for response in response_ids]":
        "rows = response_ids\nfor i, response in enumerate(rows):\n    rows[i] = torch.cat([prompt_ids, response])",
})  # fmt: skip

wrong("The responses are sorted by length and not put back: results stand at the wrong places.", {
    "rows = [torch.cat([prompt_ids, response]) for response in response_ids]": """
        response_ids = sorted(response_ids, key=len, reverse=True)
        rows = [torch.cat([prompt_ids, response]) for response in response_ids]
    """,
})  # fmt: skip


@wrong("The model reads the responses without the prompt before them.")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):
    ids = nn.utils.rnn.pad_sequence(response_ids, batch_first=True)
    logits = model(ids).logits[:, :-1] / temperature
    log_probs = logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)
    ends = torch.tensor([len(response) for response in response_ids], device=ids.device)
    return (log_probs * (torch.arange(1, ids.shape[1], device=ids.device) < ends[:, None])).sum(-1)


@right("each response by itself, without padding, in single precision")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):
    sums = []
    for response in response_ids:
        logits = model(torch.cat([prompt_ids, response])[None]).logits[0, len(prompt_ids) - 1 : -1].float()
        log_probs = torch.log_softmax(logits / temperature, dim=-1)
        sums.append(log_probs[torch.arange(len(response)), response].sum())
    return torch.stack(sums)


@right("cross-entropy, which ignores labels of -100, in double precision")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):
    longest = max(len(response) for response in response_ids)
    ids = torch.ones(len(response_ids), len(prompt_ids) + longest, dtype=torch.long)  # padded with token 1
    labels = torch.full_like(ids, -100)
    for row, response in enumerate(response_ids):
        end = len(prompt_ids) + len(response)
        ids[row, :end] = torch.cat([prompt_ids, response])
        labels[row, len(prompt_ids) : end] = response
    logits = model(ids).logits[:, :-1].double() / temperature
    return -nn.functional.cross_entropy(logits.transpose(1, 2), labels[:, 1:], reduction="none").sum(1)


@right("all responses flattened to one list of tokens, summed back by index_add")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):
    rows = nn.utils.rnn.pad_sequence([torch.cat([prompt_ids, r]) for r in response_ids], batch_first=True)
    owner = torch.cat([torch.full((len(r),), i) for i, r in enumerate(response_ids)])
    place = torch.cat([torch.arange(len(r)) for r in response_ids]) + len(prompt_ids) - 1
    logits = model(rows).logits[owner, place] / temperature
    token_log_probs = logits.log_softmax(-1).gather(1, torch.cat(response_ids)[:, None])[:, 0]
    return token_log_probs.new_zeros(len(response_ids)).index_add(0, owner, token_log_probs)


@core("a loop over the responses")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):
    sums = []
    for response in response_ids:
        logits = model(torch.cat([prompt_ids, response])[None]).logits[0] / temperature
        log_probs = logits.log_softmax(-1)[len(prompt_ids) - 1 : -1]
        sums.append(log_probs.gather(1, response[:, None]).sum())
    return torch.stack(sums)
