"""Fixtures: two lessons made up for the tests of intake, and classes that hand in their files."""

import pytest

from course.authoring import stubs
from course.base import manifest
from grader.intake import parsing, submission
from tests.grader.intake.handed_in import DEEP, parsed_here

SOLUTION = "def f():\n    # > Do it.\n    return 1\n\n\ndef g():\n    return 2\n"


@pytest.fixture
def lessons(tmp_path, write_files, manifest_text):
    """Two lessons; `data/same.py` is in both, `a.py` and `b.py` in one each."""
    root = write_files(tmp_path / "course", {
        f"{DEEP}lesson01_one/lesson.toml": manifest_text("01.1 loss/a.py:f", "01.2 loss/a.py:g", "01.3 data/same.py:h"),
        f"{DEEP}lesson02_two/lesson.toml": manifest_text("02.1 loss/b.py:f", "02.2 data/same.py:h"),
        "solutions/stage01_x/lesson01_one/loss/a.py": SOLUTION,
    })  # fmt: skip
    return manifest.read_all(root)


@pytest.fixture
def survey(tmp_path, lessons, monkeypatch):
    """`survey({"ada/loss/a.py": b"x = 1"})` makes a class of these files, and gives what intake finds in it. Files are
    parsed in this process, which is quicker."""
    monkeypatch.setattr(parsing, "parse", parsed_here)

    def survey(files, confined=False, name="class"):
        for path, data in files.items():
            place = tmp_path / "class" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        return submission.survey(tmp_path / name, lessons, confined)

    return survey


@pytest.fixture
def hand_in(survey):
    """The same, as the submissions by name."""
    return lambda files, **more: {s.student: s for s in survey(files, **more).submissions}


@pytest.fixture
def stub(lessons):
    """A's, as it was handed out."""
    return stubs.stub_of(lessons[0], "loss/a.py").encode()
