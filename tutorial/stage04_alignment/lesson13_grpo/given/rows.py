"""Reads this lesson's data file: JSON Lines in UTF-8, one prompt on each line.

{"prompt": "2+3=", "responses": ["5", "6"], "rewards": [1.0, 0.0], "answer": 5}
"""

import json
import math
from pathlib import Path
from typing import Any


def read_rows(path: str | Path) -> list[dict[str, Any]]:
    """Returns the rows of the file. Every row has a text `prompt`; `responses` (texts) and `rewards` (a finite number
    for each response) may be missing or null, but then in all rows. A byte order mark and blank lines are skipped.

    Raises FileNotFoundError, or ValueError with file, line and what was expected there, such as
    "train.jsonl line 3: expected 'prompt' to be a text that is not empty".
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise ValueError(f"{path.name}: expected text in UTF-8") from None
    rows = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            rows.append(_row(line, f"{path.name} line {number}"))
            if _kind(rows[-1]) != _kind(rows[0]):
                raise ValueError(f"{path.name} line {number}: expected 'responses' and 'rewards' as in the first row")
    if not rows:
        raise ValueError(f"{path.name}: expected at least one row, but the file is empty")
    return rows


def _kind(row: dict[str, Any]) -> tuple[bool, bool]:
    return row.get("responses") is None, row.get("rewards") is None


def _row(line: str, where: str) -> dict[str, Any]:
    def expect(good: bool, what: str) -> None:
        if not good:
            raise ValueError(f"{where}: expected {what}")

    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"{where}: expected a JSON object ({error})") from None
    expect(isinstance(row, dict), "a JSON object")
    prompt, responses, rewards = row.get("prompt"), row.get("responses"), row.get("rewards")
    expect(isinstance(prompt, str) and prompt != "", "'prompt' to be a text that is not empty")
    if responses is not None:
        texts = isinstance(responses, list) and all(isinstance(r, str) for r in responses)
        expect(texts and len(responses) > 0, "'responses' to be a list of at least one text")
    if rewards is not None:
        numbers = isinstance(rewards, list) and all(isinstance(r, (int, float)) and math.isfinite(r) for r in rewards)
        expect(numbers, "'rewards' to be a list of finite numbers")
        expect(responses is not None and len(rewards) == len(responses), "as many 'rewards' as 'responses'")
    return row
