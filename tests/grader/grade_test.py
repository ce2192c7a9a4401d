"""`python -m course grade` as an instructor meets it: what it says and writes, and what it keeps whatever happens.

Most tests put a judge in place that knows at once what everybody earns; the last ones run the real command, kill it,
and look for what it may have left. What a real judge decides is in judge_test.py.
"""

import csv
import dataclasses
import errno
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from course.authoring import stubs
from course.base.errors import UsageError
from grader import grade, results, results_log
from grader.intake import submission as intake
from grader.judge_process import JudgeFault, NotStarted
from grader.sandbox import tier
from lab.sandbox import bubblewrap, sandbox
from tests.grader.hand_in import LESSON, SECOND, hand_in, points_of
from tests.grader.ordinary_user import COMMAND

ROOT = Path(__file__).resolve().parents[2]
pytest_plugins = ["tests.grader.fake_judge"]
TWO = ("--lessons", "13,14")
COLLATE = f"{LESSON.name}/data/grpo_dataset.py"


def command(folder, out, *arguments, say=None):
    """Grades; gives the exit status and the lines that were said. One judge at a time, no walls, lesson 13."""
    lines = [] if say is None else say
    options = grade.parse([str(folder), "--out", str(out), "--lessons", "13", "--unsafe", "--jobs", "1", *arguments])
    return grade.grade(options, lines.append), lines


def kept(out):
    """student -> points, as results.jsonl has them; None where any are missing."""
    found = {}
    for (student, _), part in results_log.read(out / results_log.LOG)[1].items():
        found.setdefault(student, []).append(part.earned)
    return {student: None if None in earned else sum(earned) for student, earned in found.items()}


def cells(out):
    """student -> the other cells of the row in grades.csv."""
    with (out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return {student: rest for student, *rest in csv.reader(file)}


def written(out):
    """Every file of a run but the log of results: path -> text, without the time of day."""
    run, _ = results_log.read(out / results_log.LOG)
    paths = [path for path in out.rglob("*") if path.is_file() and not path.name.startswith("results")]
    return {path.relative_to(out): path.read_text(encoding="utf-8").replace(run.created, "") for path in sorted(paths)}


# --- what is said --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "required: folder"),
        (("class", "--fast"), "unrecognized arguments: --fast"),
        (("nowhere",), "there is no nowhere"),
        (("empty",), "no submission in empty"),
        (("class", "--seed", "2147483648"), "from 0 to"),
        (("class", "--jobs", "-2"), "--jobs -2"),
        (("class", "--lessons", "99"), "no lesson '99'"),
        (("class", "--gradebook", "book.csv"), "--gradebook and --assignment go together"),
        (("class", "--gradebook", "away.csv", "--assignment", "GRPO"), "away.csv cannot be read"),
        (("class", "--gradebook", "book.csv", "--assignment", "PPO"), "PPO"),
        (("class", "--gradebook", "bytes.csv", "--assignment", "GRPO"), "not UTF-8"),
        (("class", "--gradescope", "results.json"), "one submission, and class holds 3"),
        (("class", "--out", "class/grades"), "is within class"),
        (("class", "--out", "book.csv"), "cannot be written to"),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_sentence_before_anything_is_graded(
    arguments, said, class_of_three, judge, monkeypatch
):
    monkeypatch.chdir(class_of_three.parent)
    Path("empty").mkdir()
    Path("book.csv").write_text("Student,ID,SIS Login ID,Section,GRPO (7)\n")
    Path("bytes.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=re.escape(said)) as error:
        grade.grade(grade.parse([*arguments, "--unsafe"]), print)
    assert "\n" not in str(error.value)
    assert not judge.began and not list(Path(".").rglob("results*.jsonl"))


def test_without_bubblewrap_nothing_is_graded_unless_it_is_asked_for(class_of_three, judge, monkeypatch, tmp_path):
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    with pytest.raises(UsageError, match=r"bubblewrap.*--unsafe"):
        grade.grade(grade.parse([str(class_of_three), "--out", str(tmp_path / "out")]), print)
    assert not judge.began and not (tmp_path / "out").exists()
    assert command(class_of_three, tmp_path / "out")[0] == 0


def test_a_course_within_the_folder_that_the_sandbox_hides_is_told_so(class_of_three, judge, monkeypatch, tmp_path):
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(bubblewrap.sys, "platform", "linux")
    monkeypatch.setattr(sys, "prefix", "/tmp/course/.venv")
    with pytest.raises(UsageError, match=r"within /tmp.*/tmp/course/\.venv.*in another place"):
        grade.grade(grade.parse([str(class_of_three), "--out", str(tmp_path / "out")]), print)
    assert not judge.began and not (tmp_path / "out").exists()


def test_a_sandbox_that_does_not_start_says_why(monkeypatch, tmp_path):
    other = tmp_path / "bin" / "bwrap"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\necho bwrap: no such luck >&2\nexit 1\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{other.parent}{os.pathsep}{os.environ['PATH']}")
    closed = sandbox.Sandbox(sandbox.BUBBLEWRAP, tmp_path, "no.such.server")
    with pytest.raises(sandbox.WorkerFault, match="no such luck"):
        closed.open()
    closed.close()


def test_from_a_download_of_canvas_to_its_gradebook(tmp_path, judge):
    """Students are known by the number that Canvas has put into the names of their files."""
    folder = tmp_path / "class"
    for who, right in {"lovelaceada_501_991": True, "smithjohn_LATE_502_982": True, "smithjohn_503_973": False}.items():
        for file in stubs.files(LESSON):
            text = (LESSON.solution / file).read_bytes() if right else stubs.stub_of(LESSON, file).encode()
            folder.mkdir(exist_ok=True)
            (folder / f"{who}_{Path(file).name}").write_bytes(text)
    (tmp_path / "book.csv").write_text(
        'Student,ID,SIS Login ID,GRPO (101)\n"Lovelace, Ada",501,al,\n"Smith, John",502,js,\n"Smith, John",503,js2,\n'
    )
    status, lines = command(folder, tmp_path / "out", "--gradebook", str(tmp_path / "book.csv"), "--assignment", "GRPO")
    filled = list(csv.reader((tmp_path / "out" / "gradebook.csv").read_text().splitlines()))
    points = str(points_of(LESSON))
    assert status == 0 and not any("gradebook" in line for line in lines)
    assert [row[3] for row in filled[1:]] == [points, points, "0"]
    table = list(csv.DictReader((tmp_path / "out" / "grades.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [(row["canvas"], row["earned"]) for row in table] == [("501", points), ("502", points), ("503", "0")]


def test_one_line_for_each_part_and_one_at_the_end(class_of_three, judge, tmp_path):
    (class_of_three / "notes.txt").write_text("mine")
    status, lines = command(class_of_three, tmp_path / "out", "--seed", "5")
    points = points_of(LESSON)
    assert status == 0
    assert lines[0].startswith("note: notes.txt: belongs to nobody")
    assert re.fullmatch(rf"   1 of 3  ada +lesson 13: {points} of {points} points   about \d+ s left", lines[1])
    assert re.fullmatch(rf"   2 of 3  bob +lesson 13: 0 of {points} points   about \d+ s left", lines[2])
    assert re.fullmatch(rf"   3 of 3  cyd +lesson 13: {points} of {points} points", lines[3])
    assert lines[4] == f"WARNING: {tier.WARNING}"
    assert lines[5].startswith("3 graded; see ") and len(lines) == 6


def test_unsafe_is_said_in_every_report(class_of_three, judge, tmp_path):
    command(class_of_three, tmp_path / "out")
    reports = written(tmp_path / "out")
    # "proves nothing", in whatever markup; a table of numbers has no room for it
    silent = [str(path) for path, text in reports.items() if "prove nothing" not in text]
    assert silent == ["grades.csv"] and len(reports) == 2 + 2 * 3


# --- what is kept --------------------------------------------------------------------------------------------------


def test_a_second_call_grades_nothing_again_and_writes_the_same(class_of_two_lessons, judge, tmp_path, monkeypatch):
    """In the same order, too, in which exercise 14.10 comes after 14.9."""
    command(class_of_two_lessons, tmp_path / "out", *TWO)
    before, log = written(tmp_path / "out"), (tmp_path / "out" / results_log.LOG).read_bytes()
    _, lines = command(class_of_two_lessons, tmp_path / "out", *TWO)
    assert judge.graded == ["ada", "bob", "cyd"] * 2 and len(judge.began) == 1
    assert lines[0] == "6 of 6 were graded before and are kept"
    assert written(tmp_path / "out") == before and (tmp_path / "out" / results_log.LOG).read_bytes() == log


def test_the_same_class_and_seed_give_the_same_files_in_whatever_order(class_of_two_lessons, judge, tmp_path):
    command(class_of_two_lessons, tmp_path / "one", "--seed", "5", *TWO)
    judge.plan[:] = [lambda one: time.sleep(0.3)]  # whoever is first is last
    command(class_of_two_lessons, tmp_path / "two", "--seed", "5", *TWO, "--jobs", "3")
    assert written(tmp_path / "one") == written(tmp_path / "two")
    assert sorted(judge.graded) == sorted(["ada", "bob", "cyd"] * 4)


def test_a_lesson_that_is_handed_in_anew_is_graded_again_and_only_it(class_of_two_lessons, judge, tmp_path):
    command(class_of_two_lessons, tmp_path / "out", *TWO, "--seed", "5")
    hand_in(class_of_two_lessons, bob=True)
    (class_of_two_lessons / "cyd" / SECOND.name / stubs.files(SECOND)[0]).unlink()
    _, lines = command(class_of_two_lessons, tmp_path / "out", *TWO, "--seed", "5")
    assert lines[0] == "4 of 6 were graded before and are kept"
    assert judge.parts[6:] == [(0, "bob", "13"), (0, "cyd", "14")]
    first, second = (points_of(lesson) for lesson in (LESSON, SECOND))
    points = kept(tmp_path / "out")
    assert (points["ada"], points["bob"]) == (first + second, first) and first < points["cyd"] < first + second
    command(class_of_two_lessons, tmp_path / "new", *TWO, "--seed", "5")
    assert written(tmp_path / "new") == written(tmp_path / "out")


@pytest.mark.parametrize("change", ["seed", "version"])
def test_results_of_another_run_are_put_aside(change, class_of_three, judge, tmp_path, monkeypatch):
    command(class_of_three, tmp_path / "out", "--seed", "5")
    old = (tmp_path / "out" / results_log.LOG).read_bytes()
    if change == "version":
        monkeypatch.setattr(results_log, "version", lambda extra: "another")
    _, lines = command(class_of_three, tmp_path / "out", "--seed", "6" if change == "seed" else "5")
    assert len(judge.graded) == 6
    aside = tmp_path / "out" / "before-1"
    assert (aside / results_log.LOG).read_bytes() == old
    assert "before-1" in lines[0]
    assert (aside / "grades.csv").exists() and len(list((aside / "feedback").iterdir())) == 3


@pytest.mark.parametrize("change", [{"full": True}, {"tier": "bubblewrap"}])
def test_a_part_that_was_graded_otherwise_is_graded_again(change):
    run = results_log.new_run(grade.parse(["tests", "--seed", "5"]), "unsafe")
    one = intake.Submission("ada", {})
    before, after = (results_log.digest(one, LESSON, r) for r in (run, dataclasses.replace(run, **change)))
    assert before != after


def test_what_is_graded_again_gets_new_draws_and_what_is_kept_does_not_change(class_of_three, judge, tmp_path):
    for number in range(3):
        hand_in(class_of_three, bob=bool(number % 2))
        command(class_of_three, tmp_path / "out")
    assert judge.graded == ["ada", "bob", "cyd", "bob", "bob"]
    seeds = [settings.seed for settings in judge.began]
    assert len(set(seeds)) == 3
    _, parts = results_log.read(tmp_path / "out" / results_log.LOG)
    assert {student: part.seed for (student, _), part in parts.items()} == {
        "ada": seeds[0], "bob": seeds[2], "cyd": seeds[0],
    }  # fmt: skip


def test_students_do_not_learn_the_seed(class_of_three, judge, tmp_path):
    """Neither from what they read nor from what is printed, nor from a digest that depends on it."""
    _, lines = command(class_of_three, tmp_path / "out", "--seed", "471147")
    theirs = {path: text for path, text in written(tmp_path / "out").items() if "overview" not in str(path)}
    assert len(theirs) == 7 and not [path for path, text in theirs.items() if "471147" in text]
    assert "471147" not in "".join(lines) and "471147" in (tmp_path / "out" / "overview.html").read_text()
    command(class_of_three, tmp_path / "other", "--seed", "6")
    assert written(tmp_path / "other").keys() == written(tmp_path / "out").keys()
    assert {path: written(tmp_path / "other")[path] for path in theirs} == theirs


def test_two_commands_do_not_write_to_one_folder(class_of_three, judge, tmp_path):
    with results_log.locked_folder(tmp_path / "out"), pytest.raises(UsageError, match="another grading"):
        command(class_of_three, tmp_path / "out")
    assert command(class_of_three, tmp_path / "out")[0] == 0


CUTS = {  # the whole lines of a results.jsonl -> what is left of it; below, how many are to be graded again
    "the last line is cut short": lambda lines: b"\n".join(lines)[:-40],
    "a word is another": lambda lines: b"\n".join([*lines, b""]).replace(b'"passed"', b'"failed"', 1),
    "the run is lost": lambda lines: b"\n".join([*lines[1:], b""]),
}


@pytest.mark.parametrize(("cut", "again"), list(zip(CUTS, (1, 1, 3), strict=True)))
def test_nothing_half_written_is_taken_for_whole_and_nothing_whole_is_lost(cut, again, class_of_three, judge, tmp_path):
    command(class_of_three, tmp_path / "out", "--seed", "5")
    before, log = written(tmp_path / "out"), tmp_path / "out" / results_log.LOG
    log.write_bytes(CUTS[cut](log.read_bytes().split(b"\n")[:-1]))
    hand_in(class_of_three, dan=True)
    command(class_of_three, tmp_path / "out", "--seed", "5")
    assert len(judge.graded) == 3 + again + 1
    assert len(kept(tmp_path / "out")) == 4  # what was written last did not grow together with the half line
    command(class_of_three, tmp_path / "out", "--seed", "5")
    assert len(judge.graded) == 3 + again + 1
    after = written(tmp_path / "out")
    assert after[Path("feedback/ada.md")] == before[Path("feedback/ada.md")]


def full_disk(monkeypatch, lines, part):
    """From now on, there is room for so many lines, and for a part of another."""
    real = os.write

    def write(descriptor, data):
        if not os.readlink(f"/proc/self/fd/{descriptor}").endswith(results_log.LOG):
            return real(descriptor, data)
        if lines:
            lines.pop()
            return real(descriptor, data)
        if part:
            return real(descriptor, data[: part.pop()])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", write)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")
def test_a_full_disk_loses_no_finished_grade(class_of_three, judge, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        full_disk(patch, [None] * 2, [30])
        with pytest.raises(UsageError, match=r"results.jsonl cannot be written \(No space left"):
            command(class_of_three, tmp_path / "out", "--seed", "5")
    assert list(kept(tmp_path / "out")) == ["ada"]
    assert (tmp_path / "out" / results_log.LOG).read_bytes().count(b"\n") == 2
    command(class_of_three, tmp_path / "out", "--seed", "5")
    assert judge.graded.count("ada") == 1
    assert list(kept(tmp_path / "out")) == ["ada", "bob", "cyd"]


# --- judges that end -----------------------------------------------------------------------------------------------


def ends(judge):
    raise JudgeFault("the judge ended (-9)")


def test_a_submission_whose_judge_ended_is_graded_by_another(class_of_three, judge, tmp_path):
    judge.plan[:] = [None, ends]
    status, _ = command(class_of_three, tmp_path / "out")
    assert status == 0 and judge.graded == ["ada", "bob", "bob", "cyd"]
    assert len(judge.began) == 2 and len(judge.killed) == 2 and not judge.running


def test_of_a_part_that_failed_the_others_are_kept(class_of_two_lessons, judge, tmp_path):
    judge.plan[:] = [*[None] * 4, ends, ends]  # bob's lesson 14
    status, lines = command(class_of_two_lessons, tmp_path / "out", *TWO)
    assert status == 1 and "the grader itself failed for 1: bob; give the same command again" in lines
    assert re.fullmatch(r"   5 of 6  bob +lesson 14: grader error   about \d+ s left", lines[4])
    assert cells(tmp_path / "out")["bob"][:2] == ["grader error", ""]
    first, second = (sum(1 + bool(e.hardening) for e in one.exercises) for one in (LESSON, SECOND))  # columns
    assert cells(tmp_path / "out")["bob"][5:-1] == ["0"] * first + [""] * second  # none yet, and no zeros
    assert kept(tmp_path / "out")["bob"] is None and kept(tmp_path / "out")["ada"] > 0
    assert (tmp_path / "out" / "overview.html").read_text().count("the grader failed: the judge ended (-9)") == 1
    status, lines = command(class_of_two_lessons, tmp_path / "out", *TWO)
    assert status == 0 and lines[0] == "5 of 6 were graded before and are kept"
    assert judge.parts[7:] == [(0, "bob", "14")] and kept(tmp_path / "out")["bob"] == 0
    assert "grader error" not in (tmp_path / "out" / "grades.csv").read_text()


def test_one_exercise_that_the_grader_could_not_settle_is_tried_again_too(class_of_three, judge, tmp_path, monkeypatch):
    settled = judge.grade

    def unsettled(self, *asked):
        first, *rest = settled(self, *asked)
        return [dataclasses.replace(first, earned=None, status=results.GRADER_ERROR), *rest]

    monkeypatch.setattr(judge, "grade", unsettled)
    assert command(class_of_three, tmp_path / "out")[0] == 1
    monkeypatch.setattr(judge, "grade", settled)
    assert command(class_of_three, tmp_path / "out")[0] == 0 and len(judge.graded) == 6


def test_where_no_judge_can_be_started_all_stops_with_a_sentence(class_of_three, judge, tmp_path):
    judge.start[:] = [NotStarted("torch is not there") for _ in range(2)]
    with pytest.raises(UsageError, match="no judge can be started: torch is not there"):
        command(class_of_three, tmp_path / "out")
    assert len(judge.began) == 2 and judge.graded == []


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals reach the main thread")
def test_ctrl_c_stops_at_once_and_keeps_what_is_graded(class_of_three, judge, tmp_path):
    stopped = threading.Event()

    def interrupted(self):
        os.kill(os.getpid(), signal.SIGINT)
        stopped.wait(60)  # until somebody ends this judge: without that, nobody would within a minute
        raise JudgeFault("killed")

    judge.plan[:] = [None, interrupted]
    real = judge.kill
    judge.kill = lambda self: (stopped.set(), real(self))
    lines = []
    with pytest.raises(KeyboardInterrupt):
        command(class_of_three, tmp_path / "out", say=lines)
    assert judge.graded == ["ada", "bob"] and list(kept(tmp_path / "out")) == ["ada"]
    assert "the same command goes on" in lines[-1] and not judge.running
    command(class_of_three, tmp_path / "out")
    assert judge.graded == ["ada", "bob", "bob", "cyd"]


# --- the real command ----------------------------------------------------------------------------------------------

HANGS = """

import pathlib, time
if not pathlib.Path({mark!r}).exists():
    pathlib.Path({mark!r}).write_text("")
    time.sleep(900)
"""


def test_a_killed_command_loses_no_grade_and_leaves_no_process(class_of_three, adopted, tmp_path, judge, monkeypatch):
    monkeypatch.setattr(results_log, "version", judge.version)
    mark, out = tmp_path / "bob-begun", tmp_path / "out"
    with (class_of_three / "bob" / COLLATE).open("a") as file:
        file.write(HANGS.format(mark=str(mark)))
    line = [*COMMAND, str(class_of_three), "--out", str(out), "--lessons", "13", "--unsafe", "--jobs", "1"]
    process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8")
    wait_for(mark.exists, process)
    assert len(adopted()) >= 4  # the command, its judge, the fork server, the worker
    process.kill()
    said = process.communicate()[0].splitlines()
    assert [line[:14] for line in said] == ["   1 of 3  ada"]
    wait_for(lambda: not adopted())
    assert kept(out) == {"ada": points_of(LESSON)}

    status, lines = command(class_of_three, out)
    assert status == 0 and lines[0] == "1 of 3 were graded before and are kept"
    assert judge.graded == ["bob", "cyd"] and list(kept(out)) == ["ada", "bob", "cyd"]


def wait_for(there, process=None):
    """Until so; on a quiet machine it takes seconds."""
    for _ in range(6000):
        if there():
            return
        assert process is None or process.poll() is None, "it ended too early"
        time.sleep(0.1)
    raise AssertionError("it never came to that")
