"""A rollout without a cache that makes pretended calls, of the shapes that tests count, is caught by its answers."""

from importlib import import_module, util

import pytest
import torch

from course.base import switch
from course.observe.observer import Observer
from course.observe.report import ObservationFailed

LESSON = "lesson14_grpo_ppo_clip"
pytestmark = pytest.mark.skipif(
    switch.finder.tree_of(LESSON) != "solutions", reason="about the reference, not the learner's code: needs SOLUTION=1"
)


def suite(name):
    path = switch.finder.folders("tutorial")[LESSON] / "testcases" / f"{name}.py"
    spec = util.spec_from_file_location(f"{LESSON}_{name}", path)
    tests = util.module_from_spec(spec)
    spec.loader.exec_module(tests)
    return tests


def test_calls_that_are_only_pretended_show_in_the_answers(monkeypatch):
    basic, tests = suite("basic_test"), suite("advanced_test")
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
