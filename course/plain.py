"""Plain data to bytes and back: all that may pass between a test and the code under test.

Plain are None, bool, int, float, str, bytes, tensors of any dtype, lists, tuples, dicts with such keys, and
`lab.spec.Spec`. The form is a length, a JSON tree, and the tensors' raw bytes behind it: nothing is ever
unpickled or evaluated, size is bounded before parsing, depth and count before anything is built. `encode` is
strict about what goes in; `decode` trusts nothing that it reads.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from math import prod
from typing import Any

import torch

from lab.spec import Spec

MAX_DEPTH = 32
MAX_NODES = 1_000_000
MAX_BYTES = 256 * 2**20

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
_KEYS = (str, int, bool, float, type(None))
_json = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode  # no circle passes MAX_DEPTH


class NotPlain(TypeError):
    """Something that is not plain data. The message says where it stood and what it was."""


class BadBytes(ValueError):
    """Bytes that `encode` did not write."""


def encode(value: Any, name: str = "value") -> bytes:
    """The bytes of `value`. Raises NotPlain, naming the place within it: "value['loss'][2] is a set"."""
    writer = _Writer(name)
    tree = _json(writer.pack(value, 0)).encode("utf-8", "surrogatepass")
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
        value = reader.build(json.loads(body.decode("utf-8", "surrogatepass")), 0)
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
        self.name, self.buffers, self.nodes, self.at = name, [], 0, []

    def refuse(self, what: str) -> NotPlain:
        return NotPlain(f"{self.name}{''.join(f'[{key!r}]' for key in self.at)} {what}")

    def pack(self, value: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.at.clear()
            raise self.refuse(f"holds more than {MAX_NODES} values")
        if depth > MAX_DEPTH:
            raise self.refuse(f"is nested more than {MAX_DEPTH} levels deep")
        kind = type(value)
        if kind is torch.Tensor:
            return self.tensor(value)
        if kind is str or kind is bool or value is None:
            return value
        if kind is int:
            return {"i": hex(value)}  # JSON numbers lose large integers in some readers
        if kind is float:
            return {"f": value.hex()}
        if kind is bytes:
            return {"b": value.hex()}
        if isinstance(value, torch.Tensor):
            return self.tensor(value)
        if kind is list or kind is tuple:
            return {"l" if kind is list else "t": self.items(enumerate(value), depth + 1)}
        if kind is dict:
            for key in value:
                if type(key) not in _KEYS:
                    raise self.refuse(f"has a key of type {type(key).__name__}; keys are strings or numbers")
            packed = self.items(value.items(), depth + 1)
            return {"d": [[self.pack(key, depth + 1), item] for key, item in zip(value, packed, strict=True)]}
        if kind is Spec:
            return {"s": [self.pack(f, depth + 1) for f in (value.target, value.kwargs, value.seed, value.dtype)]}
        if kind.__module__ == "numpy":
            raise self.refuse(f"is a numpy {kind.__name__}; make it a tensor (torch.as_tensor) or a plain number")
        allowed = "plain data (tensors, numbers, strings, lists, dicts)"
        raise self.refuse(f"is a {kind.__name__}, which is not {allowed}")

    def items(self, pairs: Iterable[tuple[Any, Any]], depth: int) -> list[Any]:
        packed = []
        self.at.append(None)
        for self.at[-1], item in pairs:
            packed.append(self.pack(item, depth))
        self.at.pop()
        return packed

    def tensor(self, tensor: torch.Tensor) -> Any:
        dtype = _NAMES.get(tensor.dtype)
        if dtype is None or tensor.layout != torch.strided or tensor.is_meta:
            found = f"a tensor of dtype {dtype or tensor.dtype} and layout {tensor.layout}"
            raise self.refuse(f"is {found}; return an ordinary dense one")
        self.buffers.append(_bytes(tensor.detach()))
        return {"T": [dtype, list(tensor.shape), tensor.requires_grad]}


def same_bytes(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two tensors hold the same numbers, each NaN like itself."""
    return a.shape == b.shape and a.dtype == b.dtype and _bytes(a.detach()) == _bytes(b.detach())


def _bytes(tensor: torch.Tensor) -> bytes:
    """The numbers, row by row."""
    if tensor.is_cpu and not tensor.is_complex() and not tensor.is_neg() and tensor.dtype != torch.bfloat16:
        return tensor.numpy().tobytes()
    # clone, not contiguous(): that leaves a single number from a wider row with its odd stride
    whole = tensor.cpu().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)
    return whole.flatten().view(torch.uint8).numpy().tobytes() if whole.numel() else b""


_OF_TEXT = {"i": lambda text: int(text, 16), "f": float.fromhex, "b": bytes.fromhex}


class _Reader:
    def __init__(self, buffer: memoryview):
        self.buffer, self.at, self.nodes = buffer, 0, 0

    def build(self, node: Any, depth: int) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise BadBytes("nested too deeply, or too many values")
        kind = type(node)
        if kind is str or kind is bool or node is None:
            return node
        if kind is not dict or len(node) != 1:
            raise BadBytes(f"unexpected {kind.__name__}")
        ((tag, body),) = node.items()
        if tag in _OF_TEXT:
            if type(body) is not str:
                raise BadBytes(f"unexpected {type(body).__name__} in {tag!r}")
            return _OF_TEXT[tag](body)
        if type(body) is not list:
            raise BadBytes(f"unexpected {type(body).__name__} in {tag!r}")
        if tag == "T":
            return self.tensor(*body)
        if tag in ("l", "t"):
            items = [self.build(item, depth + 1) for item in body]
            return items if tag == "l" else tuple(items)
        if tag == "d":
            if not all(type(pair) is list for pair in body):
                raise BadBytes("a pair is not a list")
            built = {self.build(key, depth + 1): self.build(item, depth + 1) for key, item in body}
            if not all(type(key) in _KEYS for key in built):
                raise BadBytes("a key is not a string or number")
            return built
        if tag == "s":
            target, kwargs, seed, dtype = (self.build(item, depth + 1) for item in body)
            if [type(target), type(kwargs), type(seed)] != [str, dict, int] or type(dtype) not in (str, type(None)):
                raise BadBytes("a spec of the wrong form")
            return Spec(target, kwargs, seed, dtype)
        raise BadBytes(f"unknown tag {tag!r}")

    def tensor(self, dtype: str, shape: list[int], requires_grad: bool) -> torch.Tensor:
        if not all(type(n) is int and n >= 0 for n in shape) or len(shape) > 16:
            raise BadBytes(f"shape {shape}")
        kind = _DTYPES[dtype]
        size = prod(shape) * kind.itemsize
        raw = self.buffer[self.at : self.at + size]
        if len(raw) != size:
            raise BadBytes("a tensor is cut short")
        self.at += size
        built = torch.frombuffer(bytearray(raw), dtype=kind).reshape(shape) if size else torch.empty(shape, dtype=kind)
        if kind is torch.bool:
            built = built.view(torch.uint8) != 0  # a byte of 2 would be neither True nor False
        return built.requires_grad_() if requires_grad and (kind.is_floating_point or kind.is_complex) else built
