"""Exercise 13.6, GRPOTrainer.compute_rewards: what people get wrong, other right answers, and the shortest one."""

import itertools

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("Prompts and columns are repeated as p, q, p, q, but the responses come group by group.", {
    "[i for i, group in enumerate(responses) for _ in group]":
        "[i % len(responses) for i in range(sum(len(group) for group in responses))]",
})  # fmt: skip

wrong("The columns are not repeated: the reward function gets fewer entries than responses.", {
    "**{name: [column[i] for i in owner] for name, column in columns.items()}": "**columns",
})  # fmt: skip

wrong("The prompts are not repeated: the reward function gets fewer prompts than responses.", {
    "[prompts[i] for i in owner]": "prompts",
})  # fmt: skip

wrong("The other columns, such as the right answer, never reach the reward function.", {
    "{name: [column[i] for i in owner] for name, column in columns.items()}": "{}",
})  # fmt: skip

wrong("The reward function gets prompt and response joined, but it expects the response only.", {
    "[text for group in responses for text in group]":
        "[prompt + text for prompt, group in zip(prompts, responses, strict=True) for text in group]",
})  # fmt: skip

wrong("The groups are cut as if all had the size of the first; they may differ.", {
    "rewards.split([len(group) for group in responses])": "rewards.split(len(responses[0]))",
})  # fmt: skip

wrong("Each group's mean is subtracted from its rewards; they are to come back as they are.", {
    "list(rewards.split([len(group) for group in responses]))":
        "[group - group.mean() for group in rewards.split([len(group) for group in responses])]",
})  # fmt: skip

wrong("The dtype of the rewards is left to torch: whole numbers become integers, not float32.", {
    "torch.as_tensor(scores, dtype=torch.float32)": "torch.as_tensor(scores)",
})  # fmt: skip

wrong("The rewards are not checked: one NaN makes all weights of the model NaN.", {
    "not rewards.isfinite().all()": "False",
})  # fmt: skip

wrong("Only NaN is refused; an infinite reward gets through.", {
    "not rewards.isfinite().all()": "rewards.isnan().any()",
})  # fmt: skip


@wrong("The reward function is called once for each prompt; it must get all responses at once.")
def compute_rewards(self, prompts, responses, **columns):
    scored = []
    for i, group in enumerate(responses):
        repeated = {name: [column[i]] * len(group) for name, column in columns.items()}
        rewards = self.config.reward([prompts[i]] * len(group), list(group), **repeated)
        scores = torch.as_tensor(rewards, dtype=torch.float32)
        if len(scores) != len(group) or not scores.isfinite().all():
            raise ValueError(f"the reward function must return {len(group)} finite numbers, not {scores.tolist()}")
        scored.append(scores)
    return scored


@right("an index tensor says which prompt a response belongs to")
def compute_rewards_with_owners(self, prompts, responses, **columns):
    sizes = torch.tensor([len(group) for group in responses])
    owner = torch.arange(len(prompts)).repeat_interleave(sizes).tolist()
    columns = {name: [entries[o] for o in owner] for name, entries in columns.items()}
    texts = [text for group in responses for text in group]
    given = torch.tensor(list(self.config.reward([prompts[o] for o in owner], texts, **columns))).to(torch.float32)
    if given.shape != (len(owner),) or not torch.isfinite(given).all():
        raise ValueError(f"{len(owner)} finite rewards are needed")
    return [part.clone() for part in given.tensor_split(sizes.cumsum(0)[:-1])]


@right("iterators: the rewards are taken off one after the other")
def compute_rewards_with_iterators(self, prompts, responses, **columns):
    def spread(entries):
        return list(itertools.chain.from_iterable([e] * len(g) for e, g in zip(entries, responses, strict=True)))

    flat = list(itertools.chain(*responses))
    rewards = self.config.reward(spread(prompts), flat, **{k: spread(v) for k, v in columns.items()})
    if len(rewards) != len(flat) or not torch.tensor(rewards).isfinite().all():
        raise ValueError("bad rewards")
    following = iter(rewards)
    return [torch.tensor([next(following) for _ in group]).float() for group in responses]


@core("nothing is checked")
def compute_rewards_unchecked(self, prompts, responses, **columns):
    sizes = [len(group) for group in responses]

    def repeat(entries):
        return [entry for entry, size in zip(entries, sizes, strict=True) for _ in range(size)]

    columns = {name: repeat(column) for name, column in columns.items()}
    rewards = self.config.reward(repeat(prompts), [text for group in responses for text in group], **columns)
    return torch.tensor(rewards).split(sizes)
