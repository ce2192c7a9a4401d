"""lab/rlhf: the hidden rule, the readers of data, the run with its files, and what is said about bad input."""

import json

import pytest
import torch
from lesson16_grpo_rlhf.given import toy_task

from course.base import switch
from course.base.errors import UsageError
from lab.train import settings as config
from lab.train import table_files

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


class TestData:
    def test_json_lines_with_named_columns(self, tmp_path):
        path = tmp_path / "rows.jsonl"
        path.write_text('{"q": "a", "r": "b", "more": 1}\n\n{"q": "größer", "r": ""}\n', encoding="utf-8")
        assert table_files.read_columns(path, ["q", "r"]) == [("a", "b"), ("größer", "")]
        assert table_files.read_columns(path, ["r"], limit=1) == [("b",)]

    @pytest.mark.parametrize(("name", "text", "says"), [
        ("rows.jsonl", '{"q": "a"}\n{"r": "b"}\n', "line 2 has no column 'q'; its columns are r"),
        ("rows.jsonl", '{"q": 3}\n', "column 'q' must be text, not int"),
        ("rows.jsonl", '{"q": "a"\n', "line 1 is not JSON"),
        ("rows.jsonl", '["a"]\n', "expected an object"),
        ("rows.jsonl", "\n", "holds no rows"),
        ("rows.csv", "q\na\n", "must be .jsonl or .parquet"),
    ])  # fmt: skip
    def test_says_what_is_wrong(self, tmp_path, name, text, says):
        (tmp_path / name).write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match=says):
            table_files.read_columns(tmp_path / name, ["q"])

    def test_a_missing_file_and_one_that_is_not_text(self, tmp_path):
        with pytest.raises(UsageError, match="no such file"):
            table_files.read_columns(tmp_path / "rows.jsonl", ["q"])
        (tmp_path / "rows.jsonl").write_bytes(b"\xff\xfe{}")
        with pytest.raises(UsageError, match="not UTF-8"):
            table_files.read_columns(tmp_path / "rows.jsonl", ["q"])

    def test_parquet(self, tmp_path):
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        path = tmp_path / "rows.parquet"
        parquet.write_table(pyarrow.table({"q": ["a", "b", "c"], "r": ["x", "y", "z"], "n": [1, 2, 3]}), path)
        assert table_files.read_columns(path, ["r", "q"], limit=2) == [("x", "a"), ("y", "b")]
        with pytest.raises(UsageError, match="no column 'answer'; its columns are q, r, n"):
            table_files.read_columns(path, ["answer"])
        with pytest.raises(UsageError, match="column 'n' must be text, not int"):
            table_files.read_columns(path, ["n"])
        path.write_bytes(path.read_bytes()[:50])
        with pytest.raises(UsageError, match="not a whole Parquet file"):
            table_files.read_columns(path, ["q"])

    def test_parquet_without_pyarrow(self, tmp_path, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
        (tmp_path / "rows.parquet").write_bytes(b"PAR1")
        with pytest.raises(UsageError, match="needs pyarrow"):
            table_files.read_columns(tmp_path / "rows.parquet", ["q"])


SMALL = {"seeds": 1, "epochs": 2, "demonstrations": 60, "warm_start_steps": 3, "samples": 16,
         "reward_training": {"epochs": 1, "batch_size": 16},
         "grpo": {"num_steps": 2, "batch_size": 2, "group_size": 2, "grpo_epochs": 1, "max_new_tokens": 4}}  # fmt: skip


def settings(**more):
    from lesson16_grpo_rlhf.given.run import RunSettings

    return config.build(RunSettings, {**SMALL, **more}, "test")


@needs_reference
class TestRun:
    def test_leaves_figures_a_table_and_whole_checkpoints(self, tmp_path):
        from lesson16_grpo_rlhf.given.run import run
        from transformers import AutoModelForCausalLM, AutoTokenizer

        said = []
        found = run(settings(), tmp_path, said.append)
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
        run(settings(kl_coefs=[0.0]), tmp_path, said.append)
        assert any("earlier run" in line for line in said)

    def test_ones_own_models_and_data(self, tmp_path):
        from lesson16_grpo_rlhf.given.run import run

        tokenizer = toy_task.make_tokenizer()
        for name, model in (
            ("policy", toy_task.make_policy(tokenizer, 0)),
            ("judge", toy_task.make_reward_model(tokenizer, 0)),
        ):
            model.save_pretrained(tmp_path / name)
            tokenizer.save_pretrained(tmp_path / name)
        rows = [{"ask": p, "id": i} for i, p in enumerate(toy_task.PROMPTS)]
        (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        own = {"policy": str(tmp_path / "policy"), "reward_model": str(tmp_path / "judge"), "input": "ask"}
        found = run(settings(**own, data=str(tmp_path / "rows.jsonl"), kl_coefs=[0.1]), tmp_path, lambda text: None)
        history = found["KL price 0.1"][0]
        assert "true_score" not in history[0]
        assert not (tmp_path / "rlhf" / "overoptimisation.png").exists()
        assert (tmp_path / "rlhf" / "training_metrics.png").exists()

    def test_the_same_seed_gives_the_same_run(self, tmp_path):
        from lesson16_grpo_rlhf.given.run import run

        first, second = (run(settings(name=n, kl_coefs=[0.1]), tmp_path, lambda t: None) for n in ("a", "b"))
        assert first == second

    @pytest.mark.parametrize(("change", "says"), [
        ({"name": "../x"}, "folder name"), ({"kl_coefs": []}, "kl_coefs"), ({"kl_coefs": ["a"]}, "kl_coefs"),
        ({"kl_coefs": [-1]}, "kl_coefs"), ({"seeds": 0}, "at least 1"), ({"grpo": {"kl_coef": 0.1}}, "kl_coefs"),
        ({"grpo": {"grup_size": 2}}, "group_size"), ({"policy": "nowhere/at-all"}, "needs data"),
        ({"data": "rows.jsonl"}, "reward_model"), ({"policy_device": "cuda:77"}, "no device"),
        ({"grpo": {"num_steps": 1}}, "epochs"),
    ])  # fmt: skip
    def test_says_what_is_wrong(self, tmp_path, change, says):
        from lesson16_grpo_rlhf.given.run import run

        with pytest.raises(UsageError, match=says):
            run(settings(**change), tmp_path, lambda text: None)

    def test_a_model_that_is_not_there(self, tmp_path, monkeypatch):
        from lesson16_grpo_rlhf.given.run import run

        (tmp_path / "rows.jsonl").write_text('{"question": "a"}\n', encoding="utf-8")
        own = {"policy": str(tmp_path / "nothing"), "reward_model": "x", "data": str(tmp_path / "rows.jsonl")}
        with pytest.raises(UsageError, match="cannot be loaded"):
            run(settings(**own), tmp_path, lambda text: None)


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


@needs_reference
def test_an_earlier_checkpoint_is_never_taken_apart_under_its_own_name(tmp_path, monkeypatch):
    from dataclasses import make_dataclass

    from lesson16_grpo_rlhf.training import checkpoint

    class Saved:
        def __init__(self, name):
            self.name = name

        def save_pretrained(self, folder):
            (folder / self.name).write_text(self.name)

    removed = []
    remove = checkpoint.shutil.rmtree
    monkeypatch.setattr(
        checkpoint.shutil, "rmtree", lambda path, **more: removed.append(path.name) or remove(path, **more)
    )
    settings = make_dataclass("Settings", [])()
    for model in ("old", "new"):
        checkpoint.save_checkpoint(tmp_path, 1, Saved(model), Saved("tokenizer"), settings)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["epoch_1"]
    assert sorted(p.name for p in (tmp_path / "epoch_1").iterdir()) == ["new", "run_config.json", "tokenizer"]
    assert removed and "epoch_1" not in removed
