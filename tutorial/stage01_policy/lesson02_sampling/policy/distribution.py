"""The distribution that a token is drawn from: temperature, then top-k, then top-p, then min-p, then a new softmax.

This is the order of transformers' `generate`. Left out: greedy decoding, repetition penalties, beams.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def top_p_mask(logits: Float[Tensor, "... vocab"], p: float) -> Bool[Tensor, "... vocab"]:
    """Returns True for the tokens of the nucleus: the fewest most likely tokens that together have at least
    probability p. The token with which the sum reaches p belongs to it, so there is always at least one.

    Args:
        logits: of the next token; the probabilities are their softmax over the last dimension.
        p: in (0, 1]; 1 keeps every token.

    If tokens at the border are equally likely, it does not matter which of them are kept.
    Source: Holtzman et al., arXiv 1904.09751, section 3.1.
    """
    # Sort the probabilities, the largest first.
    # For each token: how much probability stands *before* it? It is kept if that is less than p.
    # Bring the mask back into the order of the vocabulary.
    raise NotImplementedError("not written yet: exercise 02.1, policy/distribution.py:top_p_mask")


def sampling_log_probs(
    logits: Float[Tensor, "... vocab"],
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
) -> Float[Tensor, "... vocab"]:
    """Returns the log-probability with which each token is drawn; -inf for a token that cannot be drawn.

    Each step takes the result of the step before it as its logits:

    1. the logits are divided by `temperature` (greater than 0);
    2. top-k: only the `top_k` largest logits are kept; all if top_k is 0 or larger than the vocabulary;
    3. top-p: only the nucleus is kept, that of the distribution that top-k left;
    4. min-p: only tokens with at least `min_p` times the probability of the most likely token are kept;
    5. log-softmax: the probabilities of the tokens that are left sum to 1.

    If tokens tie at the border of top-k or top-p, it does not matter which of them are kept.
    Raises ValueError if temperature is not greater than 0, or if top_p is not in (0, 1].
    Sources: top-k, Fan et al., arXiv 1805.04833; min-p, Nguyen et al., arXiv 2407.01082.
    """
    # Check temperature and top_p.
    # Divide by the temperature. Then, step by step, set the logits of the tokens that are not kept to -inf.
    # The softmax of logits with -inf is the renormalized distribution of what is left.
    raise NotImplementedError("not written yet: exercise 02.2, policy/distribution.py:sampling_log_probs")
