"""What `import lab` does in a notebook, and nowhere else.

- An exercise that is not written yet shows a note in the cell instead of a traceback. So does a later cell that needs
  its result. Neither stops "Run All".
- A saved file is loaded again before the next cell runs (IPython's autoreload).
- matplotlib figures are shown as PNG pictures, whatever backend is set.
"""

from __future__ import annotations

import ast
import contextlib
import html
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

UNWRITTEN = re.compile(r"not written yet: exercise (?P<id>(?P<lesson>\d+)\.\d+), (?P<file>[^:]+):(?P<object>\S+)")
MARK = "_grpo_course"  # on the shell, once it is prepared


class Note:
    """A short text in a box, or plain text if HTML cannot be shown. `code` stands in backticks."""

    def __init__(self, text: str):
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        body = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(self.text)).replace("\n", "<br>")
        style = "border-left: 4px solid #0072B2; padding: 0.4em 0.8em; margin: 0.2em 0"
        return f'<div style="{style}">{body}</div>'


class Exercises:
    """The handler of a shell's errors: turns unwritten exercises into notes.

    `missing` maps each name that a stopped cell would have made to the reason.
    """

    def __init__(self):
        self.missing: dict[str, str] = {}
        self.shown_as_note: BaseException | None = None

    def handle(self, shell: Any, kind: type, error: BaseException, traceback: Any, tb_offset: int | None = None):
        """Shows a note or the traceback. The signature is that of `set_custom_exc`."""
        from IPython.display import display

        text = self.note(error, _source(shell))
        if text is not None:
            display(Note(text))
            self.shown_as_note = error
            return
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)
        self._stopped(_source(shell), "ended in an error")

    def note(self, error: BaseException, source: str = "") -> str | None:
        """The note about an unwritten exercise, or None for any other error."""
        if isinstance(error, NameError):
            stopped = self.missing.get(error.name or "")
            if stopped is None:
                return None
            self._stopped(source, stopped)
            return f"This cell needs `{error.name}` from a cell above, which {stopped}."
        found = UNWRITTEN.match(str(error))
        if not found:
            return None
        self._stopped(source, f"waits for exercise {found['id']}")
        return (
            f"Exercise {found['id']}, `{found['object']}`, is not written yet.\n"
            f"Its file: `{_place(found['lesson'], found['file'])}`\n"
            f"Stuck? `make hint EX={found['id']}`\n"
            "Write it, save the file, and run this cell again."
        )

    def finished(self, result: Any) -> None:
        """After each cell: a cell that ended in a note counts as successful, so that later cells run."""
        if result is not None and result.error_in_exec is not None and result.error_in_exec is self.shown_as_note:
            result.error_in_exec = None
        self.shown_as_note = None

    def _stopped(self, source: str, reason: str) -> None:
        with contextlib.suppress(SyntaxError):  # a cell with magics: its names are not known
            self.missing.update(dict.fromkeys(assigned(source), reason))


def assigned(source: str) -> set[str]:
    """The names that a cell makes: assignments, imports, functions and classes at its outermost level."""
    names: set[str] = set()
    waiting: list[ast.AST] = list(ast.parse(source).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif not isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            waiting += ast.iter_child_nodes(node)
    return names


def prepare() -> None:
    """Prepares the notebook that this runs in, once. Does nothing outside a notebook."""
    if "IPython" not in sys.modules:
        return
    shell = sys.modules["IPython"].get_ipython()
    if shell is None or getattr(shell, MARK, None):
        return
    exercises = Exercises()
    setattr(shell, MARK, exercises)
    shell.set_custom_exc((Exception,), exercises.handle)
    shell.events.register("post_run_cell", exercises.finished)
    shell.display_formatter.formatters["image/png"].for_type_by_name("matplotlib.figure", "Figure", _png)
    warnings.filterwarnings("ignore", message="IProgress not found")  # tqdm would like widgets; nothing here needs them
    shell.run_line_magic("load_ext", "autoreload")
    shell.run_line_magic("autoreload", "2")


@contextlib.contextmanager
def gradients_at_logits(model: Any) -> Iterator[Callable[[], list]]:
    """Records the gradient at a model's logits. Gives a function that returns, after `backward`, its norm at each
    position of each row that the model was called with: (positions,) tensors."""
    calls: list[Any] = []

    def remember(module: Any, arguments: Any, output: Any) -> None:
        output.logits.retain_grad()
        calls.append(output.logits)

    hook = model.register_forward_hook(remember)
    try:
        yield lambda: [row.norm(dim=-1) for logits in calls for row in logits.grad]
    finally:
        hook.remove()


def _png(figure: Any) -> bytes:
    """256 colours are plenty, and make the file a third as large."""
    import io

    from PIL import Image  # comes with matplotlib

    full, small = io.BytesIO(), io.BytesIO()
    figure.savefig(full, format="png", dpi=100, bbox_inches="tight")
    picture = Image.open(full).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    picture.save(small, format="png", optimize=True)
    return small.getvalue()


def _source(shell: Any) -> str:
    """The text of the cell that is running."""
    history = shell.user_ns.get("In") or [""]
    return history[-1]


def _place(lesson: str, file: str) -> str:
    from course.base.switch import finder

    folder = next((p for n, p in finder.folders("tutorial").items() if n.startswith(f"lesson{lesson}_")), None)
    return f"{folder.relative_to(finder.root).as_posix()}/{file}" if folder else file
