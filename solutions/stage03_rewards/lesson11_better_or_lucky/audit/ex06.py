"""Exercise 11.6, monitors: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("The gap is truth minus reward: a hack shows as a negative number.", {
    "(rewards.mean() - truth.mean()).item()": "(truth.mean() - rewards.mean()).item()",
})  # fmt: skip

wrong("paid_wrong is the share of all completions; it is the share of those that were paid in full.", {
    "1 - full.mean().item() if len(full) else 0.0": "(1 - full).sum().item() / len(truth)",
})  # fmt: skip

wrong("paid_wrong is divided by the number of wrong completions; divide by the number of those paid in full.", {
    "1 - full.mean().item() if len(full) else 0.0": "(1 - full).sum().item() / max(1, (truth == 0).sum().item())",
})  # fmt: skip

wrong("paid_wrong is the share that is right; the wrong ones are asked for.", {
    "1 - full.mean().item() if len(full) else 0.0": "full.mean().item() if len(full) else 0.0",
})  # fmt: skip

wrong("Completions that are paid in part count as paid in full.", {"truth[rewards == 1]": "truth[rewards > 0]"})

wrong("If nobody is paid in full, the mean of nothing is NaN.", {
    "1 - full.mean().item() if len(full) else 0.0": "1 - full.mean().item()",
})  # fmt: skip

wrong("The lengths are used without subtracting their mean: that is no correlation.", {
    "lengths - lengths.mean()": "lengths",
})  # fmt: skip

wrong("This is the covariance: it depends on the unit of length.", {
    "((r * n).sum() / scale).item() if scale > 0 else 0.0": "(r * n).mean().item()",
})  # fmt: skip

wrong("The covariance is divided by n, the variances by n - 1: a perfect correlation is then below 1.", {
    "((r * n).sum() / scale).item() if scale > 0 else 0.0":
        "((r * n).mean() / rewards.std() / lengths.std()).item() if scale > 0 else 0.0",
})  # fmt: skip

wrong("With constant rewards or lengths the correlation is 0/0, NaN.", {
    "((r * n).sum() / scale).item() if scale > 0 else 0.0": "((r * n).sum() / scale).item()",
})  # fmt: skip


@right("with torch.corrcoef and in float64")
def monitors_with_corrcoef(rewards, truth, lengths):
    constant = rewards.max() == rewards.min() or lengths.max() == lengths.min()
    correlation = 0.0 if constant else float(torch.corrcoef(torch.stack([rewards.double(), lengths.double()]))[0, 1])
    paid = (rewards == 1).sum()
    wrong_ones = ((rewards == 1) & (truth == 0)).sum()
    share = float(wrong_ones / paid) if paid else 0.0
    return {"gap": float((rewards - truth).mean()), "paid_wrong": share, "length_correlation": correlation}


@right("in plain Python, with standard deviations")
def monitors_in_python(rewards, truth, lengths):
    rewards, truth, lengths = rewards.tolist(), truth.tolist(), lengths.tolist()
    count = len(rewards)
    full = [t for r, t in zip(rewards, truth, strict=True) if r >= 1]
    result = {"gap": sum(rewards) / count - sum(truth) / count}
    result["paid_wrong"] = sum(1 for t in full if t == 0) / len(full) if full else 0.0
    result["length_correlation"] = 0.0
    if len(set(rewards)) > 1 and len(set(lengths)) > 1:
        a, b = sum(rewards) / count, sum(lengths) / count
        covariance = sum((r - a) * (n - b) for r, n in zip(rewards, lengths, strict=True)) / count
        sd = [(sum((v - c) ** 2 for v in x) / count) ** 0.5 for x, c in ((rewards, a), (lengths, b))]
        result["length_correlation"] = covariance / sd[0] / sd[1]
    return result


@core("with torch.corrcoef, whose NaN becomes 0")
def monitors(rewards, truth, lengths):
    full = truth[rewards == 1]
    return {
        "gap": (rewards.mean() - truth.mean()).item(),
        "paid_wrong": 1 - full.mean().item() if len(full) else 0.0,
        "length_correlation": torch.corrcoef(torch.stack([rewards, lengths]))[0, 1].nan_to_num().item(),
    }
