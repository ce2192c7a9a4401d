"""Exercise 13.7, GRPOTrainer.training_step: what people get wrong, and right answers written otherwise."""

import math

import torch
from lesson13_grpo.loss.grpo import compute_grpo_loss, sequence_log_probs
from torch import nn

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("Old gradients are never cleared: each step adds its gradient to those before.", {
    "self.optimizer.zero_grad()": "",
})  # fmt: skip

wrong("The gradients are cleared after the backward pass: the step has nothing to follow.", {
    "self.optimizer.zero_grad()\nloss.backward()": "loss.backward()\nself.optimizer.zero_grad()",
})  # fmt: skip

wrong("The optimizer never takes its step: the weights stay as they were.", {"self.optimizer.step()": ""})

wrong("The gradient is measured, but never scaled down to config.max_grad_norm.", {
    "self.config.max_grad_norm": 'float("inf")',
})  # fmt: skip

wrong("The gradient is clipped to a fixed norm of 1: config.max_grad_norm is never used.", {
    "self.config.max_grad_norm": "1.0",
})  # fmt: skip

wrong("Each entry of the gradient is clipped on its own; the norm of all is to be bounded.", {
    "grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)": """
        grad_norm = torch.stack([p.grad.norm() for p in self.model.parameters() if p.grad is not None]).norm()
        nn.utils.clip_grad_value_(self.model.parameters(), self.config.max_grad_norm)
    """,
})  # fmt: skip

wrong("The metric grad_norm is measured after clipping; it is to be the norm before.", {
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

wrong("The loss is taken at its default beta: config.beta is never used.", {
    "compute_grpo_loss(lp, r, self.config.beta)": "compute_grpo_loss(lp, r)",
})  # fmt: skip

wrong("The rows' responses are scored at temperature 1: config.temperature is left out.", {
    "sequence_log_probs(self.model, prompt, group, self.config.temperature)":
        "sequence_log_probs(self.model, prompt, group)",
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

wrong("Rewards are computed anew where the rows carry some: theirs are never used.", {
    "rewards[0] is None": "self.config.reward is not None or rewards[0] is None",
})  # fmt: skip

wrong("The data set's own columns, such as prompt_ids, are passed to the reward function too.", {
    "_OWN_COLUMNS": '("prompt", "responses")',
})  # fmt: skip

wrong("The rows' other columns, such as the right answer, never get to compute_rewards.", {
    "self.compute_rewards(prompts, texts, **columns)": "self.compute_rewards(prompts, texts)",
})  # fmt: skip

wrong("Rewards without responses are dropped, and new responses scored; they must be refused.", {
    'raise ValueError("a row has rewards but no responses: there is nothing to weight")':
        "rewards = [None] * len(prompts)",
})  # fmt: skip

wrong("Rows of different kinds are not refused: the first row decides for all of them.", {
    "len({(ids is None, r is None) for ids, r in zip(response_ids, rewards, strict=True)}) > 1":
        "len({(ids is None, r is None) for ids, r in zip(response_ids, rewards, strict=True)}) > 3",
})  # fmt: skip

wrong("Rows with and without responses are not refused in one batch: only rewards are looked at.", {
    "{(ids is None, r is None) for ids, r in zip(response_ids, rewards, strict=True)}": "{r is None for r in rewards}",
})  # fmt: skip

wrong("The metric reward is a mean of the groups' means; all responses count alike.", {
    "torch.cat(list(rewards)).mean().item()": "torch.stack([r.mean() for r in rewards]).mean().item()",
})  # fmt: skip

wrong("The metric response_length is a mean of the groups' means; all responses count alike.", {
    "torch.tensor([len(ids) for group in response_ids for ids in group], dtype=torch.float32)":
        "torch.tensor([sum(map(len, group)) / len(group) for group in response_ids])",
})  # fmt: skip

wrong("The metric response_length counts characters of the text; it counts tokens, EOS included.", {
    "[len(ids) for group in response_ids for ids in group]": "[len(text) for group in texts for text in group]",
})  # fmt: skip

wrong("The metric response_length leaves out the EOS, which is a token of the response.", {
    "len(ids)": "sum(int(i) != self.tokenizer.eos_token_id for i in ids)",
})  # fmt: skip

wrong("The metrics are still tensors; they are asked for as Python numbers.", {
    "loss.item()": "loss.detach()",
    "torch.cat(list(rewards)).mean().item()": "torch.cat(list(rewards)).mean()",
    "grad_norm.item()": "grad_norm",
    "lengths.mean().item()": "lengths.mean()",
})  # fmt: skip

wrong("The model is put into training mode: its dropout changes what is scored and trained.", {
    'prompts, columns = batch["prompt"], {k: v for k, v in batch.items() if k not in _OWN_COLUMNS}': """
        self.model.train()
        prompts, columns = batch["prompt"], {k: v for k, v in batch.items() if k not in _OWN_COLUMNS}
    """,
})  # fmt: skip


@wrong("There is an optimizer step for each prompt; one on the mean over them is asked for.")
def training_step(self, batch):
    own = ("prompt", "prompt_ids", "responses", "response_ids", "rewards")
    columns = {name: column for name, column in batch.items() if name not in own}
    prompts, response_ids, rewards = batch["prompt"], batch["response_ids"], batch["rewards"]
    kinds = {(i is None, r is None) for i, r in zip(response_ids, rewards, strict=True)}
    if len(kinds) > 1:
        raise ValueError("the batch mixes rows with and without responses or rewards")
    if kinds == {(True, False)}:
        raise ValueError("a row has rewards but no responses")
    texts = batch["responses"]
    if response_ids[0] is None:
        with torch.no_grad():
            groups, _ = self.generate_responses(prompts, self.config.num_samples)
        response_ids = [[r.token_ids for r in group] for group in groups]
        texts = [[r.text for r in group] for group in groups]
    if rewards[0] is None:
        rewards = self.compute_rewards(prompts, texts, **columns)
    losses, norms = [], []
    for prompt, group, r in zip(batch["prompt_ids"], response_ids, rewards, strict=True):
        log_probs = sequence_log_probs(self.model, prompt, group, self.config.temperature)
        loss = compute_grpo_loss(log_probs, r, self.config.beta)
        self.optimizer.zero_grad()
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm).item())
        self.optimizer.step()
        losses.append(loss.item())
    lengths = [len(ids) for group in response_ids for ids in group]
    return {
        "loss": sum(losses) / len(losses),
        "reward": torch.cat(list(rewards)).mean().item(),
        "grad_norm": sum(norms) / len(norms),
        "response_length": sum(lengths) / len(lengths),
    }


# Right answers written otherwise

OWN = {"prompt", "prompt_ids", "responses", "response_ids", "rewards"}


@right("a backward pass for each prompt, gradients added up, the norm clipped by hand")
def training_step(self, batch):
    number = len(batch["prompt"])
    written = [ids is not None for ids in batch["response_ids"]]
    rewarded = [r is not None for r in batch["rewards"]]
    if any(written) != all(written) or any(rewarded) != all(rewarded):
        raise ValueError("all rows of a batch must be of one kind")
    if any(rewarded) and not any(written):
        raise ValueError("rewards belong to responses, but these rows have no responses")
    if written[0]:
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
    if not rewarded[0]:
        others = {name: values for name, values in batch.items() if name not in OWN}
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
    kind = None
    for ids, reward in zip(batch["response_ids"], batch["rewards"], strict=True):
        if ids is None and reward is not None:
            raise ValueError("rewards without responses")
        if kind is not None and kind != (ids is None, reward is None):
            raise ValueError("rows of different kinds in one batch")
        kind = (ids is None, reward is None)
    response_ids, texts, rewards = batch["response_ids"], batch["responses"], batch["rewards"]
    if kind[0]:
        with torch.no_grad():
            groups = self.generate_responses(batch["prompt"], self.config.num_samples)[0]
        response_ids, texts = [[r.token_ids for r in g] for g in groups], [[r.text for r in g] for g in groups]
    if kind[1]:
        columns = dict(batch)
        for name in OWN:
            columns.pop(name, None)
        rewards = self.compute_rewards(batch["prompt"], texts, **columns)
    loss = sum(
        compute_grpo_loss(sequence_log_probs(self.model, p, ids, self.config.temperature), r, self.config.beta)
        for p, ids, r in zip(batch["prompt_ids"], response_ids, rewards, strict=True)
    ) / len(rewards)
    parameters = [p for p in self.model.parameters() if p.requires_grad]
    for p, g in zip(parameters, torch.autograd.grad(loss, parameters, allow_unused=True), strict=True):
        p.grad = g
    norm = torch.nn.utils.clip_grad_norm_(parameters, self.config.max_grad_norm)
    self.optimizer.step()
    lengths = torch.cat([torch.tensor([float(len(ids)) for ids in group]) for group in response_ids])
    return {
        "loss": float(loss.detach()),
        "reward": float(torch.cat(tuple(rewards)).mean()),
        "grad_norm": float(norm),
        "response_length": float(lengths.mean()),
    }


right("gradients are cleared first and last; the mean by a matrix product", {
    'prompts, columns = batch["prompt"], {k: v for k, v in batch.items() if k not in _OWN_COLUMNS}': """
        self.optimizer.zero_grad()
        prompts, columns = batch["prompt"], {k: v for k, v in batch.items() if k not in _OWN_COLUMNS}
    """,
    """
        loss = torch.stack(losses).mean()
        self.optimizer.zero_grad()
    """:
    "loss = torch.stack(losses) @ torch.full_like(torch.stack(losses).detach(), 1 / len(losses))",
    "self.optimizer.step()": "self.optimizer.step()\nself.optimizer.zero_grad()",
})  # fmt: skip
