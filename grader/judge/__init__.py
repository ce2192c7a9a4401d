"""The process that holds tests and reference, and asks a worker for every observation.

judge.py             collects the tests once; grades what the command sends
settings.py          what the command tells it, and all limits
canaries.py          tests that must fail, run first
submission_worker.py the worker of one lesson of one submission: starts it, asks it, keeps its limits
placeholders.py      what tests import from a lesson
remote_observer.py   the judge's `observe`; rebuilds answers without trusting them
test_run.py          runs one test with pytest, and says how it ended
lesson_grading.py    results and reports of one lesson's exercises
diagnosis.py         the known mistake, or the other exercise, behind failed tests
withhold.py          keeps earlier references out of reports
extra_tests.py       the instructor's own tests
"""
