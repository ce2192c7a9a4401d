"""The switch: `import lesson13_grpo` gives the learner's code or the reference, as SOLUTION says.

    SOLUTION unset, empty or 0    every lesson from tutorial/
    SOLUTION=1                    every lesson from solutions/
    SOLUTION=lesson13,lesson14    those from solutions/, the rest from tutorial/

`lessonNN_*.testcases` and `lessonNN_*.given` always come from tutorial/: both kinds of code meet the same tests.
One finder on `sys.meta_path` does it, for pytest, notebooks and scripts alike. It left out on purpose:
switching inside one lesson (a lesson is never half yours, half ours).
"""

from __future__ import annotations

import importlib.machinery
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from course.base.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
LESSON = re.compile(r"lesson\d\d_\w+")


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
        """ "tutorial" or "solutions": where `lesson` comes from under the present SOLUTION."""
        return "solutions" if lesson in self.from_solutions(os.environ.get("SOLUTION", "")) else "tutorial"

    def from_solutions(self, value: str) -> set[str]:
        """The lessons that a value of SOLUTION takes from solutions/. Raises UsageError on a bad value."""
        lessons = self.folders("tutorial").keys() | self.folders("solutions").keys()
        value = value.strip()
        if value in ("", "0"):
            return set()
        if value == "1":
            return self._held(set(lessons), value)
        chosen = set()
        for part in value.split(","):
            matches = {name for name in lessons if part.strip() in (name, name.split("_")[0])}
            if not matches:
                known = ", ".join(name.split("_")[0] for name in sorted(lessons)) or "none"
                raise UsageError(
                    f"SOLUTION={value!r}: {part.strip()!r} is not a lesson; use 0, 1, or lessons "
                    f"joined by commas (there are: {known})"
                )
            chosen |= matches
        return self._held(chosen, value)

    def _held(self, chosen: set[str], value: str) -> set[str]:
        if chosen and not (self.root / "solutions").is_dir():
            raise UsageError(f"SOLUTION={value!r} asks for the reference, and there is no solutions/ here; unset it")
        return chosen

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target=None):
        lesson, _, rest = fullname.partition(".")
        if not LESSON.fullmatch(lesson) or rest not in ("", "testcases", "given"):
            return None  # files inside a lesson are found by Python itself, through the package's path
        tree = "tutorial" if rest else self.tree_of(lesson)
        folder = self.folders(tree).get(lesson)
        if folder is None:
            return None
        folder = folder / rest if rest else folder
        spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        return spec

    def invalidate_caches(self) -> None:
        """Nothing is cached: folders are looked up at each import of a lesson."""


finder = LessonFinder()


def install() -> None:
    """Puts the finder in front of Python's own, once."""
    if finder not in sys.meta_path:
        sys.meta_path.insert(0, finder)


install()  # whoever imports this module imports lessons by their own name


def check() -> None:
    """Raises UsageError where the environment's SOLUTION is not one of the four forms."""
    finder.from_solutions(os.environ.get("SOLUTION", ""))


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
