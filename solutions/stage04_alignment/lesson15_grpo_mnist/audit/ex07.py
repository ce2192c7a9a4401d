"""Exercise 15.7, Critic: what people get wrong, and right answers written otherwise."""

import torch
from torch import nn

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The last dimension is not dropped: (batch, 1), where one number for each state is asked for.", {
    "self.layers(states).squeeze(-1)": "self.layers(states)",
})  # fmt: skip

wrong("A batch of one loses its batch dimension, too: squeeze() drops every dimension of size 1.", {
    "self.layers(states).squeeze(-1)": "self.layers(states).squeeze()",
})  # fmt: skip

wrong("A sigmoid stands behind the last layer; a value is any real number.", {
    "self.layers(states).squeeze(-1)": "self.layers(states).squeeze(-1).sigmoid()",
})  # fmt: skip

wrong("A ReLU stands behind the last layer: no value can be negative.", {
    "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))":
        "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),"
        " nn.Linear(hidden, 1), nn.ReLU())",
})  # fmt: skip

wrong("A tanh stands behind the last layer: no value can leave -1 to 1.", {
    "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))":
        "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),"
        " nn.Linear(hidden, 1), nn.Tanh())",
})  # fmt: skip

wrong("There are ten outputs, as of the actor, and the largest counts; a value is one number.", {
    "nn.Linear(hidden, 1)": "nn.Linear(hidden, 10)",
    "self.layers(states).squeeze": "self.layers(states).amax",
})  # fmt: skip

wrong("The values of the batch are centred: each is to come from its own state alone.", {
    "return self.layers(states).squeeze(-1)": "values = self.layers(states).squeeze(-1)\nreturn values - values.mean()",
})  # fmt: skip

wrong("There is no ReLU between the second and the last layer.", {
    "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))":
        "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.Linear(hidden, 1))",
})  # fmt: skip

wrong("There is one hidden layer; there are to be two, as of the actor.", {
    "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))":
        "nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, 1))",
})  # fmt: skip

wrong("The hidden layers are 128 wide, whatever `hidden` says.", {
    "super().__init__()": "super().__init__()\nhidden = 128",
})  # fmt: skip

wrong("The last layer begins at zero; PyTorch's own initial values are asked for.", {
    "self.layers = nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden),"
    " nn.ReLU(), nn.Linear(hidden, 1))": """
        self.layers = nn.Sequential(
            nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)
        )
        nn.init.zeros_(self.layers[-1].weight)
    """,
})  # fmt: skip

wrong("The last layer has no bias.", {"nn.Linear(hidden, 1)": "nn.Linear(hidden, 1, bias=False)"})

wrong("No gradient reaches the critic's weights.", {
    "self.layers(states).squeeze(-1)": "self.layers(states).squeeze(-1).detach()",
})  # fmt: skip

# Right answers written otherwise


@right("three layers with names, the one column taken out")
class Critic(nn.Module):
    def __init__(self, pixels=784, hidden=128):
        super().__init__()
        self.first = nn.Linear(pixels, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, 1)

    def forward(self, states):
        return self.value(self.second(self.first(states).relu()).relu())[:, 0]


@right("a subclass of nn.Sequential that flattens at the end")
class Critic(nn.Sequential):
    def __init__(self, pixels=784, hidden=128):
        layers = [nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)]
        super().__init__(*layers, nn.Flatten(0))


@right("a list of layers, ReLU by torch.where")
class Critic(nn.Module):
    def __init__(self, pixels=784, hidden=128):
        super().__init__()
        sizes = (pixels, hidden, hidden, 1)
        self.linears = nn.ModuleList([nn.Linear(sizes[i], sizes[i + 1]) for i in range(3)])

    def forward(self, states):
        for i, linear in enumerate(self.linears):
            states = linear(states)
            if i < 2:
                states = torch.where(states > 0, states, 0.0)
        return states.reshape(len(states))
