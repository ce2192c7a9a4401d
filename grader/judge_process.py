"""A judge as the command sees it: a process that grades one lesson of one submission at a time."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from typing import Any, ClassVar

from course.authoring import stubs
from course.base.errors import UsageError
from course.base.manifest import Lesson
from course.base.switch import ROOT
from grader.intake.submission import Submission
from grader.judge.settings import JudgeSettings
from grader.results import ExerciseResult
from lab.sandbox import frames

PATIENCE = 600.0  # seconds that a judge may take for a part, besides those that its calls may take together


class JudgeFault(Exception):
    """A judge ended, or sent something that it never should."""


class NotStarted(JudgeFault):
    """A judge ended before it was handed anything."""


class JudgeProcess:
    """`seconds`: how long it has taken to get ready."""

    running: ClassVar[set[JudgeProcess]] = set()

    def __init__(self, settings: JudgeSettings):
        started = time.monotonic()
        self.patience = PATIENCE + len(settings.lessons) * settings.limits.lesson  # it rehearses them all
        self.control, judge_end = socket.socketpair()
        self.log = tempfile.TemporaryFile()  # noqa: SIM115
        environment = {**os.environ, "PYTHONHASHSEED": "0", "SOLUTION": "1", "OMP_NUM_THREADS": "1"}
        environment.pop("PYTEST_ADDOPTS", None)
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        with judge_end:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "grader.judge.judge", str(judge_end.fileno())],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=self.log,
                pass_fds=[judge_end.fileno()],
                start_new_session=True,  # a Ctrl-C is for this process to decide about
            )
        self.running.add(self)
        try:
            self.send(asdict(settings))
            ready = self.receive()
        except JudgeFault as error:
            ready = {"problem": str(error), "usage problem": ""}
        if ready["problem"] or ready["usage problem"]:
            self.kill()
            raise UsageError(ready["usage problem"]) if ready["usage problem"] else NotStarted(ready["problem"])
        self.seconds = time.monotonic() - started
        self.patience = PATIENCE + settings.limits.lesson

    def grade(self, submission: Submission, lesson: Lesson) -> list[ExerciseResult]:
        """Raises JudgeFault."""
        files, problems = files_of(submission, lesson)
        self.send({"lesson": lesson.name, "files": files, "problems": problems})
        return [ExerciseResult(**row) for row in self.receive()]

    def send(self, value: Any) -> None:
        try:
            frames.send(self.control, frames.to_json(value))
        except frames.Closed:
            raise JudgeFault(self.why_silent()) from None

    def receive(self) -> Any:
        try:
            deadline = time.monotonic() + self.patience
            return frames.from_json(frames.receive(self.control, frames.REQUEST_LIMIT, deadline))
        except (frames.Closed, frames.TooLate, frames.TooLarge, ValueError):
            raise JudgeFault(self.why_silent()) from None

    def why_silent(self) -> str:
        """The last line that the judge has printed, if it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        if self.process.poll() is None:
            return f"the judge does not answer within {self.patience:.0f} s"
        with contextlib.suppress(OSError, ValueError):
            self.log.seek(0)
            lines = self.log.read()[-4000:].decode("utf-8", "replace").strip().splitlines()
            if lines:
                return lines[-1]
        return f"the judge ended ({self.process.poll()})"

    def kill(self) -> None:
        self.process.kill()
        self.close()

    def close(self) -> None:
        self.control.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.running.discard(self)


def files_of(submission: Submission, lesson: Lesson) -> tuple[dict[str, bytes], dict[str, str]]:
    """A submission's files of one lesson, and what is wrong with the others of it: all that decides about its part."""
    names = [f"{lesson.name}/{file}" for file in stubs.files(lesson)]
    files = {name: submission.files[name] for name in names if name in submission.files}
    return files, {name: submission.problems[name] for name in names if name in submission.problems}
