"""Rows from JSON Lines and Parquet."""

import pytest

from course.base.errors import UsageError
from lab.train import table_files


def test_json_lines_with_named_columns(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"q": "a", "r": "b", "more": 1}\n\n{"q": "größer", "r": ""}\n', encoding="utf-8")
    assert table_files.read_columns(path, ["q", "r"]) == [("a", "b"), ("größer", "")]
    assert table_files.read_columns(path, ["r"], limit=1) == [("b",)]


def test_the_ending_may_be_in_capitals(tmp_path):
    (tmp_path / "ROWS.JSONL").write_text('{"q": "a"}')
    assert table_files.read_columns(tmp_path / "ROWS.JSONL", ["q"]) == [("a",)]


@pytest.mark.parametrize(("name", "text", "says"), [
    ("rows.jsonl", '{"q": "a"}\n{"r": "b"}\n', "line 2 has no column 'q'; its columns are r"),
    ("rows.jsonl", '{"q": 3}\n', "column 'q' must be text, not int"),
    ("rows.jsonl", '{"q": "a"\n', "line 1 is not JSON"),
    ("rows.jsonl", '["a"]\n', "expected an object"),
    ("rows.jsonl", "[" * 100_000 + "\n", "nested too deeply"),
    ("rows.jsonl", '{"q": "\\ud800"}\n', "lone surrogate"),
    ("rows.jsonl", "\n", "holds no rows"),
    ("rows.csv", "q\na\n", "must be .jsonl or .parquet"),
])  # fmt: skip
def test_says_what_is_wrong(tmp_path, name, text, says):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=says) as caught:
        table_files.read_columns(tmp_path / name, ["q"])
    assert "\n" not in str(caught.value)


def test_a_byte_order_mark_and_a_huge_integer_elsewhere_do_no_harm(tmp_path):
    (tmp_path / "rows.jsonl").write_bytes(b"\xef\xbb\xbf" + f'{{"q": "a", "id": {"7" * 5000}}}\n'.encode())
    assert table_files.read_columns(tmp_path / "rows.jsonl", ["q"]) == [("a",)]


def test_a_missing_file_and_one_that_is_not_text(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        table_files.read_columns(tmp_path / "rows.jsonl", ["q"])
    (tmp_path / "rows.jsonl").write_bytes(b"\xff\xfe{}")
    with pytest.raises(UsageError, match="not UTF-8"):
        table_files.read_columns(tmp_path / "rows.jsonl", ["q"])


def test_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "rows.parquet"
    parquet.write_table(pyarrow.table({"q": ["a", "b", "c"], "r": ["x", "y", "z"], "n": [1, 2, 3]}), path)
    assert table_files.read_columns(path, ["r", "q"], limit=2) == [("x", "a"), ("y", "b")]
    with pytest.raises(UsageError, match="no column 'answer'; its columns are q, r, n"):
        table_files.read_columns(path, ["answer"])
    with pytest.raises(UsageError, match="column 'n' must be text, not int"):
        table_files.read_columns(path, ["n"])


DAMAGE = {  # what happens to the bytes of a file; each of its pages has a checksum, or its bytes are not compressed
    "cut short": lambda data: data[:50],
    "another beginning": lambda data: b"PK\3\4" + data[4:],
    "another end": lambda data: data[:-4] + b"PAR2",
    "a footer of another length": lambda data: data[:-8] + b"\xff\xff\xff\x7f" + data[-4:],
    "a footer of zeros": lambda data: data[: data.index(b"PAR1", 4) - 60] + bytes(52) + data[-8:],
    "another letter": lambda data: data.replace(b"question 1", b"qwestion 1", 1),
    "a page of zeros": lambda data: data[:4] + bytes(100) + data[104:],
    "half of a character": lambda data: data.replace(b"question 1", b"quest\xffon 1", 1),
    "nothing": lambda data: b"",
    "JSON Lines": lambda data: b'{"q": "a"}\n',
}


def test_a_damaged_parquet_file_is_one_sentence(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "rows.parquet"
    table = pyarrow.table({"q": [f"question {i}" for i in range(20)]})
    for checksum in (True, False):
        parquet.write_table(table, path, compression="none", use_dictionary=False, write_page_checksum=checksum)
        whole = path.read_bytes()
        for name, damage in DAMAGE.items():
            if name == "another letter" and not checksum:
                continue  # a text is as good as another then
            path.write_bytes(damage(whole))
            with pytest.raises(UsageError, match=r"not a whole Parquet file .*write it again") as caught:
                pytest.fail(f"{name} was read: {table_files.read_columns(path, ['q'])}")
            assert "\n" not in str(caught.value)


def test_parquet_without_pyarrow(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "rows.parquet").write_bytes(b"PAR1")
    with pytest.raises(UsageError, match="needs pyarrow"):
        table_files.read_columns(tmp_path / "rows.parquet", ["q"])
