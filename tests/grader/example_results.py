"""Results of a grading run, made up for the tests of what is written from them."""

from course.observe.report import Report
from grader.results import BASIC, FAILED, GRADED, GRADER_ERROR, NOT_WRITTEN, PASSED, ExerciseResult, Run, StudentResult

POINTS = {"13.1": 1, "13.2": 2, "13.10": 4}
TITLES = {"13.1": "collate", "13.2": "compute_grpo_loss", "13.10": "Trainer.train"}
WHY = "Your weights are equal for all responses: the rewards never enter the softmax."
REPORT = Report(
    exercise="13.2",
    object="compute_grpo_loss",
    where="loss/grpo.py:40",
    call="compute_grpo_loss(log_probs=[-1, -2], rewards=[1, 0], beta=0.5)",
    got="1.5",
    expected="1.1192",
    why=f"{WHY} Every weight is then the same.",
    next="13.2",
)
EVIL = (
    "\x1b[31mred\x1b[0m ```` <script>alert(1)</script>\n::set-output name=x::y\n"
    "  ::add-mask::z ##[error]no \u202egnp.exe"
)


def run(**changes):
    fields = {
        "tier": "bubblewrap, own user", "warning": "", "seed": 4711, "lessons": ["lesson13_grpo"], "titles": TITLES,
        "full": False, "version": "c0ffee", "points": POINTS, "created": "2026-02-03T10:00:00Z",
    }  # fmt: skip
    return Run(**{**fields, **changes})


HARDENING = {"13.1": 0, "13.2": 3, "13.10": 5}  # for run(hardening=HARDENING) and student(hardening=HARDENING)


def student(name="ada", statuses=(PASSED, FAILED, NOT_WRITTEN), status=GRADED, hardening=None, **changes):
    """A submission with these statuses of its exercises, as the judge leaves them."""
    results = []
    for (number, points), state in zip(POINTS.items(), statuses, strict=False):
        earned = {PASSED: points, BASIC: points, GRADER_ERROR: None}.get(state, 0)
        report, why = (REPORT, WHY) if state in (FAILED, BASIC) else (None, None)
        made = ExerciseResult(number, points, earned, state, 7, 5, report, why)
        if hardening:
            made.hardening, made.hardening_tests, made.hardening_passed = hardening[number], 6, 4
            made.hardening_earned = made.hardening if state == PASSED else 0
        results.append(made)
    return StudentResult(name, status, results, **{"seeds": {"lesson13_grpo": 4711}, **changes})
