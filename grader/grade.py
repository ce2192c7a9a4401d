"""`python -m course grade FOLDER`: grades a class. One line at the end says where everything was written.

    --out DIR        where to write (grades/); an interrupted run is taken up again there
    --lessons 13,14  only these
    --full           also the tests that train
    --seed N         of the hidden variation; otherwise drawn anew each time, and recorded
    --jobs N         judges at a time; as many as there are processors by default
    --extra DIR      the instructor's own tests, in files called *_test.py
    --gradebook CSV --assignment NAME   the gradebook that Canvas exported; a filled copy is written
    --gradescope FILE  also writes the results.json of the only submission
    --unsafe         without walls, if bubblewrap is missing

It starts a few judges (`grader.judge.judge`), each with its own sandbox, and hands out parts: one lesson of one
submission each, all submissions of a lesson before the next lesson. Each finished part is appended to DIR/results.jsonl
and is on the disk before the next is begun: whatever ends this process loses none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from course.base.atomic_files import write_text
from course.base.errors import UsageError
from course.base.manifest import Lesson
from grader import exports, results
from grader.intake import submission as intake
from grader.intake.submission import Submission
from grader.judge.settings import JudgeSettings
from grader.options import Options, extra_files, parse, read_gradebook
from grader.results import Part, Run, StudentResult
from grader.results_log import LOG, Log, Parts, digest, locked_folder, resume
from grader.sandbox import tier as tiers
from grader.schedule import ClassRun, worker_tree

__all__ = ["grade", "parse"]
REMARKS = 20  # about files that belong to nobody


def print_line(line: str) -> None:
    """At once, on any terminal. If nobody reads it any more, the grading goes on."""
    try:
        print(line, flush=True)
    except UnicodeEncodeError:
        print(line.encode("ascii", "backslashreplace").decode(), flush=True)
    except OSError:
        pass


def grade(options: Options, say: Callable[[str], None] = print_line) -> int:
    """Grades, or goes on where an earlier run with the same --out ended. 1 if the grader itself kept a grade back."""
    tier = tiers.chosen(options.unsafe)
    survey = intake.survey(options.folder, options.lessons, confined=tier == tiers.BUBBLEWRAP)
    submissions = survey.submissions
    for remark in survey.remarks[:REMARKS]:
        say(f"note: {remark}")
    if more := survey.remarks[REMARKS:]:
        say(f"note: {len(more)} more that belong to nobody")
    if options.gradescope and len(submissions) != 1:
        raise UsageError(f"--gradescope is for one submission, and {options.folder} holds {len(submissions)}")
    if not submissions:
        raise UsageError(f"there is no submission in {options.folder}; it holds a folder or an archive per student")
    gradebook = read_gradebook(options) if options.gradebook else ""
    with locked_folder(options.out):
        run, done = resume(options, tier, say)
        log = Log(options.out / LOG, run)
        grades = Grades(submissions, options.lessons, run, done)
        if grades.parts:
            say(f"{len(grades.parts)} of {len(grades.digests)} were graded before and are kept")
        try:
            if grades.missing():
                grade_missing(options, run, grades, log, say)
        finally:
            log.close()
        return finish(options, run, [grades.results[s.student] for s in submissions], gradebook, say)


class Grades:
    """The parts that are finished, and each submission's result as soon as all of its parts are."""

    def __init__(self, submissions: list[Submission], lessons: list[Lesson], run: Run, done: Parts):
        self.submissions, self.lessons = submissions, lessons
        self.digests = {(s.student, one.name): digest(s, one, run) for s in submissions for one in lessons}
        self.parts: Parts = {}
        self.results: dict[str, StudentResult] = {}
        for key, wanted in self.digests.items():
            if key in done and done[key].digest == wanted and done[key].earned is not None:
                self.parts[key] = done[key]
        for submission in submissions:
            self.complete(submission)

    def missing(self) -> list[tuple[Submission, Lesson]]:
        return [(s, one) for one in self.lessons for s in self.submissions if (s.student, one.name) not in self.parts]

    def add(self, part: Part) -> None:
        self.parts[part.student, part.lesson] = part
        self.complete(next(s for s in self.submissions if s.student == part.student))

    def complete(self, submission: Submission) -> None:
        parts = [self.parts.get((submission.student, one.name)) for one in self.lessons]
        if all(parts):
            self.results[submission.student] = student_result(submission, parts)


def grade_missing(options: Options, run: Run, grades: Grades, log: Log, say: Callable[[str], None]) -> None:
    """Grades what is missing, and adds it."""
    lessons = {lesson.name: lesson for lesson in options.lessons}
    extra = extra_files(options.extra)

    def finished(part: Part, seconds_left: float | None) -> None:
        part.digest, part.seed = grades.digests[part.student, part.lesson], run.seed
        log.append(part)
        grades.add(part)
        say(progress(part, lessons[part.lesson], len(grades.parts), len(grades.digests), seconds_left))

    with worker_tree(options.lessons, extra) as tree:
        extra_paths = [str(path) for path in extra]
        settings = JudgeSettings(run.lessons, run.tier, str(tree), run.seed, run.full, extra_paths)
        ClassRun(grades.missing(), settings, options.jobs, finished).run(say)


def student_result(submission: Submission, parts: list[Part]) -> StudentResult:
    """A submission's result: its parts, and remarks on its files. The latter are made anew for kept parts, too, since
    they are about more than the files that are graded."""
    faults = list(dict.fromkeys(part.fault for part in parts if part.fault))
    status = results.GRADER_ERROR if faults else results.GRADED if submission.files else results.NOT_GRADABLE
    return StudentResult(
        submission.student,
        status,
        [exercise for part in parts for exercise in part.exercises],
        notes=list(submission.notes),
        flags=[
            *submission.flags,
            *submission.flags_in_code,
            *(flag for part in parts for exercise in part.exercises for flag in exercise.flags),
            *(f"the grader failed: {fault}" for fault in faults),
        ],
        seeds={part.lesson: part.seed for part in parts},
        digest=hashlib.sha256(" ".join(part.digest for part in parts).encode()).hexdigest()[:16],
        seconds=round(sum(part.seconds for part in parts), 2),
        ids=dict(submission.ids),
    )


def progress(part: Part, lesson: Lesson, done: int, total: int, left: float | None) -> str:
    """ "  57 of 400  ada   lesson 14: 21 of 40 points   about 2 min left"; `left`: seconds, None if unknown."""
    score = f"{part.earned} of {part.points} points" if part.earned is not None else results.GRADER_ERROR
    line = f"{done:>4} of {total}  {part.student:<28.28} lesson {lesson.number}: {score}"
    if done == total or left is None:
        return line
    return f"{line}   about {left / 60:.0f} min left" if left >= 90 else f"{line}   about {left:.0f} s left"


def finish(options: Options, run: Run, found: list[StudentResult], gradebook: str, say: Callable[[str], None]) -> int:
    """Writes everything that is made from the results, prints the last lines, and gives the exit status."""
    try:
        exports.write_all(run, found, options.out)
        if options.gradebook:
            filled, unmatched = exports.canvas_gradebook(gradebook, options.assignment, found)
            write_text(options.out / "gradebook.csv", filled)
            for line in unmatched:
                say(f"note: {line}")
        if options.gradescope:
            write_text(options.gradescope, exports.gradescope_json(run, found[0]))
    except OSError as error:
        raise UsageError(
            f"all is graded, but {error.filename or options.out} cannot be written ({error.strerror}); make room and "
            "give the same command again: nothing is graded again"
        ) from None
    if run.warning:
        say(f"WARNING: {run.warning}")
    failed = [r.student for r in found if r.earned is None]
    if failed:
        say(f"the grader itself failed for {len(failed)}: {', '.join(failed[:5])}; give the same command again")
    say(f"{len(found)} graded; see {options.out / 'overview.html'}, and grades.csv beside it")
    return 1 if failed else 0
