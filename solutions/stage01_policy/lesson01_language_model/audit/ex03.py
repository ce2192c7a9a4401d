"""Exercise 01.3, text_log_probs: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson01_language_model.probability.texts import completion_mask, token_log_probs
from torch import nn

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

SUM = "log_probs.where(mask, 0.0).sum(-1)"

wrong("The mean over the tokens is taken. A text has the product of its tokens' probabilities: sum the logarithms.", {
    SUM: "log_probs.where(mask, 0.0).sum(-1) / mask.sum(-1)",
})  # fmt: skip

wrong("The mean over all columns is taken: the result depends on the padding.", {
    SUM: "log_probs.where(mask, 0.0).mean(-1)",
})  # fmt: skip

wrong("The mask comes after the mean: prompt and padding are part of it, and only the length is the completion's.", {
    SUM: "log_probs.mean(-1) * mask.sum(-1)",
})  # fmt: skip

wrong("The mask is not used: prompt and padding are part of the sum.", {SUM: "log_probs.sum(-1)"})

wrong("The prompt is part of the sum: this is log p(prompt and completion).", {
    SUM: "log_probs.where(mask | (torch.arange(1, ids.shape[1]) < prompt_lengths[:, None]), 0.0).sum(-1)",
})  # fmt: skip

wrong("Padding is found by its id. A token of the completion with the same id, such as EOS, is then not counted.", {
    SUM: "log_probs.where(mask & (ids[:, 1:] != 0), 0.0).sum(-1)",
})  # fmt: skip

wrong("The probabilities of the tokens are summed. They are multiplied, so their logarithms are summed.", {
    SUM: "log_probs.exp().where(mask, 0.0).sum(-1)",
})  # fmt: skip

wrong("These are probabilities; log-probabilities are asked for.", {SUM: "log_probs.where(mask, 0.0).sum(-1).exp()"})

wrong("The temperature is not passed on: these are log-probabilities at temperature 1.", {
    "token_log_probs(model(ids).logits, ids, temperature)": "token_log_probs(model(ids).logits, ids)",
})  # fmt: skip

wrong("The model runs without gradient: nothing could be trained with these log-probabilities.", {
    "log_probs = token_log_probs(model(ids).logits, ids, temperature)": """
        with torch.no_grad():
            log_probs = token_log_probs(model(ids).logits, ids, temperature)
    """,
})  # fmt: skip

wrong("The rows are padded on the left, but the mask counts from the left edge.", {
    "nn.utils.rnn.pad_sequence(rows, batch_first=True)":
        "nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_side='left')",
})  # fmt: skip

wrong("An EOS is added behind each completion. A completion that was cut off has none, and the others have theirs.", {
    "torch.cat([prompt, completion])": "torch.cat([prompt, completion, torch.tensor([0])])",
    "[len(completion) for completion in completions]": "[len(completion) + 1 for completion in completions]",
})  # fmt: skip

wrong("Multiplying by the mask does not remove a log-probability of -inf at the padding: -inf * 0 is NaN.", {
    SUM: "(log_probs * mask).sum(-1)",
})  # fmt: skip


@right("the slice of each row instead of a mask")
def text_log_probs(model, prompts, completions, temperature=1.0):
    width = max(len(p) + len(c) for p, c in zip(prompts, completions, strict=True))
    ids = torch.ones(len(prompts), width, dtype=torch.long)
    for row, prompt, completion in zip(ids, prompts, completions, strict=True):
        row[: len(prompt)] = prompt
        row[len(prompt) : len(prompt) + len(completion)] = completion
    log_probs = token_log_probs(model(ids).logits, ids, temperature)
    starts = [len(prompt) - 1 for prompt in prompts]
    rows = zip(log_probs, starts, completions, strict=True)
    return torch.stack([row[start : start + len(completion)].sum() for row, start, completion in rows])


@right("padded with another id, summed with nansum")
def text_log_probs(model, prompts, completions, temperature=1.0):
    rows = list(map(torch.cat, zip(prompts, completions, strict=True)))
    ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=1)
    lengths = [torch.tensor(list(map(len, part))) for part in (prompts, completions)]
    mask = completion_mask(*lengths, ids.size(1))
    log_probs = token_log_probs(model(ids).logits, ids, temperature)
    return log_probs.masked_fill(~mask, torch.nan).nansum(dim=1)


@core("one forward pass for each pair")
def text_log_probs(model, prompts, completions, temperature=1.0):
    sums = []
    for prompt, completion in zip(prompts, completions, strict=True):
        ids = torch.cat([prompt, completion])[None]
        sums.append(token_log_probs(model(ids).logits, ids, temperature)[0, len(prompt) - 1 :].sum())
    return torch.stack(sums)
