"""How long does a learner wait for a basic suite, next to the floor that nobody can go below?

    python benchmarks/basic_suite_time.py [rounds]

The floor is `python -c "import torch"` plus an empty pytest run. Each round measures floor and suites in turn, as
whole processes; the table gives medians and the ratio of medians. It should stay at or below 1.5.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUITES = sorted((ROOT / "tutorial").glob("stage*/lesson*/testcases/basic_test.py"))


def seconds(*arguments: str, cwd: Path = ROOT, right: tuple[int, ...] = (0,)) -> float:
    start = time.perf_counter()
    environment = {**os.environ, "SOLUTION": "1"}
    done = subprocess.run([sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode not in right:
        sys.exit(f"error: {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - start


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as empty:
        Path(empty, "empty_test.py").touch()
        Path(empty, "pytest.ini").write_text("[pytest]\n")
        for _ in range(rounds):
            times.setdefault("import torch", []).append(seconds("-c", "import torch"))
            nothing = seconds("-m", "pytest", "-q", cwd=Path(empty), right=(5,))  # 5: no tests were collected
            times.setdefault("empty pytest", []).append(nothing)
            for suite in SUITES:
                lesson = suite.parent.parent.name
                times.setdefault(lesson, []).append(seconds("-m", "pytest", "-q", str(suite)))
    median = {name: statistics.median(values) for name, values in times.items()}
    floor = median["import torch"] + median["empty pytest"]
    print(
        f"floor: import torch {median['import torch']:.2f} s + empty pytest {median['empty pytest']:.2f} s"
        f" = {floor:.2f} s"
    )
    print(f"\n| basic suite | seconds (median of {rounds}) | ratio to the floor |\n|---|---|---|")
    for suite in SUITES:
        lesson = suite.parent.parent.name
        print(f"| {lesson} | {median[lesson]:.2f} | {median[lesson] / floor:.2f} |")


if __name__ == "__main__":
    main()
