"""Situations that the tests of lesson 12 look at. Each returns evidence; what it should be is in the tests."""

from lesson12_the_group.group import advantages


def moving_baselines(batches, decay):
    """Makes two MovingBaselines, which take turns: one gets each batch of rewards, the other the batch's opposite.
    Returns the baselines of the first."""
    one, other = advantages.MovingBaseline(decay), advantages.MovingBaseline(decay)
    return [(float(one(batch)), other(-batch))[0] for batch in batches]
