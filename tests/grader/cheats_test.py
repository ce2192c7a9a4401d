"""No cheat gets a point that it did not earn, every right answer gets all of its points, and nothing is left behind.

The corpus is in tests/cheats/. One judge grades all of it, with other seeds than a desk's, so that what one submission
does to it would show in the next; the last one is the reference. Points are looked at, not times.
"""

import ast
import importlib
import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from course.authoring import stubs
from course.base import manifest
from course.observe.report import render
from grader.intake import python_source, suspicious_calls
from grader.intake.submission import Submission
from grader.judge.settings import JudgeSettings
from grader.judge_process import JudgeFault, JudgeProcess
from grader.results import FAILED, NOT_WRITTEN
from grader.sandbox import sandbox, visible_files
from tests.grader import needs_sandbox
from tests.grader.cheats import (
    burdening,
    forging,
    guessing,
    harming,
    honest,
    lasting,
    leaving,
    patching,
    reading,
    table,
    talking,
    values,
)

ROOT = Path(__file__).resolve().parents[2]
LESSON = manifest.find("13")
FILES = {file: (LESSON.solution / file).read_text(encoding="utf-8") for file in stubs.files(LESSON)}
GROUPS = (reading, guessing, patching, values, forging, leaving, lasting, harming, talking, burdening)
CHEATS = [cheat for group in GROUPS for cheat in group.CHEATS]
SECRET = "the other student's secret is 4711"
SEED, SLOT = 20_261_121, 17


class Desk:
    """A judge, and another one in its place where it has ended: the case at hand fails then, and no other."""

    def __init__(self, folder, lessons, tier=sandbox.BUBBLEWRAP, number=SLOT, **limits):
        self.folder, self.home, self.judge, self.lessons = folder, folder / "home", None, lessons
        self.home.mkdir()
        (folder / "tree").mkdir()
        visible_files.write_tree(folder / "tree", lessons)
        names = [lesson.name for lesson in lessons]
        self.settings = JudgeSettings(names, tier, str(folder / "tree"), SEED, number=number)
        # Which known mistake a cheat resembles is of no interest; and a look that is broken off may leave a file.
        self.settings.changed_limits = {"diagnosis": 0.0, **limits}

    def grade(self, files: dict[str, str | bytes]) -> dict:
        """{exercise: its result} for files called as in LESSON, or with a lesson's name in front."""
        encoded = {n if n.startswith("lesson") else f"{LESSON.name}/{n}": t for n, t in files.items()}
        encoded = {n: t if isinstance(t, bytes) else t.encode("utf-8", "surrogatepass") for n, t in encoded.items()}
        self.judge = self.judge or JudgeProcess(self.settings)
        try:
            parts = [self.judge.grade(Submission("student", encoded), lesson) for lesson in self.lessons]
            return {e.id: e for part in parts for e in part}
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
        # Honest calls take milliseconds; the whole lesson, a second.
        made = Desk(folder, [LESSON], call=1.5, lesson=9.0, judge_test=3.0)
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
    return sorted(e.id for e in exercises.values() if e.earned)


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.name)
def test_no_cheat_pays(desk, listener, cheat):
    handed_in = {file: FILES[file] for file in cheat.honest}
    handed_in[cheat.file] = f"{stubs.stub_of(LESSON, cheat.file)}\n\n{filled(cheat.code, desk, listener)}"
    if "the other student" in cheat.code:  # who handed in just before
        desk.grade({"loss/grpo.py": f"# {SECRET}\n" * 1000 + stubs.stub_of(LESSON, "loss/grpo.py")})
    found = desk.grade(handed_in)
    assert solved(found) == sorted(cheat.earned)
    assert all(e.earned is not None for e in found.values()), "a cheat is no fault of the grader's"
    said = "\n".join(line for e in found.values() for line in [*(render(e.report) if e.report else []), e.why or ""])
    assert "4711" not in said and "SECRET" not in said and "SystemError" not in said, said
    assert len(said) < 60_000 and said.isprintable() is False, "reports have lines, and no others' characters"
    assert not set(said) & set("\x1b\x07\b\x00\u202e\u2066\u200f\ud800")
    for server in listener:
        with pytest.raises(BlockingIOError):
            server.accept()
    assert not list(desk.home.iterdir())
    suspicious_calls.look(
        {f"{LESSON.name}/{n}": t.encode("utf-8", "replace") for n, t in handed_in.items()}
    )  # does not raise


@pytest.mark.parametrize("right", honest.HONEST, ids=lambda right: right.name)
def test_every_right_answer_has_its_points(desk, right):
    handed_in = {}
    for file, change in right.changes.items():
        handed_in[file], _, problem = python_source.check(change(FILES[file]).encode())
        assert not problem
    found = desk.grade(handed_in)
    wanted = [e.id for e in LESSON.exercises if e.file in right.changes]
    reports = [e.report for e in found.values() if e.id in wanted and not e.earned]
    assert not reports
    assert solved(found) == wanted


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


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.name)
def test_what_an_attack_uses_of_the_course_exists(cheat):
    """An attack that dies of an ImportError or an AttributeError proves nothing."""
    code = cheat.code.replace("@PORT@", "1")
    for module, name in names_of_the_course(code):
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


def test_a_stub_alone_earns_nothing_and_says_so(desk):
    found = desk.grade({file: stubs.stub_of(LESSON, file) for file in FILES})
    assert {e.status for e in found.values()} == {NOT_WRITTEN}


def test_what_a_cheat_spoils_is_its_own(desk):
    """A cheat in one file takes no points from another's, and its own honest functions keep theirs."""
    half = FILES["loss/grpo.py"].replace("return -(weights * log_probs).sum()", "import os\n    os._exit(0)")
    found = desk.grade({**FILES, "loss/grpo.py": half})
    assert {"13.1", "13.4", "13.5", "13.6", "13.8"} <= set(solved(found))
    assert not found["13.2"].earned and not found["13.7"].earned


def test_nothing_is_left_and_the_judge_is_as_it_was(desk):
    """After all of the above."""
    assert desk.judge is not None and desk.judge.process.poll() is None
    found = desk.grade(FILES)
    assert solved(found) == [e.id for e in LESSON.exercises], [e.report for e in found.values() if not e.earned]
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


def test_without_walls_reading_the_reference_would_pay(desk, tmp_path):
    """What shows that the cheats above are in earnest."""
    (tmp_path / "free").mkdir()
    free = Desk(tmp_path / "free", [LESSON], tier=sandbox.UNSAFE, call=1.5)
    code = next(cheat.code for cheat in reading.CHEATS if cheat.name == "reads the reference as text")
    try:
        found = free.grade({"loss/grpo.py": code.replace("@ROOT@", str(ROOT))})
        assert solved(found) == ["13.2", "13.4"]
    finally:
        free.close()


@pytest.mark.slow
def test_a_table_of_all_answers_earns_nothing(tmp_path):
    """Every exercise of every lesson looks at something that is drawn anew. (Slow: it grades all lessons.)"""
    if why := needs_sandbox.missing():
        pytest.skip(why)
    lessons = manifest.read_all()
    surroundings = {**os.environ, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(
        [sys.executable, "-m", "tests.grader.cheats.table", tmp_path / "table"], cwd=ROOT, env=surroundings, check=True
    )
    tables = pickle.loads((tmp_path / "table").read_bytes())
    handed_in = {}
    for lesson in lessons:
        for file in stubs.files(lesson):
            handed_in[f"{lesson.name}/{file}"] = stubs.stub_of(lesson, file)
        handed_in[f"{lesson.name}/{stubs.files(lesson)[0]}"] += table.cheat(tables[lesson.name])
    desk = Desk(tmp_path, lessons, number=SLOT + 1)
    try:
        found = desk.grade(handed_in)
        assert len(found) == sum(len(lesson.exercises) for lesson in lessons)
        assert {e.status for e in found.values()} == {FAILED}  # and so it was asked: a table alone is no stub
        assert solved(found) == []
    finally:
        desk.close()
