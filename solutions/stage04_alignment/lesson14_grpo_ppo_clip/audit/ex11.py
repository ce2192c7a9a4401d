"""Exercise 14.11, GRPOTrainer.batch_of: what people get wrong, and right answers written otherwise."""

import torch

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The stored log-probabilities stand one column too far right: column t belongs to the token at t + 1.", {
    "mask[:, 1:].shape": "mask.shape",
    "old_log_probs[mask[:, 1:].bool()] = torch.cat(rollout.log_probs)":
        "old_log_probs[mask.bool()] = torch.cat(rollout.log_probs)\nold_log_probs = old_log_probs[:, :-1]",
})  # fmt: skip

wrong("old_log_probs has a column for each token; the first token of a row has no log-probability.", {
    "mask[:, 1:].shape": "mask.shape",
    "mask[:, 1:].bool": "mask.bool",
})  # fmt: skip

wrong("old_log_probs is only as wide as the longest response; the prompts need places, too.", {
    "old_log_probs = torch.zeros(mask[:, 1:].shape, dtype=rollout.log_probs[0].dtype, device=ids.device)":
        "old_log_probs = torch.nn.utils.rnn.pad_sequence(rollout.log_probs, batch_first=True)",
    "old_log_probs[mask[:, 1:].bool()] = torch.cat(rollout.log_probs)  # both run row by row": "",
})  # fmt: skip

wrong("Each row's log-probabilities begin at column 0, beside the prompt; they belong beside the response.", {
    "old_log_probs[mask[:, 1:].bool()] = torch.cat(rollout.log_probs)  # both run row by row":
        "for row, stored in zip(old_log_probs, rollout.log_probs, strict=True):\n"
        "            row[: len(stored)] = stored",
})  # fmt: skip

wrong("Each row's log-probabilities stand at its right end, but there the shorter rows have padding.", {
    "old_log_probs[mask[:, 1:].bool()] = torch.cat(rollout.log_probs)  # both run row by row":
        "for row, stored in zip(old_log_probs, rollout.log_probs, strict=True):\n"
        "            row[-len(stored) :] = stored",
})  # fmt: skip

wrong("Prompt and padding have -inf in your old_log_probs; they should have 0.", {
    "torch.zeros(mask[:, 1:].shape, dtype=rollout.log_probs[0].dtype, device=ids.device)":
        "torch.full(mask[:, 1:].shape, -torch.inf, dtype=rollout.log_probs[0].dtype, device=ids.device)",
})  # fmt: skip

wrong("You compute the log-probabilities anew with the present model; the stored ones are wanted.", {
    "from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss":
        "from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss, token_log_probs",
    "torch.cat(rollout.log_probs)":
        "token_log_probs(self.model, ids).detach().to(old_log_probs.dtype)[mask[:, 1:].bool()]",
})  # fmt: skip

wrong("Your old_log_probs have an integer type, which cuts off everything behind the decimal point.", {
    "torch.zeros(mask[:, 1:].shape, dtype=rollout.log_probs[0].dtype, device=ids.device)":
        "torch.zeros_like(mask[:, 1:])",
    "torch.cat(rollout.log_probs)": "torch.cat(rollout.log_probs).long()",
})  # fmt: skip


@wrong("You encode the decoded responses again: their EOS is lost; the rollout has the sampled ids themselves.")
def batch_of(self, rollout):
    device = rollout.token_ids[0].device
    again = [torch.tensor(self.tokenizer.encode(text), dtype=torch.long) for text in rollout.responses]
    ids, mask = self.dataset.get_batch(rollout.prompts, again, device)
    old_log_probs = torch.zeros(mask[:, 1:].shape, dtype=rollout.log_probs[0].dtype, device=device)
    for row, new, stored in zip(range(len(ids)), again, rollout.log_probs, strict=True):
        start = len(self.tokenizer.encode(rollout.prompts[row])) - 1
        old_log_probs[row, start : start + len(new)] = stored[: len(new)]
    return ids, mask, old_log_probs


wrong("You return mask[:, 1:]; the mask must keep its first column, the loss shifts it itself.", {
    "return ids, mask, old_log_probs": "return ids, mask[:, 1:], old_log_probs",
})  # fmt: skip

wrong("Every token of a response has their sum as its log-probability; each token should keep its own.", {
    "torch.cat(rollout.log_probs)": "torch.cat([stored.sum().expand(len(stored)) for stored in rollout.log_probs])",
})  # fmt: skip

wrong("You store probabilities: exp was applied to the rollout's log-probabilities.", {
    "torch.cat(rollout.log_probs)": "torch.cat(rollout.log_probs).exp()",
})  # fmt: skip

# Right answers written otherwise


@right("a loop over rows, placed by the prompts' lengths")
def batch_of(self, rollout):
    device = rollout.token_ids[0].device
    ids, mask = self.dataset.get_batch(rollout.prompts, rollout.token_ids, device)
    old_log_probs = torch.zeros(len(ids), ids.shape[1] - 1, device=device)
    for row, (prompt, stored) in enumerate(zip(rollout.prompts, rollout.log_probs, strict=True)):
        start = len(self.tokenizer.encode(prompt)) - 1
        old_log_probs[row, start : start + len(stored)] = stored
    return ids, mask, old_log_probs


@right("masked_scatter into a table of the full width, cut afterwards")
def batch_of_scatter(self, rollout):
    ids, mask = self.dataset.get_batch(rollout.prompts, rollout.token_ids, rollout.token_ids[0].device)
    flat = torch.cat(rollout.log_probs)
    wide = flat.new_zeros(mask.shape).masked_scatter(mask == 1, flat)
    return (ids, mask, wide[:, 1:])


@right("zeros put before each row, then padded on the right; starts read from the mask")
def batch_of_padded(self, rollout):
    ids, mask = self.dataset.get_batch(rollout.prompts, rollout.token_ids)
    ids, mask = ids.to(rollout.token_ids[0].device), mask.to(rollout.token_ids[0].device)
    rows = []
    for stored, start in zip(rollout.log_probs, mask.argmax(dim=1).tolist(), strict=True):
        rows.append(torch.nn.functional.pad(stored, (start - 1, ids.shape[1] - start - len(stored))))
    return ids, mask, torch.stack(rows)
