import pytest
import torch

from redrawn.methods import surfaces


def points(n=20, d=3):
    x = torch.rand(1, n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return (x * 0.8 + 0.2).requires_grad_()


@pytest.mark.parametrize("d", [2, 3])
def test_the_exact_shrinking_sphere_has_no_residual(d):
    kappa = 0.05

    def field(xt):  # the zero set has radius² = r₀² - 2(d-1)κt
        return (
            xt[..., :-1].square().sum(-1, keepdim=True) + 2 * (d - 1) * kappa * xt[..., -1:]
        ).sqrt()

    found = surfaces.mean_curvature_residual(field, points(d=d + 1), kappa)
    assert found.abs().max() < 1e-12
    wrong = surfaces.mean_curvature_residual(field, points(d=d + 1), 2 * kappa)
    assert wrong.abs().min() > 1e-3


def test_a_travelling_wave_has_no_transport_residual():
    speed = torch.tensor([0.3, -0.2], dtype=torch.float64)

    def field(xt):
        return torch.sin(3 * (xt[..., :-1] - speed * xt[..., -1:]).sum(-1, keepdim=True))

    def velocity(x):
        return speed.expand_as(x)

    assert surfaces.transport_residual(field, points(), velocity).abs().max() < 1e-12
    still = surfaces.transport_residual(field, points(), torch.zeros_like)
    assert still.abs().max() > 1e-2


def test_sources_push_outwards_and_vanish_at_their_centres():
    centres = torch.tensor([[0.0, 0.0]])
    x = torch.tensor([[0.0, 0.0], [0.3, 0.0], [0.0, -0.3]])
    found = surfaces.sources(x, centres, 0.3)
    expected = torch.exp(torch.tensor(-0.5)) * x
    torch.testing.assert_close(found, expected)


def net(**changes):
    sizes = {"dimension": 2, "width": 16, "depth": 2, "state": 8, "octaves": 3, "ensemble": 2}
    return surfaces.init_orex(**{**sizes, **changes}, generator=torch.Generator().manual_seed(0))


def test_each_iteration_refines_the_one_before():
    x = torch.rand(2, 10, 2)
    logits = surfaces.orex(net(), x, 4)
    assert len(logits) == 4 and logits[0].shape == (2, 10)
    for a, b in zip(logits[:-1], surfaces.orex(net(), x, 3), strict=True):
        torch.testing.assert_close(a, b)
    with pytest.raises(ValueError, match="iterations"):
        surfaces.orex(net(), x, 0)


def test_networks_of_the_ensemble_are_independent():
    x = torch.rand(2, 10, 2)
    whole = net()
    before = surfaces.orex(whole, x, 2)[-1]
    for p in surfaces.parameters(whole):
        p[1] += 1
    after = surfaces.orex(whole, x, 2)[-1]
    torch.testing.assert_close(before[0], after[0])
    assert not torch.allclose(before[1], after[1])


def test_the_loss_is_cross_entropy_and_hinge():
    whole, x = net(), torch.rand(2, 10, 2)
    label = (torch.rand(2, 10) > 0.5).float()
    plain = surfaces.orex_loss(whole, x, label, 2, hinge_weight=0.0)
    by_hand = 0.0
    for z in surfaces.orex(whole, x, 2):
        p = torch.sigmoid(z)
        by_hand = by_hand - (label * p.log() + (1 - label) * (1 - p).log()).mean(1) / 2
    torch.testing.assert_close(plain, by_hand)
    for w, _ in whole["layers"]:
        w *= 20  # a steep field
    at = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(surfaces.orex(whole, at, 2)[-1].sum(), at)
    excess = (slope.norm(dim=-1) - 100).clamp_min(0).mean(1)
    assert excess.min() > 0
    with_hinge = surfaces.orex_loss(whole, x, label, 2, hinge_weight=0.5)
    without = surfaces.orex_loss(whole, x, label, 2, hinge_weight=0.0)
    torch.testing.assert_close(with_hinge - without, 0.5 * excess, rtol=1e-3, atol=1e-2)


def test_every_iteration_has_its_own_code():
    from redrawn.methods.surfaces.orex import iteration_code

    codes = torch.stack([iteration_code(i, 8, torch.zeros(1)) for i in range(6)])
    angle = 2.0 ** torch.arange(4) * 3 / 16
    torch.testing.assert_close(codes[3], torch.cat([torch.sin(angle), torch.cos(angle)]))
    assert torch.cdist(codes, codes).fill_diagonal_(1).min() > 0.05
