"""Grading a class of submissions that nobody can trust: `python -m course grade FOLDER`.

intake/           what was handed in: whose it is (platforms), archives (unpack), which files count (submission),
                  whether it is Python (parsing), what else is worth a look (other_files, suspicious_calls)
grade.py          the command, from top to bottom
options.py        its command line, and what can be checked before anything is graded
schedule.py       hands out parts (one lesson of one submission) to judges
judge_process.py  a judge, as the command sees it
judge/            the judge: the tests and the reference, run against one lesson of a submission after the other
sandbox/          the process in lab/sandbox that holds a submission's files and answers the judge's `observe` calls
results.py        the results, as data
results_log.py    results.jsonl: what is finished, on the disk at once; an interrupted run is resumed from it
exports/          grades.csv, feedback.md, Gradescope, Canvas, GitHub Classroom, the overview page
"""
