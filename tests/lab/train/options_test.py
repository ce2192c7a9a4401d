"""Configurations of lab/train: what is right is accepted, blocks in their usual form as they are written; what is not is
refused in one sentence that names the key and says what to do."""

import dataclasses
import json

import pytest
import yaml

from course.base.errors import UsageError
from course.base.switch import ROOT
from lab.train import config_file, options
from lab.train import settings as config
from lab.train.lesson_run import main

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
MATH = """
task:
  name: math_reasoning
  dataset: gsm8k

grpo:
  group_size: 8
  baseline_type: group_mean
  temperature: 1.0

reward:
  type: math_correctness
  partial_credit: true
"""
CODE = """
task:
  name: code_generation
  dataset: humaneval

grpo:
  group_size: 4
  baseline_type: group_median
  temperature: 0.8

reward:
  type: code_execution
  timeout: 10
"""


def read(text: str, *settings: str) -> options.Options:
    table = yaml.safe_load(text) or {}
    for setting in settings:
        config.apply(table, setting)
    return config_file.read(table, "x.yaml")


def test_single_settings_reach_into_a_task_of_one_word(tmp_path, monkeypatch):
    seen = {}
    monkeypatch.setattr("lab.train.lesson_run.train_model", lambda table, parsed: seen.update(table) or 0)
    path = write(tmp_path / "x.yaml", "{task: addition, reward: random}")
    assert main(["--config", str(path), "--data_path", "d.jsonl", "task.dataset=gsm8k", "reward=task"]) == 0
    assert seen == {"task": {"name": "addition", "dataset": "gsm8k"}, "reward": "task", "data_path": "d.jsonl"}


def test_the_defaults_are_a_whole_configuration():
    o = read("")
    assert (o.name, o.model_path, o.task.name, o.reward.type) == ("x", "smollm2", "addition", "task")


def test_the_algorithm_block_is_accepted_as_written():
    o = read(ALGORITHM)
    assert dataclasses.astuple(o.algorithm) == ("grpo", 1e-6, 64, 16, 3)
    assert (o.grpo.group_size, o.grpo.baseline_type, o.grpo.temperature) == (8, "group_mean", 1.0)


@pytest.mark.parametrize(("text", "found"), [
    (ADAPTIVE, {"adaptive_group_size": True, "min_group_size": 4, "max_group_size": 16,
                "group_size_schedule": "linear"}),
    (NORMALISATION, {"reward_normalization": True, "reward_scaling": 1.0, "reward_clipping": 10.0}),
    (GRADIENT, {"gradient_accumulation_steps": 4, "max_grad_norm": 1.0, "optimizer_type": "adamw"}),
])  # fmt: skip
def test_the_grpo_blocks_are_accepted_as_written(text, found):
    grpo = dataclasses.asdict(read(text).grpo)
    assert {key: grpo[key] for key in found} == found


def test_the_math_block_wants_the_data_and_is_then_accepted():
    with pytest.raises(UsageError, match=r"gsm8k is not downloaded here; give it with --data_path"):
        read(MATH)
    o = read(MATH, "data_path=gsm8k.jsonl")
    assert (o.task.dataset, o.reward.type, o.reward.partial_credit) == ("gsm8k", "math_correctness", True)


def test_the_code_block_wants_permission_and_the_data_and_is_then_accepted():
    with pytest.raises(UsageError, match=r"runs programs that the model writes.*reward\.allow_execution=true"):
        read(CODE)
    with pytest.raises(UsageError, match=r"humaneval is not downloaded here; give it with --data_path"):
        read(CODE, "reward.allow_execution=true")
    o = read(CODE, "reward.allow_execution=true", "data_path=humaneval.jsonl")
    assert (o.reward.type, o.reward.timeout, o.grpo.baseline_type) == ("code_execution", 10.0, "group_median")


def test_a_reward_or_task_of_one_word_is_its_type_or_name():
    o = read("{reward: random, task: two_digit_addition}")
    assert (o.reward.type, o.task.name) == ("random", "two_digit_addition")


MATHS = "task.name=math_reasoning"
BAD = [
    # keys that do not exist
    ("group_size=8", r"'group_size'.*grpo\.group_size"),
    ("grpo.group_sise=8", r"grpo\.group_sise.*grpo\.group_size"),
    ("grpo.learning_rate=1e-5", r"grpo\.learning_rate.*algorithm\.learning_rate"),
    ("algorithm.lr=1e-5", r"algorithm\.lr.*algorithm\.learning_rate"),
    ("beta=0.04", r"'beta'.*lesson16_grpo_rlhf"),
    ("num_generations=8", r"'num_generations'.*grpo\.group_size"),
    ("evalevery=3", r"'evalevery'.*eval_every"),
    ("reward.tipe=task", r"reward\.tipe.*reward\.type"),
    ("xyzzy=1", r"'xyzzy'.*the keys are name, model_path"),
    ("task.xyzzy=1", r"task\.xyzzy.*the keys are task\.name"),
    # types
    ("grpo.group_size=eight", r"group_size.*must be int"),
    ("grpo.group_size=2.5", r"group_size.*must be int"),
    ("grpo.group_size=true", r"group_size.*must be int"),
    ("algorithm.learning_rate=fast", r"learning_rate.*must be float"),
    ("grpo.adaptive_group_size=yes please", r"adaptive_group_size.*must be bool"),
    ("grpo=8", r"'grpo' must be a group of settings"),
    ("reward=3", r"'reward' must be a group of settings"),
    ("model_path=3", r"model_path.*must be str"),
    # values
    ("algorithm.name=ppo", r"algorithm\.name must be grpo"),
    ("grpo.baseline_type=mean", r"grpo\.baseline_type must be group_mean, group_median or exponential_moving_average"),
    ("grpo.baseline_type=group_meen", r"grpo\.baseline_type.*did you mean 'group_mean'"),
    ("grpo.group_size_schedule=lineer", r"grpo\.group_size_schedule.*did you mean 'linear'"),
    ("grpo.optimizer_type=adam", r"grpo\.optimizer_type must be adamw or sgd.*did you mean 'adamw'"),
    ("grpo.aggregation=mean", r"grpo\.aggregation must be token, sequence or constant"),
    ("task=adition", r"task\.name.*did you mean 'addition'"),
    ("reward=math", r"reward\.type must be task"),
    ("dtype=float16", r"dtype must be auto.*did you mean 'bfloat16'"),
    ("grpo.temperature=0", r"grpo\.temperature must be greater than 0"),
    ("grpo.reward_clipping=-1", r"grpo\.reward_clipping must be greater than 0"),
    ("algorithm.learning_rate=-1", r"algorithm\.learning_rate must be greater than 0"),
    ("algorithm.learning_rate=.inf", r"algorithm\.learning_rate must be a finite number"),
    ("grpo.max_grad_norm=0", r"grpo\.max_grad_norm must be greater than 0"),
    ("grpo.ema_decay=1.5", r"grpo\.ema_decay must lie between 0 and 1"),
    ("grpo.max_new_tokens=0", r"grpo\.max_new_tokens must be 1 or more"),
    ("algorithm.epochs=0", r"algorithm\.epochs must be 1 or more"),
    ("algorithm.batch_size=0", r"algorithm\.batch_size must be 1 or more"),
    ("num_steps=0", r"num_steps must be 1 or more"),
    ("reward.timeout=0", r"reward\.timeout must be greater than 0"),
    # combinations
    ("grpo.group_size=1", r"grpo\.group_size is 1.*take 2 or more"),
    ("grpo.adaptive_group_size=true grpo.min_group_size=1", r"grpo\.min_group_size is 1"),
    ("grpo.adaptive_group_size=true grpo.min_group_size=20", r"min_group_size.*above max_group_size.*swap"),
    ("grpo.adaptive_group_size=true grpo.group_size=32", r"grpo\.group_size \(32\) must lie between"),
    ("algorithm.batch_size=10 algorithm.mini_batch_size=4", r"mini_batch_size \(4\) must divide batch_size \(10\)"),
    ("algorithm.batch_size=2 grpo.gradient_accumulation_steps=17", r"gradient_accumulation_steps \(17\).*take fewer"),
    ("grpo.reward_scaling=2", r"grpo\.reward_scaling=2 changes nothing.*reward_normalization=false"),
    ("reward=random reward.partial_credit=true", r"'reward'|reward\.partial_credit"),
    ("reward.type=random reward.partial_credit=true", r"reward\.partial_credit.*leave it out"),
    ("reward.allow_execution=true", r"reward\.allow_execution.*leave it out"),
    ("reward.type=code_execution", r"reward\.type=code_execution.*reward\.allow_execution=true"),
    ("reward.type=code_execution reward.allow_execution=true", r"needs task\.name=code_generation"),
    ("task.name=code_generation data_path=x.jsonl reward.type=last_number", r"reward\.type=last_number cannot judge"),
    ("data_path=x.jsonl", r"data_path is not read.*leave it out"),
    ("task.dataset=gsm8k", r"task\.dataset is for math_reasoning.*leave it out"),
    (MATHS, r"math_reasoning.*--data_path"),
    ("algorithm.temperature=0.5 grpo.temperature=0.8", r"temperature is 0\.5 under algorithm and 0\.8 under grpo"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "says"), BAD, ids=[b[0] for b in BAD])
def test_a_bad_configuration_is_told_in_one_sentence(settings, says):
    assert len(BAD) >= 30
    parts = settings.replace("yes please", "yes_please").split()
    with pytest.raises(UsageError, match=says) as error:
        read("", *parts)
    assert "\n" not in str(error.value) and len(str(error.value)) < 400


def test_processes_that_cannot_share_a_batch_are_refused():
    with pytest.raises(UsageError, match=r"algorithm\.batch_size is 16, which 3 processes cannot share"):
        config_file.read({}, "x.yaml", processes=3)
    with pytest.raises(UsageError, match=r"algorithm\.mini_batch_size is 2, which 4 processes cannot share"):
        config_file.read({"algorithm": {"mini_batch_size": 2}}, "x.yaml", processes=4)
    config_file.read({}, "x.yaml", processes=4)


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("more", "says"), [
    (["--data_path", "nowhere.jsonl", MATHS], "nowhere.jsonl: no such file"),
    (["--data_path", "data.csv", MATHS], "must be .jsonl or .parquet"),
    (["--data_path", "{one}", MATHS], "data_path needs two different rows"),
    (["--data_path", "{other}", MATHS], "no column 'answer'; its columns are question, solution"),
    (["--model_path", "{nothing}"], "model_path=.*nothing: no model could be loaded"),
    (["name=../elsewhere"], "name must be a folder name"),
    (["--resume", "name=test-nothing-here"], "no run in runs/test-nothing-here to resume"),
    (["nonsense"], "key=value"),
])  # fmt: skip
def test_what_the_command_is_given_is_told_in_one_sentence_too(more, says, tmp_path, monkeypatch, reference):
    monkeypatch.setattr("lab.train.model_run.RunFolder.start", lambda *anything: None)
    one = write(tmp_path / "one.jsonl", json.dumps({"question": "q", "answer": "a"}))
    other = write(tmp_path / "other.jsonl", json.dumps({"question": "q", "solution": "a"}))
    plain, nothing = write(tmp_path / "x.yaml", f"model_path: {tmp_path / 'nothing'}"), tmp_path / "nothing"
    with pytest.raises(UsageError, match=says) as error:
        main(["--config", str(plain), *(m.format(one=one, other=other, nothing=nothing) for m in more)])
    assert "\n" not in str(error.value)


def test_paths_are_refused_where_a_lesson_makes_the_model():
    with pytest.raises(UsageError, match=r"--model_path is for runs without `trainer`"):
        main(["--config", "configs/demo.yaml", "--model_path", "x"])


@pytest.mark.parametrize("name", ["llm", "llm2"])
def test_the_courses_own_configurations_are_right(name):
    config_file.read(config.read(ROOT / "configs" / f"{name}.yaml", []), f"{name}.yaml")


def test_every_option_has_its_line_in_the_documentation():
    page = (ROOT / "docs" / "TRAINING.md").read_text(encoding="utf-8")
    assert options.table() in page, "python -m lab.train.options writes the table anew"
    assert options.table().count("\n| `") == len(list(options.values(options.Options())))
