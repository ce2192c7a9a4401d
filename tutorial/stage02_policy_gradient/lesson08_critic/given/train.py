"""PPO and GRPO on one task: the same start, the same number of answers, the same clipped loss. Given.

They differ in the advantage, and in the critic that PPO needs for it.
"""

import copy
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

import torch
from lesson01_language_model.probability.texts import completion_mask
from lesson08_critic.advantages.gae import gae, place_rewards
from lesson08_critic.critic.values import token_values, value_loss
from lesson08_critic.given.ppo_parts import (
    Rollout,
    Settings,
    clip_loss,
    completion_log_probs,
    explained_variance,
    make_critic,
)
from lesson08_critic.training.ppo import ppo_step
from torch import Tensor, nn

from lab.rl.sampling import sample_rows
from lab.tasks.reversal import DIGITS, TOKENIZER, answer, prompts

LONGEST = DIGITS + 1  # tokens of an answer: the digits and EOS
ANSWERS, GROUP = 64, 8  # answers for each step; of GRPO's, 8 are to the same prompt


@torch.no_grad()
def draw(policy: nn.Module, texts: list[str], generator: torch.Generator) -> Rollout:
    """Draws one completion of each prompt and scores it: 1 if it is the reversed digits and EOS, otherwise 0."""
    ids = torch.tensor([TOKENIZER.encode(text) for text in texts])  # (B, P)
    length, eos, pad = ids.shape[1], TOKENIZER.eos_token_id, TOKENIZER.pad_token_id
    tokens = sample_rows(policy, ids, LONGEST, eos_token_id=eos, pad_token_id=pad, generator=generator)
    ids = torch.cat([ids, tokens], 1)
    ends = tokens == TOKENIZER.eos_token_id
    lengths = torch.where(ends.any(1), ends.int().argmax(1) + 1, LONGEST)
    mask = completion_mask(torch.full_like(lengths, length), lengths, ids.shape[1])[:, length - 1 :]
    wanted = torch.tensor([[*TOKENIZER.encode(answer(text)), TOKENIZER.eos_token_id] for text in texts])
    log_probs = completion_log_probs(policy, ids, length)
    return Rollout(ids, length, mask, log_probs, log_probs, (tokens == wanted).all(1).to(log_probs.dtype))


def share_right(policy: nn.Module, count: int = 1000) -> float:
    """Returns the share of right answers to prompts that no training step draws in the same order."""
    generator = torch.Generator().manual_seed(2**20)
    return draw(policy, prompts(count, generator), generator).scores.mean().item()


def grpo_step(
    policy: nn.Module,
    optimizer: torch.optim.Optimizer,
    rollout: Rollout,
    settings: Settings,
    generator: torch.Generator,
) -> None:
    """One step of GRPO: mini-batches and loss of `ppo_step`, but one advantage for all tokens of an answer."""
    groups = rollout.scores.view(-1, GROUP)
    advantages = ((groups - groups.mean(1, keepdim=True)) / (groups.std(1, keepdim=True) + 1e-4)).view(-1, 1)
    for _ in range(settings.epochs):
        for rows in torch.randperm(len(advantages), generator=generator).split(settings.minibatch_size):
            log_probs = completion_log_probs(policy, rollout.ids[rows], rollout.prompt_length)
            loss = clip_loss(
                log_probs, rollout.log_probs[rows], advantages[rows], rollout.mask[rows], settings.epsilon
            )  # fmt: skip
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


@dataclass
class Run:
    """What one training run left behind."""

    rewards: list[float] = field(default_factory=list)  # the mean score of each step
    explained: list[float] = field(default_factory=list)  # the critic's explained variance before each step
    right: float = 0.0  # share of right answers at the end
    seconds: float = 0.0  # processor seconds of all steps
    memory: dict[str, int] = field(default_factory=dict)  # bytes


def train(
    start: nn.Module, settings: Settings | None, seed: int, steps: int = 30, rate: float = 1e-3,
    critic: nn.Module | None = None,
) -> Run:  # fmt: skip
    """Trains a copy of `start` by PPO with these settings, or by GRPO if they are None. The critic is a new one, or a
    copy of the one that is given."""
    generator, run = torch.Generator().manual_seed(seed), Run()
    policy = copy.deepcopy(start)
    models = [policy]
    if settings is not None:
        models.append(copy.deepcopy(critic) if critic is not None else make_critic(policy))
    optimizer = torch.optim.Adam(chain(*(model.parameters() for model in models)), lr=rate)
    began = time.process_time()
    for _ in range(steps):
        if settings is not None:
            rollout = draw(policy, prompts(ANSWERS, generator), generator)
            run.explained.append(ppo_step(policy, models[1], optimizer, rollout, settings, generator))
        else:
            repeated = [prompt for prompt in prompts(ANSWERS // GROUP, generator) for _ in range(GROUP)]
            rollout = draw(policy, repeated, generator)
            grpo_step(policy, optimizer, rollout, Settings(), generator)
        run.rewards.append(rollout.scores.mean().item())
    run.seconds = time.process_time() - began
    run.right = share_right(policy)
    run.memory = memory(models, optimizer, rollout, Settings().minibatch_size)
    return run


def size(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors)


def memory(models: list[nn.Module], optimizer: torch.optim.Optimizer, rollout: Rollout, rows: int) -> dict[str, int]:
    """Returns the bytes of weights, gradients, optimizer state, and of what autograd stores for the backward pass of one
    mini-batch. The first model is the policy, the second one, if there is one, the critic."""
    parameters = [p for model in models for p in model.parameters()]
    own = {p.untyped_storage().data_ptr() for p in parameters}
    stored: dict[int, Tensor] = {}

    def store(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in own:
            stored[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(store, lambda tensor: tensor):
        completion_log_probs(models[0], rollout.ids[:rows], rollout.prompt_length)
        if len(models) > 1:
            token_values(models[1], rollout.ids[:rows], rollout.prompt_length)
    state = [value for entry in optimizer.state.values() for value in entry.values() if isinstance(value, Tensor)]
    return {
        "weights": size(parameters),
        "gradients": size(parameters),
        "Adam": size(state),
        "activations": sum(tensor.untyped_storage().nbytes() for tensor in stored.values()),
    }


def trained_critic(policy: nn.Module, seed: int, steps: int = 250, answers: int = 256) -> tuple[nn.Module, list[float]]:
    """Returns a critic that has learned from 64,000 answers of the policy, which stays as it is; and its explained
    variance before each token of new answers."""
    generator, critic = torch.Generator().manual_seed(1000 + seed), make_critic(policy)
    optimizer = torch.optim.Adam(critic.parameters(), lr=3e-3)
    explained: list[float] = []
    for step in range(steps + 1):
        rollout = draw(policy, prompts(answers if step < steps else 1000, generator), generator)
        values = token_values(critic, rollout.ids, rollout.prompt_length)
        rewards = place_rewards(rollout.scores, rollout.log_probs, rollout.log_probs, rollout.mask)
        returns = gae(rewards, values.detach(), rollout.mask, lam=1.0)[1]
        if step == steps:
            columns = zip(values.detach().T, returns.T, rollout.mask.T, strict=True)
            explained = [explained_variance(v[None], r[None], m[None]) for v, r, m in columns]
            break
        optimizer.zero_grad()
        value_loss(values, values, returns, rollout.mask, math.inf).backward()
        optimizer.step()
    return critic, explained
