"""GRPO by TRL 1.16.0 on the data and with the reward that lie beside this file.

    python train.py --config config.yaml --model Qwen/Qwen2.5-0.5B-Instruct
    accelerate launch --num_processes 8 train.py --config config.yaml --model ...

--model is a Hugging Face id or a folder, --output_dir where the trained model goes (trained/ beside this file). Any
other option is one of trl.GRPOConfig, as the keys of config.yaml are: --learning_rate 1e-6, --use_vllm false.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import load_dataset
from reward import reward  # beside this file
from transformers import AutoTokenizer, PrinterCallback, TrainerCallback
from trl import GRPOConfig, GRPOTrainer, TrlParser

HERE = Path(__file__).resolve().parent


@dataclass
class Start:
    """What is trained."""

    model: str  # a Hugging Face id or a folder


class Progress(TrainerCallback):
    """One line whenever the trainer logs."""

    def __init__(self):
        self.start = time.perf_counter()

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **rest: Any) -> None:
        if not state.is_world_process_zero:
            return
        shown = {"reward": "reward", "eval_reward": "reward on test.jsonl", "completions/mean_length": "tokens"}
        found = ", ".join(f"{name} {float(logs[key]):.3f}" for key, name in shown.items() if key in logs)
        if found:
            seconds = time.perf_counter() - self.start
            print(f"step {state.global_step} of {state.max_steps}: {found}; {seconds:.0f} s", flush=True)


def main() -> None:
    parser = TrlParser((Start, GRPOConfig))
    parser.set_defaults_with_config(output_dir=str(HERE / "trained"))
    start, config = parser.parse_args_and_config()
    config.disable_tqdm = True
    data = load_dataset("json", data_files={split: str(HERE / f"{split}.jsonl") for split in ("train", "test")})
    tokenizer = AutoTokenizer.from_pretrained(start.model, padding_side="left")
    trainer = GRPOTrainer(
        model=start.model,
        reward_funcs=reward,
        args=config,
        train_dataset=data["train"],
        eval_dataset=data["test"] if config.eval_strategy != "no" else None,
        processing_class=tokenizer,
        callbacks=[Progress()],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    trainer.save_model(config.output_dir)
    tokenizer.save_pretrained(config.output_dir)


if __name__ == "__main__":
    main()
