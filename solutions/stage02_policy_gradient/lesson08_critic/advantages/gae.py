"""From one score for each answer to one advantage for each token: rewards on the tokens, then GAE.

One row is one completion, an episode of its own: mask 1 on its tokens, then 0 on the padding.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


@torch.no_grad()
def place_rewards(
    scores: Float[Tensor, "batch"],
    log_probs: Float[Tensor, "batch tokens"],
    ref_log_probs: Float[Tensor, "batch tokens"],
    mask: Bool[Tensor, "batch tokens"],
    kl_coef: float = 0.0,
) -> Float[Tensor, "batch tokens"]:
    """Returns the reward of each token: - kl_coef * (log_probs - ref_log_probs), at the last token plus the score.

    Args:
        scores: one number for each completion.
        log_probs: of the policy that drew the completions.
        ref_log_probs: of the reference model, for the same tokens.
        mask: true on the tokens of the completion: the first ones of each row, at least one. EOS belongs to them.
        kl_coef: what one nat of distance from the reference costs.

    The reward of padding is 0, whatever stands there. Summed over a row, the rewards are the score minus kl_coef times
    log p(answer) - log p_ref(answer). They carry no gradient.
    Source: InstructGPT, arXiv 2203.02155, equation 2 (its beta is kl_coef).
    """
    # > The KL part, token by token; 0 on the padding.
    # > The score goes to the last token of the mask, the one with index mask.sum(1) - 1.
    rewards = torch.where(mask, -kl_coef * (log_probs - ref_log_probs), 0.0)
    last = mask.sum(1) - 1  # (B,)
    rewards[torch.arange(len(scores)), last] += scores
    return rewards


@torch.no_grad()
def gae(
    rewards: Float[Tensor, "batch tokens"],
    values: Float[Tensor, "batch tokens"],
    mask: Bool[Tensor, "batch tokens"],
    gamma: float = 1.0,
    lam: float = 0.95,
    last_values: Float[Tensor, "batch"] | None = None,
) -> tuple[Float[Tensor, "batch tokens"], Float[Tensor, "batch tokens"]]:
    """Returns (advantages, returns) by generalised advantage estimation:

        delta_t = r_t + gamma * V_{t+1} - V_t,   A_t = delta_t + gamma * lam * A_{t+1},   R_t = A_t + V_t.

    Args:
        rewards: r_t, for drawing token t.
        values: V_t, of the state before token t.
        mask: true on the tokens of the completion: the first ones of each row, at least one.
        gamma: discount of the next value; 1 for texts.
        lam: 0 trusts the critic after one token; 1 trusts only the rewards.
        last_values: V of the state after each row's last token. None: 0, since nothing more is earned after the end.
            An episode that was cut off, and would have earned more, has the critic's value here.

    Behind the last token, A is 0. Both results are 0 on the padding, whatever stands there in rewards and values.
    Neither carries a gradient. Source: Schulman et al., arXiv 1506.02438, equations 11 to 16.
    """
    # > Go from the last column to the first; keep A and V of the next token for each row.
    # > On padding, A stays 0 and the next value stays last_values.
    # > R is A + V on the tokens of the mask.
    next_values = torch.zeros_like(values[:, 0]) if last_values is None else last_values  # (B,)
    trace = torch.zeros_like(next_values)  # A of the next token
    advantages = torch.zeros_like(rewards)
    for t in reversed(range(rewards.shape[1])):
        delta = rewards[:, t] + gamma * next_values - values[:, t]
        trace = torch.where(mask[:, t], delta + gamma * lam * trace, 0.0)
        next_values = torch.where(mask[:, t], values[:, t], next_values)
        advantages[:, t] = trace
    return advantages, torch.where(mask, advantages + values, 0.0)
