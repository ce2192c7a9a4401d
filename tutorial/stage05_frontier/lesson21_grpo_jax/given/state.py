"""What a training step takes and returns. Nothing is changed in place."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import optax
from jax import Array
from jaxtyping import Int

Metrics = dict[str, Array]


class State(NamedTuple):
    """Everything that changes in training, and the key."""

    weights: Any  # what the policy takes first: arrays in lists, tuples or dicts
    optimizer_state: Any
    key: Array  # of the whole run; it stays the same
    step: Int[Array, ""]  # how many steps are finished


Step = Callable[[State, Array, Array], tuple[State, Metrics]]


def start(weights: Any, optimizer: optax.GradientTransformation, key: Array) -> State:
    """Returns the state before the first step."""
    return State(weights, optimizer.init(weights), key, jnp.zeros((), jnp.int32))
