"""What GRPO is given in lesson 16's run: a policy, prompts, and a reward model that is loaded or learns from preferences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from lesson14_grpo_ppo_clip.rollout.generate import generate
from lesson16_grpo_rlhf.given import toy_task
from lesson16_grpo_rlhf.given.settings import RunSettings
from lesson16_grpo_rlhf.rewards.reward_model import Pair, RewardModelConfig, fit_reward_model
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

from course.base.errors import UsageError
from lab.rl.rewards import ModelReward
from lab.train import table_files
from lab.train.settings import build_dataclass


@dataclass
class Preparation:
    """The same for every price of the KL."""

    policy: Any
    tokenizer: Any
    prompts: list[str]
    reward: Callable[[list[str], list[str]], list[float]]
    true_score: Callable[[str, str], float] | None  # only the toy task has one
    pairs: int = 0  # that the reward model was trained on; 0: it was loaded
    accuracy: float = 0.0  # of the reward model on held-out pairs


def pretrained(kind: Any, name: str, device: str, **options: Any) -> Any:
    """A model or tokenizer by id or path. Raises UsageError if there is none."""
    try:
        loaded = kind.from_pretrained(name, **options)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"{name!r} cannot be loaded ({reason}); give a model id or a folder with a model") from None
    return loaded.to(device_named(device)) if device else loaded


def device_named(name: str) -> torch.device:
    """The device of that name. Raises UsageError if this machine has none."""
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
        return device
    except (RuntimeError, AssertionError):
        raise UsageError(f"there is no device {name!r} on this machine; 'cpu' always is") from None


def prepare(settings: RunSettings, seed: int) -> Preparation:
    """Policy, prompts and reward model for one seed."""
    toy = not (settings.policy or settings.data)
    columns = [settings.input] if settings.policy else [settings.input, settings.output]
    if toy:
        rows = [tuple(row.values()) for row in toy_task.demonstrations(settings.demonstrations, seed)]
    else:
        rows = table_files.read_columns(settings.data, columns)
    prompts = list(dict.fromkeys(row[0] for row in rows))[: settings.prompts]

    if settings.policy:
        policy = pretrained(AutoModelForCausalLM, settings.policy, settings.policy_device, dtype=torch.float32)
        tokenizer = pretrained(AutoTokenizer, settings.policy, "")
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
    else:
        tokenizer = toy_task.make_tokenizer()
        policy = toy_task.make_policy(tokenizer, seed).to(device_named(settings.policy_device))
        toy_task.warm_start(policy, tokenizer, rows, settings.warm_start_steps, seed)
    used, accuracy = 0, 0.0
    if settings.reward_model:
        judge = pretrained(
            AutoModelForSequenceClassification, settings.reward_model, settings.reward_device, dtype=torch.float32
        )
        reader = pretrained(AutoTokenizer, settings.reward_model, "")
    else:
        pairs = preferences(settings, policy, tokenizer, prompts, seed)
        judge, reader = toy_task.make_reward_model(tokenizer, seed, policy.config.hidden_size), tokenizer
        if judge.config.vocab_size != policy.config.vocab_size:
            raise UsageError("a reward model can be trained here only for the built-in policy; give reward_model")
        judge.model.load_state_dict(policy.model.state_dict())  # as is usual, it begins as the policy
        judge.to(device_named(settings.reward_device))
        held_out = len(pairs) // 10
        options = build_dataclass(RewardModelConfig, {"seed": seed, **settings.reward_training}, "reward_training")
        fit_reward_model(judge, reader, pairs[held_out:], options)
        score = ModelReward(judge, reader)
        prompts_of, chosen, rejected = (list(column) for column in zip(*pairs[:held_out], strict=True))
        right = [c > r for c, r in zip(score(prompts_of, chosen), score(prompts_of, rejected), strict=True)]
        used, accuracy = len(pairs) - held_out, sum(right) / len(right)
    model_reward = ModelReward(judge, reader)
    return Preparation(
        policy, tokenizer, prompts, lambda p, r: model_reward(p, [settings.join + text for text in r]),
        toy_task.true_score if toy else None, used, accuracy,
    )  # fmt: skip


def preferences(settings: RunSettings, policy: Any, tokenizer: Any, prompts: list[str], seed: int) -> list[Pair]:
    """Pairs from the file, or of the policy's own replies, the better one by the hidden rule first."""
    if settings.preferences:
        pairs = table_files.read_columns(settings.preferences, ["prompt", "chosen", "rejected"])
        if len(pairs) < 10:
            raise UsageError(f"{settings.preferences} holds {len(pairs)} pairs; at least 10 are needed, one to test")
        return [(p, settings.join + chosen, settings.join + rejected) for p, chosen, rejected in pairs]
    device = next(policy.parameters()).device
    generator = torch.Generator(device).manual_seed(seed)
    ids, _ = generate(policy, tokenizer, prompts, settings.samples, toy_task.LONGEST + 2, generator=generator)
    texts = [tokenizer.decode(row.tolist(), skip_special_tokens=True) for row in ids]
    asked = [prompt for prompt in prompts for _ in range(settings.samples)]
    pairs = []
    for i in range(0, len(texts) - 1, 2):
        a, b = toy_task.true_score(asked[i], texts[i]), toy_task.true_score(asked[i], texts[i + 1])
        if a != b:  # of two equally good replies neither is preferred
            better, worse = (i, i + 1) if a > b else (i + 1, i)
            pairs.append((asked[i], settings.join + texts[better], settings.join + texts[worse]))
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(seed)).tolist()
    return [pairs[i] for i in order]
