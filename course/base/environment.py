"""Sets up `.venv` from requirements.txt, once. Standard library only, and readable by any Python 3: it is run
by whatever `python3` the machine has, before anything is installed."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "requirements.txt"
OLDEST, NEWEST = (3, 11), (3, 14)


class SetupError(Exception):
    """Set-up cannot go on; the message is one sentence that says what to do."""


def print_anything():
    """From now on, characters that the terminal's encoding lacks are printed as question marks instead of ending the
    program with an error."""
    for stream in (getattr(sys, "stdout", None), getattr(sys, "stderr", None)):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def nobody_reads(text=""):
    """Prints `text`, and gives whether nobody reads it, as behind `| head`: nothing is printed any more then."""
    try:
        print(text, end="", flush=True)
        return False
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True


def python():
    """The Python inside `.venv`."""
    folder, name = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return VENV / folder / name


def _stamp():
    return VENV / "requirements.sha256"


def _wanted():
    # The folder counts too: where the repository has been moved, the path file must be written again.
    return hashlib.sha256(REQUIREMENTS.read_bytes() + str(ROOT).encode()).hexdigest()


def is_ready():
    """Whether `.venv` holds just what requirements.txt asks for."""
    return python().exists() and _stamp().exists() and _stamp().read_text() == _wanted()


def check_version(version):
    """Raises SetupError unless `version`, such as (3, 11), is one that the pinned packages are made for."""
    if not OLDEST <= tuple(version) <= NEWEST:
        raise SetupError(
            f"This course needs Python 3.{OLDEST[1]} to 3.{NEWEST[1]}, and this is Python {version[0]}.{version[1]}; "
            "name another with `make PYTHON=python3.12 ...`, or start it yourself: `python3.12 -m course ...`."
        )


def check_folder():
    """Raises SetupError if .venv leads to a folder elsewhere: packages would be installed into somebody else's."""
    real = os.path.realpath(str(VENV))
    if real != os.path.join(os.path.realpath(str(ROOT)), VENV.name):
        raise SetupError(
            f".venv is a link to {real}, which this course would change; remove the link (rm .venv), and it makes its "
            "own."
        )


def ensure(say=print):
    """Makes `.venv` ready, if it is not. Raises SetupError; a failed set-up is taken up again next time."""
    check_folder()
    if is_ready():
        return
    check_version(sys.version_info[:2])
    log = ROOT / ".venv-setup.log"
    if python().exists():  # made by hand, or left by a set-up that failed
        ask = [str(python()), "-c", "print(*__import__('sys').version_info[:2])"]
        try:
            version = [int(part) for part in subprocess.check_output(ask).split()]
        except (OSError, subprocess.CalledProcessError, ValueError):
            raise SetupError("The Python in .venv does not work; remove that folder (make clean).") from None
        check_version(version)
    if not python().exists():
        try:
            import ensurepip  # noqa: F401  (Debian ships Python without it)
            import venv  # noqa: F401
        except ImportError:
            raise SetupError(
                "This Python has no venv module; install it (on Debian and Ubuntu: apt install python3-venv), "
                "and try again."
            ) from None
        say("Making a virtual environment in .venv")
        try:
            _run([sys.executable, "-m", "venv", "--clear", str(VENV)], log, "The virtual environment could not be made")
        except BaseException:  # Ctrl-C, too: next time, half an environment would pass for a whole one
            shutil.rmtree(str(VENV), ignore_errors=True)
            raise
    say("Installing the packages of requirements.txt (once; it takes a minute or a few)")
    _run(
        [str(python()), "-m", "pip", "install", "--disable-pip-version-check", "-r", str(REQUIREMENTS)],
        log,
        "The packages could not be installed; is there a network?",
    )
    # A path file makes `import lab` work in notebooks and scripts from any folder.
    where = (
        subprocess.run(
            [str(python()), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
            stdout=subprocess.PIPE,
            check=True,
        )
        .stdout.decode()
        .strip()
    )
    (Path(where) / "grpo_course.pth").write_text(str(ROOT) + "\n")
    temporary = _stamp().with_name("requirements.tmp")
    temporary.write_text(_wanted())
    os.replace(str(temporary), str(_stamp()))
    log.unlink()


def _run(command, log, problem):
    with open(str(log), "ab") as out:
        code = subprocess.call(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    if code != 0:
        end = "" if problem[-1] in "?." else "."
        raise SetupError(f"{problem}{end} The details are in {log.name}.")
