"""The audit passes where all is well, names what is not, and does not repeat what has not changed: on small lessons."""

import contextlib
import io
import re
import shutil

import pytest

from course.authoring import audit, copied_course, new_lesson, notebook_process, notebooks, result_cache, stubs
from course.base import manifest
from course.base.errors import UsageError
from tests import small_course
from tests.course import forked_pytest
from tests.small_course import BASIC, LESSON, audit_file, core, mistakes, variants

EX01, EX02 = f"solutions/{LESSON}/audit/ex01.py", f"solutions/{LESSON}/audit/ex02.py"
FIRST_TEST, SECOND_TEST = (f"tutorial/{LESSON}/testcases/{name}_test.py" for name in ("basic", "advanced"))


def everything_wrong():
    first = [*mistakes("+")[:7], *variants("+")]
    first[0] = 'wrong("Right, really.", {"return x + y": "return y + x"})'
    first[7] = 'right("wrong, really", {"return x + y": "return x"})'
    first.append(core("+").replace("return 0 +", "return 1 +"))
    second = [*mistakes("-"), *variants("-")]
    second.append(second[7].replace("Off by 8.", "Off by eight."))  # nothing tells it from another
    first.append('wrong("Zero.", {"return x + y": "return x + y if x else 9"})')  # a learner knows what is right there
    fixed = "close(x + 3)\n\n        def test_zero(self, observe):\n            observe(plus, 0, 3).close(3)\n"
    without_first = BASIC[: BASIC.index('    @pytest.mark.exercise("13.1")')]
    return {
        FIRST_TEST: BASIC.replace("minus, x, 3).close(x - 3)", "plus, 2, 3).close(5)").replace("close(x + 3)\n", fixed),
        SECOND_TEST: without_first + BASIC[BASIC.index('    @pytest.mark.exercise("13.2")') :],
        EX01: audit_file(first),
        EX02: audit_file(second),
        f"tutorial/{LESSON}/README.md": "TODO [a](nowhere.md)\n```python\n1 / 0\n```\n",
    }


def two_that_answer_alike():
    wrong = [*mistakes("+"), *variants("+"), core("+")]
    wrong.append('wrong("Blamed.", {"return x + y": "return x + y + 9 if x > 5 else x + y"})')
    wrong.append('wrong("Innocent.", {"return x + y": "return x + y + 9 if y < 4 else x + y"})')
    return {EX01: audit_file(wrong)}


REFERENCE = '''\
"""Adds."""


def first(x: float) -> float:
    """x + 1, for x from 0 on. Raises ValueError for other x."""
    # > Add.
    if not x >= 0:
        raise ValueError(f"x must be 0 or more, not {x}")
    return x + 1
'''
BASIC_18 = """\
    import pytest
    from course.base.property_tests import drawn
    from lesson18_filled.loss.first import first

    @pytest.mark.exercise("18.1")
    def test_sum(observe):
        x = drawn().uniform(2, 99)
        observe(first, x).close(x + 1)
    """
ADVANCED_18 = """
    @pytest.mark.exercise("18.1")
    def test_refuses(observe):
        with observe.raises(ValueError):
            observe(first, -1.0)
    """
ATTEMPTS = [
    *(f'wrong("Off by {n}.", {{"x + 1": "x + {n + 1}"}})' for n in range(1, 9)),
    *(f'right("way {n}", {{"x + 1": "{n} + x + 1 - {n}"}})' for n in range(2)),
    'core("no check", {"if not x >= 0:": "if False:"})',
]


def fill(root, lesson, write_files):
    """What an author does with a new lesson's files."""
    tutorial, solutions = f"tutorial/{lesson}", f"solutions/{lesson}"
    files = {f"{tutorial}/{name}" for name in ("lesson.toml", "README.md", "walkthrough.ipynb")}
    texts = {name: (root / name).read_text(encoding="utf-8").replace("TODO", "Done") for name in files}
    texts[f"{tutorial}/walkthrough.ipynb"] = texts[f"{tutorial}/walkthrough.ipynb"].replace(
        "first(torch.tensor([1.0, 2.0]))", "first(2.0)"
    )
    write_files(root, texts | {
        f"{tutorial}/testcases/basic_test.py": BASIC_18,
        f"{tutorial}/testcases/advanced_test.py": BASIC_18 + ADVANCED_18,
        f"{solutions}/loss/first.py": REFERENCE,
        f"{solutions}/audit/ex01.py": audit_file(ATTEMPTS),
    })  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory, write_files, manifest_text):
    """Five lessons: 13 is good, 14 and 15 are what their functions above say; 17 is new, and 18 was new and is filled.
    Without the course's own code: what a new process would do, a fork does."""
    root = tmp_path_factory.mktemp("course")
    changed = {"13": {}, "14": everything_wrong(), "15": two_that_answer_alike()}
    for number, files in changed.items():
        write_files(root, small_course.lesson(number, manifest_text, files))
    settings = {"requirements.txt": "torch\n", "pyproject.toml": forked_pytest.PYPROJECT.read_text()}
    write_files(root, {f"tutorial/{LESSON}/work.py": "def plus(:\n", **settings})
    new_lesson.new_lesson("stage01_a/lesson17_new", root)
    new_lesson.new_lesson("stage01_a/lesson18_filled", root)
    fill(root, "stage01_a/lesson18_filled", write_files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copied_course, "COPIED", ("tutorial", "solutions", "pyproject.toml"))
        patch.setattr(copied_course, "result_of", forked_pytest.result_of)
        yield root


@pytest.fixture(scope="module")
def run(course):
    """`run("13.1")` is the audit's outcome."""
    return lambda *arguments: audit.audit(list(arguments), course, processes=2)


@pytest.fixture(scope="module")
def whole(run):
    """The outcome of the first run, of everything, and what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        outcome = run()
    return outcome, printed.getvalue().splitlines()


def problems_of(outcome, number):
    return [p for p in outcome.problems if f"lesson{number}" in p or re.search(rf"exercise {number}\.", p)]


# --- what it finds -----------------------------------------------------------------------------------------------


def test_a_good_lesson_passes_whatever_stands_in_tutorial(whole, course):
    outcome, lines = whole
    assert problems_of(outcome, "13") == []
    row = next(line.split() for line in lines if line.startswith("lesson13"))
    assert row[:9] == ["lesson13_made_up", "2", "4", "16", "16", "16", "16", "4", "4"]
    assert (course / "tutorial" / LESSON / "work.py").read_text() == "def plus(:\n"


def test_everything_that_is_wrong_is_named(whole):
    outcome, lines = whole
    lesson = "lesson14_made_up"
    assert sorted(problems_of(outcome, "14")) == sorted([
        f"{lesson}/audit/ex01.py:4 is not caught: all tests pass",
        f"{lesson}/audit/ex01.py:11 is right, but test_sum rejects it",
        "exercise 14.1 has no test in advanced_test.py",
        f"{lesson}/audit/ex01.py:14 keeps its points with a table of the visible answers: "
        "no test that draws its arguments catches it",
        f"{lesson}/audit/ex02.py has 0 core variants; one is needed",
        f"{lesson}/audit/ex01.py:13 has all that the basic tests may ask for, but test_zero rejects it",
        f"{lesson}/README.md links to nowhere.md, which is not there",
        f"{lesson}/README.md: its Python blocks do not run: ZeroDivisionError: division by zero",
        f"tutorial/stage01_a/{lesson}/README.md still has a TODO",
        f"{lesson}: 14 of 17 mistakes are named, fewer than 95%",
    ])  # fmt: skip
    assert "test_difference does not end in the stub's NotImplementedError" in outcome.problems
    assert {"not named: 14.2  Off by eight.", "not named: 14.2  Off by 8."} <= set(lines)


def test_a_mistake_must_not_be_taken_for_another(whole):
    outcome, lines = whole
    assert problems_of(outcome, "15") == ["lesson15_made_up: 16 of 18 mistakes are named, fewer than 95%"]
    assert "not named: 15.1  Blamed." in lines


def test_a_new_lesson_fails_until_it_is_filled(whole):
    found = "\n".join(problems_of(whole[0], "17"))
    assert "the reference fails" in "\n".join(whole[0].problems)
    assert "lesson17_new/audit/ex01.py has 0 mistakes; 8 are needed" in found
    assert "lesson17_new/audit/ex01.py has 0 variants; 2 are needed" in found
    assert "tutorial/stage01_a/lesson17_new/README.md still has a TODO" in found


def test_a_filled_lesson_passes_and_its_walkthrough_runs(whole, course, monkeypatch):
    assert problems_of(whole[0], "18") == []
    monkeypatch.setattr(notebook_process, "IMPORTED_ONCE", ())
    lessons = [manifest.find("18", course)]
    assert notebooks.run_all(lessons, write=True).problems == notebooks.run_all(lessons).problems == []


def test_an_exercise_that_is_not_there_is_refused(run):
    with pytest.raises(UsageError, match=re.escape("there is no exercise or lesson '13.7'")):
        run("13.7")


# --- what it does not repeat -------------------------------------------------------------------------------------


def test_what_has_not_changed_is_not_examined_again(whole, run, monkeypatch, write_files, course):
    monkeypatch.setattr(audit, "_work", lambda *_: pytest.fail("it was examined again"))
    again = run("13")
    assert (again.problems, again.unchanged.partition(" unchanged")[0]) == ([], "2 of 2 exercises")
    assert again.counts == "16 mistakes: 16 caught, 16 named; 4 of 4 variants pass"
    with pytest.raises(pytest.fail.Exception):
        run("13", "--fresh")
    with pytest.raises(pytest.fail.Exception):
        run("14.1")  # it failed: only good results are kept


DEPENDS_ON = {
    "the reference": ("solutions/{}/work.py", True),
    "an earlier lesson's reference": (f"solutions/{LESSON}/work.py", True),
    "an earlier lesson's given/": (f"tutorial/{LESSON}/given/figures.py", True),
    "its tests": ("tutorial/{}/testcases/basic_test.py", True),
    "its scenarios": ("tutorial/{}/testcases/scenarios.py", True),
    "its mistakes": ("solutions/{}/audit/ex01.py", True),
    "its manifest": ("tutorial/{}/lesson.toml", True),
    "its given/": ("tutorial/{}/given/data/table.csv", True),
    "the machinery": ("course/observe/observer.py", True),
    "lab/": ("lab/models/new.py", True),
    "the packages": ("requirements.txt", True),
    "another exercise's mistakes": ("solutions/{}/audit/ex02.py", False),
    "what a learner wrote": ("tutorial/{}/work.py", False),
    "its page": ("tutorial/{}/README.md", False),
    "a later lesson": ("solutions/stage01_a/lesson18_later/work.py", False),
    "a cache": ("lab/__pycache__/new.pyc", False),
}


@pytest.fixture(scope="module")
def two_lessons(tmp_path_factory, write_files, manifest_text):
    files = {**small_course.lesson("13", manifest_text), **small_course.lesson("14", manifest_text)}
    return write_files(tmp_path_factory.mktemp("two"), {**files, "requirements.txt": "torch\n"})


@pytest.mark.parametrize("what", DEPENDS_ON)
def test_whatever_an_audit_depends_on_makes_it_run_again(two_lessons, tmp_path, write_files, what):
    file, matters = DEPENDS_ON[what]
    root = shutil.copytree(two_lessons, tmp_path / "course")
    before = digest_of(root, "14.1")
    path = root / file.format("stage01_a/lesson14_made_up")
    write_files(root, {path.relative_to(root).as_posix(): (path.read_text() if path.exists() else "") + "\n"})
    assert (digest_of(root, "14.1") != before) == matters


def test_another_python_makes_it_run_again(two_lessons, monkeypatch):
    before = digest_of(two_lessons, "14.1")
    monkeypatch.setattr(result_cache.sys, "version", "3.99")
    assert digest_of(two_lessons, "14.1") != before


def test_a_walkthrough_depends_on_no_tests_and_no_mistakes(two_lessons, tmp_path, write_files):
    root = shutil.copytree(two_lessons, tmp_path / "course")
    folder = "stage01_a/lesson14_made_up"
    for file, matters in (
        (f"tutorial/{folder}/testcases/basic_test.py", False),
        (f"solutions/{folder}/audit/ex01.py", False),
        (f"tutorial/{folder}/walkthrough.ipynb", True),
        (f"solutions/{folder}/work.py", True),
        (f"tutorial/{folder}/given/figures.py", True),
    ):
        before = notebook_digest(root)
        write_files(root, {file: "changed = True\n"})
        assert (notebook_digest(root) != before) == matters, file


def test_a_kept_result_that_cannot_be_read_is_none(tmp_path):
    result_cache.write("audit/13.1", "digest", {"found": 1}, tmp_path)
    assert result_cache.read("audit/13.1", "digest", tmp_path).result == {"found": 1}
    assert result_cache.read("audit/13.1", "another", tmp_path) is None
    (tmp_path / ".cache/audit/13.1.json").write_text('{"digest": ')
    assert result_cache.read("audit/13.1", "digest", tmp_path) is None


def digest_of(root, exercise):
    lessons = manifest.read_all(root)
    return result_cache.audit_digests(root, lessons, [exercise])[exercise]


def notebook_digest(root):
    lessons = manifest.read_all(root)
    return result_cache.digest(root, result_cache.notebook_inputs(lessons[1], lessons))


# --- new lessons -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "message"), [
    ("lesson05_x", "is no name for a lesson"), ("stage01_a/lesson5_x", "is no name"), ("../x/lesson05_x", "is no name"),
    ("stage01_a/lesson13_other", "there is a lesson 13 already: tutorial/stage01_a/lesson13_made_up"),
    ("stage01_b/lesson05_x", "stage 01 is called stage01_a, not stage01_b"),
])  # fmt: skip
def test_a_new_lesson_needs_a_name_that_is_free(tmp_path, write_files, manifest_text, name, message):
    write_files(tmp_path, {f"tutorial/{LESSON}/lesson.toml": manifest_text("13.1 work.py:f")})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=re.escape(message)):
        new_lesson.new_lesson(name, tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_new_lesson_is_a_folder_in_each_tree_and_its_stub_is_the_pristine_one(tmp_path):
    made = new_lesson.new_lesson("stage02_b/lesson05_new", tmp_path)
    assert set(made) == {p for p in tmp_path.rglob("*") if p.is_file()} and stubs.changed(tmp_path) == []
    parents = {p.relative_to(tmp_path).parts[:3] for p in made}
    assert parents == {("tutorial", "stage02_b", "lesson05_new"), ("solutions", "stage02_b", "lesson05_new")}
