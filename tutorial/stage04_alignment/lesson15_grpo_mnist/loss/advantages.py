"""Four baselines. GRPO, REINFORCE and PPO with a critic differ here in one thing: what they subtract from the reward.

The policy gradient is E[A grad log pi(a | s)] with A = r - b(s). A baseline b that does not depend on the action
leaves this expectation unchanged (Sutton and Barto, section 13.4; Williams 1992). A good one reduces the noise.
"""

from jaxtyping import Float
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages
from torch import Tensor


def compute_advantages(
    rewards: Float[Tensor, "batch group"],
    baseline: str = "group",
    divide_by_std: bool = True,
    values: Float[Tensor, "batch"] | None = None,
    eps: float = 1e-4,
) -> Float[Tensor, "batch group"]:
    """Returns how much better each answer was than expected. The advantages are constants: no gradient flows through.

    Args:
        rewards: row b holds the rewards of the G answers to image b.
        baseline: what is subtracted from a reward.
            "group": the mean of its own row, which holds the answers to the *same* image (GRPO).
            "batch": the mean of all rewards in the batch, over *different* images.
            "none": nothing (REINFORCE without a baseline).
            "critic": the value of its state, which a second network predicts (PPO).
        divide_by_std: divide by (std + eps), with the unbiased standard deviation.
            "group": the std of the row. "batch": the std of all rewards.
            "critic": the differences r - V(s) of the whole batch are centred, then divided by their std, as is usual
            for PPO. Without division they are not centred.
            "none": nothing is divided.
        values: V(s) of each state. Needed for "critic", ignored otherwise.

    Raises ValueError if rewards does not have two dimensions, for an unknown baseline, for "group" with one answer
    per image (there is nothing to compare it with), and for "critic" without one value per row ("values").
    """
    # Check the arguments.
    # "group": lesson 14's group_advantages; it takes and returns flat rewards. "batch": the same, as one large group.
    # "critic": each row minus its own value; centre and divide over the batch if asked to.
    raise NotImplementedError("not written yet: exercise 15.5, loss/advantages.py:compute_advantages")


def share_without_signal(rewards: Float[Tensor, "batch group"]) -> float:
    """Returns the share of groups whose rewards are all equal. They have no gradient. Given."""
    return (rewards.amin(1) == rewards.amax(1)).float().mean().item()
