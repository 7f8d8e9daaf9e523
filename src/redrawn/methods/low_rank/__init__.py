"""Factorisations that gradient descent keeps low in rank."""

from redrawn.methods.low_rank.bures import (
    bures_gradient,
    bures_loss,
    chain_gradients,
    critical_point,
    minimal_loss,
    symmetric_power,
)
from redrawn.methods.low_rank.circulant import circulant_descent, circulant_pursuit
from redrawn.methods.low_rank.component_pursuit import component_pursuit
from redrawn.methods.low_rank.double_overparameterisation import discrepant_descent
from redrawn.methods.low_rank.effective_rank import entropy_rank, numerical_rank
from redrawn.methods.low_rank.group_rmsprop import GroupRMSprop
from redrawn.methods.low_rank.hierarchical import (
    HierarchicalFactors,
    balance,
    component_norms,
    hierarchical_tensor,
    predicted_rates,
)
from redrawn.methods.low_rank.image_prior import image_prior, init_image_prior
from redrawn.methods.low_rank.locality import (
    ensemble_convolution,
    init_convolutions,
    patch_alignment,
)
from redrawn.methods.low_rank.matrix_sensing import (
    best_of_ranks,
    gaussian_measurements,
    sensing_gradient,
    sensing_loss,
    to_matrix,
    to_vector,
)
from redrawn.methods.low_rank.tubal import (
    best_of_tubal_rank,
    from_coordinates,
    from_slices,
    leading_subspace,
    square_root,
    subspace_angle,
    t_product,
    t_transpose,
    to_coordinates,
    to_slices,
    tubal_singular_values,
)
from redrawn.methods.low_rank.tubal_descent import TubalDescent, from_half_slices, half_slices

__all__ = [
    "GroupRMSprop",
    "HierarchicalFactors",
    "TubalDescent",
    "balance",
    "best_of_ranks",
    "best_of_tubal_rank",
    "bures_gradient",
    "bures_loss",
    "chain_gradients",
    "circulant_descent",
    "circulant_pursuit",
    "component_norms",
    "component_pursuit",
    "critical_point",
    "discrepant_descent",
    "ensemble_convolution",
    "entropy_rank",
    "from_coordinates",
    "from_half_slices",
    "from_slices",
    "gaussian_measurements",
    "half_slices",
    "hierarchical_tensor",
    "image_prior",
    "init_convolutions",
    "init_image_prior",
    "leading_subspace",
    "minimal_loss",
    "numerical_rank",
    "patch_alignment",
    "predicted_rates",
    "sensing_gradient",
    "sensing_loss",
    "square_root",
    "subspace_angle",
    "symmetric_power",
    "t_product",
    "t_transpose",
    "to_coordinates",
    "to_matrix",
    "to_slices",
    "to_vector",
    "tubal_singular_values",
]
