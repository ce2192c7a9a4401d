"""What a run shows in the terminal: progress while it goes, and a table at the end. Plain lines when piped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from lab.train.evaluate import Accuracy, Problem, is_right

Advance = Callable[[int, dict[str, float]], None]


class Show:
    def __init__(self, console: Console):
        self.console = console

    def note(self, text: str) -> None:
        self.console.print(escape(text), highlight=False)

    def headline(self, text: str) -> None:
        self.console.print(f"\n[bold]{escape(text)}[/bold]", highlight=False)

    @contextmanager
    def progress(self, label: str, total: int, done: int = 0) -> Iterator[Advance]:
        """Gives a function to call with the step that was done and a few numbers to show beside the bar."""
        if not self.console.is_terminal:
            start = time.monotonic()
            yield lambda step, values: self._line(
                label, step, total, values, (time.monotonic() - start) / (step - done)
            )
            return
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(),
                   TextColumn("{task.fields[values]}"), TimeRemainingColumn())  # fmt: skip
        with Progress(*columns, console=self.console) as bar:
            task = bar.add_task(label, total=total, completed=done, values="")
            yield lambda step, values: bar.update(task, completed=step, values=_numbers(values))

    def _line(self, label: str, step: int, total: int, values: dict[str, float], seconds: float) -> None:
        """seconds: what a step takes."""
        if step % max(1, total // 8) == 0 or step == total:
            left = round(seconds * (total - step))
            rest = f"  {left // 60}:{left % 60:02d} left" if left else ""
            self.note(f"{label} {step}/{total}  {_numbers(values)}{rest}")

    def samples(self, problems: Sequence[Problem], before: Sequence[str], after: Sequence[str]) -> None:
        table = Table("problem", "before (sampled)", "after (sampled)", title="Problems never seen in training")
        for (prompt, answer), *texts in zip(problems, before, after, strict=True):
            cells = [
                f"{escape(t.replace(chr(10), '⏎'))} [{'green' if is_right(answer, t) else 'red'}]{_mark(answer, t)}[/]"
                for t in texts
            ]
            table.add_row(escape(prompt.split("\n")[1]) + f" {answer}", *cells)
        self.console.print(table)

    def result(self, before: Accuracy, after: Accuracy, problems: int) -> None:
        table = Table("accuracy", "before", "after", title=f"{problems} held-out problems")
        table.add_row("sampled (temperature 1)", f"{before.sampled:.3f}", f"[bold]{after.sampled:.3f}[/bold]")
        table.add_row("greedy", f"{before.greedy:.3f}", f"[bold]{after.greedy:.3f}[/bold]")
        self.console.print(table)


def _mark(answer: int, text: str) -> str:
    return "right" if is_right(answer, text) else "wrong"


def _numbers(values: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.2f}" for name, value in values.items())
