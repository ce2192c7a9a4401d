"""`for_all`: the same seed gives the same draws; with few draws, as in grading, none is the simplest."""

import sys

import pytest
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from course.base.errors import UsageError
from course.base.property_tests import for_all

NUMBER = st.integers(0, 10**9)


@pytest.fixture
def draws(monkeypatch):
    """`draws(few, seed, number=strategy)`: what a property test is given. `few`: PROPERTY_EXAMPLES."""

    def draw(few="", seed="0", examples=25, test=lambda value: None, strategy=NUMBER):
        monkeypatch.setenv("PROPERTY_EXAMPLES", few)
        monkeypatch.setenv("PROPERTY_SEED", seed)
        drawn = []

        @for_all(examples, value=strategy)
        def property_test(value):
            drawn.append(value)
            test(value)

        try:
            property_test()
        except AssertionError:
            drawn.append("failed")
        return drawn

    return draw


@pytest.mark.parametrize(("few", "count"), [("", 25), ("6", 6)])
def test_the_same_seed_gives_the_same_draws_and_another_seed_others(draws, few, count):
    drawn = draws(few, seed="3")
    assert len(drawn) == count and len(set(drawn)) > count / 2
    assert draws(few, seed="3") == drawn
    assert not {*draws(few, seed="4")} & {*drawn} - {0}


def test_few_draws_are_the_first_of_more_and_none_is_the_simplest(draws):
    for seed in "01234":
        more = draws("6", seed)
        assert draws("2", seed) == more[:2] and 0 not in more
    assert draws("2", strategy=st.sampled_from([3, 4])) == [4]
    assert draws("2", strategy=st.just(3)) == [3]


def test_a_slow_test_gets_one_of_few_draws(draws):
    assert (len(draws("5", examples=10)), len(draws("5", examples=11)), len(draws("40", examples=11))) == (1, 5, 11)


def test_no_draw_depends_on_which_modules_are_loaded(draws, tmp_path, monkeypatch):
    constants = set(range(123_400_000, 123_400_500))
    before = draws(examples=150)
    (tmp_path / "many_constants.py").write_text(f"NUMBERS = {constants}\n")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("many_constants")
    try:
        assert draws(examples=150) == before
        assert len({*before} & constants) == 0
    finally:
        del sys.modules["many_constants"]


def test_of_few_draws_the_first_that_fails_ends_it(draws):
    def fails(value):
        assert value <= 1000

    *drawn, last = draws("5", test=fails)
    assert last == "failed" and len({*drawn}) == 1  # hypothesis runs it once more to be sure
    *drawn, last = draws(test=fails)
    assert last == "failed" and len({*drawn}) > 1 and drawn[-1] == 1001  # the simplest that fails


def test_an_assumption_that_nothing_fulfils_is_no_pass(draws):
    assert draws("2", test=lambda value: assume(value % 2))
    with pytest.raises(Unsatisfiable):
        draws("2", test=lambda value: assume(False))


@pytest.mark.parametrize("few", ["", "4"])
def test_the_test_keeps_its_own_arguments_and_can_run_again(monkeypatch, few):
    monkeypatch.setenv("PROPERTY_EXAMPLES", few)

    class Observer:
        starts = 0

        def start(self):
            self.starts += 1

    seen = []

    class TestIt:
        @for_all(examples=12, data=st.data(), flag=st.booleans())
        def test_it(self, observe, flag, data):
            seen.append((observe.starts, flag, data.draw(st.text("abc"))))

    for _ in range(2):
        TestIt().test_it(observe=Observer())
    half = len(seen) // 2
    assert seen[:half] == seen[half:] and [one[0] for one in seen[:half]] == list(range(1, half + 1))
    assert half == (4 if few else 12)


@pytest.mark.parametrize("name", ["PROPERTY_EXAMPLES", "PROPERTY_SEED"])
@pytest.mark.parametrize("value", ["-1", "x", "1.5"])
def test_what_is_no_number_is_reported(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=f"{name}='{value}' is not a"):
        for_all(value=NUMBER)(lambda value: None)
