"""Exercise 02.4, completion_log_probs: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

LOGITS = "model(ids[None]).logits[0, len(prompt_ids) - 1 : -1] / temperature"
LAST = "return logits.log_softmax(-1).gather(-1, token_ids[:, None]).squeeze(-1)"

wrong("The softmax is over the whole vocabulary, not over the tokens in kept: the ratio at step 0 is not 1.", {
    "kept is not None": "False",
})  # fmt: skip

wrong("The temperature of the draw is ignored.", {LOGITS: "model(ids[None]).logits[0, len(prompt_ids) - 1 : -1]"})

wrong("The log-probs are divided by the temperature; the logits must be, before the softmax.", {
    LOGITS: "model(ids[None]).logits[0, len(prompt_ids) - 1 : -1]",
    LAST: "return logits.log_softmax(-1).gather(-1, token_ids[:, None]).squeeze(-1) / temperature",
})  # fmt: skip

wrong("Each token is scored with the logits of its own position; the position before predicts it.", {
    LOGITS: "model(ids[None]).logits[0, len(prompt_ids) :] / temperature",
})  # fmt: skip

wrong("The model never sees the prompt.", {
    "ids = torch.cat([prompt_ids, token_ids])": "ids = torch.cat([prompt_ids[-1:], token_ids])",
    LOGITS: "model(ids[None]).logits[0, :-1] / temperature",
})  # fmt: skip

wrong("Tokens that are not kept get the logit 0, which is no small one; -inf gives probability 0.", {
    "logits.masked_fill(~kept, -torch.inf)": "logits.masked_fill(~kept, 0.0)",
})  # fmt: skip

wrong("kept is turned round: the tokens that could have been drawn are the ones you remove.", {
    "logits.masked_fill(~kept, -torch.inf)": "logits.masked_fill(kept, -torch.inf)",
})  # fmt: skip

wrong("The log-probs are detached: the model cannot learn from them.", {
    LAST: "return logits.log_softmax(-1).gather(-1, token_ids[:, None]).squeeze(-1).detach()",
})  # fmt: skip


@right("the logit minus the logsumexp over the tokens that are kept")
def completion_log_probs(model, prompt_ids, token_ids, kept=None, temperature=1.0):
    logits = model(torch.cat([prompt_ids, token_ids])[None]).logits[0] / temperature
    logits = logits[-len(token_ids) - 1 : -1]
    chosen = logits[torch.arange(len(token_ids)), token_ids]
    if kept is None:
        kept = torch.ones_like(logits, dtype=torch.bool)
    return chosen - torch.where(kept, logits, torch.finfo(logits.dtype).min).logsumexp(-1)


@right("one forward pass for each token")
def completion_log_probs_one_by_one(model, prompt_ids, token_ids, kept=None, temperature=1.0):
    log_probs = []
    for t, token in enumerate(token_ids):
        logits = model(torch.cat([prompt_ids, token_ids[:t]])[None]).logits[0, -1] / temperature
        if kept is not None:
            logits = logits + torch.where(kept[t], 0.0, -torch.inf)
        log_probs.append(torch.log_softmax(logits, -1)[token])
    return torch.stack(log_probs)


@core("three lines")
def completion_log_probs_in_three_lines(model, prompt_ids, token_ids, kept=None, temperature=1.0):
    logits = model(torch.cat([prompt_ids, token_ids])[None]).logits[0, len(prompt_ids) - 1 : -1] / temperature
    logits = logits if kept is None else logits.masked_fill(~kept, -torch.inf)
    return logits.log_softmax(-1).gather(-1, token_ids[:, None])[:, 0]
