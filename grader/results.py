"""What grading found, as data. Everything that is written for people or for an LMS is made from these."""

from __future__ import annotations

from dataclasses import dataclass, field

from course.base.property_tests import DRAWS_IN_GRADING as EXAMPLES  # noqa: F401
from course.observe.report import Report

# The status of an exercise. Only the first two earn points; the others say why there are none.
PASSED = "passed"
BASIC = "basic passed"  # its points are earned, its hardening is not
FAILED = "failed"  # at least one of the tests that decide about its points fails
NOT_WRITTEN = "not written"  # still the stub
BLOCKED = "blocked"  # its tests end in another exercise, which is not written or not gradable
NOT_GRADABLE = "not gradable"  # the file is missing, or it cannot be imported; no test could run
TIMEOUT = "timeout"  # a call had no end within its limit
DIED = "died"  # the worker ended in the middle of a call: out of memory, os._exit, a crash
GRADER_ERROR = "grader error"  # our fault: no score, and never a zero

# The status of a submission.
GRADED = "graded"  # every lesson's tests were run, whatever they said


@dataclass
class ExerciseResult:
    """One exercise of one submission.

    `points` and `hardening` are all or nothing, each for itself: `points` for the basic tests, `hardening` for the
    advanced ones. Hardening needs the basic tests, too, or code that only refuses would earn it. If no exercise of a
    lesson has hardening, all tests decide about the points.
    """

    id: str  # "13.2"
    points: int
    earned: int | None  # of `points`; None if the grader failed
    status: str
    tests: int = 0  # that decide about `points`
    passed: int = 0
    report: Report | None = None  # of the first failed test, as the desk shows it
    why: str | None = None  # the known mistake, if one was recognised
    follows: str = ""  # the id of the other exercise whose mistake or lack this only follows from
    extra: list[str] = field(default_factory=list)  # for the instructor alone: the tests of their own that failed
    hardening: int = 0  # points besides
    hardening_earned: int = 0
    hardening_tests: int = 0  # that decide about `hardening`
    hardening_passed: int = 0
    flags: list[str] = field(default_factory=list)  # of the first one: what the lesson's code did while it ran

    def __post_init__(self):
        if isinstance(self.report, dict):  # read from JSON
            self.report = Report(**self.report)

    @property
    def earned_in_all(self) -> int | None:
        return None if self.earned is None else self.earned + self.hardening_earned

    @property
    def points_in_all(self) -> int:
        return self.points + self.hardening


def earned_in_all(exercises: list[ExerciseResult]) -> int | None:
    """Points and hardening together; None if the grader failed anywhere."""
    return None if any(e.earned is None for e in exercises) else sum(e.earned_in_all for e in exercises)


@dataclass
class Part:
    """One lesson of one submission: what a judge is handed at a time, and a line of results.jsonl."""

    student: str
    lesson: str  # "lesson13_grpo"
    exercises: list[ExerciseResult]
    fault: str = ""  # why the grader failed on it; each exercise is a GRADER_ERROR then
    digest: str = ""  # of the files that were graded and of the grading itself
    seconds: float = 0.0
    seed: int = 0  # of the hidden variation

    @property
    def earned(self) -> int | None:
        return earned_in_all(self.exercises)

    @property
    def points(self) -> int:
        return sum(e.points_in_all for e in self.exercises)


@dataclass
class StudentResult:
    """One submission: all of its parts, and what there is to say besides the points."""

    student: str  # as the intake names it: the folder's or the archive's name
    status: str  # GRADED, NOT_GRADABLE (nothing usable was handed in) or GRADER_ERROR
    exercises: list[ExerciseResult] = field(default_factory=list)  # in the order of the lessons
    notes: list[str] = field(default_factory=list)  # for the student: what was ignored, missing, not readable
    flags: list[str] = field(default_factory=list)  # for the instructor alone: things to look at, never punished
    digest: str = ""  # of the files that were graded and of the grading itself
    seconds: float = 0.0
    seeds: dict[str, int] = field(default_factory=dict)  # of the hidden variation: "lesson13_grpo" -> seed
    ids: dict[str, str] = field(default_factory=dict)  # "canvas", "moodle", "email", "sid", if an LMS gives them

    @property
    def earned(self) -> int | None:
        return None if self.status == GRADER_ERROR else earned_in_all(self.exercises)

    @property
    def points(self) -> int:
        return sum(e.points_in_all for e in self.exercises)


@dataclass
class Run:
    """One grading run: what is true of all its results, said in every report."""

    tier: str  # "bubblewrap, own user" or another of lab/sandbox/sandbox.py
    warning: str  # "" if the tier confines; else a loud sentence for every report
    seed: int  # of the hidden variation of what this command grades; what is kept has its own
    lessons: list[str]  # "lesson13_grpo", ...
    titles: dict[str, str]  # exercise id -> what it asks for ("compute_grpo_loss"), in order
    full: bool  # the tests that train were run, too
    version: str  # of the course: a digest of tests, references and grader
    points: dict[str, int] = field(default_factory=dict)  # exercise id -> points for its basic tests, in order
    hardening: dict[str, int] = field(default_factory=dict)  # exercise id -> points for its advanced tests
    extra: int = 0  # files of the instructor's own tests that count besides the course's; they are never shown
    created: str = ""  # ISO 8601; the only thing that differs between two runs on the same input
