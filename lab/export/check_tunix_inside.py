"""The part of check_tunix.py that runs in Tunix's environment: check_tunix_inside.py FOLDER [--freeze]

FOLDER has reward.py, and what the lessons and transformers compute: model/, logits.npz, losses.npz. Writes into it
findings.json, and in saved/ the model as it is after Tunix loaded it and we saved it.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib.metadata
import inspect
import json
import pkgutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).parent), sys.argv[1]]  # so imports are as in the exported folder

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402
import tunix_llama  # noqa: E402
import tunix_train  # noqa: E402
from flax import nnx  # noqa: E402
from transformers import AutoTokenizer  # noqa: E402
from tunix.models.llama3 import model as llama3  # noqa: E402
from tunix.rl import algo_core, common, rl_cluster  # noqa: E402
from tunix.rl.grpo.grpo_learner import GRPOConfig, TrainExample  # noqa: E402
from tunix.rl.rollout import base_rollout  # noqa: E402
from tunix_rollout import CorrectedRollout  # noqa: E402

from lab.export import options  # noqa: E402
from lab.export.tunix_cases import CASES, EOS, GROUP, GROUPS, KL, LOSSES, PAD, PROMPT  # noqa: E402

NAMES_FILE = options.KNOWN / "tunix_names.json"
NAMES = (
    "tunix.models.llama3.model.Llama3.__call__",
    "tunix.models.llama3.model:ModelConfig",
    "tunix.models.llama3.model:apply_rope",
    "tunix.models.llama3.params:create_model_from_safe_tensors",
    "tunix.rl.algo_core:compute_advantages",
    "tunix.rl.algo_core:grpo_loss_fn",
    "tunix.rl.common:compute_per_token_logps",
    "tunix.rl.grpo.grpo_learner:GRPOLearner",
    "tunix.rl.grpo.grpo_learner:GRPOLearner.train",
    "tunix.rl.grpo.grpo_learner:TrainExample",
    "tunix.rl.rl_cluster:ClusterConfig",
    "tunix.rl.rl_cluster:RLCluster",
    "tunix.rl.rl_cluster:RLCluster.generate",
    "tunix.rl.rl_cluster:RLCluster.get_old_per_token_logps",
    "tunix.rl.rl_cluster:RLTrainingConfig",
    "tunix.rl.rl_cluster:Role",
    "tunix.rl.rollout.base_rollout:CacheConfig",
    "tunix.rl.rollout.base_rollout:RolloutConfig",
    "tunix.rl.rollout.base_rollout:RolloutOutput",
    "tunix.rl.rollout.vanilla_rollout:VanillaRollout",
    "tunix.rl.rollout.vanilla_rollout:VanillaRollout.generate",
    "tunix.rl.rollout.vanilla_rollout:VanillaRollout.get_per_token_logps",
)


def inside(folder: Path, freeze: bool) -> None:
    """Writes findings.json."""
    version = importlib.metadata.version("google-tunix")
    if freeze:
        options.write_known("tunix", version, options_now())
        NAMES_FILE.write_text(json.dumps(names_now(), indent=1) + "\n", encoding="utf-8")
    wrong = {
        "options": options.differences("tunix", options_now()) + check_version(version),
        "names": check_names(),
        "logits": check_logits(folder),
        "losses": check_losses(folder),
        "learning rate": check_schedule(),
        **check_defects(folder / "model"),
    }
    tunix_llama.save(tunix_llama.load(folder / "model", tunix_llama.make_mesh()), folder / "model", folder / "saved")
    (folder / "findings.json").write_text(json.dumps(wrong), encoding="utf-8")


def check_version(version: str) -> list[str]:
    frozen = options.known("tunix")[0]
    return [] if frozen == version else [f"known/tunix.json is of Tunix {frozen}, and this is {version}"]


def options_now() -> dict[str, Any]:
    """What config.yaml can set, with its default; None for what has none."""
    now = {}
    for group, (made, settable) in tunix_train.GROUPS.items():
        fields = {field.name: field for field in dataclasses.fields(made)}
        for name in sorted(settable):
            default = fields[name].default
            now[f"{group}.{name}"] = None if default is dataclasses.MISSING else default
    return now


def names_now() -> dict[str, list[str]]:
    """Parameters of functions, fields of dataclasses, members of enumerations."""
    now = {}
    for name in NAMES:
        found = pkgutil.resolve_name(name)
        is_enum = isinstance(found, type) and issubclass(found, enum.Enum)
        now[name] = [one.name for one in found] if is_enum else list(inspect.signature(found).parameters)
    return now


def check_names() -> list[str]:
    frozen, now = json.loads(NAMES_FILE.read_text(encoding="utf-8")), names_now()
    return [
        f"{name} has {now.get(name)}, and known/tunix_names.json says {frozen.get(name)}"
        for name in sorted({*frozen, *now})
        if frozen.get(name) != now.get(name)
    ]


def check_logits(folder: Path) -> list[str]:
    known = np.load(folder / "logits.npz")
    model = tunix_llama.load(folder / "model", tunix_llama.make_mesh())
    worst = np.abs(tunix_llama.logits(model, known["ids"]) - known["logits"]).max()
    return [] if worst < 1e-4 else [f"they differ from transformers' by up to {worst:.1e}"]


class Table(nnx.Module):
    """A model that answers with fixed logits."""

    def __init__(self, logits):
        self.logits = nnx.Param(logits)

    def __call__(self, tokens, positions, cache, attention_mask):
        return self.logits[...], None


def check_losses(folder: Path) -> list[str]:
    table = np.load(folder / "losses.npz")
    worst: dict[str, float] = {}
    for seed in range(CASES):
        case = {key.split("/", 1)[1]: table[key] for key in table if key.startswith(f"{seed}/")}
        found = {"advantages": algo_core.compute_advantages(case["rewards"], GROUP)}
        for name, (_, theirs) in LOSSES.items():
            beta = KL if "kl_loss_mode" in theirs else 0.0
            config = GRPOConfig(num_generations=GROUP, beta=beta, **{"loss_agg_mode": "token-mean", **theirs})
            config.temperature = 1.0
            example = TrainExample(
                prompt_ids=jnp.asarray(case["ids"][:, :PROMPT]),
                prompt_mask=jnp.ones((GROUPS * GROUP, PROMPT), bool),
                completion_ids=jnp.asarray(case["ids"][:, PROMPT:]),
                completion_mask=jnp.asarray(case["mask"]),
                advantages=jnp.asarray(case["advantages"]),
                ref_per_token_logps=jnp.asarray(case["ref"]) if beta else None,
                old_per_token_logps=jnp.asarray(case["old"]),
            )

            def loss(logits, example=example, config=config):
                return algo_core.grpo_loss_fn(Table(logits), example, config, PAD, EOS)[0]

            value, gradient = jax.value_and_grad(loss)(jnp.asarray(case["logits"]))
            found |= {f"{name}, value": value, f"{name}, gradient": gradient}
        for name, value in found.items():
            worst[name] = max(worst.get(name, 0.0), float(np.abs(np.asarray(value) - case[name]).max()))
    return [f"{name}: differs by up to {value:.1e}" for name, value in worst.items() if not value < 1e-6]


def check_schedule() -> list[str]:
    """Four updates of warm-up, ten in all, down to half: three rates by hand."""
    rate = tunix_train.schedule_of(tunix_train.RunConfig(learning_rate=8.0, warmup_steps=4, final_rate=0.5), 10)
    expected = {0: 8 / 4, 3: 8 * (1 - 0.5 * 3 / 10), 10: 8 * 0.5}
    found = {update: float(rate(update)) for update in expected}
    return [] if np.allclose([*found.values()], [*expected.values()], rtol=1e-6) else [f"{found}, not {expected}"]


def check_defects(model: Path) -> dict[str, list[str]]:
    """Each defect of Tunix that we correct: is it still there, and does the correction work?"""
    prompts = [f"{a}+{b}=" for a in range(10, 26) for b in range(10, 26)]
    theirs, ours = cluster_of(model, "vanilla"), cluster_of(model, CorrectedRollout)
    eos = ours.rollout.eos_id()
    both = {name: [c.generate(prompts) for _ in range(2)] for name, c in (("theirs", theirs), ("ours", ours))}
    ends = {name: any(eos in ids.tolist() for ids in calls[0].tokens) for name, calls in both.items()}
    repeats = {name: calls[0].text == calls[1].text for name, calls in both.items()}
    off = {name: ratio_off(c, both["theirs"][0]) for name, c in (("theirs", theirs), ("ours", ours))}
    ids = np.random.default_rng(0).integers(2, 19, (8, 17))
    corrected = tunix_llama.logits(tunix_llama.load(model, tunix_llama.make_mesh()), ids)
    llama3.apply_rope = tunix_llama.TUNIX_ROPE
    rope = np.abs(tunix_llama.logits(theirs.actor_trainer.model, ids) - corrected).max()
    return {
        # that the corrected logits are right, check_logits says
        "rope_theta": verdict(rope > 0.1, True, "rope_theta of the configuration", "tunix_llama.load"),
        "end of sequence": verdict(not ends["theirs"], ends["ours"], "the EOS in the completion", "generate"),
        "random key": verdict(repeats["theirs"], not repeats["ours"], "a new key in each call", "generate"),
        "temperature": verdict(
            off["theirs"] > 0.01, off["ours"] < 1e-4, "the temperature in old log-probs", "get_per_token_logps"
        ),
    }


def verdict(defect: bool, corrected: bool, what: str, where: str) -> list[str]:
    where = where if where.startswith("tunix_") else f"CorrectedRollout.{where}"
    wrong = [] if corrected else [f"the correction of {where} does not work"]
    return wrong if defect else [f"Tunix itself now has {what}: remove the correction from {where}"]


def cluster_of(model: Path, engine: Any) -> Any:
    mesh = tunix_llama.make_mesh()
    roles = (rl_cluster.Role.ACTOR, rl_cluster.Role.ROLLOUT, rl_cluster.Role.REFERENCE)
    return rl_cluster.RLCluster(
        actor=tunix_llama.load(model, mesh),
        tokenizer=AutoTokenizer.from_pretrained(model, padding_side="left"),
        cluster_config=rl_cluster.ClusterConfig(
            role_to_mesh={role: mesh for role in roles},
            rollout_engine=engine,
            training_config=rl_cluster.RLTrainingConfig(
                actor_optimizer=optax.sgd(1e-3), eval_every_n_steps=9, max_steps=1
            ),
            rollout_config=base_rollout.RolloutConfig(
                max_tokens_to_generate=10, max_prompt_length=8, kv_cache_size=32, temperature=0.9, seed=0
            ),
        ),
    )


def ratio_off(cluster: Any, rollout: Any) -> float:
    """How far a ratio is from 1 at most, before anything was trained."""
    pad, eos = cluster.rollout.pad_id(), cluster.rollout.eos_id()
    tokens = jnp.array([np.pad(ids, (0, 10 - len(ids)), constant_values=pad) for ids in rollout.tokens])
    prompts = jnp.array(rollout.left_padded_prompt_tokens)
    old = cluster.get_old_per_token_logps(prompts, tokens)
    graph, state = nnx.split(cluster.actor_trainer.model)
    new = common.compute_per_token_logps(graph, state, prompts, tokens, pad, eos, temperature=0.9)
    return float(np.abs(np.exp(np.asarray(new - old)) - 1)[np.asarray(tokens != pad)].max())


if __name__ == "__main__":
    inside(Path(sys.argv[1]), "--freeze" in sys.argv)
