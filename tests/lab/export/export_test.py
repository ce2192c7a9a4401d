"""lab/export: rewards, data and settings for TRL and verl, as these libraries take them. Neither is needed here:
`python -m lab.export.check_trl`, `python -m lab.export.check_verl` and `make trl` ask the libraries themselves. The
folder for Tunix has tests of its own (tunix_test.py)."""

import dataclasses
import json
import os
import re
import subprocess
import sys
from importlib import import_module

import pytest
import yaml

from course.authoring import page_checks
from course.base.errors import UsageError
from course.base.switch import ROOT
from lab.export import check_reward, data, environment, options, rewards, standalone, verl_run
from lab.export.__main__ import CONFIGS, export, main
from lab.tasks import NAMES, addition, gsm, two_digit_addition, worked_sums

COMMAND = import_module("lab.export.__main__")
CHAT = [{"role": "user", "content": "What is 3+4?"}]


# ---- Tasks ----


@pytest.mark.parametrize(
    ("task", "pairs", "share"), [(addition, 81, 0.25), (two_digit_addition, 8100, 0.25), (worked_sums, 8100, 0.1)]
)
def test_problems_are_split_and_right(task, pairs, share):
    train, test = task.problems("train"), task.problems("test")
    asked = [p["question"] for p in train + test]
    assert len(asked) == len(set(asked)) == pairs and abs(len(test) / pairs - share) < 0.05
    for p in train + test:
        numbers = [int(n) for n in re.findall(r"[0-9]+", p["question"])]
        assert p["answer"] == str(sum(numbers)) and task.score(p["answer"], p["answer"]) == 1.0
    mirrored = {tuple(sorted(re.findall(r"[0-9]+", p["question"]))) for p in train}
    assert not mirrored & {tuple(sorted(re.findall(r"[0-9]+", p["question"]))) for p in test}
    assert task.problems("test") == test
    with pytest.raises(ValueError, match="'train' or 'test', not 'valid'"):
        task.problems("valid")


def test_word_problems_are_split_and_right():
    train, test = gsm.problems("train"), gsm.problems("test")
    asked = [p["question"] for p in train + test]
    assert len(asked) == len(set(asked)) == 320 and abs(len(test) / 320 - 0.25) < 0.05
    for p in train + test:
        first, second = (int(n) for n in re.findall(r"[0-9]+", p["question"]))
        rule = "-" if re.search("away|missing", p["question"]) else "*" if "boxes" in p["question"] else "+"
        right = {"+": first + second, "-": first - second, "*": first * second}[rule]
        assert p["answer"] == str(right) and right > 0
        assert gsm.score(f"{first} and {second} make {right}.", p["answer"]) == 1.0 > gsm.score("none", p["answer"])
    with pytest.raises(ValueError, match="'train' or 'test', not 'valid'"):
        gsm.problems("valid")


def test_the_sum_must_stand_alone():
    found = {text: addition.score(text, "7") for text in ("7", " 7.\n", "7.0", "The answer is 7", "17", "")}
    assert [text for text, score in found.items() if score] == ["7", " 7.\n"]


def test_worked_sums_are_lesson_14s(reference):
    from lesson14_grpo_ppo_clip.data.addition import AdditionDataset
    from lesson14_grpo_ppo_clip.rewards.addition import calculate_reward

    for split in ("train", "test"):
        ours = [(p["question"], int(p["answer"])) for p in worked_sums.problems(split)]
        assert ours == AdditionDataset(None, digits=2, split=split).data
    for text in ("12,1,132", "132", "0132", "-132", "", "132 or 133", "13 2", "8.132"):
        assert worked_sums.score(text, "132") == calculate_reward(132, text), text


# ---- Rewards ----


def test_trl_gets_one_number_per_completion_whatever_their_form():
    reward = rewards.trl_reward(addition.score)
    assert reward.__name__ == "reward"  # TRL's metrics are called by it
    completions = [
        "7",
        "8",
        [{"role": "tool", "content": "8"}, {"role": "assistant", "content": "7."}],
        [{"content": None}],
    ]
    got = reward(
        prompts=[CHAT] * 4, completions=completions, answer=["7"] * 4, completion_ids=[[1]] * 4, trainer_state=None
    )
    assert got == [1.0, 0.0, 1.0, 0.0] and all(type(x) is float for x in got)
    assert reward(prompts=["", ""], completions=["7", "7"], answer=[None, 7], other=[1, 2]) == [None, 1.0]


def test_verl_gets_a_number_for_its_own_rows_only():
    compute_score = rewards.verl_reward(addition.score, "grpo-course/addition")
    row = {"data_source": "grpo-course/addition", "ground_truth": "7", "extra_info": {"num_turns": None}}
    assert [compute_score(solution_str=text, **row) for text in ("7", "8")] == [1.0, 0.0]
    assert compute_score(solution_str="7", **row, reward_router_address="x") == 1.0
    with pytest.raises(ValueError, match="'grpo-course/addition', and cannot score a row of 'openai/gsm8k'"):
        compute_score("openai/gsm8k", "7", "7")


@pytest.mark.parametrize("name", NAMES)
def test_the_reward_file_needs_no_other(name, tmp_path):
    task = data.load_task(name)
    (tmp_path / "elsewhere.py").write_text(standalone.reward_file(name, task))
    program = """if True:
        import importlib.util, json, sys
        spec = importlib.util.spec_from_file_location("any_name", sys.argv[1])
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert not [name for name in sys.modules if name.startswith(("lab", "torch"))]
        cases = json.loads(sys.argv[2])
        source = sys.argv[3]
        print(json.dumps([
            [module.compute_score(source, text, right) for text, right in cases],
            module.reward([None] * len(cases), [text for text, _ in cases], [right for _, right in cases]),
        ]))
    """
    cases = [["132", "132"], [" 132.", "132"], ["so 132", "132"], ["", "132"], ["7", "7"]]
    line = [sys.executable, "-I", "-c", program, tmp_path / "elsewhere.py", json.dumps(cases), f"grpo-course/{name}"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
    assert json.loads(done.stdout) == [[task.score(*case) for case in cases]] * 2


def made_task(tmp_path, monkeypatch, text, name="made_up_task"):
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop(name, None)
    return import_module(name)


TASK = """
from __future__ import annotations
import functools
import math as m
import random
LIMIT: int = 3
A, B = 1, 2
UNUSED = random.random()

@functools.cache
def helper(text):
    return m.floor(len(text)) + B

def score(completion, answer):
    return float(helper(completion) > LIMIT)
"""


def test_the_reward_file_holds_what_the_score_needs_and_no_more(tmp_path, monkeypatch):
    text, made = standalone.reward_file("made", made_task(tmp_path, monkeypatch, TASK)), {}
    assert "random" not in text and "UNUSED" not in text
    exec(compile(text, "reward.py", "exec"), made)
    assert [made["compute_score"]("grpo-course/made", "x" * n, "") for n in (1, 2)] == [0.0, 1.0]


def test_the_reader_of_answers_goes_along(tmp_path, monkeypatch):
    task = "from lab.rl.rewards import math_correctness\n\ndef score(a, b):\n    return math_correctness(a, b)\n"
    text, made = standalone.reward_file("made", made_task(tmp_path, monkeypatch, task)), {}
    assert "from lab" not in text and "torch" not in text
    exec(compile(text, "reward.py", "exec"), made)
    cases = ["so \\boxed{1{,}080}", "1079 + 1 = 1080 eggs", "1080 or 1081", "<think>1080"]
    assert [made["compute_score"]("grpo-course/made", text, "#### 1,080") for text in cases] == [1.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize("line", ["import numpy as np", "from lab.rl import rewards as np"])
def test_a_score_that_needs_more_than_the_standard_library_is_refused(tmp_path, monkeypatch, line):
    task = made_task(tmp_path, monkeypatch, f"{line}\n\ndef score(completion, answer):\n    return np.x\n")
    with pytest.raises(UsageError, match=r"the score of made_up_task needs '(numpy|lab.rl)'.*write it without"):
        standalone.reward_file("made", task)


PROBLEMS = """
def problems(split):
    return [{"question": f"{n}+1", "answer": str(n + 1)} for n in range(5)]
"""


@pytest.mark.parametrize(("code", "message"), [
    ("N = {}\nN.update(a=1)\ndef score(c, a):\n    return float(N['a'])",
     r"the exported score fails \(KeyError: 'a'\)"),
    ("N = []\nfor i in range(3):\n    N.append(i)\ndef score(c, a):\n    return float(len(N))",
     "the exported score gives 0"),
    ("N = 1\nN += 1\ndef score(c, a):\n    return float(N)", "the exported score (gives|fails)"),
    ("N = 0\ndef score(c, a):\n    global N\n    N += 1\n    return float(N)", "changes from call to call"),
    ("from math import *\ndef score(c, a):\n    return float(floor(1.5))", "the exported score fails"),
    ("def score(c, a):\n    return 1.0\nif True:\n    def score(c, a):\n        return 0.0",
     "the exported score gives 1"),
])  # fmt: skip
def test_an_exported_score_that_differs_from_the_tasks_own_is_refused(tmp_path, monkeypatch, code, message):
    task = made_task(tmp_path, monkeypatch, f"{PROBLEMS}\n{code}\n")
    with pytest.raises(UsageError, match=message):
        check_reward.check(standalone.reward_file("made", task), task, "lab/tasks/made.py")


# ---- Data ----


def test_rows_for_trl_are_chats_or_texts():
    chats, texts = data.trl_rows(addition, "test"), data.trl_rows(worked_sums, "test")
    problem = addition.problems("test")[0]
    assert chats[0] == {"prompt": [{"role": "user", "content": problem["question"]}], "answer": problem["answer"]}
    assert texts[0]["prompt"] == worked_sums.problems("test")[0]["question"]
    assert len(chats) == len(addition.problems("test"))


def test_rows_for_verl():
    rows = data.verl_rows("addition", addition, "train")
    problems = addition.problems("train")
    assert rows[1] == {
        "data_source": "grpo-course/addition",
        "prompt": [{"role": "user", "content": problems[1]["question"]}],
        "ability": "math",
        "reward_model": {"style": "rule", "ground_truth": problems[1]["answer"]},
        "extra_info": {"split": "train", "index": 1},
    }
    assert len(rows) == len(problems)
    with pytest.raises(UsageError, match=r"'worked_sums' continues plain text.*export it for trl"):
        data.verl_rows("worked_sums", worked_sums, "train")


def test_parquet_has_verls_schema(tmp_path):
    pytest.importorskip("pyarrow", reason="the course does not need pyarrow; only verl's Parquet does")
    from pyarrow import parquet

    rows = data.verl_rows("addition", addition, "test")
    data.write_parquet(tmp_path / "a" / "test.parquet", rows)
    table = parquet.read_table(tmp_path / "a" / "test.parquet")
    assert table.to_pylist() == rows
    assert {field.name: str(field.type) for field in table.schema} == {
        "data_source": "string",
        "prompt": "list<element: struct<role: string, content: string>>",
        "ability": "string",
        "reward_model": "struct<style: string, ground_truth: string>",
        "extra_info": "struct<split: string, index: int64>",
    }


def test_without_pyarrow_the_message_names_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match="pip install pyarrow"):
        export("verl", "addition", tmp_path)
    assert list(tmp_path.iterdir()) == []


# ---- Settings ----


@pytest.mark.parametrize("path", sorted((ROOT / "configs" / "trl").glob("*.yaml")), ids=lambda p: p.name)
def test_each_setting_is_an_option_of_trl(path):
    written = yaml.safe_load(path.read_text())
    assert options.known("trl")[0] == "1.16.0" and len(options.known("trl")[1]) > 150
    assert options.read(path, "trl", []) == written and set(written) <= set(options.known("trl")[1])


def test_each_setting_is_an_option_of_verl():
    version, known = options.known("verl")
    settings = options.read(CONFIGS["verl"], "verl", [])
    assert version == "0.9.1" and len(known) > 800 and len(settings) > 30
    assert settings["algorithm.adv_estimator"] == "grpo" != known["algorithm.adv_estimator"]
    fixed = {*verl_run.IN_THE_FOLDER, *verl_run.GPUS, "reward.custom_reward_function.name"}
    assert {*settings, *fixed} <= set(known)


def test_the_lessons_names_lead_to_options():
    for theirs in options.OURS.values():
        assert all(option in options.known(library)[1] for library, option in theirs.items())


def test_environments_are_those_of_the_lists():
    from lab.export import check_verl

    assert f"trl=={options.known('trl')[0]}" in environment.OF["trl"][1]
    assert f"verl=={options.known('verl')[0]}" in check_verl.PACKAGES


@pytest.mark.parametrize(("library", "change", "message"), [
    ("verl", "actor_rollout_ref.rollout.group_size=8", r"did you mean 'actor_rollout_ref\.rollout\.n'\?"),
    ("verl", "data.trian_batch_size=8", r"did you mean 'data\.train_batch_size'\?"),
    ("verl", "clip_ratio=0.1", r"no option 'clip_ratio'; did you mean 'actor_rollout_ref\.actor\.clip_ratio'"),
    ("verl", "data.train_batch_size=many", r"'data\.train_batch_size' of verl must be a number, not 'many'"),
    ("verl", "trainer.logger=console", r"'trainer\.logger' of verl must be a list, not 'console'"),
    ("verl", "data.shuffle", r"'data\.shuffle' is not a setting; write key=value"),
    ("verl", "trainer.logger=[", r"is not valid YAML after the '='"),
    ("trl", "learning_rate=nan", r"'learning_rate' of trl must be a finite number, not nan"),
    ("verl", "trainer.total_training_steps=-.inf", r"total_training_steps' of verl must be a finite number, not -inf"),
    ("trl", "use_vllm=yes please", r"'use_vllm' of trl must be true or false"),
    ("trl", "loss_type=3", r"'loss_type' of trl must be text, not 3"),
    ("tunix", "group_size=8", r"tunix 0\.1\.7 has no option 'group_size'; did you mean 'grpo\.num_generations'\?"),
    ("tunix", "max_steps=8", r"did you mean 'training\.max_steps'\?"),
    ("tunix", "run.prompts=64", r"is 64, but task 'addition' has \d+ problems .*=\d+ or less"),
    ("tunix", "rollout.kv_cache_size=99", r"is 99, but a prompt and its completion take up to 128 tokens; add .*=128"),
    ("verl", "data.train_batch_size=64", r"is 64, but task 'addition' has \d+ problems .*=\d+ or less"),
])  # fmt: skip
def test_an_option_that_the_library_does_not_take_is_reported(library, change, message, tmp_path):
    with pytest.raises(UsageError, match=message) as error:
        export(library, "addition", tmp_path, changes=[change])
    assert "\n" not in str(error.value) and list(tmp_path.iterdir()) == []


def test_wrong_arguments_are_one_sentence(tmp_path):
    (tmp_path / "bad.yaml").write_text("a: [")
    (tmp_path / "list.yaml").write_text("- 1")
    cases = {
        "there is no task 'subtraction'; there are: addition, ": ["trl", "--task", "subtraction"],
        "export it for trl": ["verl", "--task", "worked_sums"],
        "cannot be read as YAML": ["trl", "--task", "addition", "--config", str(tmp_path / "bad.yaml")],
        "expected options of trl": ["trl", "--task", "addition", "--config", str(tmp_path / "list.yaml")],
        "No such file": ["trl", "--task", "addition", "--config", str(tmp_path / "missing.yaml")],
        "cannot be written to": ["trl", "--task", "addition", "--out", str(tmp_path / "bad.yaml")],
    }
    for message, arguments in cases.items():
        with pytest.raises(UsageError, match=re.escape(message)) as error:
            main(["--out", str(tmp_path / "out"), *arguments])
        assert "\n" not in str(error.value)


def test_numbers_that_yaml_takes_for_text_and_changes(tmp_path):
    (tmp_path / "mine.yaml").write_text("learning_rate: 2e-6\nmax_steps: 7\n")
    export("trl", "addition", tmp_path / "out", tmp_path / "mine.yaml", ["max_steps=9", "beta=1e-3"])
    settings = yaml.safe_load((tmp_path / "out" / "config.yaml").read_text())
    assert settings == {"learning_rate": 2e-6, "max_steps": 9, "beta": 1e-3}


# ---- What is written ----


def test_the_folder_for_trl(tmp_path, capsys):
    assert main(["trl", "--task", "addition", "--out", str(tmp_path / "a"), "max_steps=3"]) == 0
    assert "python train.py --config config.yaml --model NAME" in capsys.readouterr().out
    folder = tmp_path / "a"
    assert sorted(p.name for p in folder.iterdir()) == [
        "config.yaml", "reward.py", "test.jsonl", "train.jsonl", "train.py"
    ]  # fmt: skip
    for split in ("train", "test"):
        rows = [json.loads(line) for line in (folder / f"{split}.jsonl").read_text().splitlines()]
        assert rows == data.trl_rows(addition, split)
    imported = re.findall(r"^(?:from|import) (\w+)", (folder / "train.py").read_text(), re.MULTILINE)
    assert set(imported) - set(sys.stdlib_module_names) == {"datasets", "reward", "transformers", "trl"}


def arguments_of(folder, tmp_path, *more, **environment):
    """What run.sh starts, called from another folder."""
    printer = tmp_path / "python"
    printer.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    printer.chmod(0o755)
    line = ["bash", str(folder / "run.sh"), *more]
    rest = {k: v for k, v in os.environ.items() if k not in ("MODEL", "GPUS")}
    done = subprocess.run(line, cwd=tmp_path, env={**rest, "PYTHON": str(printer), **environment}, capture_output=True,
                          text=True, check=True)  # fmt: skip
    return done.stdout.splitlines()


@pytest.mark.skipif(os.name == "nt", reason="run.sh is for the shell of the machine with the GPUs")
def test_the_command_for_verl(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "write_parquet", data.write_jsonl)  # pyarrow may not be here
    folder = tmp_path / "it's a folder"
    export("verl", "addition", folder, changes=["trainer.save_freq=5", "actor_rollout_ref.actor.optim.lr=1e-6"])
    assert sorted(p.name for p in folder.iterdir()) == ["reward.py", "run.sh", "test.parquet", "train.parquet"]
    module, *overrides = arguments_of(folder, tmp_path, "trainer.nnodes=2", MODEL="some/model", GPUS="4")[1:]
    assert module == "verl.trainer.main_ppo" and overrides[-1] == "trainer.nnodes=2"
    keys = [override.partition("=")[0] for override in overrides[:-1]]
    assert len(keys) == len(set(keys)) and set(keys) <= set(options.known("verl")[1])
    for expected in (
        "algorithm.adv_estimator=grpo", "actor_rollout_ref.rollout.n=8", "trainer.save_freq=5",
        "actor_rollout_ref.actor.optim.lr=1e-06", 'trainer.logger=["console"]', "trainer.n_gpus_per_node=4",
        "actor_rollout_ref.model.path='some/model'", "reward.custom_reward_function.name=compute_score",
        "actor_rollout_ref.actor.use_kl_loss=false", "trainer.experiment_name=addition",
    ):  # fmt: skip
        assert expected in overrides, expected
    folder.rename(tmp_path / "over there")
    overrides = arguments_of(tmp_path / "over there", tmp_path)
    assert "trainer.n_gpus_per_node=1" in overrides
    for key, name in (("data.train_files", "train.parquet"), ("data.val_files", "test.parquet"),
                      ("reward.custom_reward_function.path", "reward.py")):  # fmt: skip
        assert f"{key}='{tmp_path}/over there/{name}'" in overrides and (tmp_path / "over there" / name).is_file()


def test_values_as_hydra_reads_them():
    values = {
        None: "null",
        True: "true",
        8: "8",
        1e-6: "1e-06",
        "token-mean": "token-mean",
        "it's": "'it\\'s'",
        "": "''",
    }
    assert {value: verl_run.spelled(value) for value in values} == values
    assert verl_run.spelled(["console"]) == '["console"]'


# ---- The environment with TRL ----


def stand_in(tmp_path, monkeypatch, fails=False):
    """A Python that makes environments whose pip notes what it was asked for."""
    outer = tmp_path / "outer"
    outer.write_text(f"""#!/bin/sh
mkdir -p "$4/bin"
cat > "$4/bin/python" <<'END'
#!/bin/sh
echo "$@" >> {tmp_path}/calls
exit {int(fails)}
END
chmod +x "$4/bin/python"
""")
    outer.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(outer))


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_an_environment_is_made_once_and_anew_for_other_packages(tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch)
    folder = tmp_path / "runs" / "env"
    for packages in (["a==1"], ["a==1"], ["a==2", "b==1"]):
        python = environment.ensure_environment(folder, packages, "A")
        assert python == folder / "bin" / "python" and python.exists()
    installed = [line.split(" install ")[1] for line in (tmp_path / "calls").read_text().splitlines()]
    assert installed == ["--disable-pip-version-check a==1", "--disable-pip-version-check a==2 b==1"]
    assert not (tmp_path / "runs" / "env-setup.log").exists()


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_an_environment_that_failed_is_reported_and_begun_anew(tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, fails=True)
    for _ in range(2):
        with pytest.raises(UsageError, match=r"A could not be installed .*; the details are in .*\.log\.$"):
            environment.ensure_environment(tmp_path / "env", ["a"], "A")
    assert len((tmp_path / "calls").read_text().splitlines()) == 2


# ---- TRL's process ----

FAKES = {  # what train.py imports: it prints what it was given
    "trl.py": """
import dataclasses, sys, yaml
@dataclasses.dataclass
class GRPOConfig:
    output_dir: str
    eval_strategy: str
    max_steps: int
class TrlParser:
    def __init__(self, classes):
        self.start, self.config = classes
    def set_defaults_with_config(self, **defaults):
        self.defaults = defaults
    def parse_args_and_config(self):
        named = dict(zip(sys.argv[1::2], sys.argv[2::2]))
        return self.start(named["--model"]), self.config(**self.defaults, **yaml.safe_load(open(named["--config"])))
class GRPOTrainer:
    def __init__(self, **given):
        self.given = given
    def remove_callback(self, callback):
        pass
    def train(self):
        class state: is_world_process_zero, global_step, max_steps = True, 1, 2
        given, row = self.given, self.given["train_dataset"][0]
        rewards = given["reward_funcs"](prompts=[row["prompt"]], completions=[row["answer"]], answer=[row["answer"]])
        given["callbacks"][0].on_log(given["args"], state, None, {"reward": rewards[0], "completions/mean_length": 2.0})
        print(given["model"], len(given["eval_dataset"]))
    def save_model(self, folder):
        print("saved to", folder)
""",
    "datasets.py": """
import json
def load_dataset(kind, data_files):
    return {split: [json.loads(line) for line in open(path)] for split, path in data_files.items()}
""",
    "transformers.py": """
PrinterCallback = TrainerCallback = object
class AutoTokenizer:
    @classmethod
    def from_pretrained(cls, name, padding_side):
        assert padding_side == "left"
        return cls()
    def save_pretrained(self, folder):
        print("tokenizer too")
""",
}


def test_the_exported_script_trains_on_what_lies_beside_it(tmp_path, write_files):
    fakes = write_files(tmp_path / "fakes", FAKES)
    (tmp_path / "mine.yaml").write_text("max_steps: 2\neval_strategy: steps\n")
    folder = tmp_path / "data"
    export("trl", "addition", folder, tmp_path / "mine.yaml")
    line = [sys.executable, folder / "train.py", "--config", folder / "config.yaml", "--model", "some/model"]
    environment = {**os.environ, "PYTHONPATH": str(fakes)}
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stderr == ""
    first, *rest = done.stdout.splitlines()
    assert re.fullmatch(r"step 1 of 2: reward 1\.000, tokens 2\.000; \d+ s", first)
    asked = len(addition.problems("test"))
    assert rest == [f"some/model {asked}", f"saved to {folder / 'trained'}", "tokenizer too"]


@pytest.fixture
def small_run(monkeypatch):
    """local_run with an untrained model and few questions: `small_run(library, folder, script, changes)`; script stands
    for the library's Python, called in the exported folder."""
    from rich.console import Console

    from lab.export import local_run
    from lab.models import demo_model
    from lab.train.report import Report

    monkeypatch.setattr(local_run, "ASKED", 6)
    monkeypatch.setattr(demo_model, "warm_start", lambda *arguments: None)

    def run(library, folder, script, changes, control=False):
        folder.mkdir()
        python = folder / "python"
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
        with open(folder / "printed", "w") as file:
            show = Report(Console(file=file, width=200))
            return local_run.run(local_run.LIBRARIES[library], 3, changes, folder, show, python, control)

    return run


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
@pytest.mark.parametrize(("library", "change", "control"), [
    ("trl", "max_steps=7", False), ("trl", "max_steps=7", True), ("tunix", "training.max_steps=7", False),
])  # fmt: skip
def test_the_library_gets_the_folder_alone_and_is_asked_before_and_after(
    library, change, control, tmp_path, small_run, monkeypatch
):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    script = """test -z "$PYTHONPATH" && test "$HF_HUB_OFFLINE" = 1 && test -f train.py && test -f reward.py || exit 3
[ "$1 $2 $3 $4" = "train.py --config config.yaml --model" ] && [ "$6" = --output_dir ] && cp -r "$5" "$7" """
    result = small_run(library, tmp_path / "run", script, [change], control)
    assert result["before"] == result["after"] and result["seed"] == 3 and result["changed"] == [change]
    assert result["reward"] == ("random" if control else "task")
    made: dict = {}
    exec(compile((tmp_path / "run" / "data" / "reward.py").read_text(), "reward.py", "exec"), made)
    tossed = made["reward"](prompts=[""] * 99, completions=["132"] * 99, answer=["132"] * 99, trainer_state=None)
    assert set(tossed) == ({0.0, 1.0} if control else {1.0})
    assert json.loads((tmp_path / "run" / "result.json").read_text()) == result
    settings = options.flat(yaml.safe_load((tmp_path / "run" / "data" / "config.yaml").read_text()))
    key = change.partition("=")[0]
    assert settings[key] == 7 and settings["run.seed" if library == "tunix" else "seed"] == 3
    assert "6 held-out problems" in (tmp_path / "run" / "printed").read_text()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_make_trl_reports_why_trl_ended(tmp_path, small_run):
    with pytest.raises(UsageError, match=r"ended with 5 \(ValueError: no\); its output is in .*trl\.log"):
        small_run("trl", tmp_path / "run", "echo traceback >&2; echo ValueError: no >&2; exit 5", [])


def test_make_trl_reports_a_mistyped_option_at_once():
    from lab.export import local_run

    with pytest.raises(UsageError, match=r"has no option 'max_step'; did you mean 'max_steps'\?"):
        local_run.main(["trl", "max_step=5"])


# ---- docs/SCALING.md ----

PAGE = (ROOT / "docs" / "SCALING.md").read_text(encoding="utf-8")


def test_the_page_computes_its_memory_with_lesson_15(reference):
    assert "from lesson15_grpo_mnist.memory.accounting import training_bytes" in PAGE
    assert page_checks.wrong_blocks(ROOT / "docs" / "SCALING.md") is None
    assert page_checks.broken_links(ROOT / "docs" / "SCALING.md") == []


def test_the_pages_table_has_the_names_and_defaults_of_all_three(reference):
    from lesson14_grpo_ppo_clip.training.grpo_trainer import GRPOConfig as Lesson14
    from lesson16_grpo_rlhf.training.rlhf_trainer import RLHFConfig as Lesson16

    ours = {f.name: f.default for cls in (Lesson16, Lesson14) for f in dataclasses.fields(cls)}
    table = PAGE[PAGE.index("| what | here |") :].split("\n\n")[0].splitlines()[2:]
    assert len(table) >= 15
    for row in table:
        _, *cells = row.strip("| ").split(" | ")
        for cell, known in zip(cells, (ours, options.known("trl")[1], options.known("verl")[1]), strict=True):
            for name, default in re.findall(r"`([^`]+)` ([^,;()]+)", cell):
                wanted = yaml.safe_load(default)
                wanted = float(wanted) if isinstance(known[name], float) else wanted
                assert known[name] == wanted, (row, name, known[name])


def test_every_option_that_the_page_names_is_one():
    known = {library: options.known(library)[1] for library in ("trl", "verl")}
    for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL):
        for override in re.findall(r"((?:data|actor_rollout_ref|trainer|algorithm|reward)\.[\w.]+)=", block):
            assert override in known["verl"], override
        for line in block.replace("\\\n", " ").splitlines():
            if "train.py" in line:
                named = set(re.findall(r"--(\w+)", line.split("train.py")[1])) - {"config", "model"}
                assert named <= set(known["trl"]), named - set(known["trl"])
