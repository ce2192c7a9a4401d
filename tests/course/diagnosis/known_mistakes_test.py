"""Which mistake a failed test is blamed on: the right one, or none."""

import sys
import textwrap
from unittest.mock import patch

import pytest
import torch

from course.base import time_limit
from course.base.switch import ROOT
from course.desk import pytest_plugin
from course.diagnosis import known_mistakes
from course.diagnosis.same_answer import alike
from course.observe.observer import Answer, Observation, Request

LESSON = "stage01_a/lesson13_made_up"

SOLUTION = '''\
import torch
from torch import Tensor


def weights(x: Tensor, beta: float = 1.0) -> Tensor:
    """Each number's share, sharpened by beta."""
    # > Softmax.
    if not beta > 0:
        raise ValueError(f"beta must be positive, not {beta}")
    return _shares(x / beta)


def _shares(x):
    return x.softmax(0)


def mean(x: Tensor) -> Tensor:
    """The weighted mean."""
    # > Weigh, add up.
    return (weights(x) * x).sum()


class Counter:
    """Counts."""

    def __init__(self, start: int = 0):
        self.count = start

    def add(self, n: int) -> int:
        """Adds n; gives the count so far."""
        # > Add.
        self.count += n
        return self.count
'''

MISTAKES = {
    "ex01": """\
wrong("All count alike.", {"return x.softmax(0)": "return 0 * x + 1 / len(x)"})
wrong("Multiplied by beta.", {"_shares(x / beta)": "_shares(x * beta)"})
wrong("Beta is forgotten.", {"_shares(x / beta)": "_shares(x)"})
wrong("Beta is not checked.", {"if not beta > 0:": "if False:"})
wrong("The message lacks the name.", {'f"beta must be positive, not {beta}"': 'f"{beta}"'})
wrong("Gradient is cut.", {"return x.softmax(0)": "return x.detach().softmax(0)"})
""",
    "ex02": """\
@wrong("The weights are forgotten.")
def mean(x):
    return x.mean()


wrong("Added up without weights.", {"(weights(x) * x).sum()": "x.sum()"})
wrong("The result is float32.", {"(weights(x) * x).sum()": "(weights(x) * x).sum().float()"})
""",
    "ex03": """\
wrong("Nothing is remembered.", {"self.count += n\\nreturn self.count": "return n"})
wrong("The count before is returned.", {"return self.count": "return self.count - n"})
""",
}
HEAD = "from course.base.attempt import Attempts\n\nwrong = Attempts()\n"

TESTS = """\
    import pytest
    import torch
    from hypothesis import strategies as st
    from lesson13_made_up.work import mean, weights
    from lesson13_made_up.testcases import scenarios
    from course.base.property_tests import for_all

    X = torch.tensor([1.0, 2.0], dtype=torch.float64)

    @pytest.mark.exercise("13.1")
    class TestWeights:
        def test_beta_one(self, observe):
            observe(weights, X).close(X.softmax(0))

        def test_beta_two(self, observe):
            observe(weights, X, beta=2).close((X / 2).softmax(0))

        def test_gradient(self, observe):
            seen = observe(weights, X, grad_of="x")
            seen.check(seen.value.requires_grad, "a gradient must flow")

        @pytest.mark.parametrize("beta", [0, -1])
        def test_refuses(self, observe, beta):
            with observe.raises(ValueError, match="beta"):
                observe(weights, X, beta=beta)

        @for_all(x=st.lists(st.floats(-3, 3), min_size=1, max_size=4))
        def test_all(self, observe, x):
            x = torch.tensor(x, dtype=torch.float64)
            observe(weights, x, beta=0.5).close((2 * x).softmax(0))

    @pytest.mark.exercise("13.2")
    class TestMean:
        def test_one(self, observe):
            observe(mean, X[:1]).close(1.0)

        def test_two(self, observe):
            observe(mean, X).close(float((X.softmax(0) * X).sum()))

    @pytest.mark.exercise("13.3")
    class TestCounter:
        def test_adds(self, observe):
            observe(scenarios.counting, [1, 2]).close([1, 3])
    """

SCENARIOS = """\
    from lesson13_made_up import work

    def counting(numbers):
        counter = work.Counter()
        return [counter.add(n) for n in numbers]
    """


class Whys:
    """A pytest plugin that keeps the why of each failed test."""

    def __init__(self):
        self.found = {}

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.found[report.nodeid.rpartition("::")[2]] = report.why


@pytest.fixture
def whys(tmp_path, write_files, manifest_text, lessons_at, monkeypatch):
    """`whys({old: new})`: the learner wrote the reference, changed so; which why has each failed test?"""
    write_files(tmp_path, {
        f"tutorial/{LESSON}/lesson.toml": manifest_text(
            "13.1 work.py:weights", "13.2 work.py:mean", "13.3 work.py:Counter.add"
        ),
        f"tutorial/{LESSON}/testcases/basic_test.py": TESTS,
        f"tutorial/{LESSON}/testcases/scenarios.py": SCENARIOS,
        f"solutions/{LESSON}/work.py": SOLUTION,
        **{f"solutions/{LESSON}/audit/{name}.py": HEAD + text for name, text in MISTAKES.items()},
        "pyproject.toml": (ROOT / "pyproject.toml").read_text(),
    })  # fmt: skip

    def run(changes, *options):
        text = SOLUTION
        for old, new in changes.items():
            assert text.count(old) == 1
            text = text.replace(old, new)
        write_files(tmp_path, {f"tutorial/{LESSON}/work.py": text})
        lessons_at(tmp_path)
        known_mistakes.forget()
        for name in [n for n in sys.modules if "lesson13_made_up" in n]:
            del sys.modules[name]
        sys.path_importer_cache.clear()
        kept, quiet = Whys(), ("-p", "no:terminal", "-p", "no:cacheprovider", "--noconftest")
        with patch.object(sys, "dont_write_bytecode", True):  # a changed file may be as old and as long as before
            pytest.main(
                [*quiet, "--rootdir", str(tmp_path), str(tmp_path / "tutorial"), *options], [pytest_plugin, kept]
            )
        return kept.found

    monkeypatch.setattr(known_mistakes, "SECONDS", 30.0)  # however busy the machine is
    yield run
    known_mistakes.forget()


def test_a_known_mistake_is_named_wherever_it_shows_also_in_its_gradient_alone(whys):
    seen = whys({"return _shares(x / beta)": "return torch.ones_like(x) / len(x) + 0 * x"})
    for name in ("test_beta_one", "test_beta_two", "test_all"):
        assert seen[name] == "All count alike."
    assert seen.get("test_gradient") in ("All count alike.", None)
    assert whys({"x / beta": "x.detach() / beta"}) == {"test_gradient": "Gradient is cut."}


def test_errors_are_told_apart_by_kind_and_by_what_the_test_awaited(whys):
    unchecked = whys({"if not beta > 0:": "if beta == 99:"})
    assert unchecked == {"test_refuses[0]": "Beta is not checked.", "test_refuses[-1]": "Beta is not checked."}
    unnamed = whys({'f"beta must be positive, not {beta}"': '"no"'})
    assert unnamed == {
        "test_refuses[0]": "The message lacks the name.",
        "test_refuses[-1]": "The message lacks the name.",
    }


def test_a_mistake_that_is_not_known_is_not_named(whys):
    seen = whys({"x / beta": "x / beta / 3"}, "-k", "TestWeights")
    assert seen and set(seen.values()) == {None}


def test_two_that_cannot_be_told_apart_are_tried_on_other_tests(whys):
    # In test_two alone the mean of one number shows nothing; test_beta_two tells * beta from no beta at all.
    seen = whys({"x / beta": "x * beta"}, "-k", "test_beta_two")
    assert seen == {"test_beta_two": "Multiplied by beta."}
    assert whys({"x / beta": "x"})["test_beta_two"] == "Beta is forgotten."


def test_what_other_tests_speak_against_is_not_named(whys):
    # For two numbers this answers as "the weights are forgotten" does, but not for one.
    seen = whys({"return (weights(x) * x).sum()": "return x.mean() if len(x) == 2 else x.sum() * 7"}, "-k", "test_two")
    assert seen == {"test_two": "The weights are forgotten."}  # nothing speaks against it: wrong elsewhere, too
    seen = whys({"return (weights(x) * x).sum()": "return x.sum() / 2 + 0.5 * (len(x) == 1)"}, "-k", "test_two")
    assert seen == {"test_two": "The weights are forgotten."}
    seen = whys(
        {"return x.softmax(0)": "return x.softmax(0) if x.max() < 1.9 else 0 * x + 1 / len(x)"}, "-k", "beta_one"
    )
    assert seen == {"test_beta_one": None}  # right at beta = 2, where "all count alike" would be wrong


def test_many_cases_of_one_test_do_not_stand_for_the_other_tests(whys, tmp_path):
    # Eight cases at beta = 2, in which "beta is forgotten" answers so. Only the test after them speaks against it.
    many = """\
        @pytest.mark.parametrize("n", range(8))
        def test_many(self, observe, n):
            observe(weights, X + n, beta=2).close((X / 2).softmax(0))

        def test_beta_three(self, observe):
            observe(weights, X, beta=3).close((X / 3).softmax(0))

        @pytest.mark.parametrize("beta", [0, -1])"""
    path = tmp_path / "tutorial" / LESSON / "testcases" / "basic_test.py"
    path.write_text(textwrap.dedent(TESTS.replace('        @pytest.mark.parametrize("beta", [0, -1])', many)))
    seen = whys({"_shares(x / beta)": "_shares(x if beta == 2 else x / beta)"}, "-k", "test_beta_two or test_many")
    assert len(seen) == 9 and set(seen.values()) == {None}


def test_a_method_is_replaced_where_scenarios_reach_it(whys):
    assert whys({"self.count += n\n        return self.count": "return n"}) == {"test_adds": "Nothing is remembered."}


def test_another_exercise_is_blamed_where_its_reference_makes_all_right(whys):
    # mean is right, weights is not, and so mean answers as if its weights were forgotten.
    blamed = "Not the fault of your mean: with the right weights (exercise 13.1) in its place"
    for wrong in ("x * 0", "x / 3"):
        assert whys({"x / beta": wrong}, "-k", "TestMean")["test_two"].startswith(blamed)
    seen = whys({"x / beta": "x / 3", "return (weights(x) * x).sum()": "return (weights(x) * x).sum() + 1"})
    assert seen["test_one"] is None and seen["test_two"] is None  # it has a mistake of its own, too


def test_a_mistake_with_which_the_test_passes_is_not_named(whys):
    # test_two accepts float32; it fails because weights is wrong.
    mean = "return (weights(x) * x).sum()"
    assert whys({"x / beta": "x / 3", mean: f"{mean}.float()"}, "-k", "TestMean") == {"test_two": None}
    seen = whys({"x / beta": "x / 3", mean: "return x.sum()"}, "-k", "TestMean")
    assert seen["test_two"] == "Added up without weights."  # it fails with that alone


def test_without_a_list_of_mistakes_or_with_a_broken_one_the_report_is_silent(whys, tmp_path):
    path = tmp_path / "solutions" / LESSON / "audit" / "ex01.py"
    path.write_text("def (:\n")
    assert set(whys({"x / beta": "x * beta"}, "-k", "TestWeights").values()) == {None}
    path.unlink()
    assert set(whys({"x / beta": "x * beta"}, "-k", "test_beta_two").values()) == {None}


@pytest.mark.parametrize(("before_the_answer", "seconds", "found"), [
    ("sum(range(4 * 10**7))", 0.3, None),  # computes for longer than it may
    ("while True: time.sleep(1)", 1.0, None),  # never ends, and computes nothing
    ("time.sleep(1.5)", 1.0, "The weights are forgotten."),  # waits for the processor, as on a busy machine
])  # fmt: skip
def test_after_a_second_of_computing_it_is_silent(whys, tmp_path, monkeypatch, before_the_answer, seconds, found):
    monkeypatch.setattr(known_mistakes, "SECONDS", seconds)
    monkeypatch.setattr(time_limit, "HANGS", 6)
    slow = MISTAKES["ex02"].replace("    return x.mean()", f"    {before_the_answer}\n    return x.mean()")
    (tmp_path / "solutions" / LESSON / "audit" / "ex02.py").write_text("import time\n" + HEAD + slow)
    assert whys({"return (weights(x) * x).sum()": "return x.mean()"}, "-k", "test_two")["test_two"] == found


def test_a_harmless_float_does_not_hide_the_mistake(whys):
    seen = whys({"return _shares(x / beta)": "return _shares(x.float() * beta)"}, "-k", "test_beta_two")
    assert seen == {"test_beta_two": "Multiplied by beta."}
    unknown = whys({"return _shares(x / beta)": "return _shares(x.float() / beta / 3)"}, "-k", "test_beta_two")
    assert unknown == {"test_beta_two": None}


# --- what counts as the same answer -------------------------------------------------------------------------------


def seen(value, grads=None, changed=(), problem=None):
    return Observation(Request(len, b""), Answer(value, grads or {}, list(changed), problem))


ONE = torch.tensor(1.0, dtype=torch.float64)


@pytest.mark.parametrize(("a", "b", "same"), [
    (seen(1.0), seen(1.0 + 1e-9), True), (seen(1.0), seen(1.001), False), (seen(1), seen(1.0), False),
    (seen(float("nan")), seen(float("nan")), True), (seen(True), seen(1), False), (seen("a"), seen("a"), True),
    (seen(ONE), seen(ONE + 1e-12), True), (seen(ONE), seen(ONE + 1e-5), False), (seen(ONE), seen(ONE.float()), False),
    (seen(ONE), seen(ONE[None]), False), (seen([1, {"a": ONE}]), seen([1, {"a": ONE.clone()}]), True),
    (seen([1]), seen((1,)), False), (seen([1]), seen([1, 2]), False), (seen({"a": 1}), seen({"b": 1}), False),
    (seen(ONE, {"x": None}), seen(ONE, {"x": 0 * ONE}), True), (seen(ONE, {"x": ONE}), seen(ONE, {"x": None}), False),
    (seen(1, changed=["x"]), seen(1), False), (seen(1, problem="shape"), seen(2, problem="shape"), True),
    (seen(1, problem="shape"), seen(1), False), (seen(None), seen(None), True),
    (seen(torch.tensor([1, 2])), seen(torch.tensor([1, 2])), True),
    (seen(torch.tensor([1, 2])), seen(torch.tensor([1, 3])), False),
])  # fmt: skip
def test_alike(a, b, same):
    assert alike(a, b) is same
    assert alike(b, a) is same


@pytest.mark.parametrize(("other", "same"), [
    (ONE.float(), True), (ONE.float() + 1e-3, False), (ONE.half(), False), (ONE.long(), False),
    (ONE.float()[None], False),
])  # fmt: skip
def test_alike_without_dtypes(other, same):
    assert alike(seen([ONE], {"x": ONE}), seen([other], {"x": other}), dtypes=False) is same
    assert not alike(seen(ONE), seen(other))


def test_errors_that_were_asked_for_are_alike_if_their_kind_is():
    def raised(error, match=None):
        return Observation(Request(len, b""), error, match)

    assert alike(raised(ValueError("a"), ""), raised(ValueError("b"), ""))
    assert not alike(raised(ValueError("a"), ""), raised(TypeError("a"), ""))
    assert alike(raised(TypeError("a")), raised(TypeError("a")))
    assert not alike(raised(TypeError("a")), raised(TypeError("b")))  # nobody asked for an error
    assert not alike(raised(ValueError("beta"), "beta"), raised(ValueError("b"), "beta"))
    assert not alike(raised(ValueError("a")), seen(1))
