"""Exercise 09.5, partial_credit: what people get wrong, other right answers, and the shortest right one."""

from lesson09_answers.scoring.answers import exact_value, final_answer, verify

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

PLACES = "a, b = str(given)[::-1], str(true)[::-1]"
LONGER = "max(len(a), len(b))"
VERDICT = "if verdict is None or verdict:\n    return float(verdict is True)"
CHECK = (
    "if readable + digits >= 1:\n"
    "    raise ValueError(f'a wrong answer may not be paid like a right one: {readable=}, {digits=}')"
)

wrong("A completion without an answer is paid like a wrong number.", {VERDICT: "if verdict:\n    return 1.0"})

wrong("The credit comes on top of the 1 for a right answer.", {
    VERDICT: "if verdict is None:\n    return 0.0\nif verdict:\n    return 1.0 + readable + digits",
})  # fmt: skip

wrong("The digits are compared from the first one: 913 and 1413 then agree nowhere.", {
    PLACES: "a, b = str(given), str(true)",
})  # fmt: skip

wrong("Divided by the true answer's length: digits too many cost nothing.", {LONGER: "len(b)"})

wrong("The shorter number is filled up with zeros, and these zeros are paid where the longer one has a 0.", {
    PLACES: "a, b = (str(n).zfill(len(str(max(given, true))))[::-1] for n in (given, true))",
})  # fmt: skip

wrong("A wrong answer may be paid as well as a right one: nothing is left to learn.", {CHECK: ""})


@right("with arithmetic")
def partial_credit_with_arithmetic(completion, answer, readable=0.0, digits=0.0):
    if not readable + digits < 1:
        raise ValueError("too much")
    prices = {True: 1.0, None: 0.0}
    verdict = verify(completion, answer)
    if verdict in prices:
        return prices[verdict]
    given, true = exact_value(final_answer(completion)), exact_value(final_answer(answer))
    if given != int(given) or given < 0:
        return readable
    a, b = str(int(given)), str(int(true))
    width = max(len(a), len(b))
    same = [x == y for x, y in zip(a.rjust(width, "<"), b.rjust(width, ">"), strict=True)]
    return readable + digits * sum(same) / width


@right("a loop over the places")
def partial_credit_in_a_loop(completion, answer, readable=0.0, digits=0.0):
    if readable + digits >= 1:
        raise ValueError("too much")
    verdict = verify(completion, answer)
    if verdict is not False:
        return 1.0 if verdict else 0.0
    given, true = (f"{exact_value(final_answer(text))}" for text in (completion, answer))
    agree = 0
    if given.isdecimal():
        for place in range(1, min(len(given), len(true)) + 1):
            agree += given[-place] == true[-place]
    return readable + digits * agree / max(len(given), len(true))


@core("short")
def partial_credit(completion, answer, readable=0.0, digits=0.0):
    verdict = verify(completion, answer)
    if verdict is not False:
        return float(verdict or 0)
    a, b = (str(exact_value(final_answer(text)))[::-1] for text in (completion, answer))
    share = sum(x == y for x, y in zip(a, b, strict=False)) / max(len(a), len(b)) if a.isdecimal() else 0
    return readable + digits * share
