"""`make notebooks`: runs every lesson's walkthrough.ipynb, each in a process of its own.

Every cell must run on the reference. On the stubs, every cell but the first must show the note on the exercise that is
not written yet. What a picture shows is for eyes. The notebooks are kept with the outputs of the reference:
`python -m course notebooks --write` writes those, and without it the run must show as many texts and pictures.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course.authoring import copied_course, notebook_process, result_cache
from course.authoring.result_cache import Outcome
from course.base import manifest
from course.base.atomic_files import write_text
from course.base.manifest import Lesson

FILE = "walkthrough.ipynb"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


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
    """Runs the walkthroughs, several at a time, and prints what is wrong. Without `write`, what has not changed since
    it ran is not run again."""
    root, started = lessons[0].root, time.perf_counter()
    everything = manifest.read_all(root)
    machinery = result_cache.digest(root, result_cache.MACHINERY)
    digests = {
        n.name: machinery + result_cache.digest(root, result_cache.notebook_inputs(n, everything)) for n in lessons
    }
    kept: dict[str, result_cache.Kept] = {}
    if not (write or fresh):
        read = {n.name: result_cache.read(f"notebooks/{n.name}", digests[n.name], root) for n in lessons}
        kept = {name: one for name, one in read.items() if one}
    again = [lesson for lesson in lessons if lesson.name not in kept]
    problems = {n.name: f"{n.name} has no {FILE}" for n in again if not (n.folder / FILE).exists()}
    run = [lesson for lesson in again if lesson.name not in problems]
    paths = [lesson.folder / FILE for lesson in run]
    with tempfile.TemporaryDirectory(prefix="notebooks-") as folder:
        jobs = [(path, root, "1") for path in paths]
        if run and not write:
            copy = copied_course.copy_course(Path(folder).resolve(), root)
            jobs += [(copy / path.relative_to(root), copy, "0") for path in paths]
        results = notebook_process.run_all(jobs)
    for n, (lesson, path) in enumerate(zip(run, paths, strict=True)):
        found = results[n :: len(run)]
        problem = next((one for one in found if isinstance(one, str)), "")
        if not problem and write:
            write_text(path, nbformat.writes(clean(found[0])) + "\n")
        elif not problem:
            committed = nbformat.read(path, as_version=4)
            problem = other_kinds(committed, found[0], lesson) or without_note(found[1], f"{lesson.name}/{FILE}")
            if not problem:
                result_cache.write(f"notebooks/{lesson.name}", digests[lesson.name], True, root)
        if problem:
            problems[lesson.name] = problem
    for problem in (in_order := [problems[n.name] for n in lessons if n.name in problems]):
        print(f"error: {problem}", file=sys.stderr)
    counts = f"{len(lessons) - len(problems)} of {len(lessons)} run from top to bottom"
    unchanged = f"{len(kept)} of {len(lessons)} {result_cache.unchanged_since(kept.values())}" if kept else ""
    print(f"{counts}, {time.perf_counter() - started:.0f} s", *([unchanged] if unchanged else []), sep="\n")
    return Outcome(in_order, counts, unchanged)


def other_kinds(committed: NotebookNode, fresh: NotebookNode, lesson: Lesson) -> str:
    """Says so if a cell of the committed notebook does not show as many texts and pictures as the run has given."""
    for old, new in zip(committed.cells, fresh.cells, strict=True):
        if old.cell_type == "code" and _kinds(old) != _kinds(new):
            remedy = f"python -m course notebooks {lesson.number} --write"
            return (
                f"{lesson.name}/{FILE}, cell {old.get('id', 'no id')}: its outputs are not those of the code ({remedy})"
            )
    return ""


def _kinds(cell: NotebookNode) -> list[list[str]]:
    """What a cell shows, without warnings; a text may have been written in one piece or in several."""
    shown = [output for output in cell.outputs if output.get("name") != "stderr"]
    kinds = [[output.output_type, *sorted(output.get("data", {}))] for output in shown]
    return [kind for kind, before in zip(kinds, [[], *kinds], strict=False) if kind != ["stream"] or kind != before]


def without_note(notebook: NotebookNode, name: str) -> str:
    """Says so unless, on the stubs, each code cell but the first shows just the note on an unwritten exercise. A cell
    that needs no exercise has the tag "given"."""
    code = [c for c in notebook.cells if c.cell_type == "code"][1:]
    for cell in [c for c in code if "given" not in c.metadata.get("tags", [])]:
        shown = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
        if len(shown) != 1 or not re.search(r"is not written yet\.|, which waits for exercise \d+\.\d", shown[0]):
            return f"{name}, cell {cell.get('id', 'no id')}: on the stubs it does not show the note alone"
    return ""
