"""Bloop's front of main against auxiliary loss, beside other methods': on quadratics, and on digits (Hsieh et al.)."""

import numpy as np
import pandas as pd
import torch

from redrawn.data import digits
from redrawn.methods import gradients
from redrawn.methods.gradients import gramian
from redrawn.studies.ensemble import Adam, copies, cross_entropy, flatten, generator, unflatten
from redrawn.studies.multi_task_gradients.scalpel import AVERAGED, METHODS, Settings, direction


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
    points = torch.zeros((e, len(methods), k, p), device=device)
    average = torch.zeros_like(points)
    rate = torch.tensor([AVERAGED.get(m, 1.0) for m in methods], device=device)[:, None, None]

    def residual(x, y):
        return (points.flatten(1, 2) @ x.mT - y.mT).unflatten(1, (-1, k))

    for _ in range(settings.epochs):
        for part in torch.randperm(n, generator=source).split(settings.batch):
            seen = x[:, part]
            main = residual(seen, y[:, part]) @ seen[:, None] / len(part)
            auxiliary = -main if opposed else points - target[:, None]
            average = gradients.renew(average, main, rate)
            for i, m in enumerate(methods):
                step = direction(m, main[:, i], auxiliary[:, i], average[:, i], weight)
                points[:, i] -= settings.learning_rate * step
    main = residual(x, y).square().mean(-1) / 2
    auxiliary = -main if opposed else (points - target[:, None]).square().sum(-1) / 2
    start = y.square().mean((1, 2)) / 2
    rows = [
        (m, float(weights[l]), j, main[j, i, l].item(), auxiliary[j, i, l].item(), start[j].item())
        for i, m in enumerate(methods) for j in range(e) for l in range(k)
    ]  # fmt: skip
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
    adam = Adam([flat])
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
            adam.step([torch.cat(steps)], 3e-3)
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
