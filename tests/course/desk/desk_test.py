"""What is remembered of test runs, and what `make`, `make watch` and `make solution` make of it."""

import io
import re
import signal
import sys

import pytest
from rich.console import Console

from course.authoring import stubs
from course.base import manifest
from course.base.errors import UsageError
from course.desk import check, next_step, progress, show_solution, watch
from tests.course.forked_pytest import run_pytest

LESSON = "stage01_a/lesson01_first"

SOLUTION = '''\
def one():
    """One."""
    # > Give it back.
    return 1


def two():
    """Two."""
    # > Give it back.
    return 2
'''

BASIC = """\
    import pytest
    from lesson01_first.work import one, two

    @pytest.mark.exercise("01.1")
    def test_one():
        assert one() == 1

    @pytest.mark.exercise("01.1")
    def test_one_again():
        assert one() < 5

    @pytest.mark.exercise("01.2")
    def test_two():
        assert two() == 2
    """

ADVANCED = """\
    import pytest
    from lesson01_first.work import one, two

    @pytest.mark.exercise("01.1")
    def test_type():
        assert type(one()) is int

    @pytest.mark.exercise("01.2")
    def test_type_of_two():
        assert type(two()) is int
    """


@pytest.fixture
def course(tmp_path, write_files, manifest_text):
    files = {
        f"tutorial/{LESSON}/lesson.toml": manifest_text("01.1 work.py:one hardening=1", "01.2 work.py:two hardening=1"),
        f"tutorial/{LESSON}/testcases/basic_test.py": BASIC,
        f"tutorial/{LESSON}/testcases/advanced_test.py": ADVANCED,
        f"tutorial/{LESSON}/README.md": "# One\n",
        f"solutions/{LESSON}/work.py": SOLUTION,
    }
    write_files(tmp_path, files)
    stubs.write_all(tmp_path, tmp_path)
    return tmp_path


@pytest.fixture
def lesson(course):
    return manifest.read(course / "tutorial" / LESSON)


@pytest.fixture
def work(lesson):
    return lesson.folder / "work.py"


@pytest.fixture
def conditions(course, lesson):
    """`conditions("basic", ...)` runs pytest as a learner would; then the conditions of both exercises."""

    def run(*arguments, solution=None):
        suites = [str(lesson.folder / "testcases" / f"{a}_test.py") for a in arguments if a in ("basic", "advanced")]
        options = [a for a in arguments if a not in ("basic", "advanced")]
        if arguments:
            run_pytest(course, "-q", *options, *suites, solution=solution)
        kept = progress.read(course)
        return [progress.condition(lesson, e, kept) for e in lesson.exercises]

    return run


def filled(work, one="return 1", two="return 2"):
    text = work.read_text()
    marks = ['raise NotImplementedError("not written yet: exercise 01.1, work.py:one")',
             'raise NotImplementedError("not written yet: exercise 01.2, work.py:two")']  # fmt: skip
    for mark, body in zip(marks, (one, two), strict=True):
        if body:
            assert mark in text
            text = text.replace(mark, body)
    work.write_text(text)


# --- what is remembered ------------------------------------------------------------------------------------------


def test_what_test_runs_say_is_remembered(conditions, work, lesson):
    assert conditions() == ["not written", "not written"]
    filled(work, two="")
    assert conditions() == ["not tested", "not written"]
    assert conditions("basic") == ["passed", "not written"]
    assert conditions("advanced") == ["hardened", "not written"]
    text = work.read_text()
    work.write_text(text.replace("return 1", "# the same\n    return 1"))
    assert conditions() == ["hardened", "not written"]
    work.write_text(text.replace("return 1", "return 1.0"))
    assert conditions() == ["not tested", "not written"]
    assert conditions("basic", "advanced") == ["passed", "not written"]
    work.write_text("import math\n" + text)  # imports, constants and helpers belong to every exercise of the file
    assert conditions() == ["not tested", "not written"]
    work.write_text("def one(:\n")
    assert conditions() == ["unreadable", "unreadable"]


def test_the_reference_earns_nothing_and_of_a_part_of_the_tests_only_a_failure_counts(conditions, work):
    filled(work)
    assert conditions("basic", "advanced", solution="1") == ["not tested", "not tested"]
    assert conditions("basic", "-k", "again") == ["not tested", "not tested"]
    assert conditions("basic", "--exercise", "01.2") == ["not tested", "passed"]
    work.write_text(work.read_text().replace("return 1", "return 3"))
    assert conditions("basic", "-k", "again") == ["not tested", "passed"]
    assert conditions("basic", "-x") == ["failed", "passed"]


def test_processes_of_xdist_are_counted_together(course, lesson, work, copy_machinery, run_python, conditions):
    filled(work)
    options = ("-p", "no:cacheprovider", "-p", "xdist", "-n2")
    done = run_python(copy_machinery(course), "-m", "pytest", *options, lesson.folder / "testcases")
    assert "lesson 01: 2 of 2 points, hardening 2 of 2; `make` says what to do next" in done.stdout
    assert conditions() == ["hardened", "hardened"]


@pytest.mark.parametrize("content", ["", "[]", '{"other": 3}'])
def test_a_broken_file_is_as_good_as_none(course, content):
    (course / progress.FILE).write_text(content)
    assert progress.read(course) == progress.State()


# --- make next ---------------------------------------------------------------------------------------------------


def shown(lessons):
    text = io.StringIO()
    next_step.show(lessons, Console(file=text, highlight=False))
    return text.getvalue()


def test_make_next_leads_through_the_basic_tests_and_offers_the_others(lesson, work, conditions):
    first = shown([lesson])
    assert "next: exercise 01.1  one" in first and "make hint EX=01.1" in first
    assert f"tutorial/{LESSON}/work.py:1" in first and f"read     tutorial/{LESSON}/README.md" in first
    filled(work, one="return 1", two="return 7")
    conditions("basic")
    second = shown([lesson])
    assert re.search(r"01 A lesson +●× +1/2 +1/2 +0/2 +5 min", second)
    assert "go on with exercise 01.2  two" in second
    advanced = f"pytest tutorial/{LESSON}/testcases/advanced_test.py"
    assert f"Exercise 01.1 passes; its hardening is optional: {advanced} --exercise 01.1\n" in second
    work.write_text(work.read_text().replace("return 7", "return 2"))
    conditions("basic", "advanced")
    assert "All exercises pass" in shown([lesson]) and "hardening is optional" not in shown([lesson])


def test_what_was_tested_last_comes_first(lesson, work, conditions):
    filled(work, one="return 8", two="return 9")
    conditions("basic", "--exercise", "01.2")
    assert "go on with exercise 01.2" in shown([lesson])
    conditions("basic", "--exercise", "01.1")
    assert "go on with exercise 01.1" in shown([lesson])
    work.write_text("def one(:\n")
    assert f"cannot be read: exercise 01.1  one, about 5 min\nedit     tutorial/{LESSON}/work.py:1: " in shown([lesson])


def test_who_begins_with_a_later_lesson_goes_on_from_there():
    lessons = manifest.read_all()
    conditions = {e.id: "not written" for n in lessons for e in n.exercises}
    assert next_step.choice(lessons, conditions, "")[1].id.startswith("01.")
    conditions["13.2"] = "passed"
    assert next_step.choice(lessons, conditions, "13.2")[1].id == "13.4"


def test_the_fast_path_comes_first_and_then_trains(course, lesson, work, conditions):
    toml = lesson.folder / "lesson.toml"
    toml.write_text(toml.read_text() + "core = true\n")
    lesson = manifest.read(lesson.folder)
    assert "next: exercise 01.2  two, about 5 min, on the fast path" in shown([lesson])
    assert f"test     SOLUTION=01.1 pytest tutorial/{LESSON}/testcases/basic_test.py --exercise 01.2" in shown([lesson])
    filled(work, one="")
    conditions("basic")
    text = shown([lesson])
    assert "The fast path of lesson 01 passes." in text and "SOLUTION=01.1 uses the reference" in text
    assert "next: exercise 01.1  one" in text
    (course / "configs").mkdir()
    (course / "configs" / "demo.yaml").write_text("name: demo\ntrainer: lesson01_first.work:Trainer\n")
    train = "train    SOLUTION=01.1 python -m lab.train --config configs/demo.yaml name=mine\n"
    assert train in shown([lesson])
    filled(work, two="")
    conditions("basic")
    assert train not in shown([lesson])


def test_a_lesson_without_hardening_is_shown_without_it(lesson, work, conditions):
    toml = lesson.folder / "lesson.toml"
    toml.write_text(toml.read_text().replace("hardening=1\n", ""))
    filled(work, two="")
    conditions("basic", "advanced")
    text = shown([manifest.read(lesson.folder)])
    assert "●" in text and "hardening" not in text and "hardened" not in text


def brief(lesson, lessons=None):
    text = io.StringIO()
    next_step.show_briefly(lessons or [lesson], lesson, Console(file=text, width=200, highlight=False))
    return text.getvalue().splitlines()


def test_the_watcher_says_little_after_a_run(lesson, work, conditions):
    filled(work, one="return 8", two="")
    conditions("basic")
    assert brief(lesson) == [
        "lesson 01  ×·  0/2",
        "go on with exercise 01.1  one",
        f"edit     tutorial/{LESSON}/work.py:1",
        "stuck    make hint EX=01.1",
    ]


def test_a_lesson_that_passes_says_what_comes_next(course, lesson, work, conditions, write_files, manifest_text):
    other = "tutorial/stage01_a/lesson02_other/lesson.toml"
    write_files(course, {other: manifest_text("02.1 work.py:three")})
    filled(work)
    conditions("basic", "advanced")
    passes = f"Lesson 01 passes. Run and draw with your code: tutorial/{LESSON}/README.md. Next: lesson 02."
    assert brief(lesson)[1:] == [passes]
    everything = manifest.read_all(course)
    assert passes in brief(everything[0], everything) and "next: exercise 02.1  three" in brief(lesson, everything)
    assert passes in shown(everything) and "All exercises" not in shown([lesson])


# --- make watch --------------------------------------------------------------------------------------------------


def test_the_watcher_sees_which_exercise_was_saved(lesson, work):
    text = work.read_text()
    filled(work, two="")
    good = work.read_text()
    work.write_text(text)

    def hundred_saves():
        for n in range(100):
            work.write_text(good.replace("return 1", f"return {n}"))

    code = watch.SavedCode([lesson])
    for save, expected in (
        (lambda: None, []),
        (lambda: work.write_text(text + "\n# a comment alone\n"), []),
        (lambda: work.write_text(good), ["01.1"]),
        (lambda: work.unlink(), []),
        (hundred_saves, ["01.1"]),
        (lambda: work.write_text("def ("), ["01.1", "01.2"]),
    ):
        save()
        assert [e.id for _, e in code.changed()] == expected


ENDLESS = 'while True:\n        __import__("time").sleep(0.01)'


def test_hardening_follows_the_basic_tests(lesson, work, capfd, monkeypatch):
    monkeypatch.delenv("SOLUTION", raising=False)
    filled(work, one="return 1.0")
    monkeypatch.setattr(watch.subprocess, "Popen", ForkedPytest)
    assert watch.run_tests(lesson, lesson.exercises[0])
    shown = capfd.readouterr().out
    assert "The basic tests pass. Hardening, optional:" in shown and "test_type" in shown


class ForkedPytest:
    """In the place of a process that runs pytest: it has ended at once."""

    def __init__(self, command, cwd, env):
        assert command[:3] == [sys.executable, "-m", "pytest"]
        done = run_pytest(cwd, *command[3:], solution=(env or {}).get("SOLUTION"))
        print(done.stdout)
        self.returncode = done.returncode
        self.wait = self.poll = lambda seconds=None: done.returncode


def test_a_run_is_stopped_when_its_exercise_is_saved_again(course, lesson, work, copy_machinery, monkeypatch, capfd):
    copy_machinery(course)
    monkeypatch.delenv("SOLUTION", raising=False)
    filled(work, one=ENDLESS, two="return 3")
    code, asked = watch.SavedCode([lesson]), []

    def stop():
        asked.append(1)
        if len(asked) == 2:
            work.write_text(work.read_text().replace(ENDLESS, "return 1"))
        return bool(code.changed())

    assert watch.run_tests(lesson, lesson.exercises[0], stop=stop) is None
    assert "stopped: saved again" in capfd.readouterr().out and len(asked) == 2


def test_what_a_save_left_untested_comes_next(lesson, work, monkeypatch):
    filled(work)
    tested = []

    def run_tests(lesson, exercise, stop):
        tested.append(exercise.id)
        return None if len(tested) == 2 else True

    monkeypatch.setattr(watch, "run_tests", run_tests)
    both = [(lesson, e) for e in lesson.exercises]
    left = watch.run_changed([lesson], both, Console(file=io.StringIO()))
    assert (tested, left) == (["01.1", "01.2"], both[1:])


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system knows no alarms")
def test_pytest_reports_the_line_of_an_endless_loop_and_stops_it(course, lesson, work, conditions):
    filled(work, one=ENDLESS, two="return 2")
    done = run_pytest(course, "--limit", "1.2", lesson.folder / "testcases" / "basic_test.py")
    assert re.search(r"^still running: work\.py:[45], in one$", done.stdout, re.MULTILINE)
    assert done.stdout.count("  stopped  no end after 1.2 seconds; is there a loop that never ends?") == 1
    assert done.stdout.count("  stopped  no end after 0.3 seconds") == 1  # of the same exercise: a quarter of it
    assert re.search(r"^  at       work\.py:[45]  (while True:|__import__)", done.stdout, re.MULTILINE)
    assert "2 failed, 1 passed" in done.stdout
    assert conditions() == ["failed", "passed"]


# --- make solution --------------------------------------------------------------------------------------------------


def test_the_solution_is_shown_once_the_tests_pass(course, work, conditions):
    def run(*arguments, **settings):
        text = io.StringIO()
        code = show_solution.show(*arguments, root=course, console=Console(file=text, width=100), **settings)
        return code, text.getvalue()

    code, text = run("01.1")
    assert code == 1 and "make hint EX=01.1" in text and "return 1" not in text
    code, text = run("01.1", force=True)
    assert code == 0 and "return 1" in text and "return 2" not in text
    assert text.count("Give it back") == text.count('"""One."""') == 1 and "# >" not in text
    filled(work, one="x = 1\n    return x")
    conditions("basic", "advanced")
    code, text = run("01.1")
    assert code == 0 and "return x" in text and "return 1" in text
    with pytest.raises(UsageError, match=r"01\.9"):
        run("01.9")


@pytest.mark.parametrize(("content", "says"), [
    (b"from tutorial.stage01_made.lesson01_made.work import one\n", "work.py, line 1 imports tutorial"),
    (b"import torch\ntorch.set_default_dtype(torch.float64)\n", "work.py, line 2 calls set_default_dtype"),
    (b"# -*- coding: latin-1 -*-\n# gr\xf6\xdfer\n", "work.py: not UTF-8"),
    (b"type X = int\n", "work.py: syntax error, line 1"),
])  # fmt: skip
def test_make_check_warns_of_what_grading_treats_otherwise(lesson, work, content, says):
    assert check.notes(lesson) == []
    work.write_bytes(content)
    (note,) = check.notes(lesson)
    assert note.startswith(says)
