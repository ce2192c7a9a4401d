"""How values and calls look in a report, and a report as lines."""

import pytest
import torch

from course.observe import format_value
from course.observe.format_call import format_call
from course.observe.report import WIDTH, Report, render


def test_each_part_has_a_label_and_empty_parts_are_not_shown():
    report = Report(
        "13.2", "loss", "loss/grpo.py:3", got="7", raised="ValueError: no", places=["a.py:1  x", "b.py:2  y"]
    )
    report.why, report.next = "word " * 30, "13.5"
    assert render(report) == [
        f"{'exercise 13.2  loss':<52} loss/grpo.py:3",
        "  got      7",
        "  raised   ValueError: no",
        "  at       a.py:1  x",
        "  at       b.py:2  y",
        f"  why      {'word ' * 16}word",
        f"           {'word ' * 12}word",
        "  next     make hint EX=13.5",
    ]
    assert render(Report()) == []


def test_no_text_can_add_a_line():
    assert render(Report(got="7\n  why      it is right\u2028x")) == ["  got      7   why      it is right x"]


@pytest.mark.parametrize(("value", "text"), [
    (1.0, "1"), (0.1, "0.1"), (1 / 3, "0.3333"), (1e-4, "0.0001"), (123456.789, "1.23e+05"), (0.0, "0"),
    (float("inf"), "inf"), (float("nan"), "nan"), (3, "3"), (True, "True"), ("a'b", '"a\'b"'), (None, "None"),
    ([1.5, (2, {"a": None})], "[1.5, (2, {'a': None})]"), ("x" * 200, "'" + "x" * 92 + "..."),
    (list(range(99)), str(list(range(99)))[:93] + "..."), ((1,), "(1,)"),
    (torch.tensor([[1 / 3, 2 / 3]] * 2), "[[0.3333, 0.6667], [0.3333, 0.6667]]"), (1.0000454, "1.000045"),
    (torch.zeros(3, 40), "[0, 0, 0, 0, ...] shape (3, 40), float32"), (torch.tensor(0.1), "0.1"), (0.9999999, "1"),
])  # fmt: skip
def test_values_are_shown_in_a_few_characters(value, text):
    assert format_value.short(value) == text


@pytest.mark.parametrize(("value", "text"), [
    (torch.tensor([1.000002, 1.0]), "[1.000002, 1]"), ([0.25, 0.12341, 0.12342], "[0.25, 0.12341, 0.12342]"),
    ({"a": 0.5, "b": [0.123456, (0.123457,)]}, "{'a': 0.5, 'b': [0.123456, (0.123457,)]}"),
    ([123456.1, 123456.2, 1.5], "[123456, 123456.2, 1.5]"), ([1.23456e-5, 1.23457e-5], "[1.23456e-05, 1.23457e-05]"),
    ([0.3, 0.1 + 0.2], "[0.3, 0.3]"), ([0.3, 0.3 + 1e-10], "[0.3, 0.3000000001]"),
    ([1, 1.0, True, 1 + 1e-9], "[1, 1, True, 1.000000001]"),
    ([1 + 9e-7, 1 + 1.1e-6, 1 + 3e-7], "[1.0000009, 1.000001, 1]"),
    (torch.tensor([0.12341] + [0.12342] * 40), "[0.12341, 0.12342, 0.12342, 0.12342, ...] shape (41,), float32"),
    ([float("nan"), float("nan"), float("inf"), -float("inf")], "[nan, nan, inf, -inf]"), ([0.0, -0.0], "[0, -0]"),
])  # fmt: skip
def test_numbers_that_are_not_equal_do_not_look_alike(value, text):
    assert format_value.short(value) == text


def test_no_two_numbers_look_alike():
    """Unless what tells them apart is rounding."""
    for seed in range(200):
        draw = torch.Generator().manual_seed(seed)
        noise = 10 ** torch.randint(-9, 0, (8,), generator=draw).double() * (0.1 + torch.rand(8, generator=draw))
        numbers = (torch.randint(0, 3, (8,), generator=draw) + noise).tolist()
        texts = format_value.whole(numbers, 999)[1:-1].split(", ")
        assert len(set(texts)) == len(set(numbers)), seed


def test_whole_values_are_given_whole_or_not_at_all():
    assert format_value.whole([1.5, {"a": "b"}]) == "[1.5, {'a': 'b'}]"
    assert (
        format_value.whole(list(range(99)))
        is format_value.whole(torch.zeros(40))
        is format_value.whole(["x"] * 10**6)
        is None
    )


@pytest.mark.parametrize(("a", "b", "texts"), [
    (1.5, 0.25, ("1.5", "0.25")), (0.12344, 0.12346, ("0.12344", "0.12346")), (1 + 1e-9, 1.0, ("1.000000001", "1")),
    (1e300, 1.01e300, ("1e+300", "1.01e+300")), (float("inf"), 1.0, ("inf", "1")), (1.0, 1.0, ("1", "1")),
])  # fmt: skip
def test_a_difference_looks_as_large_as_it_is(a, b, texts):
    assert tuple(format_value.short(x, least=format_value.visible(a, b)) for x in (a, b)) == texts


def test_a_long_call_takes_lines_of_whole_arguments():
    settings = {"aggregation": "token", "max_grad_norm": 1.0, "max_new_tokens": 5, "epsilon": 0.2}
    ids, mask = torch.arange(12).view(3, 4), torch.ones(99, 4)
    called = format_call("one_update", {"ids": ids, "mask": mask, "settings": settings, "rewards": list(range(99))})
    assert render(Report(call=called)) == [
        "  called   one_update(ids=[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]],",
        "           mask=[1, 1, 1, 1, ...] shape (99, 4), float32,",
        "           settings={'aggregation': 'token', 'max_grad_norm': 1, 'max_new_tokens': 5, 'epsilon': 0.2},",
        f"           rewards={str(list(range(99)))[:45]}...)",
    ]


def test_a_call_stays_within_four_lines():
    settings = {f"setting {n}": "some words" for n in range(9)}
    for arguments in (
        {"a": settings},
        {"a": settings, "b": settings},
        {"a": "x" * 999},
        dict.fromkeys("abc", settings),
    ):
        lines = render(Report(call=format_call("f", arguments)))
        assert len(lines) <= 4 and all(len(line) <= 11 + WIDTH for line in lines)
    assert format_call("f", {"a": settings}) == f"f(a={settings})"
