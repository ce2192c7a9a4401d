"""Exercise 13.7, GRPOTrainer.training_step: what people get wrong, other right answers, and the shortest right one."""

import math

import torch
from lesson13_grpo.data.grpo_dataset import DATASET_COLUMNS
from lesson13_grpo.loss.grpo import compute_grpo_loss, sequence_log_probs
from torch import nn

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("Old gradients are never cleared: each step adds its gradient to those before.", {
    "self.optimizer.zero_grad()": "",
})  # fmt: skip

wrong("The gradients are cleared after the backward pass: the step has nothing to follow.", {
    "self.optimizer.zero_grad()\nloss.backward()": "loss.backward()\nself.optimizer.zero_grad()",
})  # fmt: skip

wrong("The optimizer never takes its step: the weights stay as they were.", {"self.optimizer.step()": ""})

wrong("The sign is lost: the step makes good responses less likely.", {
    "torch.stack(losses).mean()": "-torch.stack(losses).mean()",
})  # fmt: skip

wrong("The gradient is measured, but never scaled down to config.max_grad_norm.", {
    "self.config.max_grad_norm": 'float("inf")',
})  # fmt: skip

wrong("The gradient is clipped to a fixed norm of 1: config.max_grad_norm is never used.", {
    "self.config.max_grad_norm": "1.0",
})  # fmt: skip

wrong("Each entry of the gradient is clipped on its own; config.max_grad_norm bounds the norm of all.", {
    "grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)": """
        grad_norm = torch.stack([p.grad.norm() for p in self.model.parameters() if p.grad is not None]).norm()
        nn.utils.clip_grad_value_(self.model.parameters(), self.config.max_grad_norm)
    """,
})  # fmt: skip

wrong("The metric grad_norm is measured after clipping; it is the norm before.", {
    "grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)": """
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)
        grad_norm = torch.stack([p.grad.norm() for p in self.model.parameters() if p.grad is not None]).norm()
    """,
})  # fmt: skip

wrong("The gradient is clipped before the backward pass, when there is none yet.", {
    "grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)": "",
    "loss.backward()":
        "grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)\nloss.backward()",
})  # fmt: skip

wrong("The losses of the prompts are summed; the loss is their mean.", {
    "torch.stack(losses).mean()": "torch.stack(losses).sum()",
})  # fmt: skip

wrong("The loss is divided by the number of responses; it is the mean over the prompts.", {
    "torch.stack(losses).mean()": "torch.stack(losses).sum() / sum(len(lp) for lp in log_probs)",
})  # fmt: skip

wrong("One softmax runs over the whole batch, so prompts take weight from each other.", {
    "        losses = [compute_grpo_loss(lp, r, self.config.beta) for lp, r in zip(log_probs, rewards, strict=True)]\n"
    "        loss = torch.stack(losses).mean()\n":
    "        loss = compute_grpo_loss(torch.cat(list(log_probs)), torch.cat(list(rewards)), self.config.beta)\n",
})  # fmt: skip

wrong("One softmax runs over the whole batch, and its loss is divided by the number of prompts.", {
    "        losses = [compute_grpo_loss(lp, r, self.config.beta) for lp, r in zip(log_probs, rewards, strict=True)]\n"
    "        loss = torch.stack(losses).mean()\n":
    "        loss = compute_grpo_loss(torch.cat(list(log_probs)), torch.cat(list(rewards)), self.config.beta)\n"
    "        loss = loss / len(prompts)\n",
})  # fmt: skip

wrong("The loss is taken at its default beta: config.beta is never used.", {
    "compute_grpo_loss(lp, r, self.config.beta)": "compute_grpo_loss(lp, r)",
})  # fmt: skip

wrong("The rows' responses are scored at temperature 1: config.temperature is left out.", {
    "sequence_log_probs(self.model, prompt_ids, group, self.config.temperature)":
        "sequence_log_probs(self.model, prompt_ids, group)",
})  # fmt: skip

wrong("The rewards are normalised (by mean and std) before the loss; it takes them as they are.", {
    "compute_grpo_loss(lp, r, self.config.beta)":
        "compute_grpo_loss(lp, (r - r.mean()) / (r.std(correction=0) + 1e-4), self.config.beta)",
})  # fmt: skip

wrong("The log-probs are divided by the lengths; the loss takes the sums over the tokens.", {
    "losses = [compute_grpo_loss(lp, r, self.config.beta) for lp, r in zip(log_probs, rewards, strict=True)]": """
        log_probs = [lp / torch.tensor([len(t) for t in ids]) for lp, ids in zip(log_probs, response_ids)]
        losses = [compute_grpo_loss(lp, r, self.config.beta) for lp, r in zip(log_probs, rewards, strict=True)]
    """,
})  # fmt: skip

wrong("The number of responses is left at its default of 4: config.num_samples is never used.", {
    "self.generate_responses(prompts, self.config.num_samples)": "self.generate_responses(prompts)",
})  # fmt: skip

wrong("The texts are encoded again, with an EOS: those are not the tokens that were sampled.", {
    "texts = [[r.text for r in group] for group in groups]": """
        texts = [[r.text for r in group] for group in groups]
        encode, eos = self.tokenizer.encode, self.tokenizer.eos_token_id
        response_ids = [[torch.tensor([*encode(t, add_special_tokens=False), eos]) for t in g] for g in texts]
        log_probs = [sequence_log_probs(self.model, p, g, self.config.temperature)
                     for p, g in zip(batch['prompt_ids'], response_ids)]
    """,
})  # fmt: skip

wrong("Rewards are computed again although the rows carry some: theirs are never used.", {
    "rewards[0] is None": 'self.config.reward.__name__ != "no_reward" or rewards[0] is None',
})  # fmt: skip

wrong("The data set's own columns, such as prompt_ids, are passed to the reward function too.", {
    "DATASET_COLUMNS": '("prompt", "responses")',
})  # fmt: skip

wrong("The rows' other columns, such as the right answer, never get to compute_rewards.", {
    "self.compute_rewards(prompts, texts, **columns)": "self.compute_rewards(prompts, texts)",
})  # fmt: skip

wrong("The metric reward is a mean of the groups' means; all responses count alike.", {
    "torch.cat(rewards).mean().item()": "torch.stack([r.mean() for r in rewards]).mean().item()",
})  # fmt: skip

wrong("The metric response_length is a mean of the groups' means; all responses count alike.", {
    "lengths = [len(ids) for group in response_ids for ids in group]":
        "lengths = [sum(map(len, group)) / len(group) for group in response_ids]",
})  # fmt: skip

wrong("The metric response_length counts characters of the text; it counts tokens, EOS included.", {
    "[len(ids) for group in response_ids for ids in group]": "[len(text) for group in texts for text in group]",
})  # fmt: skip

wrong("The metric response_length leaves out the EOS, which is a token of the response.", {
    "len(ids)": "sum(int(i) != self.tokenizer.eos_token_id for i in ids)",
})  # fmt: skip

wrong("The metrics are still tensors; they are asked for as Python numbers.", {
    "loss.item()": "loss.detach()",
    "torch.cat(rewards).mean().item()": "torch.cat(rewards).mean()",
    "grad_norm.item()": "grad_norm",
})  # fmt: skip

wrong("The model is put into training mode: its dropout changes what is scored and trained.", {
    'prompts, response_ids, rewards = batch["prompt"], batch["response_ids"], batch["rewards"]': """
        self.model.train()
        prompts, response_ids, rewards = batch["prompt"], batch["response_ids"], batch["rewards"]
    """,
})  # fmt: skip

wrong("There is an optimizer step for each prompt; there must be one, on the mean over the prompts.", {
    """
        losses = [compute_grpo_loss(lp, r, self.config.beta) for lp, r in zip(log_probs, rewards, strict=True)]
        loss = torch.stack(losses).mean()
        self.optimizer.zero_grad()
        loss.backward()
        grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)
        self.optimizer.step()
    """: """
        losses = [compute_grpo_loss(lp, r, self.config.beta) for lp, r in zip(log_probs, rewards, strict=True)]
        loss = torch.stack(losses).mean()
        gradients = [torch.autograd.grad(one, list(self.model.parameters()), allow_unused=True) for one in losses]
        for of_one in gradients:
            for p, g in zip(self.model.parameters(), of_one, strict=True):
                p.grad = g
            grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)
            self.optimizer.step()
    """,
})  # fmt: skip


@right("a backward pass for each prompt, gradients added up, the norm clipped by hand")
def training_step(self, batch):
    number = len(batch["prompt"])
    if batch["response_ids"][0] is not None:
        texts, token_ids = batch["responses"], batch["response_ids"]
        scored = [
            sequence_log_probs(self.model, batch["prompt_ids"][i], token_ids[i], self.config.temperature)
            for i in range(number)
        ]
    else:
        groups, scored = self.generate_responses(batch["prompt"], num_samples=self.config.num_samples)
        texts = [[response.text for response in group] for group in groups]
        token_ids = [[response.token_ids for response in group] for group in groups]
    rewards = batch["rewards"]
    if rewards[0] is None:
        others = {name: values for name, values in batch.items() if name not in DATASET_COLUMNS}
        rewards = self.compute_rewards(batch["prompt"], texts, **others)

    self.optimizer.zero_grad()
    total = 0.0
    for i in range(number):
        part = compute_grpo_loss(scored[i], rewards[i], self.config.beta) / number
        part.backward()
        total += float(part.detach())
    gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
    norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients))
    if norm > self.config.max_grad_norm:
        for g in gradients:
            g.mul_(self.config.max_grad_norm / norm)
    self.optimizer.step()
    flat = [float(r) for group in rewards for r in group]
    lengths = [ids.numel() for group in token_ids for ids in group]
    return {
        "response_length": sum(lengths) / len(lengths),
        "grad_norm": norm,
        "reward": sum(flat) / len(flat),
        "loss": total,
    }


@right("generates without gradient, then scores rows of every kind in the same way; torch.autograd.grad")
def training_step_in_one_way(self, batch):
    response_ids, texts, rewards = batch["response_ids"], batch["responses"], batch["rewards"]
    if response_ids[0] is None:
        with torch.no_grad():
            groups = self.generate_responses(batch["prompt"], self.config.num_samples)[0]
        response_ids, texts = [[r.token_ids for r in g] for g in groups], [[r.text for r in g] for g in groups]
    if rewards[0] is None:
        columns = {name: batch[name] for name in set(batch) - set(DATASET_COLUMNS)}
        rewards = self.compute_rewards(batch["prompt"], texts, **columns)
    loss = sum(
        compute_grpo_loss(sequence_log_probs(self.model, p, ids, self.config.temperature), r, self.config.beta)
        for p, ids, r in zip(batch["prompt_ids"], response_ids, rewards, strict=True)
    ) / len(rewards)
    parameters = [p for p in self.model.parameters() if p.requires_grad]
    for p, g in zip(parameters, torch.autograd.grad(loss, parameters, allow_unused=True), strict=True):
        p.grad = g
    norm = nn.utils.clip_grad_norm_(parameters, self.config.max_grad_norm)
    self.optimizer.step()
    lengths = torch.cat([torch.tensor([float(len(ids)) for ids in group]) for group in response_ids])
    return {
        "loss": float(loss.detach()),
        "reward": float(torch.cat(tuple(rewards)).mean()),
        "grad_norm": float(norm),
        "response_length": float(lengths.mean()),
    }


@core("metrics are tensors")
def training_step_with_tensors(self, batch):
    ids, texts, rewards, temperature = (
        batch["response_ids"],
        batch["responses"],
        batch["rewards"],
        self.config.temperature,
    )
    if ids[0] is None:
        groups, log_probs = self.generate_responses(batch["prompt"], self.config.num_samples)
        ids, texts = [[r.token_ids for r in g] for g in groups], [[r.text for r in g] for g in groups]
    else:
        log_probs = [sequence_log_probs(self.model, p, g, temperature) for p, g in zip(batch["prompt_ids"], ids)]  # noqa: B905
    if rewards[0] is None:
        columns = {name: column for name, column in batch.items() if name not in DATASET_COLUMNS}
        rewards = self.compute_rewards(batch["prompt"], texts, **columns)
    loss = sum(compute_grpo_loss(lp, r, self.config.beta) for lp, r in zip(log_probs, rewards)) / len(rewards)  # noqa: B905
    self.optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)
    self.optimizer.step()
    lengths = torch.tensor([float(len(i)) for g in ids for i in g])
    return {"loss": loss, "reward": torch.cat(rewards).mean(), "grad_norm": norm, "response_length": lengths.mean()}
