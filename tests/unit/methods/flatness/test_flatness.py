import copy

import pytest
import torch
from pytorch_optimizer import SAM as OtherSAM

from redrawn.methods.flatness import GAM, SAM, first_order, zeroth_order

TYPES = [SAM, GAM]


def quadratic(curvature):
    return lambda w: 0.5 * (curvature * w.square()).sum()


def closure_of(loss, parameters, optimizer, calls=None):
    def closure():
        if calls is not None:
            calls.append([p.detach().clone() for p in parameters])
        optimizer.zero_grad()
        value = loss(*parameters)
        value.backward()
        return value

    return closure


def bowl(a, b):
    return (a.square().sum() + 1) ** 1.5 + (a.sum() * b).cos().sum() + b.pow(4).sum()


def two(seed=0, shape=()):
    source = torch.Generator().manual_seed(seed)
    draw = [torch.randn(*shape, n, generator=source, dtype=torch.float64) for n in (4, 3)]
    return [p.requires_grad_() for p in draw]


def test_sam_agrees_with_pytorch_optimizer_over_steps_and_groups():
    ours, theirs = two(), two()
    mine = SAM(
        [{"params": ours[:1], "rho": 0.3}, {"params": ours[1:]}],
        torch.optim.SGD,
        rho=0.1,
        lr=0.01,
        momentum=0.9,
    )
    other = OtherSAM([{"params": theirs[:1], "rho": 0.3}, {"params": theirs[1:]}], torch.optim.SGD, rho=0.1, lr=0.01,
                     momentum=0.9)  # fmt: skip
    for _ in range(5):
        mine.step(closure_of(bowl, ours, mine))
        closure = closure_of(bowl, theirs, other)
        closure()
        other.step(closure)
    torch.testing.assert_close(ours, theirs)


def gradient(parameters):
    return torch.autograd.grad(bowl(*parameters), parameters)


def moved(parameters, along, length):
    norm = torch.cat([d.flatten() for d in along]).norm()
    return [
        (p + length * d / norm).detach().requires_grad_()
        for p, d in zip(parameters, along, strict=True)
    ]


def test_gam_is_its_formula():
    w = two()
    start = [p.detach().clone() for p in w]
    rho, small, b0, b1, gamma = 0.2, 0.05, 0.3, 0.6, 0.4
    optimizer = GAM(w, torch.optim.SGD, rho, small, (b0, b1), gamma, lr=1.0)
    g0 = gradient(w)
    g1 = gradient(moved(w, g0, small))
    far = moved(w, [b - a for a, b in zip(g0, g1, strict=True)], rho)
    g2 = gradient(far)
    g3 = gradient(moved(far, g2, small))
    g0, g1, g2, g3 = (torch.cat(g) for g in (g0, g1, g2, g3))
    h, m = b1 * g1 + (1 - b1) * g3, g0 + abs(1 - b0) * g2
    expected = h - gamma * (m - (m @ h) / (h @ h) * h)
    optimizer.step(closure_of(bowl, w, optimizer))
    torch.testing.assert_close(torch.cat(start) - torch.cat(w).detach(), expected)


def test_gam_meets_the_largest_gradient_of_a_parabola_along_its_top_eigenvector():
    # with g along no eigenvector, g₁ - g₀ = ρ′ H g/‖g‖
    curvature = torch.tensor([10.0, 1.0], dtype=torch.float64)
    w = torch.tensor([0.01, 0.01], dtype=torch.float64, requires_grad=True)
    calls, optimizer = [], GAM([w], torch.optim.SGD, 0.5, 0.1, lr=0.1)
    optimizer.step(closure_of(quadratic(curvature), [w], optimizer, calls))
    away = calls[2][0] - calls[0][0]
    g = curvature * calls[0][0]
    torch.testing.assert_close(away / away.norm(), curvature * g / (curvature * g).norm())
    assert away.norm().item() == pytest.approx(0.5)
    assert len(calls) == 4


@pytest.mark.parametrize("kind", TYPES)
def test_networks_side_by_side_are_networks_alone(kind):
    together = two(shape=(3,))
    alone = [[p[i].detach().clone().requires_grad_() for p in together] for i in range(3)]
    optimizer = kind(together, torch.optim.SGD, batched=True, lr=0.02)
    loss = torch.func.vmap(bowl)
    for _ in range(3):
        optimizer.step(closure_of(lambda a, b: loss(a, b).sum(), together, optimizer))
    for i, w in enumerate(alone):
        single = kind(w, torch.optim.SGD, lr=0.02)
        for _ in range(3):
            single.step(closure_of(bowl, w, single))
        torch.testing.assert_close([p[i] for p in together], w)


@pytest.mark.parametrize("kind", TYPES)
def test_no_radius_is_the_base(kind):
    w, plain = two(), two()
    extra = {"rho_difference": 0.0, "gamma": 0.0} if kind is GAM else {}
    optimizer, base = (
        kind(w, torch.optim.Adam, rho=0.0, lr=0.1, **extra),
        torch.optim.Adam(plain, lr=0.1),
    )
    loss = optimizer.step(closure_of(bowl, w, optimizer))
    assert loss == bowl(*plain)
    base.step(closure_of(bowl, plain, base))
    torch.testing.assert_close(w, plain)


@pytest.mark.parametrize("kind", TYPES)
def test_state_goes_on_where_it_stopped(kind):
    w = two()
    optimizer = kind(w, torch.optim.SGD, lr=0.05, momentum=0.9)
    optimizer.step(closure_of(bowl, w, optimizer))
    kept = copy.deepcopy(optimizer.state_dict())
    again = [p.detach().clone().requires_grad_() for p in w]
    other = kind(again, torch.optim.SGD, rho=9.0, lr=1.0, momentum=0.0)
    other.load_state_dict(kept)
    for o, p in ((optimizer, w), (other, again)):
        o.step(closure_of(bowl, p, o))
    torch.testing.assert_close(w, again)


@pytest.mark.parametrize("kind", TYPES)
def test_schedules_and_new_groups_reach_the_base(kind):
    a, b = two()
    optimizer = kind([a], torch.optim.SGD, lr=0.1)
    optimizer.add_param_group({"params": [b]})
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: 0.0)
    before = [a.detach().clone(), b.detach().clone()]
    optimizer.step(closure_of(bowl, [a, b], optimizer))
    torch.testing.assert_close([a.detach(), b.detach()], before)
    optimizer.param_groups[1]["lr"] = 0.1
    optimizer.step(closure_of(bowl, [a, b], optimizer))
    assert (b != before[1]).any() and (a == before[0]).all()


@pytest.mark.parametrize("kind", TYPES)
def test_misuse(kind):
    a, b = two()
    with pytest.raises(ValueError, match="radius"):
        kind([a], torch.optim.SGD, rho=-1.0, lr=0.1)
    optimizer = kind([a, b], torch.optim.SGD, lr=0.1)
    with pytest.raises(RuntimeError, match="closure"):
        optimizer.step()
    table = torch.nn.Embedding(5, 2, sparse=True)
    sparse = kind(table.parameters(), torch.optim.SGD, lr=0.1)
    with pytest.raises(RuntimeError, match="sparse"):
        sparse.step(closure_of(lambda w: table(torch.tensor([1])).sum(), [table.weight], sparse))


@pytest.mark.parametrize("kind", TYPES)
def test_a_failing_closure_leaves_the_weights(kind):
    w = two()
    before, optimizer, calls = [p.detach().clone() for p in w], kind(w, torch.optim.SGD, lr=0.1), []
    closure = closure_of(bowl, w, optimizer, calls)

    def fails():
        if len(calls) == 1:
            raise KeyboardInterrupt
        return closure()

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(fails)
    torch.testing.assert_close([p.detach() for p in w], before)


@pytest.mark.parametrize("kind", TYPES)
def test_unused_and_stationary_parameters_stay_finite(kind):
    w, unused = torch.zeros(3, requires_grad=True), torch.ones(2, requires_grad=True)
    optimizer = kind([w, unused], torch.optim.SGD, lr=0.1)
    optimizer.step(closure_of(lambda p, _: p.square().sum(), [w, unused], optimizer))
    assert (w == 0).all() and (unused == 1).all()


def test_orders_of_a_parabola_and_of_a_cosine():
    rho, curvature = 0.5, torch.tensor([4.0, 1.0], dtype=torch.float64)
    angle = torch.linspace(0, 2 * torch.pi, 721, dtype=torch.float64)
    ball = rho * torch.stack([angle.cos(), angle.sin()], 1)
    centre = torch.zeros(2, dtype=torch.float64)
    loss = lambda w: 0.5 * (curvature * w.square()).sum(1)  # noqa: E731
    assert zeroth_order(loss, centre, ball) == pytest.approx(4 * rho**2 / 2)
    assert first_order(loss, centre, ball) == pytest.approx(4 * rho**2)
    line = torch.linspace(-rho, rho, 4001, dtype=torch.float64)[:, None]
    cosine = lambda w: 2 * (1 - (12 / rho * w[:, 0]).cos())  # noqa: E731
    assert zeroth_order(cosine, centre[:1], line) == pytest.approx(4, rel=1e-4)
    assert first_order(cosine, centre[:1], line) == pytest.approx(24, rel=1e-4)
