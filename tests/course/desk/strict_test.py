"""Only advanced suites ask of every call whether it changed its arguments."""

from tests.course.forked_pytest import run_pytest

LESSON = "stage01_a/lesson13_made_up"
TESTS = """\
    import pytest
    import torch
    from lesson13_made_up.work import add

    @pytest.mark.exercise("13.1")
    def test_adds(observe):
        observe(add, torch.zeros(2)).close(torch.ones(2))
    """


def test_the_plugin_is_strict_in_advanced_suites_alone(tmp_path, write_files, manifest_text):
    suites = {f"tutorial/{LESSON}/testcases/{name}_test.py": TESTS for name in ("basic", "advanced")}
    write_files(tmp_path, {
        f"tutorial/{LESSON}/lesson.toml": manifest_text("13.1 work.py:add"),
        f"tutorial/{LESSON}/work.py": "def add(x):\n    return x.add_(1)\n",
        f"solutions/{LESSON}/work.py": "def add(x):\n    return x + 1\n",
        **suites,
    })  # fmt: skip
    done = {name: run_pytest(tmp_path, path) for path in suites for name in ("basic", "advanced") if name in path}
    assert done["basic"].returncode == 0, done["basic"].stdout
    assert done["advanced"].returncode == 1 and "changed its argument 'x' in place" in done["advanced"].stdout
