"""lab/export for MaxText: the folder, and the settings that we refuse. MaxText's own configuration is asked where
`python -m lab.export.check_maxtext` has made its environment."""

import json
import os
import re
import subprocess
import sys

import pytest

from course.authoring import page_checks
from course.base.errors import UsageError
from course.base.switch import ROOT
from lab.export import check_maxtext, data, environment, options, rewards
from lab.export.__main__ import CONFIGS, export, main
from lab.export.check_verl import handed_over
from lab.export.maxtext_process_data import process_data
from lab.tasks import addition

MODULE = "maxtext.trainers.post_train.rl.train_rl"


def test_the_settings_are_options_of_maxtext():
    version, known = options.known("maxtext")
    settings = options.read(CONFIGS["maxtext"], "maxtext", [])
    assert version == check_maxtext.VERSION and f"maxtext=={version}" in check_maxtext.PACKAGES
    assert len(known) > 900 and len(settings) > 20 and set(settings) <= set(known)
    assert all(names["maxtext"] in known for names in options.OURS.values())


@pytest.mark.parametrize("mistake", check_maxtext.MISTAKES)
def test_a_setting_that_cannot_be_meant_is_refused_in_one_sentence(mistake, tmp_path):
    with pytest.raises(UsageError, match=check_maxtext.MISTAKES[mistake]) as error:
        export("maxtext", "addition", tmp_path, changes=mistake.split())
    assert "\n" not in str(error.value) and list(tmp_path.iterdir()) == []


def test_settings_that_can_be_meant_are_taken(tmp_path):
    for change in ("rl.use_agentic_rollout=true rl.epsilon_high=0.28 rl.off_policy_steps=1",
                   "trainer_devices_fraction=1.0 sampler_devices_fraction=1.0",
                   "train_micro_batch_size=2 rl.num_iterations=2 rl.loss_algo=gspo-token",
                   "rollout_tensor_parallelism=-1 rollout_data_parallelism=2"):  # fmt: skip
        export("maxtext", "addition", tmp_path, changes=change.split())


@pytest.mark.skipif(os.name == "nt", reason="run.sh is for the shell of the machine with the TPUs")
def test_the_folder_for_maxtext(tmp_path, capsys, monkeypatch):
    folder = tmp_path / "it's a folder"
    changes = ["rl.grpo_beta=0.01", "model_name=llama3.1-8b", "stop_strings=[END]"]
    assert main(["maxtext", "--task", "addition", "--out", str(folder), *changes]) == 0
    assert "bash run.sh" in capsys.readouterr().out
    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*.*")) == [
        "README.md", "data/test.jsonl", "data/train.jsonl", "process_data.py", "reward.py", "run.sh"
    ]  # fmt: skip
    rows = [json.loads(line) for line in (folder / "data" / "train.jsonl").read_text().splitlines()]
    assert rows == addition.problems("train") and len(rows) == 60
    monkeypatch.delenv("CHECKPOINT", raising=False)
    monkeypatch.setenv("OUTPUT", "gs://bucket/runs")
    config, *overrides = handed_over(folder, MODULE)
    assert config == "src/maxtext/configs/post_train/rl.yml"
    keys = [override.partition("=")[0] for override in overrides]
    assert len(keys) == len(set(keys)) and set(keys) <= set(options.known("maxtext")[1])
    for expected in (
        "rl.num_generations=8", "rl.grpo_beta=0.01", "model_name=llama3.1-8b", 'stop_strings=["END"]',
        "base_output_directory=gs://bucket/runs", "run_name=grpo-addition", f"dataset_name={folder}/data",
        f"reward_functions_path={folder}/reward.py", "reward_functions=reward_of_lists",
        f"dataset_processor_path={folder}/process_data.py", "use_pathways=true", "learning_rate=3e-06",
    ):  # fmt: skip
        assert expected in overrides, expected
    monkeypatch.setenv("CHECKPOINT", "gs://bucket/a checkpoint")
    assert handed_over(folder, MODULE)[-1] == "load_parameters_path=gs://bucket/a checkpoint"
    page = (folder / "README.md").read_text()
    assert "4 prompts with 8 completions each" in page and "15 steps make an epoch" in page


def test_each_file_that_the_page_of_the_folder_names_is_there(tmp_path):
    export("maxtext", "addition", tmp_path)
    table = re.findall(r"^\| (`.*`) \|", (tmp_path / "README.md").read_text(), re.MULTILINE)
    named = {name for cell in table for name in re.findall(r"`([^`]+)`", cell)}
    assert named | {"README.md"} == {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.*")}


def test_a_processed_row_gets_its_reward():
    class Tokenizer:
        def apply_chat_template(self, chat, tokenize, add_generation_prompt):
            assert not tokenize and add_generation_prompt
            return f"<user>{chat[0]['content']}<model>"

    row = process_data("", Tokenizer(), {}, None, {"question": "1+2?", "answer": "3"})
    assert row == {"prompts": "<user>1+2?<model>", "question": "1+2?", "answer": '["3"]'}
    reward = rewards.maxtext_reward(addition.score)
    given = {"prompts": [row["prompts"]] * 2, "answer": [row["answer"]] * 2, "tmvp_config": None, "question": "1+2?"}
    assert reward(completions=["3", "4"], **given) == [1.0, 0.0]
    assert reward(prompts=[""], completions=["4"], answer=['["3", "4"]'], tmvp_config=None) == [1.0]


def test_a_task_without_chat_is_refused():
    with pytest.raises(UsageError, match=r"'two_lines' continues plain text.*export it for trl"):
        data.maxtext_rows("two_lines", type("Task", (), {"CHAT": False}), "train")


def test_without_python_312_the_message_says_so(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 11, 7))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match=r"MaxText needs Python 3\.12 or newer"):
        check_maxtext.python_312()


@pytest.mark.skipif(
    not environment.is_complete(check_maxtext.FOLDER, check_maxtext.PACKAGES),
    reason="python -m lab.export.check_maxtext makes MaxText's environment, with Python 3.12 and 0.8 GB",
)
def test_maxtexts_own_configuration_accepts_what_we_export():
    line = [environment.python_of(check_maxtext.FOLDER), ROOT / "lab" / "export" / "check_maxtext.py", "--inside"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and "wrong" not in done.stdout, done.stdout + done.stderr


# ---- docs/JAX.md ----

PAGE = ROOT / "docs" / "JAX.md"


def test_the_pages_blocks_run_and_its_links_lead_somewhere(reference):
    assert page_checks.wrong_blocks(PAGE) is None
    assert page_checks.broken_links(PAGE) == []


def test_the_page_names_mistakes_that_are_refused_and_settings_that_are_options():
    text = PAGE.read_text(encoding="utf-8")
    table = re.findall(r"^\| `([^`]+=[^`]+)` \|", text, re.MULTILINE)
    assert len(table) >= 5 and set(table) <= set(check_maxtext.MISTAKES)
    assert f"Of the {len(check_maxtext.MISTAKES)} wrong settings" in text
    for command in re.findall(r"train_rl (src/.*) \.\.\.", text):
        assert {pair.partition("=")[0] for pair in command.split()[1:]} <= set(options.known("maxtext")[1])
