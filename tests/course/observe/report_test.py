"""What pytest shows of a failed lesson test: a few lines instead of a traceback, and the traceback on demand."""

import re
import shutil

import pytest
import torch

from course.base.manifest import Exercise
from course.desk import pytest_plugin
from course.observe import format_value
from course.observe.format_call import format_call
from course.observe.report import WIDTH, Report, render

LESSON = "stage01_a/lesson13_made_up"

SOLUTION = '''\
"""The reference, some lines longer than the learner's file."""

import torch


def loss(x, beta=1.0):
    return beta * x.sum()


class Model:
    def forward(self, x):
        return x
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

        def test_refuses_beta(self, observe):
            with observe.raises(ValueError, match="beta"):
                observe(loss, X, beta=-1)

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

        def test_awaits_an_error(self, observe):
            with observe.raises(ValueError):
                observe(loss, X, gamma=0.5)

        def test_crashes_again(self, observe):
            observe(loss, X[:1], beta=0)

    @pytest.mark.exercise("13.2")
    def test_method(observe):
        observe(scenarios.forward, [1], twice=True).check(False, "forward must keep the sign")

    def test_without_an_exercise():
        assert 1 + 1 == 3

    @pytest.mark.exercise("13.2")
    def test_without_observation():
        assert not X.any(), "nothing was observed here"
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
def course(tmp_path_factory, copy_machinery, write_files, manifest_text):
    folder = copy_machinery(tmp_path_factory.mktemp("course"))
    return write_files(folder, {
        f"tutorial/{LESSON}/lesson.toml": manifest_text("13.1 work.py:loss", "13.2 work.py:Model.forward"),
        f"tutorial/{LESSON}/work.py": LEARNERS,
        f"tutorial/{LESSON}/testcases/basic_test.py": TESTS,
        f"tutorial/{LESSON}/testcases/scenarios.py": SCENARIOS,
        "tutorial/stage01_a/lesson14_other/lesson.toml": manifest_text("14.1 work.py:f"),
        f"solutions/{LESSON}/work.py": SOLUTION,
        f"solutions/{LESSON}/audit/ex01.py": MISTAKES,
        "tests/own_test.py": "def test_of_the_course_itself():\n    assert 1 == 2, 'told as pytest tells it'\n",
    })  # fmt: skip


@pytest.fixture(scope="module")
def shown(course, run_python):
    """What one run of all these tests shows: the whole text, and the report of each test by name."""
    done = run_python(course, "-m", "pytest", "-p", "no:cacheprovider")
    assert (done.returncode, done.stderr) == (1, "")
    parts = re.split(r"^_+ (\S+) _+$", done.stdout, flags=re.MULTILINE)
    reports = dict(zip(parts[1::2], (p.partition("\n===")[0].strip("\n") for p in parts[2::2]), strict=True))
    return done.stdout, reports


def test_a_failed_comparison_is_told_in_eight_lines(shown):
    assert shown[1]["TestLoss.test_sums"].splitlines() == [
        f"{'exercise 13.1  loss':<52} work.py:3",
        "  called   loss(x=[1, 2], beta=2)",
        "  got      7",
        "  expected 6",
        "  differs  by 1",
        "  test     basic_test.py:13  test_sums",
        "  why      One too much: the sum alone is asked for.",
        "  next     make hint EX=13.1",
    ]


def test_a_missing_error_is_told_the_same_way(shown):
    assert shown[1]["TestLoss.test_refuses_beta"].splitlines()[1:] == [
        "  called   loss(x=[1, 2], beta=-1)",
        "  got      no error, but -2",
        "  expected a ValueError whose message contains 'beta'",
        "  test     basic_test.py:16  test_refuses_beta",
        "  why      One too much: the sum alone is asked for.",
        "  next     make hint EX=13.1",
    ]


def test_a_plain_assert_is_told_by_its_sentence(shown):
    assert shown[1]["TestLoss.test_scales[0.5]"].splitlines()[1:] == [
        "  called   loss(x=[1, 2], beta=0.5)",
        "  says     the loss must grow with beta",
        "  test     basic_test.py:22  test_scales[0.5]",
        "  why      One too much: the sum alone is asked for.",
        "  next     make hint EX=13.1",
    ]


def test_a_property_is_told_by_its_smallest_counterexample(shown):
    lines = shown[1]["TestLoss.test_is_small"].splitlines()
    assert lines[1:3] == ["  called   loss(x=[])", "  got      1"]
    assert len(lines) == 8


def test_a_method_is_told_with_its_own_line(shown):
    assert shown[1]["test_method"].splitlines() == [
        f"{'exercise 13.2  Model.forward':<52} work.py:9",
        "  called   forward(x=[1], twice=True)",
        "  that is  Calls Model.forward, and nothing else. Returns numbers. `twice` is never used either.",
        "  got      [-1]",
        "  says     forward must keep the sign",
        "  test     basic_test.py:46  test_method",
        "  next     make hint EX=13.2",
    ]


def test_without_an_exercise_the_test_itself_is_named(shown):
    assert shown[1]["test_without_an_exercise"].splitlines() == [
        f"{'this test':<52} basic_test.py",
        "  says     assert (1 + 1) == 3",
        "  test     basic_test.py:49  test_without_an_exercise",
    ]


def test_calls_of_an_earlier_test_are_not_shown(shown):
    assert "called" not in shown[1]["test_without_observation"]
    assert "  says     nothing was observed here" in shown[1]["test_without_observation"]


def test_a_crash_of_the_learners_code_is_told_with_its_place(shown):
    lines = shown[1]["TestLoss.test_crashes"].splitlines()
    assert lines[0] == f"{'exercise 13.1  loss':<52} work.py:3"
    assert lines[1] == "  called   loss(x=[1, 2], beta=0)"
    assert lines[2].startswith("  raised   IndexError: ")
    assert lines[3:] == [
        "  at       work.py:5  return torch.zeros(())[3]",
        "  test     basic_test.py:32  test_crashes",
        "  next     make hint EX=13.1",
    ]


def test_an_error_met_before_is_told_by_the_test_that_met_it_first(shown):
    assert shown[1]["TestLoss.test_crashes_again"].splitlines() == [
        f"{'exercise 13.1  loss':<52} work.py:3",
        f"{shown[1]['TestLoss.test_crashes'].splitlines()[2]}, as in test_crashes",
    ]


def test_a_changed_signature_is_told_too(shown):
    lines = shown[1]["TestLoss.test_other_arguments"].splitlines()
    assert lines[0] == f"{'exercise 13.1  loss':<52} work.py:3"
    assert lines[1] == "  called   loss([1, 2], gamma=0.5)"
    assert lines[2] == "  raised   TypeError: got an unexpected keyword argument 'gamma'"
    assert lines[-2] == "  test     basic_test.py:35  test_other_arguments"


def test_a_changed_signature_is_told_where_another_error_is_awaited(shown):
    assert shown[1]["TestLoss.test_awaits_an_error"].splitlines()[1:] == [
        "  called   loss([1, 2], gamma=0.5)",
        "  got      TypeError: got an unexpected keyword argument 'gamma'",
        "  expected a ValueError",
        "  test     basic_test.py:38  test_awaits_an_error",
        "  next     make hint EX=13.1",
    ]


def test_the_courses_own_tests_are_told_as_pytest_tells_them(shown):
    assert "def test_of_the_course_itself():" in shown[1]["test_of_the_course_itself"]
    assert "AssertionError: told as pytest tells it" in shown[0]


def test_the_summary_names_the_exercise(shown):
    place = f"FAILED tutorial/{LESSON}/testcases/basic_test.py::TestLoss::test_sums"
    assert f"{place} - exercise 13.1 loss work.py:3" in shown[0].splitlines()
    assert "13 failed, 1 passed" in shown[0].splitlines()[-1]


def test_full_trace_brings_the_traceback_back(course, run_python):
    done = run_python(course, "-m", "pytest", "-p", "no:cacheprovider", "--full-trace", "-k", "test_sums")
    assert "def test_sums(self, observe):" in done.stdout
    assert "course.observe.report.ObservationFailed:   called   loss(x=[1, 2], beta=2)" in done.stdout
    assert "def close(self, expected" in done.stdout
    assert "exercise 13.1" not in done.stdout


@pytest.mark.parametrize(("wanted", "why"), [
    (["13.9"], "--exercise 13.9: there is no such exercise"), (["99"], "--exercise 99: there is no such exercise"),
    (["13.1", "13"], "--exercise 13: there is no such exercise"),
    (["14.1"], "--exercise 14.1: it is of lesson14_other"),
])  # fmt: skip
def test_an_exercise_that_is_not_among_the_tests_is_told_with_those_that_are(course, run_python, wanted, why):
    options = [f"--exercise={number}" for number in wanted]
    done = run_python(course, "-m", "pytest", "-p", "no:cacheprovider", *options, "tutorial")
    assert (done.returncode, done.stderr.strip()) == (4, f"ERROR: {why}; the tests given are of 13.1, 13.2")


def test_an_exercise_is_not_missed_where_its_tests_are(course, run_python):
    for options in (["13.2", "tutorial"], ["13.2", f"tutorial/{LESSON}/testcases/basic_test.py::TestLoss"]):
        done = run_python(course, "-m", "pytest", "-p", "no:cacheprovider", "--exercise", *options)
        assert done.stderr == "" and " deselected" in done.stdout
    done = run_python(course, "-m", "pytest", "-p", "no:cacheprovider", "--exercise", "13.2", "tests")
    assert done.stderr.strip() == "ERROR: --exercise 13.2: it is of lesson13_made_up; the tests given are of none"
    done = run_python(
        course, "-m", "pytest", "-p", "no:cacheprovider", "-p", "xdist.plugin", "-n", "2", "--exercise", "13.9"
    )
    assert "INTERNALERROR" not in done.stdout and "no tests ran" in done.stdout


def test_a_file_that_cannot_be_loaded_is_told_before_a_missing_exercise(tmp_path, course, run_python, write_files):
    broken = shutil.copytree(course, tmp_path / "broken")
    write_files(broken, {f"tutorial/{LESSON}/work.py": "def broken(:\n"})
    done = run_python(broken, "-m", "pytest", "-p", "no:cacheprovider", "--exercise", "13.9", "tutorial")
    assert f"tutorial/{LESSON}/work.py:1: invalid syntax" in done.stdout
    assert "there is no such exercise" not in done.stderr


@pytest.mark.parametrize("options", [("-v",), ("-x",), ("-p", "xdist.plugin", "-n", "2"), ("-k", "sums", "-v")])
def test_other_ways_to_start_pytest_show_the_same(course, run_python, options):
    done = run_python(course, "-m", "pytest", "-p", "no:cacheprovider", "-k", "test_sums", *options)
    assert done.returncode == 1
    assert "  why      One too much: the sum alone is asked for.\n  next     make hint EX=13.1\n" in done.stdout


def test_pdb_still_stops_at_the_failing_line(course, run_python):
    done = run_python(
        course, "-m", "pytest", "-p", "no:cacheprovider", "--pdb", "-k", "test_sums", stdin="p 6 * 7\nq\n"
    )
    assert "exercise 13.1" in done.stdout
    assert "entering PDB" in done.stdout
    assert "observe(loss, X, beta=2).close(6)" in done.stdout
    assert "42" in done.stdout.partition("(Pdb)")[2]


def test_the_line_is_that_of_the_tree_in_use(course, lessons_at, monkeypatch):
    lessons_at(course)
    exercise = Exercise("13.2", "work.py", "Model.forward", 1, 1, 5, [])
    folder = course / "tutorial" / LESSON
    assert pytest_plugin._line_of(folder, exercise) == 9
    monkeypatch.setenv("SOLUTION", "1")
    assert pytest_plugin._line_of(folder, exercise) == 11


def test_a_place_that_cannot_be_found_has_no_line(tmp_path, write_files, lessons_at):
    lessons_at(write_files(tmp_path, {f"tutorial/{LESSON}/work.py": "def broken(:\n"}))
    folder = tmp_path / "tutorial" / LESSON
    for file, name in (("work.py", "broken"), ("nowhere.py", "f"), ("work.py", "Model.forward")):
        assert pytest_plugin._line_of(folder, Exercise("13.1", file, name, 1, 1, 5, [])) is None


@pytest.mark.parametrize(("value", "text"), [
    (1.0, "1"), (0.1, "0.1"), (1 / 3, "0.3333"), (1e-4, "0.0001"), (123456.789, "1.23e+05"), (0.0, "0"),
    (float("inf"), "inf"), (float("nan"), "nan"), (3, "3"), (True, "True"), ("a'b", '"a\'b"'), (None, "None"),
    ([1.5, (2, {"a": None})], "[1.5, (2, {'a': None})]"), ("x" * 200, "'" + "x" * 92 + "..."),
    (list(range(99)), str(list(range(99)))[:93] + "..."), ((1,), "(1,)"),
    (torch.tensor([[1 / 3, 2 / 3]] * 2), "[[0.3333, 0.6667], [0.3333, 0.6667]]"), (1.0000454, "1.000045"),
    (torch.zeros(3, 40), "[0, 0, 0, 0, ...] shape (3, 40), float32"), (torch.tensor(0.1), "0.1"), (0.9999999, "1"),
])  # fmt: skip
def test_values_are_shown_in_a_few_characters(value, text):
    assert format_value.short(value) == text


@pytest.mark.parametrize(("value", "text"), [
    (torch.tensor([1.000002, 1.0]), "[1.000002, 1]"), ([0.25, 0.12341, 0.12342], "[0.25, 0.12341, 0.12342]"),
    ({"a": 0.5, "b": [0.123456, (0.123457,)]}, "{'a': 0.5, 'b': [0.123456, (0.123457,)]}"),
    ([123456.1, 123456.2, 1.5], "[123456, 123456.2, 1.5]"), ([1.23456e-5, 1.23457e-5], "[1.23456e-05, 1.23457e-05]"),
    ([0.3, 0.1 + 0.2], "[0.3, 0.3]"), ([0.3, 0.3 + 1e-10], "[0.3, 0.3000000001]"),
    ([1, 1.0, True, 1 + 1e-9], "[1, 1, True, 1.000000001]"),
    ([1 + 9e-7, 1 + 1.1e-6, 1 + 3e-7], "[1.0000009, 1.000001, 1]"),
    (torch.tensor([0.12341] + [0.12342] * 40), "[0.12341, 0.12342, 0.12342, 0.12342, ...] shape (41,), float32"),
    ([float("nan"), float("nan"), float("inf"), -float("inf")], "[nan, nan, inf, -inf]"), ([0.0, -0.0], "[0, -0]"),
])  # fmt: skip
def test_numbers_that_are_not_equal_do_not_look_alike(value, text):
    assert format_value.short(value) == text


def test_no_two_numbers_look_alike():
    """Unless what tells them apart is rounding."""
    for seed in range(200):
        draw = torch.Generator().manual_seed(seed)
        noise = 10 ** torch.randint(-9, 0, (8,), generator=draw).double() * (0.1 + torch.rand(8, generator=draw))
        numbers = (torch.randint(0, 3, (8,), generator=draw) + noise).tolist()
        texts = format_value.whole(numbers, 999)[1:-1].split(", ")
        assert len(set(texts)) == len(set(numbers)), seed


def test_whole_values_are_given_whole_or_not_at_all():
    assert format_value.whole([1.5, {"a": "b"}]) == "[1.5, {'a': 'b'}]"
    assert (
        format_value.whole(list(range(99)))
        is format_value.whole(torch.zeros(40))
        is format_value.whole(["x"] * 10**6)
        is None
    )


@pytest.mark.parametrize(("a", "b", "texts"), [
    (1.5, 0.25, ("1.5", "0.25")), (0.12344, 0.12346, ("0.12344", "0.12346")), (1 + 1e-9, 1.0, ("1.000000001", "1")),
    (1e300, 1.01e300, ("1e+300", "1.01e+300")), (float("inf"), 1.0, ("inf", "1")), (1.0, 1.0, ("1", "1")),
])  # fmt: skip
def test_a_difference_looks_as_large_as_it_is(a, b, texts):
    assert tuple(format_value.short(x, least=format_value.visible(a, b)) for x in (a, b)) == texts


def test_a_long_call_takes_lines_of_whole_arguments():
    settings = {"aggregation": "token", "max_grad_norm": 1.0, "max_new_tokens": 5, "epsilon": 0.2}
    ids, mask = torch.arange(12).view(3, 4), torch.ones(99, 4)
    called = format_call("one_update", {"ids": ids, "mask": mask, "settings": settings, "rewards": list(range(99))})
    assert render(Report(call=called)) == [
        "  called   one_update(ids=[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]],",
        "           mask=[1, 1, 1, 1, ...] shape (99, 4), float32,",
        "           settings={'aggregation': 'token', 'max_grad_norm': 1, 'max_new_tokens': 5, 'epsilon': 0.2},",
        f"           rewards={str(list(range(99)))[:45]}...)",
    ]


def test_a_call_stays_within_four_lines():
    settings = {f"setting {n}": "some words" for n in range(9)}
    for arguments in (
        {"a": settings},
        {"a": settings, "b": settings},
        {"a": "x" * 999},
        dict.fromkeys("abc", settings),
    ):
        lines = render(Report(call=format_call("f", arguments)))
        assert len(lines) <= 4 and all(len(line) <= 11 + WIDTH for line in lines)
    assert format_call("f", {"a": settings}) == f"f(a={settings})"
