"""Make fashion.npz from Fashion-MNIST's four files (MIT; Debian's dataset-fashion-mnist has them), then

python data/fashion/make.py /usr/share/datasets/fashion-mnist data/fashion/fashion.npz

The first 600 pictures a class of the training files and the first 100 of the test files, in their order.
"""

import gzip
import sys
from pathlib import Path

import numpy as np

SHARE = {"train": 600, "t10k": 100}


def read(file: Path, header: int) -> np.ndarray:
    """Return the bytes of an idx file after its header."""
    return np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8, offset=header)


source, target = sys.argv[1:]
arrays = {}
for part, share in SHARE.items():
    images = read(Path(source, f"{part}-images-idx3-ubyte.gz"), 16).reshape(-1, 28, 28)
    labels = read(Path(source, f"{part}-labels-idx1-ubyte.gz"), 8)
    taken = np.sort(np.concatenate([np.flatnonzero(labels == c)[:share] for c in range(10)]))
    arrays |= {f"{part}_images": images[taken], f"{part}_labels": labels[taken]}
np.savez_compressed(target, **arrays)
