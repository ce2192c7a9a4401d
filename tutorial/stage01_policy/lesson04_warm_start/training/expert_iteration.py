"""Expert iteration: sample, keep what was right, imitate it, and begin again with the better model.

Anthony et al., arXiv 1705.08439. For language models: STaR (arXiv 2203.14465), rejection sampling fine-tuning, RFT
(arXiv 2308.01825), ReST-EM (arXiv 2312.06585). Left out: starting each round from the first model, as STaR does.
"""

from collections.abc import Callable, Iterable
from typing import Any

from lesson04_warm_start.data.examples import Pair
from torch import Tensor, nn


def keep_right(
    pool: list[Pair],
    prompts: list[Tensor],
    completions: list[list[Tensor]],
    rewards: list[list[float]],
    per_prompt: int = 4,
) -> list[Pair]:
    """Returns a new list: the pool, and behind it the right completions that it should get.

    A completion is right if its reward is 1; less is partial credit, and it is not kept. The completions are looked at
    in their order. A right one is added unless the list has it already (the same prompt and completion), or already has
    `per_prompt` completions of this prompt. So an easy prompt does not fill the pool with copies.

    Args:
        pool: pairs (prompt ids, completion ids) of earlier rounds. It is not changed, and all of it is in the result.
        prompts: token ids. The same ids may occur in the pool, and twice in this list: they are the same prompt.
        completions, rewards: a list for each prompt. Kept are the ids that were sampled, not decoded and encoded again.
    """
    # Copy the list of the pool. Tensors cannot be looked up by their values: make tuples of numbers of them.
    # For each prompt and each of its completions: right? new? fewer than per_prompt of this prompt? Then add it.
    raise NotImplementedError("not written yet: exercise 04.5, training/expert_iteration.py:keep_right")


def expert_iteration(
    model: nn.Module,
    rounds: Iterable[list[Tensor]],
    sample: Callable[[nn.Module, list[Tensor]], list[list[Tensor]]],
    reward: Callable[[Tensor, Tensor], float],
    fit: Callable[[nn.Module, list[Pair]], Any],
    demonstrations: list[Pair],
    per_prompt: int = 4,
) -> list[dict[str, float]]:
    """Improves `model` in place, and returns for each round {"right": the share of the sampled completions that were
    right (reward 1), "pool": the number of pairs that the model was fitted to}.

    A round: the model as it is now answers the round's prompts; what was right goes into the pool, by `keep_right`;
    the model is fitted to the whole pool. The pool begins with the demonstrations and keeps them.

    Args:
        rounds: the prompts of each round, as token ids.
        sample: `sample(model, prompts)` draws several completions of each prompt: a list for each prompt.
        reward: `reward(prompt, completion)`, 1 for a right completion.
        fit: `fit(model, pairs)` trains the model by imitation of the pairs. It is not called if the pool is empty.
        demonstrations: right pairs that were there before; may be empty. The list is not changed.
        per_prompt: as in `keep_right`.
    """
    # The pool begins with the demonstrations. For the prompts of each round:
    # sample with the present model; the reward of each completion; keep_right makes the new pool; fit to it.
    # Note the share of right ones among all that were sampled, and the size of the pool.
    raise NotImplementedError("not written yet: exercise 04.6, training/expert_iteration.py:expert_iteration")
