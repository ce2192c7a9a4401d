"""Exercise 16.9, reward_model_step: what people get wrong, right answers written otherwise, and the core variant."""

import itertools

import torch
from lesson16_grpo_rlhf.rewards.reward_model import encode_rows, preference_loss

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

CLIP = "grad_norm = nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)"

wrong("The attention mask is not passed: the padding of the longest row changes the others' scores.", {
    "model(input_ids=ids.to(device), attention_mask=mask.to(device))": "model(input_ids=ids.to(device))",
})  # fmt: skip

wrong("The response is scored without its prompt.", {
    "[prompt + chosen for prompt, chosen, _ in pairs] + [prompt + rejected for prompt, _, rejected in pairs]":
        "[chosen for _, chosen, _ in pairs] + [rejected for _, _, rejected in pairs]",
})  # fmt: skip

wrong("The scores of chosen and rejected responses are exchanged.", {
    "chosen, rejected = scores.chunk(2)": "rejected, chosen = scores.chunk(2)",
})  # fmt: skip

wrong("The scores are taken apart pair by pair; first come all chosen ones.", {
    "chosen, rejected = scores.chunk(2)": "chosen, rejected = scores[::2], scores[1::2]",
})  # fmt: skip

wrong("Old gradients are not cleared: they add up.", {"optimizer.zero_grad()": ""})

wrong("The gradients are cleared between backward and step: nothing is left of them.", {
    "optimizer.zero_grad()\nloss.backward()": "loss.backward()\noptimizer.zero_grad()",
})  # fmt: skip

wrong("The optimizer never takes a step.", {"optimizer.step()": ""})

wrong("The gradient is not clipped.", {
    CLIP: 'grad_norm = nn.utils.clip_grad_norm_(model.parameters(), float("inf"))',
})  # fmt: skip

wrong("The reported norm is the one after clipping.", {"grad_norm.item()": "min(grad_norm.item(), max_grad_norm)"})

wrong("The margin is that of absolute differences: a model that is always wrong would look good.", {
    "(chosen - rejected).mean().item()": "(chosen - rejected).abs().mean().item()",
})  # fmt: skip

wrong("The model is put into training mode; its mode is up to the caller.", {
    "device = next(model.parameters()).device": "model.train()\ndevice = next(model.parameters()).device",
})  # fmt: skip


@right("two forwards, one for each side")
def step_by_two_forwards(model, tokenizer, optimizer, pairs, max_grad_norm=1.0):
    device = next(model.parameters()).device

    def score(texts):
        ids, mask = encode_rows(tokenizer, texts)
        return model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits[:, 0]

    chosen, rejected = score([p + c for p, c, _ in pairs]), score([p + r for p, _, r in pairs])
    optimizer.zero_grad()
    loss = preference_loss(chosen, rejected)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(list(model.parameters()), max_grad_norm)
    optimizer.step()
    difference = (chosen - rejected).detach()
    right_ones = sum(d > 0 for d in difference.tolist())
    return {"loss": float(loss.detach()), "accuracy": right_ones / len(pairs), "margin": float(difference.mean()),
            "grad_norm": float(norm)}  # fmt: skip


@right("pair by pair in one batch, the clip written out")
def step_by_interleaving(model, tokenizer, optimizer, pairs, max_grad_norm=1.0):
    texts = list(itertools.chain.from_iterable((p + c, p + r) for p, c, r in pairs))
    where = next(model.parameters()).device
    ids, mask = (t.to(where) for t in encode_rows(tokenizer, texts))
    scores = model(input_ids=ids, attention_mask=mask).logits.reshape(-1, 2)
    loss = preference_loss(scores[:, 0], scores[:, 1])
    optimizer.zero_grad()
    loss.backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    norm = torch.stack([g.norm() for g in gradients]).norm()
    if norm > max_grad_norm:
        for g in gradients:
            g.mul_(max_grad_norm / (norm + 1e-6))
    optimizer.step()
    with torch.no_grad():
        margins = scores[:, 0] - scores[:, 1]
        return {"loss": loss.item(), "accuracy": (margins > 0).double().mean().item(), "margin": margins.mean().item(),
                "grad_norm": norm.item()}  # fmt: skip


@core("no devices")
def without_devices(model, tokenizer, optimizer, pairs, max_grad_norm=1.0):
    ids, mask = encode_rows(tokenizer, [p + c for p, c, _ in pairs] + [p + r for p, _, r in pairs])
    chosen, rejected = model(input_ids=ids, attention_mask=mask).logits.squeeze(-1).chunk(2)
    loss = preference_loss(chosen, rejected)
    optimizer.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
    optimizer.step()
    margin = chosen - rejected
    return {"loss": loss.item(), "accuracy": (margin > 0).float().mean().item(), "margin": margin.mean().item(),
            "grad_norm": norm.item()}  # fmt: skip
