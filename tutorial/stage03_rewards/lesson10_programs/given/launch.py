"""Two programs that `run` and `call` start: one that limits itself, and one that calls a function of another program."""

# Limits itself, then runs a file: python -c LAUNCH MEMORY OUTPUT FILE. A limit that is set cannot be raised again.
LAUNCH = """
import resource, sys
for name, value in zip(("AS", "FSIZE"), sys.argv[1:3]):
    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (int(value), int(value)))
with open(sys.argv[3], encoding="utf-8") as file:
    code = file.read()
exec(compile(code, "program", "exec"), {"__name__": "__main__"})
"""

# Reads another program, its function's name and the inputs, and prints the answer to each input on a line.
CALLS = """
import sys
code, function, inputs = eval(sys.stdin.read())
answers, sys.stdout = sys.stdout, open("/dev/null", "w")  # what the other program prints must not mix with the answers
names = {"__name__": "program"}
exec(compile(code, "program", "exec"), names)
for arguments in inputs:
    try:
        text = ascii(names[function](*arguments))
    except Exception:
        text = ""
    print(text, file=answers, flush=True)
"""
