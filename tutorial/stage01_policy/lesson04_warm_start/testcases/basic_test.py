"""Is the algorithm right? Every exercise of lesson 04, on small numbers that can be checked by hand."""

import math

import pytest
import torch
from lesson04_warm_start.data.examples import encode_pair, make_batch
from lesson04_warm_start.loss.sft import sft_loss
from lesson04_warm_start.testcases import scenarios

from course.base.object_spec import Spec
from course.base.property_tests import drawn
from lab.models.drawn_logits import added


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def ids(*rows):
    """1-D tensors of token ids."""
    return [torch.tensor(row) for row in rows]


# The worked example of the page. Token ids: padding 0, EOS 1, "1" 2, "2" 3, "=" 4.
TOKENIZER = Spec("lab.models.char_tokenizer:CharTokenizer", {"alphabet": "12="})
PAIRS = [tuple(ids([2, 3, 4], [3, 2, 1])), tuple(ids([2, 4], [2, 1]))]  # "12=" -> "21", "1=" -> "1"
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


def random_pairs(draw, count, vocab=9):
    """Pairs of random ids and lengths; ids 0 and 1 are among them."""
    return [
        tuple(ids(*([draw.randrange(vocab) for _ in range(draw.randint(1, 4))] for _ in range(2))))
        for _ in range(count)
    ]


@pytest.mark.exercise("04.1")
class TestEncodePair:
    def test_worked_example(self, observe):
        observe(encode_pair, TOKENIZER, "12=", "21").close(PAIRS[0])

    def test_a_tokenizer_with_bos(self, observe):
        # BOS has id 5. It stands once, in front of the prompt.
        tokenizer = Spec("lab.models.char_tokenizer:CharTokenizer", {"alphabet": "12=", "bos": True})
        observe(encode_pair, tokenizer, "12=", "21").close(tuple(ids([5, 2, 3, 4], [3, 2, 1])))

    def test_no_token_crosses_the_border(self, observe):
        # "=" and the digit b are one token, id 13, if prompt and completion are encoded together.
        a, b = drawn().sample(range(10), 2)
        kwargs = {"alphabet": "0123456789=", "merges": [f"={b}"]}
        seen = observe(encode_pair, Spec("lab.models.char_tokenizer:CharTokenizer", kwargs), f"{a}=", f"{b}{a}")
        seen.close(tuple(ids([a + 2, 12], [b + 2, a + 2, 1])))

    def test_padding_with_the_id_of_eos(self, observe):
        tokenizer = Spec("lab.models.char_tokenizer:CharTokenizer", {"alphabet": "12=", "pad_is_eos": True})
        observe(encode_pair, tokenizer, "1=", "1").close(PAIRS[1])

    def test_drawn_texts(self, observe):
        draw = drawn()
        tokenizer = Spec("lab.models.char_tokenizer:CharTokenizer", {"alphabet": "0123456789=", "bos": True})
        for _ in range(4):
            texts = ["".join(draw.choices("0123456789", k=draw.randint(1, 5))) for _ in range(2)]
            rows = [[int(digit) + 2 for digit in text] for text in texts]
            observe(encode_pair, tokenizer, *texts).close(tuple(ids([13, *rows[0]], [*rows[1], 1])))


@pytest.mark.exercise("04.2")
class TestMakeBatch:
    def test_worked_example(self, observe):
        observe(make_batch, PAIRS, 0, 16).close((IDS, LABELS))

    def test_eos_keeps_its_label_if_padding_has_the_same_id(self, observe):
        padded = IDS.masked_fill(IDS == 0, 1)
        observe(make_batch, PAIRS, 1, 16).close((padded, LABELS))

    def test_a_completion_that_was_cut_off_gets_no_eos(self, observe):
        observe(make_batch, [tuple(ids([2, 4], [3, 3]))], 0, 16).close(
            (torch.tensor([[2, 4, 3, 3]]), torch.tensor([[-100, -100, 3, 3]]))
        )

    def test_a_long_row_loses_its_end(self, observe):
        expected = IDS[:, :4], torch.tensor([[-100, -100, -100, 3], [-100, -100, 2, 1]])
        observe(make_batch, PAIRS, 0, 4).close(expected)

    def test_equals_place_by_place(self, observe):
        draw = drawn()
        for _ in range(4):
            pairs, limit, pad = random_pairs(draw, 3), draw.randint(5, 8), draw.randrange(9)
            rows = [[*p.tolist(), *c.tolist()][:limit] for p, c in pairs]
            width = max(map(len, rows))
            tokens, labels = torch.full((3, width), pad), torch.full((3, width), -100)
            for i, row in enumerate(rows):
                for t, token in enumerate(row):
                    tokens[i, t] = token
                    if t >= len(pairs[i][0]):
                        labels[i, t] = token
            observe(make_batch, pairs, pad, limit).close((tokens, labels))


def random_table(draw):
    """Logits of the next token, a row for each last token."""
    return double([[draw.gauss(0, 1) for _ in range(5)] for _ in range(5)])


def slow_loss(logits, labels):
    """The sum over the labels, place by place, and their number."""
    total, count = 0.0, 0
    for row, row_labels in zip(logits.tolist(), labels.tolist(), strict=True):
        for t, label in enumerate(row_labels):
            if label != -100:
                weights = [math.exp(x) for x in row[t - 1]]
                total -= math.log(weights[label] / sum(weights))
                count += 1
    return total, count


@pytest.mark.exercise("04.3")
class TestSftLoss:
    LOGITS = double(PROBABILITIES).log()[IDS]

    def test_worked_example(self, observe):
        # 0.5 * 0.25 * 0.8 * 0.25 * 0.8 = 0.02, five labels: ln(50) / 5
        observe(sft_loss, self.LOGITS, LABELS).close(double(math.log(50) / 5))

    def test_one_row(self, observe):
        observe(sft_loss, self.LOGITS[:1], LABELS[:1]).close(double(math.log(10) / 3))

    def test_denominator(self, observe):
        # A part of a batch that has 8 labels in all
        observe(sft_loss, self.LOGITS[1:], LABELS[1:], 8.0).close(double(math.log(5) / 8))

    def test_logits_need_not_be_log_probs(self, observe):
        observe(sft_loss, self.LOGITS + 3, LABELS).close(double(math.log(50) / 5))

    def test_gradient(self, observe):
        # (p - onehot(label)) / 5 at the place before each label, 0 everywhere else
        logits, expected = random_table(drawn())[IDS], torch.zeros(2, 6, 5, dtype=torch.float64)
        for row, t, label in [(0, 2, 3), (0, 3, 2), (0, 4, 1), (1, 1, 2), (1, 2, 1)]:
            expected[row, t] = logits[row, t].softmax(0) / 5
            expected[row, t, label] -= 1 / 5
        observe(sft_loss, logits, LABELS, grad_of="logits").grad("logits").close(expected)

    def test_padding_adds_nothing(self, observe):
        # Three more columns of padding, with logits of their own
        logits = torch.cat([self.LOGITS, 7 * self.LOGITS[:, :3]], 1)
        labels = torch.cat([LABELS, torch.full((2, 3), -100)], 1)
        observe(sft_loss, logits, labels).close(double(math.log(50) / 5))

    def test_equals_place_by_place(self, observe):
        draw = drawn()
        for rows, width in [(3, 2), (1, 4), (draw.randint(1, 3), draw.randint(3, 6))]:
            logits = double([[[draw.gauss(0, 2) for _ in range(7)] for _ in range(width)] for _ in range(rows)])
            labels = [[draw.choice([-100, 0, 1, 5, 6]) for _ in range(width)] for _ in range(rows)]
            labels = torch.tensor([[-100, *row[2:], draw.randrange(7)] for row in labels])
            labels[-1, -1] = 0  # the smallest id is a token like any other
            labels[:-1, -1][:1] = -100  # a row without a label, if there are several rows of two columns
            total, count = slow_loss(logits, labels)
            observe(sft_loss, logits, labels).close(double(total / count))
            observe(sft_loss, logits, labels, count + 2.5).close(double(total / (count + 2.5)))


def table_after(lr=0.5):
    """The weights of TABLE after one update by hand: after "=" come "2" and "1" once each, after "2" comes "1", and
    after "1" comes EOS twice."""
    logits = double(PROBABILITIES).log()
    for last, label in [(4, 3), (3, 2), (2, 1), (4, 2), (2, 1)]:
        logits[last] -= lr * double(PROBABILITIES[last]) / 5
        logits[last, label] += lr / 5
    return {"logits": logits}


def slow_update(table, tokens, labels, lr, more=(0,) * 9):
    """A table's logits after one SGD update on the mean over all labels, place by place. `more` is added to the logits
    of each column."""
    after, count = table.clone(), (labels != -100).sum().item()
    for row, row_labels in zip(tokens.tolist(), labels.tolist(), strict=True):
        for t, label in enumerate(row_labels):
            if label != -100:
                after[row[t - 1]] -= lr * (table[row[t - 1]] + more[t - 1]).softmax(0) / count
                after[row[t - 1], label] += lr / count
    return after


@pytest.mark.exercise("04.4")
class TestSftUpdate:
    def test_worked_example(self, observe):
        seen = observe(scenarios.update, TABLE, IDS, LABELS)
        seen["losses"].close([math.log(50) / 5])
        seen["weights"].close(table_after())

    @pytest.mark.parametrize("size", [1, 2, 3])
    def test_micro_batches_change_nothing(self, observe, size):
        # Four rows with 3, 2, 3 and 3 labels, so that the mean over the parts' means is another number.
        tokens, labels = IDS[[0, 1, 0, 0]], LABELS[[0, 1, 0, 0]]
        seen = observe(scenarios.update, TABLE, tokens, labels, size)
        seen["steps"].close(1, says="one optimizer step for the whole batch, not one for each part")
        seen["losses"].close([math.log(10 * 5 * 10 * 10) / 11])
        seen["weights"].close({"logits": slow_update(double(PROBABILITIES).log(), tokens, labels, 0.5)})

    def test_micro_batches_are_no_larger_than_asked_for(self, observe):
        # The logits of this model depend on the row of its input. In parts of one row, all rows are row 0.
        seed, tokens, labels = drawn().randrange(10**6), IDS[[0, 1, 0]], LABELS[[0, 1, 0]]
        seen = observe(scenarios.update, TABLE, tokens, labels, 1, by_row=seed)
        after = slow_update(double(PROBABILITIES).log(), tokens, labels, 0.5, added(seed, (1, 6, 5))[0])
        seen["weights"].close({"logits": after}, says="with micro_batch_size=1, a forward pass has one row")

    def test_gradients_from_before_do_not_count(self, observe):
        seen = observe(scenarios.update, TABLE, IDS, LABELS, left_over=drawn().uniform(1, 3))
        seen["weights"].close(table_after())

    def test_several_updates(self, observe):
        seen = observe(scenarios.update, TABLE, IDS, LABELS, 1, updates=3)
        table, losses = double(PROBABILITIES).log(), []
        for _ in range(3):
            total, count = slow_loss(table[IDS], LABELS)
            losses.append(total / count)
            table = slow_update(table, IDS, LABELS, 0.5)
        seen["losses"].close(losses)
        seen["weights"].close({"logits": table})

    def test_equals_place_by_place(self, observe):
        draw = drawn()
        for size in (0, 2):
            table = random_table(draw)
            tokens = torch.tensor([[draw.randrange(5) for _ in range(6)] for _ in range(5)])
            labels = tokens.clone()
            for row in labels:
                row[: draw.randint(1, 5)] = -100
            model = Spec("lab.models.tiny_language_models:BigramLM", {"logits": table})
            seen = observe(scenarios.update, model, tokens, labels, size, lr=0.3)
            seen["weights"].close({"logits": slow_update(table, tokens, labels, 0.3)})
            total, count = slow_loss(table[tokens], labels)
            seen["losses"].close([total / count])


A, B = ids([2, 4], [3, 4])  # two prompts
RIGHT, OTHER, WRONG = ids([2, 1], [2, 2, 1], [3, 1])  # completions


@pytest.mark.exercise("04.5")
class TestKeepRight:
    def test_keeps_what_was_right(self, observe):
        completions, rewards = [[WRONG, RIGHT], [OTHER, WRONG]], [[0.0, 1.0], [1.0, 0.0]]
        seen = observe(scenarios.keep, [], [A, B], completions, rewards)
        seen["kept"].close([([2, 4], [2, 1]), ([3, 4], [2, 2, 1])])

    def test_a_completion_of_a_prompt_stands_once(self, observe):
        # RIGHT was drawn three times for A; it counts for B, too, which is another prompt.
        seen = observe(scenarios.keep, [], [A, B], [[RIGHT, RIGHT, OTHER, RIGHT], [RIGHT]], [[1.0] * 4, [1.0]])
        seen["kept"].close([([2, 4], [2, 1]), ([2, 4], [2, 2, 1]), ([3, 4], [2, 1])])

    def test_the_pool_stays_and_comes_first(self, observe):
        seen = observe(scenarios.keep, [(B, OTHER), (A, RIGHT)], [A, B], [[RIGHT, OTHER], [WRONG]], [[1.0, 1.0], [0.0]])
        seen["kept"].close([([3, 4], [2, 2, 1]), ([2, 4], [2, 1]), ([2, 4], [2, 2, 1])])

    def test_no_more_than_per_prompt(self, observe):
        more = ids(*([2] * n + [1] for n in range(1, 6)))
        seen = observe(scenarios.keep, [], [A, B], [more, more[:1]], [[1.0] * 5, [1.0]], per_prompt=2)
        seen["kept"].close([([2, 4], [2, 1]), ([2, 4], [2, 2, 1]), ([3, 4], [2, 1])])

    def test_what_the_pool_has_counts_for_per_prompt(self, observe):
        seen = observe(scenarios.keep, [(A, RIGHT)], [A], [[RIGHT, OTHER, WRONG]], [[1.0, 1.0, 1.0]], per_prompt=2)
        seen["kept"].close([([2, 4], [2, 1]), ([2, 4], [2, 2, 1])])

    def test_partial_credit_is_not_kept(self, observe):
        seen = observe(scenarios.keep, [], [A], [[RIGHT, OTHER, WRONG]], [[0.1, 0.9, -1.0]])
        seen["kept"].close([])

    def test_equals_one_after_the_other(self, observe):
        draw = drawn()
        for _ in range(4):
            prompts = [draw.choice([[2], [3], [2, 3]]) for _ in range(4)]
            drawn_now = [[[draw.choice([2, 3]), 1] for _ in range(5)] + [[2, 2, 1]] for _ in prompts]
            rewards = [[draw.choice([0.0, 0.5, 1.0, 1.0]) for _ in range(6)] for _ in prompts]
            pool, limit = [([2], [3, 1]), ([2, 3], [2, 1])], draw.randint(1, 3)
            expected = list(pool)
            for prompt, group, earned in zip(prompts, drawn_now, rewards, strict=True):
                for completion, r in zip(group, earned, strict=True):
                    full = sum(p == prompt for p, _ in expected) >= limit
                    if r == 1 and (prompt, completion) not in expected and not full:
                        expected.append((prompt, completion))
            seen = observe(
                scenarios.keep, [tuple(ids(*pair)) for pair in pool], ids(*prompts),
                [ids(*group) for group in drawn_now], rewards, limit,
            )  # fmt: skip
            seen["kept"].close(expected)


ONE = Spec("lab.models.tiny_language_models:BigramLM", {"logits": [[0.0]]})  # its weight counts the calls of fit


@pytest.mark.exercise("04.6")
class TestExpertIteration:
    # Two rounds. In the first, A is answered rightly once of twice, B never. In the second both are, A otherwise.
    ROUNDS = [[A, B], [B, A]]
    ANSWERS = [[[WRONG, RIGHT], [WRONG, WRONG]], [[OTHER, WRONG], [OTHER, RIGHT]]]
    REWARDS = [([2, 4], [2, 1], 1.0), ([2, 4], [2, 2, 1], 1.0), ([3, 4], [2, 2, 1], 1.0), ([2, 4], [3, 1], 0.5)]
    DEMONSTRATION = ([4, 4], [3, 1])

    def run(self, observe, demonstrations=(DEMONSTRATION,), **options):
        pairs = [tuple(ids(*pair)) for pair in demonstrations]
        return observe(scenarios.iterate, ONE, self.ROUNDS, self.ANSWERS, self.REWARDS, pairs, **options)

    def test_each_round_samples_and_then_fits(self, observe):
        seen = self.run(observe)
        seen["calls"].close(["sample", "fit", "sample", "fit"])
        seen["asked"].close([[[2, 4], [3, 4]], [[3, 4], [2, 4]]])

    def test_fits_to_everything_that_was_right_so_far(self, observe):
        first = [self.DEMONSTRATION, ([2, 4], [2, 1])]
        self.run(observe)["fitted"].close([first, [*first, ([3, 4], [2, 2, 1]), ([2, 4], [2, 2, 1])]])

    def test_samples_with_the_model_as_it_is_now(self, observe):
        seen = self.run(observe)
        seen["weight when asked"].close([0.0, 1.0], says="each round must sample with the model that was fitted last")
        seen["weight"].close(2.0, says="the caller's model must be the one that was fitted")

    def test_history(self, observe):
        # 1 of 4 completions was right, then 3 of 4; one of them was in the pool before
        seen = self.run(observe)
        seen["history"].close([{"right": 0.25, "pool": 2}, {"right": 0.75, "pool": 4}])

    def test_per_prompt(self, observe):
        seen = self.run(observe, per_prompt=1)
        seen["history"].close([{"right": 0.25, "pool": 2}, {"right": 0.75, "pool": 3}])

    def test_nothing_new_but_a_pool(self, observe):
        answers = [[[WRONG], [WRONG]]] * 2
        seen = observe(scenarios.iterate, ONE, self.ROUNDS, answers, self.REWARDS, [(A, RIGHT)])
        seen["fitted"].close([[([2, 4], [2, 1])]] * 2)

    def test_drawn_rounds(self, observe):
        # The first and the last round have no right answer: there is nothing to imitate yet, or nothing new.
        draw, among = drawn(), ([4], [2, 3], [2, 3], [4])
        prompts = [[draw.randrange(2, 9), 4] for _ in range(12)]
        rounds = [ids(*prompts[i : i + 3]) for i in (0, 3, 6, 9)]
        answers = [[ids(*([draw.choice(of), 1] for _ in range(3))) for _ in range(3)] for of in among]
        credit = {tuple(p): draw.sample([draw.uniform(0.2, 0.8), 1.0], 2) for p in prompts}  # one answer is right
        rewards = [(list(p), [d, 1], r) for p, both in credit.items() for d, r in zip((2, 3), both, strict=True)]
        seen = observe(scenarios.iterate, ONE, rounds, answers, rewards, [])
        earned = {(tuple(p), tuple(c)): r for p, c, r in rewards}
        pool, history, fitted, weights = [], [], [], []
        for asked, given in zip(rounds, answers, strict=True):
            tried = [(p.tolist(), c.tolist()) for p, group in zip(asked, given, strict=True) for c in group]
            right = [pair for pair in tried if earned.get((tuple(pair[0]), tuple(pair[1]))) == 1]
            weights.append(float(len(fitted)))
            pool = pool + [pair for i, pair in enumerate(right) if pair not in pool and pair not in right[:i]]
            fitted += [list(pool)] if pool else []
            history.append({"right": len(right) / len(tried), "pool": len(pool)})
        seen["history"].close(history)
        seen["fitted"].close(fitted)
        seen["weight when asked"].close(weights, says="each round must sample with the model that was fitted last")
