"""A worker's given files in compiled form, as Python itself would put it into `__pycache__`: otherwise each worker
would compile the same scenarios and earlier references anew. A submission's own files are compiled where they run.

The form is PEP 552's, unchecked: Python takes the file for what stands beside it. Only the judge's own files may
therefore come here.
"""

from __future__ import annotations

import functools
import importlib.util
import marshal
import sys
from pathlib import PurePosixPath

UNCHECKED = (1).to_bytes(4, "little")


def beside(files: dict[str, bytes]) -> dict[str, bytes]:
    """The compiled form of each Python file, by the name at which Python looks for it."""
    return {_place(name): _compiled(text) for name, text in files.items() if name.endswith(".py")}


def _place(name: str) -> str:
    path = PurePosixPath(name)
    return (path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc").as_posix()


@functools.lru_cache(maxsize=256)
def _compiled(text: bytes) -> bytes:
    code = compile(text, "<given>", "exec", dont_inherit=True)  # importing puts in the file's own name
    return importlib.util.MAGIC_NUMBER + UNCHECKED + importlib.util.source_hash(text) + marshal.dumps(code)
