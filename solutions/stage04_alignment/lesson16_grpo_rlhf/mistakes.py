"""What people write wrongly in this lesson; see tutorial/CONTRIBUTING.md."""

from course.base.attempt import Attempts

wrong = Attempts()

# 16.1 relative_rewards

wrong("16.1", "The mean is that of the whole batch; each prompt's responses have a mean of their own.", {
    "groups.nanmean(1, keepdim=True)": "groups.nanmean()",
})  # fmt: skip

wrong("16.1", "The groups are cut as p1 p2 p1 p2; the first group_size rewards belong to the first prompt.", {
    "rewards.reshape(-1, group_size)  # (P, G)": "rewards.reshape(group_size, -1).T",
    "relative).reshape(-1)": "relative).T.reshape(-1)",
})  # fmt: skip

wrong("16.1", "A response that is not scored counts as a 0 in its group's mean.", {
    "groups.nanmean(1, keepdim=True)": "groups.nan_to_num(0.0).mean(1, keepdim=True)",
})  # fmt: skip

wrong("16.1", "One NaN makes the whole group NaN: the mean must be that of the scored rewards alone.", {
    "groups.nanmean(1, keepdim=True)": "groups.mean(1, keepdim=True)",
})  # fmt: skip

wrong("16.1", "Responses that are not scored come out as 0; they stay NaN here, so that standardize knows them.", {
    "torch.where(equal & ~groups.isnan(), 0.0, relative)": "torch.where(equal, 0.0, relative).nan_to_num(0.0)",
})  # fmt: skip

wrong("16.1", "Equal rewards leave the rounding of the mean behind; the result must be exactly 0 there.", {
    "torch.where(equal & ~groups.isnan(), 0.0, relative)": "relative",
})  # fmt: skip

wrong("16.1", "Equal rewards come out as exactly 0 only where they are the highest of the whole batch.", {
    ".amax(1, keepdim=True)  # any": ".amax()  # any",
})  # fmt: skip

wrong("16.1", "Small differences are rounded away; only where all rewards are equal the result is 0.", {
    "torch.where(equal & ~groups.isnan(), 0.0, relative)": "torch.where(relative.abs() < 0.03, 0.0, relative)",
})  # fmt: skip

wrong("16.1", "The rewards are divided by their group's spread already; here only the mean is taken away.", {
    "relative = groups - groups.nanmean(1, keepdim=True)":
        "relative = groups - groups.nanmean(1, keepdim=True)\n"
        "    relative = relative / (relative.square().nanmean(1, keepdim=True).sqrt() + 1e-4)",
})  # fmt: skip

wrong("16.1",
      "The mean is that of the other responses (as in RLOO); the response itself belongs to its group's mean.", {
    "relative = groups - groups.nanmean(1, keepdim=True)":
        "relative = groups - groups.nanmean(1, keepdim=True)\n"
        "    count = (~groups.isnan()).sum(1, keepdim=True)\n"
        "    relative = relative * count / (count - 1).clamp(min=1)",
})  # fmt: skip

wrong("16.1", "A group of one is accepted; it has nothing to be compared with.", {
    "if group_size < 2:": "if group_size < 1:",
})  # fmt: skip

wrong("16.1", "Rewards that do not make whole groups end in an error of reshape; a ValueError is asked for.", {
    "rewards.ndim != 1 or len(rewards) % group_size": "rewards.ndim != 1",
})  # fmt: skip

wrong("16.1", "Rewards with more than one dimension are accepted; they must be flat.", {
    "rewards.ndim != 1 or len(rewards) % group_size": "len(rewards) % group_size",
})  # fmt: skip

wrong("16.1", "The rewards that were given are changed in place.", {
    "relative = groups - groups.nanmean(1, keepdim=True)": "relative = groups.sub_(groups.nanmean(1, keepdim=True))",
})  # fmt: skip

wrong("16.1", "It is the median that is subtracted; one very good response should raise the bar for the others.", {
    "groups.nanmean(1, keepdim=True)": "groups.nanmedian(1, keepdim=True).values",
})  # fmt: skip

wrong("16.1", "The result is a table of groups; it must be flat, in the order of the rewards.", {
    "relative).reshape(-1)": "relative)",
})  # fmt: skip

# 16.2 standardize

wrong("16.2",
      "The standard deviation is the biased one (divided by n); the unbiased one, divided by n - 1, is asked for.", {
    "known.std()": "known.std(correction=0)",
})  # fmt: skip

wrong("16.2", "eps is left out of the quotient.", {
    "(known.std() + eps)": "known.std()",
})  # fmt: skip

wrong("16.2", "Values that are not scored count as 0 in mean and deviation.", {
    "known = values[scored]": "known = values.nan_to_num(0.0)",
})  # fmt: skip

wrong("16.2", "Values that are not scored stay NaN: one of them would make the whole loss NaN.", {
    "torch.where(scored, (values - known.mean()) / (known.std() + eps), 0.0)":
        "(values - known.mean()) / (known.std() + eps)",
})  # fmt: skip

wrong("16.2", "The mean is not subtracted.", {
    "(values - known.mean())": "values",
})  # fmt: skip

wrong("16.2", "eps is a number of your own; the caller's is not used.", {
    "(known.std() + eps)": "(known.std() + 1e-4)",
})  # fmt: skip

wrong("16.2", "Values without any spread leave rounding behind, divided by eps; exactly 0 is asked for.", {
    "if len(known) < 2 or bool((known == known[0]).all()):": "if len(known) < 2:",
})  # fmt: skip

wrong("16.2", "Where nothing is scored at all it ends in an error; everything is 0 then.", {
    "if len(known) < 2 or bool((known == known[0]).all()):": "if bool((known == known[0]).all()):",
})  # fmt: skip

wrong("16.2", "It is the variance that is divided by, not its root.", {
    "(known.std() + eps)": "(known.var() + eps)",
})  # fmt: skip

wrong("16.2", "eps is added under the root; it belongs to the standard deviation itself.", {
    "(known.std() + eps)": "(known.var() + eps).sqrt()",
})  # fmt: skip

wrong("16.2", "Unscored values are filled with the mean before the deviation is taken: it comes out too small.", {
    "known = values[scored]": "known = values.nan_to_num(float(values.nanmean()))",
})  # fmt: skip

wrong("16.2", "The values that were given are changed in place.", {
    "scored = ~values.isnan()": "scored = ~values.isnan()\n    values.nan_to_num_(0.0)",
})  # fmt: skip

wrong("16.2", "Unscored values are left out of the result; there must be one number for each value.", {
    "torch.where(scored, (values - known.mean()) / (known.std() + eps), 0.0)":
        "(known - known.mean()) / (known.std() + eps)",
})  # fmt: skip

# 16.3 exact_kl

wrong("16.3", "This is KL(q || p): the expectation belongs to p, the policy that is trained.", {
    "logits.log_softmax(-1), ref_logits.log_softmax(-1)": "ref_logits.log_softmax(-1), logits.log_softmax(-1)",
})  # fmt: skip

wrong("16.3", "The terms are averaged over the vocabulary; they are weighed by p already, so their sum is wanted.", {
    "masked_fill(impossible, 0.0)).sum(-1)": "masked_fill(impossible, 0.0)).mean(-1)",
})  # fmt: skip

wrong("16.3", "A token with p = 0 makes the result NaN: 0 times minus infinity.", {
    "(log_p - log_q).masked_fill(impossible, 0.0)": "(log_p - log_q)",
})  # fmt: skip

wrong("16.3", "The logarithm of a softmax underflows where logits are far apart.", {
    "logits.log_softmax(-1), ref_logits.log_softmax(-1)": "logits.softmax(-1).log(), ref_logits.softmax(-1).log()",
})  # fmt: skip

wrong("16.3", "The logits are taken for log-probabilities; they are not normalised.", {
    "logits.log_softmax(-1), ref_logits.log_softmax(-1)": "logits, ref_logits",
})  # fmt: skip

wrong("16.3", "The result is in bits; nats are asked for.", {
    "masked_fill(impossible, 0.0)).sum(-1)": "masked_fill(impossible, 0.0)).sum(-1) / 0.6931471805599453",
})  # fmt: skip

wrong("16.3", "The softmax runs over the rows of the batch; it belongs to the vocabulary, the last dimension.", {
    "logits.log_softmax(-1), ref_logits.log_softmax(-1)": "logits.log_softmax(0), ref_logits.log_softmax(0)",
})  # fmt: skip

wrong("16.3", "The sign is wrong: a KL divergence is never negative.", {
    "(log_p - log_q).masked_fill": "(log_q - log_p).masked_fill",
})  # fmt: skip

wrong("16.3", "This is the cross-entropy; the entropy of p has to be taken away from it.", {
    "(log_p - log_q).masked_fill": "(-log_q).masked_fill",
})  # fmt: skip

wrong("16.3", "The rows of the batch are added up; each has a KL of its own.", {
    "masked_fill(impossible, 0.0)).sum(-1)": "masked_fill(impossible, 0.0)).sum()",
})  # fmt: skip

wrong("16.3", "No gradient reaches the reference's logits; here it flows to both arguments.", {
    "ref_logits.log_softmax(-1)": "ref_logits.detach().log_softmax(-1)",
})  # fmt: skip

wrong("16.3", "torch.where alone does not help the gradient: the NaN of what was not chosen comes back, times 0.", {
    "    return (log_p.exp() * (log_p - log_q).masked_fill(impossible, 0.0)).sum(-1)":
        "    return torch.where(impossible, 0.0, log_p.exp() * (log_p - log_q)).sum(-1)",
})  # fmt: skip

wrong("16.3", "What the reference never does costs nothing; the KL is infinite there.", {
    "impossible = log_p == -torch.inf": "impossible = (log_p == -torch.inf) | (log_q == -torch.inf)",
})  # fmt: skip

# 16.4 token_entropy

wrong("16.4", "The sign is wrong: an entropy is never negative.", {
    "return -(log_p.exp()": "return (log_p.exp()",
})  # fmt: skip

wrong("16.4", "The temperature is ignored.", {
    "torch.float32)) / temperature": "torch.float32))",
})  # fmt: skip

wrong("16.4", "The logits are multiplied by the temperature; it divides them.", {
    "torch.float32)) / temperature": "torch.float32)) * temperature",
})  # fmt: skip

wrong("16.4", "An impossible token makes the entropy NaN: 0 times minus infinity.", {
    "log_p.masked_fill(log_p == -torch.inf, 0.0)).sum(-1)": "log_p).sum(-1)",
})  # fmt: skip

wrong("16.4", "The terms p log p are averaged over the vocabulary; their sum is the entropy.", {
    "log_p == -torch.inf, 0.0)).sum(-1)": "log_p == -torch.inf, 0.0)).mean(-1)",
})  # fmt: skip

wrong("16.4", "The temperature divides the log-probabilities, after the softmax; it belongs to the logits.", {
    "torch.float32)) / temperature": "torch.float32))",
    "log_p = logits.log_softmax(-1)\n    return -(": "log_p = logits.log_softmax(-1) / temperature\n    return -(",
})  # fmt: skip

wrong("16.4", "Half precision is kept; float32 is asked for there.", {
    "logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature":
        "logits = logits / temperature",
})  # fmt: skip

wrong("16.4", "float64 logits are cut down to float32.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32))": "logits.float()",
})  # fmt: skip

wrong("16.4", "Only the likeliest token is looked at; the entropy is a mean over all of them.", {
    "-(log_p.exp() * log_p.masked_fill(log_p == -torch.inf, 0.0)).sum(-1)": "-log_p.amax(-1)",
})  # fmt: skip

wrong("16.4", "The result is in bits; nats are asked for.", {
    "log_p == -torch.inf, 0.0)).sum(-1)": "log_p == -torch.inf, 0.0)).sum(-1) / 0.6931471805599453",
})  # fmt: skip

wrong("16.4", "The log-probabilities are averaged plainly; each token counts with its own probability.", {
    "-(log_p.exp() * log_p.masked_fill(log_p == -torch.inf, 0.0)).sum(-1)":
        "-log_p.masked_fill(log_p == -torch.inf, 0.0).mean(-1)",
})  # fmt: skip

wrong("16.4", "The entropy is divided by its largest possible value; nats are asked for, not a share.", {
    "log_p == -torch.inf, 0.0)).sum(-1)":
        "log_p == -torch.inf, 0.0)).sum(-1) / torch.tensor(float(logits.shape[-1])).log()",
})  # fmt: skip

# 16.5 kl_estimate

wrong("16.5", "The difference is the wrong way round: k is log pi minus log ref.", {
    "k = log_probs - ref_log_probs.detach()": "k = ref_log_probs.detach() - log_probs",
})  # fmt: skip

wrong("16.5", "k2 is half of the square.", {
    "k.square() / 2": "k.square()",
})  # fmt: skip

wrong("16.5", "k3 is turned round: its exponential is that of ref minus pi, so of -k.", {
    "torch.expm1(-k) + k": "torch.expm1(k) - k",
})  # fmt: skip

wrong("16.5", "k is subtracted in k3, where it is added: your estimate can be negative.", {
    "torch.expm1(-k) + k": "torch.expm1(-k) - k",
})  # fmt: skip

wrong("16.5", "The 1 is not taken away in k3: where nothing has changed it must be 0.", {
    "torch.expm1(-k) + k": "torch.exp(-k) + k",
})  # fmt: skip

wrong("16.5", "exp(-k) - 1 loses its digits in float32 where k is small.", {
    "torch.expm1(-k) + k": "torch.exp(-k) - 1 + k",
})  # fmt: skip

wrong("16.5", "A gradient flows into the reference's log-probabilities; they are constants.", {
    "ref_log_probs.detach()": "ref_log_probs",
})  # fmt: skip

wrong("16.5", "No gradient flows at all: the whole difference is detached.", {
    "k = log_probs - ref_log_probs.detach()": "k = (log_probs - ref_log_probs).detach()",
})  # fmt: skip

wrong("16.5", "An unknown estimator is quietly taken for k3.", {
    "if estimator not in ESTIMATORS:": "if False:",
})  # fmt: skip

wrong("16.5", "Shapes that differ are not refused: they broadcast.", {
    "if log_probs.shape != ref_log_probs.shape:": "if False:",
})  # fmt: skip

wrong("16.5", "k1 is made positive; its negative values are what makes it right on average.", {
    "        return k\n    if": "        return k.abs()\n    if",
})  # fmt: skip

wrong("16.5", "Negative values of k1 are cut off: the mean of what is left is too large.", {
    "        return k\n    if": "        return k.clamp(min=0)\n    if",
})  # fmt: skip

wrong("16.5", "The difference is limited; nothing is limited here.", {
    "k = log_probs - ref_log_probs.detach()": "k = (log_probs - ref_log_probs.detach()).clamp(-10, 10)",
})  # fmt: skip

wrong("16.5", "The default estimator is k1; it is k3.", {
    "ref_log_probs: Float[Tensor, \"batch tokens\"], estimator: str = \"k3\"":
        "ref_log_probs: Float[Tensor, \"batch tokens\"], estimator: str = \"k1\"",
})  # fmt: skip

wrong("16.5", "k is a difference of probabilities; it is one of log-probabilities.", {
    "k = log_probs - ref_log_probs.detach()": "k = log_probs.exp() - ref_log_probs.detach().exp()",
})  # fmt: skip

wrong("16.5", "k3 is one number per row; an estimate per token is asked for.", {
    "return torch.expm1(-k) + k": "return (torch.expm1(-k) + k).mean(1)",
})  # fmt: skip

wrong("16.5", "Bad arguments end in an AssertionError; a ValueError is asked for.", {
    "raise ValueError(f\"estimator must": "raise AssertionError(f\"estimator must",
    "raise ValueError(f\"shapes do not fit: {tuple(log_probs.shape)} and {tuple(ref":
        "raise AssertionError(f\"shapes do not fit: {tuple(log_probs.shape)} and {tuple(ref",
})  # fmt: skip

wrong("16.5", "log_probs are changed in place.", {
    "k = log_probs - ref_log_probs.detach()": "k = log_probs.sub_(ref_log_probs.detach())",
})  # fmt: skip

wrong("16.5", "The value of k3 has the gradient of k2; the plain estimate has its own.", {
    "return torch.expm1(-k) + k": "return k.square() / 2 - (k.square() / 2).detach() + (torch.expm1(-k) + k).detach()",
})  # fmt: skip

# 16.6 kl_term

wrong("16.6", "The ratio is a constant for k1 and k3, too: the part of the gradient that it brings in is lost.", {
    "if estimator == \"k2\":\n        ratio = ratio.detach()": "ratio = ratio.detach()",
})  # fmt: skip

wrong("16.6", "For k2 a gradient flows through the ratio; its own gradient was right already.", {
    "if estimator == \"k2\":\n        ratio = ratio.detach()": "if estimator == \"k2\":\n        ratio = ratio * 1.0",
})  # fmt: skip

wrong("16.6", "correction=False is ignored: the bare estimate is asked for then.", {
    "if not correction:": "if False:",
})  # fmt: skip

wrong("16.6", "The switch works the wrong way round: the ratio comes in where correction is False.", {
    "if not correction:": "if correction:",
})  # fmt: skip

wrong("16.6", "The ratio never comes in: without it the expected gradient is another one.", {
    "if not correction:": "if True:",
})  # fmt: skip

wrong("16.6", "The ratio is old over new; it is new over old.", {
    "(log_probs - old_log_probs.detach()).clamp": "(old_log_probs.detach() - log_probs).clamp",
})  # fmt: skip

wrong("16.6", "The ratio is that to the reference; the tokens were drawn by the old policy.", {
    "(log_probs - old_log_probs.detach()).clamp": "(log_probs - ref_log_probs.detach()).clamp",
})  # fmt: skip

wrong("16.6", "A gradient flows into the old log-probabilities; they are constants.", {
    "(log_probs - old_log_probs.detach()).clamp": "(log_probs - old_log_probs).clamp",
})  # fmt: skip

wrong("16.6", "The log-ratio is not limited: its exponential can become infinite.", {
    ".clamp(-20, 20).exp()": ".exp()",
})  # fmt: skip

wrong("16.6", "The ratio is clipped to 0.8 ... 1.2 as in the policy's loss; that makes the KL wrong.", {
    ".clamp(-20, 20).exp()": ".clamp(-20, 20).exp().clamp(0.8, 1.2)",
})  # fmt: skip

wrong("16.6", "The estimate is weighed with the logarithm of the ratio; its exponential is missing.", {
    ".clamp(-20, 20).exp()": ".clamp(-20, 20)",
})  # fmt: skip

wrong("16.6", "The estimator is not passed on: it is k3 whatever was asked for.", {
    "kl_estimate(log_probs, ref_log_probs, estimator)": "kl_estimate(log_probs, ref_log_probs)",
})  # fmt: skip

wrong("16.6", "Policy and reference are exchanged in the estimate.", {
    "kl_estimate(log_probs, ref_log_probs, estimator)": "kl_estimate(ref_log_probs, log_probs, estimator)",
})  # fmt: skip

wrong("16.6", "The estimate is that of the distance to the old policy, not to the reference.", {
    "kl_estimate(log_probs, ref_log_probs, estimator)": "kl_estimate(log_probs, old_log_probs, estimator)",
})  # fmt: skip

wrong("16.6", "The shape of old_log_probs is not checked.", {
    "if old_log_probs.shape != log_probs.shape:": "if False:",
})  # fmt: skip

wrong("16.6", "The estimate is a constant in your product; its own gradient is a part of the answer.", {
    "return ratio * estimate": "return ratio * estimate.detach()",
})  # fmt: skip

wrong("16.6", "The ratio is that of the whole response; each token has its own.", {
    "(log_probs - old_log_probs.detach()).clamp": "(log_probs - old_log_probs.detach()).sum(1, keepdim=True).clamp",
})  # fmt: skip

wrong("16.6", "The shape of old_log_probs is checked only where the ratio is needed.", {
    "if old_log_probs.shape != log_probs.shape:": "if correction and old_log_probs.shape != log_probs.shape:",
})  # fmt: skip

wrong("16.6", "The log-ratio is limited to 10 either way; 20 is asked for.", {
    ".clamp(-20, 20)": ".clamp(-10, 10)",
})  # fmt: skip

wrong("16.6", "It is the ratio that is limited to 20, not its logarithm.", {
    ".clamp(-20, 20).exp()": ".exp().clamp(max=20)",
})  # fmt: skip

# 16.7 rlhf_loss

wrong("16.7", "The upper bound is made with clip_low: clip-higher has no effect.", {
    "ratio.clamp(1 - clip_low, 1 + clip_high)": "ratio.clamp(1 - clip_low, 1 + clip_low)",
})  # fmt: skip

wrong("16.7", "The two bounds are exchanged: clip_high belongs above 1.", {
    "ratio.clamp(1 - clip_low, 1 + clip_high)": "ratio.clamp(1 - clip_high, 1 + clip_low)",
})  # fmt: skip

wrong("16.7", "The larger of the two products is taken: the clip then protects nothing.", {
    "-torch.minimum(ratio * advantages, clipped * advantages)":
        "-torch.maximum(ratio * advantages, clipped * advantages)",
})  # fmt: skip

wrong("16.7", "Only the clipped product is left: a bad token that got likelier is no longer pushed down.", {
    "-torch.minimum(ratio * advantages, clipped * advantages)": "-(clipped * advantages)",
})  # fmt: skip

wrong("16.7", "The ratio is never clipped.", {
    "-torch.minimum(ratio * advantages, clipped * advantages)": "-(ratio * advantages)",
})  # fmt: skip

wrong("16.7", "The sign is wrong: minimising this makes good responses less likely.", {
    "-torch.minimum(ratio * advantages, clipped * advantages)":
        "torch.minimum(ratio * advantages, clipped * advantages)",
})  # fmt: skip

wrong("16.7", "The KL is subtracted: the policy is paid for leaving the reference.", {
    "per_token + kl_coef *": "per_token - kl_coef *",
})  # fmt: skip

wrong("16.7", "The KL is added without its price.", {
    "+ kl_coef * kl_term(": "+ kl_term(",
})  # fmt: skip

wrong("16.7", "Hidden tokens are in the sum: prompt and padding are trained, too.", {
    "return torch.where(counted, per_token, 0.0).sum() / max(divisor, 1)": "return per_token.sum() / max(divisor, 1)",
})  # fmt: skip

wrong("16.7", "The sum is divided by the number of all columns, hidden ones included.", {
    "counted.sum() if denominator": "counted.numel() if denominator",
})  # fmt: skip

wrong("16.7", "Each row is averaged over its own tokens first: tokens of long responses then weigh less.", {
    "return torch.where(counted, per_token, 0.0).sum() / max(divisor, 1)":
        "rows = torch.where(counted, per_token, 0.0).sum(1)\n"
        "    rows = rows / counted.sum(1).clamp(min=1) if denominator is None else rows\n"
        "    return rows.sum() / max(len(rows) if denominator is None else divisor, 1)",
})  # fmt: skip

wrong("16.7", "The denominator that is given is ignored: micro-batches do not add up to the whole.", {
    "divisor = counted.sum() if denominator is None else denominator": "divisor = counted.sum()",
})  # fmt: skip

wrong("16.7", "A batch without a counted token ends in 0 / 0.", {
    "/ max(divisor, 1)": "/ divisor",
})  # fmt: skip

wrong("16.7", "A gradient flows into the advantages; they are constants.", {
    "advantages.detach()[:, None]": "advantages[:, None]",
})  # fmt: skip

wrong("16.7", "A gradient flows into the old log-probabilities; they are constants.", {
    "old_log_probs, 0.0).detach()": "old_log_probs, 0.0)",
})  # fmt: skip

wrong("16.7", "Hidden log-probabilities take part in the computation: an infinity there makes the gradient NaN.", {
    "    log_probs = torch.where(counted, log_probs, 0.0)\n": "",
})  # fmt: skip

wrong("16.7", "The estimator is not passed on: the KL is always k3.", {
    "ref_log_probs, estimator, correction)": "ref_log_probs, \"k3\", correction)",
})  # fmt: skip

wrong("16.7", "correction is not passed on: the bare estimate cannot be had.", {
    "ref_log_probs, estimator, correction)": "ref_log_probs, estimator)",
})  # fmt: skip

wrong("16.7", "A price without reference ends in an error somewhere inside; a ValueError is asked for.", {
    "if kl_coef != 0 and ref_log_probs is None:": "if False:",
})  # fmt: skip

wrong("16.7", "Shapes that do not fit are not refused.", {
    "if any(t.shape != log_probs.shape for t in tables) or advantages.shape != log_probs.shape[:1]:": "if False:",
})  # fmt: skip

wrong("16.7", "The log-ratio is not limited: an overflow times a gradient of 0 is NaN.", {
    "(log_probs - old_log_probs).clamp(-20, 20).exp()": "(log_probs - old_log_probs).exp()",
})  # fmt: skip

wrong("16.7", "It is the log-ratio that is clipped; the bounds belong to the ratio itself.", {
    "ratio.clamp(1 - clip_low, 1 + clip_high)": "ratio.log().clamp(-clip_low, clip_high).exp()",
})  # fmt: skip

wrong("16.7", "The KL's gradient is cut off together with the clipped token's; it is added outside the minimum.", {
    "per_token = per_token + kl_coef * kl_term(":
        "inside = (ratio * advantages <= clipped * advantages).to(per_token.dtype)\n"
        "        per_token = per_token + inside * kl_coef * kl_term(",
})  # fmt: skip

# 16.8 preference_loss

wrong("16.8", "The difference is the wrong way round: the rejected response is preferred.", {
    "logsigmoid(chosen - rejected)": "logsigmoid(rejected - chosen)",
})  # fmt: skip

wrong("16.8", "sigmoid first and log afterwards: where the difference is large and negative that is log 0.", {
    "-nn.functional.logsigmoid(chosen - rejected).mean()": "-(chosen - rejected).sigmoid().log().mean()",
})  # fmt: skip

wrong("16.8", "The losses of the pairs are added up; their mean is asked for.", {
    "logsigmoid(chosen - rejected).mean()": "logsigmoid(chosen - rejected).sum()",
})  # fmt: skip

wrong("16.8", "The minus is missing: minimising this lowers the probability of what people prefer.", {
    "-nn.functional.logsigmoid(chosen - rejected).mean()": "nn.functional.logsigmoid(chosen - rejected).mean()",
})  # fmt: skip

wrong("16.8", "The logarithm is missing: this is minus the probability.", {
    "-nn.functional.logsigmoid(chosen - rejected).mean()": "-(chosen - rejected).sigmoid().mean()",
})  # fmt: skip

wrong("16.8", "This is a hinge with a margin of 1; the loss of Bradley and Terry is asked for.", {
    "-nn.functional.logsigmoid(chosen - rejected).mean()": "(1 - (chosen - rejected)).clamp(min=0).mean()",
})  # fmt: skip

wrong("16.8", "No pair at all is accepted; the mean of nothing is NaN.", {
    " or len(chosen) == 0": "",
})  # fmt: skip

wrong("16.8", "Different numbers of scores are accepted: they broadcast.", {
    "chosen.shape != rejected.shape or ": "",
})  # fmt: skip

wrong("16.8", "The difference is driven towards 1 by its square; a probability is what is modelled.", {
    "-nn.functional.logsigmoid(chosen - rejected).mean()": "(chosen - rejected - 1).square().mean()",
})  # fmt: skip

wrong("16.8", "Every chosen score is compared with every rejected one; the scores belong together pair by pair.", {
    "logsigmoid(chosen - rejected)": "logsigmoid(chosen[:, None] - rejected)",
})  # fmt: skip

wrong("16.8", "No gradient reaches the rejected scores; both are learned.", {
    "logsigmoid(chosen - rejected)": "logsigmoid(chosen - rejected.detach())",
})  # fmt: skip

wrong("16.8", "A small number inside the logarithm hides the underflow: the worst pairs have no gradient.", {
    "-nn.functional.logsigmoid(chosen - rejected).mean()": "-((chosen - rejected).sigmoid() + 1e-8).log().mean()",
})  # fmt: skip

wrong("16.8", "The exponentials of the scores overflow; only their difference must be looked at.", {
    "-nn.functional.logsigmoid(chosen - rejected).mean()":
        "-(chosen.exp() / (chosen.exp() + rejected.exp())).log().mean()",
})  # fmt: skip

# 16.9 reward_model_step

wrong("16.9", "The attention mask is not passed: the padding of the longest row changes the others' scores.", {
    ", attention_mask=mask.to(device)": "",
})  # fmt: skip

wrong("16.9", "The response is scored without its prompt.", {
    "[prompt + chosen for prompt, chosen, _ in pairs] + [prompt + rejected for prompt, _, rejected in pairs]":
        "[chosen for _, chosen, _ in pairs] + [rejected for _, _, rejected in pairs]",
})  # fmt: skip

wrong("16.9", "The scores of chosen and rejected responses are exchanged.", {
    "chosen, rejected = scores.chunk(2)": "rejected, chosen = scores.chunk(2)",
})  # fmt: skip

wrong("16.9", "The scores are taken apart as if they stood pair by pair; first come all chosen ones.", {
    "chosen, rejected = scores.chunk(2)": "chosen, rejected = scores[::2], scores[1::2]",
})  # fmt: skip

wrong("16.9", "Old gradients are not cleared: they add up.", {
    "    optimizer.zero_grad()\n": "",
})  # fmt: skip

wrong("16.9", "The optimizer never takes a step.", {
    "    optimizer.step()\n": "",
})  # fmt: skip

wrong("16.9", "The gradient is not clipped.", {
    "grad_norm = nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)":
        "grad_norm = nn.utils.clip_grad_norm_(model.parameters(), float(\"inf\"))",
})  # fmt: skip

wrong("16.9", "The gradient is clipped to a number of your own; the caller's is not used.", {
    "grad_norm = nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)":
        "grad_norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)",
})  # fmt: skip

wrong("16.9", "The gradient is clipped before it is there.", {
    "    loss.backward()\n    grad_norm = nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)":
        "    grad_norm = nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)\n    loss.backward()",
})  # fmt: skip

wrong("16.9", "A tie counts as right; the chosen score must be strictly higher.", {
    "(chosen > rejected)": "(chosen >= rejected)",
})  # fmt: skip

wrong("16.9", "The norm that is reported is the one after clipping.", {
    "\"grad_norm\": grad_norm.item()": "\"grad_norm\": min(grad_norm.item(), max_grad_norm)",
})  # fmt: skip

wrong("16.9", "The model is put into training mode; its mode is the caller's affair.", {
    "    device = next(model.parameters()).device\n":
        "    model.train()\n    device = next(model.parameters()).device\n",
})  # fmt: skip

wrong("16.9", "The model is put into evaluation mode; its mode is the caller's affair.", {
    "    device = next(": "    model.eval()\n    device = next(",
})  # fmt: skip

wrong("16.9", "The margin is that of absolute differences: a model that is always wrong would look good.", {
    "(chosen - rejected).mean().item()": "(chosen - rejected).abs().mean().item()",
})  # fmt: skip

wrong("16.9", "The gradients are cleared between backward and step: nothing is left of them.", {
    "    optimizer.zero_grad()\n    loss.backward()\n": "    loss.backward()\n    optimizer.zero_grad()\n",
})  # fmt: skip

wrong("16.9", "The accuracy is a tensor; the metrics are floats.", {
    "(chosen > rejected).float().mean().item()": "(chosen > rejected).float().mean()",
})  # fmt: skip

# 16.10 dynamic_sampling

wrong("16.10", "Every round asks for all that was wanted at first; only what is still missing is to be drawn.", {
    "draw(wanted - len(kept))": "draw(wanted)",
})  # fmt: skip

wrong("16.10", "There is one round too many.", {
    "range(max_rounds)": "range(max_rounds + 1)",
})  # fmt: skip

wrong("16.10", "There is no bound: a policy that is always right would sample for ever.", {
    "for _ in range(max_rounds):": "while True:",
})  # fmt: skip

wrong("16.10", "Only the last round is in drawn; all groups that were drawn belong there.", {
    "drawn += fresh": "drawn = fresh",
})  # fmt: skip

wrong("16.10", "A group with NaN in it is judged by a NaN: groups that are hardly scored are kept.", {
    "if has_signal(group.rewards)": "if not group.rewards.std() == 0",
})  # fmt: skip

wrong("16.10", "The signal is judged by a mean between 0 and 1; that fits rewards of 0 and 1 alone.", {
    "if has_signal(group.rewards)": "if 0 < group.rewards.nanmean() < 1",
})  # fmt: skip

wrong("16.10", "Rewards that differ by little are taken for equal; any difference is a signal.", {
    "if has_signal(group.rewards)": "if has_signal((100 * group.rewards).round())",
})  # fmt: skip

wrong("16.10", "Where no group has a signal, those without are handed on.", {
    "return kept, drawn": "return kept or drawn, drawn",
})  # fmt: skip

wrong("16.10", "What was dropped is never refilled: there is only one round.", {
    "        if len(kept) >= wanted:\n            break\n": "        break\n",
})  # fmt: skip

wrong("16.10", "It goes on after enough was found: draw is called for nothing.", {
    "        if len(kept) >= wanted:\n            break\n": "",
})  # fmt: skip

wrong("16.10", "It ends in an error where the rounds are used up; what was found is to be returned then.", {
    "            break\n    return":
        "            break\n    else:\n        raise RuntimeError(\"not enough groups with a signal\")\n    return",
})  # fmt: skip

wrong("16.10", "Numbers below 1 are not refused.", {
    "if wanted < 1 or max_rounds < 1:": "if False:",
})  # fmt: skip

wrong("16.10", "The kept groups are not in the order in which they were drawn.", {
    "kept += [group for group in fresh if has_signal(group.rewards)]":
        "kept = [group for group in fresh if has_signal(group.rewards)] + kept",
})  # fmt: skip

wrong("16.10", "drawn lacks the groups that are kept.", {
    "drawn += fresh": "drawn += [group for group in fresh if not has_signal(group.rewards)]",
})  # fmt: skip

wrong("16.10", "One unscored response is enough for a group to be dropped; those that are scored may still differ.", {
    "if has_signal(group.rewards)": "if has_signal(group.rewards) and not group.rewards.isnan().any()",
})  # fmt: skip

# 16.11 overlong_filter

wrong("16.11", "The longest responses are taken for truncated; the last token that is allowed may be the EOS.", {
    "len(ids) > 0 and int(ids[-1]) in ends": "len(ids) < max(map(len, token_ids))",
})  # fmt: skip

wrong("16.11", "Any EOS counts, wherever it stands; only the last token tells.", {
    "len(ids) > 0 and int(ids[-1]) in ends": "any(int(i) in ends for i in ids)",
})  # fmt: skip

wrong("16.11", "It is the wrong way round: the finished responses are masked.", {
    "len(ids) > 0 and int(ids[-1]) in ends": "not (len(ids) > 0 and int(ids[-1]) in ends)",
})  # fmt: skip

wrong("16.11", "An empty response ends in an error; it is truncated.", {
    "len(ids) > 0 and int(ids[-1]) in ends": "int(ids[-1]) in ends",
})  # fmt: skip

wrong("16.11", "The mask that was given is changed in place.", {
    "return mask * torch.tensor(finished, device=mask.device)[:, None]":
        "return mask.mul_(torch.tensor(finished, device=mask.device)[:, None])",
})  # fmt: skip

wrong("16.11", "Of several EOS ids only the first is known.", {
    "else set(eos_token_id)": "else {*list(eos_token_id)[:1]}",
})  # fmt: skip

wrong("16.11", "Truncated rows are removed; they stay, with a mask of 0.", {
    "return mask * torch.tensor(finished, device=mask.device)[:, None]":
        "return mask[torch.tensor(finished, device=mask.device)]",
})  # fmt: skip

wrong("16.11", "The mask comes back as booleans; it stays an integer mask.", {
    "return mask * torch.tensor(finished, device=mask.device)[:, None]":
        "return mask.bool() * torch.tensor(finished, device=mask.device)[:, None]",
})  # fmt: skip

wrong("16.11", "An EOS id of 0 is taken for no id at all.", {
    "{eos_token_id} if isinstance": "{eos_token_id or 1} if isinstance",
})  # fmt: skip

wrong("16.11", "An empty response counts as finished.", {
    "len(ids) > 0 and int(ids[-1]) in ends": "len(ids) == 0 or int(ids[-1]) in ends",
})  # fmt: skip

wrong("16.11", "Where all are truncated they are trained after all.", {
    "return mask * torch.tensor(finished, device=mask.device)[:, None]":
        "return mask * torch.tensor(finished, device=mask.device)[:, None] if any(finished) else mask",
})  # fmt: skip

wrong("16.11", "Only the last token of a truncated response is masked; none of its tokens is to be trained.", {
    "return mask * torch.tensor(finished, device=mask.device)[:, None]":
        "last = mask.cumsum(1) == mask.sum(1, keepdim=True)\n"
        "    return torch.where(last & ~torch.tensor(finished, device=mask.device)[:, None], 0, mask)",
})  # fmt: skip

# 16.12 length_penalty

wrong("16.12", "The last token of each response is not counted; the EOS belongs to its length.", {
    "len(ids) for ids in token_ids": "len(ids) - 1 for ids in token_ids",
})  # fmt: skip

wrong("16.12", "The sign is wrong: long responses are rewarded.", {
    ".clamp(-1.0, 0.0)": ".clamp(-1.0, 0.0).abs()",
})  # fmt: skip

wrong("16.12", "The punishment grows without end; -1 is the most.", {
    ".clamp(-1.0, 0.0)": ".clamp(max=0.0)",
})  # fmt: skip

wrong("16.12", "Short responses are rewarded for being short; they get 0.", {
    ".clamp(-1.0, 0.0)": ".clamp(min=-1.0)",
})  # fmt: skip

wrong("16.12", "The line falls over max_length tokens; it falls over the cache.", {
    "lengths) / cache)": "lengths) / max_length)",
})  # fmt: skip

wrong("16.12", "The line begins at max_length; it begins cache tokens before.", {
    "((max_length - cache) - lengths)": "(max_length - lengths)",
})  # fmt: skip

wrong("16.12", "The punishment is all or nothing; between the two lengths it grows evenly.", {
    ".clamp(-1.0, 0.0)": ".clamp(-1.0, 0.0).floor()",
})  # fmt: skip

wrong("16.12", "A cache that does not fit is not refused.", {
    "if not 1 <= cache <= max_length:": "if cache == 0.5:",
})  # fmt: skip

wrong("16.12", "All responses are punished for the longest one.", {
    "len(ids) for ids in token_ids": "max(map(len, token_ids)) for ids in token_ids",
})  # fmt: skip

wrong("16.12", "A cache as long as the whole response is refused; it is allowed.", {
    "if not 1 <= cache <= max_length:": "if not 1 <= cache < max_length:",
})  # fmt: skip

wrong("16.12", "The result is float64; float32 is asked for.", {
    "dtype=torch.float32": "dtype=torch.float64",
})  # fmt: skip

# 16.13 frozen_copy

wrong("16.13", "The reference is the model itself: it moves with every update.", {
    "copy.deepcopy(model).eval()": "model.eval()",
})  # fmt: skip

wrong("16.13", "The copy is a shallow one: it shares its weights with the model.", {
    "copy.deepcopy(model)": "copy.copy(model)",
})  # fmt: skip

wrong("16.13", "The copy stays in training mode: with dropout its answers are random.", {
    "copy.deepcopy(model).eval()": "copy.deepcopy(model)",
})  # fmt: skip

wrong("16.13", "The copy's parameters still want gradients.", {
    ".requires_grad_(False)": "",
})  # fmt: skip

wrong("16.13", "The device is ignored.", {
    "reference if device is None else reference.to(device)": "reference",
})  # fmt: skip

wrong("16.13", "It is the model itself that is moved to the device.", {
    "copy.deepcopy(model)": "copy.deepcopy(model if device is None else model.to(device))",
})  # fmt: skip

wrong("16.13", "The model is frozen together with its copy: it could not be trained any more.", {
    "copy.deepcopy(model)": "copy.deepcopy(model.requires_grad_(False))",
})  # fmt: skip

wrong("16.13", "The model is put into evaluation mode, too.", {
    "copy.deepcopy(model).eval()": "copy.deepcopy(model.eval())",
})  # fmt: skip

wrong("16.13", "Only the outermost module is in evaluation mode; the dropout inside it is still at work.", {
    "copy.deepcopy(model).eval().requires_grad_(False)":
        "copy.deepcopy(model).requires_grad_(False)\n    reference.training = False",
})  # fmt: skip

wrong("16.13", "The copy is in half precision: its log-probabilities are no longer those of the model.", {
    "copy.deepcopy(model).eval()": "copy.deepcopy(model).eval().bfloat16()",
})  # fmt: skip

# 16.14 RLHFTrainer.collect

wrong("16.14",
      "The metrics are those of the kept groups; the others were sampled, too, and tell how good the policy is.", {
    "self.describe(drawn)": "self.describe(kept or drawn)",
})  # fmt: skip

wrong("16.14", "Groups are refilled whether dynamic_sampling is switched on or not.", {
    "if config.dynamic_sampling:": "if True:",
})  # fmt: skip

wrong("16.14", "The number of rounds is your own; config.max_rounds is not used.", {
    "config.max_rounds)\n        else": "2)\n        else",
})  # fmt: skip

wrong("16.14", "The reference's log-probabilities are those of the policy itself: the KL is always 0.", {
    "token_log_probs(self.reference, ids": "token_log_probs(self.model, ids",
})  # fmt: skip

wrong("16.14", "The reference's log-probabilities are taken at temperature 1, whatever was sampled at.", {
    "ids.to(device), config.temperature)": "ids.to(device))",
})  # fmt: skip

wrong("16.14", "The entropy is taken at temperature 1, whatever was sampled at.", {
    "logits[:, :-1], config.temperature)": "logits[:, :-1])",
})  # fmt: skip

wrong("16.14", "The entropy is a mean over prompt and padding, too.", {
    "masked_mean(entropy, mask[:, 1:])": "entropy.mean().item()",
})  # fmt: skip

wrong("16.14", "The mask of the entropy is one column off: column t is about token t + 1.", {
    "masked_mean(entropy, mask[:, 1:])": "masked_mean(entropy, mask[:, :-1])",
})  # fmt: skip

wrong("16.14", "The overlong filter is never used.", {
    "if config.overlong_filter:": "if False:",
})  # fmt: skip

wrong("16.14", "The overlong filter works whether it is switched on or not.", {
    "if config.overlong_filter:": "if True:",
})  # fmt: skip

wrong("16.14", "The rewards are standardized as they are: their group's mean is never taken away.", {
    "standardize(relative_rewards(rewards, config.group_size))": "standardize(rewards)",
})  # fmt: skip

wrong("16.14", "The relative rewards are not standardized.", {
    "standardize(relative_rewards(rewards, config.group_size))":
        "relative_rewards(rewards, config.group_size).nan_to_num(0.0)",
})  # fmt: skip

wrong("16.14", "Gradients are recorded while the batch is made.", {
    "with torch.no_grad():": "with torch.enable_grad():",
})  # fmt: skip

wrong("16.14", "Each round begins a new order of the prompts: one may come again before all had their turn.", {
    "def draw(count: int) -> list[Group]:\n":
        "def draw(count: int) -> list[Group]:\n            stream = self.prompt_stream(generator)\n",
})  # fmt: skip

wrong("16.14", "The reference is asked only where the KL has a price; it is watched in any case.", {
    "if self.reference is not None:": "if config.kl_coef != 0:",
})  # fmt: skip

wrong("16.14", "Where no group has a signal, those without are trained.", {
    "        if not kept:\n            return None, {**metrics, \"entropy\": 0.0}\n": "        kept = kept or drawn\n",
})  # fmt: skip

wrong("16.14", "The metrics lack the entropy where there is no batch.", {
    "return None, {**metrics, \"entropy\": 0.0}": "return None, metrics",
})  # fmt: skip

wrong("16.14", "The order of the prompts does not come from the generator that was given.", {
    "self.prompt_stream(generator)": "self.prompt_stream(torch.Generator().manual_seed(0))",
})  # fmt: skip

# 16.15 RLHFTrainer.update

wrong("16.15", "There is one update, whatever grpo_epochs says.", {
    "config.grpo_epochs if mask.any() else 0": "1 if mask.any() else 0",
})  # fmt: skip

wrong("16.15", "The old log-probabilities are taken anew in each epoch: the ratio is always 1.", {
    "log_probs, batch.old_log_probs, batch.advantages, mask": "log_probs, log_probs.detach(), batch.advantages, mask",
})  # fmt: skip

wrong("16.15", "clip_range_high is not used in the loss.", {
    "mask, config.clip_range, config.clip_range_high,\n                config.kl_coef":
        "mask, config.clip_range, config.clip_range,\n                config.kl_coef",
})  # fmt: skip

wrong("16.15", "The KL is left out of the loss.", {
    "config.kl_coef, batch.ref_log_probs": "0.0, batch.ref_log_probs",
})  # fmt: skip

wrong("16.15", "The temperature is left out: the ratio is not 1 where nothing has changed.", {
    "batch.ids, config.temperature)": "batch.ids)",
})  # fmt: skip

wrong("16.15", "Old gradients are not cleared: they add up over the epochs.", {
    "            self.optimizer.zero_grad()\n": "",
})  # fmt: skip

wrong("16.15", "The gradient is clipped to a number of your own; config.max_grad_norm is not used.", {
    "self.model.parameters(), config.max_grad_norm)": "self.model.parameters(), 1.0)",
})  # fmt: skip

wrong("16.15", "The mask is one column off: column t of the log-probabilities is about token t + 1.", {
    "batch.mask[:, 1:]": "batch.mask[:, :-1]",
})  # fmt: skip

wrong("16.15", "A step is taken even if no token counts: Adam's momentum would move the weights.", {
    "config.grpo_epochs if mask.any() else 0": "config.grpo_epochs",
})  # fmt: skip

wrong("16.15", "Whether any token counts is judged with the first column, which has no log-probability.", {
    "config.grpo_epochs if mask.any() else 0": "config.grpo_epochs if batch.mask.any() else 0",
})  # fmt: skip

wrong("16.15", "kl_estimator and kl_correction are not passed on.", {
    "config.kl_coef, batch.ref_log_probs, config.kl_estimator, config.kl_correction,":
        "config.kl_coef, batch.ref_log_probs,",
})  # fmt: skip

wrong("16.15", "The metrics are sums over the epochs; their means are asked for.", {
    " / max(len(seen), 1) for name": " for name",
})  # fmt: skip

wrong("16.15", "The metrics are those of the last epoch; their means are asked for.", {
    "sum(one[name] for one in seen) / max(len(seen), 1)": "(seen[-1][name] if seen else 0.0)",
})  # fmt: skip

wrong("16.15", "The metric kl follows the estimator of the loss; it is k3 in any case.", {
    "kl_estimate(log_probs, batch.ref_log_probs), mask)":
        "kl_estimate(log_probs, batch.ref_log_probs, config.kl_estimator), mask)",
})  # fmt: skip

wrong("16.15", "The norm that is reported is the one after clipping.", {
    "\"grad_norm\": grad_norm.item()": "\"grad_norm\": min(grad_norm.item(), config.max_grad_norm)",
})  # fmt: skip

wrong("16.15", "The metric kl is a mean over prompt and padding, too.", {
    "masked_mean(kl_estimate(log_probs, batch.ref_log_probs), mask)":
        "kl_estimate(log_probs, batch.ref_log_probs).mean().item()",
})  # fmt: skip

wrong("16.15", "The model is put into training mode: with dropout the ratio is not 1 where nothing has changed.", {
    "        config, mask = self.config, batch.mask[:, 1:]\n        seen":
        "        config, mask = self.config, batch.mask[:, 1:]\n        self.model.train()\n        seen",
})  # fmt: skip

# 16.16 save_checkpoint

REPLACE = """\
    if target.exists():  # renamed before it is removed: whoever looks, or is cut off, never finds half of it
        shutil.rmtree(earlier, ignore_errors=True)
        os.replace(target, earlier)
    os.replace(temporary, target)
    shutil.rmtree(earlier, ignore_errors=True)
"""

wrong("16.16", "The files are written into the final folder itself: a failure spoils what was there.", {
    "= target.with_name(f\".{target.name}.tmp\"),": "= target,",
    REPLACE: "",
})  # fmt: skip

wrong("16.16", "The folders are counted from 0.", {
    "f\"epoch_{epoch}\"": "f\"epoch_{epoch - 1}\"",
})  # fmt: skip

wrong("16.16", "Epoch 0 is accepted; epochs are counted from 1.", {
    "if epoch < 1:": "if epoch < 0:",
})  # fmt: skip

wrong("16.16", "After a failure the temporary folder stays behind.", {
    "        shutil.rmtree(temporary, ignore_errors=True)\n        raise": "        raise",
})  # fmt: skip

wrong("16.16", "What a killed run has left in the temporary folder is in the way of the next checkpoint.", {
    "    shutil.rmtree(temporary, ignore_errors=True)\n    temporary.mkdir(parents=True)":
        "    temporary.mkdir(parents=True)",
})  # fmt: skip

wrong("16.16", "What a killed run has left in the temporary folder becomes a part of the next checkpoint.", {
    "    shutil.rmtree(temporary, ignore_errors=True)\n    temporary.mkdir(parents=True)":
        "    temporary.mkdir(parents=True, exist_ok=True)",
})  # fmt: skip

wrong("16.16", "The finished files are copied to their place: whoever looks meanwhile finds half a checkpoint.", {
    "    os.replace(temporary, target)\n": "    shutil.copytree(temporary, target)\n    shutil.rmtree(temporary)\n",
})  # fmt: skip

wrong("16.16", "The settings are written last, when the folder has its name already: without them it is half.", {
    "        text = json.dumps(dataclasses.asdict(config), indent=2)\n"
    "        (temporary / \"run_config.json\").write_text(text + \"\\n\", encoding=\"utf-8\")\n": "",
    "    return target": "    text = json.dumps(dataclasses.asdict(config), indent=2)\n"
    "    (target / \"run_config.json\").write_text(text + \"\\n\", encoding=\"utf-8\")\n    return target",
})  # fmt: skip

wrong("16.16", "Only an Exception is cleaned up after; a Ctrl-C leaves the temporary folder behind.", {
    "    except BaseException:": "    except Exception:",
})  # fmt: skip

wrong("16.16", "The files are written outside of the run's folder first: from another disk, a move is a copy.", {
    "    temporary, earlier = target.with_name(f\".{target.name}.tmp\"), target.with_name(f\".{target.name}.old\")":
        "    import tempfile\n"
        "    temporary, earlier = Path(tempfile.mkdtemp()), target.with_name(f\".{target.name}.old\")\n"
        "    target.parent.mkdir(parents=True, exist_ok=True)",
})  # fmt: skip

wrong("16.16", "A failure is swallowed: the caller believes that there is a checkpoint.", {
    "        shutil.rmtree(temporary, ignore_errors=True)\n        raise":
        "        shutil.rmtree(temporary, ignore_errors=True)\n        return target",
})  # fmt: skip

wrong("16.16", "An earlier checkpoint of that epoch is in the way of the new one.", {
    REPLACE: "    os.replace(temporary, target)\n",
})  # fmt: skip

wrong("16.16", "The new files are put among those of an earlier checkpoint; it is to be replaced.", {
    REPLACE:
        "    shutil.copytree(temporary, target, dirs_exist_ok=True)\n    shutil.rmtree(temporary)\n",
})  # fmt: skip

wrong("16.16", "The earlier checkpoint is removed before the new one is whole.", {
    "    temporary.mkdir(parents=True)\n":
        "    temporary.mkdir(parents=True)\n    shutil.rmtree(target, ignore_errors=True)\n",
})  # fmt: skip

wrong("16.16", "The tokenizer is not saved.", {
    "        tokenizer.save_pretrained(temporary)\n": "",
})  # fmt: skip

wrong("16.16", "The settings are written as Python prints them; JSON is asked for.", {
    "json.dumps(dataclasses.asdict(config), indent=2)": "str(config)",
})  # fmt: skip

wrong("16.16", "The settings go into config.json, where transformers keeps those of the model.", {
    "\"run_config.json\").write_text": "\"config.json\").write_text",
})  # fmt: skip

wrong("16.16", "Earlier epochs are removed; each keeps its checkpoint.", {
    "    os.replace(temporary, target)\n":
        "    os.replace(temporary, target)\n"
        "    for other in target.parent.glob(\"epoch_*\"):\n"
        "        if other != target:\n"
        "            shutil.rmtree(other)\n",
})  # fmt: skip

wrong("16.16", "The epoch's number is filled up with zeros.", {
    "f\"epoch_{epoch}\"": "f\"epoch_{epoch:03d}\"",
})  # fmt: skip

wrong("16.16", "The run's folder is returned; the checkpoint's own is asked for.", {
    "    return target": "    return Path(folder)",
})  # fmt: skip

wrong("16.16", "Folders above that do not exist are not made.", {
    "temporary.mkdir(parents=True)": "temporary.mkdir()",
})  # fmt: skip
