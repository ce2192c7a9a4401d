"""The reference `ppo_clip_loss` gives what TRL gives, on eight frozen cases; TRL itself is not needed.

`python benchmarks/trl_agreement.py` compares the two on many more, and with `--freeze` writes these anew.
"""

import json
from pathlib import Path

import pytest
import torch

from course.base import switch

pytestmark = pytest.mark.skipif(
    switch.finder.tree_of("lesson14_grpo_ppo_clip") != "solutions",
    reason="about the reference, not the learner's code: needs SOLUTION=1",
)
CASES = json.loads((Path(__file__).with_name("trl_cases.json")).read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=[f"{i}-{case['aggregation']}" for i, case in enumerate(CASES)])
def test_loss_and_gradient_are_those_of_trl(case):
    from lesson14_grpo_ppo_clip.loss.ppo_clip import ppo_clip_loss

    double = {
        name: torch.tensor(case[name], dtype=torch.float64)
        for name in ("log_probs", "old_log_probs", "advantages", "loss", "gradient")
    }
    log_probs = double["log_probs"].requires_grad_()
    loss = ppo_clip_loss(
        log_probs,
        double["old_log_probs"],
        double["advantages"],
        torch.tensor(case["mask"]),
        epsilon=case["epsilon"],
        aggregation=case["aggregation"],
        denominator=case["denominator"],
    )
    loss.backward()
    torch.testing.assert_close(loss.detach(), double["loss"], rtol=0, atol=1e-9)
    torch.testing.assert_close(log_probs.grad, double["gradient"], rtol=0, atol=1e-9)
