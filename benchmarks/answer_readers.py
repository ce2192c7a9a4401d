"""Readers of final answers on the labelled answers of tests/lab/rl: false positives and false negatives.

    pip install "math-verify[antlr4_13_2]" somewhere, and run this file with that Python, in the repository's root

It compares lab/rl/final_answer.py, "the last number", and math-verify. The labels were made together with our reader,
so they favour it; they show which kinds of answers the others miss.
"""

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def last_number(completion, answer):
    numbers = [NUMBER.findall(text.rpartition("####")[2]) for text in (completion, answer)]
    return all(numbers) and numbers[0][-1].replace(",", "") == numbers[1][-1].replace(",", "")


def math_verify(completion, answer):
    from math_verify import parse, verify

    return bool(verify(parse(answer), parse(completion)))


def main():
    reader = load(ROOT / "lab/rl/final_answer.py")
    rows = load(ROOT / "tests/lab/rl/labelled_answers.py").LABELLED

    def ours(completion, answer):
        given = reader.read_answer(completion)
        return given is not None and given == reader.read_answer(answer)

    print(f"{'':<14}{'false positives':>18}{'false negatives':>18}")
    for name, judge in (("final_answer", ours), ("last number", last_number), ("math-verify", math_verify)):
        false = {label: sum(judge(c, a) != label for c, a, right in rows if right == label) for label in (True, False)}
        totals = {label: sum(right == label for *_, right in rows) for label in (True, False)}
        print(f"{name:<14}{false[False]:>11} of {totals[False]:<5}{false[True]:>11} of {totals[True]:<5}")


if __name__ == "__main__":
    main()
