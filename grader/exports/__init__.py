"""The files written from the results of a grading run; each form is a pure function in its own module.

grades_csv.py      a row for each submission
feedback.py        a page for each student, in Markdown
overview.py        one page about the class, in HTML
gradescope.py      results.json for Gradescope
canvas.py          a column of an exported Canvas gradebook
classroom.py       the result for GitHub Classroom's reporter
platform_setup.py  the commands that write Gradescope's zip and Classroom's workflow
rows.py, text.py   shared: complete rows and sentences; students' text made safe to show
"""

from __future__ import annotations

from pathlib import Path

from course.base.atomic_files import write_text
from grader.exports.canvas import canvas_gradebook
from grader.exports.classroom import classroom_json
from grader.exports.feedback import feedback
from grader.exports.grades_csv import grades_csv
from grader.exports.gradescope import gradescope_json
from grader.exports.overview import overview
from grader.exports.text import slug
from grader.results import Run, StudentResult

__all__ = ["WRITTEN", "canvas_gradebook", "gradescope_json", "write_all"]

PAGES = {"feedback": ".md", "classroom": ".json"}  # folders with a file for each student
WRITTEN = ("grades.csv", "overview.html", *PAGES)


def write_all(run: Run, results: list[StudentResult], out: Path) -> list[Path]:
    """Writes grades.csv, overview.html, and a file for each student under feedback/ and classroom/.

    Returns the paths, in order. Removes the pages of students who are no longer there, so that nobody sends them out.
    """
    names = [slug(student.student) for student in results]
    texts = {"grades.csv": grades_csv(run, results), "overview.html": overview(run, results, names)}
    for student, name in zip(results, names, strict=True):
        texts[f"feedback/{name}.md"] = feedback(run, student)
        texts[f"classroom/{name}.json"] = classroom_json(run, student)
    for path, text in texts.items():
        write_text(out / path, text)
    for folder, ending in PAGES.items():
        for page in (out / folder).glob(f"*{ending}"):
            if f"{folder}/{page.name}" not in texts:
                page.unlink()
    return [out / path for path in texts]
