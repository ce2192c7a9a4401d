"""Exercise 13.5, GRPOTrainer.generate_responses: what people get wrong, other right answers, and the shortest one."""

import torch
from lesson13_grpo.loss.grpo import sequence_log_probs
from lesson13_grpo.training.grpo_trainer import Response

from course.base.attempt import Attempts
from lab.rl.sampling import sample

wrong, right, core = Attempts(), Attempts(), Attempts()

wrong("Responses are drawn with torch's global random state: config.seed does not decide them.", {
    "generator=self.generator,": "",
})  # fmt: skip

wrong("The generator is made anew in each call, so every call draws the same responses again.", {
    "responses, log_probs = [], []":
        "generator = torch.Generator().manual_seed(self.config.seed)\nresponses, log_probs = [], []",
    "self.generator": "generator",
})  # fmt: skip

wrong("Responses are sampled at temperature 1: config.temperature is used for the scores only.", {
    "temperature=self.config.temperature,": "",
})  # fmt: skip

wrong("The log-probs are taken at temperature 1, but sampling was at config.temperature.", {
    "sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature)":
        "sequence_log_probs(self.model, prompt_ids, sampled)",
})  # fmt: skip

wrong("The log-probs are detached from the model: without a gradient nothing can be learned.", {
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

wrong("You encode the text again, with an EOS behind each: other tokens may have been sampled, and some had no EOS.", {
    "log_probs.append(sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature))":
        "log_probs.append(sequence_log_probs(self.model, prompt_ids, [torch.tensor([*self.tokenizer.encode(t, "
        "add_special_tokens=False), self.tokenizer.eos_token_id]) for t in texts], self.config.temperature))",
})  # fmt: skip

wrong("The EOS at the end of a response is thrown away: stopping is part of the answer, and is scored.", {
    "texts = [self.tokenizer.decode(ids.tolist(), skip_special_tokens=True) for ids in sampled]": """
        sampled = [ids[ids != self.tokenizer.eos_token_id] for ids in sampled]
        texts = [self.tokenizer.decode(ids.tolist(), skip_special_tokens=True) for ids in sampled]
    """,
})  # fmt: skip

wrong("The number of responses is config.num_samples; the argument num_samples is never used.", {
    "num_samples": "self.config.num_samples",
})  # fmt: skip

wrong("The texts still contain special tokens such as <eos>: no reward rule expects these.", {
    "self.tokenizer.decode(ids.tolist(), skip_special_tokens=True)": "self.tokenizer.decode(ids.tolist())",
})  # fmt: skip

wrong("The prompt stands in front of each response's text: what is rewarded is the response only.", {
    "ids.tolist()": "[*prompt_ids.tolist(), *ids.tolist()]",
})  # fmt: skip

wrong("The prompt is encoded without the special tokens that stand in front of stored rows.", {
    "self.tokenizer.encode(prompt)": "self.tokenizer.encode(prompt, add_special_tokens=False)",
})  # fmt: skip

wrong("The log-probs are means over the tokens; the summed ones are asked for.", {
    "sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature)":
        "sequence_log_probs(self.model, prompt_ids, sampled, self.config.temperature) /"
        " torch.tensor([len(ids) for ids in sampled])",
})  # fmt: skip


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
    return responses, list(torch.cat(scores).split(num_samples))


@core("with torch's global random state")
def generate_responses_with_luck(self, prompts, num_samples=4):
    responses, log_probs, tokenizer, config = [], [], self.tokenizer, self.config
    for prompt in prompts:
        x = torch.tensor(tokenizer.encode(prompt))
        ys = sample(self.model, x, num_samples, eos_token_id=tokenizer.eos_token_id,
                    max_new_tokens=config.max_new_tokens, temperature=config.temperature)  # fmt: skip
        responses.append([Response(tokenizer.decode(y, skip_special_tokens=True), y) for y in ys])
        log_probs.append(sequence_log_probs(self.model, x, ys, config.temperature))
    return responses, log_probs
