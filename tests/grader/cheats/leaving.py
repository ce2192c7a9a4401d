"""Leaving: ends that a careless judge takes for success."""

from tests.grader.cheats import Cheat, runs

CHEATS = [
    Cheat("sys.exit(0)", runs("import sys\nsys.exit(0)"), honest=("data/grpo_dataset.py",)),
    Cheat("sys.exit(0) while it is imported", "import sys\nsys.exit(0)"),
    Cheat("os._exit(0)", runs("import os\nos._exit(0)"), honest=("data/grpo_dataset.py",)),
    Cheat("os._exit(0) while it is imported", "import os\nos._exit(0)", honest=("data/grpo_dataset.py",)),
    Cheat("KeyboardInterrupt", runs("raise KeyboardInterrupt")),
    Cheat("GeneratorExit", runs("raise GeneratorExit")),
    Cheat("StopIteration", runs("raise StopIteration(0.0)")),
    Cheat("pytest.skip", runs("import pytest\npytest.skip('all is well')")),
    Cheat("pytest.skip for the module", "import pytest\npytest.skip('all is well', allow_module_level=True)"),
    Cheat("pytest.xfail", runs("import pytest\npytest.xfail('as expected')")),
    Cheat("pytest.exit", runs("import pytest\npytest.exit('done', returncode=0)")),
    Cheat("unittest.SkipTest", runs("import unittest\nraise unittest.SkipTest")),
    Cheat(
        "says that it is not written, in another exercise's name",
        runs(
            "raise NotImplementedError('not written yet: exercise 13.1, data/grpo_dataset.py:GRPODataset.__getitem__')"
        ),
    ),
    Cheat(
        "a signal that kills",
        runs("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\nsignal.raise_signal(signal.SIGTERM)"),
    ),
    Cheat("a segmentation fault", runs("import ctypes\nctypes.string_at(0)")),
    Cheat(
        "abort, with a core", runs("import os, resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))\nos.abort()")
    ),
    Cheat(
        "atexit and finalizers",
        """
import atexit, os, weakref
atexit.register(lambda: os._exit(0))
class Gone:
    def __del__(self):
        os._exit(0)
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    Gone()
""",
    ),
    Cheat("becomes another program", runs("import os\nos.execv('/bin/true', ['true'])")),
    Cheat(
        "raises an error that cannot be shown",
        """
class Sly(Exception):
    def __str__(self):
        raise SystemExit(0)
    __repr__ = __str__
    def __getattribute__(self, name):
        raise SystemExit(0)
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    raise Sly
""",
    ),
]
