"""`make notebooks`: runs every lesson's walkthrough.ipynb, each in a kernel of its own.

Every cell must run on the reference. On the stubs, every cell but the first must show the note on the exercise that is
not written yet. What a picture shows is for eyes. The notebooks are kept with the outputs of the reference:
`python -m course notebooks --write` writes those.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from course.authoring import result_cache, stubs
from course.authoring.result_cache import Outcome
from course.base import manifest
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
        environment = {"OMP_NUM_THREADS": "1"} | os.environ  # as many notebooks as cores run at a time
        environment |= {"SOLUTION": solution, "PYTHONPATH": str(root), "IPYTHONDIR": profile}
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
    """Without anything that another machine or another run would write differently. A cell keeps `alt` of its metadata,
    the text that an exported page shows in place of its picture."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = NotebookNode({name: text for name, text in cell.metadata.items() if name == "alt"})
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = NotebookNode()
    return notebook


def run_all(lessons: Sequence[Lesson], write: bool = False, fresh: bool = False) -> Outcome:
    """Runs the walkthroughs, several at a time, and prints a line for each. Without `write`, one that has not changed
    since it ran is not run again."""
    everything = manifest.read_all(lessons[0].root)
    machinery = result_cache.digest(lessons[0].root, result_cache.MACHINERY)
    digests = {
        n.name: machinery + result_cache.digest(n.root, result_cache.notebook_inputs(n, everything)) for n in lessons
    }
    kept: dict[str, result_cache.Kept] = {}
    if not (write or fresh):
        read = {n.name: result_cache.read(f"notebooks/{n.name}", digests[n.name], n.root) for n in lessons}
        kept = {name: one for name, one in read.items() if one}
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="notebooks-") as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        again = [lesson for lesson in lessons if lesson.name not in kept]
        stub_copy = None if write or not again else stubs.copy_course(Path(folder).resolve(), lessons[0].root)
        for lesson, problem in zip(again, pool.map(lambda n: _one(n, write, stub_copy), again), strict=True):
            if problem:
                outcome.problems.append(problem)
                print(f"error: {problem}", file=sys.stderr)
            elif not write:
                result_cache.write(f"notebooks/{lesson.name}", digests[lesson.name], True, lesson.root)
    outcome.counts = f"{len(lessons) - len(outcome.problems)} of {len(lessons)} run from top to bottom"
    if kept:
        outcome.unchanged = f"{len(kept)} of {len(lessons)} {result_cache.unchanged_since(kept.values())}"
        print(outcome.unchanged)
    return outcome


def _one(lesson: Lesson, write: bool, stub_copy: Path | None) -> str:
    """Runs a lesson's walkthrough on the reference, and on the stubs of a course copied to `stub_copy`. The problem,
    if there is one."""
    path = lesson.folder / FILE
    if not path.exists():
        return f"{lesson.name} has no {FILE}"
    started = time.perf_counter()
    try:
        notebook = run(path, lesson.root)
        if write:
            write_text(path, nbformat.writes(clean(notebook)) + "\n")
        if stub_copy:
            on_stubs = run(stub_copy / path.relative_to(lesson.root), stub_copy, solution="0")
            check_notes(on_stubs, f"{lesson.name}/{FILE}")
    except Failed as problem:
        return str(problem)
    print(f"{'written' if write else 'runs'}: {lesson.name}/{FILE}, {time.perf_counter() - started:.0f} s", flush=True)
    return ""


def check_notes(notebook: NotebookNode, name: str) -> None:
    """Raises Failed unless, on the stubs, each code cell but the first shows just the note on an unwritten exercise."""
    for cell in [c for c in notebook.cells if c.cell_type == "code"][1:]:
        shown = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
        if len(shown) != 1 or not re.search(r"is not written yet\.|, which waits for exercise \d+\.\d", shown[0]):
            raise Failed(f"{name}, cell {cell.get('id', 'no id')}: on the stubs it does not show the note alone")


def _where(path: Path, root: Path, notebook: NotebookNode) -> str:
    """Notebook and cell: the last code cell that was begun, counted as a reader counts, from 1."""
    code = [(i, c) for i, c in enumerate(notebook.cells, 1) if c.cell_type == "code"]
    begun = [(i, c) for i, c in code if c.execution_count is not None or c.outputs] or code[:1]
    number, cell = begun[-1]
    return f"{path.relative_to(root).as_posix()}, cell {number} ({cell.get('id', 'no id')})"


def _one_line(text: str) -> str:
    return " ".join(text.split())
