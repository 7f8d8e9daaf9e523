"""Neural tangent kernels on the sphere: a two-layer ReLU net, and the product of two (a Π-Net of degree 2).

Choraria et al., ICLR 2022. With κ₀(t) = (π - arccos t)/π and κ₁(t) = (√(1-t²) + t(π - arccos t))/π, t = ⟨x, x'⟩:

    standard  σ(Ax)            K = t κ₀ + κ₁
    product   σ(Ax) ∘ σ(Bx)    K = κ₁² + 2 t κ₀ κ₁

both for unit inputs, infinite width and without biases (derived here; the product has three trained factors).
"""

import numpy as np
from jaxtyping import Float
from scipy import integrate, special


def _arc_cosines(t):
    t = np.clip(t, -1, 1)
    angle = np.pi - np.arccos(t)
    return angle / np.pi, (np.sqrt(1 - t**2) + t * angle) / np.pi


def standard_kernel(t: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return the kernel of a two-layer ReLU network at inner products `t`."""
    k0, k1 = _arc_cosines(t)
    return t * k0 + k1


def product_kernel(t: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return the kernel of the product of two ReLU layers at inner products `t`."""
    k0, k1 = _arc_cosines(t)
    return k1**2 + 2 * t * k0 * k1


def gegenbauer(
    t: Float[np.ndarray, "..."], degree: int, dimension: int
) -> Float[np.ndarray, "..."]:
    """Return the zonal harmonic of `degree` on the unit sphere of ℝ^dimension, one at t = 1."""
    alpha = (dimension - 2) / 2
    return special.eval_gegenbauer(degree, alpha, t) / special.eval_gegenbauer(degree, alpha, 1.0)


def mercer_eigenvalue(kernel, degree: int, dimension: int) -> float:
    """Return the eigenvalue of a zonal kernel on harmonics of `degree` by the Funk-Hecke formula.

    Normalised by kernel(1), that is by the kernel's trace.
    """

    def weight(angle):  # t = cos(angle) takes the end-point singularity of (1 - t²)^((d-3)/2) away
        return np.sin(angle) ** (dimension - 2)

    def integrand(angle):
        t = np.cos(angle)
        return kernel(t) * gegenbauer(t, degree, dimension) * weight(angle)

    total = integrate.quad(weight, 0, np.pi)[0]
    value = integrate.quad(integrand, 0, np.pi, limit=400, epsabs=1e-13)[0]
    return value / total / float(kernel(np.array(1.0)))
