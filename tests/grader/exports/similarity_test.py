"""`grade --similar`: what compare50 is given, what is made of its answer, and that it is only ever an extra."""

import csv
import io
import json
import os

import pytest

from course.authoring import stubs
from course.base import manifest
from course.base.errors import UsageError
from grader import grade
from grader.exports import similarity
from grader.intake.submission import Submission

LESSON = manifest.find("13")
FILE = f"{LESSON.name}/loss/grpo.py"
ODD = ["../../ada\n# `x`", "=bob,1", "", "*"]


@pytest.fixture
def stand_in(tmp_path):
    """`stand_in(body)` is a Python whose compare50 does what the shell lines say; $6 is the folder, $7 the result."""
    if os.name == "nt":
        pytest.skip("the stand-in is a shell script")

    def make(body, home="home"):
        python = tmp_path / home / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f"#!/bin/sh\n{body}\n")
        python.chmod(0o755)
        return python

    return make


def submissions(*texts):
    return [Submission(name, {FILE: text.encode()} if text else {}) for name, text in zip(ODD, texts, strict=False)]


def test_where_it_is_missing_one_sentence_says_how_to_install_it(tmp_path, stand_in):
    with pytest.raises(UsageError, match=r"venv-compare50/bin/python -m pip install compare50==1\.2\.15$"):
        similarity.tool(tmp_path)
    stand_in("exit 1", "broken")
    with pytest.raises(UsageError, match="needs compare50"):
        similarity.tool(tmp_path / "broken")
    python = stand_in("exit 0", "whole")
    assert similarity.tool(tmp_path / "whole") == python


def test_a_missing_compare50_is_reported_before_anything_is_graded(tmp_path, monkeypatch):
    def missing():
        raise UsageError(similarity.INSTALL)

    monkeypatch.setattr(similarity, "tool", missing)
    monkeypatch.setattr(grade.tiers, "chosen", lambda unsafe: "bubblewrap")
    monkeypatch.setattr(grade, "grade_missing", None)
    (tmp_path / "class" / "ada").mkdir(parents=True)
    words = [str(tmp_path / "class"), "--out", str(tmp_path / "out"), "--lessons", "13", "--similar"]
    with pytest.raises(UsageError, match="needs compare50"):
        grade.grade(grade.parse(words), print)
    assert not (tmp_path / "out").exists()


def test_names_are_no_part_of_what_it_is_given(tmp_path, stand_in):
    python = stand_in(f'cp -r "$6" {tmp_path}/seen; echo "[]" > "$7"')
    printed = similarity.write(submissions("a = 1\r\nb = 2\rc\n", "", "x"), [LESSON], tmp_path, python)
    assert "with most in common (0)" in printed
    seen = {p.relative_to(tmp_path / "seen").as_posix(): p for p in (tmp_path / "seen").rglob("*.py")}
    given = {f"stubs/{LESSON.name}/{file}" for file in stubs.files(LESSON)}
    assert seen.keys() == {f"0/{FILE}", f"2/{FILE}", *given}
    assert seen[f"0/{FILE}"].read_bytes() == b"a = 1\nb = 2\nc\n"
    assert seen[f"stubs/{FILE}"].read_text() == stubs.stub_of(LESSON, "loss/grpo.py")
    assert "No two submissions have anything in common." in (tmp_path / "similar.md").read_text()


def test_what_it_finds_is_shown_for_reading(tmp_path, stand_in):
    text = "one\ntwo\n```\nfour\n"
    part = [["0", FILE, 4, 12], ["1", FILE, 0, 3]]
    found = [{"pair": ["0", "1"], "structure": 12.345, "text": 3, "parts": [part]}] * 21
    (tmp_path / "found").write_text(json.dumps(found))
    python = stand_in(f'cp {tmp_path}/found "$7"')
    similarity.write(submissions(text, "one\n"), [LESSON], tmp_path, python)
    rows = list(csv.reader(io.StringIO((tmp_path / "similar.csv").read_text(encoding="utf-8-sig"))))
    assert rows[:2] == [
        ["student", "and", "structure", "text", "parts"],
        ["../../ada # `x`", "'=bob,1", "12.3", "3", "1"],
    ]
    page = (tmp_path / "similar.md").read_text(encoding="utf-8")
    assert page.count("\n## ") == 20 and "And 1 more pairs, in similar.csv." in page
    assert "\n## ../../ada \\# \\`x\\` and \\=bob,1\n" in page
    assert f"`{FILE}`, lines 2 to 3:\n\n````text\ntwo\n```\n````\n" in page
    assert f"`{FILE}`, lines 1 to 1:\n\n```text\none\n```\n" in page


@pytest.mark.parametrize(("body", "says"), [
    ("echo first >&2; echo MemoryError >&2; exit 1", "were not compared: compare50 ended with MemoryError"),
    ("exit 3", "were not compared: compare50 ended with status 3"),
    ("exec sleep 60", "were not compared: compare50 took more than 0.2 seconds"),
])  # fmt: skip
def test_its_failure_is_reported_and_hurts_nobody(tmp_path, stand_in, monkeypatch, body, says):
    monkeypatch.setattr(similarity, "TIME_LIMIT", 0.2 if "sleep" in body else 60)
    assert says in similarity.write(submissions("a"), [LESSON], tmp_path, stand_in(body))
    assert not (tmp_path / "similar.csv").exists()


@pytest.mark.skipif(not similarity.HOME.exists(), reason="compare50 is not installed in .venv-compare50")
def test_compare50_itself(tmp_path):
    right = (LESSON.solution / "loss" / "grpo.py").read_text()
    renamed = right.replace("rewards", "r").replace("log_probs", "lp")
    stub = stubs.stub_of(LESSON, "loss/grpo.py")
    similarity.write(submissions(right, renamed, stub, stub), [LESSON], tmp_path, similarity.tool())
    (row,) = list(csv.DictReader(io.StringIO((tmp_path / "similar.csv").read_text(encoding="utf-8-sig"))))
    assert (row["student"], row["and"]) == ("../../ada # `x`", "'=bob,1")
    assert float(row["structure"]) > float(row["text"])
    assert int(row["parts"]) > 0
    before = (tmp_path / "similar.md").read_bytes()
    similarity.write(submissions(right, renamed, stub, stub), [LESSON], tmp_path / "again", similarity.tool())
    assert (tmp_path / "again" / "similar.md").read_bytes() == before
