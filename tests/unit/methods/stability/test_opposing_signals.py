"""The model of opposing signals: its population loss against the average over a finite population with the same moments."""

import torch

from redrawn.methods.stability import opposing_signals as model

ALPHA, SHARE, D = 5.0, 0.1, 3
DRAW = torch.Generator().manual_seed(0)
STATE = torch.randn(2, D + 2, generator=DRAW).double()
BETA = torch.randn(2, D, generator=DRAW).double()


def errors(state, beta, sign):
    """Return squared errors / 2 of every x_s = ±√d e_i, whose covariance is the identity, and an outlier part of a sign."""
    x = D**0.5 * torch.cat([torch.eye(D), -torch.eye(D)]).double()
    outlier = sign * (ALPHA / SHARE) ** 0.5
    output = state[:, :1] * (state[:, 2:] @ x.T + state[:, 1:2] * outlier)
    return (output - beta @ x.T - abs(outlier)).square() / 2


def test_losses_are_averages_over_a_population():
    plus, minus, rest = (errors(STATE, BETA, s).mean(1) for s in (1, -1, 0))
    torch.testing.assert_close(model.group_loss(STATE, BETA, ALPHA, SHARE, 1), plus)
    torch.testing.assert_close(model.group_loss(STATE, BETA, ALPHA, SHARE, -1), minus)
    whole = (1 - SHARE) * rest + SHARE * (plus + minus) / 2
    torch.testing.assert_close(model.population_loss(STATE, BETA, ALPHA), whole)


def test_gradient_is_that_of_automatic_differentiation():
    expected = torch.func.grad(lambda s: model.population_loss(s, BETA, ALPHA).sum())(STATE)
    torch.testing.assert_close(model.gradient(STATE, BETA, ALPHA), expected)


def test_sharpness_at_the_minimum_is_that_of_the_valley_or_of_the_signal():
    norm = BETA.norm(dim=1, keepdim=True)
    c = norm.sqrt()
    state = torch.cat([c, torch.zeros_like(c), BETA / c], 1)
    assert model.population_loss(state, BETA, ALPHA).sub(ALPHA / 2).abs().max() < 1e-12
    torch.testing.assert_close(model.sharpness(state, BETA, ALPHA), ALPHA * norm[:, 0])
