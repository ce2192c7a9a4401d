"""Exercise 15.2, Actor: what people get wrong, and right answers written otherwise."""

import itertools

import torch
from torch import nn

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("A softmax stands behind the last layer: these are probabilities, where logits are asked for.", {
    "return self.layers(states)": "return self.layers(states).softmax(-1)",
})  # fmt: skip

wrong("The logits are already normalised by a log-softmax; nothing stands behind the last layer.", {
    "return self.layers(states)": "return self.layers(states).log_softmax(-1)",
})  # fmt: skip

wrong("A ReLU stands behind the last layer: no logit can be negative.", {
    "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),"
    " nn.Linear(hidden, actions))":
    "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),"
    " nn.Linear(hidden, actions), nn.ReLU())",
})  # fmt: skip

wrong("There is no ReLU between the second and the third layer.", {
    "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),"
    " nn.Linear(hidden, actions))":
    "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.Linear(hidden, actions))",
})  # fmt: skip

wrong("There is no ReLU at all: three linear layers in a row can do no more than one.", {
    "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),"
    " nn.Linear(hidden, actions))":
    "nn.Sequential(nn.Linear(pixels, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, actions))",
})  # fmt: skip

wrong("There is one hidden layer; there are to be two, of the same width.", {
    "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),"
    " nn.Linear(hidden, actions))":
    "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, actions))",
})  # fmt: skip

wrong("Tanh stands between the layers instead of ReLU.", {
    "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),"
    " nn.Linear(hidden, actions))":
    "nn.Sequential(nn.Linear(pixels, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(),"
    " nn.Linear(hidden, actions))",
})  # fmt: skip

wrong("Layers are made without bias.", {
    "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),"
    " nn.Linear(hidden, actions))":
    "nn.Sequential(nn.Linear(pixels, hidden, bias=False), nn.ReLU(), nn.Linear(hidden, hidden,"
    " bias=False), nn.ReLU(), nn.Linear(hidden, actions, bias=False))",
})  # fmt: skip

wrong("The width of the hidden layers is always 128, whatever `hidden` says.", {
    "super().__init__()": "super().__init__()\nhidden = 128",
})  # fmt: skip

wrong("The number of actions is always 10, whatever `actions` says.", {
    "nn.Linear(hidden, actions)": "nn.Linear(hidden, 10)",
})  # fmt: skip

wrong("The pixels are divided by 255 in the forward pass; they come as they are to be used.", {
    "return self.layers(states)": "return self.layers(states / 255)",
})  # fmt: skip

wrong("There is dropout between the layers: the same image gives other logits at every call.", {
    "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),"
    " nn.Linear(hidden, actions))":
    "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),"
    " nn.Dropout(0.1), nn.Linear(hidden, actions))",
})  # fmt: skip

wrong("The weights are set anew after the layers were made; PyTorch's own initial values are asked for.", {
    "self.layers = nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden),"
    " nn.ReLU(), nn.Linear(hidden, actions))": """
        self.layers = nn.Sequential(
            nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, actions)
        )
        for p in self.parameters():
            nn.init.normal_(p)
    """,
})  # fmt: skip

wrong("A fixed seed is set before the layers are made: every network begins with the same weights.", {
    "super().__init__()": "super().__init__()\ntorch.default_generator.manual_seed(0)",
})  # fmt: skip

wrong("A batch of one loses its first dimension.", {
    "return self.layers(states)": "return self.layers(states).squeeze(0)",
})  # fmt: skip

wrong("The last layer is made first: `parameters()` has another order than the data's way.", {
    "self.layers = nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden),"
    " nn.ReLU(), nn.Linear(hidden, actions))": """
        self.head = nn.Linear(hidden, actions)
        self.body = nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
    """,
    "self.layers(states)": "self.head(self.body(states))",
})  # fmt: skip

# Right answers written otherwise


@right("three layers with names")
class Actor(nn.Module):
    def __init__(self, pixels=784, hidden=128, actions=10):
        super().__init__()
        self.first = nn.Linear(pixels, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.third = nn.Linear(hidden, actions)

    def forward(self, states):
        hidden = torch.relu(self.first(states))
        hidden = torch.relu(self.second(hidden))
        return self.third(hidden)


@right("a list of layers, ReLU as a clamp")
class Actor(nn.Module):
    def __init__(self, pixels=784, hidden=128, actions=10):
        super().__init__()
        sizes = [pixels, hidden, hidden, actions]
        self.linears = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(sizes))

    def forward(self, states):
        for linear in self.linears[:-1]:
            states = linear(states).clamp(min=0)
        return self.linears[-1](states)


@right("a subclass of nn.Sequential")
class Actor(nn.Sequential):
    def __init__(self, pixels=784, hidden=128, actions=10):
        first, second, third = nn.Linear(pixels, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, actions)
        super().__init__(first, nn.ReLU(), second, nn.ReLU(), third)
