"""Situations that the tests of lesson 14 look at. Each returns evidence; what it should be is in the tests."""

import functools
import re
import zlib
from unittest import mock

import torch
from jaxtyping import Float, Int
from lesson14_grpo_ppo_clip.data import addition
from lesson14_grpo_ppo_clip.loss import ppo_clip
from lesson14_grpo_ppo_clip.rewards import addition as rewards
from lesson14_grpo_ppo_clip.rollout import generate as rollout
from lesson14_grpo_ppo_clip.training import grpo_trainer
from torch import Tensor, nn

from lab.models.char_tokenizer import CharTokenizer
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


def dataset(digits=1, split="all"):
    """Makes an AdditionDataset; returns its length, its data, and whether it still has the tokenizer."""
    tokenizer = CharTokenizer()
    made = addition.AdditionDataset(tokenizer, digits, split)
    return {
        "length": len(made),
        "data": [tuple(made[i]) for i in range(len(made))],
        "has the tokenizer": getattr(made, "tokenizer", None) is tokenizer,
    }


def batch(
    prompts, responses, pad_is_eos=False, merges=(), bos=False
) -> tuple[Int[Tensor, "batch length"], Int[Tensor, "batch length"]]:
    """get_batch with a character tokenizer: ids 2 to 11 are the digits, 0 is padding, 1 is EOS.

    `merges` are strings with an id of their own; `bos` puts a BOS token in front of each text that is encoded.
    """
    made = addition.AdditionDataset(CharTokenizer(pad_is_eos=pad_is_eos, merges=merges, bos=bos))
    return tuple(made.get_batch(prompts, responses))


def generate_chain(table, prompts, group_size, max_new_tokens, eos_token_id=None, pad_is_eos=False):
    """generate with a model that always writes the same: `table` gives for each token the one that follows.

    Prompts are strings of the letters a, b, c, ... (ids 2, 3, 4, ...). Returns the token ids, the lengths of the
    log-probs and, for each forward pass, its number of rows and its width.
    """
    size = len(table)
    model = BigramLM([[60.0 if column == follower else 0.0 for column in range(size)] for follower in table])
    tokenizer = CharTokenizer(alphabet="abcdefghijklmnop"[: size - 2], pad_is_eos=pad_is_eos)
    forwards = watch_forwards(model)
    ids, log_probs = rollout.generate(model, tokenizer, prompts, group_size, max_new_tokens, eos_token_id=eos_token_id)
    return {"token_ids": list(ids), "lengths of log_probs": [len(row) for row in log_probs], "forwards": forwards}


class ByCall(nn.Module):
    """A model that answers by how it is called: after token i, in a call `width` columns wide with `cached` columns
    before it, token v has the logit 2 sin(v (1 + i) + 3 width + 7 cached + 5 rows). `rows` is the number of rows in the
    first call, and 0 later."""

    def __init__(self, size):
        super().__init__()
        self.tokens = nn.Parameter(torch.arange(size, dtype=torch.float64))

    def forward(self, input_ids, past_key_values=None, use_cache=False, **_ignored):
        cache = past_key_values if past_key_values is not None else Cache()
        rows, width = input_ids.shape
        call = 3 * width + 7 * cache.length + (0 if cache.length else 5 * rows)
        cache.length += width
        return Output(2 * torch.sin(self.tokens * (1 + input_ids[:, :, None]) + call), cache)


def generate_by_call(prompts, group_size, max_new_tokens, seed=0):
    """generate with a model whose answers tell how it was called, each time (see ByCall). Returns ids and log-probs."""
    tokenizer = CharTokenizer("0123456789+=")
    model = ByCall(tokenizer.vocab_size)
    watch_forwards(model)
    generator = torch.Generator().manual_seed(seed)
    ids, log_probs = rollout.generate(model, tokenizer, prompts, group_size, max_new_tokens, generator=generator)
    return {"token_ids": list(ids), "log_probs": list(log_probs)}


def generate(
    prompts,
    group_size,
    max_new_tokens,
    temperature=1.0,
    seed=0,
    pad_is_eos=False,
    layers=2,
    model="tiny",
    global_seed=12345,
    eos_token_id=None,
):
    """generate with a small random model; returns ids, log-probs, forwards and the model's weights.

    `model` is "tiny" (lab's TinyLM) or "llama" (a small Llama of transformers'). `seed` is that of the generator
    that is passed (None: no generator), `global_seed` that of torch's global random state.
    """
    tokenizer = CharTokenizer("0123456789+=", pad_is_eos=pad_is_eos)
    torch.default_generator.manual_seed(1)
    built = TinyLM(tokenizer.vocab_size, layers=layers) if model == "tiny" else small_llama(tokenizer.vocab_size)
    forwards = watch_forwards(built)
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    torch.default_generator.manual_seed(global_seed)
    ids, log_probs = rollout.generate(
        built, tokenizer, prompts, group_size, max_new_tokens, temperature, eos_token_id, generator
    )
    return {
        "token_ids": list(ids),
        "log_probs": list(log_probs),
        "forwards": forwards,
        "weights": dict(built.state_dict()),
    }


def draw_many(probabilities, count, temperature=1.0, dtype="float64"):
    """Draws one token after the prompt "a", `count` times; returns the ids, and the log-probs that were stored.

    Tokens have the given probabilities at temperature 1; the first two are padding and EOS. `dtype` is that of
    the model's logits.
    """
    row = torch.tensor(probabilities, dtype=torch.float64).log()
    model = BigramLM(row.expand(len(row), -1)).to(getattr(torch, dtype))
    tokenizer = CharTokenizer(alphabet="abcdefghijklmnop"[: len(row) - 2])
    generator = torch.Generator().manual_seed(5)
    watch_forwards(model)
    ids, log_probs = rollout.generate(model, tokenizer, ["a"], count, 1, temperature, generator=generator)
    return {"ids": torch.cat(list(ids)), "log_probs": torch.cat(list(log_probs))}


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


def group_of_random_answers(prompts, ground_truths, group_size, seed=0, reward_digit=False, slope=0.0, **settings):
    """generate_group with a model that writes one of the digits 0 to 3, then EOS. Returns the rollout's fields.

    `slope` is how much larger each digit's logit is than that of the digit before. `reward_digit` rewards a
    response by its digit plus the truth and a half, with a reward function of the caller's.
    """
    tokenizer = CharTokenizer("0123456789+=")
    table = torch.full((tokenizer.vocab_size, tokenizer.vocab_size), -60.0)
    table[:, 2:6] = slope * torch.arange(4)  # the digits 0 to 3
    table[2:12, :] = -60.0
    table[2:12, tokenizer.eos_token_id] = 60.0
    model = BigramLM(table)
    watch_forwards(model)
    if reward_digit:
        settings["reward"] = lambda truth, text: int(text) + truth + 0.5
    generator = torch.Generator().manual_seed(seed)
    settings = {"max_new_tokens": 4, "generator": generator, **settings}
    made = rollout.generate_group(model, tokenizer, prompts, ground_truths, group_size, **settings)
    return _fields(made)


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


def make_trainer(model_seed=0, dtype="float64", reward_of=None, dropout=0.0, **settings):
    """A trainer on four sums with a small model and, unless told otherwise, plain gradient descent.

    `reward_of` chooses a reward function: "length" gives the number of characters, "truth" 1 for every response
    to a sum that is 2 and 0 for all others, "equal" 0.7 for every response. The model has layers that drop out
    a share `dropout` of their input whenever it is in training mode. `trainer.forwards` grows with each forward.
    """
    rewards = {
        "length": lambda truth, text: float(len(text)),
        "truth": lambda truth, text: float(truth == 2),
        "equal": lambda truth, text: 0.7,
    }
    if reward_of:
        settings["reward"] = rewards[reward_of]
    tokenizer = CharTokenizer("0123456789+=")
    torch.default_generator.manual_seed(model_seed)
    model = TinyLM(tokenizer.vocab_size, dropout=dropout).to(getattr(torch, dtype))
    forwards = watch_forwards(model, limit=20_000)
    defaults = {"prompts_per_step": 3, "group_size": 4, "max_new_tokens": 2, "learning_rate": 0.1, "warmup_steps": 0,
                "optimizer": "sgd", "max_grad_norm": 1e6}  # fmt: skip
    config = grpo_trainer.GRPOConfig(**{**defaults, **settings})
    trainer = grpo_trainer.GRPOTrainer(model, tokenizer, Sums(tokenizer, SUMS), config)
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


def one_update(ids, mask, advantages, old_log_probs, stale_gradient=False, **settings):
    """One call of update; returns the weights before and after, the metrics, and the number of rows in each
    forward pass."""
    trainer = make_trainer(**settings)
    if stale_gradient:
        for parameter in trainer.model.parameters():
            parameter.grad = torch.ones_like(parameter)
    before = weights_of(trainer)
    metrics = trainer.update(ids, mask, advantages, old_log_probs)
    rows = [rows for rows, _ in trainer.forwards]
    return {"before": before, "after": weights_of(trainer), "metrics": dict(metrics), "rows": rows}


def watched_step(step_number=0, global_seed=1, **settings):
    """One step whose updates only write down what they were given, of an optimizer with two param_groups.

    Returns those calls, and of each the learning rates that the optimizer had and whether the model was in
    training mode; the metrics, the number of steps done afterwards, the optimizer's learning rates, and the next
    number from torch's global random generator, which was seeded with `global_seed` before the step.
    """
    trainer = make_trainer(**settings)
    trainer.optimizer.param_groups.append({"params": [], "lr": 0.0})
    trainer.step_number = step_number
    calls, at_calls = [], []

    def update(ids, mask, advantages, old_log_probs):
        calls.append({"ids": ids, "mask": mask, "advantages": advantages, "old_log_probs": old_log_probs})
        rates = [group["lr"] for group in trainer.optimizer.param_groups]
        at_calls.append({"rates": rates, "training": trainer.model.training})
        return {"loss": float(len(calls)), "clip_fraction": 0.5, "grad_norm": 2.0 * len(calls)}

    trainer.update = update
    torch.default_generator.manual_seed(global_seed)
    metrics = trainer.step()
    return {
        "calls": calls,
        "at_calls": at_calls,
        "next_global_number": torch.rand(()).item(),
        "metrics": dict(metrics),
        "step_number": trainer.step_number,
        "rates": [group["lr"] for group in trainer.optimizer.param_groups],
        "weights": weights_of(trainer),
    }


def first_step_of_a_trained_policy(warmup_steps, learning_rate=0.1):
    """Teaches the model the four sums by supervised learning, then takes one GRPO step with a fresh AdamW.
    Returns the weights before and after that step."""
    trainer = make_trainer(dtype="float32", optimizer="adamw", learning_rate=learning_rate, warmup_steps=warmup_steps,
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


def train(steps, resume_at=None, **settings):
    """Takes `steps` steps; returns the weights before and after, and the metrics of each step.

    With `resume_at`, a new trainer takes over after that many steps: it is given a copy of the model's weights
    and of the first trainer's state_dict.
    """
    trainer = make_trainer(**settings)
    before, history = weights_of(trainer), []
    for number in range(steps):
        if number == resume_at:
            weights, state = weights_of(trainer), trainer.state_dict()
            trainer.step()  # the old trainer going on must not change what was taken
            trainer = make_trainer(**{**settings, "model_seed": 99})
            trainer.model.load_state_dict(weights)
            trainer.load_state_dict(state)
        history.append(dict(trainer.step()))
    return {"before": before, "after": weights_of(trainer), "history": history}


def loss_with_stored_and_with_second_model(ids, mask, advantages, epsilon=0.2):
    """The loss and its gradient of a model that has moved on, once with old log-probs that were stored, once
    with those of a copy of the old weights."""
    torch.default_generator.manual_seed(3)
    old = TinyLM(14).double()
    stored = ppo_clip.token_log_probs(old, ids).detach()
    torch.default_generator.manual_seed(3)
    new, second = TinyLM(14).double(), TinyLM(14).double()
    second.load_state_dict(old.state_dict())
    with torch.no_grad():
        for parameter in new.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    results = {}
    for name in ("stored", "second"):
        log_probs = stored if name == "stored" else ppo_clip.token_log_probs(second, ids)
        new.zero_grad()
        loss, _ = ppo_clip.grpo_loss(new, ids, mask, advantages, log_probs, epsilon)
        loss.backward()
        results[name] = {"loss": loss, "grads": {n: p.grad.clone() for n, p in new.named_parameters()}}
    results["second model has a gradient"] = any(p.grad is not None for p in second.parameters())
    return results


def operands(digits, split="all"):
    """Makes an AdditionDataset; returns the two numbers in each of its prompts, one row per prompt."""
    made = addition.AdditionDataset(CharTokenizer(), digits, split)
    numbers = re.findall("[0-9]+", " ".join(item[0] for item in made.data))
    return torch.tensor([int(n) for n in numbers]).reshape(-1, 2)


def dataset_of_other_sums(salt, split):
    """Makes an AdditionDataset while is_held_out, whose hash gets some `salt`, holds out other pairs; returns its
    data."""
    crc32 = zlib.crc32
    with mock.patch.object(zlib, "crc32", lambda data: crc32(data + salt)):
        return [tuple(item) for item in addition.AdditionDataset(CharTokenizer(), 1, split).data]


def size_of_dataset(digits=1, split="all"):
    """Makes an AdditionDataset; returns its length."""
    return len(addition.AdditionDataset(CharTokenizer(), digits, split))


def devices_of_batch(device):
    """get_batch for one row; returns the names of the devices that ids and mask are on.

    "meta" is a device that every machine has; what is put there has a shape, but no numbers.
    """
    made = addition.AdditionDataset(CharTokenizer())
    return [str(tensor.device) for tensor in made.get_batch(["1="], [torch.tensor([3, 1])], device)]


def ask_the_rate_twice(step_number, **settings):
    """Asks for the learning rate of one step twice; returns both answers and the trainer's step_number then."""
    trainer = make_trainer(**settings)
    trainer.step_number = step_number
    rates = [trainer.learning_rate(), trainer.learning_rate()]
    return {"rates": rates, "step_number": trainer.step_number}


ANSWERS = [
    (12, "12"), (12, " 12\n"), (12, "7+5=12"), (7, "7+5=12"), (12, "112"), (2, "112"), (12, "12."), (12, "I say 12."),
    (12, "12 or 13"), (25, "12 or 13"), (12, "13 or 12"), (13, "13 or 12"), (14, "9 5"), (9, "9 5"), (5, "9 5"),
    (12, "12\nor 13"), (13, "12\nor 13"), (12, "a=12 b=13"), (13, "a=12 b=13"), (13, "a=12, b 13"), (12, "the end"),
    (0, ""), (0, "-"), (3, "-3"), (-3, "-3"), (-3, "3"), (5, "3-5"), (-5, "3-5"), (5, "3 - 5"), (-5, "3 - 5"),
    (-12, "--12"), (12, "+12"), (7, "007"), (-7, "-07"), (0, "-0"), (0, "000"), (5, "8.5"), (8, "8.5"), (5, "5.0"),
    (0, "5.0"), (234, "1,234"), (1234, "1,234"), (5, "x5y"), (3, "\u0663"), (3, "2\u0663"), (2, "2\u0663"), (3, "x3"),
    (2**53, "9007199254740993"), (0, "0" * 10_000), (7, "0" * 10_000 + "7"), (7, "9" * 10_000), (7, "7 " + "9" * 10_000),
]  # fmt: skip


def rewards_of_many_answers():
    """calculate_reward for each (truth, response) in ANSWERS; where it raises an error, the error's name instead.

    The tests of exercise 14.3 look at this before their own case: it tells one mistake from another.
    """

    def reward(truth, response):
        try:
            return rewards.calculate_reward(truth, response)
        except NotImplementedError:
            raise
        except Exception as error:
            return type(error).__name__

    return [reward(truth, response) for truth, response in ANSWERS]


def batch_of_many_rows():
    """get_batch for rows of all kinds: long and short ones, with and without EOS, with the padding id 0 in a response.

    The tests of exercise 14.2 look at this before their own case: it tells one mistake from another.
    """
    responses = [[5, 6, 7, 1], [8, 0, 9], [4], [3, 1], [0, 1]]
    return batch(["12=", "3=", "1+1+1=", "45=", "6+7="], [torch.tensor(ids) for ids in responses])


def rates_of_a_short_run():
    """The learning rates of 8 steps whose rise is longer than their fall, with 3 updates per step.

    The tests of exercise 14.10 look at this before their own case: it tells one mistake from another.
    """
    settings = {"warmup_steps": 6, "num_steps": 4, "final_rate": 0.1, "updates_per_generation": 3}
    return learning_rates(8, learning_rate=0.4, **settings)


def completions_of_a_fresh_generator(prompts, step_number=0):
    """What the trainer's model writes to these prompts when the step's generator has drawn nothing before."""
    trainer = make_trainer()
    config = trainer.config
    token_ids, _ = rollout.generate(
        trainer.model, trainer.tokenizer, prompts, config.group_size, config.max_new_tokens, config.temperature,
        generator=grpo_trainer.step_generator(config.seed, step_number),
    )  # fmt: skip
    return list(token_ids)


def state_after(steps, **settings):
    """The trainer's state_dict after so many steps."""
    trainer = make_trainer(**settings)
    for _ in range(steps):
        trainer.step()
    return trainer.state_dict()


def moments(trainer, seed):
    """Numbers for the state of an AdamW, in the order of the parameters."""
    draw, found = torch.Generator().manual_seed(seed), []
    for p in trainer.model.parameters():
        first, second = (torch.rand(p.shape, generator=draw, dtype=torch.float64) for _ in range(2))
        found.append({"exp_avg": first - 0.5, "exp_avg_sq": second})
    return found


def trainer_under_way(seed, step_number, optimizer_steps, **settings):
    """A trainer whose AdamW has made up moments, as if it had taken so many steps."""
    trainer = make_trainer(optimizer="adamw", **settings)
    trainer.step_number = step_number
    for p, made in zip(trainer.model.parameters(), moments(trainer, seed), strict=True):
        trainer.optimizer.state[p] = {"step": torch.tensor(float(optimizer_steps)), **made}
    return trainer


def state_that_goes_on(seed, step_number, optimizer_steps):
    """The state_dict of a trainer under way, when that trainer has gone on: all its own numbers are others then."""
    trainer = trainer_under_way(seed, step_number, optimizer_steps)
    state = trainer.state_dict()
    trainer.step_number += 1
    for of_one in trainer.optimizer.state.values():
        for number in of_one.values():
            number += 1.0
    return state


def take_up(seed, step_number, optimizer_steps):
    """Gives the state of a trainer under way to a new one, whose optimizer then takes a step against a gradient of
    ones. Returns its number of steps and its weights."""
    other = trainer_under_way(seed, step_number, optimizer_steps)
    trainer = make_trainer(optimizer="adamw")
    trainer.load_state_dict({"step_number": step_number, "optimizer": other.optimizer.state_dict()})
    for p in trainer.model.parameters():
        p.grad = torch.ones_like(p)
    trainer.optimizer.step()
    return {"step_number": trainer.step_number, "weights": weights_of(trainer)}


def go_back(first, then, **settings):
    """Takes `first` steps, keeps the weights and the state, and takes `then` more; the same trainer is given back
    what was kept, and takes them again. Returns the metrics of both times, and what the kept state holds at
    the end."""
    trainer = make_trainer(**settings)
    for _ in range(first):
        trainer.step()
    weights, state = weights_of(trainer), trainer.state_dict()
    once = [dict(trainer.step()) for _ in range(then)]
    trainer.model.load_state_dict(weights)
    trainer.load_state_dict(state)
    again = [dict(trainer.step()) for _ in range(then)]
    return {"once": once, "again": again, "kept": sorted(state), "step_number": trainer.step_number}
