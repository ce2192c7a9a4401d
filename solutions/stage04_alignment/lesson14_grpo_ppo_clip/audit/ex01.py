"""Exercise 14.1, AdditionDataset.__init__: what people get wrong, and right answers written otherwise."""

import itertools

from lesson14_grpo_ppo_clip.data.addition import TEMPLATE, is_held_out

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("Two-digit sums begin at 1; the smallest number of two digits is 10.", {
    "range(10 ** (digits - 1), 10**digits)": "range(1, 10**digits)",
})  # fmt: skip

wrong("Your numbers start at 0, or at 10 for two digits but never at 1: one-digit numbers are 1 to 9.", {
    "range(10 ** (digits - 1), 10**digits)": "range(0 if digits == 1 else 10, 10**digits)",
})  # fmt: skip

wrong("The largest number, 9 or 99, is left out: the end of a range is not part of it.", {
    "range(10 ** (digits - 1), 10**digits)": "range(10 ** (digits - 1), 10**digits - 1)",
})  # fmt: skip

wrong("The loops are the wrong way round: a belongs to the outer loop, b to the inner one.", {
    """
        for a in operands:
            for b in operands:
                if split == "all" or (split == "test") == is_held_out(a, b):
                    self.data.append((TEMPLATE.format(a=a, b=b), a + b))
    """: """
        for b in operands:
            for a in operands:
                if split == "all" or (split == "test") == is_held_out(a, b):
                    self.data.append((TEMPLATE.format(a=a, b=b), a + b))
    """,
})  # fmt: skip

wrong("Each pair is there only once: a+b and b+a are two different prompts, and both belong to the data.", {
    "for b in operands:": "for b in range(a, operands.stop):",
})  # fmt: skip

wrong("Train and test are exchanged: the held-out pairs are the test split.", {
    '(split == "test") == is_held_out(a, b)': '(split == "train") == is_held_out(a, b)',
})  # fmt: skip

wrong('The split "all" lacks the held-out pairs: it is treated like "train".', {
    'split == "all" or (split == "test") == is_held_out(a, b)': '(split == "test") == is_held_out(a, b)',
})  # fmt: skip

wrong('The split "train" still holds the held-out pairs: the model is tested on what it was trained on.', {
    'split == "all" or (split == "test") == is_held_out(a, b)': 'split != "test" or is_held_out(a, b)',
})  # fmt: skip

wrong("Which pairs are held out is decided by their place in the list; is_held_out decides it, by the pair.", {
    'split == "all" or (split == "test") == is_held_out(a, b)':
        'split == "all" or (split == "test") == (a >= operands.stop - len(operands) // 9)',
})  # fmt: skip

wrong("The held-out pairs are drawn at random: train and test, made one after the other, overlap.", {
    "is_held_out(a, b)": "torch.rand(()).item() < 0.1",
})  # fmt: skip

wrong("Numbers of digits other than 1 and 2 are not refused with a ValueError.", {
    "if digits not in (1, 2):": "if False:",
})  # fmt: skip

wrong("An unknown split is accepted, and quietly taken for one of the known ones.", {
    'if split not in ("all", "train", "test"):': "if False:",
})  # fmt: skip

wrong("Bad arguments end in an AssertionError, as of assert, which python -O skips; ValueError is asked for.", {
    'ValueError(f"digits must be 1 or 2, not {digits!r}")': 'AssertionError(f"digits must be 1 or 2, not {digits!r}")',
    "ValueError(f\"split must be 'all', 'train' or 'test', not {split!r}\")":
        "AssertionError(f\"split must be 'all', 'train' or 'test', not {split!r}\")",
})  # fmt: skip

wrong("The error's message does not name the argument that is wrong.", {
    'f"digits must be 1 or 2, not {digits!r}"': '"out of range"',
    "f\"split must be 'all', 'train' or 'test', not {split!r}\"": '"unknown"',
})  # fmt: skip

wrong("The sum is stored as text; the ground truth is an int, and the reward compares it with one.", {
    "(TEMPLATE.format(a=a, b=b), a + b)": "(TEMPLATE.format(a=a, b=b), str(a + b))",
})  # fmt: skip

wrong("The prompt is the bare sum; TEMPLATE puts an instruction and the start of a response around it.", {
    "TEMPLATE.format(a=a, b=b)": 'f"{a}+{b}="',
})  # fmt: skip

wrong("The line break at the end of the prompt is stripped off; TEMPLATE gives the prompt as it is.", {
    "TEMPLATE.format(a=a, b=b)": "TEMPLATE.format(a=a, b=b).strip()",
})  # fmt: skip

wrong("Items are dicts; each is to be a pair, the prompt and its sum.", {
    "(TEMPLATE.format(a=a, b=b), a + b)": '{"prompt": TEMPLATE.format(a=a, b=b), "ground_truth": a + b}',
})  # fmt: skip

wrong("The tokenizer is not kept in self.tokenizer, where get_batch looks for it.", {"self.tokenizer = tokenizer": ""})

# Right answers written otherwise


@right("a list comprehension over itertools.product")
def by_product(self, tokenizer, digits=1, split="all"):
    keep = {"all": lambda a, b: True, "train": lambda a, b: not is_held_out(a, b), "test": is_held_out}
    if split not in keep:
        raise ValueError("unknown split")
    if digits == 1:
        low, high = 1, 9
    elif digits == 2:
        low, high = 10, 99
    else:
        raise ValueError("digits: 1 or 2")
    pairs = itertools.product(range(low, high + 1), repeat=2)
    self.tokenizer = tokenizer
    self.data = [(TEMPLATE.format(a=a, b=b), a + b) for a, b in pairs if keep[split](a, b)]


@right("while loops, the checks last, the template filled by replace")
def by_while(self, tokenizer, digits=1, split="all"):
    self.tokenizer, self.data = tokenizer, []
    low, high = {1: (1, 9), 2: (10, 99)}.get(digits, (1, 0))
    a = low
    while a <= high:
        b = low
        while b <= high:
            held_out = is_held_out(a, b)
            wanted = {"all": True, "train": not held_out, "test": held_out}.get(split)
            if wanted:
                prompt = TEMPLATE.replace("{a}", str(a)).replace("{b}", str(b))
                self.data += [(prompt, a + b)]
            b += 1
        a += 1
    if not self.data:
        raise ValueError(f"no data for digits={digits!r} and split={split!r}")


@right("one loop over the pairs' numbers, with continue for those of the other split")
def by_one_loop(self, tokenizer, digits=1, split="all"):
    if not (digits == 1 or digits == 2) or split not in {"all", "train", "test"}:
        raise ValueError(f"digits must be 1 or 2, split one of all, train, test; not {digits!r}, {split!r}")
    numbers = [n for n in range(1, 100) if len(str(n)) == digits]
    kept = []
    for index in range(len(numbers) ** 2):
        a, b = numbers[index // len(numbers)], numbers[index % len(numbers)]
        if split == "train" and is_held_out(b, a):
            continue
        if split == "test" and not is_held_out(b, a):
            continue
        kept.append((TEMPLATE.format_map({"a": a, "b": b}), sum((a, b))))
    self.tokenizer = tokenizer
    self.data = kept
