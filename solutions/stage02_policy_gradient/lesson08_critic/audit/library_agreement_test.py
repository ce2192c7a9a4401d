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
    from lesson08_critic.critic.values import value_loss
    from lesson08_critic.given.ppo_parts import explained_variance

    def tensor(value):
        return torch.tensor(value, dtype=torch.float64)

    expected = {name: tensor(value) for name, value in case["expected"].items()}
    case = {name: tensor(value) if isinstance(value, list) else value for name, value in case.items()}
    mask, values, got = case["mask"].bool(), case["values"], {}
    if case["library"] == "TRL":
        got["rewards"] = place_rewards(case["scores"], case["log_probs"], case["ref_log_probs"], mask, case["kl_coef"])
    rewards, last_values = case.get("rewards", got.get("rewards")), case.get("last_values")
    got["advantages"], returns = gae(rewards, values, mask, case["gamma"], case["lam"], last_values)
    got["returns"], got["value_loss"] = returns, value_loss(case["new_values"], values, returns, mask, case["clip"])
    if case["library"] == "CleanRL":
        got["explained_variance"] = tensor(explained_variance(values, returns, mask))
    torch.testing.assert_close(got, expected, rtol=1e-9, atol=1e-9)
