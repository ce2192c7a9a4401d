"""Right answers written in other ways than the reference's; see tutorial/CONTRIBUTING.md."""

import itertools
import math

import torch
from lesson13_grpo.data.grpo_dataset import collate
from lesson13_grpo.loss.grpo import compute_grpo_loss, sequence_log_probs
from lesson13_grpo.training.grpo_trainer import Response
from torch.utils.data import DataLoader

from lab.attempts import Attempts
from lab.sampling import sample

right = Attempts()

# 13.5 GRPOTrainer.generate_responses


@right("13.5", "one response after the other, drawn and scored alone")
def generate_responses(self, prompts, num_samples=4):
    all_responses, all_log_probs = [], []
    settings = {"max_new_tokens": self.config.max_new_tokens, "temperature": self.config.temperature}
    for prompt in prompts:
        x = torch.as_tensor(self.tokenizer.encode(prompt), dtype=torch.int64)
        group, scores = [], []
        for _ in range(num_samples):
            (y,) = sample(
                self.model, x, 1, eos_token_id=self.tokenizer.eos_token_id, generator=self.generator, **settings
            )
            group.append(Response(text=self.tokenizer.decode(y, skip_special_tokens=True), token_ids=y))
            scores.append(sequence_log_probs(self.model, x, [y], temperature=self.config.temperature))
        all_responses.append(group)
        all_log_probs.append(torch.cat(scores))
    return all_responses, all_log_probs


@right("13.5", "all prompts are sampled first, then decoded, then scored; the log-probs come in one split")
def generate_responses_in_stages(self, prompts, num_samples=4):
    c, t = self.config, self.tokenizer
    encoded = [torch.tensor(t.encode(p)) for p in prompts]
    drawn = [sample(self.model, x, num_samples, eos_token_id=t.eos_token_id, max_new_tokens=c.max_new_tokens,
                    temperature=c.temperature, generator=self.generator) for x in encoded]  # fmt: skip
    responses = [[Response(t.decode(y.tolist(), skip_special_tokens=True), y.clone()) for y in ys] for ys in drawn]
    scores = [sequence_log_probs(self.model, x, ys, c.temperature) for x, ys in zip(encoded, drawn, strict=True)]
    return responses, list(torch.cat(scores).split(num_samples)) if scores else []


@right("13.5", "special tokens are taken out by hand; scores are taken token by token, by the chain rule")
def generate_responses_by_hand(self, prompts, num_samples=4):
    tokenizer, config = self.tokenizer, self.config
    special = {tokenizer.eos_token_id, tokenizer.pad_token_id, getattr(tokenizer, "bos_token_id", None)}

    def draw(x):
        return sample(
            self.model,
            x,
            num_samples,
            eos_token_id=tokenizer.eos_token_id,
            max_new_tokens=config.max_new_tokens,
            temperature=config.temperature,
            generator=self.generator,
        )

    def score(x, y):
        logits = self.model(torch.cat([x, y])[None]).logits[0, len(x) - 1 : -1]
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / config.temperature
        return logits.log_softmax(-1)[torch.arange(len(y)), y].sum()

    responses, log_probs = [], []
    for x in map(torch.tensor, map(tokenizer.encode, prompts)):
        group = draw(x)
        texts = [tokenizer.decode([i for i in y.tolist() if i not in special]) for y in group]
        responses.append(list(map(Response, texts, group)))
        log_probs.append(torch.stack([score(x, y) for y in group]))
    return responses, log_probs


# 13.6 GRPOTrainer.compute_rewards


@right("13.6", "plain loops and slices")
def compute_rewards(self, prompts, responses, **columns):
    if not self.config.reward:
        raise ValueError("no reward function: set reward in the configuration")
    all_prompts, texts, repeated = [], [], {name: [] for name in columns}
    for i in range(len(prompts)):
        for text in responses[i]:
            texts.append(text)
            all_prompts.append(prompts[i])
            for name in columns:
                repeated[name].append(columns[name][i])
    numbers = [float(x) for x in self.config.reward(all_prompts, texts, **repeated)]
    if len(numbers) != len(texts):
        raise ValueError("the reward function must give one number for each response")
    for i, number in enumerate(numbers):
        if math.isnan(number) or math.isinf(number):
            raise ValueError(f"reward number {i} (counted from 0) is {number}")
    result, start = [], 0
    for group in responses:
        result.append(torch.tensor(numbers[start : start + len(group)], dtype=torch.float32))
        start += len(group)
    return result


@right("13.6", "an index tensor says which prompt a response belongs to")
def compute_rewards_with_owners(self, prompts, responses, **columns):
    reward = self.config.reward
    if reward is None:
        raise ValueError("reward is None")
    sizes = torch.tensor([len(group) for group in responses])
    owner = torch.arange(len(prompts)).repeat_interleave(sizes).tolist()
    columns = {name: [entries[o] for o in owner] for name, entries in columns.items()}
    given = torch.tensor(
        list(reward([prompts[o] for o in owner], [text for group in responses for text in group], **columns))
    )
    if given.shape != (len(owner),):
        raise ValueError(f"expected {len(owner)} rewards, got {len(given)}")
    given = given.to(torch.float32)
    if len(bad := torch.where(~torch.isfinite(given))[0]):
        raise ValueError(f"rewards must be finite; look at response {bad[0].item()}")
    return [part.clone() for part in given.tensor_split(sizes.cumsum(0)[:-1])]


@right("13.6", "iterators: the rewards are taken off one after the other")
def compute_rewards_with_iterators(self, prompts, responses, **columns):
    if self.config.reward is None:
        raise ValueError("compute_rewards needs a reward function")

    def spread(entries):
        return list(itertools.chain.from_iterable([e] * len(g) for e, g in zip(entries, responses, strict=True)))

    flat = list(itertools.chain(*responses))
    rewards = self.config.reward(spread(prompts), flat, **{k: spread(v) for k, v in columns.items()})
    if len(rewards) > len(flat) or len(rewards) < len(flat):
        raise ValueError("wrong number of rewards")
    bad = [i for i, r in enumerate(rewards) if not math.isfinite(r)]
    if bad:
        raise ValueError(f"response {bad[0]}: {rewards[bad[0]]} is no finite reward")
    following = iter(rewards)
    return [torch.tensor([next(following) for _ in group]).float() for group in responses]


# 13.7 GRPOTrainer.training_step

OWN = {"prompt", "prompt_ids", "responses", "response_ids", "rewards"}


@right("13.7", "a backward pass for each prompt, gradients added up, the norm clipped by hand")
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


@right("13.7", "generates without gradient, then scores rows of every kind in the same way; torch.autograd.grad")
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


right("13.7", "gradients are cleared first and last; the mean by a matrix product", {
    "        # > See what the rows carry": "        self.optimizer.zero_grad()\n        # > See what the rows carry",
    "        loss = torch.stack(losses).mean()\n        self.optimizer.zero_grad()\n":
    "        loss = torch.stack(losses) @ torch.full_like(torch.stack(losses).detach(), 1 / len(losses))\n",
    "        self.optimizer.step()\n": "        self.optimizer.step()\n        self.optimizer.zero_grad()\n",
})  # fmt: skip

# 13.8 GRPOTrainer.train


@right("13.8", "torch's DataLoader shuffles, with the trainer's generator")
def train(self):
    loader = DataLoader(
        self.train_dataset,
        batch_size=self.config.batch_size,
        shuffle=True,
        collate_fn=collate,
        generator=self.generator,
    )
    epochs = itertools.chain.from_iterable(itertools.repeat(loader))
    return [self.training_step(batch) for batch in itertools.islice(epochs, self.config.num_steps)]


@right("13.8", "random numbers sorted, slices of a list, a counter of the steps left")
def train_with_a_counter(self):
    left, metrics = self.config.num_steps, []
    while left > 0:
        order = torch.rand(len(self.train_dataset), generator=self.generator).argsort().tolist()
        for start in range(0, len(order), self.config.batch_size):
            items = [self.train_dataset[i] for i in order[start : start + self.config.batch_size]]
            metrics.append(self.training_step(collate(items)))
            left -= 1
            if left == 0:
                return metrics
    return metrics


@right("13.8", "a queue of rows that is filled when it is empty")
def train_with_a_queue(self):
    queue, history = [], []
    for _ in range(self.config.num_steps):
        if not queue:
            queue = torch.randperm(len(self.train_dataset), generator=self.generator).tolist()
        taken, queue = queue[: self.config.batch_size], queue[self.config.batch_size :]
        history.append(self.training_step(collate([self.train_dataset[i] for i in taken])))
    return history
