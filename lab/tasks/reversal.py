"""The task of lessons 02 to 08: reverse four digits, "3141=" -> "1413". With a small transformer that learned it a bit.

The warm model is trained by imitation of right answers, in a few seconds. Lesson 04 is about this kind of training.
"""

import torch
from torch.nn import functional as F

from lab.models.char_tokenizer import CharTokenizer
from lab.models.tiny_language_models import TinyLM

TOKENIZER = CharTokenizer("0123456789=")
DIGITS = 4


def prompts(count: int, generator: torch.Generator) -> list[str]:
    """Returns prompts such as "3141="."""
    rows = torch.randint(10, (count, DIGITS), generator=generator).tolist()
    return ["".join(map(str, row)) + "=" for row in rows]


def answer(prompt: str) -> str:
    """Returns the right completion, "1413" for "3141="."""
    return prompt[:-1][::-1]


def warm_model(seed: int = 0, until: float = 0.15, batch: int = 64) -> TinyLM:
    """Returns a model that was trained to continue prompts with their answers and EOS, until its loss for each token
    fell below `until`."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = TinyLM(TOKENIZER.vocab_size, hidden=64, layers=2, heads=4, max_positions=16)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    loss = torch.tensor(torch.inf)
    while loss > until:
        texts = [prompt + answer(prompt) for prompt in prompts(batch, generator)]
        ids = torch.tensor([[*TOKENIZER.encode(text), TOKENIZER.eos_token_id] for text in texts])  # (batch, 10)
        logits = model(ids).logits[:, DIGITS:-1]  # those that predict the answer
        loss = F.cross_entropy(logits.flatten(0, 1), ids[:, DIGITS + 1 :].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()
