"""Errors that are the user's to mend: one sentence, no traceback, a non-zero exit."""

from __future__ import annotations

import sys
from collections.abc import Callable


class UsageError(Exception):
    """Something that the user gave is wrong. The message says what, where, and what to do."""


def run_command(main: Callable[[], int | None]) -> None:
    """Runs a command-line `main` and exits; a UsageError or an unwritten exercise prints one sentence."""
    try:
        sys.exit(main() or 0)
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
    except NotImplementedError as error:
        if not str(error).startswith("not written yet"):
            raise
        print(f"error: {error} (SOLUTION=1 in front of the command uses the reference)", file=sys.stderr)
    sys.exit(2)
