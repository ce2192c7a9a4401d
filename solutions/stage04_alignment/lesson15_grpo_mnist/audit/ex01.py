"""Exercise 15.1, DigitEnvironment: what people get wrong, and right answers written otherwise."""

import torch
from lesson15_grpo_mnist.environment.digits import ACTIONS

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The labels are compared along the wrong dimension: every answer of row b belongs to label b.", {
    "actions == truth[:, None]": "actions == truth",
})  # fmt: skip

wrong("The episode stays open after its action: a second answer to the same state is rewarded, too.", {
    "truth, self._truth = self._truth, None": "truth = self._truth",
})  # fmt: skip

wrong("Actions that are refused close the episode all the same; it is to stay open.", {
    "truth, self._truth = self._truth, None": "",
    "if actions.ndim != 2 or len(actions) != len(self._truth):":
        "truth, self._truth = self._truth, None\nif actions.ndim != 2 or len(actions) != len(truth):",
    'f"actions must be ({len(self._truth)} states, answers each), not {tuple(actions.shape)}"':
        'f"actions must be ({len(truth)} states, answers each), not {tuple(actions.shape)}"',
})  # fmt: skip

wrong("The rewards are true and false; float32 numbers are asked for.", {
    "(actions == truth[:, None]).float()": "actions == truth[:, None]",
})  # fmt: skip

wrong("A wrong answer costs 1; its reward is 0.", {
    "(actions == truth[:, None]).float()": "(actions == truth[:, None]).float() * 2 - 1",
})  # fmt: skip

wrong("All answers to an image are rewarded if one of them is right; each is an episode of its own.", {
    "(actions == truth[:, None]).float()":
        "(actions == truth[:, None]).any(1, keepdim=True).expand(actions.shape).float()",
})  # fmt: skip

wrong("A negative index is accepted, and quietly counts from the end.", {
    "if ((indices < 0) | (indices >= len(self))).any():": "if (indices >= len(self)).any():",
})  # fmt: skip

wrong("An image that is not there is refused with a ValueError; IndexError is asked for.", {"IndexError": "ValueError"})

wrong("10 passes for a digit: the largest one is 9.", {"(actions >= ACTIONS)": "(actions > ACTIONS)"})

wrong("Negative actions are not refused.", {"(actions < 0) | (actions >= ACTIONS)": "actions >= ACTIONS"})

wrong("Actions that are not whole numbers, such as 7.0, are accepted.", {
    "actions.dtype == torch.bool or actions.is_floating_point() or ((actions < 0) | (actions >= ACTIONS)).any()":
        "((actions < 0) | (actions >= ACTIONS)).any()",
})  # fmt: skip

wrong("True and False pass for digits: they are not floating-point numbers, but no whole numbers either.", {
    "actions.dtype == torch.bool or actions.is_floating_point() or ((actions < 0) | (actions >= ACTIONS)).any()":
        "actions.is_floating_point() or ((actions < 0) | (actions >= ACTIONS)).any()",
})  # fmt: skip

wrong("The number of dimensions of the actions is not checked: a flat tensor is no (states, answers).", {
    "actions.ndim != 2 or len(actions) != len(self._truth)": "len(actions) != len(self._truth)",
})  # fmt: skip

wrong("Nothing checks that there is one row of actions for each open state: one label serves several rows.", {
    "actions.ndim != 2 or len(actions) != len(self._truth)": "actions.ndim != 2",
})  # fmt: skip

wrong("It is not checked that there are as many labels as images.", {"if len(images) != len(labels):": "if False:"})

wrong("Labels that are no digits, such as 10 or -1, are accepted when the environment is made.", {
    "if ((labels < 0) | (labels >= ACTIONS)).any():": "if False:",
})  # fmt: skip

wrong("The images come in the order of the data set, not in that of the indices.", {
    "self._truth = self.labels[indices]": "indices = indices.sort().values\nself._truth = self.labels[indices]",
})  # fmt: skip

wrong("The labels that are remembered are the data set's first ones, not those of the images asked for.", {
    "self._truth = self.labels[indices]": "self._truth = self.labels[: len(indices)]",
})  # fmt: skip

wrong("A reset while episodes are open is refused; it is to forget them and begin anew.", {
    "self._truth = self.labels[indices]":
        "if self._truth is not None:\n    raise RuntimeError('step first')\nself._truth = self.labels[indices]",
})  # fmt: skip

wrong("A step without open episodes ends in some other error than the RuntimeError that says what to do.", {
    "if self._truth is None:": "if False:",
})  # fmt: skip

# Right answers written otherwise


@right("lists and loops")
class DigitEnvironment:
    def __init__(self, images, labels):
        if images.shape[0] != labels.shape[0]:
            raise ValueError("images and labels are not equally many")
        if any(label not in range(10) for label in labels.tolist()):
            raise ValueError("the labels are not all digits")
        self.images, self.labels, self.open = images, labels, []

    def __len__(self):
        return self.labels.shape[0]

    def reset(self, indices):
        chosen = indices.tolist()
        if any(i < 0 or i >= len(self) for i in chosen):
            raise IndexError("there is no such image")
        self.open = [int(self.labels[i]) for i in chosen]
        return torch.stack([self.images[i] for i in chosen])

    def step(self, actions):
        if not self.open:
            raise RuntimeError("reset first")
        if actions.dim() != 2 or actions.shape[0] != len(self.open):
            raise ValueError("actions have another shape than the open episodes")
        if actions.dtype not in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8):
            raise ValueError("actions are digits")
        if any(a not in range(10) for row in actions.tolist() for a in row):
            raise ValueError("actions are digits")
        rows = [
            [1.0 if a == truth else 0.0 for a in row] for row, truth in zip(actions.tolist(), self.open, strict=True)
        ]
        self.open = []
        return torch.tensor(rows, dtype=torch.float32)


@right("an open or closed door beside the labels, rewards looked up in a table")
class DigitEnvironment:
    def __init__(self, images, labels):
        if len(labels) != len(images) or (len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < ACTIONS):
            raise ValueError("labels: one digit for each image")
        self._pixels, self._right = images, torch.eye(ACTIONS)[labels]  # a row of rewards for each image
        self._indices, self._running = None, False

    def __len__(self):
        return self._pixels.shape[0]

    def reset(self, indices):
        if indices.numel() and (int(indices.min()) < 0 or int(indices.max()) >= len(self)):
            raise IndexError(f"{indices} is not all in 0 to {len(self) - 1}")
        self._indices, self._running = indices.clone(), True
        return self._pixels.index_select(0, indices)

    def step(self, actions):
        if not self._running:
            raise RuntimeError("the episodes are over; reset")
        fits = actions.ndim == 2 and actions.shape[0] == self._indices.shape[0]
        kind = not (actions.dtype == torch.bool or actions.dtype.is_floating_point)
        if not (fits and kind and bool((actions.long().clamp(0, 9) == actions).all())):
            raise ValueError("these actions do not fit")
        self._running = False
        return self._right[self._indices].gather(1, actions.long())


right("the comparison as a difference, the checks in one line each", {
    "(actions == truth[:, None]).float()": "1.0 - (actions - truth.unsqueeze(-1)).abs().clamp(max=1).to(torch.float32)",
    "if ((labels < 0) | (labels >= ACTIONS)).any():": "if labels.lt(0).any() or labels.gt(ACTIONS - 1).any():",
    "if ((indices < 0) | (indices >= len(self))).any():": "if not all(0 <= i < len(self) for i in indices.tolist()):",
})  # fmt: skip
