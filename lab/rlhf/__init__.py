"""GRPO against a reward model: the run of lesson 16, its toy task, and its experiments (`python -m lab.rlhf`)."""
