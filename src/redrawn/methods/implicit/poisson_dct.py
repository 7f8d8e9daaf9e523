"""Poisson's equation on a pixel grid in closed form: the reference for fields recovered from derivatives.

An image mirrored at its borders (scipy.ndimage's `reflect`) is even and periodic, so that the cosine transform
diagonalises each stencil (Simchony, Chellappa and Shao, 1990).
"""

import numpy as np
from jaxtyping import Float
from scipy import fft

Image = Float[np.ndarray, "rows columns"]


def from_laplacian(laplacian: Image) -> Image:
    """Return the zero-mean image of which `scipy.ndimage.laplace` is `laplacian` (pixel units)."""
    rows, columns = (2 * np.cos(np.pi * np.arange(n) / n) - 2 for n in laplacian.shape)
    eigenvalues = rows[:, None] + columns
    eigenvalues[0, 0] = 1.0
    coefficients = fft.dctn(laplacian, norm="ortho") / eigenvalues
    coefficients[0, 0] = 0.0
    return fft.idctn(coefficients, norm="ortho")


def from_sobel(along_rows: Image, along_columns: Image) -> Image:
    """Return the zero-mean image with these `scipy.ndimage.sobel` responses, in the sense of least squares.

    Raises:
        ValueError: the two responses have different shapes.
    """
    if along_rows.shape != along_columns.shape:
        raise ValueError(f"shapes {along_rows.shape} and {along_columns.shape} differ")
    spectrum, power = 0, 0
    for axis, response in enumerate((along_rows, along_columns)):
        # a central difference of an even function is odd; (1, 2, 1) along the other axis keeps it even
        other = 1 - axis
        mirrored = np.concatenate([response, -np.flip(response, axis)], axis)
        mirrored = np.concatenate([mirrored, np.flip(mirrored, other)], other)
        angle = 2 * np.pi * fft.fftfreq(mirrored.shape[axis])
        across = 2 * np.pi * fft.fftfreq(mirrored.shape[other])
        difference, smooth = 2j * np.sin(angle), 2 + 2 * np.cos(across)
        stencil = np.expand_dims(difference, other) * np.expand_dims(smooth, axis)
        spectrum = spectrum + np.conj(stencil) * fft.fft2(mirrored)
        power = power + np.abs(stencil) ** 2
    seen = power > 1e-9 * power.max()  # the mean, and Nyquist frequencies, leave no trace
    found = np.real(fft.ifft2(np.where(seen, spectrum, 0) / np.where(seen, power, 1)))
    return found[: along_rows.shape[0], : along_rows.shape[1]]
