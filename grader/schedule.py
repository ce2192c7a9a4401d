"""Grades what is missing: a thread for each judge takes parts (one lesson of one submission) until none is left."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from course.base.errors import UsageError
from course.base.manifest import Lesson
from grader import results
from grader.intake.submission import Submission
from grader.judge.settings import JudgeSettings
from grader.judge_process import JudgeFault, JudgeProcess, NotStarted
from grader.results import ExerciseResult, Part
from grader.sandbox import visible_files

Pair = tuple[Submission, Lesson]


class Stopped(Exception):
    """Another thread has failed, or Ctrl-C was pressed; the part at hand is not finished."""


def amount_of_work(parts: Iterable[Pair]) -> int:
    """How much there is to do, roughly: the exercises."""
    return sum(len(lesson.exercises) for _, lesson in parts)


class ClassRun:
    """Grades `missing` parts, in order, with `jobs` judges at a time. `finished` gets each part, and the seconds that
    the rest may take (None: not known yet), one at a time; what it raises ends the run."""

    def __init__(
        self, missing: list[Pair], settings: JudgeSettings, jobs: int, finished: Callable[[Part, float | None], None]
    ):
        self.settings, self.finished = settings, finished
        self.jobs = max(1, min(jobs or os.cpu_count() or 1, len(missing)))
        self.queue, self.total = deque(missing), amount_of_work(missing)
        self.done, self.seconds = 0, 0.0
        self.lock, self.faults = threading.Lock(), []
        # Not Thread.join: a Ctrl-C makes it take a thread that runs for one that has ended.
        self.all_ended, self.ended = threading.Event(), 0

    def run(self, say: Callable[[str], None]) -> None:
        threads = [threading.Thread(target=self.work, args=(number,), daemon=True) for number in range(self.jobs)]
        try:
            for thread in threads:
                thread.start()
            self.all_ended.wait()
        except KeyboardInterrupt as error:
            self.faults.insert(0, error)
            say("stopping; what is graded is kept, and the same command goes on from there")
            while self.ended < sum(thread.ident is not None for thread in threads):
                for judge in list(JudgeProcess.running):
                    judge.process.kill()
                self.all_ended.wait(0.1)
        if self.faults:
            raise self.faults[0]

    def work(self, number: int) -> None:
        """What the thread of one judge does."""
        judge = None
        try:
            while not self.faults:
                try:
                    taken = self.queue.popleft()
                except IndexError:
                    break
                judge, part = self.grade(*taken, judge, number)
                with self.lock:
                    self.done, self.seconds = self.done + amount_of_work([taken]), self.seconds + part.seconds
                    left = self.seconds / self.jobs * (self.total / self.done - 1)
                    known = 20 * self.done >= self.total  # a judge's first parts take much longer than all others
                    self.finished(part, left if known else None)
        except BaseException as error:  # a full disk, say: every thread stops, what is written stays
            self.faults.append(error)
        finally:
            if judge is not None:
                judge.close()
            with self.lock:
                self.ended += 1
                if self.ended == self.jobs:
                    self.all_ended.set()

    def grade(
        self, submission: Submission, lesson: Lesson, judge: JudgeProcess | None, number: int
    ) -> tuple[JudgeProcess | None, Part]:
        """One part, tried twice if it is the grader's fault. Gives the judge back if it still works. Raises Stopped,
        and UsageError if no judge can be started: that concerns everybody."""
        started = time.monotonic()
        unknown = [
            ExerciseResult(e.id, e.points, None, results.GRADER_ERROR, hardening=e.hardening) for e in lesson.exercises
        ]
        part = Part(submission.student, lesson.name, unknown, submission.fault)
        for last in () if submission.fault else (False, True):
            try:
                if self.faults:
                    raise Stopped
                if judge is None:
                    judge = JudgeProcess(replace(self.settings, number=number))
                    started += judge.seconds
                part.exercises, part.fault = judge.grade(submission, lesson), ""
                break
            except (JudgeFault, TypeError, OSError) as error:
                if judge is not None:
                    judge.kill()
                judge, part.fault = None, str(error) or type(error).__name__
                if self.faults:
                    raise Stopped from None
                if last and isinstance(error, (NotStarted, OSError)):
                    raise UsageError(f"no judge can be started: {part.fault}; what was graded is kept") from None
        part.seconds = round(time.monotonic() - started, 2)
        return judge, part


@contextlib.contextmanager
def worker_tree(lessons: list[Lesson], extra: Sequence[Path]) -> Iterator[Path]:
    """A temporary folder with the trusted files that every worker may read."""
    with tempfile.TemporaryDirectory(prefix="grade-tree-") as folder:
        visible_files.write_tree(Path(folder), lessons, extra)
        yield Path(folder)
