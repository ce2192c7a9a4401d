"""Several processes that train together: two give the loss and the update of one, and a lost one is told."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from course.base.errors import UsageError
from course.base.switch import ROOT
from lab.train.distributed import Processes, joined
from tests.lab.train import tiny_cases

SETTINGS = """
task: addition
reward: last_number
num_steps: {steps}
dtype: float64
eval_every: 2
eval_problems: 4
eval_samples: 2
checkpoint_every: 2
algorithm: {{batch_size: 8, mini_batch_size: {mini}, learning_rate: 0.01}}
grpo: {{group_size: 6, max_new_tokens: 6, optimizer_type: sgd, warmup_steps: 0, baseline_type: {baseline}}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(folder: Path, processes: int, *more: str) -> list[subprocess.Popen]:
    """The run of folder/x.yaml, by one or several processes, as a launcher starts them."""
    port = free_port()
    found = []
    for rank in range(processes):
        group = {
            "RANK": rank,
            "WORLD_SIZE": processes,
            "LOCAL_RANK": rank,
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": port,
        }
        environment = {**os.environ, **{k: str(v) for k, v in group.items()}, "SOLUTION": "1", "OMP_NUM_THREADS": "1"}
        line = [sys.executable, "-c", MAIN, str(folder), "--config", str(folder / "x.yaml"), *more]
        found.append(
            subprocess.Popen(line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
    return found


MAIN = """
import sys
from pathlib import Path
from course.base import errors
from lab.train import lesson_run as train
from lab.train import model_run as run
folder = Path(sys.argv[1])
usual = run.run
run.run = lambda options, resume, group: usual(options, resume, group, runs=folder)
sys.argv = ["train.py", *sys.argv[2:]]
errors.run_command(lambda: train.main(sys.argv[1:]))
"""


def done(folder: Path, processes: int, *more: str) -> list[tuple[int, str, str]]:
    started = start(folder, processes, *more)
    return [(p.returncode, *texts) for p, texts in [(p, p.communicate(timeout=300)) for p in started]]


def configured(folder: Path, mini="null", steps=4, baseline="group_mean") -> Path:
    tiny_cases.tiny(folder / "m", torch.float64)
    text = SETTINGS.format(mini=mini, steps=steps, baseline=baseline)
    (folder / "x.yaml").write_text(f"model_path: {folder / 'm'}\n{text}")
    return folder


def outcome(folder: Path):
    """(weights, metrics without times) of the run."""
    lines = [json.loads(line) for line in (folder / "x" / "metrics.jsonl").read_text().splitlines()]
    kept = [{k: v for k, v in m.items() if not k.endswith("seconds") and k != "entropy"} for m in lines]
    return load_file(folder / "x" / "model" / "model.safetensors"), kept


@pytest.mark.parametrize(("mini", "baseline"), [("null", "group_mean"), (4, "exponential_moving_average")])
def test_two_processes_give_the_losses_and_the_updates_of_one(tmp_path, mini, baseline):
    found = []
    for count in (1, 2):
        folder = configured(tmp_path / str(count), mini, baseline=baseline)
        for code, out, error in done(folder, count):
            assert code == 0, (out, error)
        found.append(outcome(folder))
    (weights, metrics), (weights2, metrics2) = found
    assert len(metrics) == 5 and any(m.get("grad_norm", 0) > 0 for m in metrics)
    for a, b in zip(metrics, metrics2, strict=True):
        assert a == pytest.approx(b, rel=1e-9, abs=1e-12)
    start_ = tiny_cases.model().state_dict()
    for name, w in weights.items():
        torch.testing.assert_close(w, weights2[name], rtol=0, atol=1e-12)
    assert any(not torch.equal(w, start_[name]) for name, w in weights.items()), "something was learned"


def test_a_lost_process_is_told_and_the_run_can_go_on(tmp_path):
    whole, broken = (configured(tmp_path / name, steps=300) for name in ("whole", "broken"))
    for folder in (whole, broken):
        text = (
            (folder / "x.yaml").read_text().replace("eval_every: 2", "eval_every: 100").replace("every: 2", "every: 20")
        )
        (folder / "x.yaml").write_text(text)
    assert [code for code, *_ in done(whole, 2)] == [0, 0]
    first, second = start(broken, 2)
    metrics, deadline = broken / "x" / "metrics.jsonl", time.monotonic() + 200
    while not (metrics.exists() and metrics.read_bytes().count(b"\n") > 30) and time.monotonic() < deadline:
        time.sleep(0.002)
    second.send_signal(signal.SIGKILL)
    second.communicate()
    _, error = first.communicate(timeout=120)
    assert first.returncode == 2, error
    told = [line for line in error.splitlines() if line.startswith("error: ")]
    assert len(told) == 1 and "process 0 of 2 has lost another one" in told[0] and "--resume" in told[0], error
    assert [code for code, *_ in done(broken, 2, "--resume")] == [0, 0]
    (weights, lines), (weights2, lines2) = outcome(whole), outcome(broken)
    assert lines == lines2 and all(torch.equal(w, weights2[name]) for name, w in weights.items())


def test_ctrl_c_saves_and_the_run_goes_on_to_the_same_weights(tmp_path):
    whole, stopped = (configured(tmp_path / name, steps=300) for name in ("whole", "stopped"))
    for folder in (whole, stopped):
        text = (folder / "x.yaml").read_text().replace("every: 2", "every: 1000")
        (folder / "x.yaml").write_text(text)
    assert done(whole, 1)[0][0] == 0
    (process,) = start(stopped, 1)
    metrics, deadline = stopped / "x" / "metrics.jsonl", time.monotonic() + 200
    while not (metrics.exists() and metrics.read_bytes().count(b"\n") > 30) and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=120)
    assert process.returncode == 130, (out, error)
    assert "stopping after this step" in out and "is saved; the same command with --resume goes on" in out
    assert len(list((stopped / "x" / "checkpoints").glob("step_*"))) == 2, "the start, and where it was stopped"
    assert done(stopped, 1, "--resume")[0][0] == 0
    (weights, lines), (weights2, lines2) = outcome(whole), outcome(stopped)
    assert lines == lines2 and all(torch.equal(w, weights2[name]) for name, w in weights.items())


def test_one_alone_needs_nothing(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined() as group:
        assert (group.count, group.first, group.mine(3), group.add(2.5), group.everyone("a")) == (
            1,
            True,
            [0, 1, 2],
            2.5,
            ["a"],
        )


def test_shares_are_disjoint_and_whole():
    assert sorted(i for rank in range(3) for i in Processes(rank, 3).mine(8)) == list(range(8))


def test_half_a_launchers_environment_is_told(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with (
        pytest.raises(
            UsageError, match=r"WORLD_SIZE is 2, but RANK, MASTER_ADDR, MASTER_PORT is not set.*accelerate launch"
        ),
        joined(),
    ):
        pass
