"""Exercise 14.15, GRPOTrainer.load_state_dict: what people get wrong, and right answers written otherwise."""

import copy

import torch

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The number of steps is not taken up: warm-up and draws begin again.", {
    'self.step_number = state["step_number"]': "",
})  # fmt: skip

wrong("The optimizer's state is not taken up: its moments begin again at zero.", {
    'self.optimizer.load_state_dict(state["optimizer"])': "",
})  # fmt: skip

wrong("step_number is one too many: it already is the number of the next step, since the first is 0.", {
    'self.step_number = state["step_number"]': 'self.step_number = state["step_number"] + 1',
})  # fmt: skip

wrong("The steps of the state are added to those that the trainer has done; they should replace them.", {
    'self.step_number = state["step_number"]': 'self.step_number += state["step_number"]',
})  # fmt: skip

wrong("step_number is made to count updates; the state holds the number of steps, as the trainer does.", {
    'self.step_number = state["step_number"]':
        'self.step_number = state["step_number"] * self.config.updates_per_generation',
})  # fmt: skip

wrong("The entries are popped from the caller's dict, which cannot be used a second time.", {
    'self.step_number = state["step_number"]': 'self.step_number = state.pop("step_number")',
    'self.optimizer.load_state_dict(state["optimizer"])': 'self.optimizer.load_state_dict(state.pop("optimizer"))',
})  # fmt: skip

wrong("num_steps is shortened by the steps done, but train() and the decay count from the first step.", {
    'self.optimizer.load_state_dict(state["optimizer"])':
        'self.config.num_steps -= self.step_number\nself.optimizer.load_state_dict(state["optimizer"])',
})  # fmt: skip


@wrong("The last step's rate replaces config.learning_rate, so warm-up and decay are applied to it twice.")
def load_state_dict(self, state):
    self.step_number = state["step_number"]
    self.optimizer.load_state_dict(state["optimizer"])
    self.config.learning_rate = self.optimizer.param_groups[0]["lr"]


@wrong("Adam's own count of updates begins again, so its bias correction makes the next updates too large.")
def load_state_dict_without_count(self, state):
    self.step_number = state["step_number"]
    self.optimizer.load_state_dict(state["optimizer"])
    for of_one in getattr(self.optimizer, "state", {}).values():
        of_one["step"] = torch.zeros_like(of_one["step"])


# Right answers written otherwise


@right("a copy of its own, the optimizer first")
def load_state_dict(self, state):
    state = copy.deepcopy(state)
    self.optimizer.load_state_dict(state["optimizer"])
    self.step_number = state["step_number"]


@right("unpacked by name")
def load_state_dict_unpacked(self, state):
    def take(step_number, optimizer):
        self.optimizer.load_state_dict(optimizer)
        self.step_number = int(step_number)

    take(**state)


@right("popped from a copy of the dict")
def load_state_dict_popped(self, state):
    rest = dict(state)
    vars(self)["step_number"] = rest.pop("step_number")
    self.optimizer.load_state_dict(rest.pop("optimizer"))
