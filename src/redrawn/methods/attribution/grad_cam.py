"""Class activation maps by gradients: map = ReLU(Σ_k w_k A_k) of a layer's features A and their gradients g.

Grad-CAM      w_k = mean_u g_k(u)                                            (Selvaraju et al., 2017)
Grad-CAM++    w_k = Σ_u a_k(u) ReLU(g_k(u)),  a = g² / (2 g² + g³ Σ_u A_k(u))     (Chattopadhay et al., 2018)
XGrad-CAM     w_k = Σ_u A_k(u) g_k(u) / Σ_u A_k(u)                             (Fu et al., BMVC 2020, Eq. 9)
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from redrawn.methods.attribution.gradient import Score
from redrawn.methods.attribution.layers import recorded

Maps = Float[Tensor, "n k h w"]


def layer_gradients(
    score: Score, x: Float[Tensor, "n ..."], layers: list[nn.Module]
) -> list[tuple[Maps, Maps]]:
    """Return features and gradients of the score at the outputs of layers, by one backward pass."""
    point = x.detach().requires_grad_()
    with recorded(layers) as calls:
        values = score(point)
    outputs = {layer: out for layer, _, out in calls}
    slopes = torch.autograd.grad(values.sum(), [outputs[layer] for layer in layers])
    return [(outputs[m].detach(), slope) for m, slope in zip(layers, slopes, strict=True)]


def grad_cam(features: Maps, slopes: Maps) -> Float[Tensor, "n k"]:
    """Return Grad-CAM's weights."""
    return slopes.mean((2, 3))


def grad_cam_plus(features: Maps, slopes: Maps) -> Float[Tensor, "n k"]:
    """Return Grad-CAM++'s weights, for an exponential of the score as its authors take it."""
    squares = slopes.square()
    below = 2 * squares + squares * slopes * features.sum((2, 3), keepdim=True)
    share = torch.where(squares > 0, squares / torch.where(below == 0, 1.0, below), 0.0)
    return (share * slopes.clamp_min(0)).sum((2, 3))


def xgrad_cam(features: Maps, slopes: Maps) -> Float[Tensor, "n k"]:
    """Return XGrad-CAM's weights; the features are not negative."""
    return (features * slopes).sum((2, 3)) / (features.sum((2, 3)) + 1e-6)


def activation_map(
    features: Maps, weights: Float[Tensor, "n k"], size: tuple[int, int]
) -> Float[Tensor, "n i j"]:
    """Return ReLU(Σ_k w_k A_k), enlarged to a size."""
    coarse = torch.einsum("nk,nkhw->nhw", weights, features).clamp_min(0)[:, None]
    return F.interpolate(coarse, size, mode="bilinear", align_corners=False)[:, 0]
