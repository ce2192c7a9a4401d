"""The worker of one lesson of one submission, as the judge sees it: starts it, asks it, and keeps its limits."""

from __future__ import annotations

import functools
import time
from pathlib import Path

from course.authoring import stubs
from course.base import manifest, not_written, time_limit
from course.base.manifest import Lesson
from course.observe import codec
from grader import results
from grader.judge import remote_observer
from grader.judge.remote_observer import Unanswered
from grader.judge.settings import Limits
from grader.sandbox import replaced, visible_files, worker
from lab.sandbox import frames
from lab.sandbox.sandbox import Job, Sandbox

DEATHS = {
    9: "killed, most likely for taking too much memory or processor time",
    6: "aborted",
    11: "a segmentation fault",
    24: "out of processor time",
    25: "a file grew too large",
}
IMPORTABLE = "grading has Python's own modules, what requirements.txt installs, lab, and the lesson's files"


class SubmissionWorker:
    """`files`: the submission's, by their names in the lesson. A stub stands in for each that is None.
    `earlier_stubs`: earlier lessons are stubs, not references.

    A worker is started when it is first needed, and again after one has ended."""

    def __init__(
        self,
        sandbox: Sandbox,
        lesson: Lesson,
        files: dict[str, bytes | None],
        limits: Limits,
        earlier_stubs: bool = False,
    ):
        self.sandbox, self.lesson, self.files, self.limits = sandbox, lesson, dict(files), limits
        self.earlier_stubs = earlier_stubs
        self.seconds_left, self.answer_bytes_left = limits.lesson, limits.answer_bytes
        self.channel = None

    def ask(self, request: bytes, seconds: float) -> bytes:
        """The answer. Raises Unanswered; the worker has ended then, and the next question gets a new one."""
        if self.channel is None:
            with time_limit.quiet():
                job = job_of(self.lesson, self.files, self.limits.processor, self.earlier_stubs)
                self.channel = self.sandbox.start(job)
        started = time.monotonic()
        deadline = started + min(seconds, self.seconds_left)
        try:
            with time_limit.quiet():
                frames.send(self.channel, request, deadline)
                answer = frames.receive(self.channel, frames.ANSWER_LIMIT, deadline)
        except frames.TooLate:
            self.stop()
            together = f"the calls of this lesson took more than {self.limits.lesson:.0f} seconds together"
            says = together if seconds > self.seconds_left else f"no end after {seconds:.0f} seconds"
            raise Unanswered(results.TIMEOUT, says) from None
        except frames.TooLarge:
            self.stop()
            raise Unanswered(results.DIED, f"the answer is larger than {frames.ANSWER_LIMIT} bytes") from None
        except frames.Closed:
            signal = self.stop()
            reason = DEATHS.get(signal, f"signal {signal}" if signal else "it left")
            raise Unanswered(results.DIED, f"its process ended in the middle of the call: {reason}") from None
        finally:
            self.seconds_left -= time.monotonic() - started
        self.answer_bytes_left -= len(answer)
        if self.answer_bytes_left < 0:
            raise Unanswered(
                results.DIED, f"the answers of this lesson are larger than {self.limits.answer_bytes} bytes"
            )
        return answer

    def replaced(self) -> list[str]:
        """What the worker says that the submission has replaced in it; nothing if it has ended."""
        if self.channel is None:
            return []
        try:
            said = self.ask(worker.WHAT_IS_REPLACED, self.limits.call)[:4000].decode("utf-8", "replace")
        except Unanswered:
            return ["(its worker did not say what is replaced)"]
        return [remote_observer.clean(name, remote_observer.PLACE) for name in said.splitlines()[: replaced.MOST]]

    def stop(self) -> int:
        """Ends the worker. Gives the number of the signal that had ended it before; 0 if none had."""
        if self.channel is None:
            return 0
        self.channel.close()
        self.channel = None
        return self.sandbox.end()["signal"]

    def import_files(self) -> dict[str, Unanswered]:
        """Imports every file in the worker, and puts stubs in the place of those that cannot be imported. Gives what
        went wrong, by file.

        If several cannot be imported, one may fail only because of another: all of them are put aside, and each is
        tried again with stubs in the place of those that are still aside."""
        problems: dict[str, Unanswered] = {}
        for file in [file for file, text in self.files.items() if text is not None]:
            if (problem := self.import_problem(file)) is not None:
                problems[file] = problem
                self.stop()  # what is left of the attempt is no place to try the next in
        texts = {file: self.files[file] for file in problems}
        self.files.update(dict.fromkeys(texts))
        for file in texts if len(texts) > 1 else ():
            self.files[file] = texts[file]
            self.stop()
            if self.import_problem(file) is None:
                del problems[file]
            else:
                self.files[file] = None
        if texts:
            self.stop()
        return problems

    def import_problem(self, file: str) -> Unanswered | None:
        """None if the worker can import the file; else what happened."""
        module = f"{self.lesson.name}.{file.removesuffix('.py').replace('/', '.')}"
        try:
            request = frames.pack(codec.encode({"import": module}), b"")
            outcome = codec.decode(frames.unpack(self.ask(request, self.limits.call), 3)[0])
        except Unanswered as error:
            return error
        except ValueError:
            return Unanswered(results.DIED, "the answer cannot be read")
        error = remote_observer.rebuilt_error(outcome)
        if error is None:
            return None
        says = f"{type(error).__name__}: {error}"
        if type(error).__name__ == "ModuleNotFoundError":
            says += f"; {IMPORTABLE}"
        return Unanswered(results.NOT_GRADABLE, says, error.places)


def job_of(lesson: Lesson, files: dict[str, bytes | None], processor_seconds: int, earlier_stubs: bool = False) -> Job:
    """What the worker of one lesson holds: the submission's files (a stub for each that is missing), the lesson's
    given files and scenarios, and the references of earlier lessons, or their stubs."""
    held = dict(given_files(lesson.folder))
    for file, text in files.items():
        path = (lesson.folder / file).relative_to(lesson.root).as_posix()
        held[path] = stub_of(lesson.folder, file) if text is None else text + for_missing_names(lesson, file)
    earlier = earlier_lessons(lesson)
    for other in earlier:
        held.update(earlier_files(other.folder, earlier_stubs))
    solution = "0" if earlier_stubs else ",".join(other.name for other in earlier) or "0"
    return Job(held, solution, seconds=processor_seconds)


def for_missing_names(lesson: Lesson, file: str) -> bytes:
    """Code that stands behind a file's own: where the file lacks an exercise's name, a stub takes its place, so that
    other files can import it."""
    names = {e.object.partition(".")[0]: not_written.message(e) for e in reversed(lesson.exercises) if e.file == file}
    stub = """
if {name!r} not in globals():
    def {name}(*arguments, **named):
        raise NotImplementedError({message!r})
"""
    return "".join(stub.format(name=name, message=message) for name, message in names.items()).encode()


def earlier_lessons(lesson: Lesson) -> list[Lesson]:
    return [other for other in manifest.read_all(lesson.root) if other.number < lesson.number]


# A judge starts two workers for each lesson of each submission: what does not depend on the submission is made once.


@functools.cache
def given_files(folder: Path) -> dict[str, bytes]:
    """The files of the lesson in `folder` that nobody hands in, by their paths in the course."""
    lesson = manifest.read(folder)
    held = {folder / path.relative_to(lesson.solution): path for path in lesson.reference_files()}
    held = {at: path for at, path in held.items() if at.relative_to(folder).as_posix() not in stubs.files(lesson)}
    scenarios = folder / "testcases" / "scenarios.py"
    paths = visible_files.given_files(lesson) + ([scenarios] if scenarios.exists() else [])
    held |= {path: path for path in paths}
    return {at.relative_to(lesson.root).as_posix(): path.read_bytes() for at, path in held.items()}


@functools.cache
def stub_of(folder: Path, file: str) -> bytes:
    return stubs.stub_of(manifest.read(folder), file).encode()


@functools.cache
def earlier_files(folder: Path, as_stubs: bool) -> dict[str, bytes]:
    """What a worker of a later lesson holds of the lesson in `folder`, by their paths in the course."""
    lesson = manifest.read(folder)
    held = {path.relative_to(lesson.root).as_posix(): path.read_bytes() for path in visible_files.given_files(lesson)}
    for path in lesson.reference_files():
        name = path.relative_to(lesson.solution).as_posix()
        if as_stubs:
            text = stub_of(folder, name) if name in stubs.files(lesson) else path.read_bytes()
            held[(folder / name).relative_to(lesson.root).as_posix()] = text
        else:
            held[path.relative_to(lesson.root).as_posix()] = path.read_bytes()
    return held
