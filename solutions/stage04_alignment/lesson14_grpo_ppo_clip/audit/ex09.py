"""Exercise 14.9, generate_group: what people get wrong, and right answers written otherwise."""

import numpy as np
import torch
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages
from lesson14_grpo_ppo_clip.rewards.addition import calculate_reward
from lesson14_grpo_ppo_clip.rollout import generate as rollout

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

wrong("Prompts and ground truths of different numbers are not refused: what is too much is dropped silently.", {
    "if len(prompts) != len(ground_truths):": "if False:",
    "zip(truths, responses, strict=True)": "zip(truths, responses, strict=False)",
})  # fmt: skip

wrong("Unequal numbers end in an AssertionError; a ValueError is asked for.", {"ValueError": "AssertionError"})

wrong("The truths are repeated as t1 t2 t1 t2, so responses are judged by another prompt's truth.", {
    "[truth for truth in ground_truths for _ in range(group_size)]": "list(ground_truths) * group_size",
})  # fmt: skip

wrong("The prompts are repeated as p1 p2 p1 p2, while the responses come prompt by prompt.", {
    "prompts=[prompt for prompt in prompts for _ in range(group_size)]": "prompts=list(prompts) * group_size",
})  # fmt: skip

wrong("The prompts are not repeated: there must be one for each completion.", {
    "prompts=[prompt for prompt in prompts for _ in range(group_size)]": "prompts=list(prompts)",
})  # fmt: skip

wrong("The responses are decoded with their special tokens: the EOS becomes part of the text.", {
    "tokenizer.decode(ids.tolist(), skip_special_tokens=True)": "tokenizer.decode(ids.tolist())",
})  # fmt: skip

wrong("The reward function gets its arguments in the wrong order: the truth comes first.", {
    "float(reward(t, r))": "float(reward(r, t))",
})  # fmt: skip

wrong("The reward function that is given is ignored: calculate_reward is always used.", {
    "float(reward(t, r))": "float(calculate_reward(t, r))",
})  # fmt: skip

wrong("The reward is computed on prompt and response together; a number in the prompt is no answer.", {
    "rewards = torch.tensor([float(reward(t, r)) for t, r in zip(truths, responses, strict=True)])": """
        texts = [prompts[i // group_size] + r for i, r in enumerate(responses)]
        rewards = torch.tensor([float(reward(t, r)) for t, r in zip(truths, texts, strict=True)])
    """,
})  # fmt: skip

wrong("The rewards are whole numbers: a reward function may give fractions.", {
    "float(reward(t, r))": "float(int(reward(t, r)))",
})  # fmt: skip

wrong("The temperature does not reach generate.", {
    "generate(model, tokenizer, prompts, group_size, max_new_tokens, temperature, generator=generator)":
        "generate(model, tokenizer, prompts, group_size, max_new_tokens, generator=generator)",
})  # fmt: skip

wrong("max_new_tokens does not reach generate.", {
    "generate(model, tokenizer, prompts, group_size, max_new_tokens, temperature, generator=generator)":
        "generate(model, tokenizer, prompts, group_size, temperature=temperature, generator=generator)",
})  # fmt: skip

wrong("The generator does not reach generate: completions depend on torch's global random state.", {
    "generate(model, tokenizer, prompts, group_size, max_new_tokens, temperature, generator=generator)":
        "generate(model, tokenizer, prompts, group_size, max_new_tokens, temperature)",
})  # fmt: skip

wrong("The generator is passed by place and lands in generate's eos_token_id, which stands before it.", {
    "generate(model, tokenizer, prompts, group_size, max_new_tokens, temperature, generator=generator)":
        "generate(model, tokenizer, prompts, group_size, max_new_tokens, temperature, generator)",
})  # fmt: skip

wrong("divide_by_std does not reach group_advantages.", {
    "group_advantages(rewards, group_size, divide_by_std=divide_by_std)": "group_advantages(rewards, group_size)",
})  # fmt: skip

wrong("divide_by_std is passed by place and lands in eps of group_advantages, which stands before it.", {
    "group_advantages(rewards, group_size, divide_by_std=divide_by_std)":
        "group_advantages(rewards, group_size, divide_by_std)",
})  # fmt: skip

wrong("The advantages compare all responses with each other; each belongs to its own prompt's group.", {
    "group_advantages(rewards, group_size, divide_by_std=divide_by_std)":
        "group_advantages(rewards, len(rewards), divide_by_std=divide_by_std)",
})  # fmt: skip

wrong("The groups are as large as the number of prompts; a group is the completions of one prompt.", {
    "group_advantages(rewards, group_size, divide_by_std=divide_by_std)":
        "group_advantages(rewards, len(prompts), divide_by_std=divide_by_std)",
})  # fmt: skip

wrong("The plain rewards are returned as advantages.", {
    "advantages=group_advantages(rewards, group_size, divide_by_std=divide_by_std)": "advantages=rewards.clone()",
})  # fmt: skip

wrong("The token ids are made again from the decoded text: the EOS is gone, and other tokens may come out.", {
    "token_ids=token_ids,": "token_ids=[torch.tensor(tokenizer.encode(r)) for r in responses],",
})  # fmt: skip

wrong("The log-probs are summed over each response; one for each token is wanted.", {
    "log_probs=log_probs,": "log_probs=[row.sum() for row in log_probs],",
})  # fmt: skip

# Right answers written otherwise


@right("one loop over the completions, with the prompt's number by integer division")
def generate_group_by_loop(
    model,
    tokenizer,
    prompts,
    ground_truths,
    group_size,
    max_new_tokens=32,
    temperature=1.0,
    divide_by_std=True,
    generator=None,
    reward=calculate_reward,
    generate=rollout.generate,
):
    if len(ground_truths) != len(prompts):
        raise ValueError("every prompt needs one truth")
    token_ids, log_probs = generate(
        model=model,
        tokenizer=tokenizer,
        prompts=prompts,
        group_size=group_size,
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        generator=generator,
    )
    made = rollout.Rollout([], [], list(token_ids), list(log_probs), torch.zeros(len(token_ids)), torch.zeros(0))
    for i, ids in enumerate(token_ids):
        made.prompts.append(prompts[i // group_size])
        made.responses.append(tokenizer.decode(ids, skip_special_tokens=True))
        made.rewards[i] = reward(ground_truths[i // group_size], made.responses[-1])
    made.advantages = group_advantages(made.rewards, group_size, divide_by_std=divide_by_std)
    return made


@right("numpy repeats the prompts and truths")
def generate_group_by_numpy(
    model,
    tokenizer,
    prompts,
    ground_truths,
    group_size,
    max_new_tokens=32,
    temperature=1.0,
    divide_by_std=True,
    generator=None,
    reward=calculate_reward,
    generate=rollout.generate,
):
    if len(prompts) != len(ground_truths):
        raise ValueError("prompts and ground_truths differ in number")
    token_ids, log_probs = generate(model, tokenizer, prompts, group_size, max_new_tokens, temperature, None, generator)
    texts = [tokenizer.decode([int(i) for i in row], skip_special_tokens=True) for row in token_ids]
    truths = np.repeat(ground_truths, group_size).tolist()
    rewards = torch.as_tensor(np.array([reward(*pair) for pair in zip(truths, texts, strict=True)], dtype=np.float32))
    advantages = group_advantages(rewards, group_size, divide_by_std=divide_by_std)
    return rollout.Rollout(np.repeat(prompts, group_size).tolist(), texts, token_ids, log_probs, rewards, advantages)


@right("group by group: a table of rewards, one row per prompt")
def generate_group_by_rows(
    model,
    tokenizer,
    prompts,
    ground_truths,
    group_size,
    max_new_tokens=32,
    temperature=1.0,
    divide_by_std=True,
    generator=None,
    reward=calculate_reward,
    generate=rollout.generate,
):
    questions, answers = list(prompts), list(ground_truths)
    if len(questions) - len(answers):
        raise ValueError(f"{len(questions)} prompts, but {len(answers)} truths")
    token_ids, log_probs = generate(
        model, tokenizer, questions, group_size, max_new_tokens, temperature, generator=generator
    )
    all_prompts, responses, rows, advantages = [], [], [], []
    for p, (question, answer) in enumerate(zip(questions, answers, strict=True)):
        mine = token_ids[p * group_size : (p + 1) * group_size]
        texts = [tokenizer.decode(ids.cpu().tolist(), skip_special_tokens=True) for ids in mine]
        row = torch.tensor([reward(answer, text) for text in texts], dtype=torch.float32)
        rows.append(row)
        advantages.append(group_advantages(row, group_size, divide_by_std=divide_by_std))
        all_prompts += [question] * group_size
        responses += texts
    return rollout.Rollout(
        all_prompts, responses, token_ids, log_probs, rewards=torch.cat(rows), advantages=torch.cat(advantages)
    )
