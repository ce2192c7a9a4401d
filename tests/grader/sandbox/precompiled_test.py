"""What a worker's given files are compiled to is what Python takes, and a submission's own files never are."""

import json
import subprocess
import sys

from course.authoring import stubs
from course.base import manifest
from grader.judge.judge import job_of
from grader.sandbox import precompiled

LOOK = """\
import json, pack.given
print(json.dumps([pack.given.number(), pack.given.__file__, pack.given.number.__code__.co_filename]))
"""


def test_python_takes_the_compiled_form(tmp_path):
    files = {"pack/__init__.py": b"", "pack/given.py": b"def number():\n    return 1\n", "notes.txt": b"?"}
    made = precompiled.beside(files)
    assert len(made) == 2
    for name, data in {**files, **made, "pack/given.py": b"def number():\n    return 2\n"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    done = subprocess.run([sys.executable, "-c", LOOK], cwd=tmp_path, capture_output=True, text=True, check=True)
    path = str(tmp_path / "pack" / "given.py")
    assert json.loads(done.stdout) == [1, path, path]


def test_a_submission_s_own_files_are_compiled_where_they_run():
    lesson = manifest.find("14")
    own = {file: b"raise SystemExit" for file in stubs.files(lesson)}
    files = job_of(lesson, own, False).files
    place = f"tutorial/{lesson.folder.parent.name}/{lesson.name}"
    compiled_files = {name for name in files if name.endswith(".pyc")}
    assert any("/testcases/__pycache__/scenarios." in name for name in compiled_files)
    assert any(name.startswith("solutions/") and "lesson13" in name for name in compiled_files)
    for file in own:
        folder, _, name = f"{place}/{file}".rpartition("/")
        assert not any(c.startswith(f"{folder}/__pycache__/{name.removesuffix('.py')}.") for c in compiled_files)
