"""The fork server whose workers hold submissions (lab/sandbox/fork_server.py): what it imports, and what they do."""

from __future__ import annotations

import contextlib
import importlib
import re
import socket
import tempfile
from pathlib import Path

import torch

from grader.sandbox import worker
from grader.sandbox.replaced import Attributes
from lab.sandbox import fork_server


def warm() -> None:
    """Imports what lessons need and what takes long. Nothing here starts a thread: a fork would lose it."""
    torch.set_num_threads(1)
    import jaxtyping  # noqa: F401

    import lab

    here = Path(lab.__file__).parent
    paths = sorted(here.rglob("[!_]*.py"))  # what of it the lessons use
    for path in paths:
        importlib.import_module(".".join(("lab", *path.relative_to(here).with_suffix("").parts)))
    # Whatever is done for the first time takes long.
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.zeros(1, 2)).logsumexp(-1).sum().backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if any(re.search(r"^\s*(from|import) transformers", path.read_text("utf-8"), re.MULTILINE) for path in paths):
        warm_transformers()  # takes seconds, and only some lessons use it


def warm_transformers() -> None:
    import transformers
    from transformers import LlamaConfig, LlamaForCausalLM

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    model = LlamaForCausalLM(
        LlamaConfig(vocab_size=8, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1)
    )
    model(torch.zeros(1, 2, dtype=torch.long)).logits.sum().backward()
    with contextlib.suppress(OSError), tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        LlamaForCausalLM.from_pretrained(folder)


def main(arguments: list[str]) -> None:
    noted = []  # here, once for all workers: no code of a submission ever runs in this process

    def warm_and_note() -> None:
        warm()
        noted.append(Attributes())

    def serve(channel: socket.socket, root: Path, solution: str) -> None:
        worker.serve(channel, root, solution, noted[0])

    fork_server.main(arguments, warm_and_note, serve)
