"""Text that students control, made safe to show. Standard library only.

Names, file names and what their code raised or returned reach pages, terminals, spreadsheets and the logs of other
people's machines. `clean` removes what is not text; `markdown` and `fenced` keep text from being read as mark-up. HTML
is escaped by overview.py.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

LINES, WIDTH = 60, 400  # at most, of a block

# Sequences that a terminal acts on: CSI (colours, cursor), OSC and its kin (titles, links), and two-character ones.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]"
)
JOINERS = "\u200c\u200d"  # of category Cf, yet a part of how names are spelled in Persian or Hindi
_COMMAND = re.compile(r"^(\s*):(?=:)", re.MULTILINE)  # GitHub Actions: "::add-mask::", after any white space
_OLD_COMMAND = re.compile(r"##(?=\[|vso\[)", re.IGNORECASE)  # "##[group]", anywhere in a line; and of Azure
# Of Markdown, also of GitHub's: an address is no link.
_SPECIAL = re.compile(r"[\\`*_\[\]<>&|~#!$]|:(?=//)|(?<=\bwww)\.", re.IGNORECASE)
_AT_START = re.compile(r"^(?:([-+=])|(\d{1,9})([.)])(?=\s|$))")  # a list, an underline


def clean(text: str) -> str:
    """`text` without escape sequences, control, invisible and direction-changing characters; lines end in \\n.

    A line that GitHub Actions would take for a command gets a space inside: ": :set-output".
    """
    text = _ESCAPES.sub("", text)
    text = re.sub(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]", "\n", text).replace("\t", "    ")
    text = "".join(filter(None, map(_shown, text)))
    return _OLD_COMMAND.sub("## ", _COMMAND.sub(r"\1: ", text))


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cs":  # half a character: no UTF-8 can hold it
        return "\ufffd"
    if category in ("Cc", "Cf") and character not in "\n" + JOINERS:
        return ""
    return character


def one_line(text: str, width: int = WIDTH) -> str:
    """The clean text in one line of at most `width` characters: for names, notes and cells."""
    text = " ".join(clean(text[: 20 * width]).split())  # so a very long text costs no more
    return text if len(text) <= width else f"{text[: width - 3]}..."


def block(lines: list[str]) -> list[str]:
    """Clean lines of bounded number and length."""
    found = [part for line in lines[: LINES + 1] for part in clean(line[: 20 * WIDTH]).split("\n")]
    shown = [line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..." for line in found[:LINES]]
    return shown if len(found) <= LINES else [*shown, "  (and more lines)"]


def markdown(text: str, width: int = WIDTH) -> str:
    """The clean text in one line, without anything that Markdown would read as mark-up."""
    text = _SPECIAL.sub(r"\\\g<0>", one_line(text, width))
    return _AT_START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", text)


def fenced(lines: list[str]) -> list[str]:
    """The lines as a block of code that they cannot end: its fence is longer than any run of backticks in it."""
    lines = block(lines)
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *lines, fence]


def slug(student: str) -> str:
    """A file name for reports: ASCII, good on every system, and another one for every name."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", student).strip("_")[:60]
    reserved = re.fullmatch(r"con|prn|aux|nul|com\d|lpt\d", plain, re.IGNORECASE)
    # Only names that no other name can turn into stay as they are.
    if plain == student and plain.islower() and not reserved and not re.search(r"_[0-9a-f]{10}$", plain):
        return plain
    return f"{plain or 'student'}_{hashlib.sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"
