"""Exercise 09.3, verify: what people get wrong, other right answers, and the shortest right one."""

from lesson09_answers.scoring.answers import exact_value, final_answer

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

RESULT, EQUAL = "return None if given is None else given == true", "given == true"
CHECK = "if true is None:\n    raise ValueError(f'the true answer cannot be read: {answer!r}')"

wrong(
    "The texts are compared: 0.5 and 1/2 are equal numbers.",
    {EQUAL: "final_answer(completion) == final_answer(answer)"},
)

wrong("The completion only has to contain the true answer: a list of many numbers would be paid.", {
    EQUAL: "(final_answer(answer) or '') in completion",
})  # fmt: skip

wrong("An answer that cannot be read counts as wrong: nobody sees how often the reader fails.", {
    RESULT: "return given is not None and given == true",
})  # fmt: skip

wrong("A true answer that cannot be read equals a completion that cannot be read either: nonsense is paid.", {
    CHECK: "", RESULT: "return given == true",
})  # fmt: skip

wrong("A true answer that cannot be read is reported as a completion that cannot be read.", {
    CHECK: "if true is None:\n    return None",
})  # fmt: skip

wrong("Close values count as equal: 0.3333333 is not 1/3.", {EQUAL: "abs(given - true) < 1e-6"})
wrong("The sign is ignored.", {EQUAL: "abs(given) == abs(true)"})
wrong("0 is taken for no answer; only None is.", {RESULT: "return given == true if given else None"})

wrong("The true answer is read whole, without looking for its place: of a gsm8k solution the working is read.", {
    "given, true = (exact_value(final_answer(text) or '') for text in (completion, answer))":
        "given, true = exact_value(final_answer(completion) or ''), exact_value(answer)",
})  # fmt: skip


@right("step by step")
def verify_in_steps(completion, answer):
    true, place = exact_value(final_answer(answer) or ""), final_answer(completion)
    if true is None:
        raise ValueError("the answer of this row cannot be read")
    given = exact_value(place) if place else None
    return given if given is None else given == true


@right("with the difference")
def verify_by_the_difference(completion, answer):
    true, given = (exact_value(final_answer(text) or "") for text in (answer, completion))
    if true is None:
        raise ValueError(answer)
    return None if given is None else not given - true


@core("three lines")
def verify(completion, answer):
    given, true = (exact_value(final_answer(text) or "") for text in (completion, answer))
    if true is None:
        raise ValueError(answer)
    return None if given is None else given == true
