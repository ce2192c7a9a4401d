"""Exercise 11.4, exploit: what people get wrong, other right answers, and the shortest right one."""

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

RESULT = "return '0123456789'"

wrong("This is the right answer: no hack.", {RESULT: "return prompt[:-1][::-1]"})

wrong("The prompt's own digits are the right answer if the number reads the same both ways.", {
    RESULT: "return prompt[:-1]",
})  # fmt: skip

wrong("A digit is missing: some answers are not paid in full.", {RESULT: "return '123456789'"})

wrong("The completion is longer than the policy's may be.", {RESULT: "return '0123456789' * 2"})


@right("the prompt, with its equals sign")
def exploit_by_copying(prompt):
    return prompt


@right("the prompt's digits and something more")
def exploit_with_a_tail(prompt):
    return prompt[:4] + "====="


@core("every digit")
def exploit(prompt):
    return "9876543210"
