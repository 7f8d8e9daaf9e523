"""Recurrent networks whose gradients explode or vanish, and what helps (Pascanu, Mikolov and Bengio, ICML 2013)."""

from redrawn.methods.recurrent.jacobian_term import jacobian_term
from redrawn.methods.recurrent.recurrent_net import Errors, Weights, backward, forward, initial
from redrawn.methods.recurrent.rescale import rescale
from redrawn.methods.recurrent.single_unit import derivatives, error
from redrawn.methods.recurrent.temporal_order import temporal_order

__all__ = [
    "Errors",
    "Weights",
    "backward",
    "derivatives",
    "error",
    "forward",
    "initial",
    "jacobian_term",
    "rescale",
    "temporal_order",
]
