"""Figures that show maps beside photographs."""

import textwrap

import numpy as np
import pandas as pd
import torch.nn.functional as F
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from redrawn.data import imagenet
from redrawn.studies.attribution.class_images import CLASSES
from redrawn.studies.attribution.subjects import Subject

CELLS = 28  # along an edge of the maps behind a figure
# in vector files with their own pixels: enlarged by Matplotlib they take ten times the space, and the time
AS_IT_IS = {"interpolation": "none"}


def numbers(maps: dict[str, Tensor]) -> pd.DataFrame:
    """Return what a figure shows, (map, photo, row, column, value), maps (n, h, w) averaged over cells."""
    frames = []
    for name, many in maps.items():
        cells = F.adaptive_avg_pool2d(many[:, None], min(CELLS, many.shape[-1]))[:, 0].cpu().numpy()
        photo, row, column = np.indices(cells.shape).reshape(3, -1)
        values = {"photo": photo, "row": row, "column": column, "value": cells.ravel()}
        frames.append(pd.DataFrame(values).assign(map=name))
    return pd.concat(frames, ignore_index=True)


def _photograph(pixels: Tensor) -> np.ndarray:
    return pixels.permute(1, 2, 0).clamp(0, 255).cpu().numpy() / 255


def _clipped(each: Tensor) -> np.ndarray:
    """Return a map from its smallest value to its 99th percentile, as zero to one."""
    values = each.cpu().numpy()
    low, high = values.min(), np.quantile(values, 0.99)
    return ((values - low) / max(high - low, 1e-12)).clip(0, 1)


def _name(label: int) -> str:
    return textwrap.fill(imagenet.class_name(label), 16)


def _bare(axes) -> None:
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)


def _grid(rows: int, columns: int, width: float = 7.5):
    side = width / columns
    figure, axes = plt.subplots(rows, columns, figsize=(width, rows * side * 1.12), squeeze=False)
    for one in axes.flat:
        _bare(one)
    return figure, axes


def beside(
    given: Subject, maps: dict[str, Tensor], rows: int, shares: Tensor | None = None
) -> Figure:
    """Draw photographs with their maps in columns; the title of a photograph is its class, and its probability."""
    figure, axes = _grid(rows, len(maps) + 1)
    for i in range(rows):
        name = _name(int(given.labels[i]))
        title = name if shares is None else f"{name}, {shares[i]:.2f}"
        axes[i, 0].imshow(_photograph(given.pixels[i]), **AS_IT_IS)
        axes[i, 0].set_title(title)
        for place, (label, each) in zip(axes[i, 1:], maps.items(), strict=True):
            place.imshow(_clipped(each[i]), cmap="inferno", **AS_IT_IS)
            if i == 0:
                place.set_title(label)
    return figure


def class_images(images: Tensor, given: Subject, maps: Tensor) -> Figure:
    """Draw the class images above photographs and their saliency maps."""
    columns = len(images)
    figure, axes = _grid(3, columns)
    for i, name in enumerate(CLASSES):
        image = images[i].permute(1, 2, 0).cpu().numpy()
        scale = np.quantile(np.abs(image), 0.98)
        axes[0, i].imshow((image / (2 * scale) + 0.5).clip(0, 1), **AS_IT_IS)
        axes[0, i].set_title(name)
        axes[1, i].imshow(_photograph(given.pixels[i]), **AS_IT_IS)
        axes[1, i].set_title(_name(int(given.labels[i])))
        axes[2, i].imshow(_clipped(maps[i]), cmap="inferno", **AS_IT_IS)
    for place, label in zip(axes[:, 0], ("class image", "photograph", "saliency"), strict=True):
        place.set_ylabel(label)
    return figure


def blocks(shown: dict[str, Tensor], frame: pd.DataFrame) -> Figure:
    """Draw two-block pictures and gradients for each model, beside DiffROAR against the share of pixels kept."""
    figure = plt.figure(figsize=(8.5, 4.2))
    left, right = figure.subfigures(1, 2, width_ratios=(1.6, 1))
    axes = left.subplots(2, 6)
    titles = {"standard": "standard", "robust": "robust", "top": "digit on top"}
    for i, (model, title) in enumerate(titles.items()):
        for j in range(2):
            for k, key in enumerate((f"{model}: picture", model)):
                place = axes[j, 2 * i + k]
                _bare(place)
                each = shown[key][j]
                place.imshow(
                    _clipped(each) if k else each.cpu().numpy(), cmap="inferno" if k else "gray"
                )
        axes[0, 2 * i].set_title(title, loc="left")
    curve = right.subplots()
    for style, (model, rows) in zip(("-", "--"), frame.groupby("model", sort=False), strict=True):
        found = rows.groupby("kept").diffroar.agg(["mean", "min", "max"])
        (line,) = curve.plot(100 * found.index, found["mean"], style, marker="o", label=model)
        curve.fill_between(
            100 * found.index, found["min"], found["max"], color=line.get_color(), alpha=0.2
        )
    curve.axhline(0, color="0.5", linewidth=0.8)
    curve.set(xlabel="pixels kept (%)", ylabel="DiffROAR")
    curve.legend()
    return figure
