"""Passages of Shakespeare around a removed pronoun: from the ten words before and after, tell *thou* from *you*, in any case."""

import re
from collections import Counter
from functools import cache

import numpy as np
import torch
from scipy import sparse

from redrawn.data import plays

FAMILIAR = frozenset({"thou", "thee", "thy", "thine", "thyself"})
POLITE = frozenset({"you", "ye", "your", "yours", "yourself"})
NEIGHBOURS = 10


@cache
def _passages(words: int):
    """Return places in the vocabulary, (n, 2·NEIGHBOURS), `words` for a word outside of it, and labels ±1."""
    codes, alphabet = plays.shakespeare("train")
    text = np.frombuffer(alphabet.encode("latin-1"), np.uint8)[codes].tobytes().decode("latin-1")
    tokens = re.findall(r"[a-z']+", text.lower())
    hidden = FAMILIAR | POLITE
    counts = Counter(tokens)
    for word in hidden:
        del counts[word]
    vocabulary = {word: i for i, (word, _) in enumerate(counts.most_common(words))}
    places = np.array([vocabulary.get(t, words) for t in tokens])
    spots = [i for i, t in enumerate(tokens) if t in hidden]
    spots = np.array([i for i in spots if NEIGHBOURS <= i < len(tokens) - NEIGHBOURS])
    offsets = np.delete(np.arange(-NEIGHBOURS, NEIGHBOURS + 1), NEIGHBOURS)
    labels = np.array([1.0 if tokens[i] in FAMILIAR else -1.0 for i in spots])
    return places[spots[:, None] + offsets], labels


def draw(passages: int, words: int, source: torch.Generator) -> tuple[sparse.csr_array, np.ndarray]:
    """Return unit rows of word counts times inverse document frequencies, with a constant of one, and labels ±1."""
    places, labels = _passages(words)
    chosen = torch.randperm(len(labels), generator=source)[:passages].numpy()
    places, labels = places[chosen], labels[chosen]
    rows = np.repeat(np.arange(len(labels)), places.shape[1])
    shape = (len(labels), words + 1)
    counts = sparse.csr_array((np.ones(places.size), (rows, places.ravel())), shape=shape)
    counts = counts[:, :words]
    known = (counts > 0).sum(0)
    x = counts * np.log(len(labels) / np.maximum(known, 1))[None]
    norm = np.sqrt((x * x).sum(1))
    x = sparse.csr_array(x / np.maximum(norm, 1e-12)[:, None])
    return sparse.csr_array(sparse.hstack([x, np.ones((len(labels), 1))])), labels
