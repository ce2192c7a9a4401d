"""`observe` and functions of JAX: what goes in, what comes out, and gradients. The calls are made in a child process:
JAX starts threads, and other tests fork this one."""

import os
import subprocess
import sys
import textwrap

import pytest

from course.base.switch import ROOT
from tests.course.forked_pytest import run_pytest

WORK = '''\
"""Works on jax arrays."""

import jax
import jax.numpy as jnp


def kinds(*values):
    """What comes in."""
    return [f"{type(value).__name__} {value.dtype}" if hasattr(value, "dtype") else repr(value) for value in values]


def twice(x):
    """Whatever comes in, with another one of it."""
    return {"same": x, "pair": (x, [x + x])}


def loss(x, weights, mask=None):
    """A sum, and something else."""
    return (weights["a"] * x**2).sum(), x > 1


def by_if(x):
    """Asks for a value."""
    return x if x.sum() > 0 else -x


compiled = jax.jit(by_if)


def key(seed):
    """A random key."""
    return jax.random.key(seed)


def number(x):
    """No array."""
    return float(len(x))


def half(x):
    """In another type."""
    return x.astype(jnp.bfloat16)
'''
SUITE = """\
import pytest
import torch
from course.observe.report import ObservationFailed
from lesson21_made_up.work import by_if, compiled, half, key, kinds, loss, number, twice

pytestmark = pytest.mark.exercise("21.1")
X = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)


def test_tensors_go_in_as_jax_arrays_of_their_own_type(observe):
    types = (torch.float64, torch.float32, torch.bfloat16, torch.int64, torch.bool)
    names = [f"ArrayImpl {str(t).removeprefix('torch.')}" for t in types]
    observe(kinds, *(torch.ones(2, dtype=t) for t in types), 1, "a", None).close([*names, "1", "'a'", "None"])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.int64, torch.bool])
def test_jax_arrays_come_out_as_tensors_of_their_own_type(observe, dtype):
    seen = observe(twice, torch.tensor([[0, 1], [1, 1]], dtype=dtype))
    seen["same"].has_dtype(dtype, "")
    seen["pair"][1][0].close(torch.tensor([[0, 2], [2, 2]] if dtype != torch.bool else [[0, 1], [1, 1]]))
    observe(half, X).has_dtype(torch.bfloat16, "")


def test_views_and_tensors_with_gradient(observe):
    wide = torch.arange(6.0).reshape(2, 3)
    observe(twice, wide.T[1])["same"].close(torch.tensor([1.0, 4.0]))
    observe(twice, X.clone().requires_grad_())["same"].close(X)


def test_gradients_are_those_of_the_first_result(observe):
    seen = observe(loss, X, {"a": torch.tensor(3.0, dtype=torch.float64)}, grad_of="x")
    seen[0].close(42.0)
    seen[1].close(torch.tensor([False, False, True]))
    seen.grad("x").close(6 * X)


def test_no_gradient_is_one_of_zeros(observe):
    observe(loss, X, {"a": X}, X, grad_of="mask").grad("mask").no_gradient("")


def test_values_are_known_unless_the_function_is_compiled(observe):
    observe(by_if, X).close(X)
    observe(by_if, X, grad_of="x").grad("x").close(torch.ones(3))
    with pytest.raises(Exception, match="traced array"):
        observe(compiled, X)


def test_what_is_no_plain_data_is_refused(observe):
    with pytest.raises(ObservationFailed, match="is a PRNGKeyArray"):
        observe(key, 0)
    with pytest.raises(ObservationFailed, match="must be a tensor for its gradient"):
        observe(number, X, grad_of="x")


def test_nothing_that_was_given_changes(observe):
    observe(twice, X).inputs_unchanged()
"""


@pytest.fixture
def course(tmp_path, write_files, manifest_text):
    lesson = "stage05_a/lesson21_made_up"
    return write_files(tmp_path, {
        f"tutorial/{lesson}/lesson.toml": manifest_text("21.1 work.py:twice"),
        f"tutorial/{lesson}/testcases/basic_test.py": SUITE,
        f"tutorial/{lesson}/work.py": WORK,
    })  # fmt: skip


def test_functions_of_jax(course):
    done = run_pytest(course, "-q", "tutorial")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "11 passed" in done.stdout


def test_what_imports_no_jax_gets_tensors(course, write_files):
    write_files(course, {
        "tutorial/stage05_a/lesson21_made_up/work.py": textwrap.dedent('''\
            """Works on tensors."""


            def twice(x):
                """Which module the type of x is from."""
                return type(x).__module__
            '''),
        "tutorial/stage05_a/lesson21_made_up/testcases/basic_test.py": textwrap.dedent("""\
            import sys
            import pytest
            import torch
            from lesson21_made_up.work import twice

            @pytest.mark.exercise("21.1")
            def test_tensors(observe):
                observe(twice, torch.ones(2)).close("torch")
                assert "jax" not in sys.modules
            """),
    })  # fmt: skip
    done = run_pytest(course, "-q", "tutorial")
    assert done.returncode == 0, done.stdout[-3000:]


FORKS = """
import importlib, os
from course.base import manifest, switch

switch.install()
for lesson in manifest.read_all():
    path = lesson.folder / "testcases" / "scenarios.py"
    if path.exists() and "import jax" in path.read_text("utf-8"):
        importlib.import_module(f"{lesson.name}.testcases.scenarios")
import jax
from jax._src import xla_bridge

assert not xla_bridge.backends_are_initialized(), "JAX has started its threads: a fork loses them"
children = []
for number in range(2):
    children.append(os.fork())
    if not children[-1]:
        os._exit(int(jax.jit(lambda x: x + 1)(number)))
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
def test_lessons_may_be_imported_before_a_fork():
    """The audit imports all tests once, then forks: no module of a lesson may compute with JAX when it is imported."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKS], cwd=ROOT, env=os.environ | {"SOLUTION": "1"},
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.stdout == "[1, 2]\n", done.stderr[-2000:]


def test_the_machinery_imports_no_jax():
    code = (
        "import sys, course.desk.pytest_plugin, course.observe.observer, grader.sandbox.worker, lab.sandbox.sandbox; "
        "sys.exit('jax' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
