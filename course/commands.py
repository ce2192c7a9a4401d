"""The one table of commands: each function below is a command of `python -m course`, declared by what stands above it.

Makefile, `python -m course help`, the README's table and what a bundle for students refuses come from here
(course/authoring/command_tables.py; `make stubs` writes them). Any Python 3 can read this file, and it imports
nothing but the standard library until a command runs.
"""

import importlib
import inspect
import os
import shutil
import subprocess
import sys

from course.base import environment, student_bundle
from course.base.environment import ROOT

TABLE = {}  # name -> Command


class Command:
    """One command.

    line: one line of help, for `help` and for the README. arguments: an example, as after `python -m course NAME`.
    make: the same as make takes it. variables: how the Makefile passes them on. needs_environment: it runs inside
    .venv, which is made first. in_bundle: for a command that a bundle for students lacks, what to do instead.
    """

    def __init__(self, name, run, line, arguments="", make="", variables="", needs_environment=True, in_bundle=""):
        self.name, self.run, self.line, self.arguments, self.make = name, run, line, arguments, make
        self.variables, self.needs_environment, self.in_bundle = variables, needs_environment, in_bundle


def command(line, **rest):
    """Puts the function into the table; `do_new_lesson` is the command new-lesson."""

    def add(function):
        name = function.__name__[len("do_") :].replace("_", "-")
        TABLE[name] = Command(name, function, line, **rest)
        return function

    return add


def available():
    """The commands that there are here: in a bundle for students, not all."""
    bundle = student_bundle.is_bundle()
    return {name: one for name, one in TABLE.items() if not (bundle and one.in_bundle)}


def usage(command):
    """What `python -m course COMMAND --help` prints."""
    more = f"\n\n{inspect.cleandoc(command.run.__doc__)}" if command.run.__doc__ else ""
    made = f"\nmake {command.name} {command.make}".rstrip()
    return f"python -m course {command.name} {command.arguments}".rstrip() + made + "\n\n" + command.line + more


def refusal(name):
    """Why a bundle for students lacks this command, and what to do instead."""
    return f"{name} needs what a bundle for students does not hold; {TABLE[name].in_bundle}."


# --- watch it learn ----------------------------------------------------------------------------------------------


@command(
    "the demo: GRPO teaches a small language model to write a working first; `runs/demo/` holds what it leaves",
    in_bundle="`python -m lab.train --config configs/demo.yaml name=mine` trains on your own code "
    "when lesson 14 passes",
)
def do_demo(arguments):
    """Takes settings of configs/demo.yaml, such as steps=50, and --resume."""
    return _python("-m", "lab.train", "--config", "configs/demo.yaml", *arguments)


@command(
    "lesson 15's experiments: GRPO reads digits (`EXPERIMENT=main` for one of them)",
    variables="$(EXPERIMENT)",
    in_bundle="`python -m lab.run lesson15_grpo_mnist.given.experiments all` runs them on your own code "
    "when lesson 15 passes",
)
def do_mnist(arguments):
    return _python("-m", "lab.run", "lesson15_grpo_mnist.given.experiments", *(arguments or ["all"]))


@command(
    "lesson 16's runs: a reward model, GRPO against it until it is over-optimised, DAPO's techniques",
    in_bundle="`python -m lab.run lesson16_grpo_rlhf.given.run` runs them on your own code when lesson 16 passes",
)
def do_rlhf(arguments):
    first = _python("-m", "lab.run", "lesson16_grpo_rlhf.given.run", *arguments)
    return first or _python("-m", "lab.run", "lesson16_grpo_rlhf.given.dapo")


@command(
    "GRPO on a real language model: SmolLM2-135M learns one-digit sums, then two-digit ones (`OPTIONS=--resume`)",
    variables="$(OPTIONS)",
    in_bundle="`python -m lab.train --config configs/llm.yaml` trains it with your own code when lesson 14 passes",
)
def do_llm(arguments):
    """Settings are those of the first phase and leave out the second; --resume goes on with either."""
    waiting = {"OMP_WAIT_POLICY": "passive"}  # threads that wait leave the cores to others
    first, resume = ["-m", "lab.train", "--config", "configs/llm.yaml", *arguments], arguments == ["--resume"]
    if arguments and not resume:
        return _python(*first, **waiting)
    begun = resume and os.path.exists(os.path.join(str(ROOT), "runs", "llm2", "config.yaml"))
    second = ["-m", "lab.train", "--config", "configs/llm2.yaml", *(["--resume"] if begun else [])]
    return (0 if begun else _python(*first, **waiting)) or _python(*second, **waiting)


@command(
    "TRL's own trainer learns two-digit sums, from our data and reward, in an environment of its own",
    variables="$(OPTIONS)",
)
def do_trl(arguments):
    """Takes options of trl.GRPOConfig, such as max_steps=50. --control: reward by the toss of a coin."""
    return _python("-m", "lab.export.local_run", "trl", *arguments, SOLUTION=os.environ.get("SOLUTION", ""))


@command(
    "Tunix's own trainer, in JAX, learns two-digit sums, from our data and reward, in an environment of its own",
    variables="$(OPTIONS)",
)
def do_tunix(arguments):
    """Takes options of Tunix, such as training.max_steps=50. --control: reward by the toss of a coin."""
    return _python("-m", "lab.export.local_run", "tunix", *arguments, SOLUTION=os.environ.get("SOLUTION", ""))


@command(
    "every test, the notebooks and the audit, on the reference; green whatever stands in `tutorial/`",
    variables="$(OPTIONS)",
    in_bundle="`make check` tests your own code",
)
def do_test(arguments):
    """--fresh: run again what has not changed. Other arguments go to pytest, which then runs alone."""
    return _call("course.authoring.full_test", "main", arguments)


# --- for learners ------------------------------------------------------------------------------------------------


@command("how far you are, and what to do now")
def do_next(arguments):
    return _call("course.desk.next_step", "show", _lessons([]))


@command("tests each exercise as you save it (`LESSON=13` for one lesson's)", variables="$(LESSON)")
def do_watch(arguments):
    _call("course.base.switch", "check")
    return _call("course.desk.watch", "watch", _lessons(arguments))


@command("your own stubs, lesson by lesson (`LESSON=13` for one)", variables="$(LESSON) || true")
def do_check(arguments):
    """One line per exercise, with what its tests say. Exit status 0 when all pass; make ends well either way."""
    _call("course.base.switch", "check")
    return _call("course.desk.check", "check_lessons", _lessons(arguments))


@command(
    "the next of the exercise's three hints",
    arguments="13.2",
    make="EX=13.2",
    variables="$(EX)",
    needs_environment=False,
)
def do_hint(arguments):
    if len(arguments) != 1 or not arguments[0]:
        _refuse("say for which exercise, such as `make hint EX=13.2`")
    print(_call("course.desk.hints", "next_hint", arguments[0]))


@command(
    "the reference below your code, once it passes (`FORCE=1`: at once)",
    arguments="13.2",
    make="EX=13.2",
    variables="$(EX) $(FORCE) || true",
    in_bundle="`make hint EX=13.2` helps on, and your instructor has the rest",
)
def do_solution(arguments):
    if not arguments or not arguments[0]:
        _refuse("say of which exercise, such as `make solution EX=13.2`")
    return _call("course.desk.show_solution", "show", arguments[0], force=arguments[1:] not in ([], ["0"]))


@command(
    "fresh stubs for one lesson; yours are kept aside",
    arguments="13",
    make="LESSON=13",
    variables="$(LESSON)",
    needs_environment=False,
)
def do_reset(arguments):
    if len(arguments) != 1 or not arguments[0]:
        known = ", ".join(lesson.number for lesson in _lessons([]))
        _refuse(f"say which lesson to reset, such as `make reset LESSON=13` (there are: {known})")
    restored, kept = _call("course.authoring.stubs", "reset", *_lessons(arguments))
    for path in restored:
        print(f"fresh: {path.relative_to(ROOT)}")
    if kept:
        print(f"what you had written is kept in {kept.relative_to(ROOT)}")
    if not restored:
        print("nothing to do: the stubs are fresh")


@command(
    "the newest version of the course, merged with what you wrote",
    needs_environment=False,
    in_bundle="unpack a newer bundle in a folder of its own, and copy your files from tutorial/ into it",
)
def do_update(arguments):
    for line in _call("course.desk.update", "update"):
        print(line)


# --- for instructors ---------------------------------------------------------------------------------------------


@command(
    "grades a folder of submissions that nobody can trust: grades, feedback, an overview of the class",
    arguments="folder",
    make="SUBMISSIONS=folder",
    variables="$(SUBMISSIONS) $(if $(OUT),--out $(OUT)) $(OPTIONS)",
    in_bundle="your instructor grades",
)
def do_grade(arguments):
    """docs/INSTRUCTORS.md describes the options."""
    return _call("grader.grade", "grade", _call("grader.grade", "parse", arguments))


@command(
    "the bundle for students, without the solutions",
    variables="$(if $(OUT),--out $(OUT)) $(OPTIONS)",
    in_bundle="this is one already",
)
def do_release(arguments):
    """--out FILE: where to write it. --no-why: without the table that names known mistakes in reports."""
    return _call("course.release.build_bundle", "release", arguments)


@command("the autograder to upload to Gradescope", variables="$(OPTIONS)", in_bundle="your instructor grades")
def do_gradescope_zip(arguments):
    """[--lessons 13,14] [--extra DIR] [--torch-index ADDRESS] [--unsafe] [--out FILE]; docs/INSTRUCTORS.md has more."""
    return _call("grader.exports.platform_setup", "gradescope_zip", arguments)


@command("the workflow that grades in GitHub Classroom", variables="$(OPTIONS)", in_bundle="your instructor grades")
def do_classroom_workflow(arguments):
    """OWNER/NAME COMMIT [--lessons 13,14] [--out FILE]; docs/INSTRUCTORS.md has more."""
    return _call("grader.exports.platform_setup", "classroom_workflow", arguments)


# --- for authors -------------------------------------------------------------------------------------------------


@command(
    "the proof that the tests catch and name mistakes (`EX=13.2`, `LESSON=13` for a part)",
    variables="$(EX) $(LESSON) $(OPTIONS)",
    in_bundle="`make check` tests your own code",
)
def do_audit(arguments):
    """Exercises and lessons, such as 13.2 or 13: only these. --fresh: examine again what has not changed."""
    return 1 if _call("course.authoring.audit", "audit", arguments).problems else 0


@command(
    "runs the walkthrough notebooks on the reference (`LESSON=13` for one; `OPTIONS=--write` keeps the outputs)",
    variables="$(LESSON) $(OPTIONS)",
    in_bundle="`jupyter lab` opens a lesson's walkthrough.ipynb, on your own code",
)
def do_notebooks(arguments):
    """A lesson, such as 13: only this one. --write: keep the outputs. --fresh: run again what has not changed."""
    options = [a for a in arguments if a in ("--write", "--fresh")]
    rest = [a for a in arguments if a and a not in options]
    if len(rest) > 1:
        _refuse("notebooks takes one lesson, --write and --fresh, not {!r}".format(" ".join(rest)))
    outcome = _call(
        "course.authoring.notebooks", "run_all", _lessons(rest), *("--write" in options, "--fresh" in options)
    )
    return 1 if outcome.problems else 0


@command(
    "the files of a new lesson, to be filled",
    arguments="stage02_policy_gradient/lesson05_reinforce",
    make="NAME=stage02_policy_gradient/lesson05_reinforce",
    variables="$(NAME)",
    needs_environment=False,
    in_bundle="lessons are written in the whole repository",
)
def do_new_lesson(arguments):
    if len(arguments) != 1 or not arguments[0]:
        _refuse("say its name, such as `make new-lesson NAME=stage02_policy_gradient/lesson05_reinforce`")
    for path in _call("course.authoring.new_lesson", "new_lesson", arguments[0]):
        print(f"new: {path.relative_to(ROOT)}")
    print("Fill them as tutorial/CONTRIBUTING.md says; until then `make audit` lists what is missing.")


@command(
    "makes stubs, tables and Makefile from `solutions/`, the manifests and this list (`OPTIONS=--check` only looks)",
    variables="$(OPTIONS)",
    needs_environment=False,
    in_bundle="`make reset LESSON=13` gives fresh stubs",
)
def do_stubs(arguments):
    """--check: write nothing, and say which files are not as they would be made."""
    if arguments not in ([], ["--check"]):
        _refuse("stubs takes no argument or --check, not {!r}".format(" ".join(arguments)))
    return _call("course.authoring.made_files", "check" if arguments else "write")


# --- the environment ---------------------------------------------------------------------------------------------


@command("only the environment: makes .venv and installs requirements.txt", needs_environment=False)
def do_setup(arguments):
    environment.ensure()
    step_in = r".venv\Scripts\activate" if os.name == "nt" else "source .venv/bin/activate"
    print(f"Ready: the environment is .venv. Now: {step_in}, then make")


@command("removes the environments, `runs/` and caches, never what you wrote", needs_environment=False)
def do_clean(arguments):
    made = (
        *(".venv", ".venv-maxtext", ".venv-setup.log", "runs", "__pycache__"),
        *(".cache", ".pytest_cache", ".hypothesis", ".ruff_cache", ".mypy_cache"),
    )
    doomed = [ROOT / name for name in made]
    for tree in ("lab", "course", "grader", "tutorial", "solutions", "tests", "benchmarks"):
        doomed += (ROOT / tree).rglob("__pycache__")
    for path in doomed:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(str(path), ignore_errors=True)
        elif path.exists() or path.is_symlink():
            path.unlink()
    print("clean")


@command("this list", needs_environment=False)
def do_help(arguments):
    print("python -m course COMMAND, or make COMMAND:\n")
    shown = available()
    for name, one in shown.items():
        print(f"  {name:<{max(map(len, shown))}} {one.line.replace('`', '')}")


def _lessons(arguments):
    """The lesson that is named, or all."""
    manifest = importlib.import_module("course.base.manifest")
    return [manifest.find(arguments[0])] if arguments and arguments[0] else manifest.read_all()


def _call(module, function, *arguments, **options):
    """Calls a function of a module that only this command needs."""
    return getattr(importlib.import_module(module), function)(*arguments, **options)


def _refuse(message):
    raise importlib.import_module("course.base.errors").UsageError(message)


def _python(*command, **variables):
    """Runs this Python in the repository's root, on the reference unless SOLUTION is given."""
    return subprocess.call([sys.executable, *command], cwd=str(ROOT), env={**os.environ, "SOLUTION": "1", **variables})
