"""What people write wrongly in this lesson; see tutorial/CONTRIBUTING.md."""

import re

import torch
from lesson14_grpo_ppo_clip.loss.ppo_clip import grpo_loss
from lesson14_grpo_ppo_clip.rollout.generate import generate_group
from lesson14_grpo_ppo_clip.training.grpo_trainer import step_generator
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from course.base.attempt import Attempts

wrong = Attempts()

# 14.1 AdditionDataset.__init__

wrong("14.1", "Two-digit sums begin at 1; the smallest number of two digits is 10.", {
    "range(10 ** (digits - 1), 10**digits)": "range(1, 10**digits)",
})  # fmt: skip

wrong("14.1", "Your numbers start at 0, or at 10 for two digits but never at 1: one-digit numbers are 1 to 9.", {
    "range(10 ** (digits - 1), 10**digits)": "range(0 if digits == 1 else 10, 10**digits)",
})  # fmt: skip

wrong("14.1", "The largest number, 9 or 99, is left out: the end of a range is not part of it.", {
    "range(10 ** (digits - 1), 10**digits)": "range(10 ** (digits - 1), 10**digits - 1)",
})  # fmt: skip

wrong("14.1", "The loops are the wrong way round: a belongs to the outer loop, b to the inner one.", {
    "for a in operands:\n            for b in operands:": "for b in operands:\n            for a in operands:",
})  # fmt: skip

wrong("14.1", "Each pair is there only once: a+b and b+a are two different prompts, and both belong to the data.", {
    "for b in operands:": "for b in range(a, operands.stop):",
})  # fmt: skip

wrong("14.1", "Train and test are exchanged: the held-out pairs are the test split.", {
    '(split == "test") == is_held_out(a, b)': '(split == "train") == is_held_out(a, b)',
})  # fmt: skip

wrong("14.1", 'The split "all" lacks the held-out pairs: it is treated like "train".', {
    'split == "all" or (split == "test") == is_held_out(a, b)': '(split == "test") == is_held_out(a, b)',
})  # fmt: skip

wrong("14.1", 'The split "train" still holds the held-out pairs: the model is tested on what it was trained on.', {
    'split == "all" or (split == "test") == is_held_out(a, b)': 'split != "test" or is_held_out(a, b)',
})  # fmt: skip

wrong("14.1", "Which pairs are held out is decided by their place in the list; is_held_out decides it, by the pair.", {
    'split == "all" or (split == "test") == is_held_out(a, b)':
        'split == "all" or (split == "test") == (a >= operands.stop - len(operands) // 9)',
})  # fmt: skip

wrong("14.1", "The held-out pairs are drawn at random: train and test, made one after the other, overlap.", {
    "== is_held_out(a, b)": "== (torch.rand(()).item() < 0.1)",
})  # fmt: skip

wrong("14.1", "Numbers of digits other than 1 and 2 are not refused with a ValueError.", {
    "if digits not in (1, 2):": "if False:",
})  # fmt: skip

wrong("14.1", "An unknown split is accepted, and quietly taken for one of the known ones.", {
    'if split not in ("all", "train", "test"):': "if False:",
})  # fmt: skip

wrong("14.1", "Bad arguments end in an AssertionError, as of assert, which python -O skips; ValueError is asked for.", {
    'raise ValueError(f"digits must': 'raise AssertionError(f"digits must',
    'raise ValueError(f"split must': 'raise AssertionError(f"split must',
})  # fmt: skip

wrong("14.1", "The error's message does not name the argument that is wrong.", {
    'f"digits must be 1 or 2, not {digits!r}"': '"out of range"',
    """f"split must be 'all', 'train' or 'test', not {split!r}\"""": '"unknown"',
})  # fmt: skip

wrong("14.1", "The sum is stored as text; the ground truth is an int, and the reward compares it with one.", {
    "a + b))": "str(a + b)))",
})  # fmt: skip

wrong("14.1", "The prompt is the bare sum; TEMPLATE puts an instruction and the start of a response around it.", {
    "TEMPLATE.format(a=a, b=b)": 'f"{a}+{b}="',
})  # fmt: skip

wrong("14.1", "The line break at the end of the prompt is stripped off; TEMPLATE gives the prompt as it is.", {
    "TEMPLATE.format(a=a, b=b)": "TEMPLATE.format(a=a, b=b).strip()",
})  # fmt: skip

wrong("14.1", "Items are dicts; each is to be a pair, the prompt and its sum.", {
    "(TEMPLATE.format(a=a, b=b), a + b)": '{"prompt": TEMPLATE.format(a=a, b=b), "ground_truth": a + b}',
})  # fmt: skip

wrong("14.1", "The tokenizer is not kept in self.tokenizer, where get_batch looks for it.", {
    "        self.tokenizer = tokenizer\n": "",
})  # fmt: skip

# 14.2 AdditionDataset.get_batch

wrong("14.2", "The mask compares ids with the padding id: a true EOS or padding id inside a response is lost.", {
    "mask.to(device)": "(mask * (ids != self.tokenizer.pad_token_id)).to(device)",
})  # fmt: skip

wrong("14.2", "The mask is 1 on the prompt, too: only what the model wrote is trained.", {
    "torch.zeros_like(prompt_ids)": "torch.ones_like(prompt_ids)",
})  # fmt: skip

wrong("14.2", "The EOS is masked out, so the model would never learn where to stop.", {
    "torch.ones_like(response.cpu())": "(response.cpu() != self.tokenizer.eos_token_id).long()",
})  # fmt: skip

wrong("14.2", "The mask is 1 on the padding, too.", {
    "padding_value=0)": "padding_value=1)",
})  # fmt: skip

wrong("14.2", "The padding is on the left; that is for generation, here it goes behind the response.", {
    "padding_value=self.tokenizer.pad_token_id": 'padding_value=self.tokenizer.pad_token_id, padding_side="left"',
    "padding_value=0": 'padding_value=0, padding_side="left"',
})  # fmt: skip

wrong("14.2", "Rows are filled up with 0, which need not be the tokenizer's padding token.", {
    "padding_value=self.tokenizer.pad_token_id": "padding_value=0",
})  # fmt: skip

wrong("14.2", "Rows are filled up with the EOS token instead of the padding token.", {
    "padding_value=self.tokenizer.pad_token_id": "padding_value=self.tokenizer.eos_token_id",
})  # fmt: skip

wrong("14.2", "A response that was cut off gets an EOS that the model never wrote.", {
    "            prompt_ids = torch.tensor(": """\
            if len(response) == 0 or response[-1] != self.tokenizer.eos_token_id:
                response = torch.cat([response, response.new_tensor([self.tokenizer.eos_token_id])])
            prompt_ids = torch.tensor(""",
})  # fmt: skip

wrong("14.2", "Different numbers of prompts and responses go unnoticed: the rows that are left over vanish.", {
    "if len(prompts) != len(responses):": "if False:",
    "strict=True": "strict=False",
})  # fmt: skip

wrong("14.2", "The mask holds True and False; int64 is asked for.", {
    "mask.to(device)": "mask.bool().to(device)",
})  # fmt: skip

wrong("14.2", "The argument device is ignored: the tensors stay where they were made.", {
    "ids.to(device), mask.to(device)": "ids, mask",
})  # fmt: skip

wrong("14.2", "The response is decoded and encoded again: that may give other tokens than the model wrote.", {
    "            prompt_ids = torch.tensor(": """\
            text = self.tokenizer.decode(response.tolist(), skip_special_tokens=True)
            end = [i for i in response.tolist()[-1:] if i == self.tokenizer.eos_token_id]
            response = torch.tensor(self.tokenizer.encode(text, add_special_tokens=False) + end)
            prompt_ids = torch.tensor(""",
})  # fmt: skip

wrong("14.2", "Padding ids are removed from the responses, but responses have no padding: such a token was written.", {
    "            prompt_ids = torch.tensor(": """\
            response = response[response != self.tokenizer.pad_token_id]
            prompt_ids = torch.tensor(""",
})  # fmt: skip

wrong("14.2", "The mask is shifted by one already; it belongs to the tokens, the loss shifts it.", {
    "torch.cat([torch.zeros_like(prompt_ids), torch.ones_like(response.cpu())])":
        "torch.cat([torch.zeros_like(prompt_ids), torch.ones_like(response.cpu())]).roll(-1)",
})  # fmt: skip

wrong("14.2", "The mask lacks its first column; it is to have the shape of ids, the loss cuts it.", {
    "mask.to(device)": "mask[:, 1:].to(device)",
})  # fmt: skip

wrong("14.2", "The second result holds labels with -100, as for cross_entropy; a mask of 0 and 1 is asked for.", {
    "mask.to(device)": "torch.where(mask == 1, ids, -100).to(device)",
})  # fmt: skip

wrong("14.2", "The list of responses is written to: the caller's own list then holds something else.", {
    "for prompt, response in zip(": "for i, (prompt, response) in enumerate(zip(",
    "strict=True):": "strict=True)):",
    "rows.append(torch.cat([prompt_ids, response.cpu()]))":
        "responses[i] = torch.cat([prompt_ids, response.cpu()])\n            rows.append(responses[i])",
})  # fmt: skip

wrong("14.2", "The end of a response is looked for as the row's first EOS: where it has none, padding is trained.", {
    "        return ids.to(device), mask.to(device)": """\
        for row, row_mask, prompt in zip(ids, mask, prompts, strict=True):
            start = len(self.tokenizer.encode(prompt))
            ends = (row[start:] == self.tokenizer.eos_token_id).nonzero().flatten().tolist()
            row_mask[start : start + ends[0] + 1 if ends else None] = 1
        return ids.to(device), mask.to(device)""",
})  # fmt: skip

wrong("14.2", "The length of the first prompt is used for all rows; prompts differ in length.", {
    "torch.cat([torch.zeros_like(prompt_ids), torch.ones_like(response.cpu())])":
        "(torch.arange(len(rows[-1])) >= len(self.tokenizer.encode(prompts[0]))).long()",
})  # fmt: skip

wrong("14.2", "The prompt is encoded without its special tokens: the BOS token that the model saw is missing.", {
    "self.tokenizer.encode(prompt)": "self.tokenizer.encode(prompt, add_special_tokens=False)",
})  # fmt: skip

wrong("14.2", "Rows are as long as the longest prompt and the longest response together; the longest row decides.", {
    "        return ids.to(device), mask.to(device)": """\
        width = max(len(self.tokenizer.encode(p)) for p in prompts) + max(map(len, responses))
        fill = (0, width - ids.shape[1])
        ids = torch.nn.functional.pad(ids, fill, value=self.tokenizer.pad_token_id)
        return ids.to(device), torch.nn.functional.pad(mask, fill).to(device)""",
})  # fmt: skip


@wrong("14.2", "Prompts are padded to a column of their own, so padding stands between a prompt and its response.")
def prompts_in_columns_of_their_own(self, prompts, responses, device=None):
    if len(prompts) != len(responses):
        raise ValueError("prompts and responses must be equally many")
    encoded = [torch.tensor(self.tokenizer.encode(prompt), dtype=torch.int64) for prompt in prompts]
    pad = self.tokenizer.pad_token_id
    before = pad_sequence(encoded, batch_first=True, padding_value=pad)
    after = pad_sequence([r.cpu() for r in responses], batch_first=True, padding_value=pad)
    ones = pad_sequence([torch.ones_like(r.cpu()) for r in responses], batch_first=True)
    return torch.cat([before, after], 1).to(device), torch.cat([torch.zeros_like(before), ones], 1).to(device)


# 14.3 calculate_reward

wrong("14.3", "The first integer is compared; the last one is the answer.", {
    "int(integers[-1])": "int(integers[0])",
})  # fmt: skip

wrong("14.3", "\\d finds the digits of other scripts, too; only ASCII digits make an integer here.", {
    '"-?[0-9]+"': '"-?\\d+"',
})  # fmt: skip

wrong("14.3", "The minus sign is not read: -3 and 3 count as the same.", {
    '"-?[0-9]+"': '"[0-9]+"',
})  # fmt: skip

wrong("14.3", "A minus sign behind a digit is read as a subtraction; it belongs to the integer, also there.", {
    '"-?[0-9]+"': '"(?:(?<![0-9])-)?[0-9]+"',
})  # fmt: skip

wrong("14.3", "Several minus signs are read as one number, which int() refuses; at most one belongs to an integer.", {
    '"-?[0-9]+"': '"-*[0-9]+"',
})  # fmt: skip

wrong("14.3", "A space is allowed behind the minus sign; it must stand directly in front of the digits.", {
    '-?[0-9]+", response)': '-? ?[0-9]+", response)',
    "int(integers[-1])": 'int(integers[-1].replace(" ", ""))',
})  # fmt: skip

wrong("14.3", "Decimals are read as one number: 8.5 holds two integers, 8 and 5.", {
    '"-?[0-9]+"': '"-?[0-9]+(?:[.][0-9]+)?"',
})  # fmt: skip

wrong("14.3", "Only digits that stand as a word of their own are found; a letter may stand beside them.", {
    '"-?[0-9]+"': '"-?\\b[0-9]+\\b"',
})  # fmt: skip

wrong("14.3", "Commas are removed first, so 1,234 becomes one number; a comma ends an integer.", {
    ', response)': ', response.replace(",", ""))',
})  # fmt: skip

wrong("14.3", "A number counts only at the very end of the response; text may follow it.", {
    '"-?[0-9]+", response': '"-?[0-9]+$", response.strip()',
})  # fmt: skip

wrong("14.3", "Only a number behind an equals sign counts; the last integer counts wherever it stands.", {
    'r"-?[0-9]+"': 'r"= *(-?[0-9]+)"',
})  # fmt: skip

wrong("14.3", "re.match looks at the beginning only; the integer may stand anywhere in the response.", {
    "integers = re.findall(": "integers = re.match(",
    "integers[-1]": "integers[0]",
})  # fmt: skip

wrong("14.3", "Only the first line of the response is read; the last integer of all lines counts.", {
    ', response)': ', response.strip().split("\\n")[0])',
})  # fmt: skip

wrong("14.3", "A response without an integer raises an error; it is wrong and earns 0.0.", {
    "    if not integers:\n        return 0.0\n": "",
})  # fmt: skip

wrong("14.3", "A number too long for int() raises an error; such a response is wrong and earns 0.0.", {
    "except ValueError:": "except IndexError:",
})  # fmt: skip

wrong("14.3", "The number is compared as text: 007 is 7, and -0 is 0.", {
    "int(integers[-1]) == ground_truth": "integers[-1] == str(ground_truth)",
})  # fmt: skip

wrong("14.3", "Nothing is ever rewarded, as happens when a text is compared with an int: they are never equal.", {
    "int(integers[-1]) == ground_truth": "integers[-1] == ground_truth",
})  # fmt: skip

wrong("14.3", "The number is read as a float, which cannot tell large integers apart.", {
    "int(integers[-1])": "float(integers[-1])",
})  # fmt: skip

wrong("14.3", "Leading zeros are cut off first; ten thousand zeros are then 0, but such a number is to be wrong.", {
    "int(integers[-1])": 'int(re.sub("^(-?)0+(?=[0-9])", "\\\\1", integers[-1]))',
})  # fmt: skip

wrong("14.3", "The result is True or False; a float is asked for.", {
    "1.0 if int(integers[-1]) == ground_truth else 0.0": "int(integers[-1]) == ground_truth",
})  # fmt: skip

wrong("14.3", "A wrong number earns -1.0; it earns 0.0, like no number at all.", {
    "ground_truth else 0.0": "ground_truth else -1.0",
})  # fmt: skip

wrong("14.3", "A wrong number still earns something for being a number; only the right one is rewarded.", {
    "ground_truth else 0.0": "ground_truth else 0.1",
})  # fmt: skip


@wrong("14.3", "Any integer of the response may be the sum; only the last one counts.")
def any_integer(ground_truth, response):
    for integer in re.findall(r"-?[0-9]+", response):
        try:
            if int(integer) == ground_truth:
                return 1.0
        except ValueError:
            continue
    return 0.0


@wrong("14.3", "The sum is looked for as a piece of the text, so it is found inside other numbers as well.")
def piece_of_the_text(ground_truth, response):
    return 1.0 if str(ground_truth) in response else 0.0


@wrong("14.3", "The response as a whole must be a number; the integer may stand among other text.")
def whole_response(ground_truth, response):
    if not re.fullmatch(r"-?[0-9]+", response.strip()):
        return 0.0
    try:
        return 1.0 if int(response) == ground_truth else 0.0
    except ValueError:
        return 0.0


# 14.10 GRPOTrainer.learning_rate

wrong("14.10", "The first step, number 0, has a rate of 0: the rise counts from 1, so that no step is wasted.", {
    "(k + 1) / max(1, config.warmup_steps)": "k / max(1, config.warmup_steps)",
})  # fmt: skip

wrong("14.10", "With warmup_steps = 0 you divide by zero; there is no rise then.", {
    "(k + 1) / max(1, config.warmup_steps)": "(k + 1) / config.warmup_steps",
})  # fmt: skip

wrong("14.10", "The rise does not end: after warmup_steps the rate goes on growing.", {
    "min(1.0, (k + 1) / max(1, config.warmup_steps))": "(k + 1) / max(1, config.warmup_steps)",
})  # fmt: skip

wrong("14.10", "The rise is not linear: whole-number division makes it 0 until the warm-up is over.", {
    "(k + 1) / max": "(k + 1) // max",
})  # fmt: skip

wrong("14.10", "The fall does not end: after num_steps the rate sinks below its final fraction.", {
    "min(1.0, k / max(1, config.num_steps))": "k / max(1, config.num_steps)",
})  # fmt: skip

wrong("14.10", "The fall begins only after the warm-up; both run from step 0.", {
    "min(1.0, k / max(1, config.num_steps))":
        "min(1.0, max(0, k - config.warmup_steps) / max(1, config.num_steps - config.warmup_steps))",
})  # fmt: skip

wrong("14.10", "The rate falls to 0: final_rate is not used.", {
    "(1 - config.final_rate) * min": "min",
})  # fmt: skip

wrong("14.10", "There is no fall: final_rate and num_steps are not used.", {
    "* rise * fall": "* rise",
})  # fmt: skip

wrong("14.10", "The fall counts steps from 1, so it is one step ahead; it begins with k = 0.", {
    "min(1.0, k /": "min(1.0, (k + 1) /",
})  # fmt: skip

wrong("14.10", "The fall takes num_steps - 1 steps; it reaches final_rate at k = num_steps.", {
    "k / max(1, config.num_steps)": "k / max(1, config.num_steps - 1)",
})  # fmt: skip

wrong("14.10", "final_rate is taken for a learning rate; it is a fraction of learning_rate.", {
    "1 - (1 - config.final_rate) *": "1 - (1 - config.final_rate / config.learning_rate) *",
})  # fmt: skip

wrong("14.10", "The fall is a cosine; it is to be linear.", {
    "min(1.0, k / max(1, config.num_steps))":
        "(1 - __import__('math').cos(__import__('math').pi * min(1.0, k / max(1, config.num_steps)))) / 2",
})  # fmt: skip

wrong("14.10", "The smaller of rise and fall is taken; the two are multiplied.", {
    "* rise * fall": "* min(rise, fall)",
})  # fmt: skip

wrong("14.10", "The rate is computed from the optimizer's, which step overwrites: the factors pile up step by step.", {
    "return config.learning_rate * rise": 'return self.optimizer.param_groups[0]["lr"] * rise',
})  # fmt: skip

wrong("14.10", "Asking for the rate counts the step, which is for step to do.", {
    "        return config.learning_rate * rise": """\
        self.step_number += 1
        return config.learning_rate * rise""",
})  # fmt: skip

wrong("14.10", "Optimizer updates are counted; k is the number of the step, whatever its number of updates.", {
    "k = self.config, self.step_number": "k = self.config, self.step_number * self.config.updates_per_generation",
})  # fmt: skip

wrong("14.10", "Only the factor is returned; it is to be multiplied by learning_rate.", {
    "return config.learning_rate * rise": "return rise",
})  # fmt: skip


# 14.4 group_advantages

wrong("14.4", "Mean and standard deviation are taken over the whole batch; both belong to each prompt's own group.", {
    "mean = groups.nanmean(1, keepdim=True)": "mean = groups.nanmean()",
    "std = (centred.square().sum(1, keepdim=True) / (count - 1).clamp(min=1)).sqrt()":
        "std = (centred.square().sum() / (count.sum() - 1).clamp(min=1)).sqrt()",
})  # fmt: skip

wrong("14.4", "The standard deviation is taken over the whole batch; it belongs to each prompt's own group.", {
    "std = (centred.square().sum(1, keepdim=True) / (count - 1).clamp(min=1)).sqrt()":
        "std = ((groups - groups.nanmean()).square().nansum() / (count.sum() - 1).clamp(min=1)).sqrt()",
})  # fmt: skip

wrong("14.4", "The mean is taken over the whole batch; a response is compared with those to the same prompt alone.", {
    "torch.where(scored, groups - mean, 0.0)": "torch.where(scored, groups - groups.nanmean(), 0.0)",
    "std = (centred.square()": "std = (torch.where(scored, groups - mean, 0.0).square()",
})  # fmt: skip

wrong("14.4", "The mean is the batch's, above and inside the standard deviation; each group has its own.", {
    "mean = groups.nanmean(1, keepdim=True)": "mean = groups.nanmean()",
})  # fmt: skip

wrong("14.4", "The standard deviation is the biased one (divided by G); the lesson's convention divides by G - 1.", {
    "(count - 1).clamp(min=1)": "count.clamp(min=1)",
})  # fmt: skip

wrong("14.4", "The root is missing: the advantages are divided by the variance, not by the standard deviation.", {
    ".clamp(min=1)).sqrt()": ".clamp(min=1))",
})  # fmt: skip

wrong("14.4", "eps is added to the variance, inside the root; it is added to the standard deviation.", {
    ".clamp(min=1)).sqrt()": ".clamp(min=1) + eps).sqrt()",
    "(std + eps)\n": "std\n",
})  # fmt: skip

wrong("14.4", "eps is used as a lower bound of the standard deviation; it is added to it.", {
    "(std + eps)\n": "std.clamp(min=eps)\n",
})  # fmt: skip

wrong("14.4", "The standard deviation is divided by as it is: nothing is added to it, eps never enters.", {
    "(std + eps)\n": "std\n",
})  # fmt: skip

wrong("14.4", "A fixed 1e-4 is added to the standard deviation; the argument eps is never looked at.", {
    "(std + eps)\n": "(std + 1e-4)\n",
})  # fmt: skip

wrong("14.4", "Where the caller gives no eps, yours is 1e-8 and not the lesson's 1e-4.", {
    "eps: float = 1e-4": "eps: float = 1e-8",
})  # fmt: skip

wrong("14.4", "A group of equal rewards is not set to 0: the mean's rounding error, divided by eps, remains.", {
    "scored & (low < high)": "scored",
})  # fmt: skip

wrong("14.4", "The groups whose rewards differ are set to 0, and those whose rewards are equal are not.", {
    "low < high": "low >= high",
})  # fmt: skip

wrong("14.4", "Whether all rewards are equal is asked of the whole batch; it must be asked of each group.", {
    "low < high": "low.amin() < high.amax()",
})  # fmt: skip

wrong("14.4", "A group with NaN never counts as equal: NaN equals nothing, and the rounding error remains.", {
    "low < high": "groups != groups[:, :1]).any(1, keepdim=True",
})  # fmt: skip

wrong("14.4", "Rewards that hardly differ are treated as equal and get 0; only exactly equal ones should.", {
    "(low < high)": "~torch.isclose(low, high)",
})  # fmt: skip

wrong("14.4", "Equal rewards give exactly 0 only where you divide; without, the mean's rounding error is left.", {
    "torch.where(scored & (low < high), centred, 0.0).reshape(-1)":
        "torch.where(scored & ((low < high) | (not divide_by_std)), centred, 0.0).reshape(-1)",
})  # fmt: skip

wrong("14.4", "The rewards are read as p1 p2 p1 p2; they come group by group, p1 p1 p2 p2.", {
    "rewards.reshape(-1, group_size)": "rewards.reshape(group_size, -1).T",
    "centred, 0.0).reshape(-1)": "centred, 0.0).T.reshape(-1)",
})  # fmt: skip

wrong("14.4", "Mean and std run along the wrong axis: over the prompts, not over the responses to one prompt.", {
    "count = scored.sum(1,": "count = scored.sum(0,",
    "groups.nanmean(1,": "groups.nanmean(0,",
    "amin(1,": "amin(0,",
    "amax(1,": "amax(0,",
    "centred.square().sum(1,": "centred.square().sum(0,",
})  # fmt: skip

wrong("14.4", "The advantages come back in another order than the rewards, as if the table were transposed.", {
    "centred, 0.0).reshape(-1)": "centred, 0.0).T.reshape(-1)",
})  # fmt: skip

wrong("14.4", "The sign is turned round: responses above the mean of their group get negative advantages.", {
    "torch.where(scored, groups - mean, 0.0)": "torch.where(scored, mean - groups, 0.0)",
})  # fmt: skip

wrong("14.4", "Each response is compared with the mean of the others; its own reward belongs to the mean too.", {
    "(low < high), centred, 0.0)": "(low < high), centred * count / (count - 1).clamp(min=1), 0.0)",
})  # fmt: skip

wrong("14.4", "Nothing is done about NaN: one response that is not scored makes its whole group NaN.", {
    "scored = ~groups.isnan()": "scored = torch.ones_like(groups, dtype=torch.bool)",
    "groups.nanmean": "groups.mean",
    "(low < high)": "(low != high)",
})  # fmt: skip

wrong("14.4", "NaN is counted as a reward of 0; a response that is not scored must not enter mean and std.", {
    "rewards.reshape(-1, group_size)": "rewards.nan_to_num(nan=0.0).reshape(-1, group_size)",
})  # fmt: skip

wrong("14.4", "The sum of the scored rewards is divided by group_size; the mean divides by how many are scored.", {
    "groups.nanmean(1, keepdim=True)": "groups.nansum(1, keepdim=True) / group_size",
})  # fmt: skip

wrong("14.4", "The squares are divided by group_size - 1, though only the scored responses are summed: count those.", {
    "(count - 1).clamp(min=1)": "(group_size - 1)",
})  # fmt: skip

wrong("14.4", "A response that is not scored keeps NaN as its advantage; it must be 0.", {
    "torch.where(scored & (low < high), centred, 0.0)":
        "torch.where(scored, torch.where(low < high, centred, 0.0), torch.nan)",
})  # fmt: skip

wrong("14.4", "One NaN sets the advantages of its whole group to 0; the scored responses still have theirs.", {
    "scored & (low < high)": "scored.all(1, keepdim=True) & (low < high)",
})  # fmt: skip

wrong("14.4", "A lone scored response gets NaN: the unbiased standard deviation of one number is 0 / 0.", {
    "(count - 1).clamp(min=1)": "(count - 1)",
    "(low < high)": "((low < high) | (count == 1))",
})  # fmt: skip

wrong("14.4", "divide_by_std is never looked at: the advantages are always divided.", {
    "if divide_by_std:": "if True:",
})  # fmt: skip

wrong("14.4", "divide_by_std is taken the wrong way round: True does not divide, and False does.", {
    "if divide_by_std:": "if not divide_by_std:",
})  # fmt: skip

wrong("14.4", "Without the standard deviation you still divide, by 1 + eps; r - mean is asked for.", {
    "if divide_by_std:\n        std = (": "if True:\n        std = (",
    ".clamp(min=1)).sqrt()": ".clamp(min=1)).sqrt() if divide_by_std else 1.0",
})  # fmt: skip

wrong("14.4", "divide_by_std=False gives back the rewards themselves: the mean of the group is not subtracted.", {
    "if divide_by_std:": "if not divide_by_std:\n        centred = groups\n    else:",
})  # fmt: skip

wrong("14.4", "The mean is subtracted in place, in a view of the rewards: the caller's tensor is changed.", {
    "centred = torch.where(scored, groups - mean, 0.0)":
        "groups -= mean\n    centred = torch.where(scored, groups, 0.0)",
})  # fmt: skip

wrong("14.4", "A group of one is let through; it has nothing to compare with and must be refused.", {
    "if group_size < 2:": "if group_size < 1:",
})  # fmt: skip

wrong("14.4", "Rewards that do not fill the last group are dropped in silence; their number must be refused.", {
    "rewards.ndim != 1 or len(rewards) % group_size": "rewards.ndim != 1",
    "rewards.reshape(-1, group_size)": "rewards[: len(rewards) // group_size * group_size].reshape(-1, group_size)",
})  # fmt: skip

wrong("14.4", "A last group that is not full is left to torch's reshape, whose error is a RuntimeError.", {
    "rewards.ndim != 1 or len(rewards) % group_size": "rewards.ndim != 1",
})  # fmt: skip

wrong("14.4", "Rewards with two dimensions are accepted and flattened; they must be refused.", {
    "rewards.ndim != 1 or len(rewards) % group_size": "rewards.numel() % group_size",
})  # fmt: skip

# 14.6 ppo_clip_loss

wrong("14.6", "The larger of the two products is taken where the smaller is asked for.", {
    "torch.minimum(": "torch.maximum(",
})  # fmt: skip

wrong("14.6", "For negative advantages you take the larger product; it is the smaller one for both signs.", {
    "torch.minimum(unclipped, clipped)":
        "torch.where(advantages < 0, torch.maximum(unclipped, clipped), torch.minimum(unclipped, clipped))",
})  # fmt: skip

wrong("14.6", "The clipped product alone is the objective; without the minimum a wrong step is never pushed back.", {
    "torch.minimum(unclipped, clipped)": "clipped",
})  # fmt: skip

wrong("14.6", "Nothing is clipped: the objective is ratio * A, however far the policy has moved.", {
    "torch.minimum(unclipped, clipped)": "unclipped",
})  # fmt: skip

wrong("14.6", "The logarithm of the ratio is clipped to -epsilon ... epsilon; it is the ratio that is clipped.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "difference.clamp(-epsilon, epsilon).exp()",
})  # fmt: skip

wrong("14.6", "The ratio is clipped from above only; below 1 - epsilon a bad token is pushed down for ever.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(max=1 + epsilon)",
})  # fmt: skip

wrong("14.6", "The ratio is clipped from below only; above 1 + epsilon a good token is pushed up for ever.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(min=1 - epsilon)",
})  # fmt: skip

wrong("14.6", "The lower bound of the clip is epsilon; it is 1 - epsilon.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(epsilon, 1 + epsilon)",
})  # fmt: skip

wrong("14.6", "The upper bound of the clip is 1.28, as DAPO has it; it is 1 + epsilon.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(1 - epsilon, 1.28)",
})  # fmt: skip

wrong("14.6", "The bounds of the clip are always 0.8 and 1.2; the argument epsilon is never looked at.", {
    "ratio.clamp(1 - epsilon, 1 + epsilon)": "ratio.clamp(0.8, 1.2)",
})  # fmt: skip

wrong("14.6", "The clipped ratio is not multiplied by A; the minimum is of two products.", {
    "clipped = ratio.clamp(1 - epsilon, 1 + epsilon) * advantages": "clipped = ratio.clamp(1 - epsilon, 1 + epsilon)",
})  # fmt: skip

wrong("14.6", "The objective is log_probs * A, the plain policy gradient: the ratio and its clip are missing.", {
    "torch.minimum(unclipped, clipped)": "log_probs * advantages",
})  # fmt: skip

wrong("14.6", "The minimum is taken once, of the two averages; each token has its own, before they are added.", {
    "torch.where(counted, torch.minimum(unclipped, clipped), 0.0)":
        "torch.where(counted, torch.stack([unclipped, clipped]), 0.0)",
    "-objective.sum() /": "-torch.minimum(objective[0].sum(), objective[1].sum()) /",
})  # fmt: skip

wrong("14.6", "Gradient flows into the advantages; they are constants.", {
    "advantages.detach()[:, None]": "advantages[:, None]",
})  # fmt: skip

wrong("14.6", "Gradient flows into old_log_probs; they are the past, and constants.", {
    "old_log_probs.detach(), 0.0": "old_log_probs, 0.0",
})  # fmt: skip

wrong("14.6", "The ratio is computed without gradient: log_probs gets none, and nothing is ever learned.", {
    ".clamp(-20, 20).exp()": ".clamp(-20, 20).exp().detach()",
})  # fmt: skip

wrong("14.6", "The ratio is always 1: log_probs are divided by themselves, old_log_probs are never used.", {
    "log_probs - old_log_probs.detach()": "log_probs - log_probs.detach()",
})  # fmt: skip

wrong("14.6", "The ratio is upside down: it is old over new, where new over old is asked for.", {
    "log_probs - old_log_probs.detach()": "old_log_probs.detach() - log_probs",
})  # fmt: skip

wrong("14.6", "The ratio is a quotient of probabilities, which underflow to 0 / 0 where tokens are unlikely.", {
    "difference = torch.where(counted, log_probs - old_log_probs.detach(), 0.0)":
        "new, old = (torch.where(counted, x, 0.0).exp() for x in (log_probs, old_log_probs.detach()))",
    "difference.clamp(-20, 20).exp()": "(new / old).clamp(2.0611536224385579e-09, 485165195.40979028)",
})  # fmt: skip

wrong("14.6", "The log-probs themselves are divided by each other; the ratio is that of the probabilities.", {
    "torch.where(counted, log_probs - old_log_probs.detach(), 0.0)":
        "torch.where(counted, log_probs / old_log_probs.detach(), 0.0)",
    ".clamp(-20, 20).exp()": ".clamp(-20, 20)",
})  # fmt: skip

wrong("14.6", "The difference of the log-probs is used as the ratio; the exp is missing.", {
    ".clamp(-20, 20).exp()": ".clamp(-20, 20)",
})  # fmt: skip

wrong("14.6", "There is one ratio for a whole response, from the mean over its tokens; each token has its own.", {
    "ratio = difference.clamp":
        "ratio = (difference.sum(1, keepdim=True) / counted.sum(1, keepdim=True).clamp(min=1)).clamp",
})  # fmt: skip

wrong("14.6", "The difference of the log-probs is not limited: exp overflows to infinity.", {
    "difference.clamp(-20, 20).exp()": "difference.exp()",
})  # fmt: skip

wrong("14.6", "The limit comes after exp, too late for the gradient: 0 times an overflowed infinity is NaN.", {
    "difference.clamp(-20, 20).exp()": "difference.exp().clamp(2.0611536224385579e-09, 485165195.40979028)",
})  # fmt: skip

wrong("14.6", "The difference is multiplied by the mask; a hidden infinity or NaN times 0 is NaN and gets through.", {
    "torch.where(counted, log_probs - old_log_probs.detach(), 0.0)": "(log_probs - old_log_probs.detach()) * counted",
    "torch.where(counted, torch.minimum(unclipped, clipped), 0.0)": "torch.minimum(unclipped, clipped) * counted",
})  # fmt: skip

wrong("14.6", "Only the difference is masked: hidden tokens have ratio 1, and their A is still in the sum.", {
    "torch.where(counted, torch.minimum(unclipped, clipped), 0.0)": "torch.minimum(unclipped, clipped)",
})  # fmt: skip

wrong("14.6", "Only the products with A are multiplied by the mask; a hidden NaN times 0 is still NaN.", {
    "torch.where(counted, log_probs - old_log_probs.detach(), 0.0)": "log_probs - old_log_probs.detach()",
    "torch.where(counted, torch.minimum(unclipped, clipped), 0.0)": "torch.minimum(unclipped, clipped) * counted",
})  # fmt: skip

wrong("14.6", "The mask is never used: hidden tokens count like all others.", {
    "counted = mask.bool()\n    # Hidden": "counted = torch.ones_like(mask, dtype=torch.bool)\n    # Hidden",
})  # fmt: skip

wrong("14.6", "The sum over tokens is divided by all places of the batch; only masked ones are counted.", {
    "own = counted.sum()": "own = mask.numel()",
})  # fmt: skip

wrong("14.6", "A row's mean is taken over the padded width; it is taken over the row's own masked tokens.", {
    "counted.sum(1, keepdim=True).clamp(min=1)": "mask.shape[1]",
})  # fmt: skip

wrong("14.6", "'token' gives the mean of the rows' means; there every token of the batch weighs the same.", {
    'if aggregation == "sequence":': 'if aggregation != "constant":',
})  # fmt: skip

wrong("14.6", "'sequence' gives the mean over all tokens; it is the mean over rows of each row's own mean.", {
    'if aggregation == "sequence":': "if False:",
})  # fmt: skip

wrong("14.6", "'token' gives the sum; it is divided by the number of masked tokens.", {
    "own = counted.sum()": "own = 1",
})  # fmt: skip

wrong("14.6", "'sequence' adds up each row's tokens and never takes their mean: long rows weigh more.", {
    "objective = objective / counted.sum(1, keepdim=True).clamp(min=1)": "pass",
})  # fmt: skip

wrong("14.6", "'sequence' adds up the means of the rows; the sum is still to be divided by the number of rows.", {
    "own = len(mask)": "own = 1",
})  # fmt: skip

wrong("14.6", "'sequence' divides the sum of the rows' means by the number of tokens; it is the number of rows.", {
    "own = len(mask)": "own = counted.sum()",
})  # fmt: skip

wrong("14.6", "A row without masked tokens leaves the mean over rows; it counts as 0 and stays in the denominator.", {
    "own = len(mask)": "own = counted.any(1).sum()",
})  # fmt: skip

wrong("14.6", "A row without masked tokens is divided by its number of tokens: 0 / 0 makes the whole loss NaN.", {
    "counted.sum(1, keepdim=True).clamp(min=1)": "counted.sum(1, keepdim=True)",
})  # fmt: skip

wrong("14.6", "A batch without masked tokens is divided by their number: 0 / 0 is NaN.", {
    "/ max(divisor, 1)": "/ (divisor if denominator is None else max(divisor, 1))",
})  # fmt: skip

wrong("14.6", "'constant' is divided by the number of rows as well; the denominator is all it is divided by.", {
    "divisor = own if denominator is None else denominator":
        'divisor = own if denominator is None else denominator * (len(mask) if aggregation == "constant" else 1)',
})  # fmt: skip

wrong("14.6", "The denominator is used with 'constant' alone; with 'token' and 'sequence' it must be used as well.", {
    "own if denominator is None else denominator": 'denominator if aggregation == "constant" else own',
})  # fmt: skip

wrong("14.6", "The denominator is never used, not even with 'constant'.", {
    "own if denominator is None else denominator": "own",
})  # fmt: skip

wrong("14.6", "The denominator divides the batch's own mean once more; it takes the place of the batch's number.", {
    "own if denominator is None else denominator":
        'own if denominator is None else denominator * (1 if aggregation == "constant" else own)',
})  # fmt: skip

wrong("14.6", "A denominator of 0 is taken for none (it is false in Python); it counts as 1.", {
    "own if denominator is None else denominator": "denominator or own",
})  # fmt: skip

wrong("14.6", "A denominator below 1 is divided by as it is; it counts as 1.", {
    "/ max(divisor, 1)": "/ (max(divisor, 1) if denominator is None else divisor)",
})  # fmt: skip

wrong("14.6", "The sign is lost: going down this loss makes good tokens less likely.", {
    "return -objective.sum()": "return objective.sum()",
})  # fmt: skip

wrong("14.6", "The advantages are laid along the columns; each belongs to a row, for all of its tokens.", {
    "advantages.detach()[:, None]": "advantages.detach()",
})  # fmt: skip

wrong("14.6", "The advantages are normalised once more, over the batch; they are used as they come.", {
    "advantages = advantages.detach()[:, None]":
        "advantages = advantages.detach()[:, None]\n"
        "    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)",
})  # fmt: skip

wrong("14.6", "The hidden old log-probs are overwritten in place: the caller's tensor is changed.", {
    "difference = torch.where(counted, log_probs - old_log_probs.detach(), 0.0)":
        "old_log_probs = old_log_probs.detach().masked_fill_(~counted, 0.0)\n"
        "    difference = torch.where(counted, log_probs - old_log_probs, 0.0)",
})  # fmt: skip

wrong("14.6", "An aggregation that does not exist is taken for one that does; it must be refused.", {
    'aggregation not in ("token", "sequence", "constant")': "False",
})  # fmt: skip

wrong("14.6", "'constant' without a denominator divides by the number of tokens; it must be refused.", {
    'aggregation == "constant" and denominator is None': "False",
})  # fmt: skip

wrong("14.6", "The shapes are not checked: what does not fit is broadcast, or ends in another error than ValueError.", {
    "not (log_probs.shape == old_log_probs.shape == mask.shape and advantages.shape == log_probs.shape[:1])": "False",
})  # fmt: skip


# 14.5 token_log_probs

wrong("14.5", "Each token is scored by the logits of its own position, which have already seen it.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, 1:]",
})  # fmt: skip

wrong("14.5", "The logits of position t are asked about token t itself; they speak about token t + 1.", {
    "ids[:, 1:, None]": "ids[:, :-1, None]",
})  # fmt: skip

wrong("14.5", "The shift goes the wrong way: the logits of position t + 1 are asked about token t.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, 1:]",
    "ids[:, 1:, None]": "ids[:, :-1, None]",
})  # fmt: skip

wrong("14.5", "The temperature is ignored; with another one than in sampling, ratios are not 1 at the start.", {
    "torch.float32)) / temperature": "torch.float32))",
})  # fmt: skip

wrong("14.5", "The logits are multiplied by the temperature; it divides them.", {
    "torch.float32)) / temperature": "torch.float32)) * temperature",
})  # fmt: skip

wrong("14.5", "The temperature divides the log-probabilities; divide the logits, before they are normalised.", {
    "torch.float32)) / temperature": "torch.float32))",
    "return chosen - logits.logsumexp(-1)": "return (chosen - logits.logsumexp(-1)) / temperature",
})  # fmt: skip

wrong("14.5", "Only the chosen logit is divided by the temperature; the normaliser is still that of temperature 1.", {
    "torch.float32)) / temperature": "torch.float32))",
    "return chosen - logits.logsumexp(-1)": "return chosen / temperature - logits.logsumexp(-1)",
})  # fmt: skip

wrong("14.5", "You return probabilities; their logarithms are wanted.", {
    "return chosen - logits.logsumexp(-1)": "return (chosen - logits.logsumexp(-1)).exp()",
})  # fmt: skip

wrong("14.5", "The sign is lost: you return negative log-probabilities, as cross_entropy does.", {
    "return chosen - logits.logsumexp(-1)": "return logits.logsumexp(-1) - chosen",
})  # fmt: skip

wrong("14.5", "You return the logits of the tokens: the normaliser over the vocabulary is not subtracted.", {
    "return chosen - logits.logsumexp(-1)": "return chosen",
})  # fmt: skip

wrong("14.5", "The softmax runs over the positions of a row; it must run over the vocabulary.", {
    "chosen = logits.gather(": "chosen = logits.log_softmax(1).gather(",
    "return chosen - logits.logsumexp(-1)": "return chosen",
})  # fmt: skip

wrong("14.5", "The logarithm of a finished softmax: an unlikely token's probability is 0 by then, and log 0 is -inf.", {
    "chosen = logits.gather(": "chosen = logits.softmax(-1).gather(",
    "return chosen - logits.logsumexp(-1)": "return chosen.log()",
})  # fmt: skip

wrong("14.5", "A small constant inside the logarithm keeps it finite but falsifies unlikely tokens' log-probs.", {
    "chosen = logits.gather(": "chosen = logits.softmax(-1).gather(",
    "return chosen - logits.logsumexp(-1)": "return (chosen + 1e-10).log()",
})  # fmt: skip

wrong("14.5", "The normaliser is log(sum(exp(logits))) as written: exp overflows for large logits.", {
    "return chosen - logits.logsumexp(-1)": "return chosen - logits.exp().sum(-1).log()",
})  # fmt: skip

wrong("14.5", "No gradient reaches the model: the result is detached, or computed under no_grad.", {
    "return chosen - logits.logsumexp(-1)": "return (chosen - logits.logsumexp(-1)).detach()",
})  # fmt: skip

wrong("14.5", "The normaliser is detached: the gradient raises a token's logit and never lowers the others.", {
    "return chosen - logits.logsumexp(-1)": "return chosen - logits.logsumexp(-1).detach()",
})  # fmt: skip

wrong("14.5", "The result has the model's half precision; the softmax needs at least float32.", {
    "torch.promote_types(logits.dtype, torch.float32)": "logits.dtype",
})  # fmt: skip

wrong("14.5", "The cast to float32 comes after the softmax: by then half precision has rounded everything.", {
    "torch.promote_types(logits.dtype, torch.float32)": "logits.dtype",
    "return chosen - logits.logsumexp(-1)":
        "result = chosen - logits.logsumexp(-1)\n"
        "    return result.to(torch.promote_types(result.dtype, torch.float32))",
})  # fmt: skip

wrong("14.5", "A model of double precision is rounded to float32; its own precision is to be kept.", {
    "torch.promote_types(logits.dtype, torch.float32)": "torch.float32",
})  # fmt: skip

wrong("14.5", "squeeze() without a dimension also drops the batch or the length where that is 1.", {
    "chosen = logits.gather(-1, ids[:, 1:, None]).squeeze(-1)":
        "chosen = logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze()",
    "return chosen - logits.logsumexp(-1)": "return chosen",
})  # fmt: skip

wrong("14.5", "A column for the first token is put in front; the result has one column fewer than ids.", {
    "return chosen - logits.logsumexp(-1)":
        "return torch.nn.functional.pad(chosen - logits.logsumexp(-1), (1, 0))",
})  # fmt: skip

wrong("14.5", "The log-probabilities are summed over each row; one number per token is wanted.", {
    "return chosen - logits.logsumexp(-1)": "return (chosen - logits.logsumexp(-1)).sum(-1)",
})  # fmt: skip

wrong("14.5", "You give the log-probability of the likeliest token; the token that stands in ids is wanted.", {
    "chosen = logits.gather(-1, ids[:, 1:, None]).squeeze(-1)": "chosen = logits.amax(-1)",
})  # fmt: skip

wrong("14.5", "Tokens with id 0 get log-probability 0, as if they were padding; hiding tokens is the mask's work.", {
    "return chosen - logits.logsumexp(-1)": "return (chosen - logits.logsumexp(-1)) * (ids[:, 1:] != 0)",
})  # fmt: skip

wrong("14.5", "An attention mask made by comparing ids with 0 hides real tokens from the model; none is needed.", {
    "model(ids).logits[:, :-1]": "model(ids, attention_mask=(ids != 0).long()).logits[:, :-1]",
})  # fmt: skip

wrong("14.5", "The tokens are shifted inside ids itself: the caller's batch is changed.", {
    "chosen = logits.gather(-1, ids[:, 1:, None])":
        "ids[:, :-1] = ids[:, 1:].clone()\n    chosen = logits.gather(-1, ids[:, :-1, None])",
})  # fmt: skip

# 14.7 grpo_loss

wrong("14.7", "The mask is cut at the wrong end: column t of the log-probs is about token t + 1.", {
    "token_mask = mask[:, 1:]": "token_mask = mask[:, :-1]",
})  # fmt: skip

wrong("14.7", "The mask is not used: prompt and padding are trained as if the model had written them.", {
    "token_mask = mask[:, 1:]": "token_mask = torch.ones_like(mask[:, 1:])",
})  # fmt: skip

wrong("14.7", "A mask made by comparing ids with 0 counts the prompt too; use the one that is given.", {
    "token_mask = mask[:, 1:]": "token_mask = (ids[:, 1:] != 0).long()",
})  # fmt: skip

wrong("14.7", "Everything is shifted twice: the first column of the log-probs is thrown away.", {
    "log_probs = token_log_probs(model, ids, temperature)":
        "log_probs = token_log_probs(model, ids, temperature)[:, 1:]\n    old_log_probs = old_log_probs[:, 1:]",
    "token_mask = mask[:, 1:]": "token_mask = mask[:, 2:]",
})  # fmt: skip

wrong("14.7", "The temperature does not reach token_log_probs.", {
    "token_log_probs(model, ids, temperature)": "token_log_probs(model, ids)",
})  # fmt: skip

wrong("14.7", "The temperature is applied twice: token_log_probs has already divided the logits by it.", {
    "token_log_probs(model, ids, temperature)": "token_log_probs(model, ids, temperature) / temperature",
})  # fmt: skip

wrong("14.7", "The loss does not get epsilon: it clips at 0.2 whatever is asked for.", {
    "token_mask, epsilon, aggregation, denominator)":
        "token_mask, aggregation=aggregation, denominator=denominator)",
})  # fmt: skip

wrong("14.7", "The clip fraction does not get epsilon: it counts at 0.2 whatever is asked for.", {
    "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)":
        "clip_fraction(log_probs, old_log_probs, advantages, token_mask, 0.2)",
})  # fmt: skip

wrong("14.7", "The aggregation is not passed on: it is the token mean whatever is asked for.", {
    "token_mask, epsilon, aggregation, denominator)": "token_mask, epsilon, denominator=denominator)",
})  # fmt: skip

wrong("14.7", "The denominator is not passed on: micro-batches are divided by their own sizes.", {
    "token_mask, epsilon, aggregation, denominator)": "token_mask, epsilon, aggregation)",
})  # fmt: skip

wrong("14.7", "The stored log-probs are not used: the ratio compares the model with itself and is always 1.", {
    "token_log_probs(model, ids, temperature)":
        "token_log_probs(model, ids, temperature)\n    old_log_probs = log_probs.detach()",
})  # fmt: skip

wrong("14.7", "New and old log-probs are swapped: the ratio is upside down, and no gradient reaches the model.", {
    "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask": 
        "ppo_clip_loss(old_log_probs, log_probs, advantages, token_mask",
})  # fmt: skip

wrong("14.7", "New and old log-probs are swapped in the clip fraction: its ratio is upside down.", {
    "clip_fraction(log_probs, old_log_probs, advantages": "clip_fraction(old_log_probs, log_probs, advantages",
})  # fmt: skip

wrong("14.7", "The present log-probs are detached: no gradient reaches the model.", {
    "token_log_probs(model, ids, temperature)": "token_log_probs(model, ids, temperature).detach()",
})  # fmt: skip

wrong("14.7", "The loss is returned as a Python number; it must be a tensor that can be differentiated.", {
    "return loss, {": "return loss.item(), {",
})  # fmt: skip

wrong("14.7", "Only the loss is returned; the dictionary with the clip fraction is missing.", {
    "return loss, {": "return loss\n    return loss, {",
})  # fmt: skip

wrong("14.7", "The clip fraction is returned bare, not under its name in a dictionary.", {
    'return loss, {"clip_fraction": clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)}':
        "return loss, clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)",
})  # fmt: skip

wrong("14.7", "The clip fraction does not get the mask: prompt and padding are counted too.", {
    "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)":
        "clip_fraction(log_probs, old_log_probs, advantages, torch.ones_like(token_mask), epsilon)",
})  # fmt: skip

wrong("14.7", "The clip fraction gets mask[:, :-1], one column off from the mask that the loss gets.", {
    "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)":
        "clip_fraction(log_probs, old_log_probs, advantages, mask[:, :-1], epsilon)",
})  # fmt: skip

wrong("14.7", "The advantages have the mean of the batch subtracted; they belong to their groups and are ready.", {
    "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask":
        "ppo_clip_loss(log_probs, old_log_probs, advantages - advantages.mean(), token_mask",
})  # fmt: skip

wrong("14.7", "The advantages are spread over the tokens before the call; ppo_clip_loss takes one for each row.", {
    "ppo_clip_loss(log_probs, old_log_probs, advantages, token_mask":
        "ppo_clip_loss(log_probs, old_log_probs, advantages[:, None].expand_as(log_probs), token_mask",
})  # fmt: skip

wrong("14.7", "The loss is divided by the number of rows; ppo_clip_loss has aggregated it already.", {
    "return loss, {": "loss = loss / len(ids)\n    return loss, {",
})  # fmt: skip

wrong("14.7", "The sign is turned round once more: ppo_clip_loss is a loss already, to be made small.", {
    "return loss, {": "loss = -loss\n    return loss, {",
})  # fmt: skip

wrong("14.7", "What the mask hides is set to 0 in old_log_probs itself: the stored values are lost to the caller.", {
    "token_mask = mask[:, 1:]": "token_mask = mask[:, 1:]\n    old_log_probs.masked_fill_(token_mask == 0, 0.0)",
})  # fmt: skip

wrong("14.7", "A KL penalty towards the old policy is added to the loss; this lesson's loss has none.", {
    "return loss, {":
        "gap = (old_log_probs - log_probs)[token_mask.bool()]\n"
        "    loss = loss + 0.04 * (gap.exp() - gap - 1).mean()\n"
        "    return loss, {",
})  # fmt: skip

wrong("14.7", "The clip fraction counts all ratios outside the region; the sign of A decides which are cut off.", {
    "return loss, {":
        "ratio = (log_probs.detach() - old_log_probs).exp()\n"
        "    outside = ((ratio > 1 + epsilon) | (ratio < 1 - epsilon)) & token_mask.bool()\n"
        '    return loss, {"clip_fraction": outside.sum().item() / max(token_mask.sum().item(), 1)}\n'
        "    return loss, {",
})  # fmt: skip

wrong("14.7", "The clip fraction is a share of all columns; it is a share of the masked tokens.", {
    "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon)":
        "clip_fraction(log_probs, old_log_probs, advantages, token_mask, epsilon) * token_mask.double().mean().item()",
})  # fmt: skip

# 14.8 generate

wrong("14.8", "The prompts are padded on the right: the last column of a short prompt is padding, not its end.", {
    "[[pad] * (width - len(row)) + row for row in encoded]": "[row + [pad] * (width - len(row)) for row in encoded]",
    "[[0] * (width - len(row)) + [1] * len(row) for row in encoded]":
        "[[1] * len(row) + [0] * (width - len(row)) for row in encoded]",
})  # fmt: skip

wrong("14.8", "The attention mask is 1 on the padding too: short prompts look at padding.", {
    "[[0] * (width - len(row)) + [1] * len(row) for row in encoded]": "[[1] * width for row in encoded]",
    "position_ids = (attention_mask.cumsum(1) - 1).clamp(min=0)":
        "hidden = [[0] * (width - len(row)) + [1] * len(row) for row in encoded]\n"
        "    position_ids = (torch.tensor(hidden, device=device).cumsum(1) - 1).clamp(min=0)",
})  # fmt: skip

wrong("14.8", "Positions are counted from the first column, so the padding counts; each prompt starts at 0.", {
    "position_ids = (attention_mask.cumsum(1) - 1).clamp(min=0)":
        "position_ids = torch.arange(width, device=device).expand(len(encoded), -1)",
})  # fmt: skip

wrong("14.8", "The positions of new tokens count the padding (they go on from the width of the prompts).", {
    "position = position_ids[:, -1:].repeat_interleave(group_size, dim=0)":
        "position = torch.full((len(logits), 1), width - 1, device=device)",
})  # fmt: skip

wrong("14.8", "The position stands still: all new tokens are fed with the same one.", {
    "        position = position + 1\n": "",
    "position = position_ids[:, -1:].repeat_interleave": "position = position_ids[:, -1:].add(1).repeat_interleave",
})  # fmt: skip

wrong("14.8", "New tokens' positions are one too low: the first is fed with that of the prompt's last token.", {
    "        position = position + 1\n": "",
    "past_key_values=cache, use_cache=True\n        ).logits[:, -1]":
        "past_key_values=cache, use_cache=True\n        ).logits[:, -1]\n        position = position + 1",
})  # fmt: skip

wrong("14.8", "The positions on the padding are -1, which is no position: they must be at least 0.", {
    "(attention_mask.cumsum(1) - 1).clamp(min=0)": "attention_mask.cumsum(1) - 1",
})  # fmt: skip

wrong("14.8", "The attention mask does not grow with the tokens; it covers the cached columns and the new one.", {
    "        attention_mask = torch.cat([attention_mask, torch.ones_like(token)], dim=1)\n": "",
})  # fmt: skip

wrong("14.8", "The cache is not repeated: it has one row per prompt where the new tokens have one per completion.", {
    "    cache.batch_repeat_interleave(group_size)\n": "",
})  # fmt: skip

wrong("14.8", "Logits, mask and positions are repeated as p1 p2 p1 p2; completions come prompt by prompt.", {
    "output.logits[:, -1].repeat_interleave(group_size, dim=0)": "output.logits[:, -1].repeat(group_size, 1)",
    "attention_mask = attention_mask.repeat_interleave(group_size, dim=0)":
        "attention_mask = attention_mask.repeat(group_size, 1)",
    "position_ids[:, -1:].repeat_interleave(group_size, dim=0)": "position_ids[:, -1:].repeat(group_size, 1)",
})  # fmt: skip

wrong("14.8", "The prompts are repeated before the first forward: it runs over P * G rows, where P are enough.", {
    "[tokenizer.encode(prompt) for prompt in prompts]":
        "[tokenizer.encode(prompt) for prompt in prompts for _ in range(group_size)]",
    "    cache.batch_repeat_interleave(group_size)\n": "",
    "output.logits[:, -1].repeat_interleave(group_size, dim=0)": "output.logits[:, -1]",
    "    attention_mask = attention_mask.repeat_interleave(group_size, dim=0)\n": "",
    "position_ids[:, -1:].repeat_interleave(group_size, dim=0)": "position_ids[:, -1:]",
})  # fmt: skip

wrong("14.8", "The temperature is ignored: tokens are drawn, and scored, at temperature 1.", {
    "(logits.float() / temperature).log_softmax(-1)": "logits.float().log_softmax(-1)",
})  # fmt: skip

wrong("14.8", "The logits are multiplied by the temperature; it divides them.", {
    "(logits.float() / temperature).log_softmax(-1)": "(logits.float() * temperature).log_softmax(-1)",
})  # fmt: skip

wrong("14.8", "The stored log-probs are those of temperature 1, not of the distribution that was drawn from.", {
    "log_probs.append(distribution.gather(-1, token))":
        "log_probs.append(logits.float().log_softmax(-1).gather(-1, token))",
})  # fmt: skip

wrong("14.8", "Tokens are drawn at temperature 1, while their log-probs are taken at the temperature that was asked.", {
    "torch.multinomial(distribution.exp(), 1": "torch.multinomial(logits.float().softmax(-1), 1",
})  # fmt: skip

wrong("14.8", "Probabilities are stored where log-probabilities are wanted.", {
    "log_probs.append(distribution.gather(-1, token))": "log_probs.append(distribution.gather(-1, token).exp())",
})  # fmt: skip

wrong("14.8", "The logits of the tokens are stored, not normalised over the vocabulary.", {
    "log_probs.append(distribution.gather(-1, token))":
        "log_probs.append((logits.float() / temperature).gather(-1, token))",
})  # fmt: skip

wrong("14.8", "multinomial is given log-probabilities; it draws from probabilities.", {
    "torch.multinomial(distribution.exp(), 1": "torch.multinomial(distribution, 1",
})  # fmt: skip

wrong("14.8", "The likeliest token is taken every time: nothing is sampled, so all completions are equal.", {
    "torch.multinomial(distribution.exp(), 1, generator=generator)": "distribution.argmax(-1, keepdim=True)",
})  # fmt: skip

wrong("14.8", "The generator is not used: tokens are drawn from torch's global random state.", {
    "torch.multinomial(distribution.exp(), 1, generator=generator)": "torch.multinomial(distribution.exp(), 1)",
})  # fmt: skip

wrong("14.8", "Without a generator a fixed seed is used: every call gives the same completions.", {
    "tokens, log_probs = [], []":
        "if generator is None:\n        generator = torch.Generator(device=device).manual_seed(0)\n"
        "    tokens, log_probs = [], []",
})  # fmt: skip

wrong("14.8", "One draw serves all completions of a prompt: they must be drawn independently.", {
    "token = torch.multinomial(distribution.exp(), 1, generator=generator)":
        "token = torch.multinomial(distribution.exp()[::group_size], 1, generator=generator)\n"
        "        token = token.repeat_interleave(group_size, dim=0)",
})  # fmt: skip

wrong("14.8", "eos_token_id is ignored: only the tokenizer's own EOS ends a completion.", {
    "if eos_token_id is None:\n        eos_token_id = tokenizer.eos_token_id":
        "eos_token_id = tokenizer.eos_token_id",
})  # fmt: skip

wrong("14.8", "An eos_token_id of 0 counts as none given: 0 is false in Python, but it is an id.", {
    "if eos_token_id is None:": "if not eos_token_id:",
})  # fmt: skip

wrong("14.8", "Of several EOS ids only the first ends a completion.", {
    "list(eos_token_id), device=device)": "[list(eos_token_id)[0]], device=device)",
})  # fmt: skip

wrong("14.8", "The EOS is cut off with what follows it; a completion ends with its EOS.", {
    "is_end.int().argmax(1) + 1, all_ids": "is_end.int().argmax(1), all_ids",
})  # fmt: skip

wrong("14.8", "The completions are not cut after their first EOS.", {
    "torch.where(is_end.any(1), is_end.int().argmax(1) + 1, all_ids.shape[1]).tolist()":
        "[all_ids.shape[1]] * len(all_ids)",
})  # fmt: skip

wrong("14.8", "A completion is cut after its last EOS; what is drawn after the first does not belong to it.", {
    "is_end.int().argmax(1) + 1, all_ids": "all_ids.shape[1] - is_end.int().flip(1).argmax(1), all_ids",
})  # fmt: skip

wrong("14.8", "A row without an EOS is cut to one token: argmax gives 0 where there is no 1 to find.", {
    "torch.where(is_end.any(1), is_end.int().argmax(1) + 1, all_ids.shape[1]).tolist()":
        "(is_end.int().argmax(1) + 1).tolist()",
})  # fmt: skip

wrong("14.8", "Lengths are found by comparing ids with the padding token: an EOS or a drawn token may have that id.", {
    "torch.where(is_end.any(1), is_end.int().argmax(1) + 1, all_ids.shape[1]).tolist()":
        "torch.where(is_end.cumsum(1) - is_end.int() > 0, pad, all_ids).ne(pad).sum(1).tolist()",
})  # fmt: skip

wrong("14.8", "The ids are cut after the EOS and the log-probs are not; there must be one for each token.", {
    "[row[:n] for row, n in zip(all_log_probs, lengths, strict=True)]": "list(all_log_probs)",
})  # fmt: skip

wrong("14.8", "The loop goes on to max_new_tokens when every completion has long ended.", {
    "if ended.all() or len(tokens) == max_new_tokens:": "if len(tokens) == max_new_tokens:",
})  # fmt: skip

wrong("14.8", "The loop stops as soon as one completion has ended; it must wait for all of them.", {
    "if ended.all() or": "if ended.any() or",
})  # fmt: skip

wrong("14.8", "The loop stops only when all rows draw an EOS in the same step: who ended earlier is forgotten.", {
    "ended |= torch.isin": "ended = torch.isin",
})  # fmt: skip

wrong("14.8", "One token too many: a completion may have max_new_tokens + 1 of them.", {
    "len(tokens) == max_new_tokens": "len(tokens) > max_new_tokens",
})  # fmt: skip

wrong("14.8", "One forward too many: the last token is fed to the model, and nobody needs those logits.", {
    "        if ended.all() or len(tokens) == max_new_tokens:\n            break\n": "",
    "past_key_values=cache, use_cache=True\n        ).logits[:, -1]":
        "past_key_values=cache, use_cache=True\n        ).logits[:, -1]\n"
        "        if ended.all() or len(tokens) == max_new_tokens:\n            break",
})  # fmt: skip

wrong("14.8", "The log-probs are in the model's own precision; float32 is wanted.", {
    "(logits.float() / temperature).log_softmax(-1)": "(logits / temperature).log_softmax(-1)",
})  # fmt: skip

wrong("14.8", "The softmax is computed in half precision and cast to float32 afterwards: the log-probs are rounded.", {
    "(logits.float() / temperature).log_softmax(-1)": "(logits / temperature).log_softmax(-1).float()",
})  # fmt: skip

wrong("14.8", "Gradients are recorded while sampling: the log-probs carry the whole computation along.", {
    "@torch.no_grad()\n": "",
})  # fmt: skip

wrong("14.8", "The prompt stands in front of the ids that are returned; a completion is the new tokens alone.", {
    "[row[:n] for row, n in zip(all_ids, lengths, strict=True)]":
        "[torch.cat([torch.tensor(encoded[i // group_size], device=device), all_ids[i, :n]])\n"
        "         for i, n in enumerate(lengths)]",
})  # fmt: skip

wrong("14.8", "The cache is not used: every forward reads the whole sequence again.", {
    "output.past_key_values\n    cache.batch_repeat_interleave(group_size)": "ids.repeat_interleave(group_size, dim=0)",
    "position = position_ids[:, -1:].repeat_interleave(": "position = position_ids.repeat_interleave(",
    "position = position + 1\n": "position = torch.cat([position, position[:, -1:] + 1], dim=1)\n",
    "        logits = model(\n            token, attention_mask=attention_mask, position_ids=position, "
    "past_key_values=cache, use_cache=True\n        ).logits[:, -1]":
        "        cache = torch.cat([cache, token], dim=1)\n"
        "        logits = model(cache, attention_mask=attention_mask, position_ids=position).logits[:, -1]",
})  # fmt: skip

# 14.9 generate_group

wrong("14.9", "Prompts and ground truths of different numbers are not refused: what is too much is dropped silently.", {
    "if len(prompts) != len(ground_truths):": "if False:",
    "zip(truths, responses, strict=True)": "zip(truths, responses, strict=False)",
})  # fmt: skip

wrong("14.9", "Unequal numbers end in an AssertionError; a ValueError is asked for.", {
    "raise ValueError(f\"as many ground": "raise AssertionError(f\"as many ground",
})  # fmt: skip

wrong("14.9", "The truths are repeated as t1 t2 t1 t2, so responses are judged by another prompt's truth.", {
    "[truth for truth in ground_truths for _ in range(group_size)]": "list(ground_truths) * group_size",
})  # fmt: skip

wrong("14.9", "The prompts are repeated as p1 p2 p1 p2, while the responses come prompt by prompt.", {
    "prompts=[prompt for prompt in prompts for _ in range(group_size)]": "prompts=list(prompts) * group_size",
})  # fmt: skip

wrong("14.9", "The prompts are not repeated: there must be one for each completion.", {
    "prompts=[prompt for prompt in prompts for _ in range(group_size)]": "prompts=list(prompts)",
})  # fmt: skip

wrong("14.9", "The responses are decoded with their special tokens: the EOS becomes part of the text.", {
    "tokenizer.decode(ids.tolist(), skip_special_tokens=True)": "tokenizer.decode(ids.tolist())",
})  # fmt: skip

wrong("14.9", "The reward function gets its arguments in the wrong order: the truth comes first.", {
    "float(reward(t, r))": "float(reward(r, t))",
})  # fmt: skip

wrong("14.9", "The reward function that is given is ignored: calculate_reward is always used.", {
    "float(reward(t, r))": "float(calculate_reward(t, r))",
})  # fmt: skip

wrong("14.9", "The reward is computed on prompt and response together; a number in the prompt is no answer.", {
    "rewards = torch.tensor([float(reward(t, r)) for t, r in zip(truths, responses, strict=True)])":
        "texts = [prompts[i // group_size] + r for i, r in enumerate(responses)]\n"
        "    rewards = torch.tensor([float(reward(t, r)) for t, r in zip(truths, texts, strict=True)])",
})  # fmt: skip

wrong("14.9", "The rewards are whole numbers: a reward function may give fractions.", {
    "float(reward(t, r))": "float(int(reward(t, r)))",
})  # fmt: skip

wrong("14.9", "The temperature does not reach generate.", {
    "group_size, max_new_tokens, temperature, generator=generator": "group_size, max_new_tokens, generator=generator",
})  # fmt: skip

wrong("14.9", "max_new_tokens does not reach generate.", {
    "group_size, max_new_tokens, temperature, generator=generator":
        "group_size, temperature=temperature, generator=generator",
})  # fmt: skip

wrong("14.9", "The generator does not reach generate: completions depend on torch's global random state.", {
    "max_new_tokens, temperature, generator=generator": "max_new_tokens, temperature",
})  # fmt: skip

wrong("14.9", "The generator is passed by place and lands in generate's eos_token_id, which stands before it.", {
    "max_new_tokens, temperature, generator=generator": "max_new_tokens, temperature, generator",
})  # fmt: skip

wrong("14.9", "divide_by_std does not reach group_advantages.", {
    "group_advantages(rewards, group_size, divide_by_std=divide_by_std)": "group_advantages(rewards, group_size)",
})  # fmt: skip

wrong("14.9", "divide_by_std is passed by place and lands in eps of group_advantages, which stands before it.", {
    "group_advantages(rewards, group_size, divide_by_std=divide_by_std)":
        "group_advantages(rewards, group_size, divide_by_std)",
})  # fmt: skip

wrong("14.9", "The advantages compare all responses with each other; each belongs to its own prompt's group.", {
    "group_advantages(rewards, group_size, divide_by_std": "group_advantages(rewards, len(rewards), divide_by_std",
})  # fmt: skip

wrong("14.9", "The groups are as large as the number of prompts; a group is the completions of one prompt.", {
    "group_advantages(rewards, group_size, divide_by_std": "group_advantages(rewards, len(prompts), divide_by_std",
})  # fmt: skip

wrong("14.9", "The plain rewards are returned as advantages.", {
    "advantages=group_advantages(rewards, group_size, divide_by_std=divide_by_std)": "advantages=rewards.clone()",
})  # fmt: skip

wrong("14.9", "The token ids are made again from the decoded text: the EOS is gone, and other tokens may come out.", {
    "        token_ids=token_ids,": "        token_ids=[torch.tensor(tokenizer.encode(r)) for r in responses],",
})  # fmt: skip

wrong("14.9", "The log-probs are summed over each response; one for each token is wanted.", {
    "        log_probs=log_probs,": "        log_probs=[row.sum() for row in log_probs],",
})  # fmt: skip


# 14.11 GRPOTrainer.batch_of

wrong("14.11", "The stored log-probabilities stand one column too far right: column t belongs to the token at t + 1.", {
    "torch.zeros(mask[:, 1:].shape, dtype": "torch.zeros(mask.shape, dtype",
    "old_log_probs[mask[:, 1:].bool()] = torch.cat(rollout.log_probs)  # both run row by row":
        "old_log_probs[mask.bool()] = torch.cat(rollout.log_probs)\n        old_log_probs = old_log_probs[:, :-1]",
})  # fmt: skip

wrong("14.11", "old_log_probs has a column for each token; the first token of a row has no log-probability.", {
    "torch.zeros(mask[:, 1:].shape, dtype": "torch.zeros(mask.shape, dtype",
    "old_log_probs[mask[:, 1:].bool()]": "old_log_probs[mask.bool()]",
})  # fmt: skip

wrong("14.11", "old_log_probs is only as wide as the longest response; the prompts need places, too.", {
    "old_log_probs = torch.zeros(mask[:, 1:].shape, dtype=rollout.log_probs[0].dtype, device=ids.device)":
        "old_log_probs = torch.nn.utils.rnn.pad_sequence(rollout.log_probs, batch_first=True)",
    "        old_log_probs[mask[:, 1:].bool()] = torch.cat(rollout.log_probs)  # both run row by row\n": "",
})  # fmt: skip

wrong("14.11", "Each row's log-probabilities begin at column 0, beside the prompt; they belong beside the response.", {
    "old_log_probs[mask[:, 1:].bool()] = torch.cat(rollout.log_probs)  # both run row by row":
        "for row, stored in zip(old_log_probs, rollout.log_probs, strict=True):\n"
        "            row[: len(stored)] = stored",
})  # fmt: skip

wrong("14.11", "Each row's log-probabilities stand at its right end, but there the shorter rows have padding.", {
    "old_log_probs[mask[:, 1:].bool()] = torch.cat(rollout.log_probs)  # both run row by row":
        "for row, stored in zip(old_log_probs, rollout.log_probs, strict=True):\n"
        "            row[-len(stored) :] = stored",
})  # fmt: skip

wrong("14.11", "Prompt and padding have -inf in your old_log_probs; they should have 0.", {
    "torch.zeros(mask[:, 1:].shape, dtype": "torch.full(mask[:, 1:].shape, -torch.inf, dtype",
})  # fmt: skip

wrong("14.11", "You compute the log-probabilities anew with the present model; the stored ones are wanted.", {
    "import grpo_loss": "import grpo_loss, token_log_probs",
    "= torch.cat(rollout.log_probs)  # both":
        "= token_log_probs(self.model, ids).detach().to(old_log_probs.dtype)[mask[:, 1:].bool()]  # both",
})  # fmt: skip

wrong("14.11", "Your old_log_probs have an integer type, which cuts off everything behind the decimal point.", {
    "torch.zeros(mask[:, 1:].shape, dtype=rollout.log_probs[0].dtype, device=ids.device)":
        "torch.zeros_like(mask[:, 1:])",
    "= torch.cat(rollout.log_probs)  # both": "= torch.cat(rollout.log_probs).long()  # both",
})  # fmt: skip


@wrong(
    "14.11", "You encode the decoded responses again: their EOS is lost; the rollout has the sampled ids themselves."
)
def batch_of(self, rollout):
    device = rollout.token_ids[0].device
    again = [torch.tensor(self.tokenizer.encode(text), dtype=torch.long) for text in rollout.responses]
    ids, mask = self.dataset.get_batch(rollout.prompts, again, device)
    old_log_probs = torch.zeros(mask[:, 1:].shape, dtype=rollout.log_probs[0].dtype, device=device)
    for row, new, stored in zip(range(len(ids)), again, rollout.log_probs, strict=True):
        start = len(self.tokenizer.encode(rollout.prompts[row])) - 1
        old_log_probs[row, start : start + len(new)] = stored[: len(new)]
    return ids, mask, old_log_probs


wrong("14.11", "You return mask[:, 1:]; the mask must keep its first column, the loss shifts it itself.", {
    "return ids, mask, old_log_probs": "return ids, mask[:, 1:], old_log_probs",
})  # fmt: skip

wrong("14.11", "Every token of a response has their sum as its log-probability; each token should keep its own.", {
    "= torch.cat(rollout.log_probs)  # both":
        "= torch.cat([stored.sum().expand(len(stored)) for stored in rollout.log_probs])  # both",
})  # fmt: skip

wrong("14.11", "You store probabilities: exp was applied to the rollout's log-probabilities.", {
    "= torch.cat(rollout.log_probs)  # both": "= torch.cat(rollout.log_probs).exp()  # both",
})  # fmt: skip

# 14.12 GRPOTrainer.update


@wrong("14.12", "Micro-batches have their own denominators and are then averaged: a mean of means is no mean.")
def update(self, ids, mask, advantages, old_log_probs):
    config, rows = self.config, len(ids)
    tokens = mask[:, 1:].sum().item()
    metrics = {"loss": 0.0, "clip_fraction": 0.0}
    parts = torch.arange(rows).split(config.micro_batch_size or rows)
    self.optimizer.zero_grad()
    for part in parts:
        own = len(part) * config.max_new_tokens if config.aggregation == "constant" else None
        loss, seen = grpo_loss(
            self.model, ids[part], mask[part], advantages[part], old_log_probs[part],
            config.epsilon, config.temperature, config.aggregation, own,
        )  # fmt: skip
        loss = loss / len(parts)
        loss.backward()
        metrics["loss"] += loss.item()
        metrics["clip_fraction"] += seen["clip_fraction"] * mask[part, 1:].sum().item() / max(tokens, 1)
    grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)
    self.optimizer.step()
    return {**metrics, "grad_norm": grad_norm.item()}


wrong("14.12", "Each micro-batch has its own denominator, so their sum grows with the number of micro-batches.", {
    "config.epsilon, config.temperature, config.aggregation, denominator,":
        "config.epsilon, config.temperature, config.aggregation,\n"
        "                len(part) * config.max_new_tokens if config.aggregation == 'constant' else None,",
})  # fmt: skip

wrong("14.12", "Besides the whole batch's denominator, each loss is divided by the number of micro-batches.", {
    "            loss.backward()":
        "            loss = loss / -(-rows // (config.micro_batch_size or rows))\n            loss.backward()",
})  # fmt: skip

wrong("14.12", "The denominator of \"token\" counts all positions of the batch, prompt and padding too.", {
    '"token": tokens,': '"token": mask[:, 1:].numel(),',
})  # fmt: skip

wrong("14.12", "The denominator of \"token\" counts all tokens that are not padding, the prompts' too.", {
    '"token": tokens,': '"token": (ids != self.tokenizer.pad_token_id).sum().item(),',
})  # fmt: skip

wrong("14.12", "Rows without a response token are left out of the denominator of \"sequence\".", {
    '"sequence": rows,': '"sequence": mask[:, 1:].any(1).sum().item(),',
})  # fmt: skip

wrong("14.12", "The denominator of \"constant\" forgets the rows: the update grows with the size of the batch.", {
    '"constant": rows * config.max_new_tokens': '"constant": config.max_new_tokens',
})  # fmt: skip

wrong("14.12", "The denominator of \"constant\" has the batch's width, which depends on lengths, for max_new_tokens.", {
    '"constant": rows * config.max_new_tokens': '"constant": rows * mask[:, 1:].shape[1]',
})  # fmt: skip

wrong("14.12", "The gradient is cleared for each micro-batch, so only the last one counts.", {
    "        self.optimizer.zero_grad()\n": "",
    "            loss.backward()": "            self.optimizer.zero_grad()\n            loss.backward()",
})  # fmt: skip

wrong("14.12", "Old gradients are not cleared: what was left in .grad before is added to this update.", {
    "        self.optimizer.zero_grad()\n": "",
})  # fmt: skip

wrong("14.12", "The optimizer steps after each micro-batch; there should be one step for the whole batch.", {
    "        self.optimizer.step()\n        return {**metrics": "        return {**metrics",
    '            metrics["loss"] += loss.item()':
        '            self.optimizer.step()\n            metrics["loss"] += loss.item()',
})  # fmt: skip

wrong("14.12", "The gradient is clipped after each micro-batch; only the sum of all of them should be.", {
    "        grad_norm = nn.utils": "            grad_norm = nn.utils",
})  # fmt: skip

wrong("14.12", "The clipping of the gradient does not reach the optimizer's step.", {
    "        grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)\n"
    "        self.optimizer.step()\n":
        "        self.optimizer.step()\n"
        "        grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.max_grad_norm)\n",
})  # fmt: skip

wrong("14.12", "The gradient's norm is clipped to 1, whatever config.max_grad_norm says.", {
    "self.model.parameters(), config.max_grad_norm)": "self.model.parameters(), 1.0)",
})  # fmt: skip

wrong("14.12", "Each entry of the gradient is clipped on its own; it is the norm of the whole that has a bound.", {
    "clip_grad_norm_(self.model.parameters(), config.max_grad_norm)":
        "clip_grad_norm_(self.model.parameters(), float('inf'))\n"
        "        nn.utils.clip_grad_value_(self.model.parameters(), config.max_grad_norm)",
})  # fmt: skip

wrong("14.12", "The gradient is scaled to the norm max_grad_norm even where it is smaller.", {
    "clip_grad_norm_(self.model.parameters(), config.max_grad_norm)":
        "clip_grad_norm_(self.model.parameters(), float('inf'))\n"
        "        for p in self.model.parameters():\n"
        "            if p.grad is not None:\n"
        "                p.grad *= config.max_grad_norm / (grad_norm + 1e-6)",
})  # fmt: skip

wrong("14.12", "grad_norm is the norm after clipping; the one before it is asked for.", {
    '"grad_norm": grad_norm.item()': '"grad_norm": min(grad_norm.item(), config.max_grad_norm)',
})  # fmt: skip

wrong("14.12", "config.temperature does not reach the loss: the log-probabilities are those of temperature 1.", {
    "config.epsilon, config.temperature, config.aggregation, denominator": 
        "config.epsilon, 1.0, config.aggregation, denominator",
})  # fmt: skip

wrong("14.12", "config.epsilon does not reach the loss: it always clips at 0.2.", {
    "config.epsilon, config.temperature, config.aggregation, denominator": 
        "0.2, config.temperature, config.aggregation, denominator",
})  # fmt: skip

wrong("14.12", "epsilon and temperature are handed to the loss in each other's place.", {
    "config.epsilon, config.temperature, config.aggregation, denominator": 
        "config.temperature, config.epsilon, config.aggregation, denominator",
})  # fmt: skip

wrong("14.12", "config.aggregation does not reach the loss, which always sums over tokens as for \"token\".", {
    "config.epsilon, config.temperature, config.aggregation, denominator": 
        'config.epsilon, config.temperature, "token", denominator',
})  # fmt: skip

wrong("14.12", "The loss that is returned is that of the last micro-batch, not of the whole batch.", {
    'metrics["loss"] += loss.item()': 'metrics["loss"] = loss.item()',
})  # fmt: skip

wrong("14.12", "clip_fraction is a plain mean over micro-batches, though they differ in their numbers of tokens.", {
    "mask[part, 1:].sum().item() / max(tokens, 1)": "1 / -(-rows // (config.micro_batch_size or rows))",
})  # fmt: skip

wrong("14.12", "A batch without a response token ends in a division by zero; its clip_fraction is 0.", {
    " / max(tokens, 1)": " / tokens",
})  # fmt: skip

wrong("14.12", "The rows that do not fill a last micro-batch are left out.", {
    "torch.arange(rows).split(config.micro_batch_size or rows)":
        "torch.arange(rows - rows % (config.micro_batch_size or rows)).split(config.micro_batch_size or rows)",
})  # fmt: skip

wrong("14.12", "The batch is cut into micro_batch_size parts; it is the number of rows in each.", {
    "torch.arange(rows).split(config.micro_batch_size or rows)":
        "torch.arange(rows).chunk(config.micro_batch_size or 1)",
})  # fmt: skip

wrong("14.12", "All rows go through the model at once, whatever config.micro_batch_size says.", {
    ".split(config.micro_batch_size or rows)": ".split(rows)",
})  # fmt: skip

wrong("14.12", "micro_batch_size = 0 is taken for 1: the rows go one by one where all at once is meant.", {
    ".split(config.micro_batch_size or rows)": ".split(config.micro_batch_size or 1)",
})  # fmt: skip

wrong("14.12", "The sign of the loss is turned before backward: the update makes bad responses more likely.", {
    "            loss.backward()": "            (-loss).backward()",
})  # fmt: skip

wrong("14.12", "The advantages are normalised again over the batch; they are to be used as they are.", {
    "        self.optimizer.zero_grad()\n":
        "        self.optimizer.zero_grad()\n"
        "        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)\n",
})  # fmt: skip

wrong("14.12", "old_log_probs are replaced by those of the present model: the ratio is always 1.", {
    "import grpo_loss": "import grpo_loss, token_log_probs",
    "advantages[part], old_log_probs[part],":
        "advantages[part], token_log_probs(self.model, ids[part], config.temperature).detach(),",
})  # fmt: skip

wrong("14.12", "The model is put into training mode: with dropout the ratio is not 1 where nothing has changed.", {
    "        self.optimizer.zero_grad()\n": "        self.model.train()\n        self.optimizer.zero_grad()\n",
})  # fmt: skip

wrong("14.12", "grad_norm is still a tensor; the metrics are plain floats.", {
    '"grad_norm": grad_norm.item()': '"grad_norm": grad_norm',
})  # fmt: skip

wrong("14.12", "The loss in the metrics is still a tensor, which keeps its graph in memory; a float is asked for.", {
    'metrics["loss"] += loss.item()': 'metrics["loss"] += loss',
})  # fmt: skip

# 14.13 GRPOTrainer.step

wrong("14.13", "The generator is seeded alike in every step; the step's number is part of its seed.", {
    "generator = step_generator(config.seed, self.step_number)": "generator = step_generator(config.seed, 0)",
})  # fmt: skip

wrong("14.13", "config.seed does not reach the generator: runs with other seeds draw the same.", {
    "generator = step_generator(config.seed, self.step_number)": "generator = step_generator(0, self.step_number)",
})  # fmt: skip

wrong("14.13", "The prompts are drawn from torch's global random state, not with the step's generator.", {
    "torch.randperm(len(self.dataset), generator=generator)": "torch.randperm(len(self.dataset))",
})  # fmt: skip

wrong("14.13", "The completions are drawn from torch's global random state, not with the step's generator.", {
    "config.divide_by_std, generator, config.reward": "config.divide_by_std, None, config.reward",
})  # fmt: skip

wrong("14.13", "You seed torch's global generator, which others share; the step has a generator of its own.", {
    "generator = step_generator(config.seed, self.step_number)":
        "generator = torch.default_generator.manual_seed(config.seed * 1_000_003 + self.step_number)",
})  # fmt: skip

wrong("14.13", "The completions get a generator that starts anew; the one that drew the prompts should go on.", {
    "config.divide_by_std, generator, config.reward":
        "config.divide_by_std, step_generator(config.seed, self.step_number), config.reward",
})  # fmt: skip

wrong("14.13", "Prompts are drawn with replacement: the same one can come twice in a step.", {
    "torch.randperm(len(self.dataset), generator=generator)[: config.prompts_per_step].tolist()":
        "torch.randint(len(self.dataset), (min(config.prompts_per_step, len(self.dataset)),), "
        "generator=generator).tolist()",
})  # fmt: skip

wrong("14.13", "Every step takes the first prompts of the data set; they should be drawn at random.", {
    "torch.randperm(len(self.dataset), generator=generator)[: config.prompts_per_step].tolist()":
        "range(min(config.prompts_per_step, len(self.dataset)))",
})  # fmt: skip

wrong("14.13", "The steps go through the data set in its order; the prompts should be drawn at random.", {
    "torch.randperm(len(self.dataset), generator=generator)[: config.prompts_per_step].tolist()":
        "[(self.step_number * config.prompts_per_step + i) % len(self.dataset)\n"
        "                  for i in range(min(config.prompts_per_step, len(self.dataset)))]",
})  # fmt: skip

wrong("14.13", "Prompts are repeated before generate_group, which repeats them itself: too many completions.", {
    "(self.dataset[i] for i in chosen)": "(self.dataset[i] for i in chosen for _ in range(config.group_size))",
})  # fmt: skip

wrong("14.13", "The ground truths are the data set's first ones, not those of the prompts that were drawn.", {
    "prompts, truths = zip(*(self.dataset[i] for i in chosen), strict=True)":
        "prompts = [self.dataset[i][0] for i in chosen]\n"
        "        truths = [self.dataset[i][1] for i in range(len(chosen))]",
})  # fmt: skip

wrong("14.13", "config.temperature does not reach generate_group: it samples at temperature 1.", {
    "config.temperature, config.divide_by_std, generator": "1.0, config.divide_by_std, generator",
})  # fmt: skip

wrong("14.13", "config.divide_by_std does not reach generate_group: the advantages are always divided.", {
    "config.temperature, config.divide_by_std, generator": "config.temperature, True, generator",
})  # fmt: skip

wrong("14.13", "config.reward does not reach generate_group: it rewards the right sum, whatever was asked for.", {
    "generator, config.reward,": "generator,",
})  # fmt: skip

wrong("14.13", "The step's learning rate is reported, but the optimizer does not get it.", {
    '            group["lr"] = rate': "            pass",
})  # fmt: skip

wrong("14.13", "Only the first of the optimizer's param_groups gets the learning rate.", {
    "for group in self.optimizer.param_groups:": "for group in self.optimizer.param_groups[:1]:",
})  # fmt: skip

wrong("14.13", "The optimizer gets the learning rate only after the updates, so it works one step late.", {
    '        for group in self.optimizer.param_groups:\n            group["lr"] = rate\n': "",
    "        self.step_number += 1\n":
        '        for group in self.optimizer.param_groups:\n            group["lr"] = rate\n'
        "        self.step_number += 1\n",
})  # fmt: skip

wrong("14.13", "The step is counted before its learning rate is taken, which is that of the next step.", {
    "        self.step_number += 1\n": "",
    "        rate = self.learning_rate()\n": "        self.step_number += 1\n        rate = self.learning_rate()\n",
})  # fmt: skip

wrong("14.13", "step_number counts updates; it should count steps.", {
    "self.step_number += 1": "self.step_number += config.updates_per_generation",
})  # fmt: skip

wrong("14.13", "The step is not counted: step_number stays as it was.", {
    "        self.step_number += 1\n": "",
})  # fmt: skip


@wrong("14.13", "Each update gets a rollout of its own; all updates of a step should use the same one.")
def step(self):
    config = self.config
    generator = step_generator(config.seed, self.step_number)
    chosen = torch.randperm(len(self.dataset), generator=generator)[: config.prompts_per_step].tolist()
    prompts, truths = zip(*(self.dataset[i] for i in chosen), strict=True)
    rate = self.learning_rate()
    for group in self.optimizer.param_groups:
        group["lr"] = rate
    updates = []
    for _ in range(config.updates_per_generation):
        rollout = generate_group(
            self.model, self.tokenizer, prompts, truths, config.group_size, config.max_new_tokens,
            config.temperature, config.divide_by_std, generator, config.reward,
        )  # fmt: skip
        ids, mask, old_log_probs = self.batch_of(rollout)
        updates.append(self.update(ids, mask, rollout.advantages.to(ids.device), old_log_probs))
    self.step_number += 1
    groups = rollout.rewards.reshape(-1, config.group_size)
    return {
        "reward": rollout.rewards.mean().item(),
        "signal": (groups.amin(1) < groups.amax(1)).float().mean().item(),
        "completion_length": sum(len(ids) for ids in rollout.token_ids) / len(rollout.token_ids),
        "entropy": -torch.cat(rollout.log_probs).mean().item(),
        "learning_rate": rate,
        **{name: sum(u[name] for u in updates) / len(updates) for name in updates[0]},
    }


wrong("14.13", "old_log_probs are computed anew before each update: the ratio is always 1, nothing is ever clipped.", {
    "import grpo_loss": "import grpo_loss, token_log_probs",
    "self.update(ids, mask, advantages, old_log_probs) for _":
        "self.update(ids, mask, advantages, token_log_probs(self.model, ids, config.temperature).detach()) for _",
})  # fmt: skip

wrong("14.13", "Each update gets only its share of the batch; every update should see all of it.", {
    "self.update(ids, mask, advantages, old_log_probs) for _ in range(config.updates_per_generation)":
        "self.update(ids[p], mask[p], advantages[p], old_log_probs[p])\n"
        "                   for p in torch.arange(len(ids)).chunk(config.updates_per_generation)",
})  # fmt: skip

wrong("14.13", "There is one update in a step, whatever config.updates_per_generation says.", {
    "for _ in range(config.updates_per_generation)": "for _ in range(1)",
})  # fmt: skip

wrong("14.13", "The advantages are made over the whole batch; the rollout has those of each prompt's own group.", {
    "advantages = rollout.advantages.to(ids.device)":
        "advantages = rollout.rewards.to(ids.device) - rollout.rewards.mean()\n"
        "        if config.divide_by_std:\n"
        "            advantages = advantages / (rollout.rewards.std() + 1e-4)",
})  # fmt: skip

wrong("14.13", "The rewards stand in the place of the advantages.", {
    "advantages = rollout.advantages.to(ids.device)": "advantages = rollout.rewards.to(ids.device)",
})  # fmt: skip

wrong("14.13", "The model is put into training mode, and dropout changes the log-probabilities.", {
    "        rate = self.learning_rate()\n": "        rate = self.learning_rate()\n        self.model.train()\n",
})  # fmt: skip

wrong("14.13", "reward is that of the best response in each group; the mean over all responses is asked for.", {
    '"reward": rollout.rewards.mean().item()': '"reward": groups.amax(1).mean().item()',
})  # fmt: skip

wrong("14.13", "reward is still a tensor; the metrics are plain floats.", {
    '"reward": rollout.rewards.mean().item()': '"reward": rollout.rewards.mean()',
})  # fmt: skip

wrong("14.13", "signal is the share of groups whose rewards are all equal; it should be the share of the others.", {
    "(groups.amin(1) < groups.amax(1))": "(groups.amin(1) == groups.amax(1))",
})  # fmt: skip

wrong("14.13", "signal is the number of groups whose rewards differ; it should be their share.", {
    "(groups.amin(1) < groups.amax(1)).float().mean().item()":
        "(groups.amin(1) < groups.amax(1)).float().sum().item()",
})  # fmt: skip

wrong("14.13", "signal counts the groups with any reward above 0; where all are rewarded alike there is no signal.", {
    "(groups.amin(1) < groups.amax(1))": "(groups.amax(1) > 0)",
})  # fmt: skip

wrong("14.13", "signal compares rewards with their mean; that of equal ones may differ from them by rounding.", {
    "(groups.amin(1) < groups.amax(1))": "(groups != groups.mean(1, keepdim=True)).any(1)",
})  # fmt: skip

wrong("14.13", "completion_length counts characters of the text; it should count tokens, with EOS.", {
    "sum(len(ids) for ids in rollout.token_ids)": "sum(len(text) for text in rollout.responses)",
})  # fmt: skip

wrong("14.13", "completion_length is the width of the padded batch, with prompts and padding.", {
    "sum(len(ids) for ids in rollout.token_ids) / len(rollout.token_ids)": "float(ids.shape[1])",
})  # fmt: skip

wrong("14.13", "The sign of entropy is lost: it is the mean of minus the log-probabilities.", {
    "-torch.cat(rollout.log_probs).mean().item()": "torch.cat(rollout.log_probs).mean().item()",
})  # fmt: skip

wrong("14.13", "entropy is averaged over all positions, also those of prompts and padding, which hold zeros.", {
    "-torch.cat(rollout.log_probs).mean().item()": "-old_log_probs.mean().item()",
})  # fmt: skip

wrong("14.13", "entropy is a mean over completions of their means; it should be the mean over all tokens.", {
    "-torch.cat(rollout.log_probs).mean().item()":
        "-torch.stack([row.mean() for row in rollout.log_probs]).mean().item()",
})  # fmt: skip

wrong("14.13", "loss, grad_norm and clip_fraction are those of the last update; their means over all are asked for.", {
    "**{name: sum(u[name] for u in updates) / len(updates) for name in updates[0]}": "**updates[-1]",
})  # fmt: skip

# 14.14 GRPOTrainer.state_dict

wrong("14.14", "The optimizer's tensors are not copied: further steps change the state that was taken.", {
    "copy.deepcopy(self.optimizer.state_dict())": "self.optimizer.state_dict()",
})  # fmt: skip

wrong("14.14", "The number of steps done is missing.", {
    '"step_number": self.step_number, "optimizer"': '"optimizer"',
})  # fmt: skip

wrong("14.14", "The optimizer's state is missing.", {
    ', "optimizer": copy.deepcopy(self.optimizer.state_dict())': "",
})  # fmt: skip

wrong("14.14", "step_number is one too many: it counts the steps that are done, and the resumed run skips one.", {
    '"step_number": self.step_number,': '"step_number": self.step_number + 1,',
})  # fmt: skip

wrong("14.14", "step_number is one too few: the resumed run does the last step again.", {
    '"step_number": self.step_number,': '"step_number": self.step_number - 1,',
})  # fmt: skip

wrong("14.14", "The number of steps has the key \"step\"; it should be \"step_number\".", {
    'return {"step_number":': 'return {"step":',
})  # fmt: skip

wrong("14.14", "step_number counts updates; it should count steps.", {
    '"step_number": self.step_number,': '"step_number": self.step_number * self.config.updates_per_generation,',
})  # fmt: skip

wrong("14.14", "step_number is a tensor; it should stay an int.", {
    '"step_number": self.step_number,': '"step_number": torch.tensor(self.step_number),',
})  # fmt: skip

wrong("14.14", "The model's weights are in the state too; they are the caller's affair.", {
    '{"step_number": self.step_number,':
        '{"model": copy.deepcopy(self.model.state_dict()), "step_number": self.step_number,',
})  # fmt: skip

wrong("14.14", "Only the \"state\" of the optimizer's state_dict is kept; load_state_dict needs all of it.", {
    "copy.deepcopy(self.optimizer.state_dict())": 'copy.deepcopy(self.optimizer.state_dict()).get("state", {})',
})  # fmt: skip


@wrong("14.14", "The optimizer's tensors are rounded to half precision, so a resumed run goes another way.")
def state_dict(self):
    def rounded(value):
        if isinstance(value, torch.Tensor):
            return value.detach().half()
        if isinstance(value, dict):
            return {key: rounded(part) for key, part in value.items()}
        return [rounded(part) for part in value] if isinstance(value, list) else value

    return {"step_number": self.step_number, "optimizer": rounded(self.optimizer.state_dict())}


# 14.15 GRPOTrainer.load_state_dict

wrong("14.15", "The number of steps is not taken up: warm-up and draws begin again.", {
    '        self.step_number = state["step_number"]\n': "",
})  # fmt: skip

wrong("14.15", "The optimizer's state is not taken up: its moments begin again at zero.", {
    '        self.optimizer.load_state_dict(state["optimizer"])\n': "",
})  # fmt: skip

wrong("14.15", "step_number is one too many: it already is the number of the next step, since the first is 0.", {
    'self.step_number = state["step_number"]': 'self.step_number = state["step_number"] + 1',
})  # fmt: skip

wrong("14.15", "The steps of the state are added to those that the trainer has done; they should replace them.", {
    'self.step_number = state["step_number"]': 'self.step_number += state["step_number"]',
})  # fmt: skip

wrong("14.15", "step_number is made to count updates; the state holds the number of steps, as the trainer does.", {
    'self.step_number = state["step_number"]':
        'self.step_number = state["step_number"] * self.config.updates_per_generation',
})  # fmt: skip

wrong("14.15", "The entries are popped from the caller's dict, which cannot be used a second time.", {
    'self.step_number = state["step_number"]': 'self.step_number = state.pop("step_number")',
    'self.optimizer.load_state_dict(state["optimizer"])': 'self.optimizer.load_state_dict(state.pop("optimizer"))',
})  # fmt: skip

wrong("14.15", "num_steps is shortened by the steps done, but train() and the decay count from the first step.", {
    'self.step_number = state["step_number"]':
        'self.step_number = state["step_number"]\n        self.config.num_steps -= self.step_number',
})  # fmt: skip


@wrong("14.15", "The last step's rate replaces config.learning_rate, so warm-up and decay are applied to it twice.")
def load_state_dict(self, state):
    self.step_number = state["step_number"]
    self.optimizer.load_state_dict(state["optimizer"])
    self.config.learning_rate = self.optimizer.param_groups[0]["lr"]


@wrong("14.15", "Adam's own count of updates begins again, so its bias correction makes the next updates too large.")
def load_state_dict_without_count(self, state):
    self.step_number = state["step_number"]
    self.optimizer.load_state_dict(state["optimizer"])
    for of_one in getattr(self.optimizer, "state", {}).values():
        of_one["step"] = torch.zeros_like(of_one["step"])
