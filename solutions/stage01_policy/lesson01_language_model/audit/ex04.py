"""Exercise 01.4, all_completions: what people get wrong, other right answers, and the shortest right one."""

import itertools

import torch

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("Texts that were cut off are left out. They are outcomes, too: without them the sum is below 1.", {
    "finished + unfinished": "finished",
})  # fmt: skip

wrong("Only texts of full length are listed; those that end earlier with EOS are missing.", {
    "return [torch.tensor(text) for text in finished + unfinished]":
        "return [torch.tensor(text) for text in [*unfinished, *finished] if len(text) == max_new_tokens]",
})  # fmt: skip

wrong("Texts go on after EOS. A text ends at its first EOS.", {
    "unfinished = [text for text in longer if text[-1] != eos]": "unfinished = longer",
})  # fmt: skip

wrong("All sequences of max_new_tokens tokens are returned. A text ends at its first EOS, so many of these are none.", {
    "finished += [text for text in longer if text[-1] == eos]": "",
    "unfinished = [text for text in longer if text[-1] != eos]": "unfinished = longer",
})  # fmt: skip

wrong("EOS is not part of the texts. It is a token that the model writes, with a probability of its own.", {
    "finished += [text for text in longer if text[-1] == eos]":
        "finished += [text[:-1] for text in longer if text[-1] == eos]",
})  # fmt: skip

wrong("Cut-off texts get an EOS. The model did not write it: they have max_new_tokens tokens and no EOS.", {
    "finished + unfinished": "finished + [[*text, eos] for text in unfinished]",
})  # fmt: skip

wrong("EOS alone is missing: the model may stop at once.", {
    "finished + unfinished": "[text for text in finished + unfinished if text != [eos]]",
})  # fmt: skip

wrong("The texts are one token too short: a cut-off text has max_new_tokens tokens.", {
    "range(max_new_tokens)": "range(max_new_tokens - 1)",
})  # fmt: skip

wrong("The texts are one token too long: with its EOS a text has at most max_new_tokens tokens.", {
    "range(max_new_tokens)": "range(max_new_tokens + 1)",
})  # fmt: skip

wrong(
    "EOS is taken to be token 0, whatever `eos` is.",
    {"text[-1] == eos": "text[-1] == 0", "text[-1] != eos": "text[-1] != 0"},
)

wrong(
    "The ids are floats; token ids are whole numbers.", {"torch.tensor(text)": "torch.tensor(text, dtype=torch.float)"}
)


@right("all sequences, cut after their first EOS, without doubles")
def all_completions(vocab_size, max_new_tokens, eos):
    texts = {}
    for tokens in itertools.product(range(vocab_size), repeat=max_new_tokens):
        texts[tokens[: tokens.index(eos) + 1] if eos in tokens else tokens] = None
    return list(map(torch.tensor, texts))


@right("lengths one by one")
def all_completions(vocab_size, max_new_tokens, eos):
    others = [token for token in range(vocab_size) if token != eos]
    texts = [(*body, eos) for n in range(max_new_tokens) for body in itertools.product(others, repeat=n)]
    texts.extend(itertools.product(others, repeat=max_new_tokens))
    return [torch.tensor(text, dtype=torch.long) for text in texts]


@core("recursion")
def all_completions(vocab_size, max_new_tokens, eos):
    def extend(text):
        if len(text) == max_new_tokens or text[-1:] == [eos]:
            return [torch.tensor(text)]
        return [longer for token in range(vocab_size) for longer in extend([*text, token])]

    return extend([])
