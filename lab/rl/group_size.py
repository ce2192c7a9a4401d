"""The group size of each step.

Small groups are cheap. Large ones have a signal even if right (or wrong) completions are rare.

    linear   from min_group_size at the first step to max_group_size at the last
    signal   one more after a step in which fewer than half of the groups had mixed rewards, one less after another
"""

from __future__ import annotations

from lab.train.options import Grpo


def group_size(options: Grpo, step: int, steps: int, present: int) -> int:
    """The group size of step number `step` (from 0) of `steps`. present: the present size in the schedule "signal"."""
    if not options.adaptive_group_size:
        return options.group_size
    if options.group_size_schedule == "signal":
        return present
    low, high = options.min_group_size, options.max_group_size
    return low + round((high - low) * min(1.0, step / max(1, steps - 1)))


def next_size(options: Grpo, present: int, signal: float) -> int:
    """The next size in the schedule "signal". signal: the share of groups with mixed rewards in the last step."""
    moved = present + 1 if signal < 0.5 else present - 1
    return min(options.max_group_size, max(options.min_group_size, moved))
