"""Four baselines. What GRPO, REINFORCE and PPO with a critic subtract from the reward is all that tells them apart.

The policy gradient is E[A grad log pi(a | s)] with A = r - b(s). Any baseline that does not depend on the action
leaves its expectation as it is (Sutton and Barto, section 13.4; Williams 1992); a good one takes away noise.
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
    """How much better each answer is than was to be expected. No gradient flows through the result.

    Args:
        rewards: row b holds the rewards of the G answers to image b.
        baseline: what is subtracted from a reward,
            "group": the mean of its own row, the other answers to the *same* image (GRPO);
            "batch": the mean of all rewards of the batch, over *different* images;
            "none": nothing (REINFORCE as it was first written);
            "critic": the value of its state, a critic's guess (PPO).
        divide_by_std: divide by (std + eps), with the unbiased standard deviation: of the row for "group",
            of all rewards for "batch", of all differences r - V(s) for "critic" (which are not centred: that would
            be a second baseline). With "none" nothing is divided.
        values: V(s) of each state, for "critic" alone; otherwise ignored.

    Where all the rewards that a mean is taken over are equal, "group" and "batch" give exactly 0.

    Raises ValueError if rewards does not have two dimensions, for another baseline, for "group" with a group
    of one (nothing to compare with), for "batch" and a divided "critic" with a single reward in all, and, with the
    word "values", for "critic" without one value for each row.
    """
    # Check the arguments.
    # "group" is lesson 14's group_advantages, which takes and gives them flat; "batch" is the same with everything
    # in one group.
    # "critic": each row minus its own value; divide by the standard deviation if asked to.
    raise NotImplementedError("not written yet: exercise 15.5, loss/advantages.py:compute_advantages")


def share_without_signal(rewards: Float[Tensor, "batch group"]) -> float:
    """The share of groups whose rewards are all equal, which teach nothing. Given."""
    return (rewards.amin(1) == rewards.amax(1)).float().mean().item()
