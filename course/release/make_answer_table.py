"""Makes the table with which a student's bundle names known mistakes (course/diagnosis/answer_table.py).

`make` starts this module as a program, which collects the suites on the reference, puts each known mistake in the
place of its exercise, and runs the exercise's quick tests. What was found is kept in .cache/ for each exercise, under
the same digest as its audit.

    python -m course.release.make_answer_table OUT 13.2 13.4 ...
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from course.authoring import copied_course, result_cache
from course.authoring.copied_course import Collected, collect
from course.base import manifest, switch, time_limit
from course.base.manifest import Exercise, Lesson
from course.diagnosis import answer_table, audit_files, repeat_tests, substitute
from course.diagnosis.answer_table import REFERENCE

SECONDS = 20.0  # that a test may take with a mistake in place; longer ones are left out


def make(root: Path) -> dict[str, Any]:
    """Exercise id -> its mistakes' sentences, and what each answers to its tests."""
    lessons = manifest.read_all(root)
    digests = result_cache.audit_digests(root, lessons, [e.id for lesson in lessons for e in lesson.exercises])
    known = {i: kept.result for i, d in digests.items() if (kept := result_cache.read(f"answers/{i}", d, root))}
    if missing := [i for i in digests if i not in known]:
        found = _run(root, missing)
        for i in missing:
            result_cache.write(f"answers/{i}", digests[i], found.get(i, {}), root)
        known |= found
    return {i: known[i] for i in digests if known.get(i)}


def _run(root: Path, exercises: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="answers-") as folder:
        copy = copied_course.copy_course(Path(folder).resolve(), root)
        return copied_course.result_of(copy, "course.release.make_answer_table", *exercises)


class Maker(Collected):
    """A pytest plugin: collects as ever, then runs each exercise's tests once for each of its mistakes."""

    def __init__(self, exercises: list[str]):
        super().__init__()
        self.exercises, self.found = exercises, {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = defaultdict(list)
        for item in session.items:
            if (marker := item.get_closest_marker("exercise")) and repeat_tests.is_quick(item):
                items[marker.args[0]].append(item)
        for lesson in manifest.read_all(switch.finder.root):
            for exercise in lesson.exercises:
                if exercise.id in self.exercises:
                    self.found[exercise.id] = answers(lesson, exercise, items[exercise.id])
        return True


def answers(lesson: Lesson, exercise: Exercise, items: list[pytest.Item]) -> dict[str, Any]:
    """{"mistakes": their sentences, "tests": test -> fingerprint -> numbers of the mistakes that answer so}.

    Every mistake meets the basic tests. Advanced ones are run for those alone that the basic tests do not tell apart.
    """
    mistakes = audit_files.read(lesson, audit_files.MISTAKES, exercise)
    codes = {number: audit_files.build(mistake, lesson) for number, mistake in enumerate(mistakes)}
    codes[REFERENCE] = substitute.reference(lesson, exercise)
    table = {"mistakes": [mistake.says for mistake in mistakes], "tests": {}}
    for item in sorted(items, key=lambda item: item.path.name != repeat_tests.BASIC):
        asked = set(codes) if item.path.name == repeat_tests.BASIC else _not_told_apart(table)
        if len(asked) < 2:
            continue
        by_answer: dict[str, list[int]] = {}
        for number in sorted(asked):
            try:
                with substitute.in_place_of(lesson, exercise, codes[number]), time_limit.computing(SECONDS):
                    observed = repeat_tests.observations_of(item)
            except time_limit.TooLate:
                continue
            by_answer.setdefault(answer_table.fingerprint(observed), []).append(number)
        table["tests"][answer_table.key_of(item)] = by_answer
    return table


def _not_told_apart(table: dict[str, Any]) -> set[int]:
    """The mistakes that a basic test catches, and that answer all tests so far as another one does."""
    caught = [n for n, numbers in enumerate(_alike(table)) if _is_caught(numbers)]
    groups = {n: set.intersection(*_alike(table)[n].values()) for n in caught}
    return {n for n, group in groups.items() if len({table["mistakes"][other] for other in group}) > 1}


def _alike(table: dict[str, Any]) -> list[dict[str, set[int]]]:
    """For each mistake: test -> the mistakes that answer the test as this one does."""
    found: list[dict[str, set[int]]] = [{} for _ in table["mistakes"]]
    for test, by_answer in table["tests"].items():
        asked = set().union(*by_answer.values())
        for numbers in by_answer.values():
            for number in set(numbers) - {REFERENCE}:
                found[number][test] = set(numbers) | (set(range(len(found))) - asked)
    return found


def _is_caught(alike: dict[str, set[int]]) -> bool:
    return any(REFERENCE not in numbers for test, numbers in alike.items() if test.startswith(repeat_tests.BASIC))


def named(table: dict[str, Any]) -> tuple[int, int]:
    """How many known mistakes a basic test catches, and how many of these the table names."""
    caught = [n for n, alike in enumerate(_alike(table)) if _is_caught(alike)]
    return len(caught), len(caught) - len(_not_told_apart(table))


def main(arguments: list[str]) -> None:
    out, *exercises = arguments
    maker = Maker(exercises)
    collect(set(exercises), maker)
    if maker.broken:
        sys.exit("; ".join(maker.broken))
    Path(out).write_text(json.dumps(maker.found, sort_keys=True), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
