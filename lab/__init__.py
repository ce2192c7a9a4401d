"""The given instruments: the lesson switch, small models, data, plots and the training command.

Importing `lab` makes lessons importable by their own name (`course.base.switch`). In a notebook, an exercise that is
not written yet then gives a friendly note (`lab.notebook`).
"""

import os

from course.base import switch  # noqa: F401 (installs the finder of lessons)
from lab import notebook

# Threads that wait should sleep, not spin: on a machine that does something else besides, a spinning second thread
# can make small models many times slower. Torch reads this when it is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

notebook.prepare()
