"""Talking: texts that should break, or pass for something else in, a report."""

from tests.grader.cheats import runs

RUNS = {
    "a text without end": "raise ValueError('beta log_probs rewards ' + 'x' * 20_000_000)",
    "a text of a million lines": "raise RuntimeError('all is well\\n' * 1_000_000)",
    "control characters": "raise RuntimeError('\\x1b[2J\\x1b]0;passed\\x07\\r13.2 passed\\b\\b\\x00\\x9b31m')",
    "characters that turn the line around": "raise RuntimeError('\\u202edessap\\u2066 \\u200f 13.2')",
    "half characters": "raise RuntimeError('\\ud800\\udfff')",
    "pages and commands": "raise RuntimeError('<script>alert(1)</script>\\n::set-output name=score::21\\n=HYPERLINK(\"x\")')",
    "an error with a chain and notes": """
error = RuntimeError("x")
for n in range(3000):
    error.add_note("n" * 3000)
for n in range(500):
    try:
        raise error
    except RuntimeError as last:
        error = RuntimeError("x")
        error.__cause__ = last
raise error
""",
    "the report itself": "raise RuntimeError('x\\nexercise 13.2  compute_grpo_loss   loss/grpo.py:1\\n  passed\\n  21 of 21')",
    "a value whose text is a report": "return 'x\\n  expected 3.0\\n  got      3.0\\n' * 1000",
}
WHOLE = {
    "an error with a strange name": "error = type('passed\\x1b[31m\\n\\u202e' * 400, (Exception,), {})\n"
    + runs("raise error('x')"),
    "an error with many names": "kind = Exception\nfor n in range(900):\n    kind = type(f'E{n}' * 50, (kind,), {})\n"
    + runs("raise kind('x')"),
    "an error from a thousand places": """
import sys
sys.setrecursionlimit(10**6)
def deep(n):
    if n == 0:
        raise RuntimeError("x")
    deep(n - 1)
"""
    + runs("deep(2000)"),
}
