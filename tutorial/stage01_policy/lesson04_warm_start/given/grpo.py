"""The opponent: plain GRPO, from `lab`, on the same task with the same model. Lessons 05 to 14 explain it.

Each step samples new answers and makes one update with them. The loss of a token is -A log p, where A is the advantage
of its answer: (reward - mean of the group) / standard deviation of the group.
"""

import torch
from lesson04_warm_start.given.reversal import prompts, reward, sample, success
from torch import Tensor, nn

from lab.rl.advantages import advantages
from lab.rl.optimizers import fused, make_optimizer, scheduled_rate
from lab.train.options import Grpo


def weights(rewards: Tensor, method: str) -> Tensor:
    """Returns the weight of each answer in the gradient, (prompts, group). "GRPO": its advantage. "each right answer once":
    1 for a right answer and 0 for a wrong one, so that there is neither a baseline nor a negative example."""
    return advantages(rewards, Grpo())[0] if method == "GRPO" else rewards


def train(
    model: nn.Module,
    steps: int,
    generator: torch.Generator,
    method: str = "GRPO",
    measure_every: int = 16,
    prompts_per_step: int = 8,
    group_size: int = 8,
    learning_rate: float = 3e-3,
) -> list[float]:
    """Trains `model` in place; returns the success after every `measure_every` steps."""
    optimizer = fused(make_optimizer("adamw", model.parameters(), learning_rate))
    measured = []
    for step in range(steps):
        asked = prompts(prompts_per_step, generator)
        answers = sample(model, asked, group_size, generator)
        rewards = torch.tensor([[reward(p, c) for c in group] for p, group in zip(asked, answers, strict=True)])
        weight = weights(rewards, method).flatten()  # (rows,)
        if weight.any():  # without a single right answer there is nothing to learn from
            rows = [torch.cat([p, c]) for p, group in zip(asked, answers, strict=True) for c in group]
            ids = nn.utils.rnn.pad_sequence(rows, batch_first=True)
            drawn = torch.arange(1, ids.shape[1]) >= len(asked[0])
            mask = drawn & (torch.arange(1, ids.shape[1]) < torch.tensor([len(row) for row in rows])[:, None])
            log_probs = model(ids).logits[:, :-1].log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)
            loss = -(log_probs * weight[:, None] * mask).sum() / mask.sum()
            optimizer.param_groups[0]["lr"] = scheduled_rate(learning_rate, step, steps, 5, final_rate=1.0)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        if (step + 1) % measure_every == 0:
            measured.append(success(model))
    return measured
