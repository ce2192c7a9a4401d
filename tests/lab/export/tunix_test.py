"""The folder for Tunix, and our corrections of Tunix 0.1.7. Tests that need Tunix itself run in its environment, which
`python -m lab.export.check_tunix` makes; without it they are skipped."""

import json
import re
import subprocess
import sys

import pytest
import yaml

from course.base.switch import ROOT
from lab.export import check_tunix, data, environment, options
from lab.export.__main__ import CONFIGS, main
from lab.tasks import addition

CPU = ROOT / "configs" / "tunix" / "cpu.yaml"


def test_the_folder(tmp_path, capsys):
    folder = tmp_path / "a"
    assert main(["tunix", "--task", "addition", "--out", str(folder), "training.max_steps=3"]) == 0
    assert "python train.py --config config.yaml --model FOLDER" in capsys.readouterr().out
    page = (folder / "README.md").read_text()
    assert set(re.findall(r"`([\w.]+\.(?:jsonl|py|yaml))`", page)) | {"README.md", "requirements.txt"} == {
        path.name for path in folder.iterdir()
    }
    assert "{" not in page and "Tunix 0.1.7 on the task addition" in page
    for split in ("train", "test"):
        rows = [json.loads(line) for line in (folder / f"{split}.jsonl").read_text().splitlines()]
        assert rows == data.trl_rows(addition, split)
    assert (folder / "requirements.txt").read_text().split() == environment.OF["tunix"][1]
    installed = {"jax", "flax", "optax", "numpy", "safetensors", "transformers", "tunix", "yaml"}
    beside = {path.stem for path in folder.glob("*.py")}
    for file in folder.glob("*.py"):
        imported = set(re.findall(r"^(?:from|import) (\w+)", file.read_text(), re.MULTILINE))
        assert imported - set(sys.stdlib_module_names) <= installed | beside, file.name


def test_the_settings_are_grouped_as_tunix_groups_them(tmp_path):
    main(["tunix", "--task", "addition", "--out", str(tmp_path), "training.max_steps=3", "grpo.beta=1e-3"])
    settings, written = (
        yaml.safe_load((tmp_path / "config.yaml").read_text()),
        yaml.safe_load(CONFIGS["tunix"].read_text()),
    )
    assert settings == {
        **written, "grpo": {**written["grpo"], "beta": 1e-3}, "training": {**written["training"], "max_steps": 3}
    }  # fmt: skip


@pytest.mark.parametrize("path", [CPU, CONFIGS["tunix"]], ids=lambda p: p.name)
def test_each_setting_is_an_option(path):
    assert options.read(path, "tunix", []) == options.flat(yaml.safe_load(path.read_text()))
    assert f"google-tunix=={options.known('tunix')[0]}" in environment.OF["tunix"][1]


def test_the_settings_are_the_demos():
    tunix, demo = (yaml.safe_load(path.read_text()) for path in (CPU, ROOT / "configs" / "demo.yaml"))
    ours, updates = demo["grpo"], demo["grpo"]["updates_per_generation"]
    assert tunix["run"] == {
        "prompts": ours["prompts_per_step"], "learning_rate": ours["learning_rate"], "final_rate": ours["final_rate"],
        "warmup_steps": updates * ours["warmup_steps"], "max_grad_norm": 1.0, "seed": 0,
    }  # fmt: skip
    assert tunix["training"]["max_steps"] == updates * ours["num_steps"]
    assert tunix["grpo"]["num_generations"] == ours["group_size"] and tunix["grpo"]["num_iterations"] == updates
    assert tunix["rollout"]["max_tokens_to_generate"] == ours["max_new_tokens"]


@pytest.mark.parametrize(("page", "results"), [("SCALING.md", "tunix.md"), ("JAX.md", "tunix_kl.md")])
def test_the_page_shows_the_table_of_the_benchmark(page, results):
    table = (ROOT / "benchmarks" / "results" / results).read_text(encoding="utf-8").split("\n\n")[0]
    assert table in (ROOT / "docs" / page).read_text(encoding="utf-8")


# ---- With Tunix ----


@pytest.fixture(scope="module")
def tunix():
    """Tunix's Python."""
    folder, packages, _ = environment.OF["tunix"]
    if not environment.is_complete(folder, packages):
        pytest.skip("Tunix is not installed; python -m lab.export.check_tunix does it")
    return environment.python_of(folder)


@pytest.fixture(scope="module")
def checked(tunix):
    """What check_tunix prints: check -> finding."""
    command = [sys.executable, "-m", "lab.export.check_tunix"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return dict(line.split(": ", 1) for line in done.stdout.splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("check", check_tunix.CHECKS)
def test_tunix_is_as_we_know_it_and_our_corrections_work(check, checked):
    assert checked[check] == "as it should be"


@pytest.fixture(scope="module")
def small_folder(tmp_path_factory):
    """The exported sums, and in start/ an untrained model."""
    from lab.models import demo_model
    from lab.train.run_folder import save_model

    folder = tmp_path_factory.mktemp("tunix")
    changes = ["training.max_steps=2", "run.warmup_steps=0", "run.prompts=2", "rollout.temperature=0.9"]
    main(["tunix", "--task", "worked_sums", "--out", str(folder), "--config", str(CPU), *changes])
    tokenizer = demo_model.make_tokenizer()
    save_model(folder / "start", demo_model.make_model(tokenizer, demo_model.ModelConfig(hidden=16), 0), tokenizer)
    return folder


def started(python, folder, *more):
    command = [python, "train.py", "--config", "config.yaml", "--model", "start", *more]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.slow
def test_two_updates_and_back_into_transformers(tunix, small_folder):
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM

    (small_folder / "reward.py").write_text(
        "def reward(prompts, completions, **columns):\n    return [*range(len(prompts))]\n"
    )
    done = started(tunix, small_folder, "run.log_every=1")
    assert done.returncode == 0 and "batch 1 of 1: reward 7.500" in done.stdout, done.stderr
    before, after = (load_file(small_folder / name / "model.safetensors") for name in ("start", "trained"))
    assert before.keys() == after.keys() and all(not before[name].equal(after[name]) for name in before)
    assert AutoModelForCausalLM.from_pretrained(small_folder / "trained").config.num_hidden_layers == 1


@pytest.mark.slow
@pytest.mark.parametrize(("change", "message"), [
    ("training.max_step=3", "error: there is no setting 'training.max_step'; did you mean 'training.max_steps'?"),
    ("run.pad_token=<eos>", "error: the tokenizer pads with its EOS, which would not be trained; name another as "
                            "run.pad_token"),
])  # fmt: skip
def test_what_train_py_refuses(change, message, tunix, small_folder):
    done = started(tunix, small_folder, change)
    assert done.returncode == 2 and done.stderr.splitlines()[-1] == message
