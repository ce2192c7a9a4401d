"""The walkthrough notebooks: what is committed, what an unwritten exercise does in them, what `make notebooks` says."""

import re
import socket
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from course.authoring import copied_course, notebook_process, notebooks
from course.base import manifest
from course.base.switch import ROOT
from lab import notebook

WALKTHROUGHS = [lesson.folder / notebooks.FILE for lesson in manifest.read_all()]
LESSON = "stage01_a/lesson10_first"
NOT_WRITTEN = 'raise NotImplementedError("not written yet: exercise 10.1, work.py:double")'
PLACE = f"tutorial/{LESSON}/work.py"

walkthroughs = pytest.mark.parametrize("path", WALKTHROUGHS, ids=lambda p: p.parent.name)


def code_cells(book):
    return [cell for cell in book.cells if cell.cell_type == "code"]


def texts(cell):
    """What a cell has printed and shown, without pictures."""
    shown = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "\n".join(shown)


# --- what is committed -------------------------------------------------------------------------------------------


@walkthroughs
def test_a_walkthrough_has_the_outputs_of_a_whole_run_that_tell_nothing_of_the_machine(path):
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    cells = code_cells(book)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output.output_type for cell in cells for output in cell.outputs}
    assert kinds <= {"execute_result", "display_data", "stream"}
    assert {output.name for cell in cells for output in cell.outputs if output.output_type == "stream"} <= {"stdout"}
    assert not any("not written yet" in texts(cell) for cell in cells)
    assert path.stat().st_size < 600_000
    assert book.metadata == notebooks.METADATA
    assert all(set(cell.metadata) <= {"alt", "tags"} for cell in book.cells)
    for cell in book.cells:
        shown = texts(cell) if cell.cell_type == "code" else ""
        text = cell.source + shown
        assert not re.search(r"""(?:^|[\s"'(=])(?:~|[A-Z]:)?[/\\]\w+[/\\]""", text, re.MULTILINE), cell.id
        assert not any(str(folder) in text for folder in (ROOT, Path.home())), cell.id
        # As a word: a machine that is called vm is no part of jax.vmap.
        assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", text), cell.id
        assert not re.search(r"\d (s|ms|seconds|minutes)\b", shown), cell.id
    assert 0 <= cells[0].source.index("import lab") < cells[0].source.index("from lesson")


@walkthroughs
def test_each_picture_comes_after_a_question_and_is_described_for_those_who_cannot_see_it(path):
    asked, shown = 0, []
    for cell in nbformat.read(path, as_version=4).cells:
        asked += cell.cell_type == "markdown" and cell.source.count("**Predict, then run:**")
        shown += [cell] * sum("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
        assert len(shown) <= asked, cell.id
    assert len(shown) >= 2
    described = [cell for cell in shown if len(cell.metadata.get("alt", "")) > 40]
    assert described in ([], shown)  # all of a walkthrough, once one is


# --- the note ----------------------------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path, write_files, manifest_text):
    """A lesson with one unwritten exercise; the fixture is a function that runs cells in a notebook of it. It gives the
    texts that they show, or why they do not run."""
    write_files(tmp_path, {
        f"tutorial/{LESSON}/lesson.toml": manifest_text("10.1 work.py:double"),
        PLACE: f"def double(x):\n    {NOT_WRITTEN}\n",
    })  # fmt: skip

    def run(*sources):
        path = written(tmp_path / "tutorial" / LESSON, *sources)
        (result,) = notebook_process.run_all([(path, tmp_path, "0")])
        return result if isinstance(result, str) else [texts(cell) for cell in result.cells]

    return run


def written(folder, *sources):
    """The path of a notebook with these cells, cell-1, cell-2, ..."""
    book = new_notebook(cells=[new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(sources, 1)])
    nbformat.write(book, folder / notebooks.FILE)
    return folder / notebooks.FILE


START = "import lab\nfrom lesson10_first.work import double"
NOTE = f"""\
Exercise 10.1, `double`, is not written yet.
Its file: `{PLACE}`
Stuck? `make hint EX=10.1`
Write it, save the file, and run this cell again."""


def test_an_unwritten_exercise_gives_a_note_and_the_cells_after_it_run(course):
    shown = course(START, "four = double(2)\nprint(four)", "print(four)", "eight = four + 4", "eight", "print('on')")
    waits = "This cell needs `{}` from a cell above, which waits for exercise 10.1."
    assert shown == ["", NOTE, waits.format("four"), waits.format("four"), waits.format("eight"), "on\n"]


def test_what_is_written_and_saved_counts_at_once(course):
    save = (
        "import os, pathlib, time\n"
        "file = pathlib.Path('work.py')\n"
        "file.write_text('def double(x):\\n    return 2 * x\\n')\n"
        "os.utime(file, (time.time() + 5,) * 2)  # a learner takes longer than a clock's tick"
    )
    assert course(START, "print(double(2))", save, "print(double(2))")[1::2] == [NOTE, "4\n"]


def test_other_errors_stay_errors(course):
    problem = course(START, "double(2)", "raise NotImplementedError('another')", "print('never')")
    assert problem == f"tutorial/{LESSON}/walkthrough.ipynb, cell 3 (cell-3): NotImplementedError: another"
    assert course("import os", "os._exit(3)") == f"tutorial/{LESSON}/walkthrough.ipynb: its Python process ended"


@pytest.mark.parametrize(("source", "names"), [
    ("a, (b, *c) = d", "a b c"), ("for i in x:\n    a = i", "a i"), ("import a.b, c as d\nfrom e import f", "a d f"),
    ("def f(x):\n    a = 1", "f"), ("with x as y:\n    a: int = 1", "y a"), ("print(a)", ""),
])  # fmt: skip
def test_the_names_that_a_cell_makes(source, names):
    assert notebook.assigned(source) == set(names.split())


def test_outside_of_a_notebook_nothing_happens(run_python):
    done = run_python(ROOT, "-c", "import lab, sys; print({'IPython', 'matplotlib', 'torch'} & set(sys.modules))")
    assert (done.stdout, done.stderr) == ("set()\n", "")


# --- make notebooks ----------------------------------------------------------------------------------------------


PROBLEMS = [
    "tutorial/stage01_a/lesson11_bad/walkthrough.ipynb, cell 2 (cell-2): ZeroDivisionError: division by zero",
    "lesson12_none has no walkthrough.ipynb",
]


def test_make_notebooks_reports_what_fails_runs_the_rest_and_repeats_nothing(
    course, tmp_path, write_files, monkeypatch
):
    """Three lessons: 10's walkthrough runs and shows the note on stubs, 11's does not run, 12 has none."""
    tutorial = tmp_path / "tutorial"
    text = (tutorial / LESSON / "lesson.toml").read_text()
    solution = "def double(x):\n    # > Add.\n    return x + x\n"
    write_files(tmp_path, {f"solutions/{LESSON}/work.py": solution})
    for name in ("lesson11_bad", "lesson12_none"):
        write_files(tmp_path, {f"tutorial/stage01_a/{name}/lesson.toml": text.replace("10.", f"{name[6:8]}."),
                               f"solutions/stage01_a/{name}/work.py": solution})  # fmt: skip
    path = written(tutorial / LESSON, START, "print(double(2))")
    bad = written(tutorial / "stage01_a" / "lesson11_bad", "x = 1", "1 / 0")
    before = bad.read_bytes()
    monkeypatch.setattr(copied_course, "COPIED", ("tutorial", "solutions"))
    monkeypatch.setattr(notebook_process, "IMPORTED_ONCE", ())
    lessons = manifest.read_all(tmp_path)

    remedy = "its outputs are not those of the code (python -m course notebooks 10 --write)"
    assert notebooks.run_all(lessons[:1]).problems == [f"lesson10_first/walkthrough.ipynb, cell cell-2: {remedy}"]
    assert notebooks.run_all(lessons, write=True).problems == PROBLEMS
    assert bad.read_bytes() == before
    book = nbformat.read(path, as_version=4)
    assert [texts(cell) for cell in book.cells] == ["", "4\n"] and book.metadata == notebooks.METADATA
    assert notebooks.run_all(lessons[:1]).problems == []

    monkeypatch.setattr(notebook_process, "run_all", lambda jobs: jobs and pytest.fail("it ran again"))
    again = notebooks.run_all(lessons[:1])
    assert (again.problems, again.counts) == ([], "1 of 1 run from top to bottom")
    assert again.unchanged.startswith("1 of 1 unchanged since 20")
    with pytest.raises(pytest.fail.Exception):
        notebooks.run_all(lessons[:1], fresh=True)


def test_on_stubs_each_cell_but_the_first_shows_the_note():
    def book(*shown):
        cells = [new_code_cell("", outputs=[new_output("stream", text=text)] if text else []) for text in shown]
        return new_notebook(cells=cells)

    waits = "This cell needs `x` from a cell above, which waits for exercise 10.1."
    assert notebooks.without_note(book("", NOTE, waits), "n") == ""
    for shown in (["", "4"], ["", ""], ["", NOTE, "4"]):
        assert "on the stubs" in notebooks.without_note(book(*shown), "n")
