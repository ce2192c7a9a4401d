"""Exercise 14.12, GRPOTrainer.update: known mistakes, right answers written otherwise, and the core variant."""

import torch
from torch import nn

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

PARTS = "-(-rows // (config.micro_batch_size or rows))"  # how many micro-batches there are
DENOMINATORS = '{"token": tokens, "sequence": rows, "constant": rows * config.max_new_tokens}'
CLIP = "grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)"
OPTIONS = "config.epsilon, config.temperature, config.aggregation, denominator"


def loss_call(options):
    """The call of the loss with these last four arguments."""
    return f"self.loss(self.model, ids[part], mask[part], advantages[part], old_log_probs[part], {options})"


wrong("Micro-batches have their own denominators and are then averaged: a mean of means is no mean.", {
    "denominator": "len(part) * config.max_new_tokens if config.aggregation == 'constant' else None",
    "loss.backward()": f"loss = loss / {PARTS}\nloss.backward()",
})  # fmt: skip

wrong("Each micro-batch has its own denominator, so their sum grows with the number of micro-batches.", {
    "denominator": "len(part) * config.max_new_tokens if config.aggregation == 'constant' else None",
})  # fmt: skip

wrong("Besides the whole batch's denominator, each loss is divided by the number of micro-batches.", {
    "loss.backward()": f"loss = loss / {PARTS}\nloss.backward()",
})  # fmt: skip

wrong("The denominator of \"token\" counts all positions of the batch, prompt and padding too.", {
    DENOMINATORS: DENOMINATORS.replace("tokens,", "mask[:, 1:].numel(),"),
})  # fmt: skip

wrong("The denominator of \"constant\" has the batch's width, which depends on lengths, for max_new_tokens.", {
    "config.max_new_tokens": "mask[:, 1:].shape[1]",
})  # fmt: skip

wrong("Old gradients are not cleared: zero_grad is missing, and what was in .grad before is added.", {
    "self.optimizer.zero_grad()": "",
})  # fmt: skip

wrong("The gradient is cleared for each micro-batch, so only the last one counts.", {
    "self.optimizer.zero_grad()": "",
    "loss.backward()": "self.optimizer.zero_grad()\nloss.backward()",
})  # fmt: skip

wrong("The optimizer steps after each micro-batch; there should be one step for the whole batch.", {
    "self.optimizer.step()": "",
    'metrics["loss"] += loss.item()': 'self.optimizer.step()\nmetrics["loss"] += loss.item()',
})  # fmt: skip

wrong("The gradient is clipped after each micro-batch; only the sum of all of them should be.", {
    CLIP: "",
    'metrics["loss"] += loss.item()': f'metrics["loss"] += loss.item()\n{CLIP}',
})  # fmt: skip

wrong("The gradient is clipped after the optimizer's step; it has to be clipped before.", {
    "self.optimizer.step()": "",
    CLIP: f"self.optimizer.step()\n{CLIP}",
})  # fmt: skip

wrong("Each entry of the gradient is clipped on its own; it is the norm of the whole that has a bound.", {
    CLIP: """
        grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), float('inf'))
        nn.utils.clip_grad_value_(self.model.parameters(), config.max_grad_norm)
    """,
})  # fmt: skip

wrong("grad_norm is the norm after clipping; the one before it is wanted.", {
    "grad_norm.item()": "min(grad_norm.item(), config.max_grad_norm)",
})  # fmt: skip

wrong("config.temperature does not reach the loss: the log-probabilities are those of temperature 1.", {
    "config.temperature": "1.0",
})  # fmt: skip

wrong("config.epsilon does not reach the loss: it always clips at 0.2.", {"config.epsilon": "0.2"})

wrong("config.aggregation does not reach the loss, which always sums over tokens as for \"token\".", {
    loss_call(OPTIONS): loss_call('config.epsilon, config.temperature, "token", denominator'),
})  # fmt: skip

wrong("The loss that is returned is that of the last micro-batch, not of the whole batch.", {
    'metrics["loss"] += loss.item()': 'metrics["loss"] = loss.item()',
})  # fmt: skip

wrong("clip_fraction is a plain mean over micro-batches, though they differ in their numbers of tokens.", {
    'details["clip_fraction"] * mask[part, 1:].sum().item() / max(tokens, 1)': f'details["clip_fraction"] / {PARTS}',
})  # fmt: skip

wrong("All rows go through the model at once, whatever config.micro_batch_size says.", {
    "config.micro_batch_size or rows": "rows",
})  # fmt: skip

wrong("The sign of the loss is changed before backward: the update makes bad responses more likely.", {
    "loss.backward()": "(-loss).backward()",
})  # fmt: skip

wrong("old_log_probs are replaced by those of the present model: the ratio is always 1.", {
    "from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss":
        "from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss, token_log_probs",
    "old_log_probs[part]": "token_log_probs(self.model, ids[part], config.temperature).detach()",
})  # fmt: skip

wrong("A batch without a response token ends in a division by zero; its clip_fraction is 0.", {
    "max(tokens, 1)": "tokens",
})  # fmt: skip

wrong("The model is put into training mode: with dropout the ratio is not 1 before the first update.", {
    "self.optimizer.zero_grad()": "self.model.train()\nself.optimizer.zero_grad()",
})  # fmt: skip


@right("slices, the gradient scaled by hand, counts instead of shares")
def update(self, ids, mask, advantages, old_log_probs):
    config = self.config
    size = config.micro_batch_size if config.micro_batch_size > 0 else len(ids)
    counted = mask[:, 1:].sum(dim=1)
    denominators = {"token": float(counted.sum()), "sequence": float(len(ids))}
    for p in self.model.parameters():
        p.grad = None
    total, clipped = 0.0, 0.0
    for a in range(0, len(ids), size):
        loss, details = self.loss(
            self.model, ids[a : a + size], mask[a : a + size], advantages[a : a + size], old_log_probs[a : a + size],
            epsilon=config.epsilon, temperature=config.temperature, aggregation=config.aggregation,
            denominator=denominators.get(config.aggregation, len(ids) * config.max_new_tokens),
        )  # fmt: skip
        loss.backward()
        total += float(loss.detach())
        clipped += details["clip_fraction"] * int(counted[a : a + size].sum())
    grads = [p.grad for p in self.model.parameters() if p.grad is not None]
    norm = float(torch.sqrt(sum((g.double() ** 2).sum() for g in grads)))
    if norm > config.max_grad_norm:
        for g in grads:
            g.mul_(config.max_grad_norm / (norm + 1e-6))
    self.optimizer.step()
    return {"grad_norm": norm, "loss": total, "clip_fraction": clipped / max(int(counted.sum()), 1)}


@right("means of the micro-batches weighed back to sums, the last micro-batch first")
def update_weighed(self, ids, mask, advantages, old_log_probs):
    config, rows = self.config, len(ids)
    tokens = max(int(mask[:, 1:].sum()), 1)
    self.optimizer.zero_grad(set_to_none=False)
    metrics = {"loss": 0.0, "clip_fraction": 0.0}
    for part in reversed(torch.arange(rows).split(config.micro_batch_size or rows)):
        own = max(int(mask[part, 1:].sum()), 1)
        share = own / tokens if config.aggregation == "token" else len(part) / rows
        constant = len(part) * config.max_new_tokens if config.aggregation == "constant" else None
        loss, details = self.loss(
            self.model, ids[part], mask[part], advantages[part], old_log_probs[part],
            config.epsilon, config.temperature, config.aggregation, constant,
        )  # fmt: skip
        (loss * share).backward()
        metrics["loss"] += share * loss.item()
        metrics["clip_fraction"] += details["clip_fraction"] * own / tokens
    metrics["grad_norm"] = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm))
    self.optimizer.step()
    return metrics


@core("one denominator, a loop, one step")
def update_in_a_loop(self, ids, mask, advantages, old_log_probs):
    c, n, tokens = self.config, len(ids), mask[:, 1:].sum()
    denominator = {"token": tokens, "sequence": n, "constant": n * c.max_new_tokens}[c.aggregation]
    self.optimizer.zero_grad()
    total, clipped, size = 0.0, 0.0, c.micro_batch_size or n
    for i in range(0, n, size):
        part = slice(i, i + size)
        loss, details = self.loss(
            self.model, ids[part], mask[part], advantages[part], old_log_probs[part],
            c.epsilon, c.temperature, c.aggregation, denominator,
        )  # fmt: skip
        loss.backward()
        total += loss.item()
        clipped += details["clip_fraction"] * mask[part, 1:].sum() / tokens
    norm = nn.utils.clip_grad_norm_(self.model.parameters(), c.max_grad_norm)
    self.optimizer.step()
    return {"loss": total, "clip_fraction": float(clipped), "grad_norm": norm.item()}
