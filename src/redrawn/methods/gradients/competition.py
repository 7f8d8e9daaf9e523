"""The data and the late-fusion network of modality competition (Huang et al., ICML 2022), as far as we know them.

The paper's text could not be had; data model and network are written down from the literature on it.

    Xʳ = Mʳ zʳ + ξʳ,  Mʳ with orthonormal columns, one a class
    sufficient sample:    z_y = 1,  other coordinates sparse and at most ρ
    insufficient sample:  z_y = γ, small,  and one wrong coordinate is ρ          (probability μ_r, for each modality by itself)

    f_j(X) = Σ_r Σ_l σ(⟨w_{j,l}^r, Xʳ⟩),   σ(x) = 0 | x^q / (q β^{q-1}) | x - (1 - 1/q) β   for x below 0, in [0, β], above
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor


class Distribution(NamedTuple):
    """Constants of the data; `insufficient` has one probability a modality."""

    classes: int = 10
    dimension: int = 20
    insufficient: tuple[float, ...] = (0.1, 0.15)
    wrong: float = 0.5
    tiny: float = 0.05
    active: float = 0.2
    noise: float = 0.02


def dictionary(
    distribution: Distribution, ensemble: int, generator: torch.Generator
) -> Float[Tensor, "r e d k"]:
    """Draw Mʳ for every modality and network.

    Raises:
        ValueError: fewer dimensions than classes.
    """
    d, k = distribution.dimension, distribution.classes
    if d < k:
        raise ValueError(f"{k} orthonormal columns need at least {k} dimensions, got {d}")
    shape = (len(distribution.insufficient), ensemble, d, k)
    return torch.linalg.qr(torch.randn(shape, generator=generator))[0]


def sample(
    distribution: Distribution,
    features: Float[Tensor, "r e d k"],
    count: int,
    generator: torch.Generator,
) -> tuple[Float[Tensor, "r e n d"], Int[Tensor, "e n"]]:
    """Draw `count` samples a network, and their classes."""
    r, e, d, k = features.shape
    label = torch.randint(k, (e, count), generator=generator)
    one_hot = torch.nn.functional.one_hot(label, k).float()

    def uniform(*shape):
        return torch.rand(shape, generator=generator)

    share = torch.tensor(distribution.insufficient)[:, None, None, None]
    poor = (uniform(r, e, count, 1) < share).float()
    others = (uniform(r, e, count, k) < distribution.active).float() * uniform(r, e, count, k)
    offset = torch.randint(1, k, (r, e, count), generator=generator)
    wrong = torch.nn.functional.one_hot((label + offset) % k, k).float()
    z = (1 - one_hot) * distribution.wrong * others
    z = torch.where((poor * wrong) > 0, torch.tensor(distribution.wrong), z)
    z = z + one_hot * (1 - poor + distribution.tiny * poor)
    noise = distribution.noise * torch.randn((r, e, count, d), generator=generator)
    return z @ features.mT + noise, label


def smoothed_relu(x: Tensor, power: float, bend: float) -> tuple[Tensor, Tensor]:
    """Return σ(x) and σ'(x); power q = 1 is the plain ReLU."""
    inside = x.clamp(0, bend)
    # in place where it can be: new tensors of this size take longer than the arithmetic
    slope = (inside / bend).pow_(power - 1) if power > 1 else (x > 0).to(x.dtype)
    return inside.mul_(slope).div_(power).add_((x - bend).clamp_min_(0)), slope


def late_fusion(
    weights: Float[Tensor, "r e km d"],
    x: Float[Tensor, "r e n d"],
    classes: int,
    power: float,
    bend: float,
) -> tuple[Float[Tensor, "e n k"], Float[Tensor, "r e n km"]]:
    """Return the logits, and σ' at every neuron; rows of the weights are sorted by class."""
    active, slope = smoothed_relu(x @ weights.mT, power, bend)
    return active.unflatten(-1, (classes, -1)).sum((0, -1)), slope


def loss_gradient(
    logits: Float[Tensor, "e n k"],
    slope: Float[Tensor, "r e n km"],
    x: Float[Tensor, "r e n d"],
    labels: Int[Tensor, "e n"],
) -> Float[Tensor, "r e km d"]:
    """Return the gradient of the mean cross-entropy in nats: Σ_n (p_j - 1[y = j]) σ' X / n."""
    n, k = logits.shape[1:]
    error = logits.softmax(-1) - torch.nn.functional.one_hot(labels, k)
    each = slope.unflatten(-1, (k, -1)) * (error / n)[..., None]
    return each.flatten(-2).mT @ x


def learned_features(
    weights: Float[Tensor, "r e km d"], features: Float[Tensor, "r e d k"]
) -> Float[Tensor, "r e k"]:
    """Return max_l ⟨w_{j,l}^r, M_j^r⟩ for every class j: how much of its own feature it has learned."""
    k = features.shape[-1]
    along = (weights @ features).unflatten(2, (k, -1))
    return along.amax(3).diagonal(dim1=-2, dim2=-1)
