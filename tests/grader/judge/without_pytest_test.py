"""A test's function alone (grader/judge/without_pytest.py) ends as it ends when pytest and hypothesis run it."""

import re

import pytest

from grader.judge import judge, without_pytest
from tests.grader.judge.judge_test import RIGHT, judged  # noqa: F401

HEAD = """\
import random
import pytest
from hypothesis import assume, strategies as st
from course.base.property_tests import for_all
from lesson10_made.more import fourfold
from lesson10_made.work import double, half

pytestmark = pytest.mark.exercise("10.1")
"""
ALIKE = {
    "a class": """
class TestDouble:
    KNOWN = [1, 2]

    @pytest.mark.parametrize("x", [1, 4])
    def test_double(self, observe, x):
        observe(double, x + self.KNOWN[0]).close(2 * x + 2)
""",
    "a set-up": """
class TestDouble:
    def setup_method(self):
        self.x = 3

    def test_double(self, observe):
        observe(double, self.x).close(6)
""",
    "a fixture in a parameter's place": """
@pytest.fixture
def x(request):
    return request.param + 1

@pytest.mark.parametrize("x", [1, 4], indirect=True)
def test_double(observe, x):
    assert x in (2, 5)
    observe(double, x).close(2 * x)
""",
    "skipped": """
@pytest.mark.skip
def test_double(observe):
    observe(double, 1).close(2)

def test_further(observe):
    observe(double, 5).close(10)
    pytest.skip("no more")
""",
    "expected to fail": """
@pytest.mark.xfail
def test_double(observe):
    observe(double, 1).close(2)
""",
    "failing by its own word": """
def test_double(observe):
    observe(double, 5)
    pytest.fail("never")
""",
    "leaving": """
def test_double(observe):
    observe(double, 5)
    raise SystemExit
""",
    "an error of its own": """
def test_double(observe):
    observe(double, 5)
    [][1]
""",
    "a property": """
@for_all(x=st.integers(0, 99), y=st.lists(st.text("ab")))
def test_double(observe, x, y):
    observe(double, x).close(2 * x)
    y.append("changed")
    observe(double, len(y)).close(2 * len(y))
""",
    "a property of a class and a parameter": """
class TestDouble:
    @pytest.mark.parametrize("more", [0, 10])
    @for_all(x=st.integers(0, 9))
    def test_double(self, observe, x, more):
        observe(double, x + more).close(2 * x + 2 * more)
""",
    "a property of chance": """
@for_all(x=st.integers(0, 99))
def test_double(observe, x):
    x += random.randrange(1000)
    observe(double, x).close(2 * x)
""",
    "a property that draws further": """
@for_all(data=st.data())
def test_double(observe, data):
    x = data.draw(st.integers(0, 99))
    observe(double, x).close(2 * x)
""",
    "a property under an assumption": """
@for_all(x=st.integers(0, 99))
def test_double(observe, x):
    assume(x % 2)
    observe(double, x).close(2 * x)
""",
    "a property that assumes what was answered": """
@for_all(x=st.integers(2, 99))
def test_double(observe, x):
    value = observe(double, x).value
    assume(value < 1000)
    assert value == 2 * x
""",
}
CHANCY = RIGHT["work.py"].replace("return x + x", "seen.append(x)\n    return x + x + len(seen) % 2") + "\nseen = []\n"
TIRED = (
    RIGHT["work.py"].replace("return x + x", "seen.append(x)\n    return x + x + (len(seen) == 2)") + "\nseen = []\n"
)
HANDED = [
    RIGHT["work.py"],
    RIGHT["work.py"].replace("return x + x", "return x + x + (x > 30)"),
    RIGHT["work.py"].replace("return x + x", "return x + x + 0.0"),
    RIGHT["work.py"].replace("return x + x", "return 1 / 0 if x == 5 else x + x"),
    RIGHT["work.py"].replace("return x + x", "return x + x if x < 3 else 9999"),
    CHANCY,
    TIRED,
    RIGHT["work.py"] + "# once more\n",
]


@pytest.mark.parametrize("name", ALIKE)
def test_ends_as_in_full(judged, monkeypatch, name):  # noqa: F811
    monkeypatch.setenv("PROPERTY_EXAMPLES", "4")
    remembered = []
    monkeypatch.setattr(judge, "Memory", lambda made=judge.Memory: remembered.append(made()) or remembered[-1])
    judged.tests = HEAD + ALIKE[name]
    handed = [{**RIGHT, "work.py": work} for work in HANDED]
    assert all("x + x" in work for work in HANDED) and len(set(HANDED)) == len(HANDED)
    short = judged(*handed)
    monkeypatch.setattr(without_pytest, "is_bare", lambda item: False)
    whole = judged(*handed)
    assert len(short) == len(HANDED)
    if name.startswith("a property"):  # hypothesis asks twice, and has its own words for an answer that changes
        certain = [HANDED.index(work) for work in HANDED if work not in (CHANCY, TIRED)]
        assert [told(short[n]) for n in certain] == [told(whole[n]) for n in certain]
        assert [one["10.1"].status for one in short] == [one["10.1"].status for one in whole]
    else:
        assert told(short) == told(whole)
        ours, theirs = (memory.next for memory in remembered)
        assert told(ours) == told(theirs) and ours


def told(found):
    """Where a property's answers are not the same twice, hypothesis shows the test's own object, with its address."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(found))


def test_draws_again_where_the_first_run_failed(judged, monkeypatch):  # noqa: F811
    """Its examples end with the one that failed."""
    monkeypatch.setenv("PROPERTY_EXAMPLES", "4")
    judged.tests = HEAD + ALIKE["a property"]
    wrong = {**RIGHT, "work.py": RIGHT["work.py"].replace("return x + x", "return x + x + 1")}
    found = judged(wrong, RIGHT, wrong)
    assert [one["10.1"].status for one in found] == ["failed", "passed", "failed"]
    assert found[0]["10.1"] == found[2]["10.1"]
