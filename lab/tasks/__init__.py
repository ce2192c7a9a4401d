"""Tasks: each a file with `problems(split)`, rows {"question", "answer"}, and a pure `score(completion, answer)`."""
