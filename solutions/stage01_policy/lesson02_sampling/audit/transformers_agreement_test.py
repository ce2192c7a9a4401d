"""The reference `sampling_log_probs` gives what transformers gives, on twelve frozen cases; transformers is not needed.

`python benchmarks/sampling_agreement.py` compares the two on many more, and with `--freeze` writes these anew.
"""

import json
from pathlib import Path

import pytest
import torch

from course.base import switch

pytestmark = pytest.mark.skipif(
    switch.finder.tree_of("lesson02_sampling") != "solutions",
    reason="about the reference, not the learner's code: needs SOLUTION=1",
)
CASES = json.loads((Path(__file__).with_name("transformers_cases.json")).read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_log_probs_are_those_of_transformers(case):
    from lesson02_sampling.policy.distribution import sampling_log_probs

    settings = {name: case[name] for name in ("temperature", "top_k", "top_p", "min_p")}
    log_probs = sampling_log_probs(torch.tensor(case["logits"], dtype=torch.float64), **settings)
    expected = [[-torch.inf if x is None else x for x in row] for row in case["log_probs"]]
    torch.testing.assert_close(log_probs, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-6)
