"""`make audit`: the course proves itself, on stubs made anew in a copy of the course.

It goes red unless every stub fails its tests and every solution passes them, every known mistake is caught by a
test of its own exercise and nearly every one is named (none wrongly), every variant passes everything, every core
variant passes the basic tests, stubs and solutions agree outside the exercises, and every exercise and page has what it
needs. What a learner has typed in tutorial/ does not matter. The tests are run by several processes of
`course.authoring.audit_worker`. An exercise is not examined again while nothing that it depends on has changed
(course/authoring/result_cache.py).

    EXERCISE, LESSON     only these, such as 13.2 or 13
    --fresh              examine everything again
"""

from __future__ import annotations

import ast
import os
import re
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from course.authoring import copied_course, page_checks, result_cache, stubs
from course.authoring.result_cache import Kept, Outcome
from course.base import manifest
from course.base.errors import UsageError
from course.base.manifest import Lesson
from course.base.switch import ROOT
from course.desk.progress import ADVANCED, BASIC
from course.diagnosis import audit_files

NAMED = 0.95  # the share of the mistakes that a report must name
LEAST_MISTAKES, LEAST_OF_SUBJECT, LEAST_VARIANTS = 3, 8, 2  # for an exercise; "of subject": core, or under loss/
COLUMNS = ("exercises", "tests", "mistakes", "by basic", "caught", "named", "variants", "accepted", "seconds")
FRESH = "--fresh"


def audit(arguments: list[str], root: Path = ROOT, processes: int | None = None, reference: bool = True) -> Outcome:
    """Examines the course and prints problems and a table. Without `reference` the reference's own run is left out:
    `make test` has just done it."""
    started = time.perf_counter()
    lessons = manifest.read_all(root)
    chosen = _chosen([a for a in arguments if a not in ("", FRESH)], lessons)
    digests = result_cache.audit_digests(root, lessons, chosen) | result_cache.page_digests(root, lessons, chosen)
    kept: dict[str, Kept] = {}
    if FRESH not in arguments:
        kept = {i: k for i in digests if (k := result_cache.read(f"audit/{i}", digests[i], root))}
    again = [i for i in digests if i not in kept]
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        copy = copied_course.copy_course(Path(folder).resolve(), root)
        copied = manifest.read_all(copy)
        options = [] if reference else ["--without-reference"]
        found = _work(copy, again, options, processes) if again else {"results": [], "tests": {}, "broken": []}
        problems = [*found["broken"], *(r["problem"] for r in found["results"] if r["problem"])]
        if not found["broken"]:
            _keep(found, {i: digests[i] for i in again}, root)
        for one in kept.values():
            found["results"] += [{**r, "seconds": 0.0} for r in one.result["results"]]
            found["tests"] |= one.result["tests"]
        for lesson in copied if not found["broken"] else ():
            problems += _too_few(lesson, chosen, found)
        problems += [p for lesson in copied for p in _wrong_files(lesson, chosen, root)]
    rows = [_row(lesson, chosen, found) for lesson in lessons if any(e.id in chosen for e in lesson.exercises)]
    problems += [
        f"{row['lesson']}: {row['named']} of {row['mistakes']} mistakes are named, fewer than {NAMED:.0%}"
        for row in rows
        if row["named"] < NAMED * row["mistakes"]
    ]
    outcome = Outcome(problems, _counts(rows), _unchanged(kept, chosen))
    _print(rows, found, outcome, time.perf_counter() - started)
    return outcome


def _keep(found: dict[str, Any], digests: dict[str, str], root: Path) -> None:
    """Keeps what was found about each exercise, and each page, without a problem."""
    for exercise, digest in digests.items():
        results = [r for r in found["results"] if r["exercise"] == exercise]
        if not any(r["problem"] for r in results):
            tests = {exercise: found["tests"].get(exercise, {})}
            result_cache.write(f"audit/{exercise}", digest, {"results": results, "tests": tests}, root)


def _unchanged(kept: dict[str, Kept], chosen: list[str]) -> str:
    of_exercises = {i: one for i, one in kept.items() if i in chosen}
    if not of_exercises:
        return ""
    return f"{len(of_exercises)} of {len(chosen)} exercises {result_cache.unchanged_since(of_exercises.values())}"


def _counts(rows: list[dict[str, Any]]) -> str:
    names = ("mistakes", "caught", "named", "variants", "accepted")
    total = {name: sum(row[name] for row in rows) for name in names}
    return "{mistakes} mistakes: {caught} caught, {named} named; {accepted} of {variants} variants pass".format(**total)


def _chosen(only: list[str], lessons: list[Lesson]) -> list[str]:
    """The ids of the exercises to look at."""
    known = {e.id: lesson.number for lesson in lessons for e in lesson.exercises}
    for name in only:
        if name not in known and name not in known.values():
            raise UsageError(f"there is no exercise or lesson {name!r}; exercises are named like 13.2, lessons like 13")
    return [i for i, number in known.items() if not only or i in only or number in only]


def _work(copy: Path, chosen: list[str], options: list[str], processes: int | None) -> dict[str, Any]:
    """What the worker and its children found about these exercises, and about the pages of these lessons."""
    (copy / "claims").mkdir()
    fixed = ["course.authoring.audit_worker", str(copy / "claims"), str(processes or os.cpu_count() or 1)]
    return copied_course.result_of(copy, *fixed, *options, *chosen)


def _too_few(lesson: Lesson, chosen: list[str], found: dict[str, Any]) -> list[str]:
    """Exercises that lack tests, mistakes or variants."""
    problems = []
    for exercise in (e for e in lesson.exercises if e.id in chosen):
        for suite in (BASIC, *([ADVANCED] if exercise.hardening else [])):
            if not found["tests"].get(exercise.id, {}).get(suite):
                problems.append(f"exercise {exercise.id} has no test in {suite}")
        there = Counter(r["kind"] for r in found["results"] if r["exercise"] == exercise.id)
        subject = exercise.core or exercise.file.startswith("loss/")
        least = LEAST_OF_SUBJECT if subject else LEAST_MISTAKES
        file = f"{lesson.name}/audit/{audit_files.file_of(lesson, exercise).name}"
        for kind, needed in (("mistake", least), ("variant", LEAST_VARIANTS)):
            if there[kind] < needed:
                problems.append(f"{file} has {there[kind]} {kind}s; {needed} are needed")
        if there["core"] != 1:
            problems.append(f"{file} has {there['core']} core variants; one is needed")
    return problems


def _wrong_files(lesson: Lesson, chosen: list[str], root: Path) -> list[str]:
    """What can be seen in a lesson's files without running its tests. root: of the course, to whose pages it links."""
    if not any(e.id in chosen for e in lesson.exercises):
        return []
    problems = [p for file in stubs.files(lesson) if (p := _disagreement(lesson, file))]
    files = {audit_files.file_of(lesson, e) for e in lesson.exercises}
    for path in sorted({*(lesson.solution / "audit").glob("ex[0-9]*.py")} - files):
        problems.append(f"{lesson.name}/audit/{path.name}: there is no such exercise in lesson.toml")
    page = lesson.folder / "README.md"
    if not page.exists():
        return [*problems, f"{lesson.name} has no README.md"]
    problems += [
        f"{lesson.name}/README.md links to {link}, which is not there"
        for link in page_checks.broken_links(root / page.relative_to(lesson.root), root)
    ]
    for path in sorted(p for f in (lesson.folder, lesson.solution) for p in f.rglob("*.*")):
        if path.suffix in (".py", ".md", ".toml") and re.search(r"\bTODO\b", path.read_text(encoding="utf-8")):
            problems.append(f"{path.relative_to(lesson.root)} still has a TODO")
    return problems


def _disagreement(lesson: Lesson, file: str) -> str | None:
    """Stub and reference, the bodies of exercises taken out of both, are the same program."""
    paths = (lesson.folder / file, lesson.solution / file)
    here, there = (_without_bodies(p.read_text(encoding="utf-8"), lesson, file) for p in paths)
    if here == there:
        return None
    return f"{lesson.name}/{file}: stub and solution differ outside the exercises"


def _without_bodies(text: str, lesson: Lesson, file: str) -> str:
    tree = ast.parse(text)
    for exercise in lesson.exercises:
        for function in stubs.functions(tree, exercise.object) if exercise.file == file else ():
            documented = ast.get_docstring(function) is not None
            function.body = function.body[:1] if documented else [ast.Pass()]
    for node in [tree, *(n for n in tree.body if isinstance(n, ast.ClassDef))]:
        node.body = [n for n in node.body if not stubs.defines_private(n)]
    return ast.dump(tree)


def _row(lesson: Lesson, chosen: list[str], found: dict[str, Any]) -> dict[str, Any]:
    """A line of the table."""
    ids = [e.id for e in lesson.exercises if e.id in chosen]
    of = {kind: [r for r in found["results"] if (r["lesson"], r["kind"]) == (lesson.name, kind)] for kind in
          ("mistake", "variant")}  # fmt: skip
    uncaught = [r for r in of["mistake"] if "is not caught" in r["problem"]]
    return {
        "lesson": lesson.name,
        "exercises": len(ids),
        "tests": sum(sum(found["tests"].get(i, {}).values()) for i in ids),
        "mistakes": len(of["mistake"]),
        "by basic": sum(r["caught_by"] == BASIC for r in of["mistake"]),
        "caught": len(of["mistake"]) - len(uncaught),
        "named": sum(r["named"] for r in of["mistake"]),
        "variants": len(of["variant"]),
        "accepted": sum(not r["problem"] for r in of["variant"]),
        "seconds": sum(r["seconds"] for r in found["results"] if r["lesson"] == lesson.name),
    }


def _print(rows: list[dict[str, Any]], found: dict[str, Any], outcome: Outcome, seconds: float) -> None:
    for r in found["results"]:
        if r["kind"] == "mistake" and not r["named"] and not r["problem"]:
            print(f"not named: {r['exercise']}  {r['says']}")
    for problem in outcome.problems:
        print(f"problem: {problem}")
    print(f"\n{'lesson':<26}" + "".join(f"{name:>11}" for name in COLUMNS))
    for row in rows:
        print(f"{row['lesson']:<26}" + "".join(f"{row[name]:>11.0f}" for name in COLUMNS))
    print(f"{seconds:.0f} s in all")
    if outcome.unchanged:
        print(outcome.unchanged)
    print("all is well" if not outcome.problems else f"{len(outcome.problems)} problems")
