"""MoreauGrad and I-GOS: closed forms, and what a mask must do."""

import pytest
import torch

from redrawn.methods import attribution

SOURCE = torch.Generator


def test_moreau_grad_of_a_quadratic_is_its_closed_form():
    source = SOURCE().manual_seed(0)
    half = torch.randn(5, 5, generator=source).double()
    a, x, rho = half @ half.T / 5, torch.randn(3, 5, generator=source).double(), 0.7
    found = attribution.moreau_grad(
        lambda z: 0.5 * (z @ a * z).sum(1), x, source, rho=rho, averaged=1, learning_rate=0.2
    )
    expected = x @ torch.linalg.solve(torch.eye(5).double() + rho * a, a)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)


def test_moreau_grad_of_the_l1_norm_is_hubers_gradient():
    x = torch.tensor([[2.0, 0.3, -0.1, -5.0]])
    found = attribution.moreau_grad(
        lambda z: z.abs().sum(1), x, SOURCE(), rho=0.5, learning_rate=0.002, steps=4000
    )
    torch.testing.assert_close(found, (x / 0.5).clamp(-1, 1), atol=2e-2, rtol=1e-2)


def test_the_penalty_soft_thresholds_a_linear_score():
    slope = torch.tensor([3.0, 0.2, -0.5, -2.0])
    found = attribution.moreau_grad(
        lambda z: z @ slope, torch.zeros(1, 4), SOURCE(), rho=2.0, penalty=0.5, averaged=1
    )
    torch.testing.assert_close(found[0], torch.tensor([2.5, 0.0, 0.0, -1.5]), atol=1e-5, rtol=1e-5)
    assert (found[0, 1:3] == 0).all()


def test_noisy_copies_follow_one_another():
    x = torch.arange(12.0).view(2, 3, 2)
    torch.testing.assert_close(attribution.noisy_copies(x, 0.0, 2, SOURCE()), torch.cat([x, x], 1))
    found = attribution.noisy_copies(x, 0.5, 2, SOURCE().manual_seed(0))
    first = x + 0.5 * torch.randn(x.shape, generator=SOURCE().manual_seed(0))
    torch.testing.assert_close(found[:, :3], first)


def test_noise_smooths_and_averaging_tames_it():
    weight, x = torch.tensor([1.0, -1.0]), torch.tensor([[0.1, 0.0]]).repeat(500, 1)
    found = attribution.moreau_grad(
        lambda z: (z @ weight).relu(), x, SOURCE().manual_seed(0), rho=1e-3, noise=0.2, samples=4,
        learning_rate=1e-3, steps=60, averaged=40,
    ).mean(0)  # fmt: skip
    share = torch.distributions.Normal(0.0, 1.0).cdf(torch.tensor(0.1 / (0.2 * 2**0.5)))
    torch.testing.assert_close(found, share * weight, atol=0.03, rtol=0.03)


@pytest.fixture
def corner():
    """A score that hangs on the upper left quarter."""
    x, blurred = torch.ones(2, 1, 8, 8), torch.zeros(2, 1, 8, 8)
    return lambda z: torch.sigmoid(20 * (z[:, 0, :4, :4].mean((1, 2)) - 0.5)), x, blurred


def test_igos_masks_what_the_score_hangs_on(corner):
    score, x, blurred = corner
    mask, value = attribution.igos(score, x, blurred, 4, area=0.2, variation=0.1)
    assert mask.min() >= 0 and mask.max() <= 1
    assert (mask[:, 0, :2, :2].mean((1, 2)) < 0.7).all()
    # the pixel beyond the corner reaches into the quarter when the mask is enlarged
    assert (mask[:, 0, 2:, 2:].flatten(1)[:, 1:] > 0.95).all()
    after = score(attribution.masked(x, blurred, mask))
    assert (after < 0.2).all()
    rough = sum(mask.diff(dim=d).square().mean((1, 2, 3)) for d in (2, 3))
    expected = after + 0.2 * (1 - mask).mean((1, 2, 3)) + 0.1 * rough
    torch.testing.assert_close(value, expected)


def test_igos_passes_a_plateau_where_the_plain_gradient_stays(corner):
    score, x, blurred = corner
    plain = attribution.igos(score, x, blurred, 4, points=1, area=0.2, variation=0.1)
    integrated = attribution.igos(score, x, blurred, 4, points=20, area=0.2, variation=0.1)
    assert (integrated[1] < plain[1] - 0.2).all()


def test_masked_keeps_where_the_mask_is_one(corner):
    _, x, blurred = corner
    torch.testing.assert_close(attribution.masked(x, blurred, torch.ones(2, 1, 3, 3)), x)
    torch.testing.assert_close(attribution.masked(x, blurred, torch.zeros(2, 1, 3, 3)), blurred)
