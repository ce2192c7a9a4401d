"""The bundle for students: what is in it, what is not, and that its commands work or say why they do not."""

import ast
import contextlib
import hashlib
import io
import os
import re
import shutil
import sys
import zipfile

import pytest

from course import commands
from course.authoring import page_checks, stubs
from course.base import manifest, student_bundle
from course.base.errors import UsageError
from course.base.switch import ROOT
from course.release import build_bundle, make_answer_table
from tests.course import forked_pytest

LESSON = "tutorial/stage04_alignment/lesson13_grpo"
STUB = f"{LESSON}/loss/grpo.py"
BASIC, ADVANCED = (f"{LESSON}/testcases/{name}_test.py" for name in ("basic", "advanced"))


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """The zip, as the command makes it, and what the command prints."""
    out, printed = tmp_path_factory.mktemp("release") / "for students.zip", io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert commands.do_release(["--no-why", "--out", str(out)]) == 0
    return out, printed.getvalue()


@pytest.fixture(scope="module")
def texts(release):
    """Path -> text, of every file in the zip."""
    with zipfile.ZipFile(release[0]) as archive:
        contents = {name.removeprefix("grpo-course/"): archive.read(name) for name in archive.namelist()}
    return {name: data.decode("utf-8", "replace") for name, data in contents.items() if not name.endswith(".gz")}


@pytest.fixture(scope="module")
def bundle(release, tmp_path_factory):
    """The bundle's folder, set up: its .venv is this Python."""
    if os.name == "nt":
        pytest.skip("the environment's stand-in is a shell script")
    folder = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(release[0]) as archive:
        archive.extractall(folder)
    root = folder / build_bundle.TOP
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    stamp = hashlib.sha256((root / "requirements.txt").read_bytes() + str(root).encode()).hexdigest()
    (root / ".venv" / "requirements.sha256").write_text(stamp)
    return root


@pytest.fixture
def student(bundle):
    """The same, with fresh stubs after the test."""
    before = {name: (bundle / name).read_bytes() for name in (STUB, ADVANCED)}
    yield bundle
    for name, data in before.items():
        (bundle / name).write_bytes(data)
    shutil.rmtree(bundle / "kept", ignore_errors=True)


# --- what is in it -----------------------------------------------------------------------------------------------


def test_the_same_course_gives_the_same_bytes(release):
    out, printed = release
    contents = build_bundle.files()
    again = build_bundle.fixed_zip.packed({f"grpo-course/{name}": data for name, data in reversed(contents.items())})
    assert out.read_bytes() == again
    assert {info.date_time for info in zipfile.ZipFile(out).infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert printed.startswith(f"{out}: {len(contents)} files, 1")


def test_nothing_of_the_instructors_is_in_it(texts):
    words = {"solutions", "mistakes", "variants", "grader", "audit", "tests", "benchmarks", "kept", "release"}
    assert [name for name in texts if words & {*re.split(r"[/.]", name)}] == []
    proofs = [p for p in (ROOT / "solutions").rglob("*.py") if "audit" in p.parts or p.stem in ("mistakes", "variants")]
    sentences = {sentence for path in proofs for sentence in _sentences(path)}
    assert len(sentences) > 100
    whole = "\n".join(text for name, text in texts.items() if name.endswith((".py", ".md", ".toml", ".json")))
    assert [sentence for sentence in sentences if sentence in whole] == []


def _sentences(path):
    """The sentences to the learner in a file of mistakes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and re.fullmatch(r"[A-Z`][^\n]{30,}\.", str(node.value)):
            yield node.value


def test_no_body_of_the_reference_is_in_it(texts):
    """Of each exercise that has three lines or more that its stub lacks, these lines in a row."""
    whole = "\n".join(text for name, text in texts.items() if name.endswith((".py", ".md")))
    bodies = [
        body
        for lesson in manifest.read_all()
        for file in stubs.files(lesson)
        for body in _bodies((lesson.solution / file).read_text("utf-8"), {*stubs.stub_of(lesson, file).splitlines()})
    ]
    assert len(bodies) > 50
    assert [body for body in bodies if body in whole] == []


def _bodies(reference, stub):
    """What stands between the lines that the stub has, too: three lines or more."""
    body = []
    for line in [*reference.splitlines(), ""]:
        if line in stub or not line.strip():
            if len(body) >= 3:
                yield "\n".join(body)
            body = []
        else:
            body.append(line)


LISTED = {
    "README.md": "# One\n![a picture](picture.png)\n",
    "picture.png": "png",
    "walkthrough.ipynb": "{}",
    "testcases/basic_test.py": "basic",
    "testcases/scenarios.py": "scenarios",
    "given/figures.py": "figures",
    "given/data/one.bin": "data",
    "same_in_both.py": "GIVEN = 1\n",
}
NOT_LISTED = (
    "notes.md",
    "draft.py",
    "new_test.py",
    "mistakes.py",
    "other.png",
    ".secret.png",
    "kept/work.py",
    "audit/a.py",
)


def test_only_what_is_listed_goes_in_and_stubs_are_pristine(tmp_path, copy_machinery, write_files, manifest_text):
    lesson = "stage01_a/lesson01_first"
    root = copy_machinery(tmp_path)
    for name in (*build_bundle.FILES, build_bundle.README, "configs/demo.yaml"):
        write_files(root, {name: (ROOT / name).read_text(encoding="utf-8")})
    reference = {"work.py": "def one():\n    return 1\n", "same_in_both.py": "GIVEN = 1\n", "draft.py": "changed\n"}
    learner = {**LISTED, "lesson.toml": manifest_text("01.1 work.py:one"), "work.py": "mine"}
    write_files(root / "tutorial" / lesson, learner)
    write_files(root / "solutions" / lesson, reference)
    found = build_bundle.files(root)
    assert {name.removeprefix(f"tutorial/{lesson}/") for name in found if lesson in name} == learner.keys()
    stub = b'def one():\n    raise NotImplementedError("not written yet: exercise 01.1, work.py:one")\n'
    assert found[f"tutorial/{lesson}/work.py"] == stub
    assert zipfile.ZipFile(io.BytesIO(found["course/pristine.zip"])).read("lesson01_first/work.py") == stub
    assert f"| [01 · A lesson](tutorial/{lesson}/README.md) | 1 | 1 | 0.2 |" in found["README.md"].decode()

    whole = {root / name for name in ("lab", "configs", "solutions", f"tutorial/{lesson}/given")}
    folders = [p for p in [root, *root.rglob("*")] if p.is_dir() and not whole & {p, *p.parents}]
    assert root / "course" / "observe" in folders and root / "tutorial" / lesson / "testcases" in folders
    for folder in folders:
        write_files(folder, {name: "new" for name in NOT_LISTED if not (folder / name).exists()})
        (folder / "link.png").symlink_to(root / "solutions" / lesson / "work.py")
    assert build_bundle.files(root).keys() == found.keys()


def test_what_is_missing_is_named(tmp_path, copy_machinery):
    root = copy_machinery(tmp_path)
    (root / "course/desk/watch.py").unlink()
    with pytest.raises(UsageError, match=r"Makefile, .*course/desk/watch.py.*docs/STUDENTS.md missing"):
        build_bundle.files(root)


def test_a_place_that_cannot_be_written_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(build_bundle, "files", lambda root: {"a": b""})
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"a\.zip cannot be written: [A-Z][a-z ]+$"):
        build_bundle.release(["--no-why", "--out", str(tmp_path / "file" / "a.zip")])
    usage = r"`python -m course release \[--out FILE\] \[--no-why\]`"
    with pytest.raises(UsageError, match=f"unrecognized arguments: more; it is {usage}"):
        build_bundle.release(["more"])


# --- in a student's hands --------------------------------------------------------------------------------------------


def test_links_lead_somewhere(bundle):
    pages = [p for p in bundle.rglob("*.md") if "lab" not in p.relative_to(bundle).parts]
    assert len(pages) >= 4 + len(manifest.read_all())  # README, AGENTS, SCALING, TRAINING, and the lessons' own
    assert [(page, links) for page in pages if (links := page_checks.broken_links(page, bundle))] == []


EVERY_MODULE = """
import importlib, pathlib, sys
import pytest
from course import __main__ as command
from course.base import manifest
from course.base.errors import run_command
from course.desk import check
for path in sorted(pathlib.Path("course").rglob("*.py")):
    importlib.import_module(".".join(path.with_suffix("").parts))
for name, one in command.commands.TABLE.items():
    try:
        if one.in_bundle:
            command.main([name])
    except command.environment.SetupError as error:
        print(error)
command.main(["help"])
command.commands.TABLE["hint"].run(["13.2"])
check.check_lessons([manifest.find("01")])
assert pytest.main(["-q", "-p", "no:cacheprovider", "--exercise", "13.2", sys.argv[1]]) == 1
from lesson13_grpo.loss import grpo
run_command(lambda: grpo.sequence_log_probs(None, None, None))
"""
UNWRITTEN = "error: not written yet: exercise 13.4, loss/grpo.py:sequence_log_probs\n"  # and no reference is offered


def test_every_module_and_command_works_or_says_why_not_and_tests_name_a_known_mistake(student, run_python):
    """With a table of one exercise; it holds sentences and fingerprints, and names nearly all."""
    path = student / build_bundle.ANSWERS
    table = forked_pytest.result_of(ROOT, make_answer_table.__name__, "13.2", out=path)
    caught, named = make_answer_table.named(table["13.2"])
    assert caught and named >= 0.9 * caught
    answers = [answer for test in table["13.2"]["tests"].values() for answer in test]
    assert all(re.fullmatch("[0-9a-f]{10}", answer) for answer in answers)
    text = (student / STUB).read_text(encoding="utf-8")
    line = re.search(r' +raise NotImplementedError\("not written yet: exercise 13\.2.*\n', text)[0]
    wrong = "    return -(rewards.detach() * beta).softmax(0).dot(log_probs)\n"
    (student / STUB).write_text(text.replace(line, wrong), encoding="utf-8")
    done = run_python(student, "-c", EVERY_MODULE, BASIC)
    path.unlink()
    assert (done.returncode, done.stderr) == (2, UNWRITTEN)
    refused = [commands.refusal(name) for name, one in commands.TABLE.items() if one.in_bundle]
    assert done.stdout.splitlines()[: len(refused)] == refused
    assert re.search(r"01\.1 .* 0/\d+ +0/\d+ +not written", done.stdout)
    assert "hint 1 of 3" in done.stdout
    listed = re.findall(r"^  ([a-z-]+) ", done.stdout.partition("hint 1 of 3")[0], flags=re.MULTILINE)
    assert sorted(listed) == ["check", "clean", "help", "hint", "next", "reset", "setup", "trl", "tunix", "watch"]
    assert "exercise 13.2  compute_grpo_loss" in done.stdout and "  expected 1.1192" in done.stdout
    assert "divides them" in done.stdout and "Traceback" not in done.stdout
    done = run_python(student, "-m", "course", "next")
    assert (done.returncode, done.stderr) == (0, "")
    assert "go on with exercise 13.2" in done.stdout


def test_reset_gives_fresh_stubs(student, run_python):
    fresh = (student / STUB).read_bytes()
    (student / STUB).write_text("mine\n")
    done = run_python(student, "-m", "course", "reset", "13")
    assert (done.returncode, done.stderr) == (0, "")
    assert (student / STUB).read_bytes() == fresh == stubs.stub_of(manifest.find("13"), "loss/grpo.py").encode()
    assert [p.read_text() for p in (student / "kept").rglob("grpo.py")] == ["mine\n"]


def test_reset_without_its_pristine_stubs_is_reported(student, monkeypatch):
    monkeypatch.setattr(student_bundle, "is_bundle", lambda: True)
    path = student / student_bundle.PRISTINE
    before = path.read_bytes()
    for damaged in (b"no zip", build_bundle.fixed_zip.packed({"a": b""}), None):
        path.write_bytes(damaged) if damaged else path.unlink()
        with pytest.raises(UsageError, match=r"^course/pristine\.zip cannot give lesson13_grpo/data/\w+\.py; .*$"):
            stubs.reset(manifest.find("13", student))
    path.write_bytes(before)


def test_the_reference_cannot_be_asked_for(bundle, run_python):
    done = run_python(bundle, "-m", "pytest", BASIC, solution="lesson13")
    message = "ERROR: SOLUTION='lesson13' asks for the reference, and there is no solutions/ here; unset it"
    assert (done.returncode, done.stdout.strip(), done.stderr.strip()) == (4, "", message)
