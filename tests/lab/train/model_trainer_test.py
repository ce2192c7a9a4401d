"""A step on a model of transformers: each option does what it says, and the update is the same however it is split."""

import dataclasses
import json
import math

import pytest
import torch

from course.base.errors import UsageError
from lab.rl import program_reward
from lab.train import model_run, options, problems, settings
from lab.train.evaluation import GREEDY, Evaluation, from_metrics, wilson
from lab.train.model_trainer import ModelTrainer
from tests.lab.train import tiny_cases

torch.set_num_threads(1)  # several only slow down so small a model


def chosen(**table):
    """Options for the tiny model, with a few keys changed; nested tables are merged."""
    made = {
        "num_steps": 4, "task": "addition", "reward": "last_number", "eval_samples": 2, "eval_problems": 4,
        "algorithm": {"batch_size": 4, "learning_rate": 0.01}, "grpo": {"group_size": 4, "max_new_tokens": 6},
    }  # fmt: skip
    for key, value in table.items():
        both = isinstance(value, dict) and isinstance(made.get(key), dict)
        made[key] = {**made[key], **value} if both else value
    return options.read(made, "x.yaml")


@pytest.fixture
def trainer():
    """`trainer(grpo={...})`: a trainer in float64 whose reward is the number of digits of a completion, over ten: it
    differs within nearly every group."""

    def make(steps=4, processes=None, **table):
        o = chosen(**table)

        def digits(text, answer):
            return sum(c.isdigit() for c in text) / 10

        score = digits if model_run.reward_of(o) else None
        train = problems.problems(o)["train"]
        return ModelTrainer(tiny_cases.model(), tiny_cases.tokenizer(), train, o, steps, score, processes)

    return make


def weights(trainer):
    return torch.cat([p.detach().flatten().clone() for p in trainer.model.parameters()])


def after_a_step(trainer):
    trainer.step()
    return weights(trainer)


def test_a_run_uses_the_schedule(trainer):
    t = trainer(grpo={"adaptive_group_size": True, "min_group_size": 2, "max_group_size": 5, "group_size": 3})
    assert [t.step()["group_size"] for _ in range(4)] == [2, 3, 4, 5]
    t = trainer(grpo={"adaptive_group_size": True, "min_group_size": 2, "max_group_size": 5, "group_size": 3,
                      "group_size_schedule": "signal"})  # fmt: skip
    t.score = lambda text, answer: 0.0
    assert [t.step()["group_size"] for _ in range(4)] == [3, 4, 5, 5]


# ---- The step ----


@pytest.mark.parametrize("change", [
    {"grpo": {"baseline_type": "group_median"}}, {"grpo": {"temperature": 0.5}}, {"grpo": {"max_new_tokens": 3}},
    {"grpo": {"reward_normalization": False}}, {"grpo": {"reward_clipping": 0.15}},
    {"grpo": {"reward_normalization": False, "reward_scaling": 2.0}}, {"grpo": {"updates_per_batch": 2}},
    {"grpo": {"max_grad_norm": 1e-3}}, {"grpo": {"aggregation": "sequence"}}, {"grpo": {"aggregation": "constant"}},
    {"grpo": {"warmup_steps": 0}}, {"algorithm": {"learning_rate": 0.02}}, {"algorithm": {"batch_size": 5}},
    {"algorithm": {"mini_batch_size": 2}}, {"seed": 1}, {"reward": "random"}, {"task": "two_digit_addition"},
], ids=str)  # fmt: skip
def test_an_option_changes_the_update(trainer, change):
    """With SGD, whose step has the gradient's length, and the clip of that length far away."""
    base = {"grpo": {"optimizer_type": "sgd", "max_grad_norm": 1e6}}
    scaling = "reward_scaling" in change.get("grpo", {})
    plain = trainer(grpo={**base["grpo"], **({"reward_normalization": False} if scaling else {})})
    other = trainer(**{**change, "grpo": {**base["grpo"], **change.get("grpo", {})}})
    assert not torch.allclose(after_a_step(plain), after_a_step(other), rtol=0, atol=1e-9)


@pytest.mark.parametrize("change", [{"ema_decay": 0.1, "baseline_type": "exponential_moving_average"},
                                    {"final_rate": 0.1}], ids=str)  # fmt: skip
def test_an_option_changes_later_updates(trainer, change):
    same = {k: v for k, v in change.items() if k == "baseline_type"}
    found = []
    for grpo in (same, change):
        t = trainer(grpo={"optimizer_type": "sgd", **grpo})
        for _ in range(3):
            t.step()
        found.append(weights(t))
    assert not torch.allclose(*found, rtol=0, atol=1e-9)


def test_epsilon_holds_back_second_updates(trainer):
    found = []
    for epsilon in (0.001, 10.0):
        t = trainer(
            grpo={"updates_per_batch": 3, "epsilon": epsilon, "warmup_steps": 0}, algorithm={"learning_rate": 0.1}
        )
        found.append(t.step()["clip_fraction"])
    assert found[0] > 0.1 and found[1] == 0.0


def test_the_gradient_is_shortened_to_its_largest_norm(trainer):
    t = trainer(
        grpo={"optimizer_type": "sgd", "max_grad_norm": 1e-3, "warmup_steps": 0}, algorithm={"learning_rate": 1.0}
    )
    before = weights(t)
    assert t.step()["grad_norm"] > 1e-2
    assert (weights(t) - before).norm().item() == pytest.approx(1e-3, rel=1e-3)


def test_the_optimizer_is_the_one_that_is_named(trainer):
    adamw, sgd = (trainer(grpo={"optimizer_type": name, "warmup_steps": 0}) for name in ("adamw", "sgd"))
    start = weights(adamw)
    moved = [(after_a_step(t) - start).abs().max().item() for t in (adamw, sgd)]
    assert moved[0] == pytest.approx(0.01, rel=0.01), "Adam's first step has the size of the learning rate"
    assert moved[1] < 0.009


@pytest.mark.parametrize("aggregation", ["token", "sequence", "constant"])
@pytest.mark.parametrize("parts", [2, 3, 16])
def test_accumulated_gradients_are_those_of_one_batch(trainer, parts, aggregation):
    """Completions have unequal lengths, and so the parts have unequal numbers of tokens."""
    passes = []

    def counted(own):
        def backward(*arguments, micro_batch_size, **named):
            passes.append(-(-len(arguments[3]) // micro_batch_size))
            return own(*arguments, micro_batch_size=micro_batch_size, **named)

        return backward

    base = {"optimizer_type": "sgd", "max_grad_norm": 1e6, "aggregation": aggregation}
    whole, split = trainer(grpo=base), trainer(grpo={**base, "gradient_accumulation_steps": parts})
    for t in (whole, split):
        t.backward = counted(t.backward)
    seen = [t.step() for t in (whole, split)]
    assert seen[0]["completion_length"] != round(seen[0]["completion_length"]), "unequal lengths are wanted here"
    assert seen[0] == pytest.approx(seen[1], rel=1e-12)
    torch.testing.assert_close(weights(whole), weights(split), rtol=0, atol=1e-14)
    assert passes[0] == 1 and 1 < passes[1] <= parts


def test_mini_batches_are_updates_of_their_own_with_the_samplers_log_probabilities(trainer, monkeypatch):
    t = trainer(algorithm={"mini_batch_size": 2}, grpo={"warmup_steps": 0})
    seen, own = [], t.update
    monkeypatch.setattr(t, "update", lambda *batch: seen.append(batch) or own(*batch))
    t.step()
    assert [len(ids) for ids, *_ in seen] == [8, 8]
    assert not any(old.isnan().any() for *_, old in seen)


def test_a_random_reward_does_not_depend_on_who_asks(trainer):
    t = trainer(reward="random")
    table = t.rewards_of([], problems.problems(t.options)["train"][:6], list(range(6)), 8)
    assert set(table.flatten().tolist()) == {0.0, 1.0}
    assert t.rewards_of([], problems.problems(t.options)["train"][:6], [1, 4], 8)[[1, 4]].equal(table[[1, 4]])


@pytest.mark.parametrize("mini", [None, 2])
def test_the_plain_path_gives_the_engines_numbers(trainer, mini):
    from lab.engine import any_model

    fast, slow = (trainer(algorithm={"mini_batch_size": mini}, grpo={"optimizer_type": "sgd"}) for _ in range(2))
    slow.generate, slow.backward = any_model.generate, any_model.backward
    for _ in range(2):
        a, b = fast.step(), slow.step()
        assert a == pytest.approx(b, rel=1e-4) and a["grad_norm"] > 0  # transformers' norms are in float32
    torch.testing.assert_close(weights(fast), weights(slow), rtol=0, atol=1e-6)


# ---- Problems, rewards, accuracy ----


def test_partial_credit_and_type_reach_the_reward_but_not_the_accuracy():
    o = chosen(reward={"type": "last_number", "partial_credit": True})
    assert model_run.reward_of(o)("it is 17", "7") == 0.25 and model_run.is_right_of(o)("it is 17", "7") == 0.0
    assert model_run.reward_of(chosen(reward="last_number"))("it is 7", "7") == 1.0
    assert model_run.reward_of(chosen(reward="task"))("it is 7", "7") == 0.0
    assert model_run.reward_of(chosen(reward="random")) is None
    for kind in ("task", "random", "last_number"):
        assert model_run.is_right_of(chosen(reward=kind))("it is 7", "7") == 1.0, "a control is measured as the run is"


def test_the_options_of_programs_reach_them(monkeypatch):
    seen = []
    monkeypatch.setattr(program_reward, "score", lambda *given: seen.append(given) or (lambda text, answer: 1.0))
    reward = {"type": "code_execution", "timeout": 3, "partial_credit": True}
    o = chosen(task="code_generation", reward=reward, data_path="x.jsonl")
    model_run.reward_of(o), model_run.is_right_of(o)
    assert seen == [(3.0, True), (3.0, False)]


def test_a_control_on_programs_is_measured_by_their_tests(monkeypatch, tmp_path):
    """Its accuracy was that of numbers once, and read 0; and nobody was told that programs run without a sandbox."""
    monkeypatch.setattr(program_reward, "score", lambda *given: lambda text, answer: 1.0)
    control = {"type": "random", "allow_execution": True}
    path = tmp_path / "x.jsonl"
    path.write_text('{"question": "f?", "answer": ""}\n')
    o = chosen(task="code_generation", reward=control, data_path=str(path))
    assert o.runs_programs and model_run.reward_of(o) is None
    assert model_run.is_right_of(o)("def f(): return 7", "assert f() == 7") == 1.0
    with pytest.raises(UsageError, match="1 of 1 rows cannot be used"):
        problems.problems(o)


def test_data_of_a_file_is_divided_and_read_by_its_columns(tmp_path):
    rows = [{"q": f"{i}?", "a": f"#### {i}"} for i in range(20)]
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, [*rows, rows[0]])))
    o = chosen(task={"name": "math_reasoning", "question_column": "q", "answer_column": "a"},
                data_path=str(tmp_path / "x.jsonl"), reward="task")  # fmt: skip
    split = problems.problems(o)
    assert (len(split["train"]), len(split["test"])) == (18, 2)
    assert {*split["train"], *split["test"]} == {(r["q"], r["a"]) for r in rows}
    assert model_run.reward_of(o)("so 3", "#### 3") == model_run.is_right_of(o)("so 3", "#### 3") == 1.0


def test_the_stream_gives_each_problem_once_a_pass_and_the_same_batch_to_all():
    rows = [(str(i), "") for i in range(10)]
    stream = problems.Stream(rows, seed=0)
    seen = [row for k in range(5) for row in stream.batch(k, 4)]
    assert sorted(seen[:10]) == sorted(seen[10:]) == sorted(rows) and seen[:10] != seen[10:]
    assert problems.Stream(rows, seed=0).batch(3, 4) == stream.batch(3, 4) != problems.Stream(rows, seed=1).batch(3, 4)
    assert problems.steps_of(chosen(num_steps=None, algorithm={"epochs": 3}), 10) == 8
    assert problems.steps_of(chosen(), 10) == 4


def test_questions_are_put_into_the_chat_template():
    tokenizer = tiny_cases.tokenizer()
    assert problems.as_prompt(tokenizer, "1+1?") == "1+1?\n"
    tokenizer.chat_template = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}<assistant>"
    assert problems.as_prompt(tokenizer, "1+1?") == "<user>1+1?<assistant>"
    assert problems.as_prompt(tokenizer, "1+1?", chat=False) == "1+1?"


def test_wilsons_interval():
    """Newcombe 1998, table I: 81 of 263 and 0 of 20."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    low, high = wilson(20, 20)
    assert high == 1.0 and low == pytest.approx(1 - 0.1611, abs=1e-4)


def test_right_completions_are_counted():
    def complete(asked, samples, temperature, seed):
        text = "1" if temperature == GREEDY else "12"
        return [text[i % len(text)] for _ in asked for i in range(samples)], [3] * (len(asked) * samples)

    asked = [("a", "1"), ("b", "2"), ("c", "3")]
    found = Evaluation(asked, complete, lambda text, answer: float(text == answer), 4, 2, 0)
    a = found.accuracy(4)
    assert (a.right, a.drawn, a.greedy, a.length) == (4, 12, pytest.approx(1 / 3), 3.0)
    assert math.isclose(a.sampled, 1 / 3) and found.completions() == ["1", "1"]
    assert [len(dataclasses.replace(found, shown=n).completions()) for n in (0, 3, 99)] == [0, 3, 3]
    assert (a.greedy_length, a.workings) == (3.0, {})


def test_workings_are_counted_and_checked():
    """Of four sampled completions to 4 + 5, three have a working: a right one, a wrong one with the right answer (paid
    though wrong), and a wrong one with a wrong answer."""

    def complete(asked, samples, temperature, seed):
        texts = ["9"] if temperature == GREEDY else ["09,0,9", "08,0,9", "08,0,8", "9"]
        return texts[:samples], [1] * samples

    def check(question, text):
        return text == "09,0,9" if "," in text else None

    found = Evaluation([("4+5", "9")], complete, lambda text, answer: float(text.endswith(answer)), 4, 1, 0, check)
    measured = found.accuracy(4)
    assert measured.right == 3 and measured.workings == {
        "workings": 0.75, "greedy_workings": 0.0,
        "workings_right": pytest.approx(1 / 3), "workings_wrong_but_paid": pytest.approx(1 / 3),
    }  # fmt: skip
    assert from_metrics({"step": 3, **measured.metrics()}) == measured


# ---- Numbers that are not finite ----


def test_a_gradient_that_is_not_finite_is_not_applied(trainer):
    t = trainer()
    before, backward = weights(t), t.backward

    def broken(model, *args, **more):
        found = backward(model, *args, **more)
        next(model.parameters()).grad[0] = math.nan
        return found

    t.backward = broken
    with pytest.raises(UsageError, match=r"^step 1: loss .*, grad_norm nan\. The step was not saved"):
        t.step()
    assert torch.equal(weights(t), before)


def test_completions_that_were_not_scored_do_no_harm(trainer):
    t = trainer()
    t.score = lambda text, answer: math.nan if len(text) % 2 else float("1" in text)
    for _ in range(2):
        metrics = t.step()
        assert all(math.isfinite(value) for value in metrics.values())
    assert weights(t).isfinite().all() and 0 <= metrics["truncated"] <= 1


def test_a_changed_data_file_is_another_run(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text('{"question": "1+1", "answer": "2"}\n')
    o = chosen(data_path=str(path), task="math_reasoning")
    before = model_run.ModelRun(o).settings()
    path.write_text('{"question": "1+1", "answer": "3"}\n')
    assert settings.differences(before, model_run.ModelRun(o).settings()) == ["data_path's content"]
    path.unlink()
    with pytest.raises(UsageError, match=r"data\.jsonl: no such file; .*the file that it was started with"):
        model_run.ModelRun(o).settings()
