"""Exercise 04.5, keep_right: what people get wrong, other right answers, and the shortest right one."""

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

IF = "reward >= 1 and key not in mine and len(mine) < per_prompt"

wrong("Partial credit is kept: the model learns to write answers that are not right.", {"reward >= 1": "reward > 0"})

wrong("Copies are kept: a prompt that is answered rightly each time fills the pool.", {
    IF: "reward >= 1 and len(mine) < per_prompt",
    "mine.add(key)": "mine.add((key, len(kept)))",
})  # fmt: skip

wrong("per_prompt is ignored: easy prompts fill the pool.", {IF: "reward >= 1 and key not in mine"})

wrong("The result has the new pairs only; the pool of earlier rounds is lost.", {
    "return kept": "return kept[len(pool) :]",
})  # fmt: skip

wrong("The list that was passed in is changed.", {"kept = list(pool)": "kept = pool"})


@right("texts as names of the tensors")
def keep_right(pool, prompts, completions, rewards, per_prompt=4):
    kept, known = list(pool), [(str(p), str(c)) for p, c in pool]
    for prompt, group, scores in zip(prompts, completions, rewards, strict=True):
        for completion, score in zip(group, scores, strict=True):
            name = str(prompt), str(completion)
            if score == 1 and name not in known and sum(p == name[0] for p, _ in known) < per_prompt:
                known.append(name)
                kept.append((prompt, completion))
    return kept


@right("looks through the whole list each time")
def keep_right_slowly(pool, prompts, completions, rewards, per_prompt=4):
    kept = pool[:]
    for i in range(len(prompts)):
        for j in range(len(completions[i])):
            same = [c.tolist() for p, c in kept if p.tolist() == prompts[i].tolist()]
            if rewards[i][j] >= 1.0 and len(same) < per_prompt and completions[i][j].tolist() not in same:
                kept.append((prompts[i], completions[i][j]))
    return kept


@core("in place, with lists")
def keep_right_in_place(pool, prompts, completions, rewards, per_prompt=4):
    for prompt, group, scores in zip(prompts, completions, rewards, strict=True):
        for completion, score in zip(group, scores, strict=True):
            same = [c.tolist() for p, c in pool if p.tolist() == prompt.tolist()]
            if score == 1 and completion.tolist() not in same and len(same) < per_prompt:
                pool.append((prompt, completion))
    return pool
