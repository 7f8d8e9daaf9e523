"""Optimizers that look for flat minima, by gradients at moved weights, and what flatness is."""

from redrawn.methods.flatness.gam import GAM
from redrawn.methods.flatness.orders import first_order, zeroth_order
from redrawn.methods.flatness.sam import SAM

__all__ = ["GAM", "SAM", "first_order", "zeroth_order"]
