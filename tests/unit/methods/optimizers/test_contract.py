"""What users of `torch.optim` expect of every optimizer in the package."""

import copy

import pytest
import torch

from redrawn.methods import optimizers as o

# how each is made, its rate, and hyperparameters that it must refuse
CASES = {
    "AMSGrad": (o.AMSGrad, {"lr": 0.01}, ({"lr": 0}, {"eps": -1}, {"betas": (1.0, 0.9)}, {"box": (1, 0)})),
    "Adam of AMSGrad": (o.AMSGrad, {"lr": 0.01, "largest": False, "box": (-0.5, 0.5)}, ()),
    "AdEMAMix": (
        o.AdEMAMix,
        {"lr": 0.01, "horizon": 7, "weight_decay": 0.1},
        ({"lr": -1}, {"alpha": -1}, {"horizon": 0}, {"betas": (0.9, 0.9, 1.0)}, {"betas": (0.9, 0.9, 0)}, {"weight_decay": -1}),
    ),
    "AdaMomentum": (o.AdaMomentum, {"lr": 0.01}, ({"lr": 0}, {"eps": 0}, {"betas": (0.9, 1.0)})),
    "DiffGrad": (o.DiffGrad, {"lr": 0.01}, ({"lr": 0}, {"eps": -1}, {"betas": (-0.1, 0.9)})),
    "Shampoo": (o.Shampoo, {"lr": 0.01}, ({"lr": 0}, {"eps": -1}, {"beta": 1.1})),
    "SteepestDescent": (o.SteepestDescent, {"sharpness": 50.0, "norm": "max"}, ({"sharpness": 0}, {"sharpness": 1, "norm": "none"})),
    "SignProdigy": (o.SignProdigy, {"lr": 0.001}, ({"lr": 0},)),
    "Lion": (o.Lion, {"lr": 0.01}, ({"lr": 0},)),
    "ClippedAdam": (o.ClippedAdam, {"lr": 0.01, "share": 0.2}, ({"lr": 0, "share": 0.2}, {"lr": 1, "share": 1})),
    "ClippedDescent": (o.ClippedDescent, {"lr": 0.01, "threshold": 1.0}, ({"lr": 0, "threshold": 1},)),
    "NormalizedDescent": (o.NormalizedDescent, {"lr": 0.01, "beta": 0.5}, ({"lr": 0, "beta": 0.5},)),
    "EntrywiseAdam": (o.EntrywiseAdam, {"lr": 0.01}, ({"lr": 0}, {"lr": 1, "betas": (1, 0.9)})),
    "CentredMirrorDescent": (o.CentredMirrorDescent, {"gradient": 1.0, "growth": 1.0}, ({"gradient": 0, "growth": 1},)),
}  # fmt: skip

every = pytest.mark.parametrize("name", CASES)


def problem(seed=0):
    """Return parameters of a small network and a function that fills their gradients and returns the loss."""
    source = torch.Generator().manual_seed(seed)
    draw = lambda *s: torch.randn(*s, generator=source, dtype=torch.float64)  # noqa: E731
    w, b, x, y = draw(4, 3), draw(4, 2), draw(6, 4), draw(6, 2)
    parameters = [w.requires_grad_(), b.requires_grad_()]

    def closure():
        for p in parameters:
            p.grad = None
        loss = ((x @ w).tanh() @ b[:3] - y).square().mean() + b[3].square().sum()
        loss.backward()
        return loss

    return parameters, closure


@every
def test_descends_and_returns_the_closures_loss(name):
    make, options, _ = CASES[name]
    parameters, closure = problem()
    run = make(parameters, **options)
    first = run.step(closure)
    assert torch.is_tensor(first) and first > 0
    for _ in range(30):
        last = run.step(closure)
    # the learner of online losses stays near its start for long
    assert last < first or name == "CentredMirrorDescent"
    assert run.step() is None


@every
def test_resumes_from_a_state_dict(name):
    make, options, _ = CASES[name]
    parameters, closure = problem()
    run = make(parameters, **options)
    for _ in range(5):
        run.step(closure)
    others, other_closure = problem()
    with torch.no_grad():
        for q, p in zip(others, parameters, strict=True):
            q.copy_(p)
    resumed = make(others, **options)
    resumed.load_state_dict(copy.deepcopy(run.state_dict()))
    for _ in range(5):
        run.step(closure)
        resumed.step(other_closure)
    for q, p in zip(others, parameters, strict=True):
        assert torch.equal(p, q)


@every
def test_groups_have_their_own_hyperparameters(name):
    make, options, _ = CASES[name]
    key = next(k for k in ("lr", "sharpness", "gradient") if k in options)
    together, closure = problem()
    run = make(
        [{"params": together[:1]}, {"params": together[1:], key: 3 * options[key]}], **options
    )
    assert [float(g[key]) for g in run.param_groups] == [options[key], 3 * options[key]]
    before = [p.detach().clone() for p in together]
    run.step(closure)
    for i, factor in enumerate((1, 3)):
        alone = [before[i].clone()]
        alone[0].grad = together[i].grad
        make(alone, **options | {key: factor * options[key]}).step()
        torch.testing.assert_close(alone[0], together[i].detach())


@every
def test_refuses_sparse_gradients(name):
    make, options, _ = CASES[name]
    p = torch.zeros(3, 2, requires_grad=True)
    p.grad = torch.sparse_coo_tensor([[0], [1]], [1.0], (3, 2))
    with pytest.raises(RuntimeError, match="sparse"):
        make([p], **options).step()


@every
def test_refuses_bad_hyperparameters(name):
    make, usual, bad = CASES[name]
    backwards = [usual | {"lr": -0.01}] if "lr" in usual else []
    for options in (*bad, *backwards):
        with pytest.raises(ValueError, match=r"must|empty"):
            make([torch.zeros(2, 2)], **options)


@every
def test_leaves_parameters_without_gradient(name):
    make, options, _ = CASES[name]
    still, moving = torch.ones(2, 2), torch.ones(2, 2)
    moving.grad = torch.ones(2, 2)
    make([still, moving], **options).step()
    assert torch.equal(still, torch.ones(2, 2))
