"""Exercise 14.11, GRPOTrainer.batch_of: known mistakes, right answers written otherwise, and the core variant."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("The stored log-probabilities stand one column too far right: column t belongs to the token at t + 1.", {
    "torch.zeros_like(mask[:, 1:], dtype=rollout.log_probs[0].dtype)":
        "torch.zeros_like(mask, dtype=rollout.log_probs[0].dtype)",
    "old_log_probs[mask[:, 1:].bool()] = torch.cat(rollout.log_probs)":
        "old_log_probs[mask.bool()] = torch.cat(rollout.log_probs)\nold_log_probs = old_log_probs[:, :-1]",
})  # fmt: skip

wrong("old_log_probs has a column for each token; the first token of a row has no log-probability.", {
    "torch.zeros_like(mask[:, 1:], dtype=rollout.log_probs[0].dtype)":
        "torch.zeros_like(mask, dtype=rollout.log_probs[0].dtype)",
    "mask[:, 1:].bool": "mask.bool",
})  # fmt: skip

wrong("Each row's log-probabilities begin at column 0, beside the prompt; they belong beside the response.", {
    "old_log_probs[mask[:, 1:].bool()] = torch.cat(rollout.log_probs)":
        "for row, stored in zip(old_log_probs, rollout.log_probs, strict=True):\n    row[: len(stored)] = stored",
})  # fmt: skip

wrong("Each row's log-probabilities stand at its right end, but the shorter rows have padding there.", {
    "old_log_probs[mask[:, 1:].bool()] = torch.cat(rollout.log_probs)":
        "for row, stored in zip(old_log_probs, rollout.log_probs, strict=True):\n    row[-len(stored) :] = stored",
})  # fmt: skip

wrong("You return mask[:, 1:]; the mask must keep its first column, the loss shifts it itself.", {
    "return ids, mask, old_log_probs": "return ids, mask[:, 1:], old_log_probs",
})  # fmt: skip


@right("masked_scatter into a table of the full width, cut afterwards")
def batch_of_scatter(self, rollout):
    ids, mask = self.dataset.get_batch(rollout.prompts, rollout.token_ids, rollout.token_ids[0].device)
    flat = torch.cat(rollout.log_probs)
    wide = flat.new_zeros(mask.shape).masked_scatter(mask == 1, flat)
    return (ids, mask, wide[:, 1:])


@right("zeros put before each row, then padded on the right; starts read from the mask")
def batch_of_padded(self, rollout):
    ids, mask = self.dataset.get_batch(rollout.prompts, rollout.token_ids)
    rows = []
    for stored, start in zip(rollout.log_probs, mask.argmax(dim=1).tolist(), strict=True):
        rows.append(torch.nn.functional.pad(stored, (start - 1, ids.shape[1] - start - len(stored))))
    return ids, mask, torch.stack(rows)


@core("a loop over rows, placed by the prompts' lengths")
def batch_of_rows(self, rollout):
    ids, mask = self.dataset.get_batch(rollout.prompts, rollout.token_ids)
    old_log_probs = torch.zeros(len(ids), ids.shape[1] - 1)
    for row, prompt, stored in zip(old_log_probs, rollout.prompts, rollout.log_probs, strict=True):
        start = len(self.tokenizer.encode(prompt)) - 1
        row[start : start + len(stored)] = stored
    return ids, mask, old_log_probs
