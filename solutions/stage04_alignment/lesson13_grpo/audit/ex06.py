"""Exercise 13.6, GRPOTrainer.compute_rewards: what people get wrong, and right answers written otherwise."""

import itertools
import math

import torch

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("Prompts and columns are repeated as p, q, p, q, but the responses come group by group.", {
    "[entry for entry, size in zip(entries, sizes, strict=True) for _ in range(size)]":
        "[entries[i % len(entries)] for i in range(sum(sizes))]",
})  # fmt: skip

wrong("The columns are not repeated: the reward function gets fewer entries than responses.", {
    "**{name: _repeat(column, sizes) for name, column in columns.items()}": "**columns",
})  # fmt: skip

wrong("The prompts are not repeated: the reward function gets fewer prompts than responses.", {
    "_repeat(prompts, sizes)": "prompts",
})  # fmt: skip

wrong("The other columns, such as the right answer, never reach the reward function.", {
    "self.config.reward(_repeat(prompts, sizes), flat, **{name: _repeat(column, sizes) for name, column"
    " in columns.items()})":
    "self.config.reward(_repeat(prompts, sizes), flat)",
})  # fmt: skip

wrong("Every response gets a whole column, the entries of all prompts, instead of its own prompt's entry.", {
    "_repeat(column, sizes)": "_repeat([column] * len(sizes), sizes)",
})  # fmt: skip

wrong("The reward function gets prompt and response joined, where it expects the response alone.", {
    "flat = [text for group in responses for text in group]":
        "flat = [prompt + text for prompt, group in zip(prompts, responses, strict=True) for text in group]",
})  # fmt: skip

wrong("White space is taken off the responses: what is scored is not what the model wrote.", {
    "[text for group in responses for text in group]": "[text.strip() for group in responses for text in group]",
})  # fmt: skip

wrong("The groups are cut as if all had the size of the first; they may differ.", {
    "scores.split(sizes)": "scores.split(sizes[0])",
})  # fmt: skip

wrong("The rewards come back as one tensor, not split into one for each prompt.", {
    "return list(scores.split(sizes))": "return scores",
})  # fmt: skip

wrong("Each group's mean is subtracted from its rewards; they are to come back as they are.", {
    "list(scores.split(sizes))": "[group - group.mean() for group in scores.split(sizes)]",
})  # fmt: skip

wrong("The dtype of the rewards is left to torch: whole numbers become integers, not float32.", {
    "torch.as_tensor(rewards, dtype=torch.float32)": "torch.as_tensor(rewards)",
    "scores.isfinite().all": "scores.double().isfinite().all",
    "~scores.isfinite()": "~scores.double().isfinite()",
})  # fmt: skip

wrong("Nothing checks that a reward function is configured: calling None ends in a TypeError.", {
    "if self.config.reward is None:": "if False:",
})  # fmt: skip

wrong("The number of rewards is not checked: too few or too many go unseen.", {
    "if len(rewards) != len(flat):": "if False:",
    "scores.split(sizes)": "(scores[sum(sizes[:i]) : sum(sizes[: i + 1])] for i in range(len(sizes)))",
})  # fmt: skip

wrong("Only too few rewards are refused; one that gives too many goes unseen.", {
    "len(rewards) != len(flat)": "len(rewards) < len(flat)",
    "scores.split(sizes)": "scores[: len(flat)].split(sizes)",
})  # fmt: skip

wrong("Nothing checks that the rewards are finite: one NaN makes all weights NaN.", {
    "if not scores.isfinite().all():": "if False:",
})  # fmt: skip

wrong("Only NaN is refused; an infinite reward gets through.", {"not scores.isfinite().all()": "scores.isnan().any()"})

wrong("A reward that is not finite is quietly made a number, where it must be refused.", {
    "scores = torch.as_tensor(rewards, dtype=torch.float32)":
        "scores = torch.as_tensor(rewards, dtype=torch.float32).nan_to_num()",
})  # fmt: skip

wrong("The message about a reward that is not finite does not say which response it belongs to.", {
    'f"the reward of response {index} is {float(scores[index])}, not a finite number"':
        '"the rewards must be finite numbers"',
})  # fmt: skip

wrong("The index in the message counts from 1; it counts from 0.", {
    'f"the reward of response {index} is {float(scores[index])}, not a finite number"':
        'f"the reward of response {index + 1} is {float(scores[index])}, not a finite number"',
})  # fmt: skip

wrong("The index in the message counts within its own group; it counts through all groups.", {
    'raise ValueError(f"the reward of response {index} is {float(scores[index])}, not a finite number")': """
        place = int((~torch.cat([g.isfinite() for g in scores.split(sizes)])).nonzero()[0])
        while place >= sizes[0]:
            place, sizes = place - sizes[0], sizes[1:]
        raise ValueError(f"the reward of response {place} is {float(scores[index])}, not a finite number")
    """,
})  # fmt: skip


@wrong("The reward function is called once for each prompt; it is to get all responses at once.")
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


# Right answers written otherwise


@right("plain loops and slices")
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


@right("an index tensor says which prompt a response belongs to")
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


@right("iterators: the rewards are taken off one after the other")
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
