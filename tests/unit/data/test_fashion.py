import numpy as np
import pytest

from redrawn.data import fashion


def test_both_parts_are_balanced_and_share_no_picture():
    images, labels = fashion.fashion_mnist("train")
    others, answers = fashion.fashion_mnist("test")
    assert (np.bincount(labels) == 600).all() and (np.bincount(answers) == 100).all()
    assert images.shape == (6000, 28, 28) and images.min() == 0 and images.max() == 1
    seen = {image.tobytes() for image in images}
    assert not any(image.tobytes() in seen for image in others)
    # a pair of trousers (1) is dark between its legs where a pullover (2) is not
    assert images[labels == 1][:, 20, 14].mean() < images[labels == 2][:, 20, 14].mean()


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="train or test"):
        fashion.fashion_mnist("validation")
