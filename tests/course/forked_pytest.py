"""Runs pytest, or a command, on a made-up course in a child of this process: what is imported here is there already."""

import importlib
import json
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
    options = ["-c", PYPROJECT, "--rootdir", root, "-p", "no:cacheprovider"]
    return run(root, lambda: pytest.main([str(a) for a in (*options, *arguments)], [pytest_plugin]), solution, stdin)


def run(root, function, solution=None, stdin=""):
    """What `function()` prints and returns with lessons from `root`, as subprocess.run gives it."""
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
                _prepare(root, solution)
                code = int(function())
                sys.stdout.flush(), sys.stderr.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        out.seek(0), err.seek(0)
        return subprocess.CompletedProcess([], os.waitstatus_to_exitcode(status), out.read(), err.read())


def result_of(copy, module, *arguments, out=None):
    """In the place of course.authoring.copied_course.result_of, which starts a Python: torch takes a second there."""
    out = out or copy / "result.json"
    done = run(copy, lambda: importlib.import_module(module).main([str(out), *arguments]) or 0, solution="1")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(out.read_text(encoding="utf-8"))


def _prepare(root, solution):
    for name in [name for name in os.environ if name.startswith(("SOLUTION", "PYTEST", "PROPERTY", "FORCE_COLOR"))]:
        del os.environ[name]
    os.environ |= {"NO_COLOR": "1", "COLUMNS": "200", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    sys.dont_write_bytecode = True  # a changed file may be as old and as long as before
    os.environ |= {} if solution is None else {"SOLUTION": solution}
    os.chdir(root)
    switch.finder.root = Path(root)
    switch.forget()
    known_mistakes.forget()
    for name in [name for name in sys.modules if name.startswith("tutorial.")]:  # suites of another course
        del sys.modules[name]
