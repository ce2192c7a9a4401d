"""Settings for the libraries: read from YAML, changed by key=value, and checked against the options that they have.

What each library has, with its defaults, is kept in lab/export/known/, one file a library: so a mistyped key is told
here, at once, and not on the cluster. `python -m lab.export.check_trl` (or check_verl ...) compares the file with
the library itself; `--freeze` writes it anew. Left out: whether a combination makes sense.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from course.base.atomic_files import write_text
from course.base.errors import UsageError

KNOWN = Path(__file__).with_name("known")
LIBRARIES = ("trl", "verl", "tunix", "maxtext")
OURS = {  # the lessons' names (docs/SCALING.md has more) -> that of each library
    name: dict(zip(LIBRARIES, theirs.split(), strict=True))
    for name, theirs in {
        "group_size": "num_generations actor_rollout_ref.rollout.n grpo.num_generations rl.num_generations",
        "prompts_per_step": "per_device_train_batch_size data.train_batch_size run.prompts batch_size",
        "updates_per_generation": "num_iterations actor_rollout_ref.actor.ppo_mini_batch_size grpo.num_iterations "
        "rl.num_iterations",
        "max_new_tokens": "max_completion_length data.max_response_length rollout.max_tokens_to_generate "
        "max_target_length",
        "learning_rate": "learning_rate actor_rollout_ref.actor.optim.lr run.learning_rate learning_rate",
        "kl_coef": "beta actor_rollout_ref.actor.kl_loss_coef grpo.beta rl.grpo_beta",
        "num_steps": "max_steps trainer.total_training_steps training.max_steps num_batches",
    }.items()
}


@cache
def known(library: str) -> tuple[str, dict[str, Any]]:
    """(version, {option: default}) of a library; a nested option is called by its path, as in "data.shuffle"."""
    held = json.loads((KNOWN / f"{library}.json").read_text(encoding="utf-8"))
    return held["version"], held["options"]


def write_known(library: str, version: str, found: dict[str, Any]) -> None:
    """Writes the list, one option a line."""
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in sorted(found.items()))
    write_text(KNOWN / f"{library}.json", f'{{"version": "{version}", "options": {{\n{lines}\n}}}}\n')
    known.cache_clear()


def differences(library: str, now: dict[str, Any]) -> list[str]:
    """A sentence for each option that differs between the library and the list."""
    _, listed = known(library)
    missing = object()
    return [f"option {key!r} of {library} is not as in known/{library}.json; --freeze writes that anew"
            for key in sorted({*listed, *now}) if listed.get(key, missing) != now.get(key, missing)]  # fmt: skip


def read(path: Path, library: str, changes: list[str]) -> dict[str, Any]:
    """The settings in `path`, by option, with changes such as "trainer.save_freq=50". Raises UsageError."""
    try:
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, AttributeError, LookupError, yaml.YAMLError) as error:  # PyYAML raises them, too
        raise UsageError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(table, dict):
        raise UsageError(f"{path}: expected options of {library} as `key: value` lines")
    settings = {key: fitted(library, key, value, path.name) for key, value in flat(table).items()}
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals:
            raise UsageError(f"{change!r} is not a setting; write key=value, such as {next(iter(settings))}=...")
        try:
            value = yaml.safe_load(text)
        except (ValueError, AttributeError, LookupError, yaml.YAMLError):  # such as for !!int abc
            raise UsageError(f"{change!r} is not valid YAML after the '='") from None
        settings[key] = fitted(library, key, value, "the command line")
    return settings


def flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """{"a": {"b": 1}} -> {"a.b": 1}."""
    pairs: dict[str, Any] = {}
    for key, value in table.items():
        pairs |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {f"{prefix}{key}": value}
    return pairs


def fitted(library: str, key: str, value: Any, where: str) -> Any:
    """`value` as the option takes it. Raises UsageError for an unknown option, for a number that is not finite, or for
    another type than its default's. (A default such as null does not fix the type.)"""
    version, options = known(library)
    if key not in options:
        near = _near(library, key)
        hint = f"did you mean {near!r}?" if near else f"lab/export/known/{library}.json lists its options"
        raise UsageError(f"{where}: {library} {version} has no option {key!r}; {hint}")
    default = options[key]
    free = default is None or (isinstance(default, str) and ("${" in default or default == "???"))
    if _is_number(default) and isinstance(value, str):  # YAML reads 1e-6 as text: it wants 1.0e-6
        with contextlib.suppress(ValueError):
            value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{where}: option {key!r} of {library} must be a finite number, not {value}")
    if free:
        return value
    same = (_is_number(default) and _is_number(value)) or type(value) is type(default)
    if not same:
        kind = (
            "a number" if _is_number(default) else {"bool": "true or false", "str": "text"}.get(type(default).__name__)
        )
        kind = kind or f"a {type(default).__name__}"
        raise UsageError(f"{where}: option {key!r} of {library} must be {kind}, not {value!r}")
    return value


def _near(library: str, key: str) -> str | None:
    """The option that was probably meant: a lesson's name for it, the same name in another group, or a similar name."""
    options, last = known(library)[1], key.split(".")[-1]
    if last in OURS:
        return OURS[last][library]
    elsewhere = [option for option in options if option.split(".")[-1] == key]
    near = elsewhere or difflib.get_close_matches(key, options, n=1)
    return near[0] if near else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
