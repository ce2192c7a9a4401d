"""Exercise 15.6, policy_loss: what people get wrong, and right answers written otherwise."""

import torch
from lesson15_grpo_mnist.loss.ppo import policy_loss

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

LOSS = "return ppo_clip_loss(rows, old_log_probs.reshape(-1, 1), advantages.reshape(-1), mask, epsilon)"
RATIO = "ratio, a = (log_probs - old_log_probs.detach()).exp(), advantages.detach()\n"
BOTH = "torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)"

wrong("The sign is missing: a step against the gradient would make good answers less likely.", {
    LOSS: LOSS.replace("return ", "return -"),
})  # fmt: skip

wrong("The larger of the two products is taken: the clip then protects nothing.", {
    LOSS: RATIO + "return -" + BOTH.replace("minimum", "maximum") + ".mean()",
})  # fmt: skip

wrong("The difference of the logarithms is clipped to plus or minus epsilon, not the ratio.", {
    "return ppo_clip_loss(rows, old_log_probs.reshape(-1, 1), advantages.reshape(-1), mask, epsilon)": """
        ratio, a = (log_probs - old_log_probs.detach()).exp(), advantages.detach()
        return -torch.minimum(ratio * a, ratio.log().clamp(-epsilon, epsilon).exp() * a).mean()
    """,
})  # fmt: skip

wrong("Probabilities are divided by each other: for an unlikely action both are 0.", {
    "return ppo_clip_loss(rows, old_log_probs.reshape(-1, 1), advantages.reshape(-1), mask, epsilon)": """
        ratio, a = log_probs.exp() / old_log_probs.detach().exp(), advantages.detach()
        return -torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a).mean()
    """,
})  # fmt: skip

wrong("The ratio is upside down: it is the new probability over the old one.", {
    "return ppo_clip_loss(rows, old_log_probs.reshape(-1, 1), advantages.reshape(-1), mask, epsilon)": """
        ratio, a = (old_log_probs.detach() - log_probs).exp(), advantages.detach()
        return -torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a).mean()
    """,
})  # fmt: skip

wrong("The ratio is a quotient of the logarithms; it is that of the probabilities.", {
    "return ppo_clip_loss(rows, old_log_probs.reshape(-1, 1), advantages.reshape(-1), mask, epsilon)": """
        ratio, a = log_probs / old_log_probs.detach(), advantages.detach()
        return -torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a).mean()
    """,
})  # fmt: skip

wrong("There is no clip: the ratio counts however far it has moved.", {
    "return ppo_clip_loss(rows, old_log_probs.reshape(-1, 1), advantages.reshape(-1), mask, epsilon)":
        "ratio, a = (log_probs - old_log_probs.detach()).exp(), advantages.detach()\nreturn -(ratio * a).mean()",
})  # fmt: skip

wrong("Only the clipped product counts: an answer that moved the wrong way is never pulled back.", {
    LOSS: RATIO + "return -(ratio.clamp(1 - epsilon, 1 + epsilon) * a).mean()",
})  # fmt: skip

wrong("The ratio is clipped from above only; below 1 - epsilon it is as large a change.", {
    LOSS: RATIO + "return -" + BOTH.replace("clamp(1 - epsilon, 1 + epsilon)", "clamp(max=1 + epsilon)") + ".mean()",
})  # fmt: skip

wrong("The lower bound of the clip is 1 / (1 + epsilon); it is 1 - epsilon.", {
    LOSS: RATIO + "return -" + BOTH.replace("1 - epsilon", "1 / (1 + epsilon)") + ".mean()",
})  # fmt: skip

wrong("epsilon is always 0.2: the argument never reaches the loss.", {
    LOSS: LOSS.replace(", epsilon", ""),
})  # fmt: skip

wrong("The terms are added up; their mean is asked for.", {
    LOSS: LOSS + " * len(rows)",
})  # fmt: skip

wrong("The terms are divided by the number of images only; the mean is over all B * G answers.", {
    LOSS: LOSS + " * log_probs.shape[1]",
})  # fmt: skip

wrong("All answers to an image share one advantage, the mean of its row; each answer has its own.", {
    LOSS: LOSS.replace("advantages.reshape(-1)",
                       "advantages.mean(1, keepdim=True).expand(advantages.shape).reshape(-1)"),
})  # fmt: skip

wrong("One ratio, averaged over an image's answers, serves all of them; each answer has its own.", {
    LOSS: "mean = (log_probs - old_log_probs.detach()).mean(1, keepdim=True)\n"
        "ratio, a = mean.exp().expand(advantages.shape), advantages.detach()\nreturn -" + BOTH + ".mean()",
})  # fmt: skip

wrong("Gradient flows through the advantages.", {
    LOSS: RATIO.replace("advantages.detach()", "advantages") + "return -" + BOTH + ".mean()",
})  # fmt: skip

wrong("Gradient flows through the old log-probabilities, which are constants.", {
    LOSS: RATIO.replace("old_log_probs.detach()", "old_log_probs") + "return -" + BOTH + ".mean()",
})  # fmt: skip

wrong("No gradient reaches the new log-probabilities: the policy cannot learn.", {
    LOSS: LOSS.replace("(rows,", "(rows.detach(),"),
})  # fmt: skip

wrong("There is no ratio: log-probability times advantage is right for the first update on a rollout only.", {
    LOSS: "return -(log_probs * advantages.detach()).mean()",
})  # fmt: skip

wrong("The advantages are standardised once more inside the loss; they come as they are to be used.", {
    LOSS: LOSS.replace("advantages.reshape(-1)",
                       "((advantages - advantages.mean()) / (advantages.std() + 1e-4).nan_to_num(1.0)).reshape(-1)"),
})  # fmt: skip

wrong("The three shapes are not compared: tensors of other shapes may have as many numbers.", {
    "if not (log_probs.shape == old_log_probs.shape == advantages.shape):":
        "if not (log_probs.numel() == old_log_probs.numel() == advantages.numel()):",
})  # fmt: skip

wrong("The advantages are flattened column by column, the log-probabilities row by row.", {
    LOSS: LOSS.replace("advantages.reshape(-1)", "advantages.T.reshape(-1)"),
})  # fmt: skip

# Right answers written otherwise


@right("the formula, on (batch, group) as it is")
def policy_loss(log_probs, old_log_probs, advantages, epsilon=0.2):
    if log_probs.shape != old_log_probs.shape or log_probs.shape != advantages.shape:
        raise ValueError("three shapes that are not one")
    ratio = torch.exp(log_probs - old_log_probs.detach())
    a = advantages.detach()
    return -torch.min(ratio * a, torch.clip(ratio, 1 - epsilon, 1 + epsilon) * a).mean()


@right("the maximum of two losses")
def policy_loss(log_probs, old_log_probs, advantages, epsilon=0.2):
    if len({tuple(t.shape) for t in (log_probs, old_log_probs, advantages)}) > 1:
        raise ValueError("shapes differ")
    with torch.no_grad():
        old, a = old_log_probs.clone(), advantages.clone()
    ratio = (log_probs - old).exp()
    losses = torch.stack([-a * ratio, -a * ratio.clamp(1 - epsilon, 1 + epsilon)])
    return losses.amax(0).sum() / a.numel()


@right("a bound for each sign of the advantage, image by image")
def policy_loss(log_probs, old_log_probs, advantages, epsilon=0.2):
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError("one shape is needed")
    total = log_probs.new_zeros(())
    for new, old, a in zip(log_probs, old_log_probs.detach(), advantages.detach(), strict=True):
        ratio = (new - old).exp()
        bounded = torch.where(a >= 0, ratio.clamp(max=1 + epsilon), ratio.clamp(min=1 - epsilon))
        total = total - (bounded * a).sum()
    return total / advantages.numel()
