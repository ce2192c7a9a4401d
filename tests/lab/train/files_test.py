"""The given instruments that read and write files: settings, a run's folder, and pictures; and the final check."""

import pickle
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest
import torch
import yaml

from course.base.errors import UsageError
from lab.plots import training_curve
from lab.train import run_folder
from lab.train import settings as config
from lab.train.evaluate import is_right
from lab.train.run_folder import RunFolder


class Reward(Protocol):
    def __call__(self, text: str) -> float: ...


@dataclass
class Inner:
    steps: int = 10
    rate: float = 0.5


@dataclass
class Settings:
    name: str
    seed: int = 0
    fast: bool = False
    rate: float = 1.0
    limit: float | None = None
    inner: Inner = field(default_factory=Inner)
    more: dict[str, Any] = field(default_factory=dict)
    reward: Reward | None = None
    rule: Callable[[str], float] = len


@pytest.fixture
def load(tmp_path):
    """`load("name: x", "seed=3")` reads Settings from a file of that text, with these overrides."""

    def load(text, *overrides):
        path = tmp_path / "run.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return config.load(Settings, path, list(overrides))

    return load


# --- settings --------------------------------------------------------------------------------------------------


def test_settings_are_read_with_their_defaults(load):
    assert load("name: demo\nseed: 3\ninner:\n  steps: 5\n") == Settings("demo", seed=3, inner=Inner(steps=5))


@pytest.mark.parametrize(("text", "value"), [
    ("1e-3", 1e-3), ("1.0e-3", 1e-3), ("2", 2.0), ("-1E5", -1e5), (".5", 0.5), ("'0.25'", 0.25), (".inf", float("inf")),
])  # fmt: skip
def test_numbers_are_read_as_numbers(load, text, value):
    for settings in (load(f"name: x\nrate: {text}"), load("name: x", f"rate={text}"), load(f"name: x\nlimit: {text}")):
        number = settings.limit if settings.limit is not None else settings.rate
        assert (number, type(number)) == (value, float)


def test_nothing_is_a_value_where_it_may_be(load):
    assert load("name: x\nlimit: null\nreward: null\n").limit is None


def test_overrides_reach_into_groups(load):
    settings = load("name: x", "inner.steps=7", "seed=2", "more.anything=[1, 2]", "name=y", "inner.steps=8")
    assert settings == Settings("y", seed=2, inner=Inner(steps=8), more={"anything": [1, 2]})


@pytest.mark.parametrize(("text", "says"), [
    ("name: x\nsede: 1", "run.yaml: unknown key 'sede'; did you mean 'seed'?"),
    ("name: x\nzzz: 1", "run.yaml: unknown key 'zzz'; the keys are name, seed, fast, rate, limit, inner, more, "),
    ("name: x\n1: 2", "run.yaml: unknown key 1; the keys are "),
    ("name: x\ninner:\n  step: 1", "run.yaml: key 'inner': unknown key 'step'; did you mean 'steps'?"),
    ("name: x\nseed: two", "run.yaml: key 'seed' must be int, not 'two'"),
    ("name: x\nseed: 1.5", "run.yaml: key 'seed' must be int, not 1.5"),
    ("name: x\nseed: true", "run.yaml: key 'seed' must be int, not True"),
    ("name: x\nseed: null", "run.yaml: key 'seed' must be int, not None"),
    ("name: x\nrate: true", "run.yaml: key 'rate' must be float, not True"),
    ("name: x\nrate: fast", "run.yaml: key 'rate' must be float, not 'fast'"),
    ("name: x\nrate: [1]", "run.yaml: key 'rate' must be float, not [1]"),
    ("name: x\nlimit: none", "run.yaml: key 'limit' must be float, not 'none'"),
    ("name: x\nfast: 1", "run.yaml: key 'fast' must be bool, not 1"),
    ("name: 3", "run.yaml: key 'name' must be str, not 3"),
    ("name: x\ninner: 3", "run.yaml: key 'inner' must be a group of settings, not 3"),
    ("name: x\ninner:", "run.yaml: key 'inner' must be a group of settings, not None"),
    ("name: x\nmore: 3", "run.yaml: key 'more' must be dict, not 3"),
    ("name: x\ninner:\n  rate: x", "run.yaml: key 'inner': key 'rate' must be float, not 'x'"),
    ("name: x\nreward: task", "run.yaml: key 'reward' is a function, which cannot be set here"),
    ("name: x\nrule: len", "run.yaml: key 'rule' is a function, which cannot be set here"),
    ("seed: 1", "run.yaml: key 'name' is missing"),
    ("", "{}: expected settings as `key: value` lines"),
    ("- name", "{}: expected settings as `key: value` lines"),
    ("name: [x", "{} is not valid YAML: "),
    ("name: x: y", "{} is not valid YAML: "),
    ("? [a]\n: b", "{} is not valid YAML: "),
    ("name: !!python/name:os.system", "{} is not valid YAML: "),
    (b"name: \xff", "{} is not valid YAML: "),
])  # fmt: skip
def test_what_does_not_fit_is_told_in_one_sentence(load, tmp_path, text, says):
    message = refusal(load, text)
    assert message.startswith(says.replace("{}", str(tmp_path / "run.yaml")))
    assert "\n" not in message


@pytest.mark.parametrize(("override", "says"), [
    ("seed", "'seed' is not a setting; write key=value, such as grpo.num_steps=50"),
    ("--seed=1", "run.yaml: unknown key '--seed'; did you mean 'seed'?"),
    ("inner.step=1", "run.yaml: key 'inner': unknown key 'step'; did you mean 'steps'?"),
    ("seed.x=1", "'seed.x=1': 'seed' is not a group of settings"),
    ("name.x.y=1", "'name.x.y=1': 'name' is not a group of settings"),
    ("=1", "run.yaml: unknown key ''; the keys are "),
    ("seed=", "run.yaml: key 'seed' must be int, not None"),
    ("seed=[1", "'seed=[1' is not valid YAML: "),
    ("more=a: b: c", "'more=a: b: c' is not valid YAML: "),
])  # fmt: skip
def test_a_wrong_override_is_told_in_one_sentence(load, override, says):
    message = refusal(load, "name: x\nseed: 1", override)
    assert message.startswith(says)
    assert "\n" not in message


def test_a_missing_file_is_told(tmp_path):
    for path in (tmp_path / "nowhere.yaml", tmp_path):
        with pytest.raises(UsageError) as caught:
            config.load(Settings, path, [])
        assert str(caught.value) == f"{path}: no such file; a run needs a configuration such as configs/demo.yaml"


# --- a run's folder --------------------------------------------------------------------------------------------


class Saved:
    """Stands for a model or a tokenizer: writes one file."""

    def __init__(self, name, fails=False):
        self.name, self.fails = name, fails

    def save_pretrained(self, folder):
        (Path(folder) / self.name).write_text(self.name)
        if self.fails:
            raise OSError("no space left on device")


MODEL, TOKENIZER, BROKEN = Saved("model.safetensors"), Saved("tokenizer.json"), Saved("model.safetensors", fails=True)


@pytest.fixture
def run(tmp_path):
    """A run that has been started."""
    folder = RunFolder(tmp_path / "demo")
    folder.start({"name": "demo", "seed": 3})
    return folder


def test_a_start_writes_the_settings(run):
    assert run.config() == {"name": "demo", "seed": 3}
    assert (run.metrics(), run.checkpoints(), run.latest()) == ([], [], None)


def test_a_run_that_was_never_started_has_nothing(tmp_path):
    folder = RunFolder(tmp_path / "nowhere")
    assert (folder.config(), folder.metrics(), folder.checkpoints(), folder.latest()) == (None, [], [], None)
    assert not (tmp_path / "nowhere").exists()


def test_a_new_start_moves_the_old_run_aside(run, tmp_path, monkeypatch):
    monkeypatch.setattr(run_folder.time, "strftime", lambda *_: "20990101-000000")
    asides = []
    for seed in (4, 5, 6):
        run.log({"step": seed})
        asides.append(run.start({"seed": seed}))
    assert [a.name for a in asides] == ["demo-20990101-000000", "demo-20990101-000000-2", "demo-20990101-000000-3"]
    assert [RunFolder(a).config().get("seed") for a in asides] == [3, 4, 5]
    assert [RunFolder(a).metrics() for a in asides] == [[{"step": 4}], [{"step": 5}], [{"step": 6}]]
    assert (run.config(), run.metrics()) == ({"seed": 6}, [])


def test_metrics_come_back_as_they_were_logged(run):
    rows = [{"step": 0, "reward": 0.1}, {"step": 1, "reward": 1e-30, "note": "a\nb é"}]
    for row in rows:
        run.log(row)
    assert run.metrics() == rows
    assert run.metrics_path.read_text(encoding="utf-8").count("\n") == 2


def test_a_half_written_last_line_is_left_out(run):
    run.log({"step": 0})
    first = run.metrics_path.read_bytes()
    run.log({"step": 1, "reward": 0.5})
    both = run.metrics_path.read_bytes()
    for length in range(len(first), len(both)):
        run.metrics_path.write_bytes(both[:length])
        assert run.metrics() == [{"step": 0}]


def test_rewind_drops_later_steps_and_half_lines(run):
    for step in range(4):
        run.log({"step": step})
    with open(run.metrics_path, "a") as file:
        file.write('{"step": 4, "rew')
    run.rewind(1)
    run.log({"step": 2, "again": True})
    assert run.metrics() == [{"step": 0}, {"step": 1}, {"step": 2, "again": True}]
    run.rewind(-1)
    assert run.metrics() == []


def test_a_checkpoint_holds_model_tokenizer_and_state(run):
    run.save(7, MODEL, TOKENIZER, {"step": 7, "optimizer": {"lr": torch.tensor(0.5)}})
    folder, state = run.latest()
    assert folder.name == "step_000007"
    assert sorted(p.name for p in folder.iterdir()) == ["model.safetensors", "tokenizer.json", "trainer.pt"]
    assert state == {"step": 7, "optimizer": {"lr": torch.tensor(0.5)}}


def test_only_the_newest_two_checkpoints_are_kept(run):
    for step in (9, 10, 100, 25):
        run.save(step, MODEL, TOKENIZER, {"step": step})
    assert [p.name for p in run.checkpoints()] == ["step_000025", "step_000100"]
    assert run.latest()[1] == {"step": 100}


@pytest.mark.parametrize(("model", "state"), [(BROKEN, {}), (MODEL, {"step": lambda: 0})], ids=["model", "state"])
def test_a_checkpoint_that_fails_is_absent(run, model, state):
    run.save(1, MODEL, TOKENIZER, {"step": 1})
    with pytest.raises((OSError, AttributeError, pickle.PicklingError)):
        run.save(2, model, TOKENIZER, state)
    assert [p.name for p in (run.path / "checkpoints").iterdir()] == ["step_000001"]
    assert run.latest()[1] == {"step": 1}


def test_a_checkpoint_that_fails_leaves_an_older_one_of_the_same_step(run):
    run.save(1, MODEL, TOKENIZER, {"old": True})
    with pytest.raises(OSError, match="no space"):
        run.save(1, BROKEN, TOKENIZER, {"old": False})
    assert run.latest()[1] == {"old": True}
    run.save(1, MODEL, TOKENIZER, {"old": False})
    assert run.latest()[1] == {"old": False}
    assert [p.name for p in (run.path / "checkpoints").iterdir()] == ["step_000001"]


def test_what_a_kill_left_behind_is_ignored_and_replaced(run):
    run.save(1, MODEL, TOKENIZER, {"step": 1})
    left = run.path / "checkpoints" / ".step_000002.tmp"
    left.mkdir()
    (left / "model.safetensors").write_text("half")
    (left / "stale").touch()
    assert run.latest()[1] == {"step": 1}
    run.save(2, MODEL, TOKENIZER, {"step": 2})
    assert sorted(p.name for p in run.latest()[0].iterdir()) == ["model.safetensors", "tokenizer.json", "trainer.pt"]
    assert sorted(p.name for p in (run.path / "checkpoints").iterdir()) == ["step_000001", "step_000002"]


def test_a_kill_while_the_old_model_is_replaced_leaves_no_half_model(run, monkeypatch):
    final = run.save_final(MODEL, TOKENIZER)
    (final / "extra").touch()
    whole = {p.name for p in final.iterdir()}

    def killed(path, **_):
        """Removes one file and dies, as a kill in the middle of removing would."""
        if Path(path).exists():
            next(iter(Path(path).iterdir())).unlink()
            raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(run_folder.shutil, "rmtree", killed)
        run.save_final(MODEL, TOKENIZER)
    assert not final.exists() or {p.name for p in final.iterdir()} in (whole, {MODEL.name, TOKENIZER.name})
    run.save_final(MODEL, TOKENIZER)
    assert {p.name for p in final.iterdir()} == {MODEL.name, TOKENIZER.name}
    assert sorted(p.name for p in run.path.iterdir()) == ["checkpoints", "config.yaml", "environment.yaml", "model"]


def test_a_run_keeps_its_versions_and_the_command_that_does_it_again(run, monkeypatch):
    monkeypatch.setattr("sys.argv", ["/x/lab/train.py", "--config", "a b.yaml", "seed=3"])
    monkeypatch.setenv("SOLUTION", "1")
    run.start({})
    kept = yaml.safe_load((run.path / "environment.yaml").read_text())
    assert kept["command"] == "python -m lab.train --config 'a b.yaml' seed=3"
    assert kept["packages"]["torch"] == torch.__version__ and kept["variables"]["SOLUTION"] == "1"


def test_the_final_model_is_whole(run):
    assert run.save_final(MODEL, TOKENIZER) == run.path / "model"
    with pytest.raises(OSError, match="no space"):
        run.save_final(BROKEN, TOKENIZER)
    assert sorted(p.name for p in (run.path / "model").iterdir()) == ["model.safetensors", "tokenizer.json"]


def test_a_text_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    run_folder.write_text(path, "one\n")
    with pytest.raises(UnicodeEncodeError):
        run_folder.write_text(path, "two \ud800\n")
    assert path.read_bytes() == b"one\n"


# --- the final check and the picture -----------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "text", "right"), [
    (132, "12,1,132", True), (132, "132", True), (132, "132 ", True), (132, "132\n", True), (132, "0132", True),
    (132, "132.", True), (132, "the sum is 132!", True), (132, "132 133", False), (132, "1320", False),
    (132, "-132", False), (132, "13 2", False), (132, "", False), (132, "no", False), (0, "0", True), (0, "00", True),
    (7, "007", True), (-3, "-3", True), (-3, "3", False), (132, "١٣٢", False),
])  # fmt: skip
def test_the_last_integer_decides(answer, text, right):
    assert is_right(answer, text) is right


METRICS = [
    {"step": 0, "accuracy_sampled": 0.4, "accuracy_greedy": 0.5},
    *({"step": s, "reward": s / 9, "completion_length": 5.0, "entropy": 0.3, "clip_fraction": 0.0, "signal": 0.5}
      for s in range(1, 9)),
    {"step": 9, "reward": 1.0, "accuracy_sampled": 0.9, "accuracy_greedy": 1.0},
]  # fmt: skip


@pytest.mark.parametrize("metrics", [METRICS, METRICS[:1]], ids=["whole run", "only the start"])
def test_a_training_curve_is_a_picture(tmp_path, metrics):
    path = tmp_path / "curve.png"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        training_curve.training_curve(metrics, path, "a title with $ and % and _")
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert [p.name for p in tmp_path.iterdir()] == ["curve.png"]


def test_a_curve_leaves_no_figure_open(tmp_path):
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    training_curve.training_curve(METRICS, tmp_path / "curve.png", "title")
    assert pyplot.get_fignums() == before


def test_the_running_mean_looks_back_only():
    assert training_curve.running_mean([1, 2, 3, 6], window=2) == [1, 1.5, 2.5, 4.5]
    assert training_curve.running_mean([5] * 30) == [5] * 30
    assert training_curve.running_mean([]) == []


def refusal(load, *arguments):
    with pytest.raises(UsageError) as caught:
        load(*arguments)
    return str(caught.value)
