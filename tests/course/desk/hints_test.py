"""`make hint`: one hint more each time, kept in a file that may be lost."""

import pytest

from course.base.errors import UsageError
from course.desk import hints


@pytest.fixture
def course(tmp_path, write_files, manifest_text):
    path = "tutorial/stage01_a/lesson01_made_up/lesson.toml"
    return write_files(tmp_path, {path: manifest_text("01.1 work.py:f", "01.2 work.py:g")})


def shown(course, exercise="01.1"):
    """The hints in the text that is printed."""
    text = hints.next_hint(exercise, course)
    assert text.startswith(f"exercise {exercise}  ")
    return [line.strip() for line in text.splitlines() if line.strip() in ("a", "b", "c")]


def test_each_call_gives_the_next_and_then_all(course):
    assert [shown(course) for _ in range(4)] == [["a"], ["b"], ["c"], ["a", "b", "c"]]
    assert hints.next_hint("01.1", course).endswith("make solution EX=01.1 FORCE=1 shows the reference.")
    assert shown(course, "01.2") == ["a"]


def test_an_unknown_exercise_is_told(course):
    with pytest.raises(UsageError, match=r"no exercise '01\.7'; say one of: 01\.1, 01\.2"):
        hints.next_hint("01.7", course)
