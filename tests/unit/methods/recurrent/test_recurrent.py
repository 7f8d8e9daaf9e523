from functools import partial

import pytest
import torch
from torch.func import grad, vmap

from redrawn.methods import recurrent


@pytest.fixture(autouse=True)
def double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def weights_of(networks=3, units=6, seed=0):
    source = torch.Generator().manual_seed(seed)
    w = recurrent.initial(units, 6, 4, networks, source, nonzero=3, radius=1.2, scale=0.5)
    return recurrent.Weights(*(p + 0.1 * torch.randn(p.shape, generator=source) for p in w))


def test_unit_by_hand_and_its_derivatives_by_automatic_ones():
    w, b = torch.tensor([4.7, 5.0, 0.0]), torch.tensor([-2.5, -2.62, 0.3])
    torch.testing.assert_close(recurrent.error(w[2], b[2], 1), (b[2].sigmoid() - 0.7).square())
    for steps in (1, 7, 50):
        of_steps = partial(recurrent.error, steps=steps)
        first = vmap(grad(of_steps, (0, 1)))(w, b)
        second = vmap(grad(grad(of_steps, 1), 1))(w, b)
        found = recurrent.derivatives(w, b, steps)
        torch.testing.assert_close(found, (*first, second), rtol=1e-8, atol=1e-12)


def test_linear_unit_has_a_curvature_that_explodes_with_its_gradient():
    # x_t = x₀ wᵗ: ∂x = t x₀ wᵗ⁻¹, ∂² = t (t - 1) x₀ wᵗ⁻²; the same recursion as in `derivatives`, with slope one
    x = lambda w: 0.5 * w**30  # noqa: E731
    w = torch.tensor(1.3)
    torch.testing.assert_close(grad(x)(w), 30 * 0.5 * w**29)
    torch.testing.assert_close(grad(grad(x))(w) / grad(x)(w), 29 / w)


def test_states_and_gradients_agree_with_torch():
    w = weights_of()
    source = torch.Generator().manual_seed(1)
    inputs, classes = recurrent.temporal_order(12, (3, 5), source)
    leaves = [p.clone().requires_grad_() for p in w]
    active, scores = recurrent.forward(w, inputs)
    loss, gradient, errors = recurrent.backward(w, inputs, classes)
    for i in range(3):
        r, u, b, v, c = (p[i] for p in leaves)
        cell = torch.zeros(5, 6)
        states = []
        for t in range(12):
            x = cell @ r + inputs[t, i] @ u + b
            x.retain_grad()
            states.append(x)
            cell = x.tanh()
        expected = torch.nn.functional.cross_entropy(cell @ v + c, classes[i])
        expected.backward()
        torch.testing.assert_close(loss[i], expected.detach())
        torch.testing.assert_close(scores[i], (cell @ v + c).detach())
        torch.testing.assert_close(errors.along[:, i], torch.stack([x.grad for x in states]))
        torch.testing.assert_close(active[:, i], torch.stack(states).tanh().detach())
    torch.testing.assert_close(list(gradient), [p.grad for p in leaves])


def test_term_is_its_formula_and_its_gradient_is_immediate():
    w = weights_of()
    inputs, classes = recurrent.temporal_order(12, (3, 5), torch.Generator().manual_seed(2))
    _, _, errors = recurrent.backward(w, inputs, classes)

    def formula(matrix):
        later = errors.along[1:]
        moved = later @ matrix.mT * errors.slope[:-1]
        ratio = moved.norm(dim=-1) / later.norm(dim=-1)
        return (ratio - 1).square().sum(0).mean(1)

    term, gradient = recurrent.jacobian_term(errors)
    torch.testing.assert_close(term, formula(w.recurrent))
    torch.testing.assert_close(gradient, grad(lambda m: formula(m).sum())(w.recurrent))


def test_term_vanishes_for_rotations_of_linear_units_and_leaves_out_errors_of_zero():
    rotation = torch.linalg.qr(torch.randn(1, 5, 5, generator=torch.Generator().manual_seed(3))).Q
    along = [torch.ones(1, 2, 5)]
    for _ in range(6):
        along.insert(0, along[0] @ rotation.mT)
    along = torch.stack(along)
    term, gradient = recurrent.jacobian_term(recurrent.Errors(along, torch.ones_like(along)))
    assert term.abs().max() < 1e-20 and gradient.abs().max() < 1e-10
    dead = recurrent.Errors(torch.zeros_like(along), torch.ones_like(along))
    term, gradient = recurrent.jacobian_term(dead)
    assert (term == 0).all() and (gradient == 0).all()


def test_errors_vanish_below_a_singular_value_of_one():
    w = weights_of(1, 20)
    matrix = 0.8 * torch.linalg.qr(w.recurrent).Q
    inputs, classes = recurrent.temporal_order(30, (1, 4), torch.Generator().manual_seed(4))
    _, _, errors = recurrent.backward(w._replace(recurrent=matrix), inputs, classes)
    norm = errors.along.norm(dim=-1)
    assert (norm[:-1] <= 0.8 * norm[1:] * (1 + 1e-12)).all()


def test_rescaling_agrees_with_torch():
    source = torch.Generator().manual_seed(5)
    gradients = [torch.randn(4, 3, 2, generator=source), torch.randn(4, 5, generator=source)]
    thresholds = torch.tensor([0.5, 2.0, 1e9, torch.inf])
    found = recurrent.rescale(gradients, thresholds)
    for i in range(4):
        held = [torch.zeros(g.shape[1:]) for g in gradients]
        for p, g in zip(held, gradients, strict=True):
            p.grad = g[i].clone()
        torch.nn.utils.clip_grad_norm_(held, thresholds[i].item())
        torch.testing.assert_close([g[i] for g in found], [p.grad for p in held], rtol=1e-5, atol=0)
    zero = recurrent.rescale([torch.zeros(1, 2)], torch.ones(1))
    assert (zero[0] == 0).all()


def test_order_of_symbols_is_the_class():
    inputs, classes = recurrent.temporal_order(20, (500,), torch.Generator().manual_seed(6))
    symbols = inputs.argmax(-1)
    for column, label in zip(symbols.T, classes, strict=True):
        places = (column < 2).nonzero()[:, 0]
        assert len(places) == 2 and 2 <= places[0] <= 4 and 8 <= places[1] <= 10
        assert label == 2 * column[places[0]] + column[places[1]]
    assert (inputs.sum(-1) == 1).all()
    assert classes.bincount().min() > 90
    assert len(symbols[symbols > 1].unique()) == 4
    with pytest.raises(ValueError, match="ten"):
        recurrent.temporal_order(9, (1,), torch.Generator())


def test_start_is_sparse_and_of_the_radius():
    w = recurrent.initial(50, 6, 4, 4, torch.Generator().manual_seed(7))
    assert ((w.recurrent != 0).sum(1) == 15).all()
    radii = torch.linalg.eigvals(w.recurrent).abs().amax(1)
    torch.testing.assert_close(radii, torch.full((4,), 0.95))
    assert 0.009 < w.inward.std() < 0.011 and (w.bias == 0).all()
