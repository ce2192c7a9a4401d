"""Exercise 21.5, make_train_step: what people get wrong, other right answers, and the shortest right one."""

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


right("jax.grad with extra results, rewards by where", {
    "rewards = (answers == labels[:, None]).astype(old_log_probs.dtype)":
        "rewards = jnp.where(answers == jnp.expand_dims(labels, 1), 1.0, 0.0).astype(old_log_probs.dtype)",
    "loss, gradients = jax.value_and_grad(loss_of)(state.weights)":
        "gradients, loss = jax.grad(lambda weights: (loss_of(weights),) * 2, has_aux=True)(state.weights)",
})  # fmt: skip

right("a function of one image inside, and a state that is replaced", {
    "batched = jax.vmap(policy, (None, 0))":
        "batched = lambda weights, images: jax.vmap(lambda image: policy(weights, image))(images)",
    NEXT: "state = state._replace(weights=weights, optimizer_state=optimizer_state)\n"
          'return state._replace(step=1 + state.step), {"loss": loss, "reward": rewards.mean()}',
})  # fmt: skip

core("the loss written out: before the first update the ratio is 1", {
    "return grpo_loss(rows, old_log_probs.reshape(-1, 1), advantages, jnp.ones_like(rows, int))":
        "return -(jnp.exp(rows - old_log_probs.reshape(-1, 1))[:, 0] * advantages).mean()",
})  # fmt: skip
