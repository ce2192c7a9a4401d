"""One side of benchmarks/vs_trl.py, in a process of its own: makes the case's model, data and trainer, then does one
step for each line that it reads and answers with a line of JSON. Both sides run in TRL's environment.

    python vs_trl_worker.py make CASE            writes the case's model and tokenizer
    python vs_trl_worker.py trl|same|all CASE    "trl": TRL's GRPOTrainer; "same", "all": lab/engine

CASE is JSON; vs_trl.py makes it. Weights are float32. Products are float32 too, except on the side "all" for wider
models, and for model 0.5B. No gradient checkpointing, no KL; the loss is the mean over all tokens of the batch; the
optimizer is the fused AdamW with so small a learning rate that the lengths stay what they are.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
os.environ.update(SOLUTION="1", HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_DATASETS_OFFLINE="1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers  # noqa: E402
from transformers import (  # noqa: E402
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging as transformers_logging  # noqa: E402

LETTERS = "".join(chr(c) for c in range(33, 33 + 94)) + "äöüßéèà "  # 102 characters, one token each
# hidden, feed-forward, layers, heads, key-value heads, vocabulary (0: the characters)
SIZES = {
    "138K": (64, 256, 2, 4, 4, 0), "4.2M": (256, 1024, 4, 8, 8, 0), "0.5B": (896, 4864, 24, 14, 2, 151_936)
}  # fmt: skip
NEVER_WRITTEN = "<gh_stars>"  # a token that SmolLM2 does not write: with it as the end, completions run to the limit
LEARNING_RATE = 1e-6
QUESTIONS = (
    "Name a colour, and say in one sentence why you like it.", "What is the capital of France?",
    "How many legs has a spider?", "Say hello to my friend Anna, please.",
)  # fmt: skip


# ---- The case: model, tokenizer, prompts, reward ----


def character_tokenizer(equal: bool) -> PreTrainedTokenizerFast:
    """<pad>, <eos>, and one token per character. equal: <eos> is a number that the model cannot write."""
    pieces = ["<pad>", "<eos>", *LETTERS] if not equal else ["<pad>", "<none>", *LETTERS, "<eos>"]
    tokenizer = Tokenizer(models.WordLevel({piece: i for i, piece in enumerate(pieces)}, unk_token="<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", padding_side="left"
    )


def make(case: dict[str, Any], folder: Path) -> None:
    """Writes model and tokenizer. The small models have random weights, and with unequal lengths a little training on
    random text in which each token is the last one with probability 2 / tokens: the mean length is then 0.43 of it."""
    if case["model"] in SIZES:
        hidden, wide, layers, heads, kv_heads, vocabulary = SIZES[case["model"]]
        tokenizer = character_tokenizer(case["equal"])
        torch.manual_seed(0)
        model = LlamaForCausalLM(LlamaConfig(
            vocab_size=vocabulary or 2 + len(LETTERS), hidden_size=hidden, intermediate_size=wide,
            num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=kv_heads,
            max_position_embeddings=512, bos_token_id=None,
            tie_word_embeddings=True, pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id,
        ))  # fmt: skip
        if not case["equal"]:
            learn_to_end(model, 2 / case["tokens"])
    else:
        path = ROOT / "runs" / "smollm2" / "model"  # lab/models/smollm2.py has made it
        model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(path)
        tokenizer.eos_token = NEVER_WRITTEN if case["equal"] else "<|im_end|>"
        model.config.eos_token_id = model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def learn_to_end(model: LlamaForCausalLM, chance: float, steps: int = 60, rows: int = 64, width: int = 24) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(steps):
        ids = torch.randint(2, 2 + len(LETTERS), (rows, width))
        ids[torch.rand(ids.shape) < chance] = 1
        logits = model(ids).logits[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def prompts_of(case: dict[str, Any], tokenizer: Any) -> list[str]:
    if case["model"] in SIZES:
        return [f"q{i}: {'abcdefgh'[i % 8] * 3}" for i in range(case["prompts"])]  # 7 characters
    asked = [[{"role": "user", "content": QUESTIONS[i % len(QUESTIONS)]}] for i in range(case["prompts"])]
    return [tokenizer.apply_chat_template(a, tokenize=False, add_generation_prompt=True) for a in asked]


def reward_of(prompt: int, text: str) -> float:
    """0 for every other prompt; for the rest, 1 if the last character's code is even. So half of the groups have no
    signal, and no length is favoured."""
    return float(prompt % 2 == 0 and len(text) > 0 and ord(text[-1]) % 2 == 0)


# ---- Memory ----


def resident(name: str) -> float:
    """A line of /proc/self/status in MB: VmRSS, or VmHWM, the most since the last reset. 0 on other systems."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024
    except OSError:
        return 0.0


def reset_peak() -> None:
    if torch.cuda.is_initialized():
        torch.cuda.reset_peak_memory_stats()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak(loaded: float) -> float:
    """The most MB since the last reset: of the GPU's memory where it is used, else above `loaded`."""
    if torch.cuda.is_initialized():
        return torch.cuda.max_memory_allocated() / 2**20
    return resident("VmHWM") - loaded


# ---- The two sides: each calls pause(metrics) after every step ----


def now() -> tuple[float, float]:
    """Seconds of the clock and of the processor, after the GPU, if there is one, has finished."""
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return time.perf_counter(), time.process_time()


class Clock:
    """Seconds by part, of the clock and of the processor. `timed` wraps a function; timed functions that it calls are
    not counted twice."""

    def __init__(self):
        self.parts: dict[str, list[float]] = {}
        self.inner = [[0.0, 0.0]]

    def timed(self, name: str, function: Any) -> Any:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            start = now()
            self.inner.append([0.0, 0.0])
            try:
                return function(*arguments, **named)
            finally:
                inside = self.inner.pop()
                spent = [b - a for a, b in zip(start, now(), strict=True)]
                part = self.parts.setdefault(name, [0.0, 0.0])
                for i in range(2):
                    part[i] += spent[i] - inside[i]
                    self.inner[-1][i] += spent[i]

        return wrapped


class Pause:
    """Between steps: reports the last one and waits until the parent asks for the next."""

    def __init__(self, clock: Clock, answers: Any, loaded: float):
        self.clock, self.answers, self.loaded = clock, answers, loaded
        self.start: tuple[float, float] | None = None

    def __call__(self, length: float = 0.0) -> bool:
        """Whether there is another step to do. length: the mean length of the last step's completions."""
        if self.start is not None:
            whole = [b - a for a, b in zip(self.start, now(), strict=True)]
            answer = {
                "seconds": whole[0], "processor": whole[1], "parts": self.clock.parts,
                "peak": peak(self.loaded), "length": length,
            }  # fmt: skip
            print(json.dumps(answer), file=self.answers, flush=True)
        if sys.stdin.readline().strip() != "step":
            return False
        self.clock.parts = {}
        reset_peak()
        self.start = now()
        return True


def engine_trainer(case: dict[str, Any], model: Any, tokenizer: Any, engine: Any) -> Any:
    """What `python -m lab.train` trains a model of transformers with, on the prompts and rewards of a case."""
    from lab.train import options
    from lab.train.model_trainer import ModelTrainer

    chosen = options.Options(
        algorithm=options.Algorithm(
            batch_size=case["prompts"], learning_rate=LEARNING_RATE if "name" in case else 1e-30
        ),
        grpo=options.Grpo(group_size=case["group"], max_new_tokens=case["tokens"], warmup_steps=0),
    )
    problems = [(prompt, str(i)) for i, prompt in enumerate(prompts_of(case, tokenizer))]
    made = ModelTrainer(model, tokenizer, problems, chosen, 10**6, lambda text, answer: reward_of(int(answer), text))
    made.engine, made.chat = engine, False
    if engine.sampler != "inverse":  # the other samplers draw from a generator instead of the trainer's numbers
        sampled = made.generate
        made.generate = lambda *given, uniforms, **named: sampled(
            *given, generator=torch.Generator().manual_seed(0), **named
        )
    return made


def run_engine(case: dict[str, Any], model: Any, tokenizer: Any, side: str, clock: Clock, pause: Pause) -> None:
    from lab.engine import ALL_TRICKS, EngineConfig

    engine = {"same": EngineConfig(sampler="inverse", skip_silent=False), "all": ALL_TRICKS}[side]
    if case["half"]:
        engine = dataclasses.replace(engine, dtype="bfloat16")
    trainer = engine_trainer(case, model, tokenizer, engine)
    trainer.complete, trainer.update = clock.timed("generate", trainer.complete), clock.timed("train", trainer.update)
    step = clock.timed("score", trainer.step)
    length = 0.0
    while pause(length):
        length = step()["completion_length"]


def run_trl(case: dict[str, Any], model: Any, tokenizer: Any, clock: Clock, pause: Pause) -> None:
    from datasets import Dataset
    from transformers import PrinterCallback, TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    size = case["prompts"] * case["group"]
    arguments = GRPOConfig(
        output_dir=str(ROOT / "runs" / "vs_trl" / "trl"), use_cpu=case["device"] == "cpu",
        bf16=case["half"], gradient_checkpointing=False,
        learning_rate=LEARNING_RATE, lr_scheduler_type="constant", max_grad_norm=1.0, weight_decay=0.0,
        optim="adamw_torch_fused", per_device_train_batch_size=size, num_generations=case["group"],
        max_completion_length=case["tokens"], num_iterations=1, beta=0.0, loss_type="dapo", temperature=1.0,
        report_to="none", save_strategy="no", logging_steps=1, disable_tqdm=True, max_steps=10**6, seed=0,
        mask_truncated_completions=False,
    )  # fmt: skip

    def reward(completions: list[str], number: list[int], **rest: Any) -> list[float]:
        return [reward_of(prompt, text) for prompt, text in zip(number, completions, strict=True)]

    class Steps(TrainerCallback):
        """Waits before the first step and after each one."""

        def on_train_begin(self, *rest: Any, **named: Any) -> None:
            pause()

        def on_step_end(self, args: Any, state: Any, control: Any, **named: Any) -> None:
            if not pause(trainer._metrics["train"]["completions/mean_length"][-1]):
                control.should_training_stop = True

    data = Dataset.from_list([{"prompt": p, "number": i} for i, p in enumerate(prompts_of(case, tokenizer))])
    trainer = GRPOTrainer(
        model=model, reward_funcs=[reward], args=arguments, train_dataset=data, processing_class=tokenizer,
        callbacks=[Steps()],
    )  # fmt: skip
    trainer.remove_callback(PrinterCallback)
    trainer._generate = clock.timed("generate", trainer._generate)
    trainer._generate_and_score_completions = clock.timed("score", trainer._generate_and_score_completions)
    trainer.training_step = clock.timed("train", trainer.training_step)
    trainer.train()


def main() -> None:
    side, case = sys.argv[1], json.loads(sys.argv[2])
    answers, sys.stdout = sys.stdout, sys.stderr  # only answers go to the parent
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    torch.set_num_threads(case["threads"])
    folder = ROOT / "runs" / "vs_trl" / case["name"]
    if side == "make":
        make(case, folder)
        return
    if side == "trl":  # what is imported is not a step's memory
        from trl import GRPOTrainer  # noqa: F401
    else:
        import lab.train.model_trainer  # noqa: F401
    loaded = resident("VmRSS")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).to(case["device"])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    clock = Clock()
    pause = Pause(clock, answers, loaded)
    if side == "trl":
        run_trl(case, model, tokenizer, clock, pause)
    else:
        run_engine(case, model, tokenizer, side, clock, pause)


if __name__ == "__main__":
    main()
