"""What the command that grades a class tells each judge, and the limits that a judge keeps. Imports nothing slow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Limits:
    """Seconds and bytes; honest answers take a small part of each."""

    call: float = 20.0  # one call; the slowest honest one, which compiles a program with JAX, takes about a second
    training_call: float = 120.0  # the same in a test that trains
    lesson: float = 240.0  # all calls of one lesson together
    processor: int = 120  # processor time of a worker
    judge_test: float = 20.0  # processor time of the judge itself over what one test is shown
    judge_lesson: float = 120.0  # the same for a whole lesson of a submission
    diagnosis: float = 5.0  # looking for the known mistake behind one failed exercise; 0: nobody looks
    answer_bytes: int = 48 * 2**20  # all answers of a lesson together; honest ones take under 6 MiB


WITH_TRAINING = {"lesson": 1800.0, "processor": 900, "judge_test": 120.0, "judge_lesson": 600.0}


@dataclass
class JudgeSettings:
    lessons: list[str]  # names: "lesson13_grpo"
    tier: str  # "bubblewrap" or "unsafe"
    tree: str  # the folder of trusted files that every worker may read
    seed: int  # of the hidden variation
    full: bool = False  # the tests that train are run, too
    extra: list[str] = field(default_factory=list)  # paths of the instructor's own test files
    number: int = 0  # of the judge
    changed_limits: dict[str, Any] = field(default_factory=dict)  # for tests

    @property
    def limits(self) -> Limits:
        return Limits(**{**(WITH_TRAINING if self.full else {}), **self.changed_limits})
