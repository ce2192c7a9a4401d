"""Is the algorithm right? Every exercise of lesson 02, on small numbers that can be checked by hand."""

import math

import pytest
import torch
from lesson02_sampling.policy.distribution import sampling_log_probs, top_p_mask
from lesson02_sampling.rollout.sample import completion_log_probs
from lesson02_sampling.testcases import scenarios

from course.base.object_spec import Spec
from course.base.property_tests import chosen_seed


def drawn():
    """A generator for inputs: grading uses another seed."""
    return torch.Generator().manual_seed(chosen_seed())


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def logs(probabilities):
    """Log-probabilities, or logits that give these probabilities; -inf where the probability is 0."""
    return double(probabilities).log()


def slow_nucleus(probabilities, p):
    """The ids of the nucleus: one token after the other, the most likely first, until p is reached."""
    kept, total = [], 0.0
    for token in sorted(range(len(probabilities)), key=lambda i: -probabilities[i]):
        kept.append(token)
        total += probabilities[token]
        if total >= p:
            break
    return kept


def slow_distribution(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """The probabilities after all four settings, for one row of logits, with loops over Python numbers."""

    def renormalized(probabilities, kept):
        total = sum(probabilities[i] for i in kept)
        return [p / total if i in kept else 0.0 for i, p in enumerate(probabilities)]

    everything = range(len(logits))
    probabilities = renormalized([math.exp(x / temperature) for x in logits.tolist()], everything)
    if top_k:
        probabilities = renormalized(probabilities, sorted(everything, key=lambda i: -probabilities[i])[:top_k])
    if top_p < 1:
        probabilities = renormalized(probabilities, slow_nucleus(probabilities, top_p))
    bound = min_p * max(probabilities)
    return renormalized(probabilities, [i for i in everything if probabilities[i] >= bound])


WORKED = [0.2, 0.4, 0.1, 0.3]  # the worked example of the page


@pytest.mark.exercise("02.1")
class TestTopP:
    def test_worked_example(self, observe):
        # 0.4 and 0.3 make 0.7, less than 0.8; with 0.2 it is 0.9. The token with 0.1 is not needed.
        observe(top_p_mask, logs(WORKED), 0.8).close(torch.tensor([True, True, False, True]))

    @pytest.mark.parametrize("p, kept", [
        (0.05, [1]), (0.35, [1]), (0.45, [1, 3]), (0.65, [1, 3]), (0.75, [0, 1, 3]), (0.95, [0, 1, 2, 3]),
    ])  # fmt: skip
    def test_the_token_that_reaches_p_is_kept(self, observe, p, kept):
        observe(top_p_mask, logs(WORKED), p).close(torch.tensor([i in kept for i in range(4)]))

    def test_p_of_1_keeps_every_token(self, observe):
        logits = torch.randn(5, generator=drawn(), dtype=torch.float64)
        observe(top_p_mask, logits, 1.0).close(torch.tensor([True] * 5))

    def test_p_reached_exactly(self, observe):
        # Whatever their logits are, 8 equal tokens have 1/8 each.
        logits = torch.randint(-1000, 1000, (1,), generator=drawn()).double().repeat(8)
        for n in (2, 6):
            seen = observe(top_p_mask, logits, n / 8)
            seen.check(int(seen.value.sum()) == n, f"{n} of 8 equal tokens make exactly p = {n / 8}: {n} must be kept")

    def test_logits_need_not_be_log_probs(self, observe):
        # The softmax does not change if the same number is added to all logits.
        observe(top_p_mask, logs(WORKED) + 5, 0.8).close(torch.tensor([True, True, False, True]))

    def test_every_row_for_itself(self, observe):
        rows = torch.stack([logs([0.2, 0.4, 0.1, 0.3]), logs([0.04, 0.9, 0.03, 0.03]), logs([0.3, 0.1, 0.4, 0.2])])
        expected = torch.tensor([[1, 1, 0, 1], [0, 1, 0, 0], [1, 0, 1, 1]]).bool()
        observe(top_p_mask, rows, 0.8).close(expected)

    def test_equals_one_token_after_the_other(self, observe):
        draw = drawn()
        for _ in range(6):
            logits = 2 * torch.randn(3, 9, generator=draw, dtype=torch.float64)
            p = 0.1 + 0.85 * torch.rand((), generator=draw).item()
            rows = [slow_nucleus(row.softmax(0).tolist(), p) for row in logits]
            observe(top_p_mask, logits, p).close(torch.tensor([[i in row for i in range(9)] for row in rows]))


@pytest.mark.exercise("02.2")
class TestSamplingLogProbs:
    def test_without_settings_it_is_the_log_softmax(self, observe):
        observe(sampling_log_probs, logs(WORKED) + 5).close(logs(WORKED))

    def test_worked_example(self, observe):
        # 0.2, 0.4 and 0.3 are kept; their sum is 0.9
        expected = logs([0.2 / 0.9, 0.4 / 0.9, 0, 0.3 / 0.9])
        observe(sampling_log_probs, logs(WORKED), top_p=0.8).close(expected)

    def test_temperature(self, observe):
        # At temperature 1/2 the probabilities are squared: 0.04, 0.16, 0.01, 0.09; their sum is 0.3
        expected = logs([0.04 / 0.3, 0.16 / 0.3, 0.01 / 0.3, 0.09 / 0.3])
        observe(sampling_log_probs, logs(WORKED), temperature=0.5).close(expected)

    def test_top_k(self, observe):
        observe(sampling_log_probs, logs(WORKED), top_k=2).close(logs([0, 4 / 7, 0, 3 / 7]))
        observe(sampling_log_probs, logs(WORKED), top_k=1).close(logs([0, 1, 0, 0]))

    def test_min_p(self, observe):
        # 0.6 * 0.4 = 0.24: the tokens with 0.4 and 0.3 are above
        observe(sampling_log_probs, logs(WORKED), min_p=0.6).close(logs([0, 4 / 7, 0, 3 / 7]))
        observe(sampling_log_probs, logs(WORKED), min_p=0.2).close(logs(WORKED))

    def test_temperature_comes_before_top_p(self, observe):
        # 0.16 / 0.3 + 0.09 / 0.3 = 0.83 reaches 0.8 with two tokens; without the temperature three were needed.
        seen = observe(sampling_log_probs, logs(WORKED), temperature=0.5, top_p=0.8)
        seen.close(logs([0, 0.16 / 0.25, 0, 0.09 / 0.25]))

    def test_temperature_comes_before_min_p(self, observe):
        # 0.4 * 0.16 = 0.064: only 0.16 and 0.09 are above
        seen = observe(sampling_log_probs, logs(WORKED), temperature=0.5, min_p=0.4)
        seen.close(logs([0, 0.16 / 0.25, 0, 0.09 / 0.25]))

    def test_top_p_sees_what_top_k_left(self, observe):
        # Of the three tokens that top-k keeps, two have (0.4 + 0.3) / 0.9 = 0.78, which reaches 0.75.
        seen = observe(sampling_log_probs, logs(WORKED), top_k=3, top_p=0.75)
        seen.close(logs([0, 4 / 7, 0, 3 / 7]))

    def test_top_p_comes_before_min_p(self, observe):
        # Top-p needs three tokens for 0.75, and each has at least 0.4 * 0.4. Min-p first would leave two.
        seen = observe(sampling_log_probs, logs(WORKED), top_p=0.75, min_p=0.4)
        seen.close(logs([0.2 / 0.9, 0.4 / 0.9, 0, 0.3 / 0.9]))

    def test_every_row_for_itself(self, observe):
        # An unsure row and a sure one: the second token of the sure row has less than the third of the other.
        rows, unsure = torch.stack([logs(WORKED), logs([0.15, 0.05, 0.7, 0.1])]), logs([0, 4 / 7, 0, 3 / 7])
        sure = logs([0, 0, 1, 0])
        observe(sampling_log_probs, rows, top_k=2).close(torch.stack([unsure, logs([3 / 17, 0, 14 / 17, 0])]))
        observe(sampling_log_probs, rows, min_p=0.6).close(torch.stack([unsure, sure]))
        observe(sampling_log_probs, rows, top_p=0.65).close(torch.stack([unsure, sure]))

    def test_equals_the_steps_written_out(self, observe):
        draw = drawn()
        for top_k in (0, 0, 0, 0, 0, 2, 3, 4, 5, 6):  # flat distributions for the small ones
            logits = (1 if top_k else 2) * torch.randn(3, 9, generator=draw, dtype=torch.float64)
            a, b, c = torch.rand(3, generator=draw).tolist()
            settings = {"temperature": 0.5 + a, "top_k": top_k, "top_p": 0.4 + 0.6 * b, "min_p": 0.3 * c}
            expected = double([slow_distribution(row, **settings) for row in logits]).log()
            observe(sampling_log_probs, logits, **settings).close(expected)


# After token 0 come the tokens 0, 1, 2, 3 with probabilities 0.3, 0.2, 0.4, 0.1, and so on. Token 1 is EOS.
PROBABILITIES = [[0.3, 0.2, 0.4, 0.1], [0.1, 0.4, 0.2, 0.3], [0.4, 0.2, 0.1, 0.3], [0.2, 0.1, 0.3, 0.4]]
TABLE = Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[math.log(p) for p in r] for r in PROBABILITIES]})
MODES = [{}, {"temperature": 0.5}, {"top_p": 0.75}, {"temperature": 0.7, "top_k": 3, "min_p": 0.4}]


def tiny(seed):
    return Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": 7, "layers": 2}, seed=seed, dtype="float64")


def slow_rows(model, prompt, token_ids, **settings):
    """The distribution of each token of a completion: one forward pass for each, without shift."""
    rows, ids = [], prompt
    for token in token_ids:
        with torch.no_grad():
            rows.append(double(slow_distribution(model(ids[None]).logits[0, -1], **settings)))
        ids = torch.cat([ids, token[None]])
    return torch.stack(rows)


@pytest.mark.exercise("02.3")
class TestSample:
    PROMPT = torch.tensor([0, 3, 2])

    @pytest.mark.parametrize("settings", MODES[1:])
    def test_draws_from_the_distribution_of_the_settings(self, observe, settings):
        count = 200
        seen = observe(scenarios.draw_completions, TABLE, self.PROMPT, count, 1, chosen_seed(), **settings)
        expected = double(slow_distribution(logs(PROBABILITIES[2]), **settings))
        share = torch.bincount(torch.cat(seen.value["token_ids"]), minlength=4).double() / count
        error = (share - expected).abs() / (expected * (1 - expected) / count).sqrt().clamp(min=1e-6)
        seen["token_ids"].check(
            float(error.max()) < 5,
            f"the shares of the first token are {share.tolist()}; they should be near {expected.tolist()}",
        )

    @pytest.mark.parametrize("settings", MODES)
    def test_log_probs_are_those_of_the_draw(self, observe, settings):
        seen = observe(scenarios.draw_completions, TABLE, self.PROMPT, 8, 4, chosen_seed(), **settings)
        rows = [slow_rows(TABLE.build(), self.PROMPT, ids, **settings) for ids in seen.value["token_ids"]]
        pairs = zip(rows, seen.value["token_ids"], strict=True)
        seen["log_probs"].close([row.gather(1, ids[:, None])[:, 0].log() for row, ids in pairs])

    @pytest.mark.parametrize("settings", MODES[2:])
    def test_remembers_which_tokens_could_have_been_drawn(self, observe, settings):
        seen = observe(scenarios.draw_completions, TABLE, self.PROMPT, 8, 4, chosen_seed(), **settings)
        rows = [slow_rows(TABLE.build(), self.PROMPT, ids, **settings) for ids in seen.value["token_ids"]]
        seen["kept"].close([row > 0 for row in rows])

    def test_looks_at_the_whole_text(self, observe):
        # A transformer with positions, of new weights for each seed
        model, prompt = tiny(chosen_seed()), torch.randint(2, 7, (3,), generator=drawn())
        settings = {"temperature": 0.8, "top_p": 0.7}
        seen = observe(scenarios.draw_completions, model, prompt, 6, 5, chosen_seed(), **settings)
        rows = [slow_rows(model.build(), prompt, ids, **settings) for ids in seen.value["token_ids"]]
        pairs = zip(rows, seen.value["token_ids"], strict=True)
        seen["log_probs"].close([row.gather(1, ids[:, None])[:, 0].log() for row, ids in pairs], rtol=1e-5)

    def test_ends_with_the_first_eos_or_is_cut_off(self, observe):
        seen = observe(scenarios.draw_completions, TABLE, self.PROMPT, 32, 3, chosen_seed())
        rows = [ids.tolist() for ids in seen.value["token_ids"]]
        seen["token_ids"].check(max(map(len, rows)) == 3, "the longest completion must have max_new_tokens, 3, tokens")
        seen["token_ids"].check(all(1 not in row[:-1] for row in rows), "a completion goes on after its EOS, token 1")
        ends = all(len(row) == 3 for row in rows if row[-1:] != [1])
        seen["token_ids"].check(ends, "a completion of fewer than 3 tokens does not end with EOS, token 1")
        lengths = [(len(a), len(b)) for a, b in zip(seen.value["log_probs"], seen.value["kept"], strict=True)]
        seen.check(lengths == [(len(r), len(r)) for r in rows], "token_ids, log_probs and kept must be equally long")

    def test_rows_end_at_different_times(self, observe):
        # After the prompt comes EOS or token 0, each in half of the rows. After token 0 comes EOS.
        logits = [[-50.0, 0.0, -50.0], [0.0, -50.0, -50.0], [0.0, 0.0, -50.0]]
        model = Spec("lab.models.tiny_language_models:BigramLM", {"logits": logits})
        for seed in range(5):
            seen = observe(scenarios.draw_completions, model, torch.tensor([2]), 16, 8, chosen_seed() + seed)
            rows = [ids.tolist() for ids in seen.value["token_ids"]]
            good = all(row in ([1], [0, 1]) for row in rows)
            seen["token_ids"].check(good, "every completion must be EOS, or token 0 and EOS; EOS is token 1")

    def test_a_completion_without_eos_has_max_new_tokens(self, observe):
        seen = observe(scenarios.draw_completions, TABLE, self.PROMPT, 2, 5, chosen_seed(), eos=99)
        seen.check([len(ids) for ids in seen.value["token_ids"]] == [5, 5], "both completions must have 5 tokens")
        seen["finished"].close([False, False])

    def test_a_text_that_was_cut_off_is_not_finished(self, observe):
        seen = observe(scenarios.draw_completions, TABLE, self.PROMPT, 32, 3, chosen_seed())
        seen["finished"].close([ids[-1:].tolist() == [1] for ids in seen.value["token_ids"]])

    def test_an_eos_in_the_prompt_ends_nothing(self, observe):
        # In a chat an EOS stands after every turn.
        seen = observe(scenarios.draw_completions, TABLE, torch.tensor([3, 1, 2]), 32, 3, chosen_seed())
        longest = max(len(ids) for ids in seen.value["token_ids"])
        seen["token_ids"].check(longest == 3, f"the longest of 32 completions has {longest} tokens instead of 3")

    def test_completions_of_one_prompt_differ(self, observe):
        seen = observe(scenarios.draw_completions, TABLE, self.PROMPT, 32, 3, chosen_seed())
        different = {tuple(ids.tolist()) for ids in seen.value["token_ids"]}
        seen["token_ids"].check(len(seen.value["token_ids"]) == 32, "num_samples is 32")
        seen["token_ids"].check(len(different) > 4, f"there are only {len(different)} different completions among 32")


KEPT = torch.tensor([[1, 0, 1, 1], [1, 1, 1, 0]]).bool()


@pytest.mark.exercise("02.4")
class TestCompletionLogProbs:
    PROMPT = torch.tensor([0, 3, 2])
    COMPLETION = torch.tensor([0, 2])  # after prompt token 2: 0.4; after 0: 0.4

    def test_all_tokens(self, observe):
        seen = observe(completion_log_probs, TABLE, self.PROMPT, torch.tensor([3, 1, 0]))
        seen.close(logs([0.3, 0.1, 0.1]))  # 3 after 2, EOS after 3, and 0 after EOS

    def test_only_the_tokens_that_could_have_been_drawn(self, observe):
        # Token 1 could not be drawn at the first place: 0.4 / (0.4 + 0.1 + 0.3). At the second not token 3: 0.4 / 0.9.
        seen = observe(completion_log_probs, TABLE, self.PROMPT, self.COMPLETION, KEPT)
        seen.close(logs([0.4 / 0.8, 0.4 / 0.9]))

    def test_at_the_temperature(self, observe):
        # Squares: 0.16 / (0.16 + 0.01 + 0.09), 0.16 / (0.09 + 0.04 + 0.16)
        seen = observe(completion_log_probs, TABLE, self.PROMPT, self.COMPLETION, KEPT, 0.5)
        seen.close(logs([0.16 / 0.26, 0.16 / 0.29]))

    def test_gradient(self, observe):
        # onehot(0) - p in row 2, onehot(2) - p in row 0, p over the tokens that are kept
        table = torch.randn(4, 4, generator=drawn(), dtype=torch.float64).softmax(1)
        model = Spec("lab.models.tiny_language_models:BigramLM", {"logits": table.log()})
        seen = observe(completion_log_probs, model, self.PROMPT, self.COMPLETION, KEPT, grad_of="model")
        p, expected = table[[2, 0]] * KEPT, torch.zeros(4, 4, dtype=torch.float64)
        expected[[2, 0]] = torch.eye(4, dtype=torch.float64)[[0, 2]] - p / p.sum(1, keepdim=True)
        seen.grad("model")["logits"].close(expected)

    def test_equals_token_by_token(self, observe):
        # A transformer with positions, of new weights and tokens for each seed
        draw = drawn()
        for length in (1, 2, 5):
            model, prompt = tiny(chosen_seed() + length), torch.randint(7, (length,), generator=draw)
            token_ids = torch.randint(7, (6 - length,), generator=draw)
            rows = slow_rows(model.build(), prompt, token_ids, temperature=0.7)
            kept = torch.rand(rows.shape, generator=draw) < 0.6
            kept.scatter_(1, token_ids[:, None], True)
            rows = rows * kept / (rows * kept).sum(1, keepdim=True)
            expected = rows.gather(1, token_ids[:, None])[:, 0].log()
            observe(completion_log_probs, model, prompt, token_ids, kept, temperature=0.7).close(expected, rtol=1e-5)
