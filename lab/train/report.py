"""What a run shows in the terminal and writes to samples.md: progress, accuracies, completions before and after. Plain
lines if the output is piped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from course.base.atomic_files import write_text
from course.base.switch import ROOT
from lab.rl.rewards import Score
from lab.train.evaluation import WORKINGS, Accuracy, Problem

Advance = Callable[[int, dict[str, float]], None]
Samples = Sequence[tuple[Problem, str, str]]  # a held-out problem, a completion before training, one after


class Report:
    def __init__(self, console: Console | None = None):
        self.console = console or Console()
        self.warnings: list[str] = []

    def note(self, text: str) -> None:
        self.console.print(escape(text), highlight=False)

    def warn(self, text: str) -> None:
        """A note that is repeated at the end, and in samples.md."""
        self.warnings.append(text)
        self.note(text)

    def headline(self, text: str) -> None:
        self.console.print(f"\n[bold]{escape(text)}[/bold]", highlight=False)

    @contextmanager
    def progress(self, label: str, total: int, done: int = 0) -> Iterator[Advance]:
        """Gives a function to call with the step that was done and a few numbers to show beside the bar."""
        if not self.console.is_terminal:
            start = time.monotonic()

            def line(step: int, values: dict[str, float]) -> None:
                if step % max(1, total // 8) == 0 or step == total:
                    left = round((time.monotonic() - start) / (step - done) * (total - step))
                    rest = f"  {left // 60}:{left % 60:02d} left" if left else ""
                    self.note(f"{label} {step}/{total}  {_numbers(values)}{rest}")

            yield line
            return
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(),
                   TextColumn("{task.fields[values]}"), TimeRemainingColumn())  # fmt: skip
        with Progress(*columns, console=self.console) as bar:
            task = bar.add_task(label, total=total, completed=done, values="")
            yield lambda step, values: bar.update(task, completed=step, values=_numbers(values))

    def samples(self, samples: Samples, is_right: Score) -> None:
        table = Table("problem", "before (greedy)", "after (greedy)", title="Problems never seen in training")
        for (question, answer), *texts in samples:
            cells = []
            for text in texts:
                verdict = "[green]right" if is_right(text, answer) == 1.0 else "[red]wrong"
                cells.append(f"{escape(one_line(text))} {verdict}[/]")
            table.add_row(escape(one_line(question)), *cells)
        self.console.print(table)

    def accuracies(self, before: Accuracy, after: Accuracy, problems: int) -> None:
        def sampled(a: Accuracy) -> str:
            low, high = a.interval()
            return f"{a.sampled:.3f} ({low:.3f} to {high:.3f})"

        each = after.drawn // problems
        table = Table(
            "", "before", "after", title=f"{problems} held-out problems, {each} samples of each at temperature 1"
        )
        table.add_row("right, sampled", sampled(before), sampled(after))
        table.add_row("right, greedy", f"{before.greedy:.3f}", f"{after.greedy:.3f}")
        table.add_row("tokens, sampled", f"{before.length:.1f}", f"{after.length:.1f}")
        table.add_row("tokens, greedy", f"{before.greedy_length:.1f}", f"{after.greedy_length:.1f}")
        for name, label in WORKINGS.items():
            if name in after.workings:
                table.add_row(label, f"{before.workings[name]:.3f}", f"{after.workings[name]:.3f}")
        if after.workings:
            table.caption = "Rewarded: the last number. Not rewarded: a working, or length."
        self.console.print(table)


def write_samples(path: Path, samples: Samples, is_right: Score, warnings: Sequence[str] = ()) -> None:
    """samples.md: the warnings and the completions that the terminal shows."""
    lines = [line for text in warnings for line in (text, "")]
    lines += ["| problem | answer | before | | after | |", "|---|---|---|---|---|---|"]
    for (question, answer), *texts in samples:
        cells = [one_line(question), one_line(answer)]
        for text in texts:
            cells += [one_line(text), "right" if is_right(text, answer) == 1.0 else "wrong"]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    write_text(path, "\n".join(lines) + "\n")


def one_line(text: str, longest: int = 160) -> str:
    text = text.strip().replace("\n", "⏎")
    return text if len(text) <= longest else text[: longest - 1] + "…"


def short_path(path: Path) -> Path:
    """Relative to the repository if it lies there."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def _numbers(values: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.2f}" for name, value in values.items())
