"""The worker of a lesson holds the references of earlier ones: no report says what is in them."""

from course.observe.report import render
from grader.judge import withhold
from tests.grader.judge.made_lesson import MORE, RIGHT, WORK, more, work

pytest_plugins = ["tests.grader.judge.judged"]

SECRET = "4711 is what the reference of the lesson before is about"
TREBLE = f'''\
def treble(x):
    """Three times x."""
    return x * 3  # {SECRET}
'''
FIND = "__import__('inspect').getsource(__import__('lesson09_before.more', fromlist=['treble']).treble)"
RAISES = "raise {}({FIND})".replace("{FIND}", FIND)
TELLS = {  # ways in which the text of an earlier reference might reach a report
    "error": work("return x + x", RAISES.format("ValueError")),
    "error in place of one that is awaited": work('raise ValueError("x is None")', RAISES.format("KeyError")),
    "own class of error": work("return x + x", f"raise type({FIND}, (ValueError,), {{}})('x')"),
    "text": work("return x + x", f"return {FIND}"),
    "number": work("return x + x", f"return int.from_bytes({FIND}.encode()[-64:])"),
    "tensor": work("return x + x", f"return __import__('torch').tensor(list({FIND}[-64:].encode()))"),
    "name of a part": work("return x + x", f"return {{{FIND}: x}}"),
    "line of the traceback": work(
        "return x + x",
        f"import linecache\n    linecache.cache[__file__] = (1, None, [{FIND}] * 99, __file__)\n    raise ValueError",
    ),
    "second call": work("return x + x", f"return x + x if x != 5 else {FIND}"),
    "another file": more(FIND),
    "import": {**RIGHT, "work.py": f"{WORK}\n\n{RAISES.format('ValueError')}\n"},
    "import, own class of error": {**RIGHT, "work.py": f"{WORK}\n\nraise type({FIND}, (Exception,), {{}})('x')\n"},
}
LEAKS = ("4711", "treble", "34 37 31 31", "52, 55, 49, 49", str(int.from_bytes(TREBLE.encode()[-64:]))[:12])


def before(manifest_text):
    """Lesson 9, which stands before the made one."""
    place = "stage01_made/lesson09_before"
    return {f"solutions/{place}/more.py": TREBLE, f"tutorial/{place}/lesson.toml": manifest_text("09.1 more.py:treble")}


def test_no_report_shows_what_an_earlier_lesson_s_reference_says(judged, manifest_text):
    for how, found in zip(TELLS, judged(*TELLS.values(), earlier=before(manifest_text)), strict=True):
        reports = [e.report for e in found.values() if e.report]
        assert any(withhold.NOT_SHOWN in report.message for report in reports), how
        said = "\n".join(line for report in reports for line in render(report))
        assert not [leak for leak in LEAKS if leak in said.replace(FIND, "")], f"{how}: {said}"


def test_what_depends_on_no_earlier_reference_is_reported_as_ever(judged, manifest_text):
    raises = {**RIGHT, "work.py": f"{WORK}\n\nraise KeyError('mine')\n"}
    handed = [RIGHT, work("raise ValueError", "raise KeyError"), work("x + x", "x * x"), {"more.py": MORE}, raises]
    assert judged(*handed, earlier=before(manifest_text)) == judged(*handed)


def test_an_answer_that_needs_an_earlier_lesson_still_says_which_call_is_wrong(judged, manifest_text):
    wrong = work("return x + x", "from lesson09_before.more import treble\n    return treble(x)")
    raises = work("return x + x", "from lesson09_before.more import treble\n    return treble(x) + undefined")
    first, second = judged(wrong, raises, earlier=before(manifest_text))
    assert "double(x=1)" in first["10.1"].report.call and first["10.1"].report.got == ""
    assert second["10.1"].report.raised == "NameError"
    assert second["10.1"].report.places == ["work.py:10  return treble(x) + undefined"]
