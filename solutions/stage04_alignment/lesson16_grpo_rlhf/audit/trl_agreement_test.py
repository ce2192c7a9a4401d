"""Lesson 16's reference `rlhf_loss` gives what TRL gives, with KL and two clip bounds, on twenty frozen cases.

`python benchmarks/trl_agreement.py` compares the two on many more, and with `--freeze` writes these anew.
"""

import json
from pathlib import Path

import pytest
import torch

from course.base import switch

pytestmark = pytest.mark.skipif(
    switch.finder.tree_of("lesson16_grpo_rlhf") != "solutions",
    reason="about the reference, not the learner's code: needs SOLUTION=1",
)
CASES = json.loads((Path(__file__).with_name("trl_cases.json")).read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES)
def test_loss_and_gradient_are_those_of_trl(case):
    from lesson16_grpo_rlhf.loss.rlhf import rlhf_loss

    names = ("log_probs", "old_log_probs", "ref_log_probs", "advantages", "loss", "gradient")
    double = {name: torch.tensor(case[name], dtype=torch.float64) for name in names}
    mask = torch.tensor(case["mask"])
    log_probs = double["log_probs"].requires_grad_()
    loss = rlhf_loss(
        log_probs,
        double["old_log_probs"],
        double["advantages"],
        mask,
        clip_low=case["clip_low"],
        clip_high=case["clip_high"],
        kl_coef=case["kl_coef"],
        ref_log_probs=double["ref_log_probs"],
        correction=case["correction"],
    )
    tokens = int(mask.sum())
    loss = loss * tokens / max(tokens + case["other_tokens"], 1)  # TRL's batch has other micro-batches
    loss.backward()
    torch.testing.assert_close(loss.detach(), double["loss"], rtol=0, atol=1e-9)
    torch.testing.assert_close(log_probs.grad, double["gradient"], rtol=0, atol=1e-9)


def test_the_cases_cover_what_they_are_for():
    assert {case["correction"] for case in CASES if case["kl_coef"]} == {True, False}
    assert any(case["clip_high"] != case["clip_low"] for case in CASES)
    assert any(not any(map(any, case["mask"])) for case in CASES)  # a batch that is masked altogether
    assert any(case["kl_coef"] == 0 for case in CASES)
