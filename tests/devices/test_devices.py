"""Every chapter computes on the device that it is given: `make devices` runs each at `quick`, on a pretended GPU."""

import os

import jupytext
import numpy as np
import pytest
import torch

from devices.pretend import DEVICE, Mixed, Pretend, from_numpy, parameter, place
from redrawn.book import catalogue, paths, style

NAMED = os.environ.get("CHAPTERS", "").split()
WRITTEN = [c.slug for c in catalogue.load().chapters.values() if c.status == "written"]


@pytest.fixture
def pretended(monkeypatch):
    monkeypatch.setattr(torch, "from_numpy", from_numpy)
    monkeypatch.setattr(torch.nn.Parameter, "__new__", parameter)
    with Pretend():
        yield


def test_tensors_are_where_they_were_asked_to_be(pretended):
    x = torch.ones(3, device="cuda")
    assert x.device == DEVICE and torch.zeros_like(x).device == DEVICE and (2 * x).device == DEVICE
    assert x.cpu().device.type == "cpu" and torch.ones(3).to(x).device == DEVICE
    net = torch.nn.Linear(3, 1).to("cuda")
    assert {p.device for p in net.parameters()} == {DEVICE} and net(x).device == DEVICE
    net(x).sum().backward()
    torch.optim.Adam(net.parameters()).step()
    assert place(net.weight) == DEVICE
    assert (x + torch.tensor(1.0)).device == DEVICE, "one number of the CPU joins"
    x[torch.tensor([0])] = 5.0
    assert torch.func.vmap(lambda row: row * 2)(torch.ones(2, 3, device="cuda")).sum() == 12


@pytest.mark.parametrize(
    "mixed",
    [
        lambda x: x + torch.ones(3),
        lambda x: torch.stack([x, torch.from_numpy(np.ones(3))]),
        lambda x: torch.nn.Linear(3, 1)(x),
        lambda x: x.numpy(),
        lambda x: np.asarray(x),
        lambda x: torch.randn(3, generator=torch.Generator(), device="cuda"),
    ],
)
def test_what_a_gpu_would_refuse_is_refused(pretended, mixed):
    x = torch.ones(3, device="cuda")
    with pytest.raises(Mixed):
        mixed(x)


@pytest.mark.parametrize("slug", NAMED or WRITTEN)
def test_a_chapter_keeps_to_its_device(slug, pretended, monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "build", lambda: tmp_path)
    monkeypatch.setattr(style, "save", lambda *_: {})  # no tensor is left in a figure
    notebook = jupytext.read(catalogue.load().chapters[slug].source, fmt="md:myst")
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    code = "\n".join(cells).replace('device = "auto"', 'device = "cuda"')
    assert 'device = "cuda"' in code
    exec(compile(code, f"{slug}.md", "exec"), {"display": lambda *_: None})
    assert (tmp_path / "drafts" / "quick" / slug / "draft.json").is_file(), "it came to its end"
