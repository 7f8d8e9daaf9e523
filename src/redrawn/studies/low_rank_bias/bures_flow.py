"""Deep linear generators under the Bures-Wasserstein loss: gradient descent against the gradient flow."""

import math

import torch
from scipy import integrate

from redrawn.methods import low_rank
from redrawn.studies.ensemble import generator
from redrawn.studies.low_rank_bias.bures import Settings
from redrawn.studies.low_rank_bias.bures_rates import close_start, targets


def flow_times(settings: Settings, seed: int, tau: float = 0.1, share: float = 1e-4) -> list[float]:
    """Return how much later or sooner descent of two layers loses all but `share` of its excess than the flow does.

    The flow is integrated by an adaptive Runge-Kutta method of order five; the difference is relative, a value a seed.
    """
    source, found = generator(seed + 600), []
    sigma = targets(settings.seeds, source)
    root = low_rank.symmetric_power(sigma, 0.5)
    first = low_rank.symmetric_power(close_start(sigma, tau, source), 0.25)
    step = settings.pace / 2
    for r, w in zip(root, first, strict=True):
        start = torch.stack([w, w])
        level = share * float(low_rank.bures_loss(w @ w, r, tau))

        def slope(layers, r=r):
            outer = low_rank.bures_gradient(layers[1] @ layers[0], r, tau)
            return -torch.stack(low_rank.chain_gradients([*layers], outer))

        def above(_, flat, r=r, level=level, shape=start.shape):
            low, high = torch.tensor(flat).reshape(shape)
            return math.log(float(low_rank.bures_loss(high @ low, r, tau)) / level)

        above.terminal = True
        flow = integrate.solve_ivp(
            lambda _, flat, shape=start.shape, f=slope: f(torch.tensor(flat).reshape(shape)).numpy().ravel(),
            (0, settings.steps * step), start.numpy().ravel(), events=above, rtol=1e-7, atol=1e-9,
        )  # fmt: skip
        layers, heights = start, [above(0, start.numpy())]
        while heights[-1] > 0 and len(heights) < settings.steps:
            layers = layers + step * slope(layers)
            heights.append(above(0, layers.numpy()))
        crossing = len(heights) - 1 - heights[-1] / (heights[-1] - heights[-2])
        found.append(abs(crossing * step / flow.t[-1] - 1))
    return found
