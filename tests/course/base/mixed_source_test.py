"""SOLUTION=13.2: single exercises come from the reference, everything else stays the learner's."""

import importlib
import traceback

import pytest

from course.base import switch
from course.base.errors import UsageError

LESSON = "lesson13_mixed"

LEARNERS = '''\
"""The learner's file."""
import json

LEVEL = "learner's"


def first(x):
    raise NotImplementedError("first")


def second(x, call=first):
    """Uses the first."""
    return ["second", call(x)]


class Model:
    def __init__(self):
        self.made_by = "learner"

    def forward(self, x):
        raise NotImplementedError("forward")
'''

REFERENCE = '''\
"""The reference's file: more imports, and a helper and a constant of its own."""
from __future__ import annotations

import functools
import json
import math

_SCALE = 2
LEVEL = "reference's"


def _helper(x: Later) -> float:
    return math.sqrt(x) * _SCALE


@functools.lru_cache
def first(x):
    if x < 0:
        raise ValueError("negative")
    return [LEVEL, _helper(x)]


def second(x, call=first):
    return "the reference's second"


class Model(Base if "Base" in globals() else object):
    def __init__(self):
        self.made_by = "reference"

    def forward(self, x):
        def inner():
            return json.dumps([self.made_by, x])
        return inner()
'''


@pytest.fixture
def load(tmp_path, write_files, lessons_at, manifest_text, monkeypatch):
    """Loads the lesson's work.py under a value of SOLUTION."""

    def load(solution, learners=LEARNERS):
        write_files(tmp_path, {
            f"tutorial/stage01_a/{LESSON}/work.py": learners,
            f"solutions/stage01_a/{LESSON}/work.py": REFERENCE,
            f"tutorial/stage01_a/{LESSON}/lesson.toml":
                manifest_text("13.1 work.py:first", "13.2 work.py:second", "13.3 work.py:Model.forward"),
        })  # fmt: skip
        lessons_at(tmp_path)
        monkeypatch.setenv("SOLUTION", solution)
        switch.forget()
        return importlib.import_module(f"{LESSON}.work")

    return load


def test_a_function_is_the_references_with_what_it_needs(load):
    work = load("13.1")
    assert work.first(4) == ["learner's", 4.0]  # public names stay the learner's
    assert work.second(4) == ["second", ["learner's", 4.0]]  # as the default of an argument, too
    assert work.Model().made_by == "learner"
    with pytest.raises(NotImplementedError, match="forward"):
        work.Model().forward(1)


def test_a_method_and_several_exercises(load):
    work = load("13.3,13.2")
    assert work.Model().forward(1) == '["learner", 1]'
    assert work.second(0) == "the reference's second"
    with pytest.raises(NotImplementedError, match="first"):
        work.first(1)


def test_what_the_learner_deleted_is_there_again(load):
    work = load("13.1,13.3", learners="class Model:\n    made_by = 'learner'\n")
    assert work.Model().forward(1) == '["learner", 1]'


def test_tracebacks_show_the_file_and_the_line_of_either(load):
    work = load("13.1")
    for call, tree, line in ((lambda: work.first(-1), "solutions", "raise ValueError"),
                             (lambda: work.Model().forward(1), "tutorial", "raise NotImplementedError")):  # fmt: skip
        with pytest.raises((ValueError, NotImplementedError)) as caught:
            call()
        last = traceback.extract_tb(caught.tb)[-1]
        assert f"/{tree}/" in last.filename and line in last.line


def test_a_learners_syntax_error_stays_one(load):
    with pytest.raises(SyntaxError) as caught:
        load("13.1", learners="def second(:\n")
    assert "/tutorial/" in caught.value.filename


def test_is_reference_says_so_of_single_exercises(load):
    load("13.1")
    assert switch.finder.is_reference(LESSON, "13.1")
    assert not switch.finder.is_reference(LESSON, "13.2")
    assert switch.finder.tree_of(LESSON) == "tutorial"


def test_an_exercise_that_is_not_there_is_refused(load):
    with pytest.raises(UsageError, match=r"'13\.9' is neither a lesson nor an exercise"):
        load("13.1,13.9")
