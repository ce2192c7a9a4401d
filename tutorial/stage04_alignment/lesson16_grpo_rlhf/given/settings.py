"""The settings of lesson 16's run; configs/rlhf.yaml has those of the page."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from lab.train.settings import Settings, option

Price = Annotated[float, Field(ge=0)]


class RunSettings(Settings):
    """What a configuration file holds."""

    name: str = option("rlhf", "of the folder under runs/")
    seeds: int = option(3, "runs with seeds 0, 1, ...", ge=1)
    kl_coefs: list[Price] = option([0.0, 0.1], "prices of the KL: one run for each, of each seed", min_length=1)
    epochs: int = option(2, "a checkpoint after each; they share the steps evenly", ge=1)
    checkpoint_every: int = option(40, "steps, to go on from with --resume", ge=1)
    engine: Literal["fast", "plain"] = option("fast", "the reference by lab/engine, or by the lesson's own code")
    grpo: dict[str, Any] = option({}, "settings of the lesson's RLHFConfig")
    # The policy
    policy: str = option("", "a model id or path for transformers; empty: a small Llama, warm-started on `data`")
    data: str = option("", ".jsonl or .parquet; empty: the toy task's own demonstrations")
    input: str = option("question", "the column that holds the prompts")
    output: str = option("reply", "the column that holds answers; only a warm start needs it")
    prompts: int = option(512, "at most so many different prompts", ge=1)
    demonstrations: int = option(2000, "rows of the toy task", ge=1)
    warm_start_steps: int = option(300, "of supervised training before GRPO", ge=0)
    join: str = option(" ", "between prompt and response, when the reward model reads them")
    # The reward model
    reward_model: str = option("", "a model id or path for transformers; empty: a small one, trained on preferences")
    preferences: str = option("", "a file with the columns prompt, chosen, rejected; empty: by the hidden rule")
    samples: int = option(1024, "replies of the policy to each prompt, from which the hidden rule makes preferences")
    reward_training: dict[str, Any] = option({}, "of RewardModelConfig")
    # Where
    policy_device: str = option("cpu", "of the policy")
    reference_device: str = option("cpu", "of the reference")
    reward_device: str = option("cpu", "of the reward model")

    @model_validator(mode="after")
    def fit_together(self) -> RunSettings:
        for key, instead in (("kl_coef", "kl_coefs=[...]"), ("seed", "seeds=...")):
            if key in self.grpo:
                raise ValueError(f"grpo.{key} is set by the run; write {instead} instead")
        if self.policy and not self.data:
            raise ValueError(f"the policy {self.policy!r} needs data: a .jsonl or .parquet file with prompts")
        if self.data and not (self.reward_model or self.preferences):
            raise ValueError("own data need a reward_model, or preferences to train one on")
        return self
