"""Our tasks for the libraries that train on many GPUs or TPUs: their data, rewards and settings (python -m lab.export).

    rewards.py      a task's score behind the signatures that TRL, verl and MaxText ask for
    standalone.py   the same as one file, which needs nothing of this repository
    data.py         a task's problems as the libraries read them
    options.py      settings for each, checked against the options that it has (known/)
    trl_train.py    goes along with TRL's data, as train.py: trains on it
    verl_run.py     the command that starts verl, run.sh
    maxtext_folder.py  the command that starts MaxText, the rules that its settings must keep, a page
    maxtext_process_data.py  goes along with MaxText's data, as process_data.py: makes a prompt of a problem
    tunix_folder.py what else the folder for Tunix holds: tunix_train.py, tunix_llama.py, tunix_rollout.py, a page
    local_run.py    `make trl`, `make tunix`: the library's own trainer, here, on a small model
    environment.py  environments with a library, apart from the course's own
    check_trl.py    the list of TRL's options, and our settings, against TRL itself
    check_verl.py   the same for verl, with all that is exported
    check_maxtext.py  the same for MaxText's configuration, on Python 3.12
    check_tunix.py  the same for Tunix, with logits, losses, and the defects that we correct

docs/SCALING.md says how to run them on GPUs.
"""
