"""Exercise 16.15, RLHFTrainer.update: what people get wrong, and right answers written otherwise."""

import torch
from lesson14_grpo_ppo_clip.loss.ppo_clip import token_log_probs
from lesson16_grpo_rlhf.loss.kl import kl_estimate
from lesson16_grpo_rlhf.loss.rlhf import clip_fraction, masked_mean, rlhf_loss

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("There is one update, whatever grpo_epochs says.", {
    "config.grpo_epochs if mask.any() else 0": "1 if mask.any() else 0",
})  # fmt: skip

wrong("The old log-probabilities are taken anew in each epoch: the ratio is always 1.", {
    """
        rlhf_loss(
            log_probs, batch.old_log_probs, batch.advantages, mask, config.clip_range, config.clip_range_high,
            config.kl_coef, batch.ref_log_probs, config.kl_estimator, config.kl_correction,
        )
    """: """
        rlhf_loss(
            log_probs, log_probs.detach(), batch.advantages, mask, config.clip_range, config.clip_range_high,
            config.kl_coef, batch.ref_log_probs, config.kl_estimator, config.kl_correction,
        )
    """,
})  # fmt: skip

wrong("clip_range_high is not used in the loss.", {
    "rlhf_loss(log_probs, batch.old_log_probs, batch.advantages, mask, config.clip_range,"
    " config.clip_range_high, config.kl_coef, batch.ref_log_probs, config.kl_estimator, config.kl_correction)":
    "rlhf_loss(log_probs, batch.old_log_probs, batch.advantages, mask, config.clip_range,"
    " config.clip_range, config.kl_coef, batch.ref_log_probs, config.kl_estimator, config.kl_correction)",
})  # fmt: skip

wrong("The KL is left out of the loss.", {"config.kl_coef": "0.0"})

wrong("The temperature is left out: the ratio is not 1 where nothing has changed.", {
    "self.score(self.model, batch.ids, batch.mask, config.temperature)":
        "self.score(self.model, batch.ids, batch.mask, 1.0)",
})  # fmt: skip

wrong("Old gradients are not cleared: they add up over the epochs.", {"self.optimizer.zero_grad()": ""})

wrong("The gradient is clipped to a number of your own; config.max_grad_norm is not used.", {
    "config.max_grad_norm": "1.0",
})  # fmt: skip

wrong("The mask is one column off: column t of the log-probabilities is about token t + 1.", {
    "batch.mask[:, 1:]": "batch.mask[:, :-1]",
})  # fmt: skip

wrong("A step is taken even if no token counts: Adam's momentum would move the weights.", {
    "config.grpo_epochs if mask.any() else 0": "config.grpo_epochs",
})  # fmt: skip

wrong("Whether any token counts is judged with the first column, which has no log-probability.", {
    "config.grpo_epochs if mask.any() else 0": "config.grpo_epochs if batch.mask.any() else 0",
})  # fmt: skip

wrong("kl_estimator and kl_correction are not passed on.", {
    "rlhf_loss(log_probs, batch.old_log_probs, batch.advantages, mask, config.clip_range,"
    " config.clip_range_high, config.kl_coef, batch.ref_log_probs, config.kl_estimator, config.kl_correction)":
    "rlhf_loss(log_probs, batch.old_log_probs, batch.advantages, mask, config.clip_range,"
    " config.clip_range_high, config.kl_coef, batch.ref_log_probs)",
})  # fmt: skip

wrong("The metrics are sums over the epochs; their means are asked for.", {
    "sum(one[name] for one in seen) / max(len(seen), 1)": "sum(one[name] for one in seen)",
})  # fmt: skip

wrong("The metrics are those of the last epoch; their means are asked for.", {
    "sum(one[name] for one in seen) / max(len(seen), 1)": "(seen[-1][name] if seen else 0.0)",
})  # fmt: skip

wrong("The metric kl follows the estimator of the loss; it is k3 in any case.", {
    "kl_estimate(log_probs, batch.ref_log_probs)": "kl_estimate(log_probs, batch.ref_log_probs, config.kl_estimator)",
})  # fmt: skip

wrong("The norm that is reported is the one after clipping.", {
    "grad_norm.item()": "min(grad_norm.item(), config.max_grad_norm)",
})  # fmt: skip

wrong("The metric kl is a mean over prompt and padding, too.", {
    "masked_mean(kl_estimate(log_probs, batch.ref_log_probs), mask)":
        "kl_estimate(log_probs, batch.ref_log_probs).mean().item()",
})  # fmt: skip

wrong("The model is put into training mode: with dropout the ratio is not 1 where nothing has changed.", {
    "seen: list[dict[str, float]] = []": "self.model.train()\nseen: list[dict[str, float]] = []",
})  # fmt: skip

# Right answers written otherwise


@right("an early return, sums that are divided at the end")
def update_by_sums(self, batch):
    totals = dict.fromkeys(("loss", "grad_norm", "clip_fraction", "kl"), 0.0)
    mask, config = batch.mask[:, 1:], self.config
    if int(mask.sum()) == 0:
        return totals
    for _ in range(config.grpo_epochs):
        self.optimizer.zero_grad()
        lp = token_log_probs(self.model, batch.ids, config.temperature)
        loss = rlhf_loss(
            lp, batch.old_log_probs, batch.advantages, mask, clip_low=config.clip_range,
            clip_high=config.clip_range_high, kl_coef=config.kl_coef, ref_log_probs=batch.ref_log_probs,
            estimator=config.kl_estimator, correction=config.kl_correction,
        )  # fmt: skip
        loss.backward()
        totals["grad_norm"] += float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm))
        self.optimizer.step()
        totals["loss"] += float(loss.detach())
        totals["clip_fraction"] += clip_fraction(
            lp.detach(), batch.old_log_probs, batch.advantages, mask, config.clip_range, config.clip_range_high
        )
        if batch.ref_log_probs is not None:
            totals["kl"] += masked_mean(kl_estimate(lp.detach(), batch.ref_log_probs, "k3"), mask)
    return {name: value / config.grpo_epochs for name, value in totals.items()}


@right("metrics before the step, gradients set by autograd.grad")
def update_by_autograd(self, batch):
    config, columns = self.config, {"loss": [], "grad_norm": [], "clip_fraction": [], "kl": []}
    mask = batch.mask[:, 1:]
    parameters = list(self.model.parameters())
    for _ in range(config.grpo_epochs):
        if not mask.any():
            break
        lp = token_log_probs(self.model, batch.ids, config.temperature)
        args = (lp, batch.old_log_probs, batch.advantages, mask, config.clip_range, config.clip_range_high)
        kl = 0.0 if batch.ref_log_probs is None else masked_mean(kl_estimate(lp, batch.ref_log_probs), mask)
        loss = rlhf_loss(*args, config.kl_coef, batch.ref_log_probs, config.kl_estimator, config.kl_correction)
        gradients = torch.autograd.grad(loss, parameters)
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = g
        norm = torch.nn.utils.clip_grad_norm_(parameters, config.max_grad_norm)
        for name, value in zip(columns, (loss.item(), norm.item(), clip_fraction(*args), kl), strict=True):
            columns[name].append(value)
        self.optimizer.step()
    return {name: sum(values) / len(values) if values else 0.0 for name, values in columns.items()}


@right("a helper for one epoch, gradients cleared after the step")
def update_by_helper(self, batch):
    config, mask = self.config, batch.mask[:, 1:]
    has_reference = batch.ref_log_probs is not None
    self.optimizer.zero_grad()

    def once():
        lp = token_log_probs(self.model, batch.ids, config.temperature)
        loss = rlhf_loss(lp, batch.old_log_probs, batch.advantages, mask, config.clip_range, config.clip_range_high,
                         config.kl_coef, batch.ref_log_probs, config.kl_estimator, config.kl_correction)  # fmt: skip
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        held = clip_fraction(lp, batch.old_log_probs, batch.advantages, mask, config.clip_range, config.clip_range_high)
        kl = masked_mean(kl_estimate(lp, batch.ref_log_probs), mask) if has_reference else 0.0
        return torch.tensor([loss.item(), norm.item(), held, kl], dtype=torch.float64)

    means = torch.zeros(4)
    if mask.sum() > 0:
        means = torch.stack([once() for _ in range(config.grpo_epochs)]).mean(0)
    return dict(zip(("loss", "grad_norm", "clip_fraction", "kl"), means.tolist(), strict=True))
