"""Gram iteration's studies at their smallest: the shape of what they return, and what must be exact."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from redrawn.data import imagenet
from redrawn.methods.classifiers import squeezenet
from redrawn.methods.lipschitz.circular_convolution import convolution_gram_bounds
from redrawn.studies.lipschitz_estimation import (
    gram,
    gram_figures,
    gram_kernels,
    gram_layers,
    gram_training,
)


@pytest.fixture(scope="module")
def frame():
    small = replace(gram.SETTINGS["quick"], matrices=2, kernels=2, power_steps=3)
    return gram.convergence(replace(small, convolution_steps=2), 0, "cpu")


def test_gram_lies_above_and_power_below(frame):
    for case in (gram.DENSE, gram.CONVOLUTION, gram.ORTHOGONAL):
        found = gram.curves(frame, case, gram.GRAM)
        assert found.shape == (2, 13) and found.min() > -1e-12 and np.diff(found).max() < 1e-12
    for case, steps in ((gram.DENSE, 4), (gram.CONVOLUTION, 3)):
        found = gram.curves(frame, case, gram.POWER)
        assert found.shape == (2, steps) and (found < 0).all()
    assert (gram.order(frame, gram.DENSE) > 1.5).all()
    np.testing.assert_allclose(gram.order(frame, gram.ORTHOGONAL), 1, atol=0.01)
    assert len(gram_figures.convergence(frame).axes) == 3


def test_both_methods_close_in_on_the_same_convolution(monkeypatch):
    for name, value in (("CHANNELS", 2), ("KERNEL", 3), ("PIXELS", 4), ("ROWS", 5), ("COLUMNS", 4)):
        monkeypatch.setattr(gram, name, value)
    found = gram.convergence(gram.Settings(2, 2, 1000, 1000, ()), 0, "cpu")
    last = found.groupby(["case", "method", "seed"]).error.last()
    assert last.drop(gram.ORTHOGONAL).max() < 1e-8


def test_guarantees_are_the_least_excess_and_the_largest_rise():
    excess = {gram.DENSE: [0.5, 0.1, 0.2], gram.CONVOLUTION: [0.3, 0.2, -0.1]}
    frame = pd.concat(pd.DataFrame({"case": case, "method": gram.GRAM, "seed": 0, "step": range(3),
                                    "excess": values}) for case, values in excess.items())  # fmt: skip
    least, rise = gram.guarantees(frame)
    np.testing.assert_allclose(least, [0.1, -0.1])
    np.testing.assert_allclose(rise, [0.1, 0])


def test_steps_count_the_budget_where_nothing_is_reached():
    frame = pd.DataFrame({"case": "c", "method": "m", "seed": [0, 0, 0, 1, 1, 1],
                          "step": [0, 1, 2] * 2, "error": [1, 1e-7, 0, 1, 1, 1]})  # fmt: skip
    assert gram.steps_to(frame, "c", "m").tolist() == [1, 2]


def test_the_order_of_a_quadratic_and_a_linear_sequence():
    errors = {"quadratic": [0.1, 1e-2, 1e-4, 1e-8], "linear": [0.1, 1e-2, 1e-3, 1e-4]}
    for (case, values), order in zip(errors.items(), (2, 1), strict=True):
        frame = pd.DataFrame({"case": case, "method": gram.GRAM, "seed": 0,
                              "step": range(4), "error": values})  # fmt: skip
        np.testing.assert_allclose(gram.order(frame, case), [order])


def test_operations_of_a_step():
    one = np.array([1])
    assert gram.operations(one, gram.DENSE, gram.POWER) == [2 * 2 * 500 * 400]
    assert gram.operations(one, gram.DENSE, gram.GRAM) == [2 * 400 * 400 * 500]
    assert gram.operations(1 + one, gram.DENSE, gram.GRAM) == [2 * 400 * 400 * 900]
    power = gram.operations(one, gram.CONVOLUTION, gram.POWER)
    assert power == [2 * 2 * 64 * 64 * 25 * 144]
    assert gram.operations(one, gram.CONVOLUTION, gram.GRAM) == [84 * 8 * 64**3]


def test_widths_and_gradient():
    small = replace(gram.SETTINGS["quick"], kernels=2, widths=(2, 4))
    found = gram_kernels.widths(small, 0, "cpu")
    assert len(found) == 12 and (found.ratio > 1 - 1e-12).all()
    assert gram.gradient_error(0, "cpu").max() < 1e-6
    assert gram_figures.widths(found).axes


def test_rescaling_is_needed_after_four_steps():
    assert gram.overflow_step(0) == 4


@pytest.mark.parametrize("n", [4, 6])
def test_norms_of_rotations_have_a_closed_form(n):
    found = gram_layers.rotation(n)
    expected = {
        "zero padding": 1 + 2 * math.cos(math.pi / (n + 1)),
        "circular": 1 + 2 * math.cos(math.pi / n),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-5)
    assert found["one pixel more"] > found["zero padding"]


def test_sides_are_those_of_the_network():
    network, seen = squeezenet(imagenet.squeezenet()), {}
    for name in gram_layers.LAYERS:
        layer = network.get_submodule(name.replace("/", "."))
        layer.register_forward_hook(lambda _, given, __, name=name: seen.update({name: given[0]}))
    network(torch.zeros(1, 3, 224, 224))
    sides = {name: given.shape[-1] for name, given in seen.items()}
    sides["conv1"] -= 1  # a row of zeros was added before
    assert sides == gram_layers.LAYERS


def test_layers_are_all_there_and_bounded():
    found = gram_layers.layers(gram_layers.Settings(3, 2), 0, "cpu")
    assert found.layer.nunique() == 26 and (found.k == 3).sum() == 9 * 4
    assert (found[found.method != "zero padding"].ratio > 1 - 1e-9).all()
    assert set(gram_layers.totals(found)) == {"Gram", "four unfoldings", "sampled"}
    assert gram_layers.least_over_zero_padding(found) > 0
    assert gram_figures.layers(found).axes


def test_the_surrogate_is_the_bound_and_has_its_gradient():
    kernel = torch.randn((2, 3, 2, 3, 3), generator=torch.Generator().manual_seed(0)).double()
    kernel.requires_grad_()
    found, expected = (
        gram_training.gram_bound(kernel, 5),
        convolution_gram_bounds(kernel, 5, 6)[-1],
    )
    torch.testing.assert_close(found, expected)
    slopes = [torch.autograd.grad(x.sum(), kernel)[0] for x in (found, expected)]
    torch.testing.assert_close(*slopes)


def test_training_in_miniature():
    small = gram_training.Settings(2, 2, 200, 30, 20, 1.0)
    found = gram_training.train_all(small, 0, "cpu")
    assert len(found) == 8 * 2 and found.accuracy.between(0, 1).all()
    for _, group in found.groupby("normalised"):
        plain = group[group.method == "none"]["product"].to_numpy()
        for method in set(group.method) - {"none"}:
            assert (group[group.method == method]["product"].to_numpy() < 0.8 * plain).all()
    gained, ahead = gram_training.gains(found, True)
    assert gained.shape == ahead.shape == (2,)
    assert gram_figures.training(found).axes


def test_no_penalty_is_the_same_network_from_the_same_start_and_batches():
    small = gram_training.Settings(2, 2, 200, 10, 20, 0.0)
    found = gram_training.train_all(small, 0, "cpu")
    for _, group in found.groupby("normalised"):
        products = group.pivot(index="seed", columns="method", values="product")
        np.testing.assert_allclose(
            products.to_numpy().T, [products["none"]] * products.shape[1], rtol=1e-4
        )


@pytest.mark.parametrize("normalised", [False, True])
def test_grouped_networks_are_those_of_torch(normalised):
    small = gram_training.Settings(2, 3, 200, 1, 8)
    source = torch.Generator().manual_seed(0)
    parameters = gram_training.start(small, source, 1, "cpu")
    parameters[1] += 0.3
    pictures = torch.rand((2, 8, 14, 14), generator=source)
    widths = (3, 6, 6)
    statistics = [(torch.zeros(2 * w), torch.ones(2 * w)) for w in widths] if normalised else None
    norms = [[torch.nn.BatchNorm2d(w, affine=False) for w in widths] for _ in range(2)]
    for training in (True, False):
        found = gram_training.logits(parameters, pictures, statistics, training)
        for e in range(2):
            x = pictures[e][:, None]
            for layer in range(3):
                x = torch.nn.functional.conv2d(x, parameters[2 * layer][e], padding=1)
                x = norms[e][layer].train(training)(x) if normalised else x
                x = (x + parameters[2 * layer + 1][e][:, None, None]).relu()
                x = torch.nn.MaxPool2d(2)(x) if layer < 2 else x
            expected = x.flatten(1) @ parameters[-2][e] + parameters[-1][e]
            torch.testing.assert_close(found[e], expected, rtol=1e-4, atol=1e-5)
