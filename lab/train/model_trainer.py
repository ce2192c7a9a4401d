"""One step of GRPO on the engine, with the options of options.py: lesson 14's step, and what the lesson left out.

    problems -> completions (of this process's share) -> rewards of all -> advantages -> one update for each mini-batch

Loss, clip fraction and schedule are lesson 14's own code; rollout and gradient are the engine's (or, for models that
it does not run, plain.py's). Every random draw depends on the seed, the step and its place in the batch: a resumed run
repeats nothing, and how many processes share the work changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from lesson14_grpo_ppo_clip.given.engine_trainer import FastTrainer
from lesson14_grpo_ppo_clip.training.grpo_trainer import GRPOConfig
from torch import Tensor

from lab.engine import EngineConfig, any_model, generate
from lab.engine.llama import why_not
from lab.rl import named_rewards
from lab.rl.advantages import advantages
from lab.rl.group_size import group_size, next_size
from lab.train.accuracy import uniforms
from lab.train.distributed import Processes
from lab.train.options import Options
from lab.train.problems import Problem, Stream, as_prompt, rectangle, task


def lesson_config(options: Options, steps: int) -> GRPOConfig:
    """The settings that lesson 14's code reads, too."""
    a, g = options.algorithm, options.grpo
    return GRPOConfig(
        prompts_per_step=a.batch_size, group_size=g.group_size, updates_per_generation=g.updates_per_batch,
        max_new_tokens=g.max_new_tokens, temperature=g.temperature, epsilon=g.epsilon, aggregation=g.aggregation,
        num_steps=steps, learning_rate=a.learning_rate, warmup_steps=g.warmup_steps, final_rate=g.final_rate,
        max_grad_norm=g.max_grad_norm, optimizer=g.optimizer_type, seed=options.seed,
    )  # fmt: skip


def engine_config(options: Options) -> EngineConfig:
    """Old log-probabilities are the first update's own where all completions are in it."""
    first = options.algorithm.mini_batch_size in (None, options.algorithm.batch_size)
    dtype = "float32" if options.dtype == "float64" else options.dtype  # float64 weights stay as they are
    return EngineConfig(sampler="inverse", first_update_log_probs=first, dtype=dtype)


class Trainer(FastTrainer):
    """Trains `model` in place. `step_number` counts the steps that are done."""

    def __init__(self, model: Any, tokenizer: Any, problems: Sequence[Problem], options: Options, steps: int,
                 processes: Processes | None = None):  # fmt: skip
        super().__init__(model, tokenizer, None, lesson_config(options, steps), engine=engine_config(options))
        self.options, self.steps, self.processes = options, steps, processes or Processes()
        self.sample: Any = generate
        if why_not(model):  # the engine does not run it
            self.sample, self.gradient = any_model.generate, any_model.backward
        self.stream = Stream(problems, options.seed)
        self.score = named_rewards.make(options)
        self.chat: bool = getattr(task(options), "CHAT", True)
        self.average: float | None = None  # the moving average of the rewards
        self.present = options.grpo.group_size  # of the schedule "signal"

    def complete(
        self, questions: Sequence[str], draws: Tensor, temperature: float
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Completions and their log-probabilities for each question and each of its rows of draws
        (questions, group, max_new_tokens), uniform random numbers."""
        known = getattr(self.model.generation_config, "eos_token_id", None)
        known = [self.tokenizer.eos_token_id, *(known if isinstance(known, list) else [known])]
        ends = {number for number in known if number is not None} or {-1}  # -1: no token ends a completion
        return self.sample(
            self.model, self.tokenizer, [self.prompt(q) for q in questions], draws.shape[1],
            draws.shape[2], temperature, sorted(ends), config=self.engine, uniforms=draws.flatten(0, 1),
        )  # fmt: skip

    def prompt(self, question: str) -> str:
        return as_prompt(self.tokenizer, question, self.chat)

    def texts(self, completions: Sequence[Tensor]) -> list[str]:
        return [self.tokenizer.decode(ids.tolist(), skip_special_tokens=True) for ids in completions]

    def rewards_of(self, completions: Sequence[Tensor], problems: Sequence[Problem], mine: list[int], G: int) -> Tensor:
        """(P, G): the rewards of the whole batch, each process having judged its own completions."""
        places = [(i, g) for i in mine for g in range(G)]
        if self.score is None:
            own = [named_rewards.toss(self.options.seed, self.step_number, i * G + g) for i, g in places]
        else:
            pairs = zip(self.texts(completions), places, strict=True)
            own = [self.score(text, problems[i][1]) for text, (i, _) in pairs]
        table = torch.zeros(len(problems), G, dtype=torch.float64)
        for i, row in zip(mine, torch.tensor(own, dtype=torch.float64).view(-1, G), strict=True):
            table[i] = row
        return self.processes.add_tensor(table)

    def total(self, count: int) -> int:
        return round(self.processes.add(count))

    def share_gradients(self) -> None:
        self.processes.add_gradients(self.model)

    def step(self) -> dict[str, float]:
        """One rollout and its updates. Returns the metrics of all processes together: those of lesson 14, and
        group_size."""
        a, g, k = self.options.algorithm, self.options.grpo, self.step_number
        P, G = a.batch_size, group_size(g, k, self.steps, self.present)
        mine = self.processes.mine(P)
        problems = self.stream.batch(k, P)
        draws = uniforms((P, G, g.max_new_tokens), self.options.seed, k)[mine]
        self.entropy = 0.0
        completions, log_probs = self.complete([problems[i][0] for i in mine], draws, g.temperature)
        table = self.rewards_of(completions, problems, mine, G)  # (P, G)
        weights, self.average = advantages(table, g, self.average)  # (P, G)

        rate = self.learning_rate()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        batches = []
        size = a.mini_batch_size or P
        for begin in range(0, P, size):
            rows = [n * G + j for n, i in enumerate(mine) if begin <= i < begin + size for j in range(G)]
            prompts = [self.prompt(problems[mine[row // G]][0]) for row in rows]
            ids, mask = rectangle(self.tokenizer, prompts, [completions[row] for row in rows])
            old = torch.zeros(mask[:, 1:].shape, dtype=log_probs[0].dtype, device=ids.device)
            old[mask[:, 1:].bool()] = torch.cat([log_probs[row] for row in rows])
            part = weights[mine].flatten()[rows].to(ids.device, torch.promote_types(self.model.dtype, torch.float32))
            batches.append((ids, mask, part, old))
        updates = []
        for _ in range(g.updates_per_batch):
            for batch in batches:
                self.config.micro_batch_size = -(-len(batch[0]) // g.gradient_accumulation_steps)
                updates.append(self.update(*batch))
        self.step_number += 1
        signal = (table.amin(1) < table.amax(1)).double().mean().item()
        self.present = next_size(g, self.present, signal)
        if not self.engine.first_update_log_probs:
            self.entropy = -torch.cat(log_probs).mean().item()
        everyone = self.processes.everyone((sum(map(len, completions)), self.entropy, updates))
        entropies = [entropy for _, entropy, _ in everyone if entropy]  # none where no completion was trained on
        return {
            "reward": table.mean().item(), "signal": signal, "group_size": G,
            "completion_length": sum(tokens for tokens, _, _ in everyone) / (P * G),
            **({"entropy": sum(entropies) / len(entropies)} if entropies else {}), "learning_rate": rate,
            "loss": sum(u["loss"] for _, _, own in everyone for u in own) / len(updates),
            "clip_fraction": sum(u["clip_fraction"] for _, _, own in everyone for u in own) / len(updates),
            "grad_norm": sum(u["grad_norm"] for u in updates) / len(updates),
        }  # fmt: skip

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "average": self.average, "present": self.present}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.average, self.present = state["average"], state["present"]
