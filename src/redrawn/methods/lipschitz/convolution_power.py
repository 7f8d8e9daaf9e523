"""Power iteration on a convolution as it stands: no matrix is formed (Ryu et al., ICML 2019; Farnia et al., ICLR 2019)."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from redrawn.methods.lipschitz.power_iteration import power_iteration


def convolution_power(
    kernel: Float[Tensor, "b o i k k"],
    start: Float[Tensor, "b i n n"],
    steps: int,
    padding: Literal["constant", "circular"],
) -> Float[Tensor, "steps_and_one b"]:
    """Return estimates from below of `b` convolutions' norms, before the first step and after each.

    Args:
        kernel: of odd size; images keep their size.
        start: images to begin with.
        steps: number of steps.
        padding: `constant` pads zeros.

    Raises:
        ValueError: the kernel's size is even.
    """
    b, k = len(kernel), kernel.shape[-1]
    if k % 2 == 0:
        raise ValueError(f"the kernel's size must be odd, got {k}")

    def convolve(x: Tensor, weights: Tensor) -> Tensor:
        wide = functional.pad(x.flatten(0, 1)[None], [k // 2] * 4, mode=padding)
        return functional.conv2d(wide, weights.flatten(0, 1), groups=b)[0].unflatten(0, (b, -1))

    backwards = kernel.transpose(1, 2).flip(-2, -1)  # the adjoint is a convolution too
    return power_iteration(
        lambda u: convolve(u, kernel), lambda v: convolve(v, backwards), start, steps
    )
