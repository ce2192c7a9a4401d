"""The picture of a run."""

import warnings

import pytest

from lab.plots import training_curve

METRICS = [
    {"step": 0, "accuracy_sampled": 0.4, "accuracy_greedy": 0.5},
    *({"step": s, "reward": s / 9, "completion_length": 5.0, "entropy": 0.3, "clip_fraction": 0.0, "signal": 0.5}
      for s in range(1, 9)),
    {"step": 9, "reward": 1.0, "accuracy_sampled": 0.9, "accuracy_greedy": 1.0},
]  # fmt: skip


@pytest.mark.parametrize("metrics", [METRICS, METRICS[:1]], ids=["whole run", "only the start"])
def test_a_training_curve_is_a_picture(tmp_path, metrics):
    from matplotlib import pyplot

    path, before = tmp_path / "curve.png", pyplot.get_fignums()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        training_curve.training_curve(metrics, path, "a title with $ and % and _")
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert [p.name for p in tmp_path.iterdir()] == ["curve.png"] and pyplot.get_fignums() == before


def test_the_running_mean_looks_back_only():
    assert training_curve.running_mean([1, 2, 3, 6], window=2) == [1, 1.5, 2.5, 4.5]
    assert training_curve.running_mean([5] * 30) == [5] * 30
    assert training_curve.running_mean([]) == []


def test_the_centred_mean_looks_as_far_back_as_ahead():
    assert training_curve.centred_mean([1, 2, 3, 6, 8], reach=1) == [1, 2, 11 / 3, 17 / 3, 8]
    assert training_curve.centred_mean([1, 2, 3, 4], reach=5) == [1, 2, 3, 4]  # a straight line stays where it is
    assert training_curve.centred_mean([]) == []
