"""Leaving: ends that a careless judge takes for success."""

from tests.grader.cheats import Cheat, runs

RUNS = {
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "GeneratorExit": "raise GeneratorExit",
    "StopIteration": "raise StopIteration(0.0)",
    "pytest.skip": "import pytest\npytest.skip('all is well')",
    "pytest.xfail": "import pytest\npytest.xfail('as expected')",
    "pytest.exit": "import pytest\npytest.exit('done', returncode=0)",
    "unittest.SkipTest": "import unittest\nraise unittest.SkipTest",
    "says that it is not written, in another exercise's name": "raise NotImplementedError('not written yet: exercise 13.1, data/grpo_dataset.py:GRPODataset.__getitem__')",
    "a signal that kills": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\nsignal.raise_signal(signal.SIGTERM)",
    "a segmentation fault": "import ctypes\nctypes.string_at(0)",
    "abort, with a core": "import os, resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))\nos.abort()",
    "becomes another program": "import os\nos.execv('/bin/true', ['true'])",
}
WHOLE = {
    "sys.exit(0) while it is imported": "import sys\nsys.exit(0)",
    "pytest.skip for the module": "import pytest\npytest.skip('all is well', allow_module_level=True)",
    "atexit and finalizers": """
import atexit, os, weakref
atexit.register(lambda: os._exit(0))
class Gone:
    def __del__(self):
        os._exit(0)
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    Gone()
""",
    "raises an error that cannot be shown": """
class Sly(Exception):
    def __str__(self):
        raise SystemExit(0)
    __repr__ = __str__
    def __getattribute__(self, name):
        raise SystemExit(0)
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    raise Sly
""",
}
CHEATS = [
    Cheat("sys.exit(0)", runs("import sys\nsys.exit(0)"), honest=("data/grpo_dataset.py",)),
    Cheat("os._exit(0)", runs("import os\nos._exit(0)"), honest=("data/grpo_dataset.py",)),
    Cheat("os._exit(0) while it is imported", "import os\nos._exit(0)", honest=("data/grpo_dataset.py",)),
]
