"""What is exported for verl, against verl itself: python -m lab.export.check_verl [--freeze]

In an environment of its own (runs/verl-env, made on the first run: verl's package without the gigabytes that training
needs), the task addition is exported, and then

    options    composes verl's configuration by Hydra, as verl does, with the overrides that run.sh hands to it: an
               option that verl does not have is refused there; and compares lab/export/known/verl.json with it
    reward     loads reward.py by verl's own loader, and scores with it what verl would hand to it
    data       reads the Parquet files, and looks for what verl's data set and reward manager take from them

--freeze writes lab/export/known/verl.json anew. Left out: training, which needs a GPU. Exits 1 where something is
wrong, 2 where verl cannot be had.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

import yaml  # noqa: E402

from course.base.errors import run_command  # noqa: E402
from lab.export import options  # noqa: E402
from lab.export.environment import ensure_environment  # noqa: E402

VERSION = "0.9.1"
PACKAGES = ["--no-deps", f"verl=={VERSION}", "hydra-core==1.3.2", "omegaconf==2.3.0", "antlr4-python3-runtime==4.9.3"]
PACKAGES += ["PyYAML==6.0.3", "packaging==26.3", "pyarrow==26.0.1"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m lab.export.check_verl", description=__doc__.splitlines()[0])
    parser.add_argument("--freeze", action="store_true", help="write the list of verl's options anew")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)  # this process has verl
    parsed = parser.parse_args()
    if parsed.inside:
        return check(parsed.freeze)
    python = ensure_environment(ROOT / "runs" / "verl-env", PACKAGES, "verl")
    return subprocess.call([str(python), __file__, "--inside", *sys.argv[1:]], cwd=ROOT)


def check(freeze: bool) -> int:
    """Inside: all checks, a line each."""
    # verl's __init__ imports torch and Ray, which are not here: its parts are taken by their files.
    found: Any = importlib.util.find_spec("verl")
    verl = Path(next(iter(found.submodule_search_locations)))
    if freeze:
        options.write_known("verl", VERSION, options.flat(composed(verl, [])))
    from lab.export.__main__ import export

    with tempfile.TemporaryDirectory() as folder:
        export("verl", "addition", Path(folder))
        problems = check_options(verl, Path(folder)) + check_reward(verl, Path(folder)) + check_data(Path(folder))
    for problem in problems:
        print(f"wrong: {problem}")
    return int(bool(problems))


def composed(verl: Path, overrides: list[str]) -> dict[str, Any]:
    """verl's configuration with these overrides, as `python -m verl.trainer.main_ppo` has it before it starts."""
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    with initialize_config_dir(config_dir=str(verl / "trainer" / "config"), version_base=None):
        return OmegaConf.to_container(compose("ppo_trainer", overrides=overrides), resolve=False)


def handed_over(folder: Path, module: str) -> list[str]:
    """What run.sh hands to Python after the name of the library's module."""
    printer = folder / "print_arguments"
    printer.write_text('#!/bin/sh\nfor argument in "$@"; do printf "%s\\0" "$argument"; done\n')
    printer.chmod(0o755)
    said = subprocess.run(
        ["bash", str(folder / "run.sh")], check=True, capture_output=True, text=True,
        env={**os.environ, "PYTHON": str(printer)},
    ).stdout  # fmt: skip
    assert said.startswith(f"-m\0{module}\0"), said
    return said.split("\0")[2:-1]


def check_options(verl: Path, folder: Path) -> list[str]:
    now = options.flat(composed(verl, []))
    problems = options.differences("verl", now)
    overrides = handed_over(folder, "verl.trainer.main_ppo")
    made = options.flat(composed(verl, overrides))  # raises where verl has no such option
    for key, _, text in (override.partition("=") for override in overrides):
        if str(made[key]) != str(yaml.safe_load(text)):
            problems.append(f"{key}={text} becomes {made[key]!r} in verl")
    print(f"options: {len(now)} of verl {VERSION}; it accepts all {len(overrides)} that run.sh sets")
    return problems


def check_reward(verl: Path, folder: Path) -> list[str]:
    spec: Any = importlib.util.spec_from_file_location("verl_import_utils", verl / "utils" / "import_utils.py")
    loader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loader)
    compute_score = loader.load_extern_object(str(folder / "reward.py"), "compute_score")
    from pyarrow import parquet

    rows = parquet.read_table(folder / "test.parquet").to_pylist()
    problems = []
    for row in rows:
        truth = row["reward_model"]["ground_truth"]
        for text, right in ((truth, 1.0), (f" {truth}.", 1.0), (truth + "0", 0.0), ("", 0.0)):
            extra = {**row["extra_info"], "num_turns": None, "rollout_reward_scores": {}}
            got = compute_score(data_source=row["data_source"], solution_str=text, ground_truth=truth, extra_info=extra)
            if got != right or not isinstance(got, float):
                problems.append(f"compute_score gives {got!r} for {text!r} where {truth!r} is right")
    print(f"reward: loaded by verl's loader, {4 * len(rows)} scores")
    return problems


def check_data(folder: Path) -> list[str]:
    from pyarrow import parquet

    problems = []
    for split in ("train", "test"):
        rows = parquet.read_table(folder / f"{split}.parquet").to_pylist()
        for row in rows:
            chat = [(message["role"], bool(message["content"])) for message in row["prompt"]]
            if (
                chat != [("user", True)]
                or row["extra_info"]["split"] != split
                or not row["reward_model"]["ground_truth"]
            ):
                problems.append(f"a row of {split}.parquet is {row!r}")
        if [row["extra_info"]["index"] for row in rows] != list(range(len(rows))):
            problems.append(f"the rows of {split}.parquet are not numbered")
        print(f"data: {len(rows)} rows to {split}")
    return problems


if __name__ == "__main__":
    run_command(main)
