"""GRPO on a model of transformers, as `python -m lab.train` does it for a configuration without `trainer`.

    options.py      every option with its line of doc, and which combinations are impossible
    forms.py        configuration files in their other spellings; keys that do not exist
    advantages.py   rewards -> advantages: scaling, clipping, baselines, normalisation
    groups.py       the group size, step by step
    rewards.py      rewards by name; execution.py: running a program that a model wrote
    data.py         problems from a task or a file, put into the model's chat template
    trainer.py      one step; processes.py: several processes that do it together
    plain.py        rollout and gradient for models that lab/engine does not run
    measure.py      accuracy on held-out problems with its confidence interval
    run.py          the run: folder, checkpoints, resuming, what is shown

The algorithm is lesson 14's, whose own loss and schedule are used, on lab/engine. docs/TRAINING.md is for readers.
"""
