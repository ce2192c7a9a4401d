"""How many bytes training needs, and how many groups have no signal.

The bytes are those of one unsharded copy. Activations and the key-value cache are left out: they depend on lengths and
batch size, not on the number of parameters.
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
    """Returns the bytes that a network takes while Adam trains it.

    Args:
        parameters: the number of parameters.
        weights, gradients, moments: dtypes, keys of BYTES. Adam keeps two moments for each parameter: the running means
            of the gradient and of its square.
        master_weights: dtype of a second copy of the weights, which mixed precision keeps; None means no copy.

    The result is {"weights": ..., "gradients": ..., "adam": both moments, "master_weights": 0 without a copy,
    "total": the sum}. Adam's step counter, a few bytes, is left out.
    """
    # > Parameters times bytes for each part; the moments count twice. Then the sum.
    parts = {
        "weights": parameters * BYTES[weights],
        "gradients": parameters * BYTES[gradients],
        "adam": parameters * 2 * BYTES[moments],
        "master_weights": parameters * BYTES[master_weights] if master_weights else 0,
    }
    return {**parts, "total": sum(parts.values())}


def expected_share_without_signal(success: Float[Tensor, "images"], group_size: int) -> Float[Tensor, ""]:
    """Returns the expected share of groups in which all G answers are right or all are wrong.

    Args:
        success: for each image the probability p that one answer is right.
        group_size: G. The answers are independent: all are right with p^G, all are wrong with (1 - p)^G.
    """
    # > Both powers for each image, then the mean over the images (not the powers of the mean p).
    return (success**group_size + (1 - success) ** group_size).mean()
