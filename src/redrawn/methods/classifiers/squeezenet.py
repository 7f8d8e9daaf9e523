"""SqueezeNet 1.1 (Iandola et al., 2016): a classifier of photographs without BatchNorm and without full connections.

Each fire module squeezes the channels by a 1 × 1 convolution and expands them by 1 × 1 and 3 × 3 ones.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

MEANS = (103.9, 116.8, 123.7)  # of blue, green, red
POOLED = (2, 4, 6)  # fire modules with a pooling before them


class Fire(nn.Module):
    """One fire module; its ReLU modules can be replaced."""

    def __init__(self, channels: int, squeezed: int, expanded: int):
        super().__init__()
        self.squeeze1x1 = nn.Conv2d(channels, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)
        self.inner, self.outer = nn.ReLU(), nn.ReLU()

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n k h w"]:
        """Return the expanded features."""
        narrow = self.inner(self.squeeze1x1(x))
        return self.outer(torch.cat([self.expand1x1(narrow), self.expand3x3(narrow)], 1))


class SqueezeNet(nn.Module):
    """SqueezeNet 1.1 with 1,000 classes; `fire2` … `fire9` and `conv10` name its layers.

    Args:
        state: kernels and biases as `conv1/weight`, `fire2/squeeze1x1/weight` …
        final_relu: keep the ReLU after `conv10`, as the authors do. The class's mean is the same for most photographs.
    """

    def __init__(self, state: dict[str, Tensor], final_relu: bool = True):
        super().__init__()
        # the stored kernels were trained with the odd row of zeros below and to the right
        self.pad = nn.ZeroPad2d((0, 1, 0, 1))
        self.conv1, self.relu1 = nn.Conv2d(3, 64, 3, stride=2), nn.ReLU()
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        channels = 64
        for place in range(2, 10):
            kernel = state[f"fire{place}/expand1x1/weight"]
            fire = Fire(channels, kernel.shape[1], kernel.shape[0])
            setattr(self, f"fire{place}", fire)
            channels = 2 * kernel.shape[0]
        self.conv10 = nn.Conv2d(channels, 1000, 1)
        self.relu10 = nn.ReLU() if final_relu else nn.Identity()
        self.load_state_dict({name.replace("/", "."): part for name, part in state.items()})

    def features(
        self, pixels: Float[Tensor, "n 3 h w"], until: int = 9
    ) -> Float[Tensor, "n c i j"]:
        """Return the features after fire module `until`."""
        hidden = self.relu1(self.conv1(self.pad(pixels)))
        for place in range(2, until + 1):
            hidden = getattr(self, f"fire{place}")(self.pool(hidden) if place in POOLED else hidden)
        return hidden

    def classify(self, features: Float[Tensor, "n 512 i j"]) -> Float[Tensor, "n 1000"]:
        """Return the scores from the features after `fire9`."""
        return self.relu10(self.conv10(features)).mean((2, 3))

    def forward(self, pixels: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 1000"]:
        """Return unnormalised scores of prepared photographs."""
        return self.classify(self.features(pixels))

    @staticmethod
    def prepare(photographs: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
        """Turn red-green-blue values in [0, 255] into what the network reads."""
        means = torch.tensor(MEANS, device=photographs.device).view(3, 1, 1)
        return photographs.flip(1) - means


def squeezenet(
    state: dict[str, Tensor], device: str = "cpu", final_relu: bool = True
) -> SqueezeNet:
    """Return the trained network, frozen."""
    network = SqueezeNet(state, final_relu).to(device=device, memory_format=torch.channels_last)
    return network.requires_grad_(False).eval()
