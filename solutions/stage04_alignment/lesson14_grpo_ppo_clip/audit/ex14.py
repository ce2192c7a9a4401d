"""Exercise 14.14, GRPOTrainer.state_dict: what people get wrong, and right answers written otherwise."""

import copy
import io

import torch

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("The optimizer's tensors are not copied: further steps change the state that was taken.", {
    "copy.deepcopy(self.optimizer.state_dict())": "self.optimizer.state_dict()",
})  # fmt: skip

wrong("The number of steps done is missing.", {
    '{"step_number": self.step_number, "optimizer": copy.deepcopy(self.optimizer.state_dict())}':
        '{"optimizer": copy.deepcopy(self.optimizer.state_dict())}',
})  # fmt: skip

wrong("The optimizer's state is missing.", {
    '{"step_number": self.step_number, "optimizer": copy.deepcopy(self.optimizer.state_dict())}':
        '{"step_number": self.step_number}',
})  # fmt: skip

wrong("step_number is one too many: it counts the steps that are done, and the resumed run skips one.", {
    "self.step_number": "self.step_number + 1",
})  # fmt: skip

wrong("step_number is one too few: the resumed run does the last step again.", {
    "self.step_number": "self.step_number - 1",
})  # fmt: skip

wrong('The number of steps has the key "step"; it should be "step_number".', {'"step_number"': '"step"'})

wrong("step_number counts updates; it should count steps.", {
    "self.step_number": "self.step_number * self.config.updates_per_generation",
})  # fmt: skip

wrong("step_number is a tensor; it should stay an int.", {"self.step_number": "torch.tensor(self.step_number)"})

wrong("The model's weights are in the state too; they are the caller's affair.", {
    '{"step_number": self.step_number, "optimizer": copy.deepcopy(self.optimizer.state_dict())}':
        '{"model": copy.deepcopy(self.model.state_dict()), "step_number": self.step_number, "optimizer":'
        " copy.deepcopy(self.optimizer.state_dict())}",
})  # fmt: skip

wrong("Only the \"state\" of the optimizer's state_dict is kept; load_state_dict needs all of it.", {
    "copy.deepcopy(self.optimizer.state_dict())": 'copy.deepcopy(self.optimizer.state_dict()).get("state", {})',
})  # fmt: skip


@wrong("The optimizer's tensors are rounded to half precision, so a resumed run goes another way.")
def state_dict(self):
    def rounded(value):
        if isinstance(value, torch.Tensor):
            return value.detach().half()
        if isinstance(value, dict):
            return {key: rounded(part) for key, part in value.items()}
        return [rounded(part) for part in value] if isinstance(value, list) else value

    return {"step_number": self.step_number, "optimizer": rounded(self.optimizer.state_dict())}


# Right answers written otherwise


@right("through torch.save and torch.load")
def state_dict(self):
    buffer = io.BytesIO()
    torch.save({"step_number": self.step_number, "optimizer": self.optimizer.state_dict()}, buffer)
    buffer.seek(0)
    return torch.load(buffer)


@right("the dict first, all of it copied at the end, in another order")
def state_dict_copied(self):
    state = dict(optimizer=self.optimizer.state_dict(), step_number=self.step_number)
    return copy.deepcopy(state)


@right("tensors cloned one by one")
def state_dict_cloned(self):
    def cloned(value):
        if isinstance(value, torch.Tensor):
            return value.detach().clone()
        if isinstance(value, dict):
            return {key: cloned(part) for key, part in value.items()}
        return [cloned(part) for part in value] if isinstance(value, list) else value

    return {"optimizer": cloned(self.optimizer.state_dict()), "step_number": int(self.step_number)}
