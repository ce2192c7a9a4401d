"""The fork server whose workers hold submissions (lab/sandbox/fork_server.py): what it imports, and what they do."""

from __future__ import annotations

import contextlib
import importlib
import tempfile
from pathlib import Path

import torch

from grader.sandbox import worker
from lab.sandbox import fork_server


def warm() -> None:
    """Imports what lessons need and what takes long. Nothing here starts a thread: a fork would lose it."""
    torch.set_num_threads(1)
    import jaxtyping  # noqa: F401
    import transformers
    from transformers import LlamaConfig, LlamaForCausalLM

    import lab

    here = Path(lab.__file__).parent
    for path in sorted(here.rglob("[!_]*.py")):  # what of it the lessons use
        importlib.import_module(".".join(("lab", *path.relative_to(here).with_suffix("").parts)))
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    # Whatever is done for the first time takes long.
    model = LlamaForCausalLM(
        LlamaConfig(vocab_size=8, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1)
    )
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.zeros(1, 2, dtype=torch.long)).logits.logsumexp(-1).sum().backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    with contextlib.suppress(OSError), tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        LlamaForCausalLM.from_pretrained(folder)


def main(arguments: list[str]) -> None:
    fork_server.main(arguments, warm, worker.serve)
