"""What people write wrongly in this lesson; see tutorial/CONTRIBUTING.md."""

import torch
from lesson13_grpo.data.grpo_dataset import collate
from lesson13_grpo.loss.grpo import compute_grpo_loss, sequence_log_probs
from torch import nn

from course.base.attempt import Attempts

wrong = Attempts()

# 13.1 GRPODataset: reading the file

wrong("13.1", "str.splitlines also splits at characters such as U+2028, which may stand inside a JSON string.", {
    'path.read_bytes().split(b"\\n")': (
        '[s.encode("utf-8", "surrogateescape") for s in '
        'path.read_bytes().decode("utf-8", "surrogateescape").splitlines()]'
    ),
})  # fmt: skip

wrong("13.1", "The byte order mark at the start of a file is taken for a part of the first row.", {
    'line = line.removeprefix(b"\\xef\\xbb\\xbf")': "pass",
})  # fmt: skip

wrong("13.1", "Only an empty line counts as blank; one of spaces or a carriage return is taken for a row.", {
    "if line.strip():": "if line:",
})  # fmt: skip

wrong("13.1", "Reading stops at the first blank line: the rows behind it are lost.", {
    "            if line.strip():": "            if not line.strip():\n                break\n            else:",
})  # fmt: skip

wrong("13.1", "The line numbers in your messages start from 0; the first line of a file is line 1.", {
    'split(b"\\n"), 1)': 'split(b"\\n"))',
    "if number == 1:": "if number == 0:",
})  # fmt: skip

wrong("13.1", "Blank lines are not counted, so the line in the message is not where an editor shows the bad row.", {
    "self.rows.append(_checked(line, f\"{path.name} line {number}\"))":
        "self.rows.append(_checked(line, f\"{path.name} line {len(self.rows) + 1}\"))",
})  # fmt: skip

wrong("13.1", "The message about a bad row does not name the file.", {
    'f"{path.name} line {number}"': 'f"line {number}"',
})  # fmt: skip

wrong("13.1", "The message about a bad row does not name its line.", {
    'f"{path.name} line {number}"': "path.name",
})  # fmt: skip

wrong("13.1", "Bytes that are not UTF-8 are replaced or dropped without a word; such a line is a bad row.", {
    'line.decode("utf-8")': 'line.decode("utf-8", "replace")',
})  # fmt: skip

wrong("13.1", "A line that is not UTF-8 or not JSON ends in Python's own error, which names no file or line.", {
    'raise ValueError(f"{where}: expected a JSON object in UTF-8 ({error})") from None':
        "raise",
})  # fmt: skip

wrong("13.1", "A RecursionError comes through: json raises it, not a ValueError, where brackets nest too deeply.", {
    "except (ValueError, RecursionError) as error:": "except ValueError as error:",
})  # fmt: skip

wrong("13.1", "Bad rows are skipped in silence, so nobody learns that a part of the data is missing.", {
    "                self.rows.append(_checked(line, f\"{path.name} line {number}\"))":
        "                try:\n"
        "                    self.rows.append(_checked(line, f\"{path.name} line {number}\"))\n"
        "                except ValueError:\n"
        "                    continue",
})  # fmt: skip

wrong("13.1", "This row is bad, but making the data set raises nothing; rows are checked then, not when used.", {
    'self.rows.append(_checked(line, f"{path.name} line {number}"))':
        'where = f"{path.name} line {number}"\n'
        "                self.rows.append((_parsed(line, where), where))",
    "row = self.rows[idx]": "row = _checked(*self.rows[idx])",
    "def _checked(line: bytes, where: str) -> dict[str, Any]:": "def _parsed(line, where):",
    "    try:\n        row = json.loads(line": "    try:\n        return json.loads(line",
    "    if not isinstance(row, dict):":
        "\n\ndef _checked(row: Any, where: str) -> dict[str, Any]:\n    if not isinstance(row, dict):",
})  # fmt: skip

wrong("13.1", "A file without rows gives a data set of length 0; no row at all is an error.", {
    "if not self.rows:": "if False:",
})  # fmt: skip

wrong("13.1", "A file that is not there raises another error than FileNotFoundError.", {
    'raise FileNotFoundError(f"{path}: no such file': 'raise ValueError(f"{path}: no such file',
})  # fmt: skip

# 13.1 GRPODataset: checking arguments and rows

wrong("13.1", "A max_length of 1 is accepted, though it leaves no room for a prompt.", {
    '("max_length", max_length, 2)': '("max_length", max_length, 1)',
})  # fmt: skip

wrong("13.1", "A num_samples of 0 is accepted, though no response is left then.", {
    '(("num_samples", num_samples, 1), ("max_length", max_length, 2))': '[("max_length", max_length, 2)]',
})  # fmt: skip

wrong("13.1", "The error about an argument does not say which of the two is too small.", {
    'raise ValueError(f"{name} must be at least {least}, not {value}")':
        'raise ValueError(f"must be at least {least}, not {value}")',
})  # fmt: skip

wrong("13.1", "A line may hold JSON that is no object, such as a list; this is not looked at before its keys are.", {
    "if not isinstance(row, dict):": "if False:",
})  # fmt: skip

wrong("13.1", "An empty prompt is accepted: the check asks only whether it is a string.", {
    "if not isinstance(prompt, str) or not prompt:": "if not isinstance(prompt, str):",
})  # fmt: skip

wrong("13.1", "A prompt that is not a string is accepted: the check asks only whether there is something.", {
    "if not isinstance(prompt, str) or not prompt:": "if not prompt:",
})  # fmt: skip

wrong("13.1", "A lone string is accepted as `responses`; its characters would then count as the responses.", {
    "(_filled_list(responses) and": "(isinstance(responses, (list, str)) and responses and",
})  # fmt: skip

wrong("13.1", "Responses that are not strings are accepted: nothing looks at what stands inside the list.", {
    "(_filled_list(responses) and all(isinstance(r, str) for r in responses))": "_filled_list(responses)",
})  # fmt: skip

wrong("13.1", "One string among the responses is enough for your check; every one must be a string.", {
    "all(isinstance(r, str) for r in responses)": "any(isinstance(r, str) for r in responses)",
})  # fmt: skip

wrong("13.1", "An empty list of responses or rewards is accepted, as if it were missing.", {
    "len(value) > 0": "len(value) >= 0",
})  # fmt: skip

wrong("13.1", "An empty response is refused; it is a string too, and becomes EOS alone.", {
    "all(isinstance(r, str) for r in responses)": "all(isinstance(r, str) and r for r in responses)",
})  # fmt: skip

wrong("13.1", "A null is taken for a value and refused; it counts as missing.", {
    "if responses is not None and not (": 'if "responses" in row and not (',
    "if rewards is not None and not (": 'if "rewards" in row and not (',
})  # fmt: skip

wrong("13.1", "NaN and Infinity are accepted as rewards: Python's json reads them, and nothing refuses them.", {
    "abs(value) <= torch.finfo(torch.float32).max": "not torch.finfo(torch.float32).max < abs(value) < float('inf')",
})  # fmt: skip

wrong("13.1", "A reward such as 1e39 is accepted: it is finite for Python, but infinite in float32.", {
    "abs(value) <= torch.finfo(torch.float32).max": "abs(value) <= torch.finfo(torch.float64).max",
})  # fmt: skip

wrong("13.1", "An OverflowError comes through: math.isfinite and float() raise it for integers that are too large.", {
    "abs(value) <= torch.finfo(torch.float32).max": "abs(float(value)) <= torch.finfo(torch.float32).max",
})  # fmt: skip

wrong("13.1", "True and false are accepted as rewards: isinstance(True, int) holds, since bool is a kind of int.", {
    "type(value) in (int, float)": "isinstance(value, (int, float))",
})  # fmt: skip

wrong("13.1", "Whole numbers such as 1 are refused as rewards; json reads them as int, and they are numbers too.", {
    "type(value) in (int, float)": "type(value) is float",
})  # fmt: skip

wrong("13.1", "Nothing compares how many responses and how many rewards a row has.", {
    "len(responses) != len(rewards):": "False:",
})  # fmt: skip

wrong("13.1", "Responses and rewards are counted after the cut to num_samples, so a row that lacks some passes.", {
    '_checked(line, f"{path.name} line {number}")': '_checked(line, f"{path.name} line {number}", num_samples)',
    "def _checked(line: bytes, where: str)": "def _checked(line: bytes, where: str, n: int)",
    "len(responses) != len(rewards):": "len(responses[:n]) != len(rewards[:n]):",
})  # fmt: skip

# 13.1 GRPODataset: making an item

wrong("13.1", "The responses do not end with EOS, so the model never learns to stop.", {
    "[*ids, self.tokenizer.eos_token_id][:room]": "ids[:room]",
})  # fmt: skip

wrong("13.1", "EOS is appended after the cut: a cut response gets one, and is one token too long.", {
    "[*ids, self.tokenizer.eos_token_id][:room]": "[*ids[:room], self.tokenizer.eos_token_id]",
})  # fmt: skip

wrong("13.1", "The cut keeps a place for EOS: a response that was cut must not end as if it were whole.", {
    "[*ids, self.tokenizer.eos_token_id][:room]": "[*ids[: room - 1], self.tokenizer.eos_token_id]",
})  # fmt: skip

wrong("13.1", "The prompt ends with EOS, as if the text were over before the response begins.", {
    'self.tokenizer.encode(row["prompt"])[': '[*self.tokenizer.encode(row["prompt"]), self.tokenizer.eos_token_id][',
})  # fmt: skip

wrong("13.1", "A long prompt loses its end; it should lose its beginning, for the question mostly stands last.", {
    "[-(self.max_length - 1) :]": "[: self.max_length - 1]",
})  # fmt: skip

wrong("13.1", "A long prompt is cut to max_length tokens, which leaves no room for a response.", {
    "[-(self.max_length - 1) :]": "[-self.max_length :]",
})  # fmt: skip

wrong("13.1", "Nothing is cut: max_length has no effect on the prompt, nor on the responses.", {
    "[-(self.max_length - 1) :]": "",
    "[:room]": "",
})  # fmt: skip

wrong("13.1", "A long prompt is never cut; it must leave room for at least one token of a response.", {
    "[-(self.max_length - 1) :]": "",
})  # fmt: skip

wrong("13.1", "A long response is never cut to the room that the prompt leaves.", {
    "[:room]": "",
})  # fmt: skip

wrong("13.1", "A long response keeps one token fewer than would fit.", {
    "[:room]": "[: room - 1]",
})  # fmt: skip

wrong("13.1", "A response alone may take max_length tokens; the bound is on prompt and response together.", {
    "room = self.max_length - len(prompt_ids)": "room = self.max_length",
})  # fmt: skip

wrong("13.1", "The room for responses is computed from the prompt before its cut, so it may be negative.", {
    "room = self.max_length - len(prompt_ids)": 'room = self.max_length - len(self.tokenizer.encode(row["prompt"]))',
})  # fmt: skip

wrong("13.1", "Responses are encoded with special tokens: each gets a BOS in the middle of the text.", {
    "self.tokenizer.encode(r, add_special_tokens=False)": "self.tokenizer.encode(r)",
})  # fmt: skip

wrong("13.1", "The prompt is encoded without the special tokens that the tokenizer adds in front.", {
    'self.tokenizer.encode(row["prompt"])': 'self.tokenizer.encode(row["prompt"], add_special_tokens=False)',
})  # fmt: skip

wrong("13.1", "Prompt + response are encoded as one text and cut apart: a token can reach across the border.", {
    "encoded = [self.tokenizer.encode(r, add_special_tokens=False) for r in responses]":
        'whole = self.tokenizer.encode(row["prompt"])\n'
        '            encoded = [self.tokenizer.encode(row["prompt"] + r)[len(whole) :] for r in responses]',
})  # fmt: skip

wrong("13.1", "Texts are stripped before they are encoded; spaces and line feeds at their ends are tokens too.", {
    'encode(row["prompt"])': 'encode(row["prompt"].strip())',
    "encode(r, add_special": "encode(r.strip(), add_special",
})  # fmt: skip

wrong("13.1", "All responses of a row are used, however many; num_samples has no effect.", {
    "responses = responses[: self.num_samples]": "responses = list(responses)",
    "rewards[: self.num_samples]": "rewards",
})  # fmt: skip

wrong("13.1", "The responses are cut to num_samples, but the rewards are not.", {
    "rewards[: self.num_samples]": "rewards",
})  # fmt: skip

wrong("13.1", "The token ids are cut to num_samples, but the texts in `responses` are not.", {
    "            responses = responses[: self.num_samples]\n": "",
    "add_special_tokens=False) for r in responses]":
        "add_special_tokens=False) for r in responses[: self.num_samples]]",
})  # fmt: skip

wrong("13.1", "Rewards get their type from the file: whole numbers become an integer tensor, not float32.", {
    ", dtype=torch.float32)": ")",
})  # fmt: skip

wrong("13.1", "torch.Tensor makes float32 of token ids; ids must be int64.", {
    "[torch.tensor([*ids": "[torch.Tensor([*ids",
    "torch.tensor(prompt_ids)": "torch.Tensor(prompt_ids)",
})  # fmt: skip

wrong("13.1", "The token ids of the responses are plain lists; each response must be a tensor.", {
    "torch.tensor([*ids, self.tokenizer.eos_token_id][:room])": "[*ids, self.tokenizer.eos_token_id][:room]",
})  # fmt: skip

wrong("13.1", "The responses are padded to one tensor; they must be a list of tensors, each of its own length.", {
    "for ids in encoded]\n": "for ids in encoded]\n"
    "            response_ids = torch.nn.utils.rnn.pad_sequence(response_ids, batch_first=True)\n",
})  # fmt: skip

wrong("13.1", "A row without responses gets an empty list of token ids; it must be None.", {
    "response_ids = None": "response_ids = []",
})  # fmt: skip

wrong("13.1", "Missing rewards are filled with zeros, so these responses are never scored.", {
    "        if rewards is not None:\n            rewards = ": (
        "        if rewards is None and responses is not None:\n            rewards = [0.0] * len(responses)\n"
        "        if rewards is not None:\n            rewards = "
    ),
})  # fmt: skip

wrong("13.1", "Rewards are lost where a row has no responses; either may be missing without the other.", {
    "        if rewards is not None:\n            rewards = ": (
        "        if responses is None:\n            rewards = None\n"
        "        if rewards is not None:\n            rewards = "
    ),
})  # fmt: skip

wrong("13.1", "Other columns of the row, such as the answer, are lost: a reward function may need them.", {
    "            **row,\n": '            "prompt": row["prompt"],\n',
})  # fmt: skip

wrong("13.1", "The row's own columns replace those that you made of them: rewards stay a list, for example.", {
    "            **row,\n": "",
    '            "rewards": rewards,\n': '            "rewards": rewards,\n            **row,\n',
})  # fmt: skip

wrong("13.1", "Reading an item takes its responses out of the data set: in the second epoch they are missing.", {
    'row.get("responses"), row.get("rewards")\n        prompt_ids': (
        'row.pop("responses", None), row.pop("rewards", None)\n        prompt_ids'
    ),
})  # fmt: skip

# 13.3 collate

wrong("13.3", "Only the columns of the first item are looked at; those that begin in a later item are lost.", {
    "name for item in items for name in item)": "items[0])",
})  # fmt: skip

wrong("13.3", "Only columns that every item has are kept; one that is missing somewhere is lost for all.", {
    "name for item in items for name in item)": "name for name in items[0] if all(name in item for item in items))",
})  # fmt: skip

wrong("13.3", "An item without the column is skipped, so the lists differ in length and no longer belong together.", {
    "item.get(name) for item in items]": "item[name] for item in items if name in item]",
})  # fmt: skip

wrong("13.3", "An item without one of the columns raises a KeyError; None should stand in its place.", {
    "item.get(name) for item": "item[name] for item",
})  # fmt: skip

wrong("13.3", "A missing column is filled with an empty list; it should be None.", {
    "item.get(name) for item": "item.get(name, []) for item",
})  # fmt: skip

wrong("13.3", "Values that are None are left out of the lists: the values behind them move to a wrong place.", {
    "item.get(name) for item in items]": "item[name] for item in items if item.get(name) is not None]",
})  # fmt: skip

wrong("13.3", "A column in which all values are None becomes one None; it should be a list of them.", {
    "    return {name: [item.get(name) for item in items] for name in columns}":
        "    batch = {name: [item.get(name) for item in items] for name in columns}\n"
        "    return {k: None if all(v is None for v in vs) else vs for k, vs in batch.items()}",
})  # fmt: skip

wrong("13.3", "Values that are lists are joined to one long list, so nobody can tell which item they belong to.", {
    "    return {name: [item.get(name) for item in items] for name in columns}":
        "    batch = {name: [item.get(name) for item in items] for name in columns}\n"
        "    return {k: sum(vs, []) if all(type(v) is list for v in vs) else vs for k, vs in batch.items()}",
})  # fmt: skip

wrong("13.3", "The result is the list of items itself; the batch is one dict, with a list for each column.", {
    "    return {name: [item.get(name) for item in items] for name in columns}":
        "    return [{name: item.get(name) for name in columns} for item in items]",
})  # fmt: skip

wrong("13.3", "The values of a column are put into a tuple; it should be a list.", {
    "name: [item.get(name) for item in items]": "name: tuple(item.get(name) for item in items)",
})  # fmt: skip

wrong("13.3", "The items are sorted by length: the batch must keep their order.", {
    "    columns = ": (
        '    items = sorted(items, key=lambda item: len(item.get("prompt_ids", ())), reverse=True)\n    columns = '
    ),
})  # fmt: skip

wrong("13.3", "Only columns with known names are kept; others, such as an answer, must pass through too.", {
    "for name in item)": (
        'for name in item\n        if name in ("prompt", "prompt_ids", "responses", "response_ids", "rewards"))'
    ),
})  # fmt: skip

wrong("13.3", "An empty list of items gives an empty dict; it should be refused.", {
    'if not items:\n        raise ValueError("collate needs at least one item")': "pass",
})  # fmt: skip

wrong("13.3", "The missing columns are written into the items themselves; collate must leave them as they are.", {
    "item.get(name) for item": "item.setdefault(name) for item",
})  # fmt: skip


@wrong("13.3", "The tensors of a column are padded to one tensor; here they stay a list, whatever their lengths.")
def collate(items):
    if not items:
        raise ValueError("collate needs at least one item")
    batch = {name: [item.get(name) for item in items] for item in items for name in item}
    for name, values in batch.items():
        if all(isinstance(v, torch.Tensor) for v in values):
            batch[name] = torch.nn.utils.rnn.pad_sequence(values, batch_first=True)
    return batch


@wrong("13.3", "The numbers of a column are turned into a tensor; here they stay a list.")
def collate(items):
    if not items:
        raise ValueError("collate needs at least one item")
    batch = {name: [item.get(name) for item in items] for item in items for name in item}
    for name, values in batch.items():
        if all(isinstance(v, (int, float)) for v in values):
            batch[name] = torch.tensor(values)
    return batch


@wrong("13.3", "Tensors of equal size are stacked to one tensor; then the type of a column depends on the batch.")
def collate(items):
    if not items:
        raise ValueError("collate needs at least one item")
    batch = {name: [item.get(name) for item in items] for item in items for name in item}
    for name, values in batch.items():
        if all(isinstance(v, torch.Tensor) for v in values) and len({v.shape for v in values}) == 1:
            batch[name] = torch.stack(values)
    return batch


# 13.2 compute_grpo_loss

wrong("13.2", "Your weights are equal for all responses: the rewards never enter the softmax.", {
    "(rewards.detach().to(precise) / beta).softmax(0)": "torch.full_like(log_probs, 1 / len(log_probs))",
})  # fmt: skip

wrong("13.2", "The sign is lost: going down this loss makes good responses less likely.", {
    "return -(weights * log_probs).sum()": "return (weights * log_probs).sum()",
})  # fmt: skip

wrong("13.2", "The loss is a mean over the group, though the weights sum to one already.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs).mean()",
})  # fmt: skip

wrong("13.2", "You give back one number per response; the loss is their sum, a single number.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs)",
})  # fmt: skip

wrong("13.2", "The loss is a Python number: no gradient can flow back through it.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs).sum().item()",
})  # fmt: skip

wrong("13.2", "The log-probabilities are cut off from their gradient: nothing can be learned from this loss.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs.detach()).sum()",
})  # fmt: skip

wrong("13.2", "You weigh probabilities; the loss is made of log-probabilities.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs.exp()).sum()",
})  # fmt: skip

wrong("13.2", "The logarithm is taken of the weighted sum; each log-probability gets its weight by itself.", {
    "return -(weights * log_probs).sum()": "return -(weights * log_probs.exp()).sum().log()",
})  # fmt: skip

wrong("13.2", "cross_entropy sends the log-probabilities through a softmax over the group once more.", {
    "return -(weights * log_probs).sum()": "return nn.functional.cross_entropy(log_probs, weights)",
})  # fmt: skip

wrong("13.2", "This is the KL divergence: it also holds the entropy of the weights, which the loss does not.", {
    "return -(weights * log_probs).sum()": "return nn.functional.kl_div(log_probs, weights, reduction='sum')",
})  # fmt: skip

wrong("13.2", "Gradient flows into the rewards: the weights must be constants.", {
    "rewards.detach().to(precise) / beta": "rewards.to(precise) / beta",
})  # fmt: skip

wrong("13.2", "The rewards are multiplied by beta; as a temperature it divides them.", {
    "rewards.detach().to(precise) / beta": "rewards.detach().to(precise) * beta",
})  # fmt: skip

wrong("13.2", "The rewards are divided by 0.1 whatever beta is.", {
    "rewards.detach().to(precise) / beta": "rewards.detach().to(precise) / 0.1",
})  # fmt: skip

wrong("13.2", "The softmax is taken of the bare rewards: beta has no effect.", {
    "rewards.detach().to(precise) / beta": "rewards.detach().to(precise)",
})  # fmt: skip

wrong("13.2", "The rewards enter the softmax with a minus: the worst response gets the largest weight.", {
    "rewards.detach().to(precise) / beta": "-rewards.detach().to(precise) / beta",
})  # fmt: skip

wrong("13.2", "The rewards are standardized before the softmax, so the weights no longer depend on their scale.", {
    "weights = (rewards.detach().to(precise) / beta)": "rewards = rewards.detach().to(precise)\n"
    "    weights = ((rewards - rewards.mean()) / (rewards.std() + 1e-8) / beta)",
})  # fmt: skip

wrong("13.2", "Your weights are standardized rewards, as in the next lesson; here they are a softmax.", {
    "weights = (rewards.detach().to(precise) / beta).softmax(0)": "rewards = rewards.detach().to(precise)\n"
    "    weights = ((rewards - rewards.mean()) / (rewards.std() + 1e-8))",
})  # fmt: skip

wrong("13.2", "The mean weight 1/G is taken off the weights; here they are the plain softmax and sum to one.", {
    "weights * log_probs": "(weights - 1 / len(weights)) * log_probs",
})  # fmt: skip

wrong("13.2", "The rewards are divided by their sum: this is not a softmax, and beta has no part in it.", {
    "weights = (rewards.detach().to(precise) / beta).softmax(0)": "rewards = rewards.detach().to(precise)\n"
    "    weights = (rewards / rewards.sum())",
})  # fmt: skip

wrong("13.2", "Your weights are the bare rewards: they never go through a softmax.", {
    "(rewards.detach().to(precise) / beta).softmax(0)": "rewards.detach()",
})  # fmt: skip

wrong("13.2", "Your weights are the rewards less their mean, with no softmax: bad responses are pushed down.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "(rewards.detach().to(precise) - rewards.detach().to(precise).mean())",
})  # fmt: skip

wrong("13.2", "The loss is multiplied by beta; beta has its place in the weights alone.", {
    "return -(weights * log_probs).sum()": "return -beta * (weights * log_probs).sum()",
})  # fmt: skip

wrong("13.2", "The best responses share all the weight, as if beta were almost 0; the others get a share, too.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "(lambda best: best / best.sum())((rewards == rewards.max()).to(precise))",
})  # fmt: skip

wrong("13.2", "Each weight is a sigmoid of its own reward; a softmax shares one unit among the whole group.", {
    "/ beta).softmax(0)": "/ beta).sigmoid()",
})  # fmt: skip

wrong("13.2", "Your weights are logarithms: this is a log-softmax where a softmax belongs.", {
    "/ beta).softmax(0)": "/ beta).log_softmax(0)",
})  # fmt: skip

wrong("13.2", "All the weight goes to one best response; even where rewards are equal the others get nothing.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "nn.functional.one_hot(rewards.argmax(), len(rewards))",
})  # fmt: skip

wrong("13.2", "The roles are swapped: the softmax is of the rewards, and it weighs the log-probabilities.", {
    "(rewards.detach().to(precise) / beta).softmax(0)": "(log_probs.to(precise) / beta).softmax(0)",
    "weights * log_probs": "weights * rewards.detach().to(log_probs.dtype)",
})  # fmt: skip

wrong("13.2", "The model's own log-probabilities enter the softmax; the weights are made of the rewards alone.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "(rewards.detach().to(precise) / beta + log_probs.detach()).softmax(0)",
})  # fmt: skip

wrong("13.2", "The softmax is written out as exp / sum, which overflows for large rewards.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "(lambda shares: shares / shares.sum())((rewards.detach().to(precise) / beta).exp())",
})  # fmt: skip

wrong("13.2", "The exponents are cut at a limit against overflow, so all large rewards count alike.", {
    "(rewards.detach().to(precise) / beta).softmax(0)":
        "(rewards.detach().to(precise) / beta).clamp(-80.0, 80.0).softmax(0)",
})  # fmt: skip

wrong("13.2", "The division by beta is done in half precision, where 1e4 / 0.1 is infinite.", {
    "rewards.detach().to(precise) / beta": "rewards.detach() / beta",
})  # fmt: skip

wrong("13.2", "The weights keep the dtype of the rewards: half precision overflows, and the loss gets a wrong dtype.", {
    "(rewards.detach().to(precise) / beta).softmax(0).to(log_probs.dtype)": "(rewards.detach() / beta).softmax(0)",
})  # fmt: skip

wrong("13.2", "The weights of half-precision log_probs stay float32, and so the loss does not have their dtype.", {
    ".softmax(0).to(log_probs.dtype)": ".softmax(0)",
})  # fmt: skip

wrong("13.2", "Rewards in double precision are cut down to float32, where close rewards become equal.", {
    "torch.promote_types(log_probs.dtype, torch.float32)": "torch.float32",
})  # fmt: skip

wrong("13.2", "Rewards are changed in place: whoever called you holds the changed ones now.", {
    "precise = torch": "rewards -= rewards.max()\n    precise = torch",
})  # fmt: skip

wrong("13.2", "A group of equal rewards is skipped, but it trains as well: each response has the weight 1/G.", {
    "precise = torch": "if len(rewards) > 1 and (rewards == rewards[0]).all():\n"
    "        return 0.0 * log_probs.sum()\n    precise = torch",
})  # fmt: skip

wrong("13.2", "A group of one response is refused, but it has a loss: its weight is 1.", {
    "if len(log_probs) == 0": "if len(log_probs) < 2",
})  # fmt: skip

wrong("13.2", "An infinite beta is refused, but it has a meaning: all responses count alike.", {
    "if not beta > 0": "if not 0 < beta < float('inf')",
})  # fmt: skip

wrong("13.2", "The arguments are not checked at all; wrong ones must raise a ValueError.", {
    "for name, value in ((\"log_probs\", log_probs), (\"rewards\", rewards))": "for name, value in ()",
    "if len(log_probs) != len(rewards)": "if False",
    "if len(log_probs) == 0": "if False",
    "if not beta > 0": "if False",
})  # fmt: skip

wrong("13.2", "beta is never checked, and at 0 the rewards are divided by zero.", {
    "if not beta > 0": "if False",
})  # fmt: skip

wrong("13.2", "Your check of beta lets 0 pass, and the rewards are divided by zero.", {
    "if not beta > 0": "if not beta >= 0",
})  # fmt: skip

wrong("13.2", "Your check of beta lets a NaN pass: every comparison with NaN is false.", {
    "if not beta > 0": "if beta <= 0",
})  # fmt: skip

wrong("13.2", "Your check of beta lets negative numbers pass, which turn the ranking of the rewards round.", {
    "if not beta > 0": "if beta == 0 or beta != beta",
})  # fmt: skip

wrong("13.2", "A beta that is not positive is quietly replaced by a small one; it must be refused.", {
    "raise ValueError(f\"beta must be greater than 0, not {beta}\")": "beta = 1e-8",
})  # fmt: skip

wrong("13.2", "Your error about beta does not name it: its message must say beta.", {
    "f\"beta must be greater than 0, not {beta}\"": "\"the temperature must be greater than 0\"",
})  # fmt: skip

wrong("13.2", "The number of dimensions is not checked: a column against a row broadcasts to a square of products.", {
    "if value.ndim != 1": "if value.ndim == 0",
})  # fmt: skip

wrong("13.2", "The lengths are not compared: a single reward is silently spread over all responses.", {
    "if len(log_probs) != len(rewards)": "if False",
})  # fmt: skip

wrong("13.2", "An empty group passes as a loss of 0; it must be refused.", {
    "if len(log_probs) == 0": "if False",
})  # fmt: skip

wrong("13.2", "Wrong arguments raise an AssertionError; the docstring asks for a ValueError.", {
    "raise ValueError(f\"{name} must": "raise AssertionError(f\"{name} must",
    "raise ValueError(f\"rewards must": "raise AssertionError(f\"rewards must",
    "raise ValueError(\"log_probs and": "raise AssertionError(\"log_probs and",
    "raise ValueError(f\"beta": "raise AssertionError(f\"beta",
})  # fmt: skip

wrong("13.2", "Your error about a wrong shape does not say which argument has it.", {
    "f\"{name} must have one dimension, the group; its shape is {tuple(value.shape)}\"": "\"one dimension expected\"",
})  # fmt: skip

# 13.4 sequence_log_probs

wrong("13.4", "The logits are not shifted: each token is looked up in those at its own position, not one before.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, 1:]",
})  # fmt: skip

wrong("13.4", "The shift goes the wrong way: each token is looked up in the logits of the position behind it.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, 1:]",
    "ids[:, 1:, None]": "ids[:, :-1, None]",
    "torch.arange(1, ids.shape[1], device=ids.device)": "torch.arange(ids.shape[1] - 1, device=ids.device)",
})  # fmt: skip

wrong("13.4", "squeeze() without a dimension also takes away that of the tokens where there is only one token.", {
    ".squeeze(-1)": ".squeeze()",
})  # fmt: skip

wrong("13.4", "The prompt's own tokens are part of your sum.", {
    "(position >= len(prompt_ids)) & (position < ends[:, None])": "position < ends[:, None]",
})  # fmt: skip

wrong("13.4", "The last token of the prompt is part of your sum: the mask begins one position too early.", {
    "position >= len(prompt_ids)": "position >= len(prompt_ids) - 1",
})  # fmt: skip

wrong("13.4", "The first token of each response is left out: the prompt's last position predicts it.", {
    "position >= len(prompt_ids)": "position > len(prompt_ids)",
})  # fmt: skip

wrong("13.4", "The mask is one place too far right: the first token of a response is lost, one of padding counted.", {
    "(position >= len(prompt_ids)) & (position < ends[:, None])":
        "(position > len(prompt_ids)) & (position <= ends[:, None])",
})  # fmt: skip

wrong("13.4", "The last token of each response is left out, which is the EOS most of the time; it counts.", {
    "position < ends[:, None]": "position < ends[:, None] - 1",
})  # fmt: skip

wrong("13.4", "The padding behind the shorter responses is part of your sum.", {
    "(position >= len(prompt_ids)) & (position < ends[:, None])": "(position >= len(prompt_ids)).expand_as(log_probs)",
})  # fmt: skip

wrong("13.4", "Padding is found by comparing ids, so a padding token that the response does hold is lost.", {
    "position < ends[:, None]": "ids[:, 1:] != 0",
})  # fmt: skip

wrong("13.4", "The end of a response is counted from the start of the row, as if there were no prompt before it.", {
    "torch.tensor([len(row) for row in rows], device": "torch.tensor([len(r) for r in response_ids], device",
})  # fmt: skip

wrong("13.4", "Every response is cut to the length of the shortest one.", {
    "position < ends[:, None]": "position < ends.min()",
})  # fmt: skip

wrong("13.4", "The temperature is ignored.", {
    " / temperature": "",
})  # fmt: skip

wrong("13.4", "The logits are multiplied by the temperature; it divides them.", {
    " / temperature": " * temperature",
})  # fmt: skip

wrong("13.4", "The temperature divides the log-probabilities; it belongs to the logits, before the softmax.", {
    " / temperature": "",
    "logits.log_softmax(-1)": "(logits.log_softmax(-1) / temperature)",
})  # fmt: skip

wrong("13.4", "This is the mean over a response's tokens; log p(response | prompt) is their sum.", {
    "log_probs.masked_fill(~mask, 0.0).sum(-1)": "log_probs.masked_fill(~mask, 0.0).sum(-1) / mask.sum(-1)",
})  # fmt: skip

wrong("13.4", "This is a mean over the padded row: it depends on how long the other responses are.", {
    "log_probs.masked_fill(~mask, 0.0).sum(-1)": "log_probs.masked_fill(~mask, 0.0).mean(-1)",
})  # fmt: skip

wrong("13.4", "The responses are summed up, too; each has a log-probability of its own.", {
    "log_probs.masked_fill(~mask, 0.0).sum(-1)": "log_probs.masked_fill(~mask, 0.0).sum()",
})  # fmt: skip

wrong("13.4", "Masked positions hold minus infinity instead of 0, and so does the sum.", {
    "masked_fill(~mask, 0.0)": "masked_fill(~mask, float('-inf'))",
})  # fmt: skip

wrong("13.4", "The sign is that of a cross-entropy: log-probabilities are negative.", {
    "return log_probs": "return -log_probs",
})  # fmt: skip

wrong("13.4", "Probabilities are summed; it is their logarithms that add up.", {
    "logits.log_softmax(-1)": "logits.softmax(-1)",
})  # fmt: skip

wrong("13.4", "The bare logits are summed; they must go through a log-softmax over the vocabulary.", {
    "logits.log_softmax(-1)": "logits",
})  # fmt: skip

wrong("13.4", "The logarithm is taken after the softmax: where a probability rounds to 0 it is minus infinity.", {
    "logits.log_softmax(-1)": "logits.softmax(-1).log()",
})  # fmt: skip

wrong("13.4", "The softmax goes over the positions; it belongs over the vocabulary.", {
    "logits.log_softmax(-1)": "logits.log_softmax(1)",
})  # fmt: skip

wrong("13.4", "Your log-probabilities come in the model's half precision, which is too coarse for a sum of many.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32))": "logits",
})  # fmt: skip

wrong("13.4", "Logits in double precision are cut down to float32.", {
    "logits.to(torch.promote_types(logits.dtype, torch.float32))": "logits.float()",
})  # fmt: skip

wrong("13.4", "No gradient reaches the model: the forward pass or its result is cut off from it.", {
    "model(ids).logits[:, :-1]": "model(ids).logits[:, :-1].detach()",
})  # fmt: skip

wrong("13.4", "The rows are padded on the left, which moves the tokens to positions that the model gets wrong.", {
    "nn.utils.rnn.pad_sequence(rows, batch_first=True)":
        "nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_side='left')",
    "(position >= len(prompt_ids)) & (position < ends[:, None])":
        "position >= ids.shape[1] - ends[:, None] + len(prompt_ids)",
})  # fmt: skip

wrong("13.4", "An attention mask made from the ids hides real tokens that have the id of the padding.", {
    "model(ids)": "model(ids, attention_mask=ids != 0)",
})  # fmt: skip

wrong("13.4", "The rows are padded with -100, which is for labels: the model knows no such token.", {
    "batch_first=True": "batch_first=True, padding_value=-100",
})  # fmt: skip

wrong("13.4", "The rows are stacked without padding, but their lengths differ.", {
    "nn.utils.rnn.pad_sequence(rows, batch_first=True)": "torch.stack(rows)",
})  # fmt: skip

wrong("13.4", "The list of responses is changed in place: the prompt now stands in the caller's responses.", {
    "rows = [torch.cat([prompt_ids, response]) for response in response_ids]":
        "rows = response_ids\n    for i, response in enumerate(rows):\n"
        "        rows[i] = torch.cat([prompt_ids, response])",
})  # fmt: skip

wrong("13.4", "The responses are sorted by length and not put back: results stand at the wrong places.", {
    "rows = [": "response_ids = sorted(response_ids, key=len, reverse=True)\n    rows = [",
})  # fmt: skip


@wrong("13.4", "The model reads the responses without the prompt before them.")
def sequence_log_probs(model, prompt_ids, response_ids, temperature=1.0):
    ids = nn.utils.rnn.pad_sequence(response_ids, batch_first=True)
    logits = model(ids).logits[:, :-1]
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / temperature
    log_probs = logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)
    ends = torch.tensor([len(response) for response in response_ids], device=ids.device)
    mask = torch.arange(1, ids.shape[1], device=ids.device) < ends[:, None]
    return log_probs.masked_fill(~mask, 0.0).sum(-1)


# 13.5 GRPOTrainer.generate_responses

wrong("13.5", "Responses are drawn with torch's global random state: config.seed does not decide them.", {
    "                generator=self.generator,\n": "",
})  # fmt: skip

wrong("13.5", "The generator is made anew in each call, so every call draws the same responses again.", {
    "        responses, log_probs = [], []\n        for prompt in prompts:\n":
    "        generator = torch.Generator().manual_seed(self.config.seed)\n"
    "        responses, log_probs = [], []\n        for prompt in prompts:\n",
    "generator=self.generator,\n            )": "generator=generator,\n            )",
})  # fmt: skip

wrong("13.5", "The generator is made anew for each prompt: equal prompts get equal responses.", {
    "generator=self.generator,\n            )":
    "generator=torch.Generator().manual_seed(self.config.seed),\n            )",
})  # fmt: skip

wrong("13.5", "Responses are sampled at temperature 1: config.temperature is used for the scores alone.", {
    "                temperature=self.config.temperature,\n": "",
})  # fmt: skip

wrong("13.5", "The log-probs are taken at temperature 1, but sampling was at config.temperature.", {
    "sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature)":
    "sequence_log_probs(self.model, prompt_ids, sampled)",
})  # fmt: skip

wrong("13.5", "The log-probs are cut off from the model: without a gradient nothing can be learned.", {
    "sampled, self.config.temperature))": "sampled, self.config.temperature).detach())",
})  # fmt: skip

wrong("13.5", "You encode the text again and score that: the tokens that were sampled may have been others.", {
    "            log_probs.append(sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature))":
    "            again = []\n"
    "            for text, ids in zip(texts, sampled):\n"
    "                eos = [self.tokenizer.eos_token_id] if self.tokenizer.eos_token_id in ids.tolist() else []\n"
    "                new = [*self.tokenizer.encode(text, add_special_tokens=False), *eos]\n"
    "                again.append(torch.tensor(new, dtype=torch.int64))\n"
    "            log_probs.append(sequence_log_probs(self.model, prompt_ids, again, self.config.temperature))",
})  # fmt: skip

wrong("13.5", "A response that was cut off gets an EOS at its end, though the model did not decide to stop.", {
    "            texts = [self.tokenizer.decode":
    "            eos = torch.tensor([self.tokenizer.eos_token_id])\n"
    "            sampled = [ids if ids[-1] == eos else torch.cat([ids, eos]) for ids in sampled]\n"
    "            texts = [self.tokenizer.decode",
})  # fmt: skip

wrong("13.5", "The EOS at the end of a response is thrown away: stopping is part of the answer, and is scored.", {
    "            texts = [self.tokenizer.decode":
    "            sampled = [ids[ids != self.tokenizer.eos_token_id] for ids in sampled]\n"
    "            texts = [self.tokenizer.decode",
})  # fmt: skip

wrong("13.5", "The sampler is given the padding token as the end of a response: EOS does not end it.", {
    "eos_token_id=self.tokenizer.eos_token_id": "eos_token_id=self.tokenizer.pad_token_id",
})  # fmt: skip

wrong("13.5", "The number of responses is config.num_samples; the argument num_samples is never used.", {
    "                prompt_ids,\n                num_samples,":
    "                prompt_ids,\n                self.config.num_samples,",
})  # fmt: skip

wrong("13.5", "The bound on a response is a fixed number: config.max_new_tokens is never used.", {
    "max_new_tokens=self.config.max_new_tokens": "max_new_tokens=32",
})  # fmt: skip

wrong("13.5", "The texts still hold special tokens such as <eos>: no reward rule expects these.", {
    "ids.tolist(), skip_special_tokens=True": "ids.tolist()",
})  # fmt: skip

wrong("13.5", "The prompt stands in front of each response's text: what is rewarded is the response alone.", {
    "decode(ids.tolist(), skip_special_tokens=True)":
    "decode([*prompt_ids.tolist(), *ids.tolist()], skip_special_tokens=True)",
})  # fmt: skip

wrong("13.5", "The prompt is encoded without the special tokens that stand in front of stored rows.", {
    "self.tokenizer.encode(prompt)": "self.tokenizer.encode(prompt, add_special_tokens=False)",
})  # fmt: skip

wrong("13.5", "The prompt is cut to the data set's max_length, which is a bound on stored rows alone.", {
    "self.tokenizer.encode(prompt)": "self.tokenizer.encode(prompt)[-(self.train_dataset.max_length - 1) :]",
})  # fmt: skip

wrong("13.5", "The model is in training mode for the scoring: its dropout changes the log-probs.", {
    "            log_probs.append(sequence":
    "            self.model.train()\n"
    "            log_probs.append(sequence",
    "sampled, self.config.temperature))": "sampled, self.config.temperature))\n            self.model.eval()",
})  # fmt: skip

wrong("13.5", "The log-probs are means over the tokens; the summed ones are asked for.", {
    "sampled, self.config.temperature))":
    "sampled, self.config.temperature) / torch.tensor([len(ids) for ids in sampled]))",
})  # fmt: skip

wrong("13.5", "The responses to all prompts are in one flat list, not in one list for each prompt.", {
    "responses.append([Response(text, ids) for text, ids in zip(texts, sampled, strict=True)])":
    "responses.extend([Response(text, ids) for text, ids in zip(texts, sampled, strict=True)])",
})  # fmt: skip

# 13.6 GRPOTrainer.compute_rewards

wrong("13.6", "Prompts and columns are repeated as p, q, p, q, but the responses come group by group.", {
    "[entry for entry, size in zip(entries, sizes, strict=True) for _ in range(size)]":
    "[entries[i % len(entries)] for i in range(sum(sizes))]",
})  # fmt: skip

wrong("13.6", "The columns are not repeated: the reward function gets fewer entries than responses.", {
    "**{name: _repeat(column, sizes) for name, column in columns.items()}": "**columns",
})  # fmt: skip

wrong("13.6", "The prompts are not repeated: the reward function gets fewer prompts than responses.", {
    "_repeat(prompts, sizes), flat": "prompts, flat",
})  # fmt: skip

wrong("13.6", "The other columns, such as the right answer, never reach the reward function.", {
    ", **{name: _repeat(column, sizes) for name, column in columns.items()}": "",
})  # fmt: skip

wrong("13.6", "Every response gets a whole column, the entries of all prompts, instead of its own prompt's entry.", {
    "_repeat(column, sizes) for name, column": "_repeat([column] * len(sizes), sizes) for name, column",
})  # fmt: skip

wrong("13.6", "The reward function gets prompt and response joined, where it expects the response alone.", {
    "flat = [text for group in responses for text in group]":
    "flat = [prompt + text for prompt, group in zip(prompts, responses, strict=True) for text in group]",
})  # fmt: skip

wrong("13.6", "White space is taken off the responses: what is scored is not what the model wrote.", {
    "[text for group in responses": "[text.strip() for group in responses",
})  # fmt: skip

wrong("13.6", "The groups are cut as if all had the size of the first; they may differ.", {
    "scores.split(sizes)": "scores.split(sizes[0])",
})  # fmt: skip

wrong("13.6", "The rewards come back as one tensor, not split into one for each prompt.", {
    "return list(scores.split(sizes))": "return scores",
})  # fmt: skip

wrong("13.6", "Each group's mean is subtracted from its rewards; they are to come back as they are.", {
    "list(scores.split(sizes))": "[group - group.mean() for group in scores.split(sizes)]",
})  # fmt: skip

wrong("13.6", "The dtype of the rewards is left to torch: whole numbers become integers, not float32.", {
    "rewards, dtype=torch.float32": "rewards",
    "int((~scores.isfinite())": "int((~scores.double().isfinite())",
    "not scores.isfinite().all()": "not scores.double().isfinite().all()",
})  # fmt: skip

wrong("13.6", "Nothing checks that a reward function is configured: calling None ends in a TypeError.", {
    "if self.config.reward is None:": "if False:",
})  # fmt: skip

wrong("13.6", "The number of rewards is not checked: too few or too many go unseen.", {
    "if len(rewards) != len(flat):": "if False:",
    "scores.split(sizes)": "(scores[sum(sizes[:i]) : sum(sizes[: i + 1])] for i in range(len(sizes)))",
})  # fmt: skip

wrong("13.6", "Only too few rewards are refused; one that gives too many goes unseen.", {
    "len(rewards) != len(flat)": "len(rewards) < len(flat)",
    "scores.split(sizes)": "scores[: len(flat)].split(sizes)",
})  # fmt: skip

wrong("13.6", "Nothing checks that the rewards are finite: one NaN makes all weights NaN.", {
    "if not scores.isfinite().all():": "if False:",
})  # fmt: skip

wrong("13.6", "Only NaN is refused; an infinite reward gets through.", {
    "not scores.isfinite().all()": "scores.isnan().any()",
})  # fmt: skip

wrong("13.6", "A reward that is not finite is quietly made a number, where it must be refused.", {
    "scores = torch.as_tensor(rewards, dtype=torch.float32)":
    "scores = torch.as_tensor(rewards, dtype=torch.float32).nan_to_num()",
})  # fmt: skip

wrong("13.6", "The message about a reward that is not finite does not say which response it belongs to.", {
    'f"the reward of response {index} is {float(scores[index])}, not a finite number"':
    '"the rewards must be finite numbers"',
})  # fmt: skip

wrong("13.6", "The index in the message counts from 1; it counts from 0.", {
    "the reward of response {index}": "the reward of response {index + 1}",
})  # fmt: skip

wrong("13.6", "The index in the message counts within its own group; it counts through all groups.", {
    "            raise ValueError(f\"the reward of response {index}":
    "            place = int((~torch.cat([g.isfinite() for g in scores.split(sizes)])).nonzero()[0])\n"
    "            while place >= sizes[0]:\n"
    "                place, sizes = place - sizes[0], sizes[1:]\n"
    "            raise ValueError(f\"the reward of response {place}",
})  # fmt: skip


@wrong("13.6", "The reward function is called once for each prompt; it is to get all responses at once.")
def compute_rewards(self, prompts, responses, **columns):
    if self.config.reward is None:
        raise ValueError("GRPOConfig.reward is not set")
    scored, index = [], 0
    for i, group in enumerate(responses):
        repeated = {name: [column[i]] * len(group) for name, column in columns.items()}
        rewards = self.config.reward([prompts[i]] * len(group), list(group), **repeated)
        if len(rewards) != len(group):
            raise ValueError(f"the reward function gave {len(rewards)} rewards for {len(group)} responses")
        scores = torch.as_tensor(rewards, dtype=torch.float32)
        for j, finite in enumerate(scores.isfinite().tolist()):
            if not finite:
                raise ValueError(f"the reward of response {index + j} is not finite")
        index += len(group)
        scored.append(scores)
    return scored


# 13.7 GRPOTrainer.training_step

wrong("13.7", "Old gradients are never cleared: each step adds its gradient to those before.", {
    "        self.optimizer.zero_grad()\n": "",
})  # fmt: skip

wrong("13.7", "The gradients are cleared after the backward pass: the step has nothing to follow.", {
    "        self.optimizer.zero_grad()\n        loss.backward()\n":
    "        loss.backward()\n        self.optimizer.zero_grad()\n",
})  # fmt: skip

wrong("13.7", "The optimizer never takes its step: the weights stay as they were.", {
    "        self.optimizer.step()\n": "",
})  # fmt: skip

wrong("13.7", "The gradient is measured, but never scaled down to config.max_grad_norm.", {
    "self.config.max_grad_norm)": "float(\"inf\"))",
})  # fmt: skip

wrong("13.7", "The gradient is clipped to a fixed norm of 1: config.max_grad_norm is never used.", {
    "self.config.max_grad_norm)": "1.0)",
})  # fmt: skip

wrong("13.7", "Each entry of the gradient is clipped on its own; the norm of all is to be bounded.", {
    "nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)":
    "torch.stack([p.grad.norm() for p in self.model.parameters() if p.grad is not None]).norm()\n"
    "        nn.utils.clip_grad_value_(self.model.parameters(), self.config.max_grad_norm)",
})  # fmt: skip

wrong("13.7", "The metric grad_norm is measured after clipping; it is to be the norm before.", {
    "grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)":
    "nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)\n"
    "        grad_norm = torch.stack([p.grad.norm() for p in self.model.parameters() if p.grad is not None]).norm()",
})  # fmt: skip

wrong("13.7", "The gradient is clipped before the backward pass, when there is none yet.", {
    "        loss.backward()\n": "",
    "self.config.max_grad_norm)\n": "self.config.max_grad_norm)\n        loss.backward()\n",
})  # fmt: skip

wrong("13.7", "The losses of the prompts are summed; the loss is their mean.", {
    "torch.stack(losses).mean()": "torch.stack(losses).sum()",
})  # fmt: skip

wrong("13.7", "The loss is divided by the number of responses; it is the mean over the prompts.", {
    "torch.stack(losses).mean()": "torch.stack(losses).sum() / sum(len(lp) for lp in log_probs)",
})  # fmt: skip

wrong("13.7", "One softmax runs over the whole batch, so prompts take weight from each other.", {
    "        losses = [compute_grpo_loss(lp, r, self.config.beta) for lp, r in zip(log_probs, rewards, strict=True)]\n"
    "        loss = torch.stack(losses).mean()\n":
    "        loss = compute_grpo_loss(torch.cat(list(log_probs)), torch.cat(list(rewards)), self.config.beta)\n",
})  # fmt: skip

wrong("13.7", "The loss is taken at its default beta: config.beta is never used.", {
    "compute_grpo_loss(lp, r, self.config.beta)": "compute_grpo_loss(lp, r)",
})  # fmt: skip

wrong("13.7", "The rows' responses are scored at temperature 1: config.temperature is left out.", {
    "prompt, group, self.config.temperature)": "prompt, group)",
})  # fmt: skip

wrong("13.7", "The rewards are normalised (by mean and std) before the loss; it takes them as they are.", {
    "compute_grpo_loss(lp, r, self.config.beta)":
    "compute_grpo_loss(lp, (r - r.mean()) / (r.std(correction=0) + 1e-4), self.config.beta)",
})  # fmt: skip

wrong("13.7", "The log-probs are divided by the lengths; the loss takes the sums over the tokens.", {
    "        losses = [compute_grpo_loss(lp, r,":
    "        log_probs = [lp / torch.tensor([len(t) for t in ids]) for lp, ids in zip(log_probs, response_ids)]\n"
    "        losses = [compute_grpo_loss(lp, r,",
})  # fmt: skip

wrong("13.7", "The number of responses is left at its default of 4: config.num_samples is never used.", {
    "self.generate_responses(prompts, self.config.num_samples)": "self.generate_responses(prompts)",
})  # fmt: skip

wrong("13.7", "The texts are encoded again, with an EOS: those are not the tokens that were sampled.", {
    "            texts = [[r.text for r in group] for group in groups]\n":
    "            texts = [[r.text for r in group] for group in groups]\n"
    "            encode, eos = self.tokenizer.encode, self.tokenizer.eos_token_id\n"
    "            response_ids = [[torch.tensor([*encode(t, add_special_tokens=False), eos]) for t in g]"
    " for g in texts]\n"
    "            log_probs = [sequence_log_probs(self.model, p, g, self.config.temperature)\n"
    "                         for p, g in zip(batch['prompt_ids'], response_ids)]\n",
})  # fmt: skip

wrong("13.7", "Rewards are computed anew where the rows carry some: theirs are never used.", {
    "        if rewards[0] is None:\n            rewards = self":
    "        if self.config.reward is not None or rewards[0] is None:\n            rewards = self",
})  # fmt: skip

wrong("13.7", "The data set's own columns, such as prompt_ids, are passed to the reward function too.", {
    "if k not in _OWN_COLUMNS}": "if k not in (\"prompt\", \"responses\")}",
})  # fmt: skip

wrong("13.7", "The rows' other columns, such as the right answer, never get to compute_rewards.", {
    "self.compute_rewards(prompts, texts, **columns)": "self.compute_rewards(prompts, texts)",
})  # fmt: skip

wrong("13.7", "Rewards without responses are dropped, and new responses scored; they must be refused.", {
    '                raise ValueError("a row has rewards but no responses: there is nothing to weight")\n':
    "                rewards = [None] * len(prompts)\n",
})  # fmt: skip

wrong("13.7", "Rows of different kinds are not refused: the first row decides for all of them.", {
    "strict=True)}) > 1:\n            raise": "strict=True)}) > 3:\n            raise",
})  # fmt: skip

wrong("13.7", "Rows with and without responses are not refused in one batch: only rewards are looked at.", {
    "{(ids is None, r is None) for ids, r in zip(response_ids, rewards, strict=True)}":
    "{r is None for r in rewards}",
})  # fmt: skip

wrong("13.7", "The metric reward is a mean of the groups' means; all responses count alike.", {
    "torch.cat(list(rewards)).mean().item()": "torch.stack([r.mean() for r in rewards]).mean().item()",
})  # fmt: skip

wrong("13.7", "The metric response_length is a mean of the groups' means; all responses count alike.", {
    "torch.tensor([len(ids) for group in response_ids for ids in group], dtype=torch.float32)":
    "torch.tensor([sum(map(len, group)) / len(group) for group in response_ids])",
})  # fmt: skip

wrong("13.7", "The metric response_length counts characters of the text; it counts tokens, EOS included.", {
    "[len(ids) for group in response_ids for ids in group]": "[len(text) for group in texts for text in group]",
})  # fmt: skip

wrong("13.7", "The metric response_length leaves out the EOS, which is a token of the response.", {
    "[len(ids) for group": "[sum(int(i) != self.tokenizer.eos_token_id for i in ids) for group",
})  # fmt: skip

wrong("13.7", "The metrics are still tensors; they are asked for as Python numbers.", {
    "loss.item()": "loss.detach()",
    "torch.cat(list(rewards)).mean().item()": "torch.cat(list(rewards)).mean()",
    "grad_norm.item()": "grad_norm",
    "lengths.mean().item()": "lengths.mean()",
})  # fmt: skip

wrong("13.7", "The model is put into training mode: its dropout changes what is scored and trained.", {
    "        prompts, columns = batch[": "        self.model.train()\n        prompts, columns = batch[",
})  # fmt: skip


@wrong("13.7", "There is an optimizer step for each prompt; one on the mean over them is asked for.")
def training_step(self, batch):
    own = ("prompt", "prompt_ids", "responses", "response_ids", "rewards")
    columns = {name: column for name, column in batch.items() if name not in own}
    prompts, response_ids, rewards = batch["prompt"], batch["response_ids"], batch["rewards"]
    kinds = {(i is None, r is None) for i, r in zip(response_ids, rewards, strict=True)}
    if len(kinds) > 1:
        raise ValueError("the batch mixes rows with and without responses or rewards")
    if kinds == {(True, False)}:
        raise ValueError("a row has rewards but no responses")
    texts = batch["responses"]
    if response_ids[0] is None:
        with torch.no_grad():
            groups, _ = self.generate_responses(prompts, self.config.num_samples)
        response_ids = [[r.token_ids for r in group] for group in groups]
        texts = [[r.text for r in group] for group in groups]
    if rewards[0] is None:
        rewards = self.compute_rewards(prompts, texts, **columns)
    losses, norms = [], []
    for prompt, group, r in zip(batch["prompt_ids"], response_ids, rewards, strict=True):
        log_probs = sequence_log_probs(self.model, prompt, group, self.config.temperature)
        loss = compute_grpo_loss(log_probs, r, self.config.beta)
        self.optimizer.zero_grad()
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm).item())
        self.optimizer.step()
        losses.append(loss.item())
    lengths = [len(ids) for group in response_ids for ids in group]
    return {
        "loss": sum(losses) / len(losses),
        "reward": torch.cat(list(rewards)).mean().item(),
        "grad_norm": sum(norms) / len(norms),
        "response_length": sum(lengths) / len(lengths),
    }


# 13.8 GRPOTrainer.train

wrong("13.8", "The rows come in the order of the file in every epoch: nothing shuffles them.", {
    "torch.randperm(len(self.train_dataset), generator=self.generator)": "torch.arange(len(self.train_dataset))",
})  # fmt: skip

wrong("13.8", "The order is drawn once, before the loop: all epochs have the same.", {
    "            order = torch.randperm(len(self.train_dataset), generator=self.generator)\n": "",
    "        while len(history) < self.config.num_steps:\n":
    "        order = torch.randperm(len(self.train_dataset), generator=self.generator)\n"
    "        while len(history) < self.config.num_steps:\n",
})  # fmt: skip

wrong("13.8", "The order is drawn with torch's global random state: config.seed does not decide it.", {
    "(len(self.train_dataset), generator=self.generator)": "(len(self.train_dataset))",
})  # fmt: skip

wrong("13.8", "The generator is made anew in train(): a second call repeats the orders of the first.", {
    "        history: list":
    "        generator = torch.Generator().manual_seed(self.config.seed)\n        history: list",
    "(len(self.train_dataset), generator=self.generator)": "(len(self.train_dataset), generator=generator)",
})  # fmt: skip

wrong("13.8", "Rows are drawn with replacement: an epoch repeats some and leaves out others.", {
    "torch.randperm(len(self.train_dataset), generator=self.generator)":
    "torch.randint(len(self.train_dataset), (len(self.train_dataset),), generator=self.generator)",
})  # fmt: skip

wrong("13.8", "The order is cut into batch_size pieces, not into pieces of batch_size rows.", {
    "order.split(self.config.batch_size)": "order.chunk(self.config.batch_size)",
})  # fmt: skip

wrong("13.8", "Each step gets one row: config.batch_size is never used.", {
    "order.split(self.config.batch_size)": "order.split(1)",
})  # fmt: skip

wrong("13.8", "The last batch of an epoch is dropped where it is smaller: some rows are left out.", {
    "            for indices in order.split(self.config.batch_size):\n":
    "            batches = order.split(self.config.batch_size)\n"
    "            for indices in [b for b in batches if len(b) == self.config.batch_size] or batches:\n",
})  # fmt: skip

wrong("13.8", "Training ends after one epoch, even where num_steps steps are not done yet.", {
    "        while len(history) < self.config.num_steps:\n": "        for _ in range(1):\n",
})  # fmt: skip

wrong("13.8", "num_steps is counted in epochs; it counts training steps.", {
    "        while len(history) < self.config.num_steps:\n": "        for _ in range(self.config.num_steps):\n",
    "                if len(history) == self.config.num_steps:\n                    break\n": "",
})  # fmt: skip

wrong("13.8", "An epoch that has begun is always finished: more steps are taken than num_steps.", {
    "                if len(history) == self.config.num_steps:\n                    break\n": "",
})  # fmt: skip

wrong("13.8", "One step too many is taken: the loop ends after num_steps + 1 steps.", {
    "while len(history) < self.config.num_steps": "while len(history) <= self.config.num_steps",
    "if len(history) == self.config.num_steps": "if len(history) > self.config.num_steps",
})  # fmt: skip

wrong("13.8", "The items go into the training step as a list of rows; it takes a batch as collate makes it.", {
    "collate([self.train_dataset[i] for i in indices.tolist()])": "[self.train_dataset[i] for i in indices.tolist()]",
})  # fmt: skip

wrong("13.8", "Only the metrics of the last step are returned; those of each step are asked for.", {
    "                history.append(self.training_step(batch))\n        return history\n":
    "                history.append(self.training_step(batch))\n        return history[-1:]\n",
})  # fmt: skip

wrong("13.8", "The losses are returned as bare numbers; the metrics of each step are asked for.", {
    "history.append(self.training_step(batch))": "history.append(self.training_step(batch)[\"loss\"])",
})  # fmt: skip


@wrong("13.8", "The last batch of an epoch is filled up with rows of the next; it may be smaller.")
def train(self):
    history, waiting = [], []
    while len(history) < self.config.num_steps:
        while len(waiting) < self.config.batch_size:
            waiting += torch.randperm(len(self.train_dataset), generator=self.generator).tolist()
        batch, waiting = waiting[: self.config.batch_size], waiting[self.config.batch_size :]
        history.append(self.training_step(collate([self.train_dataset[i] for i in batch])))
    return history
