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
def test_a_run_learns_and_reports(reference, digits, baseline):
    outcome = experiments.perform(Run("x", 0.05, {"baseline": baseline, "warmup_steps": 0}, evaluations=3, data=digits))
    assert outcome.samples == [16384, 30720, 47104]
    assert outcome.greedy[-1] > 0.9 and len(outcome.by_digit[-1]) == 10
    assert 0 <= outcome.no_signal[0] <= 1 and 0 <= outcome.expected_no_signal[0] <= 1
    assert outcome.seconds > 0


def made_up(runs):
    """Outcomes of two seeds for each run, without training."""
    return {
        r.label: [
            Outcome(Run(r.label, r.passes, r.settings, 10, s), [2048 * i for i in range(1, 11)],
                    [0.9 + 0.01 * s] * 10, [0.8] * 10, [[0.5] * 10] * 10, [[0.5] * 10] * 10,
                    [0.1] * 10, [0.2] * 10, [0.3] * 10, 5.0)
            for s in range(2)
        ]
        for r in runs
    }  # fmt: skip


@pytest.mark.parametrize(("name", "plot"), [
    ("main", "accuracy.png"), ("baselines", "divided.png"), ("one_answer", "accuracy.png"), ("groups", "no_signal.png"),
    ("std", "digits.png"),
])  # fmt: skip
def test_an_experiment_writes_table_plots_and_outcomes(tmp_path, name, plot):
    text = experiments.EXPERIMENTS[name](made_up, tmp_path)
    assert text.startswith("| ") and ("90.50 % ± 0.71" in text or name == "main")
    assert (tmp_path / plot).stat().st_size > 5000
    assert json.loads((tmp_path / "outcomes.json").read_text())


def test_baselines_are_compared_alike(tmp_path):
    asked = []
    experiments.baselines(lambda runs: asked.extend(runs) or made_up(runs), tmp_path)
    kinds = {divide: [r.settings["baseline"] for r in asked if r.settings["divide_by_std"] is divide]
             for divide in (False, True)}  # fmt: skip
    assert kinds == {False: ["group", "batch", "critic", "none"], True: ["group", "batch", "critic"]}


def test_memory_is_measured_and_computed(reference, tmp_path, capsys):
    assert experiments.main(["memory", "--out", str(tmp_path)]) == 0
    table = (tmp_path / "memory" / "table.md").read_text()
    assert "| 118,282 | 473,128 | 473,128 | 946,280 |" in table  # Adam's: two moments, and six step counters
    assert "| 16 GB | 16 GB | 32 GB | 0 GB | 64 GB | 128 GB |" in table
    assert (tmp_path / "memory" / "bytes.png").exists()


def test_missing_digits_are_counted():
    def outcome(*shares):
        return Outcome(Run("x"), [], [], [], [[1.0] * 10, [*shares, *[0.9] * (10 - len(shares))]], [], [], [], [], 0.0)

    assert experiments.missing([outcome(), outcome(0.0, 0.49, 0.5)]) == "2 of 20"


def test_without_an_experiment_it_is_the_main_one(monkeypatch, tmp_path, digits, capsys):
    asked = []
    monkeypatch.setitem(experiments.EXPERIMENTS, "main", lambda *given: asked.append(given) or "| a table |\n")
    assert experiments.main(["--seeds", "2", "--out", str(tmp_path), "--data", str(digits)]) == 0
    assert asked[0][0].keywords["seeds"] == 2 and asked[0][1] == tmp_path / "main"
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
    run = experiments.Run("x", 0.02, {"warmup_steps": 0}, evaluations=1)
    found = experiments.perform_all([run], seeds=2, processes=1, data=digits, show=lambda line: None)
    again = experiments.perform(experiments.Run("x", 0.02, {"warmup_steps": 0}, evaluations=1, data=digits, seed=1))
    assert [o.run.seed for o in found["x"]] == [0, 1]
    assert found["x"][1].right_by_digit == again.right_by_digit != found["x"][0].right_by_digit


@pytest.mark.parametrize(("arguments", "says"), [
    (["nothing"], "there is no experiment 'nothing'"), (["main", "--seeds", "0"], "at least 1"),
    (["main", "--data", "nowhere"], "nowhere is not a folder"),
])  # fmt: skip
def test_bad_arguments_are_refused(arguments, says):
    with pytest.raises(UsageError, match=says):
        experiments.main(arguments)


@pytest.mark.parametrize("baseline", ["group", "batch", "none", "critic"])
def test_nothing_is_learned_with_the_sign_of_the_loss_flipped(reference, monkeypatch, baseline):
    scenarios = importlib.import_module(f"{NAME}.testcases.scenarios")
    trainer = importlib.import_module(f"{NAME}.training.trainer")
    loss = trainer.policy_loss
    monkeypatch.setattr(trainer, "policy_loss", lambda *arguments: -loss(*arguments))
    assert scenarios.learn_blobs(baseline)["after"] < 0.2
