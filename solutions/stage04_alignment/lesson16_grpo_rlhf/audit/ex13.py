"""Exercise 16.13, frozen_copy: what people get wrong, and right answers written otherwise."""

import copy

import torch

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The reference is the model itself: it moves with every update.", {"copy.deepcopy(model).eval()": "model.eval()"})

wrong("The copy is a shallow one: it shares its weights with the model.", {"copy.deepcopy(model)": "copy.copy(model)"})

wrong("The copy stays in training mode: with dropout its answers are random.", {
    "copy.deepcopy(model).eval()": "copy.deepcopy(model)",
})  # fmt: skip

wrong("The copy's parameters still want gradients.", {
    "copy.deepcopy(model).eval().requires_grad_(False)": "copy.deepcopy(model).eval()",
})  # fmt: skip

wrong("The device is ignored.", {"reference if device is None else reference.to(device)": "reference"})

wrong("It is the model itself that is moved to the device.", {
    "copy.deepcopy(model)": "copy.deepcopy(model if device is None else model.to(device))",
})  # fmt: skip

wrong("The model is frozen together with its copy: it could not be trained any more.", {
    "copy.deepcopy(model)": "copy.deepcopy(model.requires_grad_(False))",
})  # fmt: skip

wrong("The model is put into evaluation mode, too.", {"copy.deepcopy(model).eval()": "copy.deepcopy(model.eval())"})

wrong("Only the outermost module is in evaluation mode; the dropout inside it is still at work.", {
    "reference = copy.deepcopy(model).eval().requires_grad_(False)":
        "reference = copy.deepcopy(model).requires_grad_(False)\nreference.training = False",
})  # fmt: skip

wrong("The copy is in half precision: its log-probabilities are no longer those of the model.", {
    "copy.deepcopy(model).eval()": "copy.deepcopy(model).eval().bfloat16()",
})  # fmt: skip

# Right answers written otherwise


@right("parameter by parameter")
def frozen_by_parameter(model, device=None):
    reference = copy.deepcopy(model)
    for parameter in reference.parameters():
        parameter.requires_grad = False
    reference.train(False)
    if device is not None:
        reference = reference.to(device)
    return reference


@right("moved to the device that the model is on, or to the one that is given")
def frozen_by_moving(model, device=None):
    device = device or next(model.parameters()).device
    reference = copy.deepcopy(model).to(device)
    reference.requires_grad_(False)
    reference.eval()
    return reference


@right("every module's mode set by hand")
def frozen_by_modules(model, device=None):
    reference = copy.deepcopy(model)
    for module in reference.modules():
        module.training = False
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad_(False)
    return reference if device is None else reference.to(torch.device(device))
