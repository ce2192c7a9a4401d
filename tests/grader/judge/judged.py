"""The fixture `judged`: a judge of the made lesson, whose workers are forks of this process, without walls."""

import sys

import pytest

from course.base import manifest, switch
from course.base.switch import ROOT
from grader.judge import judge
from grader.judge.settings import JudgeSettings
from tests.grader.forked_workers import ForkedWorkers
from tests.grader.judge.made_lesson import MISTAKES, PLACES, RIGHT, TESTS


class Desk(judge.Judge):
    """A judge that is handed everything at once."""

    def __init__(self, lesson, forks, handed, limits):
        super().__init__(None, JudgeSettings([], "unsafe", ".", seed=0, changed_limits=limits))
        self.lessons, self.sandbox, self.handed, self.found = [lesson], forks, handed, []

    def serve(self):
        for files in self.handed:
            given = {f"{self.lessons[0].name}/{name}": text.encode() for name, text in files.items()}
            self.found.append({e.id: e for e in self.grade(self.lessons[0], given, {})})


@pytest.fixture(scope="module")
def judged(tmp_path_factory, write_files, manifest_text):
    """`judged({"work.py": text, ...}, ...)`: for each submission its results by exercise. Those that the judge did not
    live to grade are left out. With `advanced` tests 10.1 has hardening points."""
    place, names = "stage01_made/lesson10_made", manifest_text(*(f"{number} {at}" for number, at in PLACES.items()))

    def judged(
        *handed, tests=TESTS, advanced="", hardening=True, mistakes=MISTAKES, limits=None, forks=None, earlier=None
    ):
        folder = tmp_path_factory.mktemp("course")
        files = {f"solutions/{place}/{name}": text for name, text in RIGHT.items()}
        for number, text in mistakes.items():
            text = f"from course.base.attempt import Attempts\n\nwrong = Attempts()\n{text}"
            files[f"solutions/{place}/audit/ex0{number[-1]}.py"] = text
        files.update(earlier or {})
        suites = {f"tutorial/{place}/testcases/basic_test.py": tests}
        if advanced:
            suites[f"tutorial/{place}/testcases/advanced_test.py"] = advanced
        text = names.replace('id = "10.1"', 'id = "10.1"\nhardening = 2') if advanced and hardening else names
        write_files(folder, {**files, **suites, f"tutorial/{place}/lesson.toml": text})
        options = ["-s", "--noconftest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder)]
        options += [part for name in ("terminal", "cacheprovider", "xdist", "logging") for part in ("-p", f"no:{name}")]
        loaded = dict(sys.modules)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(switch.finder, "root", folder)
            patch.setenv("SOLUTION", "1")  # the judge sets it
            switch.forget()
            forks = forks or ForkedWorkers(folder / "worker")
            made = Desk(manifest.read(folder / "tutorial" / place), forks, handed, limits or {})
            pytest.main([*options, *(str(folder / suite) for suite in suites)], plugins=[made])
        forks.gone = False
        forks.end()
        switch.forget()
        for name in sys.modules.keys() - loaded:  # the next test's file has the same name
            if name.startswith("tutorial"):
                del sys.modules[name]
        sys.modules.update({name: module for name, module in loaded.items() if switch.LESSON.match(name)})
        return made.found

    return judged
