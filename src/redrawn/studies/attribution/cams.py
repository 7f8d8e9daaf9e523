"""Class activation maps by gradients, and NormGrad: axioms, identities, layers, and selectivity for classes."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from redrawn.methods import attribution
from redrawn.studies.attribution.subjects import Subject, one, table

WEIGHTS = {
    "Grad-CAM": attribution.grad_cam,
    "Grad-CAM++": attribution.grad_cam_plus,
    "XGrad-CAM": attribution.xgrad_cam,
}
LAYERS = (3, 5, 7, 9)  # fire modules of four resolutions and depths
SELECTIVE = 8
META_RATE = 0.0025  # the authors'


def axioms(given: Subject) -> tuple[list[float], pd.DataFrame]:
    """Return the residual of the paper's Eq. 5 for each photograph, and (method, photo, conservation, sensitivity).

    Features are those after fire9; the later layers are conv10, its ReLU and the mean over places.
    """
    residuals, frames = [], []
    net = given.network
    for place in range(len(given.x)):
        photo = one(given, place)
        label = photo.labels[0]
        layers = [net.fire9, net.conv10]
        (features, slopes), (_, at_bias) = attribution.layer_gradients(photo.logit, photo.x, layers)
        kernel, bias = net.conv10.weight[label, :, 0, 0], net.conv10.bias[label]

        def head(a, kernel=kernel, bias=bias):  # the one class alone: a thousandth of the work
            scores = torch.einsum("nkhw,k->nhw", a, kernel) + bias
            return scores.clamp_min(0).mean((1, 2))

        score = head(features)
        parts = (slopes * features).sum() + (at_bias.sum((2, 3)) * net.conv10.bias).sum()
        residuals.append(((score - parts) / score).abs().item())
        frames.append(_errors(head, features, slopes).assign(photo=place))
    return residuals, pd.concat(frames, ignore_index=True)


def _errors(head, features: Tensor, slopes: Tensor) -> pd.DataFrame:
    """Return (method, photo, conservation, sensitivity) of one layer."""
    fall, score = attribution.falls(head, features), head(features)
    found = {}
    for name, weights in WEIGHTS.items():
        share = attribution.shares(features, weights(features, slopes))
        found[name] = (
            attribution.conservation_error(score, share),
            attribution.sensitivity_error(fall, share),
        )
    conserved = table({name: e[0] for name, e in found.items()}, "method", "conservation")
    return conserved.assign(sensitivity=table({n: e[1] for n, e in found.items()}, "method", "s").s)


def head_axioms(networks: list[nn.Sequential], x: Tensor, labels: Tensor) -> pd.DataFrame:
    """Return (method, seed, conservation, sensitivity), medians over digits, for features before two full connections.

    Digits whose score is not above zero are left out: the errors are relative to it.
    """
    frames = []
    for i, net in enumerate(networks):
        with torch.no_grad():
            sure = net(x).gather(1, labels[:, None])[:, 0] > 1
        inputs, own = x[sure], labels[sure]
        score = attribution.class_score(net, own)
        features, slopes = attribution.layer_gradients(score, inputs, [net[5]])[0]
        head = attribution.class_score(net[6:], own)
        errors = _errors(head, features, slopes).drop(columns="photo")
        frames.append(errors.groupby("method").median().reset_index().assign(seed=i))
    return pd.concat(frames, ignore_index=True)


def layer_maps(given: Subject) -> dict[str, Tensor]:
    """Return Grad-CAM's and NormGrad's maps of four layers, and NormGrad's product of them, (n, h, w)."""
    layers = [getattr(given.network, f"fire{i}") for i in LAYERS]
    size, found, norms = given.x.shape[-2:], {}, []
    pairs = attribution.layer_gradients(given.probability, given.x, layers)
    for i, (features, slopes) in zip(LAYERS, pairs, strict=True):
        weights = attribution.grad_cam(features, slopes)
        found[f"Grad-CAM fire{i}"] = attribution.activation_map(features, weights, size)
        norms.append(attribution.normgrad(features, slopes))
        found[f"NormGrad fire{i}"] = attribution.combined(norms[-1:], size)
    found["NormGrad combined"] = attribution.combined(norms, size)
    return found


def norm_identity(given: Subject) -> list[float]:
    """Return the largest relative error of NormGrad's identities for a photograph, at fire5's first convolution."""
    layer, found = given.network.fire5.squeeze1x1, []
    layer.weight.requires_grad_()
    for place in range(len(given.x)):
        photo = one(given, place)
        with attribution.recorded([layer]) as calls:
            value = photo.logit(photo.x).sum()
        _, x, out = calls[0]
        slope, exact = torch.autograd.grad(value, [out, layer.weight])
        outer = torch.einsum("ncu,nku->nuck", slope.flatten(2), x.flatten(2))
        outer = outer.flatten(0, 1)  # places, then channels out and in
        summed = (outer.sum(0) - exact[..., 0, 0]).norm() / exact.norm()
        norms = attribution.normgrad(x, slope).flatten()
        factorised = (norms - outer.flatten(1).norm(dim=1)).norm() / norms.norm()
        found.append(max(summed.item(), factorised.item()))
    layer.weight.requires_grad_(False)
    return found


def selectivity(given: Subject) -> pd.DataFrame:
    """Return (method, photo, correlation): Spearman's of the maps of the most and the least likely class."""
    found = {"plain": [], "meta": []}
    for place in range(len(given.x)):
        photo = one(given, place)
        with torch.no_grad():
            order = given.network(photo.x)[0].argsort()
        for name, values in found.items():
            ranked = []
            for label in (order[-1:], order[:1]):
                net = given.network
                if name == "meta":
                    net = attribution.meta_step(net, photo.x, label, META_RATE)
                loss = _loss(net, label)
                layer = getattr(net, f"fire{SELECTIVE}")
                features, slopes = attribution.layer_gradients(loss, photo.x, [layer])[0]
                ranked.append(attribution.ranks(attribution.normgrad(features, slopes).flatten(1)))
            values.append((ranked[0] * ranked[1]).sum().item())
    return table({n: torch.tensor(v) for n, v in found.items()}, "method", "correlation")


def _loss(network: nn.Module, label: Tensor):
    """Return the cross-entropy of one class, which NormGrad explains."""
    return lambda z: -network(z).log_softmax(1)[:, label[0]]


def mean_of_single(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the combined map's area and the mean of the four layers', one value a photograph."""
    areas = frame.pivot(index="photo", columns="method", values="area")
    single = areas[[f"NormGrad fire{i}" for i in LAYERS]].mean(axis=1)
    return {"combined": areas["NormGrad combined"].to_numpy(), "single": single.to_numpy()}


def ordered(values: dict[str, list[float]], with_plus: bool = False) -> dict[str, list[float]]:
    """Return the values of Grad-CAM and XGrad-CAM, and of Grad-CAM++ where asked."""
    return {name: v for name, v in values.items() if with_plus or name != "Grad-CAM++"}
