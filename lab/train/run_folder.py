"""A run's folder: what it was asked to do, how it went, and where it can go on.

    runs/demo/config.yaml        every setting, resolved
    runs/demo/environment.yaml   the versions it was computed with, and the command that does it again
    runs/demo/metrics.jsonl      one line per step (and one for the start, step 0)
    runs/demo/curve.png
    runs/demo/checkpoints/step_000100/   weights and tokenizer in transformers' format, and trainer.pt
    runs/demo/model/             the final model, the same format

Whatever is written is written under another name first and then renamed, so that a killed run leaves either
the old or the new, never half of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors import SafetensorError, safe_open

from course.base.atomic_files import write_text
from course.base.errors import UsageError
from course.base.switch import LESSON

KEPT_CHECKPOINTS = 2


def check_name(name: str) -> None:
    """Raises UsageError if a run's name is not a path below runs/."""
    parts = Path(name).parts
    if Path(name).is_absolute() or ".." in parts or not parts:
        raise UsageError(f"name must be a folder name for runs/, not {name!r}")


def copy_weights_off_file(model: torch.nn.Module) -> None:
    """Takes a loaded model's weights off their file's memory, whose odd addresses change matrix products' rounding."""
    for p in model.parameters():
        p.data = p.data.clone()


class RunFolder:
    def __init__(self, path: Path):
        self.path = path
        self.metrics_path = path / "metrics.jsonl"

    def start(self, config: dict[str, Any]) -> Path | None:
        """Makes the folder. An earlier run of that name is moved aside, and its new place returned."""
        aside = None
        if self.path.exists():
            stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(self.path.stat().st_mtime))
            aside = self.path.with_name(f"{self.path.name}-{stamp}")
            n = 1
            while aside.exists():
                n += 1
                aside = self.path.with_name(f"{self.path.name}-{stamp}-{n}")
            os.replace(self.path, aside)
        (self.path / "checkpoints").mkdir(parents=True)
        write_text(self.path / "environment.yaml", yaml.safe_dump(environment(), sort_keys=False))
        write_text(self.path / "config.yaml", yaml.safe_dump(config, sort_keys=False))
        return aside

    def config(self) -> dict[str, Any] | None:
        """The settings that the run in this folder was started with."""
        path = self.path / "config.yaml"
        if not path.exists():
            return None
        try:
            table = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError):
            table = None
        if not isinstance(table, dict):
            raise UsageError(f"{path} is damaged, so the run cannot be resumed; leave out --resume to start again")
        return table

    def log(self, metrics: dict[str, Any]) -> None:
        with open(self.metrics_path, "a", encoding="utf-8") as file:
            file.write(json.dumps(metrics) + "\n")

    def metrics(self) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl; a last line that a kill cut short is left out."""
        if not self.metrics_path.exists():
            return []
        lines = self.metrics_path.read_text(encoding="utf-8").split("\n")
        found = []
        for number, line in enumerate(lines[:-1], 1):
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                raise UsageError(f"{self.metrics_path}, line {number} is damaged; remove the line, then "
                                 "--resume continues") from None  # fmt: skip
        return found

    def rewind(self, step: int) -> None:
        """Drops the lines of steps after `step`: they will be written again."""
        lines = [json.dumps(m) + "\n" for m in self.metrics() if m["step"] <= step]
        write_text(self.metrics_path, "".join(lines))

    def save(self, step: int, model: Any, tokenizer: Any, trainer_state: dict[str, Any]) -> None:
        """A checkpoint from which the run can go on after `step`; the oldest ones are removed."""
        target = self.path / "checkpoints" / f"step_{step:06d}"
        with written(target), whole_folder(target) as folder:
            save_model(folder, model, tokenizer)
            torch.save(trainer_state, folder / "trainer.pt")
        for old in self.checkpoints()[:-KEPT_CHECKPOINTS]:
            shutil.rmtree(old)

    def save_final(self, model: Any, tokenizer: Any) -> Path:
        with written(self.path / "model"), whole_folder(self.path / "model") as folder:
            save_model(folder, model, tokenizer)
        return self.path / "model"

    def checkpoints(self) -> list[Path]:
        """Whole checkpoints, oldest first."""
        return sorted((self.path / "checkpoints").glob("step_" + 6 * "[0-9]"))

    def latest(self) -> tuple[Path, dict[str, Any]] | None:
        """The newest checkpoint's folder and its trainer state; None if there is none."""
        found = self.checkpoints()
        if not found:
            return None
        try:
            weights = list(found[-1].glob("*.safetensors"))
            for path in weights:
                with safe_open(path, "pt"):  # reads the header, which tells the file's size
                    pass
            if not weights:
                raise FileNotFoundError("there are no weights in it")
            return found[-1], torch.load(found[-1] / "trainer.pt", weights_only=True)
        except Exception as error:  # what a damaged file raises depends on the place of the damage
            if isinstance(error, PermissionError) or "CUDA" in str(error):
                raise  # the checkpoint is whole
            reason = " ".join(str(error).split())[:120]
            raise UsageError(
                f"{found[-1]} is damaged ({type(error).__name__}: {reason}); move this folder away, then --resume "
                "continues from the checkpoint before, or from the start"
            ) from None


def environment() -> dict[str, Any]:
    """What a run's numbers depend on besides its settings."""
    program = Path(sys.argv[0])
    script = shlex.quote(sys.argv[0])
    if program.name == "__main__.py":
        script = f"-m {program.parent.parent.name}.{program.parent.name}"
    elif LESSON.match(sys.argv[0]):
        script = f"-m lab.run {sys.argv[0]}"
    named = ("SOLUTION", "OMP_NUM_THREADS", "WORLD_SIZE")
    return {
        "command": f"python {script} {shlex.join(sys.argv[1:])}".strip(),
        "variables": {name: os.environ[name] for name in named if name in os.environ},
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in ("torch", "transformers", "tokenizers", "numpy")},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "threads": torch.get_num_threads(),
    }


def save_model(folder: Path, model: Any, tokenizer: Any) -> None:
    """Weights (safetensors) and tokenizer, as `from_pretrained` reads them."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@contextlib.contextmanager
def written(target: Path) -> Iterator[None]:
    """Turns the errors of a full or protected disk into UsageError: each library raises its own kind."""
    try:
        yield
    except (OSError, SafetensorError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not re.search(r"inline_container|iostream|file write", str(error)):
            raise  # not torch.save's
        reason = " ".join(str(error).split())[:120]
        raise UsageError(f"{target} cannot be written ({reason}); earlier checkpoints are whole. Make room or check "
                         "the permissions, then continue with --resume") from None  # fmt: skip


@contextlib.contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """`with whole_folder(target) as folder:` fills a temporary folder that becomes `target` only when the block
    has ended well and everything has reached the disk."""
    folder, old = (target.with_name(f".{target.name}.{kind}") for kind in ("tmp", "old"))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    for path in [*(p for p in folder.rglob("*") if p.is_file()), folder]:
        _sync(path)
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        os.replace(target, old)  # removing takes a while, and a kill meanwhile would leave half of it
    os.replace(folder, target)
    _sync(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
