"""What people write wrongly in this lesson; see tutorial/CONTRIBUTING.md."""

import torch
from lesson13_grpo.data.grpo_dataset import collate
from lesson13_grpo.loss.grpo import compute_grpo_loss, sequence_log_probs
from torch import nn

from lab.attempts import Attempts

wrong = Attempts()

# 13.5 GRPOTrainer.generate_responses

wrong("13.5", "Responses are drawn with torch's global random state: config.seed does not decide them.", {
    "                generator=self.generator,\n": "",
})  # fmt: skip

wrong("13.5", "The generator is made anew in each call, so every call draws the same responses again.", {
    "        responses, log_probs = [], []\n        for prompt in prompts:\n":
    "        generator = torch.Generator().manual_seed(self.config.seed)\n"
    "        responses, log_probs = [], []\n        for prompt in prompts:\n",
    "generator=self.generator,\n            )": "generator=generator,\n            )",
})  # fmt: skip

wrong("13.5", "The generator is made anew for each prompt: equal prompts get equal responses.", {
    "generator=self.generator,\n            )":
    "generator=torch.Generator().manual_seed(self.config.seed),\n            )",
})  # fmt: skip

wrong("13.5", "Responses are sampled at temperature 1: config.temperature is used for the scores alone.", {
    "                temperature=self.config.temperature,\n": "",
})  # fmt: skip

wrong("13.5", "The log-probs are taken at temperature 1, but sampling was at config.temperature.", {
    "sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature)":
    "sequence_log_probs(self.model, prompt_ids, sampled)",
})  # fmt: skip

wrong("13.5", "The log-probs are cut off from the model: without a gradient nothing can be learned.", {
    "sampled, self.config.temperature))": "sampled, self.config.temperature).detach())",
})  # fmt: skip

wrong("13.5", "You encode the text again and score that: the tokens that were sampled may have been others.", {
    "            log_probs.append(sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature))":
    "            again = []\n"
    "            for text, ids in zip(texts, sampled):\n"
    "                eos = [self.tokenizer.eos_token_id] if self.tokenizer.eos_token_id in ids.tolist() else []\n"
    "                new = [*self.tokenizer.encode(text, add_special_tokens=False), *eos]\n"
    "                again.append(torch.tensor(new, dtype=torch.int64))\n"
    "            log_probs.append(sequence_log_probs(self.model, prompt_ids, again, self.config.temperature))",
})  # fmt: skip

wrong("13.5", "A response that was cut off gets an EOS at its end, though the model did not decide to stop.", {
    "            texts = [self.tokenizer.decode":
    "            eos = torch.tensor([self.tokenizer.eos_token_id])\n"
    "            sampled = [ids if ids[-1] == eos else torch.cat([ids, eos]) for ids in sampled]\n"
    "            texts = [self.tokenizer.decode",
})  # fmt: skip

wrong("13.5", "The EOS at the end of a response is thrown away: stopping is part of the answer, and is scored.", {
    "            texts = [self.tokenizer.decode":
    "            sampled = [ids[ids != self.tokenizer.eos_token_id] for ids in sampled]\n"
    "            texts = [self.tokenizer.decode",
})  # fmt: skip

wrong("13.5", "The sampler is given the padding token as the end of a response: EOS does not end it.", {
    "eos_token_id=self.tokenizer.eos_token_id": "eos_token_id=self.tokenizer.pad_token_id",
})  # fmt: skip

wrong("13.5", "The number of responses is config.num_samples; the argument num_samples is never used.", {
    "                prompt_ids,\n                num_samples,":
    "                prompt_ids,\n                self.config.num_samples,",
})  # fmt: skip

wrong("13.5", "The bound on a response is a fixed number: config.max_new_tokens is never used.", {
    "max_new_tokens=self.config.max_new_tokens": "max_new_tokens=32",
})  # fmt: skip

wrong("13.5", "The texts still hold special tokens such as <eos>: no reward rule expects these.", {
    "ids.tolist(), skip_special_tokens=True": "ids.tolist()",
})  # fmt: skip

wrong("13.5", "The prompt stands in front of each response's text: what is rewarded is the response alone.", {
    "decode(ids.tolist(), skip_special_tokens=True)":
    "decode([*prompt_ids.tolist(), *ids.tolist()], skip_special_tokens=True)",
})  # fmt: skip

wrong("13.5", "The prompt is encoded without the special tokens that stand in front of stored rows.", {
    "self.tokenizer.encode(prompt)": "self.tokenizer.encode(prompt, add_special_tokens=False)",
})  # fmt: skip

wrong("13.5", "The prompt is cut to the data set's max_length, which is a bound on stored rows alone.", {
    "self.tokenizer.encode(prompt)": "self.tokenizer.encode(prompt)[-(self.train_dataset.max_length - 1) :]",
})  # fmt: skip

wrong("13.5", "The model is in training mode for the scoring: its dropout changes the log-probs.", {
    "            log_probs.append(sequence":
    "            self.model.train()\n"
    "            log_probs.append(sequence",
    "sampled, self.config.temperature))": "sampled, self.config.temperature))\n            self.model.eval()",
})  # fmt: skip

wrong("13.5", "The log-probs are means over the tokens; the summed ones are asked for.", {
    "sampled, self.config.temperature))":
    "sampled, self.config.temperature) / torch.tensor([len(ids) for ids in sampled]))",
})  # fmt: skip

wrong("13.5", "The responses to all prompts are in one flat list, not in one list for each prompt.", {
    "responses.append([Response(text, ids) for text, ids in zip(texts, sampled, strict=True)])":
    "responses.extend([Response(text, ids) for text, ids in zip(texts, sampled, strict=True)])",
})  # fmt: skip

# 13.6 GRPOTrainer.compute_rewards

wrong("13.6", "Prompts and columns are repeated as p, q, p, q, but the responses come group by group.", {
    "[entry for entry, size in zip(entries, sizes, strict=True) for _ in range(size)]":
    "[entries[i % len(entries)] for i in range(sum(sizes))]",
})  # fmt: skip

wrong("13.6", "The columns are not repeated: the reward function gets fewer entries than responses.", {
    "**{name: _repeat(column, sizes) for name, column in columns.items()}": "**columns",
})  # fmt: skip

wrong("13.6", "The prompts are not repeated: the reward function gets fewer prompts than responses.", {
    "_repeat(prompts, sizes), flat": "prompts, flat",
})  # fmt: skip

wrong("13.6", "The other columns, such as the right answer, never reach the reward function.", {
    ", **{name: _repeat(column, sizes) for name, column in columns.items()}": "",
})  # fmt: skip

wrong("13.6", "The reward function gets prompt and response joined, where it expects the response alone.", {
    "flat = [text for group in responses for text in group]":
    "flat = [prompt + text for prompt, group in zip(prompts, responses, strict=True) for text in group]",
})  # fmt: skip

wrong("13.6", "White space is taken off the responses: what is scored is not what the model wrote.", {
    "[text for group in responses": "[text.strip() for group in responses",
})  # fmt: skip

wrong("13.6", "The groups are cut as if all had the size of the first; they may differ.", {
    "scores.split(sizes)": "scores.split(sizes[0])",
})  # fmt: skip

wrong("13.6", "The rewards come back as one tensor, not split into one for each prompt.", {
    "return list(scores.split(sizes))": "return scores",
})  # fmt: skip

wrong("13.6", "Each group's mean is subtracted from its rewards; they are to come back as they are.", {
    "list(scores.split(sizes))": "[group - group.mean() for group in scores.split(sizes)]",
})  # fmt: skip

wrong("13.6", "The dtype of the rewards is left to torch: whole numbers become integers, not float32.", {
    "rewards, dtype=torch.float32": "rewards",
    "int((~scores.isfinite())": "int((~scores.double().isfinite())",
    "not scores.isfinite().all()": "not scores.double().isfinite().all()",
})  # fmt: skip

wrong("13.6", "Nothing checks that a reward function is configured: calling None ends in a TypeError.", {
    "if self.config.reward is None:": "if False:",
})  # fmt: skip

wrong("13.6", "The number of rewards is not checked: too few or too many go unseen.", {
    "if len(rewards) != len(flat):": "if False:",
    "scores.split(sizes)": "(scores[sum(sizes[:i]) : sum(sizes[: i + 1])] for i in range(len(sizes)))",
})  # fmt: skip

wrong("13.6", "Only too few rewards are refused; one that gives too many goes unseen.", {
    "len(rewards) != len(flat)": "len(rewards) < len(flat)",
    "scores.split(sizes)": "scores[: len(flat)].split(sizes)",
})  # fmt: skip

wrong("13.6", "Nothing checks that the rewards are finite: one NaN makes all weights NaN.", {
    "if not scores.isfinite().all():": "if False:",
})  # fmt: skip

wrong("13.6", "Only NaN is refused; an infinite reward gets through.", {
    "not scores.isfinite().all()": "scores.isnan().any()",
})  # fmt: skip

wrong("13.6", "A reward that is not finite is quietly made a number, where it must be refused.", {
    "scores = torch.as_tensor(rewards, dtype=torch.float32)":
    "scores = torch.as_tensor(rewards, dtype=torch.float32).nan_to_num()",
})  # fmt: skip

wrong("13.6", "The message about a reward that is not finite does not say which response it belongs to.", {
    'f"the reward of response {index} is {float(scores[index])}, not a finite number"':
    '"the rewards must be finite numbers"',
})  # fmt: skip

wrong("13.6", "The index in the message counts from 1; it counts from 0.", {
    "the reward of response {index}": "the reward of response {index + 1}",
})  # fmt: skip

wrong("13.6", "The index in the message counts within its own group; it counts through all groups.", {
    "            raise ValueError(f\"the reward of response {index}":
    "            place = int((~torch.cat([g.isfinite() for g in scores.split(sizes)])).nonzero()[0])\n"
    "            while place >= sizes[0]:\n"
    "                place, sizes = place - sizes[0], sizes[1:]\n"
    "            raise ValueError(f\"the reward of response {place}",
})  # fmt: skip


@wrong("13.6", "The reward function is called once for each prompt; it is to get all responses at once.")
def compute_rewards(self, prompts, responses, **columns):
    if self.config.reward is None:
        raise ValueError("GRPOConfig.reward is not set")
    scored, index = [], 0
    for i, group in enumerate(responses):
        repeated = {name: [column[i]] * len(group) for name, column in columns.items()}
        rewards = self.config.reward([prompts[i]] * len(group), list(group), **repeated)
        if len(rewards) != len(group):
            raise ValueError(f"the reward function gave {len(rewards)} rewards for {len(group)} responses")
        scores = torch.as_tensor(rewards, dtype=torch.float32)
        for j, finite in enumerate(scores.isfinite().tolist()):
            if not finite:
                raise ValueError(f"the reward of response {index + j} is not finite")
        index += len(group)
        scored.append(scores)
    return scored


# 13.7 GRPOTrainer.training_step

wrong("13.7", "Old gradients are never cleared: each step adds its gradient to those before.", {
    "        self.optimizer.zero_grad()\n": "",
})  # fmt: skip

wrong("13.7", "The gradients are cleared after the backward pass: the step has nothing to follow.", {
    "        self.optimizer.zero_grad()\n        loss.backward()\n":
    "        loss.backward()\n        self.optimizer.zero_grad()\n",
})  # fmt: skip

wrong("13.7", "The optimizer never takes its step: the weights stay as they were.", {
    "        self.optimizer.step()\n": "",
})  # fmt: skip

wrong("13.7", "The gradient is measured, but never scaled down to config.max_grad_norm.", {
    "self.config.max_grad_norm)": "float(\"inf\"))",
})  # fmt: skip

wrong("13.7", "The gradient is clipped to a fixed norm of 1: config.max_grad_norm is never used.", {
    "self.config.max_grad_norm)": "1.0)",
})  # fmt: skip

wrong("13.7", "Each entry of the gradient is clipped on its own; the norm of all is to be bounded.", {
    "nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)":
    "torch.stack([p.grad.norm() for p in self.model.parameters() if p.grad is not None]).norm()\n"
    "        nn.utils.clip_grad_value_(self.model.parameters(), self.config.max_grad_norm)",
})  # fmt: skip

wrong("13.7", "The metric grad_norm is measured after clipping; it is to be the norm before.", {
    "grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)":
    "nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)\n"
    "        grad_norm = torch.stack([p.grad.norm() for p in self.model.parameters() if p.grad is not None]).norm()",
})  # fmt: skip

wrong("13.7", "The gradient is clipped before the backward pass, when there is none yet.", {
    "        loss.backward()\n": "",
    "self.config.max_grad_norm)\n": "self.config.max_grad_norm)\n        loss.backward()\n",
})  # fmt: skip

wrong("13.7", "The losses of the prompts are summed; the loss is their mean.", {
    "torch.stack(losses).mean()": "torch.stack(losses).sum()",
})  # fmt: skip

wrong("13.7", "The loss is divided by the number of responses; it is the mean over the prompts.", {
    "torch.stack(losses).mean()": "torch.stack(losses).sum() / sum(len(lp) for lp in log_probs)",
})  # fmt: skip

wrong("13.7", "One softmax runs over the whole batch, so prompts take weight from each other.", {
    "        losses = [compute_grpo_loss(lp, r, self.config.beta) for lp, r in zip(log_probs, rewards, strict=True)]\n"
    "        loss = torch.stack(losses).mean()\n":
    "        loss = compute_grpo_loss(torch.cat(list(log_probs)), torch.cat(list(rewards)), self.config.beta)\n",
})  # fmt: skip

wrong("13.7", "The loss is taken at its default beta: config.beta is never used.", {
    "compute_grpo_loss(lp, r, self.config.beta)": "compute_grpo_loss(lp, r)",
})  # fmt: skip

wrong("13.7", "The rows' responses are scored at temperature 1: config.temperature is left out.", {
    "prompt, group, self.config.temperature)": "prompt, group)",
})  # fmt: skip

wrong("13.7", "The rewards are normalised (by mean and std) before the loss; it takes them as they are.", {
    "compute_grpo_loss(lp, r, self.config.beta)":
    "compute_grpo_loss(lp, (r - r.mean()) / (r.std(correction=0) + 1e-4), self.config.beta)",
})  # fmt: skip

wrong("13.7", "The log-probs are divided by the lengths; the loss takes the sums over the tokens.", {
    "        losses = [compute_grpo_loss(lp, r,":
    "        log_probs = [lp / torch.tensor([len(t) for t in ids]) for lp, ids in zip(log_probs, response_ids)]\n"
    "        losses = [compute_grpo_loss(lp, r,",
})  # fmt: skip

wrong("13.7", "The number of responses is left at its default of 4: config.num_samples is never used.", {
    "self.generate_responses(prompts, self.config.num_samples)": "self.generate_responses(prompts)",
})  # fmt: skip

wrong("13.7", "The texts are encoded again, with an EOS: those are not the tokens that were sampled.", {
    "            texts = [[r.text for r in group] for group in groups]\n":
    "            texts = [[r.text for r in group] for group in groups]\n"
    "            encode, eos = self.tokenizer.encode, self.tokenizer.eos_token_id\n"
    "            response_ids = [[torch.tensor([*encode(t, add_special_tokens=False), eos]) for t in g]"
    " for g in texts]\n"
    "            log_probs = [sequence_log_probs(self.model, p, g, self.config.temperature)\n"
    "                         for p, g in zip(batch['prompt_ids'], response_ids)]\n",
})  # fmt: skip

wrong("13.7", "Rewards are computed anew where the rows carry some: theirs are never used.", {
    "        if rewards[0] is None:\n            rewards = self":
    "        if self.config.reward is not None or rewards[0] is None:\n            rewards = self",
})  # fmt: skip

wrong("13.7", "The data set's own columns, such as prompt_ids, are passed to the reward function too.", {
    "if k not in _OWN_COLUMNS}": "if k not in (\"prompt\", \"responses\")}",
})  # fmt: skip

wrong("13.7", "The rows' other columns, such as the right answer, never get to compute_rewards.", {
    "self.compute_rewards(prompts, texts, **columns)": "self.compute_rewards(prompts, texts)",
})  # fmt: skip

wrong("13.7", "Rewards without responses are dropped, and new responses scored; they must be refused.", {
    '                raise ValueError("a row has rewards but no responses: there is nothing to weight")\n':
    "                rewards = [None] * len(prompts)\n",
})  # fmt: skip

wrong("13.7", "Rows of different kinds are not refused: the first row decides for all of them.", {
    "strict=True)}) > 1:\n            raise": "strict=True)}) > 3:\n            raise",
})  # fmt: skip

wrong("13.7", "Rows with and without responses are not refused in one batch: only rewards are looked at.", {
    "{(ids is None, r is None) for ids, r in zip(response_ids, rewards, strict=True)}":
    "{r is None for r in rewards}",
})  # fmt: skip

wrong("13.7", "The metric reward is a mean of the groups' means; all responses count alike.", {
    "torch.cat(list(rewards)).mean().item()": "torch.stack([r.mean() for r in rewards]).mean().item()",
})  # fmt: skip

wrong("13.7", "The metric response_length is a mean of the groups' means; all responses count alike.", {
    "torch.tensor([len(ids) for group in response_ids for ids in group], dtype=torch.float32)":
    "torch.tensor([sum(map(len, group)) / len(group) for group in response_ids])",
})  # fmt: skip

wrong("13.7", "The metric response_length counts characters of the text; it counts tokens, EOS included.", {
    "[len(ids) for group in response_ids for ids in group]": "[len(text) for group in texts for text in group]",
})  # fmt: skip

wrong("13.7", "The metric response_length leaves out the EOS, which is a token of the response.", {
    "[len(ids) for group": "[sum(int(i) != self.tokenizer.eos_token_id for i in ids) for group",
})  # fmt: skip

wrong("13.7", "The metrics are still tensors; they are asked for as Python numbers.", {
    "loss.item()": "loss.detach()",
    "torch.cat(list(rewards)).mean().item()": "torch.cat(list(rewards)).mean()",
    "grad_norm.item()": "grad_norm",
    "lengths.mean().item()": "lengths.mean()",
})  # fmt: skip

wrong("13.7", "The model is put into training mode: its dropout changes what is scored and trained.", {
    "        prompts, columns = batch[": "        self.model.train()\n        prompts, columns = batch[",
})  # fmt: skip


@wrong("13.7", "There is an optimizer step for each prompt; one on the mean over them is asked for.")
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


# 13.8 GRPOTrainer.train

wrong("13.8", "The rows come in the order of the file in every epoch: nothing shuffles them.", {
    "torch.randperm(len(self.train_dataset), generator=self.generator)": "torch.arange(len(self.train_dataset))",
})  # fmt: skip

wrong("13.8", "The order is drawn once, before the loop: all epochs have the same.", {
    "            order = torch.randperm(len(self.train_dataset), generator=self.generator)\n": "",
    "        while len(history) < self.config.num_steps:\n":
    "        order = torch.randperm(len(self.train_dataset), generator=self.generator)\n"
    "        while len(history) < self.config.num_steps:\n",
})  # fmt: skip

wrong("13.8", "The order is drawn with torch's global random state: config.seed does not decide it.", {
    "(len(self.train_dataset), generator=self.generator)": "(len(self.train_dataset))",
})  # fmt: skip

wrong("13.8", "The generator is made anew in train(): a second call repeats the orders of the first.", {
    "        history: list":
    "        generator = torch.Generator().manual_seed(self.config.seed)\n        history: list",
    "(len(self.train_dataset), generator=self.generator)": "(len(self.train_dataset), generator=generator)",
})  # fmt: skip

wrong("13.8", "Rows are drawn with replacement: an epoch repeats some and leaves out others.", {
    "torch.randperm(len(self.train_dataset), generator=self.generator)":
    "torch.randint(len(self.train_dataset), (len(self.train_dataset),), generator=self.generator)",
})  # fmt: skip

wrong("13.8", "The order is cut into batch_size pieces, not into pieces of batch_size rows.", {
    "order.split(self.config.batch_size)": "order.chunk(self.config.batch_size)",
})  # fmt: skip

wrong("13.8", "Each step gets one row: config.batch_size is never used.", {
    "order.split(self.config.batch_size)": "order.split(1)",
})  # fmt: skip

wrong("13.8", "The last batch of an epoch is dropped where it is smaller: some rows are left out.", {
    "            for indices in order.split(self.config.batch_size):\n":
    "            batches = order.split(self.config.batch_size)\n"
    "            for indices in [b for b in batches if len(b) == self.config.batch_size] or batches:\n",
})  # fmt: skip

wrong("13.8", "Training ends after one epoch, even where num_steps steps are not done yet.", {
    "        while len(history) < self.config.num_steps:\n": "        for _ in range(1):\n",
})  # fmt: skip

wrong("13.8", "num_steps is counted in epochs; it counts training steps.", {
    "        while len(history) < self.config.num_steps:\n": "        for _ in range(self.config.num_steps):\n",
    "                if len(history) == self.config.num_steps:\n                    break\n": "",
})  # fmt: skip

wrong("13.8", "An epoch that has begun is always finished: more steps are taken than num_steps.", {
    "                if len(history) == self.config.num_steps:\n                    break\n": "",
})  # fmt: skip

wrong("13.8", "One step too many is taken: the loop ends after num_steps + 1 steps.", {
    "while len(history) < self.config.num_steps": "while len(history) <= self.config.num_steps",
    "if len(history) == self.config.num_steps": "if len(history) > self.config.num_steps",
})  # fmt: skip

wrong("13.8", "The items go into the training step as a list of rows; it takes a batch as collate makes it.", {
    "collate([self.train_dataset[i] for i in indices.tolist()])": "[self.train_dataset[i] for i in indices.tolist()]",
})  # fmt: skip

wrong("13.8", "Only the metrics of the last step are returned; those of each step are asked for.", {
    "                history.append(self.training_step(batch))\n        return history\n":
    "                history.append(self.training_step(batch))\n        return history[-1:]\n",
})  # fmt: skip

wrong("13.8", "The losses are returned as bare numbers; the metrics of each step are asked for.", {
    "history.append(self.training_step(batch))": "history.append(self.training_step(batch)[\"loss\"])",
})  # fmt: skip


@wrong("13.8", "The last batch of an epoch is filled up with rows of the next; it may be smaller.")
def train(self):
    history, waiting = [], []
    while len(history) < self.config.num_steps:
        while len(waiting) < self.config.batch_size:
            waiting += torch.randperm(len(self.train_dataset), generator=self.generator).tolist()
        batch, waiting = waiting[: self.config.batch_size], waiting[self.config.batch_size :]
        history.append(self.training_step(collate([self.train_dataset[i] for i in batch])))
    return history
