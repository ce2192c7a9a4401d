"""What people write wrongly in this lesson; see tutorial/CONTRIBUTING.md."""

import re

import torch
from torch.nn.utils.rnn import pad_sequence

from lab.attempts import Attempts

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
