"""A weakened test does not stay unnoticed: the audit of the real lessons goes red."""

import shutil

import pytest

from course.base.switch import ROOT

TESTS = "tutorial/stage04_alignment/lesson13_grpo/testcases/advanced_test.py"

SABOTAGE = {
    "a gradient check is dropped": (
        TESTS,
        'seen.grad("rewards").no_gradient("the rewards must carry no gradient: the weights are constants")',
        "pass",
        "13.2",
    ),
    "a tolerance is raised": ("course/observe/observer.py", "rtol: float = 1e-6", "rtol: float = 100.0", "13.4"),
    "an error is no longer asked for": (TESTS, "@pytest.mark.parametrize(\"beta\", [0, -0.1, float(\"nan\")])",
                                        "@pytest.mark.parametrize(\"beta\", [0])", "13.2"),
}  # fmt: skip


@pytest.mark.parametrize("name", SABOTAGE)
def test_a_weakened_test_turns_the_audit_red(tmp_path, copy_machinery, run_python, name):
    file, strong, weak, exercise = SABOTAGE[name]
    copy_machinery(tmp_path)
    for tree in ("tutorial", "solutions"):
        shutil.copytree(ROOT / tree, tmp_path / tree, ignore=shutil.ignore_patterns("__pycache__"))
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert text.count(strong) == 1
    (tmp_path / file).write_text(text.replace(strong, weak), encoding="utf-8")
    done = run_python(
        tmp_path, "-c", f"import sys; from course.authoring.audit import audit; sys.exit(audit(['{exercise}']))"
    )
    assert done.returncode == 1
    assert f"lesson13_grpo/audit/ex{int(exercise[3:]):02}.py" in done.stdout
    assert "is not caught: all tests pass" in done.stdout
