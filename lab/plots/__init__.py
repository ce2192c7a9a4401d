"""The pictures of the walkthrough notebooks. Each function takes data and gives a matplotlib figure; what is computed
from a learner's functions is computed in the notebook, where it can be read."""
