import numpy as np

from redrawn.data import digits


def test_mnist_has_500_digits_a_class_in_the_unit_range():
    images, labels = digits.mnist()
    assert images.shape == (5000, 28, 28)
    assert (np.bincount(labels) == 500).all()
    assert images.min() == 0 and images.max() == 1
    # a one is a thin stroke, a zero a ring with an empty middle
    assert images[labels == 1].mean() < images[labels == 0].mean()
    assert images[labels == 0][:, 13:15, 13:15].mean() < images[labels == 1][:, 13:15, 13:15].mean()
