"""What the pages say is so: links lead somewhere, and the Python blocks of the lessons run."""

import pytest

from course import pages
from lab.switch import ROOT

LESSONS = sorted(ROOT.glob("tutorial/stage*/lesson*/README.md"))
PAGES = [ROOT / "README.md", ROOT / "tutorial" / "CONTRIBUTING.md", *sorted(ROOT.glob("benchmarks/*.md"))]


@pytest.mark.parametrize("page", [*PAGES, *LESSONS], ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    assert pages.broken_links(page) == []


@pytest.mark.parametrize("page", LESSONS, ids=lambda p: p.parent.name)
def test_python_blocks_run(page):
    assert pages.wrong_blocks(page) is None


def test_what_is_wrong_with_a_page_is_told(tmp_path, write_files):
    text = "[a](b.md) [c](d.md#e) [f](https://g.org)\n```python\nprint(1 + 1)  # 2\nprint([3])  # [4]\n```\n"
    write_files(tmp_path, {"page.md": text, "d.md": "", "bad.md": "```python\n1 / 0\n```\n"})
    assert pages.broken_links(tmp_path / "page.md", tmp_path) == ["b.md"]
    assert pages.wrong_blocks(tmp_path / "page.md") == "'[4]' is not printed"
    assert pages.wrong_blocks(tmp_path / "bad.md").endswith("ZeroDivisionError: division by zero")
