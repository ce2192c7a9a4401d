"""Exercise 21.1, group_advantages: what people get wrong, other right answers, and the shortest right one."""

import jax.numpy as jnp

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

MEAN = "jnp.nanmean(groups, 1, keepdims=True)"
STD = "jnp.nanstd(groups, 1, keepdims=True, ddof=1)"
RESULT = "return jnp.where(differ & ~jnp.isnan(groups), advantages, 0.0).reshape(-1)"

wrong("The standard deviation has the divisor n, NumPy's and JAX's default; the course's has n - 1 (ddof=1).", {
    STD: "jnp.nanstd(groups, 1, keepdims=True)",
})  # fmt: skip

wrong("A completion that was not scored makes its whole group NaN; mean and deviation must leave it out.", {
    MEAN: "jnp.mean(groups, 1, keepdims=True)",
    STD: "jnp.std(groups, 1, keepdims=True, ddof=1)",
    RESULT: "return jnp.where(jnp.ptp(groups, 1, keepdims=True) == 0, 0.0, advantages).reshape(-1)",
})  # fmt: skip

wrong("A completion that was not scored counts as one with the reward 0, and moves the mean of its group.", {
    "groups = rewards.reshape(-1, group_size)": "groups = jnp.nan_to_num(rewards).reshape(-1, group_size)",
})  # fmt: skip

wrong("Python's if asks for a value of the rewards. Under jax.jit there is none yet; jnp.where decides later.", {
    RESULT: "if bool((rewards == rewards[0]).all()):\n    return jnp.zeros_like(rewards)\n" + RESULT,
})  # fmt: skip

wrong("The rows of the table are not the groups: the rewards of a group stand side by side.", {
    "groups = rewards.reshape(-1, group_size)": "groups = rewards.reshape(group_size, -1).T",
})  # fmt: skip

wrong("The advantages of equal rewards are a rounding error, or NaN if only one is scored; set them to 0.", {
    RESULT: "return jnp.where(~jnp.isnan(groups), advantages, 0.0).reshape(-1)",
})  # fmt: skip

wrong("The result is float32 whatever comes in: half of the digits of float64 are lost, and no message says so.", {
    RESULT: "return jnp.where(differ & ~jnp.isnan(groups), advantages, 0.0).reshape(-1).astype(jnp.float32)",
})  # fmt: skip


@wrong("Boolean indexing gives an array whose length depends on values: it cannot be compiled. jnp.where can.")
def group_advantages_by_selection(rewards, group_size, divide_by_std=True):
    result = jnp.zeros_like(rewards)
    for start in range(0, len(rewards), group_size):
        group = rewards[start : start + group_size]
        scored = group[~jnp.isnan(group)]
        if len(scored) > 1 and (scored != scored[0]).any():
            values = (group - scored.mean()) / (scored.std(ddof=1) + 1e-4 if divide_by_std else 1)
            result = result.at[start : start + group_size].set(jnp.nan_to_num(values))
    return result


right("sums and counts instead of nanmean", {
    MEAN: "jnp.nansum(groups, 1, keepdims=True) / jnp.maximum((~jnp.isnan(groups)).sum(1, keepdims=True), 1)",
    RESULT: "return jnp.nan_to_num(jnp.where(differ, advantages, 0.0)).reshape(rewards.shape)",
})  # fmt: skip


right("one group, and vmap", {
    MEAN: "jax.vmap(jnp.nanmean)(groups)[:, None]",
    STD: "jax.vmap(lambda group: jnp.nanstd(group, ddof=1))(groups)[:, None]",
})  # fmt: skip

core("no care for rounding and for groups without two scored rewards", {
    RESULT: "return jnp.nan_to_num(advantages).reshape(-1)",
})  # fmt: skip
