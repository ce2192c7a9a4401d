"""`make update`: the course's new files and the learner's own lines, together."""

import os
import subprocess

import pytest

from course.base.errors import UsageError
from course.desk import update

STUB = '''\
"""A loss."""


def loss(x):
    """Twice."""
    raise NotImplementedError("not written yet")


def other(x):
    """Once."""
    raise NotImplementedError("not written yet")
'''
FILE = "tutorial/stage01_a/lesson01_first/loss.py"


@pytest.fixture
def git(monkeypatch):
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "a@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)

    def run(folder, *arguments):
        return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout

    return run


@pytest.fixture
def course(tmp_path, write_files, git):
    """`course["theirs"]` is the course, `course["mine"]` a clone of it, as a learner has it."""
    theirs, mine = tmp_path / "theirs", tmp_path / "mine"
    write_files(theirs, {FILE: STUB, "README.md": "old\n", ".gitignore": "kept/\n"})
    git(theirs, "init", "-q", "-b", "main")
    publish(git, theirs)
    git(tmp_path, "clone", "-q", str(theirs), str(mine))
    return {"theirs": theirs, "mine": mine}


def publish(git, folder):
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "new")


def change(folder, name, old, new):
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


WRITTEN = '    """Twice."""\n    return 2 * x\n'


def write(mine):
    change(mine, FILE, '    """Twice."""\n    raise NotImplementedError("not written yet")\n', WRITTEN)


def test_what_is_written_stays_and_what_is_new_comes(course, git):
    write(course["mine"])
    change(course["theirs"], FILE, '"""Once."""', '"""Once, and no more."""')
    (course["theirs"] / "README.md").write_text("new\n")
    publish(git, course["theirs"])
    lines = update.update(course["mine"])
    text = (course["mine"] / FILE).read_text()
    assert WRITTEN in text and "Once, and no more" in text
    assert (course["mine"] / "README.md").read_text() == "new\n"
    assert f"merged: {FILE}" in lines and lines[-1].startswith("updated from")
    (kept,) = (course["mine"] / "kept").glob("update-*")
    assert WRITTEN in (kept / FILE).read_text()
    assert not (course["mine"] / "kept" / ".merging").exists()


def test_where_both_changed_the_same_lines_yours_stays(course, git):
    write(course["mine"])
    before = (course["mine"] / FILE).read_bytes()
    change(course["theirs"], FILE, 'raise NotImplementedError("not written yet")', 'raise NotImplementedError("new")')
    publish(git, course["theirs"])
    lines = update.update(course["mine"])
    assert (course["mine"] / FILE).read_bytes() == before
    assert (course["mine"] / f"{FILE}.new").read_bytes() == (course["theirs"] / FILE).read_bytes()
    assert any("both changed" in line and "loss.py.new" in line for line in lines)


def test_own_commits_are_merged(course, git):
    write(course["mine"])
    publish(git, course["mine"])
    change(course["theirs"], FILE, '"""Once."""', '"""Once, and no more."""')
    publish(git, course["theirs"])
    update.update(course["mine"])
    text = (course["mine"] / FILE).read_text()
    assert WRITTEN in text and "Once, and no more" in text


def test_own_commits_that_do_not_fit_leave_everything_as_it_was(course, git):
    write(course["mine"])
    publish(git, course["mine"])
    change(course["mine"], FILE, '"""A loss."""', '"""My loss."""')
    change(course["theirs"], FILE, 'raise NotImplementedError("not written yet")', 'raise NotImplementedError("new")')
    publish(git, course["theirs"])
    before, head = (course["mine"] / FILE).read_bytes(), git(course["mine"], "rev-parse", "HEAD")
    with pytest.raises(UsageError, match="do not fit together"):
        update.update(course["mine"])
    assert (course["mine"] / FILE).read_bytes() == before and git(course["mine"], "rev-parse", "HEAD") == head
    assert git(course["mine"], "status", "--porcelain", "--untracked-files=no").split() == ["M", FILE]


def test_a_file_that_the_course_has_dropped_is_kept_aside(course, git):
    write(course["mine"])
    git(course["theirs"], "rm", "-q", FILE)
    git(course["theirs"], "commit", "-q", "-m", "away")
    lines = update.update(course["mine"])
    assert not (course["mine"] / FILE).exists() and any("no longer part" in line for line in lines)
    assert list((course["mine"] / "kept").glob(f"update-*/{FILE}"))


def test_nothing_new(course):
    write(course["mine"])
    assert update.update(course["mine"]) == ["nothing to do: this is the newest version"]
    assert WRITTEN in (course["mine"] / FILE).read_text()


def test_what_stands_in_the_way_is_told(course, tmp_path, git):
    (course["mine"] / "README.md").write_text("mine\n")
    with pytest.raises(UsageError, match=r"README\.md has been changed"):
        update.update(course["mine"])
    with pytest.raises(UsageError, match="follows no other"):
        update.update(course["theirs"])
    (tmp_path / "alone").mkdir()
    with pytest.raises(UsageError, match="no git repository"):
        update.update(tmp_path / "alone")


@pytest.mark.parametrize(("new", "stays", "says"), [
    (b"theirs", b"theirs", "new: walkthrough.ipynb; yours is in kept/"),
    (b"base", b"mine", "no news: walkthrough.ipynb stays as you ran it"),
], ids=["new one", "old one"])  # fmt: skip
def test_a_notebook_is_never_merged(tmp_path, new, stays, says):
    (tmp_path / "walkthrough.ipynb").write_bytes(new)
    assert update._merge(tmp_path, "walkthrough.ipynb", b"mine", b"base") == says
    assert (tmp_path / "walkthrough.ipynb").read_bytes() == stays
