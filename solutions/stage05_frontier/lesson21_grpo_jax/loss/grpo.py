"""Group advantages and PPO's clipped objective in JAX. The formulas are those of lesson 14."""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Int


def group_advantages(
    rewards: Float[Array, "batch"], group_size: int, divide_by_std: bool = True
) -> Float[Array, "batch"]:
    """Returns A_i = (r_i - mean) / (std + 1e-4) for each reward; mean and std are those of its group.

    DeepSeekMath (arXiv 2402.03300), section 4.1.2; as in TRL, std is the unbiased one (divided by n - 1).

    Args:
        rewards: of all completions, group by group: the first group_size belong to the first prompt. NaN: the
            completion was not scored. It does not count in its group, and its advantage is 0.
        group_size: G, at least 2.
        divide_by_std: False gives r_i - mean (Dr. GRPO, arXiv 2503.20783).

    The advantages of a group with fewer than two different scored rewards are exactly 0.

    It works under `jax.jit` with group_size and divide_by_std static: no shape and no branch of Python may depend on
    the values of the rewards.
    """
    # > Look at the rewards as a table with one row per group: (groups, group_size).
    # > Mean and unbiased standard deviation of the scored rewards of each row. JAX has functions that leave NaN out.
    # > Subtract and divide in every place, also where the result makes no sense.
    # > Then keep it, by jnp.where, where the reward was scored and the group has different rewards; 0 elsewhere.
    groups = rewards.reshape(-1, group_size)  # (P, G)
    advantages = groups - jnp.nanmean(groups, 1, keepdims=True)
    if divide_by_std:  # Python's if: divide_by_std is static
        advantages = advantages / (jnp.nanstd(groups, 1, keepdims=True, ddof=1) + 1e-4)
    differ = jnp.nanmax(groups, 1, keepdims=True) > jnp.nanmin(groups, 1, keepdims=True)
    return jnp.where(differ & ~jnp.isnan(groups), advantages, 0.0).reshape(-1)


def grpo_loss(
    log_probs: Float[Array, "batch tokens"],
    old_log_probs: Float[Array, "batch tokens"],
    advantages: Float[Array, "batch"],
    mask: Int[Array, "batch tokens"],
    epsilon: float = 0.2,
    aggregation: str = "token",
) -> Float[Array, ""]:
    """Returns - min(ratio * A, clip(ratio, 1 - epsilon, 1 + epsilon) * A) per token, averaged over the masked tokens.

    Schulman et al. 2017 (arXiv 1707.06347), equation 7, with ratio = exp(log_probs - old_log_probs). Gradient flows
    through log_probs alone: old_log_probs and advantages are constants (`jax.lax.stop_gradient`).

    Args:
        log_probs: of the policy that is trained. old_log_probs: of the policy that sampled.
        advantages: one per row, used for each of its tokens.
        mask: 1 on the tokens that count. What stands elsewhere, NaN too, has no influence on value and gradient.
        aggregation: "token": the sum over all masked tokens / their number in the batch (DAPO, arXiv 2503.14476).
            "sequence": the mean over rows of each row's mean over its own masked tokens (DeepSeekMath). A row without a
            masked token counts as 0.

    A mask without a single 1 gives the loss 0. It works under `jax.jit` with epsilon and aggregation static.
    """

    # > The sum of one row: a function of (log_probs (T,), old_log_probs (T,), advantage (), mask (T,)).
    # >     The log-ratio, set to 0 outside the mask before exp is taken: 0 times NaN is NaN, in gradients too.
    # >     Both products with the advantage, and the smaller one, whatever its sign.
    # > jax.vmap makes a function of all rows of it. Then the average that `aggregation` asks for.
    def row_sum(log_probs: Array, old_log_probs: Array, advantage: Array, mask: Array) -> Array:
        ratio = jnp.exp(jnp.where(mask == 1, log_probs - jax.lax.stop_gradient(old_log_probs), 0.0))
        a = jax.lax.stop_gradient(advantage)
        objective = jnp.minimum(ratio * a, jnp.clip(ratio, 1 - epsilon, 1 + epsilon) * a)
        return -jnp.where(mask == 1, objective, 0.0).sum()

    sums = jax.vmap(row_sum)(log_probs, old_log_probs, advantages, mask)  # (B,)
    if aggregation == "token":
        return sums.sum() / jnp.maximum(mask.sum(), 1)
    return (sums / jnp.maximum(mask.sum(1), 1)).mean()
