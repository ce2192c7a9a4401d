"""Is the algorithm right? Every exercise of lesson 03, on small numbers that can be checked by hand."""

import itertools
import math

import pytest
import torch
from lesson03_many_at_once.attention.cached_attention import attend
from lesson03_many_at_once.batch.padding import left_pad, token_positions, visible_columns
from lesson03_many_at_once.testcases import scenarios

from course.base.object_spec import Spec
from course.base.property_tests import chosen_seed
from lab.models.drawn_logits import added

# The page's worked example: two prompts of three and five tokens, padded with id 0. "." is padding.
#   column    0 1 2 3 4          positions
#   row 0     . . 5 3 9          - - 0 1 2
#   row 1     5 3 6 3 9          0 1 2 3 4
PROMPTS = [[5, 3, 9], [5, 3, 6, 3, 9]]
MASK = [[0, 0, 1, 1, 1], [1, 1, 1, 1, 1]]


def bools(rows):
    return torch.tensor(rows).bool()


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def tensors(rows):
    return [torch.tensor(row) for row in rows]


def drawn():
    """A generator for inputs: grading uses another seed."""
    return torch.Generator().manual_seed(chosen_seed())


def transformer(**settings):
    """Weights of a transformer in float64, other ones for each seed."""
    kwargs = {"vocab_size": 10, **settings}
    return Spec("lab.models.tiny_language_models:TinyLM", kwargs, seed=chosen_seed(), dtype="float64")


def integer(generator, low, high):
    return int(torch.randint(low, high + 1, (), generator=generator))


def random_mask(generator, rows, columns):
    """Padding on the left and on the right, as in a batch of prompts and completions; at least one token."""
    mask = torch.zeros(rows, columns, dtype=torch.bool)
    for row in mask:
        start = integer(generator, 0, columns - 1)
        row[start : integer(generator, start + 1, columns)] = True
    return mask


@pytest.mark.exercise("03.1")
class TestLeftPad:
    def test_worked_example(self, observe):
        seen = observe(left_pad, tensors(PROMPTS), 0)
        seen[0].close(torch.tensor([[0, 0, 5, 3, 9], [5, 3, 6, 3, 9]]))
        seen[1].close(bools(MASK))

    def test_other_pad_id(self, observe):
        seen = observe(left_pad, tensors([[1, 2, 3], [4]]), 7)
        seen[0].close(torch.tensor([[1, 2, 3], [7, 7, 4]]))
        seen[1].close(bools([[1, 1, 1], [0, 0, 1]]))

    def test_a_prompt_may_hold_the_pad_id(self, observe):
        # pad = EOS, as in many released models; a chat has an EOS after each turn
        seen = observe(left_pad, tensors([[1, 5, 1], [1, 1, 6, 1]]), 1)
        seen[0].close(torch.tensor([[1, 1, 5, 1], [1, 1, 6, 1]]))
        seen[1].close(bools([[0, 1, 1, 1], [1, 1, 1, 1]]))

    def test_each_row_ends_with_its_prompt_on_drawn_prompts(self, observe):
        generator = drawn()
        lengths = [integer(generator, 1, 6) for _ in range(5)]
        prompts, pad = [torch.randint(9, (n,), generator=generator) for n in lengths], integer(generator, 0, 8)
        ids = [[pad] * (max(lengths) - n) + prompt.tolist() for n, prompt in zip(lengths, prompts, strict=True)]
        seen = observe(left_pad, prompts, pad)
        seen[0].close(torch.tensor(ids))
        seen[1].close(bools([[column >= max(lengths) - n for column in range(max(lengths))] for n in lengths]))


def close_on_tokens(seen, mask, expected):
    """Fails unless the positions of tokens are the expected ones, and those of padding stand in the table."""
    columns = mask.shape[1]
    inside = bool(((seen.value >= 0) & (seen.value < columns)).all())
    seen.check(inside, f"positions must be from 0 to {columns - 1}, on padding too: the model looks them up in a table")
    wrong = ((seen.value != expected) & mask).nonzero().tolist()
    if wrong:
        row, column = wrong[0]
        got, right = int(seen.value[row, column]), int(expected[row, column])
        seen.check(False, f"the token in row {row}, column {column} has position {got}; it should be {right}")


@pytest.mark.exercise("03.2")
class TestTokenPositions:
    def test_worked_example(self, observe):
        expected = torch.tensor([[0, 0, 0, 1, 2], [0, 1, 2, 3, 4]])
        close_on_tokens(observe(token_positions, bools(MASK)), bools(MASK), expected)

    def test_the_first_token_has_position_0(self, observe):
        mask = bools([[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, 1]])
        close_on_tokens(observe(token_positions, mask), mask, torch.tensor([[0, 0, 0, 0], [0, 0, 1, 2], [0, 1, 2, 3]]))

    def test_padding_on_both_sides(self, observe):
        # as in a trainer's batch: prompts padded on the left, completions on the right
        mask = bools([[0, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1]])
        expected = torch.tensor([[0, 0, 1, 2, 0, 0], [0, 1, 2, 3, 4, 5]])
        close_on_tokens(observe(token_positions, mask), mask, expected)

    def test_counts_the_tokens_before_on_drawn_masks(self, observe):
        mask = random_mask(drawn(), 5, 8)
        expected = torch.zeros(mask.shape, dtype=torch.long)
        for row in range(5):
            before = 0
            for column in range(8):
                expected[row, column] = before
                before += int(mask[row, column])
        close_on_tokens(observe(token_positions, mask), mask, expected)


@pytest.mark.exercise("03.3")
class TestVisibleColumns:
    def test_worked_example(self, observe):
        row_0 = [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 1, 0], [0, 0, 1, 1, 1]]
        row_1 = [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
        observe(visible_columns, bools(MASK), 5).close(bools([row_0, row_1]))

    def test_one_new_column_looks_at_all_tokens(self, observe):
        # a step with a cache: the newest column, and everything before it
        observe(visible_columns, bools(MASK), 1).close(bools([[[0, 0, 1, 1, 1]], [[1, 1, 1, 1, 1]]]))

    def test_several_new_columns_behind_a_cache(self, observe):
        # columns 3 and 4 are new: 3 must not look at 4
        expected = bools([[[0, 0, 1, 1, 0], [0, 0, 1, 1, 1]], [[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]])
        observe(visible_columns, bools(MASK), 2).close(expected)

    def test_padding_on_the_right(self, observe):
        expected = bools([[[1, 0, 0], [1, 1, 0], [1, 1, 0]]])
        observe(visible_columns, bools([[1, 1, 0]]), 3).close(expected)

    def test_equals_the_rule_on_drawn_masks(self, observe):
        generator = drawn()
        for columns in (4, 7):
            mask, new = random_mask(generator, 3, columns), integer(generator, 2, columns - 1)
            expected = torch.zeros(3, new, columns, dtype=torch.bool)
            for row, query, column in itertools.product(range(3), range(new), range(columns)):
                expected[row, query, column] = mask[row, column] and column <= columns - new + query
            observe(visible_columns, mask, new).close(expected)


def numbered(rows, columns, start=0.0):
    """Keys of one head of width 1: start + row * 10 + column."""
    return double([[[[start + 10 * row + column] for column in range(columns)]] for row in range(rows)])


@pytest.mark.exercise("03.4")
class TestKVCache:
    def test_the_first_update_finds_nothing(self, observe):
        keys, values = numbered(2, 3), numbered(2, 3, 0.5)
        observe(scenarios.use_cache, [("update", 0, keys, values)])[0].close((keys, values))

    def test_new_columns_come_behind_the_old_ones(self, observe):
        keys, values = numbered(2, 4), numbered(2, 4, 0.5)
        steps = [("update", 0, keys[:, :, a:b], values[:, :, a:b]) for a, b in ((0, 2), (2, 3), (3, 4))]
        seen = observe(scenarios.use_cache, steps)
        seen[1].close((keys[:, :, :3], values[:, :, :3]))
        seen[2].close((keys, values))

    def test_each_layer_for_itself(self, observe):
        k, v, kk, vv = (numbered(2, 2, start) for start in (0, 0.5, 100, 100.5))
        parts = [(0, k, v, slice(0, 1)), (1, kk, vv, slice(0, 1)), (0, k, v, slice(1, 2)), (1, kk, vv, slice(1, 2))]
        steps = [("update", layer, a[:, :, columns], b[:, :, columns]) for layer, a, b, columns in parts]
        seen = observe(scenarios.use_cache, steps)
        seen[2].close((k, v))
        seen[3].close((kk, vv))

    def test_repeat_keeps_the_copies_of_a_row_together(self, observe):
        new = numbered(4, 1, 7)
        steps = [("update", 0, numbered(2, 1), numbered(2, 1, 0.5)), ("repeat", 2), ("update", 0, new, -new)]
        seen = observe(scenarios.use_cache, steps)[1]
        seen[0].close(double([[[[0], [7]]], [[[0], [17]]], [[[10], [27]]], [[[10], [37]]]]))
        seen[1].close(double([[[[0.5], [-7]]], [[[0.5], [-17]]], [[[10.5], [-27]]], [[[10.5], [-37]]]]))

    def test_select_keeps_rows_in_the_given_order(self, observe):
        new = numbered(2, 1, 7)
        steps = [("update", 0, numbered(3, 1), numbered(3, 1, 0.5)), ("select", torch.tensor([2, 0])),
                 ("update", 0, new, -new)]  # fmt: skip
        seen = observe(scenarios.use_cache, steps)[1]
        seen[0].close(double([[[[20], [7]]], [[[0], [17]]]]))
        seen[1].close(double([[[[20.5], [-7]]], [[[0.5], [-17]]]]))

    def test_two_caches_share_nothing(self, observe):
        keys, others = torch.randn(2, 1, 1, 2, 1, generator=drawn(), dtype=torch.float64)
        seen = observe(scenarios.use_two_caches, keys, others)
        seen["second cache"].close((others, others))
        seen["first cache"][0].close(torch.cat([keys, others], 2))

    def test_equals_a_list_of_columns_on_drawn_steps(self, observe):
        generator = drawn()
        layers = 2
        rows, steps, expected = 3, [], []
        past = [[[], []] for _ in range(layers)]  # per layer: columns of keys and of values
        for _ in range(4):
            width = integer(generator, 1, 2)
            for layer in range(layers):
                new = torch.randn(2, rows, 2, width, 3, generator=generator, dtype=torch.float64)
                steps.append(("update", layer, new[0], new[1]))
                for columns, tensor in zip(past[layer], new, strict=True):
                    columns += [tensor[:, :, i] for i in range(width)]
                expected.append(tuple(torch.stack(columns, 2) for columns in past[layer]))
            times, chosen = integer(generator, 1, 2), torch.randint(rows, (2,), generator=generator)
            steps += [("select", chosen), ("repeat", times)]
            index = [row for row in chosen.tolist() for _ in range(times)]
            past = [[[column[index] for column in columns] for columns in pair] for pair in past]
            rows = len(index)
        seen = observe(scenarios.use_cache, steps)
        for i, both in enumerate(expected):
            seen[i].close(both)


# Width 1 and query 1: the score of a column is its key. Its weight is proportional to exp(key).
KEYS = double([[[[math.log(w)] for w in row]] for row in ([6, 1, 3], [1, 1, 2])])
VALUES = double([[[[v] for v in row]] for row in ([100, 8, 4], [8, 4, 2])])
VISIBLE = bools([[[0, 0, 0], [0, 1, 0], [0, 1, 1]], [[1, 0, 0], [1, 1, 0], [1, 1, 1]]])


def slow_attention(queries, keys, values, visible):
    """One query after the other, with Python numbers. Queries that may look at nothing give 0."""
    output = torch.zeros_like(queries)
    rows, heads, columns, width = queries.shape
    for b, h, t in itertools.product(range(rows), range(heads), range(columns)):
        allowed = [s for s in range(columns) if visible[b, t, s]]
        weights = [math.exp(float(queries[b, h, t] @ keys[b, h, s]) / math.sqrt(width)) for s in allowed]
        for weight, s in zip(weights, allowed, strict=True):
            output[b, h, t] += weight / sum(weights) * values[b, h, s]
    return output


def drawn_attention(rows=2, heads=2, columns=5, width=4):
    """Queries, keys, values and what is visible, with padding on the left."""
    generator = drawn()
    tensors = torch.randn(3, rows, heads, columns, width, generator=generator, dtype=torch.float64)
    start = 1 + torch.randperm(rows, generator=generator)[:, None, None]  # no two rows have as much padding
    column = torch.arange(columns)
    return [*tensors, (column >= start) & (column <= column[:, None])]


@pytest.mark.exercise("03.5")
class TestAttend:
    def test_worked_example(self, observe):
        # Row 0: column 0 is padding. The last query: (1 * 8 + 3 * 4) / 4 = 5. Row 1: (8 + 4 + 2 * 2) / 4 = 4.
        seen = observe(attend, torch.ones_like(KEYS), KEYS, VALUES, VISIBLE)
        seen[0][0][1:].close(double([[8], [5]]))
        seen[1][0].close(double([[8], [6], [4]]))

    def test_score_is_divided_by_the_root_of_the_width(self, observe):
        # Width 4, q = (2, 0, 0, 0), k = (log w, 0, 0, 0): the score is 2 log w / 2. Weights 1 and 3.
        wide = torch.nn.functional.pad(KEYS[:1, :, 1:], (0, 3))
        values = torch.nn.functional.pad(VALUES[:1, :, 1:], (0, 3))
        queries = torch.zeros_like(wide)
        queries[..., 0] = 2
        seen = observe(attend, queries, wide, values, bools([[[1, 0], [1, 1]]]))
        seen.close(double([[[[8, 0, 0, 0], [5, 0, 0, 0]]]]))

    def test_padding_that_looks_at_nothing_stays_finite(self, observe):
        seen = observe(attend, torch.ones_like(KEYS), KEYS, VALUES, VISIBLE)
        seen.check(bool(seen.value.isfinite().all()), "inf or NaN at padding: 0 * NaN is NaN in the next layer")

    def test_with_a_cache_one_column_after_the_other(self, observe):
        seen = observe(scenarios.attend_in_parts, torch.ones_like(KEYS), KEYS, VALUES, VISIBLE, [1, 1, 1])
        seen[0][0][1:].close(double([[8], [5]]))
        seen[1][0].close(double([[8], [6], [4]]))

    def test_layers_do_not_mix(self, observe):
        q, k, v, visible = drawn_attention()
        seen = observe(scenarios.attend_in_parts, q, k, v, visible, [3, 2], layers=2)
        seen.close(slow_attention(q, k, v, visible))

    def test_padding_belongs_to_the_row_and_not_to_the_head(self, observe):
        # Two rows and two heads. The second row is padded, for both heads; all scores are 0, so weights are equal.
        values = VALUES[1:].expand(2, 2, 3, 1) + double([[[[0.0]], [[10.0]]], [[[20.0]], [[30.0]]]])
        seen = observe(attend, torch.zeros_like(values), torch.zeros_like(values), values, VISIBLE.flip(0))
        seen[0].close(double([[[8], [6], [14 / 3]], [[18], [16], [44 / 3]]]))
        seen[1][0][1:].close(double([[24], [23]]))
        seen[1][1][1:].close(double([[34], [33]]))

    @pytest.mark.parametrize("widths", [[5], [3, 2], [1, 1, 2, 1]])
    def test_equals_the_loop_on_drawn_inputs(self, observe, widths):
        q, k, v, visible = drawn_attention()
        seen = observe(scenarios.attend_in_parts, q, k, v, visible, widths)
        seen.close(slow_attention(q, k, v, visible))

    def test_a_padded_batch_equals_each_text_alone(self, observe):
        # two layers: what the first one makes of padding goes into the second
        generator, spec = drawn(), transformer(layers=2)
        rows = [torch.randint(10, (n,), generator=generator) for n in (4, 1, 6)]
        weights = spec.build()
        seen = observe(scenarios.padded_logits, spec, rows)
        seen.close([weights(row[None]).logits[0].detach() for row in rows], rtol=1e-8)

    def test_gradient_reaches_queries_keys_and_values(self, observe):
        # against finite differences
        q, k, v, _ = drawn_attention(rows=1, heads=1, columns=2, width=2)
        visible = bools([[[1, 0], [1, 1]]])
        seen = observe(attend, q, k, v, visible, grad_of=("queries", "keys", "values"))
        for name, x in (("queries", q), ("keys", k), ("values", v)):
            gradient, numbers = torch.zeros(4, dtype=torch.float64), x.view(-1)  # the same memory as q, k, v
            for i in range(4):
                for step in (1e-6, -1e-6):
                    numbers[i] += step
                    gradient[i] += slow_attention(q, k, v, visible).sum() / (2 * step)
                    numbers[i] -= step
            seen.grad(name).close(gradient.view(x.shape), rtol=1e-5, atol=1e-8)


@torch.no_grad()
def alone(spec, prompts, group_size, completions, by_call=None):
    """The log-probs of the tokens of each completion: the model itself reads each text alone, without padding, mask or
    cache. Completion i belongs to prompt i // group_size. `by_call`: the seed of what is added to the logits of a
    first call with a row for each prompt, and of later ones with a row for each completion and one column."""
    model, log_probs, width = spec.build(), [], max(map(len, prompts))
    for i, token_ids in enumerate(completions):
        prompt = prompts[i // group_size]
        logits = model(torch.cat([prompt, token_ids])[None]).logits[0, len(prompt) - 1 : -1]
        if by_call is not None:
            first = added(by_call, (len(prompts), width, 10))[i // group_size, -1]
            later = [added(by_call, (i + 1, 1, 10), call)[i, 0] for call in range(1, len(token_ids))]
            logits = logits + torch.stack([first, *later])
        log_probs.append(logits.log_softmax(-1).gather(1, token_ids[:, None])[:, 0])
    return log_probs


NEVER = 99  # an EOS that is no token: nothing ends before max_new_tokens


@pytest.mark.exercise("03.6")
class TestGenerate:
    def test_log_probs_are_those_of_one_text_alone(self, observe):
        generator, spec = drawn(), transformer()
        prompts = [torch.randint(2, 10, (n,), generator=generator) for n in (3, 1, 6)]
        seen = observe(scenarios.draw, spec, prompts, 2, 4, chosen_seed(), eos=NEVER)
        seen.check(len(seen.value["token_ids"]) == 6, "3 prompts and a group of 2 make 6 completions")
        seen["log_probs"].close(alone(spec, prompts, 2, seen.value["token_ids"]), rtol=1e-8)

    def test_rows_that_end_early_do_not_disturb_the_others(self, observe):
        # Of 4 tokens one is EOS, so that some completions end in each step.
        spec, prompts = transformer(vocab_size=4), tensors([[2, 3, 2, 2], [3], [2, 0]])
        seen = observe(scenarios.draw, spec, prompts, 6, 5, chosen_seed())
        seen["log_probs"].close(alone(spec, prompts, 6, seen.value["token_ids"]), rtol=1e-8)

    def test_draws_from_the_model(self, observe):
        spec, prompts, count = transformer(), tensors([[3, 2, 6], [4]]), 200
        seen = observe(scenarios.draw, spec, prompts, count, 1, chosen_seed())
        for row, prompt in enumerate(prompts):
            expected = spec.build()(prompt[None]).logits[0, -1].softmax(-1).detach()
            tokens = torch.cat(seen.value["token_ids"][row * count : (row + 1) * count])
            share = torch.bincount(tokens, minlength=10) / count
            error = (share - expected).abs() / (expected * (1 - expected) / count).sqrt().clamp(min=1e-6)
            seen["token_ids"].check(
                float(error.max()) < 5,
                f"the shares of first tokens after prompt {row} are {share.tolist()}; they should be near "
                f"{[round(p, 3) for p in expected.tolist()]}",
            )

    def test_ends_with_the_first_eos_or_has_max_new_tokens(self, observe):
        seen = observe(scenarios.draw, transformer(vocab_size=4), tensors([[3, 2, 3], [2]]), 12, 3, chosen_seed())
        rows = [ids.tolist() for ids in seen.value["token_ids"]]
        seen["token_ids"].check(all(1 not in row[:-1] for row in rows), "a completion goes on after its EOS, token 1")
        ends = all(row[-1:] == [1] or len(row) == 3 for row in rows)
        seen["token_ids"].check(ends, "a completion of fewer than 3 tokens does not end with EOS, token 1")
        seen["token_ids"].check(max(map(len, rows)) == 3, "the longest of 24 completions must have max_new_tokens, 3")

    def test_a_single_completion(self, observe):
        seen = observe(scenarios.draw, transformer(), tensors([[3, 2]]), 1, 3, chosen_seed(), eos=NEVER)
        lengths = [len(ids) for ids in seen.value["token_ids"]]
        seen["token_ids"].check(lengths == [3], f"one completion of 3 tokens, not of {lengths}: nothing ends it early")

    def test_completions_of_a_prompt_differ(self, observe):
        seen = observe(scenarios.draw, transformer(), tensors([[3, 2]]), 16, 3, chosen_seed())["token_ids"]
        different = {tuple(ids.tolist()) for ids in seen.value}
        seen.check(len(different) > 5, f"only {len(different)} of 16 completions differ")

    def test_an_eos_in_a_prompt_ends_nothing(self, observe):
        # pad = EOS, too: in the prompt both are ordinary tokens
        spec, prompts = transformer(), tensors([[1, 4, 1, 3], [1, 5]])
        seen = observe(scenarios.draw, spec, prompts, 6, 2, chosen_seed(), pad_id=1)
        seen["log_probs"].close(alone(spec, prompts, 6, seen.value["token_ids"]), rtol=1e-8)
        longest = max(map(len, seen.value["token_ids"]))
        seen["token_ids"].check(longest == 2, f"the longest of 12 completions has {longest} tokens instead of 2")

    def test_token_forwards_of_the_worked_example(self, observe):
        # 2 prompts, 5 columns: 10. Then 2 passes with 4 rows and one column: 8. Together 18. The logits of this model
        # are others at each call, and in each row and column of its input.
        spec, prompts, seed = transformer(), tensors(PROMPTS), chosen_seed()
        seen = observe(scenarios.draw, spec, prompts, 2, 3, seed, eos=NEVER, by_call=seed)
        expected = alone(spec, prompts, 2, seen.value["token_ids"], by_call=seed)
        says = "the passes (rows, new columns) should be (2, 5), (4, 1), (4, 1)"
        seen["log_probs"].close(expected, rtol=1e-8, says=says)

    def test_stops_when_all_have_ended(self, observe):
        # Two tokens, and one is EOS: 2 completions hardly ever have 12 tokens.
        spec, seed = transformer(vocab_size=2), chosen_seed()
        seen = observe(scenarios.draw, spec, tensors([[0], [0, 0]]), 1, 12, seed, by_call=seed)
        longest = max(map(len, seen.value["token_ids"]))
        after = spec.build()(torch.tensor([[0]])).logits[0, 0].detach() + added(seed, (1, 1, 2), longest)[0, 0]
        says = f"the longest completion has {longest} tokens: {longest} passes, and the next call is call {longest}"
        seen["next logits"].close(after, says=says)

    def test_two_calls_do_not_share_a_cache(self, observe):
        spec, prompts, others = transformer(), tensors([[4, 2], [5]]), tensors([[3, 3, 6], [7]])
        seen = observe(scenarios.draw, spec, prompts, 1, 3, chosen_seed(), eos=NEVER, others=others)
        seen["log_probs"].close(alone(spec, prompts, 1, seen.value["token_ids"]), rtol=1e-8)
