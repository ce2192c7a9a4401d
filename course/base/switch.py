"""The switch: `import lesson13_grpo` gives the learner's code or the reference, as SOLUTION says.

    SOLUTION unset, empty or 0    everything from tutorial/
    SOLUTION=1                    everything from solutions/
    SOLUTION=lesson13,14.6        those lessons and exercises from solutions/, the rest from tutorial/

`lessonNN_*.testcases` and `lessonNN_*.given` always come from tutorial/: both kinds of code meet the same tests.
One finder on `sys.meta_path` does it, for pytest, notebooks and scripts alike. A file that holds an exercise taken from
the reference beside others is merged from both (course/base/mixed_source.py).
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from course.base.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
LESSON = re.compile(r"lesson\d\d_\w+")
EXERCISE = re.compile(r"\d\d\.\d+")


class LessonFinder:
    """Finds `lessonNN_*` packages under `root`/tutorial or `root`/solutions.

    The value of SOLUTION is read when a lesson is first imported; `select` changes it later.
    """

    def __init__(self, root: Path = ROOT):
        self.root = root

    def folders(self, tree: str) -> dict[str, Path]:
        """Lesson name -> its folder, for one tree ("tutorial" or "solutions"), in lesson order."""
        found = [p for p in (self.root / tree).glob("stage*/lesson*") if p.is_dir() and LESSON.fullmatch(p.name)]
        return {p.name: p for p in sorted(found, key=lambda p: p.name)}

    def tree_of(self, lesson: str) -> str:
        """ "tutorial" or "solutions": where `lesson` comes from under the present SOLUTION, apart from exercises that
        SOLUTION names."""
        everything = _everything()
        if everything is None:
            everything = lesson in self.from_solutions(_value())
        return "solutions" if everything else "tutorial"

    def is_reference(self, lesson: str, exercise_id: str) -> bool:
        """Whether the exercise comes from solutions/ under the present SOLUTION."""
        if (everything := _everything()) is not None:
            return everything
        chosen = self.from_solutions(_value())
        return lesson in chosen or exercise_id in chosen

    def from_solutions(self, value: str) -> set[str]:
        """The lessons (by full name) and exercises (by id) that a value of SOLUTION takes from solutions/. Raises
        UsageError on a bad value."""
        lessons = self.folders("tutorial").keys() | self.folders("solutions").keys()
        parts = [part.strip() for part in value.split(",")]
        if parts in ([""], ["0"]):
            return set()
        if not (self.root / "solutions").is_dir():
            raise UsageError(f"SOLUTION={value!r} asks for the reference, and there is no solutions/ here; unset it")
        if parts == ["1"]:
            return set(lessons)
        chosen = set()
        for part in parts:
            matches = {name for name in lessons if part in (name, name.split("_")[0])}
            if EXERCISE.fullmatch(part) and part in self.exercises():
                matches = {part}
            if not matches:
                known = ", ".join(name.split("_")[0] for name in sorted(lessons)) or "none"
                raise UsageError(
                    f"SOLUTION={value!r}: {part!r} is neither a lesson nor an exercise; use 0, 1, or lessons and "
                    f"exercises joined by commas, such as lesson13,14.6 (the lessons are: {known})"
                )
            chosen |= matches
        return chosen

    def exercises(self) -> dict[str, tuple[str, str, str]]:
        """Exercise id -> its lesson, its file and its object, for every lesson."""
        from course.base import manifest  # which needs this module

        return {e.id: (n.name, e.file, e.object) for n in manifest.read_all(self.root) for e in n.exercises}

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target=None):
        lesson, _, rest = fullname.partition(".")
        if not LESSON.fullmatch(lesson):
            return None
        if rest not in ("", "testcases", "given"):  # a file inside a lesson: found by Python itself, unless it is mixed
            return self._mixed(fullname, lesson, rest.replace(".", "/") + ".py")
        tree = "tutorial" if rest else self.tree_of(lesson)
        folder = self.folders(tree).get(lesson)
        if folder is None:
            return None
        folder = folder / rest if rest else folder
        spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        return spec

    def _mixed(self, fullname: str, lesson: str, file: str) -> importlib.machinery.ModuleSpec | None:
        """The learner's file with the exercises that SOLUTION takes from the reference; None if there are none."""
        wanted = self.from_solutions(_value())
        if lesson in wanted or not any(EXERCISE.fullmatch(one) for one in wanted):
            return None
        places = self.exercises()
        objects = [o for i, (name, f, o) in places.items() if i in wanted and (name, f) == (lesson, file)]
        path = self.folders("tutorial")[lesson] / file
        if not objects or not path.is_file():
            return None
        from course.base.mixed_source import MixedLoader

        loader = MixedLoader(fullname, path, self.folders("solutions")[lesson] / file, objects)
        return importlib.util.spec_from_file_location(fullname, path, loader=loader)

    def invalidate_caches(self) -> None:
        """Nothing is cached: folders are looked up at each import of a lesson."""


def _value() -> str:
    return os.environ.get("SOLUTION", "")


def _everything() -> bool | None:
    """Whether everything comes from solutions/ (True) or nothing (False): then no folder need be looked at, which each
    test's report would do several times. None if SOLUTION names lessons or exercises."""
    return {"": False, "0": False, "1": True}.get(_value().strip())


finder = LessonFinder()


def install() -> None:
    """Puts the finder in front of Python's own, once."""
    if finder not in sys.meta_path:
        sys.meta_path.insert(0, finder)


install()  # whoever imports this module imports lessons by their own name


def check() -> None:
    """Raises UsageError if the environment's SOLUTION has none of the forms above."""
    finder.from_solutions(_value())


def select(value: str) -> None:
    """Sets SOLUTION for this process and forgets loaded lessons, so that the next import obeys it.

    For notebooks: objects that were imported before keep their old code until imported again.
    """
    finder.from_solutions(value)
    os.environ["SOLUTION"] = value
    forget()


def forget() -> None:
    """Drops every loaded lesson module from Python's module cache."""
    for name in [n for n in sys.modules if LESSON.fullmatch(n.partition(".")[0])]:
        del sys.modules[name]
