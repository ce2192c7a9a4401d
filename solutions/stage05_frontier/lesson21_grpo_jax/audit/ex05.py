"""Exercise 21.5, make_train_step: what people get wrong, other right answers, and the shortest right one."""

import jax
import jax.numpy as jnp
import optax
from lesson21_grpo_jax.given.state import State
from lesson21_grpo_jax.loss import grpo
from lesson21_grpo_jax.rollout import answers as drawing

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

HEAD = "def step(state: State, images: Array, labels: Array) -> tuple[State, Metrics]:"
KEY = "key = jax.random.fold_in(state.key, state.step)"
NEXT = 'return State(weights, optimizer_state, state.key, state.step + 1), {"reward": rewards.mean(), "loss": loss}'

wrong("Every step draws with the same key: a policy that has hardly moved gets the same answers again and again.", {
    KEY: "key = state.key",
})  # fmt: skip

wrong("The number in the key is one too high: the first step is number 0.", {
    KEY: "key = jax.random.fold_in(state.key, state.step + 1)",
})  # fmt: skip

wrong("The state's memory is given away (donate_argnums): whoever still holds the state finds its arrays deleted.", {
    "@jax.jit": "@(lambda f: jax.jit(f, donate_argnums=0))",
})  # fmt: skip

wrong("The optimizer's new state is dropped: momentum and Adam begin anew at each step.", {
    NEXT: NEXT.replace("optimizer_state", "state.optimizer_state"),
})  # fmt: skip

wrong("The update is subtracted; optax's updates have their sign already, so that this goes uphill.", {
    "weights = optax.apply_updates(state.weights, updates)":
        "weights = jax.tree.map(lambda w, u: w - u, state.weights, updates)",
})  # fmt: skip

wrong("The advantages are in another order than the answers: columns first, not rows first.", {
    "advantages = group_advantages(rewards.reshape(-1), group_size)":
        "advantages = group_advantages(rewards.reshape(-1), group_size).reshape(rewards.shape).T.reshape(-1)",
})  # fmt: skip

wrong("A Python counter numbers the steps. Python runs the body once, while it is compiled: the number stays 0.", {
    f"@jax.jit\n{HEAD}": f"numbers = iter(range(99))\n@jax.jit\n{HEAD}",
    KEY: "key = jax.random.fold_in(state.key, next(numbers))",
})  # fmt: skip

wrong("The optimizer does not get the weights; with weight decay (optax.adamw) it needs them.", {
    "optimizer.update(gradients, state.optimizer_state, state.weights)":
        "optimizer.update(gradients, state.optimizer_state)",
})  # fmt: skip


@right("jax.grad with extra results, rows made by vmap")
def make_train_step_with_aux(policy, optimizer, group_size):
    def batched(weights, images):
        return jax.vmap(lambda image: policy(weights, image))(images)

    def loss_of(weights, images, answers, old_log_probs, advantages):
        of_rows = jax.vmap(lambda row, drawn: jax.nn.log_softmax(row)[drawn])
        rows = of_rows(batched(weights, images), answers).reshape(-1)[:, None]
        loss = grpo.grpo_loss(rows, old_log_probs.reshape(-1)[:, None], advantages, jnp.ones(rows.shape, bool))
        return loss, loss

    def step(state, images, labels):
        key = jax.random.fold_in(state.key, state.step)
        drawn = drawing.sample_answers(batched(state.weights, images), key, group_size)
        rewards = jnp.where(drawn[0] == jnp.expand_dims(labels, 1), 1.0, 0.0).astype(drawn[1].dtype)
        advantages = grpo.group_advantages(rewards.flatten(), group_size)
        gradients, loss = jax.grad(loss_of, has_aux=True)(state.weights, images, *drawn, advantages)
        updates, kept = optimizer.update(gradients, state.optimizer_state, state.weights)
        weights = optax.apply_updates(state.weights, updates)
        return State(weights, kept, state.key, 1 + state.step), {"loss": loss, "reward": rewards.mean()}

    return jax.jit(step)


right("a function of one image inside, and a state that is replaced", {
    "batched = jax.vmap(policy, (None, 0))":
        "batched = lambda weights, images: jax.vmap(lambda image: policy(weights, image))(images)",
    NEXT: "state = state._replace(weights=weights, optimizer_state=optimizer_state)\n"
          'return state._replace(step=1 + state.step), {"loss": loss, "reward": rewards.mean()}',
})  # fmt: skip


@core("the loss written out: before the first update the ratio is 1")
def make_train_step(policy, optimizer, group_size):
    def step(state, images, labels):
        batched = jax.vmap(policy, (None, 0))
        key = jax.random.fold_in(state.key, state.step)
        answers, old = drawing.sample_answers(batched(state.weights, images), key, group_size)
        rewards = (answers == labels[:, None]) + 0.0 * old
        advantages = grpo.group_advantages(rewards.reshape(-1), group_size).reshape(rewards.shape)

        def loss_of(weights):
            new = jnp.take_along_axis(jax.nn.log_softmax(batched(weights, images)), answers, 1)
            return -(jnp.exp(new - old) * advantages).mean()

        loss, gradients = jax.value_and_grad(loss_of)(state.weights)
        updates, kept = optimizer.update(gradients, state.optimizer_state, state.weights)
        weights = optax.apply_updates(state.weights, updates)
        return State(weights, kept, state.key, state.step + 1), {"reward": rewards.mean(), "loss": loss}

    return jax.jit(step)
