"""Exercise 21.3, grpo_loss: what people get wrong, other right answers, and the shortest right one."""

import jax
import jax.numpy as jnp

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

RATIO = "ratio = jnp.exp(jnp.where(mask == 1, log_probs - jax.lax.stop_gradient(old_log_probs), 0.0))"
OBJECTIVE = "jnp.minimum(ratio * a, jnp.clip(ratio, 1 - epsilon, 1 + epsilon) * a)"
SUM = "return -jnp.where(mask == 1, objective, 0.0).sum()"

wrong("Gradient flows into old_log_probs: in the first update it cancels the policy's own. stop_gradient is missing.", {
    "jax.lax.stop_gradient(old_log_probs)": "old_log_probs",
})  # fmt: skip

wrong("Gradient flows into the advantages; they are constants. stop_gradient is missing.", {
    "jax.lax.stop_gradient(advantage)": "advantage",
})  # fmt: skip

wrong("The larger of the two products is taken: the clip then protects nothing.", {
    OBJECTIVE: OBJECTIVE.replace("minimum", "maximum"),
})  # fmt: skip

wrong("The minimum is taken before the advantage multiplies: a negative advantage then clips the wrong side.", {
    OBJECTIVE: "jnp.minimum(ratio, jnp.clip(ratio, 1 - epsilon, 1 + epsilon)) * a",
})  # fmt: skip

wrong("The ratio is always clipped: a token that has moved the wrong way gets no gradient to come back.", {
    OBJECTIVE: "jnp.clip(ratio, 1 - epsilon, 1 + epsilon) * a",
})  # fmt: skip

wrong("The sign is missing: an optimizer that makes the loss small makes good completions unlikely.", {
    SUM: SUM.replace("-jnp", "jnp"),
})  # fmt: skip

wrong("Outside the mask exp is taken too: the value is right, but 0 times NaN makes the gradient NaN.", {
      RATIO: "ratio = jnp.exp(log_probs - jax.lax.stop_gradient(old_log_probs))"})  # fmt: skip

wrong('"sequence" divides each row by its width; its own number of masked tokens is meant.', {
    "jnp.maximum(mask.sum(1), 1)": "mask.shape[1]",
})  # fmt: skip


@right("the whole batch at once, without vmap")
def grpo_loss_of_the_batch(log_probs, old_log_probs, advantages, mask, epsilon=0.2, aggregation="token"):
    old_log_probs, advantages = jax.lax.stop_gradient((old_log_probs, advantages))
    counted, a = mask.astype(bool), advantages[:, None]
    ratio = jnp.exp(jnp.where(counted, log_probs, 0.0) - jnp.where(counted, old_log_probs, 0.0))
    tokens = jnp.where(counted, jnp.maximum(-ratio * a, -jnp.clip(ratio, 1 - epsilon, 1 + epsilon) * a), 0.0)
    if aggregation == "sequence":
        return (tokens.sum(1) / mask.sum(1).clip(1)).sum() / len(mask)
    return tokens.sum() / mask.sum().clip(1)


right("the clip on the side that the advantage asks for", {
    OBJECTIVE: "jnp.where(a > 0, jnp.minimum(ratio, 1 + epsilon), jnp.maximum(ratio, 1 - epsilon)) * a",
})  # fmt: skip


core("without care for rows in which nothing counts", {
    "jnp.maximum(mask.sum(), 1)": "mask.sum()",
    "jnp.maximum(mask.sum(1), 1)": "mask.sum(1)",
})  # fmt: skip
