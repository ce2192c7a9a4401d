"""The functions of JAX give what those of lesson 14 give in PyTorch, to twelve digits: values and gradients."""

import pytest
import torch
from lesson21_grpo_jax.loss.grpo import group_advantages, grpo_loss
from lesson21_grpo_jax.testcases.scenarios import batch_log_probs

from course.base import switch
from lab.models.tiny_language_models import BigramLM

pytestmark = pytest.mark.skipif(
    any(switch.finder.tree_of(n) != "solutions" for n in ("lesson14_grpo_ppo_clip", "lesson21_grpo_jax")),
    reason="about the references, not the learner's code: needs SOLUTION=1",
)
CLOSE = {"rtol": 1e-12, "atol": 1e-13}


def test_advantages(observe):
    from lesson14_grpo_ppo_clip.loss import advantages

    for case in range(20):
        rewards = torch.randint(0, 4, (8,), generator=torch.Generator().manual_seed(case)).double() / 3
        expected = advantages.group_advantages(rewards, 4, divide_by_std=case % 2 == 0)
        observe(group_advantages, rewards, 4, divide_by_std=case % 2 == 0).close(expected, **CLOSE)


def test_loss_and_gradient(observe):
    from lesson14_grpo_ppo_clip.loss import ppo_clip

    for case in range(20):
        generator = torch.Generator().manual_seed(case)
        new, old = torch.randn(2, 4, 6, generator=generator, dtype=torch.float64) / 2
        a, mask = torch.randn(4, generator=generator).double(), torch.randint(2, (4, 6), generator=generator)
        mask[0, 0], aggregation = 1, ("token", "sequence")[case % 2]
        expected = ppo_clip.ppo_clip_loss(new.requires_grad_(), old, a, mask, aggregation=aggregation)
        expected.backward()
        seen = observe(grpo_loss, new.detach(), old, a, mask, aggregation=aggregation, grad_of="log_probs")
        seen.close(expected.detach(), **CLOSE)
        seen.grad("log_probs").close(new.grad, **CLOSE)


def test_token_log_probs(observe):
    from lesson14_grpo_ppo_clip.loss import ppo_clip

    model = BigramLM(torch.randn(5, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    ids = torch.tensor([[0, 3, 1, 4, 2, 2, 0], [4, 4, 1, 0, 3, 2, 1]])
    with torch.no_grad():
        logits, expected = model(ids).logits, ppo_clip.token_log_probs(model, ids, 0.7)
    observe(batch_log_probs, logits, ids, 0.7).close(expected, **CLOSE)
