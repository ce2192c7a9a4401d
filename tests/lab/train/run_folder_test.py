"""A run's folder: whatever happens while it is written, what is there is whole."""

import pickle
from pathlib import Path

import pytest
import torch
import yaml
from safetensors import SafetensorError
from safetensors.torch import save_file

from course.base.errors import UsageError
from lab.train import run_folder
from lab.train.run_folder import RunFolder


class Saved:
    """Stands for a model or a tokenizer: writes one file."""

    def __init__(self, name, fails=False):
        self.name, self.fails = name, fails

    def save_pretrained(self, folder):
        save_file({"w": torch.zeros(3)}, Path(folder) / self.name)
        if self.fails:
            raise OSError("no space left on device")


MODEL, TOKENIZER, BROKEN = Saved("model.safetensors"), Saved("tokenizer.json"), Saved("model.safetensors", fails=True)


@pytest.fixture
def run(tmp_path):
    """A run that has been started."""
    folder = RunFolder(tmp_path / "demo")
    folder.start({"name": "demo", "seed": 3})
    return folder


def test_a_start_writes_the_settings_and_a_run_that_was_never_started_has_nothing(run, tmp_path):
    assert (run.config(), run.metrics(), run.latest()) == ({"name": "demo", "seed": 3}, [], None)
    other = RunFolder(tmp_path / "nowhere")
    assert (other.config(), other.metrics(), other.latest()) == (None, [], None) and not other.path.exists()


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
    with pytest.raises((UsageError, AttributeError, pickle.PicklingError)):
        run.save(2, model, TOKENIZER, state)
    assert [p.name for p in (run.path / "checkpoints").iterdir()] == ["step_000001"]
    assert run.latest()[1] == {"step": 1}


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
    monkeypatch.setattr("sys.argv", ["/x/lab/train/__main__.py", "--config", "a b.yaml", "seed=3"])
    monkeypatch.setenv("SOLUTION", "1")
    run.start({})
    written = yaml.safe_load((run.path / "environment.yaml").read_text())
    assert written["command"] == "python -m lab.train --config 'a b.yaml' seed=3"
    assert written["packages"]["torch"] == torch.__version__ and written["variables"]["SOLUTION"] == "1"


@pytest.mark.parametrize("error", [
    OSError(28, "No space left on device"), SafetensorError("I/O error: No space left on device (os error 28)"),
    RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 3456 vs 3348"),
], ids=["Python", "safetensors", "torch"])  # fmt: skip
def test_a_full_disk_is_one_sentence_and_the_last_checkpoint_stays(run, monkeypatch, error):
    def fails(*_, **__):
        raise error

    run.save(1, MODEL, TOKENIZER, {"step": 1})
    monkeypatch.setattr(run_folder.torch, "save", fails)
    with pytest.raises(UsageError, match=r"step_000002 cannot be written .* earlier checkpoints are whole\. Make room"):
        run.save(2, MODEL, TOKENIZER, {"step": 2})
    monkeypatch.setattr(run_folder, "save_model", fails)
    with pytest.raises(UsageError, match=r"model cannot be written"):
        run.save_final(MODEL, TOKENIZER)
    assert [p.name for p in (run.path / "checkpoints").iterdir()] == ["step_000001"]


def test_an_error_that_is_not_of_the_disk_is_not_hidden(run, monkeypatch):
    def fails(*_):
        raise RuntimeError("CUDA error: out of memory")

    monkeypatch.setattr(run_folder.torch, "save", fails)
    with pytest.raises(RuntimeError, match="CUDA"):
        run.save(2, MODEL, TOKENIZER, {"step": 2})


@pytest.mark.parametrize("file", ["model.safetensors", "trainer.pt"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut short", "text"])
def test_a_damaged_checkpoint_is_named_and_without_it_the_one_before_is_used(run, file, damage):
    for step in (1, 2):
        run.save(step, MODEL, TOKENIZER, {"step": step})
    path = run.path / "checkpoints" / "step_000002" / file
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "cut short": whole[:-5], "text": b"hello"}[damage])
    with pytest.raises(UsageError, match=r"step_000002 is damaged .*; move this folder away, then --resume") as caught:
        run.latest()
    assert "\n" not in str(caught.value)
    run_folder.shutil.rmtree(path.parent)
    assert run.latest()[1] == {"step": 1}


@pytest.mark.parametrize("text", ["", "hello", "a: [b", "- 1"])
def test_a_damaged_configuration_is_named(run, text):
    (run.path / "config.yaml").write_text(text)
    with pytest.raises(UsageError, match=r"config\.yaml is damaged, so the run cannot be resumed"):
        run.config()


def test_a_damaged_line_of_metrics_is_named(run):
    run.metrics_path.write_text('{"step": 0}\nhello\n{"step": 2}\n')
    with pytest.raises(UsageError, match=r"metrics\.jsonl, line 2 is damaged; remove the line"):
        run.rewind(1)


@pytest.mark.parametrize("name", ["step_backup", "step_notes.", "step_00002~"])
def test_a_folder_of_the_users_among_the_checkpoints_stays_and_does_not_count(run, name):
    (run.path / "checkpoints" / name).mkdir()
    for step in (1, 2, 3):
        run.save(step, MODEL, TOKENIZER, {"step": step})
    assert run.latest()[1] == {"step": 3}
    assert sorted(p.name for p in (run.path / "checkpoints").iterdir()) == sorted(["step_000002", "step_000003", name])


@pytest.mark.parametrize(
    "error", [RuntimeError("Attempting to deserialize object on a CUDA device"), PermissionError(13)]
)
def test_a_whole_checkpoint_that_this_machine_cannot_read_is_not_called_damaged(run, monkeypatch, error):
    def fails(*_, **__):
        raise error

    run.save(1, MODEL, TOKENIZER, {"step": 1})
    monkeypatch.setattr(run_folder.torch, "load", fails)
    with pytest.raises(type(error)):
        run.latest()
