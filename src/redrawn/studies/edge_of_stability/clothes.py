"""Part of Fashion-MNIST as rows of pixels, and draws of batches for networks side by side."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from redrawn.data.fashion import fashion_mnist


def clothes(
    count: int, side: int, device: str
) -> tuple[Float[Tensor, "n d"], Int[Tensor, " n"], Float[Tensor, "m d"], Int[Tensor, " m"]]:
    """Return the first pictures to train on, their classes, and all those to test on with theirs."""
    images, classes = fashion_mnist("train", side)
    unseen, truth = fashion_mnist("test", side)
    x, z = (torch.from_numpy(part).flatten(1).to(device) for part in (images[:count], unseen))
    return x, torch.from_numpy(classes[:count]).to(device), z, torch.from_numpy(truth).to(device)


def epochs(
    count: int, batch: int, seeds: int, steps: int, source: torch.Generator
) -> Int[Tensor, "steps s b"]:
    """Return places of pictures in the batches of whole epochs, each seed's in an order of its own."""
    per_epoch = count // batch
    rounds = -(-steps // per_epoch)
    order = torch.stack(
        [
            torch.stack([torch.randperm(count, generator=source) for _ in range(seeds)])
            for _ in range(rounds)
        ]
    )  # (rounds, s, n)
    kept = order[..., : per_epoch * batch].unflatten(-1, (per_epoch, batch)).movedim(1, 2)
    return kept.flatten(0, 1)[:steps]
