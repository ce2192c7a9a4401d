"""Exercise 09.5, partial_credit: what people get wrong, other right answers, and the shortest right one."""

from lesson09_answers.scoring.answers import exact_value, final_answer, verify

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

PLACES = "a, b = str(given)[::-1], str(true)[::-1]"
LONGER = "max(len(a), len(b))"
CHECK = "readable + digits >= 1"
VERDICT = "if verdict is None or verdict:\n    return float(verdict is True)"

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

wrong("A wrong answer may be paid as well as a right one: nothing is left to learn.", {CHECK: "False"})


@right("filled up with signs that agree nowhere")
def partial_credit_filled_up(completion, answer, readable=0.0, digits=0.0):
    if not readable + digits < 1:
        raise ValueError("too much")
    a, b = (str(exact_value(final_answer(text) or "")) for text in (completion, answer))
    width = max(len(a), len(b))
    same = [x == y for x, y in zip(a.rjust(width, "<"), b.rjust(width, ">"), strict=True)]
    wrong = readable + digits * sum(same) / width * a.isdecimal()
    return {True: 1.0, None: 0.0, False: wrong}[verify(completion, answer)]


@right("from place to place")
def partial_credit_by_places(completion, answer, readable=0.0, digits=0.0):
    if readable + digits >= 1:
        raise ValueError("too much")
    verdict = verify(completion, answer)
    given, true = (f"{exact_value(final_answer(text) or '')}" for text in (completion, answer))
    places = range(1, min(len(given), len(true)) + 1) if given.isdecimal() else []
    agree = sum(given[-place] == true[-place] for place in places)
    wrong = readable + digits * agree / max(len(given), len(true))
    return wrong if verdict is False else 1.0 if verdict else 0.0


@core("short")
def partial_credit(completion, answer, readable=0.0, digits=0.0):
    verdict = verify(completion, answer)
    if verdict is not False:
        return float(verdict or 0)
    a, b = (str(exact_value(final_answer(text)))[::-1] for text in (completion, answer))
    share = sum(x == y for x, y in zip(a, b, strict=False)) / max(len(a), len(b)) if a.isdecimal() else 0
    return readable + digits * share
