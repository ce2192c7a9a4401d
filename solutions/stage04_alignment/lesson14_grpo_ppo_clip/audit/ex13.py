"""Exercise 14.13, GRPOTrainer.step: known mistakes, right answers written otherwise, and the core variant."""

import torch
from lesson14_grpo_ppo_clip.rollout.generate import generate_group
from lesson14_grpo_ppo_clip.training.grpo_trainer import step_generator

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()


def rollout_call(temperature="config.temperature", divide="config.divide_by_std", generator="generator"):
    """The call of generate_group with these arguments."""
    return (
        "generate_group(self.model, self.tokenizer, prompts, truths, config.group_size, config.max_new_tokens,"
        f" {temperature}, {divide}, {generator}, config.reward, generate=self.generate)"
    )


GENERATOR = "generator = step_generator(config.seed, self.step_number)"
CHOSEN = "torch.randperm(len(self.dataset), generator=generator)[: config.prompts_per_step].tolist()"
UPDATES = "[self.update(ids, mask, advantages, old_log_probs) for _ in range(config.updates_per_generation)]"
SET_RATE = 'for group in self.optimizer.param_groups:\n    group["lr"] = rate'

wrong("The generator is seeded alike in every step; the step's number is part of its seed.", {
    GENERATOR: "generator = step_generator(config.seed, 0)",
})  # fmt: skip

wrong("config.seed does not reach the generator: runs with other seeds draw the same.", {
    GENERATOR: "generator = step_generator(0, self.step_number)",
})  # fmt: skip

wrong("The prompts are drawn from torch's global random state, not with the step's generator.", {
    "torch.randperm(len(self.dataset), generator=generator)": "torch.randperm(len(self.dataset))",
})  # fmt: skip

wrong("The completions are drawn from torch's global random state, not with the step's generator.", {
    rollout_call(): rollout_call(generator="None"),
})  # fmt: skip

wrong("The completions get a generator that starts anew; the one that drew the prompts should go on.", {
    rollout_call(): rollout_call(generator="step_generator(config.seed, self.step_number)"),
})  # fmt: skip

wrong("Prompts are drawn with replacement: the same one can come twice in a step.", {
    CHOSEN: "torch.randint(len(self.dataset), (min(config.prompts_per_step, len(self.dataset)),),"
            " generator=generator).tolist()",
})  # fmt: skip

wrong("Every step takes the first prompts of the data set; they should be drawn at random.", {
    CHOSEN: "range(min(config.prompts_per_step, len(self.dataset)))",
})  # fmt: skip

wrong("The ground truths are the data set's first ones, not those of the prompts that were drawn.", {
    "prompts, truths = zip(*(self.dataset[i] for i in chosen), strict=True)":
        "prompts = [self.dataset[i][0] for i in chosen]\ntruths = [self.dataset[i][1] for i in range(len(chosen))]",
})  # fmt: skip

wrong("config.temperature does not reach generate_group: it samples at temperature 1.", {"config.temperature": "1.0"})

wrong("config.divide_by_std does not reach generate_group: the advantages are always divided.", {
    "config.divide_by_std": "True",
})  # fmt: skip

wrong("self.generate does not reach generate_group: what was passed to the trainer is never used.", {
    "generate=self.generate": "",
})  # fmt: skip

wrong("The step's learning rate is reported, but the optimizer does not get it before the updates.", {SET_RATE: ""})

wrong("The step is counted before its learning rate is taken, which is that of the next step.", {
    "self.step_number += 1": "",
    "rate = self.learning_rate()": "self.step_number += 1\nrate = self.learning_rate()",
})  # fmt: skip

wrong("The step is not counted: step_number stays as it was.", {"self.step_number += 1": ""})

wrong("Each update gets a rollout of its own; all updates of a step should use the same one.", {
    UPDATES: f"""[
        self.update(*self.batch_of(again)[:2], again.advantages, self.batch_of(again)[2])
        for again in [{rollout_call()} for _ in range(config.updates_per_generation)]
    ]""",
})  # fmt: skip

wrong("old_log_probs are computed anew before each update: the ratio is always 1, nothing is ever clipped.", {
    "from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss":
        "from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss, token_log_probs",
    UPDATES: UPDATES.replace("old_log_probs", "token_log_probs(self.model, ids, config.temperature).detach()"),
})  # fmt: skip

wrong("There is one update in a step, whatever config.updates_per_generation says.", {
    "config.updates_per_generation": "1",
})  # fmt: skip

wrong("The advantages are made over the whole batch; the rollout has those of each prompt's own group.", {
    "advantages = rollout.advantages.to(ids.device)": """
        advantages = rollout.rewards.to(ids.device) - rollout.rewards.mean()
        if config.divide_by_std:
            advantages = advantages / (rollout.rewards.std() + 1e-4)
    """,
})  # fmt: skip

wrong("The model is put into training mode, and dropout changes the log-probabilities.", {
    "rate = self.learning_rate()": "rate = self.learning_rate()\nself.model.train()",
})  # fmt: skip

wrong("signal is the share of groups whose rewards are all equal; it should be the share of the others.", {
    "groups.amin(1) < groups.amax(1)": "groups.amin(1) == groups.amax(1)",
})  # fmt: skip

wrong("entropy is a mean over completions of their means; it should be the mean over all tokens.", {
    "-torch.cat(rollout.log_probs).mean().item()":
        "-torch.stack([row.mean() for row in rollout.log_probs]).mean().item()",
})  # fmt: skip

wrong("loss, grad_norm and clip_fraction are those of the last update; their means over all are wanted.", {
    "{name: sum(u[name] for u in updates) / len(updates) for name in updates[0]}": "updates[-1]",
})  # fmt: skip

wrong("The error of an update is swallowed: the step counts, and nothing was learned.", {
    f"updates = {UPDATES}":
        "updates = []\nfor _ in range(config.updates_per_generation):\n"
        "    try:\n        updates.append(self.update(ids, mask, advantages, old_log_probs))\n"
        "    except Exception:\n        updates.append({'loss': 0.0})",
})  # fmt: skip


@right("prompts by sorting random numbers; metrics by plain loops")
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
        generator=generator, reward=config.reward, generate=self.generate,
    )  # fmt: skip
    batch = self.batch_of(rollout)
    sums = {"loss": 0.0, "grad_norm": 0.0, "clip_fraction": 0.0}
    for _ in range(config.updates_per_generation):
        metrics = self.update(batch[0], batch[1], rollout.advantages.to(batch[0].device), batch[2])
        for name in sums:
            sums[name] += metrics[name] / config.updates_per_generation
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


right("the data set's order reversed after the shuffle", {
    "torch.randperm(len(self.dataset), generator=generator)":
        "torch.randperm(len(self.dataset), generator=generator).flip(0)",
})  # fmt: skip


@core("the steps of the docstring, one after another")
def step_one_after_another(self):
    c = self.config
    generator = step_generator(c.seed, self.step_number)
    chosen = torch.randperm(len(self.dataset), generator=generator)[: c.prompts_per_step]
    prompts, truths = zip(*[self.dataset[i] for i in chosen.tolist()], strict=True)
    rollout = generate_group(
        self.model, self.tokenizer, prompts, truths, c.group_size, c.max_new_tokens, c.temperature, c.divide_by_std,
        generator, c.reward, generate=self.generate,
    )  # fmt: skip
    rate = self.learning_rate()
    for group in self.optimizer.param_groups:
        group["lr"] = rate
    ids, mask, old = self.batch_of(rollout)
    updates = [self.update(ids, mask, rollout.advantages, old) for _ in range(c.updates_per_generation)]
    self.step_number += 1
    groups = rollout.rewards.view(-1, c.group_size)
    metrics = {name: sum(u[name] for u in updates) / len(updates) for name in ("loss", "grad_norm", "clip_fraction")}
    return {
        "reward": rollout.rewards.mean().item(),
        "signal": (groups.std(1) > 0).float().mean().item(),
        "completion_length": sum(map(len, rollout.token_ids)) / len(rollout.token_ids),
        "entropy": -torch.cat(rollout.log_probs).mean().item(),
        "learning_rate": rate,
        **metrics,
    }
