"""Exercise 14.12, GRPOTrainer.update: what people get wrong, and right answers written otherwise."""

import torch
from lesson14_grpo_ppo_clip.loss.ppo_clip import clip_fraction, grpo_loss, ppo_clip_loss, token_log_probs
from torch import nn

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()


@wrong("Micro-batches have their own denominators and are then averaged: a mean of means is no mean.")
def update(self, ids, mask, advantages, old_log_probs):
    config, rows = self.config, len(ids)
    tokens = mask[:, 1:].sum().item()
    metrics = {"loss": 0.0, "clip_fraction": 0.0}
    parts = torch.arange(rows).split(config.micro_batch_size or rows)
    self.optimizer.zero_grad()
    for part in parts:
        own = len(part) * config.max_new_tokens if config.aggregation == "constant" else None
        loss, seen = grpo_loss(
            self.model, ids[part], mask[part], advantages[part], old_log_probs[part],
            config.epsilon, config.temperature, config.aggregation, own,
        )  # fmt: skip
        loss = loss / len(parts)
        loss.backward()
        metrics["loss"] += loss.item()
        metrics["clip_fraction"] += seen["clip_fraction"] * mask[part, 1:].sum().item() / max(tokens, 1)
    grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)
    self.optimizer.step()
    return {**metrics, "grad_norm": grad_norm.item()}


wrong("Each micro-batch has its own denominator, so their sum grows with the number of micro-batches.", {
    "denominator": "len(part) * config.max_new_tokens if config.aggregation == 'constant' else None",
})  # fmt: skip

wrong("Besides the whole batch's denominator, each loss is divided by the number of micro-batches.", {
    "loss.backward()": "loss = loss / -(-rows // (config.micro_batch_size or rows))\nloss.backward()",
})  # fmt: skip

wrong("The denominator of \"token\" counts all positions of the batch, prompt and padding too.", {
    '{"token": tokens, "sequence": rows, "constant": rows * config.max_new_tokens}':
        '{"token": mask[:, 1:].numel(), "sequence": rows, "constant": rows * config.max_new_tokens}',
})  # fmt: skip

wrong("The denominator of \"token\" counts all tokens that are not padding, the prompts' too.", {
    '{"token": tokens, "sequence": rows, "constant": rows * config.max_new_tokens}':
        '{"token": (ids != self.tokenizer.pad_token_id).sum().item(), "sequence": rows, "constant": rows *'
        " config.max_new_tokens}",
})  # fmt: skip

wrong("Rows without a response token are left out of the denominator of \"sequence\".", {
    '{"token": tokens, "sequence": rows, "constant": rows * config.max_new_tokens}':
        '{"token": tokens, "sequence": mask[:, 1:].any(1).sum().item(), "constant": rows * config.max_new_tokens}',
})  # fmt: skip

wrong("The denominator of \"constant\" forgets the rows: the update grows with the size of the batch.", {
    "rows * config.max_new_tokens": "config.max_new_tokens",
})  # fmt: skip

wrong("The denominator of \"constant\" has the batch's width, which depends on lengths, for max_new_tokens.", {
    "config.max_new_tokens": "mask[:, 1:].shape[1]",
})  # fmt: skip

wrong("The gradient is cleared for each micro-batch, so only the last one counts.", {
    "self.optimizer.zero_grad()": "",
    "loss.backward()": "self.optimizer.zero_grad()\nloss.backward()",
})  # fmt: skip

wrong("Old gradients are not cleared: what was left in .grad before is added to this update.", {
    "self.optimizer.zero_grad()": "",
})  # fmt: skip

wrong("The optimizer steps after each micro-batch; there should be one step for the whole batch.", {
    "self.optimizer.step()": "",
    'metrics["loss"] += loss.item()': 'self.optimizer.step()\nmetrics["loss"] += loss.item()',
})  # fmt: skip

wrong("The gradient is clipped after each micro-batch; only the sum of all of them should be.", {
    "grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)": "",
    'metrics["clip_fraction"] += seen["clip_fraction"] * mask[part, 1:].sum().item() / max(tokens, 1)': """
        metrics["clip_fraction"] += seen["clip_fraction"] * mask[part, 1:].sum().item() / max(tokens, 1)
        grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)
    """,
})  # fmt: skip

wrong("The clipping of the gradient does not reach the optimizer's step.", {
    "self.optimizer.step()": "",
    "grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)":
        "self.optimizer.step()\ngrad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)",
})  # fmt: skip

wrong("The gradient's norm is clipped to 1, whatever config.max_grad_norm says.", {"config.max_grad_norm": "1.0"})

wrong("Each entry of the gradient is clipped on its own; it is the norm of the whole that has a bound.", {
    "grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)": """
        grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), float('inf'))
        nn.utils.clip_grad_value_(self.model.parameters(), config.max_grad_norm)
    """,
})  # fmt: skip

wrong("The gradient is scaled to the norm max_grad_norm even where it is smaller.", {
    "grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)": """
        grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), float('inf'))
        for p in self.model.parameters():
            if p.grad is not None:
                p.grad *= config.max_grad_norm / (grad_norm + 1e-6)
    """,
})  # fmt: skip

wrong("grad_norm is the norm after clipping; the one before it is asked for.", {
    "grad_norm.item()": "min(grad_norm.item(), config.max_grad_norm)",
})  # fmt: skip

wrong("config.temperature does not reach the loss: the log-probabilities are those of temperature 1.", {
    "config.temperature": "1.0",
})  # fmt: skip

wrong("config.epsilon does not reach the loss: it always clips at 0.2.", {"config.epsilon": "0.2"})

wrong("epsilon and temperature are handed to the loss in each other's place.", {
    "self.loss(self.model, ids[part], mask[part], advantages[part], old_log_probs[part], config.epsilon,"
    " config.temperature, config.aggregation, denominator)":
    "self.loss(self.model, ids[part], mask[part], advantages[part], old_log_probs[part],"
    " config.temperature, config.epsilon, config.aggregation, denominator)",
})  # fmt: skip

wrong("config.aggregation does not reach the loss, which always sums over tokens as for \"token\".", {
    "self.loss(self.model, ids[part], mask[part], advantages[part], old_log_probs[part], config.epsilon,"
    " config.temperature, config.aggregation, denominator)":
    "self.loss(self.model, ids[part], mask[part], advantages[part], old_log_probs[part], config.epsilon,"
    ' config.temperature, "token", denominator)',
})  # fmt: skip

wrong("The loss that is returned is that of the last micro-batch, not of the whole batch.", {
    'metrics["loss"] += loss.item()': 'metrics["loss"] = loss.item()',
})  # fmt: skip

wrong("clip_fraction is a plain mean over micro-batches, though they differ in their numbers of tokens.", {
    'seen["clip_fraction"] * mask[part, 1:].sum().item() / max(tokens, 1)':
        'seen["clip_fraction"] * 1 / -(-rows // (config.micro_batch_size or rows))',
})  # fmt: skip

wrong("A batch without a response token ends in a division by zero; its clip_fraction is 0.", {
    "max(tokens, 1)": "tokens",
})  # fmt: skip

wrong("The rows that do not fill a last micro-batch are left out.", {
    "torch.arange(rows).split(config.micro_batch_size or rows)":
        "torch.arange(rows - rows % (config.micro_batch_size or rows)).split(config.micro_batch_size or rows)",
})  # fmt: skip

wrong("The batch is cut into micro_batch_size parts; it is the number of rows in each.", {
    "torch.arange(rows).split(config.micro_batch_size or rows)":
        "torch.arange(rows).chunk(config.micro_batch_size or 1)",
})  # fmt: skip

wrong("All rows go through the model at once, whatever config.micro_batch_size says.", {
    "config.micro_batch_size or rows": "rows",
})  # fmt: skip

wrong("micro_batch_size = 0 is taken for 1: the rows go one by one where all at once is meant.", {
    "config.micro_batch_size or rows": "config.micro_batch_size or 1",
})  # fmt: skip

wrong("The sign of the loss is turned before backward: the update makes bad responses more likely.", {
    "loss.backward()": "(-loss).backward()",
})  # fmt: skip

wrong("The advantages are normalised again over the batch; they are to be used as they are.", {
    "self.optimizer.zero_grad()":
        "self.optimizer.zero_grad()\nadvantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)",
})  # fmt: skip

wrong("old_log_probs are replaced by those of the present model: the ratio is always 1.", {
    "from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss":
        "from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss, token_log_probs",
    "old_log_probs[part]": "token_log_probs(self.model, ids[part], config.temperature).detach()",
})  # fmt: skip

wrong("The model is put into training mode: with dropout the ratio is not 1 where nothing has changed.", {
    "self.optimizer.zero_grad()": "self.model.train()\nself.optimizer.zero_grad()",
})  # fmt: skip

wrong("grad_norm is still a tensor; the metrics are plain floats.", {"grad_norm.item()": "grad_norm"})

wrong("The loss in the metrics is still a tensor, which keeps its graph in memory; a float is asked for.", {
    'metrics["loss"] += loss.item()': 'metrics["loss"] += loss',
})  # fmt: skip

# Right answers written otherwise


@right("slices, the gradient scaled by hand, counts instead of shares")
def update(self, ids, mask, advantages, old_log_probs):
    config = self.config
    size = config.micro_batch_size if config.micro_batch_size > 0 else len(ids)
    counted = mask[:, 1:].sum(dim=1)
    if config.aggregation == "token":
        denominator = float(counted.sum())
    elif config.aggregation == "sequence":
        denominator = float(len(ids))
    else:
        denominator = float(len(ids) * config.max_new_tokens)
    for p in self.model.parameters():
        p.grad = None
    total, held = 0.0, 0.0
    for a in range(0, len(ids), size):
        loss, seen = grpo_loss(
            self.model, ids[a : a + size], mask[a : a + size], advantages[a : a + size], old_log_probs[a : a + size],
            epsilon=config.epsilon, temperature=config.temperature, aggregation=config.aggregation,
            denominator=denominator,
        )  # fmt: skip
        loss.backward()
        total += float(loss.detach())
        held += seen["clip_fraction"] * int(counted[a : a + size].sum())
    grads = [p.grad for p in self.model.parameters() if p.grad is not None]
    norm = float(torch.sqrt(sum((g.double() ** 2).sum() for g in grads)))
    if norm > config.max_grad_norm:
        for g in grads:
            g.mul_(config.max_grad_norm / (norm + 1e-6))
    self.optimizer.step()
    return {"grad_norm": norm, "loss": total, "clip_fraction": held / max(int(counted.sum()), 1)}


@right("the losses added up, one backward for all; built from the parts of grpo_loss")
def update_at_once(self, ids, mask, advantages, old_log_probs):
    config, counts = self.config, mask[:, 1:]
    denominators = {"sequence": len(ids), "constant": len(ids) * config.max_new_tokens}
    denominator = denominators.get(config.aggregation, counts.sum())
    pieces, fractions = [], []
    size = config.micro_batch_size or len(ids)
    for i, m, a, o in zip(*(t.split(size) for t in (ids, counts, advantages, old_log_probs)), strict=True):
        log_probs = token_log_probs(self.model, i, config.temperature)
        pieces.append(ppo_clip_loss(log_probs, o, a, m, config.epsilon, config.aggregation, denominator))
        fractions.append(m.sum() * clip_fraction(log_probs, o, a, m, config.epsilon))
    loss = torch.stack(pieces).sum()
    self.optimizer.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)
    self.optimizer.step()
    clipped = sum(fractions) / counts.sum().clamp(min=1)
    return {"loss": loss.item(), "clip_fraction": clipped.item(), "grad_norm": norm.item()}


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
        loss, seen = grpo_loss(
            self.model, ids[part], mask[part], advantages[part], old_log_probs[part],
            config.epsilon, config.temperature, config.aggregation, constant,
        )  # fmt: skip
        (loss * share).backward()
        metrics["loss"] += share * loss.item()
        metrics["clip_fraction"] += seen["clip_fraction"] * own / tokens
    metrics["grad_norm"] = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm))
    self.optimizer.step()
    return metrics
