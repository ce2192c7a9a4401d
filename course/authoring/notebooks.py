"""`make notebooks`: runs every lesson's walkthrough.ipynb on the reference, each in a kernel of its own.

The notebooks are kept as they are read, with the outputs of the reference: `python -m course notebooks --write` runs
them and writes those. Nothing else is checked but that every cell runs; what a picture shows is for eyes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from course.base.atomic_files import write_text
from course.base.manifest import Lesson

FILE = "walkthrough.ipynb"
LIMIT = 600  # seconds that one cell may take
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class Failed(Exception):
    """A notebook did not run; the message is one sentence that names notebook, cell and error."""


class OwnKernel(AsyncKernelManager):
    """Runs the very Python that runs this, whatever kernels are registered on the machine."""

    @property
    def kernel_spec(self) -> KernelSpec:
        command = [
            sys.executable,
            "-Xfrozen_modules=off",
            "-m",
            "ipykernel_launcher",
            "--log-level=ERROR",
            "-f",
            "{connection_file}",
        ]
        return KernelSpec(argv=command, display_name="Python 3", language="python")


def run(path: Path, root: Path, solution: str = "1") -> NotebookNode:
    """The notebook with fresh outputs. Raises Failed."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with tempfile.TemporaryDirectory() as profile:  # nobody's own start-up files, and no traces in their history
        environment = {**os.environ, "SOLUTION": solution, "PYTHONPATH": str(root), "IPYTHONDIR": profile}
        client = NotebookClient(
            notebook,
            timeout=LIMIT,
            kernel_manager_class=OwnKernel,
            record_timing=False,
            resources={"metadata": {"path": str(path.parent)}},
        )
        try:
            client.execute(env=environment)
        except CellExecutionError as error:
            raise Failed(f"{_where(path, root, notebook)}: {error.ename}: {_one_line(error.evalue)}") from None
        except CellTimeoutError:
            raise Failed(f"{_where(path, root, notebook)}: it took longer than {LIMIT} s") from None
        except DeadKernelError:
            raise Failed(f"{_where(path, root, notebook)}: its Python process ended") from None
    return notebook


def clean(notebook: NotebookNode) -> NotebookNode:
    """Without anything that another machine or another run would write differently."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = NotebookNode()
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = NotebookNode()
    return notebook


def run_all(lessons: Sequence[Lesson], write: bool = False) -> int:
    """Runs the walkthroughs, one line each; a failing one is told, and the others still run. 1 where one failed."""
    code = 0
    for lesson in lessons:
        path = lesson.folder / FILE
        if not path.exists():
            print(f"{lesson.name} has no {FILE}")
            code = 1
            continue
        started = time.perf_counter()
        try:
            notebook = run(path, lesson.root)
        except Failed as problem:
            print(f"error: {problem}", file=sys.stderr)
            code = 1
            continue
        if write:
            write_text(path, nbformat.writes(clean(notebook)) + "\n")
        print(f"{'written' if write else 'runs'}: {lesson.name}/{FILE}, {time.perf_counter() - started:.0f} s")
    return code


def _where(path: Path, root: Path, notebook: NotebookNode) -> str:
    """Notebook and cell: the last code cell that was begun, counted as a reader counts, from 1."""
    code = [(i, c) for i, c in enumerate(notebook.cells, 1) if c.cell_type == "code"]
    begun = [(i, c) for i, c in code if c.execution_count is not None or c.outputs] or code[:1]
    number, cell = begun[-1]
    return f"{path.relative_to(root).as_posix()}, cell {number} ({cell.get('id', 'no id')})"


def _one_line(text: str) -> str:
    return " ".join(text.split())
