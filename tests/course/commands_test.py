"""The table of commands, and check, reset, stubs, clean, test and demo on small courses."""

import os
import subprocess
import sys

import pytest

from course import commands
from course.authoring import full_test, made_files, stubs
from course.base import manifest
from course.base.errors import UsageError
from course.desk import check as desk_check
from tests.course import forked_pytest

FIRST, SECOND = "stage01_a/lesson01_first", "stage01_a/lesson02_second"

SOLUTION = '''\
def one():
    """One."""
    # > Give it back.
    return 1


def two():
    """Two."""
    # > Give it back.
    return 2
'''

TESTS = """\
    import pytest
    from {lesson}.work import one, two

    @pytest.mark.exercise("{number}.1")
    def test_one():
        assert one() == 1

    @pytest.mark.exercise("{number}.2")
    @pytest.mark.parametrize("n", [2, 2.0])
    def test_two(n):
        assert two() == n

    def test_of_no_exercise():
        pass
    """


@pytest.fixture
def course(tmp_path, copy_machinery, write_files, manifest_text):
    """Two lessons with two exercises each, and pristine stubs."""
    files = {}
    for path, number in ((FIRST, "01"), (SECOND, "02")):
        files[f"tutorial/{path}/lesson.toml"] = manifest_text(
            f"{number}.1 work.py:one hardening=1", f"{number}.2 work.py:two"
        )
        files[f"tutorial/{path}/testcases/basic_test.py"] = TESTS.format(lesson=path.split("/")[1], number=number)
        files[f"solutions/{path}/work.py"] = SOLUTION
        files[f"tutorial/{path}/README.md"] = "# One\n\n{}\n{}\n\nThe rest.\n".format(*made_files.EXERCISES)
    write_files(copy_machinery(tmp_path), files)
    stubs.write_all(tmp_path, tmp_path)
    for lesson in manifest.read_all(tmp_path):
        path, text = made_files.with_exercises(lesson)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def check(course, monkeypatch):
    """`check("01")` is what `make check LESSON=01` does inside .venv."""
    monkeypatch.setattr(desk_check, "ROOT", course)

    def check(*numbers):
        lessons = [one for one in manifest.read_all(course) if not numbers or one.number in numbers]
        return forked_pytest.run(course, lambda: desk_check.check_lessons(lessons))

    return check


# --- check -----------------------------------------------------------------------------------------------------


def test_check_counts_basic_and_advanced_tests(check, course, write_files):
    advanced = TESTS.format(lesson="lesson01_first", number="01").replace("def test_", "def test_more_")
    half = "def one():\n    return 1\n\ndef two():\n    return 3\n"
    write_files(course, {f"tutorial/{FIRST}/testcases/advanced_test.py": advanced, f"tutorial/{FIRST}/work.py": half})
    done = check()
    assert (done.returncode, done.stderr) == (1, "")
    assert table(done) == [
        "lesson 01 A lesson",
        "basic advanced",
        "01.1 work.py:one 1/1 1/1 hardened",
        "01.2 work.py:two 0/2 0/2 failed",
        "1 of 2 points, hardening 1 of 1; details: pytest tutorial/stage01_a/lesson01_first/testcases -v",
        "lesson 02 A lesson",
        "basic advanced",
        "02.1 work.py:one 0/1 0/0 not written",
        "02.2 work.py:two 0/2 0/0 not written",
        "0 of 2 points, hardening 0 of 1; details: pytest tutorial/stage01_a/lesson02_second/testcases -v",
    ]


def test_check_ends_well_when_all_basic_tests_pass(check, course, write_files):
    write_files(course, {f"tutorial/{FIRST}/work.py": SOLUTION})
    done = check("01")
    assert done.returncode == 0
    passes = f"Lesson 01 passes. Run and draw with your code: tutorial/{FIRST}/README.md. Next: lesson 02."
    assert table(done)[-1] == passes


def test_check_forgets_no_finished_work_where_another_file_cannot_be_loaded(course, check, write_files, manifest_text):
    manifest_of_two = manifest_text("01.1 work.py:one", "01.2 other.py:two")
    one, two = SOLUTION.split("\n\n\n")
    tests = TESTS.format(lesson=FIRST.split("/")[1], number="01").replace("import one, two", "import one")
    tests = tests.replace("@pytest.mark.exercise(\"01.1", f"from {FIRST.split('/')[1]}.other import two\n\n    "
                          "@pytest.mark.exercise(\"01.1", 1)  # fmt: skip
    folder = f"tutorial/{FIRST}"
    files = {"lesson.toml": manifest_of_two, "work.py": one, "other.py": two, "testcases/basic_test.py": tests}
    write_files(course, {f"{folder}/{name}": text for name, text in files.items()})
    assert check("01").returncode == 0
    write_files(course, {f"{folder}/other.py": "def two(:\n"})
    assert table(check("01"))[1:6] == [
        f"cannot be loaded: {folder}/other.py:1: invalid syntax",
        "basic advanced",
        "01.1 work.py:one 0/0 0/0 passed, when last tested",
        "01.2 other.py:two 0/0 0/0 unreadable",
        "note: other.py: syntax error, line 1: invalid syntax; it could not be graded",
    ]


# --- reset and stubs -------------------------------------------------------------------------------------------


def test_reset_says_what_it_did(course, write_files, run_python):
    write_files(course, {f"tutorial/{FIRST}/work.py": "mine\n"})
    done = run_python(course, "-m", "course", "reset", "01")
    assert (done.returncode, done.stderr) == (0, "")
    fresh, kept = done.stdout.replace("\\", "/").splitlines()
    assert fresh == f"fresh: tutorial/{FIRST}/work.py"
    assert kept.startswith("what you had written is kept in kept/lesson01_first-")
    assert (course / kept.rpartition(" ")[2] / "work.py").read_text() == "mine\n"
    again = run_python(course, "-m", "course", "reset", "lesson01")
    assert (again.returncode, again.stdout) == (0, "nothing to do: the stubs are fresh\n")


@pytest.mark.parametrize(("arguments", "says"), [
    (["reset", ""], "error: say which lesson to reset, such as `make reset LESSON=13` (there are: 01, 02)\n"),
    (["stubs", "--chek"], "error: stubs takes no argument or --check, not '--chek'\n"),
])  # fmt: skip
def test_a_wrong_argument_is_told_in_one_sentence(course, run_python, arguments, says):
    done = run_python(course, "-m", "course", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", says)


def test_stubs_makes_stubs_and_tables_and_keeps_the_old(course, write_files, manifest_text, run_python):
    assert run_python(course, "-m", "course", "stubs", "--check").returncode == 0
    readme = course / "tutorial" / FIRST / "README.md"
    assert "| 01.1 | [`one`](work.py) in `work.py` | 1 | 1 | 5 | ●○○○○ |" in readme.read_text("utf-8").splitlines()
    lesson = manifest_text("01.1 work.py:one core=true", "01.2 work.py:two")
    write_files(course, {f"tutorial/{FIRST}/work.py": "mine\n", f"tutorial/{FIRST}/lesson.toml": lesson})
    done = run_python(course, "-m", "course", "stubs", "--check")
    changed = [f"not as it would be made: tutorial/{FIRST}/{name}" for name in ("work.py", "README.md")]
    assert (done.returncode, done.stdout.replace("\\", "/").splitlines()) == (1, changed)
    assert (course / "tutorial" / FIRST / "work.py").read_text() == "mine\n"
    done = run_python(course, "-m", "course", "stubs")
    assert done.returncode == 0 and "lesson02_second: 0 written\n" in done.stdout
    assert "lesson01_first: 1 written, old ones in kept" in done.stdout
    assert [p.read_text() for p in (course / "kept").rglob("work.py")] == ["mine\n"]
    assert made_files.check(course) == 0
    after = readme.read_text(encoding="utf-8")
    assert "| 01.1 ★ | [`one`](work.py) in `work.py` | 1 | 5 | ●○○○○ |\n" in after and "| **2** | **10** | |\n" in after
    assert "★ The fast path: 1 exercises, about 5 minutes." in after and after.endswith("The rest.\n")
    write_files(course, {f"tutorial/{FIRST}/README.md": "# One\n"})
    with pytest.raises(UsageError, match=r"lesson01_first/README\.md lacks the lines"):
        made_files.check(course)


# --- clean, test, demo -----------------------------------------------------------------------------------------


def test_clean_leaves_what_a_learner_wrote_and_follows_no_link(tmp_path, write_files, monkeypatch, capsys):
    made = (".venv/bin/python", ".venv-maxtext/x", "lab/__pycache__/x.pyc", ".pytest_cache/x", ".hypothesis/x",
            f"tutorial/{FIRST}/__pycache__/work.pyc", ".venv-setup.log", ".cache/audit/13.1.json")  # fmt: skip
    own = (f"tutorial/{FIRST}/work.py", f"tutorial/{FIRST}/notes.txt", "kept/lesson01_first-1/work.py", "mine.txt")
    root = write_files(tmp_path / "course", dict.fromkeys((*made, *own), "mine\n"))
    write_files(tmp_path / "elsewhere", {"precious": ""})
    (root / "runs").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    monkeypatch.setattr(commands, "ROOT", root)
    for _ in range(2):  # the second time, nothing is left to do
        assert commands.do_clean([]) is None
        assert capsys.readouterr().out == "clean\n"
        assert {p.relative_to(root).as_posix() for p in root.rglob("*") if not p.is_dir()} == set(own)
    assert (tmp_path / "elsewhere" / "precious").exists() and not (root / "runs").is_symlink()


@pytest.mark.parametrize(("name", "command"), [
    ("test", [*full_test.PYTEST[1:], "more"]),
    ("demo", ["-m", "lab.train", "--config", "configs/demo.yaml", "more"]),
])  # fmt: skip
def test_test_and_demo_run_on_the_reference(monkeypatch, name, command):
    called = {}

    def call(command, cwd, env=None):
        called.update(command=command, cwd=str(cwd), solution=(env or os.environ)["SOLUTION"])
        return 5

    monkeypatch.setenv("SOLUTION", "lesson13")
    monkeypatch.setattr(subprocess, "call", call)
    assert commands.TABLE[name].run(["more"]) == 5
    assert called == {"command": [sys.executable, *command], "cwd": str(commands.ROOT), "solution": "1"}


def table(done):
    """The lines of a table, without empty ones and with single spaces."""
    return [" ".join(line.split()) for line in done.stdout.replace("\\", "/").splitlines() if line.strip()]


@pytest.mark.parametrize(("arguments", "begun", "expected"), [
    ([], False, [["llm"], ["llm2"]]), (["seed=1"], False, [["llm", "seed=1"]]),
    (["--resume"], False, [["llm", "--resume"], ["llm2"]]), (["--resume"], True, [["llm2", "--resume"]]),
])  # fmt: skip
def test_the_language_model_learns_in_two_phases(arguments, begun, expected, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    monkeypatch.setattr(commands, "_python", lambda *command, **variables: seen.append(command) or 0)
    if begun:
        (tmp_path / "runs" / "llm2").mkdir(parents=True)
        (tmp_path / "runs" / "llm2" / "config.yaml").touch()
    assert commands.do_llm(arguments) == 0
    assert [[command[3].split("/")[1].removesuffix(".yaml"), *command[4:]] for command in seen] == expected
    assert all(command[:3] == ("-m", "lab.train", "--config") for command in seen)
    monkeypatch.setattr(commands, "_python", lambda *command, **_: 130 if "configs/llm.yaml" in command else 1 / 0)
    assert begun or commands.do_llm([]) == 130  # a first phase that was stopped has no second
