"""Checks what a reward returns, and what a run learns from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from course.base.errors import UsageError
from lab.rl.rewards import Score
from lab.train.report import one_line

FIRST_LOOK = 10  # steps after which a run that learns nothing is told so
SILENT, CUT_OFF = 0.0, 0.9  # share of groups with signal, share of truncated completions


def checked(score: Score) -> Score:
    """`score`, refusing what is no number. NaN is let through: it means "not scored".

    The result raises UsageError with the completion for an infinity, a text, None or anything else.
    """

    def scored(completion: str, answer: str) -> float:
        value: Any = score(completion, answer)
        if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:  # numpy, torch
            value = value.item()
        if not isinstance(value, int | float) or math.isinf(value):
            raise UsageError(
                f"the reward of {one_line(completion, 80)!r} (answer {one_line(answer, 80)!r}) is {value!r}; a reward "
                "must be a finite number, or NaN for a completion that could not be scored"
            )
        return float(value)

    return scored


def advice(metrics: Sequence[dict[str, Any]]) -> list[str]:
    """What the metrics of a run's steps say about a run that learns nothing, a sentence each."""
    found = []
    signal = [m["signal"] for m in metrics if "signal" in m]
    cut = [m["truncated"] for m in metrics if "truncated" in m]
    if signal and max(signal) <= SILENT:
        found.append(
            f"no group had any signal in {len(signal)} steps: all rewards of a group were equal, so nothing is "
            "learned; look at rewards and completions, take easier or harder problems, or a larger grpo.group_size"
        )
    if cut and sum(cut) / len(cut) > CUT_OFF:
        found.append(
            f"{sum(cut) / len(cut):.0%} of the completions were cut off before they ended; raise grpo.max_new_tokens"
        )
    return found


def check_finite(step: int, metrics: dict[str, float]) -> None:
    """Raises UsageError if the loss or the gradient of a step is not finite. The gradient was not applied."""
    values: dict[str, float] = {name: metrics[name] for name in ("loss", "grad_norm") if name in metrics}
    if not all(math.isfinite(value) for value in values.values()):
        shown = ", ".join(f"{name} {value:g}" for name, value in values.items())
        raise UsageError(
            f"step {step}: {shown}. The step was not saved; the last checkpoint is whole. Lower the learning rate, "
            "raise warmup_steps, or look at the rewards; then start again"
        )
