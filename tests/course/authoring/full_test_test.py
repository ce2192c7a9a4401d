"""`make test`: its parts, its summary, what it skips and why."""

import pytest

from course.authoring import full_test, result_cache
from course.authoring.result_cache import Outcome

REPORT = """\
<testsuites><testsuite tests="6" failures="1" errors="1" skipped="3">
<testcase name="a"/><testcase name="b"><failure message="x"/></testcase>
<testcase name="c"><error message="x"/></testcase>
<testcase name="d"><skipped message="bubblewrap is not installed (apt install bubblewrap)"/></testcase>
<testcase name="e"><skipped message="bubblewrap is not installed (apt install bubblewrap)"/></testcase>
<testcase name="f"><skipped message="needs 2 GPUs"/></testcase>
</testsuite></testsuites>
"""


def test_what_was_skipped_is_counted_with_its_reason(tmp_path):
    (tmp_path / "report.xml").write_text(REPORT)
    assert full_test.counts_of(tmp_path / "report.xml") == (
        "1 passed; 2 failed; 2 skipped: bubblewrap is not installed (apt install bubblewrap); 1 skipped: needs 2 GPUs"
    )
    assert full_test.counts_of(tmp_path / "none.xml") == "no report"


@pytest.mark.parametrize(("problems", "status", "verdict"), [([], 0, "passed"), (["red"], 1, "FAILED")])
def test_every_part_runs_and_has_a_line(monkeypatch, capsys, problems, status, verdict):
    parts = {
        "first": lambda: Outcome(problems, "9 passed"),
        "second": lambda: Outcome(unchanged="unchanged since then"),
    }
    monkeypatch.setattr(full_test, "_parts", lambda fresh: parts)
    assert full_test.main([""]) == status
    first, second, last = capsys.readouterr().out.splitlines()[-3:]
    assert first == f"first            {verdict}     0 s  9 passed"
    assert second == "second           passed     0 s  unchanged since then"
    assert last == ("all is well" if status == 0 else "FAILED")


def test_the_machinerys_results_are_kept_if_submissions_could_be_confined(monkeypatch, tmp_path):
    runs = []
    monkeypatch.setattr(full_test, "ROOT", tmp_path)
    outcomes = [
        Outcome(["red"]),
        Outcome(counts="9 passed; 1 skipped: bubblewrap is not installed"),
        Outcome(counts="10 passed; 1 skipped: needs 2 GPUs"),
    ]
    monkeypatch.setattr(full_test, "run_pytest", lambda arguments: runs.append(arguments) or outcomes[len(runs) - 1])
    for outcome in outcomes:
        assert full_test._machinery(fresh=False) == outcome
    kept = full_test._machinery(fresh=False)
    assert kept.counts == outcomes[2].counts and kept.unchanged.startswith("unchanged since 20") and len(runs) == 3
    (tmp_path / "requirements.txt").write_text("torch\n")
    outcomes.append(Outcome(counts="11 passed"))
    assert full_test._machinery(fresh=False).counts == "11 passed"
    outcomes.append(Outcome(counts="12 passed"))
    assert full_test._machinery(fresh=True).counts == "12 passed"
    assert (tmp_path / result_cache.FOLDER / "machinery.json").exists()
