"""An implicit decoder: pixel values at any coordinate from a map of latents (Kim & Kim, CVPR 2024).

A query reads the four nearest latents. For each, an MLP maps (latent, offset to it, size of the wanted pixel) to a
value; the four values are averaged with the areas of the opposite rectangles as weights, so that the
result is continuous across the borders of cells.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.implicit.coordinate_mlp import mlp
from redrawn.methods.implicit.siren import Layer


def pixel_centres(side: int, device="cpu") -> Float[Tensor, "side*side 2"]:
    """Return the centres (row, column) of `side` × `side` pixels that tile [-1, 1]²."""
    line = (torch.arange(side, device=device) + 0.5) * 2 / side - 1
    return torch.stack(torch.meshgrid(line, line, indexing="ij"), dim=-1).reshape(-1, 2)


def neighbours(query: Float[Tensor, "q 2"], height: int, width: int):
    """Return, for each of the four nearest cells: row, column, offset in cells (q, 2), and weight (q).

    The weights of a query sum to one.
    """
    size = torch.tensor([height, width], device=query.device, dtype=query.dtype)
    place = (query + 1) / 2 * size - 0.5  # in cells; integers are centres
    corner = place.floor()
    fraction = place - corner
    found = []
    for down in (0, 1):
        for right in (0, 1):
            shift = torch.tensor([down, right], device=query.device, dtype=query.dtype)
            weight = (1 - (fraction - shift).abs()).prod(-1)
            cell = torch.minimum((corner + shift).clamp_min(0), size - 1).long()
            found.append((cell[:, 0], cell[:, 1], place - corner - shift, weight))
    return found


def liif(
    layers: list[Layer],
    latents: Float[Tensor, "e b c h w"],
    query: Float[Tensor, "q 2"],
    pixel: float,
) -> Float[Tensor, "e b q"]:
    """Decode the latents at the query's coordinates.

    Args:
        layers: an ensemble's MLP from c + 4 inputs to one output.
        latents: latent maps.
        query: coordinates in [-1, 1]², row first.
        pixel: edge of the wanted pixel, in units of the square.
    """
    e, b, c, height, width = latents.shape
    q = query.shape[0]
    size = torch.full((e, b, q, 2), pixel * height / 2, device=query.device, dtype=latents.dtype)
    # a cell a row: rows are gathered, and their gradients added back, as blocks
    cells = latents.flatten(3).mT.contiguous()
    total = 0.0
    for row, column, offset, weight in neighbours(query, height, width):
        near = cells.index_select(2, row * width + column)
        features = torch.cat([near, offset.expand(e, b, q, 2), size], dim=-1)
        value = mlp(layers, features.reshape(e, b * q, c + 4), torch.relu)
        total = total + weight * value.reshape(e, b, q)
    return total
