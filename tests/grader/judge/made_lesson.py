"""A made lesson of three exercises in two files, and what students hand in of it."""

WORK = '''\
"""Doubles and halves."""


def double(x):
    """Twice x, of whatever can be added."""
    # > Add x to itself.
    if x is None:
        raise ValueError("x is None")
    return x + x


def half(x):
    """Half of x."""
    # > Divide by two.
    return x / 2
'''
MORE = '''\
"""Builds on the other file."""

from lesson10_made.work import double


def fourfold(x):
    """Four times x."""
    # > Double twice.
    return double(double(x))
'''
MISTAKES = {
    "10.1": """\
wrong("It is the square of x.", {"x + x": "x * x"})
wrong("Nothing raises another error than was asked for.", {"ValueError": "KeyError"})
""",
    "10.2": 'wrong("It is a third of x.", {"x / 2": "x / 3"})\n',
    "10.3": """\
wrong("It is the fourth power of x.", {"double(double(x))": "x**4"})
wrong("It is x itself.", {"double(double(x))": "x"})
""",
}
REFUSAL = """
@pytest.mark.exercise("10.1")
def test_double_of_nothing(observe):
    with observe.raises(ValueError):
        observe(double, None)
"""
TESTS = f"""\
import pytest
from lesson10_made.more import fourfold
from lesson10_made.work import double, half


@pytest.mark.exercise("10.1")
@pytest.mark.parametrize("x", [0, 1, 5, [2]])
def test_double(observe, x):
    observe(double, x).close(2 * x)

{REFUSAL}

@pytest.mark.exercise("10.2")
@pytest.mark.parametrize("x", [0, 6])
def test_half(observe, x):
    observe(half, x).close(x / 2)


@pytest.mark.exercise("10.3")
def test_fourfold(observe):
    observe(fourfold, 3).close(12)


@pytest.fixture
def doubled(observe):
    return observe(double, 4).close(8)


@pytest.mark.exercise("10.1")
def test_with_fixture(observe, doubled):
    pass
"""
ADVANCED = f"""
import pytest
from lesson10_made.work import double, half

{REFUSAL}

@pytest.mark.exercise("10.1")
def test_double_of_a_list(observe):
    observe(double, ["a"]).close(["a", "a"])


@pytest.mark.exercise("10.2")
def test_half_of_less(observe):
    observe(half, -6).close(-3.0)
"""
RIGHT = {"work.py": WORK, "more.py": MORE}
HANGS = "__import__('time').sleep(900)"


def states(found):
    return {number: e.status for number, e in found.items()}


def all_are(status):
    return dict.fromkeys(PLACES, status)


def work(old="", new=""):
    """The right files, with a change of work.py."""
    assert old in WORK
    return {**RIGHT, "work.py": WORK.replace(old, new)}


def more(new):
    return {**RIGHT, "more.py": MORE.replace("double(double(x))", new)}


PLACES = {"10.1": "work.py:double", "10.2": "work.py:half", "10.3": "more.py:fourfold"}


def stub(file):
    """The stub of a made file, as the course makes it."""
    lines = []
    for line in RIGHT[file].splitlines():
        if line.startswith("def "):
            (place,) = (f"{number}, {at}" for number, at in PLACES.items() if at == f"{file}:{line[4:-4]}")
            lines += [line, f'    raise NotImplementedError("not written yet: exercise {place}")']
        elif not line.startswith("    "):
            lines.append(line)
    return "\n".join(lines) + "\n"
