"""Hierarchical tensor factorisation of order 4 (Razin, Maman, Cohen; ICML 2022, arXiv 2201.11729).

A binary tree: leaves A₁ … A₄, inner nodes M over modes (1, 2) and (3, 4), root t.

    T[ijkl] = Σ_c t_c (Σ_a M¹²_ac A₁[ia] A₂[ja]) (Σ_b M³⁴_bc A₃[kb] A₄[lb])

A *local component* of an inner node is one of the products that it sums: row a of M with columns a of its two
children; its norm σ is the product of the three vectors' norms. Tensors have a leading ensemble dimension `e`.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass
class HierarchicalFactors:
    """The weights of an ensemble of factorisations."""

    leaves: list[Float[Tensor, "e mode inner"]]
    inner: list[Float[Tensor, "e inner top"]]
    root: Float[Tensor, "e top"]

    def all(self) -> list[Tensor]:
        """Return every weight tensor."""
        return [*self.leaves, *self.inner, self.root]


def hierarchical_tensor(w: HierarchicalFactors) -> Float[Tensor, "e i j k l"]:
    """Multiply the factorisation out."""
    pairs = []
    for left, right, m in zip(w.leaves[::2], w.leaves[1::2], w.inner, strict=True):
        products = (left[:, :, None] * right[:, None]).flatten(1, 2)
        pairs.append(products @ m)
    mode = w.leaves[0].shape[1]
    flat = (pairs[0] * w.root[:, None]) @ pairs[1].mT
    return flat.reshape(-1, mode, mode, mode, mode)


def component_norms(w: HierarchicalFactors, node: int = 0) -> Float[Tensor, "e inner"]:
    """Return σ of every local component of inner node 0, over modes (1, 2), or 1, over (3, 4).

    Raises:
        ValueError: another node.
    """
    if node not in (0, 1):
        raise ValueError(f"inner nodes are 0 and 1, got {node}")
    left, right = w.leaves[2 * node : 2 * node + 2]
    return left.norm(dim=1) * right.norm(dim=1) * w.inner[node].norm(dim=2)


def predicted_rates(w: HierarchicalFactors, slope: Float[Tensor, "e i j k l"]) -> Tensor:
    """Return dσ/dt of node 0's components under gradient flow from balanced weights (theorem on their dynamics).

    dσ/dt = L σ^(2 - 2/L) ⟨-∇ℒ(T), C⟩ with L = 3 vectors a component and C its tensor at σ = 1.

    Args:
        w: weights, the three vectors of each component of equal norm.
        slope: ∇ℒ at the tensor that `w` makes.
    """
    norms = component_norms(w)
    found = []
    for a in range(norms.shape[1]):
        keep = torch.zeros_like(w.inner[0])
        keep[:, a] = w.inner[0][:, a]
        alone = HierarchicalFactors(w.leaves, [keep, w.inner[1]], w.root)
        found.append(-(slope * hierarchical_tensor(alone)).flatten(1).sum(1))
    return 3 * norms ** (4 / 3) * torch.stack(found, 1) / norms


def balance(w: HierarchicalFactors) -> HierarchicalFactors:
    """Rescale so that the three vectors of each component, at every node, have equal norms."""
    first, second = w.inner
    size = first.norm(dim=1)  # of each column: a component of the root
    second = second * (size / second.norm(dim=1))[:, None]
    leaves = [
        leaf * (m.norm(dim=2) / leaf.norm(dim=1))[:, None]
        for leaf, m in zip(w.leaves, (first, first, second, second), strict=True)
    ]
    return HierarchicalFactors(leaves, [first, second], w.root.sign() * size)
