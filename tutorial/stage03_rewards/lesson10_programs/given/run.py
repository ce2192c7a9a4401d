"""Lets a list of attacks try your reward and a naive one; then trains policies that write programs with your reward.

    python -m lab.run lesson10_programs.given.run            one seed; writes runs/lesson10/programs.png
    python -m lab.run lesson10_programs.given.run --seeds 3

All of it runs behind bubblewrap's walls (lab/sandbox), if they stand here: without a network, without your files, and
able to write to the picture's folder only. If not, the programs run as you, in processes with limits and WITHOUT a
sandbox. Those of the tiny policy are formulas of at most six characters; the attacks are in given/attacks.py.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import torch
from lesson10_programs.given import figures, policy
from lesson10_programs.given.attacks import ATTACKS, EXPECTED, INPUTS, TESTS
from lesson10_programs.given.batch import score_batch
from lesson10_programs.given.naive import naive_reward
from lesson10_programs.programs.reward import code_reward
from lesson10_programs.programs.running import call

from lab.sandbox import bubblewrap

ROOT = Path(__file__).resolve().parents[4]
INSIDE = "LESSON10_BEHIND_WALLS"
WAYS = {"all": "paid if all tests pass", "share": "paid for the share of tests"}


def paid_attacks(seconds: float = 2.0) -> dict[str, list[str]]:
    """The names of the attacks that each reward pays for."""
    naive = [name for name, code in ATTACKS.items() if naive_reward(code, TESTS, seconds)]
    yours = [name for name, code in ATTACKS.items() if code_reward(call(code, "f", INPUTS, seconds), EXPECTED)]
    return {"naive": naive, "yours": yours}


def enter_walls(out: Path) -> bool:
    """Starts this program again behind walls. Returns whether they stand around it."""
    if INSIDE in os.environ:
        return True
    walls = bubblewrap.around([ROOT], writable=out)
    if walls:
        variables = {**bubblewrap.environment(), "SOLUTION": os.environ.get("SOLUTION", ""), INSIDE: "1"}
        again = [sys.executable, "-m", "lab.run", "lesson10_programs.given.run", *sys.argv[1:], "--out", str(out)]
        os.execvpe(walls[0], [*walls, *again], {**variables, "PATH": os.environ["PATH"]})
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1, help="how many policies are trained in each way")
    parser.add_argument("--steps", type=int, default=80)
    parser.add_argument("--out", type=Path, default=Path("runs/lesson10"), help="folder of the picture")
    arguments = parser.parse_args()
    out = arguments.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    walls = enter_walls(out)
    torch.set_num_threads(1)  # the model is so small that a second thread would not help
    print("Behind bubblewrap's walls.\n" if walls else "No sandbox: these programs run as you, with limits.\n")
    paid = paid_attacks()
    print(f"Of {len(ATTACKS)} attacks the naive reward pays {len(paid['naive'])}, and yours {len(paid['yours'])}.")
    for name in paid["yours"]:
        print(f"  yours pays for: {name}")
    known: dict = {}
    histories: dict[str, list] = {}
    written = 0
    started = time.monotonic()
    print(
        "\nreward                        paid: first  last   right: first  last   right afterwards: trained  held out"
    )
    for seed in range(arguments.seeds):
        for mode, name in WAYS.items():

            def score(completions: list[str], problems: list[dict], mode: str = mode) -> list[float]:
                return score_batch(completions, problems, mode=mode, known=known)

            model = policy.start(seed)
            history = policy.train(model, score, arguments.steps, seed)
            histories.setdefault(name, []).append(history)
            trained, texts = policy.answers(model, policy.TRAINED, score)
            held_out, _ = policy.answers(model, policy.HELD_OUT, score)
            written += arguments.steps * len(policy.TRAINED) * policy.GROUP
            print(
                f"{name:28}  {history.reward[0]:11.2f}  {history.reward[-1]:4.2f}   {history.right[0]:12.2f}  "
                f"{history.right[-1]:4.2f}   {trained:26.2f}  {held_out:8.2f}   such as {', '.join(texts[::64][:4])}"
            )
    print(f"\n{written} programs were written, {len(known)} were run; {time.monotonic() - started:.0f} s")
    picture = out / "programs.png"
    figures.learning(histories).savefig(picture)
    print(f"The picture is {picture}")


if __name__ == "__main__":
    main()
