"""Whether two implementations gave the same answer to a call: values, gradients, errors."""

from __future__ import annotations

import math
import re
from functools import partial
from typing import Any

import torch

from course.observe.observer import Answer, Observation


def alike(a: Observation, b: Observation, dtypes: bool = True) -> bool:
    """Whether two observations of one call cannot be told apart: errors that a test asked for by their
    kind, others by their text too, numbers up to rounding. Without `dtypes`, float32 is as good as float64."""
    if isinstance(a.outcome, Answer) and isinstance(b.outcome, Answer):
        x, y = a.outcome, b.outcome
        if x.problem or y.problem:
            return x.problem == y.problem
        same = partial(_same, dtypes=dtypes)
        return x.changed == y.changed and same(x.value, y.value) and same(x.grads, y.grads)
    if isinstance(a.outcome, Answer) or isinstance(b.outcome, Answer):
        return False
    if type(a.outcome).__name__ != type(b.outcome).__name__:  # the name is all that is left of one from elsewhere
        return False
    awaited = a.match if a.match is not None else b.match
    if awaited is None:  # an error that no test asked for: anything may have gone wrong
        return str(a.outcome) == str(b.outcome)
    found = [bool(re.search(awaited, str(o.outcome), re.IGNORECASE)) for o in (a, b)]
    return found[0] == found[1]


def _same(a: Any, b: Any, dtypes: bool) -> bool:
    if isinstance(a, torch.Tensor) or isinstance(b, torch.Tensor):
        a, b = _tensor(a, b), _tensor(b, a)
        if a is None or b is None or a.shape != b.shape or a.requires_grad != b.requires_grad:
            return False
        if not dtypes and {a.dtype, b.dtype} == {torch.float32, torch.float64}:
            a, b = a.float(), b.float()
        if a.dtype != b.dtype:
            return False
        if torch.equal(a, b):  # mostly, and far quicker than what follows
            return True
        if not (a.is_floating_point() or a.is_complex()):
            return False
        rtol = max(1e-7, 64 * torch.finfo(a.dtype).eps)
        return torch.allclose(a.detach(), b.detach(), rtol=rtol, atol=rtol * 1e-2, equal_nan=True)
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return a == b or (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-8)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k], dtypes) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(_same(x, y, dtypes) for x, y in zip(a, b, strict=True))
    return a == b


def _tensor(value: Any, like: Any) -> torch.Tensor | None:
    """No gradient at all is as good as one of zeros."""
    if value is None and isinstance(like, torch.Tensor):
        return torch.zeros_like(like)
    return value if isinstance(value, torch.Tensor) else None
