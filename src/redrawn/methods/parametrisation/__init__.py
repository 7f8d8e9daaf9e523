"""How initial weights, gradients and steps scale with a network's width."""

from redrawn.methods.parametrisation.abcd import (
    PARAMETRISATIONS,
    Exponents,
    WideMLP,
)

__all__ = ["PARAMETRISATIONS", "Exponents", "WideMLP"]
