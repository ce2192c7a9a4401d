"""What goes to Gradescope, held against what it documents."""

import io
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from course.base.errors import UsageError
from course.observe.report import Report
from grader.exports import gradescope
from grader.exports.gradescope import gradescope_json, gradescope_results
from grader.exports.gradescope_zip import autograder_zip, gradescope_zip
from grader.results import DIED, GRADER_ERROR, NOT_GRADABLE, PASSED, TIMEOUT
from tests.grader.example_results import EVIL, WHY, run, student

ROOT = Path(__file__).resolve().parents[3]
bash = pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")

# Gradescope's results.json by its autograder specification: each key with what its value must be.
FORMATS = ("text", "html", "simple_format", "md", "ansi")
VISIBLE = ("hidden", "after_due_date", "after_published", "visible")


def number(value):
    return type(value) in (int, float)


def words(value):
    return isinstance(value, str) and len(value) <= 100_000 and "\r" not in value


TEST = {
    "score": number, "max_score": number, "status": ("passed", "failed").__contains__, "name": words, "number": words,
    "output": words, "visibility": VISIBLE.__contains__,
}  # fmt: skip
TOP = {
    "score": number, "output": words, "output_format": FORMATS.__contains__, "test_output_format": FORMATS.__contains__,
    "test_name_format": FORMATS.__contains__, "visibility": VISIBLE.__contains__,
    "stdout_visibility": VISIBLE.__contains__, "extra_data": lambda value: isinstance(value, dict),
    "tests": lambda value: isinstance(value, list) and all(not wrong(test, TEST) for test in value),
}  # fmt: skip


def wrong(value, schema):
    """The keys of `value` that the schema does not know or whose values it does not allow."""
    return [key for key, found in value.items() if key not in schema or not schema[key](found)]


# Gradescope


@pytest.mark.parametrize("graded", [
    student(), student(statuses=(PASSED,) * 3), student(statuses=(TIMEOUT, DIED, NOT_GRADABLE)),
    student(statuses=(), status=NOT_GRADABLE, notes=["an empty archive"]),
], ids=["mixed", "full", "broken", "nothing"])  # fmt: skip
def test_gradescope_takes_it_and_the_sum_is_the_score(graded):
    found = json.loads(gradescope_json(run(), graded))
    assert wrong(found, TOP) == [] and "score" in found
    assert found["score"] == sum(test["score"] for test in found["tests"])
    assert sum(test["max_score"] for test in found["tests"]) == 7
    for test in found["tests"]:
        assert (test["status"] == "passed") == (test["score"] == test["max_score"])
    assert found["stdout_visibility"] == "hidden" and found["visibility"] == "visible"


def test_gradescope_says_what_the_student_may_know():
    found = gradescope_results(run(), student(notes=["extra.py was ignored"], flags=["looks at frames"]))
    passed, failed, unwritten = found["tests"]
    assert (passed["number"], passed["name"], passed["output"]) == ("13.1", "13.1 collate", "")
    assert failed["name"] == "13.2 compute_grpo_loss (failed)" and WHY in failed["output"]
    assert "expected 1.1192" in failed["output"] and failed["output"].endswith("next: make hint EX=13.2")
    assert "not written yet" in unwritten["output"]
    assert "1 of 7 points" in found["output"] and "note: extra.py was ignored" in found["output"]
    assert "make check LESSON=13" in found["output"] and "4711" not in json.dumps(found)
    assert "frames" not in json.dumps(found)


def test_our_fault_has_no_score_at_gradescope():
    broken = student(statuses=(PASSED, GRADER_ERROR, PASSED))
    broken.exercises[1].report = Report(message="Traceback of the hidden tests")
    for graded in (broken, student(statuses=(), status=GRADER_ERROR), student(statuses=(PASSED,))):
        found = gradescope_results(run(), graded)
        assert wrong(found, TOP) == [] and not {"score", "tests"} & {*found}
        assert "not your fault" in found["output"] and "hidden tests" not in json.dumps(found)
    assert wrong(gradescope.BEGUN, TOP) == [] and not {"score", "tests"} & {*gradescope.BEGUN}
    assert gradescope.BEGUN["stdout_visibility"] == "hidden"


def test_gradescopes_bounds_are_kept():
    long = student(notes=["n" * 5000] * 5000)
    long.exercises[1].report = Report(got="x" * 5000, places=["x" * 5000] * 5000)
    found = gradescope_results(run(warning="w" * 500_000), long)
    assert wrong(found, TOP) == [] and found["tests"][1]["output"].endswith("next: make hint EX=13.2")
    evil = student(EVIL, notes=[EVIL])
    evil.exercises[1].report = Report(got="\ud800", message=EVIL)
    made = gradescope_json(run(), evil)
    assert "\x1b" not in made.encode("utf-8").decode() and "\\u001b" not in made and "\u202e" not in made


# Gradescope's autograder


@pytest.fixture(scope="module")
def small_course(tmp_path_factory, write_files):
    root = write_files(
        tmp_path_factory.mktemp("course"),
        {
            "course/__init__.py": "", "grader/__init__.py": "", "lab/__init__.py": "", "conftest.py": "",
            "pyproject.toml": "", "requirements.txt": "torch==2.13.0\n", "solutions/s/lesson13_a/loss.py": "x = 1\n",
            "tutorial/s/lesson13_a/lesson.toml": "a = 1\n",
            # none of these may go in
            ".git/config": "", ".venv/a.py": "", "runs/a.py": "", "kept/a.py": "", "README.md": "",
            "tests/a_test.py": "", "course/__pycache__/a.py": "", "course/a.pyc": "", "lab/.secret": "",
            "tutorial/s/lesson13_a/runs/a.json": "", "tutorial/kept/a.py": "", "tutorial/.hypothesis/a.py": "",
            "lab/a.py.tmp": "",
        },
    )  # fmt: skip
    (root / "tutorial/s/lesson13_a/windows.py").write_bytes(b"a = 1\r\nb = 2\r\n")
    (root / "lab/data.bin").write_bytes(b"\x00\x01\r\n\xff")
    (root / "lab/link.py").symlink_to(root / "README.md")
    return root


def unpacked(data, folder):
    """The zip in `folder`, with its modes, as Gradescope unpacks it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, folder))
            path.chmod(entry.external_attr >> 16 & 0o777)
    return folder


def test_the_zip_holds_the_course_and_nothing_else(small_course, tmp_path):
    folder = unpacked(autograder_zip(small_course), tmp_path)
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert names == [
        "begun.json", "conftest.py", "course/__init__.py", "grader/__init__.py", "lab/__init__.py", "lab/data.bin",
        "pyproject.toml", "requirements.txt", "run_autograder", "setup.sh", "solutions/s/lesson13_a/loss.py",
        "tutorial/s/lesson13_a/lesson.toml", "tutorial/s/lesson13_a/windows.py",
    ]  # fmt: skip
    assert (folder / "tutorial/s/lesson13_a/windows.py").read_bytes() == b"a = 1\nb = 2\n"
    assert (folder / "lab/data.bin").read_bytes() == b"\x00\x01\r\n\xff"
    for name in ("setup.sh", "run_autograder"):
        assert os.access(folder / name, os.X_OK) and b"\r" not in (folder / name).read_bytes()
    assert (folder / "conftest.py").stat().st_mode & 0o777 == 0o644


def test_the_same_course_gives_the_same_bytes(small_course):
    first = autograder_zip(small_course)
    os.utime(small_course / "conftest.py", (1, 1_000_000_000))
    assert autograder_zip(small_course) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.testzip() is None


@bash
@pytest.mark.parametrize("settings", [{}, {"lessons": "13,14", "torch_index": "https://a.org/whl/cpu", "unsafe": True}])
def test_the_scripts_are_bash(small_course, tmp_path, settings):
    folder = unpacked(autograder_zip(small_course, **settings), tmp_path)
    for name in ("setup.sh", "run_autograder"):
        assert (folder / name).read_text().startswith("#!/usr/bin/env bash\n")
        subprocess.run(["bash", "-n", folder / name], check=True)
    script = (folder / "run_autograder").read_text()
    assert ('\nUNSAFE="--unsafe"\n' in script, '\nLESSONS="--lessons=13,14"\n' in script) == (bool(settings),) * 2
    assert ('\nTORCH_INDEX="https://a.org/whl/cpu"\n' in (folder / "setup.sh").read_text()) == bool(settings)


GRADER = """\
#!/usr/bin/env bash
# Stands for the course's Python: notes how it was called, and does as GRADER says.
printf '%s\\n' "$@" > "$AUTOGRADER/called"
cp -R -P "$5" "$AUTOGRADER/seen" 2> /dev/null || cp -R -P "$4" "$AUTOGRADER/seen"
cp "$AUTOGRADER/results/results.json" "$AUTOGRADER/before.json"
if [ "$GRADER" = good ]; then echo '{"score": 7}' > "$AUTOGRADER/results/results.json"; exit 0; fi
exit 1
"""


@bash
@pytest.mark.parametrize("outcome", ["good", "broken"])
def test_run_autograder_leaves_a_score_or_an_explanation(small_course, tmp_path, outcome):
    source = unpacked(autograder_zip(small_course, lessons="13"), tmp_path / "source")
    python = source / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(GRADER)
    python.chmod(0o755)
    (tmp_path / "submission").mkdir()
    (tmp_path / "submission" / "loss.py").write_text("x = 2\n")
    (tmp_path / "submission" / "passwd").symlink_to("/etc/passwd")
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "AUTOGRADER": str(tmp_path), "TMPDIR": str(tmp_path / "tmp"), "GRADER": outcome}
    done = subprocess.run([source / "run_autograder"], env=environment, cwd=tmp_path, check=False)
    results = json.loads((tmp_path / "results/results.json").read_text())
    begun = json.loads((tmp_path / "before.json").read_text())
    assert begun == gradescope.BEGUN
    assert (done.returncode, results) == ((0, {"score": 7}) if outcome == "good" else (1, begun))
    called = (tmp_path / "called").read_text().splitlines()
    assert called[:3] == ["-m", "course", "grade"] and called[-1] == "--lessons=13"
    assert called[called.index("--gradescope") + 1] == str(tmp_path / "results/results.json")
    seen = tmp_path / "seen/submission"
    assert (seen / "loss.py").read_text() == "x = 2\n" and (seen / "passwd").is_symlink()
    assert not list((tmp_path / "tmp").iterdir())  # nothing is left behind


def test_what_may_be_no_word_of_a_script_is_refused(small_course):
    with pytest.raises(UsageError, match="must begin with https"):
        autograder_zip(small_course, torch_index='https://a"; rm -rf /; "')
    with pytest.raises(UsageError, match="lessons by their numbers"):
        autograder_zip(small_course, lessons='13"; rm -rf /; "')


# The commands


def test_the_autograder_holds_the_real_course_and_the_instructors_own_tests(tmp_path, write_files, capsys):
    mine = write_files(tmp_path / "mine", {"a_test.py": "A = 1\n", "deep/a_test.py": "A = 2\n", "notes.txt": "secret"})
    out = tmp_path / "a b" / "gradescope.zip"
    assert gradescope_zip(["--lessons", "13,14", "--extra", str(mine), "--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith(f"{out}: 1")
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()
        extra = {name: archive.read(name) for name in names if name.startswith("extra/")}
        script = archive.read("run_autograder").decode()
    assert extra == {"extra/0/a_test.py": b"A = 1\n", "extra/1/a_test.py": b"A = 2\n"}
    assert 'LESSONS="--lessons=13,14"\n' in script and 'EXTRA="--extra=extra"\n' in script
    assert "$LESSONS $EXTRA $UNSAFE\n" in script
    assert {"setup.sh", "course/__main__.py", "grader/exports/overview.html"} <= {*names}
    assert {"solutions", "tutorial", "lab", "grader"} <= {name.partition("/")[0] for name in names}
    assert not [name for name in names if "__pycache__" in name or name.startswith((".", "tests/", "runs/", "kept/"))]


@pytest.mark.parametrize(("words", "says"), [
    (["more"], "unrecognized arguments: more; it is `python -m course gradescope-zip`"),
    (["--extra", "{here}"], "there is no file called *_test.py in that folder"),
    (["--out", "{here}/file/a.zip"], "a.zip cannot be written: "),
])  # fmt: skip
def test_a_wrong_argument_is_reported_in_one_sentence(tmp_path, words, says):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError) as caught:
        gradescope_zip([word.format(here=tmp_path) for word in words])
    assert says in str(caught.value) and "\n" not in str(caught.value)
