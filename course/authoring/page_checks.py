"""Checks that pages say what is so: their links lead somewhere, and their Python blocks run."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from course.base.switch import ROOT


def broken_links(page: Path, root: Path = ROOT) -> list[str]:
    """The links of a Markdown page that lead to no file."""
    broken = []
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        # A stub may be away, if a learner has moved it; its reference is not.
        reference = Path(str(page.parent / link).replace(f"{root}/tutorial/", f"{root}/solutions/"))
        external = link.startswith(("http://", "https://"))
        if not external and not (page.parent / link).exists() and not reference.exists():
            broken.append(link)
    return broken


def wrong_blocks(page: Path) -> str | None:
    """What goes wrong when the page's Python blocks are run one after the other, as a reader would paste them, with the
    lessons as they are imported here. Where the comment behind a print shows output, that must be the output."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(code, {"__name__": "__main__"})
    except Exception as error:
        return f"its Python blocks do not run: {type(error).__name__}: {error}"
    for shown in re.findall(r"print\(.*\)\s+# (-?[\d\[(][^a-z\n]*?)(?:\.\.\.\]?)?$", code, re.MULTILINE):
        if shown.strip(" ,") not in printed.getvalue():
            return f"{shown!r} is not printed"
    return None
