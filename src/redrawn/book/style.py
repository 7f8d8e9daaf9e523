"""The book's figure style: colour-blind safe, vector, readable on a phone; and how figures are saved."""

import hashlib
import zlib
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pypdfium2
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
POINTS = 72  # an inch of SVG and PDF
PIXEL_DPI = 300  # of what a vector file holds as pixels
PNG_SCALE = 3  # pixels a point, for screens and slides; print takes the vectors


def use() -> None:
    """Set the style for every figure drawn from now on."""
    sns.set_theme(context="notebook", style="ticks", palette="colorblind")
    mpl.rcParams.update(
        {
            "figure.figsize": (7.0, 4.2),
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": "medium",
            "axes.titley": 1.0,  # looking for ticks above the axes, of which we have none, measures all labels
            "font.size": 11,
            "font.family": "DejaVu Sans",  # comes with Matplotlib: the same figure on every machine
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "image.cmap": "cividis",
            # ids inside an SVG are hashes: without a fixed salt every rebuild is a diff
            "svg.hashsalt": "redrawn",
        }
    )


def save(figure: Figure, data: pd.DataFrame, folder: Path, figure_id: str) -> dict[str, str]:
    """Write a figure as SVG, PNG and PDF with its numbers as CSV; return each file's SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {ext: folder / f"{figure_id}.{ext}" for ext in ("svg", "png", "pdf", "csv")}
    _label_decades(figure)
    figure.set_dpi(POINTS)  # of the vector files: their texts are measured once, for the layout too
    if (layout := figure.get_layout_engine()) is not None:
        layout.execute(figure)  # once, not once a format: a third of the time
    # A figure with any layout engine, were it the one that does nothing, is drawn twice by each savefig.
    with mpl.rc_context({"figure.constrained_layout.use": False}):
        figure.set_layout_engine(None)
        figure.savefig(paths["svg"], dpi=PIXEL_DPI, metadata={"Date": None})
        figure.savefig(paths["pdf"], dpi=PIXEL_DPI, metadata={"CreationDate": None})
    # Painted from the PDF, in a fifth of the time that drawing it a third time takes.
    with pypdfium2.PdfDocument(paths["pdf"]) as document:
        picture = document[0].render(scale=PNG_SCALE, rev_byteorder=True).to_pil()
        # runs of one colour are most of a plot: coded by them alone, 8 % larger in half the time
        picture.save(paths["png"], dpi=2 * (PNG_SCALE * POINTS,), compress_type=zlib.Z_RLE)
    data.to_csv(paths["csv"], index=False)
    return {ext: hashlib.sha256(path.read_bytes()).hexdigest() for ext, path in paths.items()}


def _label_decades(figure: Figure) -> None:
    """Label powers of ten in plain characters and leave out ticks between them, where an axis has two decades or more.

    Ticks and their mathematics, laid out anew for every format, are most of what a figure costs. What a study set itself stays.
    """
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        default = axis.isDefault_majloc and axis.isDefault_majfmt
        by_ten = axis.get_scale() == "log" and axis.get_transform().base == 10
        if default and by_ten and high >= 100 * low:
            axis.set_minor_locator(NullLocator())
            axis.set_major_formatter(
                lambda value, _: f"10{str(round(np.log10(value))).translate(RAISED)}"
            )
