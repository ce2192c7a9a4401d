"""What tests and lessons share: small models, tokenizer, sampler, rewards, optimizers, specs."""

import math
from types import SimpleNamespace

import pytest
import torch
from hypothesis import strategies as st
from torch import nn

from course.base.errors import UsageError, run_command
from course.base.object_spec import Spec
from course.base.property_tests import for_all
from lab.models.char_tokenizer import CharTokenizer
from lab.models.drawn_logits import added, with_added
from lab.models.tiny_language_models import BigramLM
from lab.rl import gradient_check, rewards
from lab.rl.optimizers import PlainSGD
from lab.rl.sampling import sample

torch.set_num_threads(1)  # several only slow down such small tensors
IDS = torch.tensor([[3, 1, 4, 1, 5], [2, 0, 2, 5, 5]])


# --- logits that depend on the call -----------------------------------------------------------------------------


def test_what_is_added_to_logits_depends_on_seed_call_row_column_and_token():
    ones = added(5, (3, 4, 2), call=1)
    assert ones.shape == (3, 4, 2) and torch.equal(ones, added(5, (9, 9, 9), call=1)[:3, :4, :2])
    shares = ones.softmax(-1)[..., 0].flatten().tolist()
    shares += added(5, (3, 4, 2)).softmax(-1)[..., 0].flatten().tolist()
    shares += added(6, (3, 4, 2)).softmax(-1)[..., 0].flatten().tolist()
    assert len({round(share, 6) for share in shares}) == 36
    assert not torch.equal(with_added(torch.relu, 5)(torch.ones(2, 2)), torch.ones(2, 2))


def test_a_model_whose_logits_depend_on_the_call():
    plain = tiny(layers=1)(IDS).logits
    for by_call in (True, False):
        model = tiny(layers=1)
        model.forward = with_added(model.forward, 5, by_call)
        for call in range(3):
            close(model(IDS).logits, plain + added(5, plain.shape, call if by_call else 0))


# --- TinyLM ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("splits", [(4, 1), (2, 3), (1, 1, 1, 1, 1)], ids=str)
def test_a_cache_changes_nothing(layers, splits):
    model = tiny(layers=layers)
    cache, parts = None, []
    for part in IDS.split(splits, dim=1):
        output = model(part, past_key_values=cache, use_cache=True)
        cache, parts = output.past_key_values, [*parts, output.logits]
    close(torch.cat(parts, dim=1), model(IDS).logits)
    assert cache.get_seq_length() == 5


@for_all(examples=25, lengths=st.lists(st.integers(1, 5), min_size=1, max_size=4), layers=st.integers(1, 2))
def test_padding_on_the_left_with_positions_changes_nothing(lengths, layers):
    model, width = tiny(layers=layers), max(lengths)
    rows = [torch.arange(n) % 6 for n in lengths]
    ids = torch.stack([torch.cat([torch.full((width - len(row),), 5), row]) for row in rows])
    mask = torch.tensor([[0] * (width - n) + [1] * n for n in lengths])
    logits = model(ids, attention_mask=mask, position_ids=(mask.cumsum(1) - 1).clamp(min=0)).logits
    assert logits.isfinite().all()
    for got, row in zip(logits, rows, strict=True):
        close(got[width - len(row) :], model(row[None]).logits[0])


def test_padding_on_the_left_with_a_cache_changes_nothing():
    model = tiny(layers=2)
    ids, mask = torch.tensor([[5, 5, 1], [2, 3, 4]]), torch.tensor([[0, 0, 1], [1, 1, 1]])
    cache = model(ids, attention_mask=mask, position_ids=torch.tensor([[0, 0, 0], [0, 1, 2]]), use_cache=True)
    longer = torch.cat([mask, torch.ones(2, 1, dtype=torch.long)], dim=1)
    new = model(torch.tensor([[2], [0]]), attention_mask=longer, position_ids=torch.tensor([[1], [3]]),
                past_key_values=cache.past_key_values)  # fmt: skip
    close(new.logits[0, 0], model(torch.tensor([[1, 2]])).logits[0, -1])
    close(new.logits[1, 0], model(torch.tensor([[2, 3, 4, 0]])).logits[0, -1])


def test_a_token_never_sees_what_comes_later():
    model, other = tiny(layers=2), IDS.clone()
    other[:, 3:] = 0
    close(model(IDS).logits[:, :3], model(other).logits[:, :3])
    assert not torch.allclose(model(IDS).logits[:, 3], model(other).logits[:, 3])


def test_rows_of_a_cache_can_be_repeated_selected_and_ordered():
    model = tiny(layers=2)
    cache = model(IDS, use_cache=True).past_key_values
    cache.batch_repeat_interleave(3)
    cache.batch_select_indices(torch.tensor([5, 0, 3]))
    logits = model(torch.tensor([[0], [1], [2]]), past_key_values=cache).logits
    for i, row in enumerate((1, 0, 1)):
        close(logits[i], model(torch.tensor([[*IDS[row].tolist(), i]])).logits[0, -1:])


# --- BigramLM --------------------------------------------------------------------------------------------------


def test_a_bigram_model_looks_its_logits_up_owns_them_and_counts_its_cache():
    logits = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    model = BigramLM(logits)
    assert model(torch.tensor([[1, 0, 1]])).logits.tolist() == [[[2, 3], [0, 1], [2, 3]]]
    assert model.logits.dtype == torch.float64
    model.logits.data += 1
    assert logits.tolist() == [[0, 1], [2, 3]]
    cache = model(torch.zeros(2, 3, dtype=torch.long), use_cache=True, attention_mask=None).past_key_values
    assert model(torch.zeros(2, 1, dtype=torch.long), past_key_values=cache).past_key_values.get_seq_length() == 4


# --- CharTokenizer ---------------------------------------------------------------------------------------------


@for_all(examples=50, text=st.text(alphabet="abc"))
def test_text_comes_back_from_its_ids(text):
    for tokenizer in (CharTokenizer(), CharTokenizer("abc", merges=("ab", "abc", "cc"))):
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == tokenizer.decode(torch.tensor(ids)) == text
        assert all(2 <= i < tokenizer.vocab_size for i in ids)


def test_merges_are_preferred_longest_first_and_special_ids_can_be_skipped():
    tokenizer = CharTokenizer("abc", merges=("ab", "abc", "cc"))
    assert [tokenizer.pieces[i] for i in tokenizer.encode("abccab")] == ["abc", "c", "ab"]
    tokenizer = CharTokenizer("ab")
    assert tokenizer.decode([0, 2, 1, 3]) == "<pad>a<eos>b"
    assert tokenizer.decode([0, 2, 1, 3], skip_special_tokens=True) == "ab"
    assert CharTokenizer(pad_is_eos=True).pad_token_id == CharTokenizer(pad_is_eos=True).eos_token_id == 1
    with pytest.raises(ValueError, match="no character 'Q'"):
        CharTokenizer().encode("2+Q")


# --- sampling --------------------------------------------------------------------------------------------------


def test_samples_end_with_the_first_eos_or_at_the_limit():
    model = BigramLM(torch.zeros(3, 3))
    drawn = sample(model, torch.tensor([2, 0]), 200, eos_token_id=1, max_new_tokens=4, generator=seeded(0))
    assert len(drawn) == 200
    assert {len(ids) for ids in drawn} == {1, 2, 3, 4}
    for ids in drawn:
        assert 1 not in ids[:-1]
        assert ids[-1] == 1 or len(ids) == 4
    assert any(ids[-1] != 1 for ids in drawn)


@pytest.mark.parametrize(("temperature", "weights"), [(1.0, (1, 2, 5)), (0.5, (1, 4, 25))])
def test_samples_follow_the_models_probabilities(temperature, weights):
    model = BigramLM([[math.log(1), math.log(2), math.log(5)]] * 3)
    first = torch.stack([s[0] for s in draw(model, 4000, limit=1, temperature=temperature)])
    shares = torch.bincount(first, minlength=3).div(4000).tolist()
    assert shares == pytest.approx([w / sum(weights) for w in weights], abs=0.03)


def test_each_token_follows_the_one_before_it_up_to_the_first_eos():
    following = BigramLM([[-1e9, -1e9, 0.0], [0.0, 0.0, 0.0], [-1e9, 0.0, -1e9]])  # after 0 comes 2, then the end
    drawn = sample(following, torch.tensor([0]), 2, eos_token_id=1, max_new_tokens=5)
    assert [s.tolist() for s in drawn] == [[2, 1]] * 2


def test_a_generator_decides_and_the_global_one_is_left_alone():
    model, state = BigramLM(torch.zeros(4, 4)), torch.get_rng_state()
    first, second, third = (draw(model, 5, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert [s.tolist() for s in first] == [s.tolist() for s in second] != [s.tolist() for s in third]


# --- rewards ---------------------------------------------------------------------------------------------------


def test_a_rule_about_one_response_becomes_a_reward_function():
    reward = rewards.per_sample(lambda prompt, response, answer, weight: weight * (prompt + response == answer))
    assert reward(["a", "b"], ["c", "d"], answer=["ac", "xx"], weight=[2, 3]) == [2.0, 0.0]
    with pytest.raises(ValueError, match="argument"):  # lists of different lengths
        reward(["a"], ["b", "c"], answer=["ac"], weight=[2])


class Classifier(nn.Module):
    """One logit per text: its length; it remembers how it was called."""

    def __init__(self):
        super().__init__()
        self.weight, self.seen = nn.Parameter(torch.tensor(1.0)), []

    def forward(self, lengths):
        self.seen.append((self.training, torch.is_grad_enabled()))
        return SimpleNamespace(logits=(self.weight * lengths)[:, None])


def lengths_of(texts, padding, return_tensors):
    assert padding and return_tensors == "pt"
    return {"lengths": torch.tensor([float(len(text)) for text in texts])}


@pytest.mark.parametrize("training", [True, False])
def test_a_reward_model_scores_prompt_and_response_together(training):
    model = Classifier().train(training)
    assert rewards.ModelReward(model, lengths_of)(["ab", "c"], ["d", "efgh"], answer=[1, 2]) == [3.0, 5.0]
    assert model.seen == [(False, False)] and model.training is training


# --- optimizers ------------------------------------------------------------------------------------------------


def test_plain_sgd_takes_the_step_by_hand():
    moved, still = nn.Parameter(torch.tensor([1.0, 2.0])), nn.Parameter(torch.tensor([3.0]))
    optimizer = PlainSGD(iter([moved, still]), lr=0.5)
    (moved * torch.tensor([2.0, 4.0])).sum().backward()
    optimizer.step()
    assert moved.tolist() == [0.0, 0.0]
    assert still.tolist() == [3.0]
    optimizer.zero_grad()
    assert moved.grad is None
    optimizer.step()
    assert moved.tolist() == [0.0, 0.0]


# --- specs and errors ------------------------------------------------------------------------------------------


def test_a_spec_builds_the_same_object_each_time_and_touches_no_random_state():
    spec, state = Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": 6}, seed=3), torch.get_rng_state()
    first, second = spec.build(), spec.build()
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    other = Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": 6}, seed=4).build()
    assert not torch.equal(first.head, other.head)


@pytest.mark.parametrize("target", ["os:system", "laboratory:x", "lab.models.tiny_language_models", ""])
def test_a_spec_names_something_of_lab(target):
    with pytest.raises(ValueError, match=r"a Spec names 'lab\.module:name'"):
        Spec(target).build()


@pytest.mark.parametrize(("result", "status", "message"), [
    (None, 0, ""), (3, 3, ""), (UsageError("no such file"), 2, "error: no such file\n"),
    (NotImplementedError("not written yet: exercise 13.2, loss/grpo.py:f"), 2,
     "error: not written yet: exercise 13.2, loss/grpo.py:f (SOLUTION=13.2 in front of the command takes it from the "
     "reference)\n"),
])  # fmt: skip
def test_a_command_ends_with_one_sentence(capsys, monkeypatch, result, status, message):
    monkeypatch.delenv("SOLUTION", raising=False)
    with pytest.raises(SystemExit) as caught:
        run_command(returning(result))
    assert (caught.value.code, capsys.readouterr()) == (status, ("", message))
    with pytest.raises(NotImplementedError):  # other errors keep their traceback
        run_command(returning(NotImplementedError("aten::fancy on this device")))


def returning(result):
    """A function that returns or raises `result`."""

    def main():
        if isinstance(result, Exception):
            raise result
        return result

    return main


def tiny(**settings):
    """A small float64 model with 6 tokens."""
    return (
        Spec("lab.models.tiny_language_models:TinyLM", {"vocab_size": 6, **settings}, seed=1, dtype="float64")
        .build()
        .eval()
    )


def close(a, b):
    torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def draw(model, count, limit=4, seed=0, temperature=1.0):
    return sample(model, torch.tensor([0]), count, eos_token_id=1, max_new_tokens=limit, temperature=temperature,
                  generator=seeded(seed))  # fmt: skip


class ObservedGradient:
    """What the observer gives for a gradient: its value, and a method that takes checks."""

    def __init__(self, value):
        self.value, self.right = value, True

    def check(self, condition, message):
        self.right = self.right and condition


@pytest.mark.parametrize(("change", "right"), [
    (lambda g: g, True), (lambda g: -g, False), (lambda g: 2 * g, False), (lambda g: g.T.contiguous(), False),
    (lambda g: g + 1e-3 * torch.eye(3, dtype=g.dtype), False), (lambda g: None, False),
])  # fmt: skip
def test_a_right_gradient_agrees_with_differences_and_a_wrong_one_does_not(change, right):
    at = torch.linspace(-1, 2, 9, dtype=torch.float64).reshape(3, 3)
    observed = ObservedGradient(change(at.cos()))
    gradient_check.agrees(at, lambda moved: moved.sin().sum(), lambda: observed)
    assert observed.right == right
