"""The switch: SOLUTION says from which tree a lesson or an exercise is imported."""

import importlib

import pytest

from course.base import switch
from course.base.errors import UsageError
from course.base.switch import LessonFinder
from tests.course import forked_pytest

FIRST, SECOND, THIRD = "lesson01_first", "lesson02_second", "lesson13_third"


@pytest.fixture
def root(tmp_path, write_files):
    files = {}
    for tree in ("tutorial", "solutions"):
        for stage, lesson in (("stage01_a", FIRST), ("stage01_a", SECOND), ("stage02_b", THIRD)):
            for file in ("code", "deep/code", "testcases/scenarios"):
                files[f"{tree}/{stage}/{lesson}/{file}.py"] = f"TREE = {tree!r}\n"
    return write_files(tmp_path, files)


@pytest.fixture
def lessons(root, lessons_at):
    return lessons_at(root)


@pytest.mark.parametrize(("value", "chosen"), [
    (None, set()), ("", set()), (" 0 ", set()), ("1", {FIRST, SECOND, THIRD}), ("lesson13", {THIRD}),
    (" lesson13 ,lesson01_first", {FIRST, THIRD}),
])  # fmt: skip
def test_the_value_chooses_the_lessons_from_solutions(lessons, monkeypatch, value, chosen):
    if value is not None:
        monkeypatch.setenv("SOLUTION", value)
    assert {lesson for lesson in (FIRST, SECOND, THIRD) if tree_of(lesson) == "solutions"} == chosen
    for lesson in (FIRST, SECOND, THIRD):  # the whole lesson comes from there, and its tests never do
        assert tree_of(lesson, "deep.code") == tree_of(lesson)
        assert tree_of(lesson, "testcases.scenarios") == "tutorial"


@pytest.mark.parametrize(("value", "culprit"), [
    ("lesson99", "lesson99"), ("2", "2"), ("lesson1", "lesson1"), ("lesson01,nonsense", "nonsense"),
    ("lesson01,", ""), ("0,lesson01", "0"), ("13", "13"),
    ("lesson01_fir", "lesson01_fir"), ("../tutorial", "../tutorial"),
])  # fmt: skip
def test_a_bad_value_is_reported_in_one_line_that_lists_the_lessons(root, value, culprit):
    with pytest.raises(UsageError) as caught:
        LessonFinder(root).from_solutions(value)
    message = str(caught.value)
    assert message.startswith(f"SOLUTION={value!r}: {culprit!r} is neither a lesson nor an exercise; use 0")
    assert message.endswith("(the lessons are: lesson01, lesson02, lesson13)")
    assert "\n" not in message


def test_a_bad_value_changes_nothing(lessons, monkeypatch):
    switch.check()
    monkeypatch.setenv("SOLUTION", "lesson01")
    module = importlib.import_module(f"{FIRST}.code")
    with pytest.raises(UsageError):
        switch.select("lesson77")
    assert importlib.import_module(f"{FIRST}.code") is module
    monkeypatch.setenv("SOLUTION", "lesson77")
    with pytest.raises(UsageError, match="lesson77"):
        switch.check()


def test_a_loaded_lesson_stays_whole_until_it_is_forgotten(lessons, monkeypatch):
    module = importlib.import_module(f"{FIRST}.code")
    monkeypatch.setenv("SOLUTION", "1")
    assert importlib.import_module(f"{FIRST}.code") is module
    assert tree_of(FIRST, "deep.code") == "tutorial"  # the rest of a lesson that is loaded already
    assert tree_of(SECOND) == "solutions"  # a lesson that is not
    switch.forget()
    assert tree_of(FIRST) == "solutions" and module.TREE == "tutorial"
    switch.select("lesson02")  # sets the environment and forgets
    assert [tree_of(lesson) for lesson in (FIRST, SECOND)] == ["tutorial", "solutions"]


def test_an_unknown_lesson_is_an_ordinary_missing_module(lessons):
    for name in ("lesson77_nowhere", "lesson77_nowhere.loss", f"{FIRST}.nowhere", f"{FIRST}.testcases.nowhere"):
        with pytest.raises(ModuleNotFoundError, match=r"No module named 'lesson"):
            importlib.import_module(name)


def test_a_lesson_that_is_in_one_tree_only_is_missing_from_the_other(lessons, write_files, monkeypatch):
    write_files(lessons, {"solutions/stage02_b/lesson14_new/code.py": "TREE = 'solutions'\n"})
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("lesson14_new")
    monkeypatch.setenv("SOLUTION", "lesson14")
    assert tree_of("lesson14_new") == "solutions"


def test_only_lesson_folders_count_as_lessons(root, write_files):
    write_files(root, {
        "tutorial/stage01_a/lesson3_short/x.py": "", "tutorial/stage01_a/notes/x.py": "",
        "tutorial/other/lesson04_elsewhere/x.py": "", "tutorial/stage01_a/lesson05_file": "",
    })  # fmt: skip
    finder = LessonFinder(root)
    assert list(finder.folders("tutorial")) == [FIRST, SECOND, THIRD]
    assert finder.find_spec("lesson3_short") is None
    assert finder.find_spec("json") is None


def test_pytest_refuses_a_bad_value_in_one_line(root, write_files):
    write_files(root, {"tests/some_test.py": "def test_nothing():\n    pass\n"})
    done = forked_pytest.run_pytest(root, solution="lesson99")
    assert (done.returncode, done.stdout.strip()) == (4, "")
    assert done.stderr.startswith("ERROR: SOLUTION='lesson99': 'lesson99' is neither") and done.stderr.count("\n") < 3


def tree_of(lesson, module="code"):
    """Which tree `lesson` is imported from now."""
    return importlib.import_module(f"{lesson}.{module}").TREE
