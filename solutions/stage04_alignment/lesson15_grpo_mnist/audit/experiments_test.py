"""The experiments of lesson 15 on a handful of made-up digits, and the power of the lesson's learning test."""

import importlib
import json
import struct

import pytest
import torch
from lesson15_grpo_mnist.given import experiments, mnist
from lesson15_grpo_mnist.given.experiments import Outcome, Run

from course.base.errors import UsageError

NAME = "lesson15_grpo_mnist"


@pytest.fixture
def digits(tmp_path):
    """Images of ten bars, as a folder of IDX files."""
    folder = tmp_path / "digits"
    folder.mkdir()
    for part, count in (("train", 200), ("t10k", 50)):
        labels = torch.arange(count) % 10
        pixels = torch.zeros(count, 28, 28, dtype=torch.uint8)
        for image, label in zip(pixels, labels, strict=True):
            image[2 * int(label) : 2 * int(label) + 3] = 255
        head = struct.pack(">4I", mnist.IMAGES, count, 28, 28)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(head + pixels.numpy().tobytes())
        head = struct.pack(">2I", mnist.LABELS, count)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(head + labels.to(torch.uint8).numpy().tobytes())
    return folder


@pytest.mark.parametrize("baseline", ["group", "critic"])
def test_a_run_learns_and_tells_how(reference, digits, baseline):
    outcome = experiments.perform(Run("x", 0.05, {"baseline": baseline, "warmup_steps": 0}, evaluations=3, data=digits))
    assert outcome.samples == [16384, 30720, 47104]
    assert outcome.greedy[-1] > 0.9 and len(outcome.by_digit[-1]) == 10
    assert 0 <= outcome.no_signal[0] <= 1 and 0 <= outcome.expected_no_signal[0] <= 1
    assert outcome.seconds > 0


def test_an_experiment_writes_table_plots_and_outcomes(tmp_path, monkeypatch):
    def perform_all(runs, seeds):
        return {
            r.label: [
                Outcome(Run(r.label, r.passes, r.settings, 10, s), [2048 * i for i in range(1, 11)],
                        [0.9 + 0.01 * s] * 10,
                        [0.8] * 10, [[0.5] * 10] * 10, [[0.5] * 10] * 10, [0.1] * 10, [0.2] * 10, [0.3] * 10, 5.0)
                for s in range(seeds)
            ]
            for r in runs
        }  # fmt: skip

    monkeypatch.setattr(experiments, "perform_all", perform_all)
    for name in ("main", "baselines", "groups", "std"):
        text = experiments.EXPERIMENTS[name](2, tmp_path / name, mnist.EMBEDDED)
        assert text.startswith("| ")
        assert (tmp_path / name / "accuracy.png").stat().st_size > 5000
        assert json.loads((tmp_path / name / "outcomes.json").read_text())
    assert "90.50 % ± 0.71" in experiments.baselines(2, tmp_path, mnist.EMBEDDED)


def test_memory_is_measured_and_computed(reference, tmp_path, capsys):
    assert experiments.main(["memory", "--out", str(tmp_path)]) == 0
    table = (tmp_path / "memory" / "table.md").read_text()
    assert "| 118,282 | 473,128 | 473,128 | 946,280 |" in table  # Adam's: two moments, and six step counters
    assert "| 16 GB | 16 GB | 32 GB | 0 GB | 64 GB | 128 GB |" in table
    assert (tmp_path / "memory" / "bytes.png").exists()


def test_digits_that_are_not_found_are_counted():
    def outcome(*shares):
        return Outcome(Run("x"), [], [], [], [[1.0] * 10, [*shares, *[0.9] * (10 - len(shares))]], [], [], [], [], 0.0)

    assert experiments.never_found([outcome(), outcome(0.0, 0.49, 0.5)]) == "2 of 20"


def test_without_an_experiment_it_is_the_main_one(monkeypatch, tmp_path, digits, capsys):
    asked = []
    monkeypatch.setitem(experiments.EXPERIMENTS, "main", lambda *given: asked.append(given) or "| a table |\n")
    assert experiments.main(["--seeds", "2", "--out", str(tmp_path), "--data", str(digits)]) == 0
    assert asked == [(2, tmp_path / "main", digits)]
    assert (tmp_path / "main" / "table.md").read_text() == "| a table |\n"
    assert "| a table |" in capsys.readouterr().out


def test_an_experiment_that_is_stopped_writes_nothing(monkeypatch, tmp_path, digits, capsys):
    def stopped(*given):
        raise KeyboardInterrupt

    monkeypatch.setitem(experiments.EXPERIMENTS, "std", stopped)
    assert experiments.main(["std", "--out", str(tmp_path), "--data", str(digits)]) == 130
    assert "stopped" in capsys.readouterr().err and not (tmp_path / "std").exists()


def test_runs_in_processes_of_their_own_repeat_by_seed(reference, digits):
    experiments = importlib.import_module("lesson15_grpo_mnist.given.experiments")  # anew, with the reference
    Run = experiments.Run
    runs = [Run("x", 0.02, {"warmup_steps": 0}, evaluations=1, data=digits)]
    found = experiments.perform_all(runs, 2, show=lambda line: None)
    again = experiments.perform(Run("x", 0.02, {"warmup_steps": 0}, evaluations=1, data=digits, seed=1))
    assert [o.run.seed for o in found["x"]] == [0, 1]
    assert found["x"][1].right_by_digit == again.right_by_digit != found["x"][0].right_by_digit


@pytest.mark.parametrize(("arguments", "says"), [
    (["nothing"], "there is no experiment 'nothing'"), (["main", "--seeds", "0"], "--seeds 0"),
    (["main", "--data", "nowhere"], "nowhere is not a folder"),
])  # fmt: skip
def test_bad_arguments_are_told(arguments, says):
    with pytest.raises(UsageError, match=says):
        experiments.main(arguments)


@pytest.mark.parametrize("baseline", ["group", "batch", "none", "critic"])
def test_nothing_is_learned_with_the_sign_of_the_loss_flipped(reference, monkeypatch, baseline):
    scenarios = importlib.import_module(f"{NAME}.testcases.scenarios")
    trainer = importlib.import_module(f"{NAME}.training.trainer")
    loss = trainer.policy_loss
    monkeypatch.setattr(trainer, "policy_loss", lambda *arguments: -loss(*arguments))
    assert scenarios.learn_blobs(baseline)["after"] < 0.2
