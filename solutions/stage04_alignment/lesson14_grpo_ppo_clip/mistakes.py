"""What people write wrongly in this lesson; see tutorial/CONTRIBUTING.md."""

from lab.attempts import Attempts

wrong = Attempts()

# 14.4 group_advantages

wrong("14.4", "Mean and standard deviation are taken over the whole batch; both belong to each prompt's own group.", {
    "mean = groups.nanmean(1, keepdim=True)": "mean = groups.nanmean()",
    "std = (centred.square().sum(1, keepdim=True) / (count - 1).clamp(min=1)).sqrt()":
        "std = (centred.square().sum() / (count.sum() - 1).clamp(min=1)).sqrt()",
})  # fmt: skip

wrong("14.4", "The standard deviation is taken over the whole batch; it belongs to each prompt's own group.", {
    "std = (centred.square().sum(1, keepdim=True) / (count - 1).clamp(min=1)).sqrt()":
        "std = ((groups - groups.nanmean()).square().nansum() / (count.sum() - 1).clamp(min=1)).sqrt()",
})  # fmt: skip

wrong("14.4", "The mean is taken over the whole batch; a response is compared with those to the same prompt alone.", {
    "torch.where(scored, groups - mean, 0.0)": "torch.where(scored, groups - groups.nanmean(), 0.0)",
    "std = (centred.square()": "std = (torch.where(scored, groups - mean, 0.0).square()",
})  # fmt: skip

wrong("14.4", "The mean is the batch's, above and inside the standard deviation; each group has its own.", {
    "mean = groups.nanmean(1, keepdim=True)": "mean = groups.nanmean()",
})  # fmt: skip

wrong("14.4", "The standard deviation is the biased one (divided by G); the lesson's convention divides by G - 1.", {
    "(count - 1).clamp(min=1)": "count.clamp(min=1)",
})  # fmt: skip

wrong("14.4", "The root is missing: the advantages are divided by the variance, not by the standard deviation.", {
    ".clamp(min=1)).sqrt()": ".clamp(min=1))",
})  # fmt: skip

wrong("14.4", "eps is added to the variance, inside the root; it is added to the standard deviation.", {
    ".clamp(min=1)).sqrt()": ".clamp(min=1) + eps).sqrt()",
    "(std + eps)\n": "std\n",
})  # fmt: skip

wrong("14.4", "eps is used as a lower bound of the standard deviation; it is added to it.", {
    "(std + eps)\n": "std.clamp(min=eps)\n",
})  # fmt: skip

wrong("14.4", "The standard deviation is divided by as it is: nothing is added to it, eps never enters.", {
    "(std + eps)\n": "std\n",
})  # fmt: skip

wrong("14.4", "A fixed 1e-4 is added to the standard deviation; the argument eps is never looked at.", {
    "(std + eps)\n": "(std + 1e-4)\n",
})  # fmt: skip

wrong("14.4", "Where the caller gives no eps, yours is 1e-8 and not the lesson's 1e-4.", {
    "eps: float = 1e-4": "eps: float = 1e-8",
})  # fmt: skip

wrong("14.4", "A group of equal rewards is not set to 0: the mean's rounding error, divided by eps, remains.", {
    "scored & (low < high)": "scored",
})  # fmt: skip

wrong("14.4", "The groups whose rewards differ are set to 0, and those whose rewards are equal are not.", {
    "low < high": "low >= high",
})  # fmt: skip

wrong("14.4", "Whether all rewards are equal is asked of the whole batch; it must be asked of each group.", {
    "low < high": "low.amin() < high.amax()",
})  # fmt: skip

wrong("14.4", "A group with NaN never counts as equal: NaN equals nothing, and the rounding error remains.", {
    "low < high": "groups != groups[:, :1]).any(1, keepdim=True",
})  # fmt: skip

wrong("14.4", "Rewards that hardly differ are treated as equal and get 0; only exactly equal ones should.", {
    "(low < high)": "~torch.isclose(low, high)",
})  # fmt: skip

wrong("14.4", "The rewards are read as p1 p2 p1 p2; they come group by group, p1 p1 p2 p2.", {
    "rewards.reshape(-1, group_size)": "rewards.reshape(group_size, -1).T",
    "centred, 0.0).reshape(-1)": "centred, 0.0).T.reshape(-1)",
})  # fmt: skip

wrong("14.4", "Mean and std run along the wrong axis: over the prompts, not over the responses to one prompt.", {
    "count = scored.sum(1,": "count = scored.sum(0,",
    "groups.nanmean(1,": "groups.nanmean(0,",
    "amin(1,": "amin(0,",
    "amax(1,": "amax(0,",
    "centred.square().sum(1,": "centred.square().sum(0,",
})  # fmt: skip

wrong("14.4", "The advantages come back in another order than the rewards, as if the table were transposed.", {
    "centred, 0.0).reshape(-1)": "centred, 0.0).T.reshape(-1)",
})  # fmt: skip

wrong("14.4", "The sign is turned round: responses above the mean of their group get negative advantages.", {
    "torch.where(scored, groups - mean, 0.0)": "torch.where(scored, mean - groups, 0.0)",
})  # fmt: skip

wrong("14.4", "Each response is compared with the mean of the others; its own reward belongs to the mean too.", {
    "(low < high), centred, 0.0)": "(low < high), centred * count / (count - 1).clamp(min=1), 0.0)",
})  # fmt: skip

wrong("14.4", "Nothing is done about NaN: one response that is not scored makes its whole group NaN.", {
    "scored = ~groups.isnan()": "scored = torch.ones_like(groups, dtype=torch.bool)",
    "groups.nanmean": "groups.mean",
    "(low < high)": "(low != high)",
})  # fmt: skip

wrong("14.4", "NaN is counted as a reward of 0; a response that is not scored must not enter mean and std.", {
    "rewards.reshape(-1, group_size)": "rewards.nan_to_num(nan=0.0).reshape(-1, group_size)",
})  # fmt: skip

wrong("14.4", "The sum of the scored rewards is divided by group_size; the mean divides by how many are scored.", {
    "groups.nanmean(1, keepdim=True)": "groups.nansum(1, keepdim=True) / group_size",
})  # fmt: skip

wrong("14.4", "The squares are divided by group_size - 1, though only the scored responses are summed: count those.", {
    "(count - 1).clamp(min=1)": "(group_size - 1)",
})  # fmt: skip

wrong("14.4", "A response that is not scored keeps NaN as its advantage; it must be 0.", {
    "torch.where(scored & (low < high), centred, 0.0)":
        "torch.where(scored, torch.where(low < high, centred, 0.0), torch.nan)",
})  # fmt: skip

wrong("14.4", "One NaN sets the advantages of its whole group to 0; the scored responses still have theirs.", {
    "scored & (low < high)": "scored.all(1, keepdim=True) & (low < high)",
})  # fmt: skip

wrong("14.4", "A lone scored response gets NaN: the unbiased standard deviation of one number is 0 / 0.", {
    "(count - 1).clamp(min=1)": "(count - 1)",
    "(low < high)": "((low < high) | (count == 1))",
})  # fmt: skip

wrong("14.4", "divide_by_std is never looked at: the advantages are always divided.", {
    "if divide_by_std:": "if True:",
})  # fmt: skip

wrong("14.4", "divide_by_std is taken the wrong way round: True does not divide, and False does.", {
    "if divide_by_std:": "if not divide_by_std:",
})  # fmt: skip

wrong("14.4", "Without the standard deviation you still divide, by 1 + eps; r - mean is asked for.", {
    "if divide_by_std:\n        std = (": "if True:\n        std = (",
    ".clamp(min=1)).sqrt()": ".clamp(min=1)).sqrt() if divide_by_std else 1.0",
})  # fmt: skip

wrong("14.4", "divide_by_std=False gives back the rewards themselves: the mean of the group is not subtracted.", {
    "if divide_by_std:": "if not divide_by_std:\n        centred = groups\n    else:",
})  # fmt: skip

wrong("14.4", "The mean is subtracted in place, in a view of the rewards: the caller's tensor is changed.", {
    "centred = torch.where(scored, groups - mean, 0.0)":
        "groups -= mean\n    centred = torch.where(scored, groups, 0.0)",
})  # fmt: skip

wrong("14.4", "A group of one is let through; it has nothing to compare with and must be refused.", {
    "if group_size < 2:": "if group_size < 1:",
})  # fmt: skip

wrong("14.4", "Rewards that do not fill the last group are dropped in silence; their number must be refused.", {
    "rewards.ndim != 1 or len(rewards) % group_size": "rewards.ndim != 1",
    "rewards.reshape(-1, group_size)": "rewards[: len(rewards) // group_size * group_size].reshape(-1, group_size)",
})  # fmt: skip

wrong("14.4", "A last group that is not full is left to torch's reshape, whose error is a RuntimeError.", {
    "rewards.ndim != 1 or len(rewards) % group_size": "rewards.ndim != 1",
})  # fmt: skip

wrong("14.4", "Rewards with two dimensions are accepted and flattened; they must be refused.", {
    "rewards.ndim != 1 or len(rewards) % group_size": "rewards.numel() % group_size",
})  # fmt: skip

# 14.6 ppo_clip_loss

wrong("14.6", "The larger of the two products is taken where the smaller is asked for.", {
    "torch.minimum(": "torch.maximum(",
})  # fmt: skip

wrong("14.6", "For negative advantages you take the larger product; it is the smaller one for both signs.", {
    "torch.minimum(unclipped, clipped)":
        "torch.where(advantages < 0, torch.maximum(unclipped, clipped), torch.minimum(unclipped, clipped))",
})  # fmt: skip

wrong("14.6", "The clipped product alone is the objective; without the minimum a wrong step is never pushed back.", {
    "torch.minimum(unclipped, clipped)": "clipped",
})  # fmt: skip

wrong("14.6", "Nothing is clipped: the objective is ratio * A, however far the policy has moved.", {
    "torch.minimum(unclipped, clipped)": "unclipped",
})  # fmt: skip

wrong("14.6", "The logarithm of the ratio is clipped to -epsilon ... epsilon; it is the ratio that is clipped.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "difference.clamp(-epsilon, epsilon).exp()",
})  # fmt: skip

wrong("14.6", "The ratio is clipped from above only; below 1 - epsilon a bad token is pushed down for ever.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(max=1 + epsilon)",
})  # fmt: skip

wrong("14.6", "The ratio is clipped from below only; above 1 + epsilon a good token is pushed up for ever.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(min=1 - epsilon)",
})  # fmt: skip

wrong("14.6", "The lower bound of the clip is epsilon; it is 1 - epsilon.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(epsilon, 1 + epsilon)",
})  # fmt: skip

wrong("14.6", "The upper bound of the clip is 1.28, as DAPO has it; it is 1 + epsilon.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(1 - epsilon, 1.28)",
})  # fmt: skip

wrong("14.6", "The bounds of the clip are always 0.8 and 1.2; the argument epsilon is never looked at.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(0.8, 1.2)",
})  # fmt: skip

wrong("14.6", "The clipped ratio is not multiplied by A; the minimum is of two products.", {
    "clipped = ratio.clamp(1 - epsilon, 1 + epsilon) * advantages": "clipped = ratio.clamp(1 - epsilon, 1 + epsilon)",
})  # fmt: skip

wrong("14.6", "The objective is log_probs * A, the plain policy gradient: the ratio and its clip are missing.", {
    "torch.minimum(unclipped, clipped)": "log_probs * advantages",
})  # fmt: skip

wrong("14.6", "The minimum is taken once, of the two averages; each token has its own, before they are added.", {
    "torch.where(counted, torch.minimum(unclipped, clipped), 0.0)":
        "torch.where(counted, torch.stack([unclipped, clipped]), 0.0)",
    "-objective.sum() /": "-torch.minimum(objective[0].sum(), objective[1].sum()) /",
})  # fmt: skip

wrong("14.6", "Gradient flows into the advantages; they are constants.", {
    "advantages.detach()[:, None]": "advantages[:, None]",
})  # fmt: skip

wrong("14.6", "Gradient flows into old_log_probs; they are the past, and constants.", {
    "old_log_probs.detach(), 0.0": "old_log_probs, 0.0",
})  # fmt: skip

wrong("14.6", "The ratio is computed without gradient: log_probs gets none, and nothing is ever learned.", {
    ".clamp(-20, 20).exp()": ".clamp(-20, 20).exp().detach()",
})  # fmt: skip

wrong("14.6", "The ratio is always 1: log_probs are divided by themselves, old_log_probs are never used.", {
    "log_probs - old_log_probs.detach()": "log_probs - log_probs.detach()",
})  # fmt: skip

wrong("14.6", "The ratio is upside down: it is old over new, where new over old is asked for.", {
    "log_probs - old_log_probs.detach()": "old_log_probs.detach() - log_probs",
})  # fmt: skip

wrong("14.6", "The ratio is a quotient of probabilities, which underflow to 0 / 0 where tokens are unlikely.", {
    "difference = torch.where(counted, log_probs - old_log_probs.detach(), 0.0)":
        "new, old = (torch.where(counted, x, 0.0).exp() for x in (log_probs, old_log_probs.detach()))",
    "difference.clamp(-20, 20).exp()": "(new / old).clamp(2.0611536224385579e-09, 485165195.40979028)",
})  # fmt: skip

wrong("14.6", "The log-probs themselves are divided by each other; the ratio is that of the probabilities.", {
    "torch.where(counted, log_probs - old_log_probs.detach(), 0.0)":
        "torch.where(counted, log_probs / old_log_probs.detach(), 0.0)",
    ".clamp(-20, 20).exp()": ".clamp(-20, 20)",
})  # fmt: skip

wrong("14.6", "The difference of the log-probs is used as the ratio; the exp is missing.", {
    ".clamp(-20, 20).exp()": ".clamp(-20, 20)",
})  # fmt: skip

wrong("14.6", "There is one ratio for a whole response, from the mean over its tokens; each token has its own.", {
    "ratio = difference.clamp":
        "ratio = (difference.sum(1, keepdim=True) / counted.sum(1, keepdim=True).clamp(min=1)).clamp",
})  # fmt: skip

wrong("14.6", "The difference of the log-probs is not limited: exp overflows to infinity.", {
    "difference.clamp(-20, 20).exp()": "difference.exp()",
})  # fmt: skip

wrong("14.6", "The limit comes after exp, too late for the gradient: 0 times an overflowed infinity is NaN.", {
    "difference.clamp(-20, 20).exp()": "difference.exp().clamp(2.0611536224385579e-09, 485165195.40979028)",
})  # fmt: skip

wrong("14.6", "The difference is multiplied by the mask; a hidden infinity or NaN times 0 is NaN and gets through.", {
    "torch.where(counted, log_probs - old_log_probs.detach(), 0.0)": "(log_probs - old_log_probs.detach()) * counted",
    "torch.where(counted, torch.minimum(unclipped, clipped), 0.0)": "torch.minimum(unclipped, clipped) * counted",
})  # fmt: skip

wrong("14.6", "Only the difference is masked: hidden tokens have ratio 1, and their A is still in the sum.", {
    "torch.where(counted, torch.minimum(unclipped, clipped), 0.0)": "torch.minimum(unclipped, clipped)",
})  # fmt: skip

wrong("14.6", "Only the products with A are multiplied by the mask; a hidden NaN times 0 is still NaN.", {
    "torch.where(counted, log_probs - old_log_probs.detach(), 0.0)": "log_probs - old_log_probs.detach()",
    "torch.where(counted, torch.minimum(unclipped, clipped), 0.0)": "torch.minimum(unclipped, clipped) * counted",
})  # fmt: skip

wrong("14.6", "The mask is never used: hidden tokens count like all others.", {
    "counted = mask.bool()\n    # Hidden": "counted = torch.ones_like(mask, dtype=torch.bool)\n    # Hidden",
})  # fmt: skip

wrong("14.6", "The sum over tokens is divided by all places of the batch; only masked ones are counted.", {
    "own = counted.sum()": "own = mask.numel()",
})  # fmt: skip

wrong("14.6", "A row's mean is taken over the padded width; it is taken over the row's own masked tokens.", {
    "counted.sum(1, keepdim=True).clamp(min=1)": "mask.shape[1]",
})  # fmt: skip

wrong("14.6", "'token' gives the mean of the rows' means; there every token of the batch weighs the same.", {
    'if aggregation == "sequence":': 'if aggregation != "constant":',
})  # fmt: skip

wrong("14.6", "'sequence' gives the mean over all tokens; it is the mean over rows of each row's own mean.", {
    'if aggregation == "sequence":': "if False:",
})  # fmt: skip

wrong("14.6", "'token' gives the sum; it is divided by the number of masked tokens.", {
    "own = counted.sum()": "own = 1",
})  # fmt: skip

wrong("14.6", "'sequence' adds up each row's tokens and never takes their mean: long rows weigh more.", {
    "objective = objective / counted.sum(1, keepdim=True).clamp(min=1)": "pass",
})  # fmt: skip

wrong("14.6", "'sequence' adds up the means of the rows; the sum is still to be divided by the number of rows.", {
    "own = len(mask)": "own = 1",
})  # fmt: skip

wrong("14.6", "'sequence' divides the sum of the rows' means by the number of tokens; it is the number of rows.", {
    "own = len(mask)": "own = counted.sum()",
})  # fmt: skip

wrong("14.6", "A row without masked tokens leaves the mean over rows; it counts as 0 and stays in the denominator.", {
    "own = len(mask)": "own = counted.any(1).sum()",
})  # fmt: skip

wrong("14.6", "A row without masked tokens is divided by its number of tokens: 0 / 0 makes the whole loss NaN.", {
    "counted.sum(1, keepdim=True).clamp(min=1)": "counted.sum(1, keepdim=True)",
})  # fmt: skip

wrong("14.6", "A batch without masked tokens is divided by their number: 0 / 0 is NaN.", {
    "/ max(divisor, 1)": "/ (divisor if denominator is None else max(divisor, 1))",
})  # fmt: skip

wrong("14.6", "'constant' is divided by the number of rows as well; the denominator is all it is divided by.", {
    "divisor = own if denominator is None else denominator":
        'divisor = own if denominator is None else denominator * (len(mask) if aggregation == "constant" else 1)',
})  # fmt: skip

wrong("14.6", "The denominator is used with 'constant' alone; with 'token' and 'sequence' it must be used as well.", {
    "own if denominator is None else denominator": 'denominator if aggregation == "constant" else own',
})  # fmt: skip

wrong("14.6", "The denominator is never used, not even with 'constant'.", {
    "own if denominator is None else denominator": "own",
})  # fmt: skip

wrong("14.6", "The denominator divides the batch's own mean once more; it takes the place of the batch's number.", {
    "own if denominator is None else denominator":
        'own if denominator is None else denominator * (1 if aggregation == "constant" else own)',
})  # fmt: skip

wrong("14.6", "A denominator of 0 is taken for none (it is false in Python); it counts as 1.", {
    "own if denominator is None else denominator": "denominator or own",
})  # fmt: skip

wrong("14.6", "A denominator below 1 is divided by as it is; it counts as 1.", {
    "/ max(divisor, 1)": "/ (max(divisor, 1) if denominator is None else divisor)",
})  # fmt: skip

wrong("14.6", "The sign is lost: going down this loss makes good tokens less likely.", {
    "return -objective.sum()": "return objective.sum()",
})  # fmt: skip

wrong("14.6", "The advantages are laid along the columns; each belongs to a row, for all of its tokens.", {
    "advantages.detach()[:, None]": "advantages.detach()",
})  # fmt: skip

wrong("14.6", "The advantages are normalised once more, over the batch; they are used as they come.", {
    "advantages = advantages.detach()[:, None]":
        "advantages = advantages.detach()[:, None]\n"
        "    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)",
})  # fmt: skip

wrong("14.6", "The hidden old log-probs are overwritten in place: the caller's tensor is changed.", {
    "difference = torch.where(counted, log_probs - old_log_probs.detach(), 0.0)":
        "old_log_probs = old_log_probs.detach().masked_fill_(~counted, 0.0)\n"
        "    difference = torch.where(counted, log_probs - old_log_probs, 0.0)",
})  # fmt: skip

wrong("14.6", "An aggregation that does not exist is taken for one that does; it must be refused.", {
    'aggregation not in ("token", "sequence", "constant")': "False",
})  # fmt: skip

wrong("14.6", "'constant' without a denominator divides by the number of tokens; it must be refused.", {
    'aggregation == "constant" and denominator is None': "False",
})  # fmt: skip

wrong("14.6", "The shapes are not checked: what does not fit is broadcast, or ends in another error than ValueError.", {
    "not (log_probs.shape == old_log_probs.shape == mask.shape and advantages.shape == log_probs.shape[:1])": "False",
})  # fmt: skip
