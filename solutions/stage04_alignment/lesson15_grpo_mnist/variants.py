"""Right answers written in other ways; see tutorial/CONTRIBUTING.md."""

import itertools
import math

import torch
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages
from lesson15_grpo_mnist.environment.digits import ACTIONS
from lesson15_grpo_mnist.loss.advantages import compute_advantages, share_without_signal
from lesson15_grpo_mnist.loss.ppo import policy_loss, value_loss
from lesson15_grpo_mnist.memory.accounting import BYTES
from lesson15_grpo_mnist.models.actor import action_log_probs
from lesson15_grpo_mnist.rollout.groups import GroupRollout, group_rollout
from torch import nn

from course.base.attempt import Attempts

right = Attempts()


# 15.1 DigitEnvironment


@right("15.1", "lists and loops")
class DigitEnvironment:
    def __init__(self, images, labels):
        if images.shape[0] != labels.shape[0]:
            raise ValueError("images and labels are not equally many")
        if any(label not in range(10) for label in labels.tolist()):
            raise ValueError("the labels are not all digits")
        self.images, self.labels, self.open = images, labels, []

    def __len__(self):
        return self.labels.shape[0]

    def reset(self, indices):
        chosen = indices.tolist()
        if any(i < 0 or i >= len(self) for i in chosen):
            raise IndexError("there is no such image")
        self.open = [int(self.labels[i]) for i in chosen]
        return torch.stack([self.images[i] for i in chosen])

    def step(self, actions):
        if not self.open:
            raise RuntimeError("reset first")
        if actions.dim() != 2 or actions.shape[0] != len(self.open):
            raise ValueError("actions have another shape than the open episodes")
        if actions.dtype not in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8):
            raise ValueError("actions are digits")
        if any(a not in range(10) for row in actions.tolist() for a in row):
            raise ValueError("actions are digits")
        rows = [
            [1.0 if a == truth else 0.0 for a in row] for row, truth in zip(actions.tolist(), self.open, strict=True)
        ]
        self.open = []
        return torch.tensor(rows, dtype=torch.float32)


@right("15.1", "an open or closed door beside the labels, rewards looked up in a table")
class DigitEnvironment:
    def __init__(self, images, labels):
        if len(labels) != len(images) or (len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < ACTIONS):
            raise ValueError("labels: one digit for each image")
        self._pixels, self._right = images, torch.eye(ACTIONS)[labels]  # a row of rewards for each image
        self._indices, self._running = None, False

    def __len__(self):
        return self._pixels.shape[0]

    def reset(self, indices):
        if indices.numel() and (int(indices.min()) < 0 or int(indices.max()) >= len(self)):
            raise IndexError(f"{indices} is not all in 0 to {len(self) - 1}")
        self._indices, self._running = indices.clone(), True
        return self._pixels.index_select(0, indices)

    def step(self, actions):
        if not self._running:
            raise RuntimeError("the episodes are over; reset")
        fits = actions.ndim == 2 and actions.shape[0] == self._indices.shape[0]
        kind = not (actions.dtype == torch.bool or actions.dtype.is_floating_point)
        if not (fits and kind and bool((actions.long().clamp(0, 9) == actions).all())):
            raise ValueError("these actions do not fit")
        self._running = False
        return self._right[self._indices].gather(1, actions.long())


right("15.1", "the comparison as a difference, the checks in one line each", {
    "(actions == truth[:, None]).float()": "1.0 - (actions - truth.unsqueeze(-1)).abs().clamp(max=1).to(torch.float32)",
    "if ((labels < 0) | (labels >= ACTIONS)).any():": "if labels.lt(0).any() or labels.gt(ACTIONS - 1).any():",
    "if ((indices < 0) | (indices >= len(self))).any():": "if not all(0 <= i < len(self) for i in indices.tolist()):",
})  # fmt: skip


# 15.2 Actor


@right("15.2", "three layers with names")
class Actor(nn.Module):
    def __init__(self, pixels=784, hidden=128, actions=10):
        super().__init__()
        self.first = nn.Linear(pixels, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.third = nn.Linear(hidden, actions)

    def forward(self, states):
        hidden = torch.relu(self.first(states))
        hidden = torch.relu(self.second(hidden))
        return self.third(hidden)


@right("15.2", "a list of layers, ReLU as a clamp")
class Actor(nn.Module):
    def __init__(self, pixels=784, hidden=128, actions=10):
        super().__init__()
        sizes = [pixels, hidden, hidden, actions]
        self.linears = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(sizes))

    def forward(self, states):
        for linear in self.linears[:-1]:
            states = linear(states).clamp(min=0)
        return self.linears[-1](states)


@right("15.2", "a subclass of nn.Sequential")
class Actor(nn.Sequential):
    def __init__(self, pixels=784, hidden=128, actions=10):
        first, second, third = nn.Linear(pixels, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, actions)
        super().__init__(first, nn.ReLU(), second, nn.ReLU(), third)


# 15.3 action_log_probs


@right("15.3", "logsumexp")
def action_log_probs(logits, actions):
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    return torch.gather(logits, 1, actions) - torch.logsumexp(logits, dim=1, keepdim=True)


@right("15.3", "always in double precision, picked by one-hot vectors")
def action_log_probs(logits, actions):
    logs = torch.log_softmax(logits.double(), dim=1)
    picked = torch.nn.functional.one_hot(actions, logits.shape[1]).to(logs)
    return torch.einsum("bga,ba->bg", picked, logs)


@right("15.3", "a categorical distribution for each column of actions")
def action_log_probs(logits, actions):
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    distribution = torch.distributions.Categorical(logits=logits)
    return torch.stack([distribution.log_prob(column) for column in actions.unbind(1)], 1)


# 15.4 group_rollout


@right("15.4", "a draw for each answer, one after the other")
def group_rollout(actor, environment, indices, group_size, generator=None):
    with torch.no_grad():
        states = environment.reset(indices)
        logits = actor(states)
        p = logits.softmax(1)
        actions = torch.cat([torch.multinomial(p, 1, generator=generator) for _ in range(group_size)], 1)
        rewards = environment.step(actions)
        return GroupRollout(
            states=states, actions=actions, log_probs=action_log_probs(logits, actions), rewards=rewards
        )


@right("15.4", "Gumbel noise: the largest of logits and noise is a draw")
def group_rollout(actor, environment, indices, group_size, generator=None):
    states = environment.reset(indices)
    logits = actor(states).detach()
    uniform = torch.rand(len(logits), group_size, logits.shape[1], generator=generator, dtype=torch.float64)
    noise = -(-uniform.clamp(1e-300, 1 - 1e-16).log()).log()
    actions = (logits[:, None].double() + noise).argmax(-1)
    log_probs = action_log_probs(logits, actions).detach()
    return GroupRollout(states, actions, log_probs, environment.step(actions))


@right("15.4", "the inverse of the cumulated probabilities, image by image")
@torch.no_grad()
def group_rollout(actor, environment, indices, group_size, generator=None):
    states = environment.reset(indices)
    logits = actor(states)
    rows = []
    for p in logits.double().softmax(1):
        uniform = torch.rand(group_size, generator=generator, dtype=torch.float64)
        rows.append(torch.searchsorted(p.cumsum(0), uniform, right=True).clamp(max=len(p) - 1))
    actions = torch.stack(rows)
    logs = torch.log_softmax(logits, 1)
    return GroupRollout(states, actions, torch.take_along_dim(logs, actions, 1), environment.step(actions))


# 15.5 compute_advantages


@right("15.5", "means and deviations written out")
def compute_advantages(rewards, baseline="group", divide_by_std=True, values=None, eps=1e-4):
    if rewards.dim() != 2 or baseline not in ("group", "batch", "none", "critic"):
        raise ValueError("rewards are (batch, group); baselines are group, batch, none and critic")
    rewards = rewards.detach().clone()
    if baseline == "none":
        return rewards
    if baseline == "critic":
        if values is None or values.shape != (len(rewards),):
            raise ValueError("values: one for each state")
        if divide_by_std and rewards.numel() == 1:
            raise ValueError("one reward has no spread")
        difference = rewards - values.detach().unsqueeze(1)
        return difference / (difference.std() + eps) if divide_by_std else difference
    over = rewards if baseline == "group" else rewards.reshape(1, -1)
    if over.shape[1] < 2:
        raise ValueError("nothing to compare with")
    result = over - over.mean(1, keepdim=True)
    if divide_by_std:
        result = result / (over.std(1, keepdim=True) + eps)
    result[over.max(1).values == over.min(1).values] = 0
    return result.reshape(rewards.shape)


@right("15.5", "a loop over the rows, lesson 14's function for each")
def compute_advantages(rewards, baseline="group", divide_by_std=True, values=None, eps=1e-4):
    if rewards.ndim != 2:
        raise ValueError("two dimensions")
    fixed = rewards.detach()
    if baseline == "group":
        return torch.stack([group_advantages(row, len(row), eps, divide_by_std) for row in fixed])
    if baseline == "batch":
        flat = torch.cat(list(fixed))
        return torch.stack(group_advantages(flat, len(flat), eps, divide_by_std).chunk(len(fixed)))
    if baseline == "none":
        return fixed
    if baseline == "critic" and values is not None and values.ndim == 1 and len(values) == len(fixed):
        rows = torch.stack([row - float(value) for row, value in zip(fixed, values, strict=True)])
        if not divide_by_std:
            return rows
        if rows.numel() == 1:
            raise ValueError("a lone reward")
        return rows / (rows.var().sqrt() + eps)
    raise ValueError("an unknown baseline, or values that do not fit")


@right("15.5", "the mean of the differences by hand, in double precision")
def compute_advantages(rewards, baseline="group", divide_by_std=True, values=None, eps=1e-4):
    if rewards.ndim != 2:
        raise ValueError("rewards must have two dimensions")
    exact = rewards.detach().double()

    def spread(x, dims):
        count = math.prod(x.shape[d] for d in dims)
        if count < 2:
            raise ValueError("at least two rewards are needed")
        return ((x - x.mean(dims, keepdim=True)).pow(2).sum(dims, keepdim=True) / (count - 1)).sqrt()

    if baseline in ("group", "batch"):
        dims = (1,) if baseline == "group" else (0, 1)
        deviation = spread(exact, dims)
        low, high = exact.amin(dims, keepdim=True), exact.amax(dims, keepdim=True)
        made = (exact - exact.mean(dims, keepdim=True)) / ((deviation + eps) if divide_by_std else 1.0)
        made = made * (low != high)
    elif baseline == "critic":
        if values is None or tuple(values.shape) != (len(exact),):
            raise ValueError("values must be of shape (batch,)")
        made = exact - values.detach().double()[:, None]
        made = made / (spread(made, (0, 1)) + eps) if divide_by_std else made
    elif baseline == "none":
        made = exact
    else:
        raise ValueError("no such baseline")
    return made.to(rewards.dtype)


# 15.6 policy_loss


@right("15.6", "the formula, on (batch, group) as it is")
def policy_loss(log_probs, old_log_probs, advantages, epsilon=0.2):
    if log_probs.shape != old_log_probs.shape or log_probs.shape != advantages.shape:
        raise ValueError("three shapes that are not one")
    ratio = torch.exp(log_probs - old_log_probs.detach())
    a = advantages.detach()
    return -torch.min(ratio * a, torch.clip(ratio, 1 - epsilon, 1 + epsilon) * a).mean()


@right("15.6", "the maximum of two losses")
def policy_loss(log_probs, old_log_probs, advantages, epsilon=0.2):
    if len({tuple(t.shape) for t in (log_probs, old_log_probs, advantages)}) > 1:
        raise ValueError("shapes differ")
    with torch.no_grad():
        old, a = old_log_probs.clone(), advantages.clone()
    ratio = (log_probs - old).exp()
    losses = torch.stack([-a * ratio, -a * ratio.clamp(1 - epsilon, 1 + epsilon)])
    return losses.amax(0).sum() / a.numel()


@right("15.6", "a bound for each sign of the advantage, image by image")
def policy_loss(log_probs, old_log_probs, advantages, epsilon=0.2):
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError("one shape is needed")
    total = log_probs.new_zeros(())
    for new, old, a in zip(log_probs, old_log_probs.detach(), advantages.detach(), strict=True):
        ratio = (new - old).exp()
        bounded = torch.where(a >= 0, ratio.clamp(max=1 + epsilon), ratio.clamp(min=1 - epsilon))
        total = total - (bounded * a).sum()
    return total / advantages.numel()


# 15.7 Critic


@right("15.7", "three layers with names, the one column taken out")
class Critic(nn.Module):
    def __init__(self, pixels=784, hidden=128):
        super().__init__()
        self.first = nn.Linear(pixels, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, 1)

    def forward(self, states):
        return self.value(self.second(self.first(states).relu()).relu())[:, 0]


@right("15.7", "a subclass of nn.Sequential that flattens at the end")
class Critic(nn.Sequential):
    def __init__(self, pixels=784, hidden=128):
        layers = [nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)]
        super().__init__(*layers, nn.Flatten(0))


@right("15.7", "a list of layers, ReLU by torch.where")
class Critic(nn.Module):
    def __init__(self, pixels=784, hidden=128):
        super().__init__()
        sizes = (pixels, hidden, hidden, 1)
        self.linears = nn.ModuleList([nn.Linear(sizes[i], sizes[i + 1]) for i in range(3)])

    def forward(self, states):
        for i, linear in enumerate(self.linears):
            states = linear(states)
            if i < 2:
                states = torch.where(states > 0, states, 0.0)
        return states.reshape(len(states))


# 15.8 value_loss


@right("15.8", "mse_loss on values that are spread over their rows")
def value_loss(values, rewards):
    if values.ndim != 1 or rewards.ndim != 2 or len(values) != len(rewards):
        raise ValueError("values do not fit the rewards")
    return nn.functional.mse_loss(values.unsqueeze(1).expand(rewards.shape), rewards.detach())


@right("15.8", "a loop over the rows")
def value_loss(values, rewards):
    if rewards.dim() != 2 or tuple(values.shape) != (rewards.size(0),):
        raise ValueError("values: one for each row")
    fixed = rewards.detach()
    return torch.stack([((value - row) ** 2).mean() for value, row in zip(values, fixed, strict=True)]).mean()


@right("15.8", "columns of answers, squares by a product")
def value_loss(values, rewards):
    if rewards.dim() != 2 or values.dim() != 1 or values.numel() != rewards.shape[0]:
        raise ValueError("values and rewards do not belong together")
    difference = rewards.detach().T - values  # (group, batch)
    return torch.einsum("gb,gb->", difference, difference) / difference.numel()


# 15.9 DigitTrainer.update


@right("15.9", "both losses first, one backward pass over their sum")
def update(self, rollout, advantages):
    config = self.config
    log_probs = action_log_probs(self.actor(rollout.states), rollout.actions)
    loss = policy_loss(log_probs, rollout.log_probs, advantages, config.epsilon)
    total, guess = loss, None
    self.optimizer.zero_grad()
    if self.critic is not None:
        self.critic_optimizer.zero_grad()
        guess = value_loss(self.critic(rollout.states), rollout.rewards)
        total = loss + guess  # they share no weights: the gradient of each is its own
    total.backward()
    norm = nn.utils.clip_grad_norm_(self.actor.parameters(), config.max_grad_norm)
    self.optimizer.step()
    ratio = (log_probs.detach() - rollout.log_probs).exp()
    held = torch.where(advantages > 0, ratio > 1 + config.epsilon, ratio < 1 - config.epsilon) & (advantages != 0)
    metrics = {"loss": float(loss), "grad_norm": float(norm), "clip_fraction": float(held.double().mean())}
    if guess is not None:
        nn.utils.clip_grad_norm_(self.critic.parameters(), config.max_grad_norm)
        self.critic_optimizer.step()
        metrics["value_loss"] = float(guess)
    return metrics


@right("15.9", "gradients by torch.autograd.grad, clipped by hand")
def update(self, rollout, advantages):
    def descend(loss, model, optimizer):
        parameters = list(model.parameters())
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        norm = sum(float(g.square().sum()) for g in gradients if g is not None) ** 0.5
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = None if g is None else g * min(1.0, self.config.max_grad_norm / (norm + 1e-6))
        optimizer.step()
        return norm

    metrics = {}
    if self.critic is not None:  # the critic first: it makes no difference
        guess = value_loss(self.critic(rollout.states), rollout.rewards)
        descend(guess, self.critic, self.critic_optimizer)
        metrics["value_loss"] = guess.item()
    log_probs = action_log_probs(self.actor(rollout.states), rollout.actions)
    loss = policy_loss(log_probs, rollout.log_probs, advantages, self.config.epsilon)
    metrics["grad_norm"] = descend(loss, self.actor, self.optimizer)
    metrics["loss"] = loss.item()
    held = 0
    for new, old, a in zip(log_probs.reshape(-1), rollout.log_probs.reshape(-1), advantages.reshape(-1), strict=True):
        change = math.exp(float(new) - float(old)) - 1
        held += (a > 0 and change > self.config.epsilon) or (a < 0 and change < -self.config.epsilon)
    metrics["clip_fraction"] = int(held) / advantages.numel()
    return metrics


right("15.9", "each network's turn in a loop", {
    "        if self.critic is not None:\n"
    "            guess_loss = value_loss(self.critic(rollout.states), rollout.rewards)\n":
        "        for critic in filter(None, [self.critic]):\n"
        "            guess_loss = value_loss(critic(rollout.states), rollout.rewards)\n",
    "    optimizer.zero_grad()\n    loss.backward()\n":
        "    for p in model.parameters():\n        p.grad = None\n    loss.backward()\n",
})  # fmt: skip


# 15.10 DigitTrainer.step


@right("15.10", "metrics gathered in lists")
def step(self, indices):
    settings = self.config
    rollout = group_rollout(self.actor, self.environment, indices, settings.group_size, generator=self.generator)
    values = self.critic(rollout.states).detach() if self.critic is not None else None
    advantages = compute_advantages(rollout.rewards, settings.baseline, settings.divide_by_std, values=values)
    gathered = {}
    for _ in range(settings.updates_per_rollout):
        for name, value in self.update(rollout, advantages).items():
            gathered.setdefault(name, []).append(value)
    self.step_number = self.step_number + 1
    means = {name: math.fsum(found) / len(found) for name, found in gathered.items()}
    alike = [len(set(row)) == 1 for row in rollout.rewards.tolist()]
    return means | {
        "reward": float(rollout.rewards.mean()),
        "no_signal": sum(alike) / len(alike),
        "entropy": float(rollout.log_probs.mean().neg()),
    }


@right("15.10", "running sums, counted first")
def step(self, indices):
    self.step_number += 1
    count = self.config.updates_per_rollout
    rollout = group_rollout(self.actor, self.environment, indices, self.config.group_size, self.generator)
    if self.critic is None:
        values = None
    else:
        with torch.inference_mode():
            values = self.critic(rollout.states).clone()
        values = torch.tensor(values.tolist(), dtype=values.dtype)
    advantages = compute_advantages(rollout.rewards, self.config.baseline, self.config.divide_by_std, values)
    metrics = {"reward": rollout.rewards.mean().item(), "entropy": -float(rollout.log_probs.double().mean())}
    metrics["no_signal"] = float(share_without_signal(rollout.rewards))
    for _ in range(count):
        for name, value in self.update(rollout, advantages).items():
            metrics[name] = metrics.get(name, 0.0) + value / count
    return metrics


right("15.10", "values without no_grad: the advantages are constants all the same", {
    "            with torch.no_grad():\n                values = self.critic(rollout.states)\n":
        "            values = self.critic(rollout.states)\n",
    "updates = [self.update(rollout, advantages) for _ in range(config.updates_per_rollout)]":
        "updates = []\n        while len(updates) < config.updates_per_rollout:\n"
        "            updates.append(self.update(rollout, advantages))",
})  # fmt: skip


# 15.11 training_bytes


@right("15.11", "a table of numbers for each parameter")
def training_bytes(parameters, weights="float32", gradients="float32", moments="float32", master_weights=None):
    rows = [("weights", 1, weights), ("gradients", 1, gradients), ("adam", 2, moments)]
    rows.append(("master_weights", 1 if master_weights is not None else 0, master_weights or "float32"))
    if parameters < 0:
        raise ValueError("fewer than no parameters")
    found = {"total": 0}
    for name, count, dtype in rows:
        if dtype not in BYTES:
            raise ValueError(f"unknown dtype {dtype}")
        found[name] = count * BYTES[dtype] * parameters
        found["total"] += found[name]
    return found


@right("15.11", "the sizes asked of torch")
def training_bytes(parameters, weights="float32", gradients="float32", moments="float32", master_weights=None):
    for name in (weights, gradients, moments, *([] if master_weights is None else [master_weights])):
        if name not in BYTES:
            raise ValueError(f"no such dtype: {name!r}")
    if parameters < 0:
        raise ValueError("parameters")

    def size(name):
        return 0 if name is None else getattr(torch, name).itemsize

    w, g, a, m = (parameters * n for n in (size(weights), size(gradients), 2 * size(moments), size(master_weights)))
    return dict(weights=w, gradients=g, adam=a, master_weights=m, total=w + g + a + m)


right("15.11", "a lookup that refuses by itself", {
    '"adam": parameters * 2 * BYTES[moments],': '"adam": parameters * BYTES[moments] + parameters * BYTES[moments],',
    "sum(parts.values())": "parts['weights'] + parts['gradients'] + parts['adam'] + parts['master_weights']",
})  # fmt: skip


# 15.12 expected_share_without_signal


@right("15.12", "a loop over images and answers")
def expected_share_without_signal(success, group_size):
    numbers = success.tolist()
    if group_size < 1 or not numbers or not all(0 <= p <= 1 for p in numbers):
        raise ValueError("success: probabilities, of groups of one or more")
    shares = []
    for p in numbers:
        all_right = all_wrong = 1.0
        for _ in range(group_size):
            all_right, all_wrong = all_right * p, all_wrong * (1 - p)
        shares.append(all_right + all_wrong)
    return torch.tensor(sum(shares) / len(shares), dtype=success.dtype)


@right("15.12", "both powers at once, checks by comparison with a clamp")
def expected_share_without_signal(success, group_size):
    if group_size <= 0:
        raise ValueError("at least one answer")
    if success.shape[0] == 0 or not torch.equal(success.clamp(0, 1), success):
        raise ValueError("success is not made of probabilities")
    return torch.stack([success, 1 - success]).pow(group_size).sum(0).mean()


@right("15.12", "one minus the chance of a mixed group, by the binomial distribution")
def expected_share_without_signal(success, group_size):
    if group_size < 1:
        raise ValueError("no group")
    if len(success) == 0 or bool((~((success >= 0) & (success <= 1))).any()):
        raise ValueError("success")
    ways = [(k, math.comb(group_size, k)) for k in range(1, group_size)]
    mixed = sum((n * success**k * (1 - success) ** (group_size - k) for k, n in ways), torch.zeros_like(success))
    return (1 - mixed).mean()
