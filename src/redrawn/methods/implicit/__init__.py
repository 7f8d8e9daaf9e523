"""Networks that map coordinates to values."""

from redrawn.methods.implicit.coordinate_mlp import ACTIVATIONS, init_mlp, mlp
from redrawn.methods.implicit.derivatives import gradient, laplacian
from redrawn.methods.implicit.positional_encoding import frequencies, positional_encoding
from redrawn.methods.implicit.siren import init_siren, pre_activations, siren

__all__ = [
    "ACTIVATIONS",
    "frequencies",
    "gradient",
    "init_mlp",
    "init_siren",
    "laplacian",
    "mlp",
    "positional_encoding",
    "pre_activations",
    "siren",
]
