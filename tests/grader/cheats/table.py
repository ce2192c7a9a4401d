"""The best that guessing can do: all answers of the reference, to every question that the tests of seed 0 ask.

    python -m tests.grader.cheats.table FILE

writes them to FILE: {lesson: {question: answer}}, as pickle. A submission that holds them answers on the worker's
behalf; where it knows no answer it gives the last one that it knows of the same function. What earns points against
another seed has no hidden variation.
"""

from __future__ import annotations

import base64
import hashlib
import os
import pickle
import sys
import zlib
from pathlib import Path

LAST = """
import base64, hashlib, pickle, zlib
from grader.sandbox import worker
_known = pickle.loads(zlib.decompress(base64.b64decode(_TABLE)))
_real, _last = worker.answer, [b""]
def _about(request):
    return request[17:].partition(b'"grad_of"')[0]
def _answer(request, root):
    if b'"import"' in request[:60]:
        return _real(request, root)
    found = _known.get(hashlib.sha256(request).digest()[:12])
    if found is None:
        found = _by_name.get(_about(request), _last[0])
    else:
        _by_name[_about(request)] = _last[0] = found
    return found
_by_name = {}
worker.answer = _answer
"""


def cheat(answers: dict[bytes, bytes]) -> str:
    """The code that holds and uses a table."""
    short = {hashlib.sha256(question).digest()[:12]: answer for question, answer in answers.items()}
    packed = base64.b64encode(zlib.compress(pickle.dumps(short), 1))
    return f"_TABLE = {packed!r}\n{LAST}"


def record(path: Path) -> None:
    """Grades the reference in this process, and writes down what was asked and answered."""
    os.environ.update({"PROPERTY_SEED": "0", "SOLUTION": "1"})
    from course.authoring import stubs
    from course.base import manifest, switch
    from grader.judge import judge
    from grader.judge.settings import JudgeSettings
    from grader.sandbox import worker

    os.environ["PROPERTY_EXAMPLES"] = str(judge.EXAMPLES)
    switch.install()
    lessons = manifest.read_all()

    class Recorder(judge.Judge):
        def serve(self) -> None:
            table = {}
            for lesson in self.lessons:
                known = table[lesson.name] = {}
                self.ask = lambda question, seconds, known=known: known.setdefault(
                    question, worker.answer(question, switch.ROOT)
                )
                files = {f"{lesson.name}/{f}": (lesson.solution / f).read_bytes() for f in stubs.files(lesson)}
                found = self.grade(lesson, files, {})
                assert all(e.earned for e in found), [e for e in found if not e.earned]
            path.write_bytes(pickle.dumps(table))

        def worker(self, *arguments):
            made = super().worker(*arguments)
            made.ask = self.ask
            return made

    settings = JudgeSettings([lesson.name for lesson in lessons], "unsafe", "", seed=0)
    recorder = Recorder(None, settings)
    sys.exit(judge.run_session(recorder))


if __name__ == "__main__":
    record(Path(sys.argv[1]))
