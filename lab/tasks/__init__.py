"""Tasks to be learned by reinforcement, one file each, standard library only: problems, and a score for one completion.

Each has `problems(split)`, for "train" or "test", a list of {"question": the prompt's text, "answer": a string}; and
`score(completion, answer)`, a number that depends on these two strings alone and never raises. CHAT says whether a
question is what a user says in a chat (True, where it is not given) or a text to be continued as it stands.
"""

import pkgutil

OF_LESSONS = ("reversal",)  # what lessons 02 to 08 train small models on: it has no `problems` and no `score`
NAMES = tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in OF_LESSONS))
