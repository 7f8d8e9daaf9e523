"""What else than the derivative a ReLU may pass back: deconvnets, guided backpropagation, DeepLift's rescale rule.

With R the signal that comes back to a ReLU of input z:

    gradient    R · 1[z > 0]
    deconvnet   R · 1[R > 0]                       (Zeiler and Fergus, 2014)
    guided      R · 1[z > 0] · 1[R > 0]            (Springenberg et al., 2015)
    rescale     R · (ReLU(z) - ReLU(z')) / (z - z')  (Shrikumar et al., 2017), z' of the baseline
"""

import copy
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from redrawn.methods.attribution.gradient import gradient

Rule = Literal["gradient", "deconvnet", "guided", "rescale"]


class _Ruled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z: Tensor, rule: str) -> Tensor:
        ctx.save_for_backward(z)
        ctx.rule = rule
        return z.clamp_min(0)

    @staticmethod
    def backward(ctx, signal: Tensor) -> tuple[Tensor, None]:
        (z,) = ctx.saved_tensors
        if ctx.rule == "deconvnet":
            return signal.clamp_min(0), None
        if ctx.rule == "guided":
            return signal.clamp_min(0) * (z > 0), None
        if ctx.rule == "gradient":
            return signal * (z > 0), None
        here, reference = z.chunk(2)
        apart = here - reference
        close = apart.abs() < 1e-7
        secant = (here.clamp_min(0) - reference.clamp_min(0)) / torch.where(close, 1.0, apart)
        factor = torch.where(close, (here > 0).to(z.dtype), secant)
        return signal * torch.cat([factor, factor]), None


class RuledReLU(nn.Module):
    """A ReLU forward, and one of the rules backward."""

    def __init__(self, rule: Rule):
        super().__init__()
        self.rule = rule

    def forward(self, z: Tensor) -> Tensor:
        """Return max(z, 0)."""
        return _Ruled.apply(z, self.rule)


def with_rule(network: nn.Module, rule: Rule) -> nn.Module:
    """Return a copy of the network whose ReLU modules follow the rule."""
    network = copy.deepcopy(network)
    for module in list(network.modules()):
        for name, child in module.named_children():
            if type(child) is nn.ReLU:
                setattr(module, name, RuledReLU(rule))
    return network


def modified_gradient(
    network: nn.Module, rule: Rule, x: Float[Tensor, "n ..."], labels: Tensor
) -> Float[Tensor, "n ..."]:
    """Return what comes back to the input from each sample's class."""
    ruled = with_rule(network, rule)
    return gradient(lambda z: ruled(z).gather(1, labels[:, None])[:, 0], x)


def deeplift_rescale(
    network: nn.Module, x: Float[Tensor, "n ..."], baseline: Float[Tensor, "n ..."], labels: Tensor
) -> Float[Tensor, "n ..."]:
    """Return DeepLift's attributions by its rescale rule, for a network of linear layers and ReLU modules."""
    both, twice = torch.cat([x, baseline]), torch.cat([labels, labels])
    return (x - baseline) * modified_gradient(network, "rescale", both, twice)[: len(x)]
