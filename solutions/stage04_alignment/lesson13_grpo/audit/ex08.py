"""Exercise 13.8, GRPOTrainer.train: what people get wrong, other right answers, and the shortest right one."""

import itertools

import torch
from lesson13_grpo.data.grpo_dataset import collate
from torch.utils.data import DataLoader

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("The rows come in the order of the file in every epoch: nothing shuffles them.", {
    "torch.randperm(len(self.train_dataset), generator=self.generator)": "torch.arange(len(self.train_dataset))",
})  # fmt: skip

wrong("The order is drawn once, before the loop: all epochs have the same.", {
    "            order = torch.randperm(len(self.train_dataset), generator=self.generator)\n": "",
    "        while len(history) < self.config.num_steps:\n":
    "        order = torch.randperm(len(self.train_dataset), generator=self.generator)\n"
    "        while len(history) < self.config.num_steps:\n",
})  # fmt: skip

wrong("The order is drawn with torch's global random state: config.seed does not decide it.", {
    "torch.randperm(len(self.train_dataset), generator=self.generator)": "torch.randperm(len(self.train_dataset))",
})  # fmt: skip

wrong("The generator is made anew in train(): a second call repeats the orders of the first.", {
    "history: list[dict[str, float]] = []":
        "generator = torch.Generator().manual_seed(self.config.seed)\nhistory: list[dict[str, float]] = []",
    "self.generator": "generator",
})  # fmt: skip

wrong("Rows are drawn with replacement: an epoch repeats some and leaves out others.", {
    "torch.randperm(len(self.train_dataset), generator=self.generator)":
        "torch.randint(len(self.train_dataset), (len(self.train_dataset),), generator=self.generator)",
})  # fmt: skip

wrong("The last batch of an epoch is dropped if it is smaller: some rows are left out.", {
    "            for indices in order.split(self.config.batch_size):\n":
    "            batches = order.split(self.config.batch_size)\n"
    "            for indices in [b for b in batches if len(b) == self.config.batch_size] or batches:\n",
})  # fmt: skip

wrong("Training ends after one epoch, even if num_steps steps are not done yet.", {
    "while len(history) < self.config.num_steps:": "for _ in range(1):",
})  # fmt: skip

wrong("num_steps is counted in epochs; it counts training steps.", {
    "while len(history) < self.config.num_steps:": "for _ in range(self.config.num_steps):",
    "if len(history) == self.config.num_steps:\n    break": "",
})  # fmt: skip

wrong("An epoch that has begun is always finished: more steps are taken than num_steps.", {
    "if len(history) == self.config.num_steps:\n    break": "",
})  # fmt: skip

wrong("The items go into the training step as a list of rows; it takes a batch as collate makes it.", {
    "collate([self.train_dataset[i] for i in indices.tolist()])": "[self.train_dataset[i] for i in indices.tolist()]",
})  # fmt: skip

wrong("Only the metrics of the last step are returned; those of each step are asked for.", {
    "return history": "return history[-1:]",
})  # fmt: skip

wrong("The error of a step is swallowed: train() goes on as if nothing had happened.", {
    "history.append(self.training_step(batch))":
        "try:\n    history.append(self.training_step(batch))\nexcept Exception:\n    history.append({})",
})  # fmt: skip


@right("torch's DataLoader shuffles, with the trainer's generator")
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


@right("random numbers sorted, slices of a list, a counter of the steps left")
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


@core("a queue of rows, shuffled with torch's global random state")
def train_with_a_queue(self):
    queue, history = [], []
    for _ in range(self.config.num_steps):
        queue = queue or torch.randperm(len(self.train_dataset)).tolist()
        taken, queue = queue[: self.config.batch_size], queue[self.config.batch_size :]
        history.append(self.training_step(collate([self.train_dataset[i] for i in taken])))
    return history
