"""The studies at their smallest: the shape of what they return, and what must be exact."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from redrawn.methods import physics
from redrawn.studies.physics_informed import (
    burgers,
    discrete,
    experts,
    galerkin,
    inverse,
    lagrangian,
    preconditioning,
    schrodinger,
    soft_boundary,
)

MODULES = (discrete, experts, galerkin, lagrangian, preconditioning, schrodinger)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
def test_every_profile_has_settings(module):
    assert set(module.SETTINGS) == {"quick", "standard", "paper"}


def test_paper_settings_are_the_papers():
    assert set(burgers.REDUCED) == {"quick", "standard", "paper"}
    for profile in ("standard", "paper"):
        size = burgers.PAPER[profile]
        assert (size.hidden, size.width, size.collocation, size.data) == (8, 20, 10_000, 100)
        assert size.viscosity == 0.01 / np.pi
    known = burgers.initial_and_boundary()
    assert known.shape == (456, 3) and (np.abs(known[256:, 0]) == 1).all()
    np.testing.assert_allclose(known[:256, 2], -np.sin(np.pi * known[:256, 0]))


def test_burgers_in_miniature_repeats_and_learns():
    tiny = burgers.Burgers(2, 300, 150, 2, 1, viscosity=0.1)
    assert len(burgers.few(tiny, 0, "cpu")) == 1
    scores, field, data = burgers.solve(tiny, 0, "cpu")
    again, _, _ = burgers.solve(tiny, 0, "cpu")
    assert scores.equals(again) and (scores.error < 0.3).all() and len(data) == 100
    rows = field[np.isclose(field.t, 0.5)]
    found = np.linalg.norm(rows.network - rows.exact) / np.linalg.norm(rows.exact)
    assert found < 0.5 and len(field) == 25_600
    other, _, _ = burgers.solve(tiny, 1, "cpu")
    assert not scores.error.equals(other.error)
    error, gap = burgers.start_of(field.assign(network=field.exact), data)
    assert error == 0 and 2 / 101 <= gap < 1


def test_reference_is_converged():
    assert burgers.reference_error() < 1e-10


def test_schrodinger_in_miniature():
    tiny = schrodinger.Settings(20, 2, 200, 60)
    error, field = schrodinger.solve(tiny, 0, "cpu")
    assert error < -0.05 and len(field) == 201 * 256
    start = field[field.t == 0]
    np.testing.assert_allclose(start.exact, 2 / np.cosh(start.x))


def test_one_step_with_few_stages_and_allen_cahn():
    tiny = replace(
        discrete.SETTINGS["quick"], stages=(1, 4), iterations=150, seeds=2, cahn_stages=2,
        cahn_widths=(10,), cahn_iterations=5, cahn_seeds=1,
    )  # fmt: skip
    errors, profiles = discrete.stages_sweep(tiny, 0, "cpu")
    assert len(errors) == 4 and np.isfinite(errors.error).all()
    assert set(profiles.stages) == {1, 4}
    assert 0.2 < errors[errors.stages == 1].error.median() < 0.7  # the stepper's own error
    cahn, shown = discrete.allen_cahn(tiny, 0, "cpu")
    assert len(cahn) == 1 and len(shown) == 512


def test_steps_start_and_end_at_their_references():
    for step in (discrete.burgers_step(), discrete.allen_cahn_step()):
        assert step.start.shape == step.end.shape == step.places.shape
        assert np.abs(step.end - step.start).max() > 0.3
    cahn = discrete.allen_cahn_step()
    assert abs(cahn.start[256]) < 0.05 and np.abs(cahn.end).max() <= 1


def test_both_frames_learn_what_stands_still():
    tiny = replace(lagrangian.SETTINGS["quick"], speeds=(0.0,), points=12, iterations=60,
                   seeds=2, widths=(10,), burgers_speed=0.0)  # fmt: skip
    found = lagrangian.compare(tiny, 0, "cpu")
    assert len(found) == 8
    still = found[found.equation == "convection"]
    assert (still.error < 0.3).all()
    assert len(lagrangian.errors(found, "Burgers", "Eulerian", 0.0)) == 2


def test_exact_travelling_solutions_obey_their_start_and_galileo():
    place, time = lagrangian.axes()
    for carried in (False, True):
        found = lagrangian.exact(3.0, carried)
        np.testing.assert_allclose(found[0], np.sin(place) + 3 * carried, atol=1e-9)
    rest, moving = lagrangian.exact(0.0, True), lagrangian.exact(4.0, True)
    k = np.fft.rfftfreq(256, 1 / 256)
    shift = np.exp(-1j * k * 4 * time[:, None])
    carried = np.fft.irfft(np.fft.rfft(rest) * shift, 256)
    np.testing.assert_allclose(moving - 4, carried, atol=2e-3)


def test_snapshots_of_a_sine_and_a_bell():
    shots = lagrangian.snapshots()
    assert lagrangian.modes(shots, "sine", "Eulerian") == 2
    assert lagrangian.modes(shots, "sine", "Lagrangian") == 1
    bell = [lagrangian.modes(shots, "bell", n) for n in lagrangian.FRAMES]
    assert bell[0] > 10 > bell[1]


def test_preconditioning_tables():
    settings = preconditioning.SETTINGS["quick"]
    poisson = preconditioning.poisson(settings)
    np.testing.assert_allclose(poisson.plain[:4], [70.26, 869.8, 13031, 205139], rtol=1e-3)
    assert poisson.preconditioned.max() < 2
    curves = preconditioning.training(settings, 0)
    last = curves[curves.step == settings.steps].set_index("name").error
    assert last["preconditioned"].max() < 1e-6 < 0.3 < last["plain"].min()
    few = replace(settings, seeds=2, width=4)
    spectra = preconditioning.spectra(few, 0)
    assert (spectra.groupby(["name", "seed"]).share.max() == 1).all()


@pytest.fixture(scope="module")
def small_mesh():
    return replace(
        galerkin.SETTINGS["quick"], widths=(8, 16, 8), epochs=200, elastic_epochs=20, seeds=2,
        source_epochs=300, lame_epochs=20, soft_widths=(8,), soft_points=16, inverse_seeds=3,
    )  # fmt: skip


def test_galerkin_learns_and_keeps_its_boundary(small_mesh):
    scores, values = galerkin.forward(small_mesh, 0, "cpu")
    disk = scores[scores.problem == "Poisson"]
    assert (disk.error < 0.2).all() and (scores.boundary == 0).all()
    assert set(values.field[values.problem == "elasticity"]) == {0, 1}
    soft = soft_boundary.solve(small_mesh, 0, "cpu")
    assert (soft.boundary > 0).all() and soft.finite_elements.max() < 0.02


def test_shown_triangles_tile_the_mesh():
    areas = {"Poisson": np.pi, "elasticity": np.pi * (1 - 0.4**2)}
    for name, rows in galerkin.triangles().items():
        system = {"Poisson": galerkin.disk, "elasticity": galerkin.tube}[name]()
        (ax, ay), (bx, by) = (
            system.nodes[rows[:, k]].T - system.nodes[rows[:, 0]].T for k in (1, 2)
        )
        doubled = np.abs(ax * by - ay * bx)
        assert doubled.min() > 0.02 and abs(doubled.sum() / 2 - areas[name]) < 0.03 * areas[name]


def test_inverse_moves_the_unknown_towards_the_truth(small_mesh):
    found = inverse.find(small_mesh, 0, "cpu")
    assert set(found.unknown) == {"S", "λ", "μ"} and len(found) == 9
    assert (found[found.unknown == "S"].found > 0.25).all()


def test_experts_share_their_points_and_solve_better_than_nothing():
    tiny = experts.Settings(3, 64, (8,), 2, 2, basis=6)
    scores, solutions = experts.compare(tiny, 0, "cpu")
    assert set(scores.method) == set(experts.METHODS) and len(scores) == 3 * 2 * 2
    assert scores.groupby("method").error.nunique().eq(4).all(), "each network has its own problems"
    soft = scores.method == "soft"
    assert (scores[~soft].error < 100).all(), "u = 0 has an error of 100 %"
    assert np.isfinite(scores.error).all() and (scores[soft].work == 0).all()
    assert isinstance(solutions, pd.DataFrame) and len(solutions) == 3 * 51 * 128
    solved = scores.assign(work=scores.work.where(scores.method == "soft", 16.0))
    assert experts.not_ended(solved, tiny) == 0
    solved.loc[solved.index[-1], "work"] = 50 * 16  # the last problem's slowest expert
    assert experts.not_ended(solved, tiny) == 0.25
    source = experts.generator(0)
    inside, edges = experts.points(tiny, solutions_start(), 4, source)
    strips = inside.view(2, 4, 16, 2)
    for k in range(4):
        assert strips[:, k, :, 0].min() >= k / 4 and strips[:, k, :, 0].max() <= (k + 1) / 4
    assert (
        not edges[0, ..., 1].any() and not edges[1, ..., 0].any() and (edges[2, ..., 0] == 1).all()
    )


def solutions_start():
    """Two starts of concentration."""
    return 0.1 * physics.glorot([1, 2], experts.generator(1))[0].detach().abs()[:, 0]


def test_one_expert_is_the_global_solve():
    tiny = experts.Settings(1, 64, (8,), 2, 1, basis=6)
    network = experts.fit(tiny, "one solve", experts.generator(0), "cpu")
    starts = solutions_start()
    rows = [experts.rows(network, tiny, starts, 1, experts.generator(2)) for _ in range(2)]
    u, _, count = experts.predict(network, tiny, 1, starts, experts.generator(2))
    omega, other = physics.constrained(rows[0])
    assert (count[:, 0] == other).all() and u.shape == (2, 51, 128) and omega.shape == (2, 6)
