"""Grading a class of submissions that nobody can trust: `python -m course grade FOLDER`.

intake.py     what was handed in, taken apart: a folder per student, zips, an LMS's flat folder
sandbox.py    the confinement of the other process, in tiers, and the self-test that proves it
nursery.py    runs inside: a warmed Python that forks one confined worker for each submission and lesson
worker.py     the fork: holds the submission's files and answers `observe` calls
remote.py     the judge's `observe`: a lesson's names are handles, and the call is made by the worker
judge.py      the tests, run against one submission after the other
results.py    what came of it, as data; appended to a file as it is known
exports/      grades.csv, feedback.md, Gradescope, Canvas, GitHub Classroom, the overview page
"""
