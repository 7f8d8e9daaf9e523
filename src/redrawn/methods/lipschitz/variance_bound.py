"""The variance of trained networks, bounded by their Lipschitz constants (Khromov and Singh, ICLR 2024).

Let f_ζ be the network that training gives for the randomness ζ, f̄ its mean over ζ, with constants C_ζ and C̄. For any
point x' the difference f_ζ(x) - f̄(x) is f_ζ(x) - f_ζ(x'), f̄(x') - f̄(x) and f_ζ(x') - f̄(x') together, so that

    E |f_ζ(x) - f̄(x)|² ≤ 3 (C̄² + E C_ζ²) E|x - x'|² + 3 E |f_ζ(x') - f̄(x')|².

Here x' = 0, where a network without biases is zero: the last term, the paper's constant, vanishes.
"""

from jaxtyping import Float
from torch import Tensor


def variances(outputs: Float[Tensor, "e n k"]) -> Float[Tensor, " e"]:
    """Return each network's mean squared distance to the mean network, so that their mean is the unbiased variance.

    Raises:
        ValueError: there are fewer than two networks.
    """
    count = len(outputs)
    if count < 2:
        raise ValueError("a variance needs at least two networks")
    distances = (outputs - outputs.mean(0)).square().sum(-1).mean(-1)
    return distances * count / (count - 1)


def variance_bound(
    mean_constant: Float[Tensor, ""],
    constants: Float[Tensor, " e"],
    x: Float[Tensor, "n d"],
) -> Float[Tensor, " e"]:
    """Return 3 (C̄² + C_ζ²) E|x|² for each network without biases; the mean over networks is the bound."""
    return 3 * (mean_constant**2 + constants**2) * x.square().sum(-1).mean()
