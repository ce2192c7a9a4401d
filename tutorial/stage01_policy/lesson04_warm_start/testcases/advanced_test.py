"""Is it robust? Edge cases, precision, and what the caller passed in. Exercises of lesson 04."""

import math

import pytest
import torch
from lesson04_warm_start.data.examples import make_batch
from lesson04_warm_start.loss.sft import sft_loss
from lesson04_warm_start.testcases import scenarios

from course.base.object_spec import Spec


def double(values):
    return torch.tensor(values, dtype=torch.float64)


# The worked example of the page, as in the basic tests. Token ids: padding 0, EOS 1, "1" 2, "2" 3, "=" 4.
PAIRS = [(torch.tensor([2, 3, 4]), torch.tensor([3, 2, 1])), (torch.tensor([2, 4]), torch.tensor([2, 1]))]
IDS = torch.tensor([[2, 3, 4, 3, 2, 1], [2, 4, 2, 1, 0, 0]])
LABELS = torch.tensor([[-100, -100, -100, 3, 2, 1], [-100, -100, 2, 1, -100, -100]])
PROBABILITIES = [  # of the next token, a row for each last token
    [0.2, 0.2, 0.2, 0.2, 0.2],
    [0.2, 0.2, 0.2, 0.2, 0.2],
    [0.05, 0.8, 0.05, 0.05, 0.05],  # after "1"
    [0.2, 0.2, 0.25, 0.2, 0.15],  # after "2"
    [0.1, 0.1, 0.25, 0.5, 0.05],  # after "="
]
TABLE = Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[math.log(p) for p in r] for r in PROBABILITIES]})
ONE = Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[0.0]]})  # its weight counts the calls of fit
A, B = torch.tensor([2, 4]), torch.tensor([3, 4])  # two prompts
RIGHT, OTHER = torch.tensor([2, 1]), torch.tensor([2, 2, 1])  # completions


@pytest.mark.exercise("04.2")
class TestMakeBatch:
    def test_a_prompt_that_fills_the_row(self, observe):
        # Nothing is left to learn from the first row.
        tokens, labels = torch.tensor([[2, 3], [2, 4]]), torch.full((2, 2), -100)
        observe(make_batch, PAIRS, 0, 2).close((tokens, labels))

    def test_the_callers_tensors_stay(self, observe):
        observe(make_batch, PAIRS, 0, 5).inputs_unchanged()


@pytest.mark.exercise("04.3")
class TestSftLoss:
    def test_large_logits(self, observe):
        logits = double([[[0.0, 2000.0], [0.0, 0.0]]])
        observe(sft_loss, logits, torch.tensor([[-100, 0]])).close(double(2000.0))
        observe(sft_loss, logits, torch.tensor([[-100, 1]])).close(double(0.0))

    def test_without_labels_it_is_0_with_a_gradient_of_0(self, observe):
        # as of a batch whose prompts filled all rows: NaN would go into every weight
        logits = torch.ones(2, 3, 4, dtype=torch.float64)
        seen = observe(sft_loss, logits, torch.full((2, 3), -100), grad_of="logits")
        seen.close(double(0.0))
        seen.grad("logits").close(torch.zeros_like(logits))

    def test_the_callers_labels_stay(self, observe):
        observe(sft_loss, double([[[0.0] * 4] * 6] * 2), LABELS).inputs_unchanged()


@pytest.mark.exercise("04.4")
class TestSftUpdate:
    @pytest.mark.parametrize("training", [True, False])
    def test_leaves_the_mode_alone(self, observe, training):
        seen = observe(scenarios.update, TABLE, IDS, LABELS, 1, training=training)
        seen["training"].close(training)

    def test_with_dropout_in_evaluation_mode(self, observe):
        # Dropout would make the loss random.
        model = Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": 5, "dropout": 0.5}, 3, "float64")
        once = observe(scenarios.update, model, IDS, LABELS, training=False)
        observe(scenarios.update, model, IDS, LABELS, 1, training=False)["losses"].close(once.value["losses"])

    def test_the_loss_is_a_plain_number(self, observe):
        # A list of losses that are tensors with their graphs fills the memory.
        seen = observe(scenarios.update, TABLE, IDS, LABELS, 1)
        seen["plain numbers"].check(seen.value["plain numbers"], "the loss must be a float, not a tensor")

    def test_an_uneven_split(self, observe):
        whole = observe(scenarios.update, TABLE, IDS, LABELS, 1).value["weights"]
        seen = observe(scenarios.update, TABLE, IDS, LABELS, 7)
        seen["losses"].close([math.log(50) / 5])
        seen["weights"].close(whole)


@pytest.mark.exercise("04.5")
class TestKeepRight:
    def test_the_pool_that_was_passed_in_stays(self, observe):
        seen = observe(scenarios.keep, [(A, RIGHT)], [A, B], [[OTHER], [RIGHT]], [[1.0], [1.0]])
        seen["pool afterwards"].close([([2, 4], [2, 1])])

    def test_the_same_prompt_twice(self, observe):
        # Prompts that are drawn at random may be equal. They are one prompt.
        seen = observe(scenarios.keep, [], [A, A], [[RIGHT], [RIGHT, OTHER]], [[1.0], [1.0, 1.0]], per_prompt=1)
        seen["kept"].close([([2, 4], [2, 1])])

    def test_no_prompts(self, observe):
        observe(scenarios.keep, [(A, RIGHT)], [], [], [])["kept"].close([([2, 4], [2, 1])])


@pytest.mark.exercise("04.6")
class TestExpertIteration:
    def test_the_callers_demonstrations_stay(self, observe):
        rewards = [([2, 4], [2, 1], 1.0)]
        seen = observe(scenarios.iterate, ONE, [[A]], [[[RIGHT]]], rewards, [(B, OTHER)])
        seen["demonstrations"].close([([3, 4], [2, 2, 1])])

    @pytest.mark.parametrize("part", ["sample", "reward", "fit"])
    def test_the_error_of_a_part_reaches_the_caller(self, observe, part):
        with observe.raises(ZeroDivisionError):
            observe(scenarios.iterate_with_a_broken, part, ONE, A, RIGHT)

    def test_without_rounds_nothing_happens(self, observe):
        seen = observe(scenarios.iterate, ONE, [], [], [], [(B, OTHER)])
        seen["history"].close([])
        seen["calls"].close([])
