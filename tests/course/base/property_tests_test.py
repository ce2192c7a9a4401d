"""`for_all` with few draws, as in grading: each for itself, new with each seed, and none the simplest."""

import subprocess
import sys

import pytest

from course.base.switch import ROOT

TESTS = """\
    import pytest
    from hypothesis import strategies as st
    from course.base.property_tests import for_all

    class Observer:
        starts = 0

        def start(self):
            Observer.starts += 1

    @pytest.fixture
    def observe():
        return Observer()

    class TestIt:
        @for_all(number=st.integers(0, 10**9), data=st.data())
        def test_drawn(self, observe, number, data):
            word = data.draw(st.text("abc", min_size=1, max_size=20))
            with open("drawn.txt", "a") as file:
                print(observe.starts, number, word, file=file)

        @for_all(number=st.integers(0, 9))
        def test_fails(self, number):
            with open("failed.txt", "a") as file:
                print(number, file=file)
            assert number > 9, f"it is {number}"

        @for_all(number=st.sampled_from([3, 4]))
        def test_of_two_the_other_one_than_the_simplest(self, number):
            assert number == 4

        @for_all(examples=10, number=st.integers(0, 10**9))
        def test_is_dear(self, number):
            with open("dear.txt", "a") as file:
                print(number, file=file)

        @for_all(examples=11, number=st.integers(0, 10**9))
        def test_is_not(self, number):
            with open("cheap.txt", "a") as file:
                print(number, file=file)
    """


@pytest.fixture
def draws(tmp_path, write_files, copy_machinery):
    """`draws(name, **environment)`: the lines that a run of the tests above writes to the file of that name."""
    copy_machinery(tmp_path)
    write_files(tmp_path, {"it_test.py": TESTS})

    def run(name, monkeypatch, **environment):
        for key, value in environment.items():
            monkeypatch.setenv(key, value)
        (tmp_path / name).unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--noconftest", "it_test.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return (tmp_path / name).read_text().splitlines(), done.stdout

    return run


def test_few_draws_are_drawn_each_for_itself(draws, monkeypatch):
    lines, _ = draws("drawn.txt", monkeypatch, PROPERTY_EXAMPLES="6", PROPERTY_SEED="3")
    assert [line.split()[0] for line in lines] == list("123456")  # the report is about the last alone
    drawn = [line.split(maxsplit=1)[1] for line in lines]
    assert len(set(drawn)) == 6 and "0 a" not in drawn
    again, _ = draws("drawn.txt", monkeypatch)
    others, _ = draws("drawn.txt", monkeypatch, PROPERTY_SEED="4")
    assert again == lines
    assert not set(others) & set(lines)


def test_fewer_draws_are_the_first_of_more(draws, monkeypatch):
    more, _ = draws("drawn.txt", monkeypatch, PROPERTY_EXAMPLES="4")
    fewer, _ = draws("drawn.txt", monkeypatch, PROPERTY_EXAMPLES="2")
    assert fewer == more[:2]


def test_the_first_that_fails_ends_it(draws, monkeypatch):
    lines, shown = draws("failed.txt", monkeypatch, PROPERTY_EXAMPLES="5")
    assert lines and len(set(lines)) == 1  # hypothesis runs it once more to be sure
    assert f"it is {lines[0]}" in shown
    assert "1 failed, 4 passed" in shown


def test_a_dear_test_is_drawn_for_once(draws, monkeypatch):
    lines, _ = draws("dear.txt", monkeypatch, PROPERTY_EXAMPLES="5")
    assert len(lines) == 1
    lines, _ = draws("cheap.txt", monkeypatch)
    assert len(lines) == 5


AGAIN = """\
import sys
from hypothesis import strategies as st
from course.base.property_tests import for_all

made, seen = [], []

def note(x):
    made.append(x)
    return [x]

@for_all(x=st.integers(0, 10**6).map(note))
def test_it(x):
    seen.append(list(x))
    x.clear()

test_it()
drawn = len(made)
first, seen[:] = list(seen), []
test_it()
assert first == seen and len(first) == 4, (first, seen)
assert len(made) == drawn, "drawn anew"

words = []

@for_all(data=st.data(), x=st.booleans())
def test_that_draws_itself(data, x):
    words.append(data.draw(st.text("abc", min_size=1)))

test_that_draws_itself()
test_that_draws_itself()
assert words[:4] == words[4:] and len(words) == 8, words

only = []

@for_all(x=st.just(3))
def test_of_one_value(x):
    only.append(x)

test_of_one_value()
assert only == [3] * 4, only
"""


def test_a_second_run_takes_the_same_draws_and_draws_none(monkeypatch, run_python):
    monkeypatch.setenv("PROPERTY_EXAMPLES", "4")
    done = run_python(ROOT, "-c", AGAIN)
    assert done.returncode == 0, done.stderr
