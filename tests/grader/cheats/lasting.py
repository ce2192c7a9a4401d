"""Lasting: calls without end."""

from tests.grader.cheats import Cheat, runs

CHEATS = [
    Cheat("a loop without end", runs("while True:\n    pass"), honest=("data/grpo_dataset.py",)),
    Cheat(
        "a loop that catches everything",
        runs("while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"),
    ),
    Cheat(
        "ignores every signal",
        runs(
            """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.alarm(0)
while True:
    pass
"""
        ),
    ),
    Cheat("a loop in C", runs("return sum(range(10**12))")),
    Cheat("a regular expression without end", runs("import re\nre.match('(a+)+$', 'a' * 60 + 'b')")),
    Cheat("a number too large to compute", runs("return 10 ** 10 ** 9")),
    Cheat("sleeps while it is imported", "import time\ntime.sleep(600)", honest=("data/grpo_dataset.py",)),
    Cheat(
        "waits for a lock of its own", runs("import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()")
    ),
    Cheat("waits for somebody to type", runs("return input('the answer? ')")),
    Cheat(
        "always almost too late",
        # Each call is in time. All of them together are not: data sets are read some hundred times.
        """
import time
for name in ("__init__", "__len__"):
    setattr(GRPODataset, name, lambda self, *a, **k: time.sleep(1) or 1)
GRPODataset.__getitem__ = lambda self, index: {"prompt_ids": torch.tensor([3]), "response_ids": None, "rewards": None}
""",
        file="data/grpo_dataset.py",
    ),
]
