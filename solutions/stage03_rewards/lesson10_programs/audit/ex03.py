"""Exercise 10.3, call: what people get wrong, other right answers, and the shortest right one."""

from lesson10_programs.programs.running import CALLS, run

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

LINES = "lines = outcome.stdout.split('\\n')[:-1]"
RESULT = "[lines[i] if i < len(lines) else '' for i in range(len(inputs))]"

wrong("The text behind the last line break counts: half of 41 is 4, and 4 may be right.", {
    LINES: "lines = outcome.stdout.splitlines()",
})  # fmt: skip

wrong("The answers before an early end are dropped: one call that ends the process costs all of them.", {
    LINES: "lines = outcome.stdout.split('\\n')[:-1] if outcome.status == 'ok' else []",
})  # fmt: skip

wrong("The answers before a timeout are dropped: one slow call costs all of them.", {
    LINES: "lines = outcome.stdout.split('\\n')[:-1] if outcome.status != 'timeout' else []",
})  # fmt: skip

wrong("There are fewer answers than inputs if the process ended early: answers and expected values no longer match.", {
    RESULT: "lines[:len(inputs)]",
})  # fmt: skip

wrong("The program can print more lines than there are inputs, and all of them are returned.", {
    RESULT: "lines + [''] * (len(inputs) - len(lines))",
})  # fmt: skip

wrong("Empty lines are skipped: behind a call that raised an exception all answers move up by one.", {
    LINES: "lines = [line for line in outcome.stdout.split('\\n')[:-1] if line]",
})  # fmt: skip

CALL = "run(CALLS, repr((code, function, inputs)), seconds)"

wrong("The time is not passed on.", {CALL: CALL.replace(", seconds", "")})


@wrong("Each input has a process of its own: `seconds` is then the time for each call, not for all together.")
def call_in_many_processes(code, function, inputs, seconds=10.0):
    texts = [run(CALLS, repr((code, function, [arguments])), seconds).stdout for arguments in inputs]
    return [text.rpartition("\n")[0].split("\n")[0] for text in texts]


@right("a loop that fills a list")
def call_in_a_loop(code, function, inputs, seconds=10.0):
    result = ["" for _ in inputs]
    text = run(CALLS, stdin=f"({code!r}, {function!r}, {inputs!r})", seconds=seconds).stdout
    for i, line in enumerate(text.split("\n")[:-1]):
        if i == len(inputs):
            break
        result[i] = line
    return result


@right("with the line breaks kept while the lines are told apart")
def call_with_keepends(code, function, inputs, seconds=10.0):
    parts = run(CALLS, repr((code, function, inputs)), seconds).stdout.splitlines(True)
    whole = [part[:-1] for part in parts if part.endswith("\n")] + [""] * len(inputs)
    return whole[: len(inputs)]


@core("two lines")
def call(code, function, inputs, seconds=10.0):
    lines = run(CALLS, repr((code, function, inputs)), seconds).stdout.split("\n")[:-1]
    return (lines + [""] * len(inputs))[: len(inputs)]
