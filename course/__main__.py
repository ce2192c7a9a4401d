"""`python -m course VERB`: what stands behind every make target. Any Python 3 can read this file, so that a
wrong version is told in one sentence; the verbs themselves run in `.venv`."""

import os
import subprocess
import sys

from course.base import environment, student_bundle

VERBS = {
    "setup": "make .venv and install requirements.txt, if that has not been done",
    "demo": "GRPO learns, before your eyes: a small language model learns two-digit addition",
    "mnist": "GRPO reads digits: lesson 15's experiments, or one of them [EXPERIMENT]",
    "rlhf": "GRPO against a reward model, with and without a price for the KL, and DAPO's changes: lesson 16's runs",
    "llm": "GRPO on a real language model: SmolLM2-135M learns sums, in minutes on two cores [key=value, --resume]",
    "trl": "TRL's own trainer learns two-digit sums, from our data and reward, in an environment of its own",
    "test": "every test, the notebooks and the audit, on the reference solutions; green whatever stands in tutorial/",
    "next": "how far you are, and what to do now (plain `make` does the same)",
    "watch": "tests each exercise as you save it",
    "check": "your own stubs, lesson by lesson [LESSON]",
    "hint": "the next of three hints for an exercise: hint EX",
    "solution": "the reference beside your own code, once its tests pass: solution EX [FORCE]",
    "reset": "fresh stubs for one lesson, your file kept aside: reset LESSON",
    "update": "the newest version of the course, merged with what you have written",
    "grade": "grades a folder of submissions that nobody can trust: grade FOLDER [--out DIR, and more]",
    "gradescope-zip": "the autograder to upload to Gradescope [--lessons 13,14 and more]",
    "classroom-workflow": "a workflow that grades in GitHub Classroom: classroom-workflow OWNER/NAME COMMIT",
    "release": "the bundle for students, without the solutions, as a zip [--out FILE]",
    "audit": "the course proves itself: mistakes caught and named, other right answers accepted [EX or LESSON]",
    "notebooks": "run every lesson's walkthrough on the reference [LESSON]; --write keeps the outputs",
    "new-lesson": "the files of a new lesson, to be filled: new-lesson STAGE/LESSON",
    "stubs": "write the stubs anew from solutions/ (for maintainers); --check only looks",
    "clean": "remove .venv, runs/ and caches (never tutorial/ or kept/)",
    "help": "this list",
}
INSIDE = "--inside"  # first argument of the second start, by the environment's own Python: no third is needed
NEEDS_NO_VENV = ("hint", "update", "new-lesson", "stubs", "reset", "release", "clean", "help", "setup")


def main(arguments, inside=False):
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if verb in ("-h", "--help"):
        verb = "help"
    if verb not in VERBS:
        raise environment.SetupError(f"There is no verb {verb!r}; `python -m course help` lists them.")
    missing = student_bundle.WITHOUT if student_bundle.is_bundle() else {}
    if verb in missing:
        raise environment.SetupError(student_bundle.refusal(verb))
    if verb == "help":
        print("python -m course VERB, or make VERB:\n")
        here = {name: text for name, text in VERBS.items() if name not in missing}
        for name, text in here.items():
            print(f"  {name:<{max(map(len, here))}} {text}")
        return 0
    if verb == "setup":
        environment.ensure()
        step_in = r".venv\Scripts\activate" if os.name == "nt" else "source .venv/bin/activate"
        print(f"Ready: the environment is .venv. Now: {step_in}, then make")
        return 0
    if verb in NEEDS_NO_VENV:
        environment.check_version(sys.version_info[:2])
        from course import commands

        return getattr(commands, "do_" + verb.replace("-", "_"))(rest)
    environment.ensure()
    if not inside and os.path.normcase(sys.prefix) != os.path.normcase(str(environment.VENV)):
        command = [str(environment.python()), "-m", "course", INSIDE, verb, *rest]
        return subprocess.call(command, cwd=str(environment.ROOT))
    from course import commands

    return getattr(commands, "do_" + verb.replace("-", "_"))(rest)


def run():
    try:
        inside = sys.argv[1:2] == [INSIDE]
        code = main(sys.argv[2:], inside=True) if inside else main(sys.argv[1:])
    except environment.SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        if type(error).__name__ != "UsageError":  # by name: its module may be newer than this Python
            raise
        print(f"error: {error}", file=sys.stderr)
        code = 2
    sys.exit(code)


if __name__ == "__main__":
    run()
