"""Situations that the tests of lesson 16 look at. Each returns evidence; what it should be is in the tests."""

import copy
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch
from lesson16_grpo_rlhf.loss import kl, rlhf
from lesson16_grpo_rlhf.rewards import relative, reward_model
from lesson16_grpo_rlhf.rollout import dapo
from lesson16_grpo_rlhf.training import checkpoint, measures, rlhf_trainer

from lab.models.char_tokenizer import CharTokenizer
from lab.models.tiny_language_models import TinyLM
from lab.models.tiny_reward_model import TinyScorer
from lab.rl.optimizers import PlainSGD

NAN = float("nan")


def _answer(function, *arguments, **options):
    """What the call gives; where it raises an error, the error's name and its words."""
    try:
        return function(*arguments, **options)
    except NotImplementedError:
        raise
    except Exception as error:
        return f"{type(error).__name__}"


def double(values):
    return torch.tensor(values, dtype=torch.float64)


# ---- rewards ----

REWARDS = [
    ([3.0, 1.0, 2.0, 6.0, -4.0, -2.0], 3), ([3.0, 1.0, 2.0, 6.0, -4.0, -2.0], 2), ([1.0, NAN, 0.0, 5.0, NAN, NAN], 3),
    ([NAN, NAN, 1.0, 4.0], 2), ([0.1] * 8, 8), ([0.1] * 6 + [1.0, 0.5], 4), ([7.0, NAN, NAN, 7.0], 4), ([], 2), ([1.0], 2),
    ([1.0, 2.0], 1), ([1.0, 2.0], 0), ([1.0, 2.0, 3.0], 2), ([-5.0, -5.0, -5.0, 5.0], 4), ([0.7, NAN, 0.7, 0.7], 4),
]  # fmt: skip


def relative_rewards_of_many_groups():
    """relative_rewards for groups of all kinds; where it raises an error, the error's name instead."""
    seen = [_answer(relative.relative_rewards, double(rewards), size) for rewards, size in REWARDS]
    single = _answer(relative.relative_rewards, torch.tensor([0.1] * 8 + [0.3, 0.3, 0.3, 0.3, 0.3, 0.3, NAN, 0.3]), 8)
    return [*seen, single, _answer(relative.relative_rewards, double([[1.0, 2.0], [3.0, 4.0]]), 2)]


def standardize_many_batches():
    """standardize for batches of all kinds; where it raises an error, the error's name instead."""
    batches = [
        [1.0, -1.0, 3.0, -3.0], [2.0, 1.0, 6.0], [1.0, NAN, -1.0], [NAN, NAN], [5.0, NAN], [0.5, 0.5, 0.5], [],
        [1e-4, -1e-4], [0.0, 0.0, 0.0, 1.0], [3.0, NAN, 3.0], [100.0, 101.0], [4.0],
    ]  # fmt: skip
    seen = [_answer(relative.standardize, double(batch)) for batch in batches]
    seen.append(_answer(relative.standardize, double([1.0, -2.0, 1.0]), eps=0.5))
    return [*seen, _answer(relative.standardize, torch.full((7,), 0.1))]


# ---- measures ----


def exact_kl_of_many():
    """exact_kl of several pairs of distributions, impossible tokens among them."""
    low = -float("inf")
    return [
        _answer(measures.exact_kl, double(p), double(q))
        for p, q in [
            ([[0.0, 1.0, 2.0], [3.0, 0.0, -1.0]], [[1.0, 1.0, 1.0], [0.0, 0.5, 2.0]]),
            ([[5.0, 4.0]], [[-5.0, 4.0]]), ([[low, 0.0, 1.0]], [[0.0, 0.0, 0.0]]), ([[low, 0.0, 1.0]], [[low, 1.0, 0.0]]),
            ([[0.0, 0.0]], [[low, 0.0]]), ([[1000.0, 0.0]], [[0.0, 1000.0]]), ([[2.0, 2.0, 2.0]], [[-1.0, -1.0, -1.0]]),
        ]
    ]  # fmt: skip


def entropy_of_many():
    """token_entropy of several tables of logits, at several temperatures, in several precisions."""
    low = -float("inf")
    table = [[[0.0, 1.0, 2.0], [3.0, 0.0, -1.0]], [[5.0, 5.0, 5.0], [low, 0.0, 1.0]]]
    seen = [_answer(measures.token_entropy, double(table), t) for t in (1.0, 0.5, 2.0)]
    seen.append(_answer(measures.token_entropy, double([[[1000.0, 0.0]]])))
    seen.append(_answer(measures.token_entropy, torch.tensor([[[0.1, 0.7, -0.3]]], dtype=torch.bfloat16), 0.7))
    return seen


# ---- KL and loss ----

LP = [[-0.5, -1.0, -2.0], [-3.0, -0.25, -1.5]]
OLD = [[-0.7, -1.0, -1.5], [-2.5, -0.5, -30.0]]
REF = [[-1.0, -0.5, -2.0], [-1.0, -0.75, -1.0]]


def kl_estimates_of_many():
    """kl_estimate of a table by each estimator, of small differences in float32, and of arguments that do not fit."""
    seen = [_answer(kl.kl_estimate, double(LP), double(REF), name) for name in ("k1", "k2", "k3", "k4", "K3", "")]
    small = torch.tensor([[-1.001, -1.0, -2.003]])
    seen += [_answer(kl.kl_estimate, small, torch.tensor([[-1.0, -1.002, -2.0]]), name) for name in ("k1", "k2", "k3")]
    far = double([[-300.0, -1.0]]), double([[-1.0, -300.0]])
    seen += [_answer(kl.kl_estimate, *far, name) for name in ("k1", "k2", "k3")]
    seen.append(_answer(kl.kl_estimate, double(LP), double(REF)))
    seen.append(_answer(kl.kl_estimate, double(LP), double(REF)[:1]))
    return seen


def k3_near_zero():
    """k3 of small differences k in float32, over k^2 / 2, which it is near 0: numbers close to 1."""
    k = torch.tensor([[2.0**-11, -(2.0**-11), 2.0**-12, 2.0**-10]])
    found = kl.kl_estimate(k - 0.5, torch.full((1, 4), -0.5), "k3")  # k is exact in float32
    return found.double() / (k.double().square() / 2)


def kl_gradients_of_many():
    """The gradients of each kl_estimate's sum to both arguments."""
    return [_gradients(kl.kl_estimate, [LP, REF], estimator=name) for name in ("k1", "k2", "k3")]


def kl_terms_of_many():
    """kl_term by each estimator, with and without correction: value and the gradients to all three arguments."""
    seen = []
    for name in ("k1", "k2", "k3"):
        for correction in (True, False):
            seen.append(_answer(kl.kl_term, double(LP), double(OLD), double(REF), name, correction))
            seen.append(_gradients(kl.kl_term, [LP, OLD, REF], estimator=name, correction=correction))
    seen.append(_answer(kl.kl_term, double(LP), double(OLD), double(REF)))
    seen.append(_answer(kl.kl_term, double(LP), double(OLD), double(REF), "k5"))
    seen.append(_answer(kl.kl_term, double(LP), double(OLD)[:1], double(REF)))
    seen.append(_answer(kl.kl_term, double(LP), double(OLD), double(REF)[:, :1]))
    seen.append(_answer(kl.kl_term, double(LP), double(OLD)[:1], double(REF), "k1", False))
    return seen


def _gradients(function, tables, **options):
    leaves = [double(table).requires_grad_() for table in tables]
    try:
        result = function(*leaves, **options).sum()
        if not result.requires_grad:
            return None
        return [g for g in torch.autograd.grad(result, leaves, allow_unused=True)]
    except NotImplementedError:
        raise
    except Exception as error:
        return type(error).__name__


def losses_of_many():
    """rlhf_loss, and its gradient to log_probs, for settings of all kinds on one batch."""
    ratios = double(
        [[0.5, 0.75, 1.0, 1.25, 1.29, 2.0], [0.5, 0.75, 1.0, 1.25, 1.29, 2.0], [1.0, 1.1, 3.0, 0.1, 0.9, 1.0]]
    )
    old = double([[-1.0, -2.0, -0.5, -1.5, -0.75, -3.0]] * 3)
    ref = old + double([[0.3, -0.4, 0.1, -0.2, 0.5, 0.0]] * 3)
    advantages, mask = double([1.0, -2.0, 0.5]), torch.tensor([[1] * 6, [1] * 6, [1, 1, 0, 1, 0, 0]])
    seen = []
    for options in (
        {}, {"clip_high": 0.28}, {"clip_low": 0.1, "clip_high": 0.5}, {"kl_coef": 0.5, "ref_log_probs": ref},
        {"kl_coef": 0.5, "ref_log_probs": ref, "correction": False, "clip_high": 0.28}, {"ref_log_probs": ref},
        {"kl_coef": 0.3, "ref_log_probs": ref, "estimator": "k2"}, {"kl_coef": -0.3, "ref_log_probs": ref, "estimator": "k1"},
        {"denominator": 40}, {"denominator": 0.5}, {"kl_coef": 0.5},
    ):  # fmt: skip
        leaf = (old + ratios.log()).requires_grad_()
        loss = _answer(rlhf.rlhf_loss, leaf, old, advantages, mask, **options)
        seen.append(loss)
        if isinstance(loss, torch.Tensor) and loss.requires_grad:
            seen += torch.autograd.grad(loss, leaf, allow_unused=True)
    return seen


# ---- reward model ----


def preference_losses_of_many():
    """preference_loss, and its gradients, for pairs of all kinds; where it raises an error, the error's name."""
    seen = []
    for chosen, rejected in (
        ([1.0, 2.0, -1.0], [0.0, 3.0, -1.0]), ([0.0], [0.0]), ([1000.0], [0.0]), ([0.0, 1.0], [1000.0, 0.0]),
        ([101.0, 102.0], [100.0, 104.0]), ([], []), ([1.0, 2.0], [1.0]), ([1.0], [1.0, 2.0]),
    ):  # fmt: skip
        leaves = double(chosen).requires_grad_(), double(rejected).requires_grad_()
        loss = _answer(reward_model.preference_loss, *leaves)
        seen.append(loss)
        if isinstance(loss, torch.Tensor) and loss.requires_grad and loss.ndim == 0:
            seen += torch.autograd.grad(loss, leaves, allow_unused=True)
    return seen


SCORER_ALPHABET = "0123456789+=abcdefgh "


def score_alone(weights, texts):
    """The score of each text by a TinyScorer of these weights, one row at a time: no padding anywhere."""
    tokenizer = CharTokenizer(SCORER_ALPHABET)
    model = TinyScorer(tokenizer.vocab_size).double()
    model.load_state_dict(weights)
    return [model(torch.tensor([tokenizer.encode(text)])).logits.reshape(()) for text in texts]


def one_reward_model_step(
    pairs, learning_rate=0.5, max_grad_norm=1e6, stale_gradient=False, dropout=0.0, steps=1, scale=1.0, training=True
):
    """Calls reward_model_step with a TinyScorer in training mode (or not) and plain gradient descent. `scale` multiplies the
    scorer's last weights: larger scores, larger gradients.

    Returns the weights before and after, the metrics of each step, the number of forward passes, the names of the
    arguments that the model was given, the mode of the model afterwards, and whether any forward ran without gradient.
    """
    tokenizer = CharTokenizer(SCORER_ALPHABET)
    torch.default_generator.manual_seed(3)
    model = TinyScorer(tokenizer.vocab_size, dropout=dropout).double().train(training)
    model.score.weight.data *= scale
    calls = []
    model.register_forward_pre_hook(lambda module, args, kwargs: calls.append(sorted(kwargs)), with_kwargs=True)
    optimizer = PlainSGD(model.parameters(), learning_rate)
    if stale_gradient:
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    metrics = [
        dict(reward_model.reward_model_step(model, tokenizer, optimizer, pairs, max_grad_norm)) for _ in range(steps)
    ]
    return {
        "before": before,
        "after": dict(model.state_dict()),
        "metrics": metrics,
        "forwards": len(calls),
        "arguments": calls,
        "training": model.training,
    }


def fit_a_reward_model(epochs, seed=0):
    """fit_reward_model on 64 pairs in which the response with more 'a's is preferred; returns the metrics of each
    step, and how many of 32 new pairs the model then puts in the right order."""
    tokenizer = CharTokenizer(SCORER_ALPHABET)
    torch.default_generator.manual_seed(seed)
    model = TinyScorer(tokenizer.vocab_size)
    draw = torch.Generator().manual_seed(seed)

    def text(count):
        letters = "a" * count + "".join("bcdefgh"[i] for i in torch.randint(7, (6 - count,), generator=draw))
        return "".join(letters[i] for i in torch.randperm(6, generator=draw))

    pairs = []
    for _ in range(96):
        low, high = sorted(torch.randperm(7, generator=draw)[:2].tolist())
        pairs.append(("1+1=", text(high), text(low)))
    settings = reward_model.RewardModelConfig(
        epochs=epochs, batch_size=16, learning_rate=2.0, optimizer="sgd", seed=seed
    )
    history = reward_model.fit_reward_model(model, tokenizer, pairs[:64], settings)
    with torch.no_grad():
        ids, mask = reward_model.encode_rows(
            tokenizer, [p + c for p, c, _ in pairs[64:]] + [p + r for p, _, r in pairs[64:]]
        )
        chosen, rejected = model(input_ids=ids, attention_mask=mask).logits.squeeze(-1).chunk(2)
    return {"history": [dict(one) for one in history], "chosen": chosen, "rejected": rejected}


def one_classifier_step(pairs, learning_rate=0.1):
    """reward_model_step with a small Llama for sequence classification (transformers is imported here). Returns the
    metrics, the scores before and after of each text alone, and the weights' largest change."""
    from transformers import LlamaConfig, LlamaForSequenceClassification

    tokenizer = CharTokenizer(SCORER_ALPHABET)
    config = LlamaConfig(vocab_size=tokenizer.vocab_size, hidden_size=16, intermediate_size=32, num_hidden_layers=1,
                         num_attention_heads=2, max_position_embeddings=64, num_labels=1, pad_token_id=0)  # fmt: skip
    torch.default_generator.manual_seed(0)
    model = LlamaForSequenceClassification(config)
    texts = [p + c for p, c, _ in pairs] + [p + r for p, _, r in pairs]

    def alone():
        with torch.no_grad():
            return torch.cat([model(input_ids=torch.tensor([tokenizer.encode(text)])).logits[:, 0] for text in texts])

    before = alone()
    metrics = reward_model.reward_model_step(model, tokenizer, PlainSGD(model.parameters(), learning_rate), pairs)
    return {"metrics": dict(metrics), "before": before, "after": alone()}


# ---- DAPO ----


def sample_dynamically(rewards, wanted, max_rounds):
    """dynamic_sampling with groups whose rewards are written down: the n-th group drawn has rewards[n], from the
    start again after the last. Returns the numbers of the kept and of the drawn groups, and how many each round
    asked for. More than 50 rounds are an error."""
    asked, made = [], []

    def draw(count):
        if len(asked) >= 50:
            raise RuntimeError("more than 50 rounds: does it ever end?")
        asked.append(count)
        fresh = []
        for _ in range(count):
            number = len(made)
            values = torch.tensor(rewards[number % len(rewards)], dtype=torch.float32)
            made.append(dapo.Group(f"{number}", [""] * len(values), [], [], values))
            fresh.append(made[-1])
        return fresh

    kept, drawn = dapo.dynamic_sampling(draw, wanted, max_rounds)
    numbers = [[int(group.prompt) for group in groups] for groups in (kept, drawn)]
    return {
        "kept": numbers[0],
        "drawn": numbers[1],
        "asked": asked,
        "lists": [type(kept).__name__, type(drawn).__name__],
    }


def many_dynamic_samplings():
    """dynamic_sampling for scripts of all kinds; where it raises an error, the error's name instead."""
    flat, good, bad = [0.5, 0.5], [1.0, 0.0], [0.0, 0.0]
    none, half, partly = [NAN, NAN], [1.0, NAN], [1.0, NAN, 0.0]
    return [
        _answer(sample_dynamically, script, wanted, rounds)
        for script, wanted, rounds in (
            ([good, bad, good, flat], 3, 4), ([bad], 2, 3), ([good], 3, 1), ([bad, bad, good, bad], 2, 2), ([none, good, half, partly], 2, 5),
            ([[1.0, 1.0, 1.0], [2.0, -3.0, 4.0]], 1, 2), ([good], 0, 3), ([good], 2, 0), ([bad, good], 1, 1), ([[1.0, 0.999999]], 1, 1),
            ([[7.0, 8.0], [-1.0, -1.0]], 2, 2), ([[0.0, -1.0], [0.0, 0.0]], 1, 1), ([[0.3, 0.3, 0.3, NAN], good], 1, 3),
        )
    ]  # fmt: skip


def overlong_filters_of_many():
    """overlong_filter for responses of all kinds, with one EOS id, with several, and with EOS 0."""
    rows = [[5, 6, 1], [5, 6, 7], [1, 5, 6], [1], [], [5, 2], [2, 5, 0]]
    responses = [torch.tensor(row, dtype=torch.int64) for row in rows]
    mask = torch.tensor([[0, 0, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0], [0, 1, 1, 0, 0],
                         [0, 1, 1, 1, 0]])  # fmt: skip
    return [_answer(dapo.overlong_filter, mask.clone(), responses, eos) for eos in (1, [1, 2], 0, [0], (2,))]


def length_penalties_of_many():
    """length_penalty for responses of 0 to 12 tokens, for several settings; where it raises an error, its name."""
    responses = [torch.full((n,), 5) for n in range(13)]
    settings = [(10, 4), (10, 10), (8, 1), (6, 3), (10, 0), (10, 11), (10, -2), (1, 1)]
    return [_answer(dapo.length_penalty, responses, longest, cache) for longest, cache in settings]


# ---- trainer ----


def ask_a_frozen_copy(seed, ids):
    """frozen_copy of a model with dropout that is in training mode; then the model takes a gradient step. Returns the
    copy's logits for `ids`."""
    torch.default_generator.manual_seed(seed)
    model = TinyLM(9, dropout=0.5).double().train()
    reference = rlhf_trainer.frozen_copy(model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 1.0
    return reference(ids).logits


def freeze_and_go_on(device=None, training=True):
    """frozen_copy of a model with dropout that is in training mode (or not); then the model takes a gradient step.

    Returns the weights at the time of the copy and the copy's weights at the end, modes, requires_grad, devices, and
    whether the copy is the model itself.
    """
    torch.default_generator.manual_seed(0)
    model = TinyLM(9, dropout=0.5)
    model.within = torch.nn.Dropout(0.5)  # a module inside of another has a mode of its own
    model.train(training)
    next(iter(model.parameters())).requires_grad_(False)  # one that the caller does not train
    wanted = [p.requires_grad for p in model.parameters()]
    then = {name: value.clone() for name, value in model.state_dict().items()}
    reference = rlhf_trainer.frozen_copy(model, device)
    seen = {
        "is the model": reference is model,
        "reference in training mode": [m.training for m in reference.modules()],
        "model in training mode": [m.training for m in model.modules()],
        "reference wants gradients": any(p.requires_grad for p in reference.parameters()),
        "model wants gradients as before": [p.requires_grad for p in model.parameters()] == wanted,
        "devices": [sorted({str(p.device) for p in m.parameters()}) for m in (reference, model)],
        "kind": type(reference).__name__,
    }
    model.eval()
    if device is None:
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 1.0
        seen["reference at the end"] = dict(reference.state_dict())
    seen["model at the copy"] = then
    return seen


PROMPTS = ["1+1=", "2+1=", "3+2=", "4=", "5+5="]


def rewards_by(name):
    """Reward functions: "length" (characters), "digit" (1 for an even last digit), "equal" (0.7 for all), "nan" (not
    scored), "some nan" (length, but every third is not scored)."""
    rules = {
        "length": lambda i, text: float(len(text)),
        "digit": lambda i, text: float(text[-1:] in tuple("02468")),
        "equal": lambda i, text: 0.7,
        "nan": lambda i, text: NAN,
        "some nan": lambda i, text: NAN if i % 3 == 0 else float(len(text)),
    }
    return lambda prompts, responses: [rules[name](i, text) for i, text in enumerate(responses)]


def make_trainer(reward="length", reference=True, dtype="float64", moved=0.0, model_seed=0, dropout=0.0, **settings):
    """A trainer with a small model and, unless told otherwise, plain gradient descent. The reference has weights of
    its own, so that the KL is not 0; `moved` changes the policy after the reference was made from it instead. The model
    has layers that drop out a share `dropout` of their input whenever it is in training mode.

    `trainer.forwards` grows with each forward of the policy, `trainer.reference_forwards` of the reference.
    """
    tokenizer = CharTokenizer("0123456789+=")
    torch.default_generator.manual_seed(model_seed)
    model = TinyLM(tokenizer.vocab_size, dropout=dropout).to(getattr(torch, dtype))
    other = copy.deepcopy(model).eval().requires_grad_(False)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    defaults = {"batch_size": 3, "group_size": 4, "grpo_epochs": 2, "max_new_tokens": 2, "learning_rate": 0.1,
                "warmup_steps": 0, "optimizer": "sgd", "max_grad_norm": 1e6, "kl_coef": 0.1 if reference else 0.0}  # fmt: skip
    config = rlhf_trainer.RLHFConfig(**{**defaults, **settings})
    trainer = rlhf_trainer.RLHFTrainer(
        model, other if reference else None, tokenizer, PROMPTS, rewards_by(reward), config
    )
    trainer.forwards, trainer.reference_forwards = [], []
    for watched, log in ((model, trainer.forwards), (other, trainer.reference_forwards)):
        watched.register_forward_pre_hook(
            lambda module, args, kwargs, log=log: log.append(torch.is_grad_enabled()), with_kwargs=True
        )
    return trainer


def weights_of(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


TOKENS = [[3, 1], [4, 5, 1], [6, 7, 8, 9], [2, 1], [3, 3, 3, 3], [5, 1]]


def collect(rewards, step_number=0, **settings):
    """collect with groups that are written down: the n-th group that is drawn has the rewards rewards[n] (from the
    start again after the last), and fixed responses of which some have no EOS.

    Returns the batch's parts (None where there is no batch), the metrics, the prompts that each call of draw_groups
    was given, the weights of policy and reference, and whether each forward of the two ran with gradient.
    """
    trainer = make_trainer(**settings)
    size, calls, made = trainer.config.group_size, [], []

    def draw_groups(prompts, generator):
        if len(calls) >= 50:
            raise RuntimeError("more than 50 draws: does it ever end?")
        calls.append(list(prompts))
        fresh = []
        for prompt in prompts:
            number = len(made)
            ids = [torch.tensor(TOKENS[(number + i) % len(TOKENS)]) for i in range(size)]
            texts = [trainer.tokenizer.decode(row.tolist(), skip_special_tokens=True) for row in ids]
            log_probs = [-(number + 1.0) - torch.arange(len(row)) / 8 for row in ids]
            made.append(rlhf_trainer.Group(prompt, texts, ids, log_probs, torch.tensor(rewards[number % len(rewards)])))
            fresh.append(made[-1])
        return fresh

    trainer.draw_groups = draw_groups
    generator = torch.Generator().manual_seed(11 + step_number)
    batch, metrics = trainer.collect(generator)
    return {
        "batch": _parts(batch),
        "metrics": dict(metrics),
        "calls": calls,
        "weights": weights_of(trainer.model),
        "reference": weights_of(trainer.reference) if trainer.reference is not None else None,
        "gradients": {"policy": trainer.forwards, "reference": trainer.reference_forwards},
    }


def _parts(batch):
    names = ("ids", "mask", "old_log_probs", "ref_log_probs", "advantages")
    return None if batch is None else {name: getattr(batch, name) for name in names}


def collect_for_real(step_number=0, **settings):
    """collect with the model's own samples; returns the batch's parts, the metrics and the policy's weights."""
    trainer = make_trainer(**settings)
    weights = weights_of(trainer.model)
    batch, metrics = trainer.collect(torch.Generator().manual_seed(step_number))
    return {"batch": _parts(batch), "metrics": dict(metrics), "weights": weights}


def updates(ids, mask, old_log_probs, ref_log_probs, advantages, stale_gradient=False, **settings):
    """update on a batch; returns the policy's weights before and after, whether the reference moved, the metrics, the
    number of optimizer steps, and the number of forwards of policy and reference."""
    trainer = make_trainer(reference=ref_log_probs is not None, **settings)
    if stale_gradient:
        for parameter in trainer.model.parameters():
            parameter.grad = torch.ones_like(parameter)
    steps, take = [], trainer.optimizer.step
    trainer.optimizer.step = lambda *a, **k: (steps.append(1), take(*a, **k))[1]
    before = weights_of(trainer.model)
    reference = weights_of(trainer.reference) if trainer.reference is not None else {}
    metrics = trainer.update(rlhf_trainer.Batch(ids, mask, old_log_probs, ref_log_probs, advantages))
    return {
        "before": before,
        "after": weights_of(trainer.model),
        "metrics": dict(metrics),
        "steps": len(steps),
        "forwards": len(trainer.forwards),
        "reference forwards": len(trainer.reference_forwards),
        "reference moved": any(not torch.equal(v, trainer.reference.state_dict()[n]) for n, v in reference.items()),
    }


def train(steps, **settings):
    """Takes so many steps; returns the metrics of each, the policy's weights before and after, those of the reference
    before and after, and the reference's mode and gradients at the end."""
    trainer = make_trainer(**settings)
    before, reference = weights_of(trainer.model), weights_of(trainer.reference)
    history = [dict(trainer.step()) for _ in range(steps)]
    return {
        "history": history,
        "before": before,
        "after": weights_of(trainer.model),
        "reference before": reference,
        "reference after": weights_of(trainer.reference),
        "reference in training mode": trainer.reference.training,
        "reference has gradients": any(p.grad is not None for p in trainer.reference.parameters()),
    }


# ---- checkpoints ----


class Saved:
    """Something with save_pretrained, as a model and a tokenizer have: it writes one file, or fails on the way."""

    def __init__(self, name, content, fails=False, root=None, log=None):
        self.name, self.content, self.fails, self.root, self.log = name, content, fails, root, log
        self.place = None  # where it was written

    def save_pretrained(self, folder):
        if self.log is not None:
            self.log.append(found_by_a_reader(self.root))
        self.place = Path(folder)
        path = self.place / self.name
        if isinstance(self.content, dict):
            safetensors.torch.save_file(self.content, path)
        else:
            path.write_text(self.content)
        self.number = path.stat().st_ino
        if self.fails == "interrupted":
            raise KeyboardInterrupt
        if self.fails:
            raise OSError("the disk is full")


def found_by_a_reader(root):
    """The files in the folders epoch_..., and those of these folders that are empty."""
    files = sorted(p.relative_to(root).as_posix() for p in root.glob("epoch_*/*"))
    return files + [p.name for p in root.glob("epoch_*") if not any(p.iterdir())]


@dataclass
class Settings:
    """A run's settings. `look` is called whenever somebody reads any of them."""

    name: str = "run"
    rate: float = 0.5
    switches: list | None = None
    depth: int = 3

    look = None

    def __getattribute__(self, name):
        if type(self).look is not None:
            type(self).look()
        return super().__getattribute__(name)


def save(epochs=(1,), fails="", old_file="", nested="", settings=None, killed=False):
    """save_checkpoint for each epoch into one folder; epoch n's weights are full of the number n.

    `fails` names what cannot be saved in the last epoch ("model", "tokenizer" or "settings"), or is "interrupted": a
    Ctrl-C comes while the model is saved; `old_file` is put into epoch_1
    beforehand; `nested` is a folder to be made; `killed` puts a half-written file, before the second epoch, where the
    first one's model was written, as a run that was killed would leave it. Returns all files with their contents, the
    error's name, the returned paths relative to the folder, and what a reader would have found in the folders epoch_...
    whenever a model or tokenizer was about to be saved, and whenever the settings were read; and of each checkpoint
    whether its weights are the very file that was written, as after renaming, or a copy, and whether they were written
    within the folder at first.
    """
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        folder = root / nested if nested else root
        if old_file:
            (folder / "epoch_1").mkdir(parents=True)
            (folder / "epoch_1" / old_file).write_text("old")
        error, paths, meanwhile, reading, same_file, within = None, [], [], [], [], []
        for number, epoch in enumerate(epochs):
            last = number == len(epochs) - 1
            if killed and number and model.place is not None and model.place.name != "epoch_1":
                model.place.mkdir(parents=True, exist_ok=True)
                (model.place / "half.bin").write_text("half")
            model = Saved(
                "model.safetensors",
                {"w": torch.full((2,), float(epoch))},
                last and fails in ("model", "interrupted") and fails,
                folder,
                meanwhile,
            )
            tokenizer = Saved(
                "tokenizer.json", f"tokenizer of epoch {epoch}", last and fails == "tokenizer", folder, meanwhile
            )
            config = Settings(**(settings or {}))
            if last and fails == "settings":
                config.switches = object()
            try:
                Settings.look = lambda: reading.append(found_by_a_reader(folder))
                made = checkpoint.save_checkpoint(str(folder), epoch, model, tokenizer, config)
                paths.append(Path(made).relative_to(folder).as_posix())
                within.append(model.place.is_relative_to(folder))
                same_file.append((Path(made) / model.name).stat().st_ino == model.number)
            except NotImplementedError:
                raise
            except (Exception, KeyboardInterrupt) as problem:
                error = type(problem).__name__
            finally:
                Settings.look = None
        files = {}
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            name = path.relative_to(root).as_posix()
            if path.suffix == ".safetensors":
                files[name] = safetensors.torch.load_file(path)
            elif path.name == "run_config.json":
                files[name] = _answer(json.loads, path.read_text())
            else:
                files[name] = path.read_text()
        folders = sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_dir())
    return {"files": files, "folders": folders, "error": error, "paths": paths, "meanwhile": meanwhile,
            "reading": reading, "same file": same_file, "written within": within}  # fmt: skip


def refuse_epoch(epoch):
    """save_checkpoint for an epoch that cannot be; the error passes through."""
    with tempfile.TemporaryDirectory() as temporary:
        checkpoint.save_checkpoint(temporary, epoch, Saved("a", "a"), Saved("b", "b"), Settings())


def save_a_llama():
    """save_checkpoint with a small Llama whose input and output weights are tied; returns whether from_pretrained
    gives the same weights, and the names of the files."""
    from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(vocab_size=11, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
                         max_position_embeddings=64, tie_word_embeddings=True)  # fmt: skip
    model = LlamaForCausalLM(config)
    with tempfile.TemporaryDirectory() as temporary:
        made = checkpoint.save_checkpoint(temporary, 2, model, Saved("tokenizer.json", "{}"), rlhf_trainer.RLHFConfig())
        again = AutoModelForCausalLM.from_pretrained(made)
        same = all(torch.equal(v, again.state_dict()[n]) for n, v in model.state_dict().items())
        names = sorted(p.name for p in Path(made).iterdir())
        settings = json.loads((Path(made) / "run_config.json").read_text())
    return {"same weights": same, "names": names, "settings": settings}
