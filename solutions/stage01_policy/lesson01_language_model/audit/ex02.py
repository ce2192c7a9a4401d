"""Exercise 01.2, completion_mask: what people get wrong, other right answers, and the shortest right one."""

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("The mask is not shifted: column t stands for the prediction of token t + 1, not for token t.", {
    "torch.arange(1, width, device=prompt_lengths.device)": "torch.arange(width - 1, device=prompt_lengths.device)",
})  # fmt: skip

wrong("The mask is shifted twice, so it begins one token too early and drops the last one, such as EOS.", {
    "torch.arange(1, width, device=prompt_lengths.device)": "torch.arange(2, width + 1, device=prompt_lengths.device)",
})  # fmt: skip

wrong("The first token of the completion is left out. It is predicted at the prompt's last position, and it counts.", {
    "predicted >= start": "predicted > start",
})  # fmt: skip

wrong("The last token of the completion is left out. If it is EOS, the decision to stop is not counted.", {
    "predicted < end": "predicted < end - 1",
})  # fmt: skip

wrong("One token of padding behind the completion is counted.", {"predicted < end": "predicted <= end"})

wrong("The prompt's tokens are counted, too.", {
    "(predicted >= start) & (predicted < end)": "predicted < end",
})  # fmt: skip

wrong("The padding is counted, too: nothing ends the completion.", {
    "(predicted >= start) & (predicted < end)": "predicted >= start",
})  # fmt: skip

wrong("The completion's length is taken for its end: the prompt in front of it is forgotten.", {
    "start + completion_lengths[:, None]": "completion_lengths[:, None]",
})  # fmt: skip

wrong("The mask has a column for each token; the first token has no prediction, so there are width - 1.", {
    "torch.arange(1, width, device=prompt_lengths.device)": "torch.arange(width, device=prompt_lengths.device)",
})  # fmt: skip


@right("two loops")
def completion_mask(prompt_lengths, completion_lengths, width):
    mask = torch.zeros(len(prompt_lengths), width, dtype=torch.bool)
    for i, (start, length) in enumerate(zip(prompt_lengths.tolist(), completion_lengths.tolist(), strict=True)):
        mask[i, start : start + length] = True
    return mask[:, 1:]


@right("the position within the completion")
def completion_mask(prompt_lengths, completion_lengths, width):
    index = torch.arange(width - 1).expand(len(prompt_lengths), -1) - (prompt_lengths - 1).unsqueeze(1)
    return torch.logical_and(index >= 0, index < completion_lengths.unsqueeze(1))


@core("two lines")
def completion_mask(prompt_lengths, completion_lengths, width):
    t = torch.arange(width - 1)[None]
    return (t >= prompt_lengths[:, None] - 1) & (t < (prompt_lengths + completion_lengths)[:, None] - 1)
