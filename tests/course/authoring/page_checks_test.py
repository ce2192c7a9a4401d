"""What the pages say is so. (The lessons' own pages are the audit's affair.)"""

import json
import re
import tomllib

import pytest

from course.authoring import page_checks
from course.base import manifest
from course.base.switch import ROOT
from grader import grade

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / "README.md",
    ROOT / "AGENTS.md",
    ROOT / "docs" / "INSTRUCTORS.md",
    ROOT / "docs" / "ENGINE.md",
    ROOT / "docs" / "SCALING.md",
    ROOT / "docs" / "TRAINING.md",
    ROOT / "tutorial" / "CONTRIBUTING.md",
    *sorted(ROOT.glob("benchmarks/*.md")),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    assert page_checks.broken_links(page) == []


def test_every_option_of_grading_is_on_the_instructors_page():
    page = (ROOT / "docs" / "INSTRUCTORS.md").read_text(encoding="utf-8")
    listed = set(
        re.findall(
            r"(?<!\w)--[a-z]+[a-z-]*", page[page.index("`OPTIONS` takes") : page.index("If grading was stopped")]
        )
    )
    known = set(re.findall(r"^    (--[a-z-]+) ", grade.__doc__, re.MULTILINE)) | {"--assignment"}
    assert listed == known - {"--out"}


def test_editors_find_the_lessons_of_every_stage():
    stages = {lesson.folder.parent.relative_to(ROOT).as_posix() for lesson in manifest.read_all()}
    settings = json.loads((ROOT / ".vscode" / "settings.json").read_text())
    assert stages <= set(settings["python.analysis.extraPaths"])
    mypy = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert {stage.replace("tutorial", "solutions") for stage in stages} <= set(mypy["mypy_path"])


def test_what_is_wrong_with_a_page_is_told(tmp_path, write_files):
    text = "[a](b.md) [c](d.md#e) [f](https://g.org)\n```python\nprint(1 + 1)  # 2\nprint([3])  # [4]\n```\n"
    write_files(tmp_path, {"page.md": text, "d.md": "", "bad.md": "```python\n1 / 0\n```\n"})
    assert page_checks.broken_links(tmp_path / "page.md", tmp_path) == ["b.md"]
    assert page_checks.wrong_blocks(tmp_path / "page.md") == "'[4]' is not printed"
    assert page_checks.wrong_blocks(tmp_path / "bad.md").endswith("ZeroDivisionError: division by zero")
