"""Exercise 04.6, expert_iteration: what people get wrong, other right answers, and the shortest right one."""

from lesson04_warm_start.training.expert_iteration import keep_right

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

SAMPLE = "completions = sample(model, prompts)"
KEEP = "pool = keep_right(pool, prompts, completions, rewards, per_prompt)"
FIT = "if pool:\n    fit(model, pool)"
RIGHT = "right = [r >= 1 for group in rewards for r in group]"

wrong("Every round samples with the model of the beginning: there is one improvement and not several.", {
    "history = []": "history, first = [], copy.deepcopy(model)",
    SAMPLE: "completions = sample(first, prompts)",
    "pool = list(demonstrations)": "import copy\npool = list(demonstrations)",
})  # fmt: skip

wrong("The pool is emptied in each round: rare right answers are seen in one round only.", {
    KEEP: "pool = keep_right([], prompts, completions, rewards, per_prompt)",
})  # fmt: skip

wrong("Only what is new in this round is fitted; the model forgets the rest.", {
    KEEP: "before = len(pool)\n" + KEEP,
    FIT: "if pool:\n    fit(model, pool[before:])",
})  # fmt: skip

wrong("The model is fitted before the round's answers are in the pool: what it found last is never used.", {
    KEEP: "",
    FIT: "if pool:\n    fit(model, pool)\n" + KEEP,
})  # fmt: skip

wrong('"right" is the mean reward: partial credit is in it.', {
    RIGHT: "right = [r for group in rewards for r in group]",
})  # fmt: skip

wrong("fit is called with an empty pool, in which there is nothing to imitate.", {FIT: "fit(model, pool)"})

wrong("A round without a right answer is not fitted, although the pool has pairs from before.", {
    KEEP: "before = len(pool)\n" + KEEP,
    FIT: "if len(pool) > before:\n    fit(model, pool)",
})  # fmt: skip

wrong("The caller's list of demonstrations is changed.", {KEEP: KEEP + "\ndemonstrations[:] = pool"})

right("arguments by name, and a copy of the pool for fit", {
    SAMPLE: "completions = sample(model=model, prompts=prompts)",
    FIT: "if pool:\n    fit(model=model, pairs=pool[:])",
})  # fmt: skip


@right("with counters, and keep_right called for each prompt")
def expert_iteration(model, rounds, sample, reward, fit, demonstrations, per_prompt=4):
    pool, history = tuple(demonstrations), []
    for prompts in rounds:
        tried = good = 0
        for prompt, group in zip(prompts, sample(model, prompts), strict=True):
            rewards = [reward(prompt, completion) for completion in group]
            tried, good = tried + len(group), good + sum(r == 1 for r in rewards)
            pool = tuple(keep_right(list(pool), [prompt], [group], [rewards], per_prompt))
        if len(pool) > 0:
            fit(model, list(pool))
        history.append({"right": good / tried, "pool": len(pool)})
    return history


@core("the loop and nothing else")
def expert_iteration_in_short(model, rounds, sample, reward, fit, demonstrations, per_prompt=4):
    pool, history = demonstrations, []
    for prompts in rounds:
        completions = sample(model, prompts)
        rewards = [[reward(p, c) for c in group] for p, group in zip(prompts, completions, strict=True)]
        pool = keep_right(pool, prompts, completions, rewards, per_prompt)
        if pool:
            fit(model, pool)
        right = [r >= 1 for group in rewards for r in group]
        history.append({"right": sum(right) / len(right), "pool": len(pool)})
    return history
