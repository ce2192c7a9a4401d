"""feedback/<slug>.md: what one student reads. Short, kind, exact; never the flags, which are the instructor's."""

from __future__ import annotations

from grader.exports import rows
from grader.exports.text import fenced, markdown
from grader.results import BLOCKED, NOT_GRADABLE, NOT_WRITTEN, PASSED, ExerciseResult, Run, StudentResult


def feedback(run: Run, student: StudentResult) -> str:
    """The page, in Markdown."""
    found = rows.exercises(run, student)
    lines = [f"# Feedback for {markdown(student.student)}", ""]
    if run.warning:
        lines += [f"> **WARNING: {markdown(run.warning)}**", ""]
    lines += [*_total(run, student, found), ""]
    lines += ["| exercise | | points | next |", "|---|---|---|---|"]
    lines += [_row(run, e) for e in found]
    if student.notes:
        lines += ["", "## About your files", "", *(f"- {markdown(note)}" for note in student.notes)]
    for several in _together(found):
        lines += ["", *(_section(run, several[0]) if len(several) == 1 else _section_of(several))]
    lines += _rest(run, student, found)
    lines += ["", *_about(run, student)]
    return "\n".join(lines) + "\n"


def _total(run: Run, student: StudentResult, found: list[ExerciseResult]) -> list[str]:
    earned, points = rows.total(run, student)
    passed = sum(e.status == PASSED for e in found)
    share = f"{passed} of {len(found)} exercises pass"
    if earned is None:
        known = sum(e.earned or 0 for e in found)
        return [
            f"**No total yet: the grading itself failed in part.** That is not your fault, and it counts as no zero; "
            f"your instructor sees it, too. Of what could be graded, {share}: {known} points so far.",
        ]
    if student.status == NOT_GRADABLE:
        return [f"**{earned} of {points} points.** Nothing that could be graded was found in what you handed in."]
    if passed == len(found):
        return [f"**{earned} of {points} points.** Every exercise passes. Well done."]
    said = f"**{earned} of {points} points.** {share}; an exercise counts when all of its tests pass."
    return [said + (f" {rows.lost(found)}" if rows.lost(found) else "")]


def _row(run: Run, e: ExerciseResult) -> str:
    points = f"– of {e.points}" if e.earned is None else f"{e.earned} of {e.points}"
    step = f"`{rows.step(e)}`" if rows.step(e) else ""
    return f"| {_title(run, e)} | {rows.MARKS.get(e.status, '')} {markdown(e.status)} | {points} | {step} |"


def _title(run: Run, e: ExerciseResult) -> str:
    """ "13.2 `compute_grpo_loss`"."""
    name = run.titles.get(e.id, "")
    code = f"`{name}`" if name.replace(".", "_").isidentifier() else markdown(name)
    return f"{markdown(e.id)} {code}".strip()


def _together(found: list[ExerciseResult]) -> list[list[ExerciseResult]]:
    """The exercises that have something to report; those that could not be tested for the same reason in one."""
    groups: dict[object, list[ExerciseResult]] = {}
    for e in found:
        if e.status not in (PASSED, NOT_WRITTEN) and (rows.report(e) or e.why):
            shared = e.status in (NOT_GRADABLE, BLOCKED)
            groups.setdefault((e.status, *rows.report(e)[1:]) if shared else e.id, []).append(e)
    return list(groups.values())


def _section_of(several: list[ExerciseResult]) -> list[str]:
    """Of exercises that could not be tested for one reason: the files, and the reason once."""
    first, files = several[0], {}
    for e in several:
        files.setdefault(e.report.where, []).append(e.id)
    lines = [f"## {', '.join(markdown(e.id) for e in several)}: {markdown(first.status)}", "", rows.sentence(first)]
    lines += ["", *fenced([*(f"{file}  ({', '.join(ids)})" for file, ids in files.items()), *rows.report(first)[1:]])]
    return [*lines, "", f"**Next:** `{rows.step(first)}`"]


def _section(run: Run, e: ExerciseResult) -> list[str]:
    lines = [f"## {_title(run, e)}: {markdown(e.status)}", "", rows.sentence(e)]
    if rows.report(e):
        lines += ["", *fenced(rows.report(e))]
    if e.why:
        lines += ["", f"**Why:** {markdown(e.why, 1000)}"]
    if rows.step(e):
        lines += ["", f"**Next:** `{rows.step(e)}`"]
    return lines


def _rest(run: Run, student: StudentResult, found: list[ExerciseResult]) -> list[str]:
    """The exercises with nothing to report, those of one status together: the sentence, and which they are."""
    groups: dict[tuple[str, str], list[str]] = {}
    for e in found:
        said = e.status in (PASSED, NOT_WRITTEN) or rows.report(e) or e.why  # for the first two, the table says all
        if not said and student.status != NOT_GRADABLE:
            groups.setdefault((e.status, rows.sentence(e)), []).append(_title(run, e))
    lines = []
    for (status, sentence), titles in groups.items():
        lines += ["", f"## {status.capitalize()}: {', '.join(titles)}", "", sentence]
    return lines


def _about(run: Run, student: StudentResult) -> list[str]:
    command, others = rows.repeat(run)
    lines = [
        "## How this was graded",
        "",
        f"- To see the same at your desk: `{command}`{others}.",
        "- Your own `make check` may say otherwise. Tests that draw random inputs drew them here from seed "
        f"{run.seed}, and at your desk from seed 0. Where a lesson builds on an earlier one, the earlier lesson's code "
        "was the course's own here, so that an old mistake costs no new points; at your desk it is your own.",
        "- Tests that train a model were run, too."
        if run.full
        else "- Tests that train a model were not run, and count neither way; at your desk they are run.",
        *([f"- {rows.FURTHER}"] if run.extra else []),
        f"- Your code ran in this confinement: {markdown(run.tier)}.",
        f"- Course {markdown(run.version)}" + (f", your files {markdown(student.digest)}." if student.digest else "."),
    ]
    return lines
