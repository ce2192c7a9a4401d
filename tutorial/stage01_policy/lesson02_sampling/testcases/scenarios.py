"""Situations that the tests of lesson 02 look at. Each returns evidence; what it should be is in the tests."""

import torch
from lesson02_sampling.policy import distribution
from lesson02_sampling.rollout import sample as rollout


def draw_completions(model, prompt, num_samples, max_new_tokens, seed=0, eos=1, **settings):
    """Calls `sample` with a generator of that seed, and returns the four parts of each completion. `calls` is the
    number of forward passes."""
    calls = []
    model.register_forward_pre_hook(lambda *_: calls.append(None))
    completions = rollout.sample(
        model, prompt, num_samples, eos, max_new_tokens, torch.Generator().manual_seed(seed), **settings
    )
    return {
        "token_ids": [c.token_ids for c in completions],
        "log_probs": [c.log_probs for c in completions],
        "kept": [c.kept for c in completions],
        "finished": [c.finished for c in completions],
        "calls": len(calls),
    }


def draw_again(model, prompt, num_samples, max_new_tokens, seed=0, **settings):
    """Draws twice with the same seed, while torch's global random state differs. Returns the token ids of both."""
    first = draw_completions(model, prompt, num_samples, max_new_tokens, seed, **settings)["token_ids"]
    torch.rand(3)
    return [first, draw_completions(model, prompt, num_samples, max_new_tokens, seed, **settings)["token_ids"]]


def draw_then_score(model, prompt, num_samples, max_new_tokens, seed=0, temperature=1.0, **settings):
    """Draws completions, and gives their log-probs again with `completion_log_probs`: "drawn" and "scored"."""
    generator = torch.Generator().manual_seed(seed)
    completions = rollout.sample(
        model, prompt, num_samples, 1, max_new_tokens, generator, temperature=temperature, **settings
    )
    scored = [rollout.completion_log_probs(model, prompt, c.token_ids, c.kept, temperature) for c in completions]
    return {"drawn": [c.log_probs for c in completions], "scored": [s.detach() for s in scored]}


def two_calls(name, first, second, **settings):
    """Calls this function of `distribution` with the first logits and then with the second. Returns both results as
    they are at the end."""
    function = getattr(distribution, name)
    return [function(first, **settings), function(second, **settings)]
