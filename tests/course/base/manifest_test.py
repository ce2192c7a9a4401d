"""lesson.toml: the real ones can be read, and what is wrong in one is reported with its file and key."""

import pytest

from course.base import manifest
from course.base.errors import UsageError

RIGHT = """\
title = "Loss"
minutes = 30
prerequisites = ["tensors"]
out_of_scope = []

[[exercise]]
id = "13.1"
file = "loss.py"
object = "loss"
points = 3
difficulty = 2
minutes = 10
hints = ["a nudge", "a push", "almost the answer"]

[[exercise]]
id = "13.2"
file = "model.py"
object = "Model"
points = 1
difficulty = 1
minutes = 10
hints = ["a", "b", "c"]
"""


@pytest.fixture
def read(tmp_path):
    """Reads a manifest of this text (None: no such file)."""

    def read(text):
        folder = tmp_path / "tutorial" / "stage01_a" / "lesson13_loss"
        folder.mkdir(parents=True, exist_ok=True)
        if text is not None:
            (folder / "lesson.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return manifest.read(folder)

    return read


@pytest.fixture
def refusal(read):
    """The message with which a manifest of this text is refused."""

    def refusal(text):
        with pytest.raises(UsageError) as caught:
            read(text)
        message = str(caught.value)
        assert message.startswith("lesson13_loss/lesson.toml")
        return message

    return refusal


def test_the_real_manifests_are_right():
    lessons = manifest.read_all()
    assert [lesson.number for lesson in lessons] == sorted(lesson.number for lesson in lessons)
    for lesson in lessons:
        numbers = [int(e.id.removeprefix(f"{lesson.number}.")) for e in lesson.exercises]
        assert numbers == sorted(numbers)  # with gaps: an id is never used again
        assert all(hint.strip() for e in lesson.exercises for hint in e.hints)
        assert all((lesson.solution / e.file).is_file() for e in lesson.exercises)


def test_a_right_one_is_read_whole(read):
    lesson = read(RIGHT)
    assert (lesson.title, lesson.minutes, lesson.prerequisites, lesson.out_of_scope) == ("Loss", 30, ["tensors"], [])
    assert (lesson.name, lesson.number) == ("lesson13_loss", "13")
    first, second = lesson.exercises
    assert (first.id, first.place, first.points, first.difficulty) == ("13.1", "loss.py:loss", 3, 2)
    assert second.hints == ["a", "b", "c"]
    assert (first.hardening, first.core) == (0, False)
    first, _ = read(RIGHT.replace("points = 3", "points = 3\nhardening = 1\ncore = true", 1)).exercises
    assert (first.points, first.hardening, first.core) == (3, 1, True)


@pytest.mark.parametrize(("old", "new", "says"), [
    ('title = "Loss"', 'titel = "Loss"', ": unknown key 'titel'; did you mean 'title'?"),
    ("out_of_scope = []", "out_of_scope = []\nzzz = 1",
     ": unknown key 'zzz'; the keys are title, minutes, prerequisites, out_of_scope"),
    ("minutes = 30", "minutes = true", ": key 'minutes' must be int, not True"),
    ('"13.1"', "13.1", ", exercise 1: key 'id' must be str, not 13.1"),
    ('["tensors"]', '["tensors", 3]', ": key 'prerequisites' must be list[str], not ['tensors', 3]"),
    ('file = "model.py"\n', "", ", exercise 2: key 'file' is missing"),
    ('"13.1"', '"14.1"', ", exercise 1: key 'id' must look like '13.1', not '14.1'"),
    ('"13.2"', '"13.1"', ", exercise 2: key 'id': '13.1' is used twice"),
    ('["a", "b", "c"]', '["a", "b"]', ", exercise 2: key 'hints' must hold three hints, not 2"),
    ("difficulty = 2", "difficulty = 9", ", exercise 1: key 'difficulty' must be 1 to 5, not 9"),
    ("points = 3", "points = 0", ", exercise 1: keys 'points' and 'minutes' must be at least 1"),
    ("points = 3", "points = 3\ncore = 1", ", exercise 1: key 'core' must be bool, not 1"),
    ('title = "Loss"', 'title = "Loss', " is not valid TOML: "),
])  # fmt: skip
def test_what_is_wrong_is_reported_with_file_and_key(refusal, old, new, says):
    assert old in RIGHT
    message = refusal(RIGHT.replace(old, new, 1))
    assert message.removeprefix("lesson13_loss/lesson.toml").startswith(says)
    assert "\n" not in message


@pytest.mark.parametrize(
    "rest", ["", "exercise = []", "exercise = 1", "[exercise]\nid = '13.1'", "exercise = ['13.1']"]
)
def test_a_manifest_without_exercises_is_refused(refusal, rest):
    header = RIGHT.partition("[[exercise]]")[0]
    assert "expected at least one [[exercise]] table" in refusal(f"{header}{rest}\n")


def test_a_file_that_is_missing_or_not_utf8_is_reported(refusal):
    assert refusal(None) == "lesson13_loss/lesson.toml is missing: every lesson folder has a manifest"
    assert "is not valid TOML" in refusal(b'title = "\xff"\n')


def test_all_lessons_are_read_in_order_and_found_by_number_or_name(tmp_path, write_files, manifest_text):
    write_files(tmp_path, {
        "tutorial/stage02_b/lesson01_late_stage/lesson.toml": manifest_text("01.1 a.py:f"),
        "tutorial/stage01_a/lesson12_later/lesson.toml": manifest_text("12.1 a.py:f"),
        "tutorial/stage01_a/lesson02_soon/lesson.toml": manifest_text("02.1 a.py:f"),
        "tutorial/stage01_a/notes/lesson.toml": "not a lesson",
    })  # fmt: skip
    assert [lesson.number for lesson in manifest.read_all(tmp_path)] == ["01", "02", "12"]
    for name in ("02", "lesson02", "lesson02_soon"):
        assert manifest.find(name, tmp_path).name == "lesson02_soon"
    with pytest.raises(UsageError, match=r"there is no lesson '2'; use one of: 01, 02, 12"):
        manifest.find("2", tmp_path)


def test_the_exercise_to_start_with_must_be_one(read, refusal):
    assert [e.id for e in read(f'start = "13.2"\n{RIGHT}').in_order] == ["13.2", "13.1"]
    assert "key 'start' must be the id of an exercise, not '13.7'" in refusal(f'start = "13.7"\n{RIGHT}')
