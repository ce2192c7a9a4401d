"""Plain data to bytes and back: nothing is lost, nothing is shared, and hostile bytes raise BadBytes alone."""

import json
import math
import struct

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from course.base.object_spec import Spec
from course.base.property_tests import for_all
from course.observe import codec
from course.observe.codec import BadBytes, NotPlain, decode, encode, roundtrip

DTYPES = list(codec._DTYPES.values())

texts = st.text(st.characters(exclude_categories=()), max_size=8)  # lone surrogates included
keys = texts | st.integers(1 - 2**64, 2**64 - 1) | st.booleans() | st.none() | st.floats(allow_nan=False)
leaves = st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats() | texts | st.binary(max_size=8)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


@for_all(examples=60, value=values)
def test_nested_values_come_back_as_they_were(value):
    assert same(roundtrip(value), value)


@pytest.mark.parametrize("value", [
    math.inf, math.nan, -0.0, 5e-324, 2**64, "\ud800", "\u2028\x00\"\\", b"\x00\xff", ((),), ([], 1),
    [1, True, "1", 1.5, None], {1: "a", "1": "b", None: "c", 2.5: "d"}, {False: 0},
    torch.tensor([math.nan, -math.inf, -0.0], dtype=torch.bfloat16),
])  # fmt: skip
def test_awkward_values_come_back_as_they_were(value):
    assert same(roundtrip(value), value)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (2, 3), (2, 0, 3)], ids=str)
def test_tensors_of_every_dtype_and_shape_come_back(dtype, shape):
    tensor = torch.arange(math.prod(shape)).reshape(shape).to(dtype)
    assert same(roundtrip(tensor), tensor)


@pytest.mark.parametrize("tensor", [
    torch.arange(12).reshape(3, 4).T, torch.ones(()).expand(2, 2), torch.arange(6).reshape(1, 6)[:, 2],
    torch.tensor([2j, 1j]).conj().imag,
], ids=["transposed", "expanded", "a column of one row", "negated"])  # fmt: skip
def test_views_come_back_as_whole_tensors(tensor):
    back = roundtrip(tensor)
    assert same(back, tensor)
    assert back.is_contiguous()
    assert back.untyped_storage().nbytes() == back.numel() * back.element_size()


def test_requires_grad_is_kept_and_history_is_not():
    for tensor in (
        torch.nn.Parameter(torch.ones(2)),
        torch.zeros(2, 0).requires_grad_(),
        torch.ones(2).requires_grad_() * 2,
    ):
        back = roundtrip(tensor)
        assert back.is_leaf and back.requires_grad and type(back) is torch.Tensor
    assert not roundtrip(torch.ones(2)).requires_grad


def test_nothing_is_shared_with_the_original():
    value = {"tensor": torch.zeros(3), "list": [1, [2]], "empty": torch.zeros(0)}
    back = roundtrip(value)
    back["tensor"] += 1
    back["list"][1].append(3)
    assert value["tensor"].tolist() == [0, 0, 0]
    assert value["list"] == [1, [2]]


def test_specs_come_back():
    spec = Spec(
        "lab.models.tiny_language_models:TinyLM", {"vocab_size": 8, "weights": [torch.ones(2)]}, seed=3, dtype="float64"
    )
    back = roundtrip([spec])[0]
    assert type(back) is Spec
    assert same([back.target, back.kwargs, back.seed, back.dtype], [spec.target, spec.kwargs, 3, "float64"])


@pytest.mark.parametrize(("value", "says"), [
    ({"loss": [0, 1, {2}]}, "value['loss'][2] is a set, which is not plain data"),
    (([1], object()), "value[1] is a object, which"),
    ({1: {2: lambda: 0}}, "value[1][2] is a function, which"),
    ([np.float64(1)], "value[0] is a numpy float64; make it a tensor (torch.as_tensor) or a plain number"),
    (np.ones(2), "value is a numpy ndarray; make it a tensor"),
    ({"a": {(1, 2): 3}}, "value['a'] has a key of type tuple; keys are strings or numbers"),
    ({b"a": 1}, "value has a key of type bytes; keys"),
    ([torch.eye(2).to_sparse()], "value[0] is a tensor of dtype float32 and layout torch.sparse_coo; return"),
    (torch.empty(2, device="meta"), "value is a tensor of dtype float32"),
    (Spec("lab.models.tiny_language_models:TinyLM", {"a": {1}}), "value['a'] is a set"),
    (type("Numbers", (list,), {})([1]), "value is a Numbers, which"),
    (1j, "value is a complex, which"),
])  # fmt: skip
def test_what_is_not_plain_is_refused_with_its_place(value, says):
    with pytest.raises(NotPlain) as caught:
        encode(value)
    assert str(caught.value).startswith(says)


def test_deep_nesting_and_rings_are_refused():
    deep = ring = []
    for _ in range(codec.MAX_DEPTH + 1):
        deep = [deep]
    ring.append(ring)
    for value in (deep, ring):
        with pytest.raises(NotPlain, match="nested more than 32 levels deep"):
            encode(value)


def test_too_many_values_are_refused_before_they_are_written(monkeypatch):
    monkeypatch.setattr(codec, "MAX_NODES", 1000)
    many = [0]
    for _ in range(codec.MAX_DEPTH - 2):
        many = [many, many]  # 2^30 numbers, all of them the same few objects
    with pytest.raises(NotPlain, match="many holds more than 1000 values"):
        encode(many, "many")


def test_too_many_bytes_are_refused_on_both_sides(monkeypatch):
    data = encode(torch.zeros(100))
    monkeypatch.setattr(codec, "MAX_BYTES", len(data))
    assert same(decode(encode(torch.zeros(100))), torch.zeros(100))
    with pytest.raises(NotPlain, match="bytes"):
        encode(torch.zeros(101))
    with pytest.raises(BadBytes, match="bytes are more than"):
        decode(data + b"x")


def test_bytes_that_are_cut_short_are_refused_at_every_length():
    data = encode({"a": [1, 2.5, b"bytes", "text"], "b": (torch.ones(3), torch.zeros(2, dtype=torch.bool))})
    for length in range(len(data)):
        with pytest.raises(BadBytes):
            decode(data[:length])


def test_bytes_left_over_are_refused():
    for value in (None, [1], torch.ones(2)):
        with pytest.raises(BadBytes, match="left over"):
            decode(encode(value) + b"\0")


@for_all(examples=60, data=st.binary(max_size=64))
def test_random_bytes_are_refused(data):
    assert only_bad_bytes(data)
    assert only_bad_bytes(struct.pack("<Q", len(data)) + data)


@for_all(examples=60, place=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_a_changed_byte_is_refused_or_gives_a_plain_value(place, byte):
    data = bytearray(encode({"a": [1, -2.5, b"bytes", "text", None], "b": (torch.ones(3), Spec("lab.x:y", {"z": 1}))}))
    data[place % len(data)] = byte
    assert only_bad_bytes(bytes(data))


nodes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["b", "T", "l", "t", "d", "s", "", "lt", "x"]), inner, max_size=2)
    ),
    max_leaves=10,
)


@for_all(examples=50, tree=nodes)
def test_any_tree_is_refused_or_gives_a_plain_value(tree):
    assert only_bad_bytes(packed(tree))


@pytest.mark.parametrize("tree", [
    {"x": 1}, {"l": [], "t": []}, {}, [1], {"b": "0"}, {"b": 1}, {"b": -1}, {"b": 2**70}, {"b": True},
    {"l": None}, {"l": {"l": []}}, {"l": [[]]}, {"d": [1]}, {"d": {"a": 1}}, {"d": [{"l": []}, None]},
    {"d": [{"T": ["float32", [0], False]}, None]}, {"s": [None] * 5}, {"s": [None, {"d": []}, 0, None]},
    {"s": ["lab.x:y", {"l": []}, 0, None]}, {"s": ["lab.x:y", {"d": []}, False, None]}, {"T": []},
    {"T": ["float99", [0], False]}, {"T": [["float32"], [0], False]}, {"T": ["float32", 0, False]},
    {"T": ["float32", [-1], False]}, {"T": ["float32", [True], False]}, {"T": ["float32", [1.0], False]},
    {"T": ["float32", [2**62], False]}, {"T": ["float32", [10**400], False]},
    {"T": ["float32", [0, 2**62, 2**62], False]}, {"T": ["float32", [-(2**62), -4], False]},
    {"T": ["float32", [0] * 17, False]},
], ids=lambda tree: json.dumps(tree)[:40])  # fmt: skip
def test_wrong_tags_and_wrong_contents_are_refused(tree):
    with pytest.raises(BadBytes):
        decode(packed(tree))


def test_more_data_than_is_there_is_never_made_room_for():
    for shape in ([2**40], [2**20, 2**20], [2**63], [2**31, 2**31, 2**31]):
        with pytest.raises(BadBytes, match=r"cut short|too large"):
            decode(packed({"T": ["float64", shape, False]}))


def test_tensors_without_numbers_are_not_larger_than_others():
    for shape in ([10**9, 0], [0, 10**9], [2**16, 0, 2**16]):
        with pytest.raises(BadBytes, match="too large"):
            decode(packed({"T": ["float32", shape, False]}))
        with pytest.raises(NotPlain, match=r"value is a tensor of shape .* too large"):
            encode(torch.empty(shape))
    assert decode(encode(torch.empty(3, 0, 5))).shape == (3, 0, 5)


def test_keys_cannot_be_made_to_fall_into_one_place():
    """Multiples of 2**61 - 1 all have the hash 0: a dict of 300,000 of them takes minutes to make."""
    with pytest.raises(BadBytes, match="at most 64 bits"):
        decode(packed({"d": [part for n in range(300_000) for part in (n * (2**61 - 1), 0)]}))
    with pytest.raises(NotPlain, match="more than 64 bits"):
        encode({2**64: 1})
    assert decode(encode({2**64 - 1: 1, 1 - 2**64: 2})) == {2**64 - 1: 1, 1 - 2**64: 2}


def test_a_length_that_is_not_true_is_refused():
    for length in (0, 1, 3, 2**31, 2**63, 2**64 - 1):
        with pytest.raises(BadBytes):
            decode(struct.pack("<Q", length) + b"null")


@pytest.mark.parametrize("depth", [codec.MAX_DEPTH + 1, 200_000])
@pytest.mark.parametrize("brackets", [('{"l":[', "]}"), ("[", "]")], ids=str)
def test_deep_nesting_in_bytes_is_refused(depth, brackets):
    opening, closing = brackets
    text = (opening * depth + "null" + closing * depth).encode()
    with pytest.raises(BadBytes):
        decode(struct.pack("<Q", len(text)) + text)


@pytest.mark.parametrize("text", [b"9" * 5000, b"null null", b"\xff", b"", b"{"])
def test_broken_json_and_endless_numbers_are_refused(text):
    with pytest.raises(BadBytes):
        decode(struct.pack("<Q", len(text)) + text)


def packed(tree):
    """Bytes of the right outer form around any JSON tree, with no tensor data behind it."""
    text = json.dumps(tree).encode()
    return struct.pack("<Q", len(text)) + text


def only_bad_bytes(data):
    """Whether decoding gives BadBytes, or else something that encode would write again."""
    try:
        value = decode(data)
    except BadBytes:
        return True
    return bool(encode(value))


def same(a, b):
    """Equal in type, structure and every bit (NaN equals NaN, 0.0 is not -0.0, True is not 1)."""
    if type(a) is not type(b):
        return False
    if isinstance(a, torch.Tensor):
        patterns = [t.detach().resolve_conj().resolve_neg().flatten().tolist() for t in (a, b)]
        return a.dtype == b.dtype and a.shape == b.shape and same(*map(parts, patterns))
    if isinstance(a, float):
        return a.hex() == b.hex()
    if isinstance(a, dict):
        pairs = zip(a.items(), b.items(), strict=False)  # in the same order, too
        return len(a) == len(b) and all(same(k, m) and same(v, w) for (k, v), (m, w) in pairs)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def parts(numbers):
    """Complex numbers as pairs, whose signs of zero can be told apart; other numbers as they are."""
    return [[z.real, z.imag] if isinstance(z, complex) else z for z in numbers]
