"""What people write wrongly in this lesson; see tutorial/CONTRIBUTING.md."""

import torch
from torch import nn

from lab.attempts import Attempts

wrong = Attempts()

# 13.2 compute_grpo_loss

wrong("13.2", "Your weights are equal for all responses: the rewards never enter the softmax.", {
    "(rewards.detach().to(precise) / beta).softmax(0)": "torch.full_like(log_probs, 1 / len(log_probs))",
})  # fmt: skip

wrong("13.2", "The sign is lost: going down this loss makes good responses less likely.", {
    "return -(weights * log_probs).sum()": "return (weights * log_probs).sum()",
})  # fmt: skip

wrong("13.2", "The loss is a mean over the group, though the weights sum to one already.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs).mean()",
})  # fmt: skip

wrong("13.2", "You give back one number per response; the loss is their sum, a single number.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs)",
})  # fmt: skip

wrong("13.2", "The loss is a Python number: no gradient can flow back through it.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs).sum().item()",
})  # fmt: skip

wrong("13.2", "The log-probabilities are cut off from their gradient: nothing can be learned from this loss.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs.detach()).sum()",
})  # fmt: skip

wrong("13.2", "You weigh probabilities; the loss is made of log-probabilities.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs.exp()).sum()",
})  # fmt: skip

wrong("13.2", "The logarithm is taken of the weighted sum; each log-probability gets its weight by itself.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs.exp()).sum().log()",
})  # fmt: skip

wrong("13.2", "cross_entropy sends the log-probabilities through a softmax over the group once more.", {
    "return -(weights * log_probs).sum()": "return nn.functional.cross_entropy(log_probs, weights)",
})  # fmt: skip

wrong("13.2", "This is the KL divergence: it also holds the entropy of the weights, which the loss does not.", {
    "return -(weights * log_probs).sum()": "return nn.functional.kl_div(log_probs, weights, reduction='sum')",
})  # fmt: skip

wrong("13.2", "Gradient flows into the rewards: the weights must be constants.", {
    "rewards.detach().to(precise) / beta": "rewards.to(precise) / beta",
})  # fmt: skip

wrong("13.2", "The rewards are multiplied by beta; as a temperature it divides them.", {
    "rewards.detach().to(precise) / beta": "rewards.detach().to(precise) * beta",
})  # fmt: skip

wrong("13.2", "The rewards are divided by 0.1 whatever beta is.", {
    "rewards.detach().to(precise) / beta": "rewards.detach().to(precise) / 0.1",
})  # fmt: skip

wrong("13.2", "The softmax is taken of the bare rewards: beta has no effect.", {
    "rewards.detach().to(precise) / beta": "rewards.detach().to(precise)",
})  # fmt: skip

wrong("13.2", "The rewards enter the softmax with a minus: the worst response gets the largest weight.", {
    "rewards.detach().to(precise) / beta": "-rewards.detach().to(precise) / beta",
})  # fmt: skip

wrong("13.2", "The rewards are standardized before the softmax, so the weights no longer depend on their scale.", {
    "weights = (rewards.detach().to(precise) / beta)": "rewards = rewards.detach().to(precise)\n"
    "    weights = ((rewards - rewards.mean()) / (rewards.std() + 1e-8) / beta)",
})  # fmt: skip

wrong("13.2", "Your weights are standardized rewards, as in the next lesson; here they are a softmax.", {
    "weights = (rewards.detach().to(precise) / beta).softmax(0)": "rewards = rewards.detach().to(precise)\n"
    "    weights = ((rewards - rewards.mean()) / (rewards.std() + 1e-8))",
})  # fmt: skip

wrong("13.2", "The mean weight 1/G is taken off the weights; here they are the plain softmax and sum to one.", {
    "weights * log_probs": "(weights - 1 / len(weights)) * log_probs",
})  # fmt: skip

wrong("13.2", "The rewards are divided by their sum: this is not a softmax, and beta has no part in it.", {
    "weights = (rewards.detach().to(precise) / beta).softmax(0)": "rewards = rewards.detach().to(precise)\n"
    "    weights = (rewards / rewards.sum())",
})  # fmt: skip

wrong("13.2", "Your weights are the bare rewards: they never go through a softmax.", {
    "(rewards.detach().to(precise) / beta).softmax(0)": "rewards.detach()",
})  # fmt: skip

wrong("13.2", "Your weights are the rewards less their mean, with no softmax: bad responses are pushed down.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "(rewards.detach().to(precise) - rewards.detach().to(precise).mean())",
})  # fmt: skip

wrong("13.2", "The loss is multiplied by beta; beta has its place in the weights alone.", {
    "return -(weights * log_probs).sum()": "return -beta * (weights * log_probs).sum()",
})  # fmt: skip

wrong("13.2", "The best responses share all the weight, as if beta were almost 0; the others get a share, too.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "(lambda best: best / best.sum())((rewards == rewards.max()).to(precise))",
})  # fmt: skip

wrong("13.2", "Each weight is a sigmoid of its own reward; a softmax shares one unit among the whole group.", {
    "/ beta).softmax(0)": "/ beta).sigmoid()",
})  # fmt: skip

wrong("13.2", "Your weights are logarithms: this is a log-softmax where a softmax belongs.", {
    "/ beta).softmax(0)": "/ beta).log_softmax(0)",
})  # fmt: skip

wrong("13.2", "All the weight goes to one best response; even where rewards are equal the others get nothing.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "nn.functional.one_hot(rewards.argmax(), len(rewards))",
})  # fmt: skip

wrong("13.2", "The roles are swapped: the softmax is of the rewards, and it weighs the log-probabilities.", {
    "(rewards.detach().to(precise) / beta).softmax(0)": "(log_probs.to(precise) / beta).softmax(0)",
    "weights * log_probs": "weights * rewards.detach().to(log_probs.dtype)",
})  # fmt: skip

wrong("13.2", "The model's own log-probabilities enter the softmax; the weights are made of the rewards alone.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "(rewards.detach().to(precise) / beta + log_probs.detach()).softmax(0)",
})  # fmt: skip

wrong("13.2", "The softmax is written out as exp / sum, which overflows for large rewards.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "(lambda shares: shares / shares.sum())((rewards.detach().to(precise) / beta).exp())",
})  # fmt: skip

wrong("13.2", "The exponents are cut at a limit against overflow, so all large rewards count alike.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "(rewards.detach().to(precise) / beta).clamp(-80.0, 80.0).softmax(0)",
})  # fmt: skip

wrong("13.2", "The division by beta is done in half precision, where 1e4 / 0.1 is infinite.", {
    "rewards.detach().to(precise) / beta": "rewards.detach() / beta",
})  # fmt: skip

wrong("13.2", "The weights keep the dtype of the rewards: half precision overflows, and the loss gets a wrong dtype.", {
    "(rewards.detach().to(precise) / beta).softmax(0).to(log_probs.dtype)": "(rewards.detach() / beta).softmax(0)",
})  # fmt: skip

wrong("13.2", "The weights of half-precision log_probs stay float32, and so the loss does not have their dtype.", {
    ".softmax(0).to(log_probs.dtype)": ".softmax(0)",
})  # fmt: skip

wrong("13.2", "Rewards in double precision are cut down to float32, where close rewards become equal.", {
    "torch.promote_types(log_probs.dtype, torch.float32)": "torch.float32",
})  # fmt: skip

wrong("13.2", "Rewards are changed in place: whoever called you holds the changed ones now.", {
    "precise = torch": "rewards -= rewards.max()\n    precise = torch",
})  # fmt: skip

wrong("13.2", "A group of equal rewards is skipped, but it trains as well: each response has the weight 1/G.", {
    "precise = torch": "if len(rewards) > 1 and (rewards == rewards[0]).all():\n"
    "        return 0.0 * log_probs.sum()\n    precise = torch",
})  # fmt: skip

wrong("13.2", "A group of one response is refused, but it has a loss: its weight is 1.", {
    "if len(log_probs) == 0": "if len(log_probs) < 2",
})  # fmt: skip

wrong("13.2", "An infinite beta is refused, but it has a meaning: all responses count alike.", {
    "if not beta > 0": "if not 0 < beta < float('inf')",
})  # fmt: skip

wrong("13.2", "The arguments are not checked at all; wrong ones must raise a ValueError.", {
    "for name, value in ((\"log_probs\", log_probs), (\"rewards\", rewards))": "for name, value in ()",
    "if len(log_probs) != len(rewards)": "if False",
    "if len(log_probs) == 0": "if False",
    "if not beta > 0": "if False",
})  # fmt: skip

wrong("13.2", "beta is never checked, and at 0 the rewards are divided by zero.", {
    "if not beta > 0": "if False",
})  # fmt: skip

wrong("13.2", "Your check of beta lets 0 pass, and the rewards are divided by zero.", {
    "if not beta > 0": "if not beta >= 0",
})  # fmt: skip

wrong("13.2", "Your check of beta lets a NaN pass: every comparison with NaN is false.", {
    "if not beta > 0": "if beta <= 0",
})  # fmt: skip

wrong("13.2", "Your check of beta lets negative numbers pass, which turn the ranking of the rewards round.", {
    "if not beta > 0": "if beta == 0 or beta != beta",
})  # fmt: skip

wrong("13.2", "A beta that is not positive is quietly replaced by a small one; it must be refused.", {
    "raise ValueError(f\"beta must be greater than 0, not {beta}\")": "beta = 1e-8",
})  # fmt: skip

wrong("13.2", "Your error about beta does not name it: its message must say beta.", {
    "f\"beta must be greater than 0, not {beta}\"": "\"the temperature must be greater than 0\"",
})  # fmt: skip

wrong("13.2", "The number of dimensions is not checked: a column against a row broadcasts to a square of products.", {
    "if value.ndim != 1": "if value.ndim == 0",
})  # fmt: skip

wrong("13.2", "The lengths are not compared: a single reward is silently spread over all responses.", {
    "if len(log_probs) != len(rewards)": "if False",
})  # fmt: skip

wrong("13.2", "An empty group passes as a loss of 0; it must be refused.", {
    "if len(log_probs) == 0": "if False",
})  # fmt: skip

wrong("13.2", "Wrong arguments raise an AssertionError; the docstring asks for a ValueError.", {
    "raise ValueError(f\"{name} must": "raise AssertionError(f\"{name} must",
    "raise ValueError(f\"rewards must": "raise AssertionError(f\"rewards must",
    "raise ValueError(\"log_probs and": "raise AssertionError(\"log_probs and",
    "raise ValueError(f\"beta": "raise AssertionError(f\"beta",
})  # fmt: skip

wrong("13.2", "Your error about a wrong shape does not say which argument has it.", {
    "f\"{name} must have one dimension, the group; its shape is {tuple(value.shape)}\"": "\"one dimension expected\"",
})  # fmt: skip

# 13.4 sequence_log_probs

wrong("13.4", "The logits are not shifted: each token is looked up in those at its own position, not one before.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, 1:]",
})  # fmt: skip

wrong("13.4", "The shift goes the wrong way: each token is looked up in the logits of the position behind it.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, 1:]",
    "ids[:, 1:, None]": "ids[:, :-1, None]",
    "torch.arange(1, ids.shape[1], device=ids.device)": "torch.arange(ids.shape[1] - 1, device=ids.device)",
})  # fmt: skip

wrong("13.4", "The prompt's own tokens are part of your sum.", {
    "(position >= len(prompt_ids)) & (position < ends[:, None])": "position < ends[:, None]",
})  # fmt: skip

wrong("13.4", "The last token of the prompt is part of your sum: the mask begins one position too early.", {
    "position >= len(prompt_ids)": "position >= len(prompt_ids) - 1",
})  # fmt: skip

wrong("13.4", "The first token of each response is left out: the prompt's last position predicts it.", {
    "position >= len(prompt_ids)": "position > len(prompt_ids)",
})  # fmt: skip

wrong("13.4", "The last token of each response is left out, which is the EOS most of the time; it counts.", {
    "position < ends[:, None]": "position < ends[:, None] - 1",
})  # fmt: skip

wrong("13.4", "The padding behind the shorter responses is part of your sum.", {
    "(position >= len(prompt_ids)) & (position < ends[:, None])": "(position >= len(prompt_ids)).expand_as(log_probs)",
})  # fmt: skip

wrong("13.4", "Padding is found by comparing ids, so a padding token that the response does hold is lost.", {
    "position < ends[:, None]": "ids[:, 1:] != 0",
})  # fmt: skip

wrong("13.4", "The end of a response is counted from the start of the row, as if there were no prompt before it.", {
    "torch.tensor([len(row) for row in rows], device": "torch.tensor([len(r) for r in response_ids], device",
})  # fmt: skip

wrong("13.4", "Every response is cut to the length of the shortest one.", {
    "position < ends[:, None]": "position < ends.min()",
})  # fmt: skip

wrong("13.4", "The temperature is ignored.", {
    " / temperature": "",
})  # fmt: skip

wrong("13.4", "The logits are multiplied by the temperature; it divides them.", {
    " / temperature": " * temperature",
})  # fmt: skip

wrong("13.4", "The temperature divides the log-probabilities; it belongs to the logits, before the softmax.", {
    " / temperature": "",
    "logits.log_softmax(-1)": "(logits.log_softmax(-1) / temperature)",
})  # fmt: skip

wrong("13.4", "This is the mean over a response's tokens; log p(response | prompt) is their sum.", {
    "log_probs.masked_fill(~mask, 0.0).sum(-1)": "log_probs.masked_fill(~mask, 0.0).sum(-1) / mask.sum(-1)",
})  # fmt: skip

wrong("13.4", "This is a mean over the padded row: it depends on how long the other responses are.", {
    "log_probs.masked_fill(~mask, 0.0).sum(-1)": "log_probs.masked_fill(~mask, 0.0).mean(-1)",
})  # fmt: skip

wrong("13.4", "The responses are summed up, too; each has a log-probability of its own.", {
    "log_probs.masked_fill(~mask, 0.0).sum(-1)": "log_probs.masked_fill(~mask, 0.0).sum()",
})  # fmt: skip

wrong("13.4", "Masked positions hold minus infinity instead of 0, and so does the sum.", {
    "masked_fill(~mask, 0.0)": "masked_fill(~mask, float('-inf'))",
})  # fmt: skip

wrong("13.4", "The sign is that of a cross-entropy: log-probabilities are negative.", {
    "return log_probs": "return -log_probs",
})  # fmt: skip

wrong("13.4", "Probabilities are summed; it is their logarithms that add up.", {
    "logits.log_softmax(-1)": "logits.softmax(-1)",
})  # fmt: skip

wrong("13.4", "The bare logits are summed; they must go through a log-softmax over the vocabulary.", {
    "logits.log_softmax(-1)": "logits",
})  # fmt: skip

wrong("13.4", "The logarithm is taken after the softmax: where a probability rounds to 0 it is minus infinity.", {
    "logits.log_softmax(-1)": "logits.softmax(-1).log()",
})  # fmt: skip

wrong("13.4", "The softmax goes over the positions; it belongs over the vocabulary.", {
    "logits.log_softmax(-1)": "logits.log_softmax(1)",
})  # fmt: skip

wrong("13.4", "Your log-probabilities come in the half precision of the model, which is too coarse for a sum of many.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32))": "logits",
})  # fmt: skip

wrong("13.4", "Logits in double precision are cut down to float32.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32))": "logits.float()",
})  # fmt: skip

wrong("13.4", "No gradient reaches the model: the forward pass or its result is cut off from it.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, :-1].detach()",
})  # fmt: skip

wrong("13.4", "The rows are padded on the left, which moves the tokens to positions that the model gets wrong.", {
    "nn.utils.rnn.pad_sequence(rows, batch_first=True)":
        "nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_side='left')",
    "(position >= len(prompt_ids)) & (position < ends[:, None])":
        "position >= ids.shape[1] - ends[:, None] + len(prompt_ids)",
})  # fmt: skip

wrong("13.4", "An attention mask made from the ids hides real tokens that have the id of the padding.", {
    "model(ids)": "model(ids, attention_mask=ids != 0)",
})  # fmt: skip

wrong("13.4", "The rows are padded with -100, which is for labels: the model knows no such token.", {
    "batch_first=True": "batch_first=True, padding_value=-100",
})  # fmt: skip

wrong("13.4", "The rows are stacked without padding, but their lengths differ.", {
    "nn.utils.rnn.pad_sequence(rows, batch_first=True)": "torch.stack(rows)",
})  # fmt: skip

wrong("13.4", "The list of responses is changed in place: the prompt now stands in the caller's responses.", {
    "rows = [torch.cat([prompt_ids, response]) for response in response_ids]":
        "rows = response_ids\n    for i, response in enumerate(rows):\n"
        "        rows[i] = torch.cat([prompt_ids, response])",
})  # fmt: skip

wrong("13.4", "The responses are sorted by length and not put back: results stand at the wrong places.", {
    "rows = [": "response_ids = sorted(response_ids, key=len, reverse=True)\n    rows = [",
})  # fmt: skip


@wrong("13.4", "The model reads the responses without the prompt before them.")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):
    ids = nn.utils.rnn.pad_sequence(response_ids, batch_first=True)
    logits = model(ids).logits[:, :-1]
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature
    log_probs = logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)
    ends = torch.tensor([len(response) for response in response_ids], device=ids.device)
    mask = torch.arange(1, ids.shape[1], device=ids.device) < ends[:, None]
    return log_probs.masked_fill(~mask, 0.0).sum(-1)
