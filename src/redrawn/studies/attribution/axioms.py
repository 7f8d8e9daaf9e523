"""The axioms of Sundararajan et al. on functions of one and two variables, where all is known by hand."""

import itertools

import torch
from torch import Tensor, nn

from redrawn.methods import attribution
from redrawn.studies.ensemble import generator

STEPS = 300  # the most that the paper names


class Saturating(nn.Module):
    """F(x) = 1 - ReLU(1 - x): flat above one."""

    def __init__(self):
        super().__init__()
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Return F, (n, 1)."""
        return 1 - self.relu(1 - x)


class Twin(nn.Module):
    """The paper's two networks of one function (its Fig. 7), ReLU(ReLU(x₁) - 1 - ReLU(x₂)).

    Args:
        early: subtract one before the first ReLU of x₁ instead of after it.
    """

    def __init__(self, early: bool):
        super().__init__()
        self.early = early
        self.first, self.second, self.last = nn.ReLU(), nn.ReLU(), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Return the function, (n, 1)."""
        a = self.first(x[:, :1] - 1) if self.early else self.first(x[:, :1]) - 1
        return self.last(a - self.second(x[:, 1:]))


def straight(network: nn.Module, x: Tensor, rule: str = "right") -> Tensor:
    """Return integrated gradients from zero."""
    nodes = attribution.walk(lambda z: network(z)[:, 0], x, torch.zeros_like(x), STEPS)
    return attribution.integrated_gradients(nodes, rule)


def sensitivity() -> tuple[float, float]:
    """Return integrated gradients and gradient times input of the saturating function at 2."""
    x = torch.tensor([[2.0]], dtype=torch.float64)
    net = Saturating()
    plain = attribution.gradient_times_input(lambda z: net(z)[:, 0], x)
    return straight(net, x).item(), plain.item()


def backward_rules() -> float:
    """Return the larger of deconvnet's and guided backpropagation's |attribution| of x₂ at (3, 1)."""
    x, label = torch.tensor([[3.0, 1.0]]), torch.tensor([0])
    rules = ("deconvnet", "guided")
    found = [attribution.modified_gradient(Twin(False), r, x, label)[0, 1] for r in rules]
    return max(abs(v.item()) for v in found)


def invariance(seed: int, points: int = 300, draws: int = 3) -> list[float]:
    """Return the largest difference between the twins' integrated gradients, one value a draw of points."""
    x = 4 * torch.rand(draws * points, 2, generator=generator(seed), dtype=torch.float64)
    apart = straight(Twin(False), x) - straight(Twin(True), x)
    return apart.abs().view(draws, -1).amax(1).tolist()


def deeplift() -> float:
    """Return the largest difference between the twins' DeepLift attributions at (3, 1)."""
    x, label = torch.tensor([[3.0, 1.0]]), torch.tensor([0])
    zero = torch.zeros_like(x)
    both = [attribution.deeplift_rescale(Twin(e), x, zero, label) for e in (False, True)]
    return (both[0] - both[1]).abs().max().item()


def symmetry() -> tuple[float, float]:
    """Return the difference of the shares of min(x₁, x₂) at (1, 1) on the straight path, and along the axes."""

    def score(z):
        return z.amin(1)

    corners = torch.tensor([[[0.0, 0.0]], [[1.0, 0.0]], [[1.0, 1.0]]], dtype=torch.float64)
    diagonal = attribution.walk(score, corners[2], corners[0], STEPS)
    legs = [attribution.walk(score, b, a, STEPS) for a, b in itertools.pairwise(corners)]
    shares = attribution.integrated_gradients(diagonal, "right")
    stepped = sum(attribution.integrated_gradients(leg, "right") for leg in legs)
    return tuple((s[0, 0] - s[0, 1]).abs().item() for s in (shares, stepped))
