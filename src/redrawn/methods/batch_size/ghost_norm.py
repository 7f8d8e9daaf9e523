"""Ghost batch normalisation: statistics of small parts of a large batch (Hoffer, Hubara and Soudry, 2017, Algorithm 1)."""

from jaxtyping import Float
from torch import Tensor


def ghost_batch_norm(
    x: Float[Tensor, "e b d"],
    ghost: int,
    running: tuple[Float[Tensor, "e 1 d"], Float[Tensor, "e 1 d"]],
    momentum: float = 0.1,
    epsilon: float = 1e-5,
) -> Float[Tensor, "e b d"]:
    """Normalise every ghost by its own mean and variance, and move the running ones once a ghost.

    Gain and shift are the caller's. With one ghost this is batch normalisation in training.

    Args:
        x: a batch of each network.
        ghost: samples in a ghost, more than one; divides the batch.
        running: mean and unbiased variance for use after training, changed in place.
        momentum: weight of a ghost's statistics in the running ones.
        epsilon: added to variances.

    Raises:
        ValueError: ghosts do not divide the batch, or have a single sample.
    """
    if ghost < 2 or x.shape[1] % ghost:
        raise ValueError(f"ghosts of {ghost} for a batch of {x.shape[1]}")
    parts = x.unflatten(1, (-1, ghost))
    mean = parts.mean(2, keepdim=True)
    centred = parts - mean
    variance = centred.square().mean(2, keepdim=True)  # `var` is slower along inner dimensions
    unbiased = variance.detach() * ghost / (ghost - 1)
    for kept, seen in zip(running, (mean.detach(), unbiased), strict=True):
        for part in seen.unbind(1):
            kept.lerp_(part, momentum)
    return (centred * (variance + epsilon).rsqrt()).flatten(1, 2)
