"""What training holds in memory besides activations, and what a group costs in answers without signal.

Bytes are counted as for the training of a single copy, without sharding. Activations, the key-value cache and the
optimizer's temporary buffers are left out: they depend on lengths and batch size, not on the number of parameters.
"""

from jaxtyping import Float
from torch import Tensor

BYTES = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2}  # of one number


def training_bytes(
    parameters: int,
    weights: str = "float32",
    gradients: str = "float32",
    moments: str = "float32",
    master_weights: str | None = None,
) -> dict[str, int]:
    """The bytes that a network with so many parameters takes while Adam trains it.

    Args:
        parameters: how many there are.
        weights, gradients, moments: the dtypes, keys of BYTES, of the weights, their gradients, and Adam's moments,
            of which each parameter has two (the running means of the gradient and of its square).
        master_weights: the dtype of a second copy of the weights that the optimizer keeps in higher precision, as
            mixed precision does; None: there is none.

    Returns {"weights": ..., "gradients": ..., "adam": both moments, "master_weights": 0 where there are none,
    "total": the sum}, whole numbers. Adam's step counter, a few bytes in all, is left out.

    Raises ValueError for a negative number of parameters, and, naming it, for a dtype that is not in BYTES.
    """
    # > Check the arguments.
    # > Parameters times bytes for each part; the moments count twice. And the sum.
    if parameters < 0:
        raise ValueError(f"parameters must not be negative: {parameters}")
    for dtype in (weights, gradients, moments, master_weights):
        if dtype is not None and dtype not in BYTES:
            raise ValueError(f"{dtype!r} is not one of the dtypes {', '.join(BYTES)}")
    parts = {
        "weights": parameters * BYTES[weights],
        "gradients": parameters * BYTES[gradients],
        "adam": parameters * 2 * BYTES[moments],
        "master_weights": 0 if master_weights is None else parameters * BYTES[master_weights],
    }
    return {**parts, "total": sum(parts.values())}


def expected_share_without_signal(success: Float[Tensor, "images"], group_size: int) -> Float[Tensor, ""]:
    """The share of groups, on average, in which all G answers are right or all are wrong.

    Args:
        success: for each image the probability p that one answer is right.
        group_size: G. Answers are independent, so that a group is all right with p^G and all wrong with (1 - p)^G.

    A group of one never has signal. Raises ValueError if group_size is less than 1, and, with the word "success",
    if there is no image or a probability is not in 0 to 1 (NaN is not).
    """
    # > Check the arguments; both powers for each image (not of the mean of the p); the mean over the images.
    if group_size < 1:
        raise ValueError(f"group_size must be at least 1, not {group_size}")
    if success.numel() == 0 or not ((success >= 0) & (success <= 1)).all():
        raise ValueError("success must hold probabilities, from 0 to 1, of at least one image")
    return (success**group_size + (1 - success) ** group_size).mean()
