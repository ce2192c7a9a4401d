"""Is it robust? Edge cases, impossible tokens, and inputs that must stay as they were. Lesson 01."""

import math

import pytest
import torch
from lesson01_language_model.probability.exact import all_completions
from lesson01_language_model.probability.texts import completion_mask, text_log_probs, token_log_probs
from lesson01_language_model.testcases import scenarios

from course.base.object_spec import Spec

# Token 0 is EOS, 1 is "a", 2 is "b". After "a", EOS is impossible; after EOS, everything but EOS is.
LOGITS = [[0.0, -math.inf, -math.inf], [-math.inf, 0.0, 0.0], [0.0, 0.0, 0.0]]
IMPOSSIBLE = Spec("lab.models.tiny_language_models:BigramLM", {"logits": LOGITS})
TINY = Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": 4}, seed=2, dtype="float64")


def double(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.exercise("01.1")
class TestTokenLogProbs:
    def test_impossible_tokens(self, observe):
        logits = double([[LOGITS[1], LOGITS[2], LOGITS[0]], [LOGITS[1], LOGITS[0], LOGITS[0]]])
        seen = observe(token_log_probs, logits, torch.tensor([[1, 2, 0], [1, 0, 0]]))
        seen.close(double([[-math.log(2), -math.log(3)], [-math.inf, 0.0]]))

    def test_inputs_stay_as_they_were(self, observe):
        logits = double([[[1.0, 2.0], [3.0, 4.0]]])
        observe(token_log_probs, logits, torch.tensor([[0, 1]]), temperature=2.0).inputs_unchanged()


@pytest.mark.exercise("01.2")
class TestCompletionMask:
    def test_an_empty_completion_has_no_column(self, observe):
        seen = observe(completion_mask, torch.tensor([2, 1]), torch.tensor([0, 2]), 4)
        seen.close(torch.tensor([[False, False, False], [True, True, False]]))

    def test_calls_share_nothing(self, observe):
        one, two = torch.tensor([1]), torch.tensor([2])
        seen = observe(scenarios.two_calls, "completion_mask", one, two, one, 4)
        seen.close([torch.tensor([[True, False, False]]), torch.tensor([[False, True, False]])])


@pytest.mark.exercise("01.3")
class TestTextLogProbs:
    def test_one_forward_pass(self, observe):
        prompts = [torch.tensor(ids) for ids in ([1], [1, 2], [3, 3, 3])]
        completions = [torch.tensor(ids) for ids in ([2, 0], [1], [1, 1, 2, 0])]
        observe(scenarios.counted_passes, TINY, prompts, completions)["passes"].close(1)

    def test_predictions_at_padding_may_be_anything(self, observe):
        # The second row is shorter, so it is padded. There the model may find the padding impossible: log p = -inf.
        prompts, completions = [torch.tensor([2])] * 2, [torch.tensor([2, 2, 1, 1]), torch.tensor([1])]
        seen = observe(text_log_probs, IMPOSSIBLE, prompts, completions)
        seen.close(double([-3 * math.log(3) - math.log(2), -math.log(3)]))

    def test_an_impossible_text(self, observe):
        prompts, completions = [torch.tensor([1])] * 2, [torch.tensor([0]), torch.tensor([1, 2])]
        observe(text_log_probs, IMPOSSIBLE, prompts, completions).close(double([-math.inf, -2 * math.log(2)]))

    def test_calls_share_nothing(self, observe):
        # The same text, and another model: after an update of the weights the old log-probs are worth nothing.
        fair = Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[0.0] * 3] * 3})
        text = [torch.tensor([1])], [torch.tensor([2])]
        seen = observe(scenarios.two_calls, "text_log_probs", IMPOSSIBLE, fair, *text)
        seen.close([double([-math.log(2)]), double([-math.log(3)])])


@pytest.mark.exercise("01.4")
class TestAllCompletions:
    def test_eos_alone(self, observe):
        # Only EOS can be written: one text, however long texts may be.
        observe(all_completions, 1, 4, 0).close([torch.tensor([0])])

    def test_ids_are_whole_numbers(self, observe):
        seen = observe(all_completions, 3, 2, 2)
        seen.check(all(text.dtype == torch.int64 for text in seen.value), "token ids are int64")
