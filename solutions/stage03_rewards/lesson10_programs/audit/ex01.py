"""Exercise 10.1, extract_code: what people get wrong, other right answers, and the shortest right one."""

import re

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

PATTERN = "r'^```([^`\\n]*)$\\n?(.*?)(?:^```[ \\t]*$|\\Z)'"

wrong("The first block is taken; a corrected program is the last one.", {"programs[-1]": "programs[0]"})

wrong(
    "A completion without a block gives no program.", {"programs[-1] if programs else text": "''.join(programs[-1:])"}
)

wrong("A block that was cut off before its closing fence is lost.", {
    PATTERN: "r'^```([^`\\n]*)$\\n?(.*?)^```[ \\t]*$'",
})  # fmt: skip

wrong("Three backquotes within a line end the block; only a line of its own does. The program is cut in two.", {
    PATTERN: "r'^```([^`\\n]*)$\\n?(.*?)(?:```|\\Z)'",
})  # fmt: skip

wrong("The line ```c++ does not open a block here, so its closing line opens one.", {
    PATTERN: "r'^```[ \\t]*(\\w*)[ \\t]*$\\n?(.*?)(?:^```[ \\t]*$|\\Z)'",
})  # fmt: skip

wrong("A program in the thinking counts; the model may have rejected it.", {
    "completion.rpartition('</think>')[2]": "completion",
})  # fmt: skip

wrong("All behind the first </think> counts; a model may think again, and the answer begins behind the last one.", {
    "completion.rpartition('</think>')[2]": "completion.split('</think>', 1)[-1]",
})  # fmt: skip

wrong("If there is no block, the thinking is taken into the program; it is dropped first.", {
    "programs[-1] if programs else text": "programs[-1] if programs else completion",
})  # fmt: skip

wrong("Only pairs of <think> and </think> are dropped; many chat templates put <think> into the prompt.", {
    "completion.rpartition('</think>')[2]": "re.sub('<think>.*</think>', '', completion, flags=re.DOTALL)",
})  # fmt: skip

wrong("Blocks in other languages are taken for programs, such as the output shown after one.", {
    "language.strip().lower() in ('python', 'py', '')": "True",
})  # fmt: skip

wrong("Only ```python opens a block; ```py and ``` do, too.", {"('python', 'py', '')": "('python',)"})

wrong(
    "The language is compared with its capitals: ```Python is not found.",
    {"language.strip().lower()": "language.strip()"},
)


@right("line by line")
def extract_code_by_lines(completion):
    text = completion.split("</think>")[-1]
    blocks, inside, language = [], None, ""
    for line in text.split("\n"):
        fence = re.fullmatch(r"```([^`]*)", line)
        if inside is None and fence:
            inside, language = [], fence[1].strip().lower()
        elif inside is not None and fence and not fence[1].strip():
            blocks.append((language, "\n".join(inside)))
            inside = None
        elif inside is not None:
            inside.append(line)
    if inside is not None:
        blocks.append((language, "\n".join(inside)))
    blocks = [code for language, code in blocks if language in ("python", "py", "")]
    return blocks[-1] if blocks else text


@right("from fence to fence, without the spaces and empty lines at the end")
def extract_code_by_fences(completion):
    program = answer = completion.split("</think>")[-1]
    fenced = r"^```(?P<language>[^`\n]*)(?:\n|\Z)(?P<body>.*?)(?:^```[ \t]*$|\Z)"
    for block in re.finditer(fenced, answer, re.MULTILINE | re.DOTALL):
        if block["language"].strip().lower() in {"", "py", "python"}:
            program = block["body"]
    return program.rstrip()


@core("without the empty lines around a program")
def extract_code(completion):
    text = completion.split("</think>")[-1]
    blocks = re.findall(r"^```(.*?)$(.*?)(?:^```[ \t]*$|\Z)", text, re.MULTILINE | re.DOTALL)
    programs = [code.strip("\n") for kind, code in blocks if kind.strip().lower() in ("python", "py", "")]
    return (programs or [text])[-1]
