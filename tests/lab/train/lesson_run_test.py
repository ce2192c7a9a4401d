"""A lesson's run: killed at any moment and resumed, it ends with the same weights, bit for bit."""

import os
import signal
from pathlib import Path

import pytest
import torch

from course.base.errors import UsageError
from course.base.switch import ROOT
from lab.plots import training_curve
from lab.train import lesson_run, run_folder
from lab.train.__main__ import main
from tests.lab.train.child_process import Child, metrics, same_weights

torch.set_num_threads(1)  # as in the children
CONFIG = ["--config", str(ROOT / "configs" / "demo.yaml")]
SMALL = (
    "model.hidden=16", "model.intermediate=32", "model.heads=2", "warm_start.steps=30", "warm_start.batch_size=16",
    "grpo.num_steps=6", "grpo.prompts_per_step=4", "grpo.group_size=4", "grpo.learning_rate=0.001", "digits=1",
    "grpo.warmup_steps=3", "eval_every=3", "eval_problems=8", "eval_samples=1", "checkpoint_every=2", "samples_shown=2",
)  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture
def train(reference, runs, monkeypatch):
    """train(name, *arguments): a run in this process; the folder it leaves. Only "whole" has a picture."""

    def run(name: str, *more: str) -> Path:
        if name != "whole":
            monkeypatch.setattr(training_curve, "training_curve", lambda *_: None)
        assert main([*CONFIG, *SMALL, f"name={name}", *more], runs) == 0
        return runs / name

    return run


@pytest.fixture
def whole(train, runs):
    """The folder of a run that was never stopped; made once."""
    return runs / "whole" if (runs / "whole" / "model").exists() else train("whole")


def test_a_run_leaves_metrics_samples_and_a_model_that_loads(train, whole):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    for name in ("config.yaml", "environment.yaml", "curve.png", "samples.md"):
        assert (whole / name).stat().st_size > 0, name
    assert [m["step"] for m in metrics(whole)] == list(range(7))
    assert [m["step"] for m in metrics(whole) if "accuracy_sampled" in m] == [0, 3, 5, 6]
    model, tokenizer = (c.from_pretrained(whole / "model") for c in (AutoModelForCausalLM, AutoTokenizer))
    ids = tokenizer("### Instruction:\n4+5=\n\n### Response:\n", return_tensors="pt")["input_ids"]
    assert model(ids).logits.shape == (1, 5, len(tokenizer))
    with pytest.raises(UsageError, match=r"other settings for grpo\.epsilon"):
        train("whole", "--resume", "grpo.epsilon=0.3")


def test_killed_at_any_moment_and_resumed_equals_never_killed(train, whole, runs):
    for i, moment in enumerate(("warm 5", "line 3", "checkpoint 4")):
        more = ["--resume"] if i else []
        status, _ = Child([*CONFIG, *SMALL, "name=killed", *more], runs, moment).wait()
        assert status == -signal.SIGKILL, "it should have killed itself"
    folder = train("killed", "--resume")
    assert same_weights(folder, whole) and metrics(folder) == metrics(whole)


@pytest.fixture
def stop_at_step_3(train, runs, monkeypatch):
    """stop_at_step_3(name, *arguments): a run that gets Ctrl-C in step 3."""

    def run(name: str, *more: str) -> None:
        own = run_folder.RunFolder.log

        def log(folder, line):
            own(folder, line)
            if line["step"] == 2:
                os.kill(os.getpid(), signal.SIGINT)

        with monkeypatch.context() as patch:
            patch.setattr(run_folder.RunFolder, "log", log)
            assert main([*CONFIG, *SMALL, f"name={name}", *more], runs) == 130

    return run


def test_ctrl_c_saves_and_the_run_goes_on_with_the_same_code_and_tosses(
    train, stop_at_step_3, runs, monkeypatch, capfd
):
    more = ("reward=random", "checkpoint_every=100")
    stop_at_step_3("stopped", *more)
    assert "stopped after step 3, which is saved" in capfd.readouterr().out
    assert [p.name for p in sorted((runs / "stopped" / "checkpoints").iterdir())] == ["step_000000", "step_000003"]
    monkeypatch.setenv("SOLUTION", "0")
    with pytest.raises(UsageError, match="SOLUTION=lesson14_grpo_ppo_clip"):
        train("stopped", *more, "--resume")
    monkeypatch.delenv("SOLUTION")
    stopped = train("stopped", *more, "--resume")
    assert "started with SOLUTION=lesson14_grpo_ppo_clip" in " ".join(capfd.readouterr().out.split())
    never = train("never", *more)
    assert same_weights(stopped, never) and metrics(stopped) == metrics(never)


def test_a_learners_own_code_runs_without_the_engine(monkeypatch):
    lesson = "lesson14_grpo_ppo_clip"
    for solution, fast in (("1", True), ("lesson14", True), ("", False), ("lesson13", False)):
        monkeypatch.setenv("SOLUTION", solution)
        assert lesson_run.uses_engine("fast", lesson) is fast
        assert not lesson_run.uses_engine("plain", lesson) and not lesson_run.uses_engine("fast", "some_module")


@pytest.mark.parametrize(("arguments", "message"), [
    (["name=nothing", "--resume"], "no run"), (["grpo.group_sise=4"], "group_size"), (["model.hiden=4"], "hidden"),
    (["trainer=lesson99_x.a:B"], "lesson99_x"), (["grpo.reward=f"], "reward' is a function"),
    (["engine_settings.sampler=best"], "sampler"), (["engine_settings.first_update_log_probs=true"], "first_update"),
    (["name=../elsewhere"], "name"), (["--model_path", "x"], "--model_path"), (["digits=0"], "must be 1 or 2"),
    (["digits=50"], "must be 1 or 2"), 
    (["grpo.group_size=1"], "'group_size' must be greater than or equal to 2"),
    (["grpo.max_new_tokens=0"], "'max_new_tokens' must be greater than 0"),
    (["grpo.max_new_tokens=60"], "a prompt of 5 tokens and 60 new ones do not fit into the model's 64"),
    (["grpo.prompts_per_step=74"], "prompts_per_step is 74, and the data set has only 73 prompts"),
    (["grpo.seed=99999999999999999999"], "'seed' must be less than"), (["grpo.temperature=0"], "'temperature' must be"),
    (["grpo.micro_batch_size=-3"], "'micro_batch_size' must"), (["grpo.learning_rate=-1"], "'learning_rate' must"),
    (["grpo.updates_per_generation=0"], "'updates_per_generation' must be greater than 0"),
    (["grpo.aggregation=mean"], "'aggregation' must be 'token', 'sequence' or 'constant', not 'mean'"),
    (["grpo.optimizer=adam"], "'optimizer' must be 'adamw' or 'sgd', not 'adam'"),
    (["warm_start.steps=-1"], "warm_start: steps must be at least 0"),
    (["warm_start.learning_rate=0"], "warm_start: learning_rate and max_grad_norm must be above 0"),
    (["warm_start.workings=2"], "warm_start: workings, slip and haste must lie between 0 and 1"),
    (["model.heads=3"], r"model: hidden .16. must be a multiple of twice the 3 heads"),
    (["model.layers=0"], "model: hidden, intermediate, layers and heads must be at least 1"),
    (["dataset=os:getcwd"], "takes no"), (["eval_also=[-1]"], "eval_also"),
    (["seed=-1"], r"'seed' must be greater than or equal to 0, not -1"),
    (["seed=1000000001"], r"'seed' must be less than or equal to 1000000000, not 1000000001"),
    (["samples_shown=-1"], r"'samples_shown' must be greater than or equal to 0, not -1"),
])  # fmt: skip
def test_what_does_not_fit_is_one_sentence(arguments, message, reference, tmp_path):
    with pytest.raises(UsageError, match=message) as error:
        main([*CONFIG, *SMALL, *arguments], tmp_path)
    assert "\n" not in str(error.value)


def test_the_command_as_it_is_typed(tmp_path, monkeypatch):
    """A missing file, and an exercise that is not written: one sentence each, and status 2."""
    with pytest.raises(UsageError, match=r"^nowhere\.yaml: no such file"):
        main(["--config", "nowhere.yaml"], tmp_path)
    (tmp_path / "stub_trainer.py").write_text(STUB)
    monkeypatch.syspath_prepend(tmp_path)
    status, printed = Child([*CONFIG, *SMALL, "trainer=stub_trainer:GRPOTrainer", "grpo={}"], tmp_path).wait()
    assert status == 2 and printed.splitlines()[-1].startswith("error: not written yet: exercise 01.1")


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
