"""Our tasks for the libraries that train on many GPUs: their data, rewards and settings (python -m lab.export).

    rewards.py      a task's score behind the signatures that TRL and verl ask for
    standalone.py   the same as one file, which needs nothing of this repository
    data.py         a task's problems as TRL and verl read them
    options.py      settings for either, checked against the options that it has (known/)
    trl_train.py    goes along with TRL's data, as train.py: trains on it
    verl_run.py     the command that starts verl, run.sh
    trl_run.py      `make trl`: TRL's trainer, here, on a small model
    environment.py  an environment with TRL, apart from the course's own
    check_trl.py    the list of TRL's options, and our settings, against TRL itself
    check_verl.py   the same for verl, with all that is exported

docs/SCALING.md says how to run them on GPUs.
"""
