"""Exercise 16.10, dynamic_sampling: what people get wrong, and right answers written otherwise."""

from lesson16_grpo_rlhf.rollout.dapo import has_signal

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("Every round asks for all that was wanted at first; only what is still missing is to be drawn.", {
    "draw(wanted - len(kept))": "draw(wanted)",
})  # fmt: skip

wrong("There is one round too many.", {"range(max_rounds)": "range(max_rounds + 1)"})

wrong("There is no bound: a policy that is always right would sample for ever.", {
    "for _ in range(max_rounds):": "while True:",
})  # fmt: skip

wrong("Only the last round is in drawn; all groups that were drawn belong there.", {"drawn += fresh": "drawn = fresh"})

wrong("A group with NaN in it is judged by a NaN: groups that are hardly scored are kept.", {
    "has_signal(group.rewards)": "not group.rewards.std() == 0",
})  # fmt: skip

wrong("The signal is judged by a mean between 0 and 1; that fits rewards of 0 and 1 alone.", {
    "has_signal(group.rewards)": "0 < group.rewards.nanmean() < 1",
})  # fmt: skip

wrong("Rewards that differ by little are taken for equal; any difference is a signal.", {
    "group.rewards": "(100 * group.rewards).round()",
})  # fmt: skip

wrong("Where no group has a signal, those without are handed on.", {
    "return kept, drawn": "return kept or drawn, drawn",
})  # fmt: skip

wrong("What was dropped is never refilled: there is only one round.", {"if len(kept) >= wanted:\n    break": "break"})

wrong("It goes on after enough was found: draw is called for nothing.", {"if len(kept) >= wanted:\n    break": ""})

wrong("It ends in an error where the rounds are used up; what was found is to be returned then.", {
    """
        for _ in range(max_rounds):
            fresh = draw(wanted - len(kept))
            drawn += fresh
            kept += [group for group in fresh if has_signal(group.rewards)]
            if len(kept) >= wanted:
                break
    """: """
        for _ in range(max_rounds):
            fresh = draw(wanted - len(kept))
            drawn += fresh
            kept += [group for group in fresh if has_signal(group.rewards)]
            if len(kept) >= wanted:
                break
        else:
            raise RuntimeError("not enough groups with a signal")
    """,
})  # fmt: skip

wrong("Numbers below 1 are not refused.", {"if wanted < 1 or max_rounds < 1:": "if False:"})

wrong("The kept groups are not in the order in which they were drawn.", {
    "kept += [group for group in fresh if has_signal(group.rewards)]":
        "kept = [group for group in fresh if has_signal(group.rewards)] + kept",
})  # fmt: skip

wrong("drawn lacks the groups that are kept.", {
    "drawn += fresh": "drawn += [group for group in fresh if not has_signal(group.rewards)]",
})  # fmt: skip

wrong("One unscored response is enough for a group to be dropped; those that are scored may still differ.", {
    "has_signal(group.rewards)": "has_signal(group.rewards) and not group.rewards.isnan().any()",
})  # fmt: skip

# Right answers written otherwise


@right("a while loop that counts down")
def sampling_by_while(draw, wanted, max_rounds):
    if min(wanted, max_rounds) < 1:
        raise ValueError("at least one group and one round")
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
    if wanted <= 0 or max_rounds <= 0:
        raise ValueError("nothing to do")
    fresh = list(draw(wanted))
    good = list(filter(lambda group: has_signal(group.rewards), fresh))
    if len(good) == wanted or max_rounds == 1:
        return good, fresh
    more, all_more = sampling_by_recursion(draw, wanted - len(good), max_rounds - 1)
    return good + more, fresh + all_more


@right("the signal judged from lowest and highest reward")
def sampling_by_extremes(draw, wanted, max_rounds):
    if not (wanted >= 1 and max_rounds >= 1):
        raise ValueError("wanted, max_rounds")
    drawn = []

    def good():
        found = []
        for group in drawn:
            known = [r for r in group.rewards.tolist() if r == r]
            if known and min(known) < max(known):
                found.append(group)
        return found

    for _ in range(max_rounds):
        missing = wanted - len(good())
        if missing == 0:
            break
        drawn.extend(draw(missing))
    return good(), drawn
