"""Situations that the tests of lesson 04 look at. Each returns evidence; what it should be is in the tests."""

from lesson04_warm_start.training import expert_iteration as iteration
from lesson04_warm_start.training.sft import sft_update

from lab.models.drawn_logits import with_added
from lab.rl.optimizers import make_optimizer


def update(model, ids, labels, micro_batch_size=0, updates=1, training=True, left_over=0.0, lr=0.5, by_row=None):
    """Makes SGD updates with learning rate 0.5. Returns the losses, whether they are plain numbers, the weights
    afterwards, the number of optimizer steps, and whether the model is in training mode.

    left_over: a gradient of this size is left in .grad from before. by_row: a seed; the model's logits depend on the row
    of its input that they stand in (`lab.models.drawn_logits`)."""
    model.train(training)
    if by_row is not None:
        model.forward = with_added(model.forward, by_row, by_call=False)
    optimizer, steps = make_optimizer("sgd", model.parameters(), lr), []
    step = optimizer.step
    optimizer.step = lambda *arguments: (steps.append(None), step(*arguments))[1]
    if left_over:
        for parameter in model.parameters():
            parameter.grad = left_over + 0 * parameter.detach()
    losses = [sft_update(model, optimizer, ids, labels, micro_batch_size) for _ in range(updates)]
    return {
        "losses": losses,
        "plain numbers": all(isinstance(loss, float) for loss in losses),
        "weights": {name: parameter.detach() for name, parameter in model.named_parameters()},
        "steps": len(steps),
        "training": model.training,
    }


def iterate(model, rounds, answers, rewards, demonstrations, per_prompt=4):
    """Runs `expert_iteration` with a sampler, a reward and a fit that are written down.

    In round k the sampler answers the prompts with answers[k]. `rewards` is a list of (prompt, completion, reward); what
    is not in it has the reward 0. `fit` adds 1 to every weight of the model. Returns what expert_iteration returned,
    which prompts were asked, with which weight of the model, what `fit` was given, the order of the calls, the weight of
    the caller's model at the end, and the caller's list of demonstrations at the end."""
    asked, weights, fitted, calls = [], [], [], []

    def weight_of(m):
        return round(next(m.parameters()).detach().flatten()[0].item(), 6)

    def sample(model, prompts):
        calls.append("sample")
        asked.append([p.tolist() for p in prompts])
        weights.append(weight_of(model))
        return answers[len(asked) - 1]

    def reward(prompt, completion):
        earned = [r for p, c, r in rewards if p == prompt.tolist() and c == completion.tolist()]
        return earned[0] if earned else 0.0

    def fit(model, pairs):
        calls.append("fit")
        fitted.append(as_lists(pairs))
        for parameter in model.parameters():
            parameter.data += 1

    demonstrations = list(demonstrations)
    history = iteration.expert_iteration(model, iter(rounds), sample, reward, fit, demonstrations, per_prompt)
    return {
        "history": history,
        "asked": asked,
        "weight when asked": weights,
        "fitted": fitted,
        "calls": calls,
        "weight": weight_of(model),
        "demonstrations": as_lists(demonstrations),
    }


def iterate_with_a_broken(part, model, prompt, completion):
    """Runs one round of `expert_iteration` with a sample, reward or fit that divides by zero."""
    parts = {"sample": lambda *_, **__: [[completion]], "reward": lambda *_, **__: 1.0, "fit": lambda *_, **__: None}
    parts[part] = lambda *_, **__: 1 / 0
    return iteration.expert_iteration(model, [[prompt]], **parts, demonstrations=[])


def keep(pool, prompts, completions, rewards, per_prompt=4):
    """Calls `keep_right`. Returns its result, and the pool that was passed in, as it is afterwards."""
    pool = list(pool)
    kept = iteration.keep_right(pool, prompts, completions, rewards, per_prompt)
    return {"kept": as_lists(kept), "pool afterwards": as_lists(pool)}


def as_lists(pairs):
    """Pairs of tensors as pairs of lists."""
    return [(prompt.tolist(), completion.tolist()) for prompt, completion in pairs]
