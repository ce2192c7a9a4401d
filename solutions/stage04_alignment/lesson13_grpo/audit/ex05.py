"""Exercise 13.5, GRPOTrainer.generate_responses: what people get wrong, and right answers written otherwise."""

import torch
from lesson13_grpo.loss.grpo import sequence_log_probs
from lesson13_grpo.training.grpo_trainer import Response

from course.base.attempt import Attempts
from lab.rl.sampling import sample

wrong, right = Attempts(), Attempts()

wrong("Responses are drawn with torch's global random state: config.seed does not decide them.", {
    "generator=self.generator,": "",
})  # fmt: skip

wrong("The generator is made anew in each call, so every call draws the same responses again.", {
    "responses, log_probs = [], []":
        "generator = torch.Generator().manual_seed(self.config.seed)\nresponses, log_probs = [], []",
    "self.generator": "generator",
})  # fmt: skip

wrong("The generator is made anew for each prompt: equal prompts get equal responses.", {
    "self.generator": "torch.Generator().manual_seed(self.config.seed)",
})  # fmt: skip

wrong("Responses are sampled at temperature 1: config.temperature is used for the scores alone.", {
    "temperature=self.config.temperature,": "",
})  # fmt: skip

wrong("The log-probs are taken at temperature 1, but sampling was at config.temperature.", {
    "sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature)":
        "sequence_log_probs(self.model, prompt_ids, sampled)",
})  # fmt: skip

wrong("The log-probs are cut off from the model: without a gradient nothing can be learned.", {
    "sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature)":
        "sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature).detach()",
})  # fmt: skip

wrong("You encode the text again and score that: the tokens that were sampled may have been others.", {
    "            log_probs.append(sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature))":
    "            again = []\n"
    "            for text, ids in zip(texts, sampled):\n"
    "                eos = [self.tokenizer.eos_token_id] if self.tokenizer.eos_token_id in ids.tolist() else []\n"
    "                new = [*self.tokenizer.encode(text, add_special_tokens=False), *eos]\n"
    "                again.append(torch.tensor(new, dtype=torch.int64))\n"
    "            log_probs.append(sequence_log_probs(self.model, prompt_ids, again, self.config.temperature))",
})  # fmt: skip

wrong("A response that was cut off gets an EOS at its end, though the model did not decide to stop.", {
    "texts = [self.tokenizer.decode(ids.tolist(), skip_special_tokens=True) for ids in sampled]": """
        eos = torch.tensor([self.tokenizer.eos_token_id])
        sampled = [ids if ids[-1] == eos else torch.cat([ids, eos]) for ids in sampled]
        texts = [self.tokenizer.decode(ids.tolist(), skip_special_tokens=True) for ids in sampled]
    """,
})  # fmt: skip

wrong("The EOS at the end of a response is thrown away: stopping is part of the answer, and is scored.", {
    "texts = [self.tokenizer.decode(ids.tolist(), skip_special_tokens=True) for ids in sampled]": """
        sampled = [ids[ids != self.tokenizer.eos_token_id] for ids in sampled]
        texts = [self.tokenizer.decode(ids.tolist(), skip_special_tokens=True) for ids in sampled]
    """,
})  # fmt: skip

wrong("The sampler is given the padding token as the end of a response: EOS does not end it.", {
    "eos_token_id=self.tokenizer.eos_token_id": "eos_token_id=self.tokenizer.pad_token_id",
})  # fmt: skip

wrong("The number of responses is config.num_samples; the argument num_samples is never used.", {
    "num_samples": "self.config.num_samples",
})  # fmt: skip

wrong("The bound on a response is a fixed number: config.max_new_tokens is never used.", {
    "max_new_tokens=self.config.max_new_tokens": "max_new_tokens=32",
})  # fmt: skip

wrong("The texts still hold special tokens such as <eos>: no reward rule expects these.", {
    "self.tokenizer.decode(ids.tolist(), skip_special_tokens=True)": "self.tokenizer.decode(ids.tolist())",
})  # fmt: skip

wrong("The prompt stands in front of each response's text: what is rewarded is the response alone.", {
    "ids.tolist()": "[*prompt_ids.tolist(), *ids.tolist()]",
})  # fmt: skip

wrong("The prompt is encoded without the special tokens that stand in front of stored rows.", {
    "self.tokenizer.encode(prompt)": "self.tokenizer.encode(prompt, add_special_tokens=False)",
})  # fmt: skip

wrong("The prompt is cut to the data set's max_length, which is a bound on stored rows alone.", {
    "self.tokenizer.encode(prompt)": "self.tokenizer.encode(prompt)[-(self.train_dataset.max_length - 1) :]",
})  # fmt: skip

wrong("The model is in training mode for the scoring: its dropout changes the log-probs.", {
    "responses.append([Response(text, ids) for text, ids in zip(texts, sampled, strict=True)])":
        "responses.append([Response(text, ids) for text, ids in zip(texts, sampled, strict=True)])\nself.model.train()",
    "log_probs.append(sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature))": """
        log_probs.append(sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature))
        self.model.eval()
    """,
})  # fmt: skip

wrong("The log-probs are means over the tokens; the summed ones are asked for.", {
    "sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature)":
        "sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature) /"
        " torch.tensor([len(ids) for ids in sampled])",
})  # fmt: skip

wrong("The responses to all prompts are in one flat list, not in one list for each prompt.", {
    "responses.append([Response(text, ids) for text, ids in zip(texts, sampled, strict=True)])":
        "responses.extend([Response(text, ids) for text, ids in zip(texts, sampled, strict=True)])",
})  # fmt: skip

# Right answers written otherwise


@right("one response after the other, drawn and scored alone")
def generate_responses(self, prompts, num_samples=4):
    all_responses, all_log_probs = [], []
    settings = {"max_new_tokens": self.config.max_new_tokens, "temperature": self.config.temperature}
    for prompt in prompts:
        x = torch.as_tensor(self.tokenizer.encode(prompt), dtype=torch.int64)
        group, scores = [], []
        for _ in range(num_samples):
            (y,) = sample(
                self.model, x, 1, eos_token_id=self.tokenizer.eos_token_id, generator=self.generator, **settings
            )
            group.append(Response(text=self.tokenizer.decode(y, skip_special_tokens=True), token_ids=y))
            scores.append(sequence_log_probs(self.model, x, [y], temperature=self.config.temperature))
        all_responses.append(group)
        all_log_probs.append(torch.cat(scores))
    return all_responses, all_log_probs


@right("all prompts are sampled first, then decoded, then scored; the log-probs come in one split")
def generate_responses_in_stages(self, prompts, num_samples=4):
    c, t = self.config, self.tokenizer
    encoded = [torch.tensor(t.encode(p)) for p in prompts]
    drawn = [sample(self.model, x, num_samples, eos_token_id=t.eos_token_id, max_new_tokens=c.max_new_tokens,
                    temperature=c.temperature, generator=self.generator) for x in encoded]  # fmt: skip
    responses = [[Response(t.decode(y.tolist(), skip_special_tokens=True), y.clone()) for y in ys] for ys in drawn]
    scores = [sequence_log_probs(self.model, x, ys, c.temperature) for x, ys in zip(encoded, drawn, strict=True)]
    return responses, list(torch.cat(scores).split(num_samples)) if scores else []


@right("special tokens are taken out by hand; scores are taken token by token, by the chain rule")
def generate_responses_by_hand(self, prompts, num_samples=4):
    tokenizer, config = self.tokenizer, self.config
    special = {tokenizer.eos_token_id, tokenizer.pad_token_id, getattr(tokenizer, "bos_token_id", None)}

    def draw(x):
        return sample(
            self.model,
            x,
            num_samples,
            eos_token_id=tokenizer.eos_token_id,
            max_new_tokens=config.max_new_tokens,
            temperature=config.temperature,
            generator=self.generator,
        )

    def score(x, y):
        logits = self.model(torch.cat([x, y])[None]).logits[0, len(x) - 1 : -1]
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32)) / config.temperature
        return logits.log_softmax(-1)[torch.arange(len(y)), y].sum()

    responses, log_probs = [], []
    for x in map(torch.tensor, map(tokenizer.encode, prompts)):
        group = draw(x)
        texts = [tokenizer.decode([i for i in y.tolist() if i not in special]) for y in group]
        responses.append(list(map(Response, texts, group)))
        log_probs.append(torch.stack([score(x, y) for y in group]))
    return responses, log_probs
