"""What pytest shows of failed lesson tests: a few lines instead of a traceback, and the traceback on demand."""

import re
import shutil

import pytest

from course.authoring import stubs
from course.base.manifest import Exercise
from course.desk import failure_text
from tests.course.forked_pytest import run_pytest

LESSON = "stage01_a/lesson13_made_up"

SOLUTION = '''\
"""The reference, some lines longer than the learner's file."""

import torch


def loss(x, beta=1.0):
    return beta * x.sum()


class Model:
    def forward(self, x):
        return x


def add(x):
    return x + 1
'''

LEARNERS = """\
import torch

def loss(x, beta=1.0):
    if beta == 0:
        return torch.zeros(())[3]
    return beta * x.sum() + 1

class Model:
    def forward(self, x):
        return -x

def add(x):
    return x.add_(1)
"""

TESTS = """\
    import pytest
    import torch
    from hypothesis import strategies as st
    from lesson13_made_up.work import loss
    from lesson13_made_up.testcases import scenarios
    from course.base.property_tests import for_all

    X = torch.tensor([1.0, 2.0])

    @pytest.mark.exercise("13.1")
    class TestLoss:
        def test_sums(self, observe):
            observe(loss, X, beta=2).close(6)

        @pytest.mark.parametrize("beta", [0.5, 2.0])
        def test_scales(self, observe, beta):
            value = observe(loss, X, beta=beta).value
            assert value == 3 * beta, "the loss must grow with beta"

        @for_all(n=st.integers(0, 9))
        def test_is_small(self, observe, n):
            observe(loss, torch.full((n,), 1.0)).close(n if n < 3 else 0)

        def test_passes(self, observe):
            observe(loss, X).close(4)

        def test_crashes(self, observe):
            observe(loss, X, beta=0)

        def test_other_arguments(self, observe):
            observe(loss, X, gamma=0.5)

        def test_crashes_again(self, observe):
            observe(loss, X[:1], beta=0)

    @pytest.mark.exercise("13.2")
    def test_method(observe):
        observe(scenarios.forward, [1], twice=True).check(False, "forward must keep the sign")

    @pytest.mark.exercise("13.2")
    def test_without_observation():
        assert not X.any(), "nothing was observed here"
    """
ADDS = """
    import pytest
    import torch
    from lesson13_made_up.work import add

    @pytest.mark.exercise("13.3")
    def test_adds(observe):
        observe(add, torch.zeros(2)).close(torch.ones(2))
    """

MISTAKES = """\
    from course.base.attempt import Attempts

    wrong = Attempts()
    wrong("One too much: the sum alone is asked for.", {"beta * x.sum()": "beta * x.sum() + 1"})
    wrong("Beta is forgotten.", {"beta * x.sum()": "x.sum()"})
    """

SCENARIOS = '''\
    import torch
    from lesson13_made_up import work

    def forward(x, length=1, twice=False):
        """Calls Model.forward, and nothing
        else. Only for short texts. `length` is never used. Returns numbers.

        `twice` is never used either."""
        return work.Model().forward(torch.tensor(x)).tolist()
    '''


@pytest.fixture(scope="module")
def course(tmp_path_factory, write_files, manifest_text):
    return write_files(tmp_path_factory.mktemp("course"), {
        f"tutorial/{LESSON}/lesson.toml": manifest_text(
            "13.1 work.py:loss", "13.2 work.py:Model.forward", "13.3 work.py:add"
        ),
        f"tutorial/{LESSON}/work.py": LEARNERS,
        f"tutorial/{LESSON}/testcases/basic_test.py": TESTS + ADDS,
        f"tutorial/{LESSON}/testcases/advanced_test.py": ADDS,
        f"tutorial/{LESSON}/testcases/scenarios.py": SCENARIOS,
        "tutorial/stage01_a/lesson14_other/lesson.toml": manifest_text("14.1 work.py:f"),
        f"solutions/{LESSON}/work.py": SOLUTION,
        f"solutions/{LESSON}/audit/ex01.py": MISTAKES,
        "tests/own_test.py": "def test_of_the_course_itself():\n    assert 1 == 2, 'shown as pytest shows it'\n",
    })  # fmt: skip


@pytest.fixture(scope="module")
def shown(course):
    """What one run of all these tests shows: the whole text, and the report of each test by name."""
    done = run_pytest(course)
    assert (done.returncode, done.stderr) == (1, "")
    parts = re.split(r"^_+ (\S+) _+$", done.stdout, flags=re.MULTILINE)
    reports = dict(zip(parts[1::2], (p.partition("\n===")[0].strip("\n") for p in parts[2::2]), strict=True))
    return done.stdout, reports


LOSS, METHOD = f"{'exercise 13.1  loss':<52} work.py:3", f"{'exercise 13.2  Model.forward':<52} work.py:9"


@pytest.mark.parametrize(("test", "lines"), [
    ("TestLoss.test_sums", [
        LOSS,
        "  called   loss(x=[1, 2], beta=2)",
        "  got      7",
        "  expected 6",
        "  differs  by 1",
        "  test     basic_test.py:13  test_sums",
        "  why      One too much: the sum alone is asked for.",
        "  next     make hint EX=13.1",
    ]),
    ("TestLoss.test_scales[0.5]", [
        LOSS,
        "  called   loss(x=[1, 2], beta=0.5)",
        "  says     the loss must grow with beta",
        "  test     basic_test.py:18  test_scales[0.5]",
        "  why      One too much: the sum alone is asked for.",
        "  next     make hint EX=13.1",
    ]),
    ("test_method", [
        METHOD,
        "  called   forward(x=[1], twice=True)",
        "  that is  Calls Model.forward, and nothing else. Returns numbers. `twice` is never used either.",
        "  got      [-1]",
        "  says     forward must keep the sign",
        "  test     basic_test.py:38  test_method",
        "  next     make hint EX=13.2",
    ]),
    ("TestLoss.test_crashes", [
        LOSS,
        "  called   loss(x=[1, 2], beta=0)",
        "  raised   IndexError: ...",
        "  at       work.py:5  return torch.zeros(())[3]",
        "  test     basic_test.py:28  test_crashes",
        "  next     make hint EX=13.1",
    ]),
    ("TestLoss.test_other_arguments", [
        LOSS,
        "  called   loss([1, 2], gamma=0.5)",
        "  raised   TypeError: got an unexpected keyword argument 'gamma'",
        "  test     basic_test.py:31  test_other_arguments",
        "  next     make hint EX=13.1",
    ]),
])  # fmt: skip
def test_a_failure_takes_a_few_lines(shown, test, lines):
    found = [re.sub(r"(?<=IndexError: ).*", "...", line) for line in shown[1][test].splitlines()]
    assert found == lines


def test_a_property_is_reported_by_its_smallest_counterexample(shown):
    lines = shown[1]["TestLoss.test_is_small"].splitlines()
    assert lines[1:3] == ["  called   loss(x=[])", "  got      1"]
    assert len(lines) == 8


def test_only_advanced_suites_ask_of_every_call_whether_it_changed_its_arguments(shown):
    assert "  test     advanced_test.py" in shown[1]["test_adds"]
    assert "changed its argument 'x' in place" in shown[1]["test_adds"]


def test_calls_of_an_earlier_test_are_not_shown(shown):
    assert "called" not in shown[1]["test_without_observation"]
    assert "  says     nothing was observed here" in shown[1]["test_without_observation"]


def test_an_error_met_before_is_reported_by_the_test_that_met_it_first(shown):
    assert shown[1]["TestLoss.test_crashes_again"].splitlines() == [
        f"{'exercise 13.1  loss':<52} work.py:3",
        f"{shown[1]['TestLoss.test_crashes'].splitlines()[2]}, as in test_crashes",
    ]


def test_the_courses_own_tests_are_shown_as_pytest_shows_them_and_its_summary_names_exercises(shown):
    assert "def test_of_the_course_itself():" in shown[1]["test_of_the_course_itself"]
    assert "AssertionError: shown as pytest shows it" in shown[0]
    place = f"FAILED tutorial/{LESSON}/testcases/basic_test.py::TestLoss::test_sums"
    assert f"{place} - exercise 13.1 loss work.py:3" in shown[0].splitlines()
    assert "11 failed, 2 passed" in shown[0].splitlines()[-1]


def test_full_trace_brings_the_traceback_back(course):
    shown = run_pytest(course, "--full-trace", "-k", "test_sums").stdout
    assert "def test_sums(self, observe):" in shown and "def close(self, expected" in shown
    assert "course.observe.report.ObservationFailed:   called   loss(x=[1, 2], beta=2)" in shown
    assert "exercise 13.1" not in shown


@pytest.mark.parametrize(("wanted", "where", "why"), [
    (["13.9"], "tutorial", "13.9: there is no such exercise; the tests given are of 13.1, 13.2, 13.3"),
    (["14.1"], "tutorial", "14.1: it is of lesson14_other; the tests given are of 13.1, 13.2, 13.3"),
])  # fmt: skip
def test_an_exercise_that_is_not_among_the_tests_is_refused(course, wanted, where, why):
    done = run_pytest(course, *[f"--exercise={number}" for number in wanted], where)
    assert (done.returncode, done.stderr.strip()) == (4, f"ERROR: --exercise {why}")


def test_a_file_that_cannot_be_loaded_is_reported_before_a_missing_exercise(tmp_path, course, write_files):
    broken = shutil.copytree(course, tmp_path / "broken")
    write_files(broken, {f"tutorial/{LESSON}/work.py": "\n\ndef broken(:\n"})
    done = run_pytest(broken, "-q", "--exercise", "13.9", f"tutorial/{LESSON}/testcases/basic_test.py")
    assert f"tutorial/{LESSON}/work.py:3: invalid syntax" in done.stdout.splitlines()
    assert "there is no such exercise" not in done.stderr
    assert "importlib" not in done.stdout and len(done.stdout.splitlines()) < 10


def test_pdb_still_stops_at_the_failing_line(course):
    done = run_pytest(course, "--pdb", "-k", "test_sums", stdin="p 6 * 7\nq\n")
    assert "exercise 13.1" in done.stdout and "entering PDB" in done.stdout
    assert "observe(loss, X, beta=2).close(6)" in done.stdout
    assert "42" in done.stdout.partition("(Pdb)")[2]


def test_the_line_is_that_of_the_tree_in_use(course, lessons_at, monkeypatch):
    lessons_at(course)
    exercise = Exercise("13.2", "work.py", "Model.forward", 1, 1, 5, [])
    folder = course / "tutorial" / LESSON
    assert failure_text.line_of(folder, exercise) == 9
    monkeypatch.setenv("SOLUTION", "1")
    assert failure_text.line_of(folder, exercise) == 11


# --- exercises that are not written yet ----------------------------------------------------------------------------

FIRST_SOLUTION = '''\
"""Doubles."""


def double(x):
    """Twice x."""
    # > Add x to itself.
    return x + x


def half(x):
    """Half of x."""
    # > Divide by two.
    return x / 2
'''

SECOND_SOLUTION = '''\
"""Builds on the first lesson."""

from lesson10_first.work import double


def fourfold(x):
    """Four times x."""
    # > Double twice.
    return double(double(x))
'''

FIRST_TEST = """\
    import pytest
    from lesson10_first.work import double, half

    @pytest.mark.exercise("10.1")
    def test_doubles():
        assert double(2) == 4

    @pytest.mark.exercise("10.1")
    def test_doubles_nothing():
        assert double(0) == 0

    @pytest.mark.exercise("10.2")
    def test_halves():
        assert half(2) == 1

    def test_needs_no_exercise():
        pass
    """

SECOND_TEST = """\
    import pytest
    from lesson11_second.work import fourfold

    @pytest.mark.exercise("11.1")
    def test_takes_four_times():
        assert fourfold(2) == 8
    """


@pytest.fixture
def fresh(tmp_path, write_files, manifest_text):
    """Two small lessons, the second of which builds on the first, with pristine stubs."""
    first, second = "stage01_a/lesson10_first", "stage01_a/lesson11_second"
    write_files(tmp_path, {
        f"tutorial/{first}/lesson.toml": manifest_text("10.1 work.py:double", "10.2 work.py:half"),
        f"tutorial/{first}/testcases/basic_test.py": FIRST_TEST,
        f"tutorial/{second}/lesson.toml": manifest_text("11.1 work.py:fourfold"),
        f"tutorial/{second}/testcases/basic_test.py": SECOND_TEST,
        f"solutions/{first}/work.py": FIRST_SOLUTION,
        f"solutions/{second}/work.py": SECOND_SOLUTION,
        "tests/some_test.py": "def test_other():\n    raise NotImplementedError('one day')\n",
    })  # fmt: skip
    stubs.write_all(tmp_path, tmp_path)
    return tmp_path


def test_each_exercise_that_is_not_written_takes_one_line(fresh):
    done = run_pytest(fresh, "-v", "tutorial")
    expected = ["10.1, work.py:double   2 tests", "10.2, work.py:half   1 test", "11.1, work.py:fourfold   1 test"]
    assert not_written_lines(done) == [f"not written yet: exercise {line}" for line in expected]
    assert " NOT WRITTEN " in done.stdout and " not written" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize(("solution", "way_past"), [(None, "lesson10"), ("lesson20", "lesson20,lesson10")])
def test_an_unwritten_earlier_lesson_comes_with_the_way_past_it(fresh, write_files, solution, way_past):
    other = "stage02_b/lesson20_other/work.py"
    write_files(fresh, {f"tutorial/{other}": "", f"solutions/{other}": ""})
    second = "stage01_a/lesson11_second/work.py"
    shutil.copy(fresh / "solutions" / second, fresh / "tutorial" / second)  # written by the learner
    done = run_pytest(fresh, "tutorial/stage01_a/lesson11_second", solution=solution)
    assert not_written_lines(done) == [
        "not written yet: exercise 10.1, work.py:double "
        f"(lesson 11 builds on it; SOLUTION={way_past} uses the reference for it)   1 test"
    ]
    assert run_pytest(fresh, "tutorial/stage01_a/lesson11_second", solution=way_past).returncode == 0


def test_another_not_implemented_error_is_an_ordinary_failure(fresh):
    done = run_pytest(fresh, "tests")
    assert "NotImplementedError: one day" in done.stdout and "not written yet" not in done.stdout


def not_written_lines(done):
    """The lines, of a run that failed and shows neither a traceback nor pytest's list of failures."""
    assert (done.returncode, done.stderr) == (1, "")
    for sign in ("Traceback", "NotImplementedError", "FAILED", "ERROR", "FAILURES", "def test_"):
        assert sign not in done.stdout
    return [line for line in done.stdout.splitlines() if line.startswith("not written yet: ")]
