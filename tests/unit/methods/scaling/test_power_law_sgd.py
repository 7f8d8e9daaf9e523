import torch

from redrawn.methods.scaling import PowerLaw, expected_loss, sampled_loss

LAW = PowerLaw(exponent=1.5, features=60, noise=0.3)


def test_no_step_leaves_all_variance():
    everything = LAW.variances().sum() + LAW.noise
    for size in (5, 60):
        found = expected_loss(LAW, size, 0, torch.tensor([0.1]))
        torch.testing.assert_close(found, everything[None])


def test_many_samples_have_the_mean():
    rates = torch.tensor([0.05, 0.2]).repeat(4000)
    found = sampled_loss(LAW, 12, 25, rates, torch.Generator().manual_seed(0))
    found = found.unflatten(0, (-1, 2))
    error = found.std(0) / len(found) ** 0.5
    assert ((found.mean(0) - expected_loss(LAW, 12, 25, rates[:2])).abs() < 4 * error).all()


def test_one_feature_without_noise_by_hand():
    # E (1 - η x²)² with x² of mean 1 and E x⁴ = 3
    law = PowerLaw(exponent=2.0, features=1, noise=0.0)
    found = expected_loss(law, 1, 1, torch.tensor([0.1]))
    torch.testing.assert_close(found, torch.tensor([1 - 0.2 + 0.03], dtype=torch.float64))


def test_noise_that_stays_is_in_proportion_to_a_small_step():
    law = PowerLaw(exponent=1.5, features=4, noise=0.1)
    rates = torch.tensor([1e-3, 2e-3], dtype=torch.float64)
    floor = expected_loss(law, 4, 60_000, rates) - law.noise
    predicted = rates * law.variances().sum() * law.noise / 2
    torch.testing.assert_close(floor, predicted, rtol=0.02, atol=0)
