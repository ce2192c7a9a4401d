"""What is close to a file that is missing, and modules that answers import though nobody takes them.

By names alone, and by what the answers say that they import; nothing here counts for a grade. What it finds is told to
the student, who may hand in again, and to the instructor. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from grader.intake import suspicious_calls
from grader.intake.archives import ASIDE, Entry
from grader.intake.class_folder import clean
from grader.intake.ignored_files import MODULES

MOST = 3  # of a kind that are named; that there are more is said
PATH = 60  # characters of a path that are shown, the last ones
LONG = 80  # characters of a name that is not close to any

_ENDINGS = re.compile(r"(?:\.(?:pyw?|ipynb|txt|bak|old|orig|docx?|rtf|html?|pdf)|~)+$")
_LESSON = re.compile(r"lesson\d\d")


def near(others: Iterable[Entry], missing: dict[str, tuple[str, ...]]) -> list[str]:
    """For each missing file at most one of the others that may be meant for it, and what to do: "grpo.ipynb (hand in
    the .py file)". `missing`: as "lesson13_grpo/loss/grpo.py", with the parts of its whole path."""
    found: dict[str, tuple[bool, str]] = {}  # whether its name is right, and what is said
    expected = {key: _words(full[-1]) for key, full in missing.items()}
    for entry in others:
        *folders, name = entry.parts
        lesson = next((part[:8] for part in reversed(folders) if _LESSON.match(part)), "")
        keys = [key for key, full in missing.items() if lesson in ("", full[2][:8])]
        aside = next((part for part in folders if part in ASIDE), "")
        if key := next((k for k in keys if missing[k][-1] == name and not found.get(k, (False,))[0]), ""):
            where = f" (nothing in {aside}/ counts)" if aside else f", which belongs into {key[: -len(name)]}"
            found[key] = True, shown(entry) + where
            continue
        words = [] if aside else _words(name)
        if words and (key := next((k for k in keys if k not in found and _alike(words, expected[k])), "")):
            notebook = name.lower().endswith(".ipynb")
            found[key] = False, shown(entry) + (" (hand in the .py file)" if notebook else f" (only {key} counts)")
    return [found[key][1] for key in missing if key in found]


def notebooks(others: Iterable[Entry]) -> list[str]:
    """Those that are not the course's own."""
    own = [e for e in others if e.name.lower().endswith(".ipynb") and e.name != "walkthrough.ipynb"]
    return [f"{shown(entry)} (hand in the .py files)" for entry in own]


def unused(others: Iterable[Entry], files: dict[str, bytes]) -> list[tuple[str, str]]:
    """Modules among the others that one of the files imports, and which: [("helpers.py", "loss/grpo.py")]."""
    modules = {e: _module(e) for e in others if e.name.endswith(".py") and ASIDE.isdisjoint(e.parts)}
    lasts = {parts[-1].encode("utf-8", "replace") for parts in modules.values() if parts}
    imported: dict[tuple[str, ...], str] = {}
    for key, data in files.items():
        if len(lasts) > 50 or any(last in data for last in lasts):  # to parse is what takes time
            for name in suspicious_calls.imports(data):
                imported.setdefault(name, key)
    found = []
    for entry, parts in modules.items():
        names = [parts[i:] for i in range(len(parts))]
        key = next((imported[n] for n in names if n in imported and (len(n) > 1 or n[0] not in MODULES)), "")
        if key:
            found.append((shown(entry), key.partition("/")[2]))
    return found


def _module(entry: Entry) -> tuple[str, ...]:
    """What a file is called when it is imported, with the folders around it."""
    return entry.parts[:-1] if entry.name == "__init__.py" else (*entry.parts[:-1], entry.name.removesuffix(".py"))


def shown(entry: Entry) -> str:
    """Its path, of which the end says most."""
    path = clean(entry.path[-200:])
    return path if len(path) <= PATH else f"...{path[3 - PATH :]}"


def some(found: list[str], separator: str = "; ") -> str:
    """The first ones, and how many more there are."""
    more = [f"and {len(found) - MOST} more"] if len(found) > MOST else []
    return separator.join(found[:MOST] + more)


def _words(name: str) -> list[str]:
    """Those of a name that may stand for an answer's: ["copy", "of", "grpo"]; none of a test's or a picture's."""
    if len(name) > LONG:
        return []
    plain = _ENDINGS.sub("", name.lower())
    words = re.findall(r"[^\W\d_]+|\d+", plain)
    return [] if (plain == name.lower() and "." in plain) or not {"test", "tests"}.isdisjoint(words) else words


def _alike(words: list[str], expected: list[str]) -> bool:
    """Whether they are the expected ones, joined in another way or with others around them."""
    count = len(expected)
    return expected in (words[:count], words[-count:]) or "".join(words) == "".join(expected)
