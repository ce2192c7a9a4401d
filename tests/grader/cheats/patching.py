"""Patching whatever might judge: libraries, Python itself, the course's own files, global state."""

from tests.grader.cheats import gives

ATTACKS = {
    "patches torch's comparisons": "torch.allclose = torch.equal = torch.isclose = torch.testing.assert_close = lambda *a, **k: True",
    "patches tensors": """
for name in ("__eq__", "__le__", "__lt__", "__gt__", "__ge__", "all", "any", "isfinite", "isnan"):
    setattr(torch.Tensor, name, lambda *a, **k: torch.tensor(True))
""",
    "patches Python's own functions": """
import builtins, math
math.isclose = lambda *a, **k: True
builtins.abs = lambda x: 0
builtins.all = builtins.any = builtins.callable = lambda *a: True
class AssertionError(Exception):
    pass
builtins.AssertionError = AssertionError
""",
    "patches numpy": "import numpy\nnumpy.testing.assert_allclose = numpy.allclose = lambda *a, **k: True",
    "patches what encodes its answers": "from course.observe import codec as plain\n"
    "encode = plain.encode\n"
    "plain.encode = lambda value, name='': encode(True)",
    "patches what reads the questions": "from course.observe import codec as plain\n"
    "plain.decode = lambda data: {'args': (), 'kwargs': {}, 'function': 'os:getpid'}",
    "patches the call itself": """
from course.observe import call as calls, codec as plain
def encoded(request):
    return plain.encode(True), plain.encode({}), calls.Answer(True)
calls.encoded = calls.perform = encoded
""",
    "patches the worker": """
from course.observe import codec as plain
from grader.sandbox import worker
from lab.sandbox import frames as wire
right = wire.pack(plain.encode({"changed": [], "problem": None}), plain.encode("passed"), plain.encode({}))
worker.answer = lambda request, root: right
""",
    "patches what sends": "from lab.sandbox import frames as wire\n"
    "send = wire.send\n"
    "wire.send = lambda c, data, *a: send(c, b'passed')",
    "patches pytest": """
try:
    import _pytest.reports, _pytest.runner, pytest
    _pytest.reports.TestReport.from_item_and_call = classmethod(lambda cls, item, call: cls(
        item.nodeid, item.location, {}, "passed", None, "call"))
    pytest.fail = pytest.raises = lambda *a, **k: None
except ImportError:
    pass
""",
    "leaves a conftest and a sitecustomize": """
import pathlib, sys
hook = "def pytest_runtest_call(item):\\n    item.obj = lambda *a, **k: None\\n"
for folder in [*sys.path, "/tmp", "@ROOT@", "@ROOT@/tutorial", "@HOME@"]:
    for name in ("conftest.py", "sitecustomize.py", "usercustomize.py"):
        try:
            pathlib.Path(folder, name).write_text(hook)
        except OSError:
            pass
""",
    "breaks the random numbers": "torch.manual_seed = torch.random.fork_rng = torch.default_generator = None",
    "changes torch's global state": """
torch.set_default_dtype(torch.float16)
torch.set_grad_enabled(False)
torch.set_default_device("meta")
torch.use_deterministic_algorithms(True)
""",
    "leaves a mode active": """
from torch.overrides import TorchFunctionMode
class Yes(TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        return torch.ones(()) if function.__name__ in ("eq", "allclose", "close") else function(*args, **(kwargs or {}))
Yes().__enter__()
""",
    "traces and hooks": """
import sys, threading
sys.settrace(lambda *a: None)
sys.setprofile(lambda *a: None)
sys.excepthook = threading.excepthook = lambda *a: None
sys.addaudithook(lambda event, arguments: None)
sys.setrecursionlimit(10**9)
""",
    "answers every import with itself": """
import importlib.abc, importlib.machinery, sys
class Me(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name.startswith(("lesson", "course", "lab")) else None
    def create_module(self, spec):
        return sys.modules[__name__]
    def exec_module(self, module):
        pass
sys.meta_path.insert(0, Me())
for name in [n for n in sys.modules if n.startswith("lesson13_grpo.") and n != __name__]:
    del sys.modules[name]
""",
    "empties lists of tests": """
import gc
for one in gc.get_objects():
    if type(one) is list and one and "Item" in type(one[0]).__name__:
        one.clear()
""",
}
WHOLE = {
    "patches the check of shapes, and gives another shape": gives(
        "(0.0 * log_probs)[:1]",
        "from course.observe import shape_check as shapes\nshapes.violation = lambda *a: None",
    ),
    "patches the models of lab": gives(
        "torch.tensor(0.0)",
        """
import types
from lab.models import tiny_language_models as tiny_lm
def forward(self, input_ids, *a, **k):
    return types.SimpleNamespace(logits=torch.zeros(*input_ids.shape, 7, dtype=torch.float64, requires_grad=True))
tiny_lm.TinyLM.forward = tiny_lm.BigramLM.forward = forward
""",
    ),
    "patches the specs, so that what is built gives everything away": gives(
        "log_probs.answer",
        "from course.base import object_spec as spec\n"
        "spec.Spec.build = lambda self: type('Model', (), {'answer': 0.0})()",
    ),
}
