"""Metrics by hand, against captum's infidelity, scikit-learn's ROC and scipy's Spearman."""

import captum.metrics
import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import roc_curve

from redrawn.methods import attribution


def mean(z):
    return z.mean((1, 2, 3))


@pytest.fixture
def ramp():
    """Pixels 0 … 15 of one channel, the largest the most important."""
    x = torch.arange(16.0).view(1, 1, 4, 4)
    return x, x[:, 0]


def test_insertion_and_deletion_of_a_mean(ramp):
    x, maps = ramp
    curve = attribution.replacement_curve(mean, torch.zeros_like(x), x, maps, 4)
    torch.testing.assert_close(curve[0], torch.tensor([0.0, 54, 92, 114, 120]) / 16)
    assert attribution.insertion(mean, x, torch.zeros_like(x), maps, 4).item() == 320 / 4 / 16
    ends = curve[:, 0], curve[:, -1]
    assert attribution.insertion(mean, x, 0 * x, maps, 4, ends).item() == 320 / 4 / 16
    assert attribution.deletion(mean, x, torch.zeros_like(x), maps, 4).item() == 160 / 4 / 16


def test_metrics_judge_samples_apart_and_see_ranks_only(ramp):
    x, maps = ramp
    both, two = torch.cat([x, x]), torch.cat([maps, -maps])
    found = attribution.insertion(mean, both, torch.zeros_like(both), two, 8)
    best = attribution.insertion(mean, x, torch.zeros_like(x), maps.exp(), 8)
    torch.testing.assert_close(found[:1], best)
    assert found[1] < found[0]


def test_pixel_perturbation_empties_the_least_salient(ramp):
    x, maps = ramp
    found = attribution.pixel_perturbation(mean, x, torch.zeros_like(x), maps, [0.25, 1.0])
    torch.testing.assert_close(found, torch.tensor([[6 / 120, 1.0]]))


def test_infidelity_is_zero_for_a_linear_score_and_agrees_with_captum(network, pictures, labels):
    source = torch.Generator().manual_seed(0)
    weight = torch.randn(3, generator=source)
    noise = torch.randn(7, 4, 3, generator=source)
    exact = attribution.infidelity(
        lambda z: z @ weight, torch.zeros(4, 3), weight.expand(4, 3), noise
    )
    torch.testing.assert_close(exact, torch.zeros(4), atol=1e-10, rtol=0)
    score = attribution.class_score(network, labels)
    slope = attribution.gradient(score, pictures)
    draws = 0.2 * torch.randn(30, *pictures.shape, generator=source).double()
    found = attribution.infidelity(score, pictures, slope, draws)
    stream = iter(draws)

    def perturb(x):
        noise = next(stream)
        return noise, x - noise

    expected = captum.metrics.infidelity(network, perturb, pictures, slope, target=labels,
                                         n_perturb_samples=30, max_examples_per_batch=4)  # fmt: skip
    torch.testing.assert_close(found, expected)


def test_localisation_counts_the_largest():
    importance = torch.tensor([[5.0, 4, 3, 2, 1, 0, 0, 0, 0, 0]])
    region = torch.tensor([[True, False, True, True, False] + [False] * 5])
    assert attribution.localisation(importance, region, 0.4).item() == 0.75


def test_roughness_ignores_scale_and_sign():
    maps = torch.tensor([[[1.0, -1.0], [1.0, 3.0]]])
    torch.testing.assert_close(attribution.roughness(maps), torch.tensor([4 / 6]))
    torch.testing.assert_close(attribution.roughness(-7 * maps), torch.tensor([4 / 6]))


@pytest.mark.parametrize("end", ["top", "bottom"])
def test_keep_ranked(end):
    x = torch.tensor([[1.0, 2, 3, 4]])
    importance = torch.tensor([[0.1, 0.4, 0.2, 0.3]])
    expected = {"top": [[9.0, 2, 9, 4]], "bottom": [[1.0, 9, 3, 9]]}[end]
    order = importance.argsort(descending=end == "top")
    assert attribution.keep_ranked(x, order, 0.5, 9.0).tolist() == expected
    with pytest.raises(ValueError, match="within 0 and 1"):
        attribution.keep_ranked(x, order, 1.5)


def test_ranks_give_spearmans_correlation():
    source = np.random.default_rng(0)
    a, b = source.normal(size=(2, 40))
    product = attribution.ranks(torch.tensor(np.stack([a, b]))).prod(0).sum().item()
    assert product == pytest.approx(stats.spearmanr(a, b).statistic)


def test_distances_count_pairs_that_saw_a_sample_differently():
    maps = torch.rand(3, 6, 20, generator=torch.Generator().manual_seed(0))
    fold = torch.tensor([0, 0, 1, 1, 2, 2])
    right = torch.ones(3, 6, dtype=torch.bool)
    right[0, 0] = False
    same, different = attribution.fold_distances(maps, right, fold)
    # each pair of models has 4 samples; sample 0 belongs to the pairs (0, 1) and (0, 2), and divides both
    assert len(same) == 10 and len(different) == 2
    rho = stats.spearmanr(maps[0, 0], maps[1, 0]).statistic
    assert np.isclose(different, (1 - abs(rho)) ** 0.5, atol=1e-5).any()


def test_identical_models_have_mege_one_and_random_ones_about_a_half():
    maps = torch.rand(1, 8, 400, generator=torch.Generator().manual_seed(0))
    fold, right = torch.arange(8) % 4, torch.ones(4, 8, dtype=torch.bool)
    same, _ = attribution.fold_distances(maps.expand(4, -1, -1), right, fold)
    assert attribution.mege(same) == pytest.approx(1, abs=1e-3)
    apart = torch.rand(4, 8, 400, generator=torch.Generator().manual_seed(1))
    same, _ = attribution.fold_distances(apart, right, fold)
    assert attribution.mege(same) == pytest.approx(0.5, abs=0.02)


def test_reco_is_youdens_j_of_the_roc_curve():
    source = np.random.default_rng(0)
    same, different = source.normal(0, 1, 60), source.normal(0.8, 1, 40)
    false_rate, true_rate, _ = roc_curve([0] * 60 + [1] * 40, np.concatenate([same, different]))
    expected = (true_rate - false_rate).max()
    assert attribution.reco(same, different) == pytest.approx(expected)
    assert attribution.reco(np.exp(same), np.exp(different)) == pytest.approx(expected)
    assert attribution.reco(same, same + 100) == 1
    assert attribution.reco(same + 100, same) == 0
