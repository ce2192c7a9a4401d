"""Settings and options: what is right is accepted, blocks in their usual form as they are written; what is wrong is
refused in one sentence that names the key and message what to do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from course.base.errors import UsageError
from course.base.switch import ROOT
from lab.train import __main__, options, settings
from lab.train.settings import Settings, option

# ---- Files and key=value ----


class Inner(Settings):
    steps: int = option(10, "steps", ge=1)
    rate: float = option(0.5, "rate")


class Outer(Settings):
    name: str
    seed: int = 0
    fast: bool = False
    rate: float = 1.0
    limit: float | None = None
    inner: Inner = settings.Field(default_factory=Inner)
    more: dict[str, Any] = settings.Field(default_factory=dict)


@dataclass
class Plain:
    steps: int = 10
    names: list[str] = field(default_factory=list)
    rule: Callable[[str], int] = len

    def __post_init__(self):
        if self.steps == 13:
            raise ValueError("steps must not be 13")


@pytest.fixture
def load(tmp_path):
    """`load("name: x", "seed=3")` reads Outer from a file of that text, with these overrides."""

    def load(text, *overrides):
        path = tmp_path / "run.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return settings.build(Outer, settings.read(path, overrides), path.name)

    return load


def test_settings_are_read_with_their_defaults_and_overrides(load):
    assert load("name: demo\nseed: 3\ninner:\n  steps: 5\n") == Outer(name="demo", seed=3, inner=Inner(steps=5))
    found = load("name: x", "inner.steps=7", "seed=2", "more.anything=[1, 2]", "name=y", "inner.steps=8")
    assert found == Outer(name="y", seed=2, inner=Inner(steps=8), more={"anything": [1, 2]})
    assert load("name: x\nlimit: null").limit is None


@pytest.mark.parametrize(("text", "value"), [("1e-3", 1e-3), ("2", 2.0), ("-1E5", -1e5), ("1.5e+3", 1500.0)])
def test_numbers_are_read_as_numbers(load, text, value):
    for found in (load(f"name: x\nrate: {text}").rate, load("name: x", f"rate={text}").rate):
        assert (found, type(found)) == (value, float)


@pytest.mark.parametrize(("text", "message"), [
    ("name: x\nsede: 1", "unknown key 'sede'; did you mean 'seed'?"), ("name: x\nzzz: 1", "'zzz'; the keys are name, "),
    ("name: x\ninner:\n  step: 1", "'inner.step'; did you mean 'inner.steps'?"), ("seed: 1", "key 'name' is missing"),
    ("name: x\nseed: two", "'seed' must be a valid integer, not 'two'"),
    ("name: x\nrate: .nan", "'rate' must be a finite number"), ("name: x\ninner: 3", "'inner' must be a group"),
    ("name: x\ninner:\n  steps: 0", "greater than or equal to 1, not 0"), ("- name", "expected settings"),
    ("name: !!python/name:os.system", "is not valid YAML"), (b"name: \xff", "is not valid YAML"),
])  # fmt: skip
def test_what_does_not_fit_is_one_sentence(load, text, message):
    with pytest.raises(UsageError) as error:
        load(text)
    assert message in str(error.value) and "run.yaml" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(("override", "message"), [
    ("seed", "'seed' is not a setting; write key=value"), ("seed.x=1", "'seed' is not a group of settings"),
    ("=1", "unknown key ''"), ("seed=", "'seed' must be"), ("seed=[1", "'seed=[1' is not valid YAML"),
])  # fmt: skip
def test_a_wrong_override_is_one_sentence(load, override, message):
    with pytest.raises(UsageError) as error:
        load("name: x\nseed: 1", override)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere\.yaml: no such file; a run needs a configuration"):
        settings.read(tmp_path / "nowhere.yaml")


def test_plain_dataclasses_are_checked_alike():
    assert settings.build_dataclass(Plain, {"names": ["a"]}, "x") == Plain(names=["a"])
    for table, message in (({"step": 1}, "x: unknown key 'step'; did you mean 'steps'"), 
                        ({"steps": "a"}, "'steps' must be"),
                        ({"rule": "len"}, "'rule' is a function"),
                        ({"steps": 13}, "x: steps must not be 13")):  # fmt: skip
        with pytest.raises(UsageError) as error:
            settings.build_dataclass(Plain, table, "x")
        assert message in str(error.value)


# ---- The options of a model's run ----

ALGORITHM = """
algorithm:
  name: grpo
  learning_rate: 1e-6
  batch_size: 64
  mini_batch_size: 16
  epochs: 3
  group_size: 8
  baseline_type: group_mean
  temperature: 1.0
"""
ADAPTIVE = """
grpo:
  adaptive_group_size: true
  min_group_size: 4
  max_group_size: 16
  group_size_schedule: linear
"""
NORMALISATION = """
grpo:
  reward_normalization: true
  reward_scaling: 1.0
  reward_clipping: 10.0
"""
GRADIENT = """
grpo:
  gradient_accumulation_steps: 4
  max_grad_norm: 1.0
  optimizer_type: adamw
"""
MATH, CODE = ((ROOT / "configs" / name).read_text(encoding="utf-8") for name in ("math.yaml", "code.yaml"))


def read(text: str, *overrides: str) -> options.Options:
    table = options.whole_groups(settings.parse(text) or {})
    for override in overrides:
        options.apply(table, override)
    return options.read(table, "x.yaml")


def test_the_defaults_are_a_whole_configuration():
    o = read("")
    assert (o.name, o.model_path, o.task.name, o.reward.type) == ("x", "smollm2", "addition", "task")


@pytest.mark.parametrize(("group", "text", "found"), [
    ("algorithm", ALGORITHM, {"learning_rate": 1e-6, "batch_size": 64, "mini_batch_size": 16, "epochs": 3}),
    ("grpo", ALGORITHM, {"group_size": 8, "baseline_type": "group_mean", "temperature": 1.0}),
    ("grpo", ADAPTIVE, {"adaptive_group_size": True, "min_group_size": 4, "max_group_size": 16}),
    ("grpo", NORMALISATION, {"reward_normalization": True, "reward_scaling": 1.0, "reward_clipping": 10.0}),
    ("grpo", GRADIENT, {"gradient_accumulation_steps": 4, "max_grad_norm": 1.0, "optimizer_type": "adamw"}),
    ("reward", "{reward: random}", {"type": "random"}),
    ("task", "task: two_digit_addition", {"name": "two_digit_addition"}),
])  # fmt: skip
def test_the_blocks_are_accepted_as_written(group, text, found):
    assert getattr(read(text), group).model_dump().items() >= found.items()


def test_math_and_code_need_data():
    with pytest.raises(UsageError, match="gsm8k is not downloaded here; give it with --data_path"):
        read(MATH)
    o = read(MATH, "data_path=gsm8k.jsonl")
    assert (o.task.dataset, o.reward.type, o.reward.partial_credit) == ("gsm8k", "math_correctness", True)
    with pytest.raises(UsageError, match="humaneval is not downloaded here"):
        read(CODE)
    o = read(CODE, "data_path=humaneval.jsonl")
    assert (o.reward.type, o.reward.timeout, o.grpo.baseline_type) == ("code_execution", 10.0, "group_median")


MATHS = "task.name=math_reasoning"
BAD = [
    # keys and values
    ("group_size=8", r"'group_size'.*grpo\.group_size"),
    ("algorithm.lr=1e-5", r"algorithm\.lr.*algorithm\.learning_rate"),
    ("beta=0.04", r"'beta'.*lesson 16"),
    ("num_generations=8", r"'num_generations'.*grpo\.group_size"),
    ("task.xyzzy=1", r"task\.xyzzy.*the keys are task\.name"),
    ("grpo.group_size=2.5", r"group_size.*must be a valid integer"),
    ("grpo=8", r"'grpo' must be a group of settings"),
    ("grpo.baseline_type=group_meen", r"grpo\.baseline_type.*did you mean 'group_mean'"),
    ("task=adition", r"task\.name.*did you mean 'addition'"),
    ("reward=math", r"reward\.type' must be 'task'"),
    ("dtype=float16", r"dtype' must be 'auto'.*did you mean 'bfloat16'"),
    ("grpo.temperature=0", r"grpo\.temperature' must be greater than 0"),
    ("algorithm.learning_rate=.inf", r"algorithm\.learning_rate' must be a finite number"),
    ("grpo.max_new_tokens=0", r"grpo\.max_new_tokens' must be greater than or equal to 1"),
    ("seed=-1", r"'seed' must be greater than or equal to 0, not -1"),
    ("seed=1000000001", r"'seed' must be less than or equal to 1000000000, not 1000000001"),
    ("seed=0.5", r"'seed' must be a valid integer"),
    ("samples_shown=-1", r"'samples_shown' must be greater than or equal to 0, not -1"),
    # combinations
    ("grpo.group_size=1", r"grpo\.group_size is 1.*take 2 or more"),
    ("grpo.adaptive_group_size=true grpo.min_group_size=1", r"grpo\.min_group_size is 1"),
    ("grpo.adaptive_group_size=true grpo.min_group_size=20", r"min_group_size.*above max_group_size.*swap"),
    ("grpo.adaptive_group_size=true grpo.group_size=32", r"grpo\.group_size \(32\) must lie between"),
    ("algorithm.batch_size=10 algorithm.mini_batch_size=4", r"mini_batch_size \(4\) must divide batch_size \(10\)"),
    ("algorithm.batch_size=2 grpo.gradient_accumulation_steps=17", r"gradient_accumulation_steps \(17\).*take fewer"),
    ("grpo.reward_scaling=2", r"grpo\.reward_scaling=2 changes nothing.*reward_normalization=false"),
    ("reward=random reward.partial_credit=true", r"reward\.partial_credit.*leave it out"),
    ("reward.allow_execution=true", r"reward\.allow_execution.*leave it out"),
    ("reward.type=code_execution", r"needs task\.name=code_generation"),
    ("task.name=code_generation data_path=x.jsonl reward.type=last_number", r"reward\.type=last_number cannot judge"),
    ("data_path=x.jsonl", r"data_path is not read.*leave it out"),
    ("task.dataset=gsm8k", r"task\.dataset is for math_reasoning.*leave it out"),
    (MATHS, r"math_reasoning.*--data_path"),
    ("algorithm.temperature=0.5 grpo.temperature=0.8", r"temperature is 0\.5 under algorithm and 0\.8 under grpo"),
]  # fmt: skip


@pytest.mark.parametrize(("overrides", "message"), BAD, ids=[b[0] for b in BAD])
def test_a_bad_configuration_is_one_sentence(overrides, message):
    with pytest.raises(UsageError, match=message) as error:
        read("", *overrides.split())
    assert "\n" not in str(error.value) and len(str(error.value)) < 400


def test_processes_that_cannot_share_a_batch_are_refused():
    with pytest.raises(UsageError, match=r"algorithm\.batch_size is 16, which 3 processes cannot share"):
        options.read({}, "x.yaml", processes=3)
    with pytest.raises(UsageError, match=r"algorithm\.mini_batch_size is 2, which 4 processes cannot share"):
        options.read({"algorithm": {"mini_batch_size": 2}}, "x.yaml", processes=4)
    options.read({}, "x.yaml", processes=4)


def test_the_command_line_reaches_into_a_task_of_one_word(tmp_path, monkeypatch):
    seen = {}
    monkeypatch.setattr(
        __main__, "recipe_of", lambda table, *_: seen.update(table) or (_ for _ in ()).throw(KeyboardInterrupt)
    )
    (tmp_path / "x.yaml").write_text("{task: addition, reward: random}")
    more = ["--data_path", "d.jsonl", "task.dataset=gsm8k", "reward=task"]
    assert __main__.main(["--config", str(tmp_path / "x.yaml"), *more]) == 130
    assert seen == {
        "task": {"name": "addition", "dataset": "gsm8k"},
        "reward": {"type": "task"},
        "data_path": "d.jsonl",
    }


def test_the_courses_own_configurations_are_right():
    for name in ("llm", "llm2"):
        options.read(settings.read(ROOT / "configs" / f"{name}.yaml"), f"{name}.yaml")


def test_a_short_form_on_the_command_line_keeps_the_rest_of_its_group():
    for order in (("reward=math_correctness", "reward.partial_credit=true"),
                  ("reward.partial_credit=true", "reward=math_correctness")):  # fmt: skip
        o = read("reward: last_number", "data_path=x.jsonl", "task=math_reasoning", "task.dataset=gsm8k", *order)
        assert (o.reward.type, o.reward.partial_credit) == ("math_correctness", True)
        assert (o.task.name, o.task.dataset) == ("math_reasoning", "gsm8k")
    assert read("", "reward={type: random}").reward.type == "random"


def test_every_option_has_its_line_in_the_documentation():
    page = (ROOT / "docs" / "TRAINING.md").read_text(encoding="utf-8")
    assert options.table() in page, "python -m lab.train.options writes the table anew"
    assert all(f.description for f in settings.all_keys(options.Options).values())
