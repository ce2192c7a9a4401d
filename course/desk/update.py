"""`make update`: newer versions of the course, without losing what you have written.

What differs from the course's own files is put aside in kept/ first, then merged into the new files, as git merges:
your lines stay where only you have changed something. Where both have, your file stays as it is, and the course's new
one is put beside it. Standard library and git only.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from course.base.atomic_files import write_bytes
from course.base.errors import UsageError
from course.base.switch import ROOT


def update(root: Path = ROOT) -> list[str]:
    """Fetches and merges; gives what there is to say, a line each. Raises UsageError, with everything as it was."""
    if _git(root, "rev-parse", "--show-toplevel", may_fail=True) is None:
        raise UsageError("this folder is no git repository, so there is nothing that it could be updated from")
    if _git(root, "rev-parse", "@{u}", may_fail=True) is None:
        raise UsageError("this branch follows no other; `git branch --set-upstream-to origin/main` names the course's")
    changed = _git(root, "diff", "--name-only", "-z", "HEAD").split("\0")[:-1]
    elsewhere = [name for name in changed if not name.startswith("tutorial/")]
    if elsewhere:
        raise UsageError(f"{elsewhere[0]} has been changed, outside tutorial/; commit that or undo it, and try again")
    _git(root, "fetch", "--quiet")
    old, new = _git(root, "rev-parse", "HEAD").strip(), _git(root, "rev-parse", "@{u}").strip()
    if _git(root, "merge-base", "--is-ancestor", new, old, may_fail=True) is not None:
        return ["nothing to do: this is the newest version"]
    mine = {name: (root / name).read_bytes() for name in changed if (root / name).exists()}
    kept = root / "kept" / f"update-{time.strftime('%Y%m%d-%H%M%S')}"
    for name, text in mine.items():
        write_bytes(kept / name, text)
    lines = [f"what you had written is kept in {kept.relative_to(root)}"] if mine else []
    try:
        if changed:
            _git(root, "checkout", "--quiet", "HEAD", "--", *changed)
        _git(root, "merge", "--quiet", "--no-edit", "@{u}")
    except UsageError as error:
        _git(root, "merge", "--abort", may_fail=True)
        for name, text in mine.items():
            write_bytes(root / name, text)
        raise UsageError(f"your own commits and the course's new ones do not fit together: {error}") from None
    for name, text in mine.items():
        lines.append(_merge(root, name, text, _bytes(root, "show", f"{old}:{name}")))
    return [*lines, f"updated from {old[:7]} to {new[:7]}"]


def _merge(root: Path, name: str, mine: bytes, base: bytes) -> str:
    """Puts one file of the learner's back, merged with the course's new one."""
    path = root / name
    if not path.exists():
        return f"{name} is no longer part of the course; yours is in kept/"
    new = path.read_bytes()
    if path.suffix == ".ipynb":  # running one changes it everywhere; lines merged from two of them may be none
        if new == base:
            write_bytes(path, mine)
            return f"no news: {name} stays as you ran it"
        return f"new: {name}; yours is in kept/"
    folder = root / "kept" / ".merging"
    for part, text in (("mine", mine), ("base", base), ("new", new)):
        write_bytes(folder / part, text)
    try:
        command = ["git", "merge-file", "-p", *(str(folder / part) for part in ("mine", "base", "new"))]
        done = subprocess.run(command, capture_output=True)
    finally:
        for part in ("mine", "base", "new"):
            (folder / part).unlink()
        folder.rmdir()
    if done.returncode == 0:
        write_bytes(path, done.stdout)
        return f"merged: {name}"
    write_bytes(path, mine)
    beside = path.with_name(f"{path.name}.new")
    write_bytes(beside, new)
    return f"both changed: {name} stays as you wrote it, and the new one is beside it as {beside.name}"


def _git(root: Path, *arguments: str, may_fail: bool = False) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise UsageError("git is not installed; updates come with it") from None
    if done.returncode == 0:
        return done.stdout
    if may_fail:
        return None
    said = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()
    raise UsageError(f"git {arguments[0]}: {said[-1].removeprefix('fatal: ')}")


def _bytes(root: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True).stdout
