"""Exercise 16.9, reward_model_step: what people get wrong, and right answers written otherwise."""

import itertools

import torch
from lesson16_grpo_rlhf.rewards.reward_model import encode_rows, preference_loss

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

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

wrong("The scores are taken apart as if they stood pair by pair; first come all chosen ones.", {
    "chosen, rejected = scores.chunk(2)": "chosen, rejected = scores[::2], scores[1::2]",
})  # fmt: skip

wrong("Old gradients are not cleared: they add up.", {"optimizer.zero_grad()": ""})

wrong("The optimizer never takes a step.", {"optimizer.step()": ""})

wrong("The gradient is not clipped.", {
    "grad_norm = nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)":
        'grad_norm = nn.utils.clip_grad_norm_(model.parameters(), float("inf"))',
})  # fmt: skip

wrong("The gradient is clipped to a number of your own; the caller's is not used.", {
    "grad_norm = nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)":
        "grad_norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)",
})  # fmt: skip

wrong("The gradient is clipped before it is there.", {
    "    loss.backward()\n    grad_norm = nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)":
        "    grad_norm = nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)\n    loss.backward()",
})  # fmt: skip

wrong("A tie counts as right; the chosen score must be strictly higher.", {
    "(chosen > rejected)": "(chosen >= rejected)",
})  # fmt: skip

wrong("The norm that is reported is the one after clipping.", {
    "grad_norm.item()": "min(grad_norm.item(), max_grad_norm)",
})  # fmt: skip

wrong("The model is put into training mode; its mode is the caller's affair.", {
    "device = next(model.parameters()).device": "model.train()\ndevice = next(model.parameters()).device",
})  # fmt: skip

wrong("The model is put into evaluation mode; its mode is the caller's affair.", {
    "device = next(model.parameters()).device": "model.eval()\ndevice = next(model.parameters()).device",
})  # fmt: skip

wrong("The margin is that of absolute differences: a model that is always wrong would look good.", {
    "(chosen - rejected).mean().item()": "(chosen - rejected).abs().mean().item()",
})  # fmt: skip

wrong("The gradients are cleared between backward and step: nothing is left of them.", {
    "optimizer.zero_grad()\nloss.backward()": "loss.backward()\noptimizer.zero_grad()",
})  # fmt: skip

wrong("The accuracy is a tensor; the metrics are floats.", {
    "(chosen > rejected).float().mean().item()": "(chosen > rejected).float().mean()",
})  # fmt: skip

# Right answers written otherwise


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


@right("metrics first, gradients by autograd.grad")
def step_by_autograd(model, tokenizer, optimizer, pairs, max_grad_norm=1.0):
    device = next(model.parameters()).device
    prompts, chosen, rejected = zip(*pairs, strict=True)
    texts = [a + b for a, b in zip(prompts * 2, chosen + rejected, strict=True)]
    ids, mask = encode_rows(tokenizer, texts)
    scores = model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits.flatten()
    good, bad = scores[: len(pairs)], scores[len(pairs) :]
    loss = preference_loss(good, bad)
    metrics = {
        "loss": loss.item(),
        "accuracy": (good > bad).float().mean().item(),
        "margin": (good - bad).mean().item(),
    }
    parameters = list(model.parameters())
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters, allow_unused=True), strict=True):
        parameter.grad = gradient
    metrics["grad_norm"] = torch.nn.utils.clip_grad_norm_(parameters, max_grad_norm).item()
    optimizer.step()
    return metrics
