"""Exercise 12.5, allocate: what people get wrong, other right answers, and the shortest right one."""

import heapq

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

GAIN = "return p**size + (1 - p) ** size - p ** (size + 1) - (1 - p) ** (size + 1)"

wrong("The completions go to the question with the largest variance p(1 - p): a sure thing gets more than it needs.", {
    GAIN: "return p * (1 - p)",
})  # fmt: skip

wrong("The completions go to the group that is most likely dead, though one more may hardly help it.", {
    GAIN: "return p**size + (1 - p) ** size",
})  # fmt: skip

wrong("Only groups that are all wrong are counted as dead; all right is dead, too.", {
    GAIN: "return (1 - p) ** size - (1 - p) ** (size + 1)",
})  # fmt: skip

wrong("The gain is that of the smallest size throughout: one question takes everything.", {
    GAIN: "return p**smallest + (1 - p) ** smallest - p ** (smallest + 1) - (1 - p) ** (smallest + 1)",
})  # fmt: skip

wrong("The gain is that of the completion that a question got last; the next one decides.", {
    GAIN: "return p ** (size - 1) + (1 - p) ** (size - 1) - p**size - (1 - p) ** size",
})  # fmt: skip

wrong("All questions get the same size: the pass rates do nothing.", {"key=gain": "key=lambda i: -sizes[i]"})

wrong("The largest size is not kept.", {"sizes[i] < largest": "True"})

wrong("One completion for each question is forgotten: the sizes do not sum to the budget.", {
    "range(budget - smallest * count)": "range(budget - (smallest + 1) * count)",
})  # fmt: skip

wrong("A budget that cannot be spent within the limits is accepted.", {
    "not smallest * count <= budget <= largest * count": "False",
    "best = max((i for i in range(count) if sizes[i] < largest), key=gain)\nsizes[best] += 1":
        "best = max((i for i in range(count) if sizes[i] < largest), key=gain, default=None)\n"
        "if best is not None:\n    sizes[best] += 1",
})  # fmt: skip

right("the gain, factored", {GAIN: "return p * (1 - p) * (p ** (size - 1) + (1 - p) ** (size - 1))"})


@right("with a heap")
def allocate_with_a_heap(pass_rates, budget, smallest, largest):
    n = len(pass_rates)
    if budget < n * smallest or budget > n * largest:
        raise ValueError("the budget does not fit")
    sizes = [smallest] * n

    def entry(i):
        p, G = pass_rates[i], sizes[i]
        return -p * (1 - p) * (p ** (G - 1) + (1 - p) ** (G - 1)), i

    heap = [entry(i) for i in range(n)]
    heapq.heapify(heap)
    for _ in range(budget - n * smallest):
        _, i = heapq.heappop(heap)
        sizes[i] += 1
        if sizes[i] < largest:
            heapq.heappush(heap, entry(i))
    return sizes


@core("greedy, without a check")
def allocate(pass_rates, budget, smallest, largest):
    sizes = [smallest] * len(pass_rates)
    while sum(sizes) < budget:
        gains = [p**s + (1 - p) ** s - p ** (s + 1) - (1 - p) ** (s + 1) for p, s in zip(pass_rates, sizes)]  # noqa: B905
        open_ones = [i for i in range(len(sizes)) if sizes[i] < largest]
        sizes[max(open_ones, key=lambda i: gains[i])] += 1
    return sizes
