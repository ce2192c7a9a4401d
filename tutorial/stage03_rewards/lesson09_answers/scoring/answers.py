r"""Is the answer right? First where a text gives its answer, then which number it is, then the verdict.

The verdicts are right, wrong, and "no answer was read". lab/rl/answer_pieces.py finds the piece of a text, a number or
what looks like one, that is meant. Left out: words ("seven"), algebra, intervals, several answers. The training command
and the exports use the reference of this file: lab/rl/final_answer.py has the same code.
"""

import re
from fractions import Fraction

from lab.rl.answer_pieces import first_piece, last_attempt, last_piece


def final_answer(text: str) -> str | None:
    r"""Returns the part of a text that gives its answer, without white space around it, or None if there is none.

    A model may think aloud first, as in "<think>5? No, 6.</think>6". Only the text after the last "</think>" counts
    (the whole text if there is none), and of that only what is before a "<think>". So a thought that was cut off never
    counts. Of the rest, last_attempt(text) counts: it ends where the model asks itself a new question, and begins where
    it takes its answer back ("Wait, ...").

    The first of these rules that applies decides, and no later one is tried, even if it finds no answer:

    1. The text contains "\boxed{": what the *last* one encloses, up to the brace that closes it (braces come in pairs,
       as in \boxed{\frac{1}{2}}). If the last one is never closed, the text was cut off: None.
    2. It contains "####": the first line with text in it after the *last* one.
    3. It contains "answer is", "answer:" or "answer =" (upper or lower case, "answer =" with or without the space): the
       first line with text in it after the *last* of these.
    4. Otherwise the number of the last sentence that has one: last_piece(text), which is None if it is not clear.

    An empty place, as in "####" at the very end, is None.
    """
    # First drop what was thought, and what last_attempt drops. The rules look at the rest.
    # Rule 1: from the last "\boxed{" on, count braces until the count is back at 0.
    # Rules 2 and 3: what follows the last marker, stripped; its first line.
    # Rule 4: last_piece. In all rules an empty text becomes None.
    raise NotImplementedError("not written yet: exercise 09.1, scoring/answers.py:final_answer")


def exact_value(text: str) -> Fraction | None:
    r"""Returns the number that an answer is, exactly, or None if it is not one number.

    Args:
        text: such as "72", "x = 1,080 eggs", "-3/4", "2 1/2", "$4.50", "5 or 6".

    The piece that counts is first_piece(text), which takes care of "=". Other words and signs, such as units, do not
    matter. Four kinds of pieces are one number, each with or without "-":

        whole numbers and decimals: 72, 007, 0.50, .5, 4.5e3 (an exponent has one or two digits: to compute
            1e999999999 would stop the run)
        with commas between thousands: 1,080 and 2,125,000.50, but not 10,80 or 1,2
        fractions: 3/4
        mixed numbers: 2 1/2 = 5/2, and -2 1/2 = -5/2

    Anything else is None: 8-10, 3:30, 12 * 6, 1.2.3, 5 or 6, 1e100, and 7/0.
    """
    # The first piece, or None.
    # A leading "-" applies to all that follows it.
    # Try each kind with re.fullmatch. Fraction("4.50") and Fraction("4.5e3") are exact; a float is not.
    # Commas are right if groups of exactly three digits follow one to three digits.
    raise NotImplementedError("not written yet: exercise 09.2, scoring/answers.py:exact_value")


def verify(completion: str, answer: str) -> bool | None:
    """Returns True if a completion gives the true answer, False if it gives another one, None if none can be read.

    Args:
        completion: what the policy wrote, without the prompt.
        answer: the true answer, in any form that final_answer reads. In gsm8k it is a solution that ends in "#### 72".

    Two answers are equal if their exact values are equal: 0.5, .50 and 1/2, but not 0.33 and 1/3.

    Raises ValueError if the true answer cannot be read. A reward must never depend on it then.
    """
    # Read both texts in the same way: final_answer, then exact_value.
    # Look at the true answer first: without it there is no verdict.
    raise NotImplementedError("not written yet: exercise 09.3, scoring/answers.py:verify")
