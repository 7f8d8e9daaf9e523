"""Shakespeare's plays and poems as characters: five million of them, for small language models."""

import lzma
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Int

from redrawn.data import registry


def shakespeare(part: Literal["train", "test"]) -> tuple[Int[np.ndarray, " n"], str]:
    """Return a text as places in an alphabet, and the alphabet, which both parts share.

    Args:
        part: `train` is the first nine tenths (texts stand in the order of their titles), `test` the last.

    Raises:
        ValueError: there is no such part.
    """
    if part not in ("train", "test"):
        raise ValueError(f"part must be train or test, got {part!r}")
    places, letters = _places(registry.path_of("shakespeare"))
    border = 9 * len(places) // 10
    return places[:border] if part == "train" else places[border:], letters


@cache
def _places(path: Path) -> tuple[Int[np.ndarray, " n"], str]:
    # a study asks several times, and unpacking takes half a second
    codes = np.frombuffer(lzma.decompress(path.read_bytes()), np.uint8)
    # counting bytes takes a twentieth of what sorting them does
    known = np.bincount(codes) > 0
    letters = np.flatnonzero(known).astype(np.uint8)
    places = (np.cumsum(known) - 1)[codes]
    places.flags.writeable = False  # shared by all who ask
    return places, letters.tobytes().decode()
