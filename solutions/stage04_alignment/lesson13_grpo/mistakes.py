"""What people write wrongly in this lesson; see tutorial/CONTRIBUTING.md."""

import torch

from lab.attempts import Attempts

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
