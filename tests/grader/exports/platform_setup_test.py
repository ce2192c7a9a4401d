"""The commands that set up Gradescope and GitHub Classroom; what their files hold is platforms_test.py's."""

import zipfile

import pytest

from course.base.errors import UsageError
from grader.exports import platform_setup

COMMIT = "0123456789abcdef0123456789abcdef01234567"


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


def test_the_workflow_is_written(tmp_path, capsys):
    out = tmp_path / "classroom.yml"
    assert platform_setup.classroom_workflow(["me/course", COMMIT, "--lessons", "13", "--out", str(out)]) == 0
    assert ".github/workflows/classroom.yml" in capsys.readouterr().out
    text = out.read_text(encoding="utf-8")
    assert f"repository: me/course\n          ref: {COMMIT}\n" in text and "--lessons=13" in text


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
