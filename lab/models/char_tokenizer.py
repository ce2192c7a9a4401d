"""A character tokenizer with the few methods of a transformers tokenizer that the lessons use."""

from __future__ import annotations

from collections.abc import Iterable


class CharTokenizer:
    """Ids 0 and 1 are padding and end of sequence; then one id per character of `alphabet`.

    `pad_is_eos=True` gives both roles to id 1, as many released models do: code that finds padding by
    comparing ids then loses the true end of sequence.
    `bos=True` puts a token of its own in front of what is encoded with special tokens, once, as many models want.
    `merges` are strings of several characters that get an id of their own and are preferred when text is
    encoded, so that `encode(decode(ids))` need not give the same ids (true of every real tokenizer).
    """

    def __init__(
        self,
        alphabet: str = "0123456789+-*/=., abcdefghijklmnopqrstuvwxyz?!\n",
        pad_is_eos: bool = False,
        merges: tuple[str, ...] | list[str] = (),
        bos: bool = False,
    ):
        self.pieces = ["<pad>", "<eos>", *alphabet, *merges, *(["<bos>"] if bos else [])]
        self.ids = {piece: i for i, piece in enumerate(self.pieces)}
        self.eos_token_id = 1
        self.bos_token_id = len(self.pieces) - 1 if bos else None
        self.pad_token_id = 1 if pad_is_eos else 0
        self.longest = max(len(m) for m in (*merges, "x"))

    @property
    def vocab_size(self) -> int:
        return len(self.pieces)

    def __len__(self) -> int:
        return len(self.pieces)

    def encode(self, text: str, add_special_tokens: bool = True) -> list[int]:
        """Ids of `text`, longest piece first, after BOS where there is one and `add_special_tokens` is true."""
        ids, i = [self.bos_token_id] if self.bos_token_id is not None and add_special_tokens else [], 0
        while i < len(text):
            for width in range(min(self.longest, len(text) - i), 0, -1):
                if text[i : i + width] in self.ids:
                    ids.append(self.ids[text[i : i + width]])
                    i += width
                    break
            else:
                raise ValueError(f"the toy tokenizer has no character {text[i]!r}")
        return ids

    def decode(self, ids: Iterable[int], skip_special_tokens: bool = False) -> str:
        skipped = {0, 1, self.bos_token_id} if skip_special_tokens else set()
        return "".join(self.pieces[int(i)] for i in ids if int(i) not in skipped)
