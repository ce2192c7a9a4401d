"""Other attempts at an exercise: how they are read, made, and put in the reference's place for a while."""

import importlib

import pytest

from course.base import manifest, switch
from course.base.errors import UsageError
from course.diagnosis import audit_files, substitute

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


THREE = 'wrong("Three times.", {"_times(x, 2)": "_times(x, 3)"})\n'


def written(lesson, number, text):
    """The mistakes of an exercise whose audit file has that text under its head."""
    exercise = next(e for e in lesson.exercises if e.id == number)
    path = audit_files.file_of(lesson, exercise)
    path.parent.mkdir(exist_ok=True)
    path.write_text(HEAD + text)
    return audit_files.read(lesson, audit_files.MISTAKES, exercise)


def test_a_function_is_replaced_wherever_it_was_imported_and_comes_back(lesson, work):
    other = importlib.import_module("lesson13_made_up.other")
    (attempt,) = written(lesson, "13.1", THREE)
    original = work.double
    with substitute.in_place_of(lesson, lesson.exercises[0], audit_files.build(attempt, lesson)):
        assert (work.fourfold(1), other.eightfold(1), substitute.in_use(original)(1)) == (9, 12, 3)
    assert (work.fourfold(1), other.eightfold(1)) == (4, 8)
    assert substitute.in_use(original) is original is work.double is other.double
    with (
        pytest.raises(ZeroDivisionError),  # it comes back after an error, too
        substitute.in_place_of(lesson, lesson.exercises[0], audit_files.build(attempt, lesson)),
    ):
        work.double(1 / 0)
    assert work.double(1) == 2


def test_one_attempt_on_top_of_another(lesson, work):
    first, second = written(lesson, "13.1", f'{THREE}wrong("5.", {{"_times(x, 2)": "_times(x, 5)"}})\n')
    original, exercise = work.double, lesson.exercises[0]
    with substitute.in_place_of(lesson, exercise, audit_files.build(first, lesson)):
        with substitute.in_place_of(lesson, exercise, audit_files.build(second, lesson)):
            assert (work.fourfold(1), substitute.in_use(original)(1)) == (25, 5)
        assert (work.fourfold(1), substitute.in_use(original)(1)) == (9, 3)
    assert work.fourfold(1) == 4


def test_the_references_own_helpers_come_with_it_the_rest_is_the_learners(lesson, work):
    work.double = lambda x: 100 * x
    work._times = None
    (attempt,) = written(
        lesson, "13.2", 'wrong("Starts at one.", {"self.count += double(n)": "self.count += double(n) + 1"})\n'
    )
    (helper,) = written(lesson, "13.1", 'wrong("A helper.", {"return x * n": "return x * n + 0.5"})\n')
    with substitute.in_place_of(lesson, lesson.exercises[1], audit_files.build(attempt, lesson)):
        assert work.Counter().add(1) == 101
    assert work.Counter().add(1) == 100
    assert audit_files.build(helper, lesson)(1) == 2.5


def test_a_whole_class_and_a_whole_function_which_is_held_to_the_same_shapes(lesson, work):
    (attempt,) = written(
        lesson, "13.3", '\n@wrong("Never counts.")\nclass Other:\n    def add(self, n):\n        return 0\n'
    )
    with substitute.in_place_of(lesson, lesson.exercises[2], audit_files.build(attempt, lesson)):
        assert work.Counter().add(1) == 0
    assert work.Counter().add(1) == 2
    (attempt,) = written(lesson, "13.1", '\n@wrong("None.")\ndef double(x):\n    return None\n')
    with substitute.in_place_of(lesson, lesson.exercises[0], audit_files.build(attempt, lesson)):
        assert work.double.__annotations__ == {"x": int, "return": int}


def test_it_is_the_default_of_an_argument_too(lesson, work):
    """Trainers take `generate` and `loss` as arguments, with the lesson's own as the default."""
    exec("def twice(x, by=double):\n    return by(by(x))", vars(work))
    original = work.double
    (attempt,) = written(lesson, "13.1", THREE)
    with substitute.in_place_of(lesson, lesson.exercises[0], audit_files.build(attempt, lesson)):
        assert work.twice(1) == 9
    assert work.twice(1) == 4 and work.twice.__defaults__ == (original,)


def test_what_an_audit_file_must_not_hold_is_reported_with_its_place(lesson):
    assert audit_files.read(lesson, audit_files.VARIANTS, lesson.exercises[0]) == []  # no file, no attempts
    for text in ('wrong("?")', '@wrong("?", {"a": "b"})\ndef f(x):\n    return x'):
        with pytest.raises(UsageError, match=r"lesson13_made_up/audit/ex01\.py:3: give either changes"):
            written(lesson, "13.1", text + "\n")
    (attempt,) = written(lesson, "13.1", 'wrong("?", {"nowhere": "x"})\n')
    place = r"lesson13_made_up/audit/ex01\.py:3: 'nowhere' does not occur in work\.py:double"
    with pytest.raises(UsageError, match=place):
        audit_files.build(attempt, lesson)


def test_a_module_that_is_imported_later_is_found_too(lesson, work):
    (attempt,) = written(lesson, "13.1", THREE)
    code = audit_files.build(attempt, lesson)
    with substitute.in_place_of(lesson, lesson.exercises[0], code):
        assert work.fourfold(1) == 9
    other = importlib.import_module("lesson13_made_up.other")
    with substitute.in_place_of(lesson, lesson.exercises[0], code):
        assert (work.fourfold(1), other.eightfold(1)) == (9, 12)
    assert (work.fourfold(1), other.eightfold(1)) == (4, 8)


def test_lessons_that_are_loaded_anew_are_looked_through_anew(lesson, work):
    (attempt,) = written(lesson, "13.1", THREE)
    with substitute.in_place_of(lesson, lesson.exercises[0], audit_files.build(attempt, lesson)):
        assert work.fourfold(1) == 9
    switch.forget()
    anew = importlib.import_module("lesson13_made_up.work")
    with substitute.in_place_of(lesson, lesson.exercises[0], audit_files.build(attempt, lesson)):
        assert (anew.fourfold(1), work.fourfold(1)) == (9, 4)
