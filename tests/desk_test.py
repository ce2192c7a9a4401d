"""What is remembered of test runs, and what `make`, `make watch` and `make solution` make of it."""

import io
import itertools

import pytest
from rich.console import Console

from course import desk, manifest, solution, state, stubs, watch
from lab.errors import UsageError

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
def course(tmp_path, copy_machinery, write_files, manifest_text):
    files = {
        f"tutorial/{LESSON}/lesson.toml": manifest_text("01.1 work.py:one", "01.2 work.py:two"),
        f"tutorial/{LESSON}/testcases/basic_test.py": BASIC,
        f"tutorial/{LESSON}/testcases/advanced_test.py": ADVANCED,
        f"tutorial/{LESSON}/README.md": "# One\n",
        f"solutions/{LESSON}/work.py": SOLUTION,
    }
    write_files(copy_machinery(tmp_path), files)
    stubs.write_all(tmp_path, tmp_path)
    return tmp_path


@pytest.fixture
def lesson(course):
    return manifest.read(course / "tutorial" / LESSON)


@pytest.fixture
def work(lesson):
    return lesson.folder / "work.py"


@pytest.fixture
def conditions(course, lesson, run_python):
    """`conditions("basic", ...)` runs pytest as a learner would; then the conditions of both exercises."""

    def run(*arguments, solution=None):
        suites = [str(lesson.folder / "testcases" / f"{a}_test.py") for a in arguments if a in ("basic", "advanced")]
        options = [a for a in arguments if a not in ("basic", "advanced")]
        if arguments:
            run_python(course, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *suites, solution=solution)
        kept = state.read(course)
        return [state.condition(lesson, e, kept) for e in lesson.exercises]

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


def test_what_test_runs_say_is_remembered(conditions, work):
    assert conditions() == ["not written", "not written"]
    filled(work, two="")
    assert conditions() == ["not tested", "not written"]
    assert conditions("basic") == ["basic passed", "not written"]
    assert conditions("advanced") == ["passed", "not written"]


def test_of_a_part_of_the_tests_only_a_failure_counts(conditions, work):
    filled(work)
    assert conditions("basic", "-k", "again") == ["not tested", "not tested"]
    assert conditions("basic", "advanced", "--exercise", "01.2") == ["not tested", "passed"]
    work.write_text(work.read_text().replace("return 1", "return 3"))
    assert conditions("basic", "-k", "again") == ["not tested", "passed"]
    assert conditions("basic", "-x") == ["failed", "passed"]


def test_a_result_is_about_the_code_that_was_tested(conditions, work):
    filled(work)
    assert conditions("basic", "advanced") == ["passed", "passed"]
    text = work.read_text()
    work.write_text(text.replace("return 1", "# the same\n    return 1"))
    assert conditions() == ["passed", "passed"]
    work.write_text(text.replace("return 1", "return 4"))
    assert conditions() == ["not tested", "passed"]


def test_the_reference_earns_nothing(conditions, work):
    filled(work)
    assert conditions("basic", "advanced", solution="1") == ["not tested", "not tested"]


def test_processes_of_xdist_are_counted_together(conditions, work):
    filled(work)
    assert conditions("basic", "advanced", "-p", "xdist", "-n2") == ["passed", "passed"]


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"results": {"01.1": {"basic_test.py": 3}}}'])
def test_a_broken_file_is_as_good_as_none(course, lesson, content):
    (course / state.FILE).write_text(content)
    assert state.read(course) == state.State()


def shown(lessons, width=80):
    text = io.StringIO()
    desk.show(lessons, Console(file=text, width=width, highlight=False))
    return text.getvalue()


def test_the_desk_says_what_to_do_next(course, lesson, work, conditions):
    first = shown([lesson])
    assert "next: exercise 01.1  one" in first and "make hint EX=01.1" in first
    assert f"tutorial/{LESSON}/work.py:1" in first and f"read     tutorial/{LESSON}/README.md" in first
    assert max(map(len, first.splitlines())) <= 100
    filled(work, one="return 1", two="return 7")
    conditions("basic", "advanced")
    second = shown([lesson])
    assert "1/2" in second and "go on with exercise 01.2  two" in second
    work.write_text(work.read_text().replace("return 7", "return 2"))
    conditions("basic")
    assert "advanced_test.py --exercise 01.2" in shown([lesson])
    conditions("basic", "advanced")
    assert "All exercises pass" in shown([lesson])


def test_the_watcher_sees_which_exercise_was_saved(lesson, work):
    text = work.read_text()
    steps = iter([
        lambda: None,
        lambda: work.write_text(text + "\n# a comment alone\n"),
        lambda: filled(work, one="return 1", two=""),
        lambda: work.unlink(),
        lambda: work.write_text(text),
    ])  # fmt: skip
    seen = watch.saved([lesson], sleep=lambda seconds: next(steps)())
    found = [[e.id for _, e in changed] for changed in itertools.islice(seen, 2)]
    assert found == [["01.1"], ["01.1"]]


def test_the_watcher_tells_a_syntax_error_in_a_line(lesson, work):
    assert watch.unreadable(lesson, lesson.exercises[0]) is None
    work.write_text("def one(:\n")
    assert watch.unreadable(lesson, lesson.exercises[0]).startswith(f"tutorial/{LESSON}/work.py:1: ")


def test_an_endless_loop_is_stopped(lesson, work, capfd, monkeypatch):
    monkeypatch.delenv("SOLUTION", raising=False)
    filled(work, one="while True:\n        pass")
    assert not watch.test(lesson, lesson.exercises[0], limit=4)
    assert "stopped: no end after 4 seconds" in capfd.readouterr().out
    work.write_text(work.read_text().replace("while True:\n        pass", "return 1"))
    assert watch.test(lesson, lesson.exercises[0])


def test_a_file_that_is_away_and_many_saves_leave_the_watcher_alive(lesson, work):
    text = work.read_text()
    filled(work, two="")
    good = work.read_text()

    def hundred_saves():
        for n in range(100):
            work.write_text(good.replace("return 1", f"return {n}"))

    steps = iter(
        [work.unlink, lambda: None, hundred_saves, lambda: work.write_text("def ("), lambda: work.write_text(text)]
    )
    seen = watch.saved([lesson], sleep=lambda seconds: next(steps)())
    found = [[e.id for _, e in changed] for changed in itertools.islice(seen, 3)]
    assert found == [["01.1"], ["01.1", "01.2"], ["01.1", "01.2"]]


def test_the_solution_is_shown_once_the_tests_pass(course, work, conditions):
    def run(*arguments, **settings):
        text = io.StringIO()
        code = solution.show(*arguments, root=course, console=Console(file=text, width=100), **settings)
        return code, text.getvalue()

    code, text = run("01.1")
    assert code == 1 and "make hint EX=01.1" in text and "return 1" not in text
    code, text = run("01.1", force=True)
    assert code == 0 and "return 1" in text and "return 2" not in text
    filled(work, one="x = 1\n    return x")
    conditions("basic", "advanced")
    code, text = run("01.1")
    assert code == 0 and "return x" in text and "return 1" in text
    with pytest.raises(UsageError, match=r"01\.9"):
        run("01.9")
