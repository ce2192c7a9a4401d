"""Setting up .venv: which Pythons, what is said when it fails, and that a failed set-up is taken up again."""

import ast
import importlib
import io
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from course import commands
from course.base import environment
from course.base.environment import SetupError
from course.base.switch import ROOT

command = importlib.import_module("course.__main__")

# Stands for the machine's Python. Called as: python -m venv --clear FOLDER
OUTER = """\
#!/bin/sh
echo "outer $*" >> calls
mkdir -p "$4/bin"
cp inner "$4/bin/python"
if [ -e broken ]; then echo "no ensurepip"; exit 1; fi
echo whole > "$4/made"
"""

# Stands for the Python inside .venv. Called as: python -m pip install ..., and python -c ...
INNER = """\
#!/bin/sh
echo "inner ${2%% *}" >> calls
if [ "${2%%(*}" = print ]; then cat version 2>/dev/null || echo 3 12; exit 0; fi
if [ "$2" != pip ]; then echo site; exit 0; fi
if [ -e offline ]; then echo "no network"; exit 1; fi
"""


@pytest.fixture
def machine(tmp_path, monkeypatch, write_files):
    """A folder to set up in, with Pythons that only write down how they were called."""
    if os.name == "nt":
        pytest.skip("the stand-ins are shell scripts")
    write_files(tmp_path, {"outer": OUTER, "inner": INNER, "requirements.txt": "torch==1\n", "site/x": "", "calls": ""})
    for name in ("outer", "inner"):
        (tmp_path / name).chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "REQUIREMENTS", tmp_path / "requirements.txt")
    monkeypatch.setattr(
        environment, "sys", SimpleNamespace(version_info=(3, 12, 1), executable=str(tmp_path / "outer"))
    )
    return tmp_path


# --- which Python ----------------------------------------------------------------------------------------------


def test_versions_that_the_project_supports_are_taken_and_others_refused_in_one_sentence():
    assert f'requires-python = ">=3.{environment.OLDEST[1]}"' in (ROOT / "pyproject.toml").read_text()
    for version in ((3, 11), (3, 14)):
        environment.check_version(version)
    for version in ((3, 10), (3, 15)):
        says = rf"^This course needs Python 3\.11 to 3\.14, and this is Python 3\.{version[1]}; .*make PYTHON=[^\n]*$"
        with pytest.raises(SetupError, match=says):
            environment.check_version(version)


@pytest.mark.parametrize(
    "file",
    ["__init__.py", "__main__.py", "commands.py", "base/__init__.py", "base/student_bundle.py", "base/environment.py"],
)
def test_what_any_python_reads_has_no_new_syntax(file):
    ast.parse((ROOT / "course" / file).read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("command_name", ["setup", "demo"])
def test_a_wrong_python_ends_with_status_2(machine, monkeypatch, capsys, command_name):
    monkeypatch.setattr(environment.sys, "version_info", (3, 10, 4))
    assert status(monkeypatch, command_name) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("error: This course needs Python 3.11 to 3.14") and err.count("\n") == 1
    assert calls(machine) == []


# --- setting up ------------------------------------------------------------------------------------------------


def test_a_first_set_up_makes_everything(machine):
    said = []
    environment.ensure(said.append)
    assert calls(machine) == [f"outer -m venv --clear {machine / '.venv'}", "inner pip", "inner import"]
    assert [line.split()[0] for line in said] == ["Making", "Installing"]
    assert environment.is_ready()
    assert (machine / "site" / "grpo_course.pth").read_text() == f"{machine}\n"
    assert not (machine / ".venv-setup.log").exists()


def test_only_other_requirements_or_another_folder_make_it_anew(machine, monkeypatch, capsys):
    environment.ensure(lambda text: None)
    before = {p: p.stat().st_mtime_ns for p in machine.rglob("*")}
    monkeypatch.setattr(environment.sys, "version_info", (3, 15, 0))  # whatever runs this: .venv has its own
    environment.ensure()
    assert capsys.readouterr().out == "" and {p: p.stat().st_mtime_ns for p in machine.rglob("*")} == before
    monkeypatch.setattr(environment.sys, "version_info", (3, 12, 1))
    (machine / "calls").write_text("")
    (machine / "requirements.txt").write_text("torch==2\n")
    assert not environment.is_ready()
    environment.ensure(lambda text: None)
    assert calls(machine)[1:] == ["inner pip", "inner import"] and environment.is_ready()
    monkeypatch.setattr(environment, "ROOT", machine / "elsewhere")
    assert not environment.is_ready()


@pytest.mark.parametrize(("file", "text", "message"), [
    ("version", "3 10\n", r"3\.10"), (".venv/bin/python", "#!/nowhere\n", "does not work"),
])  # fmt: skip
def test_a_venv_that_cannot_be_used_is_refused(machine, file, text, message):
    environment.ensure(lambda text: None)
    (machine / "requirements.txt").write_text("torch==2\n")
    (machine / file).write_text(text)
    with pytest.raises(SetupError, match=message):
        environment.ensure(lambda text: None)


@pytest.mark.parametrize(("failure", "message", "log"), [
    ("offline", "The packages could not be installed; is there a network?", "no network\n"),
    ("broken", "The virtual environment could not be made.", "no ensurepip\n"),
])  # fmt: skip
def test_a_failed_set_up_is_reported_in_one_sentence_and_taken_up_again(machine, failure, message, log):
    (machine / failure).touch()
    with pytest.raises(SetupError) as caught:
        environment.ensure(lambda text: None)
    assert str(caught.value) == f"{message} The details are in .venv-setup.log."
    assert (machine / ".venv-setup.log").read_text() == log
    assert not environment.is_ready() and not list(machine.glob(".venv/requirements*"))
    (machine / failure).unlink()
    environment.ensure(lambda text: None)
    assert environment.is_ready() and (machine / ".venv" / "made").read_text() == "whole\n"
    assert len([line for line in calls(machine) if line.startswith("outer")]) == (1 if failure == "offline" else 2)


def test_a_venv_that_was_interrupted_is_made_anew_next_time(machine, monkeypatch):
    def interrupted(command, **_):
        (machine / ".venv" / "bin").mkdir(parents=True)
        (machine / ".venv" / "bin" / "python").touch()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(environment.subprocess, "call", interrupted)
        environment.ensure(lambda text: None)
    environment.ensure(lambda text: None)
    assert (machine / ".venv" / "made").read_text() == "whole\n"


def test_a_python_without_venv_is_reported_in_one_sentence(machine, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)  # Debian ships Python without it
    with pytest.raises(SetupError, match=r"^This Python has no venv module; install it .*apt install python3-venv.*$"):
        environment.ensure(lambda text: None)
    assert not (machine / ".venv").exists()


# --- the command -----------------------------------------------------------------------------------------------


def test_an_unknown_command_is_refused(monkeypatch, capsys):
    assert status(monkeypatch, "tset") == 2
    assert capsys.readouterr().err == "error: There is no command 'tset'; `python -m course help` lists them.\n"


def test_help_needs_nothing_and_makefile_and_readme_have_every_command(machine, monkeypatch, capsys):
    for arguments in ([], ["--help"], ["help"]):
        assert status(monkeypatch, *arguments) == 0
        listed = re.findall(r"^  ([a-z-]+) ", capsys.readouterr().out, flags=re.MULTILINE)
        assert listed == list(commands.TABLE)
    for name, one in commands.TABLE.items():
        assert status(monkeypatch, name, "--help") == 0
        assert one.line in capsys.readouterr().out
    assert calls(machine) == []
    targets = re.findall(r"^([a-z-]+):$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    rows = re.findall(r"^\| `make.*` \| `python -m course ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert targets == rows == list(commands.TABLE)


def test_what_runs_before_the_environment_exists_imports_the_standard_library_alone(run_python):
    script = (
        "import sys, course.__main__; print(sorted(m for m in sys.modules if m.startswith(('course', 'lab', 'gr'))))"
    )
    expected = ["course", "course.__main__", "course.base", "course.base.environment", "course.base.student_bundle"]
    assert ast.literal_eval(run_python(ROOT, "-c", script).stdout) == [*expected, "course.commands"]


def test_a_bundle_for_students_says_what_to_do_instead(monkeypatch, capsys):
    monkeypatch.setattr(commands.student_bundle, "is_bundle", lambda: True)
    assert status(monkeypatch, "grade", "folder") == 2
    assert capsys.readouterr().err == (
        "error: grade needs what a bundle for students does not hold; your instructor grades.\n"
    )
    assert status(monkeypatch, "help") == 0
    assert not re.search(r"^  (grade|test|audit) ", capsys.readouterr().out, re.MULTILINE)


def test_commands_that_need_packages_go_on_inside_the_venv(machine, monkeypatch):
    environment.ensure(lambda text: None)
    called = []

    def call(command, cwd):
        called.append((command, cwd))
        return 7

    monkeypatch.setattr(command.subprocess, "call", call)
    assert status(monkeypatch, "check", "13") == 7
    assert called == [
        ([str(machine / ".venv" / "bin" / "python"), "-m", "course", "--inside", "check", "13"], str(machine))
    ]


def calls(folder):
    """How the stand-ins were called, in order."""
    return (folder / "calls").read_text().splitlines()


def status(monkeypatch, *arguments):
    """The exit status of `python -m course` with these arguments."""
    monkeypatch.setattr(command.sys, "argv", ["course", *arguments])
    with pytest.raises(SystemExit) as caught:
        command.run()
    return caught.value.code


def test_a_terminal_that_lacks_characters_gets_question_marks(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    environment.print_anything()
    print("0.46 → 0.95 ●●○")
    sys.stdout.flush()
    assert raw.getvalue().split() == [b"0.46", b"?", b"0.95", b"???"]


OTHER = "from course.base.errors import run_command; run_command(lambda: print('a long run'))"


@pytest.mark.parametrize(("command", "buffered"), [(["-m", "course", "help"], True), (["-c", OTHER], False)])
def test_a_reader_that_goes_ends_a_command_quietly(command, buffered):
    """As `make help | head -1` does: after the first line nobody reads."""
    variables = {**os.environ, "PYTHONUNBUFFERED": "" if buffered else "1"}
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=variables, stdout=writes, stderr=subprocess.PIPE, text=True
    )
    os.close(writes)
    assert (done.returncode, done.stderr) == (0 if buffered else 1, "")


def test_a_venv_that_is_a_link_is_not_written_through(tmp_path, monkeypatch):
    """It may be another checkout's, whose packages and path file would be changed."""
    other = tmp_path / "other" / ".venv"
    (other / "bin").mkdir(parents=True)
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / ".venv").symlink_to(other)
    monkeypatch.setattr(environment, "ROOT", tmp_path / "root")
    monkeypatch.setattr(environment, "VENV", tmp_path / "root" / ".venv")
    monkeypatch.setattr(environment, "is_ready", lambda: True)
    with pytest.raises(SetupError, match=r"is a link to .*other/.venv"):
        environment.ensure(say=lambda text: None)
    assert list(other.rglob("*")) == [other / "bin"]
    (tmp_path / "linked").symlink_to(tmp_path / "root")  # the course itself may be reached by a link
    (tmp_path / "root" / ".venv").unlink()
    (tmp_path / "root" / ".venv").mkdir()
    monkeypatch.setattr(environment, "ROOT", tmp_path / "linked")
    monkeypatch.setattr(environment, "VENV", tmp_path / "linked" / ".venv")
    environment.ensure(say=lambda text: None)
