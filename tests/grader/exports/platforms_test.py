"""What goes to Gradescope and to GitHub Classroom, held against what they document."""

import base64
import io
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml

from course.base.errors import UsageError
from course.observe.report import Report
from grader.exports import gradescope, platform_setup
from grader.exports.classroom import LIMIT, classroom_json, classroom_result
from grader.exports.gradescope import gradescope_json, gradescope_results
from grader.exports.platform_setup import autograder_zip, workflow
from grader.results import DIED, FAILED, GRADER_ERROR, NOT_GRADABLE, NOT_WRITTEN, PASSED, TIMEOUT
from tests.grader.example_results import EVIL, POINTS, WHY, run, student

ROOT = Path(__file__).resolve().parents[3]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
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


def test_a_zip_that_could_not_grade_is_refused(small_course, tmp_path):
    with pytest.raises(UsageError, match="course, grader, lab, solutions, tutorial, conftest"):
        autograder_zip(tmp_path)
    with pytest.raises(UsageError, match="must begin with https"):
        autograder_zip(small_course, torch_index='https://a"; rm -rf /; "')
    with pytest.raises(UsageError, match="lessons by their numbers"):
        autograder_zip(small_course, lessons='13"; rm -rf /; "')


# GitHub Classroom


def test_classroom_field_by_field():
    found = classroom_result(run(), student(flags=["looks at frames"]))
    assert {key: found[key] for key in ("version", "status", "max_score")} == {
        "version": 1, "status": "fail", "max_score": 7
    }  # fmt: skip
    assert set(found) == {"version", "status", "max_score", "tests"}
    for test in found["tests"]:
        assert list(test) == ["name", "status", "score", "message", "test_code", "filename", "line_no", "duration"]
        assert [type(value) for value in test.values()] == [str, str, int, str, str, str, int, int]
        assert (test["test_code"], test["filename"], test["line_no"]) == ("", "", 0)
    assert [test["name"] for test in found["tests"]] == [
        "13.1 collate", "13.2 compute_grpo_loss", "13.10 Trainer.train"
    ]  # fmt: skip
    assert [test["status"] for test in found["tests"]] == ["pass", "fail", "fail"]
    assert [test["score"] for test in found["tests"]] == [1, 0, 0]
    assert found["tests"][0]["message"] == "" and WHY in found["tests"][1]["message"]
    assert "frames" not in json.dumps(found)


@pytest.mark.parametrize(("statuses", "whole", "each"), [
    ((PASSED,) * 3, "pass", ["pass"] * 3),
    ((PASSED, TIMEOUT, DIED), "fail", ["pass", "fail", "fail"]),
    ((PASSED, NOT_GRADABLE, PASSED), "error", ["pass", "error", "pass"]),
    ((FAILED, NOT_GRADABLE, NOT_WRITTEN), "fail", ["fail", "error", "fail"]),
])  # fmt: skip
def test_classrooms_statuses(statuses, whole, each):
    found = classroom_result(run(), student(statuses=statuses))
    assert found["status"] == whole and [test["status"] for test in found["tests"]] == each
    assert found["max_score"] == 7


def test_our_fault_counts_no_points_at_classroom():
    for graded in (student(statuses=(PASSED, GRADER_ERROR, PASSED)), student(statuses=(), status=GRADER_ERROR)):
        found = classroom_result(run(), graded)
        assert found["status"] == "error" and found["max_score"] == 0  # the reporter leaves such a runner out
        assert "error" in [test["status"] for test in found["tests"]]
    nothing = classroom_result(run(), student(statuses=(), status=NOT_GRADABLE))
    assert nothing["max_score"] == 7 and [test["status"] for test in nothing["tests"]] == ["error"] * 3


def test_the_encoded_form_is_short_and_harmless_text():
    many = {f"14.{i}": 1 for i in range(1, 80)}
    big = run(points=many, titles={})
    graded = student(statuses=())
    graded.exercises = [
        student().exercises[1].__class__(i, 1, 0, FAILED, 3, 1, Report(places=["李" * 390] * 12)) for i in many
    ]
    graded.exercises[0].report = Report(message=EVIL, places=EVIL.split("\n"))
    encoded = base64.b64encode(classroom_json(big, graded).encode())
    assert len(encoded) <= LIMIT
    found = json.loads(base64.b64decode(encoded))
    assert len(found["tests"]) == 79 and all("make hint" in test["message"] for test in found["tests"])
    for line in (line for test in found["tests"] for line in test["message"].split("\n")):
        assert not line.strip().startswith("::") and "##[" not in line and "\x1b" not in line


def steps(text):
    (job,) = yaml.safe_load(text)["jobs"].values()
    return job["steps"]


def test_the_workflow_is_yaml_and_grades_what_was_pushed():
    text = workflow("school/course", COMMIT, "13,14")
    document = yaml.safe_load(text)
    assert document["name"] == "Autograding Tests" and "push" in document["on"]
    assert document["permissions"] == {"checks": "write", "actions": "read", "contents": "read"}
    pushed, course, _, _, grade, report = steps(text)
    assert pushed["with"] == {"path": "submissions/submission", "persist-credentials": False}
    assert course["with"]["repository"] == "school/course" and course["with"]["ref"] == COMMIT
    assert course["with"]["persist-credentials"] is False
    assert grade["id"] == "course" and "grade ../submissions --out ../graded --lessons=13,14 ||" in grade["run"]
    assert report["uses"] == "education/autograding-grading-reporter@v1" and report["with"] == {"runners": "course"}
    assert report["env"] == {"COURSE_RESULTS": "${{ steps.course.outputs.result }}"}
    assert "COURSE_" not in text.replace("COURSE_TOKEN", "").replace("COURSE_RESULTS", "")
    assert all("${{" not in step.get("run", "") for step in steps(text))  # nothing is pasted into a script


def test_a_workflow_for_nothing_real_is_refused():
    for course, commit in [("school", COMMIT), ("a/b\n  evil: 1", COMMIT), ("a/b", "main"), ("a/b", COMMIT + "\n")]:
        with pytest.raises(UsageError, match=r"must look like|40 digits"):
            workflow(course, commit)
    with pytest.raises(UsageError, match="lessons by their numbers"):
        workflow("a/b", COMMIT, "13; rm -rf /")


@bash
@pytest.mark.parametrize("outcome", ["good", "grader error", "broken"])
def test_the_workflows_grading_step(tmp_path, outcome):
    graded = student(statuses=(PASSED, GRADER_ERROR, PASSED)) if outcome == "grader error" else student()
    (tmp_path / "course").mkdir()
    (tmp_path / "made.json").write_text(classroom_json(run(), graded), encoding="utf-8")
    stand_in = "echo '::set-output name=result::stolen'\n"
    if outcome != "broken":
        stand_in += "mkdir -p ../graded/classroom ../graded/feedback; cp ../made.json ../graded/classroom/s.json\n"
        stand_in += "echo '# Feedback' > ../graded/feedback/s.md\n"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/sudo").write_text(f"#!/usr/bin/env bash\n{stand_in}exit {0 if outcome == 'good' else 1}\n")
    (tmp_path / "bin/sudo").chmod(0o755)
    script = next(step["run"] for step in steps(workflow("school/course", COMMIT)) if step.get("id") == "course")
    subprocess.run(["bash", "-n", "-c", script], check=True)
    environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    environment |= {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=tmp_path / "course", env=environment, capture_output=True, text=True
    )
    printed = done.stdout.splitlines()
    token = printed[0].removeprefix("::stop-commands::")
    assert len(token) == 36 and printed[1] == "::set-output name=result::stolen" and printed[2] == f"::{token}::"
    if outcome == "broken":
        assert done.returncode == 1 and not (tmp_path / "output").exists() and "not a zero" in printed[3]
        return
    name, _, value = (tmp_path / "output").read_text().strip().partition("=")
    assert done.returncode == 0 and name == "result"
    assert json.loads(base64.b64decode(value)) == classroom_result(run(), graded)
    assert (tmp_path / "summary").read_text() == "# Feedback\n"
    assert sum(POINTS.values()) == 7


# The commands


def test_the_autograder_holds_the_real_course_and_the_instructors_own_tests(tmp_path, write_files, capsys):
    mine = write_files(tmp_path / "mine", {"a_test.py": "A = 1\n", "deep/a_test.py": "A = 2\n", "notes.txt": "secret"})
    out = tmp_path / "a b" / "gradescope.zip"
    assert platform_setup.gradescope_zip(["--lessons", "13,14", "--extra", str(mine), "--out", str(out)]) == 0
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


@pytest.mark.parametrize(("command", "words", "says"), [
    (platform_setup.gradescope_zip, ["more"], "unrecognized arguments: more; it is `python -m course gradescope-zip`"),
    (platform_setup.gradescope_zip, ["--extra", "{here}"], "there is no file called *_test.py in that folder"),
    (platform_setup.gradescope_zip, ["--out", "{here}/file/a.zip"], "a.zip cannot be written: "),
    (platform_setup.classroom_workflow, [], "the following arguments are required: course, commit; it is"),
])  # fmt: skip
def test_a_wrong_argument_is_reported_in_one_sentence(tmp_path, command, words, says):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError) as caught:
        command([word.format(here=tmp_path) for word in words])
    assert says in str(caught.value) and "\n" not in str(caught.value)
