"""Outliers with opposing signals among pictures of clothing, along a perceptron's training (Rosenfeld and Risteski)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data.fashion import fashion_mnist
from redrawn.methods.curvature import hessian_vector_product, lanczos, ritz
from redrawn.studies.ensemble import generator


@dataclass(frozen=True)
class Settings:
    """Pictures, units and steps of the perceptron, and examples in a group."""

    seeds: int = 16
    pictures: int = 300
    hidden: int = 24
    steps: int = 300
    learning_rate: float = 0.4
    group: int = 10
    later: int = 40
    transient: int = 50
    random_pairs: int = 50


SETTINGS = {
    "quick": Settings(),
    "standard": Settings(20, 500, 32, 500),
    "paper": Settings(20, 6000, 256, 5000),
}


def perceptron(settings: Settings, seed: int, device: str):
    """Train on squared errors by full batches; return each example's loss by step, (t, e, n), the pictures' indices (e, n), and η λ₁ / 2 at the end, (e,).

    Networks that a spike threw out of every finite number are left out: nothing follows it.
    """
    images, labels = fashion_mnist("train", 14)
    source, e = generator(seed), settings.seeds
    chosen = torch.stack(
        [torch.randperm(len(images), generator=source)[: settings.pictures] for _ in range(e)]
    )
    x = torch.as_tensor(images).flatten(1)[chosen].to(device)
    x = x - x.mean(1, keepdim=True)
    target = torch.nn.functional.one_hot(torch.as_tensor(labels)[chosen], 10).float().to(device)
    inputs, h = x.shape[-1], settings.hidden
    scale = torch.cat([torch.full((inputs * h,), inputs**-0.5), torch.full((h * 10,), h**-0.5)])
    w = (scale * torch.randn(e, len(scale), generator=source)).to(device)

    def logits(p):
        first, second = p.split([inputs * h, h * 10], 1)
        return (x @ first.unflatten(1, (inputs, h))).tanh() @ second.unflatten(1, (h, 10))

    def each(p):
        return (logits(p) - target).square().sum(-1) / 2

    def total(p):
        return each(p).mean(1).sum()

    losses = []
    for _ in range(settings.steps):
        w.requires_grad_()
        now = each(w)
        (slope,) = torch.autograd.grad(now.mean(1).sum(), w)
        losses.append(now.detach())
        w = w.detach() - settings.learning_rate * slope
    path = torch.stack(losses)
    kept = path.isfinite().all(2).all(0) & w.isfinite().all(1)
    x, target, w = x[kept], target[kept], w[kept]
    start = torch.linspace(1, 2, w.shape[1], device=w.device).sin().expand_as(w)
    top = ritz(lanczos(lambda v: hessian_vector_product(total, w, v), start, 12))[0][:, -1]
    return (
        path[:, kept].cpu().numpy(),
        chosen[kept.cpu()].numpy(),
        (settings.learning_rate * top / 2).cpu().numpy(),
    )


def groups(losses: np.ndarray, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Return for each network the step of its loss's largest rise, and the order of examples by change in it.

    Groups are chosen at this step and judged on later ones, so that the choice is not its own evidence. A first leap down
    from the initial weights, within `transient` steps, is no edge of stability: no oscillation follows it.
    """
    change = np.diff(losses[: -settings.later - 1], axis=0)
    start = settings.transient
    step = start + change.mean(2)[start:].argmax(0)
    order = np.stack([change[t, i].argsort() for i, t in enumerate(step)])
    return step, order


def correlations(losses: np.ndarray, settings: Settings, seed: int) -> dict[str, list[float]]:
    """Return the correlation of two groups' changes over the steps after the choice: opposing, and the mean of random pairs."""
    step, order = groups(losses, settings)
    draw, k = np.random.default_rng(seed), settings.group
    found = {"random": [], "opposing": []}
    for i, t in enumerate(step):
        later = np.diff(losses[t + 2 : t + 2 + settings.later, i], axis=0)
        pairs = [order[i], *(draw.permutation(order[i]) for _ in range(settings.random_pairs))]
        each = [np.corrcoef(later[:, r[:k]].mean(1), later[:, r[-k:]].mean(1))[0, 1] for r in pairs]
        found["opposing"].append(each[0])
        found["random"].append(np.mean(each[1:]))
    return found


def around_spike(losses: np.ndarray, settings: Settings, before: int = 15) -> pd.DataFrame:
    """Return (offset, group, loss) of the first network about the step at which groups were chosen."""
    step, order = groups(losses, settings)
    window = np.arange(step[0] - before, step[0] + settings.later)
    ranks = {
        "losses fell": order[0][: settings.group],
        "losses rose": order[0][-settings.group :],
        "all": order[0],
    }
    frames = [pd.DataFrame({"offset": window - step[0] - 1, "group": name, "loss": losses[window, 0][:, r].mean(1)})
              for name, r in ranks.items()]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def pictures(losses: np.ndarray, chosen: np.ndarray, settings: Settings) -> dict[str, np.ndarray]:
    """Return the pictures of the first network's two groups, (g, 28, 28)."""
    images, order = fashion_mnist("train")[0], groups(losses, settings)[1][0]
    ranks = {"losses fell": order[: settings.group], "losses rose": order[-settings.group :][::-1]}
    return {name: images[chosen[0][r]] for name, r in ranks.items()}
