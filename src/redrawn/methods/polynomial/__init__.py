"""Polynomial networks and their kernels."""

from redrawn.methods.polynomial.kernel import (
    gegenbauer,
    mercer_eigenvalue,
    product_kernel,
    standard_kernel,
)
from redrawn.methods.polynomial.pi_net import init_pi_net, pi_net

__all__ = [
    "gegenbauer",
    "init_pi_net",
    "mercer_eigenvalue",
    "pi_net",
    "product_kernel",
    "standard_kernel",
]
