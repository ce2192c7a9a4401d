"""The picture of a run."""

import warnings

from lab.plots import training_curve


def test_a_training_curve_is_a_picture(tmp_path):
    """Of the start alone; that of a whole run is drawn in lesson_run_test.py."""
    from matplotlib import pyplot

    path, before = tmp_path / "curve.png", pyplot.get_fignums()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        start = [{"step": 0, "accuracy_sampled": 0.4, "accuracy_greedy": 0.5}]
        training_curve.training_curve(start, path, "a title with $ and % and _")
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert [p.name for p in tmp_path.iterdir()] == ["curve.png"] and pyplot.get_fignums() == before


def test_means_look_back_only_or_as_far_back_as_ahead():
    assert training_curve.running_mean([1, 2, 3, 6], window=2) == [1, 1.5, 2.5, 4.5]
    assert training_curve.centred_mean([1, 2, 3, 6, 8], reach=1) == [1, 2, 11 / 3, 17 / 3, 8]
    assert training_curve.centred_mean([1, 2, 3, 4], reach=5) == [1, 2, 3, 4]  # a straight line stays where it is
    assert training_curve.running_mean([]) == training_curve.centred_mean([]) == []
