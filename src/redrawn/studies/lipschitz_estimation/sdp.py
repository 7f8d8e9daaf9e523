"""Bounds for networks with GroupSort and Householder activations, trained on digits (Pauli et al.)."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd
import torch
from torch import Tensor

from redrawn.data.digits import mnist
from redrawn.methods.lipschitz.activation_patterns import formal_constant
from redrawn.methods.lipschitz.group_sort import (
    group_sort,
    group_sort_kept,
    group_sort_maps,
    jacobian_norms,
)
from redrawn.methods.lipschitz.householder import householder, householder_kept, householder_maps
from redrawn.methods.lipschitz.infinity_product import infinity_product
from redrawn.methods.lipschitz.lipsdp import ONE_RELU, TWO_RELU, lipsdp
from redrawn.methods.lipschitz.lipsdp_group_sort import lipsdp_group_sort
from redrawn.methods.lipschitz.norm_product import norm_product
from redrawn.methods.lipschitz.preactivation_bounds import Layers
from redrawn.studies.ensemble import cross_entropy, generator, leaves, train

LABEL = 8  # the output whose bound in the infinity norm the authors report


@dataclass(frozen=True)
class Settings:
    """Networks by the paper's names: so many fully connected layers, so many units in the hidden ones."""

    nets: tuple[str, ...]
    infinity_nets: tuple[str, ...]
    infinity_side: int  # pixels along an edge: each is a multiplier in the infinity norm
    steps: int
    points: int  # where Jacobians are sampled
    patterns: int = 1 << 8  # most activation patterns to enumerate
    dense_width: int = 16  # widest networks with a full storage matrix for each layer,
    dense_seeds: int = 3  # and how many of each
    seeds: int = 6
    batch: int = 128
    learning_rate: float = 0.01


SETTINGS = {
    "quick": Settings(("2fc_16", "2fc_8", "5fc_8", "8fc_8"), ("2fc_8", "5fc_8"),
                      4, 200, 2000, dense_width=8),
    "standard": Settings(
        ("2fc_16", "2fc_32", "5fc_16", "5fc_32", "8fc_16", "8fc_32", "18fc_32"),
        ("2fc_16", "5fc_16", "8fc_16"), 4, 1000, 20_000, 1 << 16),
    "paper": Settings(
        ("2fc_16", "2fc_32", "2fc_64", "2fc_128", "5fc_32", "5fc_64", "8fc_32", "8fc_64", "8fc_128",
         "18fc_32", "18fc_64", "18fc_128"),
        ("2fc_16", "2fc_32", "2fc_64", "5fc_32", "5fc_64", "8fc_32", "18fc_32"), 7, 5000, 200_000,
        1 << 16, 32),
}  # fmt: skip


def shape(net: str) -> tuple[int, int]:
    """Return layers and width of a net's name."""
    layers, width = net.split("fc_")
    return int(layers), int(width)


def trained(
    settings: Settings,
    net: str,
    source: torch.Generator,
    device: str,
    side: int = 28,
    activation: Callable[[Tensor], Tensor] = group_sort,
) -> tuple[list[Layers], list[float]]:
    """Return networks that differ in their start, and their accuracies on unseen digits."""
    images, labels = (torch.as_tensor(a) for a in mnist(side))
    order = torch.randperm(len(images), generator=source)
    x, y = images.flatten(1).float()[order].to(device), labels[order].to(device)
    depth, width = shape(net)
    sizes = [side**2, *[width] * (depth - 1), 10]
    stacked = [
        # the start of torch's linear layers
        tuple((2 * torch.rand(settings.seeds, *s, generator=source) - 1).mul(a**-0.5).to(device)
              for s in ((b, a), (b,)))
        for a, b in pairwise(sizes)
    ]  # fmt: skip

    def outputs(x):
        for weight, bias in stacked[:-1]:
            x = activation(x @ weight.mT + bias[:, None])
        return x @ stacked[-1][0].mT + stacked[-1][1][:, None]

    def loss():
        chosen = torch.randint(4000, (settings.batch,), generator=source).to(device)
        return cross_entropy(outputs(x[chosen]), y[chosen].expand(settings.seeds, -1))

    train(leaves(stacked), loss, settings.steps, settings.learning_rate, final_share=0.1)
    with torch.no_grad():
        accuracy = (outputs(x[4000:]).argmax(-1) == y[4000:]).float().mean(1)
    nets = [[(w[i].detach(), b[i].detach()) for w, b in stacked] for i in range(settings.seeds)]
    return nets, accuracy.tolist()


def bounds(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Bound MaxMin networks in both norms by every method that is fast enough for them.

    Returns a frame (norm, net, layers, width, seed, accuracy, method, bound); with "linf" it is the output of `LABEL` alone.
    """
    frames = [_bounds(settings, net, seed, device, "l2") for net in settings.nets]
    frames += [_bounds(settings, net, seed, device, "linf") for net in settings.infinity_nets]
    return pd.concat(frames, ignore_index=True)


def _bounds(settings, net, seed, device, norm):
    side, order = (28, 2) if norm == "l2" else (settings.infinity_side, float("inf"))
    depth, width = shape(net)
    source = generator(seed)
    nets, accuracies = trained(settings, net, source, device, side)
    points = torch.rand(settings.points, side**2, generator=source).to(device)
    kept = [group_sort_kept(width // 2).numpy()] * (depth - 1)
    maps = [group_sort_maps(width // 2).to(device)] * (depth - 1)
    rows = []
    for i, layers in enumerate(nets):
        if norm == "linf":
            layers[-1] = tuple(p[LABEL : LABEL + 1] for p in layers[-1])
        found = {
            "sampled": jacobian_norms(layers, points, order=order).max().item(),
            "new": lipsdp_group_sort(layers, kept, norm=norm),
            "product": norm_product(layers) if norm == "l2" else infinity_product(layers),
        }
        if width <= settings.dense_width and i < settings.dense_seeds:
            found["two ReLUs"] = lipsdp(layers, TWO_RELU, norm)
            found["one ReLU"] = lipsdp(layers, ONE_RELU, norm)
        if width <= settings.dense_width and depth == 2:
            found["new, S and P free"] = lipsdp_group_sort(layers, kept, free=True, norm=norm)
        if 2 ** ((depth - 1) * width // 2) <= settings.patterns:
            found["all patterns"] = formal_constant(layers, maps, order)
        rows += [(norm, net, depth, width, i, accuracies[i], m, b) for m, b in found.items()]
    columns = ["norm", "net", "layers", "width", "seed", "accuracy", "method", "bound"]
    return pd.DataFrame(rows, columns=columns)


def one_unit() -> dict[str, float]:
    """Return the bounds of a single MaxMin of two numbers, between identities; it is 1-Lipschitz."""
    layers = [(torch.eye(2), torch.zeros(2))] * 2
    return {
        "two ReLUs": lipsdp(layers, TWO_RELU),
        "one ReLU": lipsdp(layers, ONE_RELU),
        "new": lipsdp_group_sort(layers, [group_sort_kept(1).numpy()]),
    }


def groups_of_four(settings: Settings, seed: int, device: str, net: str = "2fc_12") -> pd.DataFrame:
    """Bound networks that sort groups of four, or reflect them at random planes; a frame (net, seed, method, bound)."""
    groups = shape(net)[1] // 4
    source = generator(seed)
    v = torch.randn(groups, 4, generator=source).to(device)
    v = v / v.norm(dim=1, keepdim=True)
    kinds = {
        "GroupSort": (lambda x: group_sort(x, 4), group_sort_kept(groups, 4),
                      group_sort_maps(groups, 4)),
        "Householder": (lambda x: householder(x, v), householder_kept(v.double()),
                        householder_maps(v.double())),
    }  # fmt: skip
    rows = []
    for name, (activation, kept, maps) in kinds.items():
        nets, _ = trained(settings, net, source, device, activation=activation)
        for i, layers in enumerate(nets):
            found = {
                "product": norm_product(layers),
                "new": lipsdp_group_sort(layers, [kept.cpu().numpy()]),
                "new, S and P free": lipsdp_group_sort(layers, [kept.cpu().numpy()], free=True),
                "all patterns": formal_constant(layers, [maps]),
            }
            rows += [(name, i, m, b) for m, b in found.items()]
    return pd.DataFrame(rows, columns=["net", "seed", "method", "bound"])
