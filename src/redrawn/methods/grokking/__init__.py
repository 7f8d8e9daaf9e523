"""Delayed generalisation: losses, projections, networks and reductions of the grokking literature."""

from redrawn.methods.grokking.lazy_rich import (
    Samples,
    State,
    alignment,
    frozen_kernel_descent,
    gram,
    initial_state,
    loss_terms,
    output,
    step,
    with_products,
)
from redrawn.methods.grokking.modular_mlp import all_pairs, init_mlp, mlp
from redrawn.methods.grokking.perpendicular import perpendicular_gradient
from redrawn.methods.grokking.quadratic_net import (
    analytic_weights,
    init_quadratic,
    inverse_participation,
    quadratic,
    quadratic_gradient,
)
from redrawn.methods.grokking.softmax_collapse import collapsed, cross_entropy, log_softmax
from redrawn.methods.grokking.stablemax import stablemax_cross_entropy

__all__ = [
    "Samples",
    "State",
    "alignment",
    "all_pairs",
    "analytic_weights",
    "collapsed",
    "cross_entropy",
    "frozen_kernel_descent",
    "gram",
    "init_mlp",
    "init_quadratic",
    "initial_state",
    "inverse_participation",
    "log_softmax",
    "loss_terms",
    "mlp",
    "output",
    "perpendicular_gradient",
    "quadratic",
    "quadratic_gradient",
    "stablemax_cross_entropy",
    "step",
    "with_products",
]
