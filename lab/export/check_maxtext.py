"""What is exported for MaxText, against MaxText's own configuration: python -m lab.export.check_maxtext [--freeze]

In an environment of its own (.venv-maxtext, made on the first run, for which Python 3.12 must be there: MaxText's
package, without what training needs), the task addition is exported, and then

    options    compares lab/export/known/maxtext.json with MaxText's options, and builds its configuration, as
               train_rl does, from the overrides that run.sh hands to it
    mistakes   tries each setting of MISTAKES, all of which our export refuses: which does MaxText report?

--freeze writes lab/export/known/maxtext.json anew. Left out: training, which needs TPUs. Exits 1 where something is
wrong, 2 where MaxText cannot be had.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

import yaml  # noqa: E402

from course.base.errors import UsageError, run_command  # noqa: E402
from lab.export import options  # noqa: E402
from lab.export.environment import ensure_environment  # noqa: E402

VERSION = "0.2.5"
FOLDER = ROOT / ".venv-maxtext"
PACKAGES = f"""--no-deps maxtext=={VERSION} google-tunix==0.1.7 pathwaysutils==0.1.13
absl-py==2.5.1 annotated-doc==0.0.7 annotated-types==0.8.0 antlr4-python3-runtime==4.9.3 anyio==4.16.0
certifi==2026.10.19.post1 charset-normalizer==3.5.3 click==8.5.1 etils==1.15.0 fastapi==0.165.0 flax==0.12.12
fsspec==2026.9.0 h11==0.16.0 humanize==4.17.0 idna==3.20 jax==0.12.0.1 jaxlib==0.12.0.1 Jinja2==3.1.6
MarkupSafe==3.0.4 ml_dtypes==0.7.0 msgpack==1.2.4 numpy==2.5.5 omegaconf==2.3.0 opentelemetry-api==1.45.2
opt_einsum==3.4.0 optax==0.2.8 orbax-checkpoint==0.12.8 packaging==26.4 prometheus_client==0.26.0 protobuf==7.36.2
psutil==7.2.2 pydantic==2.14.4 pydantic_core==2.50.5 Pygments==2.21.0 PyYAML==6.0.4 requests==2.34.2 rich==15.0.0
scipy==1.18.1 simplejson==4.3.0 starlette==1.10.0 tensorstore==0.1.86 treescope==0.1.10 typing-inspection==0.4.5
typing_extensions==4.16.0 urllib3==2.8.0 uvicorn==0.54.0 zipp==4.1.2""".split()
MISTAKES = {  # setting (several are separated by a blank) -> how our export refuses it
    "rl.num_generation=8": r"has no option 'rl\.num_generation'; did you mean 'rl\.num_generations'\?",
    "rl.kl_loss_mode=low_var_kl": r"has no option 'rl\.kl_loss_mode'",
    "rl.group_size=8": r"did you mean 'rl\.num_generations'\?",
    "grpo_betta=0.1": r"has no option 'grpo_betta'; did you mean 'rl\.grpo_beta'\?",
    "rl.num_generations=1": r"rl\.num_generations is 1: a group of one has no other completion",
    "rl.num_generations=2.5": r"rl\.num_generations must be a whole number",
    "rl.num_generations=eight": r"'rl\.num_generations' of maxtext must be a number, not 'eight'",
    "rl.num_iterations=0": r"rl\.num_iterations must be a whole number of at least 1",
    "rl.grpo_epsilon=1.2": r"rl\.grpo_epsilon is 1\.2, but the ratio",
    "rl.grpo_beta=-0.04": r"rl\.grpo_beta is -0\.04: below 0",
    "rl.epsilon_high=0.1 rl.use_agentic_rollout=true": r"rl\.epsilon_high is 0\.1, below rl\.grpo_epsilon \(0\.2\)",
    "rl.epsilon_high=0.28": r"rl\.epsilon_high has no effect without rl\.use_agentic_rollout=true",
    "rl.off_policy_steps=2": r"rl\.off_policy_steps has no effect",
    "rl.force_on_policy_ratio=true rl.num_iterations=2 rl.use_agentic_rollout=true": r"needs rl\.num_iterations=1",
    "rl.loss_algo=ppo": r"rl\.loss_algo is 'ppo', but MaxText has 'grpo' and 'gspo-token'",
    "rl.loss_agg_mode=mean": r"rl\.loss_agg_mode is 'mean'",
    "rl.loss_agg_mode=sequence-mean": r"MaxText also accepts 'sequence-mean', which Tunix then refuses",
    "max_target_length=200": r"max_target_length is 200 and counts the prompt too, of up to 256 tokens",
    "decode_sampling_temperature=0": r"decode_sampling_temperature is 0: all completions of a group",
    "batch_size=64": r"batch_size x num_batches is 960, but task 'addition' has 60 problems",
    "train_micro_batch_size=3": r"train_micro_batch_size is 3, which does not divide batch_size \(4\)",
    "trainer_devices_fraction=0.75": r"add up to 1\.25, so some chips would do both",
    "num_trainer_slices=1": r"must be both -1 or both given",
    "rollout_tensor_parallelism=-1": r"but MaxText derives only one",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m lab.export.check_maxtext", description=__doc__.splitlines()[0])
    parser.add_argument("--freeze", action="store_true", help="write the list of MaxText's options anew")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)  # this process has MaxText
    parsed = parser.parse_args()
    if parsed.inside:
        return check(parsed.freeze)
    python = ensure_environment(FOLDER, PACKAGES, "MaxText's configuration", python_312())
    return subprocess.call([str(python), __file__, "--inside", *sys.argv[1:]], cwd=ROOT)


def python_312() -> str:
    """A Python that MaxText can be installed for: this one, or one named python3.12. Raises UsageError."""
    if sys.version_info >= (3, 12):
        return sys.executable
    for more in ({}, {"PYENV_VERSION": "3.12"}):  # pyenv has it under that name only if it is chosen
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            ask = ["python3.12", "-c", "import sys; print(sys.executable)"]
            return subprocess.run(
                ask, env={**os.environ, **more}, check=True, capture_output=True, text=True
            ).stdout.strip()
    raise UsageError("MaxText needs Python 3.12 or newer, and there is no python3.12 here; install one, and try again")


def check(freeze: bool) -> int:
    """Inside: all checks, a line each."""
    os.environ["JAX_PLATFORMS"] = "cpu"
    logging.disable(logging.CRITICAL)  # MaxText logs each setting
    if freeze:
        options.write_known("maxtext", VERSION, options_now())
    from lab.export.__main__ import export
    from lab.export.check_verl import handed_over

    problems = options.differences("maxtext", options_now())
    with tempfile.TemporaryDirectory() as folder:
        export("maxtext", "addition", Path(folder))
        overrides = handed_over(Path(folder), "maxtext.trainers.post_train.rl.train_rl")
    made = configuration(overrides)  # raises where MaxText has no such option
    for key, _, text in (override.partition("=") for override in overrides[1:]):
        value = made
        for name in key.split("."):
            value = getattr(value, name)
        expected = yaml.safe_load(text)
        if str(getattr(value, "value", value)) != str(expected):
            problems.append(f"{key}={text} becomes {value!r} in MaxText")
    print(
        f"options: {len(options.known('maxtext')[1])} of MaxText {VERSION}; "
        f"it accepts all {len(overrides) - 1} that run.sh sets"
    )
    silent = [mistake for mistake in MISTAKES if not reported([*overrides, *mistake.split()])]
    print(
        f"mistakes: MaxText reports {len(MISTAKES) - len(silent)} of {len(MISTAKES)}, and accepts {'; '.join(silent)}"
    )
    for problem in problems:
        print(f"wrong: {problem}")
    return int(bool(problems))


def configuration(arguments: list[str]) -> Any:
    """MaxText's configuration, as train_rl builds it from these arguments on a machine without a TPU."""
    from maxtext.configs import pyconfig, types

    here = ["log_config=False", "skip_jax_distributed_system=True"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return pyconfig.initialize_pydantic(["", *arguments, *here], config_class=types.RLConfig)


def reported(arguments: list[str]) -> bool:
    try:
        configuration(arguments)
    except (Exception, SystemExit):
        return True
    return False


def options_now() -> dict[str, Any]:
    """Each option of train_rl with its default: that of rl.yml, or the one in MaxText's code."""
    from maxtext.configs import types
    from maxtext.utils.globals import MAXTEXT_CONFIGS_DIR
    from omegaconf import OmegaConf

    written = OmegaConf.to_container(OmegaConf.load(Path(MAXTEXT_CONFIGS_DIR) / "post_train" / "rl.yml"), resolve=True)
    found: dict[str, Any] = {}
    for name, field in types.RLConfig.model_fields.items():
        inner = getattr(field.annotation, "model_fields", None)
        prefix = f"{name}." if name == "rl" else ""  # the options of the other groups stand at the top
        for option, its in inner.items() if inner else [(name, field)]:
            default = its.get_default(call_default_factory=True)
            default = (written.get("rl", {}) if prefix else written).get(option, default)
            default = getattr(default, "value", default)
            with contextlib.suppress(TypeError):  # what JSON cannot hold is no setting
                json.dumps(default)
                found[prefix + option] = default
    # Left out: the axis rules, which are long, and second names: MaxText takes the options of rl. at the top too, and
    # then they win.
    return {k: v for k, v in found.items() if k != "logical_axis_rules" and f"rl.{k}" not in found}


if __name__ == "__main__":
    run_command(main)
