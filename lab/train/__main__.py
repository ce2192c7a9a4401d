"""The training command: python -m lab.train --config configs/demo.yaml [--resume] [key=value ...]"""

from course.base.errors import run_command
from lab.train.lesson_run import main

if __name__ == "__main__":
    run_command(main)
