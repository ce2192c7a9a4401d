"""`for_all`: a property test by hypothesis, the same examples at every run (no luck), one failure told at a time."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings


def for_all(examples: int = 25, **strategies) -> Callable[[Callable], Callable]:
    """`@for_all(rewards=..., group_size=st.integers(2, 6))` draws the test's arguments of those names."""
    config = settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    return lambda test: config(given(**strategies)(test))
