"""The answers of one rollout, with what belongs to them."""

from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass
class Rollout:
    ids: Int[Tensor, "batch width"]  # prompt, answer, padding on the right
    mask: Bool[Tensor, "batch width-1"]  # column t is about the token ids[:, t + 1]: True if it belongs to the answer
    old_log_probs: Float[Tensor, "batch width-1"]  # of the policy that sampled, at the time when it sampled
    advantages: Float[Tensor, "batch"]  # one for each answer, used for each of its tokens
