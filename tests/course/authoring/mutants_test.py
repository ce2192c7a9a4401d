"""Changes made by machine: which are made, and what the audit says of those that no test catches."""

import ast
import re

import pytest

from course.authoring import mutants
from course.base import manifest
from course.base.manifest import Exercise
from tests.small_course import BASIC, LESSON

FILE = '''\
"""Scores."""

import torch


def score(x, device=None):
    """The mean, at least 0."""
    # > Think.
    if len(x) == 0:
        raise ValueError(f"x is empty, {len(x)}")
    x = x.to(device)
    return max(_mean(x, "all"), 0.5)


def _mean(x, which):
    return torch.tensor(x, device=x.device).sum(-1)


def other(x):
    return x + 1
'''


def made(text: str, name: str) -> list[str]:
    one = Exercise("13.9", "scores.py", name, 1, 1, 1, ["", "", ""])
    return [str(mutant) for mutant in mutants.of(text, one)]


def test_what_is_changed():
    found = made(FILE, "score")
    assert "if len(x) == 0:  ->  if len(x) != 0:" in found
    assert "if len(x) == 0:  ->  if len(x) == 1:" in found
    assert "if len(x) == 0:  ->  if False:" in found
    assert any(one.endswith("->  pass") for one in found)
    assert "return max(_mean(x, 'all'), 0.5)  ->  return min(_mean(x, 'all'), 0.5)" in found
    assert "return max(_mean(x, 'all'), 0.5)  ->  return max(_mean(x, 'other'), 0.5)" in found
    assert (
        "return torch.tensor(x, device=x.device).sum(-1)  ->  return torch.tensor(x, device=x.device).mean(-1)" in found
    )


def test_what_is_left_alone():
    found = made(FILE, "score")
    assert not any("x + 1" in one or "x - 1" in one for one in found), "another function's body"
    assert not any("def " in one or '"""' in one for one in found), "signature and docstring are given"
    assert not any("->  raise ValueError" in one for one in found), "the text of an error is free"
    assert not any(one.endswith("->  return torch") for one in found), "a module is no value"
    assert not any("x.to" in one.partition("->")[2] or one.partition("->  ")[2] == "x = x" for one in found), "devices"
    assert not any("tensor(x)" in one for one in found), "devices"
    assert not any("max(0.5, " in one for one in found), "max takes its arguments in any order"


def test_each_is_python_and_another_program():
    for lesson in manifest.read_all():
        for e in lesson.exercises[:2]:
            text = (lesson.solution / e.file).read_text(encoding="utf-8")
            found = [m.text for m in mutants.of(text, e)]
            assert len(set(found)) == len(found) > 0
            for one in found:
                assert ast.dump(ast.parse(one)) != ast.dump(ast.parse(text))


def test_the_same_line_twice_has_two_names():
    text = "def f(x):\n    if x:\n        x = 1\n        return 0\n    x = 2\n    return 0\n"
    found = made(text, "f")
    assert "return 0  ->  return 1" in found and "return 0  ->  return 1  # 2" in found
    assert len(set(found)) == len(found)


def test_a_method_and_the_helpers_of_its_class():
    text = "class C:\n    def m(self):\n        return self._h() + 2\n\n    def _h(self):\n        return 7\n"
    found = made(text, "C.m")
    assert "return self._h() + 2  ->  return self._h() - 2" in found and "return 7  ->  return 8" in found


def test_the_references_lists_name_what_is_there():
    for lesson in manifest.read_all():
        by_id = {e.id: e for e in lesson.exercises}
        for number, old, new in mutants.harmless(lesson):
            text = (lesson.solution / by_id[number].file).read_text(encoding="utf-8")
            assert (old, new) in {(m.old, m.new) for m in mutants.of(text, by_id[number])}, (number, old, new)


def test_all_are_caught(audit):
    problems, shown = audit({}, "--mutants")
    assert problems == []
    row = next(line.split() for line in shown.splitlines() if line.startswith("lesson13"))
    assert row == ["lesson13_made_up", "9", "9", "0"]


WEAK = {f"tutorial/{LESSON}/testcases/{n}_test.py": BASIC.replace("plus, 20, 3).close(23)", "plus, 3, 0).close(3)")
        for n in ("basic", "advanced")}  # fmt: skip
LIST = (
    "\"13.1\" = [['''return x + y''', '''return x - y''', \"made up\"], ['''return x + y''', '''{}''', \"made up\"]]\n"
)


def test_what_no_test_catches_is_told(audit):
    problems, shown = audit(WEAK, "--mutants", "13.1")
    assert problems == [
        "lesson13_made_up, exercise 13.1: all tests pass with  return x + y  ->  return x - y",
        "lesson13_made_up, exercise 13.1: all tests pass with  return x + y  ->  return x",
    ]
    assert re.search(r"lesson13_made_up +4 +2 +0", shown)


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ("return x", None),
        ("return y", "lesson13_made_up/audit/harmless.toml, exercise 13.1: a test rejects  return x + y  ->  return y"),
        (
            "return z",
            "lesson13_made_up/audit/harmless.toml, exercise 13.1: there is no such mutant:  return x + y  ->  return z",
        ),
    ],
)
def test_the_list_of_right_answers_is_looked_after(audit, listed, told):
    listed = {f"solutions/{LESSON}/audit/harmless.toml": LIST.format(listed)}
    problems, shown = audit({**WEAK, **listed}, "--mutants", "13.1")
    if told is None:
        assert problems == [] and re.search(r"lesson13_made_up +4 +2 +2", shown)
    else:
        assert told in problems
