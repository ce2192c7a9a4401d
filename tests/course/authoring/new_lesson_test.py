"""A filled lesson is found by its suites, `make next`, the bundle and grading; audit_test.py has audit and notebook."""

import csv
import json
import shutil

from course.authoring import new_lesson, stubs
from course.base.switch import ROOT
from course.release import build_bundle
from tests.grader import needs_sandbox

LESSON_13 = "stage04_alignment/lesson13_grpo"
NAME = "stage02_policy_gradient/lesson05_reinforce"
REFERENCE = '''\
"""Adds."""


def first(x: float) -> float:
    """x + 1."""
    # > Add.
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

# Runs in a copy of the course, which has lessons 13 and 05.
CHECKS = """
import io, json, os, sys
from pathlib import Path
import pytest
from rich.console import Console
from course.base import manifest
from course.desk import next_step
from course.release import build_bundle
from grader import grade
lesson = manifest.find("05")
found = {"bundle": [str(name) for name in build_bundle.files(Path.cwd())]}
os.environ["SOLUTION"] = "1"
found["tests"] = int(pytest.main(["-q", "-p", "no:cacheprovider", str(lesson.folder)]))
text = io.StringIO()
next_step.show([lesson], Console(file=text, width=100))
found["next"] = text.getvalue()
if sys.argv[1] == "grade":
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
    made = {path.relative_to(root).as_posix() for path in new_lesson.new_lesson(NAME, root)}
    write_files(root, {
        f"tutorial/{NAME}/testcases/basic_test.py": TESTS,
        f"tutorial/{NAME}/testcases/advanced_test.py": TESTS,
        f"solutions/{NAME}/loss/first.py": REFERENCE,
        "class/ada/lesson05_reinforce/loss/first.py": REFERENCE,
        "class/bob/lesson05_reinforce/loss/first.py": REFERENCE.replace("return x + 1", "return x - 1"),
    })  # fmt: skip
    stubs.write_all(root, root)
    grading = "" if needs_sandbox.missing() else "grade"
    done = run_python(root, "-c", CHECKS, grading)
    assert (root / "found.json").exists(), done.stdout + done.stderr
    found = json.loads((root / "found.json").read_text())
    assert found["tests"] == 0, done.stdout
    assert f"tutorial/{NAME}/loss/first.py" in found["next"]
    assert {name for name in found["bundle"] if NAME in name} == {name for name in made if name.startswith("tutorial/")}
    if grading:
        rows = list(csv.DictReader(found["grades"].lstrip("\ufeff").splitlines()))
        assert [(row["student"], row["05.1 first"]) for row in rows] == [("ada", "1"), ("bob", "0")]
