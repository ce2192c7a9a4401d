"""The short report under a failed test: made once, when the test fails; passed on as data; turned into text only here.

At a desk pytest shows it (`course.desk.pytest_plugin`), in grading it goes into a student's feedback. Standard library
only. `course.observe.make_report` makes reports of failed tests.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

WIDTH = 96  # of a line, without its label
CALL_LINES = 4  # of a call, if it can be done
BREAKS = (r"(?<=,) (?=\w+=)", r"(?<=[\])}],) ", r"(?<=,) ")  # between arguments; after a row; between numbers


@dataclass
class Report:
    """The parts of a report. Empty parts are not shown."""

    exercise: str = ""  # "13.2"; empty for a test that belongs to no exercise
    object: str = ""  # what the exercise asks for: "compute_grpo_loss"
    where: str = ""  # its file and line: "loss/grpo.py:31"; without it no headline is shown
    call: str = ""
    scenario: str = ""  # what the called scenario does
    got: str = ""
    expected: str = ""
    difference: str = ""
    message: str = ""  # what is wrong, in a sentence
    raised: str = ""  # "IndexError: list index out of range"
    stopped: str = ""  # why the test was broken off
    places: list[str] = field(default_factory=list)  # lines of the lesson that an error passed, the innermost last
    test: str = ""
    why: str = ""  # the known mistake, or another exercise, behind it
    next: str = ""  # the exercise whose hint helps on


class Reason(NamedTuple):
    """Why a test fails: the exercise that is at fault, and a sentence."""

    exercise: str
    sentence: str


class ObservationFailed(AssertionError):
    """What was observed is not what the exercise asks for."""

    def __init__(self, report: Report):
        super().__init__(report)
        self.report = report

    def __str__(self) -> str:
        return "\n".join(render(self.report))


def render(report: Report) -> list[str]:
    """The lines of a report, each part with its label."""
    parts = [
        ("called", wrap_call(report.call)),
        ("that is", textwrap.wrap(report.scenario, WIDTH)),
        ("got", [report.got]),
        ("expected", [report.expected]),
        ("differs", [report.difference]),
        ("says", [report.message]),
        ("raised", [report.raised]),
        ("stopped", [report.stopped]),
        *(("at", [place]) for place in report.places),
        ("test", [report.test]),
        ("why", textwrap.wrap(report.why, WIDTH - 11)),
        ("next", [f"make hint EX={report.next}" if report.next else ""]),
    ]
    lines = [headline(report)] if report.where else []
    for label, texts in parts:
        for number, text in enumerate(filter(None, texts)):
            lines.append(f"  {'' if number else label:<9}{' '.join(text.splitlines())}")  # a text adds no lines
    return lines


def headline(report: Report) -> str:
    """ "exercise 13.2  compute_grpo_loss                loss/grpo.py:31"."""
    title = f"exercise {report.exercise}  {report.object}" if report.exercise else "this test"
    return f"{title:<52} {report.where}"


def wrap_call(text: str) -> list[str]:
    """A call in lines of at most WIDTH characters, broken within an argument only if there is no room otherwise."""
    lines = _filled(_breakable(text, BREAKS))
    return lines if len(lines) <= CALL_LINES else _filled(re.split(BREAKS[-1], text))


def _filled(parts: Iterable[str]) -> list[str]:
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + 1 + len(part) > WIDTH:
            lines.append("")
        lines[-1] += f" {part}" if lines[-1] else part
        while len(lines[-1]) > WIDTH:  # a long text
            lines[-1:] = [lines[-1][:WIDTH], lines[-1][WIDTH:]]
    return lines


def _breakable(text: str, breaks: Sequence[str]) -> list[str]:
    if len(text) <= WIDTH or not breaks:
        return [text]
    return [p for part in re.split(breaks[0], text) for p in _breakable(part, breaks[1:])]
