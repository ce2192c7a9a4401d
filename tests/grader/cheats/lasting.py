"""Lasting: calls without end."""

from tests.grader.cheats import Cheat, runs

RUNS = {
    "a loop that catches everything": "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
    "ignores every signal": """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.alarm(0)
while True:
    pass
""",
    "a loop in C": "return sum(range(10**12))",
    "a regular expression without end": "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
    "a number too large to compute": "return 10 ** 10 ** 9",
    "waits for a lock of its own": "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    "waits for somebody to type": "return input('the answer? ')",
}
CHEATS = [
    Cheat("a loop without end", runs("while True:\n    pass"), honest=("data/grpo_dataset.py",)),
    Cheat("sleeps while it is imported", "import time\ntime.sleep(600)", honest=("data/grpo_dataset.py",)),
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
