"""Is the algorithm right? Every exercise of lesson 13, on small numbers that can be checked by hand."""

import itertools
import math

import pytest
import torch
from lesson13_grpo.loss.grpo import compute_grpo_loss, sequence_log_probs
from lesson13_grpo.testcases import scenarios

from course.base.object_spec import Spec
from course.base.property_tests import drawn

# The ids of lab's toy tokenizer: pad 0, eos 1, then the characters 0 1 2 ... 9 + - * / = from 2 on.
IDS = {c: i + 2 for i, c in enumerate("0123456789+-*/=")}


def ids(text, eos=False):
    return torch.tensor([*(IDS[c] for c in text), *([1] if eos else [])])


def digits(draw, least, most):
    """A text of that many digits."""
    return "".join(draw.choices("0123456789", k=draw.randint(least, most)))


def some_seed():
    return drawn().randrange(10**6)


def slow_log_prob(model, prompt, response, temperature=1.0):
    """log p(response | prompt): one forward pass for each token, without padding, shift or mask."""
    total, row = 0.0, prompt
    for token in response:
        total = total + (model(row[None]).logits[0, -1] / temperature).log_softmax(-1)[token]
        row = torch.cat([row, token[None]])
    return total


@pytest.mark.exercise("13.1")
class TestItems:
    ROW = {"prompt": "2+3=", "responses": ["5", "6"], "rewards": [1.0, 0.0], "answer": 5}

    def test_encodes_the_prompt(self, observe):
        observe(scenarios.read_dataset, [self.ROW])[0]["prompt_ids"].close(ids("2+3="))

    def test_ends_every_response_with_eos(self, observe):
        item = observe(scenarios.read_dataset, [self.ROW])[0]
        item["response_ids"].close([ids("5", eos=True), ids("6", eos=True)])

    def test_gives_the_rewards_as_a_tensor(self, observe):
        observe(scenarios.read_dataset, [self.ROW])[0]["rewards"].close(torch.tensor([1.0, 0.0]))

    def test_passes_texts_and_other_columns_through(self, observe):
        answer = some_seed()
        item = observe(scenarios.read_dataset, [{**self.ROW, "answer": answer}])[0]
        item["prompt"].close("2+3=")
        item["responses"].close(["5", "6"])
        item["answer"].close(answer)

    def test_gives_none_if_a_row_has_only_a_prompt(self, observe):
        item = observe(scenarios.read_dataset, [{"prompt": digits(drawn(), 3, 6)}])[0]
        for name in ("responses", "response_ids", "rewards"):
            item[name].close(None)

    def test_uses_the_first_num_samples_responses(self, observe):
        text = digits(drawn(), 6, 6)
        row = {"prompt": text, "responses": ["2", text, "4"], "rewards": [0.5, 0.25, 0.125]}
        item = observe(scenarios.read_dataset, [row], num_samples=2)[0]
        item["response_ids"].close([ids("2", eos=True), ids(text, eos=True)])
        item["rewards"].close(torch.tensor([0.5, 0.25]))
        item["responses"].close(["2", text])

    def test_a_long_prompt_loses_its_beginning(self, observe):
        text = digits(drawn(), 6, 6)
        row = {"prompt": text, "responses": ["7", "7890"]}
        item = observe(scenarios.read_dataset, [row], max_length=4)[0]
        item["prompt_ids"].close(ids(text[-3:]))
        item["response_ids"].close([ids("7"), ids("7")])  # one token fits, so EOS is cut off

    def test_a_long_response_loses_its_end_and_its_eos(self, observe):
        text = digits(drawn(), 7, 7)
        row = {"prompt": "12", "responses": [text, text[:3], text[:2], text[:1]]}
        item = observe(scenarios.read_dataset, [row], max_length=5)[0]
        item["response_ids"].close([ids(text[:3]), ids(text[:3]), ids(text[:2], eos=True), ids(text[:1], eos=True)])

    def test_only_the_prompt_gets_the_special_tokens_in_front(self, observe):
        # With bos=True the toy tokenizer puts token 12 in front: pad 0, eos 1, and the ten digits from 2 on.
        text = digits(drawn(), 6, 6)
        row = {"prompt": text, "responses": [text]}
        item = observe(scenarios.read_dataset, [row], tokenizer={"alphabet": "0123456789", "bos": True})[0]
        item["prompt_ids"].close(torch.tensor([12, *ids(text)]))
        item["response_ids"].close([ids(text, eos=True)])

    def test_rows_drawn_at_random(self, observe):
        draw = drawn()
        texts = [digits(draw, 1, 5) for _ in range(4)]
        row = {"prompt": digits(draw, 1, 5), "responses": texts, "rewards": [draw.randint(0, 9) for _ in texts]}
        item = observe(scenarios.read_dataset, [row])[0]
        item["prompt_ids"].close(ids(row["prompt"]))
        item["response_ids"].close([ids(text, eos=True) for text in texts])
        item["rewards"].close(torch.tensor(row["rewards"], dtype=torch.float32))


@pytest.mark.exercise("13.2")
class TestLoss:
    def test_worked_example(self, observe):
        # The weights are softmax(1 / 0.5, 0 / 0.5) = (0.8808, 0.1192); 0.8808 * 1 + 0.1192 * 2 = 1.1192
        log_probs, rewards = torch.tensor([-1.0, -2.0]), torch.tensor([1.0, 0.0])
        seen = observe(compute_grpo_loss, log_probs, rewards, beta=0.5, grad_of="log_probs")
        seen.close(1.119203, rtol=1e-5)
        seen.grad("log_probs").close(torch.tensor([-0.880797, -0.119203]), rtol=1e-5)

    def test_three_responses(self, observe):
        # softmax(4 / 2, 2 / 2, 0 / 2) = (0.6652, 0.2447, 0.0900); 0.6652 * 1 + 0.2447 * 2 + 0.0900 * 4 = 1.5148
        log_probs, rewards = torch.tensor([-1.0, -2.0, -4.0]), torch.tensor([4.0, 2.0, 0.0])
        observe(compute_grpo_loss, log_probs, rewards, beta=2.0).close(1.514822, rtol=1e-5)

    def test_equal_rewards_have_equal_weights(self, observe):
        x = drawn().uniform(0.1, 1.0)
        log_probs, rewards = torch.tensor([-x, -2 * x, -6 * x]), torch.tensor([x, x, x])
        observe(compute_grpo_loss, log_probs, rewards).close(3.0 * x, rtol=1e-5)

    def test_only_differences_of_rewards_count(self, observe):
        # As in the worked example. exp(50 / 0.5) is inf in float32: subtract the largest reward first, as softmax does.
        log_probs, lower = torch.tensor([-1.0, -2.0]), drawn().randint(50, 99)
        for rewards in (torch.tensor([lower + 1, lower]), torch.tensor([0.0, -1.0])):
            observe(compute_grpo_loss, log_probs, rewards, beta=0.5).close(1.119203, rtol=1e-5)

    def test_beta_is_a_tenth_by_default(self, observe):
        # softmax(5, 2.5) = (0.9241, 0.0759)
        observe(compute_grpo_loss, torch.tensor([-1.0, -2.0]), torch.tensor([0.5, 0.25])).close(1.075858, rtol=1e-5)

    def test_no_gradient_flows_into_the_rewards(self, observe):
        log_probs, rewards = torch.tensor([-1.0, -2.0]), torch.tensor([1.0, 0.0])
        seen = observe(compute_grpo_loss, log_probs, rewards, beta=0.5, grad_of=("log_probs", "rewards"))
        seen.grad("rewards").no_gradient("the rewards must carry no gradient: the weights are constants")

    def test_groups_drawn_at_random(self, observe):
        draw = drawn()
        for _ in range(3):
            size, beta = draw.randint(2, 6), draw.uniform(0.2, 2.0)
            log_probs, rewards = ([draw.uniform(-5.0, 0.0) for _ in range(size)] for _ in range(2))
            shares = [math.exp((r - max(rewards)) / beta) for r in rewards]
            weights = torch.tensor(shares) / sum(shares)
            arguments = (torch.tensor(log_probs), torch.tensor(rewards), beta)
            seen = observe(compute_grpo_loss, *arguments, grad_of=("log_probs", "rewards"))
            seen.close(-float(weights @ arguments[0]), rtol=1e-4)
            seen.grad("log_probs").close(-weights, rtol=1e-4)
            seen.grad("rewards").no_gradient("the rewards must carry no gradient: the weights are constants")


# After token 0 come the tokens 0, 1, 2 with probabilities 1/2, 1/4, 1/4, and so on: a model to calculate with.
PROBABILITIES = [[0.5, 0.25, 0.25], [0.2, 0.2, 0.6], [0.1, 0.8, 0.1]]
LOGITS = [[math.log(p) for p in row] for row in PROBABILITIES]
TABLE = Spec("lab.models.tiny_language_models:BigramLM", {"logits": LOGITS}, dtype="float32")
TINY = Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": 7, "layers": 2}, seed=1)


@pytest.mark.exercise("13.4")
class TestSequenceLogProbs:
    def test_sums_over_the_response_only(self, observe):
        # prompt 0 2 0; response 2 1 2: p(2 | 0) p(1 | 2) p(2 | 1) = 0.25 * 0.8 * 0.6; response 2: p(2 | 0) = 0.25
        group = [torch.tensor([2, 1, 2]), torch.tensor([2])]
        seen = observe(sequence_log_probs, TABLE, torch.tensor([0, 2, 0]), group)
        seen.close(torch.tensor([math.log(0.25 * 0.8 * 0.6), math.log(0.25)]), rtol=1e-5)

    def test_divides_the_logits_by_the_temperature(self, observe):
        # At temperature 1/2 probabilities are squared and rescaled: 1/16 of 1/4 + 1/16 + 1/16
        seen = observe(sequence_log_probs, TABLE, torch.tensor([0]), [torch.tensor([1])], temperature=0.5)
        seen.close(torch.tensor([math.log((1 / 16) / (3 / 8))]), rtol=1e-5)

    def test_gives_a_gradient_to_the_model(self, observe):
        # d log softmax_1 / d logits = onehot(1) - p, in row 0, the token before
        p = torch.tensor([drawn().uniform(0.1, 1.0), 0.5, 0.25]).softmax(0)
        table = Spec("lab.models.tiny_language_models:BigramLM", {"logits": [p.log().tolist(), *LOGITS[1:]]})
        seen = observe(sequence_log_probs, table, torch.tensor([0]), [torch.tensor([1])], grad_of="model")
        expected = torch.stack([torch.tensor([0.0, 1.0, 0.0]) - p, torch.zeros(3), torch.zeros(3)])
        seen.grad("model")["logits"].close(expected.double(), rtol=1e-5, atol=1e-7)

    def test_eos_and_padding_tokens_of_a_response_count(self, observe):
        # Token 1 is EOS, and token 0 pads. The model may write either, and then it counts: p(0 | 2) p(0 | 0) p(1 | 0)
        group = [torch.tensor([0, 0, 1]), torch.tensor([1])]
        seen = observe(sequence_log_probs, TABLE, torch.tensor([2]), group)
        seen.close(torch.tensor([math.log(0.1 * 0.5 * 0.25), math.log(0.8)]), rtol=1e-5)

    @pytest.mark.parametrize("length", [1, 4])
    def test_equals_token_by_token_drawn_at_random(self, observe, length):
        # A transformer with positions. Responses: whole, whole, EOS alone, cut off after token 0, which also pads
        draw, ends = drawn(), ((3, [1]), (1, [1]), (0, [1]), (3, [0]))
        prompt = torch.tensor([*draw.choices(range(7), k=length - 1), 0])
        group = [torch.tensor([*draw.choices(range(2, 7), k=count), *end]) for count, end in ends]
        model, temperature = TINY.build(), draw.uniform(0.5, 0.9)
        with torch.no_grad():
            expected = torch.stack([slow_log_prob(model, prompt, r, temperature) for r in group])
        observe(sequence_log_probs, TINY, prompt, group, temperature=temperature).close(expected, rtol=1e-4)


# What the model of scenarios.generate_ambiguous writes: pad, EOS, a, b, ab
AMBIGUOUS = torch.tensor([-50.0, 0.0, 0.5, 0.5, 0.2], dtype=torch.float64)


@pytest.mark.exercise("13.5")
class TestGenerateResponses:
    def test_gives_num_samples_responses_to_each_prompt(self, observe):
        seen = observe(scenarios.generate, ["1+1=", "2+"], num_samples=3, max_new_tokens=4)
        texts, token_ids = seen.value["texts"], seen.value["token_ids"]
        sizes = [(len(t), len(i)) for t, i in zip(texts, token_ids, strict=True)]
        seen.check(sizes == [(3, 3), (3, 3)], "each of the two prompts must get three responses")

    def test_log_probs_are_those_of_the_sampled_tokens(self, observe):
        # The text "ab" can be the tokens a, b or the token ab; encoding it always gives the latter.
        seen = observe(scenarios.generate_ambiguous, num_samples=64, max_new_tokens=3, seed=some_seed())
        pairs = [(int(x), int(y)) for r in seen.value["token_ids"] for x, y in itertools.pairwise(r)]
        seen.check((2, 3) in pairs, "the sampled tokens a, b became the token ab: text was encoded again")
        expected = torch.stack([AMBIGUOUS.log_softmax(0)[r].sum() for r in seen.value["token_ids"]])
        seen["log_probs"].close(expected, rtol=1e-5)

    def test_log_probs_are_those_of_the_temperature(self, observe):
        seen = observe(scenarios.generate_ambiguous, num_samples=8, max_new_tokens=3, temperature=0.25)
        expected = torch.stack([(AMBIGUOUS / 0.25).log_softmax(0)[r].sum() for r in seen.value["token_ids"]])
        seen["log_probs"].close(expected, rtol=1e-5)

    def test_samples_at_the_temperature(self, observe):
        count = 300
        settings = {"max_new_tokens": 1, "temperature": 0.25, "seed": some_seed()}
        seen = observe(scenarios.generate_ambiguous, num_samples=count, **settings)
        expected = (AMBIGUOUS / 0.25).softmax(0)[1:]
        share = torch.bincount(torch.stack([r[0] for r in seen.value["token_ids"]]), minlength=5).double()[1:] / count
        error = (share - expected).abs() / (expected * (1 - expected) / count).sqrt()
        seen.check(float(error.max()) < 5, "the responses are not sampled at config.temperature")

    def test_log_probs_carry_a_gradient(self, observe):
        seen = observe(scenarios.generate, ["1"], num_samples=2, max_new_tokens=3, seed=some_seed())
        seen["log_probs"][0].check(
            seen.value["log_probs"][0].requires_grad, "the log-probs must carry a gradient, or nothing can be learned"
        )

    def test_responses_end_with_eos_or_were_cut_off(self, observe):
        seen = observe(scenarios.generate_ambiguous, num_samples=64, max_new_tokens=3, seed=some_seed())
        rows = [r.tolist() for r in seen.value["token_ids"]]
        seen.check(max(map(len, rows)) <= 3, "a response has more tokens than max_new_tokens, which is 3")
        seen.check(all(1 not in r[:-1] for r in rows), "a response goes on after its EOS")
        seen.check(all(len(r) == 3 for r in rows if r[-1:] != [1]), "a response ends early, but not with EOS")
        seen.check(any(r[-1:] != [1] for r in rows), "all 64 responses end with EOS; some must have been cut off")

    def test_texts_are_the_ids_decoded_without_special_tokens(self, observe):
        seen = observe(scenarios.generate_ambiguous, num_samples=16, max_new_tokens=3, seed=some_seed())
        letters = {2: "a", 3: "b", 4: "ab"}
        seen["texts"].close(["".join(letters.get(int(t), "") for t in r) for r in seen.value["token_ids"]])

    def test_sizes_and_temperature_drawn_at_random(self, observe):
        draw = drawn()
        count, most, temperature = draw.randint(5, 30), draw.randint(2, 5), draw.uniform(0.5, 2.0)
        seen = observe(scenarios.generate_ambiguous, num_samples=count, max_new_tokens=most, temperature=temperature)
        rows = seen.value["token_ids"]
        seen.check(len(rows) == count, f"there must be {count} responses")
        seen.check(max(map(len, rows)) <= most, f"a response has more than {most} tokens")
        expected = torch.stack([(AMBIGUOUS / temperature).log_softmax(0)[r].sum() for r in rows])
        seen["log_probs"].close(expected, rtol=1e-4)


@pytest.mark.exercise("13.6")
class TestComputeRewards:
    def test_keeps_prompts_responses_and_rewards_together(self, observe):
        seen = observe(scenarios.score, ["p", "q"], [["a", "bb"], ["ccc", ""]])
        seen["calls"][0]["prompts"].close(["p", "p", "q", "q"])
        seen["calls"][0]["responses"].close(["a", "bb", "ccc", ""])
        seen["rewards"].close([torch.tensor([1.0, 2.0]), torch.tensor([3.0, 0.0])])

    def test_repeats_the_columns_for_each_response(self, observe):
        seen = observe(scenarios.score, ["p", "q"], [["a", "bb"], ["ccc", ""]], answer=["1", "2"])
        seen["calls"][0]["columns"].close({"answer": ["1", "1", "2", "2"]})

    def test_groups_of_different_sizes(self, observe):
        seen = observe(scenarios.score, ["p", "q", "r"], [["a"], ["bb", "", "ccc"], ["dd", "e"]], answer=[1, 2, 3])
        seen["rewards"].close([torch.tensor([1.0]), torch.tensor([2.0, 0.0, 3.0]), torch.tensor([2.0, 1.0])])
        seen["calls"][0]["columns"].close({"answer": [1, 2, 2, 2, 3, 3]})

    def test_groups_drawn_at_random(self, observe):
        draw = drawn()
        prompts = [digits(draw, 1, 4) for _ in range(3)]
        groups = [[digits(draw, 0, 4) for _ in range(size)] for size in draw.sample(range(1, 5), 3)]
        seen = observe(scenarios.score, prompts, groups, answer=[1, 2, 3])
        seen["calls"][0]["prompts"].close([p for p, group in zip(prompts, groups, strict=True) for _ in group])
        seen["rewards"].close([torch.tensor([float(len(text)) for text in group]) for group in groups])
        seen["calls"][0]["columns"].close({"answer": [i + 1 for i, group in enumerate(groups) for _ in group]})


def slow_step(before, rows, beta=0.1, max_grad_norm=1.0, lr=0.1, temperature=1.0):
    """One training step written out as loops: the loss, the gradient norm and the new weights."""
    vocab_size = len(before["tokens"])
    model = Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": vocab_size}, dtype="float64").build()
    model.load_state_dict(before)
    losses = []
    for row in rows:
        shares = [math.exp((r - max(row["rewards"])) / beta) for r in row["rewards"]]
        log_probs = [slow_log_prob(model, ids(row["prompt"]), ids(r, eos=True), temperature) for r in row["responses"]]
        losses.append(-sum(s / sum(shares) * lp for s, lp in zip(shares, log_probs, strict=True)))
    loss = sum(losses) / len(losses)
    loss.backward()
    norm = math.sqrt(sum((p.grad**2).sum().item() for p in model.parameters()))
    scale = min(1.0, max_grad_norm / norm)
    after = {n: (p - lr * scale * p.grad).detach() for n, p in model.named_parameters()}
    return {"loss": loss.item(), "grad_norm": norm, "after": after}


@pytest.mark.exercise("13.7")
class TestTrainingStep:
    def test_old_gradients_are_cleared(self, observe):
        rows, seed = [{"prompt": "1", "responses": ["2", "3"], "rewards": [1.0, 0.0]}], some_seed()
        clean = observe(scenarios.one_step, rows, seed=seed).value["after"]
        observe(scenarios.one_step, rows, seed=seed, stale_gradient=True)["after"].close(
            clean, says="gradients that were left from before this step must not count"
        )

    def test_metrics_are_means_over_all_responses(self, observe):
        draw = drawn()
        x, texts = draw.uniform(0.5, 1.0), [digits(draw, n, n + 1) for n in (2, 3, 4)]
        rows = [
            {"prompt": "1", "responses": ["2"], "rewards": [x]},
            {"prompt": "3", "responses": texts, "rewards": [0.0, 0.0, 0.0]},
        ]
        metrics = observe(scenarios.one_step, rows)["metrics"]
        metrics["reward"].close(x / 4)
        metrics["response_length"].close((2 + sum(len(text) + 1 for text in texts)) / 4)

    def test_responses_without_rewards_are_scored(self, observe):
        scored = observe(scenarios.one_step, [{"prompt": "1", "responses": ["2", "333"]}], reward_is_length=True)
        scored["metrics"]["reward"].close(2.0)
        given = observe(scenarios.one_step, [{"prompt": "1", "responses": ["2", "333"], "rewards": [1.0, 3.0]}])
        scored["after"].close(given.value["after"])

    def test_an_online_step_trains_the_tokens_that_were_sampled(self, observe):
        # Cut-off responses have no EOS, and "ab" is one token or two, as it was drawn.
        seen = observe(scenarios.ambiguous_step, some_seed())
        table = seen.value["before"].clone().requires_grad_()
        texts, rows = zip(*((g["text"], g["token_ids"]) for g in seen.value["generated"]), strict=True)
        weights = torch.tensor([float(len(t)) for t in texts]).softmax(0)
        loss = -sum(
            w * table.log_softmax(-1)[torch.cat([torch.tensor([2]), r[:-1]]), r].sum()
            for w, r in zip(weights, rows, strict=True)
        )
        loss.backward()
        seen["after"].close((table - 0.5 * table.grad).detach(), rtol=1e-4, atol=1e-6)
        seen["metrics"]["response_length"].close(sum(map(len, rows)) / len(rows), rtol=1e-5)

    def test_other_columns_reach_the_reward_function(self, observe):
        n = some_seed()
        seen = observe(scenarios.one_step_with_columns, [{"prompt": "1", "answer": n}, {"prompt": "2", "answer": 6}])
        seen.close([{"prompts": ["1", "1", "2", "2"], "responses": 4, "columns": {"answer": [n, n, 6, 6]}}])

    @pytest.mark.parametrize("settings", [{}, {"beta": 1.0}, {"max_grad_norm": 0.01}, {"temperature": 0.5}])
    def test_equals_the_step_written_out_on_rows_drawn_at_random(self, observe, settings):
        draw = drawn()
        rows = [
            {"prompt": digits(draw, 1, 3), "responses": [digits(draw, 0, 3) for _ in range(size)],
             "rewards": [draw.randint(0, 8) / 8 for _ in range(size)]}
            for size in (2, 3)
        ]  # fmt: skip
        settings = {"max_grad_norm": 1e6, **settings}
        seen = observe(scenarios.one_step, rows, **settings)
        expected = slow_step(seen.value["before"], rows, **settings)
        seen["metrics"]["loss"].close(expected["loss"], rtol=1e-5)
        seen["metrics"]["grad_norm"].close(expected["grad_norm"], rtol=1e-4)  # before clipping
        seen["after"].close(expected["after"], rtol=1e-4, atol=1e-6)


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

    def test_each_epoch_has_its_own_order(self, observe):
        seen = observe(scenarios.train_order, num_rows=20, batch_size=20, num_steps=3, seed=some_seed())
        orders = seen.value["batches"]
        seen.check(len(orders) == 3, "num_steps is 3: train() must take three steps")
        seen.check(orders[0] != sorted(orders[0]), "the rows come in the file's order: shuffle them")
        seen.check(orders[0] != orders[1], "the second epoch has the order of the first: shuffle each time")

    def test_sizes_drawn_at_random(self, observe):
        draw = drawn()
        rows, size = draw.randint(5, 12), draw.randint(2, 4)
        steps = -(-rows // size)
        seen = observe(scenarios.train_order, num_rows=rows, batch_size=size, num_steps=steps + 1)
        first = [row for batch in seen.value["batches"][:steps] for row in batch]
        seen.check(
            sorted(first) == list(range(rows)), f"the first {steps} batches must hold each of the {rows} rows once"
        )
        seen["history"].close([{"loss": float(step + 1)} for step in range(steps + 1)])
