"""The best that guessing can do: a table of the reference's answers to all questions that the tests of seed 0 ask.

    python -m tests.grader.cheats.table FILE SEED
    python -m tests.grader.cheats.table FILE SEED 13    a known mistake and the table together, lesson 13 alone

grades every lesson twice: the reference with seed 0, which fills the table, then a submission that answers from the
table, with another seed. A question that is not in the table gets the last answer of the same function. Writes
{exercise: [status, points earned, whether a test that decides about its points draws its inputs]} of the second run to
FILE, as JSON. With a lesson, every known mistake of it that a basic test catches answers what is not in the table;
writes {exercise: the mistakes that earn its points so}. No sandbox: this is about the tests.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

os.environ["SOLUTION"] = "1"

from course.authoring import stubs
from course.base import manifest, switch, time_limit
from course.diagnosis import audit_files, substitute
from grader.judge import judge
from grader.judge.settings import JudgeSettings
from grader.sandbox import worker

LESSONS = manifest.read_all()


class Table:
    def __init__(self):
        self.known: dict[bytes, bytes] = {}
        self.last: dict[bytes, bytes] = {}  # by function

    def record(self, question: bytes, seconds: float) -> bytes:
        if question not in self.known:
            self.known[question] = worker.answer(question, switch.ROOT)
        return self.known[question]

    def answer(self, question: bytes, seconds: float) -> bytes:
        function = question[17:].partition(b'"grad_of"')[0]
        found = self.known.get(question) or self.last.get(function) or next(iter(self.known.values()))
        self.last[function] = found
        return found


class InProcess(judge.Judge):
    """A judge that asks `ask` instead of a worker, and grades one submission."""

    def __init__(self, ask, text_of):
        names = [lesson.name for lesson in LESSONS]
        super().__init__(None, JudgeSettings(names, "unsafe", "", seed=0, changed_limits={"diagnosis": 0.0}))
        self.ask, self.text_of, self.found = ask, text_of, []

    def serve(self) -> None:
        for lesson in self.lessons:
            files = {f"{lesson.name}/{file}": self.text_of(lesson, file) for file in stubs.files(lesson)}
            split = any(exercise.hardening for exercise in lesson.exercises)
            for exercise, found in zip(lesson.exercises, self.grade(lesson, files, {}), strict=True):
                deciding = [i for i in self.tests[exercise.id] if not split or i.path.name == "basic_test.py"]
                self.found.append([found.status, found.earned, any(map(draws, deciding))])

    def worker(self, *arguments, **settings):
        made = super().worker(*arguments, **settings)
        made.ask = self.ask
        return made


class Mistaken(InProcess):
    """Tries every known mistake of one lesson, with and without the table, on the basic tests."""

    def __init__(self, known: dict[bytes, bytes], lesson: manifest.Lesson):
        super().__init__(None, None)
        self.known, self.lesson, self.kept = known, lesson, {}

    def serve(self) -> None:
        for exercise in self.lesson.exercises:
            self.basic = [item for item in self.tests[exercise.id] if item.path.name == "basic_test.py"]
            self.kept[exercise.id] = []
            for attempt in audit_files.read(self.lesson, audit_files.MISTAKES, exercise):
                code = audit_files.build(attempt, self.lesson)
                if self.passes(exercise, code, self.known) and not self.passes(exercise, code, {}):
                    self.kept[exercise.id].append(attempt.says)

    def passes(self, exercise: manifest.Exercise, code, known: dict[bytes, bytes]) -> bool:
        def ask(question: bytes, seconds: float) -> bytes:
            if question in known:
                return known[question]
            until = time_limit.until(time.monotonic() + 5)
            with until, substitute.in_place_of(self.lesson, exercise, code):
                return worker.answer(question, switch.ROOT)

        self.ask = ask
        runner = self.new_runner(self.worker(self.lesson, {}), self.lesson)
        return all(runner.run(item).passed for item in self.basic)


def draws(item) -> bool:
    return hasattr(item.function, "hypothesis") or "drawn" in item.function.__code__.co_names


def graded(ask, text_of, seed: int) -> list[list]:
    return run(lambda: InProcess(ask, text_of), seed).found


def run(make, seed: int) -> InProcess:
    os.environ.update({"PROPERTY_SEED": str(seed), "PROPERTY_EXAMPLES": str(judge.EXAMPLES)})
    switch.forget()  # or tests would import the reference itself, not placeholders
    for name in [name for name in sys.modules if name.startswith("tutorial.")]:
        del sys.modules[name]  # tests draw with the seed of when they were imported
    made = make()
    judge.run_session(made)
    return made


if __name__ == "__main__":
    switch.install()
    table = Table()
    right = graded(table.record, lambda lesson, file: (lesson.solution / file).read_bytes(), 0)
    assert right and all(earned for _, earned, _ in right), right
    if sys.argv[3:]:
        lesson = manifest.find(sys.argv[3])
        Path(sys.argv[1]).write_text(json.dumps(run(lambda: Mistaken(table.known, lesson), int(sys.argv[2])).kept))
        sys.stdout.flush()
        os._exit(0)
    guessed = graded(table.answer, lambda lesson, file: stubs.stub_of(lesson, file).encode(), int(sys.argv[2]))
    numbers = [exercise.id for lesson in LESSONS for exercise in lesson.exercises]
    Path(sys.argv[1]).write_text(json.dumps(dict(zip(numbers, guessed, strict=True))))
    sys.stdout.flush()
    os._exit(0)
