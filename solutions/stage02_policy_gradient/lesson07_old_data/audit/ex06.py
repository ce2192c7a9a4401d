"""Exercise 07.6, update_on_rollout: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson01_language_model.probability.texts import token_log_probs
from lesson07_old_data.loss.clip import clipped_objective
from lesson07_old_data.training.reuse import drift
from lesson07_old_data.weights.importance import importance_weights

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

NEW = "log_probs = token_log_probs(model(ids).logits, ids)"
DRIFT = "drifts.append(drift(log_probs, old_log_probs, advantages, mask, low, high))"
ROWS = "old_log_probs, advantages = rollout.old_log_probs[rows], rollout.advantages[rows]"
ORDER = "torch.randperm(len(rollout.ids), generator=generator)"
LOSS = "loss = -objective[mask].mean()"

wrong("The old log-probs are computed anew before each update: every ratio is 1, and old data count as fresh.", {
    NEW: f"{NEW}\nold_log_probs = log_probs.detach()",
})  # fmt: skip

wrong("The advantages are normalized anew in each minibatch: what an answer is worth then depends on its neighbours.", {
    NEW: f"{NEW}\nif len(rows) > 1:\n    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)",
})  # fmt: skip

wrong("zero_grad is missing: the gradients of all updates, and older ones, add up.", {"optimizer.zero_grad()": ""})

wrong("Each token has the weight of its whole answer; PPO and GRPO weight it with its own ratio.", {
    "importance_weights(log_probs, old_log_probs, mask)":
        "importance_weights(log_probs, old_log_probs, mask, 'sequence')[:, None].expand_as(mask)",
})  # fmt: skip

wrong("The mean runs over padding and prompt, too.", {LOSS: "loss = -objective.mean()"})

wrong("The mean is taken within each answer first: tokens of short answers count more.", {
    LOSS: "loss = -((objective * mask).sum(-1) / mask.sum(-1)).mean()",
})  # fmt: skip

wrong("All epochs use the same order, which is drawn only once.", {
    "drifts = []": "drifts, n = [], len(rollout.ids)\norder = torch.randperm(n, generator=generator)", ORDER: "order",
})  # fmt: skip

wrong("low and high are not passed on to the objective: it clips at its own default bounds.", {
    "clipped_objective(ratio, advantages[:, None].expand_as(ratio), low, high)":
        "clipped_objective(ratio, advantages[:, None].expand_as(ratio))",
})  # fmt: skip

wrong("The model is put into training mode: with dropout the ratio is not 1 before the first update.", {
    "drifts = []": "drifts = []\nmodel.train()",
})  # fmt: skip

wrong("The rollout's old log-probs are overwritten with the new ones after each update.", {
    "optimizer.step()": "optimizer.step()\nrollout.old_log_probs[rows] = log_probs.detach()",
})  # fmt: skip


@right("indices in plain lists; one product of mask and objective, divided by the number of tokens")
def update_on_rollout(model, optimizer, rollout, epochs, minibatch_size, low=0.2, high=0.2, generator=None):
    result, n = [], len(rollout.advantages)
    for _ in range(epochs):
        order = torch.randperm(n, generator=generator).tolist()
        for start in range(0, n, minibatch_size):
            i = order[start : start + minibatch_size]
            optimizer.zero_grad()
            new = model(rollout.ids[i]).logits[:, :-1].log_softmax(-1)
            new = new.gather(-1, rollout.ids[i][:, 1:].unsqueeze(-1)).squeeze(-1)
            old, m, a = rollout.old_log_probs[i].detach(), rollout.mask[i], rollout.advantages[i]
            result.append(drift(new.detach(), old, a, m, low=low, high=high))
            objective = clipped_objective(torch.exp(torch.where(m, new - old, 0.0)), a.unsqueeze(1), low, high)
            (-(objective * m).sum() / m.sum()).backward()
            optimizer.step()
    return result


@right("a flat list of tokens, each with the advantage of its answer")
def update_with_flat_tokens(model, optimizer, rollout, epochs, minibatch_size, low=0.2, high=0.2, generator=None):
    drifts = []
    for _ in range(epochs):
        for i in torch.randperm(len(rollout.ids), generator=generator).split(minibatch_size):
            m, a, old = rollout.mask[i], rollout.advantages[i], rollout.old_log_probs[i]
            new = token_log_probs(model(rollout.ids[i]).logits, rollout.ids[i])
            drifts.append(drift(new, old, a, m, low, high))
            tokens, owner = (new - old)[m].exp(), a[m.nonzero()[:, 0]]
            optimizer.zero_grad(set_to_none=True)
            (-clipped_objective(tokens, owner, low, high).sum() / len(tokens)).backward()
            optimizer.step()
    return drifts


@core("the steps in their order")
def update_in_short(model, optimizer, rollout, epochs, minibatch_size, low=0.2, high=0.2, generator=None):
    drifts = []
    for _ in range(epochs):
        for i in torch.randperm(len(rollout.ids), generator=generator).split(minibatch_size):
            ids, old, a, m = (x[i] for x in (rollout.ids, rollout.old_log_probs, rollout.advantages, rollout.mask))
            new = token_log_probs(model(ids).logits, ids)
            drifts.append(drift(new, old, a, m, low, high))
            optimizer.zero_grad()
            (-clipped_objective(importance_weights(new, old, m), a[:, None], low, high)[m].mean()).backward()
            optimizer.step()
    return drifts
