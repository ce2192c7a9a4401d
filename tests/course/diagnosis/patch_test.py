"""Changes of a reference, written as pieces of code: what fits where, and what is refused."""

import ast

import pytest

from course.diagnosis import patch

FILE = '''\
import math

LIMIT = 3


class Scorer:
    @property
    def best(self):
        return max(self.scores)  # a comment

    def add(self, x, scale=1.0):
        """Adds x."""
        if x > LIMIT:  # too large
            raise ValueError(f"x is {x}")
        elif x is None:
            return 0
        try:
            total = self.total(
                x,
                dim=0,
            )
        except (TypeError, KeyError) as error:
            total = 0
        total = total * scale
        return total


def other(x):
    return helper(x) * 2


def helper(x):
    return x + 1
'''


@pytest.mark.parametrize(("changes", "before", "after"), [
    ({"total * scale": "total / scale"}, "total * scale", "total / scale"),
    ({"self.total(x, dim=0)": "x"}, "self.total(x, dim=0)", "x"),  # the layout does not matter
    ({'f"x is {x}"': "'no'"}, "f'x is {x}'", "'no'"),
    ({"dim=0": "dim=1"}, "dim=0", "dim=1"),
    ({"dim=0": ""}, "self.total(x, dim=0)", "self.total(x)"),
    ({"if x > LIMIT:": "if x >= LIMIT:"}, "if x > LIMIT", "if x >= LIMIT"),
    ({"if x is None:": "if not x:"}, "elif x is None", "elif not x"),
    ({"except (TypeError, KeyError) as error:": "except TypeError:"},
     "except (TypeError, KeyError) as error:", "except TypeError:"),
    ({"total = total * scale": ""}, "        total = total * scale\n", ""),
    ({"total = total * scale": "total += 1\ntotal *= 2"},
     "total = total * scale", "total += 1\n        total *= 2"),
    ({"total = total * scale\nreturn total": "return total * scale"},
     "total = total * scale\n        return total", "return total * scale"),
    ({"return 0": ""}, "return 0", "pass"),
    ({"if x is None:": "print(x)\nwhile x:"}, "        elif x is None:\n            return 0",
     "        else:\n            print(x)\n            while x:\n                return 0"),
    ({"def add(self, x, scale=1.0):": "def add(self, x):"}, "def add(self, x, scale=1.0)", "def add(self, x)"),
    ({"def other(x):": "def other(x, y):"}, "def other(x)", "def other(x, y)"),  # not in the exercise: in the file
    ({"return x + 1": "return x"}, "return x + 1", "return x"),
    ({"total * scale": "total / scale", "total / scale": "scale"}, "total * scale", "scale"),  # one after another
])  # fmt: skip
def test_a_change_that_fits(changes, before, after):
    plain = ast.unparse(ast.parse(FILE))
    assert plain.count(before) == 1
    assert ast.unparse(patch.changed(FILE, "Scorer.add", changes)) == plain.replace(before, after)


def test_a_decorator_can_be_left_out():
    assert "@property" not in ast.unparse(patch.changed(FILE, "Scorer.best", {"@property": ""}))


@pytest.mark.parametrize(("old", "new", "message"), [
    ("nowhere", "x", "'nowhere' does not occur"),
    ("x", "y", "'x' occurs 4 times"),
    ("total * scale", "", "does not occur"),  # as a statement
    ("total * scale", "return 1", "does not occur"),
    ("total * (", "total", "not two pieces of code of one kind"),
    ("if x > LIMIT:", "x", "not two pieces of code of one kind"),
])  # fmt: skip
def test_a_change_that_does_not_fit(old, new, message):
    with pytest.raises(patch.DoesNotFit) as error:
        patch.changed(FILE, "Scorer.add", {old: new})
    assert message in str(error.value)
