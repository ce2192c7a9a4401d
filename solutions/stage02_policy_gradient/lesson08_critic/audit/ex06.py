"""Exercise 08.6, ppo_step: what people get wrong, other right answers, and the shortest right one."""

import torch
from lesson08_critic.advantages.gae import gae, place_rewards
from lesson08_critic.critic.values import token_values, value_loss
from lesson08_critic.given.ppo_parts import clip_loss, completion_log_probs, explained_variance, whiten

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

WHITEN = "whitened = whiten(advantages, mask)"
VALUES = "values = token_values(critic, rollout.ids[rows], rollout.prompt_length)"
CLIP_LOSS = "clip_loss(log_probs, rollout.log_probs[rows], whitened[rows], mask[rows], settings.epsilon)"
VALUE_LOSS = "value_loss(values, old_values[rows], returns[rows], mask[rows], settings.value_clip)"
BACKWARD = "(policy_loss + settings.value_coef * critic_loss).backward()"

# tensorforce#312
wrong("The old log-probs are those of the present weights: the ratio is always 1, and nothing is ever clipped.", {
    CLIP_LOSS: "clip_loss(log_probs, log_probs.detach(), whitened[rows], mask[rows], settings.epsilon)",
})  # fmt: skip

wrong("The old values are those of the present critic: its move from the old values is always 0, and never clipped.", {
    VALUE_LOSS: "value_loss(values, values.detach(), returns[rows], mask[rows], settings.value_clip)",
})  # fmt: skip

wrong("Advantages and returns are computed again for each update. They belong to the critic that saw the draw.", {
    VALUES: VALUES + """
        present = token_values(critic, rollout.ids, rollout.prompt_length).detach()
        advantages, returns = gae(rewards, present, mask, settings.gamma, settings.lam)
        whitened = whiten(advantages, mask)
    """.replace("\n        ", "\n"),
})  # fmt: skip

wrong("The returns come from whitened advantages: the critic learns numbers that no reward has.", {
    WHITEN: "whitened = whiten(advantages, mask)\nreturns = torch.where(mask, whitened + old_values, 0.0)",
})  # fmt: skip

wrong("The advantages are not whitened: their scale, and so the size of a step, is that of the rewards.", {
    WHITEN: "whitened = advantages",
})  # fmt: skip

# CleanRL and Stable-Baselines3 do this on purpose
wrong("The advantages are whitened in each mini-batch: an answer's advantage then depends on its neighbours.", {
    CLIP_LOSS: "clip_loss(log_probs, rollout.log_probs[rows], whiten(advantages[rows], mask[rows]), mask[rows], "
               "settings.epsilon)",
})  # fmt: skip

wrong("The gradients are never set to zero: each update repeats all earlier ones.", {"optimizer.zero_grad()": ""})

wrong("gamma and lam are not passed on: GAE runs with its defaults.", {
    "gae(rewards, old_values, mask, settings.gamma, settings.lam)": "gae(rewards, old_values, mask)",
})  # fmt: skip

wrong("value_coef is missing from the loss.", {BACKWARD: "(policy_loss + critic_loss).backward()"})

wrong("The explained variance is that of the critic after the step; it should say how well it judged this draw.", {
    "explained_variance(old_values, returns, mask)":
        "explained_variance(token_values(critic, rollout.ids, rollout.prompt_length).detach(), returns, mask)",
})  # fmt: skip


right("two backward passes instead of one of the sum", {
    BACKWARD: "policy_loss.backward()\nweighted = settings.value_coef * critic_loss\nweighted.backward()",
})  # fmt: skip

right("the order is drawn by sorting random numbers", {
    "torch.randperm(len(mask), generator=generator)": "torch.rand(len(mask), generator=generator).argsort()",
})  # fmt: skip


@core("without the generator")
def ppo_step_short(policy, critic, optimizer, r, s, generator=None):
    old = token_values(critic, r.ids, r.prompt_length).detach()
    a, ret = gae(place_rewards(r.scores, r.log_probs, r.ref_log_probs, r.mask, s.kl_coef), old, r.mask, s.gamma, s.lam)
    w = whiten(a, r.mask)
    for _ in range(s.epochs):
        for i in torch.randperm(len(w)).split(s.minibatch_size):
            log_probs = completion_log_probs(policy, r.ids[i], r.prompt_length)
            first = clip_loss(log_probs, r.log_probs[i], w[i], r.mask[i], s.epsilon)
            values = token_values(critic, r.ids[i], r.prompt_length)
            second = value_loss(values, old[i], ret[i], r.mask[i], s.value_clip)
            optimizer.zero_grad()
            (first + s.value_coef * second).backward()
            optimizer.step()
    return explained_variance(old, ret, r.mask)
