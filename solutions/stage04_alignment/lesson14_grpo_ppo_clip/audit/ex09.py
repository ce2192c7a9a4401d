"""Exercise 14.9, generate_group: known mistakes, right answers written otherwise, and the core variant."""

import torch
from lesson14_grpo_ppo_clip.loss.advantages import group_advantages
from lesson14_grpo_ppo_clip.rewards.addition import calculate_reward
from lesson14_grpo_ppo_clip.rollout import generate as rollout

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

GENERATE = "generate(model, tokenizer, prompts, group_size, max_new_tokens, temperature, generator=generator)"
ADVANTAGES = "group_advantages(rewards, group_size, divide_by_std=divide_by_std)"

wrong("The truths are repeated as t1 t2 t1 t2, so responses are compared with another prompt's truth.", {
    "[truth for truth in ground_truths for _ in range(group_size)]": "list(ground_truths) * group_size",
})  # fmt: skip

wrong("The prompts are repeated as p1 p2 p1 p2, while the responses come prompt by prompt.", {
    "prompts=[prompt for prompt in prompts for _ in range(group_size)]": "prompts=list(prompts) * group_size",
})  # fmt: skip

wrong("The responses are decoded with their special tokens: the EOS becomes part of the text.", {
    "tokenizer.decode(ids.tolist(), skip_special_tokens=True)": "tokenizer.decode(ids.tolist())",
})  # fmt: skip

wrong("The reward function that is given is ignored: calculate_reward is always used.", {
    "float(reward(t, r))": "float(calculate_reward(t, r))",
})  # fmt: skip

wrong("The temperature does not reach generate.", {GENERATE: GENERATE.replace(" temperature,", "")})

wrong("The generator does not reach generate: completions depend on torch's global random state.", {
    GENERATE: GENERATE.replace(", generator=generator", ""),
})  # fmt: skip

wrong("divide_by_std does not reach group_advantages.", {ADVANTAGES: "group_advantages(rewards, group_size)"})

wrong("The advantages compare all responses with each other; each belongs to its own prompt's group.", {
    ADVANTAGES: "group_advantages(rewards, len(rewards), divide_by_std=divide_by_std)",
})  # fmt: skip

wrong("The token ids are made again from the decoded text: the EOS is gone, and other tokens may come out.", {
    "token_ids=token_ids,": "token_ids=[torch.tensor(tokenizer.encode(r)) for r in responses],",
})  # fmt: skip

wrong("The error of the reward function is swallowed: its completions count as wrong, and nobody learns why.", {
    "rewards = torch.tensor([float(reward(t, r)) for t, r in zip(truths, responses, strict=True)])":
        "rewards = torch.zeros(len(truths))\n"
        "for i, (t, r) in enumerate(zip(truths, responses, strict=True)):\n"
        "    try:\n        rewards[i] = reward(t, r)\n    except Exception:\n        pass",
})  # fmt: skip


@right("one loop over the completions, with the prompt's number by integer division")
def generate_group_by_loop(
    model, tokenizer, prompts, ground_truths, group_size, max_new_tokens=32, temperature=1.0, divide_by_std=True,
    generator=None, reward=calculate_reward, generate=rollout.generate,
):  # fmt: skip
    token_ids, log_probs = generate(model, tokenizer, prompts, group_size, max_new_tokens, temperature, None, generator)
    made = rollout.Rollout([], [], list(token_ids), list(log_probs), torch.zeros(len(token_ids)), torch.zeros(0))
    for i, ids in enumerate(token_ids):
        made.prompts.append(prompts[i // group_size])
        made.responses.append(tokenizer.decode(ids, skip_special_tokens=True))
        made.rewards[i] = reward(ground_truths[i // group_size], made.responses[-1])
    made.advantages = group_advantages(made.rewards, group_size, divide_by_std=divide_by_std)
    return made


@right("group by group: a table of rewards, one row per prompt")
def generate_group_by_rows(
    model, tokenizer, prompts, ground_truths, group_size, max_new_tokens=32, temperature=1.0, divide_by_std=True,
    generator=None, reward=calculate_reward, generate=rollout.generate,
):  # fmt: skip
    token_ids, log_probs = generate(
        model, tokenizer, prompts, group_size, max_new_tokens, temperature, generator=generator
    )
    all_prompts, responses, rows, advantages = [], [], [], []
    for p, (question, answer) in enumerate(zip(prompts, ground_truths, strict=True)):
        own = token_ids[p * group_size : (p + 1) * group_size]
        texts = [tokenizer.decode(ids.tolist(), skip_special_tokens=True) for ids in own]
        rows.append(torch.tensor([float(reward(answer, text)) for text in texts]))
        advantages.append(group_advantages(rows[-1], group_size, divide_by_std=divide_by_std))
        all_prompts += [question] * group_size
        responses += texts
    return rollout.Rollout(all_prompts, responses, token_ids, log_probs, torch.cat(rows), torch.cat(advantages))


@core("lists and calls")
def generate_group_by_lists(
    model, tokenizer, prompts, ground_truths, group_size, max_new_tokens=32, temperature=1.0, divide_by_std=True,
    generator=None, reward=calculate_reward, generate=rollout.generate,
):  # fmt: skip
    ids, log_probs = generate(model, tokenizer, prompts, group_size, max_new_tokens, temperature, generator=generator)
    texts = [tokenizer.decode(row, skip_special_tokens=True) for row in ids]
    rewards = torch.tensor([float(reward(ground_truths[i // group_size], text)) for i, text in enumerate(texts)])
    repeated = [prompt for prompt in prompts for _ in range(group_size)]
    advantages = group_advantages(rewards, group_size, divide_by_std=divide_by_std)
    return rollout.Rollout(repeated, texts, ids, log_probs, rewards, advantages)
