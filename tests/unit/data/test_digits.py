import numpy as np
import pytest

from redrawn.data import digits


def test_mnist_has_500_digits_a_class_in_the_unit_range():
    images, labels = digits.mnist()
    assert images.shape == (5000, 28, 28)
    assert (np.bincount(labels) == 500).all()
    assert images.min() == 0 and images.max() == 1
    # a one is a thin stroke, a zero a ring with an empty middle
    assert images[labels == 1].mean() < images[labels == 0].mean()
    assert images[labels == 0][:, 13:15, 13:15].mean() < images[labels == 1][:, 13:15, 13:15].mean()


def test_a_smaller_side_averages_blocks():
    images, labels = digits.mnist()
    small, same = digits.mnist(14)
    np.testing.assert_allclose(small[7, 3, 5], images[7, 6:8, 10:12].mean())
    assert small.shape == (5000, 14, 14) and (same == labels).all()


def test_a_side_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="divide"):
        digits.mnist(10)
