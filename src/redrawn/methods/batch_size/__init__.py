"""What the size of a batch does: normalisation, walks from the start, and the curvature that a batch shows."""

from redrawn.methods.batch_size.ghost_norm import ghost_batch_norm
from redrawn.methods.batch_size.spiked import effective_batch, element_variance, spiked_eigenvalue

__all__ = ["effective_batch", "element_variance", "ghost_batch_norm", "spiked_eigenvalue"]
