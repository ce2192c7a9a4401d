"""The bundle for students: what is in it, what is not, and that its commands work, or say why not."""

import hashlib
import io
import os
import re
import shutil
import sys
import zipfile
from importlib import import_module

import pytest

from course.authoring import page_checks, stubs
from course.base import manifest, student_bundle
from course.base.errors import UsageError
from course.base.switch import ROOT
from course.diagnosis import audit_files
from course.release import build_bundle

LESSON = "tutorial/stage04_alignment/lesson13_grpo"
STUB = f"{LESSON}/loss/grpo.py"
BASIC = f"{LESSON}/testcases/basic_test.py"


@pytest.fixture(scope="module")
def packed(tmp_path_factory, run_python):
    """The zip, as the command makes it, and what the command says."""
    out = tmp_path_factory.mktemp("release") / "for students.zip"
    done = run_python(ROOT, "-m", "course", "release", "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    return out, done.stdout


@pytest.fixture(scope="module")
def unpacked(packed, tmp_path_factory):
    """The bundle, set up: its .venv is this Python."""
    if os.name == "nt":
        pytest.skip("the environment's stand-in is a shell script")
    folder = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(packed[0]) as archive:
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
def student(unpacked):
    """The same, with fresh stubs after the test."""
    before = (unpacked / STUB).read_bytes()
    yield unpacked
    (unpacked / STUB).write_bytes(before)
    shutil.rmtree(unpacked / "kept", ignore_errors=True)


# --- what is in it -----------------------------------------------------------------------------------------------


def test_the_same_course_gives_the_same_bytes(packed):
    names = zipfile.ZipFile(packed[0]).namelist()
    contents = build_bundle.files()
    assert names == sorted(f"grpo-course/{name}" for name in contents)
    again = build_bundle.fixed_zip.packed({f"grpo-course/{name}": data for name, data in reversed(contents.items())})
    assert packed[0].read_bytes() == again
    assert {info.date_time for info in zipfile.ZipFile(packed[0]).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_it_says_how_to_hand_out_and_collect(packed):
    out, said = packed
    assert said.startswith(f"{out}: {len(build_bundle.files())} files, 1")
    for part in ("Hand it out:", "Collect: the folder tutorial/", "Canvas, Moodle or Gradescope", "make grade"):
        assert part in said


def test_nothing_of_the_instructors_is_in_it():
    contents = build_bundle.files()
    words = ("solutions", "mistakes", "variants", "grading", "audit", "tests", "benchmarks", "kept")
    assert [name for name in contents if set(re.split(r"[/.]", name)) & set(words)] == []
    texts = {name: data.decode("utf-8", "replace") for name, data in contents.items() if not name.endswith(".gz")}
    lessons = manifest.read_all()
    sentences = {a.says for lesson in lessons for a in audit_files.read(lesson, audit_files.MISTAKES)}
    assert len(sentences) > 100
    assert [(name, s) for s in sentences for name, text in texts.items() if s in text] == []


def test_no_body_of_the_reference_is_in_it():
    """Of each exercise that has more than one line that its stub lacks, these lines in a row."""
    texts = [
        data.decode("utf-8", "replace") for name, data in build_bundle.files().items() if name.endswith((".py", ".md"))
    ]
    looked = 0
    for lesson in manifest.read_all():
        for file in stubs.files(lesson):
            given = set(stubs.stub_of(lesson, file).splitlines())
            for run in _runs((lesson.solution / file).read_text(encoding="utf-8").splitlines(), given):
                looked += 1
                assert not any(run in text for text in texts), run
    assert looked > 50


def _runs(lines, given):
    """What stands between lines that the stub has, too: three lines at least."""
    run = []
    for line in [*lines, ""]:
        if line in given or not line.strip():
            if len(run) >= 3:
                yield "\n".join(run)
            run = []
        else:
            run.append(line)


def test_stubs_are_pristine_and_drafts_stay_at_home(tmp_path, copy_machinery, write_files, manifest_text):
    place = "stage01_a/lesson01_first"
    root = copy_machinery(tmp_path)
    for name in (*build_bundle.FILES, build_bundle.README, "configs/demo.yaml"):
        write_files(root, {name: (ROOT / name).read_text(encoding="utf-8")})
    theirs = {
        "README.md": "# One\n",
        "lesson.toml": manifest_text("01.1 work.py:one"),
        "picture.png": "png",
        "walkthrough.ipynb": "{}",
        "testcases/basic_test.py": "basic",
        "testcases/scenarios.py": "scenarios",
        "given.py": "GIVEN = 1\n",
    }
    ours = {
        "notes.md": "for the exam",
        "draft.py": "def one():\n    return 1\n",
        "helper.py": "changed\n",
        "audit/ex01.py": "wrong\n",
        "testcases/hidden_test.py": "hidden",
        ".secret.png": "hidden",
        "kept/work.py": "mine",
    }
    reference = {
        "work.py": "def one():\n    return 1\n",
        "given.py": "GIVEN = 1\n",
        "helper.py": "HELP = 1\n",
        "audit/ex01.py": "wrong\n",
    }
    write_files(
        root, {f"tutorial/{place}/{name}": text for name, text in {**theirs, **ours, "work.py": "mine"}.items()}
    )
    write_files(root, {f"solutions/{place}/{name}": text for name, text in reference.items()})
    (root / "tutorial" / place / "link.png").symlink_to(root / "solutions" / place / "work.py")
    found = build_bundle.files(root)
    lesson = {name.removeprefix(f"tutorial/{place}/"): data for name, data in found.items() if place in name}
    assert lesson.keys() == theirs.keys() | {"work.py"}
    stub = b'def one():\n    raise NotImplementedError("not written yet: exercise 01.1, work.py:one")\n'
    assert lesson["work.py"] == stub
    assert zipfile.ZipFile(io.BytesIO(found["course/pristine.zip"])).read("lesson01_first/work.py") == stub
    assert f"| [01 · A lesson](tutorial/{place}/README.md) | 1 | 1 | 0.2 |" in found["README.md"].decode()


def test_a_course_that_is_not_whole_is_told(tmp_path, copy_machinery):
    with pytest.raises(UsageError, match=r"Makefile, .*docs/STUDENTS.md missing"):
        build_bundle.files(copy_machinery(tmp_path))


def test_a_place_that_cannot_be_written_is_told(run_python, tmp_path):
    (tmp_path / "file").touch()
    done = run_python(ROOT, "-m", "course", "release", "--out", tmp_path / "file" / "a.zip")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"error: .*a\.zip cannot be written: [A-Z][a-z ]+\n", done.stderr)


# --- in a student's hands --------------------------------------------------------------------------------------------


def test_links_lead_somewhere(unpacked):
    found = [p for p in unpacked.rglob("*.md") if "lab" not in p.relative_to(unpacked).parts]
    assert len(found) == 5 + len(manifest.read_all())  # README, AGENTS, SCALING, TRAINING, MNIST, and the lessons' own
    assert {page: page_checks.broken_links(page, unpacked) for page in found} == {page: [] for page in found}


def test_every_module_that_is_there_finds_what_it_imports(unpacked, run_python):
    names = [p.stem for p in (unpacked / "course").glob("*.py") if not p.stem.startswith("__")]
    done = run_python(unpacked, "-c", f"import importlib as i; [i.import_module('course.' + n) for n in {names}]")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("verb", student_bundle.WITHOUT)
def test_what_is_not_there_says_so_in_one_line(unpacked, run_python, verb):
    done = run_python(unpacked, "-m", "course", verb)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {student_bundle.refusal(verb)}\n"


def test_every_verb_is_either_there_or_refused(unpacked, run_python):
    done = run_python(unpacked, "-m", "course", "help")
    listed = re.findall(r"^  ([a-z-]+) ", done.stdout, flags=re.MULTILINE)
    assert sorted([*listed, *student_bundle.WITHOUT]) == sorted(import_module("course.__main__").VERBS)
    assert sorted(listed) == ["check", "clean", "help", "hint", "next", "reset", "setup", "trl", "watch"]


def test_next_and_hints(student, run_python):
    done = run_python(student, "-m", "course", "next")
    assert (done.returncode, done.stderr) == (0, "")
    assert "next: exercise 13.2" in done.stdout
    told = [run_python(student, "-m", "course", "hint", "13.2").stdout for _ in range(4)]
    assert "hint 1 of 3" in told[0]
    assert told[3].endswith("These were all.\n")


def test_check_and_the_tests_report_without_why(student, run_python):
    text = (student / STUB).read_text(encoding="utf-8")
    line = re.search(r' +raise NotImplementedError\("not written yet: exercise 13\.2.*\n', text)[0]
    (student / STUB).write_text(text.replace(line, "    return -log_probs.mean()\n"), encoding="utf-8")
    done = run_python(student, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--exercise", "13.2", BASIC)
    assert done.returncode == 1
    assert "exercise 13.2  compute_grpo_loss" in done.stdout
    assert "  expected 1.1192" in done.stdout
    assert "why" not in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    advanced = (student / BASIC).with_name("advanced_test.py")
    before = advanced.read_bytes()
    advanced.write_bytes(b"")  # it takes ten seconds, and says the same
    check = run_python(student, "-m", "course", "check", "13")
    advanced.write_bytes(before)
    assert (check.returncode, check.stderr) == (1, "")
    assert re.search(r"13\.2 .* 1/5 +partly", check.stdout)
    assert re.search(r"13\.1 .* 0/\d+ +not written", check.stdout)


def test_reset_gives_fresh_stubs(student, run_python):
    fresh = (student / STUB).read_bytes()
    (student / STUB).write_text("mine\n")
    done = run_python(student, "-m", "course", "reset", "13")
    assert (done.returncode, done.stderr) == (0, "")
    assert (student / STUB).read_bytes() == fresh == stubs.stub_of(manifest.find("13"), "loss/grpo.py").encode()
    assert [p.read_text() for p in (student / "kept").rglob("grpo.py")] == ["mine\n"]
    assert run_python(student, "-m", "course", "reset", "13").stdout == "nothing to do: the stubs are fresh\n"


@pytest.mark.parametrize("damage", ["away", "no zip", "another"])
def test_reset_without_its_pristine_stubs_is_told(student, run_python, damage):
    path = student / student_bundle.PRISTINE
    before = path.read_bytes()
    path.unlink()
    if damage != "away":
        path.write_bytes(b"no zip" if damage == "no zip" else build_bundle.fixed_zip.packed({"a": b""}))
    done = run_python(student, "-m", "course", "reset", "13")
    path.write_bytes(before)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: course/pristine.zip cannot give lesson13_grpo/data/grpo_dataset.py; unpack")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("solution", ["1", "lesson13"])
@pytest.mark.parametrize("command", [
    ["-m", "course", "check", "13"], ["-m", "course", "watch"], ["-m", "pytest", BASIC],
    ["-c", "from course.base.errors import run_command as r; from course.base import switch as s; r(s.check)"],  # as lab.train does
])  # fmt: skip
def test_the_reference_cannot_be_asked_for(unpacked, run_python, command, solution):
    done = run_python(unpacked, *command, solution=solution)
    assert done.returncode in (2, 4)
    said = f"error: SOLUTION={solution!r} asks for the reference, and there is no solutions/ here; unset it"
    assert (done.stdout.strip(), done.stderr.strip().lower()) == ("", said.lower())


def test_an_exercise_that_another_builds_on_offers_no_reference(unpacked, run_python):
    script = (
        "import lab; from course.base.errors import run_command; from lesson13_grpo.loss.grpo import compute_grpo_loss"
    )
    done = run_python(unpacked, "-c", f"{script}; run_command(lambda: compute_grpo_loss(None, None))")
    said = "error: not written yet: exercise 13.2, loss/grpo.py:compute_grpo_loss\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)
