"""What is written from a grading run: grades.csv, feedback, the overview, and all files together.

What goes to Canvas is in canvas_test.py; to Gradescope and GitHub Classroom, in platforms_test.py.
"""

import csv
import io
import re
from html.parser import HTMLParser

import pytest

from course.observe.report import Report
from grader import exports
from grader.exports import rows, text
from grader.exports.classroom import classroom_result
from grader.exports.feedback import feedback
from grader.exports.grades_csv import grades_csv
from grader.exports.gradescope import gradescope_results
from grader.exports.overview import overview
from grader.results import BASIC, BLOCKED, FAILED, GRADER_ERROR, NOT_GRADABLE, PASSED
from tests.grader.example_results import EVIL, HARDENING, WHY, run, student


def table(exported):
    assert exported[0] == "\ufeff"
    return list(csv.DictReader(io.StringIO(exported[1:], newline="")))


# Text


def test_what_a_terminal_or_a_log_would_act_on_is_gone():
    shown = text.clean("a\x1b[31mb\x1b]0;title\x07c\x9b2Jd\x00e\u202ef\u200bg\r\nh\rk\u2028l\ud800\tm")
    assert shown == "abcdefg\nh\nk\nl\ufffd    m"
    assert text.clean("نمی\u200cخواهم, 👩\u200d🔬, Åse") == "نمی\u200cخواهم, 👩\u200d🔬, Åse"


@pytest.mark.parametrize("line", [
    "::set-output name=a::b", "\x00:\u200b:error::x", "\u00a0::x", "a ##[error]b", ":\x1b[31m:error::x", "##vso[task]",
    "#\u200b#[x]",
])  # fmt: skip
def test_no_line_is_a_command_of_actions(line):
    for made in (text.clean(line), text.one_line(line), "\n".join(text.block(["x", line]))):
        for shown in made.split("\n"):
            assert not shown.strip().startswith("::") and "##[" not in shown and "##vso[" not in shown


@pytest.mark.parametrize("ticks", ["", "`", "```", "``````````"])
def test_a_fence_is_longer_than_what_it_holds(ticks):
    first, *_, last = text.fenced(["a", ticks + "text", ticks, "# b"])
    assert last.strip("`") == "" and len(last) > len(ticks) and len(last) >= 3 and first == f"{last}text"


def test_in_markdown_words_are_only_words():
    shown = text.markdown("*a* [b](https://c) <d> `e` | _f_\n# g")
    assert not re.search(r"(?<!\\)[*\[\]<>`|_#]|(?<!\\):/", shown)
    assert text.markdown("- a").startswith("\\-") and text.markdown("1. a").startswith("1\\.")


# Rows


def test_a_missing_exercise_is_the_graders_fault_unless_nothing_was_handed_in():
    lost = student(statuses=(PASSED,))
    assert [e.status for e in rows.exercises(run(), lost)] == [PASSED, GRADER_ERROR, GRADER_ERROR]
    assert rows.total(run(), lost) == (None, 7)
    empty = student(statuses=(), status=NOT_GRADABLE)
    assert rows.total(run(), empty) == (0, 7)


# grades.csv


def test_grades_are_numbers_and_what_is_not_known_is_empty():
    bob, eve = student("bob", (PASSED, GRADER_ERROR, PASSED)), student("eve", (), NOT_GRADABLE)
    found = table(grades_csv(run(), [student(), bob, eve]))
    assert list(found[0]) == ["student", "status", "earned", "points", "basic", "hardening", "13.1 collate",
                              "13.2 compute_grpo_loss", "13.10 Trainer.train", "flags"]  # fmt: skip
    assert list(found[0].values()) == ["ada", "graded", "1", "7", "1", "0", "1", "0", "0", "0"]
    assert list(found[1].values()) == ["bob", "graded", "", "7", "", "", "1", "", "4", "0"]
    assert list(found[2].values()) == ["eve", "not gradable", "0", "7", "0", "0", "0", "0", "0", "0"]
    assert "\nada" not in grades_csv(run(), [student()]) and ",1,7,1,0,1,0,0,0\n" in grades_csv(run(), [student()])


@pytest.mark.parametrize("name", [
    "=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\r=1", "＝1", "\u202e=1", "=cmd|' /C calc'!A0",
])  # fmt: skip
def test_no_name_is_a_formula(name):
    (row,) = table(grades_csv(run(), [student(name)]))
    assert row["student"].startswith("'")
    assert row["earned"] == "1"


@pytest.mark.parametrize("name", ['Doe, "Jane"', "a\r\nb", 'a";=1', "Åse 李"])
def test_any_name_is_one_cell_of_one_row(name):
    made = grades_csv(run(), [student(name), student("bob")])
    first, second = table(made)
    assert first["student"] == " ".join(name.split()) and second["student"] == "bob"
    in_europe = csv.reader(io.StringIO(made[1:], newline=""), delimiter=";")  # as Excel reads it there
    assert not any(cell.startswith("=") for row in in_europe for cell in row)


# feedback


def test_feedback_says_what_is_so():
    page = feedback(run(), student(notes=["extra.py was ignored"], flags=["looks at frames"], digest="d1"))
    assert "**1 of 7 points.** 1 of 3 exercises pass" in page
    assert "| 13.1 `collate` | ● passed | 1 of 1 |  |" in page
    assert "| 13.10 `Trainer.train` | · not written | 0 of 4 | `make hint EX=13.10` |" in page
    assert "  expected 1.1192\n```\n" in page and page.count("never enter the softmax") == 1
    assert f"**Why:** {WHY}" in page and "**Next:** `make hint EX=13.2`" in page
    assert "PROPERTY_SEED" not in page and "drawn anew" in page and "bubblewrap, own user" in page
    assert "earlier lesson's code was the course's own" in page and "were not run" in page
    assert "extra.py was ignored" in page
    assert "frames" not in page and "flag" not in page and "WARNING" not in page
    assert "were run, too" in feedback(run(full=True), student())


def test_the_warning_stands_on_top_in_every_report():
    warned = run(warning="No sandbox: what was handed in could read <everything>.")
    assert feedback(warned, student()).splitlines()[2].startswith("> **WARNING: No sandbox")
    page = overview(warned, [student()])
    assert page.index("No sandbox: what was handed in could read &lt;everything&gt;.") < page.index("submissions")


def test_our_fault_is_no_zero_in_feedback():
    broken = student(statuses=(PASSED, GRADER_ERROR, PASSED))
    broken.exercises[1].report = Report(message="Traceback of the hidden tests")
    page = feedback(run(), broken)
    assert "No total yet" in page and "not your fault" in page and "5 points so far" in page
    assert "| ! grader error | – of 2 |  |" in page and "0 of 2" not in page and "hidden tests" not in page


def test_what_students_write_stays_inside_its_fence():
    evil = student(EVIL, notes=[EVIL, "- [x](javascript:y)"])
    evil.exercises[1].report = Report(got=EVIL, message="x\n```\n# Full marks\n~~~\n`````", places=["```", EVIL])
    evil.exercises[1].why = EVIL
    page = feedback(run(), evil)
    fence = None
    for line in page.splitlines():
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", line)
        assert not line.strip().startswith("::") and "##[" not in line
        if fence is None and line.startswith("```"):
            fence = line.removesuffix("text")
        elif line == fence:
            fence = None
        elif fence is None:
            assert not re.search(r"(?<!\\)<script", line) and line != "# Full marks"
    assert fence is None and "# Full marks" in page  # it is there, inside


# overview


class Page(HTMLParser):
    """The tags, the attributes and the text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.words = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, data):
        self.words.append(data)


def test_the_overview_counts():
    broken = student("dan", (PASSED, GRADER_ERROR, PASSED), flags=["imports sys"])
    broken.exercises[1].report = Report(message="the judge <died>")
    cy, eve = student("cy", (FAILED, PASSED, PASSED)), student("eve", (), NOT_GRADABLE)
    page = overview(run(), [student("ada"), student("bob"), cy, broken, eve])
    words = " ".join(" ".join(Page(page).words).split())
    assert "5 submissions" in words and "1 of 7 median total of the graded" in words
    assert "1 not gradable" in words and "1 grader errors" in words and "1 with flags" in words
    assert words.index(f"2 ada , bob 13.2 compute_grpo_loss {WHY}") < words.index(f"1 cy 13.1 collate {WHY}")
    # points, passed, share, failed, named, follow, not written, timeout, grader error
    assert "13.1 collate 1 3 75 % 1 1 0 0 0 0" in words
    assert "13.2 compute_grpo_loss 2 1 25 % 2 2 0 0 0 1" in words
    assert "the judge <died>" in words and "imports sys" in words
    assert "seed 4711; students do not know it" in words and "c0ffee" in words


def test_what_only_follows_is_counted_apart():
    bob, cy = student("bob", (FAILED, FAILED, PASSED)), student("cy", (FAILED, PASSED, BLOCKED))
    bob.exercises[0].why, bob.exercises[0].follows = None, "13.2"
    cy.exercises[0].why, cy.exercises[2].follows = None, "13.1"
    words = " ".join(" ".join(Page(overview(run(), [bob, cy])).words).split())
    assert "1 more failed exercise only followed from one of these in another exercise; 1 failed exercise had" in words
    assert "13.1 collate 1 0 0 % 2 0 1 0 0 0" in words  # ..., failed, named, follow, not written, timeout, blocked
    assert "1 of the missing points only follow from 13.2: correct that first." in feedback(run(), bob)
    assert "only follow" not in feedback(run(), student())


def test_nothing_that_students_choose_is_markup():
    evil = '<script>alert(1)</script><img src=x onerror=alert(2)>" onmouseover="alert(3)\' --><style>*{display:none}'
    bad = student(evil, notes=[evil], flags=[evil], digest=evil)
    bad.exercises[1].why, bad.exercises[1].report = evil, Report(got=evil)
    bad.exercises[0].status, bad.exercises[0].earned, bad.exercises[0].report = GRADER_ERROR, None, Report(message=evil)
    page = Page(overview(run(warning=evil, tier=evil, version=evil, created=evil), [bad], ['../x"><script>']))
    assert set(page.tags) <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "li", "b", "small", "div", "span",
        "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "details", "summary", "bdi", "i", "a", "dl", "dt",
        "dd", "br",
    }  # fmt: skip
    assert (
        page.tags.count("style") == 1
        and ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    )
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "src"]
    assert all(re.fullmatch(r"feedback/[^:<>\"]*\.md", value) for name, value in page.attributes if name == "href")


# Hardening


def test_every_export_shows_points_and_hardening():
    ada, bob = (
        student(statuses=(PASSED, BASIC, FAILED), hardening=HARDENING),
        student("bob", (PASSED,) * 3, hardening=HARDENING),
    )
    graded = run(hardening=HARDENING)
    row, full = table(grades_csv(graded, [ada, bob]))
    assert list(row)[4:-1] == ["basic", "hardening", "13.1 collate", "13.2 compute_grpo_loss",
                               "13.2 compute_grpo_loss, hardening", "13.10 Trainer.train",
                               "13.10 Trainer.train, hardening"]  # fmt: skip
    assert list(row.values()) == ["ada", "graded", "3", "15", "3", "0", "1", "2", "0", "0", "0", "0"]
    assert list(full.values()) == ["bob", "graded", "15", "15", "7", "8", "1", "2", "3", "4", "5", "0"]

    page = feedback(graded, ada)
    assert "**3 of 15 points**: 3 of 7 for basic tests, 0 of 8 for hardening. 2 of 3 exercises pass." in page
    assert "| 13.1 `collate` | ● passed | 1 of 1 |  |  |\n" in page
    assert "| 13.2 `compute_grpo_loss` | ◐ basic passed | 2 of 2 | 0 of 3 | `make hint EX=13.2` |\n" in page
    assert "All of its basic tests pass, and 4 of its 6 advanced ones. The first that does not:" in page
    assert "5 of its 7 basic tests pass. The first that does not:" in page
    assert "**15 of 15 points.** Every exercise passes." in feedback(graded, bob)

    words = " ".join(" ".join(Page(overview(graded, [ada, bob])).words).split())
    assert "9 of 15 median total" in words and "13.2 compute_grpo_loss 2 + 3 2 100 % 1 0 0 0" in words
    assert "1 mistake that cost only hardening points" in words and "ada 3 0" in words and "bob 15 8" in words

    for tests in (gradescope_results(graded, ada)["tests"], classroom_result(graded, ada)["tests"]):
        names = [test["name"].partition(" (")[0] for test in tests]
        assert names == list(row)[6:-1] and [test["score"] for test in tests] == [1, 2, 0, 0, 0]
        assert [test["status"][:4] for test in tests] == ["pass", "pass", "fail", "fail", "fail"]
        texts = [test.get("output", test.get("message")) for test in tests]
        assert texts[1] == "" and WHY in texts[2] and texts[4] == "Hardening needs the basic tests of this exercise."
    assert classroom_result(graded, ada)["max_score"] == 15
    assert sum(test["max_score"] for test in gradescope_results(graded, bob)["tests"]) == 15
    broken = student(statuses=(PASSED, GRADER_ERROR, PASSED), hardening=HARDENING)
    assert rows.total(graded, broken) == (None, 15)
    follows = student(statuses=(FAILED, BASIC, PASSED), hardening=HARDENING)
    follows.exercises[1].follows = "13.1"
    assert rows.lost(follows.exercises).startswith("3 of the missing points")


# All together


def test_everything_is_written_the_same_each_time_and_old_pages_go(tmp_path):
    results, out = [student(name) for name in ("ada", "Ada", "=1", "../../etc", "..")], tmp_path / "out"
    paths = exports.write_all(run(), results, out)
    assert sorted(p for p in out.rglob("*") if p.is_file()) == sorted(paths)
    assert [p.relative_to(out).as_posix() for p in paths[:3]] == ["grades.csv", "overview.html", "feedback/ada.md"]
    assert len({str(path).lower() for path in paths}) == len(paths) == 12
    assert all(path.resolve().is_relative_to(out.resolve()) for path in paths)
    for one, page in zip(results, [p for p in paths if p.parent.name == "feedback"], strict=True):
        assert page.read_text().startswith(f"# Feedback for {text.markdown(one.student)}\n")
    before = {path: path.read_bytes() for path in paths}
    exports.write_all(run(), results, out)
    assert before == {path: path.read_bytes() for path in paths}
    assert exports.write_all(run(), results[:1], out) == [p for p in sorted(paths, key=paths.index) if p.exists()]
