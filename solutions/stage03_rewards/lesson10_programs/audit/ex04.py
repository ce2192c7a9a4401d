"""Exercise 10.4, code_reward: what people get wrong, other right answers, and the shortest right one."""

import ast

import numpy as np

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

COMPARE = "return bool(ast.literal_eval(text) == value)"
ERRORS = "(ValueError, TypeError, SyntaxError, MemoryError, RecursionError)"
CHECK = (
    "if not expected or len(answers) != len(expected):\n"
    "    raise ValueError(f'as many answers as tests are needed, and at least one: {len(answers)} and {len(expected)}')"
)
RESULT = "return float(share == 1) if mode == 'all' else share"

wrong("Texts are compared: 2.0 is refused for 2.", {COMPARE: "return text == repr(value)"})

wrong("The answer is evaluated: it is a stranger's text, and it may be any code. Now it runs in your process.", {
    COMPARE: "return bool(eval(text) == value)",
    ERRORS: "Exception",
})  # fmt: skip

wrong("The expected text is looked for in the answer: 22 is paid for 2.", {COMPARE: "return repr(value) in text"})

wrong("An empty list of tests pays 1: nothing has failed.", {
    CHECK: "if not expected:\n    return 1.0\nif len(answers) != len(expected):\n    raise ValueError('lengths')",
})  # fmt: skip

wrong("The answers are read as JSON. They are Python literals: (1, 2), 'a', True and None are no JSON.", {
    COMPARE: "return bool(__import__('json').loads(text) == value)",
})  # fmt: skip

wrong("The mode is ignored: a part of the tests is always paid for.", {RESULT: "return share"})

wrong(
    "This is the number of passed tests; the share is at most 1.",
    {RESULT: RESULT.replace("else share", "else share * len(passed)")},
)

wrong("A text that cannot be read raises an error: one strange answer stops the whole batch.", {ERRORS: "SyntaxError"})

wrong("An answer that cannot be read is left out, and the share is that of the others; it is a wrong answer.", {
    "return False": "return None",
    "share = sum(passed) / len(passed)": "passed = [p for p in passed if p is not None] or [False]\n"
                                         "share = sum(passed) / len(passed)",
})  # fmt: skip

wrong("Answers without a test are ignored, and tests without an answer, too: zip stops at the shorter list.", {
    CHECK: "if not expected:\n    raise ValueError('no tests')",
    "zip(answers, expected, strict=True)": "zip(answers, expected)",
})  # fmt: skip


@right("counted in a loop")
def code_reward_in_a_loop(answers, expected, mode="all"):
    if len(expected) == 0 or len(answers) != len(expected):
        raise ValueError("there are no tests, or they differ in number from the answers")
    count = 0
    for i, value in enumerate(expected):
        try:
            count += ast.literal_eval(answers[i]) == value
        except Exception:
            continue
    return count / len(expected) if mode == "share" else 1.0 if count == len(expected) else 0.0


@right("with numpy, errors first")
def code_reward_with_numpy(answers, expected, mode="all"):
    def passes(text, value):
        try:
            return ast.literal_eval(text.strip()) == value
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return False

    if not len(answers) == len(expected) > 0:
        raise ValueError("nothing to compare")
    results = np.fromiter(map(passes, answers, expected), dtype=float)
    return float(results.min() if mode == "all" else results.mean())


@core("three lines and a helper")
def code_reward(answers, expected, mode="all"):
    def same(text, value):
        try:
            return ast.literal_eval(text) == value
        except Exception:
            return False

    if not expected:
        raise ValueError
    passed = [same(text, value) for text, value in zip(answers, expected)]  # noqa: B905
    return float(all(passed)) if mode == "all" else sum(passed) / len(passed)
