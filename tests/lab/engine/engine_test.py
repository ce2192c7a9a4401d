"""lab/engine: each trick gives the lesson's plain numbers. float64 where the lesson's own code allows it; work is
counted in tokens and passes, never in seconds."""

import itertools
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaRMSNorm

from course.base import switch
from lab.engine import ALL_TRICKS, NO_TRICKS, EngineConfig, llama, log_prob_loss, packing, sampling
from lab.engine import generate as fast_generate
from lab.engine.update import backward, by_length, fused_loss, passes, token_log_probs

torch.set_num_threads(1)  # several only slow down so small a model
VOCABULARY, EOS = 17, 1
FEWEST = sys.modules["lab.engine.generate"].FEWEST
SHAPES = {
    "demo": {"num_attention_heads": 4, "num_key_value_heads": 4, "tie_word_embeddings": True},
    "smollm": {"num_attention_heads": 6, "num_key_value_heads": 2, "tie_word_embeddings": True},
    "untied": {
        "num_attention_heads": 4, "num_key_value_heads": 1, "tie_word_embeddings": False,
        "rope_parameters": {"rope_type": "llama3", "rope_theta": 5e5, "factor": 8.0, "low_freq_factor": 1.0,
                            "high_freq_factor": 4.0, "original_max_position_embeddings": 16},
    },
}  # fmt: skip
SAME_TOKENS = (
    "prompt_once", "static_cache", "drop_finished", "share_prompt", "unpad", "pass_tokens", "sort_by_length",
    "head_chunk",
)  # fmt: skip
CONFIGS = {
    "all on": EngineConfig(),
    "all off": NO_TRICKS,
    "small chunks": EngineConfig(head_chunk=40),
    "small passes": EngineConfig(pass_tokens=15),
    **{name: replace(EngineConfig(), **{name: getattr(NO_TRICKS, name)}) for name in SAME_TOKENS},
}


EVERY_SHAPE_AND_TRICK = [*((name, "smollm") for name in CONFIGS), *((n, s) for n in ("all on", "all off")
                                                                    for s in ("demo", "untied"))]  # fmt: skip


def make(shape="demo", seed=0, dtype=torch.float64, spread=0.3):
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=24, intermediate_size=40, num_hidden_layers=2, max_position_embeddings=64,
        initializer_range=spread, pad_token_id=0, eos_token_id=EOS, bos_token_id=None, **SHAPES[shape],
    )  # fmt: skip
    torch.manual_seed(seed)
    return LlamaForCausalLM(config).to(dtype).eval()


@pytest.fixture
def exact_norms(monkeypatch):
    """transformers computes Llama's norms in float32 whatever the weights are; here in the weights' own precision."""

    def forward(self, x):
        return self.weight * x * (x.square().mean(-1, keepdim=True) + self.variance_epsilon).rsqrt()

    monkeypatch.setattr(LlamaRMSNorm, "forward", forward)


@pytest.fixture(scope="module")
def lessons():
    """Lessons 14 and 16 from solutions/, and the engine's trainers on them; made once, importing them takes time."""
    names = ("lesson14_grpo_ppo_clip.given.engine", "lesson16_grpo_rlhf.given.engine")
    for name in names:
        sys.modules.pop(name, None)
    patch = pytest.MonkeyPatch()
    patch.setenv("SOLUTION", "1")
    switch.forget()
    from lesson14_grpo_ppo_clip.given import engine
    from lesson14_grpo_ppo_clip.loss import ppo_clip
    from lesson14_grpo_ppo_clip.rollout import generate
    from lesson14_grpo_ppo_clip.training import grpo_trainer
    from lesson16_grpo_rlhf.given import engine as rlhf_engine
    from lesson16_grpo_rlhf.training import rlhf_trainer

    yield SimpleNamespace(
        ppo_clip=ppo_clip, generate=generate.generate, trainer=grpo_trainer, rlhf=rlhf_trainer, fast=engine,
        fast_rlhf=rlhf_engine,
    )  # fmt: skip
    for name in names:
        sys.modules.pop(name, None)
    patch.undo()
    switch.forget()


@pytest.fixture(scope="module")
def once():
    """once(key, make): what make() gave when it was first asked for under that key."""
    made = {}

    def get(key, make):
        if key not in made:
            made[key] = make()
        return made[key]

    return get


class Numbers:
    """A tokenizer whose texts are ids with spaces between: "3 5 7"."""

    pad_token_id, eos_token_id = 0, EOS

    def encode(self, text):
        return [int(word) for word in text.split()]

    def decode(self, ids, skip_special_tokens=True):
        return " ".join(str(i) for i in ids if i > 1 or not skip_special_tokens)


PROMPTS = {"equal": ["2 3 4", "5 6 7", "8 9 9"], "unequal": ["2", "5 6 7 8 9 3 2", "8 9 9"]}


def batch(rows=((3, (4, 1, 6)), (5, (2, 7, 3)), (1, (5, 5, 1))), seed=0):
    """(ids, mask): groups of (prompt length, completion lengths), padded on the right with an ordinary token."""
    generator = torch.Generator().manual_seed(seed)
    ids, mask = [], []
    for prompt_length, lengths in rows:
        prompt = torch.randint(2, VOCABULARY, (prompt_length,), generator=generator)
        for length in lengths:
            ids.append(torch.cat([prompt, torch.randint(0, VOCABULARY, (length,), generator=generator)]))
            mask.append(torch.cat([torch.zeros(prompt_length), torch.ones(length)]).long())
    return pad_sequence(ids, batch_first=True, padding_value=3), pad_sequence(mask, batch_first=True)


def gradients(model):
    return {name: p.grad.clone() for name, p in model.named_parameters()}


def close(a, b, tolerance=1e-10):
    torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


# ---- The forward pass ----


@pytest.mark.parametrize(("name", "shape"), EVERY_SHAPE_AND_TRICK)
def test_training_pass_equals_transformers_in_value_and_gradient(exact_norms, lessons, once, shape, name):
    ids, mask = batch()
    weights = torch.randn(int(mask.sum()), dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def lessons_own():
        model = make(shape)
        plain = lessons.ppo_clip.token_log_probs(model, ids, 0.7)[mask[:, 1:].bool()]
        (plain * weights).sum().backward()
        return plain.detach(), gradients(model)

    plain, wanted = once(("train", shape), lessons_own)
    model = make(shape)
    loss, log_probs = backward(
        model, ids, mask, torch.arange(len(ids)), lambda lp, i: (lp * weights[i]).sum(),
        temperature=0.7, micro_batch_size=4, config=CONFIGS[name],
    )  # fmt: skip
    close(log_probs, plain)
    assert loss == pytest.approx((plain * weights).sum().item(), rel=1e-9)
    close(gradients(model), wanted)


@pytest.mark.parametrize("shape", ["smollm", "untied"])
def test_log_probs_equal_the_lessons_in_value_and_gradient(exact_norms, lessons, shape):
    (ids, mask), config = batch(), EngineConfig(head_chunk=60, pass_tokens=20)
    mask[2] = 0  # a row of which nothing counts
    counted, found = mask[:, 1:].bool(), []
    weights = torch.randn(int(mask.sum()), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for of in (lambda model: lessons.ppo_clip.token_log_probs(model, ids, 1.3).where(counted, 0.0),
               lambda model: token_log_probs(model, ids, mask, 1.3, config=config)):  # fmt: skip
        model = make(shape)
        log_probs = of(model)
        (log_probs[counted] * weights).sum().backward()
        found.append((log_probs.detach(), gradients(model)))
    close(found[0], found[1])
    with torch.no_grad():
        assert not token_log_probs(make(shape), ids, mask, 1.3, config=config).requires_grad
        assert (token_log_probs(make(shape), ids, 0 * mask, 1.3, config=config) == 0).all()


def test_a_fused_loss_adds_its_gradient_only_when_asked():
    (ids, mask), found = batch(), []
    arguments = (ids, mask, torch.arange(len(ids)), lambda lp, i: lp.sum())
    for scale in (1.0, 3.0):
        model = make()
        for p in model.parameters():
            p.grad = torch.ones_like(p)
        loss, _ = fused_loss(model, *arguments, temperature=1.0, config=EngineConfig())
        assert all((p.grad == 1).all() for p in model.parameters())
        (scale * loss).backward()
        found.append([(p.grad - 1) / scale for p in model.parameters()])
    close(found[0], found[1])
    model = make()
    value, _ = backward(model, *arguments, temperature=1.0, micro_batch_size=0, config=EngineConfig())
    assert value == loss.item()
    close([p.grad for p in model.parameters()], found[0])


def test_models_that_the_engine_does_not_know_are_refused():
    with pytest.raises(ValueError, match="GPT2LMHeadModel"):
        llama.read_weights(GPT2LMHeadModel(GPT2Config(n_layer=1, n_embd=8, n_head=2, vocab_size=9)))
    model = make()
    model.config.attention_bias = True
    assert "biases" in llama.unsupported_reason(model)
    model = make()
    model.config.rope_parameters = {"rope_type": "dynamic"}
    assert "rotary" in llama.unsupported_reason(model)
    assert llama.unsupported_reason(make()) is None


# ---- What goes through the layers ----


def test_each_prompt_goes_through_once_and_no_padding_does():
    ids, mask = batch(rows=((3, (4, 1, 6)), (5, (2, 7, 3))))
    packed = packing.pack(ids, mask)
    assert len(packed.ids) == 3 + (3 + 0 + 5) + 5 + (1 + 6 + 2)  # each completion less its last token
    assert packed.targets.tolist() == ids[mask.bool()].tolist()
    assert len(packing.pack(ids, mask, share=False).ids) == 3 * 3 + 8 + 3 * 5 + 9
    assert len(packing.pack(ids, mask, unpad=False).ids) == 3 + 5 + 6 * 6  # the longest completion has 7
    assert packed.rows.tolist()[0][:6] == [0, 1, 2, 3, 4, 5] and packed.rows.tolist()[2][:4] == [0, 1, 2, 6]
    assert (packed.back % packed.rows.shape[1]).tolist() == [*range(6), *range(3, 8), *range(6), *range(5, 11), 5, 6]


def test_two_groups_with_the_same_prompt_share_it_and_others_of_equal_length_do_not():
    ids = torch.tensor([[2, 3, 4, 9], [2, 3, 5, 9], [2, 4, 5, 9], [2, 3, 5, 9]])
    mask = torch.tensor([[0, 0, 1, 1]] * 4)
    assert len(packing.pack(ids, mask).ids) == 3 * 2 + 4
    for wrong in ([[0, 1, 0, 1]], [[0, 0, 0, 0]], [[1, 1, 0, 0]]):  # a gap, no completion, no prompt
        with pytest.raises(ValueError, match="each row"):
            packing.pack(ids[:1], torch.tensor(wrong))


def test_micro_batches_hold_similar_lengths_and_keep_groups_together():
    ids, mask = batch(rows=((3, (4, 1, 6)), (5, (2, 2, 2)), (1, (5, 9, 1))))
    assert by_length(ids, mask, keep_groups=True).tolist() == [6, 7, 8, 0, 1, 2, 3, 4, 5]
    assert mask.sum(1)[by_length(ids, mask, keep_groups=False)].tolist() == [9, 6, 5, 4, 2, 2, 2, 1, 1]


def test_passes_hold_so_many_rows_and_tokens_and_at_least_one_row():
    _, mask = batch(rows=((3, (4, 1, 6)), (5, (2, 2, 9))))  # 7, 4, 9, 7, 7 and 14 tokens
    every = torch.tensor([5, 4, 3, 2, 1, 0])

    def sizes(*limits):
        return [part.tolist() for part in passes(every, mask, *limits)]

    assert sizes(0, 0) == [[5, 4, 3, 2, 1, 0]]
    assert sizes(4, 0) == [[5, 4, 3, 2], [1, 0]]
    assert sizes(0, 16) == [[5], [4, 3], [2, 1], [0]]
    assert sizes(1, 16) == sizes(0, 1) == [[5], [4], [3], [2], [1], [0]]
    assert passes(every[:0], mask, 0, 0) == []


def test_the_head_never_holds_more_logits_than_it_may(monkeypatch):
    """Neither forward nor for the backward pass: what autograd keeps is counted, too."""
    seen, saved = [], []
    whole = log_prob_loss.chunk_log_probs
    monkeypatch.setattr(log_prob_loss, "chunk_log_probs", lambda *a: seen.append(whole(*a)[1].numel()) or whole(*a))
    (ids, mask), model = batch(), make()
    loss_of, every = (lambda lp, i: lp.sum()), torch.arange(len(ids))
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t.shape) or t, lambda t: t):
        backward(
            model, ids, mask, every, loss_of, temperature=1.0, micro_batch_size=0, config=EngineConfig(head_chunk=60)
        )
    tokens = int(mask.sum())
    assert len(seen) == -(-tokens // 3) and max(seen) <= 60
    assert not [shape for shape in saved if tokens in shape and VOCABULARY in shape]


# ---- The rollout ----


def rollout(of, model, prompts, seed=0, tokens=9, **more):
    return of(model, Numbers(), prompts, 4, tokens, 1.2, None, torch.Generator().manual_seed(seed), **more)


@pytest.mark.parametrize("prompts", PROMPTS)
@pytest.mark.parametrize(("name", "shape"), EVERY_SHAPE_AND_TRICK)
def test_rollout_draws_the_lessons_tokens(exact_norms, lessons, once, shape, prompts, name):
    model = make(shape)
    for seed in range(2):
        ids, log_probs = once(
            ("rollout", shape, prompts, seed),
            lambda seed=seed: rollout(lessons.generate, model, PROMPTS[prompts], seed),
        )
        assert len({len(row) for row in ids}) > 1, "rows that end early are wanted here"
        fast_ids, fast_log_probs = rollout(fast_generate, model, PROMPTS[prompts], seed, config=CONFIGS[name])
        assert [row.tolist() for row in fast_ids] == [row.tolist() for row in ids]
        close(fast_log_probs, log_probs, 1e-6)  # both are float32
        assert all(row.dtype == torch.float32 for row in fast_log_probs)


def test_a_long_rollout_draws_the_lessons_tokens(exact_norms, lessons):
    """Decoding reads at least FEWEST columns of the static cache; this rollout fills more than that."""
    model, tokens = make(), FEWEST + 3
    ids, log_probs = rollout(lessons.generate, model, PROMPTS["unequal"], tokens=tokens)
    assert max(map(len, ids)) > FEWEST
    fast_ids, fast_log_probs = rollout(fast_generate, model, PROMPTS["unequal"], tokens=tokens, config=EngineConfig())
    assert [row.tolist() for row in fast_ids] == [row.tolist() for row in ids]
    close(fast_log_probs, log_probs, 1e-6)


@pytest.mark.parametrize("sampler", ["multinomial", "gumbel", "inverse"])
def test_samplers_draw_from_the_distribution(sampler):
    log_p = torch.tensor([0.5, 0.3, 0.15, 0.05, 0.0]).log()
    generator = torch.Generator().manual_seed(0)
    drawn = sampling.draw(log_p.expand(20_000, 5), sampler, generator, 20_000, None)
    shares = torch.bincount(drawn, minlength=5) / 20_000
    torch.testing.assert_close(shares, log_p.exp(), atol=0.015, rtol=0)
    assert shares[-1] == 0


def test_gumbel_draws_what_multinomial_draws_for_all_rows_and_for_some():
    log_p = torch.randn(200, 50).log_softmax(-1)
    for order in (None, torch.randperm(200)[:60]):
        rows = log_p if order is None else log_p[order]
        drawn = [
            sampling.draw(rows, sampler, torch.Generator().manual_seed(3), 200, order)
            for sampler in ("multinomial", "gumbel")
        ]
        assert torch.equal(*drawn)


def test_finished_rows_leave_and_prompts_are_read_once(monkeypatch):
    model, counts = make(), []
    layers = llama.run_layers
    module = sys.modules["lab.engine.generate"]
    monkeypatch.setattr(module, "run_layers", lambda w, ids, *more: counts.append(len(ids)) or layers(w, ids, *more))
    ids, _ = rollout(fast_generate, model, PROMPTS["unequal"])
    longest = max(map(len, ids))
    assert counts[0] == 3 * 7, "three prompts, padded to the longest"
    alive = [sum(len(row) > t for row in ids) for t in range(1, longest)]
    assert counts[1:] == alive
    counts.clear()
    rollout(fast_generate, model, PROMPTS["unequal"], config=NO_TRICKS)
    assert counts == [12 * 7] + [12] * (longest - 1)


def test_one_token_and_several_ends():
    model = make()
    ids, log_probs = rollout(fast_generate, model, PROMPTS["equal"], tokens=1)
    assert [len(row) for row in (*ids, *log_probs)] == [1] * 24
    ids, _ = fast_generate(model, Numbers(), ["2 3"], 8, 30, eos_token_id=[4, 5, 6, 7, 8, 9])
    assert all(row[-1] in range(4, 10) and not torch.isin(row[:-1], torch.arange(4, 10)).any() for row in ids)


# ---- The trainers ----


class Sums:
    """What lesson 14's trainer wants of a data set, on ids as text."""

    def __init__(self, lessons, tokenizer):
        self.items = [(f"{a} {b} 2"[: 3 + 2 * (a % 2)], a) for a in range(2, 9) for b in range(2, 5)]
        self.made = lessons.trainer.AdditionDataset.get_batch
        self.tokenizer = tokenizer

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]

    def get_batch(self, *arguments):
        return self.made(self, *arguments)


def low_tokens(truth, response):
    """A reward that only some groups have a signal in."""
    return float(truth % 3 > 0 and len(response.split()) > 2 and int(response.split()[-1]) < 9)


def trained(lessons, engine=None, steps=4, **more):
    settings = {"prompts_per_step": 5, "group_size": 4, "updates_per_generation": 2, "max_new_tokens": 7,
                "learning_rate": 1e-2, "warmup_steps": 0, "reward": low_tokens, **more}  # fmt: skip
    model, tokenizer = make(), Numbers()
    config = lessons.trainer.GRPOConfig(**settings)
    arguments = (model, tokenizer, Sums(lessons, tokenizer), config)
    if engine is None:
        made = lessons.trainer.GRPOTrainer(*arguments)
    else:
        made = lessons.fast.make_trainer(*arguments, engine=engine)
    return [made.step() for _ in range(steps)], {n: p.detach() for n, p in model.named_parameters()}


def same_run(a, b, tolerance=1e-6):
    """The sampler's log-probabilities are float32 in both, so that is how near they can be."""
    for metrics, others in zip(a[0], b[0], strict=True):
        assert metrics == pytest.approx(others, rel=tolerance, abs=tolerance)
    close(a[1], b[1], tolerance)


@pytest.mark.trains
@pytest.mark.parametrize(("aggregation", "micro_batch_size", "engine"), [
    ("token", 0, EngineConfig()), ("sequence", 7, EngineConfig()), ("constant", 7, EngineConfig()),
    ("token", 7, EngineConfig(skip_silent=False, fused_adamw=False)),
])  # fmt: skip
def test_lesson_14_takes_the_same_steps(exact_norms, lessons, aggregation, micro_batch_size, engine):
    options = {"aggregation": aggregation, "micro_batch_size": micro_batch_size}
    plain = trained(lessons, **options)
    assert any(0 < m["signal"] < 1 for m in plain[0]), "groups without signal are wanted here"
    assert any(m["clip_fraction"] > 0 for m in plain[0])
    same_run(trained(lessons, engine, **options), plain)


@pytest.mark.trains
def test_groups_without_signal_are_left_out_and_nothing_changes(exact_norms, lessons, monkeypatch):
    """Not even if no group has a signal: Adam's momentum still moves the weights."""
    rows, calls = [], itertools.count()
    monkeypatch.setattr(lessons.fast, "fused_loss", lambda *a, **k: rows.append(len(a[3])) or fused_loss(*a, **k))

    def early(truth, response):  # a signal in the first two of the four steps, in some groups
        return low_tokens(truth, response) if next(calls) % 80 < 40 else 0.0

    options = {"reward": early, "updates_per_generation": 1}
    same_run(trained(lessons, EngineConfig(), **options), trained(lessons, **options))
    assert 0 < min(rows[:2]) < 20 and rows[2:] == [0, 0]


def test_the_lessons_metrics_need_the_samplers_log_probs(lessons):
    for of in (lessons.fast, lessons.fast_rlhf):
        with pytest.raises(ValueError, match="first_update_log_probs=False"):
            of.make_trainer(engine=ALL_TRICKS)


@pytest.mark.trains
def test_bfloat16_stays_near(lessons):
    """Products are rounded to 8 bits: log-probabilities within 0.05, and a gradient that points the same way."""
    (ids, mask), found = batch(), {}
    for config in (EngineConfig(), EngineConfig(dtype="bfloat16")):
        model = make(dtype=torch.float32)
        _, log_probs = backward(
            model, ids, mask, torch.arange(len(ids)), lambda lp, i: lp.sum(), temperature=1.0, micro_batch_size=0,
            config=config,
        )  # fmt: skip
        found[config.dtype] = log_probs, torch.cat([p.grad.flatten() for p in model.parameters()])
        assert all(p.grad.dtype == torch.float32 for p in model.parameters())
    (a, b), (c, d) = found["float32"], found["bfloat16"]
    torch.testing.assert_close(a, c, atol=0.05, rtol=0.05)
    assert nn.functional.cosine_similarity(b, d, dim=0) > 0.999


def test_bfloat16_is_chosen_for_wide_models_where_the_processor_has_it(monkeypatch):
    model, config = make(dtype=torch.float32), EngineConfig(dtype="auto")
    for has, hidden, wanted in (("amx_bf16", 256, True), ("avx512_bf16", 576, True), ("avx2", 576, False)):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda has=has: {has: True})
        model.config.hidden_size = hidden
        assert config.cast(model) is (torch.bfloat16 if wanted else None)
        model.config.hidden_size = 64
        assert config.cast(model) is None
    assert EngineConfig(dtype="bfloat16").cast(model) is torch.bfloat16 and EngineConfig().cast(model) is None
    for wrong in ({"sampler": "best"}, {"dtype": "float8"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            EngineConfig(**wrong)


@pytest.mark.trains
@pytest.mark.parametrize("change", [
    {}, {"kl_coef": 0.0, "reference": False}, {"kl_estimator": "k2", "overlong_filter": True},
    {"dynamic_sampling": True, "kl_coef": 0.0, "reference": False, "length_cache": 3, "temperature": 0.8},
])  # fmt: skip
def test_lesson_16_takes_the_same_steps(exact_norms, lessons, change):
    change = dict(change)
    with_reference, runs = change.pop("reference", True), []
    for make_trainer in (lessons.rlhf.RLHFTrainer, lessons.fast_rlhf.make_trainer):
        config = lessons.rlhf.RLHFConfig(**{
            "batch_size": 3, "group_size": 4, "grpo_epochs": 2, "max_new_tokens": 7, "learning_rate": 1e-2,
            "warmup_steps": 0, "kl_coef": 0.1, **change,
        })  # fmt: skip
        model = make("smollm")
        reference = lessons.rlhf.frozen_copy(make("smollm", seed=1)) if with_reference else None
        made = make_trainer(
            model, reference, Numbers(), [text for t in PROMPTS.values() for text in t],
            lambda asked, replies: [low_tokens(1, r) if r else float("nan") for r in replies], config,
        )  # fmt: skip
        runs.append(([made.step() for _ in range(3)], {n: p.detach() for n, p in model.named_parameters()}))
    same_run(*runs)


def test_with_random_numbers_of_its_own_a_completion_does_not_depend_on_its_neighbours():
    model, own = make(), torch.rand(6, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    config = EngineConfig(sampler="inverse")
    whole, log_probs = fast_generate(model, Numbers(), PROMPTS["unequal"], 2, 8, uniforms=own, config=config)
    assert len({len(ids) for ids in whole}) > 1, "completions that end before others are wanted here"
    for i, prompt in enumerate(PROMPTS["unequal"]):
        rows = slice(2 * i, 2 * i + 2)
        alone, alone_log_probs = fast_generate(model, Numbers(), [prompt], 2, 8, uniforms=own[rows], config=config)
        assert all(torch.equal(a, b) for a, b in zip(alone, whole[rows], strict=True))
        torch.testing.assert_close(alone_log_probs, log_probs[rows])
    lowest, _ = fast_generate(model, Numbers(), ["2 3 4"], 1, 1, uniforms=torch.zeros(1, 1), config=config)
    assert lowest[0].tolist() == [0], "the number 0 draws the first token"
    with pytest.raises(ValueError, match="'inverse', not 'gumbel'"):
        fast_generate(model, Numbers(), ["2"], 1, 1, uniforms=own, config=EngineConfig())
