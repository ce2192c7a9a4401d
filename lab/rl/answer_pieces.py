"""Finds the piece of a text that is its answer, if that is clear: of an answer behind a marker, or of a whole text.

Lesson 09 and the reader of answers (lab/rl/final_answer.py) rest on it. In a text without a marker, "the last number"
is wrong in both directions: "She needs 7 buses for 260 people", "Sorry, I can only answer 5 questions". What is looked
at instead is the last sentence with a number: what it concludes ("so", "="), without its reasons ("because"), and what
its verb says of its subject ("The 5 children get 4 each"). Where several numbers are left, none is taken.

The words are those of English solutions. A piece is what number_pieces.py calls one.
"""

import re

from lab.rl.number_pieces import LIST, LONGEST, ONE, PIECE, plain

# Parts of a text that are not the answer: the next question, what is taken back, programs, remarks, explanations
NEXT_QUESTION = re.compile(
    r"\n[#*> \t]*(?:question|q|problem|exercise|human|user)\b(?:[ \d]*:| \d+\W*\n)", re.IGNORECASE
)
SECOND_THOUGHT = re.compile(
    r"\b(?:[Ww]ait|Actually|[Hh]old on|Correction|Oops|Scratch that|Let me (?:correct|fix|redo))\b"
)
CONFIRMED = re.compile(r"\b(?:yes|(?<!not )(?<!n't )(?:correct|right)|matches|checks out|indeed)\b", re.IGNORECASE)
CODE = re.compile(r"```(?:python|py)\b.*?(?:```|\Z)", re.DOTALL)
NUMBERING = re.compile(r"^[ \t]*\d+\.[ \t]+(?=[A-Za-z*])", re.MULTILINE)
REMARK = re.compile(r"(?<=\S)\s*\((?!(?:or|and|maybe|perhaps|not)\b)(?=[^()\n]*[a-z]{2})[^()\n]*\)(?=[\s.,;!]|\Z)")
AFTERWARDS = re.compile(
    r"(?:\A|(?<=[.!?:])\s|\n)[#*_\s]*(?:Explanation|Reasoning|Check|Verification|Proof|Note|Here(?:'s| is) (?:why|how)|"
    r"To (?:check|see|verify)|(?:That|This)(?:'s| is) because|The (?:calculation|reason)|Let me know|I hope|Hope|"
    r"Would you|Do you|Does (?:that|this)|Feel free|If you)\b"
)

# Texts without an answer: cut off, "so 2x = 8", in doubt, plans, "Pens: 5, pencils: 7"
BREAKS_OFF = re.compile(r"[-+*/=:,(]\Z|\b(?:is|are|the|a|to|of|by|and|or|as|so|that|with|for|in)\Z|<<[^>]*\Z")
ALGEBRA = re.compile(
    r"(?:\d[abcknpqrtuvwxyz]|\d/[a-z]|\|[a-z]\||\b[a-z][ \t]*[-+*/][ \t]*(?:\d+|[a-z]\b))\)?[ \t]*=[ \t]*-?[\d.]+\Z"
)
UNSURE = re.compile(
    r"\b(?:sorry|clarify|unclear|ambiguous|depend(?:s|ing) on|enough information|my last update|is wrong|incorrect|"
    r"unable|(?:do|does|did)(?:n't| not) (?:know|say|give|specify|mention|tell))\b|\?\Z|"
    r"\b\d+ (?:steps|cases|questions|numbers|equations|unknowns|variables|methods)\b[^.\n]*\W*\Z",
    re.IGNORECASE,
)
PLAN = re.compile(
    r"\W*(?:(?:first|next|now|then),? )?(?:let's|let us|we (?:need|have|want) to|we (?:must|will)|to find|"
    r"we (?:\w+ )?(?:multiply|divide|add|subtract|compare|know|round))\b",
    re.IGNORECASE,
)
TOTAL = r"(?i:total|sum|answer|result|left|remain|together|difference|final|all)"
ITEM = rf"(?:\A|[.,;\n])[-\s]*(?![\w ']*{TOTAL})[A-Za-z][\w ']*: ?{ONE}[^:=\n]*"
ITEMS = re.compile(rf"{ITEM}(?<![.,;]){ITEM}\Z")

# Sentences and their parts
END = r"(?<=[.!?])(?<!\bMr\.)(?<!\bMrs\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bi\.e\.)[ \t]+(?=[^a-z])"
SENTENCE = re.compile(rf"{END}|\", |\n")
FIRST_SENTENCE = re.compile(r"[^\n]*?(?:(?<!\bMr)(?<!\bMrs)(?<!\bDr)[.;!?]\s|\b(?:because|since|as)\b|\n|\Z)")
NEXT_THOUGHT = re.compile(
    r"[.!;:]\s|\b(?:because|since|as|in|on|for|from|of|per|not|which|that|than|then|when|with|after|if)\b"
)
MORE = r"(?:[a-z]+ )?(?:more|less|fewer|greater|higher|lower|longer|older|younger)\b"
LEFT = (
    r"(?: [a-z]+){0,3} (?:left(?= over| of| for|[.,;:!]|\Z)|remain(?:s|ing)?\b|altogether|together|in (?:all|total)\b)"
)
WHOLE = rf"{ONE}(?![.,]?\d)"  # in a condition, where a part of a number would do
SO = re.compile(
    r"(?:\b(?i:so|thus|therefore|hence|but)\b|(?:\A|, )(?i:together|altogether|in total)\b|\b(?:total|sum) of\b|"
    rf"\bi\.e\.(?!,? {WHOLE} {MORE})|\b(?:which|that|this) means\b|"
    r"\b(?:which|that|this|it)(?: is|'s)(?: only| exactly| a total of)?,? "
    rf"(?={WHOLE}(?! (?:{MORE}|(?:of|times|percent)\b)))|"
    r"(?:\b(?:gives?|makes?|leaves?|equals?|we get|(?:comes?|adds? up|amounts?) to|brings? in|(?:left|ends? up) with)|"
    rf"\band (?:now |still )?ha(?:s|ve|d) (?={ONE}{LEFT})|, (?:giving|making|leaving|totall?ing|earning)|"
    rf"\b(?:brings?|lowers?|raises?|reduces?|increases?)(?: [a-z]+){{1,5}} to\b)(?: [A-Za-z]+){{0,5}},? (?={ONE})),?"
)
BECAUSE = re.compile(
    r"\b(?:because|since|(?<!many )(?<!much )as(?! many)(?! much)|which|where|who|whose|if|when|while|although|though|"
    r"having|instead|(?:after|before|until) (?:s?he|it|they|you|we|\w+ing))\b|: |\u2014|"
    r", (?:and|but) (?=(?:with|if|when|after|in|by)\b)"
)
VERB = re.compile(
    r"\b(?<![Tt]o )(?<!not )(?<!never )(?<!n't )(?:is|are|was|were|will|would|can|must|ha(?:s|ve|d)|gets?|got|gives?|"
    r"gave|pays?|paid|costs?|needs?|takes?|took|earns?|spends?|spent|uses?|used|makes?|made|sells?|sold|saves?|saved|"
    r"travels?|weighs?|holds?|receives?|means?|keeps?|eats?)\b"
)
PREPOSITION = (
    r"\b(?i:of|in|on|for|from|per|after|before|at|by|with|among|between|within|during|over|until|without|every|each|if|"
    r"when|while|since|because|as|not|which|that|than|worth|off|above|below|compared)\b"
)
NEGATION = re.compile(r"\b(?:not|never|cannot)\b|n't\b")


def last_attempt(text: str) -> str:
    """Returns the part of a text that counts: up to the next question that the model asks itself, and what follows its
    last "Wait", if that has a number and does not confirm the one before."""
    own = NEXT_QUESTION.split(text)[0]
    text = own if re.search(r"\d", own) else text
    again = SECOND_THOUGHT.split(text)[-1]
    return again if re.search(r"\d", again) and not CONFIRMED.search(again) else text


def first_piece(text: str) -> str | None:
    """Returns the first piece of the first sentence, or None; of an equation, as in "2 * 36 = 72", the first one behind
    its last "=".

    Two numbers without a word such as "in" or "because" between them, as in "3, 4" or "5 eggs (or 6)", are one piece:
    nobody knows which one is meant, unless the sentence says it ("The 5 children get 4 each"). A piece of more than 60
    characters is no number, and None."""
    text = REMARK.sub("", plain(text).strip())
    sentence = FIRST_SENTENCE.match(text)[0]  # type: ignore[index]
    found = LIST.search(text, sentence.rfind("=") + 1)
    if not found or found.start() >= len(sentence) or len(found[0]) > LONGEST:
        return None
    between, digit, _ = re.match(r"(\D*)(\d?)(.*)", text[found.end() :], re.DOTALL).groups()  # type: ignore[union-attr]
    if not digit or (not re.search(r"\b(?:and|or) -?\Z", between) and NEXT_THOUGHT.search(between.rpartition(",")[2])):
        return found[0]
    if re.match(r"[A-Za-z]", sentence) and "=" not in sentence:
        return _piece_of(sentence, None)
    return text[found.start() : found.end() + len(between) + 1]


def last_piece(text: str) -> str | None:
    """Returns the piece that a text without a marker gives as its answer, or None if that is not clear: if the text
    breaks off, asks, refuses, or ends in a list.

    It is in the last sentence that has a piece; not in one like "With 11 it would be less", if there is another."""
    text = REMARK.sub("", plain(NUMBERING.sub("", CODE.sub("", text.lstrip("> ")))).strip())
    text = _first_with_piece(AFTERWARDS.split(text)[0].strip(), text)
    if any(sign.search(text) for sign in (BREAKS_OFF, ALGEBRA, UNSURE, ITEMS)) or _unfinished(text):
        return None
    sentences = [sentence for sentence in SENTENCE.split(text) if PIECE.search(sentence)]
    if len(sentences) > 1 and re.match(rf"{PREPOSITION} {ONE}[^\d=]*\Z", sentences[-1]):
        sentences.pop()
    results = re.findall(rf"=\s*({ONE})", text)
    found = _piece_of(sentences[-1], results[-1] if results else None) if sentences else None
    return found if found and len(found) <= LONGEST else None


def _unfinished(text: str) -> bool:
    """Returns whether the last sentence has no full stop, though others have, and says nothing like "so" or "total"."""
    last = re.split(rf"{END}|\n", text)[-1]
    if not re.search(r"\w\Z", last) or not re.search(rf"{END}|[.!?]\n", text) or len(last.split()) < 3:
        return False
    return not re.search(r"\d", last) or not (re.search(rf"=|{TOTAL}", last) or SO.search(last))


def _piece_of(sentence: str, result: str | None) -> str | None:
    """Returns the piece that a sentence is about, or None. `result` is the last one that the text has calculated: it
    decides where the sentence does not."""
    if "=" not in sentence and not re.search("[A-Za-z]", sentence):
        return first_piece(sentence)
    if PLAN.match(sentence) and "=" not in sentence and not SO.search(sentence):
        return None
    claim = _claim(sentence)
    pieces: list[str] = []
    free: list[str] = []  # those that no preposition goes before
    end = 0
    for found in PIECE.finditer(claim):
        between, behind = claim[end : found.start()], claim[found.end() :]
        clause = re.split(r",|\band\b", between)[-1]
        if NEGATION.search(clause) or (end and ";" in between):
            return None
        before = rf"{PREPOSITION}|\bto\b"
        if not end:
            before = rf"{PREPOSITION}(?: \w+){{0,2}} \Z"
            clause = re.sub(r"\b[Aa]n? (?:\w+ ){1,2}of \Z", "", clause)  # "at a speed of 5"
        if not re.search(before, clause) and not re.match(rf" {MORE}", behind):
            if clause == between and re.fullmatch(r"[A-Za-z ]+", between):  # "the 5 friends bought 4"
                free = free[:-1]
            free.append(found[0])
            if re.match(LEFT, behind):
                return found[0]
        pieces.append(found[0])
        end = found.end()
    if len(pieces) == 1 or len(free) == 1:
        return (free or pieces)[0]
    return result if result in pieces else None


def _claim(sentence: str) -> str:
    """Returns what a sentence says in the end: behind "=", a colon, "so", "In 8 hours," or the verb, before "because".
    Each of these is left alone if there would be no piece."""
    sentence = _first_with_piece(re.split(r"\b(?:because|since)\b", sentence)[0], sentence)
    sentence = re.sub(rf"\A(?:[^\d:]*|.*\S): (?={ONE}[^\d:]*\Z)|\A[^\d:]*: ", "", sentence[sentence.rfind("=") + 1 :])
    sentence = _first_with_piece(SO.split(sentence)[-1], sentence)
    sentence = _first_with_piece(BECAUSE.split(sentence)[0], sentence)
    sentence = _first_with_piece(re.sub(rf"\A\W*(?:{PREPOSITION}|To\b)[^,=]*,(?!\d)", "", sentence), sentence)
    for verb in VERB.finditer(sentence):
        if re.match(rf"(?: (?!{PREPOSITION})[a-z]+){{0,2}} {ONE}", sentence[verb.end() :]):
            return sentence[verb.end() :]
    return sentence


def _first_with_piece(*texts: str) -> str:
    """Returns the first of the texts that has a piece, or else the last one."""
    return next((text for text in texts if PIECE.search(text)), texts[-1])
