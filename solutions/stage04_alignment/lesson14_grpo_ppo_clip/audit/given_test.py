"""What lesson 14 gives: the data set of sums, and the sampler, which is compared with the engine in lab/engine too.

Resuming, which needs state_dict, is tested with lab/train."""

from types import SimpleNamespace

import pytest
import torch

from course.base import switch

LESSON = "lesson14_grpo_ppo_clip"
pytestmark = pytest.mark.skipif(
    switch.finder.tree_of(LESSON) != "solutions", reason="about the reference, not the learner's code: needs SOLUTION=1"
)


@pytest.mark.parametrize(("digits", "count"), [(1, 81), (2, 8100)])
def test_no_sum_is_both_trained_and_tested_not_even_mirrored(digits, count):
    from lesson14_grpo_ppo_clip.data.addition import TEMPLATE, AdditionDataset

    data = {split: AdditionDataset(SimpleNamespace(), digits, split).data for split in ("all", "train", "test")}
    first, last = 10 ** (digits - 1), 10**digits - 1
    assert len(data["all"]) == count
    assert data["all"][0] == (TEMPLATE.format(a=first, b=first), 2 * first)
    assert data["all"][-1] == (TEMPLATE.format(a=last, b=last), 2 * last)
    assert sorted(data["train"] + data["test"]) == sorted(data["all"])
    pairs = {tuple(map(int, prompt.split("\n")[1].rstrip("=").split("+"))) for prompt, _ in data["test"]}
    assert all((b, a) in pairs for a, b in pairs)
    assert 0.07 < len(pairs) / count < 0.13


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_the_sampler_stores_the_log_probs_of_each_completion_after_its_own_prompt(temperature):
    """Padding on the left, mask, positions and cache change nothing. A completion ends with its first EOS or is cut."""
    from lesson14_grpo_ppo_clip.loss.ppo_clip import token_log_probs
    from lesson14_grpo_ppo_clip.rollout.generate import generate

    from lab.models.char_tokenizer import CharTokenizer
    from lab.models.tiny_language_models import TinyLM

    tokenizer, prompts = CharTokenizer("0123456789+="), ["1+1=", "7", "12+34="]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = TinyLM(tokenizer.vocab_size, layers=2)
    draw = torch.Generator().manual_seed(0)
    token_ids, log_probs = generate(model, tokenizer, prompts, 20, 6, temperature, generator=draw)
    assert len(token_ids) == len(log_probs) == 60
    for i, (completion, stored) in enumerate(zip(token_ids, log_probs, strict=True)):
        prompt = tokenizer.encode(prompts[i // 20])
        alone = token_log_probs(model, torch.tensor([[*prompt, *completion.tolist()]]), temperature)
        torch.testing.assert_close(stored, alone[0, len(prompt) - 1 :].detach(), rtol=1e-4, atol=1e-5)
        ends = (completion == tokenizer.eos_token_id).nonzero()[:, 0].tolist()
        assert ends == [len(completion) - 1] or (not ends and len(completion) == 6)
    assert {len(ids) for ids in token_ids} > {1, 6}
