"""Grey patches of photographs; those to learn from and those held out are of different photographs."""

import numpy as np
from jaxtyping import Float
from skimage import color, data
from sklearn.datasets import load_sample_images

TRAINING = ("astronaut", "coffee", "chelsea", "rocket")


def patches(
    side: int, count: int, rng: np.random.Generator, held_out: bool
) -> Float[np.ndarray, "n s s"]:
    """Return `count` random patches of `side` pixels with values in [0, 1].

    Args:
        side: pixels along an edge, at most 300.
        count: number of patches.
        rng: where they are cut.
        held_out: from the photographs *china* and *flower* instead of those of `TRAINING`.

    Raises:
        ValueError: `side` is larger than the smallest photograph.
    """
    if held_out:
        images = [color.rgb2gray(image) for image in load_sample_images().images]
    else:
        images = [color.rgb2gray(getattr(data, name)()) for name in TRAINING]
    if side > min(min(image.shape) for image in images):
        raise ValueError(f"side {side} is larger than the smallest photograph")
    found = np.empty((count, side, side))
    for i in range(count):
        image = images[rng.integers(len(images))]
        row, column = (rng.integers(size - side + 1) for size in image.shape)
        found[i] = image[row : row + side, column : column + side]
    return found
