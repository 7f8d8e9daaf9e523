"""Training side by side: the optimiser's own numbers, for every network."""

import numpy as np
import pytest
import torch

from redrawn.studies.ensemble import generator, train


@pytest.mark.parametrize("final_share, weight_decay", [(1.0, 0.0), (0.01, 0.1)])
def test_training_is_adams_to_the_bit(final_share, weight_decay):
    x, y, start, idle = (
        torch.rand(*shape, generator=generator(0))
        for shape in ((3, 9, 4), (3, 9), (3, 4, 1), (3, 2))
    )
    found = [start.clone(), idle.clone()]
    expected = start.clone().requires_grad_()

    def loss(weight):
        return ((x @ weight)[..., 0].tanh() - y).square().mean(1)

    history = train(
        found, lambda: loss(found[0]), 20, 0.05, final_share=final_share, weight_decay=weight_decay
    )
    optimiser = torch.optim.Adam([expected], lr=0.05, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, final_share ** (1 / 20))
    for row in history:
        optimiser.zero_grad()
        np.testing.assert_array_equal(row, loss(expected).detach())
        loss(expected).sum().backward()
        optimiser.step()
        schedule.step()
    assert torch.equal(found[0], expected)
    if not weight_decay:
        assert torch.equal(found[1], idle), "what the loss does not depend on stays"
