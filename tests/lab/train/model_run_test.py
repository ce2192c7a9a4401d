"""Runs on a model of transformers: several processes equal one, a lost one is reported, any model trains."""

import json
import signal
from pathlib import Path

import pytest
import torch

from course.base.errors import UsageError
from lab.plots import training_curve
from lab.train.__main__ import main
from lab.train.distributed import Processes, joined
from lab.train.run_folder import RunFolder
from tests.lab.train import child_process, tiny_cases
from tests.lab.train.child_process import Child, same_weights, together, weights

torch.set_num_threads(1)  # as in the children
SETTINGS = """
task: addition
reward: last_number
loss: lesson14_grpo_ppo_clip.loss.ppo_clip:ppo_clip_loss
num_steps: 4
dtype: float64
eval_every: 2
eval_problems: 4
eval_samples: 2
checkpoint_every: 2
algorithm: {batch_size: 8, learning_rate: 0.01}
grpo: {group_size: 6, max_new_tokens: 6, optimizer_type: sgd, warmup_steps: 0}
"""
MINI = ("num_steps=2", "algorithm.mini_batch_size=4", "grpo.baseline_type=exponential_moving_average")


@pytest.fixture(autouse=True)
def no_picture(monkeypatch):
    """It takes most of so small a run's time; lesson_run_test.py looks at one."""
    monkeypatch.setattr(training_curve, "training_curve", lambda *_: None)


@pytest.fixture
def config(tmp_path):
    """The arguments that name a configuration with a tiny model."""
    tiny_cases.tiny(tmp_path / "m", torch.float64)
    (tmp_path / "x.yaml").write_text(f"model_path: {tmp_path / 'm'}\n{SETTINGS}")
    return ["--config", str(tmp_path / "x.yaml")]


def metrics(folder: Path) -> list[dict]:
    """Without the entropy, which is a mean of each process's own."""
    return child_process.metrics(folder, "entropy")


@pytest.mark.parametrize("more", [(), MINI], ids=["whole batch", "mini-batches"])
def test_two_processes_equal_one_and_a_lost_one_is_reported(tmp_path, config, reference, more):
    assert main([*config, "name=one", *more], tmp_path) == 0
    assert [status for status, _ in together(2, [*config, "name=two", *more], tmp_path)] == [0, 0]
    found, both = metrics(tmp_path / "one"), metrics(tmp_path / "two")
    assert len(found) == (3 if more else 5) and any(m.get("grad_norm", 0) > 0 for m in found)
    for a, b in zip(found, both, strict=True):
        assert a == pytest.approx(b, rel=1e-9, abs=1e-12)
    start = tiny_cases.model().state_dict()
    for name, w in weights(tmp_path / "one").items():
        torch.testing.assert_close(w, weights(tmp_path / "two")[name], rtol=0, atol=1e-12)
    assert any(not torch.equal(w, start[name]) for name, w in weights(tmp_path / "one").items()), (
        "something was learned"
    )
    if more:
        return
    (status, printed), (killed, _) = together(2, [*config, "name=lost"], tmp_path, rank1="step 4")
    assert killed == -signal.SIGKILL and status == 2, printed
    errors = [line for line in printed.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and "process 0 of 2 has lost another one" in errors[0] and "--resume" in errors[0], printed
    assert [status for status, _ in together(2, [*config, "name=lost", "--resume"], tmp_path)] == [0, 0]
    assert same_weights(tmp_path / "lost", tmp_path / "two") and metrics(tmp_path / "lost") == both


def test_killed_and_resumed_equals_never_killed(tmp_path, config, reference):
    more = ("grpo.baseline_type=exponential_moving_average", "grpo.adaptive_group_size=true",
            "grpo.group_size_schedule=signal", "grpo.optimizer_type=adamw")  # fmt: skip
    assert main([*config, "name=whole", *more], tmp_path) == 0
    assert Child([*config, "name=killed", *more], tmp_path, "line 3").wait()[0] == -signal.SIGKILL
    assert main([*config, "name=killed", *more, "--resume"], tmp_path) == 0
    assert same_weights(tmp_path / "killed", tmp_path / "whole")
    assert metrics(tmp_path / "killed") == metrics(tmp_path / "whole")


def test_a_lessons_loss_and_the_labs_are_the_same(tmp_path, config, reference):
    clipped = (
        "num_steps=2",
        "reward=random",
        "grpo.updates_per_batch=2",
        "grpo.epsilon=0.001",
        "algorithm.learning_rate=0.1",
    )
    for name, loss in (("lesson", "lesson14_grpo_ppo_clip.loss.ppo_clip:ppo_clip_loss"), ("lab", "")):
        assert main([*config, f"name={name}", f"loss={loss or repr(loss)}", *clipped], tmp_path) == 0
    for a, b in zip(metrics(tmp_path / "lesson"), metrics(tmp_path / "lab"), strict=True):
        assert a == pytest.approx(b, rel=1e-9, abs=1e-12)
    assert any(m.get("clip_fraction", 0) > 0 for m in metrics(tmp_path / "lab"))


def test_one_alone_needs_nothing(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined() as group:
        found = (group.count, group.first, group.share(3), group.add(2.5), group.gather("a"))
        assert found == (1, True, [0, 1, 2], 2.5, ["a"])
    assert sorted(i for rank in range(3) for i in Processes(rank, 3).share(8)) == list(range(8))


def test_half_a_launchers_environment_is_reported(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    message = r"WORLD_SIZE is 2, but RANK, MASTER_ADDR, MASTER_PORT is not set.*accelerate launch"
    with pytest.raises(UsageError, match=message), joined():
        pass


def test_a_model_that_the_engine_does_not_run_trains_too(tmp_path, config):
    from transformers import GPT2Config, GPT2LMHeadModel

    size = {"n_embd": 8, "n_layer": 1, "n_head": 1, "n_positions": 128, "bos_token_id": 1, "eos_token_id": 1}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = GPT2LMHeadModel(GPT2Config(vocab_size=len(tiny_cases.tokenizer()), **size))
    model.save_pretrained(tmp_path / "m")
    reward = ("reward.partial_credit=true", "grpo.max_new_tokens=20")
    assert main([*config, "loss=''", "num_steps=2", "dtype=float32", *reward], tmp_path) == 0
    assert any(m.get("grad_norm", 0) > 0 for m in metrics(tmp_path / "x"))


MATHS = "task.name=math_reasoning"


@pytest.mark.parametrize(("more", "message"), [
    (["--data_path", "nowhere.jsonl", MATHS], "nowhere.jsonl: no such file"),
    (["--data_path", "{one}", MATHS], "data_path needs two different rows"),
    (["--data_path", "{other}", MATHS], "no column 'answer'; its columns are question, solution"),
    (["--model_path", "{nothing}"], "model_path=.*nothing: no model could be loaded"),
    (['name=../elsewhere'], 'name must be a folder name'),
    (["--resume", "name=nothing"], "no run in .*nothing to resume"),
])  # fmt: skip
def test_bad_input_is_one_sentence(more, message, tmp_path, config, reference):
    names = {"one": tmp_path / "one.jsonl", "other": tmp_path / "other.jsonl", "nothing": tmp_path / "nothing"}
    names["one"].write_text(json.dumps({"question": "q", "answer": "1"}))
    names["other"].write_text(json.dumps({"question": "q", "solution": "a"}))
    with pytest.raises(UsageError, match=message) as error:
        main([*config, *(m.format(**names) for m in more)], tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("more", [
    ["loss=lesson13_grpo.loss.grpo:compute_grpo_loss"], ["--model_path", "{nothing}"],
    ["--data_path", "{nothing}.jsonl", MATHS], ["grpo.max_new_tokens=1000"],
])  # fmt: skip
def test_a_run_that_is_refused_leaves_the_earlier_one_in_its_place(more, tmp_path, config, reference):
    runs = tmp_path / "runs"
    RunFolder(runs / "x").start({"seed": 3})
    with pytest.raises(UsageError):
        main([*config, *(m.format(nothing=tmp_path / "nothing") for m in more)], runs)
    assert [p.name for p in runs.iterdir()] == ["x"] and RunFolder(runs / "x").config() == {"seed": 3}
