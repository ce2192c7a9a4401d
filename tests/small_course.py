"""A course of one lesson with two exercises, all of it well, for tests of the audit."""

LESSON = "stage01_a/lesson13_made_up"

SOLUTION = '''\
"""Adds."""


def plus(x: int, y: int) -> int:
    """x + y."""
    # > Add.
    return x + y


def minus(x: int, y: int) -> int:
    """x - y."""
    # > Subtract.
    return x - y
'''

BASIC = """\
    import pytest
    from lesson13_made_up.work import minus, plus

    @pytest.mark.exercise("13.1")
    class TestPlus:
        def test_sum(self, observe):
            observe(plus, 20, 3).close(23)

    @pytest.mark.exercise("13.2")
    class TestMinus:
        def test_difference(self, observe):
            observe(minus, 20, 3).close(17)
    """

HEAD = "from course.base.attempt import Attempts\n\nattempt = Attempts()\n"


def mistakes(exercise, sign):
    """Eight wrong ways, each with an answer of its own."""
    return [
        f'attempt("{exercise}", "Off by {n}.", {{"return x {sign} y": "return x {sign} y + {n}"}})' for n in range(1, 9)
    ]


def variants(exercise, sign):
    return [
        f'attempt("{exercise}", "way {n}", {{"return x {sign} y": "return {n} + x {sign} y - {n}"}})' for n in range(3)
    ]


GOOD = {
    f"tutorial/{LESSON}/testcases/basic_test.py": BASIC,
    f"tutorial/{LESSON}/testcases/advanced_test.py": BASIC,
    f"tutorial/{LESSON}/README.md": "# One\n\n```python\nprint(1 + 1)  # 2\n```\n",
    f"solutions/{LESSON}/work.py": SOLUTION,
    f"solutions/{LESSON}/mistakes.py": HEAD + "\n".join(mistakes("13.1", "+") + mistakes("13.2", "-")),
    f"solutions/{LESSON}/variants.py": HEAD + "\n".join(variants("13.1", "+") + variants("13.2", "-")),
}  # fmt: skip
