"""One training step of a physics-informed network for Burgers' equation, in one run, interleaved.

Ours carries derivatives by hand, forward and back; beside it plain nested autograd in torch, torch.func with forward over
reverse mode and with forward over forward mode, and DeepXDE (torch backend), on the same network, points, precision and optimiser.
"""

import argparse
import os

os.environ.setdefault("DDE_BACKEND", "pytorch")

import deepxde as dde
import numpy as np
import torch
from report import medians, row, write

from redrawn.methods import physics

VISCOSITY = 0.01 / np.pi


def nested_residual(parameters, points):
    """Return Burgers' residual by autograd within autograd."""
    at = points.clone().requires_grad_()
    u = physics.tanh_values(parameters, at.T)[0]
    (slope,) = torch.autograd.grad(u.sum(), at, create_graph=True)
    (second,) = torch.autograd.grad(slope[:, 0].sum(), at, create_graph=True)
    return slope[:, 1] + u * slope[:, 0] - VISCOSITY * second[:, 0]


def functional_residual(parameters, points, slopes):
    """Return Burgers' residual by torch.func: u_xx is a forward derivative of the first ones, from `slopes`.

    No point's output depends on another point, so that one derivative of all of them serves each.
    """

    def u(at):
        return physics.tanh_values(parameters, at.T)[0]

    along_x = torch.tensor([1.0, 0.0]).expand_as(points)
    first, second = torch.func.jvp(lambda at: slopes(u, at), (points,), (along_x,))
    return first[2] + first[0] * first[1] - VISCOSITY * second[1]


def by_reverse(u, at):
    """Return u, u_x and u_t by one pass forward and one back."""
    value, pull = torch.func.vjp(u, at)
    (slope,) = pull(torch.ones_like(value))
    return value, slope[:, 0], slope[:, 1]


def by_forward(u, at):
    """Return u, u_x and u_t by a forward pass for each coordinate."""
    ways = torch.eye(2)[:, None].expand(2, *at.shape)
    (value, along), (_, onward) = (torch.func.jvp(u, (at,), (way,)) for way in ways)
    return value, along, onward


def deepxde_step(hidden: int, width: int, points: int, data: int):
    """Return a function that makes `n` steps of DeepXDE's own training loop."""
    place = dde.geometry.TimeDomain(0, 1)
    domain = dde.geometry.GeometryXTime(dde.geometry.Interval(-1, 1), place)

    def residual(x, u):
        u_x, u_t = dde.grad.jacobian(u, x, i=0, j=0), dde.grad.jacobian(u, x, i=0, j=1)
        return u_t + u * u_x - VISCOSITY * dde.grad.hessian(u, x, i=0, j=0)

    start = dde.icbc.IC(domain, lambda x: -np.sin(np.pi * x[:, :1]), lambda _, at: at)
    problem = dde.data.TimePDE(
        domain, residual, [start], num_domain=points, num_initial=data, train_distribution="pseudo"
    )
    network = dde.nn.FNN([2, *[width] * hidden, 1], "tanh", "Glorot normal")
    model = dde.Model(problem, network)
    model.compile("adam", lr=1e-3, verbose=0)
    return lambda n: model.train(iterations=n, display_every=10**9, verbose=0)


def main() -> None:
    """Measure, print and keep the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--hidden", type=int, default=8)
    parser.add_argument("--width", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=2, help="steps of each method a round")
    given = parser.parse_args()
    torch.set_num_threads(1)
    source = torch.Generator().manual_seed(0)
    points = torch.rand(given.points, 2, generator=source) * torch.tensor([2.0, 1.0])
    points -= torch.tensor([1.0, 0.0])
    data = points[:100] * torch.tensor([1.0, 0.0])
    wanted = -torch.sin(torch.pi * data[:, 0])
    chunks = [physics.coordinates(part) for part in points.split(2000)]
    widths = [2, *[given.width] * given.hidden, 1]

    def ours(parameters):
        (physics.tanh_values(parameters, data.T)[0] - wanted).square().mean().backward()
        for chunk in chunks:
            residual = physics.burgers_residual(physics.tanh_jet(parameters, chunk), VISCOSITY)
            (residual.square().sum() / given.points).backward()

    def whole(residual):
        def run(parameters):
            loss = (physics.tanh_values(parameters, data.T)[0] - wanted).square().mean()
            (loss + residual(parameters, points).square().mean()).backward()

        return run

    def functional(over):
        return whole(lambda parameters, at: functional_residual(parameters, at, over))

    def steps_of(backward):
        parameters = physics.glorot(widths, source, dtype=torch.float32)
        adam = torch.optim.Adam(parameters, lr=1e-3)

        def run(n):
            for _ in range(n):
                adam.zero_grad()
                backward(parameters)
                adam.step()

        return run

    work = {
        "by hand": steps_of(ours),
        "nested autograd": steps_of(whole(nested_residual)),
        "torch.func, forward over reverse": steps_of(functional(by_reverse)),
        "torch.func, forward over forward": steps_of(functional(by_forward)),
        "DeepXDE": deepxde_step(given.hidden, given.width, given.points, 100),
    }
    trial = physics.glorot(widths, source, dtype=torch.float32)
    wanted_residual = nested_residual(trial, points[:100])
    for over in (by_reverse, by_forward):  # the same quantity, else the comparison is void
        found = functional_residual(trial, points[:100], over)
        torch.testing.assert_close(found, wanted_residual, rtol=1e-3, atol=1e-5)
    jet = physics.tanh_jet(trial, physics.coordinates(points[:100]))
    found = physics.burgers_residual(jet, VISCOSITY)[0]
    torch.testing.assert_close(found, wanted_residual, rtol=1e-3, atol=1e-5)
    calls = {name: lambda call=call: call(given.steps) for name, call in work.items()}
    step = {name: t / given.steps for name, t in medians(calls, given.rounds).items()}
    shape = f"a step, {given.points:,} points, {given.hidden} layers of {given.width}"
    rows = [row(shape, step["by hand"], name, t) for name, t in step.items() if name != "by hand"]
    write(__file__, "Burgers' equation by a physics-informed network", rows)


if __name__ == "__main__":
    main()
