"""For authors of lessons, and for everyone who changes the course.

full_test.py      `make test`: its parts, and the summary; result_cache.py: what need not run again
audit.py          `make audit`: the command, the table and its limits
audit_worker.py   the verdict on each stub, mistake and variant: caught? named? accepted?
copied_course.py  runs the lessons' tests in a copy of the course, on the reference
stubs.py          makes the stubs from solutions/
made_files.py     Makefile, README tables and other files that are generated
new_lesson.py     `make new-lesson`
notebooks.py      runs the walkthrough notebooks, each in a process of its own (notebook_process.py)
page_checks.py    checks that links and Python blocks of the pages work
"""
