"""How long a class takes: `python benchmarks/grading.py [STUDENTS]` (100), with all lessons there are.

Every submission is another one: the reference with a student's own comments and about four known mistakes each, so that
nothing is graded once for two. Says seconds, peak memory of all processes together (each page counted once), and, for a
few of the submissions, how much longer it takes with the tests that train (--full), and what a desk's own run of the
same tests takes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import example_class  # noqa: E402

from course.base import manifest  # noqa: E402


def memory(root: int) -> int:
    """Bytes of a process and all that it has started: proportional shares, so that shared pages count once."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
    family, grown = {root}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in family} - family
        family |= more
        grown = bool(more)
    total = 0
    for pid in family:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += 1024 * int(rollup.partition("\nPss:")[2].split()[0])
        except (OSError, IndexError, ValueError):
            continue
    return total


def graded(folder: Path, out: Path, *options: str) -> tuple[float, int]:
    """Seconds and peak bytes of one grading run."""
    started, peak, done = time.monotonic(), 0, threading.Event()
    command = [sys.executable, "-m", "course", "grade", str(folder), "--out", str(out), "--seed", "1", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)

    def watch() -> None:
        nonlocal peak
        while not done.wait(5):  # to add up the pages of all processes takes a tenth of a second
            peak = max(peak, memory(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    done.set()
    watcher.join()
    if code != 0:
        raise SystemExit(f"grading ended with status {code}")
    return time.monotonic() - started, peak


def desk() -> float:
    """Seconds of one run of all lessons' tests at a desk, on the reference, in one process, those that train too."""
    suites = [str(p) for p in ROOT.glob("tutorial/stage*/lesson*/testcases/*_test.py")]
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *suites]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "SOLUTION": "1"}, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - started


def main(students: int = 100) -> None:
    lessons = manifest.read_all()
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        example_class.write(place / "class", students, lessons)
        example_class.write(place / "few", 2, lessons, mistakes=0)
        seconds, peak = graded(place / "class", place / "grades")
        print(f"{students} submissions, {len(lessons)} lessons, {os.cpu_count()} processors: {seconds:.0f} s, "
              f"{seconds / students:.2f} s each, peak memory {peak / 2**30:.2f} GiB")  # fmt: skip
        quick, _ = graded(place / "few", place / "quick", "--jobs", "1")
        full, _ = graded(place / "few", place / "full", "--jobs", "1", "--full")
        alone = desk()
        more = (full - quick) / 2 / alone
        print(f"two right submissions by one judge: {quick:.0f} s, with the tests that train {full:.0f} s")
        print(f"all tests at a desk: {alone:.0f} s; those that train cost {more:.2f} of that for each submission")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
