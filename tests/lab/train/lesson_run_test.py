"""The training command: killed at any moment and resumed, a run ends with the same weights, bit for bit."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from course.base.errors import UsageError
from course.base.switch import ROOT
from lab.train.lesson_run import main
from tests.lab.train.forked_runs import Training

SETTINGS = (
    "model.hidden=16", "model.intermediate=32", "model.heads=2", "warm_start.steps=30", "warm_start.batch_size=16",
    "grpo.num_steps=12", "grpo.prompts_per_step=4", "grpo.group_size=4", "grpo.learning_rate=0.001",
    "grpo.warmup_steps=3", "eval_every=4", "eval_problems=8", "eval_samples=1", "checkpoint_every=2", "samples_shown=2",
)  # fmt: skip


def arguments_of(*more: str) -> list[str]:
    return ["--config", "configs/demo.yaml", *SETTINGS, *more]


def command(*more: str) -> list[str]:
    return [sys.executable, "-m", "lab.train", *arguments_of(*more)]


ENVIRONMENT = {**os.environ, "SOLUTION": "1", "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


def run(*more: str) -> subprocess.CompletedProcess:
    return subprocess.run(command(*more), cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)


@pytest.fixture
def train(tmp_path):
    """train(*arguments, environment=...): a run in a process of its own, without the time of its imports."""
    count = iter(range(100))

    def start(*more: str, environment: dict[str, str] = ENVIRONMENT) -> Training:
        return Training(arguments_of(*more), environment, tmp_path / f"output-{next(count)}")

    return start


@pytest.fixture
def finished(train):
    """finished(*arguments): the same, waited for."""

    def run(*more, **named) -> str:
        status, printed = train(*more, **named).wait()
        assert status == 0, printed
        return printed

    return run


@pytest.fixture(scope="module")
def straight(runs):
    """A run that was never stopped, by the command as it is typed."""
    done = run(f"name={runs}/straight")
    assert done.returncode == 0, done.stderr
    return ROOT / "runs" / runs / "straight"


@pytest.fixture(scope="module")
def runs():
    """A folder of this test's own under runs/."""
    name = f"test-{os.getpid()}"
    yield name
    subprocess.run(["rm", "-rf", str(ROOT / "runs" / name)], check=False)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model" / "model.safetensors")


def metrics(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_leaves_everything_that_a_reader_looks_for(straight):
    model = ("model/model.safetensors", "model/tokenizer.json")
    for name in ("config.yaml", "environment.yaml", "metrics.jsonl", "curve.png", *model):
        assert (straight / name).stat().st_size > 0, name
    assert [m["step"] for m in metrics(straight)] == list(range(13))
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model, tokenizer = (c.from_pretrained(straight / "model") for c in (AutoModelForCausalLM, AutoTokenizer))
    ids = tokenizer("### Instruction:\n47+85=\n\n### Response:\n", return_tensors="pt")["input_ids"]
    assert ids.shape == (1, 7)
    assert model(ids).logits.shape == (1, 7, len(tokenizer))


@pytest.mark.parametrize("moment", ["in the warm start", "three times"])
def test_killed_and_resumed_equals_never_killed(straight, runs, train, finished, moment):
    name = f"{runs}/killed-{moment.replace(' ', '-')}"
    folder = ROOT / "runs" / name
    lines = {"in the warm start": [0], "three times": [2, 6, 9]}  # of metrics.jsonl, when it is killed
    for i, count in enumerate(lines[moment]):
        kill_when(folder, count, train(f"name={name}", *(["--resume"] if i else [])))
    finished(f"name={name}", "--resume")
    assert same(weights(folder), weights(straight))
    assert metrics(folder) == metrics(straight)


def test_a_run_on_random_rewards_resumes_to_the_same_weights_too(runs, train, finished):
    whole, killed = (f"{runs}/coin-{name}" for name in ("whole", "killed"))
    finished(f"name={whole}", "reward=random")
    kill_when(ROOT / "runs" / killed, 6, train(f"name={killed}", "reward=random"))
    finished(f"name={killed}", "reward=random", "--resume")
    assert same(weights(ROOT / "runs" / killed), weights(ROOT / "runs" / whole))


def test_a_resumed_run_goes_on_with_the_code_it_was_started_with(straight, runs, train, finished):
    name = f"{runs}/code"
    folder = ROOT / "runs" / name
    kill_when(folder, 6, train(f"name={name}"))
    without = {k: v for k, v in ENVIRONMENT.items() if k != "SOLUTION"}
    printed = finished(f"name={name}", "--resume", environment=without)
    assert "SOLUTION=lesson14_grpo_ppo_clip" in printed
    assert same(weights(folder), weights(straight))
    status, printed = train(f"name={name}", "--resume", environment={**without, "SOLUTION": "0"}).wait()
    assert status == 2 and "SOLUTION=lesson14" in printed, printed


def test_a_half_written_checkpoint_is_never_loaded(straight, runs, train, finished):
    name = f"{runs}/half"
    folder = ROOT / "runs" / name
    kill_when(folder, 6, train(f"name={name}"))
    half = folder / "checkpoints" / ".step_000099.tmp"
    half.mkdir()
    (half / "model.safetensors").write_bytes(b"half")
    finished(f"name={name}", "--resume")
    assert same(weights(folder), weights(straight))


def test_the_engine_and_the_lessons_own_code_give_the_same_numbers(runs, finished):
    """The same tokens are sampled; the rest differs by rounding, which few steps cannot enlarge."""
    folders = [ROOT / "runs" / runs / engine for engine in ("plain", "fast")]
    for folder in folders:
        finished(f"name={runs}/{folder.name}", f"engine={folder.name}", "digits=1", "warm_start.steps=150")
    plain, fast = map(metrics, folders)
    assert any(m.get("signal") for m in plain), "rewards that differ are wanted here"
    for a, b in zip(plain, fast, strict=True):
        assert a == pytest.approx(b, rel=1e-3, abs=1e-5)
    assert not same(*map(weights, folders)), "both runs were computed alike"


def test_a_learners_own_code_runs_without_the_engine(monkeypatch):
    from lab.train.lesson_run import RunConfig, engine_of

    lesson = "lesson14_grpo_ppo_clip"
    settings = RunConfig("x", f"{lesson}.training.grpo_trainer:GRPOTrainer", f"{lesson}.data.addition:AdditionDataset")
    for solution, engine in (("1", "fast"), ("lesson14", "fast"), ("", "plain"), ("lesson13", "plain")):
        monkeypatch.setenv("SOLUTION", solution)
        assert engine_of(settings) == engine
        settings.engine = "plain"
        assert engine_of(settings) == "plain"
        settings.engine = "fast"


def test_ctrl_c_ends_the_step_and_saves(runs):
    name = f"{runs}/interrupted"
    more = ("grpo.num_steps=2000", "checkpoint_every=5000", "eval_every=5000")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command(f"name={name}", *more), cwd=ROOT, env=ENVIRONMENT, **pipes)
    path, deadline = ROOT / "runs" / name / "metrics.jsonl", time.monotonic() + 300
    while not (path.exists() and path.read_bytes().count(b"\n") > 4) and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=300)
    assert process.returncode == 130 and "stopping after this step" in out, (out, error)
    last = metrics(ROOT / "runs" / name)[-1]["step"]
    saved = [p.name for p in sorted((ROOT / "runs" / name / "checkpoints").iterdir())]
    assert saved == ["step_000000", f"step_{last:06d}"] and f"stopped after step {last}, which is saved" in out


def test_resuming_with_other_settings_is_refused(straight, reference):
    with pytest.raises(UsageError, match="grpo"):
        main([*command(f"name={straight.relative_to(ROOT / 'runs')}", "--resume", "grpo.epsilon=0.3")[3:]])


@pytest.mark.parametrize(("arguments", "says"), [
    (["name=test-nothing", "--resume"], "no run"), (["grpo.group_sise=4"], "group_size"),
    (["evall_every=3"], "eval_every"), (["seed=x"], "seed"), (["trainer=lesson99_x.a:B"], "lesson99_x"),
    (["reward=none"], "reward"), (["engine=quick"], "engine"),
    (["engine_settings.sampler=best"], "sampler"), (["nonsense"], "key=value"), (["name=../elsewhere"], "name"),
])  # fmt: skip
def test_what_does_not_fit_is_told_in_one_sentence(arguments, says, reference):
    with pytest.raises(UsageError, match=says) as error:
        main(command(*arguments)[3:])
    assert "\n" not in str(error.value)


def test_the_command_prints_that_sentence_and_nothing_else():
    done = run("grpo.group_sise=4")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_an_unwritten_exercise_is_told_in_one_sentence(tmp_path):
    (tmp_path / "stub_trainer.py").write_text(STUB)
    environment_ = {**ENVIRONMENT, "PYTHONPATH": str(tmp_path)}
    name = f"test-unwritten-{os.getpid()}"
    done = subprocess.run(command("trainer=stub_trainer:GRPOTrainer", f"name={name}", *["grpo={}"]), cwd=ROOT,
                          env=environment_, capture_output=True, text=True)  # fmt: skip
    subprocess.run(["rm", "-rf", str(ROOT / "runs" / name)], check=False)
    assert done.returncode == 2
    assert done.stderr.strip().startswith("error: not written yet: exercise 01.1") and "\n" not in done.stderr.strip()


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


def kill_when(folder: Path, count: int, training: Training) -> None:
    """Kills a run as soon as its metrics have `count` lines (0: soon after its folder exists)."""
    deadline = time.monotonic() + 300
    while not training.ended() and time.monotonic() < deadline:
        path = folder / "metrics.jsonl"
        ready = (
            path.exists() and path.read_bytes().count(b"\n") >= count if count else (folder / "config.yaml").exists()
        )
        if ready:
            break
        time.sleep(0.002)
    training.kill()


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)
