"""Runs in compare50's environment (never in the course's own) and writes what it finds, as JSON.

    python compare50_script.py FOLDER RESULT

FOLDER/stubs is what everybody was given; every other folder in it is a submission, named by a number. compare50's own
command is not used: it asks the network for newer versions, and takes names for patterns. No submission is run:
compare50 splits its text into tokens, and finds long runs of tokens that two submissions share.
"""

import json
import resource
import sys
from pathlib import Path

import compare50
from compare50 import _api
from compare50._data import Preprocessor

PAIRS, PARTS = 50, 12  # at most: pairs, and matching parts of each
MEMORY = 4 * 2**30  # bytes
_api.Executor = _api.FauxExecutor  # no further processes


def main(folder, result):
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    places = sorted(p for p in Path(folder).iterdir() if p.is_dir())
    made = {p.name: submission(p) for p in places}
    given = set(made.pop("stubs").files)
    submissions = list(made.values())
    found = []
    if len(submissions) > 1:
        words = {pair_of(score): score.score for score in ranked(submissions, given, compare50.passes.text, 10**9)}
        scores = ranked(submissions, given, compare50.passes.structure, PAIRS)
        for comparison, score in zip(compare50.passes.structure.comparator.compare(scores, given), scores):  # noqa: B905
            pair = pair_of(score)
            parts = [part(spans) for spans in comparison.span_matches]
            kept = outermost(sorted({json.dumps(p) for p in parts}, key=length))[:PARTS]
            found.append({"pair": pair, "structure": score.score, "text": words.get(pair, 0), "parts": kept})
    Path(result).write_text(json.dumps(found), encoding="utf-8")


def submission(place):
    names = sorted(p.relative_to(place) for p in place.rglob("*.py"))
    return compare50.Submission(place, names)


def ranked(submissions, given, kind, most):
    """The most similar pairs by one of compare50's passes, each with a score."""
    for one in {*submissions, *(file.submission for file in given)}:
        object.__setattr__(one, "preprocessor", Preprocessor(kind.preprocessors))
    scores = compare50.rank(submissions, [], given, kind, n=most)
    return sorted(scores, key=lambda score: (-score.score, pair_of(score)))


def pair_of(score):
    return tuple(sorted((score.sub_a.path.name, score.sub_b.path.name), key=int))


def part(spans):
    """[[submission, file, first character, one past the last], the same of the other]"""
    return sorted([s.file.submission.path.name, s.file.name.as_posix(), s.start, s.end] for s in spans)


def length(dumped):
    (_, _, start, end), _ = json.loads(dumped)
    return (start - end, dumped)  # the longest first


def outermost(dumped):
    """Without the parts that lie within others."""
    kept = []
    for one in map(json.loads, dumped):
        if not any(all(within(a, b) for a, b in zip(one, other)) for other in kept):  # noqa: B905
            kept.append(one)
    return kept


def within(a, b):
    return a[:2] == b[:2] and b[2] <= a[2] and a[3] <= b[3]


if __name__ == "__main__":
    main(*sys.argv[1:])
