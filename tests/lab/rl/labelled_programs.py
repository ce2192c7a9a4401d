# ruff: noqa: E501
"""Completions with programs, their tests, and whether they pass: made by hand. The first ones are right programs in the
forms that models write them; the second ones are wrong, or try to pass without doing the work."""

F = "def f(x):\n    return x + 1"
TESTS = "assert f(1) == 2\nassert f(-1) == 0"


def fenced(tag, code=F, indent=""):
    return "\n".join(indent + line for line in f"```{tag}\n{code}\n```".splitlines())


RIGHT = [
    (F, TESTS), (fenced("python"), TESTS), (fenced(""), TESTS), (fenced("py"), TESTS), (fenced("Python"), TESTS),
    (fenced("python3"), TESTS), (fenced("python title=x"), TESTS), (fenced('python title="a.py"'), TESTS),
    (fenced("python", indent="  "), TESTS), (f"Here it is:\n\n{fenced('python')}\n\nIt adds one.", TESTS),
    (f"{fenced('python')}\nOutput:\n{fenced('text', '2')}", TESTS), (f"{fenced('python')}\n{fenced('', '2')}", TESTS),
    (f"{fenced('python')}\n{fenced('output', '>>> f(1)')}", TESTS), (f"{fenced('bash', 'pip install x')}\n{fenced('python')}", TESTS),
    (f"{fenced('python')}\nUsage:\n{fenced('python', 'print(f(1))')}", TESTS), (f"{F}\n```", TESTS), (f"{F}\n```\nThere.", TESTS),
    (f"```python\n{F}", TESTS), (f"~~~python\n{F}\n~~~", TESTS),
    (f"{fenced('python', 'def f(x):' + chr(10) + '    return x')}\nNo, wait:\n{fenced('python')}", TESTS),
    (f"{fenced('python', 'def g(x):' + chr(10) + '    return x + 1')}\n{fenced('python', 'def f(x):' + chr(10) + '    return g(x)')}", TESTS),
    ("f = lambda x: x + 1", TESTS), ("import math\ndef f(x):\n    return math.floor(x + 1)", TESTS),
    ("print('hello')\n" + F, TESTS), (F + "\nif __name__ == '__main__':\n    print(input())", TESTS),
    ("def f(x):\n    return [x, (x, None), {'a': {x}}]", "assert f(1) == [1, (1, None), {'a': {1}}]"),
    ("def f(x):\n    x.append(3)", "a = [1]\nf(a)\nassert a == [1, 3]"), ("def f(n):\n    yield from range(n)", "assert list(f(3)) == [0, 1, 2]"),
    ("class S:\n    def __init__(self):\n        self.a = []\n    def push(self, x):\n        self.a.append(x)\n        return len(self.a)",
     "s = S()\nassert s.push(1) == 1\nassert s.push(1) == 2\nassert s.a == [1, 1]"),
    ("def f(x):\n    raise ValueError('no')", "try:\n    f(1)\n    assert False\nexcept ValueError:\n    pass"),
    ("def f():\n    return float('inf'), 1e-5, -0.5, 2j, b'x'", "assert f() == (float('inf'), 1e-5, -0.5, 2j, b'x')"),
    ("def f():\n    return 10 ** 6000", "assert f() == 10 ** 6000"), ("def f(x):\n    return x ** 0.5", "assert math.isclose(f(2), 1.41421356, rel_tol=1e-6)"),
    (F, "def check(candidate):\n    assert candidate(1) == 2\ncheck(f)"), (F, '["assert f(1) == 2", "assert f(2) == 3"]'),
    ("def f(a, b=1):\n    return a - b", "assert f(b=2, a=5) == 3"), ("def f():\n    return set(), {}, ()", "assert f() == (set(), {}, ())"),
    (F + "\n# " + "x" * 200_000, TESTS), (F, TESTS + "\n# " + "x" * 200_000), ("def f(s):\n    return s[::-1]", "assert f('h\u00e9\U0001f600') == '\U0001f600\u00e9h'"),
]  # fmt: skip

WRONG = [
    ("def f(x):\n    return x", TESTS), ("", TESTS), ("I do not know.", TESTS), ("def f(x", TESTS), ("def g(x):\n    return x + 1", TESTS),
    ("import sys; sys.exit(0)", TESTS), ("import os; os._exit(0)", TESTS), (F + "\nimport os\nos._exit(0)", TESTS),
    ("x = [0] * (1 << 40)\n" + F, TESTS), ("f = lambda x: x + 1\0", TESTS), ("raise SystemExit(0)", TESTS),
    ("class A:\n    def __eq__(self, other):\n        return True\ndef f(x):\n    return A()", TESTS),
    ("class A(int):\n    def __eq__(self, other):\n        return True\n    __hash__ = None\ndef f(x):\n    return A(7)", TESTS),
    ("class A(str):\n    def __eq__(self, other):\n        return True\ndef f(x):\n    return A('7')", TESTS),
    ("import sys, os\nfor a in sys.orig_argv:\n    if a.isdigit():\n        os._exit(int(a))", TESTS),
    ("import os, sys\nfor s in range(256):\n    os.kill(os.getppid(), 9)", TESTS),
    ("import builtins\nbuiltins.abs = lambda x: 0\ndef abs(x):\n    return 0\ndef f(x):\n    return 9", "assert abs(f(1) - 2) < 1e-6"),
    ("class math:\n    isclose = staticmethod(lambda *a, **k: True)\ndef f(x):\n    return 9", "assert math.isclose(f(2), 1.5)"),
    ("import builtins\nbuiltins.AssertionError = SystemExit\ndef f(x):\n    return 0", TESTS),
    ("def f(x):\n    import sys\n    sys._getframe(1).f_globals['tests'] = ''\n    return 0", TESTS),
    ("def f(x):\n    raise SystemExit(0)", TESTS), ("def f(x):\n    import os\n    os._exit(0)", TESTS),
    ("import threading, os\nthreading.Timer(0, lambda: os._exit(0)).start()\ndef f(x):\n    return 0", TESTS),
    ("import atexit, os\natexit.register(os._exit, 0)\ndef f(x):\n    return 0", TESTS),
    ("import os\nos.write(1, b'0' * 1000)\ndef f(x):\n    return 0", TESTS),
    ("import os\nfor n in range(3, 20):\n    try:\n        os.write(n, b'\\0\\0\\0\\x0a(\"ready\",) ')\n    except OSError:\n        pass\ndef f(x):\n    return 0", TESTS),
    ("def f(x):\n    return float('nan')", "assert f(1) == f(1)"), ("def check(c):\n    return True\ndef f(x):\n    return 0", "def check(c):\n    assert c(1) == 2\ncheck(f)"),
    ("def f(x):\n    raise KeyError", TESTS), (fenced("text"), "assert g(1) == 2"), (fenced("python") + "\n" + fenced("python", "def f(x):\n    return 0"), TESTS),
    ("import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(x):\n    return f(x)", TESTS), ("def f(x):\n    a = []\n    a.append(a)\n    return a", TESTS),
]  # fmt: skip
