"""A differential equation as a hard constraint on a learned basis (Chalapathi, Du and Krishnapriyan, arXiv 2402.13412).

A network gives N functions b; the solution is u = b · ω, where ω minimises the mean squares of the equation's residual
at sampled points, of the initial and of the boundary conditions, plus a ridge. With one solve a problem this is the
global constraint (PI-HC); a mixture of experts (PI-HC-MoE) solves in each part of the domain for itself. Gradients pass
through the solve by the implicit function theorem: dω = -H⁻¹ d(∇g) at the minimum of g, with g's exact Hessian H.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.physics.diffusion_sorption import (
    DIFFUSION,
    HORIZON,
    retardation,
    retardation_bend,
)

RIDGE = 1e-4
ITERATIONS = 50
"""A solve takes at most so many, as in the paper."""


class Rows(NamedTuple):
    """Basis functions at the points of each of p solves; `initial` is the value u_0 they start from."""

    value: Float[Tensor, "p m N"]
    rate: Float[Tensor, "p m N"]
    curve: Float[Tensor, "p m N"]
    at_start: Float[Tensor, "p m0 N"]
    at_left: Float[Tensor, "p mb N"]
    at_right: Float[Tensor, "p mb N"]
    slope_right: Float[Tensor, "p mb N"]
    initial: Float[Tensor, " p"]


def equation(rows: Rows, omega: Float[Tensor, "p N"]):
    """Return the residual u_t - HORIZON D q(u) u_xx, and its Jacobian in ω."""
    u, rate, curve = ((part @ omega[..., None])[..., 0] for part in rows[:3])
    q, slope = retardation(u)
    scale = HORIZON * DIFFUSION
    residual = rate - scale * q * curve
    jacobian = rows.rate - scale * (
        q[..., None] * rows.curve + (slope * curve)[..., None] * rows.value
    )
    return residual, jacobian


def conditions(rows: Rows) -> tuple[Float[Tensor, "p m N"], Float[Tensor, "p m"]]:
    """Return matrix and right side of all that is linear in ω: initial and boundary conditions, and the ridge."""
    edges = [
        (rows.at_start, rows.initial),
        (rows.at_left, torch.ones_like(rows.initial)),
        (rows.at_right + DIFFUSION * rows.slope_right, torch.zeros_like(rows.initial)),
    ]
    matrices = [m / m.shape[1] ** 0.5 for m, _ in edges]
    sides = [(s / m.shape[1] ** 0.5)[:, None].expand(m.shape[:2]) for m, s in edges]
    solves, _, unknowns = rows.at_start.shape
    identity = torch.eye(unknowns, dtype=rows.initial.dtype, device=rows.initial.device)
    matrices.append(RIDGE**0.5 * identity.expand(solves, -1, -1))
    sides.append(rows.initial.new_zeros(solves, unknowns))
    return torch.cat(matrices, 1), torch.cat(sides, 1)


def system(rows: Rows, omega: Float[Tensor, "p N"], linear=None):
    """Return all residuals (p, rows), whose squares add up to g, and their Jacobian (p, rows, N).

    `linear` are the rows' `conditions`, where they have been put together already.
    """
    matrix, right = conditions(rows) if linear is None else linear
    inside, jacobian = equation(rows, omega)
    root = inside.shape[1] ** 0.5
    outside = (matrix @ omega[..., None])[..., 0] - right
    return torch.cat([inside / root, outside], 1), torch.cat([jacobian / root, matrix], 1)


def hessian(rows: Rows, omega: Float[Tensor, "p N"]) -> Float[Tensor, "p N N"]:
    """Return the exact Hessian of g/2: JᵀJ, and the residuals times the equation's second derivatives."""
    _, jacobian = system(rows, omega)
    inside, _ = equation(rows, omega)
    u, curve = ((part @ omega[..., None])[..., 0] for part in (rows.value, rows.curve))
    weight, scale = inside / inside.shape[1], HORIZON * DIFFUSION
    slope, bend = scale * retardation(u)[1], scale * retardation_bend(u) * curve
    cross = (rows.value * (weight * slope)[..., None]).mT @ rows.curve
    square = (rows.value * (weight * bend)[..., None]).mT @ rows.value
    return jacobian.mT @ jacobian - cross - cross.mT - square


@torch.no_grad()
def levenberg_marquardt(
    rows: Rows, iterations: int = ITERATIONS, tolerance: float = 1e-4
) -> tuple[Float[Tensor, "p N"], Float[Tensor, " p"]]:
    """Minimise g from ω = 1, all solves at once, each with its own damping.

    A solve ends where its gradient is below `tolerance` times the one at the start; ended ones stay as they are.

    Returns:
        ω, and how many iterations each solve took.
    """
    solves, _, unknowns = rows.value.shape
    omega = rows.value.new_ones(solves, unknowns)
    damping = rows.value.new_full((solves,), 1e-3)
    count = torch.zeros_like(damping)
    linear = conditions(rows)
    residual, jacobian = system(rows, omega, linear)
    first = None
    for _ in range(iterations):
        gradient = (jacobian.mT @ residual[..., None])[..., 0]
        size = gradient.norm(dim=1)
        first = size if first is None else first
        going = size > tolerance * first
        if not going.any():
            break
        count += going
        normal = jacobian.mT @ jacobian
        diagonal = normal.diagonal(dim1=1, dim2=2)
        step = torch.linalg.solve(normal + torch.diag_embed(damping[:, None] * diagonal), gradient)
        trial = omega - step
        after, slopes = system(rows, trial, linear)
        better = going & (after.square().sum(1) < residual.square().sum(1))
        omega = torch.where(better[:, None], trial, omega)
        residual = torch.where(better[:, None], after, residual)
        jacobian = torch.where(better[:, None, None], slopes, jacobian)
        damping = torch.where(better, damping / 5, damping * 4).clamp(1e-12, 1e12)
    return omega, count


def constrained(rows: Rows, iterations: int = ITERATIONS, tolerance: float = 1e-4):
    """Return ω of each solve with its gradient in the basis by the implicit function theorem, and the iterations."""
    fixed = Rows(*(part.detach() for part in rows))
    omega, count = levenberg_marquardt(fixed, iterations, tolerance)
    residual, jacobian = system(rows, omega)  # ω is constant here: only the basis is differentiated
    gradient = (jacobian.mT @ residual[..., None])[..., 0]
    curvature = hessian(fixed, omega)
    return omega - torch.linalg.solve(curvature, gradient - gradient.detach()), count
