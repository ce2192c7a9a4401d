"""`for_all`: a property test by hypothesis, with the same examples at every run unless another seed is asked for."""

from __future__ import annotations

import functools
import os
import random
from collections.abc import Callable

from course.base.errors import UsageError

# Draws of a property when a class is graded, unless everything is run: the same for all submissions, and new for each
# run.
DRAWS_IN_GRADING = 2
SLOW = 10  # a test that asks for no more examples than this makes long calls


def for_all(examples: int = 25, **strategies) -> Callable[[Callable], Callable]:
    """`@for_all(rewards=..., group_size=st.integers(2, 6))` draws the test's arguments of those names.

    The draws come from the environment's PROPERTY_SEED (0 by default; pytest's header prints it). If PROPERTY_EXAMPLES
    is set, as in grading, there are at most that many, and one of a test that is SLOW. The simplest example, with which
    hypothesis always begins, is none of them, and a failing one is not made simpler: that takes dozens of calls.
    """
    from hypothesis import HealthCheck, Phase, given, seed, settings  # slow to import: not before it is needed
    from hypothesis.internal.conjecture import providers

    # Hypothesis sometimes draws a number that stands in the source of a module that happens to be loaded, so the same
    # seed would give other draws in another process. No setting turns that off.
    providers._get_local_constants = providers.Constants

    few_calls(), chosen_seed()  # what is no number is reported here, not by each test
    fewer = 1 if examples <= SLOW else min(examples, int(os.environ.get("PROPERTY_EXAMPLES") or DRAWS_IN_GRADING))

    def config(few: bool) -> settings:
        return settings(
            max_examples=fewer + 1 if few else examples,  # one more: the simplest
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate] if few else [Phase.explicit, Phase.generate, Phase.shrink],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )

    def property_test(test: Callable) -> Callable:
        skip_next = ran = False

        @functools.wraps(test)
        def example(*arguments, **drawn):
            nonlocal skip_next, ran
            if skip_next:
                skip_next = False
                return None
            if "observe" in drawn:
                drawn["observe"].start()  # a report shows the last example only
            result = test(*arguments, **drawn)
            ran = True
            return result

        made = {few: config(few)(given(**strategies)(example)) for few in (False, True)}

        @functools.wraps(made[False])
        def draws(*arguments, **fixtures):
            nonlocal skip_next, ran
            draw = seed(chosen_seed())(made[few_calls()])
            skip_next, ran = few_calls(), False
            draw(*arguments, **fixtures)
            if not ran:  # there is no other example than the simplest, or the test assumes what no other fulfils
                draw(*arguments, **fixtures)

        return draws

    return property_test


def drawn() -> random.Random:
    """Random numbers for a test that draws its inputs itself, from the environment's PROPERTY_SEED. Each exercise has
    such a basic test: grading takes another seed, so a table of the answers that a learner can see earns nothing."""
    return random.Random(chosen_seed())


def few_calls() -> bool:
    """Whether PROPERTY_EXAMPLES limits the draws, for graders, who run the tests of a whole class. Raises UsageError if
    it is not a number."""
    text = os.environ.get("PROPERTY_EXAMPLES", "").strip()
    if text and not (text.isdecimal() and int(text)):
        raise UsageError(f"PROPERTY_EXAMPLES={text!r} is not a number of draws; leave it out for all")
    return bool(text)


def chosen_seed() -> int:
    """PROPERTY_SEED, or 0. Raises UsageError if it is not a whole number."""
    text = os.environ.get("PROPERTY_SEED", "0").strip()
    if not text.isdecimal():
        raise UsageError(f"PROPERTY_SEED={text!r} is not a whole number; leave it out for the draws of seed 0")
    return int(text)
