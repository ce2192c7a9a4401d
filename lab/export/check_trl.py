"""What is exported for TRL, against TRL itself: python -m lab.export.check_trl [--freeze]

In TRL's environment (runs/trl-env, made on the first run): compares lab/export/known/trl.json with the options of
trl.GRPOConfig, and makes a GRPOConfig of each of configs/trl/. --freeze writes the list anew. Exits 1 where something
is wrong, 2 where TRL cannot be had. `make trl` is the check of all else.
"""

from __future__ import annotations

import argparse
import dataclasses
import enum
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from course.base.errors import run_command  # noqa: E402
from lab.export import options  # noqa: E402
from lab.export.environment import OF, ensure_environment  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m lab.export.check_trl", description=__doc__.splitlines()[0])
    parser.add_argument("--freeze", action="store_true", help="write the list of TRL's options anew")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)  # this process has TRL
    parsed = parser.parse_args()
    if parsed.inside:
        return check(parsed.freeze)
    return subprocess.call([str(ensure_environment(*OF["trl"])), __file__, "--inside", *sys.argv[1:]], cwd=ROOT)


def check(freeze: bool) -> int:
    import trl
    from trl import GRPOConfig

    now = {field.name: default_of(field) for field in dataclasses.fields(GRPOConfig)}
    if freeze:
        options.write_known("trl", trl.__version__, now)
    version, frozen = options.known("trl")
    problems = options.differences("trl", now)
    if version != trl.__version__:
        problems.append(f"known/trl.json is of TRL {version}, and this is {trl.__version__}")
    for path in sorted((ROOT / "configs" / "trl").glob("*.yaml")):
        settings = options.read(path, "trl", [])
        made = GRPOConfig(**{**settings, "use_cpu": True})
        problems += [f"{path.name}: {k} becomes {getattr(made, k)!r}" for k, v in settings.items()
                     if str(default_of(getattr(made, k))) != str(v) and k != "use_cpu"]  # fmt: skip
        print(f"{path.relative_to(ROOT)}: {len(settings)} options")
    print(f"options: {len(frozen)} of trl.GRPOConfig {version}")
    for problem in problems:
        print(f"wrong: {problem}")
    return int(bool(problems))


def default_of(field: Any) -> Any:
    """A field's default, or a value, as JSON has it; None for what it cannot hold."""
    value = field
    if isinstance(field, dataclasses.Field):
        value = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
    value = value.value if isinstance(value, enum.Enum) else value
    try:
        json.dumps(value)
    except TypeError:
        return None
    return value


if __name__ == "__main__":
    run_command(main)
