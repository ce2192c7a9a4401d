"""What `grader.intake.suspicious_calls` points at in a submission, and that it leaves honest code alone."""

import builtins
import gc
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from course.authoring import stubs
from course.base import manifest
from grader.intake import suspicious_calls
from grader.intake.suspicious_calls import MOST, MOST_IN_FILE, look

LESSONS = manifest.read_all()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_reference_and_the_variants_give_no_flag(lesson):
    files = {file: (lesson.solution / file).read_bytes() for file in stubs.files(lesson)}
    for path in (lesson.solution / "audit").glob("ex[0-9]*.py"):
        files[path.name] = path.read_bytes().replace(b"from course.base.attempt import Attempts\n", b"")
    assert look(files) == []


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_stubs_give_no_flag(lesson):
    assert look({file: (lesson.folder / file).read_bytes() for file in stubs.files(lesson)}) == []


@pytest.mark.parametrize(
    ("code", "line", "says"),
    [
        ("import torch\nfrom solutions.stage04_alignment import x", 2, "imports from solutions.stage04_alignment"),
        ("from lesson13_grpo.testcases import scenarios", 1, "imports from lesson13_grpo.testcases"),
        ("from lesson13_grpo import testcases", 1, "imports lesson13_grpo.testcases"),
        ("def f():\n    import inspect as i", 2, "imports inspect"),
        ("import torch.utils.cpp_extension", 1, "imports torch.utils.cpp_extension"),
        ("from torch import overrides", 1, "imports torch.overrides"),
        ("import torch\ntorch.testing.assert_close = print", 2, "changes torch.testing.assert_close"),
        ("import trl, gc", 1, "imports trl"),
        ("import trl, gc", 1, "imports gc"),
        ("import sys as s\ndef f():\n    return s._getframe(1)", 3, "uses sys._getframe"),
        ("from sys import modules", 1, "imports modules from sys"),
        ("import sys\ndel sys.modules['torch']", 2, "uses sys.modules"),
        ("import os\ndef f():\n    os._exit(0)", 3, "uses os._exit"),
        ("import os\nx = os.environ.get('A')", 2, "uses os.environ"),
        ("from os import environ", 1, "imports environ from os"),
        ("def f():\n    return eval('1')", 2, "uses eval()"),
        ("e = exec", 1, "uses exec()"),
        ("def f():\n    return __import__('x')", 2, "uses __import__()"),
        ("def f():\n    return compile('1', '', 'eval')", 2, "uses compile()"),
        ("def f(e):\n    return e.__traceback__.tb_frame", 2, "uses .tb_frame"),
        ("def f(g):\n    return getattr(g, '__globals__')", 2, "has the name __globals__ as a text"),
        ("class A:\n    def __eq__(self, o):\n        return True", 1, "class A defines __eq__"),
        ("class A:\n    __eq__ = lambda s, o: True", 1, "class A defines __eq__"),
        ("class A:\n    pass\nA.__eq__ = print", 3, "sets __eq__"),
        ("import torch\nclass A(torch.Tensor):\n    pass", 2, "class A is a kind of torch.Tensor"),
        (
            "class A:\n    @classmethod\n    def __torch_function__(cls, *a):\n        pass",
            1,
            "class A defines __torch_function__",
        ),
        ("A = type('A', (), {})", 1, "makes a class by type()"),
        ("import torch\nsetattr(torch, 'allclose', print)", 2, "changes torch by setattr"),
        ("import torch\ndef f():\n    torch.set_default_dtype(torch.float64)", 3, "torch.set_default_dtype"),
        ("def f():\n    return open('notes.txt').read()", 2, "reads or writes a file of its own choice: open"),
        ("from pathlib import Path\nx = Path('a').read_text()", 2, "file of its own choice: read_text"),
        ("import os\ndef f():\n    return os.listdir('.')", 3, "uses os.listdir"),
        ("def f(path):\n    return path / 'solutions' / 'x'", 2, "has the text 'solutions'"),
        ("A = '/proc/self/fd'", 1, "has the text '/proc/self/fd'"),
        ("A = 'SOLUTION'", 1, "has the text 'SOLUTION'"),
        ("def f():\n    try:\n        g()\n    except BaseException:\n        pass", 4, "catches every exception"),
        ("def f():\n    try:\n        g()\n    except:\n        return 1", 4, "catches every exception"),
        ("def f():\n    raise SystemExit(0)", 2, "raises SystemExit"),
        ("import time\ntime.sleep(9)", 2, "works when it is imported: time.sleep()"),
        ("while True:\n    pass", 1, "works when it is imported: a loop"),
        ("if True:\n    for i in range(9):\n        print(i)", 2, "works when it is imported: a loop"),
        ("try:\n    import torch\nexcept ImportError:\n    raise", 4, "works when it is imported: raise"),
        (f"A = {list(range(65))}", 1, "has a table of 65 constants"),
        (f"A = {[[1.5] * 8] * 9}", 1, "has a table of 72 constants"),
        (f"A = {'x' * 2001!r}", 1, "has a text of 2001 characters"),
        (f"A = {hex(1 << 300)}", 1, "has a number of 301 bits"),
        ("x = 1  # \u202e nothing", 1, "turn the direction of text"),
        ("print(__file__)", 1, "uses __file__"),
    ],
)
def test_a_trick_is_found_with_its_line(code, line, says):
    found = look({"lesson13_grpo/loss/grpo.py": code.encode()})
    assert any(f.startswith(f"lesson13_grpo/loss/grpo.py:{line}: ") and says in f for f in found), found


@pytest.mark.parametrize(
    "code",
    [
        "import os\ndef f(folder):\n    os.makedirs(folder)\n    return open(os.path.join(folder, 'a'), 'w')",
        "import torch\nstep = torch.compile",
        "def loss(input, target, vars=None):\n    return input - target",
        "import torch.nn.functional as F\ndef f(x):\n    return F.softmax(x, -1)",
        '"""Says: eval, solutions/, /proc/, testcases, SOLUTION."""\ndef f():\n    """os._exit"""',
        "import math\nif __name__ == '__main__':\n    for i in range(3):\n        print(math.pi)",
        "def f():\n    try:\n        g()\n    except BaseException:\n        raise",
        "try:\n    import torch\nexcept ImportError:\n    torch = None",
        "import sys\ndef f():\n    print('x', file=sys.stderr)",
        f"A = {list(range(64))}",
        "class A:\n    def __len__(self):\n        return 1\n    def __getitem__(self, i):\n        return i",
        "from lesson14_grpo_ppo_clip.rollout import generate\ndef f(generate):\n    generate.x = 1",
        "def f(self):\n    self.model.x = 1\n    self.os = 2",
    ],
)
def test_honest_code_gives_no_flag(code):
    assert look({"a.py": code.encode()}) == []


def test_nothing_is_run_or_imported(monkeypatch):
    def never(*arguments, **more):
        raise AssertionError("something was run")

    for name in ("exec", "eval"):
        monkeypatch.setattr(builtins, name, never)
    assert look({"a.py": b"import antigravity\nraise SystemExit\n"}) == [
        "a.py:2: raises SystemExit",
        "a.py:2: works when it is imported: raise",
    ]


def test_the_list_is_bounded_and_in_order():
    code = b"".join(b"import gc\n" for _ in range(MOST_IN_FILE + 5))
    (*lines, last) = look({"a.py": code})
    assert len(lines) == MOST_IN_FILE and last == "a.py: 5 more things of this kind"
    assert [line.split(":")[1] for line in lines] == [str(i) for i in range(1, MOST_IN_FILE + 1)]
    many = look({f"{i}.py": code for i in range(9)})
    assert len(many) == MOST and many[-1].endswith("more lines like these")


@pytest.mark.parametrize("data", [b"def f(:", b"\xff\xfe", b"x = \0", b"-" * 50_000 + b"1"])
def test_what_does_not_parse_is_passed_over(data):
    assert look({"a.py": data, "b.py": b"import gc"}) == ["b.py:1: imports gc"]


def test_several_threads_may_look_at_a_time():
    """In Python 3.11 ast.parse counts its depth for all threads together, and one can be interrupted by another where
    Python code runs in the middle of it: in a hook of the garbage collector, say."""
    files = {file: (LESSONS[0].solution / file).read_bytes() for file in stubs.files(LESSONS[0])}
    hook, before = (lambda *_: sum(range(50))), sys.getswitchinterval()
    gc.callbacks.append(hook)
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(6) as pool:
            assert all(found == [] for found in pool.map(look, [files] * 60))
    finally:
        sys.setswitchinterval(before)
        gc.callbacks.remove(hook)


@pytest.mark.parametrize("code", [
    "\n".join(f"x{'.a' * 900}" for _ in range(42)),
    "".join(f"{' ' * n}try:\n{' ' * n} pass\n{' ' * n}except:\n" for n in range(90)) + f"{' ' * 90}x = [1, 2]\n" * 500,
    "".join(f"{' ' * n}class A:\n" for n in range(90)) + f"{' ' * 90}x = [1, 2]\n" * 500,
    f"from a{'.a' * 300} import {', '.join(f'b{n}' for n in range(300))}\n",
    f"import a{'.a' * 300} as m\n" + "m.x\n" * 300,
])  # fmt: skip
def test_a_file_that_takes_too_long_to_look_at_is_left_to_a_person(code, monkeypatch):
    monkeypatch.setattr(suspicious_calls, "STEPS", 50_000)
    found = look({"a.py": code.encode(), "b.py": b"import subprocess\n"})
    assert found == [
        "a.py: so intricate that no program can look at it; look at it yourself",
        "b.py:1: imports subprocess",
    ]


def test_what_imports_more_than_anybody_can_look_at_imports_nothing(monkeypatch):
    monkeypatch.setattr(suspicious_calls, "STEPS", 50_000)
    assert (
        suspicious_calls.imports(f"from a{'.a' * 300} import {', '.join(f'b{n}' for n in range(300))}\n".encode())
        == set()
    )
    assert suspicious_calls.imports(b"from .helpers import mean\n") == {("helpers",), ("helpers", "mean")}
