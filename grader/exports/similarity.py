"""`grade --similar`: which submissions have much in common, for a person to look at. It does not say why.

compare50 (https://cs50.readthedocs.io/projects/compare50) does the comparing, in an environment of its own, because it
needs older versions of packages than the course. The stubs, which everybody was given, do not count, and what many
submissions share counts little. Left out on purpose: a verdict, a threshold, a flag in anybody's results.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from course.authoring import stubs
from course.base.atomic_files import write_bytes, write_text
from course.base.errors import UsageError
from course.base.manifest import Lesson
from course.base.switch import ROOT
from grader.exports.grades_csv import MARK
from grader.exports.grades_csv import text_cell as cell
from grader.exports.text import fenced, markdown
from grader.intake.submission import Submission

VERSION = "1.2.15"
HOME = ROOT / ".venv-compare50"
TIME_LIMIT = 900  # seconds
SHOWN, LINES = 20, 40  # pairs in the list for reading; lines of one part
INSTALL = (
    "--similar needs compare50, in an environment of its own: python3 -m venv .venv-compare50 && "
    f".venv-compare50/bin/python -m pip install compare50=={VERSION}"
)


def tool(home: Path = HOME) -> Path:
    """The Python that has compare50. Raises UsageError that says how to install it if there is none."""
    python = home / "bin" / "python"
    if not python.exists() or subprocess.call([python, "-c", "import compare50"], stderr=subprocess.DEVNULL):
        raise UsageError(INSTALL)
    return python


def write(submissions: list[Submission], lessons: list[Lesson], out: Path, python: Path) -> str:
    """Writes similar.csv and similar.md into `out`; returns a sentence about it. The grades do not depend on it: if
    something goes wrong, the sentence says so."""
    with tempfile.TemporaryDirectory(prefix="similar-") as name:
        folder = Path(name)
        texts = laid_out(submissions, lessons, folder / "class")
        command = [python, "-P", "-s", "-X", "utf8", Path(__file__).with_name("compare50_script.py")]
        environment = {"PATH": os.defpath, "PYTHONHASHSEED": "50"}  # it chooses by hashes what to compare
        try:
            done = subprocess.run(
                [*command, folder / "class", folder / "found.json"], env=environment, timeout=TIME_LIMIT,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8",
                errors="replace",
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"similar submissions were not compared: compare50 took more than {TIME_LIMIT} seconds"
        if done.returncode:
            message = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
            return f"similar submissions were not compared: compare50 ended with {message}"
        found = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    names = {str(number): submission.student for number, submission in enumerate(submissions)}
    write_text(out / "similar.csv", table(found, names))
    write_text(out / "similar.md", page(found, names, texts))
    return f"the pairs of submissions with most in common ({len(found)}): look at {out / 'similar.md'} yourself"


def laid_out(submissions: list[Submission], lessons: list[Lesson], folder: Path) -> dict[tuple[str, str], str]:
    """Writes the files as the script expects them: paths have numbers, not the students' names. Returns the texts, by
    number and file."""
    given = {f"{lesson.name}/{file}": stubs.stub_of(lesson, file) for lesson in lessons for file in stubs.files(lesson)}
    texts = {("stubs", name): text for name, text in given.items()}
    for number, submission in enumerate(submissions):
        for name, data in submission.files.items():
            lines = data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")  # as Python reads them
            texts[str(number), name] = lines
    for (number, name), text in texts.items():
        write_bytes(folder / number / name, text.encode())
    return texts


def table(found: list[dict[str, Any]], names: dict[str, str]) -> str:
    """similar.csv: both students, and how much they share by compare50's count, names apart and word by word."""
    out = io.StringIO()
    rows = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    rows.writerow(["student", "and", "structure", "text", "parts"])
    for pair in found:
        a, b = (cell(names[number]) for number in pair["pair"])
        rows.writerow([a, b, round(pair["structure"], 1), round(pair["text"], 1), len(pair["parts"])])
    return MARK + out.getvalue()


def page(found: list[dict[str, Any]], names: dict[str, str], texts: dict[tuple[str, str], str]) -> str:
    """similar.md: the first pairs, with what they share, side by side for reading."""
    lines = [
        "# Submissions with much in common", "",
        "For a person to look at: this is no finding. The exercises are small, and right answers to them look alike. "
        "What was handed out is left out. *Structure* counts what two submissions share when names, numbers, comments "
        "and white space do not matter, *text* what they share word by word; what many have counts little. The numbers "
        "have no scale: compare them with each other.", "",
    ]  # fmt: skip
    if not found:
        return "\n".join([*lines, "No two submissions have anything in common.", ""])
    for pair in found[:SHOWN]:
        a, b = (markdown(names[number]) for number in pair["pair"])
        lines += [f"## {a} and {b}", "", f"Structure {pair['structure']:.1f}, text {pair['text']:.1f}.", ""]
        for part in pair["parts"]:
            for number, file, start, end in part:
                text = texts[number, file]
                first, last = text.count("\n", 0, start) + 1, text.count("\n", 0, max(start, end - 1)) + 1
                shown = text.split("\n")[first - 1 : last][:LINES]
                lines += [f"{markdown(names[number])}, `{file}`, lines {first} to {last}:", "", *fenced(shown), ""]
    if len(found) > SHOWN:
        lines += [f"And {len(found) - SHOWN} more pairs, in similar.csv.", ""]
    return "\n".join(lines)
