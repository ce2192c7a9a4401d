"""Right answers written in other ways than the reference's; see tutorial/CONTRIBUTING.md."""

import copy
import io

import torch
from lesson14_grpo_ppo_clip.loss.ppo_clip import clip_fraction, grpo_loss, ppo_clip_loss, token_log_probs
from lesson14_grpo_ppo_clip.rollout.generate import generate_group
from lesson14_grpo_ppo_clip.training.grpo_trainer import step_generator

from lab.attempts import Attempts

right = Attempts()

# 14.11 GRPOTrainer.batch_of


@right("14.11", "a loop over rows, placed by the prompts' lengths")
def batch_of(self, rollout):
    device = rollout.token_ids[0].device
    ids, mask = self.dataset.get_batch(rollout.prompts, rollout.token_ids, device)
    old_log_probs = torch.zeros(len(ids), ids.shape[1] - 1, device=device)
    for row, (prompt, stored) in enumerate(zip(rollout.prompts, rollout.log_probs, strict=True)):
        start = len(self.tokenizer.encode(prompt)) - 1
        old_log_probs[row, start : start + len(stored)] = stored
    return ids, mask, old_log_probs


@right("14.11", "masked_scatter into a table of the full width, cut afterwards")
def batch_of_scatter(self, rollout):
    ids, mask = self.dataset.get_batch(rollout.prompts, rollout.token_ids, rollout.token_ids[0].device)
    flat = torch.cat(rollout.log_probs)
    wide = flat.new_zeros(mask.shape).masked_scatter(mask == 1, flat)
    return (ids, mask, wide[:, 1:])


@right("14.11", "zeros put before each row, then padded on the right; starts read from the mask")
def batch_of_padded(self, rollout):
    ids, mask = self.dataset.get_batch(rollout.prompts, rollout.token_ids)
    ids, mask = ids.to(rollout.token_ids[0].device), mask.to(rollout.token_ids[0].device)
    rows = []
    for stored, start in zip(rollout.log_probs, mask.argmax(dim=1).tolist(), strict=True):
        rows.append(torch.nn.functional.pad(stored, (start - 1, ids.shape[1] - start - len(stored))))
    return ids, mask, torch.stack(rows)


# 14.12 GRPOTrainer.update


@right("14.12", "slices, the gradient scaled by hand, counts instead of shares")
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


@right("14.12", "the losses added up, one backward for all; built from the parts of grpo_loss")
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


@right("14.12", "means of the micro-batches weighed back to sums, the last micro-batch first")
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


# 14.13 GRPOTrainer.step


@right("14.13", "prompts by sorting random numbers; metrics by plain loops")
def step(self):
    config = self.config
    rate = self.learning_rate()
    for group in self.optimizer.param_groups:
        group.update(lr=rate)
    generator = step_generator(config.seed, self.step_number)
    order = torch.rand(len(self.dataset), generator=generator).argsort()
    pairs = [self.dataset[int(i)] for i in order[: config.prompts_per_step]]
    rollout = generate_group(
        self.model, self.tokenizer, [p for p, _ in pairs], [t for _, t in pairs], config.group_size,
        max_new_tokens=config.max_new_tokens, temperature=config.temperature, divide_by_std=config.divide_by_std,
        generator=generator, reward=config.reward,
    )  # fmt: skip
    batch = self.batch_of(rollout)
    sums = {"loss": 0.0, "grad_norm": 0.0, "clip_fraction": 0.0}
    for _ in range(config.updates_per_generation):
        seen = self.update(batch[0], batch[1], rollout.advantages.to(batch[0].device), batch[2])
        for name in sums:
            sums[name] += seen[name] / config.updates_per_generation
    rewards, size = rollout.rewards.tolist(), config.group_size
    groups = [rewards[i : i + size] for i in range(0, len(rewards), size)]
    tokens = [x for row in rollout.log_probs for x in row.tolist()]
    self.step_number = self.step_number + 1
    return {
        **sums,
        "reward": sum(rewards) / len(rewards),
        "signal": sum(len(set(group)) > 1 for group in groups) / len(groups),
        "completion_length": len(tokens) / len(rewards),
        "entropy": -sum(tokens) / len(tokens),
        "learning_rate": rate,
    }


@right("14.13", "torch.multinomial without replacement; metrics from the batch")
def step_by_weights(self):
    c = self.config
    g = step_generator(c.seed, self.step_number)
    count = min(c.prompts_per_step, len(self.dataset))
    chosen = torch.multinomial(torch.ones(len(self.dataset)), count, replacement=False, generator=g)
    prompts, truths = map(list, zip(*map(self.dataset.__getitem__, chosen.tolist()), strict=True))
    rollout = generate_group(
        self.model, self.tokenizer, prompts, truths, c.group_size, c.max_new_tokens, c.temperature,
        c.divide_by_std, g, c.reward,
    )  # fmt: skip
    ids, mask, old = self.batch_of(rollout)
    counted = mask[:, 1:].double()
    metrics = {
        "reward": float(rollout.rewards.double().mean()),
        "signal": float((rollout.advantages.view(-1, c.group_size) != 0).any(dim=1).double().mean()),
        "completion_length": float(counted.sum() / len(ids)),
        "entropy": float(-(old * counted).sum() / counted.sum()),
        "learning_rate": self.learning_rate(),
    }
    for group in self.optimizer.param_groups:
        group["lr"] = metrics["learning_rate"]
    history = []
    while len(history) < c.updates_per_generation:
        history.append(self.update(ids, mask, rollout.advantages.to(ids.device), old))
    for name in history[0]:
        metrics[name] = float(torch.tensor([h[name] for h in history], dtype=torch.float64).mean())
    self.step_number += 1
    return metrics


right("14.13", "the whole order of the data set reversed after the shuffle; copies for each update", {
    "torch.randperm(len(self.dataset), generator=generator)[: config.prompts_per_step].tolist()":
        "torch.randperm(len(self.dataset), generator=generator).flip(0)[: config.prompts_per_step].tolist()",
    "self.update(ids, mask, advantages, old_log_probs) for _":
        "self.update(ids.clone(), mask.clone(), advantages.clone(), old_log_probs.clone()) for _",
    "(groups.amin(1) < groups.amax(1)).float()": "(groups != groups[:, :1]).any(1).float()",
})  # fmt: skip


# 14.14 GRPOTrainer.state_dict


@right("14.14", "through torch.save and torch.load")
def state_dict(self):
    buffer = io.BytesIO()
    torch.save({"step_number": self.step_number, "optimizer": self.optimizer.state_dict()}, buffer)
    buffer.seek(0)
    return torch.load(buffer)


@right("14.14", "the dict first, all of it copied at the end, in another order")
def state_dict_copied(self):
    state = dict(optimizer=self.optimizer.state_dict(), step_number=self.step_number)
    return copy.deepcopy(state)


@right("14.14", "tensors cloned one by one")
def state_dict_cloned(self):
    def cloned(value):
        if isinstance(value, torch.Tensor):
            return value.detach().clone()
        if isinstance(value, dict):
            return {key: cloned(part) for key, part in value.items()}
        return [cloned(part) for part in value] if isinstance(value, list) else value

    return {"optimizer": cloned(self.optimizer.state_dict()), "step_number": int(self.step_number)}


# 14.15 GRPOTrainer.load_state_dict


@right("14.15", "a copy of its own, the optimizer first")
def load_state_dict(self, state):
    state = copy.deepcopy(state)
    self.optimizer.load_state_dict(state["optimizer"])
    self.step_number = state["step_number"]


@right("14.15", "unpacked by name")
def load_state_dict_unpacked(self, state):
    def take(step_number, optimizer):
        self.optimizer.load_state_dict(optimizer)
        self.step_number = int(step_number)

    take(**state)


@right("14.15", "popped from a copy of the dict")
def load_state_dict_popped(self, state):
    rest = dict(state)
    vars(self)["step_number"] = rest.pop("step_number")
    self.optimizer.load_state_dict(rest.pop("optimizer"))
