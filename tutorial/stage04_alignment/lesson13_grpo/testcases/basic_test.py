"""Does it do the job? Every exercise of lesson 13, on small numbers that a pocket calculator gives."""

import math

import pytest
import torch
from lesson13_grpo.data.grpo_dataset import collate
from lesson13_grpo.loss.grpo import compute_grpo_loss, sequence_log_probs
from lesson13_grpo.testcases import scenarios

from course.base.object_spec import Spec

TWO_ROWS = """\
{"prompt": "2+3=", "responses": ["5", "6"], "rewards": [1.0, 0.0], "answer": 5}
{"prompt": "4+4="}
"""
# In lab's toy tokenizer the ids are: pad 0, eos 1, then the characters 0 1 2 ... 9 + - * / = from 2 on.
IDS = {c: i + 2 for i, c in enumerate("0123456789+-*/=")}


def ids(text, eos=False):
    return torch.tensor([*(IDS[c] for c in text), *([1] if eos else [])])


def double(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.exercise("13.1")
class TestDataset:
    def test_has_one_item_per_row(self, observe):
        observe(scenarios.read_dataset, TWO_ROWS)["length"].close(2)

    def test_encodes_the_prompt(self, observe):
        observe(scenarios.read_dataset, TWO_ROWS)["items"][0]["prompt_ids"].close(ids("2+3="))

    def test_ends_every_response_with_eos(self, observe):
        seen = observe(scenarios.read_dataset, TWO_ROWS)
        seen["items"][0]["response_ids"].close([ids("5", eos=True), ids("6", eos=True)])

    def test_gives_the_rewards_as_a_tensor(self, observe):
        observe(scenarios.read_dataset, TWO_ROWS)["items"][0]["rewards"].close(torch.tensor([1.0, 0.0]))

    def test_passes_other_columns_through(self, observe):
        observe(scenarios.read_dataset, TWO_ROWS)["items"][0]["answer"].close(5)

    def test_gives_none_where_a_row_has_only_a_prompt(self, observe):
        item = observe(scenarios.read_dataset, TWO_ROWS)["items"][1]
        item["response_ids"].close(None)
        item["rewards"].close(None)

    def test_uses_the_first_num_samples_responses(self, observe):
        text = '{"prompt": "1", "responses": ["2", "3", "4"], "rewards": [0.5, 0.25, 0.125]}'
        item = observe(scenarios.read_dataset, text, num_samples=2)["items"][0]
        item["response_ids"].close([ids("2", eos=True), ids("3", eos=True)])
        item["rewards"].close(torch.tensor([0.5, 0.25]))

    def test_names_file_and_line_of_a_bad_row(self, observe):
        seen = observe(scenarios.complaint, TWO_ROWS + '{"responses": ["5"]}\n')
        seen.check(seen.value is not None, "a row without a prompt must raise a ValueError when the data set is made")
        seen.check(seen.value["names_file"], "the message must name the file, train.jsonl")
        seen.check(3 in seen.value["numbers"], "the message must name the line of the bad row: 3")


@pytest.mark.exercise("13.2")
class TestLoss:
    def test_worked_example(self, observe):
        # softmax([1, 0] / 0.5) = [0.8808, 0.1192], and 0.8808 * 1 + 0.1192 * 2 = 1.1192
        w = 1 / (1 + math.exp(-2))
        seen = observe(compute_grpo_loss, double([-1.0, -2.0]), double([1.0, 0.0]), beta=0.5, grad_of="log_probs")
        seen.close(w * 1 + (1 - w) * 2)
        seen.grad("log_probs").close(double([-w, -(1 - w)]))

    def test_equal_rewards_weigh_all_alike(self, observe):
        seen = observe(compute_grpo_loss, double([-1.0, -2.0, -6.0]), double([0.3, 0.3, 0.3]))
        seen.close(3.0)

    def test_beta_defaults_to_a_tenth(self, observe):
        w = 1 / (1 + math.exp(-2.5))
        observe(compute_grpo_loss, double([-1.0, -2.0]), double([0.5, 0.25])).close(w * 1 + (1 - w) * 2)

    def test_every_response_has_a_share(self, observe):
        # softmax([4, 2, 0] / 2) = [0.6652, 0.2447, 0.0900]
        a, b, c = math.exp(2), math.exp(1), 1
        seen = observe(compute_grpo_loss, double([-1.0, -2.0, -4.0]), double([4.0, 2.0, 0.0]), beta=2.0)
        seen.close((a * 1 + b * 2 + c * 4) / (a + b + c))

    def test_refuses_beta_zero(self, observe):
        with observe.raises(ValueError, match="beta"):
            observe(compute_grpo_loss, double([-1.0, -2.0]), double([1.0, 0.0]), beta=0.0)


@pytest.mark.exercise("13.3")
class TestCollate:
    def test_makes_one_list_per_column(self, observe):
        items = [{"prompt": "a", "rewards": None}, {"prompt": "b", "rewards": torch.tensor([1.0])}]
        observe(collate, items).close({"prompt": ["a", "b"], "rewards": [None, torch.tensor([1.0])]})

    def test_fills_a_missing_column_with_none(self, observe):
        observe(collate, [{"x": 1, "y": 2}]).close({"x": [1], "y": [2]})
        observe(collate, [{"x": 1}, {"x": 2, "y": 3}]).close({"x": [1, 2], "y": [None, 3]})


# After token 0 come tokens 0, 1, 2 with probabilities 1/2, 1/4, 1/4, and so on: a model to calculate with.
TABLE = Spec(
    "lab.models.tiny_language_models:BigramLM",
    {"logits": [[math.log(p) for p in row] for row in [[0.5, 0.25, 0.25], [0.2, 0.2, 0.6], [0.1, 0.8, 0.1]]]},
)


@pytest.mark.exercise("13.4")
class TestSequenceLogProbs:
    def test_sums_over_the_response_only(self, observe):
        # prompt 0 2 0, response 2 1 2: p(2 | 0) p(1 | 2) p(2 | 1) = 0.25 * 0.8 * 0.6; response 2: p(2 | 0) = 0.25
        group = [torch.tensor([2, 1, 2]), torch.tensor([2])]
        seen = observe(sequence_log_probs, TABLE, torch.tensor([0, 2, 0]), group)
        seen.close(double([math.log(0.25 * 0.8 * 0.6), math.log(0.25)]))

    def test_divides_the_logits_by_the_temperature(self, observe):
        # At temperature 1/2 probabilities are squared and rescaled: 1/16 of 1/4 + 1/16 + 1/16
        seen = observe(sequence_log_probs, TABLE, torch.tensor([0]), [torch.tensor([1])], temperature=0.5)
        seen.close(double([math.log((1 / 16) / (3 / 8))]))

    def test_gives_a_gradient_to_the_model(self, observe):
        # d log softmax_1 / d logits = onehot(1) - p, in row 0, the token before
        seen = observe(sequence_log_probs, TABLE, torch.tensor([0]), [torch.tensor([1])], grad_of="model")
        seen.grad("model")["logits"].close(double([[-0.5, 0.75, -0.25], [0, 0, 0], [0, 0, 0]]))


@pytest.mark.exercise("13.5")
class TestGenerateResponses:
    def test_gives_num_samples_for_each_prompt(self, observe):
        seen = observe(scenarios.generate, ["1+1=", "2+"], num_samples=3, max_new_tokens=4)
        sizes = [
            (len(texts), len(ids)) for texts, ids in zip(seen.value["texts"], seen.value["token_ids"], strict=True)
        ]
        seen.check(sizes == [(3, 3), (3, 3)], "each of the two prompts must get three responses")

    def test_log_probs_are_those_of_the_sampled_tokens(self, observe):
        seen = observe(scenarios.generate_ambiguous, num_samples=8, max_new_tokens=3)
        table = torch.tensor([-50.0, 0.0, 0.5, 0.5, 0.2], dtype=torch.float64).log_softmax(0)
        seen["log_probs"].close(torch.stack([table[row].sum() for row in seen.value["token_ids"]]))


@pytest.mark.exercise("13.6")
class TestComputeRewards:
    def test_keeps_prompts_responses_and_rewards_together(self, observe):
        seen = observe(scenarios.score, ["p", "q"], [["a", "bb"], ["ccc", ""]])
        seen["rewards"].close([torch.tensor([1.0, 2.0]), torch.tensor([3.0, 0.0])])
        seen["calls"][0]["prompts"].close(["p", "p", "q", "q"])
        seen["calls"][0]["responses"].close(["a", "bb", "ccc", ""])

    def test_repeats_the_columns_for_each_response(self, observe):
        seen = observe(scenarios.score_by_rule, ["1+1=", "2+2="], [["2", "4"], ["2", "4"]], answer=["2", "4"])
        seen["answers"].close(["2", "2", "4", "4"])
        seen["rewards"].close([torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])])


@pytest.mark.exercise("13.7")
class TestTrainingStep:
    def test_offline_step_makes_the_better_response_likelier(self, observe):
        rows = [{"prompt": "1+1=", "responses": ["2", "3"], "rewards": [1.0, 0.0]}]
        seen = observe(scenarios.one_step, rows)
        prompt, responses = ids("1+1="), [ids("2", eos=True), ids("3", eos=True)]
        before, after = (log_prob(seen.value[when], prompt, responses[0]) for when in ("before", "after"))
        seen.check(after > before, "after the step, the rewarded response must be likelier than before")

    def test_returns_the_metrics(self, observe):
        rows = [{"prompt": "1", "responses": ["2", "33"], "rewards": [1.0, 0.0]}]
        metrics = observe(scenarios.one_step, rows)["metrics"]
        metrics.check(
            {"loss", "reward", "grad_norm", "response_length"} <= set(metrics.value),
            "the metrics must have the keys loss, reward, grad_norm and response_length",
        )
        metrics["reward"].close(0.5)
        metrics["response_length"].close(2.5)

    def test_online_step_runs(self, observe):
        seen = observe(scenarios.one_step, [{"prompt": "1+1="}], reward_is_length=True, num_samples=3, max_new_tokens=4)
        changed = any(not torch.equal(seen.value["before"][n], seen.value["after"][n]) for n in seen.value["before"])
        seen.check(changed, "a step on generated responses must change the weights")


@pytest.mark.exercise("13.8")
class TestTrain:
    def test_takes_num_steps_and_returns_their_metrics(self, observe):
        seen = observe(scenarios.train_order, num_rows=4, batch_size=2, num_steps=3)
        seen["history"].close([{"loss": 1.0}, {"loss": 2.0}, {"loss": 3.0}])

    def test_goes_through_every_row_once_an_epoch(self, observe):
        seen = observe(scenarios.train_order, num_rows=5, batch_size=2, num_steps=3)
        sizes = [len(batch) for batch in seen.value["batches"]]
        seen.check(sizes == [2, 2, 1], "5 rows in batches of 2 are batches of 2, 2 and 1")
        rows = sorted(row for batch in seen.value["batches"] for row in batch)
        seen.check(rows == [0, 1, 2, 3, 4], "an epoch must go through every row exactly once")


def log_prob(weights, prompt, response):
    """log p(response | prompt) under TinyLM with these weights, token by token."""
    model = Spec(
        "lab.models.tiny_language_models:TinyLM", {"vocab_size": len(weights["tokens"])}, dtype="float64"
    ).build()
    model.load_state_dict(weights)
    total, row = 0.0, prompt
    with torch.no_grad():
        for token in response:
            total += float(model(row[None]).logits[0, -1].log_softmax(-1)[token])
            row = torch.cat([row, token[None]])
    return total
