"""The students' bundle, which course/release/build_bundle.py makes: how it is recognised, and what it lacks.

Any Python 3 can read this file, like course/__main__.py, which asks it before anything is installed.
"""

import os

# The stubs as they were handed out, for `reset`: what a bundle has in the place of solutions/.
PRISTINE = os.path.join("course", "pristine.zip")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

WITHOUT = {  # command -> what to do instead
    "demo": "`python -m lab.train --config configs/demo.yaml name=mine` trains with your own code after lesson 14",
    "mnist": "`python -m lab.run lesson15_grpo_mnist.given.experiments all` does it with your own code after lesson 15",
    "rlhf": "`python -m lab.run lesson16_grpo_rlhf.given.rlhf_command` does it with your own code after lesson 16",
    "llm": "`python -m lab.train --config configs/llm.yaml` trains it with your own code after lesson 14",
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
    "new-lesson": "new lessons need the whole repository",
}


def is_bundle():
    """Whether this is the course as it was handed out to students: it cannot make another one."""
    return not os.path.isdir(os.path.join(ROOT, "course", "release"))


def refusal(verb):
    """Why this command does not work in a bundle, in one sentence."""
    return f"{verb} needs what a bundle for students does not hold; {WITHOUT[verb]}."
