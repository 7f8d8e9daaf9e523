"""Networks that map coordinates to values."""

from redrawn.methods.implicit.coordinate_mlp import ACTIVATIONS, init_mlp, mlp
from redrawn.methods.implicit.derivatives import coordinate_jet, gradient, laplacian, mlp_jet
from redrawn.methods.implicit.poisson_dct import from_laplacian, from_sobel
from redrawn.methods.implicit.positional_encoding import (
    frequencies,
    positional_encoding,
    positional_encoding_jet,
)
from redrawn.methods.implicit.rbf_layer import init_rbf, rbf
from redrawn.methods.implicit.siren import init_siren, pre_activations, siren
from redrawn.methods.implicit.siren_step import siren_squared_error, siren_step

__all__ = [
    "ACTIVATIONS",
    "coordinate_jet",
    "frequencies",
    "from_laplacian",
    "from_sobel",
    "gradient",
    "init_mlp",
    "init_rbf",
    "init_siren",
    "laplacian",
    "mlp",
    "mlp_jet",
    "positional_encoding",
    "positional_encoding_jet",
    "pre_activations",
    "rbf",
    "siren",
    "siren_squared_error",
    "siren_step",
]
