"""The reward of a batch: each different program runs once, and several run at the same time."""

from concurrent.futures import ThreadPoolExecutor

from lesson10_programs.programs.reward import code_reward
from lesson10_programs.programs.running import call, extract_code


def score_batch(
    completions: list[str],
    problems: list[dict],
    mode: str = "all",
    seconds: float = 10.0,
    workers: int = 2,
    known: dict | None = None,
) -> list[float]:
    """Returns the reward of each completion.

    Args:
        completions: what the policy has written.
        problems: the problem of each completion: {"function": its name, "inputs": [[argument, ...], ...],
            "expected": [value, ...]}. Several completions may have the same problem.
        mode, seconds: as in `code_reward` and `call`.
        workers: so many programs run at the same time. Threads are enough: they only wait for other processes.
        known: what `call` returned before, by code, function and inputs. What is new is added.

    A policy repeats itself, more and more as it learns. So the same code with the same inputs is run once, even if the
    problems expect different values: these play no part in the run. Raises what `call` raises, such as OSError: a
    machine that can start no process must not look like a wrong program.
    """
    known = {} if known is None else known  # not `known or {}`: the caller's dict is empty at first
    keys, new = [], {}
    for completion, problem in zip(completions, problems, strict=True):
        code = extract_code(completion)
        key = (code, problem["function"], repr(problem["inputs"]))
        keys.append(key)
        if key not in known:
            new[key] = (code, problem["function"], problem["inputs"], seconds)
    with ThreadPoolExecutor(workers) as pool:
        known.update(zip(new, pool.map(lambda arguments: call(*arguments), new.values()), strict=True))
    pairs = zip(keys, problems, strict=True)
    return [code_reward(known[key], problem["expected"], mode) for key, problem in pairs]
