"""The switch: SOLUTION says from which tree a lesson is imported, and a lesson is never half from each."""

import importlib
import sys

import pytest

from course.base import switch
from course.base.errors import UsageError
from course.base.switch import LessonFinder

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


@pytest.mark.parametrize("value", ["", "0", " 0 ", "  "])
def test_empty_and_0_take_every_lesson_from_tutorial(root, value):
    assert LessonFinder(root).from_solutions(value) == set()


def test_unset_takes_every_lesson_from_tutorial(lessons):
    assert {tree_of(lesson) for lesson in (FIRST, SECOND, THIRD)} == {"tutorial"}


def test_1_takes_every_lesson_from_solutions(lessons, monkeypatch):
    monkeypatch.setenv("SOLUTION", "1")
    assert {tree_of(lesson) for lesson in (FIRST, SECOND, THIRD)} == {"solutions"}


def test_one_lesson_is_chosen_by_its_number(lessons, monkeypatch):
    monkeypatch.setenv("SOLUTION", "lesson13")
    assert [tree_of(lesson) for lesson in (FIRST, SECOND, THIRD)] == ["tutorial", "tutorial", "solutions"]


@pytest.mark.parametrize("value", [
    "lesson01,lesson13", "lesson13,lesson01", " lesson01 , lesson13 ", "lesson01_first,lesson13_third",
    "lesson01, lesson13_third",
])  # fmt: skip
def test_a_list_mixes_numbers_full_names_and_spaces(root, value):
    assert LessonFinder(root).from_solutions(value) == {FIRST, THIRD}


@pytest.mark.parametrize(("value", "culprit"), [
    ("lesson99", "lesson99"), ("2", "2"), ("yes", "yes"), ("lesson1", "lesson1"), ("lesson01,nonsense", "nonsense"),
    ("lesson01,", ""), ("0,lesson01", "0"), ("lesson01_fir", "lesson01_fir"), ("../tutorial", "../tutorial"),
])  # fmt: skip
def test_a_bad_value_is_told_in_one_line_that_lists_the_lessons(root, value, culprit):
    with pytest.raises(UsageError) as caught:
        LessonFinder(root).from_solutions(value)
    message = str(caught.value)
    assert message.startswith(f"SOLUTION={value!r}: {culprit!r} is not a lesson; use 0, 1, or lessons")
    assert message.endswith("(there are: lesson01, lesson02, lesson13)")
    assert "\n" not in message


def test_check_reads_the_environment(lessons, monkeypatch):
    switch.check()
    monkeypatch.setenv("SOLUTION", "lesson77")
    with pytest.raises(UsageError, match="lesson77"):
        switch.check()


def test_a_bad_value_for_select_changes_nothing(lessons, monkeypatch):
    monkeypatch.setenv("SOLUTION", "lesson01")
    module = importlib.import_module(f"{FIRST}.code")
    with pytest.raises(UsageError):
        switch.select("lesson77")
    assert importlib.import_module(f"{FIRST}.code") is module
    assert module.TREE == "solutions"


def test_submodules_come_from_the_tree_of_their_lesson(lessons, monkeypatch):
    monkeypatch.setenv("SOLUTION", "lesson02")
    assert tree_of(FIRST, "deep.code") == "tutorial"
    assert tree_of(SECOND, "deep.code") == "solutions"


@pytest.mark.parametrize("value", ["0", "1", "lesson01"])
def test_testcases_always_come_from_tutorial(lessons, monkeypatch, value):
    monkeypatch.setenv("SOLUTION", value)
    assert tree_of(FIRST, "testcases.scenarios") == "tutorial"
    assert tree_of(FIRST) == ("tutorial" if value == "0" else "solutions")


def test_a_change_of_the_environment_never_splits_a_lesson_in_two(lessons, monkeypatch):
    assert tree_of(FIRST) == "tutorial"
    monkeypatch.setenv("SOLUTION", "1")
    assert tree_of(FIRST, "deep.code") == "tutorial"  # the rest of a lesson that is loaded already
    assert tree_of(SECOND) == "solutions"  # a lesson that is not


def test_what_is_imported_stays_until_it_is_forgotten(lessons, monkeypatch):
    module = importlib.import_module(f"{FIRST}.code")
    monkeypatch.setenv("SOLUTION", "1")
    assert importlib.import_module(f"{FIRST}.code") is module
    switch.forget()
    assert importlib.import_module(f"{FIRST}.code").TREE == "solutions"
    assert module.TREE == "tutorial"


def test_select_sets_the_environment_and_forgets_what_was_imported(lessons, monkeypatch):
    monkeypatch.setenv("SOLUTION", "0")  # so that it is restored after the test
    assert tree_of(FIRST) == "tutorial"
    switch.select("lesson01")
    assert [tree_of(lesson) for lesson in (FIRST, SECOND)] == ["solutions", "tutorial"]
    switch.select("0")
    assert tree_of(FIRST) == "tutorial"


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


def test_the_finder_is_installed_once():
    switch.install()
    switch.install()
    assert sys.meta_path.count(switch.finder) == 1


@pytest.mark.parametrize(("value", "tree"), [(None, "tutorial"), ("lesson13", "solutions")])
def test_a_plain_script_obeys_it(root, copy_machinery, run_python, value, tree):
    script = f"import lab; import {THIRD}.code as code; print(code.TREE)"
    done = run_python(copy_machinery(root), "-c", script, solution=value)
    assert (done.stdout.strip(), done.stderr) == (tree, "")


def test_pytest_refuses_a_bad_value_in_one_line(root, copy_machinery, write_files, run_python):
    write_files(copy_machinery(root), {"tests/some_test.py": "def test_nothing():\n    pass\n"})
    done = run_python(root, "-m", "pytest", "-p", "no:cacheprovider", solution="lesson99")
    assert done.returncode == 4
    assert done.stdout.strip() == ""
    assert done.stderr.strip() == (
        "ERROR: SOLUTION='lesson99': 'lesson99' is not a lesson; use 0, 1, or lessons joined by commas "
        "(there are: lesson01, lesson02, lesson13)"
    )


def tree_of(lesson, module="code"):
    """Which tree `lesson` is imported from now."""
    return importlib.import_module(f"{lesson}.{module}").TREE
