"""Situations that the tests of lesson 05 look at. Each returns evidence; what it should be is in the tests."""

import torch
from lesson05_reinforce.exact import gradient
from lesson05_reinforce.training import step

from lab.rl.optimizers import PlainSGD


def two_exact_gradients(model, prompt, completions, rewards):
    """Each parameter has a .grad of 7s. Asks for the exact gradient twice. Returns both, and what .grad holds then."""
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 7.0)
    first = gradient.exact_policy_gradient(model, prompt, completions, rewards)
    first = {name: value.clone() for name, value in first.items()}
    second = gradient.exact_policy_gradient(model, prompt, completions, rewards)
    left = {name: parameter.grad for name, parameter in model.named_parameters()}
    return {"first": first, "second": second, ".grad": left}


def steps(model, prompts, completions, rewards, lr=1.0, count=1, left_over=0.0, training=True):
    """Makes `count` steps of plain gradient descent. Nothing is drawn: sample(prompts[i]) returns completions[i], and
    reward(prompts[i], completions[i][j]) returns rewards[i][j].

    left_over: every entry of .grad before the first step. training: the mode of the model.
    Returns the parameters after each step, the result of each step, the mode at the end, and how often `sample` was
    called ("draws").
    """
    model.train(training)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, left_over)
    draws = []

    def numbered(prompt):
        return [list(x) for x in map(torch.Tensor.tolist, prompts)].index(prompt.tolist())

    def fixed_sample(prompt):
        draws.append(prompt)
        return [y.clone() for y in completions[numbered(prompt)]]

    def fixed_reward(prompt, completion):
        i = numbered(prompt)
        return rewards[i][[y.tolist() for y in completions[i]].index(completion.tolist())].clone()

    optimizer, parameters, results = PlainSGD(model.parameters(), lr=lr), [], []
    for _ in range(count):
        results.append(step.reinforce_step(model, optimizer, prompts, fixed_sample, fixed_reward))
        parameters.append({name: p.detach().clone() for name, p in model.named_parameters()})
    return {"parameters": parameters, "results": results, "training": model.training, "draws": len(draws)}
