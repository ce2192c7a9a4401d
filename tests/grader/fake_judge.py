"""Fixtures: a judge that knows at once what everybody earns, and classes for it to grade."""

import threading

import pytest

from grader import results, results_log, schedule
from grader.intake import parsing
from grader.results import ExerciseResult
from tests.grader.hand_in import SECOND, hand_in


class FakeJudge:
    """Gives all points for files that are the reference's. `plan`: what to do instead, for the first calls."""

    running = set()
    lock = threading.Lock()
    seconds = 0.0

    def __init__(self, settings):
        self.settings = settings
        self.running.add(self)
        self.process = self
        self.began.append(settings)
        if self.start:
            self.running.discard(self)
            raise self.start.pop(0)

    def grade(self, submission, lesson):
        self.graded.append(submission.student)
        self.parts.append((self.settings.number, submission.student, lesson.number))
        with self.lock:
            step = self.plan.pop(0) if self.plan else None
        if step:
            step(self)
        found = []
        for e in lesson.exercises:
            text = submission.files.get(f"{lesson.name}/{e.file}")
            right = text == (lesson.solution / e.file).read_bytes()
            status = results.PASSED if right else results.NOT_WRITTEN if text else results.NOT_GRADABLE
            made = ExerciseResult(e.id, e.points, e.points if right else 0, status, 3, 3 if right else 0)
            made.hardening, made.hardening_earned = e.hardening, e.hardening if right else 0
            found.append(made)
        return found

    def kill(self):
        self.killed.append(self)
        self.running.discard(self)

    close = kill


@pytest.fixture
def judge(monkeypatch):
    """The class that stands in for JudgeProcess, with what it was asked."""
    fresh = {name: [] for name in ("began", "graded", "parts", "killed", "plan", "start")} | {"running": set()}
    made = type("FakeJudge", (FakeJudge,), fresh)
    monkeypatch.setattr(parsing, "parse", lambda files, needs: {})  # takes a process each; see intake_test.py
    monkeypatch.setattr(schedule, "JudgeProcess", made)
    monkeypatch.setattr(schedule.visible_files, "write_tree", lambda *_: None)  # for workers, of which there are none
    made.version = results_log.version
    monkeypatch.setattr(results_log, "version", lambda extra: "0123456789abcdef")  # reading all files takes long
    return made


@pytest.fixture
def class_of_three(tmp_path):
    """Two with the reference, one with stubs."""
    return hand_in(tmp_path / "class", ada=True, bob=False, cyd=True)


@pytest.fixture
def class_of_two_lessons(tmp_path):
    """The same, with lessons 13 and 14."""
    folder = hand_in(tmp_path / "class", ada=True, bob=False, cyd=True)
    return hand_in(folder, SECOND, ada=True, bob=False, cyd=True)
