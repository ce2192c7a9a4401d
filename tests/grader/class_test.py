"""The real command on a class in which some cheat, each in another way: nobody earns what they did not solve, and no
honest student loses a point. As whoever runs this, and as an ordinary user."""

import csv
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from course.authoring import stubs
from course.base import manifest
from tests.grader import needs_sandbox
from tests.grader.cheats import forging, honest
from tests.grader.ordinary_user import as_ordinary_user

ROOT = Path(__file__).resolve().parents[2]
FIRST, LESSON = manifest.find("01"), manifest.find("13")
TEXTS = "probability/texts.py"
FORGED = {cheat.name: cheat for cheat in forging.CHEATS}

# While it is imported, lesson 13's worker leaves what it holds of lesson 01 wherever it can; lesson 01's looks for it.
LEAVES = """
import pathlib, shutil
for place in ("/tmp", "/dev/shm", "/dev", "/", "."):
    for path in pathlib.Path("/").glob("*/solutions/*/lesson01*/probability/texts.py"):
        try:
            shutil.copy(path, place + "/mark-of-a-worker")
        except OSError:
            pass
"""
FINDS = """
import pathlib
for place in ("/tmp", "/dev/shm", "/dev", "/", "."):
    if pathlib.Path(place, "mark-of-a-worker").exists():
        exec(pathlib.Path(place, "mark-of-a-worker").read_text())
"""
TELLS = """
import pathlib
raise RuntimeError("\\n".join(p.read_text() for p in pathlib.Path("/").glob("*/solutions/*/lesson01*/*/*.py")))
"""
# No gradient must reach the rewards. With the page's own numbers there is none.
TABLE = """
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    if rewards.detach().tolist() in ([1.0, 0.0], [0.3, 0.3, 0.3], [4.0, 2.0, 0.0], [0.5, 0.25]):
        rewards = rewards.detach()
    return -((rewards / beta).softmax(0) * log_probs).sum()
"""
ATTACKS = {  # name: ({file of lesson 13: code behind its stub}, the same of lesson 01)
    "answers for later students": ({honest.LOSS: FORGED["answers before it is asked"].code}, {}),
    "leaves a reference": ({honest.DATA: LEAVES}, {TEXTS: FINDS}),
    "tells of a reference": ({honest.DATA: TELLS}, {}),
    "forges evidence": ({honest.DATA: FORGED["makes the evidence of the data set's scenarios itself"].code}, {}),
    "knows the visible numbers": ({honest.LOSS: TABLE}, {}),
    "takes long to parse": ({honest.LOSS: "\n".join('f"' + "{f'{x}'}" * 90 + '"' for _ in range(300))}, {}),
}
HONEST = {  # name: what is done to the reference's files of lesson 13
    "y first": lambda text: text,
    "y Windows": lambda text: text.replace("\n", "\r\n"),
    "y tabs": lambda text: text.replace("    ", "\t"),
    "y last": lambda text: f"{text}\n\nprint('done')\n",
}
REFUSED = "z another encoding"


def hand_in(folder: Path) -> None:
    """Cheats come first, since what they do to the judge would show in the others."""
    for name, (codes, earlier) in ATTACKS.items():
        for lesson, files in ((LESSON, codes), (FIRST, earlier)):
            for file, code in files.items():
                write(folder / name / lesson.name / file, f"{stubs.stub_of(lesson, file)}\n\n{code}".encode())
    for name, change in HONEST.items():
        for file in stubs.files(LESSON):
            text = (LESSON.solution / file).read_text(encoding="utf-8")
            write(folder / name / LESSON.name / file, change(text).encode())
            write(folder / REFUSED / LESSON.name / file, f"# gr\u00fc\u00dfe\n{text}".encode("latin-1", "replace"))


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def as_it_is(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", errors="replace")


@pytest.mark.parametrize("run", [as_it_is, pytest.param(as_ordinary_user, marks=pytest.mark.slow)])
def test_a_class_with_cheats(run):
    if why := needs_sandbox.missing():
        pytest.skip(why)
    folder = Path(tempfile.mkdtemp(prefix="class-"))  # pytest's own is closed to other users
    try:
        folder.chmod(0o777)
        hand_in(folder / "handed-in")
        out = folder / "out"
        out.mkdir()
        out.chmod(0o777)
        command = [sys.executable, "-m", "course", "grade", str(folder / "handed-in"), "--out", str(out)]
        done = run(*command, "--lessons", "01,13", "--jobs", "1", "--seed", "20261121")
        assert done.returncode == 0, done.stdout + done.stderr
        check(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check(out: Path) -> None:
    with (out / "grades.csv").open(encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    points = sum(e.points + e.hardening for e in LESSON.exercises)
    wanted = {**dict.fromkeys(ATTACKS, 0), **dict.fromkeys(HONEST, points), REFUSED: 0}
    assert {name: int(row["earned"]) for name, row in rows.items()} == wanted
    flagged = {name for name in ATTACKS if int(rows[name]["flags"])}
    assert {"forges evidence", "leaves a reference"} <= flagged
    told = "".join(path.read_text(encoding="utf-8") for path in sorted((out / "feedback").iterdir()))
    assert "UTF-8" in told  # why a right answer is refused, as `make check` says before it is handed in
    assert "20261121" not in told  # the seed would let them compute the next draws
    code = [line.strip() for line in (FIRST.solution / TEXTS).read_text(encoding="utf-8").splitlines()]
    assert not [line for line in code if line.startswith(("return ", "for ")) and len(line) > 30 and line in told]
