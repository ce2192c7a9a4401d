"""The policy: a network as a pure function of its weights."""

from itertools import pairwise

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

Weights = list[tuple[Array, Array]]  # of each layer: a matrix (inputs, outputs) and a bias (outputs,)


def init(key: Array, sizes: tuple[int, ...] = (784, 128, 128, 10)) -> Weights:
    """Returns the first weights: uniform within 1 / sqrt(inputs), as in PyTorch's nn.Linear."""
    layers = []
    for n, m in pairwise(sizes):
        key, of_matrix, of_bias = jax.random.split(key, 3)
        bound = n**-0.5
        matrix = jax.random.uniform(of_matrix, (n, m), minval=-bound, maxval=bound)
        layers.append((matrix, jax.random.uniform(of_bias, (m,), minval=-bound, maxval=bound)))
    return layers


def policy(weights: Weights, image: Float[Array, "pixels"]) -> Float[Array, "classes"]:
    """Returns the logits of *one* image."""
    *hidden, (matrix, bias) = weights
    for w, b in hidden:
        image = jax.nn.relu(image @ w + b)
    return jnp.dot(image, matrix) + bias
