"""The studies at their smallest: the shape of what they return, and what must be exact."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib import pyplot as plt

from redrawn.methods.lipschitz import perceptron_descent as perceptrons
from redrawn.studies.lipschitz_estimation import (
    descent,
    descent_figures,
    descent_noise,
    descent_peaks,
    descent_toy,
)

MODULES = (descent, descent_noise, descent_toy)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
def test_every_profile_has_settings(module):
    assert set(module.SETTINGS) == {"quick", "standard", "paper"}


@pytest.fixture(scope="module")
def swept():
    small = replace(
        descent.SETTINGS["quick"], samples=60, widths=(3, 6), epochs=40, batch=30, seeds=2
    )
    return small, descent.sweep(small, 0, "cpu")


def test_sweep_in_miniature(swept):
    small, frame = swept
    assert len(frame) == 2 * 2
    assert (frame["mean"] <= frame.lower).all() and (frame.lower <= frame.upper).all()
    assert (frame.variance < frame.bound).all()
    shorter = descent.sweep(replace(small, epochs=20), 0, "cpu")
    assert frame.train.mean() < shorter.train.mean() < np.log(10)
    assert frame.equals(descent.sweep(small, 0, "cpu"))
    assert not frame.equals(descent.sweep(small, 1, "cpu"))
    assert small.threshold == 60 / 50
    for figure in (descent_figures.descent, descent_figures.variance):
        plt.close(figure(frame, small.threshold))


def test_the_bound_is_that_of_the_mean_network():
    x, labels = descent.signals("train", "cpu", 20)
    layers = perceptrons.init_layers([40, 5, 10], 3, torch.Generator().manual_seed(0), biases=False)
    found = descent.look(layers, x, labels, x, labels)
    # one network thrice: its mean is itself
    same = descent.look([(w[:1].expand(3, -1, -1), None) for w, _ in layers], x, labels, x, labels)
    torch.testing.assert_close(same["bound"], 6 * same["lower"] ** 2 * x.square().sum(1).mean())
    assert (same["variance"] < 1e-9).all()
    assert (
        found["bound"]
        < 3 * (found["lower"].max() ** 2 + found["lower"] ** 2) * x.square().sum(1).mean()
    ).all()


def test_the_rate_warms_up_over_a_quarter(monkeypatch):
    rates = []
    monkeypatch.setattr(perceptrons, "gradient", lambda *_: None)
    monkeypatch.setattr(perceptrons, "descend", lambda layers, slopes, rate: rates.append(rate))
    small = replace(descent.SETTINGS["quick"], epochs=8, batch=5, rate=2.0)
    x = torch.zeros(10, 1)
    descent.train([], x, x, small, relu_output=False)
    np.testing.assert_allclose(rates, [0.5, 1, 1.5, 2] + 12 * [2])


def test_only_the_share_is_shuffled():
    labels = torch.arange(10).repeat(100)
    source = torch.Generator().manual_seed(0)
    found = descent_noise.shuffled(labels, 0.4, 3, source)
    moved = (found != labels).float().mean(1)
    np.testing.assert_allclose(moved, 0.4 * 0.9, atol=0.04)
    assert (found.sort(1)[0] == labels.sort()[0]).all()
    assert (descent_noise.shuffled(labels, 0.0, 2, source) == labels).all()
    assert not (found[0] == found[1]).all()


def test_noise_in_miniature():
    small = replace(
        descent_noise.SETTINGS["quick"],
        widths=(4, 20),
        shares=(0, 1),
        epochs=30,
        samples=60,
        batch=20,
        seeds=2,
    )
    frame = descent_noise.noise(small, 0, "cpu")
    assert len(frame) == 2 * 2 * 2 and frame.equals(descent_noise.noise(small, 0, "cpu"))
    assert replace(small, widths=(1, 2, 3, 4, 5)).three == {"narrow": 1, "middle": 3, "wide": 5}
    mean = frame.groupby(["width", "share"]).accuracy.mean()
    assert mean[4, 0] > mean[4, 1] and mean[20, 1] > mean[4, 1]
    plt.close(descent_figures.noise(frame))


def test_toy_in_miniature():
    small = replace(descent_toy.SETTINGS["quick"], steps=200, side=20, looks=2, seeds=2, hidden=20)
    frame = descent_toy.run(small, 0, "cpu")
    assert set(frame.step) == {2, 200} and len(frame) == 4
    assert (frame.lower <= frame.effective).all() and (frame.effective <= frame.upper).all()
    early, late = (frame[frame.step == s].loss.to_numpy() for s in (2, 200))
    assert (late < early / 2).all()
    grown = frame[frame.step == 200].lower.to_numpy() / frame[frame.step == 2].lower.to_numpy()
    np.testing.assert_allclose(descent_toy.growth(frame), grown)
    plt.close(descent_figures.training(frame))


def test_bells_stand_120_degrees_apart():
    many = replace(descent_toy.SETTINGS["quick"], samples=20_000, seeds=1)
    x, labels = descent_toy.bells(many, torch.Generator().manual_seed(0))
    means = torch.stack([x[0, labels == c].mean(0) for c in range(3)])
    expected = 1.5 * torch.tensor([[0, -1], [0.75**0.5, 0.5], [-(0.75**0.5), 0.5]])
    torch.testing.assert_close(means, expected, atol=0.03, rtol=0)
    torch.testing.assert_close((x[0] - means[labels]).std(), torch.tensor(1.0), atol=0.02, rtol=0)


def test_peaks_of_known_curves():
    rows = [(w, s, v) for s, curve in enumerate([(1, 4, 2), (2, 3, 6), (1, 9, 1)])
            for w, v in zip((10, 20, 30), curve, strict=True)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["width", "seed", "a"])
    np.testing.assert_allclose(descent_peaks.rise_and_fall(frame, "width", "a"), [2, 0.5, 9])
    assert descent_peaks.place(frame, "width", "a").tolist() == [20, 30, 20]
    rising = frame.assign(a=frame.width.astype(float))
    np.testing.assert_allclose(descent_peaks.rise_and_fall(rising, "width", "a"), 1)
    falling = frame.assign(c=-1.0 * frame.width + 40)
    np.testing.assert_allclose(
        descent_peaks.rise_and_fall(falling, "width", "a", at="c"), [0.5, 1 / 3, 1]
    )
