"""Exercise 13.1, GRPODataset: what people get wrong, and right answers written otherwise."""

import json
import math
import os
import re
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

# Reading the file

wrong("str.splitlines also splits at characters such as U+2028, which may stand inside a JSON string.", {
    'path.read_bytes().split(b"\\n")':
        '[s.encode("utf-8", "surrogateescape") for s in path.read_bytes().decode("utf-8",'
        ' "surrogateescape").splitlines()]',
})  # fmt: skip

wrong("The byte order mark at the start of a file is taken for a part of the first row.", {
    'line = line.removeprefix(b"\\xef\\xbb\\xbf")': "pass",
})  # fmt: skip

wrong("Only an empty line counts as blank; one of spaces or a carriage return is taken for a row.", {
    "if line.strip():": "if line:",
})  # fmt: skip

wrong("Reading stops at the first blank line: the rows behind it are lost.", {
    "if line.strip():": "if not line.strip():\n    break\nelse:",
})  # fmt: skip

wrong("The line numbers in your messages start from 0; the first line of a file is line 1.", {
    'enumerate(path.read_bytes().split(b"\\n"), 1)': 'enumerate(path.read_bytes().split(b"\\n"))',
    "number == 1": "number == 0",
})  # fmt: skip

wrong("Blank lines are not counted, so the line in the message is not where an editor shows the bad row.", {
    'self.rows.append(_checked(line, f"{path.name} line {number}"))':
        'self.rows.append(_checked(line, f"{path.name} line {len(self.rows) + 1}"))',
})  # fmt: skip

wrong("The message about a bad row does not name the file.", {'f"{path.name} line {number}"': 'f"line {number}"'})

wrong("The message about a bad row does not name its line.", {'f"{path.name} line {number}"': "path.name"})

wrong("Bytes that are not UTF-8 are replaced or dropped without a word; such a line is a bad row.", {
    'line.decode("utf-8")': 'line.decode("utf-8", "replace")',
})  # fmt: skip

wrong("A line that is not UTF-8 or not JSON ends in Python's own error, which names no file or line.", {
    'raise ValueError(f"{where}: expected a JSON object in UTF-8 ({error})") from None': "raise",
})  # fmt: skip

wrong("A RecursionError comes through: json raises it, not a ValueError, where brackets nest too deeply.", {
    "except (ValueError, RecursionError) as error:": "except ValueError as error:",
})  # fmt: skip

wrong("Bad rows are skipped in silence, so nobody learns that a part of the data is missing.", {
    'self.rows.append(_checked(line, f"{path.name} line {number}"))':
        'try:\n    self.rows.append(_checked(line, f"{path.name} line {number}"))\nexcept ValueError:\n    continue',
})  # fmt: skip

wrong("This row is bad, but making the data set raises nothing; rows are checked then, not when used.", {
    'self.rows.append(_checked(line, f"{path.name} line {number}"))':
        'where = f"{path.name} line {number}"\nself.rows.append((_parsed(line, where), where))',
    "row = self.rows[idx]": "row = _checked(*self.rows[idx])",
    """
        try:
            row = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{where}: expected a JSON object in UTF-8 ({error})") from None
    """:
    "",
    "def _checked(line: bytes, where: str) -> dict[str, Any]:": """
        def _parsed(line, where):
            try:
                return json.loads(line.decode("utf-8"))
            except (ValueError, RecursionError) as error:
                raise ValueError(f"{where}: expected a JSON object in UTF-8 ({error})") from None


        def _checked(row: Any, where: str) -> dict[str, Any]:
    """,
})  # fmt: skip

wrong("A file without rows gives a data set of length 0; no row at all is an error.", {
    "if not self.rows:": "if False:",
})  # fmt: skip

wrong("A file that is not there raises another error than FileNotFoundError.", {"FileNotFoundError": "ValueError"})

# Checking arguments and rows

wrong("A max_length of 1 is accepted, though it leaves no room for a prompt.", {
    '("max_length", max_length, 2)': '("max_length", max_length, 1)',
})  # fmt: skip

wrong("A num_samples of 0 is accepted, though no response is left then.", {
    '(("num_samples", num_samples, 1), ("max_length", max_length, 2))': '[("max_length", max_length, 2)]',
})  # fmt: skip

wrong("The error about an argument does not say which of the two is too small.", {
    'raise ValueError(f"{name} must be at least {least}, not {value}")':
        'raise ValueError(f"must be at least {least}, not {value}")',
})  # fmt: skip

wrong("A line may hold JSON that is no object, such as a list; this is not looked at before its keys are.", {
    "if not isinstance(row, dict):": "if False:",
})  # fmt: skip

wrong("An empty prompt is accepted: the check asks only whether it is a string.", {
    "if not isinstance(prompt, str) or not prompt:": "if not isinstance(prompt, str):",
})  # fmt: skip

wrong("A prompt that is not a string is accepted: the check asks only whether there is something.", {
    "if not isinstance(prompt, str) or not prompt:": "if not prompt:",
})  # fmt: skip

wrong("A lone string is accepted as `responses`; its characters would then count as the responses.", {
    "_filled_list(responses) and all(isinstance(r, str) for r in responses)":
        "isinstance(responses, (list, str)) and responses and all(isinstance(r, str) for r in responses)",
})  # fmt: skip

wrong("Responses that are not strings are accepted: nothing looks at what stands inside the list.", {
    "(_filled_list(responses) and all(isinstance(r, str) for r in responses))": "_filled_list(responses)",
})  # fmt: skip

wrong("One string among the responses is enough for your check; every one must be a string.", {
    "all(isinstance(r, str) for r in responses)": "any(isinstance(r, str) for r in responses)",
})  # fmt: skip

wrong("An empty list of responses or rewards is accepted, as if it were missing.", {
    "len(value) > 0": "len(value) >= 0",
})  # fmt: skip

wrong("An empty response is refused; it is a string too, and becomes EOS alone.", {
    "all(isinstance(r, str) for r in responses)": "all(isinstance(r, str) and r for r in responses)",
})  # fmt: skip

wrong("A null is taken for a value and refused; it counts as missing.", {
    "responses is not None and not (_filled_list(responses) and all(isinstance(r, str) for r in responses))":
        '"responses" in row and not (_filled_list(responses) and all(isinstance(r, str) for r in responses))',
    "rewards is not None and not (_filled_list(rewards) and all(map(_finite, rewards)))":
        '"rewards" in row and not (_filled_list(rewards) and all(map(_finite, rewards)))',
})  # fmt: skip

wrong("NaN and Infinity are accepted as rewards: Python's json reads them, and nothing refuses them.", {
    "abs(value) <= torch.finfo(torch.float32).max": "not torch.finfo(torch.float32).max < abs(value) < float('inf')",
})  # fmt: skip

wrong("A reward such as 1e39 is accepted: it is finite for Python, but infinite in float32.", {
    "abs(value) <= torch.finfo(torch.float32).max": "abs(value) <= torch.finfo(torch.float64).max",
})  # fmt: skip

wrong("An OverflowError comes through: math.isfinite and float() raise it for integers that are too large.", {
    "abs(value) <= torch.finfo(torch.float32).max": "abs(float(value)) <= torch.finfo(torch.float32).max",
})  # fmt: skip

wrong("True and false are accepted as rewards: isinstance(True, int) holds, since bool is a kind of int.", {
    "type(value) in (int, float)": "isinstance(value, (int, float))",
})  # fmt: skip

wrong("Whole numbers such as 1 are refused as rewards; json reads them as int, and they are numbers too.", {
    "type(value) in (int, float)": "type(value) is float",
})  # fmt: skip

wrong("Nothing compares how many responses and how many rewards a row has.", {
    "len(responses) != len(rewards)": "False",
})  # fmt: skip

wrong("Responses and rewards are counted after the cut to num_samples, so a row that lacks some passes.", {
    '_checked(line, f"{path.name} line {number}")': '_checked(line, f"{path.name} line {number}", num_samples)',
    "def _checked(line: bytes, where: str) -> dict[str, Any]:":
        "def _checked(line: bytes, where: str, n: int) -> dict[str, Any]:",
    "len(responses) != len(rewards)": "len(responses[:n]) != len(rewards[:n])",
})  # fmt: skip

# Making an item

wrong("The responses do not end with EOS, so the model never learns to stop.", {
    "[*ids, self.tokenizer.eos_token_id][:room]": "ids[:room]",
})  # fmt: skip

wrong("EOS is appended after the cut: a cut response gets one, and is one token too long.", {
    "[*ids, self.tokenizer.eos_token_id][:room]": "[*ids[:room], self.tokenizer.eos_token_id]",
})  # fmt: skip

wrong("The cut keeps a place for EOS: a response that was cut must not end as if it were whole.", {
    "[*ids, self.tokenizer.eos_token_id][:room]": "[*ids[: room - 1], self.tokenizer.eos_token_id]",
})  # fmt: skip

wrong("The prompt ends with EOS, as if the text were over before the response begins.", {
    'self.tokenizer.encode(row["prompt"])': '[*self.tokenizer.encode(row["prompt"]), self.tokenizer.eos_token_id]',
})  # fmt: skip

wrong("A long prompt loses its end; it should lose its beginning, for the question mostly stands last.", {
    'self.tokenizer.encode(row["prompt"])[-(self.max_length - 1) :]':
        'self.tokenizer.encode(row["prompt"])[: self.max_length - 1]',
})  # fmt: skip

wrong("A long prompt is cut to max_length tokens, which leaves no room for a response.", {
    "self.max_length - 1": "self.max_length",
})  # fmt: skip

wrong("Nothing is cut: max_length has no effect on the prompt, nor on the responses.", {
    'self.tokenizer.encode(row["prompt"])[-(self.max_length - 1) :]': 'self.tokenizer.encode(row["prompt"])',
    "[*ids, self.tokenizer.eos_token_id][:room]": "[*ids, self.tokenizer.eos_token_id]",
})  # fmt: skip

wrong("A long prompt is never cut; it must leave room for at least one token of a response.", {
    'self.tokenizer.encode(row["prompt"])[-(self.max_length - 1) :]': 'self.tokenizer.encode(row["prompt"])',
})  # fmt: skip

wrong("A long response is never cut to the room that the prompt leaves.", {
    "[*ids, self.tokenizer.eos_token_id][:room]": "[*ids, self.tokenizer.eos_token_id]",
})  # fmt: skip

wrong("A long response keeps one token fewer than would fit.", {
    "[*ids, self.tokenizer.eos_token_id][:room]": "[*ids, self.tokenizer.eos_token_id][: room - 1]",
})  # fmt: skip

wrong("A response alone may take max_length tokens; the bound is on prompt and response together.", {
    "room = self.max_length - len(prompt_ids)": "room = self.max_length",
})  # fmt: skip

wrong("The room for responses is computed from the prompt before its cut, so it may be negative.", {
    "room = self.max_length - len(prompt_ids)": 'room = self.max_length - len(self.tokenizer.encode(row["prompt"]))',
})  # fmt: skip

wrong("Responses are encoded with special tokens: each gets a BOS in the middle of the text.", {
    "self.tokenizer.encode(r, add_special_tokens=False)": "self.tokenizer.encode(r)",
})  # fmt: skip

wrong("The prompt is encoded without the special tokens that the tokenizer adds in front.", {
    'self.tokenizer.encode(row["prompt"])': 'self.tokenizer.encode(row["prompt"], add_special_tokens=False)',
})  # fmt: skip

wrong("Prompt + response are encoded as one text and cut apart: a token can reach across the border.", {
    "encoded = [self.tokenizer.encode(r, add_special_tokens=False) for r in responses]": """
        whole = self.tokenizer.encode(row["prompt"])
        encoded = [self.tokenizer.encode(row["prompt"] + r)[len(whole) :] for r in responses]
    """,
})  # fmt: skip

wrong("Texts are stripped before they are encoded; spaces and line feeds at their ends are tokens too.", {
    'row["prompt"]': 'row["prompt"].strip()',
    "self.tokenizer.encode(r, add_special_tokens=False)": "self.tokenizer.encode(r.strip(), add_special_tokens=False)",
})  # fmt: skip

wrong("All responses of a row are used, however many; num_samples has no effect.", {
    "responses = responses[: self.num_samples]": "responses = list(responses)",
    "rewards[: self.num_samples]": "rewards",
})  # fmt: skip

wrong("The responses are cut to num_samples, but the rewards are not.", {"rewards[: self.num_samples]": "rewards"})

wrong("The token ids are cut to num_samples, but the texts in `responses` are not.", {
    """
        responses = responses[: self.num_samples]
        encoded = [self.tokenizer.encode(r, add_special_tokens=False) for r in responses]
    """:
    "encoded = [self.tokenizer.encode(r, add_special_tokens=False) for r in responses[: self.num_samples]]",
})  # fmt: skip

wrong("Rewards get their type from the file: whole numbers become an integer tensor, not float32.", {
    "torch.tensor(rewards[: self.num_samples], dtype=torch.float32)": "torch.tensor(rewards[: self.num_samples])",
})  # fmt: skip

wrong("torch.Tensor makes float32 of token ids; ids must be int64.", {
    "torch.tensor([*ids, self.tokenizer.eos_token_id][:room])":
        "torch.Tensor([*ids, self.tokenizer.eos_token_id][:room])",
    "torch.tensor(prompt_ids)": "torch.Tensor(prompt_ids)",
})  # fmt: skip

wrong("The token ids of the responses are plain lists; each response must be a tensor.", {
    "torch.tensor([*ids, self.tokenizer.eos_token_id][:room])": "[*ids, self.tokenizer.eos_token_id][:room]",
})  # fmt: skip

wrong("The responses are padded to one tensor; they must be a list of tensors, each of its own length.", {
    "response_ids = [torch.tensor([*ids, self.tokenizer.eos_token_id][:room]) for ids in encoded]": """
        response_ids = [torch.tensor([*ids, self.tokenizer.eos_token_id][:room]) for ids in encoded]
        response_ids = torch.nn.utils.rnn.pad_sequence(response_ids, batch_first=True)
    """,
})  # fmt: skip

wrong("A row without responses gets an empty list of token ids; it must be None.", {
    "response_ids = None": "response_ids = []",
})  # fmt: skip

wrong("Missing rewards are filled with zeros, so these responses are never scored.", {
    "if rewards is not None:":
        "if rewards is None and responses is not None:\n    rewards = [0.0] * len(responses)\nif rewards is not None:",
})  # fmt: skip

wrong("Rewards are lost where a row has no responses; either may be missing without the other.", {
    "if rewards is not None:": "if responses is None:\n    rewards = None\nif rewards is not None:",
})  # fmt: skip

wrong("Other columns of the row, such as the answer, are lost: a reward function may need them.", {
    '{**row, "prompt_ids": torch.tensor(prompt_ids), "responses": responses, "response_ids":'
    ' response_ids, "rewards": rewards}':
    '{"prompt": row["prompt"], "prompt_ids": torch.tensor(prompt_ids), "responses": responses,'
    ' "response_ids": response_ids, "rewards": rewards}',
})  # fmt: skip

wrong("The row's own columns replace those that you made of them: rewards stay a list, for example.", {
    '{**row, "prompt_ids": torch.tensor(prompt_ids), "responses": responses, "response_ids":'
    ' response_ids, "rewards": rewards}':
    '{"prompt_ids": torch.tensor(prompt_ids), "responses": responses, "response_ids": response_ids,'
    ' "rewards": rewards, **row}',
})  # fmt: skip

wrong("Reading an item takes its responses out of the data set: in the second epoch they are missing.", {
    'row.get("responses"), row.get("rewards")': 'row.pop("responses", None), row.pop("rewards", None)',
})  # fmt: skip

# Right answers written otherwise


@right("everything is encoded when the data set is made; other texts in the errors")
class GRPODataset(Dataset):
    def __init__(self, data_path, tokenizer, num_samples=4, max_length=2048):
        if num_samples < 1:
            raise ValueError("num_samples: 1 or more")
        if max_length < 2:
            raise ValueError("max_length: 2 or more")
        self.tokenizer, self.n, self.max_length = tokenizer, num_samples, max_length
        name = os.path.basename(data_path)
        self.items = []
        with open(data_path, "rb") as file:  # its own FileNotFoundError names the file
            for number, raw in enumerate(file, 1):
                if not raw.strip():
                    continue
                try:
                    row = json.loads(raw)  # bytes: a byte order mark is understood
                    self.expect(isinstance(row, dict), "an object { ... }")
                    self.items.append(self.item(row))
                except RecursionError:
                    raise ValueError(f"{name}:{number}: less nesting expected") from None
                except UnicodeDecodeError:
                    raise ValueError(f"{name}:{number}: UTF-8 expected") from None
                except json.JSONDecodeError:
                    raise ValueError(f"{name}:{number}: JSON expected") from None
                except ValueError as error:
                    raise ValueError(f"{name}:{number}: {error}") from None
        if len(self.items) == 0:
            raise ValueError(f"no rows in {name}")

    @staticmethod
    def expect(good, what):
        if not good:
            raise ValueError(f"expected {what}")

    def item(self, row):
        item = dict(row)
        self.expect(type(row.get("prompt")) is str and row["prompt"] != "", "text under 'prompt'")
        ids = self.tokenizer.encode(row["prompt"], add_special_tokens=True)
        while len(ids) > self.max_length - 1:
            ids = ids[1:]
        item["prompt_ids"] = torch.LongTensor(ids)
        item["response_ids"] = None
        item.setdefault("responses", None)
        item.setdefault("rewards", None)
        if item["responses"] is not None:
            self.expect(isinstance(item["responses"], list) and item["responses"], "a filled list 'responses'")
            for r in item["responses"]:
                self.expect(isinstance(r, str), "strings in 'responses'")
        if item["rewards"] is not None:
            self.expect(isinstance(item["rewards"], list) and item["rewards"], "a filled list 'rewards'")
            for r in item["rewards"]:
                self.expect(isinstance(r, (int, float)) and not isinstance(r, bool), "numbers in 'rewards'")
                try:
                    finite = math.isfinite(float(np.float32(float(r))))
                except OverflowError:
                    finite = False
                self.expect(finite, "finite 'rewards'")
            if item["responses"] is not None:
                self.expect(len(item["rewards"]) == len(item["responses"]), "one of 'rewards' for each response")
            item["rewards"] = torch.FloatTensor([float(r) for r in item["rewards"][: self.n]])
        if item["responses"] is not None:
            item["responses"] = item["responses"][: self.n]
            item["response_ids"] = []
            for r in item["responses"]:
                ids = list(self.tokenizer.encode(r, add_special_tokens=False))
                ids.append(self.tokenizer.eos_token_id)
                while len(ids) + len(item["prompt_ids"]) > self.max_length:
                    ids.pop()
                item["response_ids"].append(torch.as_tensor(ids, dtype=torch.long))
        return item

    def __len__(self):
        return len(self.items)

    def __getitem__(self, idx):
        return dict(self.items[idx])


@right("a table of checks, text split by a regular expression, EOS only where the whole response fits")
class GRPODataset(Dataset):
    def __init__(self, data_path, tokenizer, num_samples=4, max_length=2048):
        self.arguments = tokenizer, num_samples, max_length
        if min(num_samples, max_length - 1) < 1:
            raise ValueError(f"num_samples must be at least 1 and max_length at least 2: {num_samples}, {max_length}")
        path = Path(data_path)
        if not path.exists():
            raise FileNotFoundError(str(path))
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            text = file.read()
        found = [(n, line) for n, line in enumerate(re.split("\n", text), 1) if line.strip()]
        if not found:
            raise ValueError(f"There is nothing in {path}")
        self.rows = [self.read(line, f"Line {n} of {path.name} is bad; expected ") for n, line in found]

    @staticmethod
    def read(line, start):
        try:
            row = json.loads(line.encode("utf-8", "surrogateescape").decode("utf-8"))
        except (ValueError, RecursionError):
            raise ValueError(start + "JSON") from None
        if type(row) is not dict:
            raise ValueError(start + "a dict")
        row = {"responses": None, "rewards": None, **row}
        prompt, responses, rewards = row.get("prompt"), row["responses"], row["rewards"]
        limit = float(np.finfo(np.float32).max)
        numbers = isinstance(rewards, list) and all(type(r) in (int, float) and -limit <= r <= limit for r in rewards)
        strings = isinstance(responses, list) and all(isinstance(r, str) for r in responses)
        table = [
            (isinstance(prompt, str) and len(prompt) > 0, "a prompt"),
            (responses is None or (strings and len(responses) > 0), "responses: a list of strings"),
            (rewards is None or (numbers and len(rewards) > 0), "rewards: a list of finite numbers"),
        ]
        for good, what in table:
            if not good:
                raise ValueError(start + what)
        if responses and rewards and len(responses) - len(rewards):
            raise ValueError(start + "rewards for all responses")
        return row

    def __len__(self):
        return sum(1 for _ in self.rows)

    def __getitem__(self, idx):
        tokenizer, n, max_length = self.arguments
        item = self.rows[idx].copy()
        ids = tokenizer.encode(item["prompt"])
        too_long = max(len(ids) - (max_length - 1), 0)
        item["prompt_ids"] = torch.tensor(ids[too_long:], dtype=torch.int64)
        room = max_length - item["prompt_ids"].numel()
        item["response_ids"] = None
        if item["responses"] is not None:
            item["responses"] = [r for i, r in enumerate(item["responses"]) if i < n]
            item["response_ids"] = []
            for r in item["responses"]:
                ids = tokenizer.encode(r, add_special_tokens=False)
                ids = [*ids, tokenizer.eos_token_id] if len(ids) < room else ids[:room]
                item["response_ids"].append(torch.from_numpy(np.array(ids, dtype=np.int64)))
        if item["rewards"] is not None:
            item["rewards"] = torch.tensor(item["rewards"], dtype=torch.float64)[:n].float()
        return item


right("a list of lines is read first and checked then; tensors are cut, not lists", {
    'for number, line in enumerate(path.read_bytes().split(b"\\n"), 1):':
        'lines = path.open("rb").readlines()\nfor number in range(1, len(lines) + 1):',
    "if number == 1:": "line = lines[number - 1]\nif number == 1:",
    'self.tokenizer.encode(row["prompt"])[-(self.max_length - 1) :]':
        'torch.tensor(self.tokenizer.encode(row["prompt"])).flip(0)[: self.max_length - 1].flip(0)',
    "torch.tensor([*ids, self.tokenizer.eos_token_id][:room])":
        "torch.cat([torch.tensor(ids, dtype=torch.long), torch.tensor([self.tokenizer.eos_token_id])])[:room]",
    "torch.tensor(prompt_ids)": "prompt_ids",
})  # fmt: skip
