"""How a final loss depends on scale, where it can be computed."""

from redrawn.methods.scaling.power_law_sgd import PowerLaw, expected_loss, sampled_loss

__all__ = ["PowerLaw", "expected_loss", "sampled_loss"]
