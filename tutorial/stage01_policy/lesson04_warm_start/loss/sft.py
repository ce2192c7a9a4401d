"""The loss of supervised fine-tuning (SFT): the mean negative log-probability of the tokens that have a label."""

from jaxtyping import Float
from lesson04_warm_start.data.examples import IGNORE, Rows
from torch import Tensor
from torch.nn import functional as F


def sft_loss(
    logits: Float[Tensor, "batch tokens vocab"], labels: Rows, denominator: float | None = None
) -> Float[Tensor, ""]:
    """Returns - sum of log p(label) / denominator, over all tokens that have a label, with gradient to the logits.

    Args:
        logits: what the model returned for the batch; logits[:, t] is its prediction of the token at t + 1.
        labels: of `make_batch`, IGNORE (-100) on prompt and padding; column 0 is always a prompt's.
        denominator: None: the number of labels that are not IGNORE, so that the result is the mean over the tokens of
            the batch. A part of a batch gets the number of the whole batch; the losses of all parts then add up to the
            loss of the whole.

    Logits of any size give a finite loss. Without a single label the loss is 0, with zero gradient, not NaN.
    Source: Ouyang et al., InstructGPT, arXiv 2203.02155, section 3.5 (SFT).
    """
    # Logits without the last position, labels without the first: now they fit.
    # The sum of - log p over the labels that are not IGNORE: by cross_entropy, or by log_softmax and gather.
    # Divide once.
    raise NotImplementedError("not written yet: exercise 04.3, loss/sft.py:sft_loss")
