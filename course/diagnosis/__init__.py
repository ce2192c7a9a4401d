"""Finds the known mistake that a failed test shows.

known_mistakes.py   tries the known mistakes of an exercise; names the one that gives the same answers
same_answer.py      decides whether two answers are the same
other_exercise.py   decides whether the fault lies in another exercise
audit_files.py      reads solutions/STAGE/LESSON/audit/exNN.py; patch.py: makes a change in parsed code
substitute.py       puts other code in the place of an exercise for a while
"""
