"""Situations of several steps for the tests of lesson 16. Each returns evidence; what it should be is in the tests."""

import copy

import torch
from lesson16_grpo_rlhf.rewards import reward_model
from lesson16_grpo_rlhf.rollout import dapo
from lesson16_grpo_rlhf.training import rlhf_trainer

from lab.models.char_tokenizer import CharTokenizer
from lab.models.drawn_logits import with_added
from lab.models.tiny_language_models import TinyLM
from lab.models.tiny_reward_model import TinyScorer
from lab.rl.optimizers import PlainSGD

NAN = float("nan")


# ---- reward model ----

SCORER_ALPHABET = "0123456789+=abcdefgh "


def one_reward_model_step(
    pairs, learning_rate=0.5, max_grad_norm=1e6, stale_gradient=False, dropout=0.0, training=True
):
    """Calls reward_model_step with a TinyScorer in training mode (or not) and plain gradient descent.

    Returns the weights before and after, the metrics, the number of forward passes, and the mode of the model afterwards.
    """
    tokenizer = CharTokenizer(SCORER_ALPHABET)
    torch.default_generator.manual_seed(3)
    model = TinyScorer(tokenizer.vocab_size, dropout=dropout).double().train(training)
    calls = []
    model.register_forward_pre_hook(lambda module, args: calls.append(1))
    if stale_gradient:
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)
    before = weights_of(model)
    optimizer = PlainSGD(model.parameters(), learning_rate)
    metrics = reward_model.reward_model_step(model, tokenizer, optimizer, pairs, max_grad_norm)
    return {"before": before, "after": weights_of(model), "metrics": dict(metrics), "forwards": len(calls),
            "training": model.training}  # fmt: skip


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
    return {"kept": [int(g.prompt) for g in kept], "drawn": [int(g.prompt) for g in drawn], "asked": asked}


def sample_from_a_broken_source():
    """dynamic_sampling with a draw that divides by zero."""
    return dapo.dynamic_sampling(lambda count: 1 / 0, 1, 2)


# ---- trainer ----

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


def make_trainer(reward="length", reference=True, dtype="float64", model_seed=0, dropout=0.0, **settings):
    """A trainer with a small model and, unless told otherwise, plain gradient descent. The reference has weights of
    its own, so that the KL is not 0. The model has layers that drop out a share `dropout` of their input whenever it is
    in training mode.

    `trainer.forwards` holds for each forward of the policy whether it recorded gradients; `trainer.reference_forwards`
    the same of the reference.
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


def tokens_of(group, i):
    """The i-th response of the group that is drawn as number `group`; some have no EOS (1)."""
    return TOKENS[(2 * group + i) % len(TOKENS)]


def log_probs_of(group, length):
    """The log-probabilities that its tokens had when they were sampled."""
    return -(group + 1.0) - torch.arange(length) / 8


def collect(rewards, **settings):
    """collect with groups that are written down: the n-th group that is drawn has the rewards rewards[n] (from the
    start again after the last), the responses tokens_of(n, i) and the log-probabilities log_probs_of(n, length).

    Returns the batch's parts (None if there is no batch), the metrics, the prompts that each call of draw_groups
    was given, the weights of policy and reference, and whether each forward of the two recorded gradients.
    """
    trainer = make_trainer(**settings)
    size, calls, made = trainer.config.group_size, [], []

    def draw_groups(prompts, generator):
        if len(calls) >= 50:
            raise RuntimeError("more than 50 draws: does it ever end?")
        calls.append(list(prompts))
        for prompt in prompts:
            n = len(made)
            ids = [torch.tensor(tokens_of(n, i)) for i in range(size)]
            texts = [trainer.tokenizer.decode(row.tolist(), skip_special_tokens=True) for row in ids]
            log_probs = [log_probs_of(n, len(row)) for row in ids]
            made.append(rlhf_trainer.Group(prompt, texts, ids, log_probs, torch.tensor(rewards[n % len(rewards)])))
        return made[-len(prompts) :]

    trainer.draw_groups = draw_groups
    batch, metrics = trainer.collect(torch.Generator().manual_seed(11))
    names = ("ids", "mask", "old_log_probs", "ref_log_probs", "advantages")
    return {
        "batch": None if batch is None else {name: getattr(batch, name) for name in names},
        "metrics": dict(metrics),
        "calls": calls,
        "weights": weights_of(trainer.model),
        "reference": weights_of(trainer.reference) if trainer.reference is not None else None,
        "gradients": {"policy": trainer.forwards, "reference": trainer.reference_forwards},
    }


def collect_from_a_broken_source():
    """collect of a trainer whose draw_groups divides by zero."""
    trainer = make_trainer()
    trainer.draw_groups = lambda prompts, generator: 1 / 0
    return trainer.collect(torch.Generator())


def updates(ids, mask, old_log_probs, ref_log_probs, advantages, stale_gradient=False, by_call=None, **settings):
    """update on a batch; returns the policy's weights before and after, whether the reference moved, the metrics, the
    number of optimizer steps, and the number of forwards of the reference. `by_call`: a seed; the policy's logits are
    others at each call (`lab.models.drawn_logits`)."""
    trainer = make_trainer(reference=ref_log_probs is not None, **settings)
    if by_call is not None:
        trainer.model.forward = with_added(trainer.model.forward, by_call)
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
