"""Make photographs.npz from the wheel of `foolbox` 3.3.4 (MIT): `pip download --no-deps foolbox==3.3.4`, unpack, then

python data/imagenet/make.py foolbox/data data/imagenet/photographs.npz
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

source, target = sys.argv[1:]
files = sorted(Path(source).glob("imagenet_*.jpg"))
# 224 pixels is what ImageNet classifiers read
images = [
    np.asarray(Image.open(file).convert("RGB").resize((224, 224), Image.BILINEAR)) for file in files
]
# named imagenet_<number>_<class>.jpg
labels = [int(file.stem.split("_")[2]) for file in files]
np.savez_compressed(target, images=np.stack(images), labels=np.array(labels, np.int16))
