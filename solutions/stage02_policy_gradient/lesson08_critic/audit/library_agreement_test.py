"""The reference gives what the formulas of CleanRL and TRL give, on eight frozen cases; half have one-step episodes.

`python benchmarks/critic_agreement.py` compares them on many more, and with `--freeze` writes these anew.
"""

import json
from pathlib import Path

import pytest
import torch

from course.base import switch

pytestmark = pytest.mark.skipif(
    switch.finder.tree_of("lesson08_critic") != "solutions",
    reason="about the reference, not the learner's code: needs SOLUTION=1",
)
CASES = json.loads((Path(__file__).with_name("library_cases.json")).read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=[f"{case['library']}{i}" for i, case in enumerate(CASES)])
def test_the_formulas_agree(case):
    from lesson08_critic.advantages.gae import gae, place_rewards
    from lesson08_critic.critic.values import explained_variance, value_loss

    def tensor(value):
        return torch.tensor(value, dtype=torch.bool if value is case["mask"] else torch.float64)

    case = {name: tensor(value) if isinstance(value, list) else value for name, value in case.items()}
    rewards = case.get("rewards")
    if rewards is None:
        parts = [case[name] for name in ("scores", "log_probs", "ref_log_probs", "mask", "kl_coef")]
        rewards = place_rewards(*parts)
    advantages, returns = gae(
        rewards, case["values"], case["mask"], case["gamma"], case["lam"], case.get("last_values")
    )
    got = {
        "rewards": rewards,
        "advantages": advantages,
        "returns": returns,
        "value_loss": value_loss(case["new_values"], case["values"], returns, case["mask"], case["clip"]),
        "explained_variance": torch.tensor(explained_variance(case["values"], returns, case["mask"])),
    }
    for name, expected in case["expected"].items():
        expected = torch.tensor(expected, dtype=torch.float64)
        torch.testing.assert_close(
            got[name].double(), expected, rtol=1e-6 if name.startswith("exp") else 1e-9, atol=1e-9
        )
