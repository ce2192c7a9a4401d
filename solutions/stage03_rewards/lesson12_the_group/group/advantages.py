"""From the rewards of groups to advantages: what a completion is compared with, and in which unit.

Row i of `rewards` holds the rewards of all completions of prompt i, its group. The steps, in this order:

    scale, clip         r' = clip(scaling * r, -clipping, clipping)
    baseline            A  = r' - b
    normalize           A  = A / (std of the group's r' + eps)
"""

import torch
from jaxtyping import Float
from torch import Tensor

EPS = 1e-4


def group_baseline(rewards: Float[Tensor, "prompts group"], kind: str) -> Float[Tensor, "prompts group"]:
    """Returns what each reward is compared with.

    Args:
        rewards: a row for each prompt, a column for each completion of it; at least two columns.
        kind:
            "mean": the mean of the row.
            "median": the median of the row. For an even number of rewards that is the mean of the two middle ones.
            "leave_one_out": the mean of the *other* rewards of the row (RLOO, Ahmadian et al. 2024, arXiv 2402.14740).

    Raises ValueError for any other kind.
    """
    # > mean: one number for each row, the same in all columns.
    # > median: sort the row and take the mean of the two middle values (they are the same one if the number is odd).
    # > leave_one_out: the sum of the row without the reward itself, over the number of the others.
    G = rewards.shape[1]
    if kind == "mean":
        return rewards.mean(1, keepdim=True).expand_as(rewards)
    if kind == "median":
        ordered = rewards.sort(dim=1).values
        middle = (ordered[:, (G - 1) // 2] + ordered[:, G // 2]) / 2
        return middle[:, None].expand_as(rewards)
    if kind == "leave_one_out":
        return (rewards.sum(1, keepdim=True) - rewards) / (G - 1)
    raise ValueError(f'kind must be "mean", "median" or "leave_one_out", not {kind!r}')


class MovingBaseline:
    """An exponential moving average of the rewards of earlier batches, as a baseline for all groups.

    decay: between 0 and 1; how much of the old average stays after a batch.
    """

    def __init__(self, decay: float = 0.9):
        # > Keep decay. There is no average yet.
        self.decay = decay
        self.average: float | None = None  # None: no batch has been seen

    def __call__(self, rewards: Float[Tensor, "prompts group"]) -> float:
        """Returns the baseline for this batch, then updates the average with it.

        The baseline is the average *before* this batch: an average that contains a reward partly cancels it. For the
        first batch, which has no average before it, it is the batch's own mean, and the average starts there.
        Afterwards the average is decay * old + (1 - decay) * mean of the batch.
        """
        # > The batch's mean.
        # > First batch: baseline and new average are this mean.
        # > Else: keep the present average as the result, then move it.
        mean = rewards.mean().item()
        if self.average is None:
            self.average = mean
            return mean
        baseline = self.average
        self.average = self.decay * baseline + (1 - self.decay) * mean
        return baseline


def advantages(
    rewards: Float[Tensor, "prompts group"],
    kind: str = "mean",
    scaling: float = 1.0,
    clipping: float | None = None,
    normalize: bool = True,
) -> Float[Tensor, "prompts group"]:
    """Returns the advantage of each completion, as the options of a GRPO trainer say.

    Args:
        rewards: a row for each prompt, a column for each completion of it; at least two columns.
        kind: of the baseline, as in `group_baseline`.
        scaling: the rewards are multiplied by it.
        clipping: scaled rewards are clipped to [-clipping, clipping]; None: they are not clipped.
        normalize: whether to divide by the standard deviation (divisor G - 1) of the group's scaled and clipped
            rewards, plus EPS.

    If all scaled and clipped rewards of a group are equal, its advantages are exactly 0.
    """
    # > Scale, then clip.
    # > Subtract the baseline of what is left.
    # > Divide by the standard deviation of each row, plus EPS. It does not matter which baseline was subtracted.
    # > Set the advantages of equal rewards to 0: rounding may have left a tiny number.
    shaped = rewards * scaling
    if clipping is not None:
        shaped = shaped.clamp(-clipping, clipping)
    result = shaped - group_baseline(shaped, kind)
    if normalize:
        result = result / (shaped.std(1, keepdim=True) + EPS)
    equal = (shaped == shaped[:, :1]).all(1, keepdim=True)
    return result.where(~equal, 0.0)


def combine_rewards(
    parts: list[Float[Tensor, "prompts group"]],
    weights: list[float],
    normalize_each: bool,
) -> Float[Tensor, "prompts group"]:
    """Returns the advantages for several rewards of the same completions, such as correctness and format.

    Args:
        parts: the rewards of each kind.
        weights: one for each of the parts.
        normalize_each:
            False: weighted sum of the rewards, then `advantages` of the sum.
            True: `advantages` of each part alone, then their weighted sum (GDPO, arXiv 2601.05242, without its last
            normalization over the batch).

    Both use the mean as baseline and normalize.
    """
    # > False: add up weight * part, and take the advantages once.
    # > True: take the advantages of each part, and add up weight * advantage.
    weighted = zip(weights, parts, strict=True)
    if normalize_each:
        return torch.stack([weight * advantages(part) for weight, part in weighted]).sum(0)
    return advantages(torch.stack([weight * part for weight, part in weighted]).sum(0))
