import cvxpy as cp
import numpy as np
import ot
import pytest
import torch
from scipy import linalg

from redrawn.methods import low_rank


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(shape, generator=rng(seed), dtype=torch.float64)


def symmetric(n, seed=0):
    x = normal(n, n, seed=seed)
    return x + x.T


def spd(n, seed=0):
    x = normal(n, n, seed=seed)
    return x @ x.T + 0.5 * torch.eye(n, dtype=torch.float64)


# matrix sensing


def test_vectors_keep_the_inner_product_and_come_back():
    a, b = symmetric(5), symmetric(5, 1)
    va, vb = low_rank.to_vector(a), low_rank.to_vector(b)
    torch.testing.assert_close(va @ vb, (a * b).sum())
    torch.testing.assert_close(low_rank.to_matrix(va), a)
    with pytest.raises(ValueError, match="triangle"):
        low_rank.to_matrix(va[:-1])


def test_sensing_gradient_by_autograd_and_measurements_keep_lengths():
    a = low_rank.gaussian_measurements(5, 12, rng())
    y, u = normal(12, seed=3), normal(2, 5, 3, seed=4).requires_grad_()
    loss, gradient = low_rank.sensing_loss(u, a, y), low_rank.sensing_gradient(u, a.T @ a, a.T @ y)
    torch.testing.assert_close(gradient, torch.autograd.grad(loss.sum(), u)[0])
    many = low_rank.gaussian_measurements(4, 20_000, rng())
    torch.testing.assert_close(many.T @ many, torch.eye(10, dtype=torch.float64), atol=0.05, rtol=0)


def test_a_full_observation_follows_the_logistic_law_and_eckart_young():
    everything = torch.eye(10, dtype=torch.float64)
    x = torch.diag(torch.tensor([3.0, 2.0, 1.0, 0.0], dtype=torch.float64))
    y = low_rank.to_vector(x)
    u = 0.1 * torch.eye(4, dtype=torch.float64)
    step, steps = 1e-3, 1500
    for _ in range(steps):
        u = u - step * low_rank.sensing_gradient(u, everything, y)
    lam, start = x.diagonal()[:3], 0.01
    growth = torch.exp(2 * lam * step * steps)
    expected = lam * start * growth / (lam + start * (growth - 1))  # dσ/dt = 2σ(λ - σ)
    torch.testing.assert_close((u @ u.T).diagonal()[:3], expected, rtol=0.02, atol=0)
    best = low_rank.best_of_ranks(x, everything, [1, 2], 50, 0.05)
    for found, kept in zip(best, ([1, 0, 0, 0], [1, 1, 0, 0]), strict=True):
        torch.testing.assert_close(found, torch.diag(x.diagonal() * torch.tensor(kept)))
    with pytest.raises(ValueError, match="rank"):
        low_rank.best_of_ranks(x, everything, [0, 1], 1, 0.1)


def test_effective_ranks_of_equal_values():
    values = torch.tensor([[2.0, 2.0, 2.0, 0.0], [5.0, 0.0, 0.0, 0.0]])
    torch.testing.assert_close(low_rank.entropy_rank(values), torch.tensor([3.0, 1.0]))
    assert low_rank.numerical_rank(values).tolist() == [3, 1]
    assert low_rank.numerical_rank(torch.tensor([10.0, 0.6, 0.4, 0.0])).item() == 2


# hierarchical factorisation


def factors(mode=3, inner=4, top=2):
    leaves = [normal(2, mode, inner, seed=i) for i in range(4)]
    return low_rank.HierarchicalFactors(
        leaves, [normal(2, inner, top, seed=i) for i in (5, 6)], normal(2, top, seed=7)
    )


def test_hierarchical_tensor_by_einsum_and_its_matricisation_rank():
    w = factors()
    found = low_rank.hierarchical_tensor(w)
    expected = torch.einsum("eia,eja,eac,ec,ebc,ekb,elb->eijkl", w.leaves[0], w.leaves[1],
        w.inner[0], w.root, w.inner[1], w.leaves[2], w.leaves[3])  # fmt: skip
    torch.testing.assert_close(found, expected)
    assert np.linalg.matrix_rank(found[0].reshape(9, 9).numpy()) == 2


def test_balance_gives_three_equal_norms_at_every_node_and_rates_sum_up():
    w = low_rank.balance(factors())
    for node in (0, 1):
        rows = w.inner[node].norm(dim=2)
        for leaf in w.leaves[2 * node : 2 * node + 2]:
            torch.testing.assert_close(leaf.norm(dim=1), rows)
        torch.testing.assert_close(w.inner[node].norm(dim=1), w.root.abs())
    torch.testing.assert_close(low_rank.component_norms(w), w.inner[0].norm(dim=2) ** 3)
    slope = low_rank.hierarchical_tensor(w)  # of half the squared norm
    rates = low_rank.predicted_rates(w, slope)
    shares = -slope.flatten(1).square().sum(1)  # components add up to the tensor
    torch.testing.assert_close((rates / 3 / low_rank.component_norms(w) ** (1 / 3)).sum(1), shares)
    with pytest.raises(ValueError, match="node"):
        low_rank.component_norms(w, 2)


def test_group_rmsprop_by_hand():
    p, q = torch.zeros(1, 1), torch.zeros(1, 1)
    optimiser = low_rank.GroupRMSprop([p, q], 0.1, beta=0.5, eps=0.0)
    optimiser.step([torch.tensor([[3.0]]), torch.tensor([[4.0]])])
    torch.testing.assert_close(torch.cat([p, q]), torch.tensor([[-0.06], [-0.08]]))
    optimiser.step([torch.tensor([[0.0]]), torch.tensor([[1.0]])])
    size = ((0.5 * 12.5 + 0.5 * 1) / 0.75) ** 0.5
    torch.testing.assert_close(q, torch.tensor([[-0.08 - 0.1 / size]]))
    with pytest.raises(ValueError, match="beta"):
        low_rank.GroupRMSprop([p], 0.1, beta=1.0)


def test_alignment_is_one_without_interaction_and_less_with():
    p, q = normal(6, 2, 2, 2), normal(6, 2, 2, 2, seed=1)

    def join(a, b):
        return torch.cat([a, b], -1)

    def additive(x):
        return x.square().sum((2, 3))

    def coupled(x):
        return (x[..., :2] * x[..., 2:]).sum((2, 3))

    torch.testing.assert_close(
        low_rank.patch_alignment(additive, p, q, join), torch.ones(2, dtype=torch.float64)
    )
    cosine = torch.cosine_similarity(q.flatten(2), q.roll(1, 0).flatten(2), dim=2).abs().mean(0)
    torch.testing.assert_close(low_rank.patch_alignment(coupled, p, q, join), cosine)


def test_alignment_is_differentiable_in_the_networks_weights():
    p, q = normal(4, 2, 2, 2), normal(4, 2, 2, 2, seed=1)

    def aligned(share):  # of what couples the patches, one number a network
        def network(x):
            return (x.pow(3) / 3).sum((2, 3)) + share * (x[..., :2] * x[..., 2:]).sum((2, 3))

        return low_rank.patch_alignment(network, p, q, lambda a, b: torch.cat([a, b], -1))

    share = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    torch.autograd.gradcheck(aligned, share)
    (slope,) = torch.autograd.grad(aligned(share).sum(), share)
    assert (slope < 0).all(), "the more coupling, the less aligned"


def test_each_network_of_an_ensemble_convolves_its_own_channels():
    x, w, b = normal(3, 4, 6, 6), normal(2, 5, 2, 3, 3, seed=1), normal(2, 5, seed=2)
    found = low_rank.ensemble_convolution(x, w, b, 2)
    second = torch.nn.functional.conv2d(x[:, 2:], w[1], b[1], 2, 1)
    torch.testing.assert_close(found[:, 5:], second)


# tubal tensors


def circulant(a):
    k = a.shape[-1]
    return torch.cat([torch.cat([a[..., (i - j) % k] for j in range(k)], 1) for i in range(k)], 0)


def test_t_product_and_transpose_are_those_of_block_circulant_matrices():
    a, b = normal(3, 2, 4), normal(2, 5, 4, seed=1)
    torch.testing.assert_close(circulant(low_rank.t_product(a, b)), circulant(a) @ circulant(b))
    torch.testing.assert_close(circulant(low_rank.t_transpose(a)), circulant(a).T)
    torch.testing.assert_close(low_rank.from_slices(low_rank.to_slices(a)), a)


@pytest.mark.parametrize("k", [3, 4])
def test_a_step_of_tubal_descent_is_along_the_loss_s_gradient(k):
    e, b, n, count, pace = 2, 3, 3, 7, 1e-2
    u, x = normal(e, b, n, n, k), normal(e, n, 2, k, seed=1)
    measure = normal(e, count, n, n, k, seed=2)
    measure = measure + low_rank.t_transpose(measure)
    truth = low_rank.t_product(x, low_rank.t_transpose(x))
    slices = low_rank.half_slices(u)
    torch.testing.assert_close(low_rank.from_half_slices(slices, k), u)

    u.requires_grad_()
    apart = low_rank.t_product(u, low_rank.t_transpose(u)) - truth[:, None]
    loss = torch.einsum("emijk,ebijk->ebm", measure, apart).square().sum() / 4
    (gradient,) = torch.autograd.grad(loss, u)
    rows = low_rank.to_coordinates(measure)
    descent = low_rank.TubalDescent(
        rows.mT @ rows, low_rank.to_coordinates(truth)[:, None], (n, k), pace
    )
    found = low_rank.from_half_slices(descent.step(slices), k)
    torch.testing.assert_close(found, (u - pace * gradient).detach())


def test_tubal_singular_values_and_one_tube_is_the_matrix_case():
    a = normal(4, 3, 5)
    values = low_rank.tubal_singular_values(a)
    torch.testing.assert_close(values.square().sum(), a.square().sum())
    one = a[..., :1]
    torch.testing.assert_close(
        low_rank.tubal_singular_values(one), torch.linalg.svdvals(one[..., 0])
    )


def test_subspace_angle_of_the_same_and_of_orthogonal_subspaces():
    u = normal(5, 2, 3)
    product = low_rank.t_product(u, low_rank.t_transpose(u))
    basis = low_rank.leading_subspace(product, 2)
    assert low_rank.subspace_angle(basis, u) < 1e-7
    rest = torch.linalg.svd(low_rank.to_slices(u)).U[..., 2:4]
    assert low_rank.subspace_angle(rest, u) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="rank"):
        low_rank.leading_subspace(product, 6)


def test_leading_subspace_is_of_the_largest_eigenvalues_not_of_the_largest_absolute_ones():
    x = torch.diag(torch.tensor([-3.0, 2.0, 1.0, 0.5], dtype=torch.float64))[..., None]
    basis = low_rank.leading_subspace(x, 2)[0].abs().real
    torch.testing.assert_close(basis @ basis.T, torch.diag(torch.tensor([0.0, 1, 1, 0]).double()))


def test_descent_from_the_square_root_makes_the_same_products():
    u, target = normal(3, 5, 4), normal(3, 3, 4, seed=1)
    target = target + low_rank.t_transpose(target)
    root = low_rank.square_root(u)
    assert root.shape == (3, 3, 4)
    for _ in range(3):
        product = low_rank.t_product(u, low_rank.t_transpose(u))
        torch.testing.assert_close(low_rank.t_product(root, low_rank.t_transpose(root)), product)
        u = u - 0.01 * low_rank.t_product(product - target, u)
        root = root - 0.01 * low_rank.t_product(product - target, root)


def test_best_of_tubal_rank_is_eckart_young_in_every_slice():
    u = normal(4, 4, 3)
    x = low_rank.t_product(u, low_rank.t_transpose(u))
    found = low_rank.best_of_tubal_rank(x, 2)
    for mine, slice_ in zip(low_rank.to_slices(found), low_rank.to_slices(x), strict=True):
        left, values, right = np.linalg.svd(slice_.numpy())
        np.testing.assert_allclose(mine.numpy(), left[:, :2] * values[:2] @ right[:2], atol=1e-10)
    torch.testing.assert_close(low_rank.best_of_tubal_rank(x, 4), x)


@pytest.mark.parametrize(("n", "k", "entries"), [(10, 4, 210), (16, 3, 392), (3, 1, 6)])
def test_coordinates_of_symmetric_tensors_keep_the_inner_product(n, k, entries):
    a, b = (x + low_rank.t_transpose(x) for x in (normal(n, n, k), normal(n, n, k, seed=1)))
    va, vb = low_rank.to_coordinates(a), low_rank.to_coordinates(b)
    assert va.shape == (entries,)
    torch.testing.assert_close(va @ vb, (a * b).sum())
    torch.testing.assert_close(low_rank.from_coordinates(va, n, k), a)
    with pytest.raises(ValueError, match="free entries"):
        low_rank.from_coordinates(va[:-1], n, k)


# double over-parameterisation


def corrupted(n=10, seed=0):
    u = normal(n, 2, seed=seed)
    noise = symmetric(n, seed + 1) * (symmetric(n, seed + 2) > 2)
    return u @ u.T + 3 * noise


def test_component_pursuit_by_cvxpy():
    y = corrupted()
    x, s = low_rank.component_pursuit(y[None], torch.tensor([0.3], dtype=torch.float64), 3000)
    low, sparse = cp.Variable((10, 10), PSD=True), cp.Variable((10, 10))
    programme = cp.Problem(
        cp.Minimize(cp.trace(low) + 0.3 * cp.sum(cp.abs(sparse))), [low + sparse == y.numpy()]
    )
    programme.solve(solver="CLARABEL")
    np.testing.assert_allclose(x[0].numpy(), low.value, atol=1e-4)
    np.testing.assert_allclose(s[0].numpy(), sparse.value, atol=1e-4)


def test_the_ratio_of_rates_is_the_inverse_weight():
    y = corrupted()[None]
    ratio = torch.tensor([1 / 0.3], dtype=torch.float64)
    solved, _ = low_rank.component_pursuit(y, 1 / ratio, 2000)
    distance = []
    for scale in (1e-1, 1e-3, 1e-6):  # exact in the limit of a small start
        x, _ = low_rank.discrepant_descent(y, ratio, torch.tensor([2e-3]), scale, 12_000)
        distance.append(float((x - solved).norm() / solved.norm()))
    assert distance[2] < distance[1] < distance[0] and distance[2] < 0.1
    for other in (3, 1 / 3):
        elsewhere, _ = low_rank.component_pursuit(y, other / ratio, 2000)
        assert (x - elsewhere).norm() / solved.norm() > 2 * distance[2]
    with pytest.raises(ValueError, match="positive"):
        low_rank.discrepant_descent(y, -ratio, torch.tensor([2e-3]), 1e-5, 1)
    with pytest.raises(ValueError, match="positive"):
        low_rank.component_pursuit(y, -ratio)


@pytest.mark.parametrize("n", [7, 12])
def test_circulant_matrices_are_solved_by_their_first_columns(n):
    place = torch.arange(n)
    column = normal(3, n)
    column = column + column[:, (-place) % n]
    y = column[:, (place[:, None] - place) % n]
    ratio = torch.tensor([1.0, 3.0, 5.0], dtype=torch.float64)
    rate, size = 0.02 / ratio, ratio / 100
    x = low_rank.discrepant_descent(y, ratio, rate, size, 300)[0]
    parts = (v[:, None] for v in (ratio, rate, size))
    torch.testing.assert_close(low_rank.circulant_descent(column, *parts, 300), x[:, :, 0])
    best = low_rank.component_pursuit(y, 1 / ratio, 50)[0]
    found = low_rank.circulant_pursuit(column, 1 / ratio[:, None], 50)
    torch.testing.assert_close(found, best[:, :, 0])


def test_where_residuals_commute_a_small_start_ends_at_the_convex_programme():
    n, place = 12, torch.arange(12)
    wave = torch.cos(2 * torch.pi / n * place.double())
    wave[[3, n - 3]] += 4  # outliers on two diagonals of a circulant matrix
    y = wave[(place[:, None] - place) % n][None]
    ratio = torch.tensor([3.5], dtype=torch.float64)
    solved, _ = low_rank.component_pursuit(y, 1 / ratio, 3000)
    x, s = low_rank.discrepant_descent(y.repeat(2, 1, 1), ratio.repeat(2), torch.tensor([4e-3] * 2),
                                       torch.tensor([1e-2, 1e-8]), 20_000)  # fmt: skip
    torch.testing.assert_close(x[1] + s[1], y[0], atol=1e-3, rtol=0)
    distance = (x - solved).norm(dim=(1, 2)) / solved.norm()
    assert distance[1] < 0.01 < distance[0]


def test_image_prior_has_the_noise_s_size_and_separate_networks():
    layers = low_rank.init_image_prior(2, 3, 4, rng())
    noise = torch.randn((2, 3, 16, 16), generator=rng(1))
    picture = low_rank.image_prior(layers, noise)
    assert picture.shape == (2, 16, 16) and picture.min() > 0 and picture.max() < 1
    alone = low_rank.image_prior([(w[1:], b[1:]) for w, b in layers], noise[1:])
    torch.testing.assert_close(picture[1:], alone)
    with pytest.raises(ValueError, match="channels"):
        low_rank.init_image_prior(2, 0, 4, rng())


# Bures-Wasserstein


@pytest.mark.parametrize("tau", [0.0, 0.2])
def test_bures_loss_by_pot_and_scipy_and_its_gradient(tau):
    sigma, w = spd(4), normal(4, 4, seed=2).requires_grad_()
    root = low_rank.symmetric_power(sigma, 0.5)
    np.testing.assert_allclose(root.numpy(), linalg.sqrtm(sigma.numpy()), atol=1e-10)
    loss = low_rank.bures_loss(w, root, tau)
    s = (w @ w.T).detach().numpy() + tau * np.eye(4)
    zero = np.zeros(4)
    distance = ot.gaussian.bures_wasserstein_distance(zero, zero, s, sigma.numpy())
    assert float(loss.detach()) == pytest.approx(float(distance) ** 2, abs=1e-8)
    torch.testing.assert_close(
        low_rank.bures_gradient(w.detach(), root, tau), torch.autograd.grad(loss, w)[0]
    )


def test_diagonal_bures_loss_is_scalar():
    w, lam, tau = torch.tensor([1.0, 2.0]).double(), torch.tensor([4.0, 0.5]).double(), 0.3
    loss = low_rank.bures_loss(torch.diag(w), torch.diag(lam.sqrt()), tau)
    torch.testing.assert_close(loss, ((w**2 + tau).sqrt() - lam.sqrt()).square().sum())


def test_critical_points_have_no_gradient_and_the_top_one_the_least_loss():
    sigma, tau = spd(5), 0.1
    root = low_rank.symmetric_power(sigma, 0.5)
    losses = []
    for chosen in ([0, 1], [0, 2], [1, 3]):
        w = low_rank.critical_point(sigma, chosen, tau)
        assert low_rank.bures_gradient(w, root, tau).abs().max() < 1e-9
        losses.append(low_rank.bures_loss(w, root, tau))
    torch.testing.assert_close(
        losses[0], low_rank.minimal_loss(torch.linalg.eigvalsh(sigma), 2, tau)
    )
    assert losses[0] == min(losses)
    with pytest.raises(ValueError, match="tau"):
        low_rank.critical_point(sigma, [4], 100.0)


def test_chain_gradients_by_autograd():
    layers = [normal(3, 4, seed=i) if i == 0 else normal(3, 3, seed=i) for i in range(3)]
    for w in layers:
        w.requires_grad_()
    product, outer = layers[2] @ layers[1] @ layers[0], normal(3, 4, seed=9)
    expected = torch.autograd.grad((product * outer).sum(), layers)
    for a, b in zip(low_rank.chain_gradients(layers, outer), expected, strict=True):
        torch.testing.assert_close(a, b)
