"""SANIA, OASIS, SARAH, SVRG and AI-SARAH: invariances, exact cases, closed forms against automatic ones."""

from itertools import islice, repeat

import pytest
import torch
from torch.nn.functional import softplus

from redrawn.methods import optimizers as o
from redrawn.studies.adaptive_optimizers.logistic_problem import Logistic
from redrawn.studies.adaptive_optimizers.rescaled import Rescaled


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def follow(x, w, steps=40, **options):
    run = o.Sania([w.requires_grad_()], **options)

    def closure():
        w.grad = None
        loss = softplus(-x @ w).mean()
        loss.backward()
        return loss

    for _ in range(steps):
        run.step(closure)
    return w.detach()


@pytest.mark.parametrize("kind", ["adagrad", "adam"])
def test_sania_is_bit_equal_under_powers_of_two(kind):
    x = draw(30, 6)
    scales = 2.0 ** torch.tensor([-9, -3, 0, 2, 5, 11], dtype=torch.float64)
    start = torch.zeros(6, dtype=torch.float64)
    plain = follow(x, start.clone(), kind=kind)
    scaled = follow(x * scales, start.clone(), kind=kind)
    assert torch.equal(scaled * scales, plain)
    # and plain Polyak steps are not
    other = [follow(m, start.clone(), kind="identity") * s for m, s in ((x, 1), (x * scales, scales))]  # fmt: skip
    assert (other[0] - other[1]).abs().max() > 0.1


def test_sanias_step_solves_its_model_or_is_newtons():
    for loss, share in ((0.3, None), (5.0, 1.0)):
        w = torch.zeros(2, dtype=torch.float64)
        w.grad = torch.tensor([1.0, 2.0], dtype=torch.float64)
        o.Sania([w], "identity").step(lambda loss=loss: torch.tensor(loss, dtype=torch.float64))
        found = float(-w[0])  # λ, as the gradient is one
        torch.testing.assert_close(w, -found * w.grad)
        if share is None:
            assert loss - found * 5 + 0.5 * found**2 * 5 == pytest.approx(0)
        else:
            assert found == share


def test_sanias_average_forgets_and_is_corrected():
    w = torch.zeros(1, dtype=torch.float64)
    run = o.Sania([w], "adam", beta=0.5)
    for gradient, b in ((2.0, 4.0), (1.0, 2.0)):  # (½·½·4 + ½·1) / (1 − ¼)
        w.zero_().grad = torch.tensor([gradient], dtype=torch.float64)
        run.step(lambda: torch.tensor(100.0, dtype=torch.float64))
        assert float(w) == pytest.approx(-gradient / b)


def test_sania_stands_where_there_is_no_gradient_and_obeys_its_floor():
    w = torch.zeros(2, dtype=torch.float64)
    w.grad = torch.tensor([0.0, 0.0], dtype=torch.float64)
    o.Sania([w]).step(lambda: torch.tensor(1.0))
    assert torch.equal(w, torch.zeros(2, dtype=torch.float64))
    w.grad = torch.tensor([0.1, 2.0], dtype=torch.float64)
    o.Sania([w], eps=1.0).step(lambda: torch.tensor(9.0))
    torch.testing.assert_close(w, torch.tensor([-0.1, -0.5], dtype=torch.float64))


@pytest.mark.parametrize("bad", [{"kind": "none"}, {"beta": 1.0}, {"eps": -1.0}])
def test_sania_refuses(bad):
    with pytest.raises(ValueError, match="must be"):
        o.Sania([torch.zeros(1)], **bad)


def test_sania_resumes_and_refuses_sparse_gradients():
    x, halves = draw(20, 3), []
    w = torch.zeros(3, dtype=torch.float64)
    run = o.Sania([w])
    for state in (None, "resumed"):
        if state:
            saved = run.state_dict()
            run = o.Sania([w])
            run.load_state_dict(saved)
        for _ in range(3):
            w.grad = -(torch.sigmoid(-x @ w) @ x) / 20
            loss = softplus(-x @ w).mean()
            run.step(lambda loss=loss: loss)
        halves.append(w.clone())
    torch.testing.assert_close(halves[1], follow(x, torch.zeros(3, dtype=torch.float64), 6))
    w.grad = torch.sparse_coo_tensor([[0]], [1.0], (3,), dtype=torch.float64)
    with pytest.raises(RuntimeError, match="sparse"):
        run.step(lambda: torch.tensor(1.0))


CURVATURE = torch.tensor([1.0, 10.0, 1000.0], dtype=torch.float64)


def oasis(product, count, step=1e-3, **options):
    start = torch.ones(1, 3, dtype=torch.float64)
    first = torch.full((1, 1), step, dtype=torch.float64)
    source = torch.Generator().manual_seed(0)
    signs = iter(2 * torch.randint(2, (count + 100, 1, 3), generator=source) - 1)
    points = o.oasis(lambda w: CURVATURE * w, product, start, first, signs, **options)
    return torch.cat([start, *islice(points, count)])


def test_oasis_on_a_diagonal_quadratic_is_newtons_direction():
    """Signs square to one, so that one probe finds the diagonal, and all coordinates shrink alike."""
    path = oasis(lambda w, z: CURVATURE * z, 30, probes=1)
    torch.testing.assert_close(path, path[:, :1].expand(-1, 3))
    # moved and turned are equal in the metric: the second bound is one half
    steps = 1 - path[1:, 0] / path[:-1, 0]
    assert steps[0] == pytest.approx(1e-3) and steps[1] == pytest.approx(0.5)
    assert (steps <= 0.5 + 1e-9).all() and path[-1, 0] < 1e-8


def test_oasis_without_the_diagonal_is_adaptive_gradient_descent():
    path = oasis(None, 40)
    step, ratio, w = 1e-3, torch.inf, path[1]
    for before, now, after in zip(path[:-2], path[1:-1], path[2:], strict=True):
        smooth = (now - before).norm() / (2 * (CURVATURE * (now - before)).norm())
        longer = min((1 + ratio) ** 0.5 * step, float(smooth))
        ratio, step = longer / step, longer
        torch.testing.assert_close(after, now - step * CURVATURE * now)
    assert w is not None and ratio != torch.inf


def test_oasis_averages_probes_and_bounds_the_diagonal():
    calls = []

    def product(w, z):
        calls.append(1)
        return z * (3.0 if len(calls) <= 4 else 5.0)

    path = oasis(product, 3, 0.1, beta=0.75, probes=4, least=3.2)
    # the first D is 3, and counts as 3.2; the next ¾·3 + ¼·5 = 3.5
    torch.testing.assert_close(path[1], 1 - 0.1 * CURVATURE / 3.2)
    torch.testing.assert_close(
        (path[2] - path[1]) / (path[1] * CURVATURE) / float((path[2] - path[1])[0] / path[1][0]),
        torch.ones(3, dtype=torch.float64),
    )
    w, turned = path[1] - path[0], CURVATURE * (path[1] - path[0])
    smooth = float((3.5 * w**2).sum().sqrt() / (2 * (turned**2 / 3.5).sum().sqrt()))
    torch.testing.assert_close(path[2], path[1] - smooth / 3.5 * CURVATURE * path[1])


def test_oasis_stays_at_the_minimum():
    start = torch.zeros(1, 3, dtype=torch.float64)
    points = o.oasis(lambda w: CURVATURE * w, None, start, torch.ones(1, 1), iter(()))
    assert torch.equal(list(islice(points, 5))[-1], start)


def problem():
    return Logistic(draw(12, 4), torch.full((4,), 0.1, dtype=torch.float64))


def test_logistic_derivatives_are_automatic_ones():
    task, w, v = problem(), draw(2, 4, seed=1), draw(2, 4, seed=2)
    w, v = w[:, None].expand(-1, 2, -1).flatten(0, 1), v.repeat(2, 1)
    batches = task.x[torch.tensor([[0, 3, 5], [2, 2, 7]])]  # each serves every second problem

    def loss(u, i, chosen):
        part = task if chosen is None else Logistic(chosen[i % 2], task.ridge)
        return part.loss(u[None])[0]

    for chosen in (None, batches):
        for i in range(4):
            f = lambda t, i=i, c=chosen: torch.func.grad(loss)(w[i] + t * v[i], i, c)  # noqa: E731
            first, second = torch.func.jacfwd(f), torch.func.jacfwd(torch.func.jacfwd(f))
            zero = torch.zeros((), dtype=torch.float64)
            torch.testing.assert_close(task.gradient(w, chosen)[i], f(zero))
            torch.testing.assert_close(task.product(w, v, chosen)[i], first(zero))
            torch.testing.assert_close(task.third(w, v, chosen)[i], second(zero))
    assert task.gradient(task.minimiser()).abs().max() < 1e-10
    assert float(task.least) == float(task.loss(task.minimiser()))
    assert task.smoothness >= float(torch.linalg.eigvalsh(torch.func.hessian(lambda u: task.loss(u[None])[0])(w[0]))[-1])  # fmt: skip


def test_rescaled_problems_are_those_of_rescaled_columns():
    task, scales = problem(), draw(2, 4, seed=3).exp()
    both, w, v = Rescaled(task, scales), draw(2, 4, seed=1), draw(2, 4, seed=2)
    for i, s in enumerate(scales):
        alone = Logistic(task.x * s, task.ridge * s**2)
        torch.testing.assert_close(both.loss(w)[i], alone.loss(w)[i])
        torch.testing.assert_close(both.gradient(w)[i], alone.gradient(w)[i])
        torch.testing.assert_close(both.product(w, v)[i], alone.product(w, v)[i])
        assert float(both.smoothness()[i]) == pytest.approx(alone.smoothness)
        assert float(task.least) == pytest.approx(float(alone.least))


class Quadratic:
    """½ wᵀHw, whatever the rows."""

    hessian = torch.diag(CURVATURE)

    def gradient(self, w, rows):
        return w @ self.hessian

    def product(self, w, v, rows):
        return v @ self.hessian

    def third(self, w, v, rows):
        return torch.zeros_like(w)


def test_the_implicit_step_is_exact_on_a_quadratic_and_newtons_elsewhere():
    w, v = draw(1, 3), draw(1, 3, seed=1)
    turned = v @ Quadratic.hessian
    expected = float((v * turned).sum() / (turned**2).sum())
    assert o.implicit_step(Quadratic(), w, v, None) == pytest.approx(expected)
    task, w, v = problem(), draw(1, 4, seed=3), draw(1, 4, seed=4)
    rows = task.x[None, [1, 4, 6, 8]]
    after = lambda a: ((task.gradient(w - a * v, rows) - task.gradient(w, rows) + v) ** 2).sum()  # noqa: E731
    zero = torch.zeros((), dtype=torch.float64)
    slope, bend = torch.func.grad(after)(zero), torch.func.grad(torch.func.grad(after))(zero)
    assert o.implicit_step(task, w, v, rows) == pytest.approx(float(-slope / bend.abs()))


def test_ai_sarah_descends_by_bounded_steps_and_restarts():
    start = torch.ones(1, 3, dtype=torch.float64)
    found = list(islice(o.ai_sarah(Quadratic(), start, iter(lambda: None, 0), 0.25), 30))
    # without noise v is the gradient, and an inner loop ends once its square has shrunk by four
    w, v, first = start, start @ Quadratic.hessian, None
    average = None
    for after, fresh, alpha in found:
        size = float((v**2).sum())
        assert fresh == (first is None or size < 0.25 * first)
        first = size if fresh else first
        wanted = o.implicit_step(Quadratic(), w, v, None)
        limit = float("inf") if average is None else 1 / average
        assert alpha == pytest.approx(min(wanted, limit))
        average = 1 / wanted if average is None else 0.999 * average + 0.001 / wanted
        torch.testing.assert_close(after, w - alpha * v)
        w, v = after, after @ Quadratic.hessian
    assert list(o.ai_sarah(Quadratic(), 0 * start, iter([]))) == []


@pytest.mark.parametrize("recursive", [True, False])
def test_variance_reduction_is_gradient_descent_on_whole_batches(recursive):
    task, start = problem(), draw(2, 4, seed=5)
    rates = torch.tensor([[0.1], [0.3]], dtype=torch.float64)
    every = task.x[None]
    points = o.variance_reduced(task.gradient, start, rates, repeat(every), 5, recursive)
    w = start
    for i, (after, full) in enumerate(islice(points, 12)):
        w = w - rates * task.gradient(w)
        torch.testing.assert_close(after, w)
        assert full == (i % 5 == 0)


def test_svrg_and_sarah_differ_by_what_they_compare_with():
    task, w0 = problem(), draw(1, 4, seed=6)
    rate = torch.full((1, 1), 0.2, dtype=torch.float64)
    batches = [task.x[None, :2], task.x[None, 2:4]]
    full = task.gradient(w0)
    w1 = w0 - rate * full
    v1 = task.gradient(w1, batches[0]) - task.gradient(w0, batches[0]) + full
    w2 = w1 - rate * v1
    against = {True: (w1, v1), False: (w0, full)}
    for recursive, (anchor, base) in against.items():
        points = o.variance_reduced(task.gradient, w0, rate, iter(batches), 3, recursive)
        v2 = task.gradient(w2, batches[1]) - task.gradient(anchor, batches[1]) + base
        torch.testing.assert_close(list(islice(points, 3))[-1][0], w2 - rate * v2)
