"""feedback/<slug>.md: what one student reads. Short, kind, exact; never the flags, which are the instructor's.

The page's text is in feedback.md, a template in which every value becomes words without Markdown's own signs.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grader.exports import rows
from grader.exports.text import fenced, markdown
from grader.results import BASIC, BLOCKED, NOT_GRADABLE, NOT_WRITTEN, PASSED, ExerciseResult, Run, StudentResult

PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    finalize=lambda value: value if isinstance(value, Markup | int) else markdown(str(value), 1000),
)
PAGES.filters["fenced"] = lambda lines: Markup("\n".join(fenced(lines)))


def feedback(run: Run, student: StudentResult) -> str:
    """The page, in Markdown."""
    found = rows.exercises(run, student)
    earned, points = rows.total(run, student)
    return PAGES.get_template("feedback.md").render(
        run=run,
        student=student,
        found=found,
        earned=earned,
        points=points,
        known=sum(e.earned_in_all or 0 for e in found),
        passed=sum(e.status in (PASSED, BASIC) for e in found),
        hardening=any(run.hardening.values()),
        split=rows.split(run, student),
        rule=rows.rule(run),
        lost=rows.lost(found),
        sections=[_section(run, several) for several in _together(student, found)],
        title=lambda e: _title(run, e),
        marks=rows.MARKS,
        step=rows.step,
        sentence=rows.sentence,
        at_desk=rows.at_desk(run),
        draws=rows.DRAWS,
        further=rows.FURTHER,
    )


def _title(run: Run, e: ExerciseResult) -> Markup:
    """ "13.2 `compute_grpo_loss`"."""
    name = run.titles.get(e.id, "")
    code = f"`{name}`" if name.replace(".", "_").isidentifier() else markdown(name)
    return Markup(f"{markdown(e.id)} {code}".strip())


def _together(student: StudentResult, found: list[ExerciseResult]) -> list[list[ExerciseResult]]:
    """The exercises that need more than their row of the table. Those with the same thing to say are in one list:
    those that could not be tested for the same reason, and those of one status that have no report."""
    groups: dict[object, list[ExerciseResult]] = {}
    for e in found:
        report = rows.report(e)
        bare = not report and not e.why
        if e.status in (PASSED, NOT_WRITTEN) or (student.status == NOT_GRADABLE and bare):
            continue
        shared = e.status in (NOT_GRADABLE, BLOCKED) or bare
        groups.setdefault((rows.sentence(e), e.status, *report[1:]) if shared else e.id, []).append(e)
    return list(groups.values())


def _section(run: Run, several: list[ExerciseResult]) -> tuple[Markup, ExerciseResult, list[str]]:
    """Its heading, the exercise that speaks for the others, and the report; of several, which files it is about."""
    first = several[0]
    report = rows.report(first)
    if len(several) == 1:
        return _title(run, first), first, report
    files: dict[str, list[str]] = {}
    for e in several if report else []:
        files.setdefault(e.report.where, []).append(e.id)
    where = [f"{file}  ({', '.join(ids)})" for file, ids in files.items()]
    return Markup(", ").join(markdown(e.id) for e in several), first, [*where, *report[1:]]
