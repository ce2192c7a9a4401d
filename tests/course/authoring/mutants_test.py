"""Changes made by machine: which are made, and what the audit says of those that no test catches."""

import ast

import pytest

from course.authoring import audit, mutants
from course.base import manifest
from course.base.manifest import Exercise
from tests import small_course
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
    found = [m.text for m in mutants.of(FILE, Exercise("13.9", "scores.py", "score", 1, 1, 1, ["", "", ""]))]
    assert len(set(found)) == len(found) > 20
    for one in found:
        assert ast.dump(ast.parse(one)) != ast.dump(ast.parse(FILE))


def test_the_same_line_twice_has_two_names():
    text = "def f(x):\n    if x:\n        x = 1\n        return 0\n    x = 2\n    return 0\n"
    found = made(text, "f")
    assert "return 0  ->  return 1" in found and "return 0  ->  return 1  # 2" in found
    assert len(set(found)) == len(found)


def test_a_method_and_the_helpers_of_its_class():
    text = "class C:\n    def m(self):\n        return self._h() + 2\n\n    def _h(self):\n        return 7\n"
    found = made(text, "C.m")
    assert "return self._h() + 2  ->  return self._h() - 2" in found and "return 7  ->  return 8" in found


def test_the_lists_of_right_answers_name_lines_that_are_there():
    """Whether the change itself is still made, `audit --mutants` says."""
    for lesson in manifest.read_all():
        files = {e.id: e.file for e in lesson.exercises}
        texts = {f: (lesson.solution / f).read_text(encoding="utf-8") for f in files.values()}
        lines = {f: " ".join(ast.unparse(ast.parse(text)).split()) for f, text in texts.items()}
        for number, old, _ in mutants.harmless(lesson):
            assert " ".join(old.split()) in lines[files[number]], (number, old)


# --- what the audit says of those that no test catches -----------------------------------------------------------

WEAK = {f"tutorial/{LESSON}/testcases/{n}_test.py": BASIC.replace("plus, x, 3).close(x + 3)", "plus, 3, 0).close(3)")
        for n in ("basic", "advanced")}  # fmt: skip


def listed(answer):
    """Weak tests, and a list that calls two changes right answers."""
    changes = [["return x + y", "return x - y", "made up"], ["return x + y", answer, "made up"]]
    return {**WEAK, f"solutions/{LESSON}/audit/harmless.toml": f'"13.1" = {changes}\n'}


@pytest.fixture(scope="module")
def found(tmp_path_factory, copy_machinery, write_files, manifest_text):
    """What `audit --mutants` finds in five lessons: 13 has good tests, the others have weak ones."""
    root = copy_machinery(tmp_path_factory.mktemp("course"))
    changed = {"13": {}, "14": WEAK, "15": listed("return x"), "16": listed("return y"), "17": listed("return z")}
    for number, files in changed.items():
        write_files(root, small_course.lesson(number, manifest_text, files))
    lines = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.print", lambda text: lines.extend(text.splitlines()))
        outcome = audit.audit(["--mutants", "13", *(f"{n}.1" for n in changed if n != "13")], root, processes=1)
    table = {line.split("_")[0]: line.split()[1:] for line in lines if line.startswith("lesson")}
    return outcome.problems, table


@pytest.mark.parametrize(("lesson", "row", "problems"), [
    ("lesson13", ["9", "9", "0"], []),
    ("lesson14", ["4", "2", "0"], ["all tests pass with  return x + y  ->  return x - y",
                                   "all tests pass with  return x + y  ->  return x"]),
    ("lesson15", ["4", "2", "2"], []),
    ("lesson16", None, ["a test rejects  return x + y  ->  return y",
                        "all tests pass with  return x + y  ->  return x"]),
    ("lesson17", None, ["there is no such mutant:  return x + y  ->  return z",
                        "all tests pass with  return x + y  ->  return x"]),
])  # fmt: skip
def test_what_no_test_catches_is_a_problem_unless_it_is_listed(found, lesson, row, problems):
    reported, table = found
    assert sorted(p.partition(": ")[2] for p in reported if p.startswith(lesson)) == sorted(problems)
    assert row in (None, table[lesson])
