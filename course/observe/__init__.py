"""How tests look at the code under test, and the report of a difference.

observer.py       `observe`, the one door; call.py: makes the call; codec.py: plain data to bytes and back
shape_check.py    checks the declared shapes of what comes back
difference.py     finds the first difference; format_value.py, format_call.py: values and calls as text
make_report.py    makes the report of a failed test; report.py: the report as data, and the one place that prints it
"""
