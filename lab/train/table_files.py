"""Reads columns from JSON Lines or Parquet. Errors are one sentence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course.base.errors import UsageError


def read_columns(path: str | Path, columns: Sequence[str], limit: int | None = None) -> list[tuple[str, ...]]:
    """The text columns named `columns` of a .jsonl or .parquet file, row by row.

    Raises UsageError if the file is missing, empty, damaged or of another kind, or if a row lacks a column or has
    something other than text in it.
    """
    path = Path(path)
    readers = {".jsonl": _json_lines, ".json": _json_lines, ".parquet": _parquet}
    if path.suffix.lower() not in readers:
        raise UsageError(f"{path}: data must be .jsonl or .parquet, one row per prompt")
    if not path.is_file():
        raise UsageError(f"{path}: no such file; give the path of a .jsonl or .parquet file")
    rows = readers[path.suffix.lower()](path, list(columns), limit)
    if not rows:
        raise UsageError(f"{path} holds no rows; at least one is needed")
    return rows


def _json_lines(path: Path, columns: list[str], limit: int | None) -> list[tuple[str, ...]]:
    rows = []
    try:
        with open(path, encoding="utf-8-sig") as file:  # some editors write a byte-order mark first
            for number, line in enumerate(file, 1):
                if line.strip():
                    rows.append(_row(json.loads(line, parse_int=_integer), columns, f"{path}, line {number}"))
                if limit is not None and len(rows) >= limit:
                    break
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text; write it as JSON Lines in UTF-8") from None
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}, line {number} is not JSON ({error.msg}); write one object on each line") from None
    except RecursionError:
        raise UsageError(f"{path}, line {number} is nested too deeply; write one flat object on each line") from None
    return rows


def _integer(text: str) -> int | str:
    """Python refuses to convert integers of more than 4,300 digits; such a column is of no use here anyway."""
    return int(text) if len(text) < 4000 else text


def _parquet(path: Path, columns: list[str], limit: int | None) -> list[tuple[str, ...]]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise UsageError(f"{path}: reading Parquet needs pyarrow (pip install pyarrow), or write JSON Lines") from None
    try:
        with path.open("rb") as start:
            if start.read(4) != b"PAR1":
                raise OSError("it does not begin with PAR1")
        file = parquet.ParquetFile(path, page_checksum_verification=True)  # where its writer has put checksums
        _row(dict.fromkeys(file.schema_arrow.names, ""), columns, str(path))
        rows: list[dict[str, Any]] = []
        for batch in file.iter_batches(columns=columns):
            rows += batch.to_pylist()
            if limit is not None and len(rows) >= limit:
                break
        if limit is None and len(rows) != file.metadata.num_rows:
            raise OSError(f"it holds {len(rows)} of its {file.metadata.num_rows} rows")
    except (ArrowException, OSError, UnicodeError) as error:
        raise UsageError(f"{path} is not a whole Parquet file ({str(error).splitlines()[0]}); write it again") from None
    return [_row(row, columns, f"{path}, row {i}") for i, row in enumerate(rows[:limit], 1)]


def _row(row: Any, columns: list[str], where: str) -> tuple[str, ...]:
    if not isinstance(row, dict):
        raise UsageError(f"{where}: expected an object with the columns {', '.join(columns)}, not {type(row).__name__}")
    for column in columns:
        if column not in row:
            raise UsageError(f"{where} has no column {column!r}; its columns are {', '.join(map(str, row)) or 'none'}")
        if not isinstance(row[column], str):
            raise UsageError(f"{where}: column {column!r} must be text, not {type(row[column]).__name__}")
        if any("\ud800" <= character <= "\udfff" for character in row[column]):
            raise UsageError(f"{where}: column {column!r} holds half of a character (a lone surrogate); write it again")
    return tuple(row[column] for column in columns)
