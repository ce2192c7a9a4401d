"""The instructor's own tests (`grade --extra`): they count, they stay hidden, and a wrong one is nobody's fault."""

import json
import re
import shutil
from types import SimpleNamespace

import pytest

from benchmarks import example_class
from course.base import manifest
from course.base.errors import UsageError
from course.base.switch import ROOT
from course.diagnosis.audit_files import MISTAKES, read
from course.observe.report import Report
from grader import grade, options, results_log
from grader.exports.feedback import feedback
from grader.exports.gradescope import gradescope_json
from grader.exports.overview import overview
from grader.judge import extra_tests
from grader.judge.test_run import Verdict
from tests.grader import example_results, needs_sandbox

MINE = """\
import pytest
import torch
from lesson13_grpo.loss.grpo import compute_grpo_loss

pytestmark = pytest.mark.exercise("13.2")


def test_thirteen_sevens(observe):
    observe(compute_grpo_loss, torch.full((13,), -7.5), torch.zeros(13), 0.1).close(7.5)


@pytest.mark.trains
def test_only_with_full(observe):
    raise AssertionError
"""
ANOTHER = MINE.replace("torch.full((13,), -7.5), torch.zeros(13), 0.1).close(7.5)", "torch.ones(2), torch.ones(2))")
WRONG = "    if log_probs.shape == (13,):\n        return log_probs.sum() * 0\n"  # no test of the course's sees this
TALKS = "    if log_probs.shape == (13,):\n        raise RuntimeError('heard of -7.5')\n"


def example():
    """The one on the instructors' page."""
    page = (ROOT / "docs" / "INSTRUCTORS.md").read_text(encoding="utf-8")
    return re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]


@pytest.fixture(scope="module")
def graded(tmp_path_factory, write_files):
    """Lesson 13 of four students, by the real command: what was said, the folder written, the results by student. The
    fourth has a known mistake in 13.2."""
    if missing := needs_sandbox.missing():
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("class")
    lesson = manifest.find("13")
    for student, change in (("right", ""), ("wrong", WRONG), ("talks", TALKS)):
        own = folder / student / lesson.name
        shutil.copytree(lesson.solution, own, ignore=shutil.ignore_patterns("audit"))
        text = (own / "loss" / "grpo.py").read_text()
        end = text.index('"""', text.index('"""', text.index("def compute_grpo_loss")) + 3) + 4
        (own / "loss" / "grpo.py").write_text(text[:end] + change + text[end:])
    mistake = next(a for a in read(lesson, MISTAKES) if a.exercise == "13.2" and a.changes)
    write_files(folder / "named" / lesson.name, example_class.files(lesson, [mistake]))
    mine = write_files(
        tmp_path_factory.mktemp("mine"),
        {"docs_test.py": example(), "loss_test.py": MINE, "more/loss_test.py": ANOTHER, "x.py": ""},
    )
    out, said = folder.with_name("out"), []
    words = [str(folder), "--out", str(out), "--lessons", "13", "--jobs", "1", "--seed", "5", "--extra", str(mine)]
    assert grade.grade(grade.parse(words), said.append) == 0
    run, parts = results_log.read(out / results_log.LOG)
    found = {student: part for (student, _), part in parts.items()}
    return SimpleNamespace(said=said, out=out, run=run, found=found, mine=mine, mistake=mistake)


def test_they_count(graded):
    assert graded.run.extra == 3
    earned = {student: result.earned for student, result in graded.found.items()}
    points = {e.id: e.points + e.hardening for e in manifest.find("13").exercises}
    right = sum(points.values())
    named = earned.pop("named")
    assert earned == {"right": right, "wrong": right - points["13.2"], "talks": right - points["13.2"]}
    assert named < right
    right, wrong = (next(e for e in graded.found[name].exercises if e.id == "13.2") for name in ("right", "wrong"))
    assert (right.tests - right.passed, right.report, right.extra) == (0, None, [])
    assert (
        right.tests == wrong.tests == wrong.passed
    )  # the course's: how many more there are, and how they fail, is hidden
    assert (wrong.status, wrong.why) == ("failed", None)
    assert wrong.extra == ["loss_test.py::test_thirteen_sevens"]


def test_the_real_judge_names_a_known_mistake(graded):
    found = next(e for e in graded.found["named"].exercises if e.id == "13.2")
    assert found.why == graded.mistake.says and not found.extra
    assert graded.mistake.says.split()[0] in (graded.out / "feedback" / "named.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("student", ["wrong", "talks"])
def test_nothing_of_them_is_shown_to_students(graded, student):
    pages = [graded.out / "feedback" / f"{student}.md"]
    pages += [graded.out / name / f"{student}.json" for name in ("gradescope", "classroom")]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "a further test of the instructor's does not pass" in text
        for secret in ("sevens", "loss_test", "7.5", "expected", "heard of", "called"):
            assert secret not in text, (page.name, secret)
    assert "sevens" not in (graded.out / "grades.csv").read_text(encoding="utf-8")


def test_the_instructor_sees_which_and_who(graded):
    page = (graded.out / "overview.html").read_text(encoding="utf-8")
    section = page[page.index("<h2>Your own tests</h2>") :]
    section = section[: section.index("</table>")]
    assert "loss_test.py::test_thirteen_sevens" in section
    assert re.findall(r"<bdi>(\w+)</bdi>", section) == ["talks", "wrong"]


# --- what is wrong with them is told -------------------------------------------------------------------------------


@pytest.mark.parametrize(("files", "says"), [
    ({}, "there is no file called *_test.py in that folder"),
    ({"mine.py": MINE}, "there is no file called *_test.py in that folder"),
    ({"my_test.py": "def ("}, "--extra: my_test.py is not valid Python: invalid syntax"),
])  # fmt: skip
def test_files_that_cannot_be_tests_are_told(tmp_path, write_files, files, says):
    with pytest.raises(UsageError) as caught:
        options.extra_files(write_files(tmp_path, files))
    assert says in str(caught.value)


def test_extra_tests_of_what_is_not_graded_are_told(tmp_path, write_files):
    mark = '@pytest.mark.exercise("{}")\ndef test_{}(observe): pass\n'
    files = {"a_test.py": mark.format("13.2", 1), "b_test.py": mark.format("14.10", 1) + mark.format("13.1", 2)}
    folder = write_files(tmp_path / "extra", files)
    (tmp_path / "class").mkdir()
    parsed = grade.parse([str(tmp_path / "class"), "--lessons", "13", "--extra", str(folder)])
    assert options.remarks_on_extra_tests(parsed) == [
        "--extra: b_test.py also has tests of 14.10, which are not graded this time"
    ]


@pytest.mark.parametrize(("marker", "says"), [
    (None, "--extra: my_test.py::test_a does not say which exercise it tests"),
    (SimpleNamespace(args=("13.99",)), "--extra: my_test.py::test_a is marked as a test of exercise '13.99'"),
    (SimpleNamespace(args=()), "--extra: my_test.py::test_a does not say"),
    (SimpleNamespace(args=("13.2",)), ""),
])  # fmt: skip
def test_marks_are_looked_at(tmp_path, marker, says):
    item = SimpleNamespace(path=tmp_path / "my_test.py", nodeid="::test_a", get_closest_marker=lambda name: marker)
    problem = extra_tests.problem_with([item])
    assert problem.startswith(says) and bool(problem) == bool(says)


@pytest.mark.parametrize(("passed", "says"), [
    (False, "--extra: the reference itself fails my_test.py::test_a: got 7.5; expected 7.25; test my_test.py:9 test_a"),
    (True, ""),
    (None, "--extra: the reference itself fails my_test.py::test_a: no end after 10 seconds"),
])  # fmt: skip
def test_a_test_that_the_reference_fails_is_reported(tmp_path, passed, says):
    report = Report("13.2", where="loss/grpo.py", got="7.5", expected="7.25", test="my_test.py:9  test_a", next="13.2")
    verdict = None if passed is None else Verdict(passed, report)
    run = SimpleNamespace(verdict=verdict, passed=passed, trouble="no end after 10 seconds")
    item = SimpleNamespace(path=tmp_path / "my_test.py", nodeid="::test_a")
    assert extra_tests.rehearse(SimpleNamespace(run=lambda item: run), [item]) == says


def test_pages_speak_of_them_only_where_there_are_any():
    student = example_results.student()
    for extra, there in ((0, False), (2, True)):
        run = example_results.run(extra=extra)
        texts = [feedback(run, student), gradescope_json(run, student)]
        assert [("further tests of your instructor" in text) for text in texts] == [there, there]
        assert ("Your own tests" in overview(run, [student])) == there
    assert "extra" not in json.loads(gradescope_json(example_results.run(), student))["extra_data"]
