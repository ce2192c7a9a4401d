"""Lesson 10's given/batch.py: what is run, and what each completion is paid."""

import importlib
import sys

import pytest

NAME = "lesson10_programs.given.batch"
PLUS_ONE = {"function": "f", "inputs": [[1], [2]], "expected": [2, 3]}
TWICE = {"function": "f", "inputs": [[1], [2]], "expected": [2, 4]}
OTHER_INPUTS = {"function": "f", "inputs": [[1], [5]], "expected": [2, 6]}
OTHER_FUNCTION = {"function": "g", "inputs": [[1], [2]], "expected": [2, 3]}
ANSWERS = {"plus one": ["2", "3"], "twice": ["2", "4"]}


@pytest.fixture
def batch(reference, monkeypatch):
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    yield importlib.import_module(NAME)
    sys.modules.pop(NAME, None)


@pytest.fixture
def started(batch, monkeypatch):
    """The calls that were started, as (code, function, inputs)."""
    calls = []

    def call(code, function, inputs, seconds):
        calls.append((code, function, inputs))
        return ANSWERS[code]

    monkeypatch.setattr(batch, "call", call)
    return calls


def test_equal_programs_with_equal_inputs_run_once(batch, started):
    completions = ["plus one", "<think>Hm</think>plus one", "twice", "twice"]
    problems = [PLUS_ONE, PLUS_ONE, PLUS_ONE, TWICE]
    assert batch.score_batch(completions, problems) == [1.0, 1.0, 0.0, 1.0]
    assert sorted(code for code, *_ in started) == ["plus one", "twice"]
    assert batch.score_batch(["twice"], [PLUS_ONE], mode="share") == [0.5]


def test_other_inputs_or_another_function_are_another_run(batch, started):
    batch.score_batch(["plus one"] * 3, [PLUS_ONE, OTHER_INPUTS, OTHER_FUNCTION])
    assert len(started) == 3


def test_what_is_known_is_not_run_again(batch, started):
    known = {}
    for _ in range(2):
        assert batch.score_batch(["plus one", "twice"], [PLUS_ONE, PLUS_ONE], known=known) == [1.0, 0.0]
    assert (len(started), len(known)) == (2, 2)


def test_a_machine_that_starts_no_process_is_no_wrong_program(batch, monkeypatch):
    def call(*_):
        raise OSError("no more processes")

    monkeypatch.setattr(batch, "call", call)
    with pytest.raises(OSError, match="no more processes"):
        batch.score_batch(["plus one"], [PLUS_ONE])
