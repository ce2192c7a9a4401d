"""Exercise 15.6, policy_loss: what people get wrong, right answers written otherwise, and the core variant."""

import torch
from lesson15_grpo_mnist.loss.ppo import policy_loss

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

LOSS = "return ppo_clip_loss(rows, old_log_probs.reshape(-1, 1), advantages.reshape(-1), mask, epsilon)"


wrong("If all advantages are 0, the loss is a constant without a graph: backward() fails on it.", {
    "return ppo_clip_loss(rows, old_log_probs.reshape(-1, 1), advantages.reshape(-1), mask, epsilon)": """
        if not advantages.any():
            return log_probs.new_zeros(())
        return ppo_clip_loss(rows, old_log_probs.reshape(-1, 1), advantages.reshape(-1), mask, epsilon)
    """,
})  # fmt: skip


def formula(ratio="(log_probs - old_log_probs.detach()).exp()", a="advantages.detach()",
            smaller="torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)"):  # fmt: skip
    """A change that writes the loss out, with one part of it replaced."""
    return {LOSS: f"ratio, a = {ratio}, {a}\nreturn -{smaller}.mean()"}


wrong("The sign is missing: a step against the gradient would make good answers less likely.", {
    LOSS: LOSS.replace("return ", "return -"),
})  # fmt: skip

wrong("The larger of the two products is taken, so the clip removes no gradient where it should.", formula(
    smaller="torch.maximum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)",
))  # fmt: skip

wrong("Probabilities are divided by each other. For unlikely answers both are 0; exp of a difference is not.", formula(
    ratio="log_probs.exp() / old_log_probs.detach().exp()",
))  # fmt: skip

wrong("The ratio is upside down. It is the new probability over the old one.", formula(
    ratio="(old_log_probs.detach() - log_probs).exp()",
))  # fmt: skip

wrong("The ratio is a quotient of the log-probabilities. It is a quotient of the probabilities.", formula(
    ratio="log_probs / old_log_probs.detach()",
))  # fmt: skip

wrong("There is no clip.", formula(smaller="(ratio * a)"))

wrong("Only the clipped product counts, so an answer that moved the wrong way is never pulled back.", formula(
    smaller="(ratio.clamp(1 - epsilon, 1 + epsilon) * a)",
))  # fmt: skip

wrong("The ratio is clipped only from above. It is also clipped at 1 - epsilon.", formula(
    smaller="torch.minimum(ratio * a, ratio.clamp(max=1 + epsilon) * a)",
))  # fmt: skip

wrong("epsilon is always 0.2. The argument does not reach the loss.", {LOSS: LOSS.replace(", epsilon", "")})

wrong("The terms are divided by the number of images. The mean is over all B * G answers.", {
    LOSS: LOSS + " * log_probs.shape[1]",
})  # fmt: skip

wrong("All answers to an image share the mean of their advantages. Each answer has its own.", {
    LOSS: LOSS.replace("advantages.reshape(-1)",
                       "advantages.mean(1, keepdim=True).expand(advantages.shape).reshape(-1)"),
})  # fmt: skip

wrong("Gradient flows through the old log-probabilities, which are constants.", formula(
    ratio="(log_probs - old_log_probs).exp()",
))  # fmt: skip

wrong("Gradient flows through the advantages, which are constants.", formula(a="advantages"))

wrong("No gradient reaches the new log-probabilities, so the policy cannot learn.", {
    LOSS: LOSS.replace("(rows,", "(rows.detach(),"),
})  # fmt: skip

wrong("There is no ratio. Log-probability times advantage is right only for the first update on a rollout.", {
    LOSS: "return -(log_probs * advantages.detach()).mean()",
})  # fmt: skip

wrong("The shapes are not compared. Tensors of other shapes may have as many numbers.", {
    "if not log_probs.shape == old_log_probs.shape == advantages.shape:": "if False:",
})  # fmt: skip


@right("the formula, on (batch, group) as it is")
def policy_loss(log_probs, old_log_probs, advantages, epsilon=0.2):
    if log_probs.shape != old_log_probs.shape or log_probs.shape != advantages.shape:
        raise ValueError("the shapes differ")
    ratio = torch.exp(log_probs - old_log_probs.detach())
    a = advantages.detach()
    return -torch.min(ratio * a, torch.clip(ratio, 1 - epsilon, 1 + epsilon) * a).mean()


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


@core("the formula")
def policy_loss(log_probs, old_log_probs, advantages, epsilon=0.2):
    ratio, a = (log_probs - old_log_probs.detach()).exp(), advantages.detach()
    return -torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a).mean()
