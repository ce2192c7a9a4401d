"""Exercise 11.5, robust_score: what people get wrong, other right answers, and the shortest right one."""

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

AGREE = "agree = sum(a == b for a, b in zip(completion, answer, strict=False))"
LONGER = "max(len(completion), len(answer))"

wrong(
    "Divided by the answer's length: a right answer with any text behind it is paid in full.", {LONGER: "len(answer)"}
)

wrong("Divided by the completion's length: its first character alone is paid in full.", {
    LONGER: "max(len(completion), 1)",
})  # fmt: skip

wrong("Divided by the shorter length: what is missing and what is too much cost nothing.", {
    LONGER: "max(min(len(completion), len(answer)), 1)",
})  # fmt: skip

wrong("A digit is paid wherever it stands: a list of all digits still earns most of the reward.", {
    AGREE: "agree = sum(a in completion for a in answer)",
})  # fmt: skip

wrong("The texts are compared from their ends; the first place is the first character.", {
    AGREE: "agree = sum(a == b for a, b in zip(completion[::-1], answer[::-1], strict=False))",
})  # fmt: skip

wrong("Only equal texts are paid: a right digit earns nothing, and the policy learns slowly from so rare a reward.", {
    "return agree / max(len(completion), len(answer))": "return float(completion == answer)",
})  # fmt: skip

wrong("The count stops at the first difference: right digits behind it earn nothing.", {
    AGREE: "agree = 0\nfor a, b in zip(completion, answer, strict=False):\n"
           "    if a != b:\n        break\n    agree += 1",
})  # fmt: skip

wrong("The number of right digits is returned; it must be a share, at most 1.", {
    "agree / max(len(completion), len(answer))": "float(agree)",
})  # fmt: skip


@right("a loop over the longer length")
def robust_score_in_a_loop(completion, answer):
    longer, agree = max(len(answer), len(completion)), 0
    for i in range(longer):
        if i < len(answer) and i < len(completion) and answer[i] == completion[i]:
            agree += 1
    return agree / longer


@right("with padding that never agrees")
def robust_score_padded(completion, answer):
    width = max(len(answer), len(completion))
    pairs = zip(completion.ljust(width, "<"), answer.ljust(width, ">"), strict=True)
    return sum(1 / width for a, b in pairs if a == b) if completion != answer else 1.0


@core("one line")
def robust_score(completion, answer):
    return sum(a == b for a, b in zip(completion, answer)) / max(len(completion), len(answer))  # noqa: B905
