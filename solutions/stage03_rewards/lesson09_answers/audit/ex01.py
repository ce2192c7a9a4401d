"""Exercise 09.1, final_answer: what people get wrong, other right answers, and the shortest right one."""

import re

from course.base.attempt import Attempts
from lab.rl.answer_pieces import last_attempt, last_piece

wrong, right, core = Attempts(), Attempts(), Attempts()

MARKERS = "for marker in ('####', 'answer is|answer:|answer ?='):"
LINE = "return behind.strip().partition('\\n')[0].strip() or None"

wrong("What the model thought is read, too: numbers that it has given up may count.", {
    "text = text.rpartition('</think>')[2].partition('<think>')[0]": "",
})  # fmt: skip

wrong("A thought that was cut off is read as if it were the answer.", {
    "text.rpartition('</think>')[2].partition('<think>')[0]": "text.rpartition('</think>')[2]",
})  # fmt: skip

wrong("What the model takes back is read, and so is the answer to a question that it asks itself.", {
    "text = last_attempt(text)": "",
})  # fmt: skip

wrong("The first \\boxed{} is taken; a policy that corrects itself writes the right one last.", {
    "text.rpartition('\\\\boxed{')": "text.partition('\\\\boxed{')",
})  # fmt: skip

wrong("The first #### or the first \"answer is\" is taken; the last one counts.", {
    "*parts, behind = re.split(marker, text, flags=re.IGNORECASE)":
        "parts, *behind = re.split(marker, text, maxsplit=1, flags=re.IGNORECASE)\n"
        "parts, behind = behind, ''.join(behind)",
})  # fmt: skip

wrong("The box ends at the first closing brace: \\frac{7}{2} is cut in the middle.", {
    "if depth == 0:": "if character == '}':",
})  # fmt: skip

wrong("A box that is never closed is read, though the number may have gone on.", {
    "return None": "return inside.strip() or None",
})  # fmt: skip

wrong("#### comes before \\boxed{}: the box is looked at only if there is no ####.", {
    "if found:": "if found and '####' not in text:",
})  # fmt: skip

wrong("\"answer is\" comes before ####; the order is the other way round.", {
    MARKERS: "for marker in ('answer is|answer:|answer ?=', '####'):",
})  # fmt: skip

wrong("If nothing is behind a marker, the last number is read instead: no later rule may be tried.", {
    "return None": "return last_piece(text)", LINE: f"{LINE[:-4]}last_piece(text)",
    "return inside[:end].strip() or None": "return inside[:end].strip() or last_piece(text)",
})  # fmt: skip

wrong(
    "Without a marker there is no answer: most untrained models write none.", {"return last_piece(text)": "return None"}
)

wrong("Only the last 300 characters are searched: an answer before a long explanation is lost.", {
    "_, found, inside = text.rpartition('\\\\boxed{')":
        "text = text[-300:]\n_, found, inside = text.rpartition('\\\\boxed{')",
})  # fmt: skip


@right("with find and rfind")
def final_answer_with_rfind(text):
    text = text[text.rfind("</think>") + 8 :] if "</think>" in text else text
    text = last_attempt(text.split("<think>")[0])
    start = text.rfind("\\boxed{")
    if start >= 0:
        depth, place = 1, start + 7
        while place < len(text) and depth:
            depth += (text[place] == "{") - (text[place] == "}")
            place += 1
        return (text[start + 7 : place - 1].strip() or None) if depth == 0 else None
    lower = text.lower()
    ends = [text.rfind("####") + 4] if "####" in text else []
    ends = ends or [lower.rfind(m) + len(m) for m in ("answer is", "answer:", "answer =", "answer=") if m in lower]
    if not ends:
        return last_piece(text)
    return next((line.strip() for line in text[max(ends) :].splitlines() if line.strip()), None)


@right("with regular expressions")
def final_answer_with_expressions(text):
    text = last_attempt(re.sub(r"(?s).*</think>|<think>.*", "", text))
    *before, behind = re.split(r"\\boxed\{", text)
    if before:
        depths = [behind[:n].count("}") - behind[:n].count("{") for n in range(len(behind) + 1)]
        return (behind[: depths.index(1) - 1].strip() or None) if 1 in depths else None
    for marker in ("####", r"answer(?: is|:| ?=)"):
        found = list(re.finditer(marker, text, re.I))
        if found:
            line = re.search(r"\S[^\n]*", text[found[-1].end() :])
            return line[0].strip() if line else None
    return last_piece(text)


@core("short")
def final_answer(text):
    text = last_attempt(text.split("</think>")[-1].split("<think>")[0])
    if "\\boxed{" in text:
        inside, depth = text.rsplit("\\boxed{", 1)[1], 1
        for end in range(len(inside)):
            depth += (inside[end] == "{") - (inside[end] == "}")
            if not depth:
                return inside[:end].strip() or None
        return None
    for marker in ("####", "answer is|answer:|answer ?="):
        parts = re.split(marker, text, flags=re.I)
        if len(parts) > 1:
            return parts[-1].strip().split("\n")[0].strip() or None
    return last_piece(text)
