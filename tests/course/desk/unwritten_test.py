"""A stub that is not written yet gets one line, never a traceback, and the way past it."""

import re
import shutil

import pytest

from course.authoring import stubs

QUIET = ("-m", "pytest", "-p", "no:cacheprovider")

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
def fresh(tmp_path, copy_machinery, write_files, manifest_text):
    """Two small lessons, the second of which builds on the first, with pristine stubs."""
    first, second = "stage01_a/lesson10_first", "stage01_a/lesson11_second"
    write_files(copy_machinery(tmp_path), {
        f"tutorial/{first}/lesson.toml": manifest_text("10.1 work.py:double", "10.2 work.py:half"),
        f"tutorial/{first}/testcases/basic_test.py": FIRST_TEST,
        f"tutorial/{second}/lesson.toml": manifest_text("11.1 work.py:fourfold"),
        f"tutorial/{second}/testcases/basic_test.py": SECOND_TEST,
        f"solutions/{first}/work.py": FIRST_SOLUTION,
        f"solutions/{second}/work.py": SECOND_SOLUTION,
    })  # fmt: skip
    stubs.write_all(tmp_path, tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def lesson13(tmp_path_factory, copy_machinery, run_python):
    """What pytest -v says to the basic tests of the real lesson 13, all of it unwritten."""
    root, lesson = copy_machinery(tmp_path_factory.mktemp("course")), "stage04_alignment/lesson13_grpo"
    shutil.copytree(stubs.ROOT / "tutorial" / lesson, root / "tutorial" / lesson)
    shutil.copytree(stubs.ROOT / "solutions" / lesson, root / "solutions" / lesson)
    stubs.write_all(root, root)
    return run_python(root, *QUIET, "-v", f"tutorial/{lesson}/testcases/basic_test.py")


def test_a_real_lesson_says_which_exercises_are_not_written(lesson13):
    lines = lesson13.stdout.splitlines()
    unwritten = [line for line in lines if line.startswith("not written yet: exercise ")]
    verbose = [line for line in lines if " NOT WRITTEN " in line]
    assert sum(int(line.split()[-2]) for line in unwritten) == len(verbose) > 20
    assert any(
        re.fullmatch(r"not written yet: exercise 13\.2, loss/grpo\.py:compute_grpo_loss   \d+ tests", line)
        for line in unwritten
    )
    assert sorted(line.split()[4] for line in unwritten) == [f"13.{n}," for n in range(1, 9)]


def test_a_real_lesson_shows_no_traceback_and_fails(lesson13):
    assert lesson13.returncode == 1
    for sign in ("Traceback", "NotImplementedError", "FAILED", "ERROR", "Error", ">  "):
        assert sign not in lesson13.stdout
    assert lesson13.stderr == ""


def test_one_line_for_each_exercise(fresh, run_python):
    done = run_python(fresh, *QUIET, "tutorial/stage01_a/lesson10_first")
    assert unwritten_lines(done) == [
        "not written yet: exercise 10.1, work.py:double   2 tests",
        "not written yet: exercise 10.2, work.py:half   1 test",
    ]
    assert "3 not written" in done.stdout.splitlines()[-1]
    assert "1 passed" in done.stdout.splitlines()[-1]
    assert_short(done)


def test_x_stops_at_the_first(fresh, run_python):
    done = run_python(fresh, *QUIET, "-x", "tutorial/stage01_a/lesson10_first")
    assert unwritten_lines(done) == ["not written yet: exercise 10.1, work.py:double   1 test"]
    assert_short(done)


def test_parallel_runs_say_the_same(fresh, run_python):
    done = run_python(fresh, *QUIET, "-p", "xdist", "-n", "2", "tutorial")
    assert sorted(unwritten_lines(done)) == [
        "not written yet: exercise 10.1, work.py:double   2 tests",
        "not written yet: exercise 10.2, work.py:half   1 test",
        "not written yet: exercise 11.1, work.py:fourfold   1 test",
    ]
    assert_short(done)


def test_full_trace_brings_the_traceback_back(fresh, run_python):
    done = run_python(fresh, *QUIET, "--full-trace", "tutorial/stage01_a/lesson10_first")
    assert "NotImplementedError: not written yet: exercise 10.1, work.py:double" in done.stdout
    assert unwritten_lines(done) == []
    assert done.returncode == 1


@pytest.mark.parametrize(("solution", "way_past"), [
    (None, "lesson10"), ("0", "lesson10"), (" ", "lesson10"), ("lesson20", "lesson20,lesson10"),
])  # fmt: skip
def test_an_unwritten_earlier_lesson_comes_with_the_way_past_it(fresh, write_files, run_python, solution, way_past):
    other = "stage02_b/lesson20_other/work.py"
    write_files(fresh, {f"tutorial/{other}": "", f"solutions/{other}": ""})
    second = "stage01_a/lesson11_second/work.py"
    shutil.copy(fresh / "solutions" / second, fresh / "tutorial" / second)  # written by the learner
    done = run_python(fresh, *QUIET, "tutorial/stage01_a/lesson11_second", solution=solution)
    assert unwritten_lines(done) == [
        "not written yet: exercise 10.1, work.py:double "
        f"(lesson 11 builds on it; SOLUTION={way_past} uses the reference for it)   1 test"
    ]
    assert_short(done)
    again = run_python(fresh, *QUIET, "tutorial/stage01_a/lesson11_second", solution=way_past)
    assert (again.returncode, unwritten_lines(again)) == (0, [])


def test_the_course_itself_may_raise_its_own_not_implemented_error(fresh, write_files, run_python):
    write_files(fresh, {"tests/some_test.py": "def test_other():\n    raise NotImplementedError('one day')\n"})
    done = run_python(fresh, *QUIET, "tests")
    assert "NotImplementedError: one day" in done.stdout
    assert unwritten_lines(done) == []


def unwritten_lines(done):
    return [line for line in done.stdout.splitlines() if line.startswith("not written yet: ")]


def assert_short(done):
    """It failed, and neither a traceback nor pytest's list of failures is shown."""
    assert done.returncode == 1
    assert done.stderr == ""
    for sign in ("Traceback", "NotImplementedError", "FAILED", "ERROR", "FAILURES", "def test_"):
        assert sign not in done.stdout
