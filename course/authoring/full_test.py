"""`make test`: every check of the course, one part after another, with a line for each part at the end.

    ruff, stubs, types   the style of all files; stubs, tables and Makefile as they would be made; mypy
    lessons              the lessons' own tests, by pytest, on all cores
    machinery            the tests of lab/, course/ and grader/, with what a dishonest submission might try
    notebooks, audit     every walkthrough runs; every known mistake is caught

Everything runs on the reference: what stands in tutorial/ does not matter. Results of the last three parts are kept
while nothing that they depend on changes; `--fresh` runs them again. Other arguments go to pytest, which then runs
alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from course.authoring import audit, made_files, notebooks, result_cache
from course.authoring.result_cache import Outcome
from course.base import manifest
from course.base.switch import ROOT

FRESH = "--fresh"
MACHINERY_TESTS = "tests"
MACHINERY_DEPENDS_ON = (  # everything that git keeps: these tests look at pages and settings, too
    *result_cache.MACHINERY,
    *("grader", "solutions", "tutorial", "tests", "benchmarks", "configs", "docs"),
    *("README.md", "AGENTS.md", "Makefile", ".vscode", ".github", ".ci", ".gitignore"),
)
# No conftest.py except the course's own: a learner may keep others in tutorial/.
PLUGINS = ["-p", "course.desk.pytest_plugin", "-p", "tests.conftest"]
PYTEST = [sys.executable, "-m", "pytest", "-q", "--noconftest", *PLUGINS]
PARALLEL = ["-n", "auto", "--dist", "worksteal"]  # a module's tests stay together until one core is idle


def main(arguments: list[str]) -> int:
    """The exit status of `make test`."""
    arguments = [a for a in arguments if a]
    fresh = FRESH in arguments
    os.environ["SOLUTION"] = "1"
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of processes would compile the same files
    if rest := [a for a in arguments if a != FRESH]:
        return subprocess.call([*PYTEST, *rest], cwd=ROOT)
    lines, failed = [], False
    for name, part in _parts(fresh).items():
        print(f"\n=== {name} ===", flush=True)
        started = time.perf_counter()
        outcome = part()
        failed = failed or bool(outcome.problems)
        lines.append(line_of(name, time.perf_counter() - started, outcome))
    print("\n" + "\n".join(lines))
    print("FAILED" if failed else "all is well")
    return 1 if failed else 0


def _parts(fresh: bool) -> dict[str, Callable[[], Outcome]]:
    return {
        "ruff": _ruff,
        "stubs": lambda: Outcome(["they differ"] if made_files.check() else [], "stubs, tables, Makefile"),
        "types": lambda: _program("mypy"),
        "lessons": lambda: run_pytest(_suites()),
        "machinery": lambda: _machinery(fresh),
        "notebooks": lambda: notebooks.run_all(manifest.read_all(), fresh=fresh),
        "audit": lambda: audit.audit([FRESH] if fresh else [], reference=False),  # pytest has just run the reference
    }


def line_of(name: str, seconds: float, outcome: Outcome) -> str:
    """A part's line in the summary."""
    verdict = "FAILED" if outcome.problems else "passed"
    details = "; ".join(text for text in (outcome.counts, outcome.unchanged) if text)
    return f"{name:<16} {verdict} {seconds:>5.0f} s  {details}".rstrip()


def _suites() -> list[str]:
    """The lessons' own tests by name, whatever else a learner keeps beside them, and the tests of their given/."""
    tutorial = [p for name in ("basic", "advanced") for p in ROOT.glob(f"tutorial/*/*/testcases/{name}_test.py")]
    return sorted(str(p.relative_to(ROOT)) for p in [*tutorial, *ROOT.glob("solutions/*/*/audit/*_test.py")])


def _program(*command: str) -> Outcome:
    """Runs a module of this Python that finds problems by itself."""
    code = subprocess.call([sys.executable, "-m", *command], cwd=ROOT)
    return Outcome([f"{command[0]} ended with status {code}"] if code else [])


def _ruff() -> Outcome:
    checked, formatted = _program("ruff", "check", "."), _program("ruff", "format", "--check", ".")
    return Outcome(checked.problems + formatted.problems)


def run_pytest(arguments: list[str]) -> Outcome:
    """Runs pytest on all cores and counts what its report says."""
    one_thread = {"OMP_NUM_THREADS": "1"} | os.environ  # the processes share the cores
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = subprocess.call([*PYTEST, *PARALLEL, f"--junitxml={report}", *arguments], cwd=ROOT, env=one_thread)
        return Outcome([f"pytest ended with status {code}"] if code else [], counts_of(report))


def counts_of(report: Path) -> str:
    """What a JUnit report says: how many passed and failed, and how many were skipped for which reason."""
    if not report.exists():
        return "no report"
    suites = list(ElementTree.parse(report).getroot())
    total = {name: sum(int(s.get(name, 0)) for s in suites) for name in ("tests", "failures", "errors", "skipped")}
    wrong = total["failures"] + total["errors"]
    counts = [f"{total['tests'] - wrong - total['skipped']} passed"] + ([f"{wrong} failed"] if wrong else [])
    reasons = Counter(skip.get("message", "") for suite in suites for skip in suite.iter("skipped"))
    return "; ".join([*counts, *(f"{number} skipped: {reason}" for reason, number in reasons.most_common())])


def _machinery(fresh: bool) -> Outcome:
    digest = result_cache.digest(ROOT, MACHINERY_DEPENDS_ON)
    kept = None if fresh else result_cache.read("machinery", digest, ROOT)
    if kept:
        return Outcome(counts=kept.result, unchanged=result_cache.unchanged_since([kept]))
    outcome = run_pytest([MACHINERY_TESTS])
    if not outcome.problems and "bubblewrap" not in outcome.counts:  # without it, nearly nothing of grading was tested
        result_cache.write("machinery", digest, outcome.counts, ROOT)
    return outcome
