"""Files beside the answers that are worth a word: close to an answer that is missing, imported by an answer though they
are not graded, or odd. They count for nothing; student and instructor are told of them by name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from grader.intake.platforms import shown
from grader.intake.unpack import Entry

MOST = 3  # of a kind that are named; that there are more is said
MOST_ODD = 20
PATH = 60  # characters of a path that are shown, the last ones
LONG = 80  # characters of a name that is not close to any

# Folders whose files are nobody's answer: the reference, what the course keeps, its tests, a bundle's own stubs.
NO_ANSWERS = frozenset({"solutions", "kept", "testcases", "pristine.zip"})
_INSTALLED = {"torch", "transformers", "numpy", "pytest", "yaml", "rich", "matplotlib", "hypothesis"}
_ENDINGS = re.compile(r"(?:\.(?:pyw?|ipynb|txt|bak|old|orig|docx?|rtf|html?|pdf)|~)+$")
_LESSON = re.compile(r"lesson\d\d")
_ODD = re.compile(r"(site|user)customize\.py|.*\.pth|.*\.(so|pyd|dll|dylib)(\.\d+)*")
# What a browser or a platform appends if a name is taken: "grpo (1).py", "grpo-1.py".
_COPY = re.compile(r"(.+?)(?: ?\(\d{1,3}\)|-\d{1,3})((?:\.\w{1,8})?)")


def without_copy(parts: tuple[str, ...]) -> tuple[str, ...]:
    """A path without the numbers of copies."""
    return tuple(match[1] + match[2] if (match := _COPY.fullmatch(part)) else part for part in parts)


def short(entry: Entry) -> str:
    """The entry's path; of a long one, the end."""
    path = shown(entry.path[-120:])
    return path if len(path) <= PATH else f"...{path[3 - PATH :]}"


def some(found: list[str], separator: str = "; ") -> str:
    """The first ones, and how many more there are."""
    return separator.join([*found[:MOST], *([f"and {len(found) - MOST} more"] if len(found) > MOST else [])])


def near(others: Iterable[Entry], missing: dict[str, tuple[str, ...]]) -> list[str]:
    """For each missing file, at most one of the others that may be meant for it, and what to do: "grpo.ipynb (hand in
    the .py file)". `missing`: "lesson13_grpo/loss/grpo.py" -> the parts of its whole path."""
    found: dict[str, tuple[bool, str]] = {}  # whether its name is right, and what is said
    expected = {key: _words(full[-1]) for key, full in missing.items()}
    for entry in others:
        *folders, name = entry.parts
        lesson = next((part[:8] for part in reversed(folders) if _LESSON.match(part)), "")
        keys = [key for key, full in missing.items() if lesson in ("", full[2][:8])]
        apart = next((part for part in folders if part in NO_ANSWERS), "")
        if key := next((k for k in keys if missing[k][-1] == name and not found.get(k, (False,))[0]), ""):
            where = f" (nothing in {apart}/ counts)" if apart else f", which belongs into {key[: -len(name)]}"
            found[key] = True, short(entry) + where
            continue
        words = [] if apart else _words(name)
        if words and (key := next((k for k in keys if k not in found and _alike(words, expected[k])), "")):
            notebook = name.lower().endswith(".ipynb")
            found[key] = False, short(entry) + (" (hand in the .py file)" if notebook else f" (only {key} counts)")
    return [found[key][1] for key in missing if key in found]


def notebooks(others: Iterable[Entry]) -> list[str]:
    """Those that are not the course's own."""
    own = [e for e in others if e.name.lower().endswith(".ipynb") and e.name != "walkthrough.ipynb"]
    return [f"{short(entry)} (hand in the .py files)" for entry in own]


def imported(others: Iterable[Entry], files: dict[str, bytes]) -> list[tuple[str, str]]:
    """Modules among the others that an answer's imports name, and which answer: [("helpers.py", "loss/grpo.py")]."""
    lines = {key: b" ".join(re.findall(rb"^[ \t]*(?:from|import)\b.*", data, re.M)) for key, data in files.items()}
    words = {word: key for key, text in reversed(lines.items()) for word in re.findall(rb"\w+", text)}
    found = []
    for entry in others:
        module = entry.name.removesuffix(".py")
        key = words.get(module.encode("utf-8", "replace"), "") if entry.name.endswith(".py") else ""
        if key and module not in _INSTALLED | sys.stdlib_module_names and NO_ANSWERS.isdisjoint(entry.parts):
            found.append((short(entry), key.partition("/")[2]))
    return found


def odd(entries: Iterable[Entry]) -> list[str]:
    """Flags: what was refused, a folder like the reference's, and files that Python or a loader would act on."""
    found: dict[str, None] = {}
    for entry in sorted(entries, key=lambda e: e.parts):
        folders = without_copy(entry.parts[:-1])
        if entry.refused:
            found[f"{shown(entry.path)} {entry.refused}"] = None
        elif "solutions" in folders:
            upto = entry.parts[: folders.index("solutions") + 1]
            found[f"{shown('/'.join(upto))}/ is a folder like the reference's"] = None
        elif _ODD.fullmatch(entry.name):
            found[f"{shown(entry.path)} is code that runs without being imported, or compiled code"] = None
    lines = list(found)
    return lines if len(lines) <= MOST_ODD else [*lines[: MOST_ODD - 1], f"{len(lines) - MOST_ODD + 1} more odd files"]


def _words(name: str) -> list[str]:
    """The words of a name that may stand for an answer's: ["copy", "of", "grpo"]; none of a test's or a picture's."""
    if len(name) > LONG:
        return []
    plain = _ENDINGS.sub("", name.lower())
    words = re.findall(r"[^\W\d_]+|\d+", plain)
    return [] if (plain == name.lower() and "." in plain) or not {"test", "tests"}.isdisjoint(words) else words


def _alike(words: list[str], expected: list[str]) -> bool:
    """Whether they are the expected ones, joined in another way or with others around them."""
    count = len(expected)
    return expected in (words[:count], words[-count:]) or "".join(words) == "".join(expected)
