"""Errors that are the user's to mend: one sentence, no traceback, a non-zero exit."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from course.base.environment import nobody_reads, print_anything


class UsageError(Exception):
    """Something that the user gave is wrong. The message says what, where, and what to do."""


class UsageParser(argparse.ArgumentParser):
    """A parser whose errors are UsageErrors: the parser's sentence, and the command's usage."""

    def __init__(self, usage: str):
        super().__init__(prog=usage, add_help=False, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; it is `python -m course {self.prog}`")


def run_command(main: Callable[[], int | None]) -> None:
    """Runs a command-line `main` and exits; a UsageError or an unwritten exercise prints one sentence."""
    print_anything()
    try:
        code = main() or 0
        nobody_reads()
        sys.exit(code)
    except BrokenPipeError:
        if not nobody_reads("\n"):
            raise
        sys.exit(1)
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
    except NotImplementedError as error:
        if not str(error).startswith("not written yet"):
            raise
        from course.base import not_written  # which needs this module

        held = (Path(__file__).parents[2] / "solutions").is_dir()  # a bundle for students has none
        number = not_written.exercise_in(str(error))
        chosen = os.environ.get("SOLUTION", "").strip()
        solution = number if chosen in ("", "0") else f"{chosen},{number}"
        way_past = f" (SOLUTION={solution} in front of the command takes it from the reference)" if held else ""
        print(f"error: {error}{way_past}", file=sys.stderr)
    sys.exit(2)
