"""Make mnist1d.npz with the generator of the package mnist1d 0.0.2.post1 (Apache 2.0) at its default arguments.

pip download --no-deps mnist1d==0.0.2.post1, unpack, then: python data/mnist1d/make.py FOLDER data/mnist1d/mnist1d.npz
"""

import sys

import numpy as np

source, target = sys.argv[1:]
sys.path.insert(0, source)
from mnist1d.data import make_dataset  # noqa: E402 -- it is found by the line above

made = make_dataset()
arrays = {"train_signals": made["x"], "train_labels": made["y"]}
arrays |= {"test_signals": made["x_test"], "test_labels": made["y_test"]}
kinds = {"signals": np.float32, "labels": np.uint8}
np.savez_compressed(
    target, **{name: a.astype(kinds[name.split("_")[1]]) for name, a in arrays.items()}
)
