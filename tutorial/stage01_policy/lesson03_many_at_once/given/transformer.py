"""A small transformer that runs on the lesson's attention: the weights of a `TinyLM`, and the learner's `attend`."""

from lesson03_many_at_once.attention.cached_attention import KVCache, attend
from torch import Tensor
from torch.nn import functional as F

from lab.models.tiny_language_models import TinyLM


class Transformer:
    """Called as `model(ids, positions, visible, cache)`; without a cache the ids are those of all columns.

    `passes` holds the shape (rows, new columns) of each forward pass. Their products sum to the token-forwards.
    """

    def __init__(self, weights: TinyLM):
        self.weights = weights
        self.passes: list[tuple[int, int]] = []

    @property
    def token_forwards(self) -> int:
        """How many places of ids have gone through the model, padding included."""
        return sum(rows * columns for rows, columns in self.passes)

    def __call__(self, ids: Tensor, positions: Tensor, visible: Tensor, cache: KVCache | None = None) -> Tensor:
        """Returns logits (rows, new, vocab) for ids and positions (rows, new) and visible (rows, new, columns)."""
        self.passes.append(tuple(ids.shape))
        w = self.weights
        x = F.embedding(ids, w.tokens) + F.embedding(positions, w.positions)  # (B, T, hidden)
        for layer in range(w.layers):
            qkv, out, up, down = (getattr(w, f"{name}{layer}") for name in ("qkv", "out", "up", "down"))
            q, k, v = F.linear(w.norm(x), qkv).unflatten(-1, (3, w.heads, -1)).permute(2, 0, 3, 1, 4)  # (B, H, T, D)
            mixed = attend(q, k, v, visible, cache, layer)
            x = x + F.linear(mixed.transpose(1, 2).flatten(2), out)
            x = x + F.linear(F.silu(F.linear(w.norm(x), up)), down)
        return F.linear(w.norm(x), w.head)
