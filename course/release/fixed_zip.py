"""Zips whose bytes depend only on what is in them: names are sorted, dates are fixed, lines end in a line feed.

Links, hidden files, caches, and what a learner's runs and resets keep are left out. Standard library only.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

LEFT_OUT = {"runs", "kept", "__pycache__", "node_modules"}
DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold


def files(tree: Path) -> list[Path]:
    """Every plain file of a tree that is the course's, in order; links are not followed."""
    found = []
    for path in sorted(tree.iterdir()):
        hidden = path.name.startswith(".") or path.name in LEFT_OUT or path.suffix in (".pyc", ".tmp")
        if hidden or path.is_symlink():
            continue
        found += files(path) if path.is_dir() else [path] if path.is_file() else []
    return found


def content(path: Path) -> bytes:
    """A file, with plain line feeds where it is text: a script with Windows' line ends does not start."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return data
    return data if "\0" in text else data.replace(b"\r\n", b"\n")


def packed(contents: dict[str, bytes]) -> bytes:
    """The zip of these files, by name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, DATE)
            entry.create_system = 3  # Unix, wherever it is made: the modes below count
            entry.external_attr = (0o100755 if contents[name].startswith(b"#!") else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, contents[name], compresslevel=9)
    return out.getvalue()
