"""Courses of small lessons with two exercises each, for tests of the audit."""

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
    from course.base.property_tests import drawn
    from lesson13_made_up.work import minus, plus

    @pytest.mark.exercise("13.1")
    class TestPlus:
        def test_sum(self, observe):
            x = drawn().randint(20, 99)
            observe(plus, x, 3).close(x + 3)

    @pytest.mark.exercise("13.2")
    class TestMinus:
        def test_difference(self, observe):
            x = drawn().randint(20, 99)
            observe(minus, x, 3).close(x - 3)
    """

HEAD = "from course.base.attempt import Attempts\n\nwrong, right, core = Attempts(), Attempts(), Attempts()\n"


def mistakes(sign):
    """Eight wrong ways, each with an answer of its own."""
    return [f'wrong("Off by {n}.", {{"return x {sign} y": "return x {sign} y + {n}"}})' for n in range(1, 9)]


def variants(sign):
    return [f'right("way {n}", {{"return x {sign} y": "return {n} + x {sign} y - {n}"}})' for n in range(2)]


def core(sign):
    return f'core("plain", {{"return x {sign} y": "return 0 + x {sign} y"}})'


def audit_file(entries):
    """The text of an audit/exNN.py."""
    return HEAD + "\n".join(entries) + "\n"


GOOD = {
    f"tutorial/{LESSON}/testcases/basic_test.py": BASIC,
    f"tutorial/{LESSON}/testcases/advanced_test.py": BASIC,
    f"tutorial/{LESSON}/README.md": "# One\n\n```python\nprint(1 + 1)  # 2\n```\n",
    f"solutions/{LESSON}/work.py": SOLUTION,
    f"solutions/{LESSON}/audit/ex01.py": audit_file([*mistakes("+"), *variants("+"), core("+")]),
    f"solutions/{LESSON}/audit/ex02.py": audit_file([*mistakes("-"), *variants("-"), core("-")]),
}  # fmt: skip


def lesson(number, manifest_text, changed=()):
    """The files of a good lesson with those changed, under another number than 13."""
    exercises = ("13.1 work.py:plus hardening=1 core=true", "13.2 work.py:minus hardening=1")
    files = {f"tutorial/{LESSON}/lesson.toml": manifest_text(*exercises), **GOOD, **dict(changed)}

    def renumbered(text):
        return text.replace("lesson13", f"lesson{number}").replace('"13.', f'"{number}.')

    return {renumbered(name): renumbered(text) for name, text in files.items()}
