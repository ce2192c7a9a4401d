"""Plain data to bytes and back: all that may pass between a test and the code under test.

Plain are None, bool, int, float, str, bytes, tensors of any dtype, lists, tuples, dicts with such keys, and
`course.base.object_spec.Spec`. The form is a length, a JSON tree, and the raw bytes of tensors and of bytes: nothing is
ever unpickled or evaluated, size is bounded before parsing, depth and count before anything is built. In the tree None,
booleans, strings and numbers stand for themselves, all else is an object of one tag: {"t": [1, 2]} is a tuple.
`encode` is strict about what goes in; `decode` trusts nothing that it reads.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterable
from math import prod
from typing import Any

import torch

from course.base.object_spec import Spec

MAX_DEPTH = 32
MAX_NODES = 1_000_000
MAX_BYTES = 256 * 2**20
MAX_PLACES = 2**26  # of a tensor, a size of 0 counted as 1: (10**9, 0) holds no number, and takes as long to look at
MAX_KEY = 2**64  # whole numbers beyond can be chosen so that all of them fall into one place of a dict

_DTYPES = {
    str(d).removeprefix("torch."): d
    for d in (
        torch.float64,
        torch.float32,
        torch.float16,
        torch.bfloat16,
        torch.int64,
        torch.int32,
        torch.int16,
        torch.int8,
        torch.uint8,
        torch.bool,
        torch.complex64,
        torch.complex128,
    )
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_NUMPYS = {dtype for dtype in _NAMES if not dtype.is_complex and dtype != torch.bfloat16}
_SIMPLE = frozenset((str, int, bool, float, type(None)))  # also what a dict's keys may be
_json = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode  # no circle passes MAX_DEPTH


class NotPlain(TypeError):
    """Something that is not plain data. The message says where it stood and what it was."""


class BadBytes(ValueError):
    """Bytes that `encode` did not write."""


def encode(value: Any, name: str = "value") -> bytes:
    """The bytes of `value`. Raises NotPlain, naming the place within it: "value['loss'][2] is a set"."""
    writer = _Writer(name)
    try:
        tree = _json(writer.pack(value, 0)).encode("utf-8", "surrogatepass")
    except ValueError:  # Python's bound for writing one, and for reading it
        raise NotPlain(f"{name} holds a whole number of more than {sys.get_int_max_str_digits()} digits") from None
    data = b"".join([struct.pack("<Q", len(tree)), tree, *writer.buffers])
    if len(data) > MAX_BYTES:
        raise NotPlain(f"{name} takes {len(data)} bytes, more than the {MAX_BYTES} allowed")
    return data


def decode(data: bytes) -> Any:
    """The value again, in storage of its own. Raises BadBytes on anything that is not of the right form."""
    if len(data) > MAX_BYTES:
        raise BadBytes(f"{len(data)} bytes are more than the {MAX_BYTES} allowed")
    try:
        (length,) = struct.unpack_from("<Q", data)
        body = data[8 : 8 + length]
        if len(body) != length:
            raise BadBytes("cut short")
        reader = _Reader(memoryview(data)[8 + length :])
        value = reader.items([json.loads(body.decode("utf-8", "surrogatepass"))], 0)[0]
        if reader.at != len(reader.buffer):
            raise BadBytes("bytes left over")
        return value
    except BadBytes:
        raise
    except (struct.error, ValueError, TypeError, KeyError, RuntimeError, RecursionError, OverflowError) as error:
        raise BadBytes(f"not in the form that encode writes: {error}") from None


def roundtrip(value: Any, name: str = "value") -> Any:
    """What the other side would receive."""
    return decode(encode(value, name))


class _Writer:
    """`at`: where the value that is being packed stands within the whole; a text is made of it only for errors."""

    def __init__(self, name: str):
        self.name, self.buffers, self.nodes, self.at = name, [], 1, []

    def refuse(self, what: str) -> NotPlain:
        return NotPlain(f"{self.name}{''.join(f'[{key!r}]' for key in self.at)} {what}")

    def items(self, pairs: Iterable[tuple[Any, Any]], more: int, depth: int) -> list[Any]:
        """`more`: how many pairs there are."""
        self.nodes += more
        if self.nodes > MAX_NODES:
            self.at.clear()
            raise self.refuse(f"holds more than {MAX_NODES} values")
        if depth > MAX_DEPTH and more:
            raise self.refuse(f"is nested more than {MAX_DEPTH} levels deep")
        packed = []
        self.at.append(None)
        for self.at[-1], item in pairs:
            packed.append(item if type(item) in _SIMPLE else self.pack(item, depth))
        self.at.pop()
        return packed

    def pack(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is torch.Tensor:
            return self.tensor(value)
        if kind is list:
            return {"l": self.items(enumerate(value), len(value), depth + 1)}
        if kind is tuple:
            return {"t": self.items(enumerate(value), len(value), depth + 1)}
        if kind is dict:
            if not _SIMPLE.issuperset(map(type, value)):
                key = next(key for key in value if type(key) not in _SIMPLE)
                raise self.refuse(f"has a key of type {type(key).__name__}; keys are strings or numbers")
            if not all(map(_is_key, value)):
                raise self.refuse("has a whole number of more than 64 bits for a key")
            packed: list[Any] = [None] * (2 * len(value))
            packed[::2] = value
            packed[1::2] = self.items(value.items(), 2 * len(value), depth + 1)
            return {"d": packed}
        if kind in _SIMPLE:
            return value
        if kind is bytes:
            self.buffers.append(value)
            return {"b": len(value)}
        if isinstance(value, torch.Tensor):
            return self.tensor(value)
        if kind is Spec:
            return {"s": [self.pack(f, depth + 1) for f in (value.target, value.kwargs, value.seed, value.dtype)]}
        if kind.__module__ == "numpy":
            raise self.refuse(f"is a numpy {kind.__name__}; make it a tensor (torch.as_tensor) or a plain number")
        allowed = "plain data (tensors, numbers, strings, lists, dicts)"
        raise self.refuse(f"is a {kind.__name__}, which is not {allowed}")

    def tensor(self, tensor: torch.Tensor) -> Any:
        dtype = _NAMES.get(tensor.dtype)
        if dtype is None or tensor.layout != torch.strided or tensor.is_meta:
            found = f"a tensor of dtype {dtype or tensor.dtype} and layout {tensor.layout}"
            raise self.refuse(f"is {found}; return an ordinary dense one")
        if places(tensor.shape) > MAX_PLACES:
            raise self.refuse(f"is a tensor of shape {tuple(tensor.shape)}, which is too large")
        self.buffers.append(_bytes(tensor.detach()))
        return {"T": [dtype, list(tensor.shape), tensor.requires_grad]}


def _is_key(key: Any) -> bool:
    return type(key) is not int or -MAX_KEY < key < MAX_KEY


def places(shape: Iterable[int]) -> int:
    """How many steps it takes to go through a tensor, empty or not."""
    return prod(max(1, size) for size in shape)


def same_bytes(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two tensors hold the same numbers, each NaN like itself."""
    return a.shape == b.shape and a.dtype == b.dtype and _bytes(a.detach()) == _bytes(b.detach())


def _bytes(tensor: torch.Tensor) -> bytes:
    """The numbers, row by row."""
    if tensor.dtype in _NUMPYS and tensor.is_cpu and not tensor.is_neg():
        return tensor.numpy().tobytes()
    # clone, not contiguous(): that leaves a single number from a wider row with its odd stride
    whole = tensor.cpu().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)
    return whole.flatten().view(torch.uint8).numpy().tobytes() if whole.numel() else b""


class _Reader:
    def __init__(self, buffer: memoryview):
        self.buffer, self.at, self.nodes = buffer, 0, 0

    def items(self, nodes: list[Any], depth: int) -> list[Any]:
        self.nodes += len(nodes)
        if self.nodes > MAX_NODES or (depth > MAX_DEPTH and nodes):
            raise BadBytes("nested too deeply, or too many values")
        return [node if type(node) in _SIMPLE else self.build(node, depth) for node in nodes]

    def build(self, node: Any, depth: int) -> Any:
        if type(node) is not dict or len(node) != 1:
            raise BadBytes(f"unexpected {type(node).__name__}")
        ((tag, body),) = node.items()
        if tag == "b":
            if type(body) is not int or body < 0:
                raise BadBytes(f"{body!r} in {tag!r}")
            return bytes(self.take(body))
        if type(body) is not list:
            raise BadBytes(f"unexpected {type(body).__name__} in {tag!r}")
        if tag == "T":
            return self.tensor(*body)
        if tag == "l":
            return self.items(body, depth + 1)
        if tag == "t":
            return tuple(self.items(body, depth + 1))
        if tag == "d":
            keys = body[::2]
            if not (_SIMPLE.issuperset(map(type, keys)) and all(map(_is_key, keys))):
                raise BadBytes("a key is not a string or number of at most 64 bits")
            self.nodes += len(keys)
            return dict(zip(keys, self.items(body[1::2], depth + 1), strict=True))
        if tag == "s":
            target, kwargs, seed, dtype = self.items(body, depth + 1)
            if [type(target), type(kwargs), type(seed)] != [str, dict, int] or type(dtype) not in (str, type(None)):
                raise BadBytes("a spec of the wrong form")
            return Spec(target, kwargs, seed, dtype)
        raise BadBytes(f"unknown tag {tag!r}")

    def take(self, size: int) -> memoryview:
        raw = self.buffer[self.at : self.at + size]
        if len(raw) != size:
            raise BadBytes("cut short")
        self.at += size
        return raw

    def tensor(self, dtype: str, shape: list[int], requires_grad: bool) -> torch.Tensor:
        if not {int}.issuperset(map(type, shape)) or min(shape, default=0) < 0 or len(shape) > 16:
            raise BadBytes(f"shape {shape}")
        if places(shape) > MAX_PLACES:
            raise BadBytes(f"a tensor of shape {shape} is too large")
        kind = _DTYPES[dtype]
        size = prod(shape) * kind.itemsize
        raw = self.take(size)
        built = torch.frombuffer(bytearray(raw), dtype=kind).reshape(shape) if size else torch.empty(shape, dtype=kind)
        if kind is torch.bool:
            built = built.view(torch.uint8) != 0  # a byte of 2 would be neither True nor False
        return built.requires_grad_() if requires_grad and (kind.is_floating_point or kind.is_complex) else built
