"""Stubs are made from solutions/: what is left of a reference in them, and how they are restored."""

import ast

import pytest

from course.authoring import stubs
from course.base import manifest
from course.base.errors import UsageError

FOLDER = "stage01_a/lesson01_made_up"

WHOLE = '''\
"""A module."""

import math
from dataclasses import dataclass

_SECRET = 3
GIVEN = 4  # a constant that stays


@dataclass
class Settings:
    """Given as it is."""

    width: int = 2

    def doubled(self):
        return 2 * self.width  # given, too


# How the secret is used.
@dataclass
class _Hidden:
    value: int

    def _inner(self):
        return self.value


def area(radius: float, *, scale: float = 1.0) -> float:
    """The area of a circle.

    Raises ValueError where the radius is negative.
    """
    # > Check the radius.
    # > Pi times its square.
    # An ordinary comment.
    if radius < 0:
        raise ValueError("radius")  # > not a step: it does not start the line

    def square(x):
        return x * x

    return _times(math.pi, square(radius))


def _times(a, b):
    return a * b


def given(x):
    # A comment in given code.
    return x + 1


class Model:
    """A model."""

    size = 3
    _cache: dict = {}

    def __init__(self, width):
        """Keeps the width."""
        # > Keep it.
        self.width = width

    @property
    def half(self):
        # > Divide.

        return self.width / 2

    @staticmethod
    def twice(x):
        return 2 * x

    # A helper of the reference.
    def _helper(self):
        return 1

    async def later(self):
        """Waits."""
        return self._helper()


_TABLE: dict[int, int] = {
    1: 2,
}
'''

WHOLE_STUB = '''\
"""A module."""

import math
from dataclasses import dataclass

GIVEN = 4  # a constant that stays


@dataclass
class Settings:
    """Given as it is."""

    width: int = 2

    def doubled(self):
        return 2 * self.width  # given, too


def area(radius: float, *, scale: float = 1.0) -> float:
    """The area of a circle.

    Raises ValueError where the radius is negative.
    """
    # Check the radius.
    # Pi times its square.
    raise NotImplementedError("not written yet: exercise 01.1, work.py:area")


def given(x):
    # A comment in given code.
    return x + 1


class Model:
    """A model."""

    size = 3

    def __init__(self, width):
        """Keeps the width."""
        # Keep it.
        raise NotImplementedError("not written yet: exercise 01.2, work.py:Model")

    @property
    def half(self):
        # Divide.
        raise NotImplementedError("not written yet: exercise 01.2, work.py:Model")

    @staticmethod
    def twice(x):
        raise NotImplementedError("not written yet: exercise 01.2, work.py:Model")

    async def later(self):
        """Waits."""
        raise NotImplementedError("not written yet: exercise 01.2, work.py:Model")
'''


@pytest.fixture
def made_up(tmp_path, write_files, manifest_text):
    """`made_up(source, "01.1 work.py:f", ...)` is the root of a course with that one solution."""

    def made_up(source, *exercises):
        return write_files(tmp_path, {
            f"tutorial/{FOLDER}/lesson.toml": manifest_text(*exercises),
            f"solutions/{FOLDER}/work.py": source,
        })  # fmt: skip

    return made_up


@pytest.fixture
def stub_of(made_up):
    """`stub_of(source, "01.1 work.py:f", ...)` is the stub of that solution; it compiles."""

    def stub_of(source, *exercises):
        root = made_up(source, *exercises)
        text = stubs.stub_of(manifest.read(root / "tutorial" / FOLDER), "work.py")
        compile(text, "work.py", "exec")
        return text

    return stub_of


@pytest.fixture
def course(made_up):
    """A course of one lesson with pristine stubs."""
    root = made_up('def f():\n    """One."""\n    return 1\n', "01.1 work.py:f")
    stubs.write_all(root, root)
    return root


# --- what a stub holds -----------------------------------------------------------------------------------------


def test_exercises_are_emptied_private_parts_left_out_and_all_else_kept(stub_of):
    assert stub_of(WHOLE, "01.1 work.py:area", "01.2 work.py:Model") == WHOLE_STUB


def test_one_method_alone_can_be_an_exercise(stub_of):
    stub = stub_of(WHOLE, "01.1 work.py:Model.half")
    assert stub.count("NotImplementedError") == 1
    assert '    def half(self):\n        # Divide.\n        raise NotImplementedError("not written yet: ' in stub
    assert "self.width = width" in stub


def test_a_function_without_docstring_is_emptied(stub_of):
    stub = stub_of(
        "def f(\n    x,\n):\n    # Why.\n    # > Add one.\n\n    y = x + 1\n    return y\n", "01.1 work.py:f"
    )
    assert body_of(stub) == ["def f(", "    x,", "):", "    # Add one.", raises("f")]


@pytest.mark.parametrize("private", [
    "@property\ndef _g():\n    return 1", "# Why it is so.\n# And more.\ndef _g(): return 1",
    "_G: int = 1", "_G, _H = [\n    1,\n]", "class _G:\n    def _h(self):\n        return 1",
])  # fmt: skip
def test_private_parts_are_left_out_wherever_they_stand(stub_of, private):
    around = "X = 1\n{}\nY = 1\n"
    function = "\n\ndef f():\n    return 1\n\n\n# the end\n"
    expected = around.replace("{}", "") + function
    stub = stub_of(around.format(private) + function, "01.1 work.py:f")
    assert ast.dump(ast.parse(stub)) == ast.dump(ast.parse(expected.replace("return 1", raises("f").strip())))
    assert stub.endswith("# the end\n")
    assert "Why" not in stub


@pytest.mark.parametrize("given", [
    "__all__ = ['f']", "X, _y = 1, 2", "from math import pi as _pi", "if True:\n    _x = 1",
])  # fmt: skip
def test_what_is_not_private_stays(stub_of, given):
    assert given in stub_of(f"{given}\n\n\ndef f():\n    return 1\n", "01.1 work.py:f")


@pytest.mark.parametrize(("exercise", "says"), [
    ("01.1 work.py:C.missing", "lesson01_made_up/lesson.toml, exercise 01.1: work.py has no C.missing"),
    ("01.1 nowhere.py:f",
     "lesson01_made_up/lesson.toml names nowhere.py, but there is no solutions/stage01_a/lesson01_made_up/nowhere.py"),
])  # fmt: skip
def test_an_exercise_that_the_reference_lacks_is_told(made_up, exercise, says):
    root = made_up("X = 1\n\n\nclass C:\n    def f(self):\n        return 1\n", exercise)
    with pytest.raises(UsageError) as caught:
        stubs.write_all(root, root)
    assert str(caught.value).replace("\\", "/") == says


# --- the real ones ---------------------------------------------------------------------------------------------


def test_real_stubs_compile_hold_nothing_private_and_have_steps():
    for lesson in manifest.read_all():
        for file in stubs.files(lesson):
            text = stubs.stub_of(lesson, file)
            tree = ast.parse(text)
            assert "# >" not in text and not list(stubs._private(tree)), file
            lines = text.splitlines()
            for exercise in (e for e in lesson.exercises if e.file == file):
                line = next(n for n, text_line in enumerate(lines) if f"exercise {exercise.id}, " in text_line)
                assert lines[line - 1].strip().startswith("# "), exercise.id


# --- looking and restoring ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [
    lambda path: path.write_text(path.read_text() + "\n"), lambda path: path.unlink(),
], ids=["a line more", "missing"])  # fmt: skip
def test_whatever_differs_is_changed_and_reset_restores_it(course, change):
    path = stub_path(course)
    pristine = path.read_bytes()
    change(path)
    assert stubs.changed(course) == [path]
    assert stubs.reset(manifest.find("01", course))[0] == [path]
    assert path.read_bytes() == pristine and stubs.changed(course) == []
    assert stubs.reset(manifest.find("01", course)) == ([], None)


def test_windows_line_ends_are_no_change(course):
    path = stub_path(course)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert stubs.changed(course) == []


def test_reset_never_overwrites_what_was_kept_before(course, monkeypatch):
    monkeypatch.setattr(stubs.time, "strftime", lambda _: "20990101-000000")
    folders = []
    for text in ("first\n", "second\n", "third\n"):
        stub_path(course).write_text(text)
        folders.append(stubs.reset(manifest.find("01", course))[1])
    assert len(set(folders)) == 3 and {folder.parent for folder in folders} == {course / "kept"}
    assert [(folder / "work.py").read_text() for folder in folders] == ["first\n", "second\n", "third\n"]


def test_a_reset_that_cannot_be_made_loses_nothing(course):
    stub_path(course).write_text("mine\n")
    (course / "solutions" / FOLDER / "work.py").write_text("def g():\n    return 1\n")
    with pytest.raises(UsageError, match=r"work\.py has no f"):
        stubs.reset(manifest.find("01", course))
    assert stub_path(course).read_text() == "mine\n"


def stub_path(root):
    return root / "tutorial" / FOLDER / "work.py"


def raises(name, number="01.1"):
    return f'    raise NotImplementedError("not written yet: exercise {number}, work.py:{name}")'


def body_of(stub):
    return stub.removesuffix("\n").split("\n")
