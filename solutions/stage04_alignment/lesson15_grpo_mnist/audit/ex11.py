"""Exercise 15.11, training_bytes: what people get wrong, right answers written otherwise, and the core variant."""

from lesson15_grpo_mnist.memory.accounting import BYTES

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("Adam keeps two numbers for each parameter, not one.", {
    "parameters * 2 * BYTES[moments]": "parameters * BYTES[moments]",
})  # fmt: skip

wrong("The total leaves out the master weights.", {
    "sum(parts.values())": 'sum(parts.values()) - parts["master_weights"]',
})  # fmt: skip

wrong("Master weights are counted although there are none.", {
    "parameters * BYTES[master_weights] if master_weights else 0": "parameters * BYTES[master_weights or weights]",
})  # fmt: skip

wrong(
    "Adam's moments are counted in the dtype of the weights. They have their own.", {"BYTES[moments]": "BYTES[weights]"}
)

wrong(
    "The gradients are counted in the dtype of the weights. They have their own.",
    {"BYTES[gradients]": "BYTES[weights]"},
)


@right("a table of rows")
def training_bytes(parameters, weights="float32", gradients="float32", moments="float32", master_weights=None):
    rows = [("weights", 1, weights), ("gradients", 1, gradients), ("adam", 2, moments)]
    found = {name: count * BYTES[dtype] * parameters for name, count, dtype in rows}
    found["master_weights"] = 0 if master_weights is None else parameters * BYTES[master_weights]
    found["total"] = sum(found.values())
    return found


@right("bytes per parameter first")
def training_bytes(parameters, weights="float32", gradients="float32", moments="float32", master_weights=None):
    w, g, m = BYTES[weights], BYTES[gradients], BYTES[moments]
    copy = BYTES.get(master_weights, 0)
    sizes = {"weights": w, "gradients": g, "adam": m + m, "master_weights": copy, "total": w + g + m + m + copy}
    return {name: size * parameters for name, size in sizes.items()}


@core("the four parts")
def training_bytes(parameters, weights="float32", gradients="float32", moments="float32", master_weights=None):
    copy = parameters * BYTES[master_weights] if master_weights else 0
    w, g, a = parameters * BYTES[weights], parameters * BYTES[gradients], 2 * parameters * BYTES[moments]
    return {"weights": w, "gradients": g, "adam": a, "master_weights": copy, "total": w + g + a + copy}
