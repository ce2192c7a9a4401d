"""GRPO on images of digits: a step that is compiled once, and a pass through all images as one program."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jaxtyping import Float, Int
from lesson21_grpo_jax.given.state import Metrics, State, Step
from lesson21_grpo_jax.loss.grpo import group_advantages, grpo_loss
from lesson21_grpo_jax.rollout.answers import sample_answers


def make_train_step(
    policy: Callable[[Any, Array], Array], optimizer: optax.GradientTransformation, group_size: int
) -> Step:
    """Returns a compiled function step(state, images (batch, pixels), labels (batch,)) -> (next state, metrics).

    The step draws group_size answers to each image with `sample_answers`. An answer earns 1 if it is the label, else 0,
    in the data type of the log-probabilities. The advantages are those of `group_advantages`, the loss is `grpo_loss`
    with an answer as a completion of one token; then one update by the optimizer.

    Args:
        policy: policy(weights, image) gives the logits (classes,) of one image.
        optimizer: of optax. `updates, new_state = optimizer.update(gradients, state, weights)`, and
            `optax.apply_updates(weights, updates)` gives the new weights.

    Keys: step number n (the first is 0) draws its answers with `jax.random.fold_in(state.key, n)`. So each step has a
    key of its own, and any step can be repeated without those before it.

    The metrics are "reward", the mean reward, and "loss". The step is compiled when it is first called, and again only
    if shapes change. The state that was given stays as it was and can be used again.
    """
    # > The step's key. Logits of all images by jax.vmap over images, not over weights; answers, rewards, advantages.
    # > The loss as a function of the weights alone: the log-probabilities of the same answers, a row for each answer.
    # > jax.value_and_grad of it; the optimizer's update; the next state. All of it under jax.jit.

    @jax.jit
    def step(state: State, images: Array, labels: Array) -> tuple[State, Metrics]:
        batched = jax.vmap(policy, (None, 0))
        key = jax.random.fold_in(state.key, state.step)
        answers, old_log_probs = sample_answers(batched(state.weights, images), key, group_size)
        rewards = (answers == labels[:, None]).astype(old_log_probs.dtype)  # (B, G)
        advantages = group_advantages(rewards.reshape(-1), group_size)

        def loss_of(weights: Any) -> Array:
            log_probs = jax.nn.log_softmax(batched(weights, images))  # (B, classes)
            rows = jnp.take_along_axis(log_probs, answers, axis=1).reshape(-1, 1)  # (B * G, 1)
            return grpo_loss(rows, old_log_probs.reshape(-1, 1), advantages, jnp.ones_like(rows, int))

        loss, gradients = jax.value_and_grad(loss_of)(state.weights)
        updates, optimizer_state = optimizer.update(gradients, state.optimizer_state, state.weights)
        weights = optax.apply_updates(state.weights, updates)
        return State(weights, optimizer_state, state.key, state.step + 1), {"reward": rewards.mean(), "loss": loss}

    return step


def train_pass(
    step: Step, state: State, images: Float[Array, "n pixels"], labels: Int[Array, "n"], key: Array, batch_size: int
) -> tuple[State, Metrics]:
    """Makes a step for each batch of images in a random order, as one program (`jax.lax.scan`).

    Args:
        step: step(state, images (batch_size, pixels), labels (batch_size,)) -> (next state, metrics).
        state: before the first step.
        key: decides the order, which is random. No image comes twice. The images that are left when no whole batch is
            left are not used: all batches have the same shape.

    Returns the last state, and the metrics with one more dimension in front: one entry for each step. Python calls
    `step` once, however many batches there are (`lax.scan` may trace it a second time).
    """
    # > jax.random.permutation of the numbers of all images; as many as fill whole batches; a row for each batch.
    # > jax.lax.scan over the rows. Its body picks the images and labels of a row and calls step.
    batches = len(images) // batch_size
    order = jax.random.permutation(key, len(images))[: batches * batch_size].reshape(batches, batch_size)
    return jax.lax.scan(lambda state, rows: step(state, images[rows], labels[rows]), state, order)
