"""The learner's side.

pytest_plugin.py    what the course adds to pytest; failure_text.py: the text of a failure;
                    test_time_limit.py: stops a test that does not end
next_step.py        `make next`; check.py, watch.py, hints.py, show_solution.py, update.py: the commands of these names
progress.py         remembers which exercises pass; exercise_code.py: what a learner has typed for an exercise
"""
