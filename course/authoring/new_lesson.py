"""`make new-lesson NAME=stage02_policy_gradient/lesson05_reinforce`: the files of a lesson, to be filled.

They are one folder in tutorial/ and one in solutions/; everything else in the course finds lessons by itself. The new
lesson fails the audit until its reference, tests, mistakes, variants and page are written. Standard library only.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from course.authoring import made_files, stubs
from course.base import manifest
from course.base.atomic_files import write_text
from course.base.errors import UsageError
from course.base.switch import ROOT

NAME = re.compile(r"(stage\d\d_\w+)/(lesson(\d\d)_\w+)")

MANIFEST = """\
title = "TODO: what the lesson is about"
writes = "TODO: what the learner writes, in one line of the README's map"
minutes = 60
prerequisites = ["TODO: what a learner must know"]
out_of_scope = ["TODO: what is left to other lessons"]

[[exercise]]
id = "{number}.1"
file = "loss/first.py"
object = "first"
points = 1
difficulty = 1
minutes = 15
hints = [
    "TODO: a nudge in the right direction.",
    "TODO: the way to go.",
    "TODO: almost the answer.",
]
"""

README = """\
# {number} · TODO: title

TODO: the idea, the maths, an example with real numbers.

## Exercises

{start}
{end}

## Pitfalls

TODO

## Sources

TODO
"""

REFERENCE = '''\
"""TODO: what this file does, and what it leaves out on purpose."""

from jaxtyping import Float
from torch import Tensor


def first(x: Float[Tensor, "n"]) -> Float[Tensor, ""]:
    """TODO: what comes in, what goes out, which errors are raised, and the source (paper, equation)."""
    # > TODO: the steps, as the learner will see them.
    raise NotImplementedError("TODO: the reference")
'''

BASIC = '''\
"""Does it do the job? Every exercise of lesson {number}, on small numbers that a pocket calculator gives."""

import pytest
import torch
from {lesson}.loss.first import first


@pytest.mark.exercise("{number}.1")
class TestFirst:
    def test_worked_example(self, observe):
        observe(first, torch.tensor([1.0, 2.0])).close(3.0)  # TODO
'''

ADVANCED = '''\
"""Edge cases, invariants, gradients, scale and bad input: lesson {number} looked at closely."""

import pytest
import torch
from hypothesis import strategies as st
from {lesson}.loss.first import first

from course.base.property_tests import for_all


@pytest.mark.exercise("{number}.1")
class TestFirst:
    @for_all(x=st.lists(st.floats(-10, 10), max_size=5))
    def test_a_property(self, observe, x):
        observe(first, torch.tensor(x, dtype=torch.float64)).close(sum(x))  # TODO
'''

ATTEMPTS = '''\
"""Exercise {number}.1, first: what people get wrong, right answers written otherwise, and the core variant."""

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

# wrong("TODO: what is wrong, in one sentence.", {{"old code": "new code"}})

# Right answers written otherwise

# @right("TODO: what it does differently")

# The shortest right answer, without checks of its arguments: it passes the basic tests

# @core("TODO: what it leaves out")
'''

WALKTHROUGH = (  # of each cell: its kind, its name, its text
    (
        "markdown",
        "title",
        "# Lesson {number}, drawn\n\nTODO: pictures from the learner's own functions, a question before each.",
    ),
    ("code", "imports", "import torch\n\nimport lab  # prepares this notebook\nfrom {lesson}.loss.first import first"),
    ("markdown", "question", "**Predict, then run:** what is the sum of 1 and 2?"),
    ("code", "answer", "print(first(torch.tensor([1.0, 2.0])))"),
)


def walkthrough(given: dict[str, str]) -> str:
    """The text of a notebook that has not been run."""
    cells = []
    for kind, name, text in WALKTHROUGH:
        cell = {"cell_type": kind, "id": name, "metadata": {}, "source": text.format(**given).splitlines(keepends=True)}
        cells.append(cell | ({"execution_count": None, "outputs": []} if kind == "code" else {}))
    about = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1) + "\n"


def new_lesson(name: str, root: Path = ROOT) -> list[Path]:
    """Writes the files of the lesson `name`; gives their paths. Raises UsageError where that cannot be."""
    match = NAME.fullmatch(name)
    if match is None:
        raise UsageError(f"{name!r} is no name for a lesson; it is like stage02_policy_gradient/lesson05_reinforce")
    stage, lesson, number = match.groups()
    for known in (root / "tutorial").glob("stage*/lesson*"):
        if known.name.startswith(f"lesson{number}_"):
            raise UsageError(f"there is a lesson {number} already: {known.relative_to(root)}")
        if known.parent.name[:7] == stage[:7] and known.parent.name != stage:
            raise UsageError(f"stage {stage[5:7]} is called {known.parent.name}, not {stage}")
    given = {"number": number, "lesson": lesson, "start": made_files.EXERCISES[0], "end": made_files.EXERCISES[1]}
    tutorial, solutions = root / "tutorial" / stage / lesson, root / "solutions" / stage / lesson
    texts = {
        tutorial / "lesson.toml": MANIFEST.format(**given),
        tutorial / "README.md": README.format(**given),
        tutorial / "testcases" / "basic_test.py": BASIC.format(**given),
        tutorial / "testcases" / "advanced_test.py": ADVANCED.format(**given),
        tutorial / "walkthrough.ipynb": walkthrough(given),
        solutions / "loss" / "first.py": REFERENCE,
        solutions / "audit" / "ex01.py": ATTEMPTS.format(**given),
    }
    for path, text in texts.items():
        write_text(path, text)
    made = manifest.find(number, root)
    page, text = made_files.with_exercises(made)
    write_text(page, text)
    stub = tutorial / "loss" / "first.py"
    write_text(stub, stubs.stub_of(made, "loss/first.py"))
    return [*texts, stub]
