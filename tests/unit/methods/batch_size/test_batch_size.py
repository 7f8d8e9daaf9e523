import pytest
import torch

from redrawn.methods.batch_size import (
    effective_batch,
    element_variance,
    ghost_batch_norm,
    spiked_eigenvalue,
)


def running(networks, size):
    return torch.zeros(networks, 1, size), torch.ones(networks, 1, size)


def test_one_ghost_is_batch_normalisation():
    x = torch.randn(2, 32, 5, generator=torch.Generator().manual_seed(0)) * 3 + 1
    kept = running(2, 5)
    found = [ghost_batch_norm(x, 32, kept) for _ in range(3)][-1]
    for i in range(2):
        layer = torch.nn.BatchNorm1d(5, affine=False)
        expected = [layer(x[i]) for _ in range(3)][-1]
        torch.testing.assert_close(found[i], expected)
        torch.testing.assert_close(kept[0][i, 0], layer.running_mean)
        torch.testing.assert_close(kept[1][i, 0], layer.running_var)


def test_ghosts_are_batches_one_after_another():
    x = torch.randn(1, 24, 3, generator=torch.Generator().manual_seed(1))
    kept, layer = running(1, 3), torch.nn.BatchNorm1d(3, affine=False)
    found = ghost_batch_norm(x, 8, kept)
    expected = torch.cat([layer(part) for part in x[0].split(8)])
    torch.testing.assert_close(found[0], expected)
    torch.testing.assert_close(kept[0][0, 0], layer.running_mean)
    torch.testing.assert_close(kept[1][0, 0], layer.running_var)
    with pytest.raises(ValueError, match="ghosts"):
        ghost_batch_norm(x, 7, kept)
    with pytest.raises(ValueError, match="ghosts"):
        ghost_batch_norm(x, 1, kept)


def wigner(size, source):
    noise = torch.randn(size, size, generator=source, dtype=torch.float64)
    return (noise + noise.T) / (2 * size) ** 0.5  # elements of variance 1/P


@pytest.mark.parametrize("eigenvalue", [0.3, 1.5, 3.0])
def test_formula_for_wigner_matrices(eigenvalue):
    source = torch.Generator().manual_seed(2)
    for effective in (1, 4):
        matrix = wigner(700, source) / effective**0.5
        matrix[0, 0] += eigenvalue
        largest = torch.linalg.eigvalsh(matrix)[-1]
        bulk = torch.tensor(1 / effective, dtype=torch.float64)
        found = spiked_eigenvalue(torch.tensor(eigenvalue, dtype=torch.float64), bulk)
        assert abs(found - largest) < 0.12
        assert found >= eigenvalue


def test_variance_of_elements_is_found_from_products():
    source = torch.Generator().manual_seed(3)
    noise = wigner(600, source) / 5**0.5
    signs = torch.randint(0, 2, (20, 600), generator=source).double() * 2 - 1
    assert element_variance(signs @ noise, 5).mean().item() == pytest.approx(1, rel=0.05)


def test_effective_batch_counts_drawing_without_replacement():
    # the variance of a mean of B out of N is S²/𝔟 with S² of divisor N - 1, here by all subsets
    values = torch.tensor([1.0, 4.0, 6.0, 13.0])
    pairs = torch.combinations(values, 2).mean(1)
    variance = (pairs - values.mean()).square().mean()
    assert variance.item() == pytest.approx(values.var().item() / effective_batch(2, 4))
