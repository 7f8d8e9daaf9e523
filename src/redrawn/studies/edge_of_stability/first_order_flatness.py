"""Gradient norm aware minimization beside SGD and SAM, and two minima that zeroth-order flatness confuses (Zhang et al.)."""

from dataclasses import dataclass
from functools import partial

import pandas as pd
import torch

from redrawn.methods import classifiers, flatness
from redrawn.methods.curvature import hessian_vector_product, lanczos, ritz
from redrawn.studies.edge_of_stability.clothes import clothes, epochs
from redrawn.studies.ensemble import cross_entropy, flatten, generator, leaves, unflatten


@dataclass(frozen=True)
class Settings:
    """Sizes; GAM has the constants of its authors' code for CIFAR-10, SAM a radius of ours."""

    pictures: int
    steps: int
    seeds: int
    side: int = 14
    width: int = 48
    batch: int = 64
    rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    radius: float = 0.1
    longer: int = 4
    products: int = 12
    toy_radius: float = 0.5
    toy_height: float = 1.0
    toy_waves: float = 12.0


SETTINGS = {
    "quick": Settings(1000, 100, 5),
    "standard": Settings(3000, 800, 6),
    # the authors' batch and 200 epochs, of all pictures there are
    "paper": Settings(6000, 9200, 10, side=28, width=512, batch=128, products=30),
}


def toy(settings: Settings) -> tuple[dict[str, float], dict[str, float], pd.DataFrame]:
    """Return zeroth- and first-order flatness of a cosine and a parabola at zero, and (shape, place, loss)."""
    rho, height = settings.toy_radius, settings.toy_height
    line = torch.linspace(-rho, rho, 4001, dtype=torch.float64)[:, None]
    waves = settings.toy_waves / rho
    shapes = {
        "cosine": lambda w: height * (1 - (waves * w[:, 0]).cos()),
        "parabola": lambda w: 2 * height * (w[:, 0] / rho).square(),
    }
    centre = line.new_zeros(1)
    zeroth = {name: flatness.zeroth_order(loss, centre, line) for name, loss in shapes.items()}
    first = {name: flatness.first_order(loss, centre, line) for name, loss in shapes.items()}
    place = line[:: len(line) // 400, 0]
    parts = [
        pd.DataFrame({"shape": name, "place": place, "loss": loss(place[:, None])})
        for name, loss in shapes.items()
    ]
    return zeroth, first, pd.concat(parts, ignore_index=True)


def compare(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train with every method from one start a seed; return (method, seed, loss, eigenvalue, accuracy).

    `loss` is that of all training pictures, in nats; `eigenvalue` the largest of its Hessian.
    """
    x, y, unseen, truth = clothes(settings.pictures, settings.side, device)
    source = generator(seed)
    widths = [settings.side**2, settings.width, 10]
    start = classifiers.init_perceptron(widths, settings.seeds, source, device)
    order = epochs(
        len(x), settings.batch, settings.seeds, settings.longer * settings.steps, source
    ).to(device)
    own = {
        "lr": settings.rate,
        "momentum": settings.momentum,
        "weight_decay": settings.weight_decay,
    }
    plain = torch.optim.SGD
    makers = {
        "SGD": lambda p: plain(p, **own),
        "SGD longer": lambda p: plain(p, **own),
        "SAM": lambda p: flatness.SAM(p, plain, settings.radius, batched=True, **own),
        "GAM": lambda p: flatness.GAM(p, plain, batched=True, **own),
    }
    rows = []
    for method, make in makers.items():
        steps = settings.steps * (settings.longer if method == "SGD longer" else 1)
        layers = _trained(make, start, x, y, order[:steps])
        loss, top = _sharpness(layers, x, y, settings.products)
        answers = classifiers.perceptron(layers, unseen.expand(settings.seeds, -1, -1)).argmax(-1)
        right = (answers == truth).float().mean(1)
        each = zip(loss.tolist(), top.tolist(), right.tolist(), strict=True)
        rows += [(method, i, *values) for i, values in enumerate(each)]
    return pd.DataFrame(rows, columns=["method", "seed", "loss", "eigenvalue", "accuracy"])


def _trained(make, start, x, y, order):
    """Return layers after a step with each batch; the step size falls along a half cosine."""
    layers = [tuple(p.clone().requires_grad_() for p in layer) for layer in start]
    optimizer = make(leaves(layers))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(order))

    def closure(places):
        optimizer.zero_grad()
        loss = cross_entropy(classifiers.perceptron(layers, x[places]), y[places]).sum()
        loss.backward()
        return loss

    for places in order:
        optimizer.step(partial(closure, places))
        schedule.step()
    return [tuple(p.detach() for p in layer) for layer in layers]


def _sharpness(layers, x, y, products):
    flat, shapes = flatten(layers)
    e = len(flat)

    def losses(row):
        outputs = classifiers.perceptron(unflatten(row, shapes), x.expand(e, -1, -1))
        return cross_entropy(outputs, y.expand(e, -1))

    found = lanczos(
        lambda v: hessian_vector_product(lambda row: losses(row).sum(), flat, v),
        torch.func.grad(lambda row: losses(row).sum())(flat),
        products,
    )
    values, *_ = ritz(found)
    return losses(flat), values[..., -1]
