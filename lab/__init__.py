"""The given instruments: the lesson switch, small models, data, plots and the training command.

Importing `lab` makes lessons importable by their own name (see `lab.switch`).
"""

from lab import switch

switch.install()
