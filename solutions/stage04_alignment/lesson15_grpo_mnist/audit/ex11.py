"""Exercise 15.11, training_bytes: what people get wrong, and right answers written otherwise."""

import torch
from lesson15_grpo_mnist.memory.accounting import BYTES

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("Adam keeps two numbers for each parameter, not one.", {
    "parameters * 2 * BYTES[moments]": "parameters * BYTES[moments]",
})  # fmt: skip

wrong("The total leaves out the master weights.", {
    "sum(parts.values())": 'sum(parts.values()) - parts["master_weights"]',
})  # fmt: skip

wrong("The master weights are counted where there are none.", {
    "0 if master_weights is None else parameters * BYTES[master_weights]":
        "parameters * BYTES[weights if master_weights is None else master_weights]",
})  # fmt: skip

wrong("The master weights are added to the weights; they are a part of their own.", {
    '{"weights": parameters * BYTES[weights], "gradients": parameters * BYTES[gradients], "adam":'
    ' parameters * 2 * BYTES[moments], "master_weights": 0 if master_weights is None else parameters *'
    " BYTES[master_weights]}":
    '{"weights": parameters * (BYTES[weights] + (BYTES[master_weights] if master_weights else 0)),'
    ' "gradients": parameters * BYTES[gradients], "adam": parameters * 2 * BYTES[moments], "master_weights": 0}',
})  # fmt: skip

wrong("Adam's moments are counted in the weights' dtype; they have one of their own.", {
    "BYTES[moments]": "BYTES[weights]",
})  # fmt: skip

wrong("The gradients are counted in the weights' dtype; they have one of their own.", {
    "parameters * BYTES[gradients]": "parameters * BYTES[weights]",
})  # fmt: skip

wrong("These are bits; a byte has eight of them.", {
    'return {**parts, "total": sum(parts.values())}':
        'parts = {name: 8 * size for name, size in parts.items()}\nreturn {**parts, "total": sum(parts.values())}',
})  # fmt: skip

wrong("These are gigabytes; bytes, whole numbers, are asked for.", {
    'return {**parts, "total": sum(parts.values())}':
        'parts = {name: size / 1e9 for name, size in parts.items()}\nreturn {**parts, "total": sum(parts.values())}',
})  # fmt: skip

wrong("The bytes are floats, which are no longer exact when there are many; they are whole numbers.", {
    "parameters * 2 * BYTES[moments]": "float(parameters * 2 * BYTES[moments])",
    'return {**parts, "total": sum(parts.values())}':
        'parts = {name: float(size) for name, size in parts.items()}\nreturn {**parts, "total": sum(parts.values())}',
})  # fmt: skip

wrong("An unknown dtype ends in a KeyError, as of looking it up; ValueError is asked for.", {
    "ValueError(f\"{dtype!r} is not one of the dtypes {', '.join(BYTES)}\")":
        "KeyError(f\"{dtype!r} is not one of the dtypes {', '.join(BYTES)}\")",
})  # fmt: skip

wrong("The error does not name the dtype that is unknown.", {
    "f\"{dtype!r} is not one of the dtypes {', '.join(BYTES)}\"": 'f"unknown dtype"',
})  # fmt: skip

wrong("An unknown dtype of the master weights is quietly counted as float32.", {
    "(weights, gradients, moments, master_weights)": "(weights, gradients, moments)",
    "BYTES[master_weights]": "BYTES.get(master_weights, 4)",
})  # fmt: skip

wrong("A negative number of parameters is accepted.", {"if parameters < 0:": "if False:"})

wrong("No parameters at all are refused; that is 0 bytes.", {"if parameters < 0:": "if parameters <= 0:"})

# Right answers written otherwise


@right("a table of numbers for each parameter")
def training_bytes(parameters, weights="float32", gradients="float32", moments="float32", master_weights=None):
    rows = [("weights", 1, weights), ("gradients", 1, gradients), ("adam", 2, moments)]
    rows.append(("master_weights", 1 if master_weights is not None else 0, master_weights or "float32"))
    if parameters < 0:
        raise ValueError("fewer than no parameters")
    found = {"total": 0}
    for name, count, dtype in rows:
        if dtype not in BYTES:
            raise ValueError(f"unknown dtype {dtype}")
        found[name] = count * BYTES[dtype] * parameters
        found["total"] += found[name]
    return found


@right("the sizes asked of torch")
def training_bytes(parameters, weights="float32", gradients="float32", moments="float32", master_weights=None):
    for name in (weights, gradients, moments, *([] if master_weights is None else [master_weights])):
        if name not in BYTES:
            raise ValueError(f"no such dtype: {name!r}")
    if parameters < 0:
        raise ValueError("parameters")

    def size(name):
        return 0 if name is None else getattr(torch, name).itemsize

    w, g, a, m = (parameters * n for n in (size(weights), size(gradients), 2 * size(moments), size(master_weights)))
    return dict(weights=w, gradients=g, adam=a, master_weights=m, total=w + g + a + m)


right("a lookup that refuses by itself", {
    "parameters * 2 * BYTES[moments]": "parameters * BYTES[moments] + parameters * BYTES[moments]",
    "sum(parts.values())": "parts['weights'] + parts['gradients'] + parts['adam'] + parts['master_weights']",
})  # fmt: skip
