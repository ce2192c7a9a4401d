"""The real judge in its sandbox, on lesson 13: no cheat gets a point that it did not earn, every right answer gets all
of its points, the verdict is that of the student's own tests, and nothing is left behind.

The corpus is in tests/grader/cheats/. One judge grades all of it, so that what one submission does to the judge would
show in the next; the last ones are stubs and the reference. The tests look at points, not at times.
"""

import ast
import importlib
import json
import os
import shutil
import signal
import socket
import threading
import time
from pathlib import Path

import pytest
import torch

from benchmarks import example_class
from course.authoring import stubs
from course.base import manifest, python_source
from course.desk import pytest_plugin
from course.diagnosis import known_mistakes
from course.observe.report import render
from grader.intake.submission import Submission
from grader.judge.placeholders import Placeholder
from grader.judge.remote_observer import RemoteObserver
from grader.judge.settings import JudgeSettings
from grader.judge.submission_worker import SubmissionWorker
from grader.judge_process import JudgeFault, JudgeProcess
from grader.results import EXAMPLES, NOT_WRITTEN, PASSED
from grader.sandbox import selftest, visible_files
from lab.sandbox import sandbox
from tests.course.forked_pytest import PYPROJECT, run
from tests.grader import needs_sandbox
from tests.grader.cheats import (
    burdening,
    forging,
    guessing,
    harming,
    honest,
    lasting,
    leaving,
    of_module,
    patching,
    reading,
    talking,
    values,
)
from tests.grader.forked_workers import ForkedWorkers

ROOT = Path(__file__).resolve().parents[2]
LESSON = manifest.find("13")
LOSS, DATA, TRAINER = honest.LOSS, honest.DATA, honest.TRAINER
FILES = {file: (LESSON.solution / file).read_text(encoding="utf-8") for file in stubs.files(LESSON)}
STUBS = {file: stubs.stub_of(LESSON, file) for file in FILES}
GROUPS = (reading, guessing, patching, values, forging, leaving, lasting, harming, talking, burdening)
CHEATS = [cheat for group in GROUPS for cheat in of_module(group)]
SECRET = "the other student's secret is 4711"
SEED, SLOT = 20_261_121, 17


class Desk:
    """A judge, and another one in its place if it has ended: the case at hand fails then, and no other."""

    # Honest calls take milliseconds, and the judge itself computes for half a second on an honest lesson. Nobody looks
    # for the known mistake that a cheat resembles.
    LIMITS = {"call": 1.5, "lesson": 9.0, "judge_test": 0.6, "judge_lesson": 2.0, "diagnosis": 0.0}

    def __init__(self, folder):
        self.folder, self.home, self.judge = folder, folder / "home", None
        self.home.mkdir()
        (folder / "tree").mkdir()
        visible_files.write_tree(folder / "tree", [LESSON])
        self.settings = JudgeSettings([LESSON.name], sandbox.BUBBLEWRAP, str(folder / "tree"), SEED, number=SLOT)
        self.settings.changed_limits = self.LIMITS

    def grade(self, files: dict[str, str | bytes]) -> dict:
        """{exercise: its result} for files called as in LESSON."""
        encoded = {n: t if isinstance(t, bytes) else t.encode("utf-8", "surrogatepass") for n, t in files.items()}
        self.judge = self.judge or JudgeProcess(self.settings)
        try:
            named = {f"{LESSON.name}/{name}": text for name, text in encoded.items()}
            return {e.id: e for e in self.judge.grade(Submission("student", named), LESSON)}
        except JudgeFault:
            self.close()
            raise

    def close(self):
        if self.judge is not None:
            self.judge.close()
            self.judge = None


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    if why := needs_sandbox.missing():
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("desk")
    folder.chmod(0o755)  # pytest's own are closed to other users, which would hide a hole
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder / "temporary"))
        (folder / "temporary").mkdir()
        made = Desk(folder)
        yield made
        made.close()


@pytest.fixture(scope="module")
def listener():
    """A server on this machine. It must stay alone."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as named:
        server.setblocking(False)
        named.bind(f"\0grading-test-{server.getsockname()[1]}")
        named.listen()
        named.setblocking(False)
        yield server, named


def filled(code: str, desk, listener) -> str:
    found = {"ROOT": str(ROOT), "HOME": str(desk.home), "PORT": str(listener[0].getsockname()[1]), "SECRET": SECRET}
    for name, value in found.items():
        code = code.replace(f"@{name}@", value)
    return code


def solved(exercises) -> list[str]:
    return sorted(e.id for e in exercises.values() if e.earned or e.hardening_earned)


def of_files(*files) -> list[str]:
    return sorted(e.id for e in LESSON.exercises if e.file in files)


REPLACES = {  # and what of
    "claims that nothing was changed": "course.observe.call.encoded",
    "claims the gradient that a test might want": "course.observe.call.encoded",
    "patches what encodes its answers": "course.observe.codec.encode",
    "patches what sends": "lab.sandbox.frames.send",
    "patches the models of lab": "lab.models.tiny_language_models.TinyLM.forward",
    "makes the evidence of a trainer's scenarios itself": "lesson13_grpo.testcases.scenarios.one_step",
    "makes the evidence of the data set's scenarios itself": "lesson13_grpo.testcases.scenarios.read_dataset",
    "puts a tokenizer where scenarios have imported the course's": "lesson13_grpo.testcases.scenarios.CharTokenizer",
}


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.name)
def test_no_cheat_pays(desk, listener, cheat):
    handed_in = {file: FILES[file] for file in cheat.honest}
    handed_in[cheat.file] = f"{STUBS[cheat.file]}\n\n{filled(cheat.code, desk, listener)}"
    if "the other student" in cheat.code:  # who handed in just before
        desk.grade({LOSS: f"# {SECRET}\n" * 1000 + STUBS[LOSS]})
    found = desk.grade(handed_in)
    assert solved(found) == of_files(*cheat.honest)
    assert all(e.earned is not None for e in found.values()), "a cheat is no fault of the grader's"
    if cheat.name in REPLACES:
        assert any(REPLACES[cheat.name] in flag for flag in found["13.1"].flags), found["13.1"].flags
    said = "\n".join(line for e in found.values() for line in [*(render(e.report) if e.report else []), e.why or ""])
    assert "4711" not in said and "SECRET" not in said and "SystemError" not in said, said
    assert len(said) < 60_000 and said.isprintable() is False, "reports have lines, and no others' characters"
    assert not set(said) & set("\x1b\x07\b\x00\u202e\u2066\u200f\ud800")
    for server in listener:
        with pytest.raises(BlockingIOError):
            server.accept()
    assert not list(desk.home.iterdir())


@pytest.mark.parametrize("right", honest.HONEST)
def test_every_right_answer_has_its_points(desk, right):
    handed_in = {}
    for file, change in honest.HONEST[right].items():
        handed_in[file], _, problem = python_source.check(change(FILES[file]).encode())
        assert not problem
    found = desk.grade(handed_in)
    wanted = of_files(*handed_in)
    assert not [e.report for e in found.values() if e.id in wanted and e.status != PASSED]
    assert solved(found) == wanted and not found["13.1"].flags


def user_of(judge: int) -> int:
    """The user whom the judge's fork server gives its workers, from the fork server's command line."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == judge and b"--confined" in words:
            return int(words[words.index(b"--confined") + 1])
    raise AssertionError("the judge has no fork server")


COURSE = ("course", "grader", "lab")


def names_of_the_course(code):
    """Each name of the course's modules that an attack imports or sets, as (module, name or "")."""
    modules = {}  # by the name that they have in the attack
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in COURSE:
                    yield alias.name, ""
                    modules[alias.asname or alias.name] = alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in COURSE:
            for alias in node.names:
                yield node.module, alias.name
                modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute) and (module := modules.get(ast.unparse(node.value))):
            yield module, node.attr


def test_what_the_attacks_use_of_the_course_exists():
    """An attack that dies of an ImportError or an AttributeError proves nothing."""
    used = {pair for cheat in CHEATS for pair in names_of_the_course(cheat.code.replace("@PORT@", "1"))}
    for module, name in sorted(used):
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError:  # an object in a module, such as a class
            parent, _, last = module.rpartition(".")
            found = getattr(importlib.import_module(parent), last)
        if name and not hasattr(found, name):
            importlib.import_module(f"{module}.{name}")


def test_the_corpus_is_as_large_as_it_should_be():
    assert len(CHEATS) >= 60 and len(honest.HONEST) >= 15
    assert len({cheat.name for cheat in CHEATS}) == len(CHEATS)


def test_what_a_cheat_spoils_is_its_own(desk):
    """A cheat in one function takes no points from other functions, in its file or in another's."""
    half = FILES[LOSS].replace("return -(weights * log_probs).sum()", "import os\n    os._exit(0)")
    found = desk.grade({**FILES, LOSS: half})
    assert {"13.4", *of_files(DATA)} <= set(solved(found)) and not found["13.2"].earned


class Told:
    """A plugin of pytest's: [exercise, whether it passed] for each test."""

    def __init__(self):
        self.rows = []

    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            self.rows.append([report.exercise_test["exercise"], report.passed])


def test_its_verdict_is_that_of_the_student_s_own_tests(desk, tmp_path):
    """With known mistakes, a file that is not written, and right answers."""
    known = {attempt.exercise: attempt for attempt in example_class.mistakes_of(LESSON)}
    files = {**example_class.files(LESSON, [known["13.2"], known["13.4"]]), TRAINER: STUBS[TRAINER]}
    for tree in (LESSON.folder, LESSON.solution):
        without = shutil.ignore_patterns("__pycache__", "walkthrough*")
        shutil.copytree(tree, tmp_path / tree.relative_to(ROOT), ignore=without)
    for file, text in files.items():
        (tmp_path / LESSON.folder.relative_to(ROOT) / file).write_text(text, encoding="utf-8")

    def at_desk():
        os.environ.update(PROPERTY_SEED=str(SEED), PROPERTY_EXAMPLES=str(EXAMPLES))
        known_mistakes.why = lambda *arguments: None  # which mistake it is, is of no interest here
        told, options = Told(), ["-m", "not trains", "-p", "no:cacheprovider", "-p", "no:terminal"]
        pytest.main([*options, "-c", str(PYPROJECT), "--rootdir", ".", "tutorial"], [pytest_plugin, told])
        Path("rows.json").write_text(json.dumps(told.rows))
        return 0

    run(tmp_path, at_desk)
    rows = json.loads((tmp_path / "rows.json").read_text())
    found = desk.grade(files)
    for number, one in found.items():
        own = [passed for exercise, passed in rows if exercise == number]
        assert one.tests + one.hardening_tests == len(own), number
        assert one.passed + one.hardening_passed == sum(own), number
        assert (one.earned_in_all == one.points_in_all) == all(own), number
    assert {e.status for e in found.values()} >= {PASSED, NOT_WRITTEN} and not set(solved(found)) >= {"13.2", "13.4"}


def test_nothing_is_left_and_the_judge_is_as_it_was(desk):
    """After all of the above."""
    unwritten = desk.grade(STUBS)
    assert desk.judge.process.poll() is None and {e.status for e in unwritten.values()} == {NOT_WRITTEN}
    found = desk.grade(FILES)
    assert {e.status for e in found.values()} == {PASSED}, [e.report for e in found.values() if not e.earned]
    assert all(e.earned_in_all == e.points_in_all > 0 for e in found.values())
    again = {name: f"# again\n{text}" for name, text in STUBS.items()}
    assert {e.report.test for e in desk.grade(again).values()} == {e.report.test for e in unwritten.values()}
    own = Path(f"/proc/{desk.judge.process.pid}")
    names = [os.readlink(path) for path in own.joinpath("fd").iterdir()]
    assert sum(name.startswith("socket:") for name in names) == 3, (
        "to the command, to the fork server, and its user's claim"
    )
    assert not list((desk.folder / "temporary").iterdir())
    left = [p for p in own.joinpath("cwd").resolve().glob("*") if p.name in ("written", "pickled")]
    assert not left
    user = user_of(desk.judge.process.pid)
    assert not [p.name for p in Path("/proc").glob("[0-9]*") if p.exists() and p.stat().st_uid == user]


def test_a_killed_judge_leaves_no_process(desk, adopted):
    desk.grade(STUBS)
    judge, faults = desk.judge.process.pid, []

    def grades():
        try:
            desk.grade({**FILES, LOSS: f"{FILES[LOSS]}\n__import__('time').sleep(900)\n"})
        except JudgeFault as error:
            faults.append(error)

    thread = threading.Thread(target=grades)
    thread.start()
    # bubblewrap's two, the fork server, its fork, the worker
    wait_for(lambda: len(adopted(judge)) >= 5)
    left = adopted(judge)
    os.kill(judge, signal.SIGKILL)
    thread.join()
    assert len(faults) == 1
    wait_for(lambda: not left.keys() & (adopted() | adopted(judge)).keys())


def wait_for(there):
    """Until so; on a quiet machine it takes seconds."""
    for _ in range(6000):
        if there():
            return
        time.sleep(0.1)
    raise AssertionError("it never came to that")


def test_without_walls_the_self_test_says_so_and_reading_the_reference_pays(tmp_path, reference):
    """This shows that the self-test and the cheats above are in earnest."""
    free = ForkedWorkers(tmp_path / "worker")
    assert "does not confine on this machine: it runs as a user with rights" in selftest.prove(free)
    assert not [
        mark for folder in ("/", "/usr", "/etc", "/tmp", "/dev/shm") for mark in Path(folder).glob("mark-of-a-worker*")
    ]  # it cleans up on the real machine
    code = next(cheat.code for cheat in CHEATS if cheat.name == "reads the reference as text")
    files = dict.fromkeys(FILES) | {LOSS: code.replace("@ROOT@", str(ROOT)).encode()}
    worker = SubmissionWorker(free, LESSON, files, JudgeSettings([], "", "", 0).limits)
    observe = RemoteObserver(lambda request: worker.ask(request, 60.0))
    loss = Placeholder(f"{LESSON.name}.loss.grpo.compute_grpo_loss")
    observe(loss, torch.tensor([-1.0, -2.0]), torch.tensor([1.0, 0.0]), 0.5).close(1.1192029)
    worker.stop()
