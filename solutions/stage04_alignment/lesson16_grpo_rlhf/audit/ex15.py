"""Exercise 16.15, RLHFTrainer.update: what people get wrong, right answers written otherwise, and the core variant."""

import torch
from lesson16_grpo_rlhf.loss.kl import kl_estimate
from lesson16_grpo_rlhf.loss.rlhf import clip_fraction, masked_mean, rlhf_loss

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

LOSS = """
    rlhf_loss(
        log_probs, batch.old_log_probs, batch.advantages, mask, config.clip_range, config.clip_range_high,
        config.kl_coef, batch.ref_log_probs, config.kl_estimator, config.kl_correction,
    )
"""

wrong("There is one update, whatever grpo_epochs says.", {
    "config.grpo_epochs if mask.any() else 0": "1 if mask.any() else 0",
})  # fmt: skip

wrong("The old log-probabilities are computed anew in each epoch: the ratio is always 1.", {
    LOSS: LOSS.replace("batch.old_log_probs", "log_probs.detach()"),
})  # fmt: skip

wrong("The reference's log-probabilities stand in the place of the old ones: that is another ratio.", {
    LOSS: LOSS.replace("batch.old_log_probs", "batch.ref_log_probs"),
})  # fmt: skip

wrong("clip_range_high is not used in the loss.", {LOSS: LOSS.replace("config.clip_range_high", "config.clip_range")})

wrong("The KL is left out of the loss.", {"config.kl_coef": "0.0"})

wrong("The temperature is left out: the ratio is not 1 although nothing has changed.", {
    "self.score(self.model, batch.ids, batch.mask, config.temperature)":
        "self.score(self.model, batch.ids, batch.mask, 1.0)",
})  # fmt: skip

wrong("Old gradients are not cleared: they add up over the epochs.", {"self.optimizer.zero_grad()": ""})

wrong("The gradient is clipped to a number of your own; use config.max_grad_norm.", {"config.max_grad_norm": "1e9"})

wrong("The mask is not shifted: column t of the log-probabilities is about token t + 1.", {
    "batch.mask[:, 1:]": "batch.mask[:, :-1]",
})  # fmt: skip

wrong("A step is taken even if no token counts: Adam's momentum would move the weights.", {
    "config.grpo_epochs if mask.any() else 0": "config.grpo_epochs",
})  # fmt: skip

wrong("Whether any token counts is judged with the first column, which has no log-probability.", {
    "config.grpo_epochs if mask.any() else 0": "config.grpo_epochs if batch.mask.any() else 0",
})  # fmt: skip

wrong("kl_estimator and kl_correction are not passed on.", {
    LOSS: LOSS.replace("config.kl_estimator, config.kl_correction,", ""),
})  # fmt: skip

wrong("The metrics are sums over the epochs; return their means.", {"value / max(epochs, 1)": "value"})

wrong("The metric kl follows the estimator of the loss; it is k3 in any case.", {
    "kl_estimate(log_probs, batch.ref_log_probs)": "kl_estimate(log_probs, batch.ref_log_probs, config.kl_estimator)",
})  # fmt: skip

wrong("The reported norm is the one after clipping.", {
    "grad_norm.item()": "min(grad_norm.item(), config.max_grad_norm)",
})  # fmt: skip

wrong("The metric kl is a mean over prompt and padding, too.", {
    "masked_mean(kl_estimate(log_probs, batch.ref_log_probs), mask)":
        "kl_estimate(log_probs, batch.ref_log_probs).mean().item()",
})  # fmt: skip

wrong("The model is put into training mode: with dropout the ratio is not 1 although nothing has changed.", {
    "epochs = config.grpo_epochs if mask.any() else 0":
        "epochs = config.grpo_epochs if mask.any() else 0\nself.model.train()",
})  # fmt: skip


@right("an early return, gradients set by autograd.grad")
def update_by_autograd(self, batch):
    config, columns = self.config, {"loss": [], "grad_norm": [], "clip_fraction": [], "kl": []}
    mask = batch.mask[:, 1:]
    if int(mask.sum()) == 0:
        return dict.fromkeys(columns, 0.0)
    parameters = list(self.model.parameters())
    for _ in range(config.grpo_epochs):
        lp = self.score(self.model, batch.ids, batch.mask, config.temperature)
        args = (lp, batch.old_log_probs, batch.advantages, mask, config.clip_range, config.clip_range_high)
        kl = 0.0 if batch.ref_log_probs is None else masked_mean(kl_estimate(lp, batch.ref_log_probs), mask)
        loss = rlhf_loss(*args, config.kl_coef, batch.ref_log_probs, config.kl_estimator, config.kl_correction)
        for p, g in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            p.grad = g
        norm = torch.nn.utils.clip_grad_norm_(parameters, config.max_grad_norm)
        for name, value in zip(columns, (loss.item(), norm.item(), clip_fraction(*args), kl), strict=True):
            columns[name].append(value)
        self.optimizer.step()
    return {name: sum(values) / len(values) for name, values in columns.items()}


@right("a helper for one epoch, gradients cleared after the step")
def update_by_helper(self, batch):
    config, mask = self.config, batch.mask[:, 1:]
    self.optimizer.zero_grad()

    def once():
        lp = self.score(self.model, batch.ids, batch.mask, config.temperature)
        loss = rlhf_loss(lp, batch.old_log_probs, batch.advantages, mask, config.clip_range, config.clip_range_high,
                         config.kl_coef, batch.ref_log_probs, config.kl_estimator, config.kl_correction)  # fmt: skip
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        held = clip_fraction(lp, batch.old_log_probs, batch.advantages, mask, config.clip_range, config.clip_range_high)
        kl = masked_mean(kl_estimate(lp, batch.ref_log_probs), mask) if batch.ref_log_probs is not None else 0.0
        return torch.tensor([loss.item(), norm.item(), held, kl], dtype=torch.float64)

    means = torch.zeros(4)
    if mask.sum() > 0:
        means = torch.stack([once() for _ in range(config.grpo_epochs)]).mean(0)
    return dict(zip(("loss", "grad_norm", "clip_fraction", "kl"), means.tolist(), strict=True))


@core("some token counts, and there is a reference")
def without_checks(self, batch):
    config, mask, seen = self.config, batch.mask[:, 1:], []
    for _ in range(config.grpo_epochs):
        lp = self.score(self.model, batch.ids, batch.mask, config.temperature)
        clip = (batch.old_log_probs, batch.advantages, mask, config.clip_range, config.clip_range_high)
        loss = rlhf_loss(lp, *clip, config.kl_coef, batch.ref_log_probs, config.kl_estimator, config.kl_correction)
        self.optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)
        self.optimizer.step()
        kl = masked_mean(kl_estimate(lp, batch.ref_log_probs), mask)
        seen.append([loss.item(), norm.item(), clip_fraction(lp, *clip), kl])
    means = torch.tensor(seen).double().mean(0).tolist()
    return dict(zip(("loss", "grad_norm", "clip_fraction", "kl"), means, strict=True))
