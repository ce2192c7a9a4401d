"""What the judge decides, on a made lesson whose workers are forks of this process, without walls. Nothing here tries
to cheat: how a submission breaks is the subject, and whose fault it is. The real judge is in cheats_test.py.
"""

import re
import socket

import pytest

from course.base import manifest
from course.base.switch import ROOT
from grader.judge import judge
from grader.judge.settings import JudgeSettings
from grader.results import BASIC, BLOCKED, DIED, FAILED, GRADER_ERROR, NOT_GRADABLE, NOT_WRITTEN, PASSED, TIMEOUT
from lab.sandbox import frames, sandbox
from lab.sandbox.sandbox import WorkerFault
from tests.grader.forked_workers import ForkedWorkers
from tests.grader.judge.made_lesson import (
    ADVANCED,
    HANGS,
    MISTAKES,
    MORE,
    REFUSAL,
    RIGHT,
    TESTS,
    WORK,
    all_are,
    more,
    states,
    stub,
    work,
)

pytest_plugins = ["tests.grader.judge.judged"]


# --- before anything is graded ---------------------------------------------------------------------------------------


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
    made.sandbox, made.usage_problem = ForkedWorkers(tmp_path), ""
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
    value = {"files": files, "problems": {"a/b.py": "\ud800 \x00 größer"}, "seconds": 1.5, "list": [1, [], None]}
    assert frames.from_json(frames.to_json(value)) == value


# --- files and exercises -------------------------------------------------------------------------------------------

SAYS = "raise NotImplementedError('not written yet: exercise 10.1, work.py:double')"
HANGING = "    if x == 0:\n        {}\n    if x == 1:\n        {}\n    if x is None"
BROKEN = {
    "imports what is not there": ("import nowhere_to_be_found", NOT_GRADABLE),
    "raises": ("raise KeyError('mine')", NOT_GRADABLE),
    "parses, but does not compile": ("return 5", NOT_GRADABLE),
    "leaves": ("raise SystemExit(0)", NOT_GRADABLE),
    "ends the process": ("__import__('os')._exit(0)", DIED),
    "never ends": (HANGS, TIMEOUT),
}
HANDED_IN = {
    "right": RIGHT,
    "square": work("x + x", "x * x"),
    "another error": work("raise ValueError", "raise KeyError"),
    "power": more("x**4"),
    "square, itself": {**work("x + x", "x * x"), "more.py": more("x")["more.py"]},
    "double unwritten": {**RIGHT, "work.py": stub("work.py").partition("def half")[0] + WORK[WORK.index("def half") :]},
    "double deleted": {**RIGHT, "work.py": WORK[WORK.index("def half") :]},
    "stubs": {"work.py": stub("work.py"), "more.py": stub("more.py")},
    "more alone": {"more.py": MORE},
    "work alone": {"work.py": WORK},
    "broken when it is used": {
        "work.py": WORK.replace("x / 2", "x // 0"),
        "more.py": f"{MORE}\n\nfrom lesson10_made import work\nwork.half(3)\n",
    },
    "says that another is unwritten": {**RIGHT, "more.py": MORE.replace("return double(double(x))", SAYS)},
    "unwritten, then hangs": work("    if x is None", HANGING.format(SAYS, HANGS)),
    "wrong, then hangs": work("    if x is None", HANGING.format("return 7", HANGS)),
    "breaks a fixture": work("x + x", "8 // (x != 4)"),
    **{how: {**RIGHT, "work.py": f"{WORK}\n\n{line}\n"} for how, (line, _) in BROKEN.items()},
    "right at last": RIGHT,
}


@pytest.fixture(scope="module")
def graded(judged):
    """name -> results by exercise, of all that is HANDED_IN to one judge, in order."""
    return dict(zip(HANDED_IN, judged(*HANDED_IN.values(), limits={"call": 2.0}), strict=True))


def test_all_or_nothing_for_each_exercise(graded):
    for name in ("right", "right at last"):
        assert states(graded[name]) == all_are(PASSED)
        assert [(e.earned, e.tests, e.passed) for e in graded[name].values()] == [(1, 6, 6), (1, 2, 2), (1, 1, 1)]
    square = graded["square"]
    assert states(square) == {"10.1": FAILED, "10.2": PASSED, "10.3": FAILED}
    assert [(e.earned, e.passed) for e in square.values()] == [(0, 2), (1, 2), (0, 0)]  # 0 * 0 is right
    assert square["10.1"].why == "It is the square of x."


def test_mistakes_in_answers_and_errors_are_named(graded):
    assert states(graded["another error"]) == {"10.1": FAILED, "10.2": PASSED, "10.3": PASSED}
    assert graded["another error"]["10.1"].why == "Nothing raises another error than was asked for."
    assert graded["power"]["10.3"].why == "It is the fourth power of x." and not graded["power"]["10.3"].follows


def test_what_another_exercise_s_mistake_explains_is_no_mistake_of_its_own(graded):
    follows, both = graded["square"]["10.3"], graded["square, itself"]["10.3"]
    assert follows.why is None and follows.follows == follows.report.next == "10.1"
    assert follows.report.why.startswith("This follows from your double (exercise 10.1)")
    assert both.why == "It is x itself." and "This follows" not in both.report.why


def test_a_mistake_in_a_later_exercise_explains_an_earlier_one_too(judged):
    quarter = '\n\n@pytest.mark.exercise("10.1")\ndef test_a_quarter(observe):\n    observe(fourfold, 3).close(12)\n'
    (found,) = judged(more("x"), tests=TESTS + quarter)
    assert states(found) == {"10.1": FAILED, "10.2": PASSED, "10.3": FAILED}
    assert found["10.1"].why is None and found["10.3"].why == "It is x itself."
    assert found["10.1"].report.why.startswith("This follows from your fourfold (exercise 10.3)")


def test_stubs_are_not_written_and_block_what_calls_them(graded):
    assert states(graded["stubs"]) == all_are(NOT_WRITTEN) and sum(e.earned for e in graded["stubs"].values()) == 0
    found = graded["double unwritten"]
    assert states(found) == {"10.1": NOT_WRITTEN, "10.2": PASSED, "10.3": BLOCKED} and found["10.3"].follows == "10.1"
    assert "calls double (exercise 10.1), which is not written" in found["10.3"].report.message
    assert found == graded["double deleted"]
    lies = graded["says that another is unwritten"]
    assert states(lies) == {"10.1": PASSED, "10.2": PASSED, "10.3": NOT_WRITTEN} and not lies["10.3"].follows


def test_a_missing_file_costs_its_own_exercises(graded):
    without, alone = graded["more alone"], graded["work alone"]
    assert states(without) == {"10.1": NOT_GRADABLE, "10.2": NOT_GRADABLE, "10.3": BLOCKED}
    assert "was not handed in" in without["10.1"].report.message
    assert "calls double (exercise 10.1), which could not be graded" in without["10.3"].report.message
    assert states(alone) == {"10.1": PASSED, "10.2": PASSED, "10.3": NOT_GRADABLE}


def test_a_module_that_grading_lacks_is_named_with_what_it_has(graded):
    found = graded["imports what is not there"]["10.1"].report.message
    assert "No module named 'nowhere_to_be_found'; grading has Python's own modules, what requirements.txt" in found


@pytest.mark.parametrize("how", BROKEN)
def test_a_file_that_cannot_be_imported_is_no_fault_of_one_that_imports_it(graded, how):
    status, report = BROKEN[how][1], graded[how]["10.1"].report
    assert states(graded[how]) == {"10.1": status, "10.2": status, "10.3": BLOCKED} and "work.py" in report.where
    assert status != TIMEOUT or "while the file was imported: no end after 2 seconds" in report.message


def test_a_file_that_uses_another_when_it_is_imported_is_the_one_that_fails(graded):
    """The error is raised in work.py, but work.py can be imported."""
    found = graded["broken when it is used"]
    assert states(found) == {"10.1": PASSED, "10.2": FAILED, "10.3": NOT_GRADABLE}
    assert "ZeroDivisionError" in found["10.3"].report.message


def test_a_wrong_answer_or_a_missing_one_before_a_call_without_end(graded):
    first, second = graded["unwritten, then hangs"], graded["wrong, then hangs"]
    assert states(first) == {"10.1": TIMEOUT, "10.2": PASSED, "10.3": PASSED}
    assert "double(x=1)" in first["10.1"].report.call
    assert states(second) == {"10.1": FAILED, "10.2": PASSED, "10.3": PASSED}
    assert "double(x=0)" in second["10.1"].report.call


def test_an_answer_that_breaks_a_fixture_is_the_submission_s(graded):
    assert (graded["breaks a fixture"]["10.1"].status, graded["breaks a fixture"]["10.1"].earned) == (FAILED, 0)


def test_a_known_mistake_that_never_ends_does_not_hold_up_the_judge(judged):
    mistakes = {
        "10.1": MISTAKES["10.1"] + 'wrong("It never ends.", {"return x + x": "while x != 0:\\n        pass"})\n'
    }
    (found,) = judged(work("x + x", "x + x + x"), mistakes=mistakes, limits={"diagnosis": 0.5})
    assert states(found) == {"10.1": FAILED, "10.2": PASSED, "10.3": FAILED} and found["10.1"].why is None


# --- points and hardening --------------------------------------------------------------------------------------------


def test_basic_tests_earn_the_points_and_advanced_tests_the_hardening(judged):
    core = WORK.replace('    if x is None:\n        raise ValueError("x is None")\n', "")
    files = {
        "right": WORK,
        "core": core,
        "only refuses": WORK.replace("return x + x", 'return ["a", "a"]'),
        "in place": WORK.replace("return x + x", "x += x\n    return x"),
        "hangs": core.replace("return x + x", f"return x + x if x is not None else {HANGS}"),
        "another error": WORK.replace("raise ValueError", "raise KeyError"),
        "no less": WORK.replace("x / 2", "abs(x) / 2"),
        "unwritten": stub("work.py"),
    }
    handed = [{**RIGHT, "work.py": text} for text in files.values()]
    made = judged(*handed, tests=TESTS.replace(REFUSAL, ""), advanced=ADVANCED, limits={"call": 2.0})
    found = {name: one["10.1"] for name, one in zip(files, made, strict=True)}

    def of(name):
        e = found[name]
        return e.status, e.earned, e.hardening_earned, e.passed, e.hardening_passed

    assert of("right") == (PASSED, 1, 2, 5, 2) and found["right"].points_in_all == found["right"].earned_in_all == 3
    assert (found["right"].tests, found["right"].hardening, found["right"].hardening_tests) == (5, 2, 2)
    assert of("core") == (BASIC, 1, 0, 5, 1) and "double(x=None)" in found["core"].report.call
    assert of("only refuses") == (FAILED, 0, 0, 0, 2)
    assert of("hangs") == (BASIC, 1, 0, 5, 0) and "no end after 2 seconds" in found["hangs"].report.message
    assert of("in place") == (BASIC, 1, 0, 5, 1)  # only advanced tests ask whether an argument was changed
    assert of("another error") == (BASIC, 1, 0, 5, 1)
    assert found["another error"].why == "Nothing raises another error than was asked for."
    assert of("unwritten") == (NOT_WRITTEN, 0, 0, 0, 0)
    half = made[list(files).index("no less")]["10.2"]  # it has no hardening points
    assert (half.status, half.earned, half.tests, half.hardening_tests) == (PASSED, 1, 2, 0)
    (half,) = judged(handed[list(files).index("no less")], advanced=ADVANCED, hardening=False)
    assert (half["10.2"].status, half["10.2"].earned, half["10.2"].tests) == (FAILED, 0, 3)


# --- nothing is remembered between submissions -----------------------------------------------------------------------

ACCOMPLICES = {  # what a submission answers before a right one is graded
    "answers with no number": work("return x + x", "return __import__('torch').tensor([float('nan')]) if x else x + x"),
    "answers as the right one does": RIGHT,
    "answers as it does except at last": work("return x + x", "return x + x if x != 5 else 11"),
    "answers with a text that looks like a question": work("return x + x", 'return \'{"function": "x"}\' * 9'),
    "breaks the channel": work("return x + x", "__import__('os').write(3, b'\\0' * 99)\n    return x + x"),
}


def test_every_submission_is_asked_everything_and_what_others_answered_changes_nothing(judged, monkeypatch):
    asked, real = [], judge.SubmissionWorker.ask
    monkeypatch.setattr(judge.SubmissionWorker, "ask", lambda *a: (asked.append(a[1]), real(*a))[1])
    (alone,) = judged(RIGHT)
    wanted = list(asked)
    handed = [one for accomplice in ACCOMPLICES.values() for one in (accomplice, RIGHT)]
    found = judged(*handed)
    assert all(one == alone for one in found[1::2]) and states(alone) == all_are(PASSED)
    asked.clear()
    judged(RIGHT, RIGHT)
    assert asked == wanted * 2


def test_an_untouched_stub_is_asked_one_test(judged, monkeypatch):
    """Every other would end in it, too. A stub's error that is left in a written function decides nothing."""
    tests, real = [], judge.TestRunner.run
    monkeypatch.setattr(judge.TestRunner, "run", lambda *a: (tests.append(a[1].name), real(*a))[1])
    stubs = {"work.py": stub("work.py"), "more.py": stub("more.py")}
    half = work("    if x is None", f"    if x == 5:\n        {SAYS}\n    if x is None")
    (unwritten,) = judged(stubs)
    assert states(unwritten) == all_are(NOT_WRITTEN) and len(tests) == 3
    (found,) = judged(half)
    assert len(tests) == 3 + 9 and (found["10.1"].tests, found["10.1"].passed) == (6, 5)
    (deep,) = judged(work("    if x is None", f"    {SAYS}\n    return {'-' * 600}x\n    if x is None"))
    assert deep["10.1"].status == NOT_WRITTEN  # too deep to be compared with the stub


# --- what says nothing about a submission ----------------------------------------------------------------------------

FURTHER = """

@pytest.mark.exercise("10.1")
@pytest.mark.xfail
def test_more_10_1(observe):
    observe(double, 1).close(2)  # although it passes


@pytest.fixture
def broken():
    1 / 0


@pytest.mark.exercise("10.2")
def test_more_10_2(observe, broken):
    pass


@pytest.mark.exercise("10.3")
def test_more_10_3(observe):
    fourfold(1)  # without observe
"""


def test_a_test_that_cannot_tell_takes_no_points_and_gives_none(judged):
    wrong = {"work.py": WORK.replace("x + x", "x * x").replace("x / 2", "x / 3"), "more.py": MORE}
    stubs = {"work.py": stub("work.py"), "more.py": stub("more.py")}
    right, wrong, unwritten = judged(RIGHT, wrong, stubs, tests=TESTS + FURTHER)
    assert states(right) == all_are(GRADER_ERROR) and all(e.earned is None for e in right.values())
    assert all(f"test_more_{e.id.replace('.', '_')}" in e.report.message for e in right.values())
    assert states(wrong) == all_are(FAILED) and states(unwritten) == all_are(NOT_WRITTEN)
    assert all(e.earned == 0 for found in (wrong, unwritten) for e in found.values())


def test_a_fork_server_that_dies_ends_the_judge_and_fails_nobody(judged, tmp_path):
    forks, begun = ForkedWorkers(tmp_path / "worker"), []
    real = forks.start

    def start(job):
        begun.append(real(job))
        forks.gone = len(begun) == 2
        return begun[-1]

    forks.start = start
    found = judged(RIGHT, work("return x + x", "__import__('os')._exit(0)"), RIGHT, forks=forks)
    assert len(found) == 1  # not even a zero for the one that was in work


def test_a_test_that_works_too_long_on_what_it_was_shown_costs_that_exercise_alone(judged):
    """Wherever it is broken off: the next question gets its own answer."""
    endless = "\n\n@pytest.mark.exercise('10.1')\ndef test_double_of_many(observe):\n    while True:\n        "
    (found,) = judged(RIGHT, tests=f"{TESTS}{endless}observe(double, 3).close(6)\n", limits={"judge_test": 0.4})
    assert states(found) == {"10.1": TIMEOUT, "10.2": PASSED, "10.3": PASSED}
    assert "took too long" in found["10.1"].report.message


def test_no_test_of_the_course_calls_a_scenario_itself():
    """A judge has no such function: the exercise of that test would be nobody's to earn."""
    suites = [path for lesson in manifest.read_all(ROOT) for path in lesson.folder.glob("testcases/*_test.py")]
    calls = re.compile(r"\bscenarios\.\w+\(")
    assert [path.parts[-3] for path in suites if calls.search(path.read_text(encoding="utf-8"))] == []
