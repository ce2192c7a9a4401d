"""Is the algorithm right? Every exercise of lesson 01, on small numbers that can be checked by hand."""

import itertools
import math

import pytest
import torch
from lesson01_language_model.probability.exact import all_completions, expected_value
from lesson01_language_model.probability.texts import completion_mask, text_log_probs, token_log_probs

from course.base.object_spec import Spec
from course.base.property_tests import chosen_seed

# The page's worked example. Token 0 is EOS, 1 is "a", 2 is "b". After "a" come EOS, a, b with probabilities 1/2, 1/4, 1/4.
PROBABILITIES = [[0.1, 0.8, 0.1], [0.5, 0.25, 0.25], [0.2, 0.2, 0.6]]
LOGITS = [[math.log(p) for p in row] for row in PROBABILITIES]
TABLE = Spec("lab.models.tiny_language_models:BigramLM", {"logits": LOGITS})
# The seven texts of at most two tokens after "a", with their probabilities
SEVEN = {(0,): 0.5, (1, 0): 0.125, (1, 1): 0.0625, (1, 2): 0.0625, (2, 0): 0.05, (2, 1): 0.05, (2, 2): 0.15}


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def tensors(texts):
    return [torch.tensor(text) for text in texts]


def drawn():
    """A generator for inputs: grading uses another seed."""
    return torch.Generator().manual_seed(chosen_seed())


def transformer(vocab_size):
    """A transformer with random weights. Its predictions depend on positions and on all tokens before."""
    return Spec(
        "lab.models.tiny_language_models:TinyLM", {"vocab_size": vocab_size}, seed=chosen_seed(), dtype="float64"
    )


def random_ids(generator, longest, vocab_size):
    length = int(torch.randint(1, longest + 1, (), generator=generator))
    return torch.randint(vocab_size, (length,), generator=generator)


@torch.no_grad()
def slow_log_prob(model, prompt, completion, temperature=1.0):
    """log p(completion | prompt): one forward pass for each token, without padding, shift or mask."""
    total, row = 0.0, prompt
    for token in completion:
        scores = (model(row[None]).logits[0, -1] / temperature).tolist()
        total += scores[token] - math.log(sum(math.exp(s) for s in scores))
        row = torch.cat([row, token[None]])
    return total


def every_text(vocab_size, max_new_tokens, eos):
    """All sequences of max_new_tokens tokens, each cut after its first EOS, without doubles."""
    texts = set()
    for tokens in itertools.product(range(vocab_size), repeat=max_new_tokens):
        texts.add(tokens[: tokens.index(eos) + 1] if eos in tokens else tokens)
    return texts


@pytest.mark.exercise("01.1")
class TestTokenLogProbs:
    def test_worked_example(self, observe):
        # The model reads a, a, EOS. The logits at each token are its row of the table: log of p(next).
        logits = double([[LOGITS[1], LOGITS[1], LOGITS[0]]])
        seen = observe(token_log_probs, logits, torch.tensor([[1, 1, 0]]))
        seen.close(double([[math.log(0.25), math.log(0.5)]]))  # p(a | a), p(EOS | a)

    def test_logits_predict_the_next_token(self, observe):
        # Each position is sure of another token: 2 follows, then 0, then 1. The last prediction has no token to meet.
        logits = double([[[0, 0, 9], [9, 0, 0], [0, 9, 0], [5, 0, 0]]])
        sure = 9 - math.log(math.exp(9) + 2)
        seen = observe(token_log_probs, logits, torch.tensor([[1, 2, 0, 1]]))
        seen.close(double([[sure, sure, sure]]))

    def test_each_row_has_its_own_tokens(self, observe):
        logits = double([[LOGITS[1], LOGITS[2]], [LOGITS[1], LOGITS[2]], [LOGITS[2], LOGITS[0]]])
        seen = observe(token_log_probs, logits, torch.tensor([[1, 2], [1, 0], [2, 1]]))
        seen.close(double([[math.log(0.25)], [math.log(0.5)], [math.log(0.2)]]))

    def test_logits_need_not_be_log_probs(self, observe):
        # softmax(3, 3, 3) = 1/3 each
        logits = double([[[3, 3, 3], [0, 0, 0]]])
        observe(token_log_probs, logits, torch.tensor([[1, 2]])).close(double([[-math.log(3)]]))

    def test_temperature_divides_the_logits(self, observe):
        # At temperature 1/2 probabilities are squared and rescaled: 1/16 of 1/4 + 1/16 + 1/16
        logits = double([[LOGITS[1], LOGITS[1]]]) + 1  # the 1 cancels in the softmax
        seen = observe(token_log_probs, logits, torch.tensor([[1, 1]]), temperature=0.5)
        seen.close(double([[math.log((1 / 16) / (3 / 8))]]))

    def test_large_logits_stay_finite(self, observe):
        x = 1000 + 1000 * torch.rand((), generator=drawn()).item()
        logits = double([[[0, -2 * x, 0], [x, x, -x], [0, 0, 0]]])
        seen = observe(token_log_probs, logits, torch.tensor([[1, 1, 2]]))
        seen.close(double([[-2 * x - math.log(2), -2 * x - math.log(2)]]))

    def test_gradient_is_onehot_minus_probabilities(self, observe):
        p = torch.randn(3, dtype=torch.float64, generator=drawn()).softmax(0)
        logits = torch.stack([p.log(), double(LOGITS[0])])[None]
        seen = observe(token_log_probs, logits, torch.tensor([[1, 2]]), grad_of="logits")
        seen.grad("logits").close(torch.stack([double([0, 0, 1]) - p, double([0, 0, 0])])[None])

    def test_equals_the_loop_on_drawn_inputs(self, observe):
        generator = drawn()
        logits = 3 * torch.randn(3, 6, 5, dtype=torch.float64, generator=generator)
        ids = torch.randint(5, (3, 6), generator=generator)
        expected = torch.zeros(3, 5, dtype=torch.float64)
        for row, t in itertools.product(range(3), range(5)):
            scores = (logits[row, t] / 0.8).tolist()
            expected[row, t] = scores[ids[row, t + 1]] - math.log(sum(math.exp(s) for s in scores))
        observe(token_log_probs, logits, ids, temperature=0.8).close(expected)


@pytest.mark.exercise("01.2")
class TestCompletionMask:
    def test_one_row(self, observe):
        # position  0 1 2 3 4 5: x x y y - -   columns predict 1 2 3 4 5; the completion is at 2 and 3
        seen = observe(completion_mask, torch.tensor([2]), torch.tensor([2]), 6)
        seen.close(torch.tensor([[False, True, True, False, False]]))

    def test_first_token_is_predicted_at_the_last_position_of_the_prompt(self, observe):
        # A prompt of one token: column 0 already counts.
        seen = observe(completion_mask, torch.tensor([1]), torch.tensor([3]), 4)
        seen.close(torch.tensor([[True, True, True]]))

    def test_rows_of_different_lengths(self, observe):
        seen = observe(completion_mask, torch.tensor([1, 3, 2]), torch.tensor([1, 2, 1]), 5)
        seen.close(torch.tensor([[True, False, False, False], [False, False, True, True], [False, True, False, False]]))

    def test_counts_each_token_of_the_completion_on_drawn_inputs(self, observe):
        generator = drawn()
        prompts, completions = torch.randint(1, 6, (2, 4), generator=generator)
        width = int((prompts + completions).max()) + 1
        expected = torch.zeros(4, width - 1, dtype=torch.bool)
        for row, (p, c) in enumerate(zip(prompts.tolist(), completions.tolist(), strict=True)):
            for position in range(p, p + c):  # of the tokens of the completion
                expected[row, position - 1] = True
        observe(completion_mask, prompts, completions, width).close(expected)


@pytest.mark.exercise("01.3")
class TestTextLogProbs:
    def test_worked_example(self, observe):
        seen = observe(text_log_probs, TABLE, tensors([[1]] * 7), tensors(SEVEN))
        seen.close(double([math.log(p) for p in SEVEN.values()]))

    def test_the_prompt_is_not_counted(self, observe):
        # After the prompt b a b comes EOS: p(EOS | b), and nothing for the tokens of the prompt
        seen = observe(text_log_probs, TABLE, tensors([[2, 1, 2]]), tensors([[0]]))
        seen.close(double([math.log(0.2)]))

    def test_prompts_of_different_lengths(self, observe):
        prompts, completions = tensors([[2, 2, 1], [1]]), tensors([[0], [1, 2, 2]])
        seen = observe(text_log_probs, TABLE, prompts, completions)
        seen.close(double([math.log(0.5), math.log(0.25 * 0.25 * 0.6)]))

    def test_padding_is_not_counted_but_the_same_id_in_a_completion_is(self, observe):
        # Whatever id you pad with: a completion may contain it, here at the end, at the start and twice.
        completions = tensors([[2, 0], [0, 1], [0, 0, 1, 1], [1, 1], [2, 2], [2]])
        seen = observe(text_log_probs, TABLE, tensors([[1]] * 6), completions)
        a, b, end = math.log(0.25), math.log(0.6), math.log(0.5)
        first, again = math.log(0.8), math.log(0.1)
        seen.close(double([a + math.log(0.2), end + first, end + again + first + a, a + a, a + b, a]))

    def test_passes_the_temperature_on(self, observe):
        seen = observe(text_log_probs, TABLE, tensors([[1]]), tensors([[1]]), temperature=0.5)
        seen.close(double([math.log((1 / 16) / (3 / 8))]))

    def test_gives_a_gradient_to_the_model(self, observe):
        # log p(b b | a) = log p(b | a) + log p(b | b); each has the gradient onehot - p in the row of the token before
        p = torch.randn(3, 3, dtype=torch.float64, generator=drawn()).softmax(1)
        table = Spec("lab.models.tiny_language_models:BigramLM", {"logits": p.log()})
        seen = observe(text_log_probs, table, tensors([[1]]), tensors([[2, 2]]), grad_of="model")
        seen.grad("model")["logits"].close(double([[0, 0, 0], [0, 0, 1], [0, 0, 1]]) - p * double([[0], [1], [1]]))

    def test_equals_token_by_token_on_drawn_texts(self, observe):
        generator, spec = drawn(), transformer(vocab_size=5)
        prompts = [random_ids(generator, longest=4, vocab_size=5) for _ in range(6)]
        completions = [random_ids(generator, longest=5, vocab_size=5) for _ in range(6)]
        model = spec.build()
        expected = [slow_log_prob(model, p, c, 0.7) for p, c in zip(prompts, completions, strict=True)]
        observe(text_log_probs, spec, prompts, completions, temperature=0.7).close(double(expected))


def same_texts(seen, expected):
    """Fails unless the observed completions are the expected ones, in any order, once each."""
    found = sorted(tuple(text.tolist()) for text in seen.value)
    missing, extra = sorted(expected - set(found)), sorted(set(found) - expected)
    seen.check(not missing, f"{len(missing)} of the {len(expected)} texts are missing, such as {missing[:3]}")
    seen.check(not extra, f"these are no texts that sampling can end with: {extra[:3]}")
    seen.check(len(found) == len(expected), f"there are {len(expected)} texts; some of the {len(found)} are doubles")


@pytest.mark.exercise("01.4")
class TestAllCompletions:
    def test_two_tokens(self, observe):
        # EOS, or x then EOS, or x x and cut off
        same_texts(observe(all_completions, 2, 2, 0), {(0,), (1, 0), (1, 1)})

    def test_worked_example(self, observe):
        same_texts(observe(all_completions, 3, 2, 0), set(SEVEN))

    def test_eos_may_be_any_token(self, observe):
        same_texts(observe(all_completions, 2, 3, 1), {(1,), (0, 1), (0, 0, 1), (0, 0, 0)})

    def test_one_token_at_most(self, observe):
        same_texts(observe(all_completions, 3, 1, 0), {(0,), (1,), (2,)})

    def test_364_texts(self, observe):
        # 1 + 3 + 9 + 27 + 81 end with EOS, 243 are cut off
        seen = observe(all_completions, 4, 5, 0)
        seen.check(len(seen.value) == 364, f"4 tokens, at most 5 of them: 364 texts, not {len(seen.value)}")

    def test_equals_every_sequence_cut_after_eos_on_drawn_sizes(self, observe):
        generator = drawn()
        for vocab_size in (2, 3, 4):
            length, eos = (int(torch.randint(n, (), generator=generator)) for n in (4, vocab_size))
            texts = observe(all_completions, vocab_size, length + 1, eos)
            same_texts(texts, every_text(vocab_size, length + 1, eos))


@pytest.mark.exercise("01.5")
class TestExpectedValue:
    def test_worked_example(self, observe):
        # The mean number of tokens: 0.5 * 1 + 0.5 * 2
        values = double([len(text) for text in SEVEN])
        observe(expected_value, TABLE, torch.tensor([1]), tensors(SEVEN), values).close(1.5)

    def test_probability_of_some_texts(self, observe):
        # Value 1 if the text ends with EOS: 0.5 + 0.125 + 0.05
        values = double([float(text[-1] == 0) for text in SEVEN])
        observe(expected_value, TABLE, torch.tensor([1]), tensors(SEVEN), values).close(0.675)

    def test_values_may_be_negative(self, observe):
        # 0.5 * (-3) + 0.125 * 4
        values = double([-3, 4, 0, 0, 0, 0, 0])
        observe(expected_value, TABLE, torch.tensor([1]), tensors(SEVEN), values).close(-1.0)

    def test_sums_over_the_given_texts_only(self, observe):
        # Nothing is rescaled.
        x, y = torch.rand(2, dtype=torch.float64, generator=drawn()).tolist()
        seen = observe(expected_value, TABLE, torch.tensor([1]), tensors([[0], [2, 1]]), double([x, y]))
        seen.close(0.5 * x + 0.05 * y)

    def test_all_364_texts_of_a_transformer_have_probability_1(self, observe):
        texts = tensors(sorted(every_text(4, 5, 0)))
        values = torch.ones(len(texts), dtype=torch.float64)
        observe(expected_value, transformer(4), torch.tensor([1, 2, 3]), texts, values).close(1.0, rtol=1e-12)

    def test_gives_a_gradient_to_the_model(self, observe):
        # x p(EOS | a) has the gradient x p (onehot - p) in the row of a
        x = torch.rand((), dtype=torch.float64, generator=drawn()).item()
        seen = observe(expected_value, TABLE, torch.tensor([1]), tensors([[0]]), double([x]), grad_of="model")
        seen.grad("model")["logits"].close(x * double([[0, 0, 0], [0.25, -0.125, -0.125], [0, 0, 0]]))

    def test_equals_the_loop_on_drawn_values(self, observe):
        generator, spec = drawn(), transformer(vocab_size=3)
        prompt, texts = random_ids(generator, 3, 3), tensors(sorted(every_text(3, 3, 0)))
        values = torch.randn(len(texts), dtype=torch.float64, generator=generator)
        model = spec.build()
        expected = sum(math.exp(slow_log_prob(model, prompt, y)) * float(v) for y, v in zip(texts, values, strict=True))
        observe(expected_value, spec, prompt, texts, values).close(expected)
