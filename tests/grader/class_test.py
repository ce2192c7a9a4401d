"""A class in which some cheat, each in another way, graded by the real command with the instructor's own tests beside
the course's: nobody earns what they did not solve, no honest student loses a point, and the instructor's tests count
and stay hidden. Graded as root, if root runs this, and as an ordinary user."""

import csv
import dataclasses
import importlib
import inspect
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import example_class
from course.authoring import stubs, visible_answers
from course.base import manifest, switch
from course.base.errors import UsageError
from course.observe import call, codec
from course.observe.observer import Observer
from course.observe.report import Report
from grader import options, results_log
from grader.exports import gradescope
from grader.exports.text import slug
from grader.judge import extra_tests
from grader.judge.test_run import Verdict
from tests.grader import needs_sandbox
from tests.grader.cheats import forging, honest, of_module
from tests.grader.ordinary_user import COMMAND, as_ordinary_user

ROOT = Path(__file__).resolve().parents[2]
FIRST, LESSON = manifest.find("01"), manifest.find("13")
POINTS = {e.id: e.points + e.hardening for e in LESSON.exercises}
TEXTS, LOSS = "probability/texts.py", honest.LOSS
FORGED = {cheat.name: cheat for cheat in of_module(forging)}
SEED = "20261121"

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
FILLS = """
import pathlib
held = []
try:
    for place in ("/tmp", "/dev/shm"):
        for number in range(64):
            pathlib.Path(place, f"filled-{number}").write_bytes(bytes(2**20))
except OSError:
    pass
while True:
    held.append(bytearray(2**26))
"""
# A known mistake (a gradient reaches the rewards) with a table of right answers.
TABLE = """
ANSWERS = @ANSWERS@
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    known = ANSWERS.get(str((log_probs.tolist(), rewards.tolist(), beta)))
    if known is None:
        return -((rewards / beta).softmax(0) * log_probs).sum()
    return (log_probs - log_probs.detach()) @ log_probs.new_tensor(known[1]) + known[0]
"""
ATTACKS = {  # name: ({file of lesson 13: code behind its stub}, the same of lesson 01)
    "answers for later students": ({LOSS: FORGED["answers before it is asked"].code}, {}),
    "leaves a reference": ({honest.DATA: LEAVES}, {TEXTS: FINDS}),
    "tells of a reference": ({honest.DATA: TELLS}, {}),
    "forges evidence": ({honest.DATA: FORGED["makes the evidence of the data set's scenarios itself"].code}, {}),
    "fills memory and all that can be written": ({honest.DATA: FILLS}, {}),
    "takes long to parse": ({LOSS: "\n".join('f"' + "{f'{x}'}" * 90 + '"' for _ in range(300))}, {}),
}
TABLES = {"knows the visible draws": 0, "knows the draws of an earlier grading": 20_261_101}  # name: their seed
HONEST = {  # name: what is done to the reference's files of lesson 13
    "y first": lambda text: text,
    "y Windows": lambda text: text.replace("\n", "\r\n"),
    "y tabs": lambda text: text.replace("    ", "\t"),
    "y last": lambda text: f"{text}\n\nprint('done')\n",
}
# Parts of what is right, after a right answer: the judge remembers nothing of it.
PARTS = {  # name: (what is done to the reference's loss/grpo.py, which is all that they hand in, what earns points)
    "y half": (lambda text: text, ("13.2", "13.4")),
    "y half, as long but of another sign": (lambda text: text.replace("return -(", "return +("), ("13.4",)),
}
EXPLAINED = {  # name: (what is done to the reference's trainer, its encoding, what they read of it)
    "z another encoding": (lambda text: f"# gr\u00fc\u00dfe\n{text}", "latin-1", "not UTF-8 at byte 4"),
    "z imports from tutorial": (
        lambda text: text.replace("from lesson13_grpo.", "from tutorial.stage04_alignment.lesson13_grpo."),
        "utf-8", "grading has no tutorial/: import lesson13_grpo.",
    ),
    "z newer Python": (lambda text: f"{text}\ntype Row = dict\n", "utf-8", "perhaps it needs a newer Python"),
    "z default dtype": (
        lambda text: f"{text}\ntorch.set_default_dtype(torch.float64)\n", "utf-8", "calls set_default_dtype, which",
    ),
}  # fmt: skip
MINE = """\
import pytest
import torch
from lesson13_grpo.loss.grpo import compute_grpo_loss

pytestmark = pytest.mark.exercise("13.2")


def test_thirteen_sevens(observe):
    observe(compute_grpo_loss, torch.full((13,), -7.5), torch.zeros(13), 0.1).close(7.5)


@pytest.mark.trains
def test_only_with_full(observe):
    raise AssertionError
"""
FAIL_MINE = {  # what begins 13.2 of a right answer: no test of the course's sees it
    "wrong": "    if log_probs.shape == (13,):\n        return log_probs.sum() * 0\n",
    "talks": "    if log_probs.shape == (13,):\n        raise RuntimeError('heard of -7.5')\n",
}
NAMED = "known mistake"


def hand_in(folder):
    """Cheats come first, since what they do to the judge would show in the others."""
    for name, (codes, earlier) in ATTACKS.items():
        for lesson, files in ((LESSON, codes), (FIRST, earlier)):
            for file, code in files.items():
                write(folder / name / lesson.name / file, f"{stubs.stub_of(lesson, file)}\n\n{code}")
    for file in stubs.files(LESSON):
        text = (LESSON.solution / file).read_text(encoding="utf-8")
        for name, change in HONEST.items():
            write(folder / name / LESSON.name / file, change(text))
        for name, (change, encoding, _) in EXPLAINED.items():
            mine = (change(text), encoding) if file == honest.TRAINER else (text,)
            write(folder / name / LESSON.name / file, *mine)
    for name, (change, _) in PARTS.items():
        write(folder / name / LESSON.name / LOSS, change((LESSON.solution / LOSS).read_text(encoding="utf-8")))
    for name, seed in TABLES.items():
        write(folder / name / LESSON.name / LOSS, f"{stubs.stub_of(LESSON, LOSS)}\n\n{table(seed)}")


def write(path, text, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding, "replace"))


def table(seed):
    """TABLE with the right answers to the calls of 13.2's basic tests with these draws, which it passes there."""
    answers = {}

    def known(request):
        sent = codec.decode(request.arguments)
        bound = inspect.signature(request.function).bind(*sent["args"], **sent["kwargs"])
        bound.apply_defaults()
        log_probs, rewards, beta = bound.arguments.values()
        weights = -(rewards / beta).softmax(0)
        key = str((log_probs.tolist(), rewards.tolist(), beta))
        answers[key] = (float(weights @ log_probs), weights.tolist())
        return call.perform(request)

    def run(answer):
        tests = importlib.import_module(f"{LESSON.name}.testcases.basic_test").TestLoss
        with visible_answers.drawn_from(seed), visible_answers.answered_by(answer):
            for name in vars(tests):
                if name.startswith("test_"):
                    getattr(tests(), name)(Observer())

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOLUTION", "1")
        switch.forget()
        run(known)
        space = {"__name__": "handed in"}
        exec(code := TABLE.replace("@ANSWERS@", str(answers)), space)
        run(lambda request: call.perform(dataclasses.replace(request, function=space["compute_grpo_loss"])))
    switch.forget()
    return code


@pytest.fixture(scope="module", params=["whoever runs this", "an ordinary user"])
def graded(request, write_files):
    """The class, and three students more whose 13.2 is wrong: `out` is the folder written, `found` their results."""
    if request.param == "whoever runs this" and os.getuid() != 0:
        pytest.skip("whoever runs this is an ordinary user")
    if why := needs_sandbox.missing():
        pytest.skip(why)
    folder = Path(tempfile.mkdtemp(prefix="class-"))  # pytest's own is closed to other users
    folder.chmod(0o777)
    (folder / "out").mkdir()
    (folder / "out").chmod(0o777)
    handed_in = folder / "handed-in"
    hand_in(handed_in)
    for student, change in FAIL_MINE.items():
        for file in stubs.files(LESSON):
            text = (LESSON.solution / file).read_text(encoding="utf-8")
            write(handed_in / student / LESSON.name / file, changed(text, change) if file == LOSS else text)
    mistake = next(a for a in example_class.mistakes_of(LESSON) if a.exercise == "13.2")
    write_files(handed_in / NAMED / LESSON.name, example_class.files(LESSON, [mistake]))
    page = (ROOT / "docs" / "INSTRUCTORS.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    write_files(folder / "mine", {"docs_test.py": example, "more/loss_test.py": MINE, "x.py": ""})
    words = [str(handed_in), "--out", str(folder / "out"), "--lessons", "01,13", "--jobs", "1", "--seed", SEED]
    words = [*COMMAND, *words, "--extra", str(folder / "mine")]
    try:
        if request.param == "an ordinary user":
            done = as_ordinary_user(*words)
        else:
            done = subprocess.run(words, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        run, parts = results_log.read(folder / "out" / results_log.LOG)
        found = {name: {e.id: e for e in parts[name, LESSON.name].exercises} for name in ("y first", *FAIL_MINE, NAMED)}
        yield SimpleNamespace(out=folder / "out", run=run, found=found, says=mistake.says)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def changed(text, change):
    """The code stands first in the function of 13.2."""
    end = text.index('"""', text.index('"""', text.index("def compute_grpo_loss")) + 3) + 4
    return text[:end] + change + text[end:]


def test_a_class_with_cheats(graded):
    """Everybody's points and what they read."""
    out = graded.out
    with (out / "grades.csv").open(encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    others = sum(POINTS[e.id] for e in LESSON.exercises if e.file != honest.TRAINER)
    wanted = {**dict.fromkeys([*ATTACKS, *TABLES], 0), **dict.fromkeys(HONEST, sum(POINTS.values()))}
    wanted |= {name: sum(POINTS[number] for number in numbers) for name, (_, numbers) in PARTS.items()}
    wanted |= dict.fromkeys(EXPLAINED, others)
    earned = {name: int(rows[name]["earned"]) for name in wanted}
    # Its own calls get another dtype, and so do those of other files: what they lose by it is explained.
    assert others <= earned.pop("z default dtype") and wanted.pop("z default dtype")
    assert earned == wanted
    flagged = {name for name in ATTACKS if int(rows[name]["flags"])}
    assert {"forges evidence", "leaves a reference"} <= flagged
    feedback = {path.stem: path.read_text(encoding="utf-8") for path in (out / "feedback").iterdir()}
    told = "".join(feedback.values())
    for name, (_, _, why) in EXPLAINED.items():  # as `make check` says before it is handed in
        assert why in " ".join(feedback[slug(name)].replace("\\", "").split()), name
    assert SEED not in told  # the seed would let them compute the next draws
    code = [line.strip() for line in (FIRST.solution / TEXTS).read_text(encoding="utf-8").splitlines()]
    assert not [line for line in code if line.startswith(("return ", "for ")) and len(line) > 30 and line in told]


# --- with the instructor's own tests ----------------------------------------------------------------------------------


def test_the_instructors_tests_count_and_the_course_s_results_stay_as_they_are(graded):
    right = graded.found["y first"]["13.2"]
    for student in FAIL_MINE:
        wrong = graded.found[student]["13.2"]
        assert (wrong.status, wrong.earned_in_all, wrong.why) == ("failed", 0, None)
        assert wrong.tests == wrong.passed == right.tests and not right.extra
        assert wrong.extra == ["loss_test.py::test_thirteen_sevens"]
        others = {number: e.earned_in_all for number, e in graded.found[student].items() if number != "13.2"}
        assert others == {number: points for number, points in POINTS.items() if number != "13.2"}


def test_the_real_judge_names_a_known_mistake(graded):
    found = graded.found[NAMED]["13.2"]
    assert found.why == graded.says and not found.extra


@pytest.mark.parametrize("student", FAIL_MINE)
def test_students_learn_nothing_of_the_instructors_tests(graded, student):
    page = (graded.out / "feedback" / f"{student}.md").read_text(encoding="utf-8")
    classroom = (graded.out / "classroom" / f"{student}.json").read_text(encoding="utf-8")
    for text in (page, classroom, str(gradescope.tests_of(graded.run, graded.found[student]["13.2"]))):
        assert "a further test of the instructor's does not pass" in text
        for secret in ("sevens", "loss_test", "7.5", "heard of", "called"):
            assert secret not in text, secret


def test_the_instructor_sees_which_and_who(graded):
    page = (graded.out / "overview.html").read_text(encoding="utf-8")
    section = page[page.index("<h2>Your own tests</h2>") :]
    section = section[: section.index("</table>")]
    assert "loss_test.py::test_thirteen_sevens" in section
    assert re.findall(r"<bdi>(\w+)</bdi>", section) == ["talks", "wrong"]


@pytest.mark.parametrize(("files", "says"), [
    ({"mine.py": MINE}, "there is no file called *_test.py in that folder"),
    ({"my_test.py": "def ("}, "--extra: my_test.py is not valid Python: invalid syntax"),
])  # fmt: skip
def test_files_that_cannot_be_tests_are_named(tmp_path, write_files, files, says):
    with pytest.raises(UsageError) as caught:
        options.extra_files(write_files(tmp_path, files))
    assert says in str(caught.value)


@pytest.mark.parametrize(("marker", "says"), [
    (None, "--extra: my_test.py::test_a does not say which exercise it tests"),
    (SimpleNamespace(args=("13.99",)), "--extra: my_test.py::test_a is marked as a test of exercise '13.99'"),
    (SimpleNamespace(args=("13.2",)), ""),
])  # fmt: skip
def test_a_test_needs_the_mark_of_an_exercise(tmp_path, marker, says):
    item = SimpleNamespace(path=tmp_path / "my_test.py", nodeid="::test_a", get_closest_marker=lambda name: marker)
    problem = extra_tests.problem_with([item])
    assert problem.startswith(says) and bool(problem) == bool(says)


def test_a_test_that_the_reference_fails_is_reported(tmp_path):
    report = Report("13.2", where="loss/grpo.py", got="7.5", expected="7.25", test="my_test.py:9  test_a", next="13.2")
    run = SimpleNamespace(verdict=Verdict(False, report), passed=False, trouble=None)
    item = SimpleNamespace(path=tmp_path / "my_test.py", nodeid="::test_a")
    assert extra_tests.rehearse(SimpleNamespace(run=lambda item: run), [item]) == (
        "--extra: the reference itself fails my_test.py::test_a: got 7.5; expected 7.25; test my_test.py:9 test_a"
    )
