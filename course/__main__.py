"""`python -m course COMMAND`: what stands behind every make target. Any Python 3 can read this file, so that a wrong
version gets one sentence; most commands then run in `.venv`. course/commands.py has the table of commands."""

import os
import subprocess
import sys

from course import commands
from course.base import environment

INSIDE = "--inside"  # first argument of the second start, by the environment's own Python: no third is needed


def main(arguments, inside=False):
    name, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if name in ("-h", "--help"):
        name = "help"
    if name not in commands.TABLE:
        raise environment.SetupError(f"There is no command {name!r}; `python -m course help` lists them.")
    if name not in commands.available():
        raise environment.SetupError(commands.refusal(name))
    command = commands.TABLE[name]
    if "-h" in rest or "--help" in rest:
        print(commands.usage(command))
        return 0
    if command.needs_environment:
        environment.ensure()
        if not inside and os.path.normcase(sys.prefix) != os.path.normcase(str(environment.VENV)):
            again = [str(environment.python()), "-m", "course", INSIDE, name, *rest]
            return subprocess.call(again, cwd=str(environment.ROOT))
    elif name not in ("help", "setup"):  # these need no package, but the Python that the course is written in
        environment.check_version(sys.version_info[:2])
    return command.run(rest)


def run():
    environment.print_anything()
    try:
        inside = sys.argv[1:2] == [INSIDE]
        code = main(sys.argv[2:], inside=True) if inside else main(sys.argv[1:])
    except environment.SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        if not environment.nobody_reads("\n"):
            raise
        code = 1
    except Exception as error:
        if type(error).__name__ != "UsageError":  # by name: its module may be newer than this Python
            raise
        print(f"error: {error}", file=sys.stderr)
        code = 2
    environment.nobody_reads()
    sys.exit(code or 0)


if __name__ == "__main__":
    run()
