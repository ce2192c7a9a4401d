"""Exercise 21.6, train_pass: what people get wrong, other right answers, and the shortest right one."""

import jax
import jax.numpy as jnp

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

ORDER = "order = jax.random.permutation(key, len(images))[: batches * batch_size].reshape(batches, batch_size)"
SCAN = "return jax.lax.scan(lambda state, rows: step(state, images[rows], labels[rows]), state, order)"

wrong("Images are drawn with replacement: some come twice in a pass, others never.", {
    ORDER: "order = jax.random.randint(key, (batches, batch_size), 0, len(images))",
})  # fmt: skip

wrong("The rest is cut off before the shuffle, so that the last images are never used in any pass.", {
    ORDER: "order = jax.random.permutation(key, batches * batch_size).reshape(batches, batch_size)",
})  # fmt: skip

wrong("The labels keep their own order, so that they are those of other images.", {
    SCAN: "return jax.lax.scan(lambda state, xs: step(state, images[xs[0]], xs[1]), state, "
          "(order, labels[: batches * batch_size].reshape(batches, batch_size)))",
})  # fmt: skip

wrong("Every step begins with the first state: only the last one counts. scan passes the state on.", {
    SCAN: "first = state\nreturn jax.lax.scan(lambda state, rows: step(first, images[rows], labels[rows]), "
          "state, order)",
})  # fmt: skip

wrong("A Python loop makes the steps: under jax.jit each is compiled anew, in one long program. lax.scan has one.", {
    SCAN: "seen = []\nfor rows in order:\n    state, metrics = step(state, images[rows], labels[rows])\n"
          "    seen.append(metrics)\nreturn state, jax.tree.map(lambda *values: jnp.stack(values), *seen)",
})  # fmt: skip


@right("images and labels in order first, then scan over both")
def train_pass_over_both(step, state, images, labels, key, batch_size):
    order = jax.random.permutation(key, jnp.arange(len(labels)))
    order = order[: len(order) - len(order) % batch_size]
    batches = images[order].reshape(-1, batch_size, *images.shape[1:]), labels[order].reshape(-1, batch_size)
    return jax.lax.scan(lambda carry, batch: step(carry, *batch), state, batches)


right("an order by sorting random numbers", {
    "jax.random.permutation(key, len(images))": "jnp.argsort(jax.random.uniform(key, labels.shape))",
})  # fmt: skip


@core("in two lines")
def train_pass(step, state, images, labels, key, batch_size):
    order = jax.random.choice(key, len(images), (len(images) // batch_size, batch_size), replace=False)
    return jax.lax.scan(lambda state, rows: step(state, images[rows], labels[rows]), state, order)
