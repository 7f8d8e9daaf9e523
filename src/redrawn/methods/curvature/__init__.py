"""Curvature of a loss without its Hessian: products, extremal eigenvalues, spectra and traces."""

from redrawn.methods.curvature.hessian_vector import (
    flatten,
    hessian_operator,
    hessian_vector_product,
)
from redrawn.methods.curvature.hutchinson import hutchinson, rademacher
from redrawn.methods.curvature.hutchpp import hutchpp
from redrawn.methods.curvature.lanczos import Krylov, Ritz, lanczos, ritz
from redrawn.methods.curvature.lanczos_quadrature import lanczos_quadrature, spectral_density

__all__ = [
    "Krylov",
    "Ritz",
    "flatten",
    "hessian_operator",
    "hessian_vector_product",
    "hutchinson",
    "hutchpp",
    "lanczos",
    "lanczos_quadrature",
    "rademacher",
    "ritz",
    "spectral_density",
]
