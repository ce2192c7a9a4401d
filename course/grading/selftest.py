"""Proves, before anything is graded, that the sandbox confines as it claims: a probe tries to get out."""

from __future__ import annotations

from pathlib import Path


def prove(tree: Path) -> None:
    pass
