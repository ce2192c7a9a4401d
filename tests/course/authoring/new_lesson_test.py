"""A new lesson is one folder in each tree, and the rest of the course finds it by itself."""

import json
import shutil

from course.authoring import new_lesson, stubs
from course.base.switch import ROOT
from course.release import build_bundle
from tests.grader import needs_sandbox

LESSON_13 = "stage04_alignment/lesson13_grpo"
NAME = "stage02_policy_gradient/lesson05_reinforce"
FILES = {
    f"tutorial/{NAME}/lesson.toml", f"tutorial/{NAME}/README.md", f"tutorial/{NAME}/walkthrough.ipynb",
    f"tutorial/{NAME}/testcases/basic_test.py", f"tutorial/{NAME}/testcases/advanced_test.py",
    f"tutorial/{NAME}/testcases/scenarios.py", f"tutorial/{NAME}/given/figures.py", f"tutorial/{NAME}/loss/first.py",
    f"solutions/{NAME}/loss/first.py", f"solutions/{NAME}/audit/ex01.py",
}  # fmt: skip

REFERENCE = '''\
"""Adds."""


def first(x: float) -> float:
    """x + 1, for x from 0 on. Raises ValueError for other x."""
    # > Add.
    if not x >= 0:
        raise ValueError(f"x must be 0 or more, not {x}")
    return x + 1
'''
TESTS = """\
    import pytest
    from course.base.property_tests import drawn
    from lesson05_reinforce.loss.first import first

    @pytest.mark.exercise("05.1")
    def test_sum(observe):
        x = drawn().uniform(2, 99)
        observe(first, x).close(x + 1)
    """
REFUSES = """

    @pytest.mark.exercise("05.1")
    def test_refuses(observe):
        with observe.raises(ValueError):
            observe(first, -1.0)
    """
AUDIT = "\n".join([
    "from course.base.attempt import Attempts",
    "wrong, right, core = Attempts(), Attempts(), Attempts()",
    *(f'wrong("Off by {n}.", {{"x + 1": "x + {n + 1}"}})' for n in range(1, 9)),
    *(f'right("way {n}", {{"x + 1": "{n} + x + 1 - {n}"}})' for n in range(2)),
    'core("no check", {"if not x >= 0:": "if False:"})',
])  # fmt: skip

# Runs in a copy of the course: everything that should find the lesson, in one process.
CHECKS = """
import io, json, os, sys
from pathlib import Path
import pytest
from rich.console import Console
from course.authoring import audit, notebooks
from course.base import manifest
from course.desk import next_step
found = {}
lesson = manifest.find("05")
found["audit"] = audit.audit(["05"], processes=1).problems
os.environ["SOLUTION"] = "1"
found["tests"] = int(pytest.main(["-q", "-p", "no:cacheprovider", str(lesson.folder)]))
notebooks.notebook_process.IMPORTED_ONCE = ()
notebooks.run_all([lesson], write=True)
found["notebooks"] = notebooks.run_all([lesson]).problems
text = io.StringIO()
next_step.show([lesson], Console(file=text, width=100))
found["next"] = text.getvalue()
if sys.argv[1] == "grade":
    from grader import grade
    grade.grade(grade.parse(["class", "--out", "grades", "--jobs", "1", "--seed", "5", "--lessons", "05"]))
    found["grades"] = Path("grades/grades.csv").read_text()
Path("found.json").write_text(json.dumps(found))
"""


def test_a_filled_lesson_is_found_by_everything(tmp_path, copy_machinery, write_files, run_python):
    root = copy_machinery(tmp_path)
    for name in (*build_bundle.FILES, build_bundle.README, "configs/demo.yaml"):
        write_files(root, {name: (ROOT / name).read_text(encoding="utf-8")})
    for tree in ("tutorial", "solutions"):  # the grader tries its judge out on lesson 13
        shutil.copytree(ROOT / tree / LESSON_13, root / tree / LESSON_13, ignore=shutil.ignore_patterns("__pycache__"))
    stubs.write_all(root, root)
    before = set(root.rglob("*"))
    made = {path.relative_to(root).as_posix() for path in new_lesson.new_lesson(NAME, root)}
    assert made == FILES == {p.relative_to(root).as_posix() for p in set(root.rglob("*")) - before if p.is_file()}
    assert stubs.changed(root) == []  # the new stub is the pristine one

    tutorial = root / "tutorial" / NAME
    for name in ("lesson.toml", "README.md", "walkthrough.ipynb", "given/figures.py"):
        text = (tutorial / name).read_text(encoding="utf-8").replace("TODO", "Done")
        if name == "walkthrough.ipynb":
            text = text.replace("first(torch.tensor([1.0, 2.0]))", "first(2.0)")
        (tutorial / name).write_text(text, encoding="utf-8")
    write_files(root, {
        f"tutorial/{NAME}/testcases/basic_test.py": TESTS,
        f"tutorial/{NAME}/testcases/advanced_test.py": TESTS + REFUSES,
        f"solutions/{NAME}/loss/first.py": REFERENCE,
        f"solutions/{NAME}/audit/ex01.py": AUDIT,
        "class/ada/lesson05_reinforce/loss/first.py": REFERENCE,
    })  # fmt: skip
    stubs.write_all(root, root)
    grading = "" if needs_sandbox.missing() else "grade"
    done = run_python(root, "-c", CHECKS, grading)
    assert (root / "found.json").exists(), done.stdout + done.stderr
    found = json.loads((root / "found.json").read_text())
    assert (found["audit"], found["tests"], found["notebooks"]) == ([], 0, []), done.stdout + done.stderr
    assert "05 Done" in found["next"] and f"tutorial/{NAME}/loss/first.py" in found["next"]
    bundle = {name for name in build_bundle.files(root) if NAME in name}
    assert bundle == {name for name in FILES if name.startswith("tutorial/")}
    if grading:
        assert "ada" in found["grades"]
        assert "05.1" in found["grades"]
