"""The training command, `python -m lab.train`; docs/TRAINING.md is for readers.

__main__.py      the command line
run.py           the one training loop: folder, resume, progress, evaluation, checkpoints, report
lesson_run.py    what a lesson's run trains (a configuration with `trainer`)
model_run.py     what a run on a model of transformers trains; model_trainer.py: one step of it
options.py       the options of such a run, which values and combinations make sense
settings.py      configuration files and key=value arguments -> settings, or one sentence
evaluation.py    accuracy on held-out problems with its confidence interval
report.py        what is shown, and samples.md
run_folder.py    config.yaml, metrics.jsonl, checkpoints
problems.py      problems from a task or a file, put into the model's chat template; table_files.py
distributed.py   several processes that train together; interrupt.py: Ctrl-C
"""
