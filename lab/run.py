"""Runs a module of a lesson as a program: python -m lab.run lesson16_grpo_rlhf.given.dapo [ARGUMENT ...]

Lessons are found by their own name only once the switch is installed, which plain `python -m lesson16_...` does not do.
The module's `main()` is called; it finds its arguments in sys.argv, as ever.
"""

import importlib
import sys

from course.base.errors import UsageError, run_command
from course.base.switch import LESSON


def main() -> int | None:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        module = importlib.import_module(name) if LESSON.match(name) else None
    except ModuleNotFoundError as error:
        if not name.startswith(error.name or " "):
            raise
        module = None
    if module is None or not hasattr(module, "main"):
        raise UsageError(
            f"{name!r} is no program of a lesson; name one, such as: python -m lab.run lesson16_grpo_rlhf.given.dapo"
        )
    del sys.argv[0]
    return module.main()


if __name__ == "__main__":
    run_command(main)
