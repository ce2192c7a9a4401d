"""Exercise 21.2, token_log_probs: what people get wrong, other right answers, and the shortest right one."""

import jax
import jax.numpy as jnp

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

NORMALISED = "log_probs = jax.nn.log_softmax(logits[:-1] / temperature)"
PICKED = "return jnp.take_along_axis(log_probs, ids[1:, None], axis=1)[:, 0]"

wrong("The log-probability is that of the token itself; the logits at t are for the token that follows.", {
    PICKED: "return jnp.take_along_axis(log_probs, ids[:-1, None], axis=1)[:, 0]",
})  # fmt: skip

wrong("The logits are shifted the wrong way: those at t are for token t + 1, so the last ones are left out.", {
    NORMALISED: "log_probs = jax.nn.log_softmax(logits[1:] / temperature)",
})  # fmt: skip

wrong("The temperature multiplies the logits; it divides them.", {
    NORMALISED: "log_probs = jax.nn.log_softmax(logits[:-1] * temperature)",
})  # fmt: skip

wrong("The logits are normalised over the positions (axis 0); it is the vocabulary that adds up to 1.", {
    NORMALISED: "log_probs = jax.nn.log_softmax(logits[:-1] / temperature, axis=0)",
})  # fmt: skip

wrong("log(softmax) is -inf where a small probability is rounded to 0; log_softmax never forms the probability.", {
    NORMALISED: "log_probs = jnp.log(jax.nn.softmax(logits[:-1] / temperature))",
})  # fmt: skip


@right("one position, and vmap")
def token_log_probs_by_vmap(logits, ids, temperature=1.0):
    return jax.vmap(lambda row, following: jax.nn.log_softmax(row / temperature)[following])(logits[:-1], ids[1:])


@right("logsumexp, and two lists of indices")
def token_log_probs_by_indices(logits, ids, temperature=1.0):
    scaled = logits[: len(ids) - 1] / temperature
    return scaled[jnp.arange(len(ids) - 1), ids[1:]] - jax.scipy.special.logsumexp(scaled, axis=-1)


@core("a mask in the place of an index")
def token_log_probs(logits, ids, temperature=1.0):
    return (jax.nn.log_softmax(logits[:-1] / temperature) * jax.nn.one_hot(ids[1:], logits.shape[1])).sum(1)
