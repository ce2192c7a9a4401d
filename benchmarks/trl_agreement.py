"""Our loss next to TRL's: `python benchmarks/trl_agreement.py` compares them, value and gradient, in float64.

The same random cases go through lesson 14's reference `grpo_loss` and through TRL's own
`GRPOTrainer._compute_loss`, called without a trainer: "sequence" is TRL's loss_type "grpo", "token" its "dapo".
Exits 1 where a difference exceeds the limit of its row, 2 where TRL cannot be had. TRL lives in an environment
of its own, made in runs/trl-env on the first run (pip's settings are obeyed); the course never needs it:
`--freeze` writes small cases with TRL's answers to audit/trl_cases.json of lesson 14's reference, for the test beside
it.

TRL's fused LM head casts to float32, so 1e-9 is out of its reach. In the rows called "float64" the head alone is
replaced: a transformers model's float64 logits go through TRL's `selective_log_softmax_and_entropy`, which keeps
their precision; layout, shift and loss stay TRL's. In the rows called "fused" nothing is replaced, with a limit
fit for float32.

Left out: advantages (TRL computes them inline, in float32), KL, and TRL's other losses.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parent.parent
FROZEN = ROOT / "tests" / "data" / "trl_cases.json"
CASES = 60  # for each row of the table
LIMITS = {"float64": 1e-9, "fused": 1e-5}  # by head: the largest difference allowed
LOSS_TYPES = {"sequence": "grpo", "token": "dapo"}  # our aggregation -> TRL's loss_type
VOCABULARY, PAD = 17, 0

INSIDE = "--inside" in sys.argv  # only there are torch and TRL installed
if INSIDE:
    os.environ.update(SOLUTION="1", HF_HUB_OFFLINE="1")
sys.path.insert(0, str(ROOT))

from lab.export.environment import SetupError, ensure_environment, logged  # noqa: E402, F401  (for others here, too)

if INSIDE:
    import torch
    import trl
    from accelerate import Accelerator
    from torch import Tensor
    from torch.nn.utils.rnn import pad_sequence
    from transformers import OPTConfig, OPTForCausalLM
    from trl import GRPOTrainer
    from trl.trainer.utils import add_fused_lm_head, selective_log_softmax_and_entropy

    # isort: split
    from lesson14_grpo_ppo_clip.loss.ppo_clip import clip_fraction, grpo_loss, token_log_probs


# ---- Inside: one random case, in both layouts ----


@dataclass
class Case:
    """A batch as ragged lists, one entry a row, from which both layouts are made."""

    prompts: list[Tensor]
    completions: list[Tensor]
    kept: list[Tensor]  # 1 on the tokens of the completion that count
    old: list[Tensor] | None  # log-probabilities of the completion; None: first update, nothing has changed yet
    advantages: Tensor
    epsilon: float
    temperature: float
    micro_batches: int  # the batch is this many, of equal size, between two steps of the optimizer
    windows: int  # TRL generates for this many such batches at once, and
    other_tokens: int  # so many counted tokens are in the others

    def denominator(self, aggregation: str) -> float | None:
        """For our loss; None where its default must do."""
        if self.micro_batches == self.windows == 1:
            return None
        if aggregation == "sequence":
            return len(self.prompts)
        return self.generated_tokens() / self.windows  # TRL: the mean over the windows

    def generated_tokens(self) -> int:
        return sum(int(k.sum()) for k in self.kept) + self.other_tokens

    def parts(self) -> list[range]:
        """The rows of each micro-batch."""
        size = len(self.prompts) // self.micro_batches
        return [range(i, i + size) for i in range(0, len(self.prompts), size)]


def make_model(seed: int) -> OPTForCausalLM:
    """A tiny transformer with random weights.

    OPT, for it stays in float64 and takes its positions from the attention mask; Llama's norm and rotary angles
    are float32 whatever the weights are.
    """
    torch.manual_seed(seed)
    sizes = {"hidden_size": 8, "word_embed_proj_dim": 8, "ffn_dim": 16, "num_hidden_layers": 2}
    config = OPTConfig(vocab_size=VOCABULARY, num_attention_heads=2, dropout=0.0, pad_token_id=PAD, **sizes)
    model = OPTForCausalLM(config).double().train()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return model


def make_case(seed: int, model: OPTForCausalLM) -> Case:
    pick, normal = random.Random(seed), partial(torch.randn, dtype=torch.float64)
    micro_batches, windows = pick.choice([1, 1, 2, 3]), pick.choice([1, 1, 1, 2])
    rows = micro_batches * pick.choice([2, 3])
    prompts = [torch.randint(1, VOCABULARY, (pick.randint(1, 5),)) for _ in range(rows)]
    completions = [torch.randint(1, VOCABULARY, (pick.randint(1, 9),)) for _ in range(rows)]
    holes = pick.random() < 0.3  # tokens in the midst of a completion that do not count, as a tool's output
    kept = [torch.rand(len(c)) < 0.7 if holes else torch.ones(len(c)) for c in completions]
    masked = 1.0 if seed % 15 == 14 else pick.choice([0.0, 0.3])  # how likely a row is masked altogether
    kept = [(k * (pick.random() >= masked)).long() for k in kept]
    case = Case(
        prompts,
        completions,
        kept,
        None,
        normal(rows),
        epsilon=pick.choice([0.2, 0.2, 0.05, 0.4]),
        temperature=pick.choice([1.0, 0.7, 1.5]),
        micro_batches=micro_batches,
        windows=windows,
        other_tokens=pick.randint(0, 20) if windows > 1 else 0,
    )
    if pick.random() < 0.7:
        with torch.no_grad():
            now = token_log_probs(model, ours(case, range(rows))[0], case.temperature)
        # The policy has moved by enough to leave the trust region on either side.
        pairs = zip(now, prompts, completions, strict=True)
        case.old = [row[len(p) - 1 :][: len(c)] + 0.3 * normal(len(c)) for row, p, c in pairs]
    return case


def ours(case: Case, rows: range) -> tuple[Tensor, Tensor, Tensor | None]:
    """(ids, mask, old_log_probs): prompt and completion joined, padded on the right."""
    right = partial(pad_sequence, batch_first=True)
    ids = right([torch.cat([case.prompts[i], case.completions[i]]) for i in rows], padding_value=PAD)
    mask = right([torch.cat([torch.zeros_like(case.prompts[i]), case.kept[i]]) for i in rows])
    if case.old is None:
        return ids, mask, None
    # A row starts with the log-probability of its second token.
    return ids, mask, right([torch.cat([torch.zeros(len(case.prompts[i]) - 1), case.old[i]]) for i in rows])


def theirs(case: Case, rows: range) -> dict[str, Tensor]:
    """TRL's inputs: prompts padded on the left, completions on the right, apart."""
    left, right = (partial(pad_sequence, batch_first=True, padding_side=side) for side in ("left", "right"))
    prompts, completions = [case.prompts[i] for i in rows], [case.completions[i] for i in rows]
    inputs = {
        "prompt_ids": left(prompts, padding_value=PAD),
        "prompt_mask": left([torch.ones_like(p) for p in prompts]),
        "completion_ids": right(completions, padding_value=PAD),
        # TRL hides a row that is masked altogether from the model too.
        "completion_mask": right([torch.ones_like(case.kept[i]) * case.kept[i].any() for i in rows]),
        "tool_mask": right([case.kept[i] for i in rows]),
        "advantages": case.advantages[list(rows)],
        "num_items_in_batch": torch.tensor(case.generated_tokens()),
    }
    if case.old is not None:
        inputs["old_per_token_logps"] = right([case.old[i] for i in rows])
    return inputs


# ---- Inside: TRL's loss, and the comparison ----


def stand_in(aggregation: str, epsilon: float, accumulation: int = 1, windows: int = 1) -> SimpleNamespace:
    """What `_compute_loss` asks of its trainer; every option but ours is off."""
    trainer = SimpleNamespace(
        accelerator=Accelerator(cpu=True, mixed_precision="no"),
        args=SimpleNamespace(delta=None, steps_per_generation=accumulation * windows, report_to=[]),
        state=SimpleNamespace(global_step=0),
        model=SimpleNamespace(training=True),
        loss_type=LOSS_TYPES[aggregation],
        epsilon_low=epsilon,
        epsilon_high=epsilon,
        beta=0.0,
        importance_sampling_level="token",
        current_gradient_accumulation_steps=accumulation,
        top_entropy_quantile=1.0,
        off_policy_mask_threshold=None,
        use_vllm=False,
        aux_loss_enabled=False,
        _entropy_bonus_enabled=False,
        _metrics=defaultdict(partial(defaultdict, list)),
    )
    trainer._get_per_token_logps_and_entropies = partial(GRPOTrainer._get_per_token_logps_and_entropies, trainer)
    return trainer


def float64_head(model: OPTForCausalLM, temperature: float):
    """Answers as the model with TRL's fused head does, but in the precision of its logits."""

    def forward(input_ids: Tensor, attention_mask: Tensor, labels: Tensor, fused_lm_head: bool) -> SimpleNamespace:
        logits = model(input_ids=input_ids, attention_mask=attention_mask).logits[:, :-1]
        labels = labels[:, 1:]
        log_probs, entropy = selective_log_softmax_and_entropy(
            logits, labels.clamp(min=0), temperature=temperature, row_mask=labels != -100
        )
        return SimpleNamespace(log_probs=log_probs, entropy=entropy)

    return forward


@dataclass
class Difference:
    value: float
    gradient: float
    scale: float  # the largest entry of our gradient: what the difference is to be seen against
    clipped: float  # the share of tokens that the clip holds back


def compare(seed: int, aggregation: str, head: str) -> tuple[Case, Difference]:
    """One case through both: every micro-batch, their sum, and our loss of the whole batch against that sum."""
    model = make_model(seed)
    case = make_case(seed, model)
    parameters = list(model.parameters())
    if head == "fused":
        add_fused_lm_head(model, case.temperature, outputs=("log_probs", "entropy"))  # our own calls do not use it
        their_model = model
    else:
        their_model = float64_head(model, case.temperature)
    trainer = stand_in(aggregation, case.epsilon, case.micro_batches, case.windows)
    denominator = case.denominator(aggregation)

    def our_loss(rows: range) -> Tensor:
        ids, mask, old = ours(case, rows)
        if old is None:
            with torch.no_grad():
                old = token_log_probs(model, ids, case.temperature)
        advantages = case.advantages[list(rows)]
        arguments = (model, ids, mask, advantages, old, case.epsilon, case.temperature, aggregation, denominator)
        return grpo_loss(*arguments)[0]

    def their_loss(rows: range) -> Tensor:
        return GRPOTrainer._compute_loss(trainer, their_model, theirs(case, rows))

    value = gradient = 0.0
    total = torch.zeros((), dtype=torch.float64)
    total_gradient = [torch.zeros_like(p) for p in parameters]
    for rows in case.parts():
        pair = our_loss(rows), their_loss(rows)
        gradients = [torch.autograd.grad(loss, parameters) for loss in pair]
        value = largest(value, pair[0] - pair[1])
        gradient = largest(gradient, *(a - b for a, b in zip(*gradients, strict=True)))
        total += pair[1].detach()
        total_gradient = [a + b for a, b in zip(total_gradient, gradients[1], strict=True)]
    whole = our_loss(range(len(case.prompts)))
    whole_gradient = torch.autograd.grad(whole, parameters)
    value = largest(value, whole - total)
    gradient = largest(gradient, *(a - b for a, b in zip(whole_gradient, total_gradient, strict=True)))
    return case, Difference(value, gradient, largest(0.0, *whole_gradient), clipped_share(case, model))


def largest(so_far: float, *tensors: Tensor) -> float:
    """The largest absolute entry. A NaN counts as infinite: it must not slip through a comparison."""
    return max(so_far, *(t.detach().abs().nan_to_num(nan=torch.inf).max().item() for t in tensors))


def clipped_share(case: Case, model: OPTForCausalLM) -> float:
    if case.old is None:
        return 0.0
    ids, mask, old = ours(case, range(len(case.prompts)))
    log_probs = token_log_probs(model, ids, case.temperature)
    return clip_fraction(log_probs, old, case.advantages, mask[:, 1:], case.epsilon)


def report() -> int:
    """Compares, prints the table, and gives the exit code."""
    print(f"TRL {trl.__version__}, torch {torch.__version__}; largest absolute difference over all cases\n")
    print("TRL loss  ours      head     cases    value  gradient    limit   (largest gradient)")
    failed = False
    for head, limit in LIMITS.items():
        for aggregation, loss_type in LOSS_TYPES.items():
            results = [compare(seed, aggregation, head) for seed in range(CASES)]
            differences = [d for _, d in results]
            value, gradient, scale = (max(getattr(d, k) for d in differences) for k in ("value", "gradient", "scale"))
            failed |= not max(value, gradient) <= limit
            print(
                f"{loss_type:8}  {aggregation:8}  {head:7}  {CASES:5}  {value:7.1e}   {gradient:7.1e}  {limit:7.0e}"
                f"   ({scale:.2f})"
            )
    counts = {
        "several updates": sum(c.old is not None for c, _ in results),
        "the clip at work": sum(d.clipped > 0 for _, d in results),
        "a masked row": sum(any(not k.any() for k in c.kept) for c, _ in results),
        "nothing but masked rows": sum(not any(k.any() for k in c.kept) for c, _ in results),
        "micro-batches": sum(c.micro_batches > 1 for c, _ in results),
        "temperature not 1": sum(c.temperature != 1 for c, _ in results),
    }
    print("\nOf the cases, with " + ", ".join(f"{name}: {count}" for name, count in counts.items()))
    print("They differ." if failed else "They agree.")
    return int(failed)


# ---- Inside: frozen cases ----


def freeze() -> None:
    """Writes eight small cases of `ppo_clip_loss` alone, with TRL's loss and its gradient to log_probs."""
    torch.manual_seed(0)
    full, ragged, holes, empty = [1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 1, 1], [0, 0, 0, 0]
    cases = [
        frozen("sequence", [full, ragged]),
        frozen("token", [full, ragged]),
        frozen("sequence", [ragged, empty, full], epsilon=0.1),
        frozen("token", [ragged, empty, holes], epsilon=0.1),
        frozen("sequence", [full, ragged], first_update=True),
        frozen("token", [full, ragged], first_update=True),
        frozen("sequence", [holes, full], accumulation=2),
        frozen("token", [holes, full], accumulation=2),
    ]
    header = f'"trl": "{trl.__version__}", "made_by": "python benchmarks/trl_agreement.py --freeze"'
    lines = ",\n".join(json.dumps(case) for case in cases)  # one case a line
    FROZEN.parent.mkdir(exist_ok=True)
    FROZEN.write_text(f'{{{header}, "cases": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"Wrote {len(cases)} cases to {FROZEN.relative_to(ROOT)}")


def frozen(
    aggregation: str, mask: list[list[int]], epsilon: float = 0.2, first_update: bool = False, accumulation: int = 1
) -> dict:
    def rounded(x: Tensor) -> Tensor:  # short in the file
        return (x * 1000).round() / 1000

    counted, shape = torch.tensor(mask), (len(mask), len(mask[0]))
    log_probs = rounded(-3 * torch.rand(shape, dtype=torch.float64)).requires_grad_()
    old = log_probs.detach() if first_update else rounded(log_probs.detach() + 0.3 * torch.randn(shape))
    advantages = rounded(torch.randn(shape[0], dtype=torch.float64))
    denominator = None
    if accumulation > 1:  # the other micro-batches: as many rows, and five more tokens
        denominator = accumulation * shape[0] if aggregation == "sequence" else int(counted.sum()) + 5
    trainer = stand_in(aggregation, epsilon, accumulation)
    trainer._get_per_token_logps_and_entropies = lambda *_, **__: (log_probs, torch.zeros(shape), None)
    inputs = {
        "prompt_ids": counted[:, :0],
        "prompt_mask": counted[:, :0],
        "completion_ids": counted,
        "completion_mask": counted,
        "advantages": advantages,
        "num_items_in_batch": counted.sum() + (5 if accumulation > 1 else 0),
        "old_per_token_logps": None if first_update else old,
    }
    loss = GRPOTrainer._compute_loss(trainer, None, inputs)
    (gradient,) = torch.autograd.grad(loss, log_probs)
    return {
        "aggregation": aggregation,
        "epsilon": epsilon,
        "denominator": denominator,
        "log_probs": log_probs.tolist(),
        "old_log_probs": old.tolist(),
        "advantages": advantages.tolist(),
        "mask": mask,
        "loss": loss.item(),
        "gradient": gradient.tolist(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Compares our loss with TRL's (see the top of the file).")
    parser.add_argument(
        "--freeze",
        action="store_true",
        help="write solutions/stage04_alignment/lesson14_grpo_ppo_clip/audit/trl_cases.json instead",
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)  # this process has TRL
    arguments = parser.parse_args()
    if not INSIDE:
        try:
            python = ensure_environment()
        except SetupError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        return subprocess.call([str(python), __file__, "--inside", *sys.argv[1:]], cwd=ROOT)
    torch.set_num_threads(1)
    if arguments.freeze:
        freeze()
        return 0
    return report()


if __name__ == "__main__":
    sys.exit(main())
