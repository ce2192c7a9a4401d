"""Exercise 05.6, reinforce_step: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson01_language_model.probability.texts import token_log_probs
from lesson05_reinforce.loss.reinforce import reinforce_loss, reward_to_go

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

REWARDS = "rewards[mask] = torch.cat(paid)"
LOSS = "loss = reinforce_loss(log_probs, mask, reward_to_go(rewards, mask))"

wrong("Gradients from before are added to this step's: zero_grad() is missing.", {"optimizer.zero_grad()": ""})

wrong("No gradient reaches step(): it was cleared after backward(), or the log-probabilities carry none.", {
    "optimizer.zero_grad()": "", "loss.backward()": "loss.backward()\noptimizer.zero_grad()",
})  # fmt: skip

wrong("The step trains the prompt's tokens as well as the completion's.", {
    LOSS: "everything = torch.arange(1, ids.shape[1]) < (prompt_lengths + completion_lengths)[:, None]\n"
          "loss = reinforce_loss(log_probs, everything, reward_to_go(rewards, everything))",
})  # fmt: skip

wrong("Every token is credited with the whole reward of its completion, also with rewards before it.", {
    LOSS: "loss = reinforce_loss(log_probs, mask, rewards.sum(1, keepdim=True) * mask)",
})  # fmt: skip

wrong("Each token is credited with its own reward alone, not with what it led to.", {
    LOSS: "loss = reinforce_loss(log_probs, mask, rewards)",
})  # fmt: skip

wrong("The rewards stand one column too late: column t is about the token at t + 1.", {
    REWARDS: REWARDS + "\nrewards = nn.functional.pad(rewards[:, :-1], (1, 0))",
    '(rewards.sum() / len(pairs)).item()': 'sum(float(r.sum()) for r in paid) / len(pairs)',
})  # fmt: skip

wrong("Tokens with the id of the padding are taken for padding: EOS has this id, and it is not trained.", {
    LOSS: "mask = mask & (ids[:, 1:] != 0)\n" + LOSS,
})  # fmt: skip

wrong("Completions that earned nothing are left out: the others then weigh more.", {
    "loss.backward()": "(loss * len(pairs) / max(1, sum(bool(r.any()) for r in paid))).backward()",
})  # fmt: skip

wrong("The model is left in training mode, whatever it was in before.", {
    "optimizer.step()": "optimizer.step()\nmodel.train()",
})  # fmt: skip


@right("one forward pass for each completion, and gradients that add up")
def reinforce_step(model, optimizer, prompts, sample, reward):
    groups = [(x, sample(x)) for x in prompts]
    count = sum(len(group) for _, group in groups)
    optimizer.zero_grad()
    total = {"reward": 0.0, "loss": 0.0}
    for prompt, group in groups:
        for completion in group:
            paid = reward(prompt, completion)[None]
            ids = torch.cat([prompt, completion])[None]
            log_probs = token_log_probs(model(ids).logits, ids)[:, len(prompt) - 1 :]
            everything = torch.ones_like(log_probs, dtype=torch.bool)
            loss = reinforce_loss(log_probs, everything, reward_to_go(paid, everything)) / count
            loss.backward()
            total["reward"] += paid.sum().item() / count
            total["loss"] += loss.item()
    optimizer.step()
    return total


right("rewards row by row, padding with another id, and the model's own zero_grad", {
    "nn.utils.rnn.pad_sequence([torch.cat(pair) for pair in pairs], batch_first=True)":
        "nn.utils.rnn.pad_sequence([torch.cat(pair) for pair in pairs], True, 1)",
    REWARDS: "for i, (x, y) in enumerate(pairs):\n    rewards[i, len(x) - 1 : len(x) + len(y) - 1] = paid[i]",
    "optimizer.zero_grad()": "model.zero_grad()",
})  # fmt: skip


@core("without padding, one completion after the other")
def reinforce_step(model, optimizer, prompts, sample, reward):
    losses, rewards = [], []
    for x in prompts:
        for y in sample(x):
            paid, ids = reward(x, y)[None], torch.cat([x, y])[None]
            log_probs = token_log_probs(model(ids).logits, ids)[:, len(x) - 1 :]
            mask = torch.ones_like(log_probs) > 0
            losses.append(reinforce_loss(log_probs, mask, reward_to_go(paid, mask)))
            rewards.append(paid.sum().item())
    loss = sum(losses) / len(losses)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return {"reward": sum(rewards) / len(rewards), "loss": loss.item()}
