"""What the judge decides: on a made lesson whose workers are forks of this process, without walls; then the real
thing, in its sandbox, on lesson 13. Nothing here tries to cheat: how a submission breaks is the subject, and whose
fault it is.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import pytest

from course.authoring import stubs
from course.base import manifest, switch
from course.base.switch import ROOT
from grader import judge_process
from grader.intake import submission
from grader.judge import judge
from grader.judge.settings import JudgeSettings
from grader.results import (
    BASIC,
    BLOCKED,
    DIED,
    FAILED,
    GRADER_ERROR,
    NOT_GRADABLE,
    NOT_WRITTEN,
    PASSED,
    TIMEOUT,
)
from grader.sandbox import confinement, frames, sandbox, visible_files, worker
from grader.sandbox.sandbox import WorkerFault
from tests.grader import needs_sandbox

WORK = '''\
"""Doubles and halves."""


def double(x):
    """Twice x, of whatever can be added."""
    # > Add x to itself.
    if x is None:
        raise ValueError("x is None")
    return x + x


def half(x):
    """Half of x."""
    # > Divide by two.
    return x / 2
'''
MORE = '''\
"""Builds on the other file."""

from lesson10_made.work import double


def fourfold(x):
    """Four times x."""
    # > Double twice.
    return double(double(x))
'''
MISTAKES = {
    "10.1": """\
wrong("It is the square of x.", {"x + x": "x * x"})
wrong("Nothing raises another error than was asked for.", {"ValueError": "KeyError"})
""",
    "10.2": 'wrong("It is a third of x.", {"x / 2": "x / 3"})\n',
    "10.3": "",
}
REFUSAL = """
@pytest.mark.exercise("10.1")
def test_double_of_nothing(observe):
    with observe.raises(ValueError):
        observe(double, None)
"""
TESTS = f"""\
import pytest
from lesson10_made.more import fourfold
from lesson10_made.work import double, half


@pytest.mark.exercise("10.1")
@pytest.mark.parametrize("x", [0, 1, 5])
def test_double(observe, x):
    observe(double, x).close(2 * x)

{REFUSAL}

@pytest.mark.exercise("10.2")
@pytest.mark.parametrize("x", [0, 6])
def test_half(observe, x):
    observe(half, x).close(x / 2)


@pytest.mark.exercise("10.3")
def test_fourfold(observe):
    observe(fourfold, 3).close(12)
"""
RIGHT = {"work.py": WORK, "more.py": MORE}
HANGS = "__import__('time').sleep(900)"


class Forks:
    """In the place of a sandbox: a worker is a fork of this process. `gone`: as if the fork server had died."""

    tier = sandbox.UNSAFE  # there are no walls to be proved
    user, gone = 0, False

    def __init__(self, folder):
        self.folder, self.worker = folder, 0

    def open(self):
        pass

    def start(self, job):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)
        confinement.write_files(job.files, self.folder)
        judge_end, worker_end = socket.socketpair()
        self.worker = os.fork()
        if self.worker == 0:
            try:
                os.dup2(worker_end.fileno(), 3)
                os.closerange(4, 512)
                worker.quiet()
                switch.forget()
                worker.serve(socket.socket(fileno=3), self.folder, job.solution)
            finally:
                os._exit(0)
        worker_end.close()
        return judge_end

    def end(self):
        if self.gone:
            raise WorkerFault("the sandbox has ended")
        status = 0
        if self.worker:
            ended, status = os.waitpid(self.worker, os.WNOHANG)
            if not ended:
                os.kill(self.worker, signal.SIGKILL)
                os.waitpid(self.worker, 0)
        self.worker = 0
        return {"signal": os.WTERMSIG(status)}

    close = end


class Desk(judge.Judge):
    """A judge that is handed everything at once."""

    def __init__(self, lesson, forks, handed, limits):
        super().__init__(None, JudgeSettings([], "unsafe", ".", seed=0, changed_limits=limits))
        self.lessons, self.sandbox, self.handed, self.found = [lesson], forks, handed, []

    def serve(self):
        for files in self.handed:
            given = {f"{self.lessons[0].name}/{name}": text.encode() for name, text in files.items()}
            self.found.append({e.id: e for e in self.grade(self.lessons[0], given, {})})


@pytest.fixture
def judged(tmp_path, write_files, manifest_text, lessons_at, monkeypatch):
    """`judged({"work.py": text, ...}, ...)`: for each submission its results by exercise. Those that the judge did not
    live to grade are left out. `judged.tests`, `judged.mistakes`, `judged.limits` and `judged.forks` may be changed
    before; `judged.advanced` are advanced tests, for which 10.1 then has hardening points."""
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    monkeypatch.setenv("SOLUTION", "1")  # the judge sets it
    place = "stage01_made/lesson10_made"
    names = manifest_text("10.1 work.py:double", "10.2 work.py:half", "10.3 more.py:fourfold")
    files = {f"solutions/{place}/{name}": text for name, text in RIGHT.items()}
    write_files(tmp_path, {**files, f"tutorial/{place}/lesson.toml": names})

    def judged(*handed):
        lessons_at(tmp_path)
        monkeypatch.setenv("SOLUTION", "1")
        suites = tmp_path / "tutorial" / place / "testcases"
        tests = [str(suites / "basic_test.py")]
        write_files(tmp_path, {tests[0]: judged.tests})
        if judged.advanced:
            tests.append(str(suites / "advanced_test.py"))
            text = names.replace('id = "10.1"', 'id = "10.1"\nhardening = 2')
            write_files(tmp_path, {tests[1]: judged.advanced, f"tutorial/{place}/lesson.toml": text})
        lesson = manifest.read(tmp_path / "tutorial" / place)
        for number, text in judged.mistakes.items():
            audit_file = f"solutions/{place}/audit/ex0{number[-1]}.py"
            write_files(
                tmp_path, {audit_file: f"from course.base.attempt import Attempts\n\nwrong = Attempts()\n{text}"}
            )
        made = Desk(lesson, judged.forks, handed, judged.limits)
        options = ["-s", "--noconftest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path)]
        options += [part for name in ("terminal", "cacheprovider", "xdist", "logging") for part in ("-p", f"no:{name}")]
        loaded = set(sys.modules)
        pytest.main([*options, *tests], plugins=[made])
        for name in sys.modules.keys() - loaded:  # the next test's file has the same name
            if name.startswith("tutorial"):
                del sys.modules[name]
        return made.found

    judged.tests, judged.advanced, judged.mistakes, judged.limits = TESTS, "", dict(MISTAKES), {}
    judged.forks = Forks(tmp_path / "worker")
    yield judged
    judged.forks.gone = False
    judged.forks.end()


def states(found):
    return {number: e.status for number, e in found.items()}


def stub(file):
    """The stub of a made file, as the course makes it."""
    body = {"double": "10.1, work.py:double", "half": "10.2, work.py:half", "fourfold": "10.3, more.py:fourfold"}
    lines = []
    for line in RIGHT[file].splitlines():
        if line.startswith("def "):
            lines += [line, f'    raise NotImplementedError("not written yet: exercise {body[line[4:-4]]}")']
        elif not line.startswith("    "):
            lines.append(line)
    return "\n".join(lines) + "\n"


# --- files and exercises -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wall", "problem", "usage_problem"), [
    ("a wall is down", "", "a wall is down"),
    (WorkerFault("no such luck"), "the sandbox cannot be started here (no such luck)", ""),
])  # fmt: skip
def test_where_a_wall_does_not_stand_nothing_is_graded(monkeypatch, tmp_path, wall, problem, usage_problem):
    def prove(sandbox):
        if isinstance(wall, WorkerFault):
            raise wall
        return wall

    monkeypatch.setattr(judge.selftest, "prove", prove)
    command_end, judge_end = socket.socketpair()
    made = judge.Judge(judge_end, JudgeSettings([], "bubblewrap", ".", seed=0))
    made.sandbox, made.usage_problem = Forks(tmp_path), ""
    made.sandbox.tier = sandbox.BUBBLEWRAP
    with command_end, judge_end:
        frames.send(command_end, frames.to_json({"lesson": "", "files": {}, "problems": {}}))
        command_end.shutdown(socket.SHUT_WR)
        made.serve()
        judge_end.close()
        reply = frames.from_json(frames.receive(command_end, 2**20))
        with pytest.raises(frames.Closed):  # the submission was not even read
            frames.receive(command_end, 2**20)
    assert reply["problem"].startswith(problem) and bool(reply["problem"]) == bool(problem)
    assert reply["usage problem"] == usage_problem


def test_command_and_judge_understand_each_other():
    files = {"lesson13_grpo/loss/grpo.py": bytes(range(256)), "bytes": b""}
    value = {
        "files": files,
        "problems": {"a/b.py": "\ud800 \x00 größer"},
        "seconds": 1.5,
        "fault": None,
        "list": [1, []],
    }
    assert frames.from_json(frames.to_json(value)) == value


def test_the_command_does_without_torch():
    code = "import sys; from grader import grade; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_reference_gets_all_points(judged):
    wrong = {**RIGHT, "work.py": WORK.replace("x + x", "x * x")}
    first, second, third, fourth = judged(RIGHT, wrong, {**RIGHT, "work.py": f"# mine\n{WORK}"}, wrong)
    assert states(first) == states(third) == dict.fromkeys(("10.1", "10.2", "10.3"), PASSED)
    assert states(second) == {"10.1": FAILED, "10.2": PASSED, "10.3": FAILED} == states(fourth)
    assert [(e.earned, e.tests, e.passed) for e in first.values()] == [(1, 4, 4), (1, 2, 2), (1, 1, 1)]
    assert [e.passed for e in second.values()] == [2, 2, 0]  # 0 * 0 is right, and so is the error
    assert second["10.1"].why == fourth["10.1"].why == "It is the square of x."


ADVANCED = f"""
import pytest
from lesson10_made.work import double, half

{REFUSAL}

@pytest.mark.exercise("10.1")
def test_double_of_text(observe):
    observe(double, "a").close("aa")


@pytest.mark.exercise("10.2")
def test_half_of_less(observe):
    observe(half, -6).close(-3.0)
"""


def test_basic_tests_earn_the_points_and_advanced_tests_the_hardening(judged):
    judged.tests, judged.advanced = TESTS.replace(REFUSAL, ""), ADVANCED
    core = WORK.replace('    if x is None:\n        raise ValueError("x is None")\n', "")
    refuses = WORK.replace("return x + x", 'return "aa"')
    hangs = core.replace("return x + x", f"return x + x if x is not None else {HANGS}")
    judged.limits = {"call": 2.0}
    work = [WORK, core, refuses, hangs, WORK.replace("x / 2", "abs(x) / 2"), stub("work.py")]
    right, basic, none, waits, other, unwritten = judged(*({**RIGHT, "work.py": text} for text in work))

    def of(found):
        one = found["10.1"]
        return one.status, one.earned, one.hardening_earned, one.passed, one.hardening_passed

    assert of(right) == (PASSED, 1, 2, 3, 2) and right["10.1"].points_in_all == right["10.1"].earned_in_all == 3
    assert (right["10.1"].tests, right["10.1"].hardening, right["10.1"].hardening_tests) == (3, 2, 2)
    assert of(basic) == (BASIC, 1, 0, 3, 1) and "double(x=None)" in basic["10.1"].report.call
    assert of(none) == (FAILED, 0, 0, 0, 2)  # right refusals alone earn nothing
    assert of(waits) == (BASIC, 1, 0, 3, 0) and "no end after 2 seconds" in waits["10.1"].report.message
    assert of(unwritten) == (NOT_WRITTEN, 0, 0, 0, 0)
    # 10.2 has no hardening points: all of its tests decide about its points.
    assert (other["10.2"].status, other["10.2"].earned, other["10.2"].tests) == (FAILED, 0, 3)


def test_a_mistake_that_costs_only_hardening_is_named(judged):
    judged.tests, judged.advanced = TESTS.replace(REFUSAL, ""), ADVANCED
    (found,) = judged({**RIGHT, "work.py": WORK.replace("raise ValueError", "raise KeyError")})
    assert found["10.1"].status == BASIC and found["10.1"].why == "Nothing raises another error than was asked for."


def test_a_mistake_in_what_is_raised_is_named(judged):
    (found,) = judged({**RIGHT, "work.py": WORK.replace("raise ValueError", "raise KeyError")})
    assert states(found) == {"10.1": FAILED, "10.2": PASSED, "10.3": PASSED}
    assert found["10.1"].why == "Nothing raises another error than was asked for."


def test_what_another_exercise_s_mistake_explains_is_no_mistake_of_its_own(judged):
    judged.mistakes["10.3"] = """
wrong("It is the fourth power of x.", {"double(double(x))": "x**4"})
wrong("It is x itself.", {"double(double(x))": "x"})
"""
    square, power, itself = (
        WORK.replace("x + x", "x * x"),
        *(MORE.replace("double(double(x))", t) for t in ("x**4", "x")),
    )
    follows, own, both = judged(
        {"work.py": square, "more.py": MORE},
        {"work.py": WORK, "more.py": power},
        {"work.py": square, "more.py": itself},
    )
    assert follows["10.1"].why == both["10.1"].why == "It is the square of x."
    assert follows["10.3"].why is None and (follows["10.3"].follows, own["10.3"].follows) == ("10.1", "")
    assert follows["10.3"].report.next == "10.1"
    assert follows["10.3"].report.why.startswith("This follows from your double (exercise 10.1)")
    assert own["10.3"].why == "It is the fourth power of x." and both["10.3"].why == "It is x itself."
    assert "This follows" not in own["10.3"].report.why + both["10.3"].report.why


def test_a_mistake_in_a_later_exercise_explains_an_earlier_one_too(judged):
    judged.tests += """

@pytest.mark.exercise("10.1")
def test_a_quarter_of_fourfold(observe):
    observe(fourfold, 3).close(12)
"""
    judged.mistakes["10.3"] = 'wrong("It is x itself.", {"double(double(x))": "x"})\n'
    (found,) = judged({**RIGHT, "more.py": MORE.replace("double(double(x))", "x")})
    assert states(found) == {"10.1": FAILED, "10.2": PASSED, "10.3": FAILED}
    assert found["10.1"].why is None and found["10.3"].why == "It is x itself."
    assert found["10.1"].report.why.startswith("This follows from your fourfold (exercise 10.3)")


def test_a_stub_among_written_exercises_and_what_builds_on_it(judged):
    half = stub("work.py").partition("def half")
    (found,) = judged({**RIGHT, "work.py": half[0] + WORK[WORK.index("def half") :]})
    assert states(found) == {"10.1": NOT_WRITTEN, "10.2": PASSED, "10.3": BLOCKED}
    assert found["10.3"].follows == "10.1"
    assert "calls double (exercise 10.1), which is not written" in found["10.3"].report.message


def test_untouched_stubs_are_not_written(judged):
    (found,) = judged({"work.py": stub("work.py"), "more.py": stub("more.py")})
    assert set(states(found).values()) == {NOT_WRITTEN} and sum(e.earned for e in found.values()) == 0


def test_a_missing_file_costs_its_own_exercises(judged):
    without, alone = judged({"more.py": MORE}, {"work.py": WORK})
    assert states(without) == {"10.1": NOT_GRADABLE, "10.2": NOT_GRADABLE, "10.3": BLOCKED}
    assert "was not handed in" in without["10.1"].report.message
    assert "calls double (exercise 10.1), which could not be graded" in without["10.3"].report.message
    assert states(alone) == {"10.1": PASSED, "10.2": PASSED, "10.3": NOT_GRADABLE}


BROKEN = {
    "imports what is not there": ("import nowhere_to_be_found", NOT_GRADABLE),
    "raises": ("raise KeyError('mine')", NOT_GRADABLE),
    "parses, but does not compile": ("return 5", NOT_GRADABLE),
    "leaves": ("raise SystemExit(0)", NOT_GRADABLE),
    "ends the process": ("__import__('os')._exit(0)", DIED),
}


def test_a_file_that_cannot_be_imported_is_no_fault_of_one_that_imports_it(judged):
    *found, last = judged(*({**RIGHT, "work.py": f"{WORK}\n\n{line}\n"} for line, _ in BROKEN.values()), RIGHT)
    for how, one in zip(BROKEN, found, strict=True):
        status = BROKEN[how][1]
        assert states(one) == {"10.1": status, "10.2": status, "10.3": BLOCKED}, how
        assert "work.py" in one["10.1"].report.where, how
    assert set(states(last).values()) == {PASSED}


def test_nor_is_one_whose_import_has_no_end(judged):
    judged.limits = {"call": 2.0}
    first, second = judged({**RIGHT, "work.py": f"{WORK}\n\n{HANGS}\n"}, RIGHT)
    assert states(first) == {"10.1": TIMEOUT, "10.2": TIMEOUT, "10.3": BLOCKED}
    assert "while the file was imported: no end after 2 seconds" in first["10.1"].report.message
    assert set(states(second).values()) == {PASSED}


def test_a_file_that_uses_another_when_it_is_imported_is_the_one_that_fails(judged):
    """The error is raised in work.py, but work.py can be imported."""
    uses = f"{MORE}\n\nfrom lesson10_made import work\nwork.half(3)\n"
    (found,) = judged({"work.py": WORK.replace("x / 2", "x // 0"), "more.py": uses})
    assert states(found) == {"10.1": PASSED, "10.2": FAILED, "10.3": NOT_GRADABLE}
    assert "ZeroDivisionError" in found["10.3"].report.message


def test_a_wrong_answer_or_a_missing_one_before_a_call_without_end(judged):
    judged.limits = {"call": 2.0}
    unwritten = "raise NotImplementedError('not written yet: exercise 10.1, work.py:double')"
    hangs = WORK.replace("    if x is None", "    if x == 0:\n        {}\n    if x == 1:\n        {}\n    if x is None")
    third = {"work.py": hangs.format("return 7", HANGS).replace("x / 2", "x / 3"), "more.py": MORE}
    first, second, third = judged(
        {**RIGHT, "work.py": hangs.format(unwritten, HANGS)},
        {**RIGHT, "work.py": hangs.format("return 7", HANGS)},
        third,
    )
    assert states(first) == {"10.1": TIMEOUT, "10.2": PASSED, "10.3": PASSED}
    assert "double(x=1)" in first["10.1"].report.call
    assert states(second) == {"10.1": FAILED, "10.2": PASSED, "10.3": PASSED}
    assert "double(x=0)" in second["10.1"].report.call
    assert states(third) == {"10.1": FAILED, "10.2": FAILED, "10.3": PASSED}
    assert third["10.2"].why == "It is a third of x."


def test_a_known_mistake_that_never_ends_does_not_hold_up_the_judge(judged):
    judged.limits = {"diagnosis": 0.5}
    judged.mistakes["10.1"] += 'wrong("It never ends.", {"return x + x": "while x != 0:\\n        pass"})\n'
    (found,) = judged({**RIGHT, "work.py": WORK.replace("x + x", "x + x + x")})
    assert states(found) == {"10.1": FAILED, "10.2": PASSED, "10.3": FAILED} and found["10.1"].why is None


# --- tests that say nothing about a submission -----------------------------------------------------------------------

FURTHER = {
    "skipped": '@pytest.mark.skip(reason="not today")\ndef test_more(observe): pass',
    "expected to fail": "@pytest.mark.xfail\ndef test_more(observe): observe(double, 1).close(3)",
    "expected to fail, but passes": "@pytest.mark.xfail\ndef test_more(observe): observe(double, 1).close(2)",
    "breaks off in its set-up": "@pytest.fixture\ndef broken(): 1 / 0\n\n{mark}\ndef test_more(observe, broken): pass",
    "calls without observe": "def test_more(observe): double(1)",
}


@pytest.mark.parametrize("how", FURTHER)
def test_a_test_that_cannot_tell_takes_no_points_and_gives_none(how, judged):
    mark = '@pytest.mark.exercise("10.1")'
    text = FURTHER[how] if "{mark}" in FURTHER[how] else f"{{mark}}\n{FURTHER[how]}"
    judged.tests = f"{TESTS}\n\n{text.format(mark=mark)}\n"
    right, wrong, unwritten = judged(
        RIGHT, {**RIGHT, "work.py": WORK.replace("x + x", "x * x")}, {**RIGHT, "work.py": stub("work.py")}
    )
    assert states(right) == {"10.1": GRADER_ERROR, "10.2": PASSED, "10.3": PASSED}
    assert right["10.1"].earned is None and "test_more" in right["10.1"].report.message
    assert (wrong["10.1"].status, wrong["10.1"].earned) == (FAILED, 0)
    assert (unwritten["10.1"].status, unwritten["10.1"].earned) == (NOT_WRITTEN, 0)


def test_an_answer_that_breaks_a_fixture_is_the_submission_s(judged):
    judged.tests = TESTS + textwrap.dedent("""
        @pytest.fixture
        def doubled(observe):
            return observe(double, 4).close(8)

        @pytest.mark.exercise("10.1")
        def test_with_fixture(observe, doubled):
            pass
        """)
    right, wrong = judged(RIGHT, {**RIGHT, "work.py": WORK.replace("x + x", "8 // (x != 4)")})
    assert right["10.1"].status == PASSED and (wrong["10.1"].status, wrong["10.1"].earned) == (FAILED, 0)


def test_a_fork_server_that_dies_ends_the_judge_and_fails_nobody(judged):
    forks, real = judged.forks, judged.forks.start
    begun = []

    def start(job):
        begun.append(real(job))
        forks.gone = len(begun) == 2
        return begun[-1]

    forks.start = start
    dies = {**RIGHT, "work.py": WORK.replace("return x + x", "__import__('os')._exit(0)")}
    found = judged(RIGHT, dies, RIGHT)
    assert len(found) == 1  # not even a zero for the one that was in work


def test_what_is_written_blocks_nothing_whatever_an_error_says(judged):
    says = "raise NotImplementedError('not written yet: exercise 10.1, work.py:double')"
    (found,) = judged({**RIGHT, "more.py": MORE.replace("return double(double(x))", says)})
    assert states(found) == {"10.1": PASSED, "10.2": PASSED, "10.3": NOT_WRITTEN} and not found["10.3"].follows


def test_a_test_that_works_too_long_on_what_it_was_shown_costs_that_exercise_alone(judged):
    """Wherever it is broken off: the next question gets its own answer."""
    judged.limits = {"judge_test": 0.4}
    judged.tests += """

@pytest.mark.exercise("10.1")
def test_double_of_many(observe):
    while True:
        observe(double, 3).close(6)
"""
    (found,) = judged(RIGHT)
    assert states(found) == {"10.1": TIMEOUT, "10.2": PASSED, "10.3": PASSED}
    assert "took too long" in found["10.1"].report.message


# --- the real one ----------------------------------------------------------------------------------------------------

SEED = 7
GRPO = manifest.find("13")
LOSS, TRAINER, DATA = "loss/grpo.py", "training/grpo_trainer.py", "data/grpo_dataset.py"


@pytest.fixture(scope="module")
def real_judge(tmp_path_factory):
    """A judge of lesson 13 with its sandbox; the last test here kills it."""
    if why := needs_sandbox.missing():
        pytest.skip(why)
    with tempfile.TemporaryDirectory(prefix="grade-tree-") as folder:
        os.chmod(folder, 0o755)
        visible_files.write_tree(Path(folder), [GRPO])
        made = judge_process.JudgeProcess(JudgeSettings([GRPO.name], sandbox.BUBBLEWRAP, folder, SEED))
        yield made
        made.kill()


def handed_in(changes):
    """The reference's files of lesson 13 with these changes: file -> [(old text, new text), ...]."""
    files = {file: (GRPO.solution / file).read_text(encoding="utf-8") for file in stubs.files(GRPO)}
    for file, pairs in changes.items():
        for old, new in pairs:
            assert files[file].count(old) == 1
            files[file] = files[file].replace(old, new)
    return files


def graded(made, files):
    own = {f"{GRPO.name}/{file}": text.encode() for file, text in files.items()}
    return {e.id: e for e in made.grade(submission.Submission("ada", own), GRPO)}


AT_DESK = """
import json, pytest
from course.diagnosis import known_mistakes

known_mistakes.SECONDS = 60  # on however busy a machine

class Told:
    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            rows.append([report.exercise_test["exercise"], report.passed, getattr(report, "why", None) or ""])

rows = []
pytest.main(["-m", "not trains", "-p", "no:cacheprovider", "-p", "no:terminal", "tutorial"], plugins=[Told()])
json.dump(rows, open("rows.json", "w"))
"""


def at_desk(folder, files):
    """What the student's own tests tell, with the grader's draws: (exercise, whether it passed, why), in order."""
    without = shutil.ignore_patterns("__pycache__", "walkthrough*")
    for tree in (GRPO.folder, GRPO.solution):
        shutil.copytree(tree, folder / tree.relative_to(ROOT), ignore=without)
    for file, text in files.items():
        (folder / GRPO.folder.relative_to(ROOT) / file).write_text(text, encoding="utf-8")
    names = {"SOLUTION": "", "PROPERTY_SEED": str(SEED), "PROPERTY_EXAMPLES": str(judge.EXAMPLES)}
    subprocess.run([sys.executable, "-c", AT_DESK], cwd=folder, env={**os.environ, **names}, check=True)
    return json.loads((folder / "rows.json").read_text())


def test_its_verdict_is_that_of_the_student_s_own_tests(real_judge, tmp_path, copy_machinery):
    """With mistakes in what is answered and in what is raised, something unwritten, and another right answer."""
    loop = "history: list[dict[str, float]] = []"
    unwritten = f'raise NotImplementedError("not written yet: exercise 13.8, {TRAINER}")'
    softmax = "(rewards.detach() / beta).softmax(0)"
    files = handed_in(
        {
            DATA: [("[*ids, self.tokenizer.eos_token_id][:room]", "ids[:room]")],
            LOSS: [(softmax, "torch.softmax(rewards.detach() / beta, 0)")],
            TRAINER: [(loop, f"{unwritten}\n        {loop}"), (" or not rewards.isfinite().all()", "")],
        }
    )
    found = graded(real_judge, files)
    rows = at_desk(copy_machinery(tmp_path), files)
    for number, one in found.items():
        own = [(passed, why) for exercise, passed, why in rows if exercise == number]
        counts = one.tests + one.hardening_tests, one.passed + one.hardening_passed
        assert counts == (len(own), sum(passed for passed, _ in own)), number
        assert (one.earned_in_all == one.points_in_all) == all(passed for passed, _ in own), number
        # At a desk what one exercise does to another is told in the place of a mistake.
        told = [why for _, why in own if why and not why.startswith("Not the fault of")]
        assert one.why == (told[0] if told else None), number
    assert {e.status for e in found.values()} >= {PASSED, FAILED, NOT_WRITTEN}
    assert found["13.1"].why and found["13.6"].why


def test_what_it_says_depends_on_nothing_but_what_is_handed_in(real_judge):
    right, stubs_alone = handed_in({}), {file: stubs.stub_of(GRPO, file) for file in stubs.files(GRPO)}
    mixed = {**right, DATA: stubs_alone[DATA]}
    first = [graded(real_judge, files) for files in (right, stubs_alone, mixed)]
    again = [graded(real_judge, {**files, DATA: files[DATA] + "# again"}) for files in (mixed, stubs_alone, right)]
    assert first == again[::-1]
    assert all(e.earned_in_all == e.points_in_all > 0 for e in first[0].values())
    assert {e.status for e in first[1].values()} == {NOT_WRITTEN}


def test_a_killed_judge_leaves_no_process(real_judge, adopted):
    files = handed_in({})
    files[LOSS] += f"\n{HANGS}\n"
    faults = []

    def grades():
        try:
            graded(real_judge, files)
        except judge_process.JudgeFault as error:
            faults.append(error)

    thread = threading.Thread(target=grades)
    thread.start()
    # bubblewrap's two, the fork server, its fork, the worker
    wait_for(lambda: len(adopted(real_judge.process.pid)) >= 5)
    left = adopted(real_judge.process.pid)
    os.kill(real_judge.process.pid, signal.SIGKILL)
    thread.join()
    assert len(faults) == 1
    wait_for(lambda: not left.keys() & (adopted() | adopted(real_judge.process.pid)).keys())


def wait_for(there):
    """Until so; on a quiet machine it takes seconds."""
    for _ in range(6000):
        if there():
            return
        time.sleep(0.1)
    raise AssertionError("it never came to that")
