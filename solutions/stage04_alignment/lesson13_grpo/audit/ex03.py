"""Exercise 13.3, collate: what people get wrong, and right answers written otherwise."""

from collections import defaultdict

import torch
from lesson13_grpo.data.grpo_dataset import collate

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("Only the columns of the first item are looked at; those that begin in a later item are lost.", {
    "(name for item in items for name in item)": "items[0]",
})  # fmt: skip

wrong("Only columns that every item has are kept; one that is missing somewhere is lost for all.", {
    "(name for item in items for name in item)": "(name for name in items[0] if all(name in item for item in items))",
})  # fmt: skip

wrong("An item without the column is skipped, so the lists differ in length and no longer belong together.", {
    "[item.get(name) for item in items]": "[item[name] for item in items if name in item]",
})  # fmt: skip

wrong("An item without one of the columns raises a KeyError; None should stand in its place.", {
    "item.get(name)": "item[name]",
})  # fmt: skip

wrong("A missing column is filled with an empty list; it should be None.", {"item.get(name)": "item.get(name, [])"})

wrong("Values that are None are left out of the lists: the values behind them move to a wrong place.", {
    "[item.get(name) for item in items]": "[item[name] for item in items if item.get(name) is not None]",
})  # fmt: skip

wrong("A column in which all values are None becomes one None; it should be a list of them.", {
    "    return {name: [item.get(name) for item in items] for name in columns}":
        "    batch = {name: [item.get(name) for item in items] for name in columns}\n"
        "    return {k: None if all(v is None for v in vs) else vs for k, vs in batch.items()}",
})  # fmt: skip

wrong("Values that are lists are joined to one long list, so nobody can tell which item they belong to.", {
    "    return {name: [item.get(name) for item in items] for name in columns}":
        "    batch = {name: [item.get(name) for item in items] for name in columns}\n"
        "    return {k: sum(vs, []) if all(type(v) is list for v in vs) else vs for k, vs in batch.items()}",
})  # fmt: skip

wrong("The result is the list of items itself; the batch is one dict, with a list for each column.", {
    "return {name: [item.get(name) for item in items] for name in columns}":
        "return [{name: item.get(name) for name in columns} for item in items]",
})  # fmt: skip

wrong("The values of a column are put into a tuple; it should be a list.", {
    "[item.get(name) for item in items]": "tuple(item.get(name) for item in items)",
})  # fmt: skip

wrong("The items are sorted by length: the batch must keep their order.", {
    "columns = dict.fromkeys(name for item in items for name in item)": """
        items = sorted(items, key=lambda item: len(item.get("prompt_ids", ())), reverse=True)
        columns = dict.fromkeys(name for item in items for name in item)
    """,
})  # fmt: skip

wrong("Only columns with known names are kept; others, such as an answer, must pass through too.", {
    "(name for item in items for name in item)":
        '(name for item in items for name in item if name in ("prompt", "prompt_ids", "responses",'
        ' "response_ids", "rewards"))',
})  # fmt: skip

wrong("An empty list of items gives an empty dict; it should be refused.", {
    'if not items:\n        raise ValueError("collate needs at least one item")': "pass",
})  # fmt: skip

wrong("The missing columns are written into the items themselves; collate must leave them as they are.", {
    "item.get": "item.setdefault",
})  # fmt: skip


@wrong("The tensors of a column are padded to one tensor; here they stay a list, whatever their lengths.")
def collate(items):
    if not items:
        raise ValueError("collate needs at least one item")
    batch = {name: [item.get(name) for item in items] for item in items for name in item}
    for name, values in batch.items():
        if all(isinstance(v, torch.Tensor) for v in values):
            batch[name] = torch.nn.utils.rnn.pad_sequence(values, batch_first=True)
    return batch


@wrong("The numbers of a column are turned into a tensor; here they stay a list.")
def collate(items):
    if not items:
        raise ValueError("collate needs at least one item")
    batch = {name: [item.get(name) for item in items] for item in items for name in item}
    for name, values in batch.items():
        if all(isinstance(v, (int, float)) for v in values):
            batch[name] = torch.tensor(values)
    return batch


@wrong("Tensors of equal size are stacked to one tensor; then the type of a column depends on the batch.")
def collate(items):
    if not items:
        raise ValueError("collate needs at least one item")
    batch = {name: [item.get(name) for item in items] for item in items for name in item}
    for name, values in batch.items():
        if all(isinstance(v, torch.Tensor) for v in values) and len({v.shape for v in values}) == 1:
            batch[name] = torch.stack(values)
    return batch


# Right answers written otherwise


@right("lists of None that are filled place by place")
def collate(items):
    if len(items) == 0:
        raise ValueError("no items")
    batch = {}
    for place, item in enumerate(items):
        for name, value in item.items():
            if name not in batch:
                batch[name] = [None] * len(items)
            batch[name][place] = value
    return batch


@right("a set of names, and zip")
def collate(items):
    names = sorted(set().union(*items))
    if not items:
        raise ValueError("an empty batch")
    rows = [list(map(item.get, names)) for item in items]
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


@right("lists that grow; a late column begins with as many None as items went before")
def collate(items):
    batch = defaultdict(list)
    for count, item in enumerate(items):
        for name in item:
            batch[name] = batch[name] or [None] * count
        for name in batch:
            batch[name].append(item.get(name, None))
    if not batch and not items:
        raise ValueError("collate: items is empty")
    return dict(batch)


@right("a recursion over the items")
def collate(items):
    if not items:
        raise ValueError("needs items")
    *before, last = items
    batch = collate_all(before) if before else {}
    names = [*batch, *(name for name in last if name not in batch)]
    return {name: [*batch.get(name, [None] * len(before)), last.get(name)] for name in names}


collate_all = collate
