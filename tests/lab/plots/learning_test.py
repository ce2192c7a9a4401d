"""Curves of a small run."""

from lab.plots import learning


def test_the_mean_looks_as_far_back_as_ahead():
    assert learning.centred_mean([1, 2, 3, 6, 8], reach=1) == [1, 2, 11 / 3, 17 / 3, 8]
    assert learning.centred_mean([1, 2, 3, 4], reach=5) == [1, 2, 3, 4]  # a straight line stays where it is
    assert learning.centred_mean([]) == []
