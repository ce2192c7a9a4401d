"""`observe`, the one door: what it gives back, what it compares, what it refuses, and what it never touches."""

import functools
import math

import numpy as np
import pytest
import torch
from hypothesis import strategies as st
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course.base.object_spec import Spec
from course.base.property_tests import for_all
from course.observe.observer import Observer
from course.observe.report import ObservationFailed

BIGRAM = Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[0.0, 1.0], [2.0, 3.0]]})


def lesson(function):
    """Lets a function of this file pass for a lesson's."""
    function.__module__ = "lesson13_made_up.code"
    return function


@lesson
def same(x):
    return x


@lesson
def double(x, factor=2.0):
    return x * factor


@lesson
def fails(message, kind="ValueError"):
    kinds = {k.__name__: k for k in (ValueError, KeyError, NotImplementedError, ZeroDivisionError)}
    raise kinds[kind](message)


def test_keywords_and_defaults_are_as_in_any_call(observe):
    observe(double, x=3.0, factor=0.5).close(1.5)
    observe(double, factor=2, x=3).close(6)
    with pytest.raises(TypeError, match="missing a required argument: 'x'"):
        observe(double, factor=2)
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        observe(double, 1, z=2)


# --- comparing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "expected"), [
    (1, 1.0), (torch.tensor(2.0), 2), (torch.tensor([1, 2]), torch.tensor([1.0, 2.0])), (1 + 1e-7, 1.0), (1e-10, 0.0),
    (torch.ones(2, dtype=torch.bfloat16), torch.ones(2)), (torch.zeros(0), torch.ones(0)),
    ([1, (2, {"a": torch.ones(2)})], [1, (2, {"a": torch.ones(2)})]), ("text", "text"), (None, None), (True, True),
    (torch.tensor([-math.inf, 1]), torch.tensor([-math.inf, 1])), (torch.tensor([1 + 2j]), torch.tensor([1 + 2j])),
    (torch.tensor([True, False]), torch.tensor([1, 0])),
])  # fmt: skip
def test_equal_values_are_close(observe, value, expected):
    observe(same, value).close(expected)


@pytest.mark.parametrize(("value", "expected", "differs"), [
    (torch.tensor(1.0), 1.5, "by -0.5"),
    (1e-5, 0.0, "by 1e-05"),
    (torch.tensor([1.0, 2.0, 4.0]), torch.tensor([1.0, 3.0, 5.0]), "first at [1]: 2 against 3 (2 of 3 differ)"),
    (torch.ones(3), torch.ones(3, 1), "the shape is (3,), expected (3, 1)"),
    (torch.ones(1), 1.0, "the shape is (1,), expected ()"),
    ({"a": [1, torch.ones(2)]}, {"a": [1, torch.ones(3)]}, "['a'][1] shape is (2,), expected (3,)"),
    ({"a": [1, torch.ones(2)]}, {"a": [1, torch.zeros(2)]}, "first at ['a'][1][0]: 1 against 0 (2 of 2 differ)"),
    ([1, 2], (1, 2), "it is a list of length 2, expected a tuple of length 2"),
    ({"a": 1}, {"b": 1}, "it is a dict with the keys ['a'], expected a dict with the keys ['b']"),
    (["a"], ["b"], "[0] is 'a'"),
    (None, 0.0, "the value is None, not numbers"),
    (True, 1, "the value is True, not numbers"),
    (torch.ones(2), None, "it is [1, 1]"),
    (math.nan, math.nan, "by nan"),
    (torch.tensor([1, math.nan]), torch.tensor([1, math.nan]), "first at [1]: nan against nan (1 of 2 differ)"),
    (1e300, math.inf, "by -inf"),
    (torch.tensor([math.inf]), torch.tensor([1.0]), "first at [0]: inf against 1 (1 of 1 differ)"),
])  # fmt: skip
def test_the_first_difference_is_told(observe, value, expected, differs):
    assert part(difference(observe, value, expected), "differs") == differs


def test_tolerances_can_be_given_and_python_numbers_are_compared_in_double_precision(observe):
    observe(same, 1.1).close(1.0, rtol=0.2)
    observe(same, 0.1).close(0.0, atol=0.2)
    observe(same, 0.1).close(torch.tensor(0.1, dtype=torch.float64), rtol=1e-15, atol=0)
    observe(same, torch.tensor(1 / 3, dtype=torch.float64)).close(1 / 3, rtol=1e-15, atol=0)
    observe(same, 2**70).close(2**70)
    with pytest.raises(ObservationFailed):
        observe(same, 1.0 + 1e-12).close(1.0, rtol=1e-13, atol=0)


def test_the_failing_text_says_what_was_called_and_what_came_back(observe):
    with pytest.raises(ObservationFailed) as caught:
        observe(double, torch.tensor([1.0, 2.0]), factor=3).close(torch.tensor([3.0, 5.0]))
    assert str(caught.value).splitlines() == [
        "  called   double(x=[1, 2], factor=3)",
        "  got      [3, 6]",
        "  expected [3, 5]",
        "  differs  first at [1]: 6 against 5 (1 of 2 differ)",
    ]


# --- parts of a result -----------------------------------------------------------------------------------------


def test_parts_are_reached_by_index_and_key(observe):
    seen = observe(same, (1, {"loss": [2, torch.tensor([[3.0, 4.0]])]}))
    seen[0].close(1)
    seen[-1]["loss"][0].close(2)
    seen[1]["loss"][1][0].close(torch.tensor([3.0, 4.0]))
    seen[1]["loss"][1][0, 1].close(4)


def test_a_wrong_or_missing_part_is_told_with_its_place(observe):
    with pytest.raises(ObservationFailed) as caught:
        observe(same, (1, {"loss": 2}))[1]["loss"].close(3)
    assert part(str(caught.value), "got") == "[1]['loss']: 2"
    with pytest.raises(ObservationFailed) as caught:
        observe(same, {"items": [{"prompt": "1", "length": 1}]})["items"][0]["answer"]
    assert part(str(caught.value), "says") == "['items'][0] of the result has no 'answer', only 'prompt', 'length'"


def test_check_and_fail_say_the_given_sentence(observe):
    seen = observe(same, 3)
    seen.check(True, "never said")
    for complain in (lambda: seen.check(False, "it must be even"), lambda: seen.check(0, "it must be even")):
        with pytest.raises(ObservationFailed) as caught:
            complain()
        assert str(caught.value).splitlines() == ["  called   same(x=3)", "  got      3", "  says     it must be even"]


def test_a_comparison_can_say_what_it_is_about(observe):
    with pytest.raises(ObservationFailed) as caught:
        observe(same, 3).close(4, says="three is one too few")
    assert part(str(caught.value), "says") == "three is one too few"
    assert part(str(caught.value), "differs") == "by -1"


def test_a_wrong_dtype_is_told_with_the_value_and_those_of_the_call(observe):
    seen = observe(same, torch.tensor([1.5], dtype=torch.float64))
    seen.has_dtype(torch.float64, "never said")
    with pytest.raises(ObservationFailed) as caught:
        seen.has_dtype(torch.float32, "single precision is asked for")
    assert str(caught.value).splitlines() == [
        "  called   same(x=[1.5] float64)",
        "  got      [1.5], float64",
        "  expected float32",
        "  says     single precision is asked for",
    ]
    with pytest.raises(ObservationFailed) as caught:
        observe(same, {"loss": 1.5})["loss"].has_dtype(torch.float32, "a tensor is asked for")
    assert part(str(caught.value), "got") == "['loss']: 1.5, float"


def test_dtypes_are_told_where_they_may_matter(observe):
    def called(x, factor):
        with pytest.raises(ObservationFailed) as caught:
            observe(double, x, factor).check(False, "it failed")
        return part(str(caught.value), "called")

    one, half = torch.tensor([1.0]), torch.tensor([1.0], dtype=torch.float16)
    assert called(one, one) == "double(x=[1], factor=[1])"
    assert called(one.double(), one.double()) == "double(x=[1], factor=[1])"
    assert called(one.double(), 2 * one) == "double(x=[1] float64, factor=[2] float32)"
    assert called(half, 1) == "double(x=[1] float16, factor=1)"


# --- gradients -------------------------------------------------------------------------------------------------


def test_the_gradient_to_a_tensor(observe):
    seen = observe(lesson(lambda x: (x**2).sum()), torch.tensor([1.0, 3.0]), grad_of="x")
    seen.close(10)
    seen.grad("x").close(torch.tensor([2.0, 6.0]))
    with pytest.raises(ObservationFailed) as caught:
        seen.grad("x").close(torch.tensor([2.0, 5.0]))
    assert part(str(caught.value), "got") == "gradient to x: [2, 6]"


def test_the_gradient_to_a_models_parameters(observe):
    seen = observe(lesson(lambda model, ids: model(ids).logits.sum()), BIGRAM, torch.tensor([[1, 1]]), grad_of="model")
    seen.close(10)
    seen.grad("model").close({"logits": torch.tensor([[0.0, 0.0], [2.0, 2.0]])})
    seen.grad("model")["logits"][1].close(torch.tensor([2.0, 2.0]))


def test_the_loss_of_a_tuple_or_dict_is_what_is_derived(observe):
    x = torch.tensor(3.0)
    observe(lesson(lambda x: (x * 2, x * 5)), x, grad_of="x").grad("x").close(2)
    observe(lesson(lambda x: {"other": x * 5, "loss": x * 2}), x, grad_of="x").grad("x").close(2)


def test_no_path_is_none_and_as_good_as_zeros(observe):
    for function in (lambda x, y: (y * 2).sum(), lambda x, y: (x.detach() * y).sum(), lambda x, y: x.sum() * 0 + 1):
        seen = observe(lesson(function), torch.ones(2), torch.ones(2), grad_of=("x", "y"))
        seen.grad("x").close(torch.zeros(2))
        seen.grad("x").no_gradient("the x are constants")
    assert observe(lesson(lambda x: torch.ones(())), torch.ones(2), grad_of="x").grad("x").value is None
    with pytest.raises(ObservationFailed):
        observe(lesson(lambda x: torch.ones(())), torch.ones(2), grad_of="x").grad("x").close(torch.ones(2))


@pytest.mark.parametrize("function", [lambda x: (x * 3).sum(), lambda x: (x * math.nan).sum()])
def test_a_gradient_where_none_may_be_is_told(observe, function):
    seen = observe(lesson(function), torch.ones(2), grad_of="x")
    with pytest.raises(ObservationFailed, match="the x are constants"):
        seen.grad("x").no_gradient("the x are constants")


@pytest.mark.parametrize("result", [3.0, None, [torch.ones(2)], (), {"los": torch.ones(2)}], ids=repr)
def test_a_result_that_has_no_gradient_is_told_in_a_sentence(observe, result):
    with pytest.raises(ObservationFailed) as caught:
        observe(lesson(lambda x: result), torch.ones(2), grad_of="x")
    assert part(str(caught.value), "says").startswith("the result must be a tensor for its gradient to be taken")


@pytest.mark.parametrize(("argument", "name"), [(torch.ones(2), "y"), (torch.arange(2), "x"), (2.0, "x")], ids=str)
def test_a_gradient_to_what_has_none_is_the_tests_own_mistake(observe, argument, name):
    with pytest.raises(TypeError, match=f"grad_of='{name}': not an argument that is a float tensor or a model"):
        observe(same, argument, grad_of=name)


# --- errors ----------------------------------------------------------------------------------------------------


def test_the_right_error_passes(observe):
    with observe.raises(ValueError, match="BETA must"):
        observe(fails, "beta must be positive")
    with observe.raises(KeyError, ValueError):
        observe(fails, "x")


def test_another_error_another_message_and_no_error_are_told(observe):
    with pytest.raises(ObservationFailed) as caught, observe.raises(ValueError, KeyError):
        observe(fails, "by zero", kind="ZeroDivisionError")
    assert str(caught.value).splitlines() == [
        "  called   fails(message='by zero', kind='ZeroDivisionError')",
        "  got      ZeroDivisionError: by zero",
        "  expected a ValueError or KeyError",
    ]
    with pytest.raises(ObservationFailed) as caught, observe.raises(ValueError, match="beta"):
        observe(fails, "alpha")
    assert part(str(caught.value), "got") == "ValueError: alpha"
    assert part(str(caught.value), "expected") == "a ValueError whose message contains 'beta'"
    with pytest.raises(ObservationFailed) as caught, observe.raises(ValueError):
        observe(double, 3)
    assert part(str(caught.value), "got") == "no error, but 6"


@pytest.mark.parametrize(("awaited", "expected"), [
    ({"match": r"train\.jsonl"}, "contains 'train.jsonl'"),
    ({"match": "log_probs|rewards"}, "contains 'log_probs' or 'rewards'"),
    ({"match": r"\b3\b"}, r"matches '\\b3\\b'"), ({"match": r"\b3\b", "says": "names line 3"}, "names line 3"),
])  # fmt: skip
def test_what_a_message_must_say_is_told_in_words(observe, awaited, expected):
    for call, value in ((fails, "alpha"), (double, 3)):
        with pytest.raises(ObservationFailed) as caught, observe.raises(ValueError, **awaited):
            observe(call, value)
        assert part(str(caught.value), "expected") == f"a ValueError whose message {expected}"


def test_an_error_of_the_test_itself_passes_through(observe):
    with pytest.raises(ValueError, match="could not convert"), observe.raises(ValueError):
        observe(double, float("x"))
    with pytest.raises(ZeroDivisionError), observe.raises(ValueError):
        observe(double, 1 / 0)


def test_an_unwritten_exercise_passes_through(observe):
    says = "not written yet: exercise 13.2, loss/grpo.py:compute_grpo_loss"
    with pytest.raises(NotImplementedError, match=says), observe.raises(Exception):
        observe(fails, says, kind="NotImplementedError")


def test_a_learners_own_not_implemented_error_is_like_any_other(observe):
    with pytest.raises(ObservationFailed) as caught, observe.raises(ValueError):
        observe(fails, "no estimator k9", kind="NotImplementedError")
    assert part(str(caught.value), "got") == "NotImplementedError: no estimator k9"
    assert part(str(caught.value), "expected") == "a ValueError"
    with observe.raises(NotImplementedError, match="k9"):
        observe(fails, "no estimator k9", kind="NotImplementedError")


def test_a_block_that_observes_nothing_is_the_tests_own_mistake(observe):
    observe(double, 1)
    with pytest.raises(TypeError, match="nothing was observed"), observe.raises(ValueError):
        pass


# --- arguments -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("argument", "change"), [
    (torch.zeros(2), lambda x: x.add_(1)),
    ([1, 2], lambda x: x.append(3)),
    ({"a": 1}, lambda x: x.pop("a")),
    ([{"a": [torch.zeros(2)]}], lambda x: x[0]["a"][0].add_(1)),
    ([1], lambda x: x.append({2})),
], ids=["tensor", "append", "pop", "deep inside", "not plain afterwards"])  # fmt: skip
def test_a_change_in_place_is_reported_and_does_not_reach_the_test(observe, argument, change):
    before = repr(argument)

    def changes(first, argument):
        change(argument)
        return 1

    seen = observe(lesson(changes), [0], argument)
    assert repr(argument) == before
    with pytest.raises(ObservationFailed) as caught:
        seen.inputs_unchanged()
    assert part(str(caught.value), "says") == "the call changed its argument 'argument' in place; work on a copy"


def test_unchanged_arguments_are_not_reported(observe):
    arguments = ([1, {"a": torch.tensor([math.nan, -0.0])}], torch.ones(2), BIGRAM, "text")
    observe(lesson(lambda *x: 1), *arguments).inputs_unchanged()
    observe(lesson(lambda x: (x * 2).sum()), torch.ones(2), grad_of="x").inputs_unchanged()
    observe(lesson(lambda x: x.requires_grad_() is x), torch.ones(2)).inputs_unchanged()


def adds_one(model, x):
    return x.add_(1)


def changes_mode(model, x):
    model.train(not model.training)
    return x + 1


def leaves_all_as_it_was(model, x):
    was = model.training
    model.train(not was)
    model.train(was)
    return x + 1


@pytest.mark.parametrize(("function", "says"), [
    (adds_one, "the call changed its argument 'x' in place; work on a copy"),
    (changes_mode, "the call left 'model' in another mode (train or eval) than it found it in"),
    (leaves_all_as_it_was, None),
])  # fmt: skip
def test_strict_fails_at_the_call_if_it_changed_an_argument_or_a_mode(function, says):
    call = lesson(function), BIGRAM, torch.zeros(2)
    Observer()(*call).close(torch.ones(2))
    if says is None:
        Observer(strict=True)(*call).close(torch.ones(2))
        return
    with pytest.raises(ObservationFailed) as caught:
        Observer(strict=True)(*call)
    assert part(str(caught.value), "says") == says


def test_a_scenario_may_choose_a_models_mode_but_not_change_its_arguments(monkeypatch):
    for function in (adds_one, changes_mode):
        monkeypatch.setattr(function, "__module__", "lesson13_made_up.testcases.scenarios")
    Observer(strict=True)(changes_mode, BIGRAM, torch.zeros(2)).close(torch.ones(2))
    with pytest.raises(ObservationFailed, match="changed its argument 'x' in place"):
        Observer(strict=True)(adds_one, BIGRAM, torch.zeros(2))


def test_a_result_that_is_an_argument_is_a_copy(observe):
    x = torch.zeros(2)
    seen = observe(same, x)
    seen.value.add_(1)
    assert x.tolist() == [0, 0]
    seen.inputs_unchanged()


def test_specs_are_built_for_the_call_and_nothing_else(observe):
    observe(lesson(lambda model: type(model).__name__), BIGRAM).close("BigramLM")
    observe(lesson(lambda model: model.logits.sum().item()), model=BIGRAM).close(6.0)


# --- results ---------------------------------------------------------------------------------------------------


@lesson
def last_token(x: Float[Tensor, "batch tokens"], result) -> Float[Tensor, "batch"]:
    return result


@lesson
def next_tokens(x: Float[Tensor, "batch tokens"], result) -> Float[Tensor, "batch tokens-1"]:
    return result


@lesson
def one_number(result) -> Float[Tensor, ""]:
    return result


@lesson
def loss_and_mask(x: Float[Tensor, "batch"], result) -> tuple[Float[Tensor, ""], Bool[Tensor, "batch"]]:
    return result


@lesson
def rows_or_none(x: Float[Tensor, "batch"], result) -> Float[Tensor, "2 batch"] | Int[Tensor, "batch _"] | None:
    return result


@lesson
def any_batch(x: Float[Tensor, "... tokens"], result) -> Float[Tensor, "... tokens"]:
    return result


X = torch.zeros(2, 3)


@pytest.mark.parametrize(("function", "arguments"), [
    (last_token, (X, torch.zeros(2, dtype=torch.bfloat16))),
    (next_tokens, (X, torch.zeros(2, 2))),
    (loss_and_mask, (torch.zeros(2), (torch.tensor(1.0), torch.ones(2, dtype=torch.bool)))),
    (rows_or_none, (torch.zeros(3), torch.zeros(2, 3))),
    (rows_or_none, (torch.zeros(3), torch.zeros(3, 7, dtype=torch.int64))),
    (rows_or_none, (torch.zeros(3), None)),
    (any_batch, (torch.zeros(4, 2, 3), torch.zeros(5, 3))),
])  # fmt: skip
def test_declared_shapes_are_accepted(observe, function, arguments):
    observe(function, *arguments)


@pytest.mark.parametrize(("function", "arguments", "says"), [
    (last_token, (X, X), "the result must have the shape (batch) with batch = 2, but its shape is (2, 3)"),
    (last_token, (X, 0.5), "the result must be a tensor of shape (batch) with batch = 2, but it is 0.5"),
    (last_token, (X, torch.zeros(2, dtype=torch.int64)), "the result must hold float numbers, but its dtype is int64"),
    (next_tokens, (X, X),
     "the result must have the shape (batch, tokens-1) with batch = 2, but its shape is (2, 3)"),
    (one_number, (torch.zeros(1),), "the result must have the shape a single number, shape (), but its shape is (1,)"),
    (loss_and_mask, (torch.zeros(2), torch.tensor(1.0)),
     "the result must be a tuple of 2 things, but it is a tensor of shape ()"),
    (loss_and_mask, (torch.zeros(2), (torch.tensor(1.0), torch.ones(2))),
     "the result[1] must hold bool numbers, but its dtype is float32"),
    (rows_or_none, (torch.zeros(3), torch.zeros(3, 3)),
     "the result must have the shape (2, batch) with batch = 3, but its shape is (3, 3)"),
    (any_batch, (torch.zeros(4, 3), torch.zeros(())),
     "the result must have the shape (..., tokens) with tokens = 3, but its shape is ()"),
])  # fmt: skip
def test_violated_shapes_are_told_in_a_sentence(observe, function, arguments, says):
    with pytest.raises(ObservationFailed) as caught:
        observe(function, *arguments)
    assert part(str(caught.value), "says") == says


@pytest.mark.parametrize(("make", "says"), [
    (lambda: np.ones(2),
     "the result is a numpy ndarray; make it a tensor (torch.as_tensor) or a plain number; return plain data"),
    (lambda: {"loss": np.float32(1)}, "the result['loss'] is a numpy float32; make it a tensor"),
    (lambda: [1, {2}], "the result[1] is a set, which is not plain data"),
    (lambda: object(), "the result is a object, which is not plain data"),
])  # fmt: skip
def test_a_result_that_is_not_plain_is_refused_with_what_to_return_instead(observe, make, says):
    with pytest.raises(ObservationFailed) as caught:
        observe(lesson(lambda: make()))
    assert part(str(caught.value), "says").startswith(says)
    assert part(str(caught.value), "says").endswith("return plain data")


# --- what may be observed, and what stays as it was --------------------------------------------------------------


@pytest.mark.parametrize("thing", [
    len, torch.ones(2).sum, np.sum, lambda x: x, functools.partial(same, 1), 3,
    type("Loss", (), {"__module__": "lesson13_made_up.code"}),
], ids=["built in", "a tensor's", "numpy's", "the test's", "partial", "number", "class"])  # fmt: skip
def test_what_is_no_function_of_a_lesson_is_refused(observe, thing):
    with pytest.raises(TypeError, match="observe takes a function of a lesson or a scenario, not"):
        observe(thing, torch.ones(2))


def test_random_state_is_as_it_was_before_the_call(observe):
    draw = lesson(lambda n: torch.randn(n))
    state = torch.get_rng_state()
    first, second = observe(draw, 3), observe(draw, 3)
    assert torch.equal(torch.get_rng_state(), state)
    first.close(second.value)


@for_all(numbers=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5))
def test_it_works_inside_a_property_test(observe, numbers):
    x = torch.tensor(numbers, dtype=torch.float64)
    seen = observe(double, x, grad_of="x")
    seen.close(x * 2)
    seen.grad("x").close(torch.full_like(x, 2))


def test_the_log_holds_calls_and_errors():
    observer = Observer()
    observer(double, 1)
    with pytest.raises(ValueError, match="x"):
        observer(fails, "x")
    assert [seen.request.name for seen in observer.log] == ["double", "fails"]
    assert [type(seen.outcome).__name__ for seen in observer.log] == ["Answer", "ValueError"]
    observer.start()
    assert observer.log == []


WEIGHTS = {"after": {"tokens": torch.arange(64.0).view(8, 8) / 7, "positions": torch.ones(8, 8)}, "metrics": [1]}


def changed(row, column, by=0.5):
    """WEIGHTS, another number in one place."""
    tokens = WEIGHTS["after"]["tokens"].clone()
    tokens[row, column] += by
    return {**WEIGHTS, "after": {**WEIGHTS["after"], "tokens": tokens}}


@pytest.mark.parametrize(("value", "expected", "got", "wanted"), [
    (1.0000454, 1.0, "1.000045", "1"),
    (torch.tensor([0.5, 0.70711]), torch.tensor([0.5, 0.70706]), "[0.5, 0.70711]", "[0.5, 0.70706]"),
    ([1, (2, {"a": 1.00001})], [1, (2, {"a": 1})], "[1, (2, {'a': 1.00001})]", "[1, (2, {'a': 1})]"),
    (changed(2, 3), WEIGHTS, "['after']['tokens'][2]: [2.2857, 2.4286, 2.5714, 3.2143, 2.8571, 3, 3.1429, 3.2857]",
     "[2.2857, 2.4286, 2.5714, 2.7143, 2.8571, 3, 3.1429, 3.2857]"),
    (changed(0, 3), WEIGHTS, "['after']['tokens']: [0, 0.1429, 0.2857, 0.9286, ...] shape (8, 8), float32",
     "[0, 0.1429, 0.2857, 0.4286, ...] shape (8, 8), float32"),
    ({"a": torch.zeros(9, 40)}, {"a": torch.eye(40)[31:]}, "['a'][0, 31]: 0", "1"),
    ({"a": torch.zeros(40)}, {"a": torch.zeros(41)}, "['a']: [0, 0, 0, 0, ...] shape (40,), float32",
     "[0, 0, 0, 0, ...] shape (41,), float32"),
    (["text"] * 60, ["text"] * 61, "a list of length 60", "a list of length 61"),
    (10**400, 1.0, "1" + "0" * 92 + "...", "1"),
], ids=lambda value: repr(value)[:20])  # fmt: skip
def test_the_difference_can_be_seen(observe, value, expected, got, wanted):
    text = difference(observe, value, expected)
    assert (part(text, "got"), part(text, "expected")) == (got, wanted)


def test_the_place_stands_behind_the_part_that_was_looked_at(observe):
    with pytest.raises(ObservationFailed) as caught:
        observe(same, changed(6, 0))["after"].close(WEIGHTS["after"])
    assert part(str(caught.value), "got").startswith("['after']['tokens'][6]: [7.3571, 7, 7.1429, ")
    assert part(str(caught.value), "differs") == "first at ['tokens'][6, 0]: 7.35714 against 6.85714 (1 of 64 differ)"


THIRDS = torch.tensor([1 / 3, 2 / 3], dtype=torch.float64)
LOST = "; the answer is float32, float64 is expected: computed in too low a precision"


@pytest.mark.parametrize(("value", "expected", "end"), [
    (THIRDS.float(), THIRDS, f"first at [0]: 0.33333334 against 0.33333333 (2 of 2 differ){LOST}"),
    (THIRDS.float() + 1e-4, THIRDS, "differ)"), (THIRDS + 1e-8, THIRDS, "differ)"),
    (torch.tensor([1.0, math.nan]), torch.tensor([1.0, -math.inf]).double(), "differ)"),
])  # fmt: skip
def test_an_answer_of_too_low_a_precision_is_told(observe, value, expected, end):
    with pytest.raises(ObservationFailed) as caught:
        observe(same, value).close(expected, rtol=1e-9, atol=0)
    assert part(str(caught.value), "differs").endswith(end)


def difference(observe, value, expected):
    """The text with which `value` fails to be close to `expected`."""
    with pytest.raises(ObservationFailed) as caught:
        observe(same, value).close(expected)
    return str(caught.value)


def part(report, label):
    """The text behind `label` in a report."""
    return next(line[11:] for line in report.splitlines() if line.startswith(f"  {label:<9}"))


class Scripted:
    """A function without a signature, as torch.jit.script makes them."""

    __module__, __call__ = "lesson13_made_up.code", max


def test_a_function_without_a_signature_is_told_so(observe):
    with pytest.raises(TypeError, match="Scripted has no signature that Python can read: make it a plain function"):
        observe(Scripted(), torch.ones(2))
    with pytest.raises(TypeError, match="define it with def"):
        observe(functools.partial(same), torch.ones(2))


def test_a_signature_that_has_lost_its_names_is_told(observe):
    with pytest.raises(TypeError, match="no argument called log_probs: keep the signature"):
        observe(lesson(lambda *arguments: arguments[0].sum()), torch.ones(2), grad_of="log_probs")
