"""Images at any size from one map of latents."""

from redrawn.methods.arbitrary_scale.autoencoder import (
    FACTOR,
    convolve,
    decode_features,
    decode_fixed,
    encode,
    init_convolutions,
)
from redrawn.methods.arbitrary_scale.liif import liif, neighbours, pixel_centres

__all__ = [
    "FACTOR",
    "convolve",
    "decode_features",
    "decode_fixed",
    "encode",
    "init_convolutions",
    "liif",
    "neighbours",
    "pixel_centres",
]
