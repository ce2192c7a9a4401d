"""One step of GRPO on a model of transformers, by the engine, with the options of options.py.

    problems -> completions (of this process's share) -> rewards of all -> advantages -> one update for each mini-batch

The loss is a lesson's, if the options name one. Models that the engine does not run go through lab/engine/any_model.py.
Every random draw depends on the seed, the step and its place in the batch. So a resumed run draws what it would have
drawn, and the number of processes does not matter.
"""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from course.base.errors import UsageError
from lab.engine import EngineConfig, any_model, generate, update
from lab.engine.llama import unsupported_reason
from lab.rl import ppo_clip
from lab.rl.advantages import advantages
from lab.rl.group_size import group_size, next_size
from lab.rl.optimizers import fused, make_optimizer, scheduled_rate
from lab.rl.rewards import Score, coin_toss
from lab.train import scores
from lab.train.distributed import Processes
from lab.train.evaluation import Problem, uniforms
from lab.train.options import Options
from lab.train.problems import Stream, as_prompt, rectangle, task
from lab.train.run import named


def engine_config(options: Options) -> EngineConfig:
    """The engine's settings. The first update can supply the old log-probabilities if it has all completions."""
    first = options.algorithm.mini_batch_size in (None, options.algorithm.batch_size)
    dtype = "float32" if options.dtype == "float64" else options.dtype  # float64 weights stay as they are
    return EngineConfig(sampler="inverse", first_update_log_probs=first, dtype=dtype)


LOSS_TAKES = "log_probs, old_log_probs, advantages, mask, epsilon, aggregation, denominator"


def checked_loss(path: str) -> Callable[..., Tensor]:
    """The loss called "module:function", after a call on two tokens. Raises UsageError if that fails, or if what it
    returns is not one number with a gradient."""
    loss = named(path)
    log_probs, old = torch.full((2, 1), -1.0, requires_grad=True), torch.full((2, 1), -1.0)
    advantages, mask = torch.tensor([1.0, -0.5]), torch.ones(2, 1, dtype=torch.long)
    try:
        value: Any = loss(log_probs, old, advantages, mask, 0.2, "token", 2)
    except NotImplementedError:
        raise  # the exercise is not written yet
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        raise UsageError(
            f"loss: {path} is called with ({LOSS_TAKES}), and that fails with {type(error).__name__}: "
            f"{' '.join(str(error).split())[:200]} ({Path(last.filename).name}, line {last.lineno}); name a loss of "
            "this form, such as lesson 14's ppo_clip_loss"
        ) from None
    if not (isinstance(value, Tensor) and value.ndim == 0 and value.requires_grad):
        what = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        what += " without a gradient" if isinstance(value, Tensor) and not value.requires_grad else ""
        raise UsageError(f"loss: {path} returns {what}; it must return one number, a tensor with a gradient")
    return loss


class ModelTrainer:
    """Trains `model` in place. `step_number` counts the finished steps. score: the reward of a completion, None for a
    coin toss."""

    def __init__(self, model: Any, tokenizer: Any, problems: Sequence[Problem], options: Options, steps: int,
                 score: Score | None, processes: Processes | None = None):  # fmt: skip
        self.model, self.tokenizer, self.options, self.steps, self.score = model, tokenizer, options, steps, score
        self.processes = processes or Processes()
        self.engine = engine_config(options)
        self.generate: Any = generate
        self.backward: Any = update.backward
        if unsupported_reason(model):
            self.generate, self.backward = any_model.generate, any_model.backward
        self.loss: Callable[..., Tensor] = checked_loss(options.loss) if options.loss else ppo_clip.ppo_clip_loss
        made = make_optimizer(options.grpo.optimizer_type, model.parameters(), options.algorithm.learning_rate)
        self.optimizer = fused(made)
        self.stream = Stream(problems, options.seed)
        self.chat: bool = getattr(task(options), "CHAT", True)
        self.step_number = 0
        self.average: float | None = None  # the moving average of the rewards
        self.adaptive_size = options.grpo.group_size  # of the schedule "signal"
        self.entropy = 0.0  # of the rollout, as its first update finds it
        known = getattr(model.generation_config, "eos_token_id", None)
        known = [tokenizer.eos_token_id, *(known if isinstance(known, list) else [known])]
        self.ends = {number for number in known if number is not None} or {-1}  # -1: no token ends a completion
        model.eval()  # no dropout: with dropout, the ratio would not be 1 before the first update

    def complete(
        self, questions: Sequence[str], draws: Tensor, temperature: float
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Completions and their log-probabilities for each question and each of its rows of draws
        (questions, group, max_new_tokens), uniform random numbers."""
        return self.generate(
            self.model, self.tokenizer, [self.prompt(q) for q in questions], draws.shape[1],
            draws.shape[2], temperature, sorted(self.ends), config=self.engine, uniforms=draws.flatten(0, 1),
        )  # fmt: skip

    def prompt(self, question: str) -> str:
        return as_prompt(self.tokenizer, question, self.chat)

    def texts(self, completions: Sequence[Tensor]) -> list[str]:
        return [self.tokenizer.decode(ids.tolist(), skip_special_tokens=True) for ids in completions]

    def rewards_of(
        self, completions: Sequence[Tensor], problems: Sequence[Problem], share: list[int], G: int
    ) -> Tensor:
        """(P, G): the rewards of the whole batch. Each process scores its own completions."""
        places = [(i, g) for i in share for g in range(G)]
        if self.score is None:
            own = [coin_toss(self.options.seed, self.step_number, i * G + g) for i, g in places]
        else:
            score = scores.checked(self.score)
            pairs = zip(self.texts(completions), places, strict=True)
            own = [score(text, problems[i][1]) for text, (i, _) in pairs]
        table = torch.zeros(len(problems), G, dtype=torch.float64)
        for i, row in zip(share, torch.tensor(own, dtype=torch.float64).view(-1, G), strict=True):
            table[i] = row
        return self.processes.add_tensor(table)

    def update(self, ids: Tensor, mask: Tensor, advantages: Tensor, old_log_probs: Tensor) -> dict[str, float]:
        """One step of the optimizer on the rows of all processes. The denominator counts all of their rows, so the
        gradient does not depend on how they are split. NaN in old_log_probs is replaced by the present log-probs."""
        options, engine = self.options.grpo, self.engine
        counted = mask[:, 1:].bool()  # (B, L - 1), with M ones
        rows, tokens = (round(self.processes.add(count)) for count in (len(ids), int(counted.sum())))
        denominators = {"token": tokens, "sequence": rows, "constant": rows * options.max_new_tokens}
        denominator = denominators[options.aggregation]
        old = old_log_probs[counted]  # (M,)
        owner = counted.nonzero()[:, 0]  # (M,) the row of each token
        share = 1 / counted.sum(1)[owner] if options.aggregation == "sequence" else 1.0  # of a token in its row's mean
        a = advantages[owner] * share  # (M,)

        def loss_of(log_probs: Tensor, numbers: Tensor) -> Tensor:
            """Calls the loss with each token as a row of its own."""
            before = torch.where(old[numbers].isnan(), log_probs.detach(), old[numbers])
            ones = torch.ones_like(numbers)[:, None]
            return self.loss(
                log_probs[:, None], before[:, None], a[numbers], ones, options.epsilon, "token", denominator
            )

        trained = counted.any(1) & (advantages != 0) if engine.skip_silent else counted.any(1)
        self.optimizer.zero_grad()
        loss, log_probs = self.backward(
            self.model, ids, mask, trained.nonzero()[:, 0], loss_of, temperature=options.temperature,
            micro_batch_size=-(-len(ids) // options.gradient_accumulation_steps), config=engine,
        )  # fmt: skip
        if bool((old.isnan() & ~log_probs.isnan()).any()):  # the first update of a rollout
            old_log_probs[counted] = old = log_probs.to(old.dtype)
            self.entropy = -log_probs.nanmean().item()  # over the tokens that are trained on
        self.processes.add_gradients(self.model)
        clipped = ppo_clip.clip_fraction(log_probs, old, a, options.epsilon) * len(owner) / max(tokens, 1)
        grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), options.max_grad_norm).item()
        scores.check_finite(self.step_number + 1, {"loss": loss, "grad_norm": grad_norm})
        self.optimizer.step()
        return {"loss": loss, "clip_fraction": clipped, "grad_norm": grad_norm}

    def batches(
        self, problems: Sequence[Problem], share: list[int], completions: Sequence[Tensor], log_probs: Sequence[Tensor],
        weights: Tensor,
    ) -> list[tuple[Tensor, Tensor, Tensor, Tensor]]:  # fmt: skip
        """The arguments of `update`, one tuple per mini-batch. weights: the advantages (P, G) of the whole batch."""
        (P, G), size, found = weights.shape, self.options.algorithm.update_size, []
        for begin in range(0, P, size):
            rows = [n * G + j for n, i in enumerate(share) if begin <= i < begin + size for j in range(G)]
            prompts = [self.prompt(problems[share[row // G]][0]) for row in rows]
            ids, mask = rectangle(self.tokenizer, prompts, [completions[row] for row in rows])
            old = torch.zeros(mask[:, 1:].shape, dtype=log_probs[0].dtype, device=ids.device)
            old[mask[:, 1:].bool()] = torch.cat([log_probs[row] for row in rows])
            own = weights[share].flatten()[rows].to(ids.device, torch.promote_types(self.model.dtype, torch.float32))
            found.append((ids, mask, own, old))
        return found

    def step(self) -> dict[str, float]:
        """One rollout and its updates. Returns the metrics of all processes together: those of lesson 14, and
        group_size."""
        a, g, k = self.options.algorithm, self.options.grpo, self.step_number
        P, G = a.batch_size, group_size(g, k, self.steps, self.adaptive_size)
        share = self.processes.share(P)
        problems = self.stream.batch(k, P)
        draws = uniforms((P, G, g.max_new_tokens), self.options.seed, k)[share]
        self.entropy = 0.0
        completions, log_probs = self.complete([problems[i][0] for i in share], draws, g.temperature)
        table = self.rewards_of(completions, problems, share, G)  # (P, G)
        weights, self.average = advantages(table, g, self.average)  # (P, G)

        rate = scheduled_rate(a.learning_rate, k, self.steps, g.warmup_steps, g.final_rate)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        batches = self.batches(problems, share, completions, log_probs, weights)
        updates = [self.update(*batch) for _ in range(g.updates_per_batch) for batch in batches]
        self.step_number += 1
        low, high = table.nan_to_num(torch.inf).amin(1), table.nan_to_num(-torch.inf).amax(1)  # NaN: not scored
        signal = (low < high).double().mean().item()
        self.adaptive_size = next_size(g, self.adaptive_size, signal)
        if not self.engine.first_update_log_probs:
            self.entropy = -torch.cat(log_probs).mean().item()
        cut = sum(int(ids[-1]) not in self.ends for ids in completions)
        parts = self.processes.gather((sum(map(len, completions)), self.entropy, updates, cut))
        entropies = [entropy for _, entropy, _, _ in parts if entropy]  # none if no completion was trained on
        return {
            "reward": table.nanmean().item() if not table.isnan().all() else 0.0, "signal": signal, "group_size": G,
            "completion_length": sum(tokens for tokens, *_ in parts) / (P * G),
            "truncated": sum(cut for *_, cut in parts) / (P * G),
            **({"entropy": sum(entropies) / len(entropies)} if entropies else {}), "learning_rate": rate,
            "loss": sum(u["loss"] for _, _, own, _ in parts for u in own) / len(updates),
            "clip_fraction": sum(u["clip_fraction"] for _, _, own, _ in parts for u in own) / len(updates),
            "grad_norm": sum(u["grad_norm"] for u in updates) / len(updates),
        }  # fmt: skip

    def state_dict(self) -> dict[str, Any]:
        return {
            "step_number": self.step_number, "optimizer": copy.deepcopy(self.optimizer.state_dict()),
            "average": self.average, "adaptive_size": self.adaptive_size,
        }  # fmt: skip

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.step_number, self.average, self.adaptive_size = (
            state["step_number"],
            state["average"],
            state["adaptive_size"],
        )
        self.optimizer.load_state_dict(state["optimizer"])
