"""The audit is green where all is well and says what is not, on a small course."""

import re

import pytest

from course.authoring import new_lesson, stubs
from course.base.errors import UsageError
from tests.small_course import BASIC, LESSON, audit_file, mistakes, variants


def test_all_is_well_whatever_stands_in_tutorial(audit, tmp_path):
    problems, shown = audit({f"tutorial/{LESSON}/work.py": "def plus(:\n"})
    assert problems == []
    row = next(line.split() for line in shown.splitlines() if line.startswith("lesson13"))
    assert row[:8] == ["lesson13_made_up", "2", "4", "16", "16", "16", "6", "6"]
    assert shown.splitlines()[-1] == "all is well"
    assert (tmp_path / "tutorial" / LESSON / "work.py").read_text() == "def plus(:\n"


def test_whatever_is_wrong_is_told(audit, write_files):
    first = [*mistakes("+")[:7], *variants("+")]
    first[0] = 'wrong("Right, really.", {"return x + y": "return y + x"})'
    first[7] = 'right("wrong, really", {"return x + y": "return x"})'
    second = [*mistakes("-"), *variants("-")]
    second.append(second[7].replace("Off by 8.", "Off by eight."))  # not to be told from another
    suites = {
        f"tutorial/{LESSON}/testcases/basic_test.py": BASIC.replace("minus, 20, 3).close(17)", "plus, 2, 3).close(5)"),
        f"tutorial/{LESSON}/testcases/advanced_test.py": BASIC.partition('    @pytest.mark.exercise("13.1")')[0]
        + BASIC[BASIC.index('    @pytest.mark.exercise("13.2")') :],
    }
    problems, shown = audit({
        **suites,
        f"solutions/{LESSON}/audit/ex01.py": audit_file(first),
        f"solutions/{LESSON}/audit/ex02.py": audit_file(second),
        f"tutorial/{LESSON}/README.md": "TODO [a](nowhere.md)\n```python\n1 / 0\n```\n",
    })  # fmt: skip
    lesson = "lesson13_made_up"
    assert sorted(problems) == sorted([
        f"{lesson}/audit/ex01.py:4 is not caught: all tests pass",
        f"{lesson}/audit/ex01.py:11 is right, but test_sum rejects it",
        "test_difference does not end in the stub's NotImplementedError",
        "exercise 13.1 has no test in advanced_test.py",
        f"{lesson}/audit/ex01.py has 7 mistakes; 8 are needed",
        f"{lesson}/README.md links to nowhere.md, which is not there",
        f"{lesson}/README.md: its Python blocks do not run: ZeroDivisionError: division by zero",
        f"tutorial/{LESSON}/README.md still has a TODO",
        f"{lesson}: 13 of 16 mistakes are named, fewer than 95%",
    ])  # fmt: skip
    assert "not named: 13.2  Off by eight." in shown
    assert "not named: 13.2  Off by 8." in shown


def test_a_mistake_must_not_be_taken_for_another(audit):
    # Both answer alike to the first test; the sentence of one of them is given twice, so that it is named.
    wrong = [*mistakes("+"), *variants("+")]
    wrong.append('wrong("Blamed.", {"return x + y": "return x + y + 9 if x > 5 else x + y"})')
    wrong.append('wrong("Innocent.", {"return x + y": "return x + y + 9 if y < 4 else x + y"})')
    tests = BASIC.replace("observe(plus, 20, 3).close(23)", "observe(plus, 20, 3).close(23)  # the same for both")
    problems, shown = audit({
        f"solutions/{LESSON}/audit/ex01.py": audit_file(wrong),
        f"tutorial/{LESSON}/testcases/basic_test.py": tests,
    }, "13.1")  # fmt: skip
    assert problems == ["lesson13_made_up: 8 of 10 mistakes are named, fewer than 95%"]
    assert "not named: 13.1  Blamed." in shown


def test_what_there_is_not_cannot_be_audited(audit, tmp_path, run_python):
    done = run_python(tmp_path, "-c", "from course.authoring.audit import audit; audit(['13.7'])")
    assert "there is no exercise or lesson '13.7'" in done.stderr
    (tmp_path / "solutions" / LESSON / "audit" / "ex01.py").write_text(audit_file(['wrong("?", {"nowhere": ""})']))
    done = run_python(tmp_path, "-c", "from course.authoring.audit import audit; audit(['13.1'])")
    assert "the audit broke off: lesson13_made_up/audit/ex01.py:4: 'nowhere' does not" in done.stderr


def test_as_graded_few_draws_and_no_test_that_trains(audit, tmp_path, run_python):
    """What only those tests catch is not caught in grading; few draws are those of the seed."""
    wrong = 'wrong("Large.", {"return x + y": "return x + y if x < 10**6 else 0"})'
    trains = """
        @pytest.mark.trains
        def test_large(self, observe):
            observe(plus, 10**6, 3).close(10**6 + 3)

        @for_all(examples=9, x=st.integers(0, 10**5))
        def test_drawn(self, observe, x):
            observe(plus, x, 3).close(x + 3)

    @pytest.mark.exercise("13.2")
"""
    basic = BASIC.replace('\n    @pytest.mark.exercise("13.2")\n', trains)
    imports = "from hypothesis import strategies as st\n    from course.base.property_tests import for_all\n"
    basic = basic.replace("import pytest\n", f"import pytest\n    {imports}")
    changed = {
        f"solutions/{LESSON}/audit/ex01.py": audit_file([*mistakes("+"), wrong, *variants("+")]),
        f"tutorial/{LESSON}/testcases/basic_test.py": basic,
    }
    problems, _ = audit(changed)
    assert problems == []
    problems, _ = audit(changed, "--as-graded", "5")
    assert problems[0] == "lesson13_made_up/audit/ex01.py:12 is not caught: all tests pass"
    done = run_python(tmp_path, "-c", "from course.authoring.audit import audit; audit(['--as-graded'])")
    assert "--as-graded takes a seed, a whole number" in done.stderr


def test_a_new_lesson_is_red_until_it_is_filled(audit, tmp_path):
    made = new_lesson.new_lesson("stage01_a/lesson14_new", tmp_path)
    assert (tmp_path / "tutorial/stage01_a/lesson14_new/loss/first.py") in made
    problems, _ = audit({})
    told = "\n".join(problems)
    assert "the reference fails" in told
    assert "lesson14_new/audit/ex01.py has 0 mistakes; 15 are needed" in told
    assert "lesson14_new/audit/ex01.py has 0 variants; 3 are needed" in told
    assert "tutorial/stage01_a/lesson14_new/README.md still has a TODO" in told
    assert "lesson13" not in told


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


def test_a_new_lessons_stub_is_the_pristine_one(tmp_path, write_files):
    write_files(tmp_path, {"tutorial/x": "", "solutions/x": ""})
    new_lesson.new_lesson("stage02_b/lesson05_new", tmp_path)
    assert stubs.changed(tmp_path) == []
