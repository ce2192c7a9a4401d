"""Exercise 16.10, dynamic_sampling: what people get wrong, right answers written otherwise, and the core variant."""

from lesson16_grpo_rlhf.rollout.dapo import has_signal

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("Every round asks for all that was wanted at first; draw only what is still missing.", {
    "draw(wanted - len(kept))": "draw(wanted)",
})  # fmt: skip

wrong("There is one round too many.", {"range(max_rounds)": "range(max_rounds + 1)"})

wrong("There is no bound: a policy that is always right would sample forever.", {
    "for _ in range(max_rounds):": "while True:",
})  # fmt: skip

wrong("What was dropped is never refilled: there is only one round.", {"if len(kept) == wanted:\n    break": "break"})

wrong("It goes on after enough was found.", {"if len(kept) == wanted:\n    break": ""})

wrong(
    "Only the last round is in drawn; it should hold all groups that were drawn.", {"drawn += fresh": "drawn = fresh"}
)

wrong("drawn lacks the groups that are kept.", {
    "drawn += fresh": "drawn += [group for group in fresh if not has_signal(group.rewards)]",
})  # fmt: skip

wrong("Groups are kept by a mean between 0 and 1; that fits rewards of 0 and 1 alone, not all numbers.", {
    "has_signal(group.rewards)": "0 < group.rewards.nanmean() < 1",
})  # fmt: skip

wrong("Only groups that are all right or all wrong are dropped; equal rewards of any size give no signal.", {
    "has_signal(group.rewards)": "not ((group.rewards == 1).all() or (group.rewards == 0).all())",
})  # fmt: skip

wrong(
    "If no group has a signal, those without are returned as kept.",
    {"return kept, drawn": "return kept or drawn, drawn"},
)

wrong("A NaN counts as a difference; a response that is not scored is no signal.", {
    "has_signal(group.rewards)": "len(group.rewards.unique()) > 1",
})  # fmt: skip

wrong("The error of a draw is swallowed: the round counts as one without groups.", {
    "fresh = draw(wanted - len(kept))":
        "try:\n    fresh = draw(wanted - len(kept))\nexcept Exception:\n    fresh = []",
})  # fmt: skip


@right("a while loop that counts down")
def sampling_by_while(draw, wanted, max_rounds):
    kept, drawn, left = [], [], max_rounds
    while left > 0 and len(kept) < wanted:
        left -= 1
        for group in draw(wanted - len(kept)):
            drawn.append(group)
            if has_signal(group.rewards):
                kept.append(group)
    return kept, drawn


@right("recursion")
def sampling_by_recursion(draw, wanted, max_rounds):
    fresh = list(draw(wanted))
    good = list(filter(lambda group: has_signal(group.rewards), fresh))
    if len(good) == wanted or max_rounds == 1:
        return good, fresh
    more, all_more = sampling_by_recursion(draw, wanted - len(good), max_rounds - 1)
    return good + more, fresh + all_more


@core("the signal judged by the standard deviation")
def sampling_by_std(draw, wanted, max_rounds):
    kept, drawn = [], []
    while len(kept) < wanted and max_rounds > 0:
        fresh, max_rounds = draw(wanted - len(kept)), max_rounds - 1
        drawn += fresh
        kept += [group for group in fresh if group.rewards.std() > 0]
    return kept, drawn
