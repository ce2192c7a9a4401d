"""What the course's own tests share: course trees made up in a temporary folder, and Python run inside them."""

import ctypes
import gc
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from course.base import switch

ROOT = Path(__file__).resolve().parent.parent
# Its table of characters takes a second to make: not in each folder of a test.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".hypothesis"))

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # a shell without job control starts background commands so
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the tests of Ctrl-C, and what they start, need it


def pytest_collection_finish():
    gc.freeze()  # all that is imported stays; pytest looks for garbage at each end, also of the sessions in these tests


@pytest.fixture
def reference(monkeypatch):
    """Lessons from solutions/, whatever SOLUTION says outside."""
    monkeypatch.setenv("SOLUTION", "1")
    switch.forget()
    yield
    switch.forget()


@pytest.fixture(scope="session")
def write_files():
    """`write_files(folder, {"a/b.py": text})` writes files and gives `folder` back."""
    return _write_files


@pytest.fixture(scope="session")
def manifest_text():
    """`manifest_text("01.1 loss.py:f", "01.2 loss.py:g core=true", ...)` is the text of a right lesson.toml with those
    exercises."""
    return _manifest_text


@pytest.fixture(scope="session")
def copy_machinery():
    """`copy_machinery(folder)` puts course/, grader/, lab/, conftest.py and pyproject.toml there; no lessons."""

    def copy(folder):
        for name in ("course", "grader", "lab"):
            shutil.copytree(ROOT / name, folder / name)  # with compiled code, which saves time
        for name in ("conftest.py", "pyproject.toml"):
            shutil.copy(ROOT / name, folder / name)
        return folder

    return copy


@pytest.fixture(scope="session")
def run_python():
    """`run_python(folder, "-m", "pytest", solution="1")` runs this Python there, in an environment of its own."""
    return _run_python


@pytest.fixture
def lessons_at(monkeypatch):
    """`lessons_at(root)`: lessons are imported from under `root`, with SOLUTION unset. Undone after the test."""
    loaded = {n: m for n, m in sys.modules.items() if switch.LESSON.fullmatch(n.partition(".")[0])}
    monkeypatch.delenv("SOLUTION", raising=False)

    def use(root):
        switch.forget()
        monkeypatch.setattr(switch.finder, "root", root)
        return root

    yield use
    switch.forget()
    sys.modules.update(loaded)


@pytest.fixture
def adopted():
    """`adopted()`: the processes that have come of this one since, by number, with their command lines; those too whose
    parents have ended. `adopted(pid)`: those that have come of another. Linux tells."""
    if not sys.platform.startswith("linux"):
        pytest.skip("looks for processes in /proc, and adopts orphans")
    libc, child_subreaper = ctypes.CDLL(None), 36
    before = _descendants()
    libc.prctl(child_subreaper, 1, 0, 0, 0)
    yield lambda of=None: {pid: text for pid, text in _descendants(of).items() if of or pid not in before}
    for pid in _descendants().keys() - before.keys():
        os.kill(pid, signal.SIGKILL)
    libc.prctl(child_subreaper, 0, 0, 0, 0)


def _descendants(of=None):
    parents, found = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            text = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has just ended
            continue
        parents[int(folder.name)] = int(parent)
        if state != "Z":
            found[int(folder.name)] = text
    line = [of or os.getpid()]
    for pid in line:
        line += [child for child, parent in parents.items() if parent == pid]
    return {pid: found[pid] for pid in line[1:] if pid in found}


def _write_files(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8", newline="\n")
    return folder


def _manifest_text(*exercises):
    text = 'title = "A lesson"\nminutes = 10\nprerequisites = []\nout_of_scope = []\n'
    for exercise in exercises:
        number, place, *settings = exercise.split()
        file, name = place.split(":")
        text += f'\n[[exercise]]\nid = "{number}"\nfile = "{file}"\nobject = "{name}"\n'
        text += 'points = 1\ndifficulty = 1\nminutes = 5\nhints = ["a", "b", "c"]\n'
        text += "".join(f"{setting}\n" for setting in settings)
    return text


def _run_python(folder, *command, solution=None, stdin="", python=sys.executable):
    ours = ("SOLUTION", "PYTEST", "PYTHONPATH", "FORCE_COLOR", "PY_COLORS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment |= {"NO_COLOR": "1", "COLUMNS": "200", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # plugins take a second
    environment["PYTHONDONTWRITEBYTECODE"] = "1"  # a changed file may be as old and as long as before
    environment |= {} if solution is None else {"SOLUTION": solution}
    return subprocess.run(
        [python, *map(str, command)], cwd=folder, env=environment, input=stdin, capture_output=True, encoding="utf-8"
    )
