"""The students' bundle (course/release/build_bundle.py makes it): how it is known, and what is said where it lacks something.

Any Python 3 can read this file, like course/__main__.py, which asks it before anything is installed.
"""

import os

# The stubs as they were handed out, for `reset`: what a bundle has in the place of solutions/.
PRISTINE = os.path.join("course", "pristine.zip")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

WITHOUT = {  # verb -> what to do instead
    "demo": "`python -m lab.train --config configs/demo.yaml name=mine` trains on your own code when lesson 14 passes",
    "mnist": "`python -m lab.run lesson15_grpo_mnist.given.experiments all` runs the experiments on your own code when lesson 15 passes",
    "rlhf": "`python -m lab.run lesson16_grpo_rlhf.given.rlhf_command` runs them on your own code when lesson 16 passes",
    "llm": "`python -m lab.train --config configs/llm.yaml` trains it with your own code when lesson 14 passes",
    "test": "`make check` tests your own code",
    "audit": "`make check` tests your own code",
    "notebooks": "`jupyter lab` opens a lesson's walkthrough.ipynb, on your own code",
    "solution": "`make hint EX=13.2` helps on, and your instructor has the rest",
    "update": "unpack a newer bundle in a folder of its own, and copy your files from tutorial/ into it",
    "grade": "your instructor grades",
    "gradescope-zip": "your instructor grades",
    "classroom-workflow": "your instructor grades",
    "release": "this is one already",
    "stubs": "`make reset LESSON=13` gives fresh stubs",
    "new-lesson": "lessons are written in the whole repository",
}


def is_bundle():
    """Whether this is the course as it was handed out to students: it cannot make another one."""
    return not os.path.isdir(os.path.join(ROOT, "course", "release"))


def refusal(verb):
    """Why this verb does not go here, in one sentence."""
    return f"{verb} needs what a bundle for students does not hold; {WITHOUT[verb]}."
