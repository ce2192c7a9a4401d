"""Whether a known mistake keeps its points with a table of the answers that a learner can see.

At a desk the tests draw with seed 0, so a learner can write down every call that they make and what is right there.
Grading draws with another seed. A mistake keeps its points with such a table if only calls with fixed arguments tell
it from the right answer: a test that draws its arguments must tell it, too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from course.base.property_tests import DRAWS_IN_GRADING
from course.observe import observer
from course.observe.call import Answer, Request

VISIBLE, GRADED = 0, 20_261_121  # seeds


class VisibleAnswers:
    """The reference's answers to what the tests of one exercise ask with the visible seed."""

    def __init__(self):
        self.known: dict[Any, Answer | Exception] = {}

    def hidden(self, tests: list, run: Callable) -> list:
        """`run`s the tests on the reference with both seeds. Gives those that ask more in grading than is visible."""
        with drawn_from(VISIBLE), answered_by(self._record):
            for test in tests:
                run(test)
        found = []
        with drawn_from(GRADED):
            for test in tests:
                unknown: list[Request] = []
                with answered_by(lambda request, unknown=unknown: self._note(request, unknown)):
                    run(test)
                found += [test] if unknown else []
        return found

    @contextmanager
    def used(self) -> Iterator[None]:
        """While inside, tests draw as in grading; whatever is visible is answered right."""
        with drawn_from(GRADED), answered_by(self._answer):
            yield

    def _record(self, request: Request) -> Answer:
        try:
            self.known[key(request)] = perform(request)
        except Exception as error:
            self.known[key(request)] = error
        return self._answer(request)

    def _answer(self, request: Request) -> Answer:
        found = self.known.get(key(request))
        if isinstance(found, Exception):
            raise found.with_traceback(None)
        return found or perform(request)

    def _note(self, request: Request, unknown: list[Request]) -> Answer:
        if key(request) not in self.known:
            unknown.append(request)
        return perform(request)


perform = observer.perform


def key(request: Request) -> tuple:
    return request.function.__module__, request.function.__qualname__, request.arguments, request.grad_of


@contextmanager
def answered_by(answer: Callable[[Request], Answer]) -> Iterator[None]:
    with mock.patch.object(observer, "perform", answer):
        yield


@contextmanager
def drawn_from(seed: int) -> Iterator[None]:
    few = {"PROPERTY_SEED": str(seed), "PROPERTY_EXAMPLES": str(DRAWS_IN_GRADING)}
    with mock.patch.dict(os.environ, few):
        yield
