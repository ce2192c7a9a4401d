"""What a run tells: accuracies with their confidence intervals, completions before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from course.base.atomic_files import write_text
from course.base.switch import ROOT
from lab.train.accuracy import Measured
from lab.train.problems import Problem

Shown = Sequence[tuple[Problem, str, str]]  # a held-out problem, a completion before, one after


def accuracies(m: Measured) -> dict[str, float]:
    """As metrics.jsonl has them."""
    low, high = m.interval()
    return {
        "accuracy_sampled": m.sampled, "accuracy_low": low, "accuracy_high": high, "accuracy_greedy": m.greedy,
        "right": m.right, "drawn": m.drawn, "length": m.length,
    }  # fmt: skip


def measured(line: dict[str, Any]) -> Measured:
    """The reverse."""
    return Measured(line["right"], line["drawn"], line["accuracy_greedy"], line["length"])


def rows(before: Measured, after: Measured) -> list[tuple[str, str, str]]:
    """Of the table before -> after."""

    def sampled(m: Measured) -> str:
        low, high = m.interval()
        return f"{m.sampled:.3f} ({low:.3f} to {high:.3f})"

    return [
        ("sampled (temperature 1), 95 % interval", sampled(before), sampled(after)),
        ("greedy", f"{before.greedy:.3f}", f"{after.greedy:.3f}"),
        ("tokens in a completion", f"{before.length:.1f}", f"{after.length:.1f}"),
    ]


def show(console: Console, samples: Shown, judge: Callable[[str, str], float], before: Measured, after: Measured,
         problems: int, each: int) -> None:  # fmt: skip
    table = Table("problem", "before (sampled)", "after (sampled)", title="Problems never seen in training")
    for (question, answer), *texts in samples:
        cells = []
        for text in texts:
            right = judge(text, answer) == 1.0
            cells.append(f"{escape(one_line(text))} [{'green]right' if right else 'red]wrong'}[/]")
        table.add_row(escape(one_line(question)), *cells)
    console.print(table)
    table = Table("", "before", "after", title=f"{problems} held-out problems, {each} samples of each")
    for row in rows(before, after):
        table.add_row(*row)
    console.print(table)


def write(path: Path, samples: Shown, judge: Callable[[str, str], float]) -> None:
    """samples.md: the same completions."""
    lines = ["| problem | answer | before | | after | |", "|---|---|---|---|---|---|"]
    for (question, answer), *texts in samples:
        cells = [c for t in texts for c in (one_line(t), "right" if judge(t, answer) == 1.0 else "wrong")]
        lines.append(
            "| " + " | ".join(c.replace("|", "\\|") for c in (one_line(question), one_line(answer), *cells)) + " |"
        )
    write_text(path, "\n".join(lines) + "\n")


def one_line(text: str, longest: int = 160) -> str:
    text = text.strip().replace("\n", "⏎")
    return text if len(text) <= longest else text[: longest - 1] + "…"


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The full names of settings that differ."""
    found = []
    for key in sorted({*old, *new}):
        a, b = old.get(key), new.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            found += [f"{key}.{name}" for name in differences(a, b)]
        elif a != b:
            found.append(key)
    return found


def shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
