"""OASIS: a diagonal of the Hessian and a step size from local smoothness (Jahani et al., 2021, deterministic form).

D ← β D + (1 − β) z ⊙ ∇²F(w) z,  z of random signs,  D̂ = max(|D|, α)
η_k = min{√(1 + θ_{k−1}) η_{k−1},  ½ ‖w_k − w_{k−1}‖_{D̂} / ‖∇F(w_k) − ∇F(w_{k−1})‖_{D̂⁻¹}},  θ_k = η_k / η_{k−1}
w_{k+1} = w_k − η_k D̂⁻¹ ∇F(w_k)

With D̂ the identity this is adaptive gradient descent (Malitsky and Mishchenko, 2020).
"""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor


def oasis(
    gradient: Callable[[Tensor], Tensor],
    product: Callable[[Tensor, Tensor], Tensor] | None,
    start: Float[Tensor, "e d"],
    first_step: Float[Tensor, "e 1"],
    signs: Iterator[Float[Tensor, "e d"]],
    beta: float = 0.99,
    least: float = 1e-8,
    probes: int = 100,
) -> Iterator[Float[Tensor, "e d"]]:
    """Yield iterates of independent problems, without end, from the first step on.

    Args:
        gradient: ∇F of points (e, d).
        product: ∇²F(w) z of points and vectors; None for the identity in place of D̂.
        start: w_0.
        first_step: η_0.
        signs: z, at random, one at a time.
        beta: β.
        least: α.
        probes: signs that the first D is a mean of.
    """

    def probe(w):
        z = next(signs).to(w)
        return z * product(w, z)

    def scale():
        return torch.ones_like(start) if product is None else diagonal.abs().clamp(min=least)

    diagonal = None if product is None else sum(probe(start) for _ in range(probes)) / probes
    before, g_before, step = start, gradient(start), first_step
    w = before - step * g_before / scale()
    ratio = torch.full_like(step, torch.inf)
    while True:
        yield w
        g = gradient(w)
        if product is not None:
            diagonal = beta * diagonal + (1 - beta) * probe(w)
        d = scale()
        moved = (d * (w - before) ** 2).sum(1, keepdim=True).sqrt()
        turned = ((g - g_before) ** 2 / d).sum(1, keepdim=True).sqrt()
        # at the minimum both are zero, and the first bound is left
        smooth = torch.where(turned > 0, moved / (2 * turned), torch.inf)
        longer = torch.minimum((1 + ratio).sqrt() * step, smooth)
        longer = torch.where(longer.isfinite(), longer, step)
        ratio, step = longer / step, longer
        before, g_before = w, g
        w = w - step * g / d
