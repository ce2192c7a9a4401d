"""What people write wrongly in this lesson; see tutorial/CONTRIBUTING.md."""

import torch
from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss
from lesson14_grpo_ppo_clip.rollout.generate import generate_group
from lesson14_grpo_ppo_clip.training.grpo_trainer import step_generator
from torch import nn

from lab.attempts import Attempts

wrong = Attempts()

# 14.11 GRPOTrainer.batch_of

wrong("14.11", "The stored log-probabilities stand one column too far right: column t belongs to the token at t + 1.", {
    "torch.zeros(mask[:, 1:].shape, dtype": "torch.zeros(mask.shape, dtype",
    "old_log_probs[mask[:, 1:].bool()] = torch.cat(rollout.log_probs)  # both run row by row":
        "old_log_probs[mask.bool()] = torch.cat(rollout.log_probs)\n        old_log_probs = old_log_probs[:, :-1]",
})  # fmt: skip

wrong("14.11", "old_log_probs has a column for each token; the first token of a row has no log-probability.", {
    "torch.zeros(mask[:, 1:].shape, dtype": "torch.zeros(mask.shape, dtype",
    "old_log_probs[mask[:, 1:].bool()]": "old_log_probs[mask.bool()]",
})  # fmt: skip

wrong("14.11", "old_log_probs is only as wide as the longest response; the prompts need places, too.", {
    "old_log_probs = torch.zeros(mask[:, 1:].shape, dtype=rollout.log_probs[0].dtype, device=ids.device)":
        "old_log_probs = torch.nn.utils.rnn.pad_sequence(rollout.log_probs, batch_first=True)",
    "        old_log_probs[mask[:, 1:].bool()] = torch.cat(rollout.log_probs)  # both run row by row\n": "",
})  # fmt: skip

wrong("14.11", "Each row's log-probabilities begin at column 0, beside the prompt; they belong beside the response.", {
    "old_log_probs[mask[:, 1:].bool()] = torch.cat(rollout.log_probs)  # both run row by row":
        "for row, stored in zip(old_log_probs, rollout.log_probs, strict=True):\n"
        "            row[: len(stored)] = stored",
})  # fmt: skip

wrong("14.11", "Each row's log-probabilities stand at its right end, but there the shorter rows have padding.", {
    "old_log_probs[mask[:, 1:].bool()] = torch.cat(rollout.log_probs)  # both run row by row":
        "for row, stored in zip(old_log_probs, rollout.log_probs, strict=True):\n"
        "            row[-len(stored) :] = stored",
})  # fmt: skip

wrong("14.11", "Prompt and padding have -inf in your old_log_probs; they should have 0.", {
    "torch.zeros(mask[:, 1:].shape, dtype": "torch.full(mask[:, 1:].shape, -torch.inf, dtype",
})  # fmt: skip

wrong("14.11", "You compute the log-probabilities anew with the present model; the stored ones are wanted.", {
    "import grpo_loss": "import grpo_loss, token_log_probs",
    "= torch.cat(rollout.log_probs)  # both":
        "= token_log_probs(self.model, ids).detach().to(old_log_probs.dtype)[mask[:, 1:].bool()]  # both",
})  # fmt: skip

wrong("14.11", "Your old_log_probs have an integer type, which cuts off everything behind the decimal point.", {
    "torch.zeros(mask[:, 1:].shape, dtype=rollout.log_probs[0].dtype, device=ids.device)":
        "torch.zeros_like(mask[:, 1:])",
    "= torch.cat(rollout.log_probs)  # both": "= torch.cat(rollout.log_probs).long()  # both",
})  # fmt: skip


@wrong(
    "14.11", "You encode the decoded responses again: their EOS is lost; the rollout has the sampled ids themselves."
)
def batch_of(self, rollout):
    device = rollout.token_ids[0].device
    again = [torch.tensor(self.tokenizer.encode(text), dtype=torch.long) for text in rollout.responses]
    ids, mask = self.dataset.get_batch(rollout.prompts, again, device)
    old_log_probs = torch.zeros(mask[:, 1:].shape, dtype=rollout.log_probs[0].dtype, device=device)
    for row, new, stored in zip(range(len(ids)), again, rollout.log_probs, strict=True):
        start = len(self.tokenizer.encode(rollout.prompts[row])) - 1
        old_log_probs[row, start : start + len(new)] = stored[: len(new)]
    return ids, mask, old_log_probs


wrong("14.11", "You return mask[:, 1:]; the mask must keep its first column, the loss shifts it itself.", {
    "return ids, mask, old_log_probs": "return ids, mask[:, 1:], old_log_probs",
})  # fmt: skip

wrong("14.11", "Every token of a response has their sum as its log-probability; each token should keep its own.", {
    "= torch.cat(rollout.log_probs)  # both":
        "= torch.cat([stored.sum().expand(len(stored)) for stored in rollout.log_probs])  # both",
})  # fmt: skip

wrong("14.11", "You store probabilities: exp was applied to the rollout's log-probabilities.", {
    "= torch.cat(rollout.log_probs)  # both": "= torch.cat(rollout.log_probs).exp()  # both",
})  # fmt: skip

# 14.12 GRPOTrainer.update


@wrong("14.12", "Micro-batches have their own denominators and are then averaged: a mean of means is no mean.")
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


wrong("14.12", "Each micro-batch has its own denominator, so their sum grows with the number of micro-batches.", {
    "config.epsilon, config.temperature, config.aggregation, denominator,":
        "config.epsilon, config.temperature, config.aggregation,\n"
        "                len(part) * config.max_new_tokens if config.aggregation == 'constant' else None,",
})  # fmt: skip

wrong("14.12", "Besides the whole batch's denominator, each loss is divided by the number of micro-batches.", {
    "            loss.backward()":
        "            loss = loss / -(-rows // (config.micro_batch_size or rows))\n            loss.backward()",
})  # fmt: skip

wrong("14.12", "The denominator of \"token\" counts all positions of the batch, prompt and padding too.", {
    '"token": tokens,': '"token": mask[:, 1:].numel(),',
})  # fmt: skip

wrong("14.12", "The denominator of \"token\" counts all tokens that are not padding, the prompts' too.", {
    '"token": tokens,': '"token": (ids != self.tokenizer.pad_token_id).sum().item(),',
})  # fmt: skip

wrong("14.12", "Rows without a response token are left out of the denominator of \"sequence\".", {
    '"sequence": rows,': '"sequence": mask[:, 1:].any(1).sum().item(),',
})  # fmt: skip

wrong("14.12", "The denominator of \"constant\" forgets the rows: the update grows with the size of the batch.", {
    '"constant": rows * config.max_new_tokens': '"constant": config.max_new_tokens',
})  # fmt: skip

wrong("14.12", "The denominator of \"constant\" takes the batch's width, which depends on lengths, for max_new_tokens.", {
    '"constant": rows * config.max_new_tokens': '"constant": rows * mask[:, 1:].shape[1]',
})  # fmt: skip

wrong("14.12", "The gradient is cleared for each micro-batch, so only the last one counts.", {
    "        self.optimizer.zero_grad()\n": "",
    "            loss.backward()": "            self.optimizer.zero_grad()\n            loss.backward()",
})  # fmt: skip

wrong("14.12", "Old gradients are not cleared: what was left in .grad before is added to this update.", {
    "        self.optimizer.zero_grad()\n": "",
})  # fmt: skip

wrong("14.12", "The optimizer steps after each micro-batch; there should be one step for the whole batch.", {
    "        self.optimizer.step()\n        return {**metrics": "        return {**metrics",
    '            metrics["loss"] += loss.item()': '            self.optimizer.step()\n            metrics["loss"] += loss.item()',
})  # fmt: skip

wrong("14.12", "The gradient is clipped after each micro-batch; only the sum of all of them should be.", {
    "        grad_norm = nn.utils": "            grad_norm = nn.utils",
})  # fmt: skip

wrong("14.12", "The clipping of the gradient does not reach the optimizer's step.", {
    "        grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)\n"
    "        self.optimizer.step()\n":
        "        self.optimizer.step()\n"
        "        grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)\n",
})  # fmt: skip

wrong("14.12", "The gradient's norm is clipped to 1, whatever config.max_grad_norm says.", {
    "self.model.parameters(), config.max_grad_norm)": "self.model.parameters(), 1.0)",
})  # fmt: skip

wrong("14.12", "Each entry of the gradient is clipped on its own; it is the norm of the whole that has a bound.", {
    "clip_grad_norm_(self.model.parameters(), config.max_grad_norm)":
        "clip_grad_norm_(self.model.parameters(), float('inf'))\n"
        "        nn.utils.clip_grad_value_(self.model.parameters(), config.max_grad_norm)",
})  # fmt: skip

wrong("14.12", "The gradient is scaled to the norm max_grad_norm even where it is smaller.", {
    "clip_grad_norm_(self.model.parameters(), config.max_grad_norm)":
        "clip_grad_norm_(self.model.parameters(), float('inf'))\n"
        "        for p in self.model.parameters():\n"
        "            if p.grad is not None:\n"
        "                p.grad *= config.max_grad_norm / (grad_norm + 1e-6)",
})  # fmt: skip

wrong("14.12", "grad_norm is the norm after clipping; the one before it is asked for.", {
    '"grad_norm": grad_norm.item()': '"grad_norm": min(grad_norm.item(), config.max_grad_norm)',
})  # fmt: skip

wrong("14.12", "config.temperature does not reach the loss: the log-probabilities are those of temperature 1.", {
    "config.epsilon, config.temperature, config.aggregation, denominator": 
        "config.epsilon, 1.0, config.aggregation, denominator",
})  # fmt: skip

wrong("14.12", "config.epsilon does not reach the loss: it always clips at 0.2.", {
    "config.epsilon, config.temperature, config.aggregation, denominator": 
        "0.2, config.temperature, config.aggregation, denominator",
})  # fmt: skip

wrong("14.12", "epsilon and temperature are handed to the loss in each other's place.", {
    "config.epsilon, config.temperature, config.aggregation, denominator": 
        "config.temperature, config.epsilon, config.aggregation, denominator",
})  # fmt: skip

wrong("14.12", "config.aggregation does not reach the loss, which always sums over tokens as for \"token\".", {
    "config.epsilon, config.temperature, config.aggregation, denominator": 
        'config.epsilon, config.temperature, "token", denominator',
})  # fmt: skip

wrong("14.12", "The loss that is returned is that of the last micro-batch, not of the whole batch.", {
    'metrics["loss"] += loss.item()': 'metrics["loss"] = loss.item()',
})  # fmt: skip

wrong("14.12", "clip_fraction is a plain mean over micro-batches, though they differ in their numbers of tokens.", {
    "mask[part, 1:].sum().item() / max(tokens, 1)": "1 / -(-rows // (config.micro_batch_size or rows))",
})  # fmt: skip

wrong("14.12", "The rows that do not fill a last micro-batch are left out.", {
    "torch.arange(rows).split(config.micro_batch_size or rows)":
        "torch.arange(rows - rows % (config.micro_batch_size or rows)).split(config.micro_batch_size or rows)",
})  # fmt: skip

wrong("14.12", "The batch is cut into micro_batch_size parts; it is the number of rows in each.", {
    "torch.arange(rows).split(config.micro_batch_size or rows)":
        "torch.arange(rows).chunk(config.micro_batch_size or 1)",
})  # fmt: skip

wrong("14.12", "All rows go through the model at once, whatever config.micro_batch_size says.", {
    ".split(config.micro_batch_size or rows)": ".split(rows)",
})  # fmt: skip

wrong("14.12", "micro_batch_size = 0 is taken for 1: the rows go one by one where all at once is meant.", {
    ".split(config.micro_batch_size or rows)": ".split(config.micro_batch_size or 1)",
})  # fmt: skip

wrong("14.12", "The sign of the loss is turned before backward: the update makes bad responses more likely.", {
    "            loss.backward()": "            (-loss).backward()",
})  # fmt: skip

wrong("14.12", "The advantages are normalised again over the batch; they are to be used as they are.", {
    "        self.optimizer.zero_grad()\n":
        "        self.optimizer.zero_grad()\n"
        "        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)\n",
})  # fmt: skip

wrong("14.12", "old_log_probs are replaced by those of the present model: the ratio is always 1.", {
    "import grpo_loss": "import grpo_loss, token_log_probs",
    "advantages[part], old_log_probs[part],":
        "advantages[part], token_log_probs(self.model, ids[part], config.temperature).detach(),",
})  # fmt: skip

wrong("14.12", "The model is put into training mode: with dropout the ratio is not 1 where nothing has changed.", {
    "        self.optimizer.zero_grad()\n": "        self.model.train()\n        self.optimizer.zero_grad()\n",
})  # fmt: skip

wrong("14.12", "grad_norm is still a tensor; the metrics are plain floats.", {
    '"grad_norm": grad_norm.item()': '"grad_norm": grad_norm',
})  # fmt: skip

wrong("14.12", "The loss in the metrics is still a tensor, which keeps its graph in memory; a float is asked for.", {
    'metrics["loss"] += loss.item()': 'metrics["loss"] += loss',
})  # fmt: skip

# 14.13 GRPOTrainer.step

wrong("14.13", "The generator is seeded alike in every step; the step's number is part of its seed.", {
    "generator = step_generator(config.seed, self.step_number)": "generator = step_generator(config.seed, 0)",
})  # fmt: skip

wrong("14.13", "config.seed does not reach the generator: runs with other seeds draw the same.", {
    "generator = step_generator(config.seed, self.step_number)": "generator = step_generator(0, self.step_number)",
})  # fmt: skip

wrong("14.13", "The prompts are drawn from torch's global random state, not with the step's generator.", {
    "torch.randperm(len(self.dataset), generator=generator)": "torch.randperm(len(self.dataset))",
})  # fmt: skip

wrong("14.13", "The completions are drawn from torch's global random state, not with the step's generator.", {
    "config.divide_by_std, generator, config.reward": "config.divide_by_std, None, config.reward",
})  # fmt: skip

wrong("14.13", "You seed torch's global generator, which others share; the step has a generator of its own.", {
    "generator = step_generator(config.seed, self.step_number)":
        "generator = torch.default_generator.manual_seed(config.seed * 1_000_003 + self.step_number)",
})  # fmt: skip

wrong("14.13", "The completions get a generator that starts anew; the one that drew the prompts should go on.", {
    "config.divide_by_std, generator, config.reward":
        "config.divide_by_std, step_generator(config.seed, self.step_number), config.reward",
})  # fmt: skip

wrong("14.13", "Prompts are drawn with replacement: the same one can come twice in a step.", {
    "torch.randperm(len(self.dataset), generator=generator)[: config.prompts_per_step].tolist()":
        "torch.randint(len(self.dataset), (min(config.prompts_per_step, len(self.dataset)),), "
        "generator=generator).tolist()",
})  # fmt: skip

wrong("14.13", "Every step takes the first prompts of the data set; they should be drawn at random.", {
    "torch.randperm(len(self.dataset), generator=generator)[: config.prompts_per_step].tolist()":
        "range(min(config.prompts_per_step, len(self.dataset)))",
})  # fmt: skip

wrong("14.13", "The steps go through the data set in its order; the prompts should be drawn at random.", {
    "torch.randperm(len(self.dataset), generator=generator)[: config.prompts_per_step].tolist()":
        "[(self.step_number * config.prompts_per_step + i) % len(self.dataset)\n"
        "                  for i in range(min(config.prompts_per_step, len(self.dataset)))]",
})  # fmt: skip

wrong("14.13", "Prompts are repeated before generate_group, which repeats them itself: too many completions.", {
    "(self.dataset[i] for i in chosen)": "(self.dataset[i] for i in chosen for _ in range(config.group_size))",
})  # fmt: skip

wrong("14.13", "The ground truths are the data set's first ones, not those of the prompts that were drawn.", {
    "prompts, truths = zip(*(self.dataset[i] for i in chosen), strict=True)":
        "prompts = [self.dataset[i][0] for i in chosen]\n"
        "        truths = [self.dataset[i][1] for i in range(len(chosen))]",
})  # fmt: skip

wrong("14.13", "config.temperature does not reach generate_group: it samples at temperature 1.", {
    "config.temperature, config.divide_by_std, generator": "1.0, config.divide_by_std, generator",
})  # fmt: skip

wrong("14.13", "config.divide_by_std does not reach generate_group: the advantages are always divided.", {
    "config.temperature, config.divide_by_std, generator": "config.temperature, True, generator",
})  # fmt: skip

wrong("14.13", "config.reward does not reach generate_group: it rewards the right sum, whatever was asked for.", {
    "generator, config.reward,": "generator,",
})  # fmt: skip

wrong("14.13", "The step's learning rate is reported, but the optimizer does not get it.", {
    '            group["lr"] = rate': "            pass",
})  # fmt: skip

wrong("14.13", "Only the first of the optimizer's param_groups gets the learning rate.", {
    "for group in self.optimizer.param_groups:": "for group in self.optimizer.param_groups[:1]:",
})  # fmt: skip

wrong("14.13", "The optimizer gets the learning rate only after the updates, so it works one step late.", {
    '        for group in self.optimizer.param_groups:\n            group["lr"] = rate\n': "",
    "        self.step_number += 1\n":
        '        for group in self.optimizer.param_groups:\n            group["lr"] = rate\n'
        "        self.step_number += 1\n",
})  # fmt: skip

wrong("14.13", "The step is counted before its learning rate is taken, which is that of the next step.", {
    "        self.step_number += 1\n": "",
    "        rate = self.learning_rate()\n": "        self.step_number += 1\n        rate = self.learning_rate()\n",
})  # fmt: skip

wrong("14.13", "step_number counts updates; it should count steps.", {
    "self.step_number += 1": "self.step_number += config.updates_per_generation",
})  # fmt: skip

wrong("14.13", "The step is not counted: step_number stays as it was.", {
    "        self.step_number += 1\n": "",
})  # fmt: skip


@wrong("14.13", "Each update gets a rollout of its own; all updates of a step should use the same one.")
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


wrong("14.13", "old_log_probs are computed anew before each update: the ratio is always 1, nothing is ever clipped.", {
    "import grpo_loss": "import grpo_loss, token_log_probs",
    "self.update(ids, mask, advantages, old_log_probs) for _":
        "self.update(ids, mask, advantages, token_log_probs(self.model, ids, config.temperature).detach()) for _",
})  # fmt: skip

wrong("14.13", "Each update gets only its share of the batch; every update should see all of it.", {
    "self.update(ids, mask, advantages, old_log_probs) for _ in range(config.updates_per_generation)":
        "self.update(ids[p], mask[p], advantages[p], old_log_probs[p])\n"
        "                   for p in torch.arange(len(ids)).chunk(config.updates_per_generation)",
})  # fmt: skip

wrong("14.13", "There is one update in a step, whatever config.updates_per_generation says.", {
    "for _ in range(config.updates_per_generation)": "for _ in range(1)",
})  # fmt: skip

wrong("14.13", "The advantages are made over the whole batch; the rollout has those of each prompt's own group.", {
    "advantages = rollout.advantages.to(ids.device)":
        "advantages = rollout.rewards.to(ids.device) - rollout.rewards.mean()\n"
        "        if config.divide_by_std:\n"
        "            advantages = advantages / (rollout.rewards.std() + 1e-4)",
})  # fmt: skip

wrong("14.13", "The rewards stand in the place of the advantages.", {
    "advantages = rollout.advantages.to(ids.device)": "advantages = rollout.rewards.to(ids.device)",
})  # fmt: skip

wrong("14.13", "The model is put into training mode, and dropout changes the log-probabilities.", {
    "        rate = self.learning_rate()\n": "        rate = self.learning_rate()\n        self.model.train()\n",
})  # fmt: skip

wrong("14.13", "reward is that of the best response in each group; the mean over all responses is asked for.", {
    '"reward": rollout.rewards.mean().item()': '"reward": groups.amax(1).mean().item()',
})  # fmt: skip

wrong("14.13", "reward is still a tensor; the metrics are plain floats.", {
    '"reward": rollout.rewards.mean().item()': '"reward": rollout.rewards.mean()',
})  # fmt: skip

wrong("14.13", "signal is the share of groups whose rewards are all equal; it should be the share of the others.", {
    "(groups.amin(1) < groups.amax(1))": "(groups.amin(1) == groups.amax(1))",
})  # fmt: skip

wrong("14.13", "signal is the number of groups whose rewards differ; it should be their share.", {
    "(groups.amin(1) < groups.amax(1)).float().mean().item()":
        "(groups.amin(1) < groups.amax(1)).float().sum().item()",
})  # fmt: skip

wrong("14.13", "signal counts the groups with any reward above 0; where all are rewarded alike there is no signal.", {
    "(groups.amin(1) < groups.amax(1))": "(groups.amax(1) > 0)",
})  # fmt: skip

wrong("14.13", "signal asks for a standard deviation above 0; of equal rewards it may be so by rounding.", {
    "(groups.amin(1) < groups.amax(1))": "(groups.std(1) > 0)",
})  # fmt: skip

wrong("14.13", "completion_length counts characters of the text; it should count tokens, with EOS.", {
    "sum(len(ids) for ids in rollout.token_ids)": "sum(len(text) for text in rollout.responses)",
})  # fmt: skip

wrong("14.13", "completion_length is the width of the padded batch, with prompts and padding.", {
    "sum(len(ids) for ids in rollout.token_ids) / len(rollout.token_ids)": "float(ids.shape[1])",
})  # fmt: skip

wrong("14.13", "The sign of entropy is lost: it is the mean of minus the log-probabilities.", {
    "-torch.cat(rollout.log_probs).mean().item()": "torch.cat(rollout.log_probs).mean().item()",
})  # fmt: skip

wrong("14.13", "entropy is averaged over all positions, also those of prompts and padding, which hold zeros.", {
    "-torch.cat(rollout.log_probs).mean().item()": "-old_log_probs.mean().item()",
})  # fmt: skip

wrong("14.13", "entropy is a mean over completions of their means; it should be the mean over all tokens.", {
    "-torch.cat(rollout.log_probs).mean().item()":
        "-torch.stack([row.mean() for row in rollout.log_probs]).mean().item()",
})  # fmt: skip

wrong("14.13", "loss, grad_norm and clip_fraction are those of the last update; their means over all are asked for.", {
    "**{name: sum(u[name] for u in updates) / len(updates) for name in updates[0]}": "**updates[-1]",
})  # fmt: skip

# 14.14 GRPOTrainer.state_dict

wrong("14.14", "The optimizer's tensors are not copied: further steps change the state that was taken.", {
    "copy.deepcopy(self.optimizer.state_dict())": "self.optimizer.state_dict()",
})  # fmt: skip

wrong("14.14", "The number of steps done is missing.", {
    '"step_number": self.step_number, "optimizer"': '"optimizer"',
})  # fmt: skip

wrong("14.14", "The optimizer's state is missing.", {
    ', "optimizer": copy.deepcopy(self.optimizer.state_dict())': "",
})  # fmt: skip

wrong("14.14", "step_number is one too many: it counts the steps that are done, and the resumed run skips one.", {
    '"step_number": self.step_number,': '"step_number": self.step_number + 1,',
})  # fmt: skip

wrong("14.14", "step_number is one too few: the resumed run does the last step again.", {
    '"step_number": self.step_number,': '"step_number": self.step_number - 1,',
})  # fmt: skip

wrong("14.14", "The number of steps has the key \"step\"; it should be \"step_number\".", {
    'return {"step_number":': 'return {"step":',
})  # fmt: skip

wrong("14.14", "step_number counts updates; it should count steps.", {
    '"step_number": self.step_number,': '"step_number": self.step_number * self.config.updates_per_generation,',
})  # fmt: skip

wrong("14.14", "step_number is a tensor; it should stay an int.", {
    '"step_number": self.step_number,': '"step_number": torch.tensor(self.step_number),',
})  # fmt: skip

wrong("14.14", "The model's weights are in the state too; they are the caller's affair.", {
    '{"step_number": self.step_number,':
        '{"model": copy.deepcopy(self.model.state_dict()), "step_number": self.step_number,',
})  # fmt: skip

wrong("14.14", "Only the \"state\" of the optimizer's state_dict is kept; load_state_dict needs all of it.", {
    "copy.deepcopy(self.optimizer.state_dict())": 'copy.deepcopy(self.optimizer.state_dict()).get("state", {})',
})  # fmt: skip


@wrong("14.14", "The optimizer's tensors are rounded to half precision, so a resumed run goes another way.")
def state_dict(self):
    def rounded(value):
        if isinstance(value, torch.Tensor):
            return value.detach().half()
        if isinstance(value, dict):
            return {key: rounded(part) for key, part in value.items()}
        return [rounded(part) for part in value] if isinstance(value, list) else value

    return {"step_number": self.step_number, "optimizer": rounded(self.optimizer.state_dict())}


# 14.15 GRPOTrainer.load_state_dict

wrong("14.15", "The number of steps is not taken up: warm-up and draws begin again.", {
    '        self.step_number = state["step_number"]\n': "",
})  # fmt: skip

wrong("14.15", "The optimizer's state is not taken up: its moments begin again at zero.", {
    '        self.optimizer.load_state_dict(state["optimizer"])\n': "",
})  # fmt: skip

wrong("14.15", "step_number is one too many: it already is the number of the next step, since the first is 0.", {
    'self.step_number = state["step_number"]': 'self.step_number = state["step_number"] + 1',
})  # fmt: skip

wrong("14.15", "The steps of the state are added to those that the trainer has done; they should replace them.", {
    'self.step_number = state["step_number"]': 'self.step_number += state["step_number"]',
})  # fmt: skip

wrong("14.15", "step_number is made to count updates; the state holds the number of steps, as the trainer does.", {
    'self.step_number = state["step_number"]':
        'self.step_number = state["step_number"] * self.config.updates_per_generation',
})  # fmt: skip

wrong("14.15", "The entries are popped from the caller's dict, which cannot be used a second time.", {
    'self.step_number = state["step_number"]': 'self.step_number = state.pop("step_number")',
    'self.optimizer.load_state_dict(state["optimizer"])': 'self.optimizer.load_state_dict(state.pop("optimizer"))',
})  # fmt: skip

wrong("14.15", "num_steps is shortened by the steps done, but train() and the decay count from the first step.", {
    'self.step_number = state["step_number"]':
        'self.step_number = state["step_number"]\n        self.config.num_steps -= self.step_number',
})  # fmt: skip


@wrong("14.15", "The last step's rate replaces config.learning_rate, so warm-up and decay are applied to it twice.")
def load_state_dict(self, state):
    self.step_number = state["step_number"]
    self.optimizer.load_state_dict(state["optimizer"])
    self.config.learning_rate = self.optimizer.param_groups[0]["lr"]


@wrong("14.15", "Adam's own count of updates begins again, so its bias correction makes the next updates too large.")
def load_state_dict_without_count(self, state):
    self.step_number = state["step_number"]
    self.optimizer.load_state_dict(state["optimizer"])
    for of_one in getattr(self.optimizer, "state", {}).values():
        of_one["step"] = torch.zeros_like(of_one["step"])
