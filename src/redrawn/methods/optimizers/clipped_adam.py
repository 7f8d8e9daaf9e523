"""Adam whose first moment sees a clipped gradient and whose second sees it whole (Pan and Li, 2023, Sec. 4).

m ← β₁ m + (1 − β₁) clip(g),  v ← β₂ v + (1 − β₂) g²,  w ← w − γ m̂ / (√v̂ + ε)
"""

from redrawn.methods.optimizers.coordinate_clipping import clip_coordinates
from redrawn.methods.optimizers.group_optimizer import GroupOptimizer
from redrawn.methods.optimizers.moments import check_rates, moments


class ClippedAdam(GroupOptimizer):
    """Adam with coordinate-wise clipping; share 0 is Adam.

    Args:
        params: parameters or groups, each a matrix with one row a network.
        lr: γ.
        share: q, the share of coordinates that is clipped.
        betas: β₁ and β₂.
        eps: ε, outside of the root.

    Raises:
        ValueError: γ is not positive, ε negative, or a β or q not in [0, 1).
    """

    def __init__(self, params, lr: float, share: float, betas=(0.9, 0.999), eps: float = 1e-8):
        check_rates(lr, betas, eps)
        if not 0 <= share < 1:
            raise ValueError(f"share must be in [0, 1), got {share}")
        super().__init__(params, {"lr": lr, "share": share, "betas": betas, "eps": eps})

    def update(self, group, held):
        """See base class."""
        for p in held:
            clipped = clip_coordinates(p.grad, group["share"])
            mean, square = moments(self.state[p], clipped, p.grad, group["betas"])
            p.sub_(group["lr"] * mean / (square.sqrt() + group["eps"]))
