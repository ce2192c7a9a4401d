"""What `grader.intake.suspicious_calls` points at in a submission, and that it leaves honest code alone."""

import pytest

from course.authoring import stubs
from course.base import manifest
from grader.intake.submission import lessons_used
from grader.intake.suspicious_calls import MOST, MOST_IN_FILE, bounded
from tests.grader.intake.handed_in import parsed_here

LESSONS = manifest.read_all()


def look(files, needs=None):
    found = parsed_here(files, needs)
    return bounded([f"{name}:{flag}" for name in sorted(files) for flag in found[name].flags])


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_reference_the_variants_and_the_stubs_give_no_flag(lesson):
    files = {f"{lesson.name}/{file}": (lesson.solution / file).read_bytes() for file in stubs.files(lesson)}
    for path in (lesson.solution / "audit").glob("ex[0-9]*.py"):
        code = path.read_bytes().replace(b"from course.base.attempt import Attempts\n", b"")
        files[f"{lesson.name}/{path.name}"] = code
    needs = {lesson.name: [*lesson.needs, *lessons_used(lesson)]}
    assert look(files, needs) == []
    texts = {f"{lesson.name}/{file}": stubs.stub_of(lesson, file).encode() for file in stubs.files(lesson)}
    assert look(texts, needs) == []


def test_what_a_lesson_needs_is_flagged_in_other_lessons_only():
    code = b"import subprocess, ctypes\nx = eval('1')"
    needs = {"lesson10_programs": ["subprocess", "eval"]}
    assert look({"lesson10_programs/programs/running.py": code}, needs) == [
        "lesson10_programs/programs/running.py:1: imports ctypes (memory)"
    ]
    assert len(look({"lesson09_answers/answers/reading.py": code}, needs)) == 3


def test_the_reference_of_another_lesson_is_flagged_where_the_lesson_does_not_build_on_it():
    code = b"from lesson14_grpo_ppo_clip.loss.advantages import group_advantages"
    needs = {lesson.name: lessons_used(lesson) for lesson in LESSONS}
    assert look({"lesson15_grpo_mnist/loss/advantages.py": code, "lesson14_grpo_ppo_clip/loss/x.py": code}, needs) == []
    (flag,) = look({"lesson13_grpo/loss/grpo.py": code}, needs)
    assert flag.endswith(
        "imports lesson14_grpo_ppo_clip.loss.advantages.group_advantages (the reference of another lesson)"
    )


@pytest.mark.parametrize(("code", "line", "says"), [
    ("import torch\nfrom solutions.stage04_alignment import x", 2, "imports solutions.stage04_alignment.x"),
    ("from lesson13_grpo.testcases import scenarios", 1, "imports lesson13_grpo.testcases"),
    ("from lab.rl.final_answer import verify", 1, "imports lab.rl.final_answer.verify (other answers"),
    ("from course.observe import codec", 1, "imports course.observe.codec"),
    ("from torch import overrides", 1, "imports torch.overrides (what torch does inside)"),
    ("import torch\ntorch.testing.assert_close = print", 2, "changes torch: sets assert_close"),
    ("import torch\nsetattr(torch, 'allclose', print)", 2, "changes torch by setattr"),
    ("import lab.rl.rewards as r\nr.score = print", 2, "changes lab.rl.rewards: sets score"),
    ("import sys as s\ndef f():\n    return s._getframe(1)", 3, "uses sys._getframe"),
    ("from sys import modules", 1, "imports modules from sys"),
    ("import sys\ndel sys.modules['torch']", 2, "uses sys.modules"),
    ("import os\ndef f():\n    os._exit(0)", 3, "uses os._exit"),
    ("def f():\n    return eval('1')", 2, "uses eval"),
    ("import lab.rl as r\nr.__dict__.update(score=print)", 2, "uses lab.rl.__dict__"),
    ("def f(e):\n    return e.__traceback__.tb_frame", 2, "uses .tb_frame"),
    ("def f(g):\n    return getattr(g, '__globals__')", 2, "has the text '__globals__'"),
    ("class A:\n    def __eq__(self, o):\n        return True", 2, "defines __eq__"),
    ("import torch\ndef f():\n    torch.set_default_dtype(torch.float64)", 3, "uses torch.set_default_dtype"),
    ("def f():\n    return open('notes.txt').read()", 2, "reads or writes a file of its own choice: open"),
    ("from pathlib import Path\nx = Path('a').read_text()", 2, "file of its own choice: read_text"),
    ("def f(path):\n    return path / 'solutions/x'", 2, "has the text 'solutions/x'"),
])  # fmt: skip
def test_a_trick_is_found_with_its_line(code, line, says):
    found = look({"lesson13_grpo/loss/grpo.py": code.encode()})
    assert any(f.startswith(f"lesson13_grpo/loss/grpo.py:{line}: ") and says in f for f in found), found


@pytest.mark.parametrize("code", [
    "import os\ndef f(folder):\n    os.makedirs(folder)\n    return open(os.path.join(folder, 'a'), 'w')",
    "import torch\nstep = torch.compile",
    "import torch.nn.functional as F\ndef f(x):\n    return F.softmax(x, -1)",
    '"""Says: eval, solutions/, /proc/, testcases."""\ndef f():\n    """os._exit"""',
    "import sys\ndef f():\n    print('x', file=sys.stderr)",
    "def f(self):\n    self.model.x = 1\n    self.os = 2",
    "def f(:",
])  # fmt: skip
def test_honest_code_and_what_is_no_python_give_no_flag(code):
    assert look({"a.py": code.encode()}) == []


def test_the_list_is_bounded_in_order_and_soon_there():
    code = b"".join(b"import gc\n" for _ in range(MOST_IN_FILE + 5))
    (*lines, last) = look({"a.py": code})
    assert last == "a.py: 5 more of this kind"
    assert [line.split(":")[1] for line in lines] == [str(i) for i in range(1, MOST_IN_FILE + 1)]
    many = look({f"{i}.py": code for i in range(9)})
    assert len(many) == MOST and many[-1].endswith("more lines like these")
    assert (
        look({"a.py": b"x" + b".a" * 900 + b"\n" + b"x = " + b"-" * 900 + b"1", "b.py": b"import gc"})[-1][:5]
        == "b.py:"
    )
