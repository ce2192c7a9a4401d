"""The verbs of `python -m course` (see course/__main__.py for the list)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from course.authoring import stubs
from course.base import manifest, switch
from course.base.atomic_files import write_text
from course.base.errors import UsageError
from course.base.switch import ROOT
from course.desk import hints


def do_demo(arguments: list[str]) -> int:
    """The demo run, on the reference solutions. Further arguments go to the training command."""
    command = ["-m", "lab.train", "--config", "configs/demo.yaml", *arguments]
    return _python(command, SOLUTION="1")


def do_mnist(arguments: list[str]) -> int:
    """Lesson 15's experiments (all of them, unless one is named), on the reference solutions."""
    return _python(["-m", "lab.run", "lesson15_grpo_mnist.given.experiments", *(arguments or ["all"])], SOLUTION="1")


def do_rlhf(arguments: list[str]) -> int:
    """Lesson 16's runs, on the reference solutions. Arguments are settings of the first."""
    return _python(["-m", "lab.run", "lesson16_grpo_rlhf.given.rlhf_command", *arguments], SOLUTION="1") or _python(
        ["-m", "lab.run", "lesson16_grpo_rlhf.given.dapo"], SOLUTION="1"
    )


def do_llm(arguments: list[str]) -> int:
    """SmolLM2 (or another model_path=...) learns one-digit sums, then two-digit ones, on the reference solutions.
    Settings are those of the first phase, and leave out the second; --resume goes on with either."""
    quiet = {"SOLUTION": "1", "OMP_WAIT_POLICY": "passive"}  # threads that wait leave the cores to others
    first, resume = ["-m", "lab.train", "--config", "configs/llm.yaml", *arguments], arguments == ["--resume"]
    if arguments and not resume:
        return _python(first, **quiet)
    begun = resume and (ROOT / "runs" / "llm2" / "config.yaml").exists()
    second = ["-m", "lab.train", "--config", "configs/llm2.yaml", *(["--resume"] if begun else [])]
    return (0 if begun else _python(first, **quiet)) or _python(second, **quiet)


def do_trl(arguments: list[str]) -> int:
    """TRL's trainer on our data and reward. Arguments are options of trl.GRPOConfig, such as max_steps=100."""
    return _python(["-m", "lab.export.trl_run", *arguments])


def do_test(arguments: list[str]) -> int:
    """Everything, on the reference: the lessons' own suites by name, whatever else a learner keeps beside them, the
    course's own tests, the notebooks, and the audit. Arguments go to pytest instead."""
    suites = sorted(
        str(p) for n in ("basic", "advanced") for p in ROOT.glob(f"tutorial/stage*/lesson*/testcases/{n}_test.py")
    )
    suites += sorted(str(p) for p in ROOT.glob("solutions/stage*/lesson*/audit/*_test.py"))
    plugins = ["--noconftest", "-p", "course.desk.pytest_plugin", "-p", "tests.conftest"]  # no conftest.py but our own
    code = _python(["-m", "pytest", "-q", *plugins, *(arguments or [*suites, "tests"])], SOLUTION="1")
    if arguments:
        return code
    print("\nNow the notebooks: each runs from top to bottom.", flush=True)
    code = do_notebooks([]) or code
    print("\nNow the audit: known mistakes must be caught and named, right answers written otherwise must pass.")
    return do_audit([]) or code


def do_audit(arguments: list[str]) -> int:
    """The course's proof of itself, of all exercises or of those (or the lessons) named."""
    from course.authoring.audit import audit

    return audit(arguments)


def do_grade(arguments: list[str]) -> int:
    from grader import grade

    return grade.grade(grade.parse(arguments))


def do_gradescope_zip(arguments: list[str]) -> int:
    from grader.exports import platform_setup

    return platform_setup.gradescope_zip(arguments)


def do_classroom_workflow(arguments: list[str]) -> int:
    from grader.exports import platform_setup

    return platform_setup.classroom_workflow(arguments)


def do_release(arguments: list[str]) -> int:
    from course.release import build_bundle

    return build_bundle.release(arguments)


def do_notebooks(arguments: list[str]) -> int:
    """The lessons' walkthroughs, on the reference; `--write` puts the outputs into the files."""
    rest = [a for a in arguments if a and a != "--write"]
    if len(rest) > 1:
        raise UsageError(f"notebooks takes one lesson and --write, not {' '.join(rest)!r}")
    lessons = [manifest.find(rest[0])] if rest else manifest.read_all()
    from course.authoring import notebooks  # nbclient: only where it is installed

    return notebooks.run_all(lessons, write="--write" in arguments)


def do_check(arguments: list[str]) -> int:
    """The learner's stubs: one line per exercise, with what its tests say. Exit status 0 when all pass."""
    switch.check()
    lessons = [manifest.find(arguments[0])] if arguments else manifest.read_all()
    from course.desk.check import check_lessons  # pytest: only where it is installed

    return check_lessons(lessons)


def do_next(arguments: list[str]) -> int:
    from course.desk import next_step  # rich: only where it is installed

    next_step.show(manifest.read_all())
    return 0


def do_watch(arguments: list[str]) -> int:
    switch.check()
    from course.desk import watch

    watch.watch([manifest.find(arguments[0])] if arguments else manifest.read_all())
    return 0


def do_solution(arguments: list[str]) -> int:
    if not arguments or not arguments[0]:
        raise UsageError("say of which exercise, such as `make solution EX=13.2`")
    from course.desk import show_solution

    return show_solution.show(arguments[0], force=arguments[1:] not in ([], ["0"]))


def do_hint(arguments: list[str]) -> int:
    if len(arguments) != 1 or not arguments[0]:
        raise UsageError("say for which exercise, such as `make hint EX=13.2`")
    print(hints.next_hint(arguments[0]))
    return 0


def do_update(arguments: list[str]) -> int:
    from course.desk import update

    for line in update.update():
        print(line)
    return 0


def do_new_lesson(arguments: list[str]) -> int:
    from course.authoring import new_lesson

    if len(arguments) != 1 or not arguments[0]:
        raise UsageError("say its name, such as `make new-lesson NAME=stage02_gradients/lesson05_reinforce`")
    for path in new_lesson.new_lesson(arguments[0]):
        print(f"new: {path.relative_to(ROOT)}")
    print("Fill them as tutorial/CONTRIBUTING.md says; until then `make audit` tells what is missing.")
    return 0


def do_reset(arguments: list[str]) -> int:
    if len(arguments) != 1 or not arguments[0]:
        known = ", ".join(lesson.number for lesson in manifest.read_all())
        raise UsageError(f"say which lesson to reset, such as `make reset LESSON=13` (there are: {known})")
    restored, kept = stubs.reset(manifest.find(arguments[0]))
    for path in restored:
        print(f"fresh: {path.relative_to(ROOT)}")
    if kept:
        print(f"what you had written is kept in {kept.relative_to(ROOT)}")
    if not restored:
        print("nothing to do: the stubs are fresh")
    return 0


def do_stubs(arguments: list[str]) -> int:
    """For maintainers: whatever is made from solutions/ and the manifests. `--check` only says what differs."""
    from course.authoring import readme_tables

    if arguments not in ([], ["--check"]):
        raise UsageError(f"stubs takes no argument or --check, not {' '.join(arguments)!r}")
    lessons = manifest.read_all()
    tables = [(path, new) for path, old, new in map(readme_tables.refreshed, lessons) if old != new]
    changed = stubs.changed() + [path for path, _ in tables]
    for path in changed:
        print(f"not as it would be made: {path.relative_to(ROOT)}")
    if arguments:
        return 1 if changed else 0
    for path, text in tables:
        write_text(path, text)
    for lesson in lessons:
        restored, kept = stubs.reset(lesson)
        print(f"{lesson.name}: {len(restored)} written" + (f", old ones in {kept.relative_to(ROOT)}" if kept else ""))
    return 0


def do_clean(arguments: list[str]) -> int:
    """Removes what set-up, runs and tests made. What a learner wrote or put aside stays."""
    doomed = [
        ROOT / name for name in (".venv", "runs", ".pytest_cache", ".hypothesis", ".ruff_cache", ".venv-setup.log")
    ]
    for tree in ("lab", "course", "grader", "tutorial", "solutions", "tests", "benchmarks"):
        doomed += (ROOT / tree).rglob("__pycache__")
    doomed.append(ROOT / "__pycache__")
    for path in doomed:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.exists() or path.is_symlink():
            path.unlink()
    print("clean")
    return 0


def _python(command: list[str], **environment: str) -> int:
    """Runs this Python in the repository's root, with a changed environment."""
    return subprocess.call([sys.executable, *command], cwd=ROOT, env={**os.environ, **environment})
