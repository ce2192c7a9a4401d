"""Lesson 16's run: the hidden rule, the run with its files, resuming, and what is said about bad input."""

import io
import json
import os
import signal

import pytest
import torch
from lesson16_grpo_rlhf.given import toy_task
from rich.console import Console

from course.base import switch
from course.base.errors import UsageError
from lab.models.tiny_language_models import BigramLM
from lab.train import settings as settings_files
from lab.train.report import Report
from lab.train.run_folder import RunFolder

needs_reference = pytest.mark.skipif(
    switch.finder.tree_of("lesson16_grpo_rlhf") != "solutions", reason="runs the reference: needs SOLUTION=1"
)


@pytest.mark.parametrize(("reply", "points"), [
    ("well purr so", 1.0), ("purr mice whiskers", 3.0), ("clouds", 0.0), ("please", 0.5), ("please thanks", 1.0),
    ("please thanks dear", 0.5), ("please please", 0.5), ("purr purr", 0.5), ("purr purr purr purr", -0.5), ("", 0.0),
    ("please thanks dear gladly", 0.0), ("well well well", 0.0), ("purr thanks mice gladly", 3.0),
])  # fmt: skip
def test_the_hidden_rule(reply, points):
    assert toy_task.true_score("question cats answer", reply) == points


def test_the_tokenizer_knows_all_words_and_joins_them_again():
    tokenizer = toy_task.make_tokenizer()
    for row in toy_task.demonstrations(50, seed=1):
        ids = tokenizer.encode(row["question"] + " " + row["reply"])
        assert tokenizer.unk_token_id not in ids
        assert tokenizer.decode(ids, skip_special_tokens=True) == f"{row['question']} {row['reply']}"
        assert len(row["reply"].split()) <= toy_task.LONGEST


SMALL = {"seeds": 1, "epochs": 2, "demonstrations": 60, "warm_start_steps": 3, "samples": 16,
         "reward_training": {"epochs": 1, "batch_size": 16},
         "grpo": {"num_steps": 2, "batch_size": 2, "group_size": 2, "grpo_epochs": 1, "max_new_tokens": 4}}  # fmt: skip


def settings(**more):
    from lesson16_grpo_rlhf.given.settings import RunSettings

    return settings_files.build(RunSettings, {**SMALL, **more}, "test")


def run_all(folder, resume=False, **more):
    """(metrics without times, what was said) of the whole run."""
    from lesson16_grpo_rlhf.given.run import run_all

    said = io.StringIO()
    found = run_all(settings(**more), folder, resume, Report(Console(file=said, width=200)))
    for history in (history for histories in (found or {}).values() for history in histories):
        for line in history:
            del line["seconds"], line["processor_seconds"]
    return found, said.getvalue()


@needs_reference
class TestRun:
    def test_leaves_figures_a_table_and_whole_checkpoints(self, tmp_path):
        from transformers import AutoModelForCausalLM, AutoTokenizer

        found, _ = run_all(tmp_path)
        folder = tmp_path / "rlhf"
        assert (folder / "overoptimisation.png").read_bytes()[:4] == b"\x89PNG"
        assert (folder / "training_metrics.png").read_bytes()[:4] == b"\x89PNG"
        assert "KL price 0.1" in (folder / "table.md").read_text(encoding="utf-8")
        assert list(found) == ["KL price 0", "KL price 0.1"]
        assert {"reward", "true_score", "kl", "entropy", "loss"} <= set(found["KL price 0"][0][0])
        for name in ("kl_0_seed_0", "kl_0.1_seed_0"):
            for epoch in ("epoch_1", "epoch_2"):
                assert AutoModelForCausalLM.from_pretrained(folder / name / epoch).config.vocab_size > 10
            assert AutoTokenizer.from_pretrained(folder / name / "epoch_2").eos_token_id is not None
            chosen = json.loads((folder / name / "epoch_1" / "run_config.json").read_text(encoding="utf-8"))
            assert chosen["kl_coef"] == float(name.split("_")[1])
            lines = (folder / name / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
            assert [json.loads(line)["step"] for line in lines] == [1, 2]
        again, said = run_all(tmp_path, kl_coefs=[0.0])
        assert "an earlier run" in said and again["KL price 0"] == found["KL price 0"], "the same seed, the same run"

    def test_a_run_that_was_stopped_goes_on_to_the_same_numbers(self, tmp_path, monkeypatch):
        from lab.train import run_folder

        grpo = {**SMALL["grpo"], "num_steps": 4}
        whole, _ = run_all(tmp_path, name="whole", grpo=grpo)
        own = run_folder.RunFolder.log

        def log(folder, line):
            own(folder, line)
            if line["step"] == 2 and "0.1" in str(folder.path):
                os.kill(os.getpid(), signal.SIGINT)

        with monkeypatch.context() as patch:
            patch.setattr(run_folder.RunFolder, "log", log)
            stopped, said = run_all(tmp_path, name="x", grpo=grpo)
        assert stopped is None and "stopped after step 3, which is saved" in said
        assert run_all(tmp_path, name="x", grpo=grpo, resume=True)[0] == whole
        with pytest.raises(UsageError, match=r"no run in .* with these settings to resume"):
            run_all(tmp_path, name="x", resume=True)

    def test_ones_own_models_and_data(self, tmp_path):
        tokenizer = toy_task.make_tokenizer()
        made = {"policy": toy_task.make_policy(tokenizer, 0), "judge": toy_task.make_reward_model(tokenizer, 0)}
        for name, model in made.items():
            model.save_pretrained(tmp_path / name)
            tokenizer.save_pretrained(tmp_path / name)
        rows = [{"ask": p, "id": i} for i, p in enumerate(toy_task.PROMPTS)]
        (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        own = {"policy": str(tmp_path / "policy"), "reward_model": str(tmp_path / "judge"), "input": "ask"}
        found, _ = run_all(tmp_path, **own, data=str(tmp_path / "rows.jsonl"), kl_coefs=[0.1])
        assert "true_score" not in found["KL price 0.1"][0][0]
        assert not (tmp_path / "rlhf" / "overoptimisation.png").exists()
        assert (tmp_path / "rlhf" / "training_metrics.png").exists()

    @pytest.mark.parametrize(("change", "says"), [
        ({"name": "../x"}, "folder name"), ({"kl_coefs": []}, "kl_coefs"), ({"kl_coefs": ["a"]}, "kl_coefs"),
        ({"kl_coefs": [-1]}, "kl_coefs"), ({"seeds": 0}, "seeds"), ({"grpo": {"kl_coef": 0.1}}, "kl_coefs"),
        ({"grpo": {"grup_size": 2}}, "group_size"), ({"policy": "nowhere/at-all"}, "needs data"),
        ({"data": "rows.jsonl"}, "reward_model"), ({"policy_device": "cuda:77"}, "no device"),
        ({"grpo": {"num_steps": 1}}, "epochs"),
    ])  # fmt: skip
    def test_says_what_is_wrong(self, tmp_path, change, says):
        with pytest.raises(UsageError, match=says):
            run_all(tmp_path, **change)

    def test_a_model_that_is_not_there(self, tmp_path):
        """An earlier run of the same name then stays in its place."""
        (tmp_path / "rows.jsonl").write_text('{"question": "a"}\n', encoding="utf-8")
        own = {"policy": str(tmp_path / "nothing"), "reward_model": "x", "data": str(tmp_path / "rows.jsonl")}
        RunFolder(tmp_path / "runs" / "x").start({"seed": 3})
        with pytest.raises(UsageError, match="cannot be loaded"):
            run_all(tmp_path / "runs", **own, name="x")
        assert [p.name for p in (tmp_path / "runs").iterdir()] == ["x"]
        assert RunFolder(tmp_path / "runs" / "x").config() == {"seed": 3}

    def test_the_engine_is_used_if_it_can(self):
        from lesson16_grpo_rlhf.given.run import make_trainer
        from lesson16_grpo_rlhf.training.rlhf_trainer import RLHFConfig, generate

        tokenizer = toy_task.make_tokenizer()
        policy, table = toy_task.make_policy(tokenizer, 0), BigramLM(torch.zeros(3, 3))
        for model, engine, plain in ((policy, "fast", False), (policy, "plain", True), (table, "fast", True)):
            rest = (None, tokenizer, ["a"], None, RLHFConfig(kl_coef=0.0))
            assert (make_trainer(settings(engine=engine), model, *rest).generate is generate) is plain


@needs_reference
class TestSwitches:
    """The given parts of the trainer."""

    def test_the_kl_in_the_reward(self):
        from lesson16_grpo_rlhf.testcases import scenarios

        plain, priced = (scenarios.make_trainer(kl_in_reward=price) for price in (0.0, 0.5))
        groups = [t.draw_groups(["1+1=", "4="], torch.Generator().manual_seed(0)) for t in (plain, priced)]
        for a, b in zip(*groups, strict=True):
            for ids, old, before, after in zip(a.token_ids, a.log_probs, a.rewards, b.rewards, strict=True):
                prompt = torch.tensor(plain.tokenizer.encode(a.prompt))
                row = torch.cat([prompt, ids])[None]
                ref = plain.score(plain.reference, row, row, 1.0)[0, len(prompt) - 1 :]
                assert float(after) == pytest.approx(float(before - 0.5 * (old - ref).sum()), abs=1e-5)

    def test_without_a_reference_the_kl_has_no_price(self):
        from lesson16_grpo_rlhf.testcases import scenarios

        with pytest.raises(ValueError, match="reference"):
            scenarios.make_trainer(reference=False, kl_in_reward=0.1)

    def test_dapo_has_its_four_techniques_and_scales_by_the_group(self):
        from lesson16_grpo_rlhf.training.rlhf_trainer import dapo_config

        config = dapo_config(max_new_tokens=20480, seed=3)
        assert (config.clip_range, config.clip_range_high, config.dynamic_sampling) == (0.2, 0.28, True)
        assert config.overlong_filter and config.length_cache == 4096  # the paper's
        assert config.advantage_scale == "group" and config.kl_coef == config.kl_in_reward == 0 and config.seed == 3
        assert dapo_config(max_new_tokens=3).length_cache == 1 and dapo_config(length_cache=0).length_cache == 0

    def test_a_reference_never_moves(self):
        from lesson16_grpo_rlhf.training.rlhf_trainer import frozen_copy

        model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout(0.5))
        reference = frozen_copy(model)
        before = {name: value.clone() for name, value in reference.state_dict().items()}
        with torch.no_grad():
            model[0].weight += 1
        assert all(torch.equal(before[name], value) for name, value in reference.state_dict().items())
        assert not any(m.training for m in reference.modules()) and model.training and model[1].training
        assert not any(p.requires_grad for p in reference.parameters()) and model[0].weight.requires_grad
        assert next(frozen_copy(model, "meta").parameters()).device.type == "meta"


@needs_reference
class TestDapo:
    def test_the_tables_are_the_policies(self):
        from lesson16_grpo_rlhf.given import dapo

        model, tokenizer = dapo.make("axy", {"a": {"x": 0.25, "y": 0.75}})
        assert dapo.probability(model, tokenizer, "a", "x") == pytest.approx(0.25, abs=1e-6)
        assert dapo.probability(model, tokenizer, "x", dapo.END) == pytest.approx(1.0, abs=1e-6)

    def test_each_change_does_what_the_table_says(self):
        from lesson16_grpo_rlhf.given import dapo

        # Three of the five take a fraction of a second; the two others are in benchmarks/rlhf.py.
        without, with_it = dapo.no_kl(0, kl_coef=0.3), dapo.no_kl(0, kl_coef=0.0)
        assert with_it["reward at the end"] > without["reward at the end"] + 0.3
        without, with_it = dapo.overlong(0), dapo.overlong(0, overlong_filter=True)
        assert with_it["replies that work"] > without["replies that work"]
        without, with_it = dapo.rambling(0), dapo.rambling(0, length_cache=8)
        assert with_it["tokens"] < without["tokens"]


class TestTinyScorer:
    def test_padding_does_not_count(self):
        from lab.models.tiny_reward_model import TinyScorer

        model = TinyScorer(9).double()
        ids = torch.tensor([[3, 4, 5], [6, 0, 0]])
        mask = torch.tensor([[1, 1, 1], [1, 0, 0]])
        with torch.no_grad():
            alone = model(torch.tensor([[6]])).logits
            torch.testing.assert_close(model(ids, attention_mask=mask).logits[1:], alone)
            assert not torch.allclose(model(ids).logits[1:], alone)
