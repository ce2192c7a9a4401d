"""Trains the digits of lesson 15 with this lesson's functions: ten passes, a program for each pass.

    python -m lab.run lesson21_grpo_jax.given.run              one seed; writes runs/lesson21/accuracy.png
    python -m lab.run lesson21_grpo_jax.given.run --seeds 3
    python -m lab.run lesson21_grpo_jax.given.run --seeds 3 --torch    lesson 15's run beside it, for comparison

The settings are those of lesson 15. Seconds are those of the processor, without reading the images.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import mean

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from lesson15_grpo_mnist.given import mnist
from lesson21_grpo_jax.given import figures
from lesson21_grpo_jax.given.policy import init, policy
from lesson21_grpo_jax.given.state import start
from lesson21_grpo_jax.training.trainer import make_train_step, train_pass

IMAGES, GROUP, PASSES = 128, 16, 10  # images in a step, answers to each
RATE, WARMUP, NORM = 2e-3, 100, 1.0


@dataclass
class Run:
    """What was measured with one seed. The lists have an entry for each pass."""

    greedy: list[float] = field(default_factory=list)  # accuracy on the test images
    seconds: list[float] = field(default_factory=list)  # of the processor
    rewards: list[float] = field(default_factory=list)  # of each step


def digits() -> tuple[Array, Array, Array, Array]:
    """Training images and labels, test images and labels, as lesson 15 has them."""
    data = mnist.standardised(mnist.load())
    images, labels, test_images, test_labels = (
        jnp.asarray(np.asarray(x)) for x in (data.train_images, data.train_labels, data.test_images, data.test_labels)
    )
    return images, labels.astype(jnp.int32), test_images, test_labels.astype(jnp.int32)


def optimizer(steps: int) -> optax.GradientTransformation:
    """Adam, with clipped gradients and a rate that rises for WARMUP steps and falls to 0, as in lesson 15."""

    def rate(step: Array) -> Array:
        return RATE * (1 - step / steps) * jnp.minimum(1.0, (step + 1) / WARMUP)

    return optax.chain(optax.clip_by_global_norm(NORM), optax.adam(rate))


@jax.jit
def accuracy(weights: list, images: Array, labels: Array) -> Array:
    """The share of images whose likeliest digit is right."""
    return (jax.vmap(policy, (None, 0))(weights, images).argmax(-1) == labels).mean()


def pass_of(passes: int, count: int) -> tuple[optax.GradientTransformation, Callable]:
    """The optimizer, and a compiled pass(state, images, labels, key). Compile once, train with many seeds."""
    chosen = optimizer(passes * (count // IMAGES))
    step = make_train_step(policy, chosen, GROUP)
    return chosen, jax.jit(partial(train_pass, step, batch_size=IMAGES))


def train(seed: int, chosen: optax.GradientTransformation, one_pass: Callable, passes: int, data: tuple) -> Run:
    images, labels, test_images, test_labels = data
    first, answers, order = jax.random.split(jax.random.key(seed), 3)
    state, run = start(init(first), chosen, answers), Run()
    for number in range(passes):
        before = time.process_time()
        state, metrics = one_pass(state, images, labels, key=jax.random.fold_in(order, number))
        run.rewards += metrics["reward"].tolist()  # waits until the numbers are there
        run.seconds.append(time.process_time() - before)
        run.greedy.append(float(accuracy(state.weights, test_images, test_labels)))
    return run


def lesson15(seed: int) -> tuple[float, float]:
    """The accuracy and the processor seconds of lesson 15's run, without reading the images."""
    from lesson15_grpo_mnist.given import experiments

    experiments._data(mnist.EMBEDDED)  # kept from now on
    outcome = experiments.perform(experiments.Run("GRPO", PASSES, evaluations=PASSES, seed=seed))
    return outcome.greedy[-1], outcome.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--passes", type=int, default=PASSES)
    parser.add_argument("--torch", action="store_true", help="train lesson 15's policy too, for as many seeds")
    parser.add_argument("--out", type=Path, default=Path("runs/lesson21"), help="folder of the picture")
    given = parser.parse_args()
    data = digits()
    chosen, one_pass = pass_of(given.passes, len(data[0]))
    runs, rows = [], []
    for seed in range(given.seeds):
        run = train(seed, chosen, one_pass, given.passes, data)
        compiling = run.seconds[0] - mean(run.seconds[1:]) if seed == 0 and given.passes > 1 else 0.0
        note = f", {compiling:.0f} more for compiling" if compiling else ""
        print(
            f"JAX, seed {seed}: {run.greedy[-1]:.2%} right, {sum(run.seconds) - compiling:.1f} processor s{note}",
            flush=True,
        )
        runs.append(run)
        rows.append((run.greedy[-1], sum(run.seconds) - compiling))
    table("JAX", rows)
    if given.torch:
        rows = [lesson15(seed) for seed in range(given.seeds)]
        table("PyTorch, lesson 15", rows)
    given.out.mkdir(parents=True, exist_ok=True)
    picture = given.out / "accuracy.png"
    figures.learning([run.greedy for run in runs], [run.rewards for run in runs]).savefig(picture)
    print(f"The picture is {picture}")


def table(name: str, rows: list[tuple[float, float]]) -> None:
    """A row with means, and half the distance between the smallest and the largest value."""
    right, seconds = zip(*rows, strict=True)
    spread = [(max(values) - min(values)) / 2 for values in (right, seconds)]
    print(f"| {name} | {mean(right):.2%} ± {100 * spread[0]:.2f} | {mean(seconds):.1f} ± {spread[1]:.1f} |", flush=True)


if __name__ == "__main__":
    main()
