"""A lesson's run: killed at any moment and resumed, it ends with the same weights, bit for bit."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from course.base.errors import UsageError
from course.base.switch import ROOT
from lab.train import lesson_run, run_folder
from lab.train.__main__ import main
from tests.lab.train.child_process import Child

CONFIG = ["--config", str(ROOT / "configs" / "demo.yaml")]
SMALL = (
    "model.hidden=16", "model.intermediate=32", "model.heads=2", "warm_start.steps=30", "warm_start.batch_size=16",
    "grpo.num_steps=6", "grpo.prompts_per_step=4", "grpo.group_size=4", "grpo.learning_rate=0.001", "digits=1",
    "grpo.warmup_steps=3", "eval_every=3", "eval_problems=8", "eval_samples=1", "checkpoint_every=2", "samples_shown=2",
)  # fmt: skip


@pytest.fixture
def train(reference, tmp_path):
    """train(name, *arguments): a run in this process; the folder it leaves."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in the children

    def run(name: str, *more: str) -> Path:
        assert main([*CONFIG, *SMALL, f"name={name}", *more], tmp_path) == 0
        return tmp_path / name

    yield run
    torch.set_num_threads(threads)


def metrics(folder: Path) -> list[dict]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if not k.endswith("seconds")} for line in lines]


def same_weights(a: Path, b: Path) -> bool:
    one, other = (load_file(folder / "model" / "model.safetensors") for folder in (a, b))
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_a_run_leaves_what_a_reader_looks_for(train):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = train("x")
    model = ("model/model.safetensors", "model/tokenizer.json")
    for name in ("config.yaml", "environment.yaml", "metrics.jsonl", "curve.png", "samples.md", *model):
        assert (folder / name).stat().st_size > 0, name
    assert [m["step"] for m in metrics(folder)] == list(range(7))
    assert [m["step"] for m in metrics(folder) if "accuracy_sampled" in m] == [0, 3, 6]
    made, tokenizer = (c.from_pretrained(folder / "model") for c in (AutoModelForCausalLM, AutoTokenizer))
    ids = tokenizer("### Instruction:\n4+5=\n\n### Response:\n", return_tensors="pt")["input_ids"]
    assert made(ids).logits.shape == (1, 5, len(tokenizer))
    with pytest.raises(UsageError, match=r"other settings for grpo\.epsilon"):
        train("x", "--resume", "grpo.epsilon=0.3")


@pytest.mark.parametrize(("moments", "more"), [
    (["warm 5"], ()), (["checkpoint 0"], ()), (["line 3", "checkpoint 4", "line 4"], ()),
    (["line 3"], ("reward=random",)),
], ids=str)  # fmt: skip
def test_killed_and_resumed_equals_never_killed(train, tmp_path, moments, more):
    whole = train("whole", *more)
    for i, moment in enumerate(moments):
        status, _ = Child(
            [*CONFIG, *SMALL, "name=killed", *more, *(["--resume"] if i else [])], tmp_path, moment
        ).wait()
        assert status == -signal.SIGKILL, "it should have killed itself"
    killed = train("killed", *more, "--resume")
    assert same_weights(killed, whole) and metrics(killed) == metrics(whole)


def test_a_resumed_run_goes_on_with_the_code_it_was_started_with(train, tmp_path, monkeypatch, capfd):
    whole = train("whole")
    Child([*CONFIG, *SMALL, "name=x"], tmp_path, "line 3").wait()
    monkeypatch.setenv("SOLUTION", "0")
    with pytest.raises(UsageError, match="SOLUTION=lesson14_grpo_ppo_clip"):
        train("x", "--resume")
    monkeypatch.delenv("SOLUTION")
    assert same_weights(train("x", "--resume"), whole)
    assert "started with SOLUTION=lesson14_grpo_ppo_clip, and goes on so" in " ".join(capfd.readouterr().out.split())


def test_ctrl_c_ends_the_step_and_saves(train, tmp_path, monkeypatch, capfd):
    own = run_folder.RunFolder.log

    def log(folder, line):
        own(folder, line)
        if line["step"] == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(run_folder.RunFolder, "log", log)
        assert main([*CONFIG, *SMALL, "name=x", "checkpoint_every=100"], tmp_path) == 130
    printed = capfd.readouterr().out
    assert "stopping after this step" in printed and "stopped after step 3, which is saved" in printed
    assert [p.name for p in sorted((tmp_path / "x" / "checkpoints").iterdir())] == ["step_000000", "step_000003"]
    assert same_weights(train("x", "checkpoint_every=100", "--resume"), train("whole", "checkpoint_every=100"))


def test_the_engine_and_the_lessons_own_code_give_the_same_numbers(train):
    """The same tokens are sampled; the rest differs by rounding, which few steps cannot enlarge."""
    more = ("warm_start.steps=150", "grpo.prompts_per_step=12", "grpo.group_size=8")
    folders = [train(engine, f"engine={engine}", *more) for engine in ("plain", "fast")]
    plain, fast = map(metrics, folders)
    assert any(m.get("signal") for m in plain), "rewards that differ are needed here"
    for a, b in zip(plain, fast, strict=True):
        assert a == pytest.approx(b, rel=1e-3, abs=1e-5)
    assert not same_weights(*folders), "both runs were computed alike"


def test_a_learners_own_code_runs_without_the_engine(monkeypatch):
    lesson = "lesson14_grpo_ppo_clip"
    for solution, fast in (("1", True), ("lesson14", True), ("", False), ("lesson13", False)):
        monkeypatch.setenv("SOLUTION", solution)
        assert lesson_run.uses_engine("fast", lesson) is fast
        assert not lesson_run.uses_engine("plain", lesson) and not lesson_run.uses_engine("fast", "some_module")


@pytest.mark.parametrize(("arguments", "says"), [
    (["name=nothing", "--resume"], "no run"), (["grpo.group_sise=4"], "group_size"), (["model.hiden=4"], "hidden"),
    (["evall_every=3"], "eval_every"), (["seed=x"], "seed"), (["trainer=lesson99_x.a:B"], "lesson99_x"),
    (["reward=none"], "reward"), (["engine=quick"], "engine"), (["grpo.reward=f"], "reward' is a function"),
    (["engine_settings.sampler=best"], "sampler"), (["engine_settings.first_update_log_probs=true"], "first_update"),
    (["nonsense"], "key=value"), (["name=../elsewhere"], "name"), (["--model_path", "x"], "--model_path"),
])  # fmt: skip
def test_what_does_not_fit_is_one_sentence(arguments, says, reference, tmp_path):
    with pytest.raises(UsageError, match=says) as error:
        main([*CONFIG, *SMALL, *arguments], tmp_path)
    assert "\n" not in str(error.value)


def test_the_command_as_it_is_typed(tmp_path):
    """An unwritten exercise and a mistyped key: one line each, and status 2."""
    (tmp_path / "stub_trainer.py").write_text(STUB)
    environment = {**os.environ, "SOLUTION": "1", "PYTHONPATH": str(tmp_path)}
    name = f"test-unwritten-{os.getpid()}"
    unwritten = ["trainer=stub_trainer:GRPOTrainer", f"name={name}", "grpo={}"]
    cases = ((unwritten, "not written yet: exercise 01.1"), (["grpo.group_sise=4"], "group_size"))
    for more, says in cases:
        command = [sys.executable, "-m", "lab.train", *CONFIG, *SMALL, *more]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        subprocess.run(["rm", "-rf", str(ROOT / "runs" / name)], check=False)
        assert done.returncode == 2, done.stderr
        assert done.stderr.startswith("error: ") and says in done.stderr and len(done.stderr.splitlines()) == 1


STUB = """
from dataclasses import dataclass


@dataclass
class GRPOConfig:
    seed: int = 0
    num_steps: int = 1
    max_new_tokens: int = 4


class GRPOTrainer:
    def __init__(self, *anything):
        raise NotImplementedError("not written yet: exercise 01.1, a.py:GRPOTrainer")
"""
