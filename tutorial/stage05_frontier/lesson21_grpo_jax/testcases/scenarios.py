"""Situations that the tests of lesson 21 look at. Each returns evidence; what it should be is in the tests."""

import jax
import jax.numpy as jnp
import optax
from lesson21_grpo_jax.given.state import start
from lesson21_grpo_jax.loss import grpo
from lesson21_grpo_jax.rollout import answers
from lesson21_grpo_jax.training import trainer


def compiled_advantages(rewards, group_size, divide_by_std=True):
    """Calls group_advantages under jax.jit: the values of the rewards are unknown while Python runs."""
    compiled = jax.jit(grpo.group_advantages, static_argnames=("group_size", "divide_by_std"))
    return compiled(rewards, group_size=group_size, divide_by_std=divide_by_std)


def compiled_loss(log_probs, old_log_probs, advantages, mask, aggregation="token"):
    """Calls grpo_loss under jax.jit, with the settings static."""
    compiled = jax.jit(grpo.grpo_loss, static_argnames=("epsilon", "aggregation"))
    return compiled(log_probs, old_log_probs, advantages, mask, aggregation=aggregation)


def all_gradients(log_probs, old_log_probs, advantages, mask):
    """The gradients of grpo_loss to log_probs, old_log_probs and advantages, by jax.grad."""
    return jax.grad(grpo.grpo_loss, (0, 1, 2))(log_probs, old_log_probs, advantages, mask)


def batch_log_probs(logits, ids, temperature):
    """token_log_probs of a batch of rows, by jax.vmap and under jax.jit."""
    return jax.jit(jax.vmap(answers.token_log_probs, (0, 0, None)))(logits, ids, temperature)


GROUP = 64  # answers to each image


def draws(logits, seed):
    """sample_answers with the key jax.random.key(seed), 64 answers to each image."""
    return answers.sample_answers(logits, jax.random.key(seed), GROUP)


def counted_draws(logits, seed, count):
    """sample_answers with `count` keys. Returns how often each answer was drawn for each image, and how many groups
    hold a single class."""
    keys = jax.random.split(jax.random.key(seed), count)
    drawn = jnp.stack([answers.sample_answers(logits, key, GROUP)[0] for key in keys])
    counts = jnp.stack([(drawn == number).sum((0, 2)) for number in range(logits.shape[1])], axis=1)
    return {"counts": counts, "groups of one class": (drawn == drawn[..., :1]).all(2).sum()}


def table(weights, image):
    """A policy that can be written down: its logits are image @ weights."""
    return image @ weights


def steps(weights, images, labels, seed):
    """Three steps of gradient descent (rate 0.5, momentum 0.9, weight decay 0.1) on a table policy, each with the same
    images; then the first step again.

    Returns for each step: the weights before and after, the answers that sample_answers draws with the key that the
    step should use, the metrics, and how often Python called the policy in it.
    """
    calls = []

    def policy(weights, image):
        calls.append(image.shape)
        return table(weights, image)

    optimizer = optax.chain(optax.add_decayed_weights(0.1), optax.sgd(0.5, momentum=0.9))
    key = jax.random.key(seed)
    step = trainer.make_train_step(policy, optimizer, GROUP)
    first = state = start(weights, optimizer, key)
    seen = []
    for number in range(3):
        before = len(calls)
        drawn, _ = answers.sample_answers(images @ state.weights, jax.random.fold_in(key, number), GROUP)
        following, metrics = step(state, images, labels)
        seen.append({"before": state.weights, "after": following.weights, "answers": drawn, "step": following.step,
                     **metrics, "calls": len(calls) - before})  # fmt: skip
        state = following
    again, _ = step(first, images, labels)
    return {"steps": seen, "first step again": again.weights}


def a_pass(count, batch_size, seed, compiled=False):
    """train_pass with a step that only takes notes. Image i is [i, i + 0.5], its label is i; the state counts.

    Returns the metrics that train_pass collects (the images and labels of each batch, the state before it), the last
    state, and how often Python called the step.
    """
    calls = []

    def step(state, images, labels):
        calls.append(labels.shape)
        return state + 1, {"images": images, "labels": labels, "before": state}

    def whole(state, images, labels, key):
        return trainer.train_pass(step, state, images, labels, key, batch_size)

    labels = jnp.arange(count)
    images = jnp.stack([labels, labels + 0.5], axis=1)
    run = jax.jit(whole) if compiled else whole
    last, seen = run(jnp.zeros((), jnp.int32), images, labels, jax.random.key(seed))
    return {**seen, "last": last, "calls": len(calls)}


def one_step(weights):
    """The weights after one step, traced by jax.eval_shape: shape and data type are known, and nothing is compiled."""
    optimizer = optax.sgd(0.5)
    state = start(weights, optimizer, jax.random.key(0))
    step = trainer.make_train_step(table, optimizer, group_size=4)
    traced, _ = jax.eval_shape(step, state, jnp.ones((2, 2), weights.dtype), jnp.array([0, 1]))
    return jnp.zeros_like(traced.weights)


def learn(seeds, passes=6):
    """GRPO on made-up digits: ten points in a space of 16 pixels, with noise around them; ten steps in each pass.

    Returns for each seed how often the policy's likeliest answer is right, before and after.
    """
    labels = jnp.tile(jnp.arange(10), 40)
    optimizer = optax.adam(0.02)
    step = trainer.make_train_step(table, optimizer, group_size=16)
    one_pass = jax.jit(lambda state, images, key: trainer.train_pass(step, state, images, labels, key, batch_size=40))

    def of_seed(seed):
        noise, answer, order = jax.random.split(jax.random.key(seed), 3)
        images = (2 * jnp.eye(10, 16)[labels] + 0.3 * jax.random.normal(noise, (400, 16))).astype(jnp.float32)
        state = start(jnp.zeros((16, 10), jnp.float32), optimizer, answer)
        right = [((images @ state.weights).argmax(-1) == labels).mean()]
        for key in jax.random.split(order, passes):
            state, _ = one_pass(state, images, key)
        return [*right, ((images @ state.weights).argmax(-1) == labels).mean()]

    return [of_seed(seed) for seed in seeds]
