"""Exercise 21.4, sample_answers: what people get wrong, other right answers, and the shortest right one."""

import jax
import jax.numpy as jnp

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

DRAW = "answers = jax.random.categorical(key, row, shape=(group_size,))"
LOG_PROBS = "jax.nn.log_softmax(row)[answers]"
ALL = "return jax.vmap(of_one)(jax.random.split(key, len(logits)), logits)"

wrong("The same key serves every row: images with the same logits get the same answers.", {
    ALL: "return jax.vmap(of_one, (None, 0))(key, logits)",
})  # fmt: skip

wrong("The key that was given is not used: every call draws the same answers.", {
    ALL: "return jax.vmap(of_one)(jax.random.split(jax.random.key(0), len(logits)), logits)",
})  # fmt: skip

wrong("The same key serves every answer of a group: all of them are one draw.", {
    DRAW: "answers = jnp.stack([jax.random.categorical(key, row)] * group_size)",
})  # fmt: skip

wrong("categorical gets probabilities; it takes logits, and draws almost evenly from such small numbers.", {
    DRAW: "answers = jax.random.categorical(key, jax.nn.softmax(row), shape=(group_size,))",
})  # fmt: skip

wrong("Logits are returned as log-probabilities; log_softmax is missing.", {LOG_PROBS: "row[answers]"})


@right("one call for the whole batch")
def sample_answers_at_once(logits, key, group_size):
    answers = jax.random.categorical(key, logits[:, None, :], shape=(len(logits), group_size))
    return answers, jnp.take_along_axis(jax.nn.log_softmax(logits, axis=-1), answers, axis=-1)


right("a key for each answer", {
    DRAW: "answers = jax.vmap(lambda one: jax.random.categorical(one, row))(jax.random.split(key, group_size))",
})  # fmt: skip


@core("columns first")
def sample_answers(logits, key, group_size):
    answers = jax.random.categorical(key, logits, shape=(group_size, len(logits))).T
    return answers, jnp.take_along_axis(jax.nn.log_softmax(logits), answers, 1)
