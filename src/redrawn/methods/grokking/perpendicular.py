"""⊥Grad: take from the gradient what only scales the weights (Prieto et al., ICLR 2025, Sec. 5).

g⊥ = g - (wᵀg / wᵀw) w
"""

from jaxtyping import Float
from torch import Tensor


def perpendicular_gradient(
    gradient: Float[Tensor, " e *shape"], weight: Float[Tensor, " e *shape"], rescale: bool = False
) -> Float[Tensor, " e *shape"]:
    """Project each network's gradient of one parameter tensor onto the complement of its weights.

    Args:
        gradient: g, one slice a network.
        weight: w, of the same shape.
        rescale: lengthen g⊥ to ‖g‖, as the authors' code does and the paper's text does not.

    Raises:
        ValueError: shapes differ.
    """
    if gradient.shape != weight.shape:
        raise ValueError(f"shapes differ: {tuple(gradient.shape)} and {tuple(weight.shape)}")
    g, w = gradient.flatten(1), weight.flatten(1)
    share = (w * g).sum(1, keepdim=True) / ((w * w).sum(1, keepdim=True) + 1e-30)
    found = g - share * w
    if rescale:
        found = found * (g.norm(dim=1, keepdim=True) / (found.norm(dim=1, keepdim=True) + 1e-30))
    return found.view_as(gradient)
