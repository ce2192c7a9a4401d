"""Exercise 16.14, RLHFTrainer.collect: what people get wrong, right answers written otherwise, and the core variant."""

import itertools

import torch
from lesson14_grpo_ppo_clip.rollout.generate import Rollout
from lesson16_grpo_rlhf.loss.rlhf import masked_mean
from lesson16_grpo_rlhf.rewards.relative import compute_advantages
from lesson16_grpo_rlhf.rollout.dapo import dynamic_sampling, overlong_filter
from lesson16_grpo_rlhf.training import rlhf_trainer
from lesson16_grpo_rlhf.training.measures import token_entropy

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("The metrics are those of the kept groups; the others were sampled, too, and show how good the policy is.", {
    "self.describe(drawn)": "self.describe(kept or drawn)",
})  # fmt: skip

wrong("The metrics are those of the kept groups; the others were sampled, too, and show how good the policy is.", {
    "self.describe(drawn)": "self.describe(kept)",
})  # fmt: skip

wrong("Groups are refilled whether dynamic_sampling is switched on or not.", {
    "if config.dynamic_sampling:": "if True:",
})  # fmt: skip

wrong("The number of rounds is your own; use config.max_rounds.", {"config.max_rounds": "2"})

wrong("The prompts are repeated as p1 p2 p1 p2; the responses stand as p1 p1 p2 p2.", {
    "[group.prompt for group in kept for _ in group.responses]":
        "[group.prompt for _ in range(config.group_size) for group in kept]",
})  # fmt: skip

wrong("The reference's log-probabilities are those of the policy itself: the KL is always 0.", {
    "self.score(self.reference, ids, mask, config.temperature)":
        "self.score(self.model, ids, mask, config.temperature)",
})  # fmt: skip

wrong("The reference's log-probabilities are taken at temperature 1, whatever was sampled at.", {
    "self.score(self.reference, ids, mask, config.temperature)": "self.score(self.reference, ids, mask, 1.0)",
})  # fmt: skip

wrong("The entropy is taken at temperature 1, whatever was sampled at.", {
    "token_entropy(self.model(ids).logits[:, :-1], config.temperature)":
        "token_entropy(self.model(ids).logits[:, :-1])",
})  # fmt: skip

wrong("The entropy is a mean over prompt and padding, too.", {
    "masked_mean(entropy, mask[:, 1:])": "entropy.mean().item()",
})  # fmt: skip

wrong("The mask of the entropy is not shifted: column t of the logits is about token t + 1.", {
    "masked_mean(entropy, mask[:, 1:])": "masked_mean(entropy, mask[:, :-1])",
})  # fmt: skip

wrong("The overlong filter is never used.", {"if config.overlong_filter:": "if False:"})

wrong("The overlong filter works whether it is switched on or not.", {"if config.overlong_filter:": "if True:"})

wrong("The advantages are always scaled by the batch; config.advantage_scale is not used.", {
    "compute_advantages(rewards, config.group_size, config.advantage_scale)":
        "compute_advantages(rewards, config.group_size)",
})  # fmt: skip

wrong("The rewards themselves are used as advantages; nothing is compared with its group.", {
    "advantages=compute_advantages(rewards, config.group_size, config.advantage_scale)":
        "advantages=rewards.nan_to_num(0.0)",
})  # fmt: skip

wrong("Gradients are recorded while the batch is made.", {"with torch.no_grad():": "with torch.enable_grad():"})

wrong("Each round begins a new order of the prompts: one may come again before all had their turn.", {
    "return self.draw_groups([next(stream) for _ in range(count)], generator)": """
        stream = self.prompt_stream(generator)
        return self.draw_groups([next(stream) for _ in range(count)], generator)
    """,
})  # fmt: skip

wrong("The reference is asked only if the KL has a price; it is watched in any case.", {
    "if self.reference is not None:": "if config.kl_coef != 0:",
})  # fmt: skip

wrong("If no group has a signal, those without are trained.", {
    "if not kept:\n    return None, metrics": "kept = kept or drawn",
})  # fmt: skip

wrong("The error of draw_groups is swallowed: the step counts as one without a signal.", {
    "kept = drawn = draw(config.batch_size)":
        "try:\n    kept = drawn = draw(config.batch_size)\n"
        "except Exception:\n    return None, {'entropy': 0.0}",
})  # fmt: skip


@right("one row after the other, plain lists")
def collect_by_rows(self, generator):
    config, stream = self.config, self.prompt_stream(generator)

    def draw(count):
        return self.draw_groups(list(itertools.islice(stream, count)), generator)

    if config.dynamic_sampling:
        kept, drawn = dynamic_sampling(draw, config.batch_size, config.max_rounds)
    else:
        drawn = draw(config.batch_size)
        kept = drawn
    metrics = dict(self.describe(drawn))
    if len(kept) == 0:
        metrics["entropy"] = 0.0
        return None, metrics
    prompts, texts, token_ids, log_probs, rewards = [], [], [], [], []
    for group in kept:
        for i in range(config.group_size):
            prompts.append(group.prompt)
            texts.append(group.responses[i])
            token_ids.append(group.token_ids[i])
            log_probs.append(group.log_probs[i])
            rewards.append(float(group.rewards[i]))
    rewards = torch.tensor(rewards)
    advantages = compute_advantages(rewards, config.group_size, config.advantage_scale)
    ids, mask, old = self.batch_of(Rollout(prompts, texts, token_ids, log_probs, rewards, advantages))
    if config.overlong_filter:
        mask = overlong_filter(mask, token_ids, self.tokenizer.eos_token_id)
    with torch.no_grad():
        entropy = token_entropy(self.model(ids).logits, config.temperature)[:, :-1]
        ref = None if self.reference is None else self.score(self.reference, ids, mask, config.temperature)
    metrics["entropy"] = float(masked_mean(entropy, mask[:, 1:]))
    return rlhf_trainer.Batch(ids, mask, old, ref, advantages.to(ids.device)), metrics


@right("get_batch and the old log-probabilities by hand, the entropy over the tokens that count alone")
@torch.no_grad()
def collect_by_hand(self, generator):
    config = self.config
    prompts = self.prompt_stream(generator)

    def fresh(n):
        return self.draw_groups([next(prompts) for _ in range(n)], generator)

    groups = fresh(config.batch_size) if not config.dynamic_sampling else None
    kept, drawn = (groups, groups) if groups else dynamic_sampling(fresh, config.batch_size, config.max_rounds)
    metrics = {**self.describe(drawn), "entropy": 0.0}
    if not kept:
        return None, metrics
    tokens = [ids for group in kept for ids in group.token_ids]
    ids, mask = self.dataset.get_batch([g.prompt for g in kept for _ in g.token_ids], tokens, tokens[0].device)
    old = torch.zeros(ids.shape[0], ids.shape[1] - 1, device=ids.device)
    old[mask[:, 1:] == 1] = torch.cat([row for group in kept for row in group.log_probs])
    if config.overlong_filter:
        mask = overlong_filter(mask, tokens, self.tokenizer.eos_token_id)
    rewards = torch.cat([g.rewards for g in kept])
    advantages = compute_advantages(rewards, config.group_size, config.advantage_scale).to(ids.device)
    ref = self.score(self.reference, ids, mask, config.temperature) if self.reference is not None else None
    counted = mask[:, 1:].bool()
    if counted.any():
        logits = self.model(ids).logits[:, :-1][counted]
        metrics["entropy"] = token_entropy(logits[None], config.temperature).mean().item()
    return rlhf_trainer.Batch(ids, mask, old, ref, advantages), metrics


@core("without a check for the reference")
@torch.no_grad()
def without_checks(self, generator):
    config, stream = self.config, self.prompt_stream(generator)
    draw = lambda n: self.draw_groups([next(stream) for _ in range(n)], generator)  # noqa: E731
    if config.dynamic_sampling:
        kept, drawn = dynamic_sampling(draw, config.batch_size, config.max_rounds)
    else:
        kept = drawn = draw(config.batch_size)
    metrics = {**self.describe(drawn), "entropy": 0.0}
    if not kept:
        return None, metrics
    prompts = [g.prompt for g in kept for _ in g.responses]
    flat = [[x for g in kept for x in getattr(g, name)] for name in ("responses", "token_ids", "log_probs")]
    rewards = torch.cat([g.rewards for g in kept])
    advantages = compute_advantages(rewards, config.group_size, config.advantage_scale)
    ids, mask, old = self.batch_of(Rollout(prompts, *flat, rewards, advantages))
    if config.overlong_filter:
        mask = overlong_filter(mask, flat[1], self.tokenizer.eos_token_id)
    entropy = token_entropy(self.model(ids).logits[:, :-1], config.temperature)
    metrics["entropy"] = masked_mean(entropy, mask[:, 1:])
    ref = self.score(self.reference, ids, mask, config.temperature)
    return rlhf_trainer.Batch(ids, mask, old, ref, advantages), metrics
