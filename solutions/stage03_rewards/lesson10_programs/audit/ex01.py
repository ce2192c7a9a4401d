"""Exercise 10.1, extract_code: what people get wrong, other right answers, and the shortest right one."""

import re

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

PATTERN = "r'^```[ \\t]*(\\w*)[ \\t]*$\\n?(.*?)(?:^```[ \\t]*$|\\Z)'"

wrong("The first block is taken. A model that corrects itself writes the right program last.", {
    "programs[-1]": "programs[0]",
})  # fmt: skip

wrong("All blocks are joined: a corrected program is run together with the one that it replaces.", {
    "programs[-1]": "'\\n'.join(programs)",
})  # fmt: skip

wrong("A completion without a block gives no program; many models write the code alone.", {
    "programs[-1] if programs else text": "programs[-1] if programs else ''",
})  # fmt: skip

wrong("A block that was cut off before its closing fence is lost.", {
    PATTERN: "r'^```[ \\t]*(\\w*)[ \\t]*$\\n?(.*?)^```[ \\t]*$'",
})  # fmt: skip

wrong("A program in the thinking counts, although the model rejected it.", {
    "completion.rpartition('</think>')[2]": "completion",
})  # fmt: skip

wrong("Blocks in other languages are taken for programs: the output behind the program, for instance.", {
    "programs = [code for language, code in blocks if language.lower() in ('python', 'py', '')]":
    "programs = [code for language, code in blocks]",
})  # fmt: skip

wrong("Only ```python opens a block; ```py and ``` do, too.", {"('python', 'py', '')": "('python',)"})

wrong("The language is compared with its capitals: ```Python is not found.", {"language.lower()": "language"})


@right("line by line")
def extract_code_by_lines(completion):
    text = completion.split("</think>")[-1]
    blocks, inside, language = [], None, ""
    for line in text.split("\n"):
        fence = re.fullmatch(r"```[ \t]*(\w*)[ \t]*", line)
        if inside is None and fence:
            inside, language = [], fence[1].lower()
        elif inside is not None and fence and not fence[1]:
            blocks.append((language, "\n".join(inside)))
            inside = None
        elif inside is not None:
            inside.append(line)
    if inside is not None:
        blocks.append((language, "\n".join(inside)))
    blocks = [code for language, code in blocks if language in ("python", "py", "")]
    return blocks[-1] if blocks else text


@right("with spaces and empty lines stripped off the end")
def extract_code_stripped(completion):
    text = completion[completion.rfind("</think>") + len("</think>") :] if "</think>" in completion else completion
    found = None
    pattern = re.compile(r"(?:^|(?<=\n))```[ \t]*(\w*)[ \t]*(?:\n|\Z)(.*?)(?:(?<=\n)```[ \t]*(?=\n|\Z)|\Z)", re.DOTALL)
    for match in pattern.finditer(text):
        if match[1].lower() in {"", "py", "python"}:
            found = match[2]
    return text if found is None else found.rstrip()


@core("without trailing lines, and strange languages")
def extract_code(completion):
    text = completion.split("</think>")[-1]
    blocks = re.findall(r"^```[ \t]*(\w*)[ \t]*$(.*?)(?:^```[ \t]*$|\Z)", text, re.MULTILINE | re.DOTALL)
    programs = [code.strip("\n") for kind, code in blocks if kind.lower() in ("python", "py", "")]
    return (programs or [text])[-1]
