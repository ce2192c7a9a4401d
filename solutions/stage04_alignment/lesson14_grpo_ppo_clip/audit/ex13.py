"""Exercise 14.13, GRPOTrainer.step: what people get wrong, and right answers written otherwise."""

import torch
from lesson14_grpo_ppo_clip.rollout.generate import generate_group
from lesson14_grpo_ppo_clip.training.grpo_trainer import step_generator

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The generator is seeded alike in every step; the step's number is part of its seed.", {
    "generator = step_generator(config.seed, self.step_number)": "generator = step_generator(config.seed, 0)",
})  # fmt: skip

wrong("config.seed does not reach the generator: runs with other seeds draw the same.", {
    "generator = step_generator(config.seed, self.step_number)": "generator = step_generator(0, self.step_number)",
})  # fmt: skip

wrong("The prompts are drawn from torch's global random state, not with the step's generator.", {
    "torch.randperm(len(self.dataset), generator=generator)": "torch.randperm(len(self.dataset))",
})  # fmt: skip

wrong("The completions are drawn from torch's global random state, not with the step's generator.", {
    """
        generate_group(
            self.model, self.tokenizer, prompts, truths, config.group_size, config.max_new_tokens,
            config.temperature, config.divide_by_std, generator, config.reward, generate=self.generate,
        )
    """: """
        generate_group(
            self.model, self.tokenizer, prompts, truths, config.group_size, config.max_new_tokens,
            config.temperature, config.divide_by_std, None, config.reward, generate=self.generate,
        )
    """,
})  # fmt: skip

wrong("You seed torch's global generator, which others share; the step has a generator of its own.", {
    "generator = step_generator(config.seed, self.step_number)":
        "generator = torch.default_generator.manual_seed(config.seed * 1_000_003 + self.step_number)",
})  # fmt: skip

wrong("The completions get a generator that starts anew; the one that drew the prompts should go on.", {
    """
        generate_group(
            self.model, self.tokenizer, prompts, truths, config.group_size, config.max_new_tokens,
            config.temperature, config.divide_by_std, generator, config.reward, generate=self.generate,
        )
    """: """
        generate_group(
            self.model, self.tokenizer, prompts, truths, config.group_size, config.max_new_tokens,
            config.temperature, config.divide_by_std, step_generator(config.seed, self.step_number), config.reward,
            generate=self.generate,
        )
    """,
})  # fmt: skip

wrong("Prompts are drawn with replacement: the same one can come twice in a step.", {
    "torch.randperm(len(self.dataset), generator=generator)[: config.prompts_per_step].tolist()":
        "torch.randint(len(self.dataset), (min(config.prompts_per_step, len(self.dataset)),),"
        " generator=generator).tolist()",
})  # fmt: skip

wrong("Every step takes the first prompts of the data set; they should be drawn at random.", {
    "torch.randperm(len(self.dataset), generator=generator)[: config.prompts_per_step].tolist()":
        "range(min(config.prompts_per_step, len(self.dataset)))",
})  # fmt: skip

wrong("The steps go through the data set in its order; the prompts should be drawn at random.", {
    "torch.randperm(len(self.dataset), generator=generator)[: config.prompts_per_step].tolist()":
        "[(self.step_number * config.prompts_per_step + i) % len(self.dataset)\n"
        "                  for i in range(min(config.prompts_per_step, len(self.dataset)))]",
})  # fmt: skip

wrong("Prompts are repeated before generate_group, which repeats them itself: too many completions.", {
    "(self.dataset[i] for i in chosen)": "(self.dataset[i] for i in chosen for _ in range(config.group_size))",
})  # fmt: skip

wrong("The ground truths are the data set's first ones, not those of the prompts that were drawn.", {
    "prompts, truths = zip(*(self.dataset[i] for i in chosen), strict=True)":
        "prompts = [self.dataset[i][0] for i in chosen]\ntruths = [self.dataset[i][1] for i in range(len(chosen))]",
})  # fmt: skip

wrong("config.temperature does not reach generate_group: it samples at temperature 1.", {"config.temperature": "1.0"})

wrong("config.divide_by_std does not reach generate_group: the advantages are always divided.", {
    "config.divide_by_std": "True",
})  # fmt: skip

wrong("config.reward does not reach generate_group: it rewards the right sum, whatever was asked for.", {
    """
        generate_group(
            self.model, self.tokenizer, prompts, truths, config.group_size, config.max_new_tokens,
            config.temperature, config.divide_by_std, generator, config.reward, generate=self.generate,
        )
    """: """
        generate_group(
            self.model, self.tokenizer, prompts, truths, config.group_size, config.max_new_tokens,
            config.temperature, config.divide_by_std, generator, generate=self.generate,
        )
    """,
})  # fmt: skip

wrong("The step's learning rate is reported, but the optimizer does not get it.", {'group["lr"] = rate': "pass"})

wrong("Only the first of the optimizer's param_groups gets the learning rate.", {
    "for group in self.optimizer.param_groups:": "for group in self.optimizer.param_groups[:1]:",
})  # fmt: skip

wrong("The optimizer gets the learning rate only after the updates, so it works one step late.", {
    'for group in self.optimizer.param_groups:\n    group["lr"] = rate': "",
    "self.step_number += 1": 'for group in self.optimizer.param_groups:\n    group["lr"] = rate\nself.step_number += 1',
})  # fmt: skip

wrong("The step is counted before its learning rate is taken, which is that of the next step.", {
    "self.step_number += 1": "",
    "rate = self.learning_rate()": "self.step_number += 1\nrate = self.learning_rate()",
})  # fmt: skip

wrong("step_number counts updates; it should count steps.", {
    "self.step_number += 1": "self.step_number += config.updates_per_generation",
})  # fmt: skip

wrong("The step is not counted: step_number stays as it was.", {"self.step_number += 1": ""})


@wrong("Each update gets a rollout of its own; all updates of a step should use the same one.")
def step(self):
    config = self.config
    generator = step_generator(config.seed, self.step_number)
    chosen = torch.randperm(len(self.dataset), generator=generator)[: config.prompts_per_step].tolist()
    prompts, truths = zip(*(self.dataset[i] for i in chosen), strict=True)
    rate = self.learning_rate()
    for group in self.optimizer.param_groups:
        group["lr"] = rate
    updates = []
    for _ in range(config.updates_per_generation):
        rollout = generate_group(
            self.model, self.tokenizer, prompts, truths, config.group_size, config.max_new_tokens,
            config.temperature, config.divide_by_std, generator, config.reward,
        )  # fmt: skip
        ids, mask, old_log_probs = self.batch_of(rollout)
        updates.append(self.update(ids, mask, rollout.advantages.to(ids.device), old_log_probs))
    self.step_number += 1
    groups = rollout.rewards.reshape(-1, config.group_size)
    return {
        "reward": rollout.rewards.mean().item(),
        "signal": (groups.amin(1) < groups.amax(1)).float().mean().item(),
        "completion_length": sum(len(ids) for ids in rollout.token_ids) / len(rollout.token_ids),
        "entropy": -torch.cat(rollout.log_probs).mean().item(),
        "learning_rate": rate,
        **{name: sum(u[name] for u in updates) / len(updates) for name in updates[0]},
    }


wrong("old_log_probs are computed anew before each update: the ratio is always 1, nothing is ever clipped.", {
    "from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss":
        "from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss, token_log_probs",
    "old_log_probs": "token_log_probs(self.model, ids, config.temperature).detach()",
})  # fmt: skip

wrong("Each update gets only its share of the batch; every update should see all of it.", {
    "[self.update(ids, mask, advantages, old_log_probs) for _ in range(config.updates_per_generation)]":
        "[self.update(ids[p], mask[p], advantages[p], old_log_probs[p]) for p in"
        " torch.arange(len(ids)).chunk(config.updates_per_generation)]",
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

wrong("The rewards stand in the place of the advantages.", {
    "advantages = rollout.advantages.to(ids.device)": "advantages = rollout.rewards.to(ids.device)",
})  # fmt: skip

wrong("The model is put into training mode, and dropout changes the log-probabilities.", {
    "rate = self.learning_rate()": "rate = self.learning_rate()\nself.model.train()",
})  # fmt: skip

wrong("reward is that of the best response in each group; the mean over all responses is asked for.", {
    "rollout.rewards.mean": "groups.amax(1).mean",
})  # fmt: skip

wrong("reward is still a tensor; the metrics are plain floats.", {
    "rollout.rewards.mean().item": "rollout.rewards.mean",
})  # fmt: skip

wrong("signal is the share of groups whose rewards are all equal; it should be the share of the others.", {
    "(groups.amin(1) < groups.amax(1))": "(groups.amin(1) == groups.amax(1))",
})  # fmt: skip

wrong("signal is the number of groups whose rewards differ; it should be their share.", {
    "(groups.amin(1) < groups.amax(1)).float().mean().item()": "(groups.amin(1) < groups.amax(1)).float().sum().item()",
})  # fmt: skip

wrong("signal counts the groups with any reward above 0; where all are rewarded alike there is no signal.", {
    "(groups.amin(1) < groups.amax(1))": "(groups.amax(1) > 0)",
})  # fmt: skip

wrong("signal compares rewards with their mean; that of equal ones may differ from them by rounding.", {
    "(groups.amin(1) < groups.amax(1))": "(groups != groups.mean(1, keepdim=True)).any(1)",
})  # fmt: skip

wrong("completion_length counts characters of the text; it should count tokens, with EOS.", {
    "sum(len(ids) for ids in rollout.token_ids)": "sum(len(text) for text in rollout.responses)",
})  # fmt: skip

wrong("completion_length is the width of the padded batch, with prompts and padding.", {
    "sum(len(ids) for ids in rollout.token_ids) / len(rollout.token_ids)": "float(ids.shape[1])",
})  # fmt: skip

wrong("The sign of entropy is lost: it is the mean of minus the log-probabilities.", {
    "-torch.cat(rollout.log_probs).mean().item()": "torch.cat(rollout.log_probs).mean().item()",
})  # fmt: skip

wrong("entropy is averaged over all positions, also those of prompts and padding, which hold zeros.", {
    "-torch.cat(rollout.log_probs).mean().item()": "-old_log_probs.mean().item()",
})  # fmt: skip

wrong("entropy is a mean over completions of their means; it should be the mean over all tokens.", {
    "-torch.cat(rollout.log_probs).mean().item()":
        "-torch.stack([row.mean() for row in rollout.log_probs]).mean().item()",
})  # fmt: skip

wrong("loss, grad_norm and clip_fraction are those of the last update; their means over all are asked for.", {
    "{name: sum(u[name] for u in updates) / len(updates) for name in updates[0]}": "updates[-1]",
})  # fmt: skip

# Right answers written otherwise


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


@right("torch.multinomial without replacement; metrics from the batch")
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


right("the whole order of the data set reversed after the shuffle; copies for each update", {
    "torch.randperm(len(self.dataset), generator=generator)":
        "torch.randperm(len(self.dataset), generator=generator).flip(0)",
    "self.update(ids, mask, advantages, old_log_probs)":
        "self.update(ids.clone(), mask.clone(), advantages.clone(), old_log_probs.clone())",
    "groups.amin(1) < groups.amax(1)": "(groups != groups[:, :1]).any(1)",
})  # fmt: skip
