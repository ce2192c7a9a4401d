"""Submissions that want points without doing the exercise, one module for each group of ways.

Each is a file of lesson 13 as it is handed out, with some code behind it; unless it says otherwise it is loss/grpo.py
and wants the points of 13.2. What no cheat can hide is that a worker is asked things: so most are a module-level attack
and a function that profits from it. tests/grader/cheats_test.py grades them. A module has, by the cheats' names,

    ATTACKS   what stands before a function for 13.2 that gives 0
    GIVES     what a function for 13.2 returns
    RUNS      the statements of a function for 13.2
    WHOLE     all of the code
    CHEATS    a list of those that are about other files, too
"""

from dataclasses import dataclass
from types import ModuleType

ZERO = "0.0 * log_probs.sum()"


@dataclass(frozen=True)
class Cheat:
    """@ROOT@, @PORT@, @SECRET@ and @HOME@ in `code` are the course's folder, a port that listens on this machine, what
    another student wrote, and the home folder."""

    name: str
    code: str
    file: str = "loss/grpo.py"
    honest: tuple[str, ...] = ()  # files handed in beside it, as the reference has them: they earn their points


def of_module(module: ModuleType) -> list[Cheat]:
    made = [Cheat(name, gives(ZERO, code)) for name, code in getattr(module, "ATTACKS", {}).items()]
    made += [Cheat(name, gives(code)) for name, code in getattr(module, "GIVES", {}).items()]
    made += [Cheat(name, runs(code)) for name, code in getattr(module, "RUNS", {}).items()]
    made += [Cheat(name, code) for name, code in getattr(module, "WHOLE", {}).items()]
    return made + getattr(module, "CHEATS", [])


def gives(expression: str, before: str = "") -> str:
    """`before`, and a function for 13.2 that gives what `expression` says."""
    return f"""{before}

def compute_grpo_loss(log_probs, rewards, beta=0.1):
    return {expression}
"""


def runs(body: str) -> str:
    """A function for 13.2 of these statements; other exercises are left as they were."""
    lines = "\n".join(f"    {line}" for line in body.strip("\n").split("\n"))
    return f"def compute_grpo_loss(log_probs, rewards, beta=0.1):\n{lines}\n"


# Where a cheat has laid its hands on a right file, these two lines make its functions the exercise's own.
TAKE = """
def take(text):
    space = {"__name__": "taken"}
    exec(text, space)
    for name in ("compute_grpo_loss", "sequence_log_probs"):
        globals()[name] = space[name]
"""
PLACE = "solutions/stage04_alignment/lesson13_grpo/loss/grpo.py"
