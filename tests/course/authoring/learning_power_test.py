"""The lessons' learning tests have power: with the sign of the loss flipped, nothing is learned."""

import pytest

from course.base import switch


def load(lesson, suite="advanced_test"):
    from importlib import import_module, util

    folder = switch.finder.folders("tutorial")[lesson]
    spec = util.spec_from_file_location(f"{lesson}_{suite}", folder / "testcases" / f"{suite}.py")
    tests = util.module_from_spec(spec)
    spec.loader.exec_module(tests)
    return import_module(f"{lesson}.testcases.scenarios"), import_module(f"{lesson}.training.grpo_trainer"), tests


@pytest.mark.parametrize("online", [False, True])
def test_lesson_13_does_not_learn_with_the_sign_flipped(reference, monkeypatch, online):
    scenarios, trainer, tests = load("lesson13_grpo")
    loss = trainer.compute_grpo_loss
    monkeypatch.setattr(trainer, "compute_grpo_loss", lambda *arguments: -loss(*arguments))
    assert tests.right_answers(scenarios.learn(online=online, steps=60)["after"]) < 0.4


def test_lesson_14_does_not_learn_with_the_sign_flipped(reference, monkeypatch):
    scenarios, trainer, tests = load("lesson14_grpo_ppo_clip")
    *others, grpo_loss = trainer.GRPOTrainer.__init__.__defaults__

    def flipped(*arguments):
        return -grpo_loss(*arguments)[0], {"clip_fraction": 0.0}

    monkeypatch.setattr(trainer.GRPOTrainer.__init__, "__defaults__", (*others, flipped))
    assert tests.right_answers(scenarios.train(steps=60, **tests.LEARNING)["after"]) < 0.3


def test_without_warm_up_the_first_step_destroys_a_trained_policy(reference):
    scenarios, _, tests = load("lesson14_grpo_ppo_clip")
    seen = scenarios.first_step_of_a_trained_policy(warmup_steps=0)
    assert tests.right_answers(seen["before"]) > 0.5
    assert tests.right_answers(seen["after"]) < tests.right_answers(seen["before"]) - 0.2


def test_lesson_14_does_not_learn_from_a_coin(reference, monkeypatch):
    from lab.rl.rewards import CoinToss

    scenarios, _, tests = load("lesson14_grpo_ppo_clip")
    after = scenarios.train(steps=60, reward=CoinToss(0), **tests.LEARNING)["after"]
    assert tests.right_answers(after) < 0.5


def test_calls_that_are_only_pretended_show_in_the_answers(reference, monkeypatch):
    """Whole prefixes without a cache, past whatever counts, and beside them calls of the shapes that are asked for."""
    from importlib import import_module

    import torch

    from course.observe.observer import Observer
    from course.observe.report import ObservationFailed

    _, _, basic = load("lesson14_grpo_ppo_clip", "basic_test")
    _, _, tests = load("lesson14_grpo_ppo_clip")
    rollout = import_module("lesson14_grpo_ppo_clip.rollout.generate")

    def generate(model, tokenizer, prompts, size, most=32, temperature=1.0, eos=None, generator=None):
        rows = [tokenizer.encode(prompt) for prompt in prompts for _ in range(size)]
        width = max(map(len, rows))
        found, starts = [([], []) for _ in rows], [len(row) for row in rows]
        model(torch.zeros(len(prompts), width, dtype=torch.long))
        for step in range(most):
            if step:
                model(torch.zeros(len(rows), 1, dtype=torch.long))
            for row, start, (ids, stored) in zip(rows, starts, found, strict=True):
                if len(row) > start and row[-1] == tokenizer.eos_token_id:
                    continue
                logits = type(model).forward(model, torch.tensor([row])).logits[0, -1].detach().float() / temperature
                token = int(torch.multinomial(logits.softmax(0), 1, generator=generator))
                row.append(token)
                ids.append(token)
                stored.append(float(logits.log_softmax(0)[token]))
        return [torch.tensor(ids) for ids, _ in found], [torch.tensor(stored) for _, stored in found]

    monkeypatch.setattr(rollout, "generate", generate)
    basic.TestGenerate().test_stored_log_probs_are_those_of_each_row_alone(Observer(), 1.0)
    tests.TestGenerate().test_counts_of_forwards_and_tokens(Observer())
    with pytest.raises(ObservationFailed):
        tests.TestGenerate().test_each_answer_depends_on_how_the_model_was_called(Observer(), 0)
