"""Runs one notebook in a process of its own: the cells in an IPython shell, without a kernel.

The process is forked where the system can do that, so that what the parent has imported (torch, above all) is there
already. Everything else is as in a new kernel: `lab`, the lessons and the shell's names are fresh.
"""

from __future__ import annotations

import base64
import importlib
import io
import multiprocessing
import os
import sys
import tempfile
from multiprocessing.connection import Connection, wait
from pathlib import Path

import nbformat
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode
from nbformat.v4 import new_output
from traitlets import Type
from traitlets.config import Config

from course.base import switch

METHOD = "fork" if sys.platform.startswith("linux") else "spawn"
IMPORTED_ONCE = ("torch", "matplotlib.figure", "transformers.models.llama.modeling_llama")
outputs: list[NotebookNode] = []  # of the cell that is running


def run_all(jobs: list[tuple[Path, Path, str]]) -> list[NotebookNode | str]:
    """Runs each (notebook, root of its course, value of SOLUTION), as many at a time as there are cores. Gives the
    notebooks with fresh outputs, and in the place of one that does not run a sentence that says why."""
    if METHOD == "fork" and len(jobs) > 1:
        for name in IMPORTED_ONCE:
            importlib.import_module(name)
    context = multiprocessing.get_context(METHOD)
    results: list[NotebookNode | str] = [""] * len(jobs)
    running: dict[Connection, tuple[int, multiprocessing.Process]] = {}
    waiting = list(enumerate(jobs))
    try:
        while waiting or running:
            while waiting and len(running) < (os.cpu_count() or 1):
                number, job = waiting.pop(0)
                here, there = context.Pipe(duplex=False)
                process = context.Process(target=_process, args=(there, *job))
                process.start()
                there.close()
                running[here] = number, process
            for connection in wait(list(running)):
                number, process = running.pop(connection)
                try:
                    kind, text = connection.recv()
                    results[number] = nbformat.reads(text, as_version=4) if kind == "notebook" else text
                except EOFError:
                    path, root, _ = jobs[number]
                    results[number] = f"{path.relative_to(root).as_posix()}: its Python process ended"
                process.join()
    finally:
        for _, process in running.values():
            process.kill()
            process.join()
    return results


def _process(there: Connection, path: Path, root: Path, solution: str) -> None:
    """What the process does."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "lab"]:
        del sys.modules[name]
    switch.finder.root = root
    switch.forget()
    threads = os.environ.setdefault("OMP_NUM_THREADS", "1")  # as many notebooks as cores run at a time
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(int(threads))
    with tempfile.TemporaryDirectory() as profile:  # nobody's own start-up files, and no traces in their history
        os.environ |= {"SOLUTION": solution, "PYTHONPATH": str(root), "IPYTHONDIR": profile, "MPLBACKEND": "agg"}
        # JAX compiles in half the time.
        os.environ |= {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1", "XLA_FLAGS": "--xla_cpu_use_fusion_emitters=false"}
        os.chdir(path.parent)
        there.send(_run(path, root))


def _run(path: Path, root: Path) -> tuple[str, str]:
    notebook = nbformat.read(path, as_version=4)
    shell = Shell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        outputs.clear()
        cell.execution_count = shell.execution_count
        result = shell.run_cell(cell.source, store_history=True)
        if error := result.error_before_exec or result.error_in_exec:
            place = f"{path.relative_to(root).as_posix()}, cell {number} ({cell.get('id', 'no id')})"
            return "problem", f"{place}: {type(error).__name__}: {' '.join(str(error).split())}"
        cell.outputs = list(outputs)
    return "notebook", nbformat.writes(notebook)


class Hook(DisplayHook):
    """Keeps the value of a cell's last line."""

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        outputs.append(new_output("execute_result", _text(format_dict), execution_count=self.prompt_count))

    def finish_displayhook(self):
        pass


class Publisher(DisplayPublisher):
    """Keeps what a cell displays."""

    def publish(self, data, *_, **__):
        outputs.append(new_output("display_data", _text(data)))


class Shell(InteractiveShell):
    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)


class Stream(io.TextIOBase):
    """Keeps what a cell prints."""

    def __init__(self, name: str):
        self.name = name

    def write(self, text: str) -> int:
        if outputs and outputs[-1].output_type == "stream" and outputs[-1].name == self.name:
            outputs[-1].text += text
        elif text:
            outputs.append(new_output("stream", name=self.name, text=text))
        return len(text)


def _text(data: dict) -> dict:
    """With pictures as a file can hold them."""
    return {k: base64.b64encode(v).decode() if isinstance(v, bytes) else v for k, v in data.items()}
