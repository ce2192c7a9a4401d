"""Exercise 02.3, sample: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson02_sampling.policy.distribution import sampling_log_probs
from lesson02_sampling.rollout.sample import Completion

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

DISTRIBUTION = "distribution = sampling_log_probs(model(ids).logits[:, -1], **settings)"
DRAW = "torch.multinomial(distribution.exp(), 1, generator=generator)"

wrong("The log-probs are those of the whole vocabulary, but the draw was from the truncated distribution.", {
    DISTRIBUTION: "logits = model(ids).logits[:, -1]\ndistribution = sampling_log_probs(logits, **settings)\n"
                  "whole = sampling_log_probs(logits, settings.get('temperature', 1.0))",
    "distribution.gather(-1, token)": "whole.gather(-1, token)",
})  # fmt: skip

wrong("The log-probs are those of temperature 1, but the draw was at another temperature.", {
    DISTRIBUTION: "logits = model(ids).logits[:, -1]\ndistribution = sampling_log_probs(logits, **settings)\n"
                  "plain = sampling_log_probs(logits, **{**settings, 'temperature': 1.0})",
    "distribution.gather(-1, token)": "plain.gather(-1, token)",
})  # fmt: skip

wrong("The tokens are drawn from the plain softmax: the settings enter the log-probs only.", {
    DISTRIBUTION: "logits = model(ids).logits[:, -1]\ndistribution = sampling_log_probs(logits, **settings)",
    DRAW: "torch.multinomial(logits.softmax(-1), 1, generator=generator)",
})  # fmt: skip

wrong("The most likely token is taken each time; a token must be drawn with its probability.", {
    DRAW: "distribution.argmax(-1, keepdim=True)",
})  # fmt: skip

wrong("Every completion is drawn with the same seed, so all completions of the group are equal.", {
    DRAW: "torch.cat([torch.multinomial(row.exp()[None], 1, generator=torch.Generator().manual_seed(len(log_probs)))"
          " for row in distribution])",
})  # fmt: skip

wrong("A completion goes on after its EOS: cut it there.", {
    "length = ends[0] + 1 if ends else drawn.shape[1]": "length = drawn.shape[1]",
})  # fmt: skip

wrong("The EOS is cut off; it was drawn, and its log-probability counts.", {"ends[0] + 1": "ends[0]"})

wrong("Every completion is called finished, even if it was cut off without EOS.", {
    "finished=bool(ends)": "finished=True",
})  # fmt: skip

wrong("A completion whose EOS is the last token that was allowed is finished, too.", {
    "finished=bool(ends)": "finished=length < max_new_tokens",
})  # fmt: skip

wrong("The loop stops as soon as one completion has ended; the others are cut off.", {"ended.all()": "ended.any()"})

wrong("The model sees the newest token only, without the text before it.", {
    "model(ids).logits[:, -1]": "model(ids[:, -1:]).logits[:, -1]",
})  # fmt: skip

wrong("An EOS in the prompt counts as the end of the completion.", {
    "ended |= token[:, 0] == eos_token_id": "ended = (ids == eos_token_id).any(1)",
})  # fmt: skip

wrong("kept is True for every token, also for those that could not have been drawn.", {
    "kept.append(distribution > -torch.inf)": "kept.append(torch.ones_like(distribution, dtype=torch.bool))",
})  # fmt: skip

wrong("The draws do not use the generator: nobody can repeat them.", {
    DRAW: "torch.multinomial(distribution.exp(), 1)",
})  # fmt: skip

wrong("The loop runs on after every completion has ended, at the price of a forward pass for each token.", {
    "if ended.all():\n    break": "",
})  # fmt: skip

wrong("Sampling builds a graph for the gradient: every forward pass stays in memory.", {"@torch.no_grad()": ""})


right("the largest of log-probs with Gumbel noise; the EOS is looked for in a list", {
    DRAW: "(distribution - torch.rand(distribution.shape, generator=generator).log().neg().log()).argmax(1)[:, None]",
    "ends = (drawn[i] == eos_token_id).nonzero()[:, 0].tolist()":
        "ends = [t for t, token in enumerate(drawn[i].tolist()) if token == eos_token_id]",
})  # fmt: skip

core("with torch's global random state, and without an early end", {
    DRAW: "torch.multinomial(distribution.exp(), 1)",
    "if ended.all():\n    break": "",
})  # fmt: skip


@right("one completion after the other")
@torch.no_grad()
def sample_one_by_one(model, prompt_ids, num_samples, eos_token_id, max_new_tokens, generator=None, **settings):
    rows = [[prompt_ids, [], [], False] for _ in range(num_samples)]
    for _ in range(max_new_tokens):
        if all(row[3] for row in rows):
            break
        logits = model(torch.stack([row[0] for row in rows])).logits[:, -1]
        for row, log_p in zip(rows, sampling_log_probs(logits, **settings), strict=True):
            token = torch.multinomial(log_p.exp(), 1, generator=generator)
            row[0] = torch.cat([row[0], token])
            if not row[3]:
                row[1].append(log_p[token])
                row[2].append(log_p != -torch.inf)
                row[3] = int(token) == eos_token_id
    start = len(prompt_ids)
    return [Completion(r[start : start + len(k)], torch.cat(q), torch.stack(k), f) for r, q, k, f in rows]
