"""`for_all`: a property test by hypothesis, the same examples at every run unless another seed is asked for."""

from __future__ import annotations

import functools
import os
import pickle
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from course.base.errors import UsageError

DEAR = 10  # a test that asks for no more examples than that makes long calls


def for_all(examples: int = 25, **strategies) -> Callable[[Callable], Callable]:
    """`@for_all(rewards=..., group_size=st.integers(2, 6))` draws the test's arguments of those names.

    The draws come from the environment's PROPERTY_SEED (0 by default; pytest's header prints it). Where
    PROPERTY_EXAMPLES is set there are no more of them, and one of a DEAR test. Each is drawn for itself then, none is
    the simplest there is (with which hypothesis begins) or made from another, and no simpler one is looked for once
    one has failed.
    """
    from hypothesis import HealthCheck, Phase, given, reject, seed, settings  # not before a property is declared
    from hypothesis.errors import Unsatisfiable
    from hypothesis.internal.conjecture import providers
    from hypothesis.internal.entropy import deterministic_PRNG

    # Now and then hypothesis draws a number that stands in the source of some module that happens to be loaded: with
    # the same seed, other processes would draw other examples.
    providers._get_local_constants = providers.Constants

    few = few_calls()
    phases = [Phase.explicit, Phase.generate]  # without those that explain a failure: they take it many more calls
    config = settings(
        max_examples=1 if few else examples,
        deadline=None,
        database=None,
        phases=phases if few else [*phases, Phase.shrink],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )

    def property_test(test: Callable) -> Callable:
        simplest, latest = False, None
        keeps = few and not {"assume", "reject"} & set(test.__code__.co_names)  # hypothesis' own way out of a test

        def example(*arguments, **drawn):
            if "observe" in drawn:
                drawn["observe"].start()  # the report is about the last example alone
            return test(*arguments, **drawn)

        @functools.wraps(test)
        def drawn_example(*arguments, **drawn):
            nonlocal simplest, latest
            if simplest:
                simplest = False
                reject()
            latest = _pickled({name: drawn[name] for name in strategies}) if keeps else None
            return example(*arguments, **drawn)

        def drawing(number: int) -> Callable:
            return config(seed(number)(given(**strategies)(drawn_example)))

        if not few:
            return drawing(chosen_seed())
        # Not the next whole numbers, which are other people's seeds.
        count = 1 if examples <= DEAR else min(examples, most_examples())
        seeds = (sha256(f"{chosen_seed()} {n}".encode()).digest() for n in range(count))
        draws = [drawing(int.from_bytes(one[:8])) for one in seeds]
        made: list[bytes | None] = [None] * len(draws)  # hypothesis takes milliseconds to draw the same again

        @functools.wraps(draws[0])
        def each_draw(*arguments, **fixtures):
            nonlocal simplest
            for number, draw in enumerate(draws):
                if made[number]:
                    with deterministic_PRNG():  # as in hypothesis' own runs
                        example(*arguments, **fixtures, **pickle.loads(made[number]))
                    continue
                simplest = True
                try:
                    draw(*arguments, **fixtures)
                except Unsatisfiable:  # there is no other
                    draw(*arguments, **fixtures)
                made[number] = latest

        return each_draw

    return property_test


def _pickled(drawn: dict[str, Any]) -> bytes | None:
    """Before the test can change it; None for what has to be drawn each time, such as st.data()."""
    try:
        return pickle.dumps(drawn)
    except Exception:
        return None


def most_examples() -> int:
    """PROPERTY_EXAMPLES, or more than any test asks for. For graders, who run the tests of a whole class."""
    text = os.environ.get("PROPERTY_EXAMPLES", "").strip()
    if text and not (text.isdecimal() and int(text)):
        raise UsageError(f"PROPERTY_EXAMPLES={text!r} is not a number of draws; leave it out for all")
    return int(text or 1_000_000)


def few_calls() -> bool:
    """Whether calls are dear: a simpler example takes dozens of them."""
    return bool(os.environ.get("PROPERTY_EXAMPLES", "").strip())


def chosen_seed() -> int:
    """PROPERTY_SEED, or 0. Raises UsageError where it is not a whole number."""
    text = os.environ.get("PROPERTY_SEED", "0").strip()
    if not text.isdecimal():
        raise UsageError(f"PROPERTY_SEED={text!r} is not a whole number; leave it out for the draws of seed 0")
    return int(text)
