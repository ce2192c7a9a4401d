"""Situations that the tests of lesson 14 look at. Each returns evidence; what it should be is in the tests."""

import functools

import torch
from jaxtyping import Float, Int
from lesson14_grpo_ppo_clip.data import addition
from lesson14_grpo_ppo_clip.rollout import generate as rollout
from lesson14_grpo_ppo_clip.training import grpo_trainer
from torch import Tensor

from lab.models.char_tokenizer import CharTokenizer
from lab.models.drawn_logits import with_added
from lab.models.tiny_language_models import BigramLM, Cache, Output, TinyLM
from lab.models.tiny_llama import small_llama


def watch_forwards(model, limit=1000):
    """A list to which each forward pass adds its (rows, width). One too many is an error: a loop without end."""
    forwards, forward = [], model.forward

    @functools.wraps(forward)
    def noted(*args, **kwargs):
        forwards.append(tuple((args[0] if args else kwargs["input_ids"]).shape))
        if len(forwards) > limit:
            raise RuntimeError(f"more than {limit} forward passes: does the loop ever end?")
        return forward(*args, **kwargs)

    model.forward = noted  # not a hook, which a call of forward itself would pass by
    return forwards


def batch(
    prompts, responses, pad_is_eos=False, merges=(), bos=False, device=None
) -> tuple[Int[Tensor, "batch length"], Int[Tensor, "batch length"]]:
    """get_batch with a character tokenizer: ids 2 to 11 are the digits, 0 is padding, 1 is EOS.

    `merges` are strings with an id of their own; `bos` puts a BOS token in front of each text that is encoded.
    """
    made = addition.AdditionDataset(CharTokenizer(pad_is_eos=pad_is_eos, merges=merges, bos=bos))
    return tuple(made.get_batch(prompts, responses, device))


def device_of_batch(device):
    """get_batch for one row; returns the names of the devices of ids and mask. Every machine has the device "meta"."""
    return [str(made.device) for made in batch(["1="], [torch.tensor([3, 1])], device=device)]


def group_of_known_answers(prompts, ground_truths, group_size, answers):
    """generate_group with a model that writes `answers[i]` (one digit, then EOS) to prompt i, whose last
    character must be a letter of its own. Returns the rollout's fields."""
    tokenizer = CharTokenizer("0123456789abcd+=")
    table = torch.zeros(tokenizer.vocab_size, tokenizer.vocab_size)
    for prompt, answer in zip(prompts, answers, strict=True):
        table[tokenizer.ids[prompt[-1]], tokenizer.ids[answer]] = 60.0
    for digit in "0123456789":
        table[tokenizer.ids[digit], tokenizer.eos_token_id] = 60.0
    model = BigramLM(table)
    watch_forwards(model)
    made = rollout.generate_group(model, tokenizer, prompts, ground_truths, group_size, max_new_tokens=4)
    return _fields(made)


def group_of_random_answers(prompts, ground_truths, group_size, seed=0, slope=0.0, **settings):
    """generate_group with a model that writes one of the digits 0 to 3, then EOS. Returns the rollout's fields.

    The reward function adds the digit and the truth. `slope` is how much larger each digit's logit is than that of
    the digit before.
    """
    tokenizer = CharTokenizer("0123456789+=")
    table = torch.full((tokenizer.vocab_size, tokenizer.vocab_size), -60.0)
    table[:, 2:6] = slope * torch.arange(4)  # the digits 0 to 3
    table[2:12, :] = -60.0
    table[2:12, tokenizer.eos_token_id] = 60.0
    model = BigramLM(table)
    watch_forwards(model)
    generator = torch.Generator().manual_seed(seed)
    settings = {
        "max_new_tokens": 4,
        "generator": generator,
        "reward": lambda truth, text: int(text) + truth,
        **settings,
    }
    made = rollout.generate_group(model, tokenizer, prompts, ground_truths, group_size, **settings)
    return _fields(made)


def group_with_a_broken_reward(truth):
    """generate_group with a reward function that divides by zero."""
    return group_of_random_answers(["1="], [truth], 2, reward=lambda truth, text: truth / 0)


def _fields(made):
    return {
        name: getattr(made, name)
        for name in ("prompts", "responses", "token_ids", "log_probs", "rewards", "advantages")
    }


class Sums(addition.AdditionDataset):
    """A few sums as a data set, with the learner's get_batch and plain prompts."""

    def __init__(self, tokenizer, data):
        self.tokenizer, self.data = tokenizer, data


SUMS = [("1+1=", 2), ("2+1=", 3), ("2+2=", 4), ("3+2=", 5)]


def make_trainer(model_seed=0, dtype="float32", reward_of=None, dropout=0.0, passed=None, **settings):
    """A trainer on four sums with a small model and, unless `settings` say otherwise, plain gradient descent.

    `reward_of` chooses a reward function: "length" gives the number of characters, "truth" 1 for every response
    to a sum that is 2 and 0 for all others. The model has layers that drop out a share `dropout` of their input
    whenever it is in training mode. `passed`: generate and loss for the trainer. `trainer.forwards` grows with each
    forward.
    """
    rewards = {"length": lambda truth, text: float(len(text)), "truth": lambda truth, text: float(truth == 2)}
    if reward_of:
        settings["reward"] = rewards[reward_of]
    tokenizer = CharTokenizer("0123456789+=")
    torch.default_generator.manual_seed(model_seed)
    model = TinyLM(tokenizer.vocab_size, dropout=dropout).to(getattr(torch, dtype))
    forwards = watch_forwards(model, limit=20_000)
    defaults = {"prompts_per_step": 3, "group_size": 4, "max_new_tokens": 2, "learning_rate": 0.1, "warmup_steps": 0,
                "optimizer": "sgd", "max_grad_norm": 1e6}  # fmt: skip
    config = grpo_trainer.GRPOConfig(**{**defaults, **settings})
    trainer = grpo_trainer.GRPOTrainer(model, tokenizer, Sums(tokenizer, SUMS), config, **(passed or {}))
    trainer.forwards = forwards
    return trainer


def weights_of(trainer):
    return {name: value.clone() for name, value in trainer.model.state_dict().items()}


def learning_rates(steps, **settings):
    """The learning rates of the first `steps` steps, each set in the optimizer before the next is asked for."""
    trainer, rates = make_trainer(**settings), []
    for trainer.step_number in range(steps):
        rates.append(trainer.learning_rate())
        for group in trainer.optimizer.param_groups:
            group["lr"] = rates[-1]
    return rates


def batch_of(
    prompts, token_ids, log_probs
) -> tuple[Int[Tensor, "batch length"], Int[Tensor, "batch length"], Float[Tensor, "batch length-1"]]:
    """batch_of for a rollout with these token ids and log-probs."""
    trainer, empty = make_trainer(), torch.zeros(len(prompts))
    texts = [trainer.tokenizer.decode(ids.tolist(), skip_special_tokens=True) for ids in token_ids]
    return tuple(trainer.batch_of(rollout.Rollout(prompts, texts, token_ids, log_probs, empty, empty)))


def one_update(ids, mask, advantages, old_log_probs, stale_gradient=False, by_row=None, **settings):
    """One call of update in float64; returns the weights before and after, and the metrics. `stale_gradient`: the
    parameters have a gradient of ones before. `by_row`: a seed; the model's logits depend on the row of its input that
    they stand in (`lab.models.drawn_logits`)."""
    trainer = make_trainer(dtype="float64", **settings)
    if by_row is not None:
        trainer.model.forward = with_added(trainer.model.forward, by_row, by_call=False)
    if stale_gradient:
        for parameter in trainer.model.parameters():
            parameter.grad = torch.ones_like(parameter)
    before = weights_of(trainer)
    metrics = trainer.update(ids, mask, advantages, old_log_probs)
    return {"before": before, "after": weights_of(trainer), "metrics": dict(metrics)}


def watched_step(step_number=0, global_seed=1, **settings):
    """One step of an optimizer with two param_groups. Its updates write down what they were given, and scale the model's
    last layer, so that the policy is another one at the next update.

    Returns those calls, and for each the learning rates that the optimizer had (`rates`) and whether the model was in
    training mode; the metrics, the number of steps done afterwards, the weights before, and the next number of torch's
    global random generator, which was seeded with `global_seed` before the step.
    """
    trainer = make_trainer(**settings)
    trainer.optimizer.param_groups.append({"params": [], "lr": 0.0})
    trainer.step_number = step_number
    calls, rates, training, weights = [], [], [], weights_of(trainer)

    @torch.no_grad()
    def update(ids, mask, advantages, old_log_probs):
        calls.append({"ids": ids, "mask": mask, "advantages": advantages, "old_log_probs": old_log_probs})
        rates.append([group["lr"] for group in trainer.optimizer.param_groups])
        training.append(trainer.model.training)
        trainer.model.head *= 1.5
        return {"loss": float(len(calls)), "clip_fraction": 0.5, "grad_norm": 2.0 * len(calls)}

    trainer.update = update
    torch.default_generator.manual_seed(global_seed)
    metrics = trainer.step()
    return {
        "calls": calls,
        "rates": rates,
        "training": training,
        "next_global_number": torch.rand(()).item(),
        "metrics": dict(metrics),
        "step_number": trainer.step_number,
        "weights": weights,
    }


def step_with_what_is_passed():
    """One step and its updates with a generate and a loss of the scenario's own, passed to the trainer.

    That generate writes "5" and EOS to every prompt. Returns how often each of the two was called and the rows that
    the loss was given.
    """
    calls = {"generate": 0, "loss": 0}

    def generate(model, tokenizer, prompts, group_size, *rest, **others):
        calls["generate"] += 1
        count = len(prompts) * group_size
        return [torch.tensor([7, 1]) for _ in range(count)], [torch.tensor([-1.0, -0.5]) for _ in range(count)]

    def loss(model, ids, *rest, **others):
        calls["loss"] += 1
        calls["ids"] = ids
        return model(ids).logits.sum() * 0, {"clip_fraction": 0.25}

    make_trainer(passed={"generate": generate, "loss": loss}).step()
    return calls


def step_with_a_broken(part):
    """One step of a trainer whose generate, loss or update divides by zero."""

    def broken(*_, **__):
        return 1 / 0

    trainer = make_trainer(passed=None if part == "update" else {part: broken})
    if part == "update":
        trainer.update = broken
    return trainer.step()


def first_step_of_a_trained_policy(warmup_steps, learning_rate=0.1):
    """Teaches the model the four sums by supervised learning, then takes one GRPO step with a fresh AdamW.
    Returns the weights before and after that step."""
    trainer = make_trainer(optimizer="adamw", learning_rate=learning_rate, warmup_steps=warmup_steps,
                           max_new_tokens=1, group_size=64, prompts_per_step=4)  # fmt: skip
    prompts = [torch.tensor([trainer.tokenizer.encode(prompt)]) for prompt, _ in SUMS]
    optimizer = torch.optim.AdamW(trainer.model.parameters(), lr=0.01, weight_decay=0.0)
    for _ in range(40):
        logits = torch.cat([trainer.model(ids).logits[:, -1] for ids in prompts])
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor([truth + 2 for _, truth in SUMS]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    trainer.optimizer.zero_grad()
    before = weights_of(trainer)
    trainer.step()
    return {"before": before, "after": weights_of(trainer)}


def train(steps, **settings):
    """Takes `steps` steps; returns the weights before and after, and the metrics of each step."""
    trainer = make_trainer(**settings)
    before = weights_of(trainer)
    history = [dict(trainer.step()) for _ in range(steps)]
    return {"before": before, "after": weights_of(trainer), "history": history}


def completions_of_a_fresh_generator(prompts, step_number=0):
    """What the trainer's model writes to these prompts when the step's generator has drawn nothing before."""
    trainer = make_trainer()
    config = trainer.config
    token_ids, _ = rollout.generate(
        trainer.model, trainer.tokenizer, prompts, config.group_size, config.max_new_tokens, config.temperature,
        generator=grpo_trainer.step_generator(config.seed, step_number),
    )  # fmt: skip
    return list(token_ids)
