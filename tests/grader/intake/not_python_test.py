"""Files that are no Python, or none that this grader reads: they are refused or named, at a bounded cost."""

import os
import sys

import pytest

from course.base import python_source
from grader.intake import parsing
from grader.intake.unpack import FILE, KIB
from tests.grader.intake.handed_in import A, C

pytest_plugins = ["tests.grader.intake.class_fixtures"]


def test_what_is_no_python_is_not_gradable_and_says_why(hand_in):
    cases = [
        ("x = 1\n".encode("utf-16"), "it starts with the mark of UTF-16, at byte 0; save it as UTF-8"),
        (b"x = 1\nname = '\xe9'\n", "not UTF-8 at byte 14 (line 2); save it as UTF-8"),
        (b"\xef\xbb\xbfname = '\xe9'\n", "not UTF-8 at byte 11 (line 1)"),
        (b"x = 1\r\n\0", "not a text: there is a NUL byte at byte 7 (line 2)"),
        (b"# -*- coding: latin-1 -*-\n", "line 1 names the encoding 'latin-1', at byte 14; take the name out"),
        (b"#!/usr/bin/python\r# vim: set fileencoding=utf-7 :\r", "line 2 names the encoding 'utf-7', at byte 42"),
        (b"# coding: ascii\nx = '\xc3\xa9'", "line 1 names the encoding 'ascii'"),
        (b"x = (\n", "syntax error, line 1: '(' was never closed"),
        (b"x = 1\n\ty = 2\n", "syntax error, line 2: unexpected indent"),
        (b"-" * 100_000 + b"1", "not parsed: it is nested too deeply, or too large"),
        (b"9" * 5000, "syntax error, line 1: Exceeds the limit"),
        (b"#" * (FILE + 1), f"loss/a.py is larger than {FILE // KIB} KiB"),
    ]
    files = {f"s{number:02}/loss/{name}": data for number, (bad, _) in enumerate(cases)
             for name, data in (("a.py", bad), ("b.py", b"x = 1"))}  # fmt: skip
    for one, (_, says) in zip(hand_in(files).values(), cases, strict=True):
        assert one.files == {C: b"x = 1"}
        assert says in one.problems[A] and f"{A}: {one.problems[A]}" in one.notes


def test_odd_but_right_files_are_taken_as_they_are(hand_in):
    cases = [
        b"x = 1\r\n", b"", b"# coding: utf-8\n", b"# coding: ascii\n", b"x = 1\n# coding: latin-1\n",
        b"\n\n# coding: latin-1\n", b"#" * FILE, "größe = '\\d'\n".encode(), b"\xef\xbb\xbfx = 1\n",
    ]  # fmt: skip
    *found, marked = hand_in({f"s{number}/loss/a.py": data for number, data in enumerate(cases)}).values()
    assert [one.files[A] for one in found] == cases[:-1] and not any(A in note for one in found for note in one.notes)
    assert marked.files == {A: b"x = 1\n"} and f"{A} starts with a byte order mark, which was taken off" in marked.notes


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="needs a limit on address space")
@pytest.mark.parametrize("bad", [
    b"import a" + b".a" * (100 * KIB),  # takes all memory
    b"\n".join(b'f"' + b"{f'{x}'}" * 90 + b'"' for _ in range(300)),
])  # fmt: skip
def test_a_file_that_takes_long_to_parse_costs_nobody_else_anything(monkeypatch, bad):
    monkeypatch.setattr(python_source, "parsed", None)  # nothing is parsed here
    used = processor_time_of_children()
    found = parsing.parse({"bad": bad, "good": b"import gc\nx = 1", "wrong": b"x = ("})
    assert processor_time_of_children() - used < 2 * parsing.OF_FILE + 1
    assert not found["good"].problem and found["good"].flags == ["1: imports gc (other code)"]
    assert "never closed" in found["wrong"].problem


def test_many_files_that_take_long_cost_a_submission_two_seconds(monkeypatch):
    monkeypatch.setattr(parsing, "SECONDS", 1.0)
    bad = b"import a" + b".a" * (100 * KIB)
    used = processor_time_of_children()
    found = parsing.parse({"good": b"x = 1", **{f"bad{number}": bad for number in range(30)}})
    assert processor_time_of_children() - used < 2 * parsing.SECONDS
    assert [name for name, one in found.items() if not one.problem] == ["good"] and len(found) == 31


def processor_time_of_children():
    return os.times().children_user + os.times().children_system


def test_what_grading_treats_otherwise_is_named(hand_in):
    cases = {
        "from tutorial.stage04_alignment.lesson13_grpo.loss.grpo import f": "import lesson13_grpo.loss.grpo, as the",
        "import torch\ntorch.set_default_dtype(torch.float64)": "line 2 calls set_default_dtype, which changes all",
        "from torch import set_default_device\nset_default_device('cpu')": "line 2 calls set_default_device",
        "import torch\n@torch.compile\ndef f(): ...": "line 2 uses torch.compile, which takes longer",
        "def f():\n    breakpoint()": "line 2 calls breakpoint, and grading has no debugger",
        "import pdb\npdb.set_trace()": "line 2 calls set_trace, and grading has no debugger",
    }
    handed = hand_in({f"s{number}/a.py": code.encode() for number, code in enumerate(cases)})
    for one, says in zip(handed.values(), cases.values(), strict=True):
        assert any(says in note for note in one.notes), one.notes


@pytest.mark.parametrize("code", ["type X = int", "x = f'{d['a']}'"])
def test_syntax_that_is_too_new_is_called_so(code):
    tree, problem = python_source.parsed(f"y = 1\n{code}\n")
    if tree is None or sys.version_info < (3, 12):  # a newer Python may read it, and grades it then
        assert "line 2" in problem and "perhaps it needs a newer Python: grading reads it with 3.11" in problem
    assert "newer" not in python_source.parsed("x = (")[1]


@pytest.mark.parametrize(("code", "what"), [
    ("!pip install x", "a command of notebooks"),
    ("%matplotlib inline", "a command of notebooks"),
    ("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> theirs", "a merge conflict in git"),
])  # fmt: skip
def test_a_line_of_a_notebook_or_of_a_merge_is_called_so(code, what):
    says = python_source.parsed(f"y = 1\n{code}\n")[1]
    assert "line 2" in says and what in says
    assert "notebook" not in python_source.parsed("x = (1\n     % 2 3)")[1]
