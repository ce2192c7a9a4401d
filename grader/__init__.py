"""Grading a class of submissions that nobody can trust: `python -m course grade FOLDER`.

intake.py     what was handed in, taken apart: for every student the bytes of the files that count
classroom.py  whose they are: a folder or archive per student, an LMS's names
archives.py   zip and tar, read without trust and never to disk
sources.py    whether bytes are Python that can be graded, found out in a process of its own
strange.py    ignored files that are worth a look
nearby.py     ignored files that may be meant for one that is missing
flags.py      what is worth a look within the files
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
