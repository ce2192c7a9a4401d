"""The demo's homework and its warm start."""

import pytest
import torch
from torch.nn import functional as F

from lab.models import demo_model

PROMPT = "### Instruction:\n{}=\n\n### Response:\n"
PROMPTS = [PROMPT.format(f"{a}+{b}") for a, b in ((47, 85), (10, 12), (99, 99), (30, 70))]


@pytest.mark.parametrize(("question", "working", "direct"), [
    ("47+85", "12,1,132", " 132"), ("41+40", "01,0,81", " 81"), ("5+4", "09,0,9", " 9"),
])  # fmt: skip
def test_homework_with_and_without_a_working(question, working, direct):
    prompt = PROMPT.format(question)
    assert (demo_model.worked_answer(prompt), demo_model.direct_answer(prompt)) == (working, direct)
    assert demo_model.check_working(prompt, working) is True
    assert demo_model.check_working(prompt, "19" + working[2:]) is False, "the sum of the ones is wrong"
    assert demo_model.check_working(prompt, direct) is None


def test_each_row_slips_with_its_own_probability_in_its_answer_only():
    tokenizer = demo_model.make_tokenizer()
    zero, comma = tokenizer.convert_tokens_to_ids(["0", ","])
    rows = torch.tensor([[zero, comma, zero, zero]]).repeat(4000, 1)
    slip = torch.tensor([0.0, 0.5]).repeat_interleave(2000)[:, None]
    changed = demo_model.with_slips(rows, 1, zero, slip, torch.Generator().manual_seed(0)) != rows
    assert not changed[:, :2].any() and not changed[:2000].any()
    share = changed[2000:, 2:].double().mean().item()
    assert abs(share - 0.45) < 4 * (0.45 * 0.55 / 4000) ** 0.5, "a random digit is the same one in a tenth of the cases"


def test_the_loss_of_the_warm_start_is_the_mean_cross_entropy_of_the_homework_and_falls():
    tokenizer, losses = demo_model.make_tokenizer(), []
    small = demo_model.ModelConfig(hidden=16, intermediate=32, layers=2, heads=2)
    model = demo_model.make_model(tokenizer, small, 0)
    rows, width = demo_model.homework(tokenizer, PROMPTS, demo_model.worked_answer)
    batch = rows[torch.randint(len(rows), (8,), generator=torch.Generator().manual_seed(0))]
    targets = batch[:, width:].masked_fill(batch[:, width:] == tokenizer.pad_token_id, -100)
    wanted = F.cross_entropy(model(batch[:, :-1]).logits[:, width - 1 :].transpose(1, 2), targets).item()
    config = demo_model.WarmStartConfig(steps=6, batch_size=8, slip=0.0)
    demo_model.warm_start(model, tokenizer, PROMPTS, config, 0, lambda step, loss: losses.append(loss))
    assert losses[0] == pytest.approx(wanted, rel=1e-5) and losses[-1] < losses[0]
