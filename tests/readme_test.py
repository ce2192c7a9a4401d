"""What the pages say is so: links lead somewhere, and the Python blocks of the lessons run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lab.switch import ROOT

LESSONS = sorted(ROOT.glob("tutorial/stage*/lesson*/README.md"))
PAGES = [ROOT / "README.md", *LESSONS, *sorted(ROOT.glob("benchmarks/*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if not link.startswith(("http://", "https://")):
            # A stub may be away, if a learner has moved it; its reference is not.
            reference = Path(str(page.parent / link).replace(f"{ROOT}/tutorial/", f"{ROOT}/solutions/"))
            assert (page.parent / link).exists() or reference.exists(), (
                f"{page.name} links to {link}, which is not there"
            )


@pytest.mark.parametrize("page", LESSONS, ids=lambda p: p.parent.name)
def test_python_blocks_run(page):
    """One after the other, as a reader would paste them. Where a line's comment shows output, it is that output."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
    environment = {**os.environ, "SOLUTION": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for shown in re.findall(r"print\(.*\)\s+# (-?[\d\[(][^a-z\n]*?)(?:\.\.\.\]?)?$", code, re.MULTILINE):
        assert shown.strip(" ,") in done.stdout, f"{shown!r} is not printed"
