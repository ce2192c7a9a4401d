"""Other attempts at an exercise: how they are read, made, and put in the reference's place for a while."""

import importlib

import pytest

from course.base import manifest, switch
from course.base.errors import UsageError
from course.diagnosis import substitute

LESSON = "stage01_a/lesson13_made_up"

WORK = """\
LIMIT = 3


def double(x: int) -> int:
    return _times(x, 2)


def _times(x, n):
    return x * n


def fourfold(x):
    return double(double(x))


class Counter:
    def __init__(self):
        self.count = 0

    def add(self, n):
        self.count += double(n)
        return self.count
"""

OTHER = """\
from lesson13_made_up.work import double


def eightfold(x):
    return 4 * double(x)
"""

HEAD = "from course.base.attempt import Attempts\nwrong = Attempts()\n"


@pytest.fixture
def lesson(tmp_path, write_files, manifest_text, lessons_at):
    """A made-up lesson, its learner's code equal to its reference."""
    write_files(tmp_path, {
        f"tutorial/{LESSON}/lesson.toml": manifest_text(
            "13.1 work.py:double", "13.2 work.py:Counter.add", "13.3 work.py:Counter"
        ),
        f"tutorial/{LESSON}/work.py": WORK,
        f"tutorial/{LESSON}/other.py": OTHER,
        f"solutions/{LESSON}/work.py": WORK,
    })  # fmt: skip
    lessons_at(tmp_path)
    return manifest.read(tmp_path / "tutorial" / LESSON)


@pytest.fixture
def work(lesson):
    return importlib.import_module("lesson13_made_up.work")


def written(lesson, text):
    """The attempts of a mistakes.py with that text under its head."""
    (lesson.solution / substitute.MISTAKES).write_text(HEAD + text)
    return substitute.read(lesson, substitute.MISTAKES)


def test_a_function_is_replaced_wherever_it_was_imported_and_comes_back(lesson, work):
    other = importlib.import_module("lesson13_made_up.other")
    (attempt,) = written(lesson, 'wrong("13.1", "Three times.", {"_times(x, 2)": "_times(x, 3)"})\n')
    original = work.double
    with substitute.in_place_of(lesson, lesson.exercises[0], substitute.build(attempt, lesson)):
        assert (work.fourfold(1), other.eightfold(1), substitute.in_use(original)(1)) == (9, 12, 3)
    assert (work.fourfold(1), other.eightfold(1)) == (4, 8)
    assert substitute.in_use(original) is original is work.double is other.double


def test_it_comes_back_after_an_error_too(lesson, work):
    (attempt,) = written(lesson, 'wrong("13.1", "Three times.", {"_times(x, 2)": "_times(x, 3)"})\n')
    with (
        pytest.raises(ZeroDivisionError),
        substitute.in_place_of(lesson, lesson.exercises[0], substitute.build(attempt, lesson)),
    ):
        work.double(1 / 0)
    assert work.double(1) == 2


def test_one_attempt_on_top_of_another(lesson, work):
    first, second = written(
        lesson, 'wrong("13.1", "3.", {"(x, 2)": "(x, 3)"})\nwrong("13.1", "5.", {"(x, 2)": "(x, 5)"})\n'
    )
    original, exercise = work.double, lesson.exercises[0]
    with substitute.in_place_of(lesson, exercise, substitute.build(first, lesson)):
        with substitute.in_place_of(lesson, exercise, substitute.build(second, lesson)):
            assert (work.fourfold(1), substitute.in_use(original)(1)) == (25, 5)
        assert (work.fourfold(1), substitute.in_use(original)(1)) == (9, 3)
    assert work.fourfold(1) == 4


def test_the_references_own_helpers_come_with_it_the_rest_is_the_learners(lesson, work):
    work.double = lambda x: 100 * x
    work._times = None
    attempt, helper = written(
        lesson,
        'wrong("13.2", "Starts at one.", {"self.count += double(n)": "self.count += double(n) + 1"})\n'
        'wrong("13.1", "A helper.", {"return x * n": "return x * n + 0.5"})\n',
    )
    with substitute.in_place_of(lesson, lesson.exercises[1], substitute.build(attempt, lesson)):
        assert work.Counter().add(1) == 101
    assert work.Counter().add(1) == 100
    assert substitute.build(helper, lesson)(1) == 2.5


def test_a_whole_class(lesson, work):
    (attempt,) = written(
        lesson, '\n@wrong("13.3", "Never counts.")\nclass Other:\n    def add(self, n):\n        return 0\n'
    )
    with substitute.in_place_of(lesson, lesson.exercises[2], substitute.build(attempt, lesson)):
        assert work.Counter().add(1) == 0
    assert work.Counter().add(1) == 2


def test_a_whole_function_is_held_to_the_same_shapes(lesson, work):
    (attempt,) = written(lesson, '\n@wrong("13.1", "None.")\ndef double(x):\n    return None\n')
    with substitute.in_place_of(lesson, lesson.exercises[0], substitute.build(attempt, lesson)):
        assert work.double.__annotations__ == {"x": int, "return": int}


@pytest.mark.parametrize(("text", "message"), [
    ('wrong("13.9", "?", {"a": "b"})', r"lesson13_made_up/mistakes\.py:3: there is no exercise '13\.9'"),
    ('wrong("13.1", "?")', r"mistakes\.py:3: give either changes"),
    ('@wrong("13.1", "?", {"a": "b"})\ndef f(x):\n    return x', "give either changes"),
])  # fmt: skip
def test_a_wrong_entry_is_told(lesson, text, message):
    with pytest.raises(UsageError, match=message):
        written(lesson, text + "\n")


@pytest.mark.parametrize(("old", "message"), [("nowhere", "'nowhere' does not stand"), ("double", "stands 4 times")])
def test_a_change_must_have_one_place(lesson, old, message):
    (attempt,) = written(lesson, f'wrong("13.1", "?", {{"{old}": "x"}})\n')
    with pytest.raises(UsageError, match=message + r" (times )?in work\.py; it must stand there once"):
        substitute.build(attempt, lesson)


def test_no_file_no_attempts(lesson):
    assert substitute.read(lesson, substitute.VARIANTS) == []


def test_a_module_that_is_imported_later_is_found_too(lesson, work):
    (attempt,) = written(lesson, 'wrong("13.1", "Three times.", {"_times(x, 2)": "_times(x, 3)"})\n')
    code = substitute.build(attempt, lesson)
    with substitute.in_place_of(lesson, lesson.exercises[0], code):
        assert work.fourfold(1) == 9
    other = importlib.import_module("lesson13_made_up.other")
    with substitute.in_place_of(lesson, lesson.exercises[0], code):
        assert (work.fourfold(1), other.eightfold(1)) == (9, 12)
    assert (work.fourfold(1), other.eightfold(1)) == (4, 8)


def test_lessons_that_are_loaded_anew_are_looked_through_anew(lesson, work):
    (attempt,) = written(lesson, 'wrong("13.1", "Three times.", {"_times(x, 2)": "_times(x, 3)"})\n')
    with substitute.in_place_of(lesson, lesson.exercises[0], substitute.build(attempt, lesson)):
        assert work.fourfold(1) == 9
    switch.forget()
    anew = importlib.import_module("lesson13_made_up.work")
    with substitute.in_place_of(lesson, lesson.exercises[0], substitute.build(attempt, lesson)):
        assert (anew.fourfold(1), work.fourfold(1)) == (9, 4)
