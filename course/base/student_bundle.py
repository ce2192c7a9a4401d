"""The students' bundle, which course/release/build_bundle.py makes: how it is recognised, and where its stubs are.

Any Python 3 can read this file, like course/__main__.py, which asks it before anything is installed.
"""

import os

# The stubs as they were handed out, for `reset`: what a bundle has in the place of solutions/.
PRISTINE = os.path.join("course", "pristine.zip")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def is_bundle():
    """Whether this is the course as it was handed out to students: it cannot make another one."""
    return not os.path.isdir(os.path.join(ROOT, "course", "release"))
