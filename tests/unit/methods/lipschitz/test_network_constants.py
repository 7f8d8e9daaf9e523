import pytest
import torch
from torch.autograd.functional import jacobian

from redrawn.methods.lipschitz import network_constants as constants
from redrawn.methods.lipschitz.perceptron_descent import activations, init_layers


@pytest.fixture
def source():
    return torch.Generator().manual_seed(5)


def doubles(layers):
    return [(w.double(), None if b is None else b.double()) for w, b in layers]


@pytest.mark.parametrize("relu_output", [False, True])
@pytest.mark.parametrize("biases", [False, True])
def test_jacobians_are_those_of_autograd(source, biases, relu_output):
    layers = doubles(init_layers([4, 9, 7, 3], 2, source, biases=biases))
    x = torch.randn((6, 4), generator=source, dtype=torch.float64)
    found = constants.jacobians(layers, x, relu_output)

    def network(point):
        return activations(layers, point[None], relu_output)[-1][..., 0]

    expected = torch.stack([jacobian(network, point) for point in x], 1)
    torch.testing.assert_close(found, expected)
    assert (expected == 0).all(-1).any() == relu_output  # silent outputs are among what was tested


def test_each_network_looks_at_its_own_points(source):
    layers = init_layers([3, 8, 2], 2, source)
    x = torch.randn((2, 5, 3), generator=source)
    found = constants.network_constants(layers, x)
    for i in range(2):
        alone = constants.network_constants([(w[i : i + 1], b[i : i + 1]) for w, b in layers], x[i])
        for a, b in zip(found, alone, strict=True):
            torch.testing.assert_close(a[i : i + 1], b)


@pytest.mark.parametrize("shape", [(7, 3, 5), (7, 5, 3), (2, 4, 1, 6)])
def test_spectral_norms_are_the_library_s(source, shape):
    matrices = torch.randn(shape, generator=source, dtype=torch.float64)
    found = constants.spectral_norms(matrices)
    torch.testing.assert_close(found, torch.linalg.matrix_norm(matrices, 2))
    assert (constants.spectral_norms(0 * matrices) == 0).all()


def test_a_network_that_is_known(source):
    # |x₁| + 2 |x₂| has gradient (±1, ±2); its layers have norms √2 and √10
    first = torch.tensor([[[1.0, 0], [-1, 0], [0, 1], [0, -1]]])
    second = torch.tensor([[[1.0, 1, 2, 2]]])
    x = torch.tensor([[3.0, 1], [-2, 5], [-1, -1]])
    found = constants.network_constants([(first, None), (second, None)], x)
    torch.testing.assert_close(found.lower, torch.tensor([5**0.5]))
    torch.testing.assert_close(found.mean, torch.tensor([5**0.5]))
    torch.testing.assert_close(found.upper, torch.tensor([20**0.5]))


@pytest.mark.parametrize("relu_output", [False, True])
def test_the_ladder_and_its_scale(source, relu_output):
    layers = doubles(init_layers([5, 20, 20, 4], 3, source, biases=False))
    x = torch.randn((50, 5), generator=source, dtype=torch.float64)
    found = constants.network_constants(layers, x, relu_output)
    assert (found.mean < found.lower).all() and (found.lower < found.upper).all()
    tripled = constants.network_constants([(3 * w, None) for w, _ in layers], x, relu_output)
    for a, b in zip(tripled, found, strict=True):
        torch.testing.assert_close(a, 27 * b)
    in_parts = constants.network_constants(layers, x, relu_output, chunk=7)
    for a, b in zip(in_parts, found, strict=True):
        torch.testing.assert_close(a, b)


def test_no_two_points_are_further_apart_than_the_constant_says(source):
    layers = init_layers([2, 15, 15, 3], 1, source)
    line = torch.linspace(-2, 2, 60)
    lattice = torch.cartesian_prod(line, line)
    found = constants.network_constants(layers, lattice)
    outputs = activations(layers, lattice)[-1][0].T.reshape(60, 60, 3)
    steepest = (outputs[1:] - outputs[:-1]).norm(dim=-1).max() / (line[1] - line[0])
    assert 0.6 * found.lower < steepest < found.lower * (1 + 1e-4)


def test_without_samples_there_is_no_constant(source):
    with pytest.raises(ValueError, match="sample"):
        constants.network_constants(init_layers([2, 3, 1], 1, source), torch.zeros(0, 2))
