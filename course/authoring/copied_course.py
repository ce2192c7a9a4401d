"""Runs the lessons' tests on the reference, in a copy of the course, with something else in the place of an exercise.

The audit and the students' table of answers are made so: `result_of` starts a program in the copy, which gives a
pytest plugin to `collect`. What a learner has typed in tutorial/ does not matter: the copy has pristine stubs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from course.authoring import stubs
from course.base import manifest, switch
from course.base.errors import UsageError
from course.base.switch import ROOT
from course.desk import progress, pytest_plugin

COPIED = ("course", "lab", "tutorial", "solutions", "conftest.py", "pyproject.toml")
NOT_COPIED = (".hypothesis", ".ipynb_checkpoints")  # compiled code is: it saves compiling it again


def copy_course(target: Path, root: Path = ROOT) -> Path:
    """Copies the course, without what a learner may have changed: the stubs are made anew. Gives `target` back."""
    for name in COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, target / name, ignore=shutil.ignore_patterns(*NOT_COPIED))
        else:
            shutil.copy2(root / name, target / name)
    stubs.write_all(target, root)
    return target


def result_of(copy: Path, module: str, *arguments: str) -> Any:
    """What the program `module` writes in the copy, as JSON, to the file that is its first argument. It runs without
    what changes tests, and on one core: no plugins, which would rewrite all of hypothesis; and hypothesis' table of
    characters, which takes a second, is kept. Programs that JAX compiles are shared by the processes. Raises UsageError
    with the end of its output if it breaks off."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "SOLUTION", "PROPERTY_"))}
    kept |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "HYPOTHESIS_STORAGE_DIRECTORY": str(ROOT / ".hypothesis")}
    kept |= {"JAX_COMPILATION_CACHE_DIR": str(copy / "jax"), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    kept |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(copy), "SOLUTION": "1"}
    out = copy / "result.json"
    with (copy / "log.txt").open("w+", encoding="utf-8") as log:
        command = [sys.executable, "-m", module, str(out), *arguments]
        done = subprocess.run(command, cwd=copy, env=kept, stdout=log, stderr=subprocess.STDOUT)
        if done.returncode != 0 or not out.exists():
            log.seek(0)
            raise UsageError(f"{module} broke off: " + " ".join(log.read().strip().splitlines()[-1:]))
    return json.loads(out.read_text(encoding="utf-8"))


class Collected:
    """A pytest plugin that notes what cannot be collected."""

    def __init__(self):
        self.broken: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken.append(f"{report.nodeid}: {str(report.longrepr).strip().splitlines()[-1]}")


def collect(wanted: set[str], plugin: Collected) -> None:
    """Collects the suites of the lessons that are `wanted` by their number or an exercise's id, and leaves the tests to
    the plugin. Ends the process if pytest breaks off."""
    lessons = [n for n in manifest.read_all(switch.finder.root) if wanted & {n.number, *(e.id for e in n.exercises)}]
    suites = [n.folder / "testcases" / suite for suite in progress.SUITES for n in lessons]
    options = ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:logging", "--noconftest"]
    code = pytest.main([*options, *(str(p) for p in suites if p.exists())], plugins=[plugin, pytest_plugin])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        sys.exit(code)
