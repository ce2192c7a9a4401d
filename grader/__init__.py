"""Grading a class of submissions that nobody can trust: `python -m course grade FOLDER`.

intake/       what was handed in: whose it is (platforms), archives (unpack), which files count (submission), whether it
              is Python (python_source), what else is worth a look (other_files, suspicious_calls)
sandbox.py    the confinement of the other process, in tiers
selftest.py   the proof, before anything is graded, that it confines
nursery.py    runs inside: a warmed Python that forks one confined worker for each submission and lesson
worker.py     the fork: holds the submission's files and answers `observe` calls
compiled.py   a worker's given files in the form that Python compiles them to
remote.py     the judge's `observe`: a lesson's names are handles, and the call is made by the worker
judge.py      the tests, run against one lesson of a submission after the other
bare.py       a test's function, run without pytest where that makes no difference
similar.py    which submissions have much in common, for a person to look at (compare50, where it is installed)
upload.py     what is set up once on Gradescope and in GitHub Classroom
results.py    what came of it, as data; appended to a file as it is known
exports/      grades.csv, feedback.md, Gradescope, Canvas, GitHub Classroom, the overview page
"""
