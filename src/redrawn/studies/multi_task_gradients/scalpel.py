"""Bloop: a main and an auxiliary loss under noisy gradients (Hsieh et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data import digits
from redrawn.methods import gradients
from redrawn.methods.gradients import gramian
from redrawn.studies.ensemble import copies, cross_entropy, flatten, generator, unflatten

METHODS = ("mixed", "PCGrad", "dynamic barrier", "no average", "Bloop")
AVERAGED = {"Bloop": 0.01}
"""ρ of the moving average; a method that is not named has none, ρ = 1."""


@dataclass(frozen=True)
class Settings:
    """The quadratics have the sizes of the authors' notebook."""

    seeds: int
    weights: int
    epochs: int
    images: int
    image_epochs: int
    draws: int = 40
    batches: int = 400
    examples: int = 256
    dimension: int = 300
    batch: int = 64
    learning_rate: float = 1e-3


SETTINGS = {
    "quick": Settings(4, 7, 300, 2000, 8),
    "standard": Settings(6, 10, 1000, 4000, 25, draws=100, batches=1000),
    "paper": Settings(8, 10, 1000, 4000, 50, draws=200, batches=4000),
}


def direction(
    method: str,
    main: torch.Tensor,
    auxiliary: torch.Tensor,
    average: torch.Tensor,
    weight: torch.Tensor,
) -> torch.Tensor:
    """Return one method's direction; `weight` is λ, with a last dimension of one."""
    if method == "mixed":
        return main + weight * auxiliary
    if method == "dynamic barrier":
        return gradients.dynamic_barrier(main, auxiliary, weight)
    if method == "PCGrad":
        pair = torch.stack([main, weight * auxiliary], -2)
        gram = (pair @ pair.mT).flatten(0, -3).double().cpu().numpy()
        w = torch.from_numpy(gradients.pcgrad_weights(gram)).to(main)
        return (w.view(*pair.shape[:-1], 1) * pair).sum(-2)
    return gradients.bloop(main, auxiliary, average, weight)


def noise(settings: Settings, seed: int, device: str, size: int = 100) -> pd.DataFrame:
    """Average the projection of an auxiliary gradient on one batch's main gradient, over many batches.

    Returns a frame (seed, noise, projected, mixed): root mean square, over draws of both gradients, of the distance to the ideal
    projection and to the auxiliary gradient itself.
    """
    rows = []
    source = generator(seed)
    levels = np.geomspace(0.1, 10, 13)
    for replicate in range(settings.seeds):
        main, auxiliary = torch.randn((2, settings.draws, 1, size), generator=source).to(device)
        ideal = gradients.project_out(auxiliary, main)
        for level in levels:
            shape = (settings.draws, settings.batches, size)
            batch = main + float(level) * torch.randn(shape, generator=source).to(device)
            mean = gradients.project_out(auxiliary, batch).mean(1, keepdim=True)
            far = [
                (mean - goal).square().sum(-1).mean().sqrt().item() for goal in (ideal, auxiliary)
            ]
            rows.append((replicate, level, *far))
    return pd.DataFrame(rows, columns=["seed", "noise", "projected", "mixed"])


def at_noise(frame: pd.DataFrame, end: str) -> dict[str, list[float]]:
    """Return both distances at the least ("low") or largest ("high") noise, one value a seed."""
    level = frame.noise.min() if end == "low" else frame.noise.max()
    rows = frame[frame.noise == level].sort_values("seed")
    return {name: rows[name].tolist() for name in ("projected", "mixed")}


def crossing(frame: pd.DataFrame) -> list[float]:
    """Return the noise at which both distances are equal, by linear interpolation in logarithms, one value a seed."""
    found = []
    for _, rows in frame.sort_values("noise").groupby("seed"):
        lead = np.log(rows.projected / rows.mixed)
        found.append(float(np.exp(np.interp(0.0, lead, np.log(rows.noise)))))
    return found


def bias(weights: tuple[float, ...] = (0.1, 1.0, 10.0), steps: int = 4000) -> pd.DataFrame:
    """Descend L_main = a²/2, L_aux = ((a - 1)² + b²)/2 from (2, 2), without noise, by the mixed loss and by Bloop.

    Returns a frame (method, weight, distance, auxiliary): |a| and the auxiliary loss at the end.
    """
    rows = []
    weight = torch.tensor(weights, dtype=torch.float64)[:, None]
    for method in ("mixed", "Bloop"):
        point = torch.full((len(weights), 2), 2.0, dtype=torch.float64)
        average = torch.zeros_like(point)
        for _ in range(steps):
            main = point * torch.tensor([1.0, 0.0])
            auxiliary = point - torch.tensor([1.0, 0.0])
            average = gradients.renew(average, main, 0.1)
            point = point - 0.05 * direction(method, main, auxiliary, average, weight)
        auxiliary = ((point - torch.tensor([1.0, 0.0])) ** 2).sum(1) / 2
        ends = zip(weights, point[:, 0].abs().tolist(), auxiliary.tolist(), strict=True)
        rows += [(method, *line) for line in ends]
    return pd.DataFrame(rows, columns=["method", "weight", "distance", "auxiliary"])


def quadratic(settings: Settings, seed: int, device: str, opposed: bool = False) -> pd.DataFrame:
    """Run the authors' quadratics: under-determined least squares with a distant target as auxiliary loss, by batches.

    With `opposed` the auxiliary loss is the negative of the main one, and λ is one. Returns a frame
    (method, weight, seed, main, auxiliary, start): losses at the end, and the main loss at the start.
    """
    source = generator(seed)
    e, n, p = settings.seeds, settings.examples, settings.dimension

    def normal(*shape):
        return torch.randn((e, *shape), generator=source).to(device)

    x = normal(n, p) * torch.linspace(1, 10, p, device=device)
    truth, target = normal(1, p), 10 * normal(1, p)
    y = x @ truth.mT + 0.05 * normal(n, 1)
    weights = np.ones(1) if opposed else np.geomspace(1e-3, 1e3, settings.weights)
    methods = ("mixed", "Bloop") if opposed else METHODS
    k = len(weights)
    weight = torch.from_numpy(weights).float().to(device)[None, :, None]
    points = {m: torch.zeros((e, k, p), device=device) for m in methods}
    averages = {m: torch.zeros((e, k, p), device=device) for m in methods}

    def residual(point, part):
        return point @ x[:, part].mT - y[:, part].mT

    for _ in range(settings.epochs):
        for part in torch.randperm(n, generator=source).split(settings.batch):
            for m in methods:
                main = residual(points[m], part) @ x[:, part] / len(part)
                auxiliary = -main if opposed else points[m] - target
                averages[m] = gradients.renew(averages[m], main, AVERAGED.get(m, 1.0))
                step = direction(m, main, auxiliary, averages[m], weight)
                points[m] = points[m] - settings.learning_rate * step
    rows = []
    start = y.square().mean((1, 2)) / 2
    for m in methods:
        main = residual(points[m], slice(None)).square().mean(-1) / 2
        auxiliary = -main if opposed else (points[m] - target).square().sum(-1) / 2
        for i in range(e):
            rows += [(m, float(weights[j]), i, main[i, j].item(), auxiliary[i, j].item(),
                      start[i].item()) for j in range(k)]  # fmt: skip
    return pd.DataFrame(rows, columns=["method", "weight", "seed", "main", "auxiliary", "start"])


def images(settings: Settings, seed: int, device: str, replicates: int = 3) -> pd.DataFrame:
    """Train perceptrons on digits, with the logarithm of their layers' spectral norms as auxiliary loss, by Adam.

    The product of the norms bounds the network's Lipschitz constant. Returns a frame (method, weight, seed, main, auxiliary):
    training cross-entropy and auxiliary loss at the end. Where λ is large enough all weights go to zero: such networks, of a
    cross-entropy above 2 nats, are left out.
    """
    pixels, labels = digits.mnist(14)
    pixels = pixels.reshape(len(pixels), -1)
    rng = np.random.default_rng([seed, 9])
    chosen = np.stack([rng.permutation(len(pixels))[: settings.images] for _ in range(replicates)])
    x = torch.from_numpy(pixels[chosen]).float().to(device)
    y = torch.from_numpy(labels[chosen]).to(device)
    weights = np.geomspace(0.01, 0.2, 5)
    methods, k, e = METHODS, len(weights), replicates
    runs = len(methods) * k
    source = generator(seed)
    start = gramian.init_perceptron((x.shape[-1], 32, 10), e, source, device)
    flat, shapes = flatten(start)
    flat = copies(flat, runs).requires_grad_()
    adam = torch.optim.Adam([flat], lr=3e-3)
    weight = torch.from_numpy(weights).float().to(device).repeat_interleave(e)[:, None]
    rate = torch.tensor([AVERAGED.get(m, 1.0) for m in methods], device=device)
    rate = rate.repeat_interleave(k * e)[:, None]
    average = None

    def loss(part):
        found = gramian.logits(unflatten(flat, shapes), copies(x[:, part], runs))
        return cross_entropy(found, copies(y[:, part], runs))

    def roughness():
        layers = unflatten(flat, shapes)
        each = [torch.linalg.eigvalsh(w.mT @ w)[:, -1].log() / 2 for w, _ in layers]
        return torch.stack(each).sum(0)

    for _ in range(settings.image_epochs):
        for part in torch.randperm(settings.images, generator=source).split(settings.batch * 2):
            (main,) = torch.autograd.grad(loss(part).sum(), flat)
            average = main if average is None else gradients.renew(average, main, rate)
            (auxiliary,) = torch.autograd.grad(roughness().sum(), flat)
            groups = [t.split(k * e) for t in (main, auxiliary, average)]
            steps = [direction(m, *g, weight) for m, *g in zip(methods, *groups, strict=True)]
            flat.grad = torch.cat(steps)
            adam.step()
    with torch.no_grad():
        ends = torch.stack([loss(slice(None)), roughness()], 1).cpu().numpy()
    rows = [
        (methods[i // (k * e)], float(weights[i // e % k]), i % e, *line)
        for i, line in enumerate(ends.astype(float))
    ]
    frame = pd.DataFrame(rows, columns=["method", "weight", "seed", "main", "auxiliary"])
    return frame[frame.main < 2]


def advantage(frame: pd.DataFrame, method: str, over: str) -> list[float]:
    """Return how many decades of main loss a method's front lies below another's, one value a seed.

    It is the mean over the range of auxiliary losses that both reach; between weights the logarithm of the main loss is
    interpolated linearly.
    """
    found = []
    for _, rows in frame.sort_values("auxiliary").groupby("seed"):
        fronts = [rows[rows.method == name] for name in (method, over)]
        low = max(front.auxiliary.min() for front in fronts)
        high = min(front.auxiliary.max() for front in fronts)
        at = np.linspace(low, high, 200)
        ours, theirs = (np.interp(at, f.auxiliary, np.log10(f.main)) for f in fronts)
        found.append(float((theirs - ours).mean()))
    return found


def others_share(frame: pd.DataFrame) -> np.ndarray:
    """Return the larger advantage of PCGrad and dynamic barrier over the mixed loss, as a share of Bloop's, one value a seed."""
    best = np.max([advantage(frame, m, "mixed") for m in ("PCGrad", "dynamic barrier")], axis=0)
    return best / np.array(advantage(frame, "Bloop", "mixed"))
