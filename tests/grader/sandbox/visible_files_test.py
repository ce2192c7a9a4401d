"""Which files of the course a worker may read."""

import re

import pytest

from course.base import manifest
from grader.sandbox import visible_files

LESSONS = {lesson.name: lesson for lesson in manifest.read_all()}


@pytest.mark.parametrize("name", LESSONS)
def test_what_a_scenario_imports_of_given_is_there(name):
    lesson = LESSONS[name]
    text = (lesson.folder / "testcases" / "scenarios.py").read_text()
    wanted = set(re.findall(rf"{name}\.given\.(\w+)", text)) | set(re.findall(rf"{name}\.given import (\w+)", text))
    assert wanted <= {path.stem for path in visible_files.given_files(lesson)}
