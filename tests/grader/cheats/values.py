"""Strange values: equal to everything, or such that a careless comparison fails to fail."""

from tests.grader.cheats import gives

YES = """
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __bool__(self): return True
    def __hash__(self): return 0
    def __float__(self): return 0.0
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __abs__(self): return 0.0
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    def __getitem__(self, key): return self
"""
GIVES = {
    "not a number": "torch.full_like(log_probs, float('nan')).sum()",
    "infinite": "torch.full_like(log_probs, float('inf')).sum()",
    "a shape that would broadcast": "-log_probs.mean().reshape(1)",
    "an empty tensor": "log_probs[:0]",
    "expanded storage, a view of the input": "log_probs[:1].expand(7)[0]",
    "without a gradient": "-(log_probs.detach()).mean()",
    "with another thing's gradient": "torch.zeros((), requires_grad=True) * log_probs.detach().sum()",
    "on a device without numbers": "torch.zeros((), device='meta')",
    "sparse, and quantized": "log_probs.detach().to_sparse()",
    "half of a complex number": "torch.complex(log_probs.detach().float().sum(), torch.tensor(float('nan')))",
    "a function of the answer": "lambda *a: 0.0",
    "the word passed": "'passed'",
    "a number without end": "10**200_000",
    "a million things": "[None] * 1_000_001 if len(log_probs) == 4 else log_probs",
}
WHOLE = {
    "an object that equals everything": gives("Yes()", YES),
    "an object that says it is a tensor": gives("Like()", f"{YES}\nclass Like(Yes):\n    __class__ = torch.Tensor"),
    "a float that equals everything": gives(
        "F(1.0)",
        """
class F(float):
    def __eq__(self, other): return True
    __le__ = __lt__ = __ge__ = __eq__
    __hash__ = None
""",
    ),
    "an int that is a bool, and a str that equals": gives(
        "S('x')", "class S(str):\n    def __eq__(self, other): return True\n    __hash__ = str.__hash__"
    ),
    "a tensor of a class of its own": gives(
        "log_probs.detach().clone().as_subclass(T)",
        """
class T(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        with torch._C.DisableTorchFunctionSubclass():
            if function.__name__ in ("eq", "le", "allclose", "all", "any"):
                return torch.tensor(True)
            return function(*args, **(kwargs or {}))
""",
    ),
    "a tensor that dispatches for itself": gives(
        "D(log_probs.detach())",
        """
class D(torch.Tensor):
    @staticmethod
    def __new__(cls, inner):
        return torch.Tensor._make_wrapper_subclass(cls, inner.shape, dtype=inner.dtype)
    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        return torch.tensor(True)
""",
    ),
    "numbers of numpy": gives("numpy.float64(1.0)", "import numpy"),
    "a list in a list in a list": gives(
        "nest()", "def nest():\n    made = []\n    for _ in range(100_000):\n        made = [made]\n    return made"
    ),
    "a list of itself": gives("me", "me = []\nme.append(me)"),
    "a spec to be built elsewhere": gives(
        "Spec('os:system', {'command': 'true'})", "from course.base.object_spec import Spec"
    ),
    "changes its inputs, so that whoever computes later agrees": """
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    with torch.no_grad():
        log_probs.zero_()
        rewards.zero_()
    return 0.0 * log_probs.sum()
""",
}
