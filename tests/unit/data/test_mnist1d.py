import numpy as np
import pytest

from redrawn.data.mnist1d import mnist1d


def test_both_parts_have_their_size_and_are_standardised_together():
    signals, labels = mnist1d("train")
    others, answers = mnist1d("test")
    assert signals.shape == (4000, 40) and others.shape == (1000, 40)
    assert (np.bincount(np.concatenate([labels, answers])) == 500).all()
    both = np.concatenate([signals, others])
    np.testing.assert_allclose([both.mean(), both.std()], [0, 1], atol=1e-5)
    assert len({signal.tobytes() for signal in both}) == 5000


def test_the_nearest_training_signal_tells_the_class_far_better_than_chance():
    signals, labels = mnist1d("train")
    others, answers = mnist1d("test")
    distances = ((others[:200, None] - signals[None, :2000]) ** 2).sum(2)
    assert (labels[distances.argmin(1)] == answers[:200]).mean() > 0.35


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="train or test"):
        mnist1d("validation")
