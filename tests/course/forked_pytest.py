"""Runs pytest on a made-up course in a child of this process, where all that is imported here is there already."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import hypothesis.strategies  # noqa: F401  imported once, for all children; so is torch
import pytest

from course.base import switch
from course.desk import pytest_plugin
from course.diagnosis import known_mistakes
from course.observe import make_report  # noqa: F401

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def run_pytest(root, *arguments, solution=None, stdin=""):
    """What `pytest ARGUMENTS` in the folder `root` prints and returns, as subprocess.run gives it."""
    with (
        tempfile.TemporaryFile("w+") as typed,
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as err,
    ):
        typed.write(stdin)
        typed.seek(0)
        if (child := os.fork()) == 0:
            code = 70
            try:
                for number, file in enumerate((typed, out, err)):
                    os.dup2(file.fileno(), number)
                sys.stdin, sys.stdout, sys.stderr = (open(n, "w" if n else "r", closefd=False) for n in range(3))  # noqa: SIM115
                code = _main(root, [str(a) for a in arguments], solution)
                sys.stdout.flush(), sys.stderr.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        out.seek(0), err.seek(0)
        return subprocess.CompletedProcess(arguments, os.waitstatus_to_exitcode(status), out.read(), err.read())


def _main(root, arguments, solution):
    for name in [name for name in os.environ if name.startswith(("SOLUTION", "PYTEST", "PROPERTY", "FORCE_COLOR"))]:
        del os.environ[name]
    os.environ |= {"NO_COLOR": "1", "COLUMNS": "200", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    os.environ |= {} if solution is None else {"SOLUTION": solution}
    os.chdir(root)
    switch.finder.root = Path(root)
    switch.forget()
    known_mistakes.forget()
    options = ["-c", str(PYPROJECT), "--rootdir", str(root), "-p", "no:cacheprovider"]
    return int(pytest.main([*options, *arguments], [pytest_plugin]))
