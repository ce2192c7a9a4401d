"""Log-probabilities of tokens, and draws with explicit keys: the same key always gives the same numbers."""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Int


def token_log_probs(
    logits: Float[Array, "length vocabulary"], ids: Int[Array, "length"], temperature: float = 1.0
) -> Float[Array, "length-1"]:
    """Returns log p(ids[t + 1] | ids[: t + 1]) for every t but the last, for one row; `jax.vmap` does it for a batch.

    Args:
        logits: logits[t] are the model's for the token that follows ids[t].
        temperature: divides the logits, as it did for sampling.
    """
    # All logits but the last row (no token follows it), over the temperature.
    # log_softmax over the vocabulary; then the entry of the token that follows: jnp.take_along_axis.
    raise NotImplementedError("not written yet: exercise 21.2, rollout/answers.py:token_log_probs")


def sample_answers(
    logits: Float[Array, "batch classes"], key: Array, group_size: int
) -> tuple[Int[Array, "batch group"], Float[Array, "batch group"]]:
    """Draws group_size answers to each image, independently, from the softmax of its row of logits.

    Args:
        key: a single key, as `jax.random.key(0)` makes it. It decides all draws: the same key gives the same answers,
            another key gives others. Two images with the same logits do not get the same answers.
        group_size: G; static under `jax.jit`.

    Returns the answers and their log-probabilities.
    """
    # jax.random.split: as many keys as there are rows. A key is used once.
    # For one row and its key: jax.random.categorical draws the group, log_softmax has the log-probabilities.
    # jax.vmap over keys and rows.
    raise NotImplementedError("not written yet: exercise 21.4, rollout/answers.py:sample_answers")
