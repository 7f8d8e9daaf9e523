"""EfficientNet-Lite0: an ImageNet classifier with BatchNorm and ReLU6 (Tan and Le, 2019; the Lite variant by Liu)."""

from efficientnet_lite_pytorch import EfficientNet
from jaxtyping import Float
from torch import Tensor, nn


def efficientnet_lite0(state: dict[str, Tensor], device: str = "cpu") -> nn.Module:
    """Return the trained network, frozen and in evaluation mode; it reads prepared photographs of 224 pixels."""
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(state)
    network.prepare = prepare
    return network.to(device).requires_grad_(False).eval()


def prepare(photographs: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """Turn red-green-blue values in [0, 255] into what the network reads."""
    return (photographs - 127) / 128
