"""What people write wrongly in this lesson; see tutorial/CONTRIBUTING.md."""

from course.base.attempt import Attempts

wrong = Attempts()

# 15.1 DigitEnvironment

wrong("15.1", "The labels are compared along the wrong dimension: every answer of row b belongs to label b.", {
    "actions == truth[:, None]": "actions == truth",
})  # fmt: skip

wrong("15.1", "The episode stays open after its action: a second answer to the same state is rewarded, too.", {
    "truth, self._truth = self._truth, None": "truth = self._truth",
})  # fmt: skip

wrong("15.1", "Actions that are refused close the episode all the same; it is to stay open.", {
    "        if actions.ndim != 2 or len(actions) != len(self._truth):":
        "        truth, self._truth = self._truth, None\n        if actions.ndim != 2 or len(actions) != len(truth):",
    "({len(self._truth)} states": "({len(truth)} states",
    "        truth, self._truth = self._truth, None\n        return": "        return",
})  # fmt: skip

wrong("15.1", "The rewards are true and false; float32 numbers are asked for.", {
    "(actions == truth[:, None]).float()": "actions == truth[:, None]",
})  # fmt: skip

wrong("15.1", "A wrong answer costs 1; its reward is 0.", {
    "(actions == truth[:, None]).float()": "(actions == truth[:, None]).float() * 2 - 1",
})  # fmt: skip

wrong("15.1", "All answers to an image are rewarded if one of them is right; each is an episode of its own.", {
    "(actions == truth[:, None]).float()":
        "(actions == truth[:, None]).any(1, keepdim=True).expand(actions.shape).float()",
})  # fmt: skip

wrong("15.1", "A negative index is accepted, and quietly counts from the end.", {
    "if ((indices < 0) | (indices >= len(self))).any():": "if (indices >= len(self)).any():",
})  # fmt: skip

wrong("15.1", "An image that is not there is refused with a ValueError; IndexError is asked for.", {
    "raise IndexError(": "raise ValueError(",
})  # fmt: skip

wrong("15.1", "10 passes for a digit: the largest one is 9.", {
    "(actions >= ACTIONS)": "(actions > ACTIONS)",
})  # fmt: skip

wrong("15.1", "Negative actions are not refused.", {
    "((actions < 0) | (actions >= ACTIONS)).any():\n            raise ValueError(f\"actions":
        "(actions >= ACTIONS).any():\n            raise ValueError(f\"actions",
})  # fmt: skip

wrong("15.1", "Actions that are not whole numbers, such as 7.0, are accepted.", {
    "actions.dtype == torch.bool or actions.is_floating_point() or ": "",
})  # fmt: skip

wrong("15.1", "True and False pass for digits: they are not floating-point numbers, but no whole numbers either.", {
    "actions.dtype == torch.bool or ": "",
})  # fmt: skip

wrong("15.1", "The number of dimensions of the actions is not checked: a flat tensor is no (states, answers).", {
    "actions.ndim != 2 or ": "",
})  # fmt: skip

wrong("15.1", "Nothing checks that there is one row of actions for each open state: one label serves several rows.", {
    " or len(actions) != len(self._truth)": "",
})  # fmt: skip

wrong("15.1", "It is not checked that there are as many labels as images.", {
    "if len(images) != len(labels):": "if False:",
})  # fmt: skip

wrong("15.1", "Labels that are no digits, such as 10 or -1, are accepted when the environment is made.", {
    "if ((labels < 0) | (labels >= ACTIONS)).any():": "if False:",
})  # fmt: skip

wrong("15.1", "The images come in the order of the data set, not in that of the indices.", {
    "self._truth = self.labels[indices]\n        return self.images[indices]":
        "indices = indices.sort().values\n        self._truth = self.labels[indices]\n"
        "        return self.images[indices]",
})  # fmt: skip

wrong("15.1", "The labels that are remembered are the data set's first ones, not those of the images asked for.", {
    "self._truth = self.labels[indices]": "self._truth = self.labels[: len(indices)]",
})  # fmt: skip

wrong("15.1", "A reset while episodes are open is refused; it is to forget them and begin anew.", {
    "        self._truth = self.labels[indices]":
        "        if self._truth is not None:\n            raise RuntimeError('step first')\n"
        "        self._truth = self.labels[indices]",
})  # fmt: skip

wrong("15.1", "A step without open episodes ends in some other error than the RuntimeError that says what to do.", {
    "if self._truth is None:": "if False:",
})  # fmt: skip

# 15.2 Actor

wrong("15.2", "A softmax stands behind the last layer: these are probabilities, where logits are asked for.", {
    "return self.layers(states)": "return self.layers(states).softmax(-1)",
})  # fmt: skip

wrong("15.2", "The logits are already normalised by a log-softmax; nothing stands behind the last layer.", {
    "return self.layers(states)": "return self.layers(states).log_softmax(-1)",
})  # fmt: skip

wrong("15.2", "A ReLU stands behind the last layer: no logit can be negative.", {
    "nn.Linear(hidden, actions)\n": "nn.Linear(hidden, actions), nn.ReLU()\n",
})  # fmt: skip

wrong("15.2", "There is no ReLU between the second and the third layer.", {
    "nn.Linear(hidden, hidden), nn.ReLU(), ": "nn.Linear(hidden, hidden), ",
})  # fmt: skip

wrong("15.2", "There is no ReLU at all: three linear layers in a row can do no more than one.", {
    "nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), ":
        "nn.Linear(pixels, hidden), nn.Linear(hidden, hidden), ",
})  # fmt: skip

wrong("15.2", "There is one hidden layer; there are to be two, of the same width.", {
    "nn.Linear(hidden, hidden), nn.ReLU(), ": "",
})  # fmt: skip

wrong("15.2", "Tanh stands between the layers instead of ReLU.", {
    "nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), ":
        "nn.Linear(pixels, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), ",
})  # fmt: skip

wrong("15.2", "Layers are made without bias.", {
    "nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, actions)":
        "nn.Linear(pixels, hidden, bias=False), nn.ReLU(), nn.Linear(hidden, hidden, bias=False), nn.ReLU(), "
        "nn.Linear(hidden, actions, bias=False)",
})  # fmt: skip

wrong("15.2", "The width of the hidden layers is always 128, whatever `hidden` says.", {
    "        super().__init__()": "        super().__init__()\n        hidden = 128",
})  # fmt: skip

wrong("15.2", "The number of actions is always 10, whatever `actions` says.", {
    "nn.Linear(hidden, actions)": "nn.Linear(hidden, 10)",
})  # fmt: skip

wrong("15.2", "The pixels are divided by 255 in the forward pass; they come as they are to be used.", {
    "return self.layers(states)": "return self.layers(states / 255)",
})  # fmt: skip

wrong("15.2", "There is dropout between the layers: the same image gives other logits at every call.", {
    "nn.Linear(hidden, hidden), nn.ReLU(), ": "nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0.1), ",
})  # fmt: skip

wrong("15.2", "The weights are set anew after the layers were made; PyTorch's own initial values are asked for.", {
    "nn.Linear(hidden, actions)\n        )\n":
        "nn.Linear(hidden, actions)\n        )\n        for p in self.parameters():\n            nn.init.normal_(p)\n",
})  # fmt: skip

wrong("15.2", "A fixed seed is set before the layers are made: every network begins with the same weights.", {
    "        super().__init__()": "        super().__init__()\n        torch.default_generator.manual_seed(0)",
})  # fmt: skip

wrong("15.2", "A batch of one loses its first dimension.", {
    "return self.layers(states)": "return self.layers(states).squeeze(0)",
})  # fmt: skip

wrong("15.2", "The last layer is made first: `parameters()` has another order than the data's way.", {
    "self.layers = nn.Sequential(\n            nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), "
    "nn.ReLU(), nn.Linear(hidden, actions)\n        )":
        "self.head = nn.Linear(hidden, actions)\n        self.body = nn.Sequential(\n            "
        "nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()\n        )",
    "self.layers(states)": "self.head(self.body(states))",
})  # fmt: skip

# 15.3 action_log_probs

wrong("15.3", "The logarithm is taken of a softmax: it is minus infinity as soon as a probability underflows.", {
    "logits.log_softmax(-1)": "logits.softmax(-1).log()",
})  # fmt: skip

wrong("15.3", "A small number is added to the probabilities before the logarithm: every value is a little wrong.", {
    "logits.log_softmax(-1)": "(logits.softmax(-1) + 1e-8).log()",
})  # fmt: skip

wrong("15.3", "These are probabilities; their logarithms are asked for.", {
    "logits.log_softmax(-1)": "logits.softmax(-1)",
})  # fmt: skip

wrong("15.3", "The softmax runs over the images; it belongs to the actions of each image.", {
    "logits.log_softmax(-1)": "logits.log_softmax(0)",
})  # fmt: skip

wrong("15.3", "The logits are looked up as they are: they were never normalised.", {
    "logits.log_softmax(-1).gather": "logits.gather",
})  # fmt: skip

wrong("15.3", "The sign is that of a cross-entropy: log-probabilities are never positive.", {
    "return logits.log_softmax(-1)": "return -logits.log_softmax(-1)",
})  # fmt: skip

wrong("15.3", "Half precision logits are normalised in half precision; at least float32 is asked for.", {
    "logits = logits.to(torch.promote_types(logits.dtype, torch.float32))\n    ": "",
})  # fmt: skip

wrong("15.3", "Double precision logits are cut down to float32.", {
    "torch.promote_types(logits.dtype, torch.float32)": "torch.float32",
})  # fmt: skip

wrong("15.3", "No gradient flows to the logits: there is nothing that a policy could learn from.", {
    "return logits.log_softmax(-1)": "return logits.detach().log_softmax(-1)",
})  # fmt: skip

wrong("15.3", "The actions of the first image are looked up in every row; each row has its own.", {
    ".gather(-1, actions)": ".gather(-1, actions[:1].expand(len(logits), -1))",
})  # fmt: skip

wrong("15.3", "The look-up runs along the wrong dimension: it takes other images' rows instead of other actions.", {
    ".gather(-1, actions)": ".gather(0, actions)",
})  # fmt: skip

wrong("15.3", "The log-probabilities of a row are added up; each answer is to have its own.", {
    ".gather(-1, actions)": ".gather(-1, actions).sum(-1, keepdim=True).expand(actions.shape)",
})  # fmt: skip

wrong("15.3", "The row's largest logit is subtracted in place: the caller's logits change.", {
    "logits = logits.to(": "logits.detach().sub_(logits.detach().amax(-1, keepdim=True))\n    logits = logits.to(",
})  # fmt: skip

wrong("15.3", "The logits are cut to a small range before they are normalised.", {
    "return logits.log_softmax(-1)": "return logits.clamp(-20, 20).log_softmax(-1)",
})  # fmt: skip

# 15.4 group_rollout

wrong("15.4", "The answers to an image are drawn without putting back: none comes up twice.", {
    "replacement=True": "replacement=False",
})  # fmt: skip

wrong("15.4", "The likeliest action is taken each time; answers are to be drawn.", {
    "torch.multinomial(logits.softmax(-1), group_size, replacement=True, generator=generator)":
        "logits.argmax(-1, keepdim=True).expand(-1, group_size)",
})  # fmt: skip

wrong("15.4", "One answer is drawn for each image and repeated: the answers of a group are all alike.", {
    "torch.multinomial(logits.softmax(-1), group_size, replacement=True, generator=generator)":
        "torch.multinomial(logits.softmax(-1), 1, generator=generator).expand(-1, group_size)",
})  # fmt: skip

wrong("15.4", "The draws do not come from the generator, but from torch's global random state.", {
    ", generator=generator)": ")",
})  # fmt: skip

wrong("15.4", "The generator is seeded anew: every rollout draws the same answers.", {
    "    states = environment.reset(indices)":
        "    if generator is not None:\n        generator.manual_seed(0)\n    states = environment.reset(indices)",
})  # fmt: skip

wrong("15.4", "Every action is drawn with the same probability: the policy has no part in its answers.", {
    "logits.softmax(-1), group_size": "torch.ones_like(logits), group_size",
})  # fmt: skip

wrong("15.4", "It is drawn from exp(logits), which overflows for large logits; a softmax never does.", {
    "logits.softmax(-1), group_size": "logits.exp(), group_size",
})  # fmt: skip

wrong("15.4", "It is drawn at another temperature than 1, while the log-probabilities are those of temperature 1.", {
    "logits.softmax(-1), group_size": "(logits / 2).softmax(-1), group_size",
})  # fmt: skip

wrong("15.4", "Each image goes through the policy once for every answer; once is enough for all G.", {
    "logits = actor(states)": "logits = actor(states.repeat_interleave(group_size, 0))[::group_size]",
})  # fmt: skip

wrong("15.4", "The policy is called twice, for the draw and again for the log-probabilities.", {
    "action_log_probs(logits, actions), environment": "action_log_probs(actor(states), actions), environment",
})  # fmt: skip

wrong("15.4", "The states are repeated for every answer; a rollout holds each image once.", {
    "GroupRollout(states, actions": "GroupRollout(states.repeat_interleave(group_size, 0), actions",
})  # fmt: skip

wrong("15.4", "The stored log-probabilities still have a gradient: as old ones they are constants.", {
    "@torch.no_grad()\n": "",
})  # fmt: skip

wrong("15.4", "Probabilities are stored where log-probabilities are asked for.", {
    "action_log_probs(logits, actions), environment": "action_log_probs(logits, actions).exp(), environment",
})  # fmt: skip

wrong("15.4", "The log-probabilities are those of the likeliest action, not of the actions that were drawn.", {
    "action_log_probs(logits, actions), environment":
        "action_log_probs(logits, logits.argmax(-1, keepdim=True).expand_as(actions)), environment",
})  # fmt: skip

wrong("15.4", "Images that are asked for twice are put together: each index is an episode of its own.", {
    "environment.reset(indices)": "environment.reset(indices.unique())",
})  # fmt: skip

wrong("15.4", "The rewards come back with their mean subtracted; the advantages are another function's work.", {
    "    return GroupRollout(states, actions, action_log_probs(logits, actions), environment.step(actions))":
        "    rewards = environment.step(actions)\n    rewards = rewards - rewards.mean(1, keepdim=True)\n"
        "    return GroupRollout(states, actions, action_log_probs(logits, actions), rewards)",
})  # fmt: skip

# 15.5 compute_advantages

GROUP = "group_advantages(rewards.reshape(-1), rewards.shape[1], eps, divide_by_std).reshape(rewards.shape)"
BATCH = "group_advantages(rewards.reshape(-1), rewards.numel(), eps, divide_by_std).reshape(rewards.shape)"
CRITIC = "advantages = rewards - values.detach()[:, None]"
DIVIDE = "advantages = advantages / (advantages.std() + eps)"

wrong("15.5", 'With "group" the mean and the deviation are those of the whole batch: other images count, too.', {
    GROUP: BATCH.replace("numel()", "shape.numel()"),
})  # fmt: skip

wrong("15.5", 'With "batch" every row is still compared with itself alone; the batch is one large group.', {
    BATCH: GROUP.replace("shape[1]", "shape[-1]"),
})  # fmt: skip

wrong("15.5", "The groups are taken from the columns; a row holds the answers to one image.", {
    GROUP: "group_advantages(rewards.T.reshape(-1), len(rewards), eps, divide_by_std).reshape(rewards.T.shape).T",
})  # fmt: skip

wrong("15.5", 'With "group" the mean is the row\'s, but the standard deviation is taken over the whole batch.', {
    "return " + GROUP:
        "centred = group_advantages(rewards.reshape(-1), rewards.shape[1], eps, False).reshape(rewards.shape)\n"
        "        return centred / (rewards.std() + eps) if divide_by_std else centred",
})  # fmt: skip

wrong("15.5", "An answer's own reward is left out of the mean that it is compared with; the group's mean holds all.", {
    "return " + GROUP:
        "count = rewards.shape[1]\n        result = " + GROUP + "\n"
        "        return result if divide_by_std else result * (count / (count - 1))",
})  # fmt: skip

wrong("15.5", "The standard deviation of a group is the biased one (divided by G); lesson 14 divides by G - 1.", {
    "return " + GROUP:
        "result = group_advantages(rewards.reshape(-1), rewards.shape[1], eps, False).reshape(rewards.shape)\n"
        "        return result / (rewards.std(1, keepdim=True, unbiased=False) + eps) if divide_by_std else result",
})  # fmt: skip

wrong("15.5", "A group of one is quietly given the advantage 0; with nothing to compare it is refused.", {
    "return " + GROUP:
        "if rewards.shape[1] == 1:\n            return rewards * 0\n        return " + GROUP,
})  # fmt: skip

wrong("15.5", "`eps` never reaches lesson 14's function, which then takes its own default.", {
    GROUP: GROUP.replace("eps, divide_by_std", "divide_by_std=divide_by_std"),
    BATCH: BATCH.replace("eps, divide_by_std", "divide_by_std=divide_by_std"),
})  # fmt: skip

wrong("15.5", 'With "group" and "batch" the standard deviation divides, whatever divide_by_std says.', {
    GROUP: GROUP.replace(", divide_by_std", ""),
    BATCH: BATCH.replace(", divide_by_std", ""),
})  # fmt: skip

wrong("15.5", "Equal rewards do not give exactly 0: rounding in the mean, divided by eps, is left over.", {
    "return " + GROUP:
        "centred = rewards - rewards.mean(1, keepdim=True)\n        if rewards.shape[1] < 2:\n"
        "            raise ValueError('a group of one')\n"
        "        return centred / (rewards.std(1, keepdim=True) + eps) if divide_by_std else centred",
})  # fmt: skip

wrong("15.5", 'With "none" the rewards are divided by their standard deviation; nothing at all is done to them.', {
    "return rewards.clone()": "return rewards / (rewards.std() + eps) if divide_by_std else rewards.clone()",
})  # fmt: skip

wrong("15.5", 'With "none" the mean of the batch is subtracted: that is a baseline.', {
    "return rewards.clone()": "return rewards - rewards.mean()",
})  # fmt: skip

wrong("15.5", 'An unknown baseline is quietly treated like "none".', {
    'if baseline == "none":': 'if baseline not in ("group", "batch", "critic"):',
})  # fmt: skip

wrong("15.5", 'An unknown baseline is quietly treated like "critic".', {
    'if baseline != "critic":': "if False:",
})  # fmt: skip

wrong("15.5", "Two rewards are refused with the critic; they are enough for a standard deviation.", {
    "if advantages.numel() < 2:": "if advantages.numel() <= 2:",
})  # fmt: skip

wrong("15.5", "The sign is turned round: an answer better than the critic expected gets a negative advantage.", {
    CRITIC: "advantages = values.detach()[:, None] - rewards",
})  # fmt: skip

wrong("15.5", "The values are subtracted from the columns; value b belongs to row b.", {
    CRITIC: "advantages = rewards - values.detach()",
})  # fmt: skip

wrong("15.5", "The mean of all values is subtracted from every reward; each state has its own value.", {
    CRITIC: "advantages = rewards - values.detach().mean()",
})  # fmt: skip

wrong("15.5", "The values are not detached: the policy's loss would train the critic, and wrongly.", {
    CRITIC: "advantages = rewards - values[:, None]",
})  # fmt: skip

wrong("15.5", "Gradient flows through the advantages to the rewards.", {
    "    rewards = rewards.detach()\n": "",
})  # fmt: skip

wrong("15.5", "The critic's advantages are centred as well: their mean is a second baseline.", {
    CRITIC: "advantages = rewards - values.detach()[:, None]\n    advantages = advantages - advantages.mean()",
})  # fmt: skip

wrong("15.5", "The critic's advantages are always divided by their standard deviation, whatever divide_by_std says.", {
    "    if divide_by_std:\n        if": "    if True:\n        if",
})  # fmt: skip

wrong("15.5", "The critic's advantages are never divided by their standard deviation.", {
    "    if divide_by_std:\n        if": "    if False:\n        if",
})  # fmt: skip

wrong("15.5", "The critic's advantages are divided row by row; the standard deviation is that of all of them.", {
    DIVIDE: "advantages = advantages / (advantages.std(1, keepdim=True) + eps)",
})  # fmt: skip

wrong("15.5", "The critic's advantages are divided by the deviation of the rewards, not of the differences.", {
    DIVIDE: "advantages = advantages / (rewards.std() + eps)",
})  # fmt: skip

wrong("15.5", "With the critic eps is forgotten: where all differences are equal, 0 is divided by 0.", {
    DIVIDE: "advantages = advantages / advantages.std()",
})  # fmt: skip

wrong("15.5", "A single reward has no standard deviation: with the critic it becomes NaN instead of an error.", {
    "if advantages.numel() < 2:": "if False:",
})  # fmt: skip

wrong("15.5", "Nothing checks that there is one value for each row.", {
    "if values is None or values.shape != rewards.shape[:1]:": "if values is None:",
    CRITIC: "advantages = rewards - values.detach().reshape(-1, 1)",
})  # fmt: skip

wrong("15.5", "Flat rewards are accepted, and taken for a single row.", {
    "        raise ValueError(f\"rewards must be (batch, group), not {tuple(rewards.shape)}\")":
        "        rewards, values = rewards.reshape(1, -1), None if values is None else values[:1]",
})  # fmt: skip

# 15.6 policy_loss

LOSS = "return ppo_clip_loss(rows, old_log_probs.reshape(-1, 1), advantages.reshape(-1), mask, epsilon)"
RATIO = "ratio, a = (log_probs - old_log_probs.detach()).exp(), advantages.detach()\n    "
BOTH = "torch.minimum(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)"

wrong("15.6", "The sign is missing: a step against the gradient would make good answers less likely.", {
    LOSS: LOSS.replace("return ", "return -"),
})  # fmt: skip

wrong("15.6", "The larger of the two products is taken: the clip then protects nothing.", {
    LOSS: RATIO + "return -" + BOTH.replace("minimum", "maximum") + ".mean()",
})  # fmt: skip

wrong("15.6", "The difference of the logarithms is clipped to plus or minus epsilon, not the ratio.", {
    LOSS: RATIO + "return -" + BOTH.replace(
        "ratio.clamp(1 - epsilon, 1 + epsilon)", "ratio.log().clamp(-epsilon, epsilon).exp()") + ".mean()",
})  # fmt: skip

wrong("15.6", "Probabilities are divided by each other: for an unlikely action both are 0.", {
    LOSS: RATIO.replace("(log_probs - old_log_probs.detach()).exp()", "log_probs.exp() / old_log_probs.detach().exp()")
        + "return -" + BOTH + ".mean()",
})  # fmt: skip

wrong("15.6", "The ratio is upside down: it is the new probability over the old one.", {
    LOSS: RATIO.replace("log_probs - old_log_probs.detach()", "old_log_probs.detach() - log_probs")
        + "return -" + BOTH + ".mean()",
})  # fmt: skip

wrong("15.6", "The ratio is a quotient of the logarithms; it is that of the probabilities.", {
    LOSS: RATIO.replace("(log_probs - old_log_probs.detach()).exp()", "log_probs / old_log_probs.detach()")
        + "return -" + BOTH + ".mean()",
})  # fmt: skip

wrong("15.6", "There is no clip: the ratio counts however far it has moved.", {
    LOSS: RATIO + "return -(ratio * a).mean()",
})  # fmt: skip

wrong("15.6", "Only the clipped product counts: an answer that moved the wrong way is never pulled back.", {
    LOSS: RATIO + "return -(ratio.clamp(1 - epsilon, 1 + epsilon) * a).mean()",
})  # fmt: skip

wrong("15.6", "The ratio is clipped from above only; below 1 - epsilon it is as large a change.", {
    LOSS: RATIO + "return -" + BOTH.replace("clamp(1 - epsilon, 1 + epsilon)", "clamp(max=1 + epsilon)") + ".mean()",
})  # fmt: skip

wrong("15.6", "The lower bound of the clip is 1 / (1 + epsilon); it is 1 - epsilon.", {
    LOSS: RATIO + "return -" + BOTH.replace("1 - epsilon", "1 / (1 + epsilon)") + ".mean()",
})  # fmt: skip

wrong("15.6", "epsilon is always 0.2: the argument never reaches the loss.", {
    LOSS: LOSS.replace(", epsilon", ""),
})  # fmt: skip

wrong("15.6", "The terms are added up; their mean is asked for.", {
    LOSS: LOSS + " * len(rows)",
})  # fmt: skip

wrong("15.6", "The terms are divided by the number of images only; the mean is over all B * G answers.", {
    LOSS: LOSS + " * log_probs.shape[1]",
})  # fmt: skip

wrong("15.6", "All answers to an image share one advantage, the mean of its row; each answer has its own.", {
    LOSS: LOSS.replace("advantages.reshape(-1)",
                       "advantages.mean(1, keepdim=True).expand(advantages.shape).reshape(-1)"),
})  # fmt: skip

wrong("15.6", "One ratio, averaged over an image's answers, serves all of them; each answer has its own.", {
    LOSS: "mean = (log_probs - old_log_probs.detach()).mean(1, keepdim=True)\n    "
        "ratio, a = mean.exp().expand(advantages.shape), advantages.detach()\n    return -" + BOTH + ".mean()",
})  # fmt: skip

wrong("15.6", "Gradient flows through the advantages.", {
    LOSS: RATIO.replace("advantages.detach()", "advantages") + "return -" + BOTH + ".mean()",
})  # fmt: skip

wrong("15.6", "Gradient flows through the old log-probabilities, which are constants.", {
    LOSS: RATIO.replace("old_log_probs.detach()", "old_log_probs") + "return -" + BOTH + ".mean()",
})  # fmt: skip

wrong("15.6", "No gradient reaches the new log-probabilities: the policy cannot learn.", {
    LOSS: LOSS.replace("(rows,", "(rows.detach(),"),
})  # fmt: skip

wrong("15.6", "There is no ratio: log-probability times advantage is right for the first update on a rollout only.", {
    LOSS: "return -(log_probs * advantages.detach()).mean()",
})  # fmt: skip

wrong("15.6", "The advantages are standardised once more inside the loss; they come as they are to be used.", {
    LOSS: LOSS.replace("advantages.reshape(-1)",
                       "((advantages - advantages.mean()) / (advantages.std() + 1e-4).nan_to_num(1.0)).reshape(-1)"),
})  # fmt: skip

wrong("15.6", "The three shapes are not compared: tensors of other shapes may have as many numbers.", {
    "if not (log_probs.shape == old_log_probs.shape == advantages.shape):":
        "if not (log_probs.numel() == old_log_probs.numel() == advantages.numel()):",
})  # fmt: skip

wrong("15.6", "The advantages are flattened column by column, the log-probabilities row by row.", {
    LOSS: LOSS.replace("advantages.reshape(-1)", "advantages.T.reshape(-1)"),
})  # fmt: skip

# 15.7 Critic

wrong("15.7", "The last dimension is not dropped: (batch, 1), where one number for each state is asked for.", {
    "self.layers(states).squeeze(-1)": "self.layers(states)",
})  # fmt: skip

wrong("15.7", "A batch of one loses its batch dimension, too: squeeze() drops every dimension of size 1.", {
    "squeeze(-1)": "squeeze()",
})  # fmt: skip

wrong("15.7", "A sigmoid stands behind the last layer; a value is any real number.", {
    "self.layers(states).squeeze(-1)": "self.layers(states).squeeze(-1).sigmoid()",
})  # fmt: skip

wrong("15.7", "A ReLU stands behind the last layer: no value can be negative.", {
    "nn.Linear(hidden, 1)": "nn.Linear(hidden, 1), nn.ReLU()",
})  # fmt: skip

wrong("15.7", "A tanh stands behind the last layer: no value can leave -1 to 1.", {
    "nn.Linear(hidden, 1)": "nn.Linear(hidden, 1), nn.Tanh()",
})  # fmt: skip

wrong("15.7", "There are ten outputs, as of the actor, and the largest counts; a value is one number.", {
    "nn.Linear(hidden, 1)": "nn.Linear(hidden, 10)",
    "squeeze(-1)": "amax(-1)",
})  # fmt: skip

wrong("15.7", "The values of the batch are centred: each is to come from its own state alone.", {
    "return self.layers(states).squeeze(-1)":
        "values = self.layers(states).squeeze(-1)\n        return values - values.mean()",
})  # fmt: skip

wrong("15.7", "There is no ReLU between the second and the last layer.", {
    "nn.Linear(hidden, hidden), nn.ReLU(), ": "nn.Linear(hidden, hidden), ",
})  # fmt: skip

wrong("15.7", "There is one hidden layer; there are to be two, as of the actor.", {
    "nn.Linear(hidden, hidden), nn.ReLU(), ": "",
})  # fmt: skip

wrong("15.7", "The hidden layers are 128 wide, whatever `hidden` says.", {
    "        super().__init__()": "        super().__init__()\n        hidden = 128",
})  # fmt: skip

wrong("15.7", "The last layer begins at zero; PyTorch's own initial values are asked for.", {
    "nn.Linear(hidden, 1)\n        )\n":
        "nn.Linear(hidden, 1)\n        )\n        nn.init.zeros_(self.layers[-1].weight)\n",
})  # fmt: skip

wrong("15.7", "The last layer has no bias.", {
    "nn.Linear(hidden, 1)": "nn.Linear(hidden, 1, bias=False)",
})  # fmt: skip

wrong("15.7", "No gradient reaches the critic's weights.", {
    "self.layers(states).squeeze(-1)": "self.layers(states).squeeze(-1).detach()",
})  # fmt: skip

# 15.8 value_loss

SQUARE = "return (values[:, None] - rewards.detach()).square().mean()"

wrong("15.8", "The values meet the columns of the rewards; value b belongs to row b.", {
    SQUARE: "return (values - rewards.detach()).square().mean()",
})  # fmt: skip

wrong("15.8", "A factor 1/2 stands before the squares; there is none here.", {
    SQUARE: SQUARE.replace("return ", "return 0.5 * "),
})  # fmt: skip

wrong("15.8", "The squares are added up; their mean is asked for.", {
    SQUARE: SQUARE.replace("mean()", "sum()"),
})  # fmt: skip

wrong("15.8", "The squares are divided by the number of images only; the mean is over all answers.", {
    SQUARE: SQUARE.replace("mean()", "sum(1).mean()"),
})  # fmt: skip

wrong("15.8", "The difference is not squared: absolute differences are least at the median, not at the mean.", {
    SQUARE: SQUARE.replace("square()", "abs()"),
})  # fmt: skip

wrong("15.8", "Large differences count linearly, as in Huber's loss; here every one is squared.", {
    SQUARE: "return torch.nn.functional.huber_loss(values[:, None].expand(rewards.shape), rewards.detach()) * 2",
})  # fmt: skip

wrong("15.8", "The root is drawn of the mean of the squares.", {
    SQUARE: SQUARE + ".sqrt()",
})  # fmt: skip

wrong("15.8", "The value is compared with its row's mean, not with each reward: their spread is left out.", {
    SQUARE: SQUARE.replace("values[:, None] - rewards.detach()", "values - rewards.detach().mean(1)"),
})  # fmt: skip

wrong("15.8", "The value is compared with the sum of its row; each answer's reward is an episode's whole return.", {
    SQUARE: SQUARE.replace("values[:, None] - rewards.detach()", "values - rewards.detach().sum(1)"),
})  # fmt: skip

wrong("15.8", "The value is compared with the best answer's reward; it is to learn what is expected.", {
    SQUARE: SQUARE.replace("values[:, None] - rewards.detach()", "values - rewards.detach().amax(1)"),
})  # fmt: skip

wrong("15.8", "Only the first answer to each image counts.", {
    SQUARE: SQUARE.replace("rewards.detach()", "rewards.detach()[:, :1]"),
})  # fmt: skip

wrong("15.8", "Every value is compared with the mean of the whole batch: the critic could not tell states apart.", {
    SQUARE: SQUARE.replace("rewards.detach()", "rewards.detach().mean()"),
})  # fmt: skip

wrong("15.8", "No gradient reaches the values: the critic cannot learn.", {
    SQUARE: SQUARE.replace("values[:, None]", "values.detach()[:, None]"),
})  # fmt: skip

wrong("15.8", "Gradient flows to the rewards, which are constants.", {
    SQUARE: SQUARE.replace("rewards.detach()", "rewards"),
})  # fmt: skip

wrong("15.8", "The sign is turned round: a step against the gradient would lead away from the rewards.", {
    SQUARE: SQUARE.replace("return ", "return -"),
})  # fmt: skip

wrong("15.8", "The values are cut to 0 to 1 first: beyond that no gradient leads them back.", {
    SQUARE: SQUARE.replace("values[:, None]", "values.clamp(0, 1)[:, None]"),
})  # fmt: skip

wrong("15.8", "The loss is a cross-entropy of values taken for logits; a value is the expected reward itself.", {
    SQUARE: "return torch.nn.functional.binary_cross_entropy_with_logits(\n"
        "        values[:, None].expand(rewards.shape), rewards.detach().clamp(0, 1)\n    )",
})  # fmt: skip

wrong("15.8", "A column of values, (batch, 1), is accepted: other code would broadcast it to (batch, batch).", {
    "values.shape != rewards.shape[:1]": "values.numel() != len(rewards)",
    SQUARE: SQUARE.replace("values[:, None]", "values.reshape(-1, 1)"),
})  # fmt: skip

wrong("15.8", "Flat rewards are accepted; a row of G answers for each value is asked for.", {
    "rewards.ndim != 2 or ": "",
    SQUARE: "rewards = rewards.reshape(len(values), -1)\n    " + SQUARE,
})  # fmt: skip

wrong("15.8", "A single value is spread over several rows; each row is to have its own.", {
    "values.shape != rewards.shape[:1]": "(values.shape != rewards.shape[:1] and values.shape != (1,))",
})  # fmt: skip

wrong("15.8", "The rewards are overwritten by the differences: the caller's tensor changes.", {
    SQUARE: SQUARE + " + 0 * rewards.detach().sub_(values.detach()[:, None]).sum()",
})  # fmt: skip

# 15.9 DigitTrainer.update

wrong("15.9", "Old gradients are not cleared before the backward pass: they add up.", {
    "    optimizer.zero_grad()\n": "",
})  # fmt: skip

wrong("15.9", "The gradients are cleared after the backward pass: nothing is left to step with.", {
    "    optimizer.zero_grad()\n    loss.backward()\n":
        "    loss.backward()\n    optimizer.zero_grad(set_to_none=False)\n",
})  # fmt: skip

wrong("15.9", "The gradient norm is not clipped to max_grad_norm.", {
    "nn.utils.clip_grad_norm_(model.parameters(), max_norm)":
        "nn.utils.clip_grad_norm_(model.parameters(), float('inf'))",
})  # fmt: skip

wrong("15.9", "The gradients are clipped one number at a time; it is their norm that is to be clipped.", {
    "    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)\n":
        "    norm = nn.utils.clip_grad_norm_(model.parameters(), float('inf'))\n"
        "    nn.utils.clip_grad_value_(model.parameters(), max_norm)\n",
})  # fmt: skip

wrong("15.9", "grad_norm is the norm after clipping: it would never show how large the gradient was.", {
    "    return norm.item()": "    return min(norm.item(), max_norm)",
})  # fmt: skip

wrong("15.9", "epsilon of the settings never reaches the loss.", {
    "loss = policy_loss(log_probs, rollout.log_probs, advantages, self.config.epsilon)":
        "loss = policy_loss(log_probs, rollout.log_probs, advantages)",
})  # fmt: skip

wrong("15.9", "The present log-probabilities stand for the old ones, too: the ratio is always 1.", {
    "policy_loss(log_probs, rollout.log_probs, advantages": "policy_loss(log_probs, log_probs.detach(), advantages",
})  # fmt: skip

wrong("15.9", "The policy's loss is computed with the rewards instead of the advantages.", {
    "policy_loss(log_probs, rollout.log_probs, advantages":
        "policy_loss(log_probs, rollout.log_probs, rollout.rewards.to(advantages)",
})  # fmt: skip

wrong("15.9", "The actor computes each image once for every answer; once for all of them is enough.", {
    "action_log_probs(self.actor(rollout.states), rollout.actions)":
        "action_log_probs(\n            self.actor(rollout.states.repeat_interleave(rollout.actions.shape[1], 0)),\n"
        "            rollout.actions.reshape(-1, 1),\n        ).reshape(rollout.actions.shape)",
})  # fmt: skip

wrong("15.9", "The critic is never trained.", {
    "            _descend(guess_loss, self.critic, self.critic_optimizer, self.config.max_grad_norm)\n": "",
})  # fmt: skip

wrong("15.9", "The critic learns the advantages; it is to foresee the rewards.", {
    "value_loss(self.critic(rollout.states), rollout.rewards)": "value_loss(self.critic(rollout.states), advantages)",
})  # fmt: skip

wrong("15.9", "The critic's gradient is not clipped; it has a norm of its own.", {
    "_descend(guess_loss, self.critic, self.critic_optimizer, self.config.max_grad_norm)":
        "_descend(guess_loss, self.critic, self.critic_optimizer, float('inf'))",
})  # fmt: skip

wrong("15.9", "grad_norm holds the critic's gradient as well; it is the actor's alone.", {
    "            _descend(guess_loss, self.critic, self.critic_optimizer, self.config.max_grad_norm)\n":
        "            extra = _descend(guess_loss, self.critic, self.critic_optimizer, self.config.max_grad_norm)\n"
        "            metrics[\"grad_norm\"] = (norm**2 + extra**2) ** 0.5\n",
})  # fmt: skip

wrong("15.9", "loss holds the critic's loss as well; it is the policy's alone.", {
    '            metrics["value_loss"] = guess_loss.item()\n':
        '            metrics["value_loss"] = guess_loss.item()\n'
        '            metrics["loss"] += 0.5 * guess_loss.item()\n',
})  # fmt: skip

wrong("15.9", "Metrics are tensors, some with their whole graph; each is to be a float.", {
    '"loss": loss.item()': '"loss": loss.detach()',
})  # fmt: skip

wrong("15.9", "value_loss is there without a critic, too.", {
    '        if self.critic is not None:\n            guess_loss': '        if self.critic is None:\n'
        '            metrics["value_loss"] = 0.0\n        else:\n            guess_loss',
})  # fmt: skip

wrong("15.9", "The clip fraction counts every ratio outside the clip's range, whatever the sign of its advantage.", {
    "clip_fraction(*flat, advantages.reshape(-1), ones, self.config.epsilon)":
        "((flat[0] - flat[1]).exp() - 1).abs().gt(self.config.epsilon).float().mean().item()",
})  # fmt: skip

wrong("15.9", "value_loss is the loss after the critic's step; metrics are those from before it.", {
    'metrics["value_loss"] = guess_loss.item()':
        'metrics["value_loss"] = value_loss(self.critic(rollout.states), rollout.rewards).item()',
})  # fmt: skip

# 15.10 DigitTrainer.step

ADVANTAGES = "advantages = compute_advantages(rollout.rewards, config.baseline, config.divide_by_std, values)"
UPDATES = "updates = [self.update(rollout, advantages) for _ in range(config.updates_per_rollout)]"
MEAN = "**{name: sum(u[name] for u in updates) / len(updates) for name in updates[0]},"

wrong("15.10", "The advantages are computed anew before each update, from values that the update before has changed.", {
    UPDATES: "updates = []\n        for _ in range(config.updates_per_rollout):\n"
        "            if self.critic is not None:\n"
        "                values = self.critic(rollout.states).detach()\n            " + ADVANTAGES + "\n"
        "            updates.append(self.update(rollout, advantages))",
})  # fmt: skip

wrong("15.10", "Every update draws answers of its own; all updates of a step work on one rollout.", {
    UPDATES: "updates = []\n        for _ in range(config.updates_per_rollout):\n"
        "            updates.append(self.update("
        "rollout, advantages))\n            rollout = group_rollout(self.actor, self.environment, indices, "
        "config.group_size, self.generator)",
})  # fmt: skip

wrong("15.10", "There is one update, whatever updates_per_rollout says.", {
    UPDATES: "updates = [self.update(rollout, advantages)]",
})  # fmt: skip

wrong("15.10", "The advantage is always that of the group, whatever baseline is configured.", {
    ADVANTAGES: ADVANTAGES.replace("config.baseline", '"critic" if self.critic is not None else "group"'),
})  # fmt: skip

wrong("15.10", "divide_by_std of the settings never reaches the advantages.", {
    ADVANTAGES: ADVANTAGES.replace("config.divide_by_std, values", "values=values"),
})  # fmt: skip

wrong("15.10", "The number of answers is not config.group_size.", {
    "config.group_size, self.generator)": "4, self.generator)",
})  # fmt: skip

wrong("15.10", "The draws do not come from self.generator.", {
    "config.group_size, self.generator)": "config.group_size)",
})  # fmt: skip

wrong("15.10", "The generator is made anew in every step: each draws the same answers as the one before.", {
    "config.group_size, self.generator)": "config.group_size, torch.Generator().manual_seed(config.seed))",
})  # fmt: skip

wrong("15.10", "The first images are taken, whichever are asked for.", {
    "self.environment, indices, config.group_size": "self.environment, torch.arange(len(indices)), config.group_size",
})  # fmt: skip

wrong("15.10", "The step is not counted.", {
    "        self.step_number += 1\n": "",
})  # fmt: skip

wrong("15.10", "Updates are counted where steps should be.", {
    "self.step_number += 1": "self.step_number += len(updates)",
})  # fmt: skip

wrong("15.10", "The metrics are those of the last update alone.", {
    MEAN: "**updates[-1],",
})  # fmt: skip

wrong("15.10", "The metrics are those of the first update alone.", {
    MEAN: "**updates[0],",
})  # fmt: skip

wrong("15.10", "The metrics of the updates are added up; their mean is asked for.", {
    MEAN: MEAN.replace(" / len(updates)", ""),
})  # fmt: skip

wrong("15.10", "no_signal is the share of groups that have a signal.", {
    "share_without_signal(rollout.rewards)": "1 - share_without_signal(rollout.rewards)",
})  # fmt: skip

wrong("15.10", "The entropy has the wrong sign.", {
    "-rollout.log_probs.mean()": "rollout.log_probs.mean()",
})  # fmt: skip

wrong("15.10", "reward is the sum of all rewards; their mean is asked for.", {
    "rollout.rewards.mean().item()": "rollout.rewards.sum().item()",
})  # fmt: skip

wrong("15.10", "Metrics are tensors; each is to be a float.", {
    "rollout.rewards.mean().item()": "rollout.rewards.mean()",
})  # fmt: skip

wrong("15.10", "reward is the mean of the advantages, which hardly ever differs from 0.", {
    "rollout.rewards.mean().item()": "advantages.mean().item()",
})  # fmt: skip

wrong("15.10", "The critic is trained and never asked: zeros stand for its values.", {
    "                values = self.critic(rollout.states)\n":
        "                values = torch.zeros(len(rollout.states))\n",
})  # fmt: skip

# 15.11 training_bytes

wrong("15.11", "Adam keeps two numbers for each parameter, not one.", {
    "parameters * 2 * BYTES[moments]": "parameters * BYTES[moments]",
})  # fmt: skip

wrong("15.11", "The total leaves out the master weights.", {
    "sum(parts.values())}": 'sum(parts.values()) - parts["master_weights"]}',
})  # fmt: skip

wrong("15.11", "The master weights are counted where there are none.", {
    "0 if master_weights is None else parameters * BYTES[master_weights]":
        "parameters * BYTES[weights if master_weights is None else master_weights]",
})  # fmt: skip

wrong("15.11", "The master weights are added to the weights; they are a part of their own.", {
    '"weights": parameters * BYTES[weights],':
        '"weights": parameters * (BYTES[weights] + (BYTES[master_weights] if master_weights else 0)),',
    "0 if master_weights is None else parameters * BYTES[master_weights]": "0",
})  # fmt: skip

wrong("15.11", "Adam's moments are counted in the weights' dtype; they have one of their own.", {
    "2 * BYTES[moments]": "2 * BYTES[weights]",
})  # fmt: skip

wrong("15.11", "The gradients are counted in the weights' dtype; they have one of their own.", {
    "parameters * BYTES[gradients]": "parameters * BYTES[weights]",
})  # fmt: skip

wrong("15.11", "These are bits; a byte has eight of them.", {
    "    return {**parts": "    parts = {name: 8 * size for name, size in parts.items()}\n    return {**parts",
})  # fmt: skip

wrong("15.11", "These are gigabytes; bytes, whole numbers, are asked for.", {
    "    return {**parts": "    parts = {name: size / 1e9 for name, size in parts.items()}\n    return {**parts",
})  # fmt: skip

wrong("15.11", "The bytes are floats, which are no longer exact when there are many; they are whole numbers.", {
    "parameters * 2 * BYTES[moments]": "float(parameters * 2 * BYTES[moments])",
    "    return {**parts": "    parts = {name: float(size) for name, size in parts.items()}\n    return {**parts",
})  # fmt: skip

wrong("15.11", "An unknown dtype ends in a KeyError, as of looking it up; ValueError is asked for.", {
    "raise ValueError(f\"{dtype!r}": "raise KeyError(f\"{dtype!r}",
})  # fmt: skip

wrong("15.11", "The error does not name the dtype that is unknown.", {
    "{dtype!r} is not one of the dtypes {', '.join(BYTES)}": "unknown dtype",
})  # fmt: skip

wrong("15.11", "An unknown dtype of the master weights is quietly counted as float32.", {
    "(weights, gradients, moments, master_weights):": "(weights, gradients, moments):",
    "parameters * BYTES[master_weights]": "parameters * BYTES.get(master_weights, 4)",
})  # fmt: skip

wrong("15.11", "A negative number of parameters is accepted.", {
    "if parameters < 0:": "if False:",
})  # fmt: skip

wrong("15.11", "No parameters at all are refused; that is 0 bytes.", {
    "if parameters < 0:": "if parameters <= 0:",
})  # fmt: skip

# 15.12 expected_share_without_signal

POWERS = "(success**group_size + (1 - success) ** group_size).mean()"

wrong("15.12", "The mean is taken of the probabilities; it belongs to the shares, which are no straight line in p.", {
    POWERS: POWERS.replace("success**", "success.mean() **").replace("1 - success)", "1 - success.mean())"),
})  # fmt: skip

wrong("15.12", "Only the groups that are all right are counted; all wrong teaches as little.", {
    POWERS: "(success**group_size).mean()",
})  # fmt: skip

wrong("15.12", "Only the groups that are all wrong are counted; all right teaches as little.", {
    POWERS: "((1 - success) ** group_size).mean()",
})  # fmt: skip

wrong("15.12", "This is the share of groups that have a signal.", {
    POWERS: "1 - " + POWERS,
})  # fmt: skip

wrong("15.12", "This is the share of groups with at least one right answer; where all are right, nothing is learned.", {
    POWERS: "(1 - (1 - success) ** group_size).mean()",
})  # fmt: skip

wrong("15.12", "This is the share of groups with at least one wrong answer; where all are wrong, nothing is learned.", {
    POWERS: "(1 - success**group_size).mean()",
})  # fmt: skip

wrong("15.12", "All right and all wrong cannot both happen: their chances are added, not multiplied.", {
    POWERS: POWERS.replace(" + ", " * "),
})  # fmt: skip

wrong("15.12", "The shares of the images are added up; their mean is asked for.", {
    POWERS: POWERS.replace("mean", "sum"),
})  # fmt: skip

wrong("15.12", "The power is G - 1: that all others answer like the first, who may be right or wrong.", {
    POWERS: POWERS.replace("group_size", "(group_size - 1)"),
})  # fmt: skip

wrong("15.12", "p is multiplied by G; G answers are all right with p to the power of G.", {
    POWERS: "(success * group_size + (1 - success) * group_size).mean()",
})  # fmt: skip

wrong("15.12", "The share is in percent; it is a number from 0 to 1.", {
    POWERS: "100 * " + POWERS,
})  # fmt: skip

wrong("15.12", "NaN passes for a probability: every comparison with it is false.", {
    "not ((success >= 0) & (success <= 1)).all()": "((success < 0) | (success > 1)).any()",
})  # fmt: skip

wrong("15.12", "Negative probabilities are accepted.", {
    "(success >= 0) & (success <= 1)": "success <= 1",
})  # fmt: skip

wrong("15.12", "Probabilities above 1 are accepted.", {
    "(success >= 0) & (success <= 1)": "success >= 0",
})  # fmt: skip

wrong("15.12", "No images at all give NaN; they are refused.", {
    "success.numel() == 0 or ": "",
})  # fmt: skip

wrong("15.12", "A group of no answers is accepted.", {
    "if group_size < 1:": "if False:",
})  # fmt: skip

wrong("15.12", "A group of one is refused; it never has signal, which is a share of 1.", {
    "if group_size < 1:": "if group_size < 2:",
})  # fmt: skip
