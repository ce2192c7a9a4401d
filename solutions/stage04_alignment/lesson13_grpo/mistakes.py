"""What people write wrongly in this lesson; see tutorial/CONTRIBUTING.md."""

from lab.attempts import Attempts

wrong = Attempts()

wrong("13.2", "Your weights are equal for all responses: the rewards never enter the softmax.", {
    "(rewards.detach().to(precise) / beta).softmax(0)": "torch.full_like(log_probs, 1 / len(log_probs))",
})  # fmt: skip

wrong("13.2", "The sign is lost: going down this loss makes good responses less likely.", {
    "return -(weights * log_probs).sum()": "return (weights * log_probs).sum()",
})  # fmt: skip

wrong("13.2", "The loss is a mean over the group, though the weights sum to one already.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs).mean()",
})  # fmt: skip

wrong("13.2", "The rewards are multiplied by beta; as a temperature it divides them.", {
    "rewards.detach().to(precise) / beta": "rewards.detach().to(precise) * beta",
})  # fmt: skip

wrong("13.2", "Gradient flows into the rewards: the weights must be constants.", {
    "rewards.detach().to(precise) / beta": "rewards.to(precise) / beta",
})  # fmt: skip


@wrong("13.2", "The softmax is written out as exp / sum, which overflows for large rewards.")
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    weights = (rewards / beta).exp()
    weights = weights / weights.sum()
    return -(weights * log_probs).sum()
