"""Edge cases, invariants, gradients, scale, bad input, and whether it learns: lesson 13 looked at closely."""

import itertools
import json
import math

import pytest
import torch
from hypothesis import strategies as st
from lesson13_grpo.data.grpo_dataset import collate
from lesson13_grpo.loss.grpo import compute_grpo_loss, sequence_log_probs
from lesson13_grpo.testcases import scenarios

from course.base.object_spec import Spec
from course.base.property_tests import for_all
from lab.rl import gradient_check

IDS = {c: i + 2 for i, c in enumerate("0123456789+-*/=")}
SECOND, THIRD = (rf"train\.jsonl.*\b{n}\b|\b{n}\b.*train\.jsonl" for n in (2, 3))  # messages about these lines
VOCABULARY = 49  # of lab's toy tokenizer
numbers = st.floats(-20, 20, allow_subnormal=False)


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.exercise("13.1")
class TestDataset:
    def test_blank_lines_and_windows_line_ends(self, observe):
        observe(scenarios.read_dataset, '{"prompt": "1"}\n{"prompt": "2"}\n')["length"].close(2)
        text = '\r\n{"prompt": "1"}\r\n\r\n{"prompt": "2"}\r\n   \n'
        observe(scenarios.read_dataset, text)["length"].close(2)

    def test_blank_lines_count_in_messages(self, observe):
        seen = observe(scenarios.complaint, '\n{"prompt": "1"}\n\n\n{}\n{"prompt": "2"}\n')
        seen.check(seen.value is not None, "a row without a prompt must raise a ValueError when the data set is made")
        seen.check(seen.value["names_file"], "the message must name the file, train.jsonl")
        seen.check(5 in seen.value["numbers"], "the bad row is in line 5 of the file: blank lines count")

    def test_byte_order_mark(self, observe):
        observe(scenarios.read_dataset, '{"prompt": "1"}\n')["length"].close(1)
        seen = observe(scenarios.read_dataset, b'\xef\xbb\xbf{"prompt": "1"}\n')
        seen["items"][0]["prompt_ids"].close(torch.tensor([IDS["1"]]))

    def test_last_line_without_line_end(self, observe):
        observe(scenarios.read_dataset, '{"prompt": "1"}\n{"prompt": "2"}')["length"].close(2)

    def test_any_character_inside_a_string(self, observe):
        # U+2028 and U+0085 end a line for str.splitlines, but not for JSON Lines
        observe(scenarios.read_dataset, '{"prompt": "1", "note": "abc"}\n{"prompt": "2"}\n')["length"].close(2)
        text = '{"prompt": "1", "note": "a\u2028b\u0085c\u4f60\u597d\U0001f600"}\n{"prompt": "2"}\n'
        seen = observe(scenarios.read_dataset, text)
        seen["length"].close(2)
        seen["items"][0]["note"].close("a\u2028b\u0085c\u4f60\u597d\U0001f600")

    def test_responses_without_rewards(self, observe):
        item = observe(scenarios.read_dataset, lines({"prompt": "1", "responses": ["2"]}))["items"][0]
        item["response_ids"].close([torch.tensor([IDS["2"], 1])])
        item["rewards"].close(None)

    def test_rewards_without_responses(self, observe):
        observe(scenarios.read_dataset, lines({"prompt": "1", "rewards": [1.5]}))["length"].close(1)
        item = observe(scenarios.read_dataset, lines({"prompt": "1", "rewards": [1, 0]}))["items"][0]
        item["response_ids"].close(None)
        item["rewards"].close(torch.tensor([1.0, 0.0]))

    def test_null_counts_as_missing(self, observe):
        observe(scenarios.read_dataset, lines({"prompt": "1"}))["length"].close(1)
        item = observe(scenarios.read_dataset, lines({"prompt": "1", "responses": None, "rewards": None}))["items"][0]
        item["response_ids"].close(None)
        item["rewards"].close(None)

    def test_an_empty_response_is_just_eos(self, observe):
        observe(scenarios.read_dataset, lines({"prompt": "1", "responses": ["2"]}))["length"].close(1)
        item = observe(scenarios.read_dataset, lines({"prompt": "1", "responses": [""]}))["items"][0]
        item["response_ids"].close([torch.tensor([1])])

    def test_gives_the_texts_cut_to_num_samples(self, observe):
        item = observe(scenarios.read_dataset, lines({"prompt": "1", "responses": ["2", "3"]}), num_samples=1)["items"][
            0
        ]
        item["prompt"].close("1")
        item["responses"].close(["2"])

    def test_long_prompt_loses_its_beginning(self, observe):
        rows = lines({"prompt": "123456", "responses": ["7", "7890"]})
        item = observe(scenarios.read_dataset, rows, max_length=4)["items"][0]
        item["prompt_ids"].close(torch.tensor([IDS[c] for c in "456"]))
        item["response_ids"].close([torch.tensor([IDS["7"]])] * 2)  # one token fits, so EOS is cut off

    def test_long_response_loses_its_end_and_its_eos(self, observe):
        rows = lines({"prompt": "12", "responses": ["3456789", "345", "34", "3"]})
        item = observe(scenarios.read_dataset, rows, max_length=5)["items"][0]
        first, second, third = (IDS[c] for c in "345")
        tokens = [[first, second, third], [first, second, third], [first, second, 1], [first, 1]]
        item["response_ids"].close([torch.tensor(row) for row in tokens])

    @for_all(prompt=st.integers(1, 9), response=st.integers(1, 9), max_length=st.integers(2, 12))
    def test_prompt_and_response_fit_together(self, observe, prompt, response, max_length):
        rows = lines({"prompt": "1" * prompt, "responses": ["2" * response]})
        item = observe(scenarios.read_dataset, rows, max_length=max_length)["items"][0]
        p, r = len(item.value["prompt_ids"]), item.value["response_ids"][0]
        item.check(p == min(prompt, max_length - 1), "the prompt keeps its last max_length - 1 tokens, no fewer")
        item.check(len(r) == min(response + 1, max_length - p), "the response keeps what fits behind the prompt")
        item.check(bool((r == 1).any()) == (len(r) == response + 1), "EOS ends a whole response, and only that")

    @pytest.mark.parametrize(("line", "expected"), [
        ("{", "JSON|object"), ("[1]", "JSON|object|dict"), ('"text"', "JSON|object|dict"), ("{}", "prompt"), ('{"prompt": 3}', "prompt"),
        ('{"prompt": ""}', "prompt"), ('{"prompt": "1", "responses": "2"}', "responses"),
        ('{"prompt": "1", "responses": []}', "responses"), ('{"prompt": "1", "responses": [2]}', "responses"),
        ('{"prompt": "1", "responses": ["2", 3]}', "responses"),
        ('{"prompt": "1", "rewards": []}', "rewards"), ('{"prompt": "1", "rewards": 1}', "rewards"), ('{"prompt": "1", "rewards": ["1"]}', "rewards"),
        ('{"prompt": "1", "rewards": [NaN]}', "rewards|finite"), ('{"prompt": "1", "rewards": [1e999]}', "rewards|finite"),
        ('{"prompt": "1", "rewards": [-Infinity, 0]}', "rewards|finite"), ('{"prompt": "1", "rewards": [0, "1"]}', "rewards"),
        ('{"prompt": "1", "rewards": [1e39]}', "rewards|finite"),
        ('{"prompt": "1", "rewards": [1' + "0" * 400 + "]}", "rewards|finite"),
        ('{"prompt": "1", "responses": ["2", "3"], "rewards": [1]}', "responses|rewards"),
    ])  # fmt: skip
    def test_bad_row(self, observe, line, expected):
        good = '{"prompt": "1"}\n\n'
        observe(scenarios.read_dataset, 2 * '{"prompt": "1"}\n', passes=0)["length"].close(2)
        with observe.raises(ValueError, match=THIRD, says="names train.jsonl and the line, 3"):
            observe(scenarios.read_dataset, good + line + "\n" + good, passes=0)
        with observe.raises(ValueError, match=expected):
            observe(scenarios.read_dataset, good + line + "\n" + good, passes=0)

    @pytest.mark.parametrize("line", ['{"prompt": "1", "rewards": [true]}', "[" * 100_000])
    def test_bad_row_of_a_rare_kind(self, observe, line):
        good = '{"prompt": "1"}\n\n'
        observe(scenarios.read_dataset, 2 * '{"prompt": "1"}\n', passes=0)["length"].close(2)
        with observe.raises(ValueError, match=THIRD, says="names train.jsonl and the line, 3"):
            observe(scenarios.read_dataset, good + line + "\n", passes=0)

    def test_the_shortest_bounds_that_leave_something(self, observe):
        rows = lines({"prompt": "12", "responses": ["3", "4"]})
        item = observe(scenarios.read_dataset, rows, max_length=2, num_samples=1)["items"][0]
        item["prompt_ids"].close(torch.tensor([IDS["2"]]))
        item["response_ids"].close([torch.tensor([IDS["3"]])])

    @pytest.mark.parametrize("bound", [{"max_length": 1}, {"max_length": 0}, {"num_samples": 0}])
    def test_bounds_that_leave_nothing_are_refused(self, observe, bound):
        with observe.raises(ValueError, match=next(iter(bound))):
            observe(scenarios.read_dataset, '{"prompt": "1"}', **bound)

    def test_prompts_have_the_tokenizers_special_tokens_and_responses_have_not(self, observe):
        # With bos=True the toy tokenizer puts token 4 in front: pad 0, eos 1, "1" is 2, "2" is 3.
        rows = lines({"prompt": "12", "responses": ["21"]})
        item = observe(scenarios.read_dataset, rows, tokenizer={"alphabet": "12", "bos": True})["items"][0]
        item["prompt_ids"].close(torch.tensor([4, 2, 3]))
        item["response_ids"].close([torch.tensor([3, 2, 1])])

    def test_types_of_the_numbers(self, observe):
        observe(scenarios.read_dataset, lines({"prompt": "1", "rewards": [1.5]}))["length"].close(1)
        item = observe(scenarios.read_dataset, lines({"prompt": "1", "responses": ["2"], "rewards": [1]}))["items"][0]
        for name, tensor, dtype in (
            ("prompt_ids", item.value["prompt_ids"], torch.int64),
            ("rewards", item.value["rewards"], torch.float32),
            ("response_ids", item.value["response_ids"][0], torch.int64),
        ):
            item.check(tensor.dtype == dtype, f"{name} must be {dtype}, not {tensor.dtype}")

    def test_a_mistake_beyond_num_samples_is_still_found(self, observe):
        good = '{"prompt": "1"}\n'
        with observe.raises(ValueError, match=SECOND, says="names train.jsonl and the line, 2"):
            line = '{"prompt": "1", "responses": ["2", "3"], "rewards": [1]}'
            observe(scenarios.read_dataset, good + line, num_samples=1, passes=0)

    def test_items_are_the_same_in_the_second_epoch(self, observe):
        rows = lines({"prompt": "1", "responses": ["2"], "rewards": [1.5], "answer": "2"})
        item = observe(scenarios.read_dataset, rows, passes=2)["items"][0]
        item["prompt_ids"].close(torch.tensor([IDS["1"]]))
        item["response_ids"].close([torch.tensor([IDS["2"], 1])])
        item["rewards"].close(torch.tensor([1.5]))
        item["answer"].close("2")

    def test_prompt_and_response_are_encoded_apart(self, observe):
        # In this tokenizer "1" is 2, "2" is 3, and "12" is one token, 4: but not across the two texts.
        tokenizer = {"alphabet": "12", "merges": ["12"]}
        rows = lines({"prompt": "121", "responses": ["212"]})
        item = observe(scenarios.read_dataset, rows, tokenizer=tokenizer)["items"][0]
        item["prompt_ids"].close(torch.tensor([4, 2]))
        item["response_ids"].close([torch.tensor([3, 4, 1])])

    def test_spaces_and_line_feeds_belong_to_the_texts(self, observe):
        # In this tokenizer "1" is 2, a space is 3 and a line feed is 4.
        rows = lines({"prompt": " 1 ", "responses": ["\n1", "1 "]})
        item = observe(scenarios.read_dataset, rows, tokenizer={"alphabet": "1 \n"})["items"][0]
        item["prompt_ids"].close(torch.tensor([3, 2, 3]))
        item["response_ids"].close([torch.tensor([4, 2, 1]), torch.tensor([2, 3, 1])])
        item["prompt"].close(" 1 ")
        item["responses"].close(["\n1", "1 "])

    def test_bytes_that_are_not_utf8(self, observe):
        with observe.raises(ValueError, match=SECOND, says="names train.jsonl and the line, 2"):
            observe(scenarios.read_dataset, b'{"prompt": "1"}\n{"prompt": "\xff\xfe"}\n')

    @pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
    def test_empty_file(self, observe, content):
        with observe.raises(ValueError, match=r"train\.jsonl"):
            observe(scenarios.read_dataset, content)

    def test_missing_file(self, observe):
        with observe.raises(FileNotFoundError, match=r"nowhere\.jsonl"):
            observe(scenarios.read_missing_file)

    @for_all(
        examples=15,
        rows=st.lists(
            st.tuples(
                st.text("0123456789+-*/=", min_size=1, max_size=6),
                st.lists(st.tuples(st.text("0123456789", max_size=4), st.integers(-99, 99)), min_size=1, max_size=4),
            ),
            min_size=1,
            max_size=3,
        ),
        num_samples=st.integers(1, 4),
        max_length=st.integers(2, 9),
    )
    def test_holds_for_all_rows(self, observe, rows, num_samples, max_length):
        given = [
            {"prompt": p, "responses": [r for r, _ in group], "rewards": [n / 4 for _, n in group], "note": group[0][1]}
            for p, group in rows
        ]
        seen = observe(scenarios.read_dataset, lines(*given), num_samples, max_length)
        seen["length"].close(len(rows))
        for i, row in enumerate(given):
            item, prompt = seen["items"][i], [IDS[c] for c in row["prompt"]][-(max_length - 1) :]
            item["prompt_ids"].close(torch.tensor(prompt))
            whole = [[*(IDS[c] for c in text), 1] for text in row["responses"][:num_samples]]
            item["response_ids"].close([torch.tensor(ids[: max_length - len(prompt)]) for ids in whole])
            item["rewards"].close(torch.tensor(row["rewards"][:num_samples]))
            item["note"].close(row["note"])


def ordinary_loss(observe):
    """Looks at an ordinary group first: a special case alone, where much looks alike, says little of what is wrong."""
    observe(compute_grpo_loss, double([-1.0, -2.0, -4.0]), double([1.5, 0.5, -0.25]), beta=0.75)


@pytest.mark.exercise("13.2")
class TestLoss:
    @for_all(group=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6), beta=st.floats(0.05, 5))
    def test_equals_the_loop(self, observe, group, beta):
        ordinary_loss(observe)
        log_probs, rewards = [g[0] for g in group], [g[1] for g in group]
        top = max(rewards)
        shares = [math.exp((r - top) / beta) for r in rewards]
        weights = [s / sum(shares) for s in shares]
        seen = observe(compute_grpo_loss, double(log_probs), double(rewards), beta=beta, grad_of="log_probs")
        seen.close(-sum(w * lp for w, lp in zip(weights, log_probs, strict=True)), atol=1e-8)
        seen.grad("log_probs").close(double([-w for w in weights]))

    @for_all(rewards=st.lists(numbers, min_size=2, max_size=5), shift=numbers)
    def test_a_shift_of_all_rewards_changes_nothing(self, observe, rewards, shift):
        ordinary_loss(observe)
        log_probs = torch.arange(len(rewards), dtype=torch.float64)
        expected = observe(compute_grpo_loss, log_probs, double(rewards)).value
        observe(compute_grpo_loss, log_probs, double(rewards) + shift).close(expected, atol=1e-8)

    @for_all(rewards=st.lists(numbers, min_size=4, max_size=4), order=st.permutations(range(4)))
    def test_the_order_of_the_group_changes_nothing(self, observe, rewards, order):
        ordinary_loss(observe)
        log_probs = torch.arange(4, dtype=torch.float64) ** 2
        expected = observe(compute_grpo_loss, log_probs, double(rewards)).value
        observe(compute_grpo_loss, log_probs[order], double(rewards)[order]).close(expected)

    @for_all(examples=10, rewards=st.lists(numbers, min_size=2, max_size=4), scale=st.floats(0.1, 10))
    def test_rewards_and_beta_in_another_unit_change_nothing(self, observe, rewards, scale):
        ordinary_loss(observe)
        log_probs = -(torch.arange(len(rewards), dtype=torch.float64) ** 2)
        expected = observe(compute_grpo_loss, log_probs, double(rewards), beta=0.5).value
        observe(compute_grpo_loss, log_probs, double(rewards) * scale, beta=0.5 * scale).close(expected)

    @for_all(examples=10, rewards=st.lists(numbers, min_size=1, max_size=4), shift=numbers)
    def test_a_shift_of_all_log_probs_is_a_shift_of_the_loss(self, observe, rewards, shift):
        ordinary_loss(observe)
        # The weights sum to one.
        log_probs = -(torch.arange(len(rewards), dtype=torch.float64) ** 2)
        expected = observe(compute_grpo_loss, log_probs, double(rewards)).value - shift
        observe(compute_grpo_loss, log_probs + shift, double(rewards)).close(expected, atol=1e-8)

    def test_gradient_equals_finite_differences(self, observe):
        log_probs, rewards, step = double([-1.0, -2.0, -4.0]), double([0.5, -0.25, 0.0]), 0.125
        slopes = []
        for move in torch.eye(3, dtype=torch.float64) * step:
            up = observe(compute_grpo_loss, log_probs + move, rewards, beta=0.5).value
            down = observe(compute_grpo_loss, log_probs - move, rewards, beta=0.5).value
            slopes.append(float(up - down) / (2 * step))
        seen = observe(compute_grpo_loss, log_probs, rewards, beta=0.5, grad_of="log_probs")
        seen.grad("log_probs").close(double(slopes))

    @pytest.mark.parametrize("sign", [1, -1])
    def test_rewards_of_ten_thousand_are_stable(self, observe, sign):
        ordinary_loss(observe)
        rewards = double([1e4, 0.0, 1e4 - 1]) * sign
        weights = (rewards / 0.1).softmax(0)
        seen = observe(compute_grpo_loss, double([-1.0, -2.0, -3.0]), rewards, grad_of="log_probs")
        seen.close(float((weights * double([1.0, 2.0, 3.0])).sum()))
        seen.grad("log_probs").close(-weights)

    def test_no_gradient_flows_into_the_rewards(self, observe):
        seen = observe(compute_grpo_loss, double([-1.0, -2.0]), double([1.0, 0.0]), grad_of=("log_probs", "rewards"))
        seen.grad("rewards").no_gradient("the rewards must carry no gradient: the weights are constants")

    def test_float32_and_integers(self, observe):
        seen = observe(compute_grpo_loss, torch.tensor([-1.0, -2.0]), torch.tensor([1, 0]), beta=1)
        seen.close((math.e * 1 + 2) / (math.e + 1), rtol=1e-5)

    @pytest.mark.parametrize(("of_log_probs", "of_rewards"), [
        (torch.float32, torch.float64), (torch.float64, torch.float32), (torch.bfloat16, torch.float32),
    ], ids=str)  # fmt: skip
    def test_the_loss_has_the_dtype_of_log_probs(self, observe, of_log_probs, of_rewards):
        ordinary_loss(observe)
        rewards = torch.tensor([0.5, 0.5], dtype=of_rewards)
        seen = observe(compute_grpo_loss, torch.tensor([-1.0, -2.0], dtype=of_log_probs), rewards)
        seen.has_dtype(of_log_probs, "the loss must have the dtype of log_probs")
        seen.close(1.5)

    def test_double_precision_is_kept(self, observe):
        ordinary_loss(observe)
        # In float32 these two rewards are the same number.
        w = 1 / (1 + math.exp(-(2.0**-12) / 0.1))
        seen = observe(compute_grpo_loss, double([-1.0, -2.0]), double([1e4 + 2.0**-12, 1e4]))
        seen.close(w * 1 + (1 - w) * 2)

    def test_at_infinite_beta_all_count_alike(self, observe):
        ordinary_loss(observe)
        observe(compute_grpo_loss, double([-1.0, -2.0, -6.0]), double([5.0, 0.0, 1.0]), beta=math.inf).close(3.0)

    def test_half_precision(self, observe):
        ordinary_loss(observe)
        rewards = torch.tensor([1e4, 0.0, 1e4 - 8], dtype=torch.float16)
        seen = observe(compute_grpo_loss, torch.tensor([-1.0, -2.0, -3.0], dtype=torch.float16), rewards)
        seen.close(torch.tensor(1.0, dtype=torch.float16), rtol=1e-2)

    def test_a_group_of_one_is_plain_likelihood(self, observe):
        ordinary_loss(observe)
        observe(compute_grpo_loss, double([-3.0]), double([-7.0])).close(3.0)

    def test_inputs_stay_as_they_were(self, observe):
        observe(compute_grpo_loss, double([-1.0, -2.0]), double([1.0, 0.0])).inputs_unchanged()

    @pytest.mark.parametrize(("log_probs", "rewards", "name"), [
        ([[-1.0], [-2.0]], [1.0, 0.0], "log_probs"), ([-1.0, -2.0], [[1.0], [0.0]], "rewards"),
        ([[-1.0, -2.0]], [[1.0, 0.0]], "rewards|log_probs"), ([-1.0, -2.0], [1.0, 0.0, 0.5], "rewards|log_probs"),
        ([-1.0, -2.0], [1.0], "rewards|log_probs"), ([], [], "empty|group|rewards|log_probs"),
    ])  # fmt: skip
    def test_refuses_wrong_shapes(self, observe, log_probs, rewards, name):
        with observe.raises(ValueError, match=name):
            observe(compute_grpo_loss, double(log_probs), double(rewards))

    def test_refuses_numbers_without_a_dimension(self, observe):
        with observe.raises(ValueError, match="log_probs|rewards"):
            observe(compute_grpo_loss, double(-1.0), double(1.0))

    @pytest.mark.parametrize("beta", [0, -0.1, float("nan")])
    def test_refuses_a_beta_that_is_not_positive(self, observe, beta):
        with observe.raises(ValueError, match="beta"):
            observe(compute_grpo_loss, double([-1.0, -2.0]), double([1.0, 0.0]), beta=beta)


@pytest.mark.exercise("13.3")
class TestCollate:
    def test_order_is_kept_and_nothing_is_padded(self, observe):
        items = [{"prompt_ids": torch.arange(n)} for n in (3, 1, 2)]
        observe(collate, items).close({"prompt_ids": [torch.arange(3), torch.arange(1), torch.arange(2)]})

    def test_a_column_of_a_later_item_is_not_lost(self, observe):
        observe(collate, [{"a": 1}]).close({"a": [1]})
        observe(collate, [{"a": 1}, {"b": 2}, {"c": 3}]).close({"a": [1, None, None], "b": [None, 2, None], "c": [None, None, 3]})  # fmt: skip

    def test_a_column_of_nothing_but_none_is_still_a_list(self, observe):
        items = [{"prompt": "a", "rewards": None}, {"prompt": "b", "rewards": None}]
        observe(collate, items).close({"prompt": ["a", "b"], "rewards": [None, None]})

    def test_lists_and_tensors_of_one_size_are_left_apart(self, observe):
        items = [{"responses": ["a", "b"], "rewards": torch.ones(2)}, {"responses": ["c", "d"], "rewards": torch.zeros(2)}]  # fmt: skip
        seen = observe(collate, items)
        seen.close({"responses": [["a", "b"], ["c", "d"]], "rewards": [torch.ones(2), torch.zeros(2)]})

    def test_items_are_left_as_they_are(self, observe):
        observe(collate, [{"x": 1}]).close({"x": [1]})
        observe(collate, [{"x": 1}, {"x": 2, "y": [3]}]).inputs_unchanged()

    def test_refuses_no_items(self, observe):
        with observe.raises(ValueError):
            observe(collate, [])

    @for_all(
        examples=15,
        items=st.lists(
            st.dictionaries(st.sampled_from("abcd"), st.integers() | st.text(max_size=3), min_size=1),
            min_size=1,
            max_size=4,
        ),
    )
    def test_equals_the_table(self, observe, items):
        observe(collate, items).close(
            {name: [item.get(name) for item in items] for name in {n for i in items for n in i}}
        )


TINY = Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": 7, "layers": 2}, seed=1, dtype="float64")
tokens = st.integers(0, 6)


def oracle(model, prompt, response, temperature=1.0):
    """log p(response | prompt): one forward per token, no padding, no shift to get wrong."""
    total, row = torch.zeros((), dtype=torch.float64), prompt
    for token in response:
        total = total + (model(row[None]).logits[0, -1] / temperature).log_softmax(-1)[token]
        row = torch.cat([row, token[None]])
    return total


@pytest.mark.exercise("13.4")
class TestSequenceLogProbs:
    GROUP = ([2, 3, 4, 1], [5, 1], [1], [6, 6, 2])  # whole, whole, EOS alone, cut off

    def ordinary(self, observe):
        """Looks at an ordinary group first, for the same reason as ordinary_loss."""
        observe(sequence_log_probs, TINY, torch.tensor([3, 5, 2]), [torch.tensor(r) for r in self.GROUP])

    @pytest.mark.parametrize("prompt", [[3], [3, 0, 2, 5]])
    @pytest.mark.parametrize("temperature", [1.0, 0.7])
    def test_equals_token_by_token(self, observe, prompt, temperature):
        group, prompt = [torch.tensor(r) for r in self.GROUP], torch.tensor(prompt)
        model = TINY.build()
        expected = torch.stack([oracle(model, prompt, r, temperature) for r in group])
        observe(sequence_log_probs, TINY, prompt, group, temperature=temperature).close(expected)

    @pytest.mark.parametrize("group", [([1], [5], [6]), ([5, 1],), ([1],)])
    def test_a_single_token_or_response_keeps_its_dimension(self, observe, group):
        group, prompt = [torch.tensor(r) for r in group], torch.tensor([3])
        expected = torch.stack([oracle(TINY.build(), prompt, r) for r in group])
        observe(sequence_log_probs, TINY, prompt, group).close(expected)

    def test_gradient_equals_token_by_token(self, observe):
        group, prompt = [torch.tensor(r) for r in self.GROUP], torch.tensor([3, 0])
        model = TINY.build()
        torch.stack([oracle(model, prompt, r) for r in group]).sum().backward()
        seen = observe(sequence_log_probs, TINY, prompt, group, grad_of="model")
        seen.grad("model").close({name: p.grad for name, p in model.named_parameters()})

    def test_gradient_equals_finite_differences(self, observe):
        # The whole table is moved a little in drawn directions. Row 0 is asked twice, row 2 never.
        table = double([[0.5, -0.25, 1.0], [0.0, 0.75, -1.0], [2.0, 0.25, 0.0]])
        prompt, group = torch.tensor([2, 0]), [torch.tensor([1, 0, 2]), torch.tensor([0])]

        def of(logits, **options):
            model = Spec("lab.models.tiny_language_models:BigramLM", {"logits": logits})
            return observe(sequence_log_probs, model, prompt, group, temperature=0.5, **options)

        gradient_check.agrees(
            table,
            lambda moved: of(moved).value.detach().sum(),
            lambda: of(table, grad_of="model").grad("model")["logits"],
        )

    @for_all(examples=10, short=st.lists(tokens, min_size=1, max_size=4), long=st.lists(tokens, min_size=1, max_size=9))
    def test_the_length_of_the_others_does_not_matter(self, observe, short, long):
        self.ordinary(observe)
        prompt, short = torch.tensor([3, 0]), torch.tensor(short)
        alone = observe(sequence_log_probs, TINY, prompt, [short]).value
        beside = observe(sequence_log_probs, TINY, prompt, [short, torch.tensor(long)])
        beside[0].close(alone[0])

    def test_a_longer_response_beside_it_does_not_matter(self, observe):
        prompt, short = torch.tensor([3, 0]), torch.tensor([5, 1])
        alone = observe(sequence_log_probs, TINY, prompt, [short]).value
        beside = observe(sequence_log_probs, TINY, prompt, [short, torch.tensor([2] * 9)])
        beside[0].close(alone[0])

    @for_all(examples=10, order=st.permutations(range(4)))
    def test_keeps_the_order_of_the_group(self, observe, order):
        self.ordinary(observe)
        prompt, group = torch.tensor([3, 0]), [torch.tensor(r) for r in self.GROUP]
        expected = observe(sequence_log_probs, TINY, prompt, group).value
        observe(sequence_log_probs, TINY, prompt, [group[i] for i in order]).close(expected[list(order)])

    @for_all(
        examples=10,
        prompt=st.lists(tokens, min_size=1, max_size=4),
        response=st.lists(tokens, min_size=2, max_size=6),
        data=st.data(),
    )
    def test_the_chain_rule(self, observe, prompt, response, data):
        self.ordinary(observe)
        # p(ab | x) = p(a | x) p(b | xa), wherever a response is cut in two
        cut = data.draw(st.integers(1, len(response) - 1))
        first = observe(sequence_log_probs, TINY, torch.tensor(prompt), [torch.tensor(response[:cut])]).value
        rest = observe(sequence_log_probs, TINY, torch.tensor(prompt + response[:cut]), [torch.tensor(response[cut:])])
        whole = observe(sequence_log_probs, TINY, torch.tensor(prompt), [torch.tensor(response)])
        whole.close(first + rest.value)

    @for_all(examples=10, scale=st.floats(0.1, 10), shift=numbers)
    def test_logits_and_temperature_in_another_unit_change_nothing(self, observe, scale, shift):
        self.ordinary(observe)
        table, prompt = double([[0.5, -0.25, 1.0], [0.0, 0.75, -1.0], [2.0, 0.25, 0.0]]), torch.tensor([2, 0])
        group = [torch.tensor([1, 0, 2]), torch.tensor([0])]
        model, other = (
            Spec("lab.models.tiny_language_models:BigramLM", {"logits": t.tolist()})
            for t in (table, table * scale + shift)
        )
        expected = observe(sequence_log_probs, model, prompt, group, temperature=0.5).value
        observe(sequence_log_probs, other, prompt, group, temperature=0.5 * scale).close(expected)

    @pytest.mark.parametrize("prompt", [[3], [3, 0, 2]])
    def test_the_probabilities_of_all_responses_sum_to_one(self, observe, prompt):
        self.ordinary(observe)
        group = [torch.tensor(pair) for pair in itertools.product(range(7), repeat=2)]
        seen = observe(sequence_log_probs, TINY, torch.tensor(prompt), group)
        total = float(seen.value.detach().double().exp().sum())
        seen.check(
            abs(total - 1) < 1e-6, f"the probabilities of all responses of two tokens must sum to 1, not to {total:.6f}"
        )

    def test_a_response_of_padding_tokens_counts(self, observe):
        self.ordinary(observe)
        # Token 0 is what pads, and token 1 is EOS; both may be written by the model, and then they count.
        group, prompt = [torch.tensor([0, 0, 1]), torch.tensor([1, 1])], torch.tensor([3])
        expected = torch.stack([oracle(TINY.build(), prompt, r) for r in group])
        observe(sequence_log_probs, TINY, prompt, group).close(expected)

    def test_large_logits_stay_finite(self, observe):
        self.ordinary(observe)
        table = Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[0.0, 1e4], [0.0, -1e4]]})
        seen = observe(sequence_log_probs, table, torch.tensor([0]), [torch.tensor([1, 0]), torch.tensor([0, 1])])
        seen.close(double([0.0, -1e4]))

    def test_half_precision_logits_give_single_precision_log_probs(self, observe):
        self.ordinary(observe)
        table = Spec(
            "lab.models.tiny_language_models:BigramLM", {"logits": [[0.0, 3.0, 5.0, 7.0]] * 4}, dtype="bfloat16"
        )
        seen = observe(sequence_log_probs, table, torch.tensor([0]), [torch.tensor([0, 1] * 25)])
        enough = seen.value.dtype in (torch.float32, torch.float64)
        seen.check(enough, "compute in float32 at least where the model's logits are half precision")
        seen.close(double([25 * float(double([0.0, 3.0, 5.0, 7.0]).log_softmax(0)[:2].sum())]), rtol=1e-4)

    def test_double_precision_is_kept(self, observe):
        self.ordinary(observe)
        seen = observe(sequence_log_probs, TINY, torch.tensor([3]), [torch.tensor([2, 1])])
        seen.has_dtype(torch.float64, "where the model's logits are float64 the result must be, too")

    def test_inputs_stay_as_they_were(self, observe):
        group = [torch.tensor([2, 1]), torch.tensor([4])]
        observe(sequence_log_probs, TINY, torch.tensor([3, 0]), group).inputs_unchanged()


@pytest.mark.exercise("13.5")
class TestGenerateResponses:
    def test_log_probs_belong_to_the_token_ids(self, observe):
        prompts = ["1+1=", "2"]
        seen = observe(scenarios.generate, prompts, num_samples=3, max_new_tokens=5, temperature=0.7)
        model = model_from(seen.value["weights"])
        for i, prompt in enumerate(prompts):
            ids = torch.tensor([IDS[c] for c in prompt])
            with torch.no_grad():
                expected = torch.stack([oracle(model, ids, r, 0.7) for r in seen.value["token_ids"][i]])
            seen["log_probs"][i].close(expected)

    def test_log_probs_carry_a_gradient(self, observe):
        seen = observe(scenarios.generate, ["1"], num_samples=2, max_new_tokens=3)
        seen["log_probs"][0].check(
            seen.value["log_probs"][0].requires_grad, "the log-probs must carry a gradient, or nothing can be learned"
        )

    def test_texts_are_the_ids_decoded_without_special_tokens(self, observe):
        seen = observe(scenarios.generate, ["1"], num_samples=6, max_new_tokens=3, tokenizer={"alphabet": "12"})
        letters = {2: "1", 3: "2"}
        expected = ["".join(letters.get(int(t), "") for t in r) for r in seen.value["token_ids"][0]]
        seen["texts"][0].close(expected)

    def test_tokens_are_kept_not_encoded_again(self, observe):
        # The text "ab" can be the tokens a, b or the token ab; encoding it always gives the latter.
        seen = observe(scenarios.generate_ambiguous, num_samples=64, max_new_tokens=4)
        pairs = [(int(x), int(y)) for r in seen.value["token_ids"] for x, y in itertools.pairwise(r)]
        seen.check((2, 3) in pairs, "the sampled tokens a, b became the token ab: text was encoded again")

    def test_samples_at_the_configured_temperature(self, observe):
        count = 300
        seen = observe(scenarios.generate_ambiguous, num_samples=count, max_new_tokens=1, temperature=0.25)
        expected = (double([-50.0, 0.0, 0.5, 0.5, 0.2]) / 0.25).softmax(0)[1:]
        ids = torch.stack([r[0] for r in seen.value["token_ids"]])
        share = torch.bincount(ids, minlength=5).double()[1:] / count
        error = (share - expected).abs() / (expected * (1 - expected) / count).sqrt()
        seen.check(float(error.max()) < 5, "the responses are not sampled at config.temperature")

    def test_at_most_max_new_tokens(self, observe):
        seen = observe(scenarios.generate, ["1"], num_samples=8, max_new_tokens=4)
        longest = max(len(r) for r in seen.value["token_ids"][0])
        seen.check(longest <= 4, f"a response has {longest} tokens, but max_new_tokens is 4")

    def test_the_responses_to_one_prompt_differ(self, observe):
        seen = observe(scenarios.generate, ["1"], num_samples=8, max_new_tokens=4)
        different = {tuple(r.tolist()) for r in seen.value["token_ids"][0]}
        seen.check(len(different) > 4, "responses to one prompt must be drawn independently, but most are equal")

    def test_responses_end_with_eos_or_were_cut_off(self, observe):
        seen = observe(scenarios.generate_ambiguous, num_samples=64, max_new_tokens=3)
        rows = [r.tolist() for r in seen.value["token_ids"]]
        seen.check(all(1 not in r[:-1] for r in rows), "a response goes on after its EOS")
        seen.check(all(len(r) == 3 for r in rows if r[-1:] != [1]), "a response ends early, but not with EOS")
        seen.check(any(r[-1:] != [1] for r in rows), "all 64 responses end with EOS; some must have been cut off")

    def test_the_seed_of_the_configuration_decides(self, observe):
        drawn = [observe(scenarios.generate_ambiguous, 16, max_new_tokens=4, seed=s) for s in (1, 0, 0)]
        other, first, again = ([r.tolist() for r in seen.value["token_ids"]] for seen in drawn)
        drawn[-1].check(again == first != other, "the same seed must draw the same responses, and another seed others")

    def test_further_draws_differ(self, observe):
        seen = observe(scenarios.generate_twice, "1", num_samples=4, max_new_tokens=4)
        groups = {str([r.tolist() for r in group]) for group in seen.value}
        seen.check(len(groups) == 4, "the same responses are drawn again, for the next prompt or in the next call")

    @pytest.mark.parametrize(
        ("tokenizer", "prompt", "ids"),
        [({"alphabet": "12", "bos": True}, "12", [4, 2, 3]), ({"alphabet": "12"}, "1212121212", [2, 3] * 5)],
    )
    def test_prompts_are_encoded_whole_and_with_special_tokens(self, observe, tokenizer, prompt, ids):
        # The data set's max_length is 6 here, but that is a bound on stored rows.
        seen = observe(scenarios.generate, [prompt], 3, max_new_tokens=4, tokenizer=tokenizer, max_length=6)
        model = model_from(seen.value["weights"])
        with torch.no_grad():
            expected = torch.stack([oracle(model, torch.tensor(ids), r) for r in seen.value["token_ids"][0]])
        seen["log_probs"][0].close(expected)

    def test_no_dropout(self, observe):
        seen = observe(scenarios.generate, ["1+1="], num_samples=3, max_new_tokens=4, dropout=0.5)
        model, ids = model_from(seen.value["weights"]), torch.tensor([IDS[c] for c in "1+1="])
        with torch.no_grad():
            expected = torch.stack([oracle(model, ids, r) for r in seen.value["token_ids"][0]])
        seen["log_probs"][0].close(expected)

    @for_all(
        examples=8,
        prompts=st.lists(st.text("0123456789+-*/=", min_size=1, max_size=5), min_size=1, max_size=2),
        size=st.integers(2, 4),
        temperature=st.floats(0.5, 2),
        seed=st.integers(0, 10**6),
    )
    def test_holds_for_all_prompts(self, observe, prompts, size, temperature, seed):
        seen = observe(scenarios.generate, prompts, size, seed=seed, max_new_tokens=4, temperature=temperature)
        model = Spec(
            "lab.models.tiny_language_models:TinyLM", {"vocab_size": VOCABULARY}, seed=seed, dtype="float64"
        ).build()
        for i, prompt in enumerate(prompts):
            rows = seen.value["token_ids"][i]
            seen.check(len(rows) == size, f"{size} responses to each prompt were asked for, not {len(rows)}")
            ids = torch.tensor([IDS[c] for c in prompt])
            with torch.no_grad():
                expected = torch.stack([oracle(model, ids, r, temperature) for r in rows])
            seen["log_probs"][i].close(expected)

    @for_all(examples=4, temperature=st.floats(0.25, 2), seed=st.integers(0, 10**6))
    def test_samples_at_any_temperature(self, observe, temperature, seed):
        # A share differs from p by six standard deviations once in 500 million.
        count = 200
        seen = observe(scenarios.generate_ambiguous, count, max_new_tokens=1, temperature=temperature, seed=seed)
        expected = (double([-50.0, 0.0, 0.5, 0.5, 0.2]) / temperature).softmax(0)[1:]
        ids = torch.stack([r[0] for r in seen.value["token_ids"]])
        seen.check(len(ids) == count, f"{count} responses were asked for, not {len(ids)}")
        share = torch.bincount(ids, minlength=5).double()[1:] / count
        error = (share - expected).abs() / (expected * (1 - expected) / count).sqrt()
        seen.check(float(error.max()) < 6, "the responses are not sampled at config.temperature")
        seen["log_probs"].close((double([-50.0, 0.0, 0.5, 0.5, 0.2]) / temperature).log_softmax(0)[ids])


@pytest.mark.exercise("13.6")
class TestComputeRewards:
    def test_groups_of_different_sizes(self, observe):
        seen = observe(scenarios.score, ["p", "q", "r"], [["a"], ["bb", "", "ccc"], ["dd", "e"]])
        seen["rewards"].close([torch.tensor([1.0]), torch.tensor([2.0, 0.0, 3.0]), torch.tensor([2.0, 1.0])])

    def test_calls_the_reward_function_once(self, observe):
        seen = observe(scenarios.score, ["p", "q"], [["a", "b"], ["c", "d"]], answer=[1, 2], note=["x", "y"])
        seen.check(len(seen.value["calls"]) == 1, "one call with all responses: a reward model needs the whole batch")
        seen["calls"][0]["columns"].close({"answer": [1, 1, 2, 2], "note": ["x", "x", "y", "y"]})

    def test_a_reward_model_goes_through_the_same_interface(self, observe):
        seen = observe(scenarios.score_by_model, ["7", "1"], [["7", "11"], ["777"]])
        seen.close([torch.tensor([1.0, 1 / 3]), torch.tensor([0.75])], rtol=1e-5)

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
    def test_refuses_a_reward_that_is_not_finite(self, observe, value):
        with observe.raises(ValueError, match=r"\d", says="names the index of the response, 2"):
            observe(scenarios.score, ["p", "q"], [["a", "b"], ["c"]], values=[0.0, 0.0, value])

    @pytest.mark.parametrize("index", [0, 3])
    def test_names_the_response_whose_reward_is_not_finite(self, observe, index):
        values = [float("nan") if i == index else 0.0 for i in range(5)]
        with observe.raises(ValueError, match=rf"(?<![\d.]){index}(?![\d.]\d|\d)", says=f"names the response, {index}"):
            observe(scenarios.score, ["p", "q"], [["a", "b"], ["c", "d", "e"]], values=values)

    def test_rewards_become_float32(self, observe):
        seen = observe(scenarios.score, ["p", "q"], [["a"], ["b", "c"]], values=[1, 0, 1])
        seen.check(
            all(r.dtype == torch.float32 for r in seen.value["rewards"]),
            "a reward function may give whole numbers, but the tensors of rewards must be float32",
        )
        seen["rewards"].close([torch.tensor([1.0]), torch.tensor([0.0, 1.0])])

    def test_texts_are_scored_as_they_are(self, observe):
        seen = observe(scenarios.score, ["p ", "q"], [[" a\n", "a"], [" "]])
        seen["calls"][0]["responses"].close([" a\n", "a", " "])
        seen["calls"][0]["prompts"].close(["p ", "p ", "q"])

    @pytest.mark.parametrize("values", [[1.0], [1.0, 2.0, 3.0]])
    def test_refuses_the_wrong_number_of_rewards(self, observe, values):
        with observe.raises(ValueError):
            observe(scenarios.score, ["p"], [["a", "b"]], values=values)

    def test_refuses_a_configuration_without_reward(self, observe):
        with observe.raises(ValueError, match="reward"):
            observe(scenarios.score_without_reward)

    @for_all(
        examples=15,
        groups=st.lists(
            st.tuples(
                st.text("pq1 ", max_size=3),
                st.lists(st.text("ab2 ", max_size=3), min_size=1, max_size=3),
                st.integers(-99, 99),
            ),
            min_size=1,
            max_size=4,
        ),
        first=st.integers(-40, 40),
    )
    def test_holds_for_all_groups(self, observe, groups, first):
        prompts, responses, answers = (list(column) for column in zip(*groups, strict=True))
        count = sum(map(len, responses))
        values = [(first + 3 * n) / 4 for n in range(count)]
        seen = observe(scenarios.score, prompts, responses, values=values, answer=answers)
        rest = iter(values)
        seen["rewards"].close([torch.tensor([next(rest) for _ in group]) for group in responses])
        repeated = {
            "prompts": [p for p, group in zip(prompts, responses, strict=True) for _ in group],
            "responses": [r for group in responses for r in group],
            "columns": {"answer": [a for a, group in zip(answers, responses, strict=True) for _ in group]},
        }
        seen["calls"].close([repeated])


def model_from(weights):
    model = Spec(
        "lab.models.tiny_language_models:TinyLM", {"vocab_size": len(weights["tokens"])}, dtype="float64"
    ).build()
    model.load_state_dict(weights)
    return model


def expected_step(before, rows, beta=0.1, max_grad_norm=1.0, lr=0.1, temperature=1.0):
    """What one training step must do, written as loops: the loss, the gradient norm and the new weights."""
    model = model_from(before)
    losses = []
    for prompt, responses, rewards in rows:
        prompt = torch.tensor([IDS[c] for c in prompt])
        group = [torch.tensor([*(IDS[c] for c in r), 1]) for r in responses]
        shares = [math.exp((r - max(rewards)) / beta) for r in rewards]
        losses.append(-sum(s / sum(shares) * oracle(model, prompt, r, temperature) for s, r in zip(shares, group, strict=True)))  # fmt: skip
    loss = sum(losses) / len(losses)
    loss.backward()
    norm = math.sqrt(sum((p.grad**2).sum().item() for p in model.parameters() if p.grad is not None))
    scale = min(1.0, max_grad_norm / norm)
    after = {n: (p - lr * scale * p.grad).detach() for n, p in model.named_parameters()}
    return {"loss": loss.item(), "grad_norm": norm}, after


quarters = st.integers(-8, 8).map(lambda n: n / 4)


@pytest.mark.exercise("13.7")
class TestTrainingStep:
    ROWS = (("1+1=", ["2", "13"], [1.0, 0.0]), ("3", ["", "45", "6"], [0.2, 0.5, 0.0]))

    @pytest.mark.parametrize("settings", [{}, {"beta": 1}, {"max_grad_norm": 0.01}, {"temperature": 0.5}])
    def test_equals_the_update_written_out(self, observe, settings):
        rows = [dict(zip(("prompt", "responses", "rewards"), r, strict=True)) for r in self.ROWS]
        seen = observe(scenarios.one_step, rows, max_grad_norm=settings.get("max_grad_norm", 1e6), **{k: v for k, v in settings.items() if k != "max_grad_norm"})  # fmt: skip
        metrics, after = expected_step(seen.value["before"], self.ROWS, **{"max_grad_norm": 1e6, **settings})
        # float32 rewards leave about 1e-7 in the weights
        seen["metrics"]["loss"].close(metrics["loss"], rtol=1e-5)
        seen["metrics"]["grad_norm"].close(metrics["grad_norm"], rtol=1e-4)
        seen["after"].close(after, rtol=1e-4, atol=1e-7)

    def test_old_gradients_are_cleared(self, observe):
        rows = [{"prompt": "1", "responses": ["2", "3"], "rewards": [1.0, 0.0]}]
        clean = observe(scenarios.one_step, rows).value["after"]
        observe(scenarios.one_step, rows, stale_gradient=True)["after"].close(
            clean, says="gradients that were left from before this step must not count"
        )

    def test_responses_without_rewards_are_scored(self, observe):
        scored = observe(scenarios.one_step, [{"prompt": "1", "responses": ["2", "333"]}], reward_is_length=True)
        scored["metrics"]["reward"].close(2.0)
        given = observe(scenarios.one_step, [{"prompt": "1", "responses": ["2", "333"], "rewards": [1.0, 3.0]}])
        scored["after"].close(given.value["after"])

    def test_rewards_that_the_rows_carry_are_used_as_they_are(self, observe):
        rows = [{"prompt": "1", "responses": ["2", "333"], "rewards": [1.0, 0.0]}]
        expected = observe(scenarios.one_step, rows).value["after"]
        observe(scenarios.one_step, rows, reward_is_length=True)["after"].close(expected)

    def test_metrics_are_means_over_all_responses(self, observe):
        rows = [
            {"prompt": "1", "responses": ["2"], "rewards": [1.0]},
            {"prompt": "3", "responses": ["44", "444", "4444"], "rewards": [0.0, 0.0, 0.0]},
        ]
        metrics = observe(scenarios.one_step, rows)["metrics"]
        metrics["reward"].close(0.25)
        metrics["response_length"].close((2 + 3 + 4 + 5) / 4)

    def test_an_online_step_trains_the_very_tokens_that_were_sampled(self, observe):
        # Cut-off responses have no EOS, and "ab" is one token or two, as it was drawn.
        seen = observe(scenarios.ambiguous_step)
        table = seen.value["before"].clone().requires_grad_()
        texts, rows = zip(*((g["text"], g["token_ids"]) for g in seen.value["generated"]), strict=True)
        weights = double([float(len(t)) for t in texts]).softmax(0)
        loss = -sum(
            w * table.log_softmax(-1)[torch.cat([torch.tensor([2]), r[:-1]]), r].sum()
            for w, r in zip(weights, rows, strict=True)
        )
        loss.backward()
        seen["after"].close((table - 0.5 * table.grad).detach(), rtol=1e-5, atol=1e-7)
        seen["metrics"]["response_length"].close(sum(map(len, rows)) / len(rows))

    def test_no_dropout(self, observe):
        rows = [{"prompt": "1", "responses": ["2", "33"], "rewards": [1.0, 0.0]}]
        expected = observe(scenarios.one_step, rows).value["after"]
        observe(scenarios.one_step, rows, dropout=0.5)["after"].close(expected)

    def test_rewards_without_responses_are_refused(self, observe):
        with observe.raises(ValueError, match="responses"):
            observe(scenarios.refused_step, [{"prompt": "1", "rewards": [1.0]}])

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ({"responses": ["2", "3"], "rewards": [1.0, 0.0]}, {}),
            ({"responses": ["2", "3"], "rewards": [1.0, 0.0]}, {"responses": ["3"]}),
            ({"responses": ["2", "3"]}, {}),
        ],
    )
    def test_rows_of_different_kinds_are_refused(self, observe, first, second):
        first, second = {"prompt": "1", **first}, {"prompt": "2", **second}
        for rows in ([first, second], [second, first]):
            with observe.raises(ValueError):
                observe(scenarios.refused_step, rows)

    def test_other_columns_reach_the_reward_function(self, observe):
        seen = observe(scenarios.one_step_with_columns, [{"prompt": "1", "answer": 5}, {"prompt": "2", "answer": 6}])
        seen.close([{"prompts": ["1", "1", "2", "2"], "responses": 4, "columns": {"answer": [5, 5, 6, 6]}}])

    def test_metrics_are_plain_numbers(self, observe):
        seen = observe(scenarios.one_step, [{"prompt": "1", "responses": ["2", "3"], "rewards": [1.0, 0.0]}])
        for name in ("loss", "reward", "grad_norm", "response_length"):
            seen["metrics"][name].check(
                type(seen.value["metrics"][name]) is float, f"{name} must be a float, not a tensor"
            )

    @for_all(
        examples=6,
        rows=st.lists(
            st.tuples(
                st.text("0123456789+-*/=", min_size=1, max_size=3),
                st.lists(st.tuples(st.text("0123456789", max_size=3), quarters), min_size=2, max_size=3),
            ),
            min_size=1,
            max_size=2,
        ),
        beta=st.floats(0.25, 4),
        seed=st.integers(0, 10**6),
    )
    def test_holds_for_all_rows(self, observe, rows, beta, seed):
        rows = [(prompt, *map(list, zip(*group, strict=True))) for prompt, group in rows]
        given = [dict(zip(("prompt", "responses", "rewards"), r, strict=True)) for r in rows]
        seen = observe(scenarios.one_step, given, seed=seed, beta=beta, max_grad_norm=1e6)
        before = (
            Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": VOCABULARY}, seed=seed, dtype="float64")
            .build()
            .state_dict()
        )
        metrics, after = expected_step(before, rows, beta=beta, max_grad_norm=1e6)
        seen["metrics"]["loss"].close(metrics["loss"], rtol=1e-5)
        seen["metrics"]["grad_norm"].close(metrics["grad_norm"], rtol=1e-4)
        rewards = [reward for _, _, group in rows for reward in group]
        seen["metrics"]["reward"].close(sum(rewards) / len(rewards), rtol=1e-5, atol=1e-6)
        seen["after"].close(after, rtol=1e-4, atol=1e-7)


@pytest.mark.exercise("13.8")
class TestTrain:
    @for_all(examples=15, rows=st.integers(1, 7), size=st.integers(1, 4), steps=st.integers(1, 12))
    def test_epochs(self, observe, rows, size, steps):
        seen = observe(scenarios.train_order, num_rows=rows, batch_size=size, num_steps=steps)
        seen.check(len(seen.value["batches"]) == steps, f"train() must take num_steps={steps} steps")
        per_epoch = -(-rows // size)
        for start in range(0, steps - per_epoch + 1, per_epoch):
            epoch = [row for batch in seen.value["batches"][start : start + per_epoch] for row in batch]
            seen.check(sorted(epoch) == list(range(rows)), "each epoch goes through every row exactly once")

    def test_each_epoch_has_its_own_order(self, observe):
        batches = observe(scenarios.train_order, num_rows=20, batch_size=20, num_steps=3).value["batches"]
        seen = observe(scenarios.train_order, num_rows=20, batch_size=20, num_steps=3)
        seen.check(batches[0] != batches[1], "the second epoch has the order of the first: shuffle each time")
        seen.check(batches[0] != sorted(batches[0]), "the rows come in the file's order: shuffle them")

    def test_the_seed_decides_the_order(self, observe):
        orders = [observe(scenarios.train_order, 20, 20, 1, seed=s).value["batches"] for s in (0, 0, 1)]
        seen = observe(scenarios.train_order, 20, 20, 1)
        seen.check(orders[0] == orders[1] != orders[2], "the order must be drawn with the trainer's generator")

    def test_a_second_call_draws_on(self, observe):
        seen = observe(scenarios.train_twice, num_rows=20)
        seen.check(
            len(seen.value) == 2 and seen.value[0] != seen.value[1],
            "the second call of train() has the order of the first: the trainer's generator must go on",
        )

    @pytest.mark.trains
    @pytest.mark.parametrize("online", [False, True])
    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_it_learns(self, observe, online, seed):
        seen = observe(scenarios.learn, online=online, steps=60, seed=seed)
        before, after = (right_answers(seen.value[when]) for when in ("before", "after"))
        seen.check(before < 0.4, f"the untrained model is right with probability {before:.2f}; it should not know yet")
        seen.check(
            after > 0.8, f"after 60 steps the model is right with probability {after:.2f}; it should be 0.8 or more"
        )


def right_answers(weights):
    """The probability of the right first token, averaged over the three prompts of scenarios.learn."""
    model, letters = model_from(weights), {c: i + 2 for i, c in enumerate("abc1234")}
    with torch.no_grad():
        probs = model(torch.tensor([[letters[c]] for c in "abc"])).logits[:, -1].softmax(-1)
    return sum(float(probs[i, letters[c]]) for i, c in enumerate("123")) / 3
