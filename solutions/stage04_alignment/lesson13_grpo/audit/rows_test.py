"""Reading the data file, which is given: what it accepts, and one clear error for what it does not."""

import pytest
from lesson13_grpo.given.rows import read_rows

GOOD = '{"prompt": "1", "responses": ["2", ""], "rewards": [1, 0.5], "answer": 2}'


def read(folder, content):
    path = folder / "train.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read_rows(path)


def test_byte_order_mark_blank_lines_and_windows_line_ends(tmp_path):
    rows = read(tmp_path, f"\ufeff\r\n{GOOD}\r\n   \r\n{GOOD}")
    assert rows == [{"prompt": "1", "responses": ["2", ""], "rewards": [1, 0.5], "answer": 2}] * 2


def test_a_line_separator_inside_a_string(tmp_path):
    assert read(tmp_path, '{"prompt": "a\u2028b\u0085"}\n') == [{"prompt": "a\u2028b\u0085"}]


def test_null_counts_as_missing(tmp_path):
    assert len(read(tmp_path, '{"prompt": "1", "rewards": null}\n{"prompt": "2"}')) == 2


@pytest.mark.parametrize(("line", "expected"), [
    ("{", "a JSON object"), ("[1]", "a JSON object"), ("{}", "'prompt'"), ('{"prompt": ""}', "'prompt'"),
    ('{"prompt": "1", "responses": "2"}', "'responses'"), ('{"prompt": "1", "responses": []}', "'responses'"),
    ('{"prompt": "1", "responses": [2]}', "'responses'"), ('{"prompt": "1", "rewards": [1]}', "'responses'"),
    ('{"prompt": "1", "responses": ["2"], "rewards": ["1"]}', "finite numbers"),
    ('{"prompt": "1", "responses": ["2"], "rewards": [NaN]}', "finite numbers"),
    ('{"prompt": "1", "responses": ["2", "3"], "rewards": [1]}', "as many"),
    ('{"prompt": "1"}', "as in the first row"), ('{"prompt": "1", "responses": ["2"]}', "as in the first row"),
])  # fmt: skip
def test_a_bad_line_is_named(tmp_path, line, expected):
    with pytest.raises(ValueError, match=rf"^train\.jsonl line 3: expected .*{expected}"):
        read(tmp_path, f"{GOOD}\n\n{line}\n")


@pytest.mark.parametrize("content", ["", "\n\n", b'{"prompt": "\xff"}'])
def test_a_file_without_rows_or_text(tmp_path, content):
    with pytest.raises(ValueError, match=r"^train\.jsonl: expected"):
        read(tmp_path, content)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.jsonl"):
        read_rows(tmp_path / "nowhere.jsonl")
