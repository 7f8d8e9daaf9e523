"""Gradients, integrated gradients and their kin: axioms first, then captum."""

import captum.attr
import pytest
import torch

from redrawn.methods import attribution


@pytest.fixture
def score(network, labels):
    return attribution.class_score(network, labels)


@pytest.fixture
def baseline(pictures):
    return torch.full_like(pictures, 0.3)


def test_class_score_is_each_samples_own_and_repeats(network, pictures, labels):
    score = attribution.class_score(network, labels)
    expected = network(pictures)[torch.arange(4), labels]
    torch.testing.assert_close(score(pictures), expected)
    torch.testing.assert_close(score(pictures.repeat(2, 1, 1, 1)), expected.repeat(2))
    share = attribution.class_score(network, labels, probability=True)(pictures)
    assert (share < 1).all() and (share > 0).all()


def test_gradient_is_the_slope(score, pictures):
    slope = attribution.gradient(score, pictures)
    direction = torch.randn(pictures.shape, generator=torch.Generator().manual_seed(3)).double()
    step = 1e-6
    change = (score(pictures + step * direction) - score(pictures - step * direction)) / (2 * step)
    torch.testing.assert_close((slope * direction).flatten(1).sum(1), change, atol=1e-6, rtol=1e-5)


def test_gradient_maps_agree_with_captum(network, score, pictures, labels):
    expected = captum.attr.Saliency(network).attribute(pictures, labels, abs=False)
    torch.testing.assert_close(attribution.gradient(score, pictures), expected)
    torch.testing.assert_close(attribution.saliency(score, pictures), expected.abs().amax(1))
    product = captum.attr.InputXGradient(network).attribute(pictures, labels)
    torch.testing.assert_close(attribution.gradient_times_input(score, pictures), product)
    shifted = attribution.gradient_times_input(score, pictures, 0.5)
    torch.testing.assert_close(shifted, (pictures - 0.5) * expected)


@pytest.mark.parametrize("rule", ["trapezoid", "right", "left"])
def test_integrated_gradients_agree_with_captum(network, score, pictures, labels, baseline, rule):
    steps = 9
    found = attribution.integrated_gradients(
        attribution.walk(score, pictures, baseline, steps), rule
    )
    # captum's trapezoid has as many nodes as steps; its left and right sums have as many intervals
    method, count = {"trapezoid": ("riemann_trapezoid", steps + 1), "right": ("riemann_right", steps),
                     "left": ("riemann_left", steps)}[rule]  # fmt: skip
    oracle = captum.attr.IntegratedGradients(network)
    expected = oracle.attribute(pictures, baseline, labels, n_steps=count, method=method)
    if rule == "trapezoid":  # captum gives the inner nodes 1/count, not 1/(count - 1)
        expected = expected * count / steps
    torch.testing.assert_close(found, expected, atol=1e-8, rtol=1e-6)


def test_integrated_gradients_become_complete(score, pictures, baseline):
    change = score(pictures) - score(baseline)
    nodes = list(attribution.walk(score, pictures, baseline, 400))
    gaps = [
        (attribution.integrated_gradients(nodes[::thin]).flatten(1).sum(1) - change).abs().max()
        for thin in (50, 1)
    ]
    assert gaps[1] < 5e-3 and gaps[1] < gaps[0] / 5


def test_integrated_gradients_of_a_linear_score_are_exact_and_zero_where_nothing_moves():
    weight, x = torch.tensor([2.0, -1.0, 0.5]), torch.tensor([[1.0, 2.0, 0.0]])
    found = attribution.integrated_gradients(
        attribution.walk(lambda z: z @ weight, x, torch.zeros(1, 3), 1)
    )
    torch.testing.assert_close(found, torch.tensor([[2.0, -2.0, 0.0]]))


def test_a_walk_goes_from_the_baseline_to_the_sample(score, pictures, baseline):
    nodes = list(attribution.walk(score, pictures, baseline, 3))
    torch.testing.assert_close(nodes[0].point, baseline)
    torch.testing.assert_close(nodes[-1].point, pictures)
    torch.testing.assert_close(nodes[-1].score, score(pictures))
    with pytest.raises(ValueError, match="needs a step"):
        next(attribution.walk(score, pictures, baseline, 0))


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_idgi_is_complete_for_any_number_of_steps(score, pictures, baseline, steps):
    found = attribution.idgi(attribution.walk(score, pictures, baseline, steps))
    change = score(pictures) - score(baseline)
    torch.testing.assert_close(found.flatten(1).sum(1), change, atol=1e-10, rtol=1e-10)


def test_idgi_shares_a_step_by_the_square_of_the_gradient():
    # f = x² + 3y from (1, 0) to (2, 1): gradient (2, 3) at the start, change 3 + 3
    def score(z):
        return z[:, 0] ** 2 + 3 * z[:, 1]

    start, end = torch.tensor([[1.0, 0.0]]), torch.tensor([[2.0, 1.0]])
    found = attribution.idgi(attribution.walk(score, end, start, 1))
    torch.testing.assert_close(found, 6 * torch.tensor([[4.0, 9.0]]) / 13)


def test_idgi_survives_a_flat_step():
    found = attribution.idgi(
        attribution.walk(lambda z: (z - 0.5).relu().sum(1), torch.ones(1, 2), torch.zeros(1, 2), 4)
    )
    assert torch.isfinite(found).all()


def test_smoothgrad_of_a_relu_unit_is_its_gaussian_average():
    weight, sigma = torch.tensor([1.0, -2.0, 0.5]), 0.3
    x = torch.tensor([[0.5, 0.4, 0.1]])  # its range is 0.4
    source = torch.Generator().manual_seed(0)
    found = attribution.smoothgrad(
        lambda z: (z @ weight).relu(), x.repeat(2000, 1), sigma / 0.4, 10, source
    ).mean(0)
    normal = torch.distributions.Normal(0.0, 1.0)
    expected = weight * normal.cdf((x @ weight) / (sigma * weight.norm()))
    torch.testing.assert_close(found, expected, atol=0.02, rtol=0.02)


def test_smoothgrad_without_noise_is_the_gradient(score, pictures):
    source = torch.Generator().manual_seed(0)
    slope = attribution.gradient(score, pictures)
    torch.testing.assert_close(attribution.smoothgrad(score, pictures, 0.0, 3, source), slope)
    squares = attribution.smoothgrad(score, pictures, 0.0, 3, source, squared=True)
    torch.testing.assert_close(squares, slope.square())


def test_smoothgrad_is_the_same_for_any_number_of_copies_together(network, pictures, labels):
    score = attribution.class_score(network, labels)
    found = [
        attribution.smoothgrad(
            score, pictures, 0.2, 7, torch.Generator().manual_seed(0), together=together
        )
        for together in (1, 3, 10)
    ]
    torch.testing.assert_close(found[1], found[0])
    torch.testing.assert_close(found[2], found[0])


def test_smoothgrad_agrees_with_captums_noise_tunnel(network, pictures, labels):
    one, label = pictures[:1], labels[:1]
    span = (one.max() - one.min()).item()
    torch.manual_seed(0)
    tunnel = captum.attr.NoiseTunnel(captum.attr.Saliency(network))
    expected = tunnel.attribute(one, nt_type="smoothgrad", nt_samples=4000, stdevs=0.2 * span,
                                nt_samples_batch_size=500, target=label, abs=False)  # fmt: skip
    score = attribution.class_score(network, label)
    source = torch.Generator().manual_seed(0)
    many = attribution.smoothgrad(score, one.repeat(200, 1, 1, 1), 0.2, 20, source).mean(0)
    assert (many - expected[0]).norm() < 0.1 * expected.norm()


def test_expected_gradients_agree_with_captum_in_the_mean(network, pictures, labels):
    score = attribution.class_score(lambda z: network(z.view(-1, 1, 12, 12)), labels)
    source = torch.Generator().manual_seed(0)
    x, draws = pictures.flatten(1), 3000
    picks = torch.randint(4, (draws, 4), generator=source)
    shares = torch.rand(draws, 4, generator=source).double()
    found = attribution.expected_gradients(score, x, x[picks], shares)
    torch.manual_seed(0)
    shap = captum.attr.GradientShap(network)
    expected = shap.attribute(pictures, pictures, n_samples=3000, target=labels).flatten(1)
    assert (found - expected).norm() < 0.1 * expected.norm()
    # and they are complete in the mean
    change = score(x) - network(pictures)[:, labels].mean(0)
    torch.testing.assert_close(found.sum(1), change, atol=0.05, rtol=0.05)


def test_expected_gradients_can_be_trained_through():
    weight = torch.tensor([1.0, 2.0], requires_grad=True)
    x, zero = torch.tensor([[1.0, 1.0]]), torch.zeros(1, 1, 2)
    half = torch.full((1, 1), 0.5)
    found = attribution.expected_gradients(lambda z: (z @ weight).square(), x, zero, half, True)
    torch.testing.assert_close(found, torch.tensor([[3.0, 6.0]]))  # 2 (wᵀx/2) w x
    (slope,) = torch.autograd.grad(found[0, 1], weight)
    torch.testing.assert_close(slope, torch.tensor([2.0, 5.0]))  # of (w₁ + w₂) w₂
