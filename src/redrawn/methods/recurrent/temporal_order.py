"""The temporal-order task (Hochreiter and Schmidhuber, 1997), as Pascanu et al. set it."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def temporal_order(
    length: int, shape: tuple[int, ...], source: torch.Generator, device: str = "cpu"
) -> tuple[Float[Tensor, "t *n 6"], Int[Tensor, "*n"]]:
    """Draw sequences of one-hot symbols and their classes: AA, AB, BA or BB.

    One of A and B (symbols 0 and 1) stands somewhere in [T/10, 2T/10], another in [4T/10, 5T/10] (the paper's
    supplement; its code has the second a tenth later); everything else is one of four distractors. The class, twice the
    first plus the second, is to be told at the end.

    Raises:
        ValueError: fewer than ten symbols, for which the two places could fall together.
    """
    if length < 10:
        raise ValueError(f"at least ten symbols, got {length}")
    symbols = torch.randint(2, 6, (length, *shape), generator=source)
    kinds = []
    for tenth in (1, 4):
        low, high = tenth * length // 10, (tenth + 1) * length // 10
        place = torch.randint(low, high + 1, (1, *shape), generator=source)
        kind = torch.randint(2, (1, *shape), generator=source)
        symbols.scatter_(0, place, kind)
        kinds.append(kind[0])
    one_hot = torch.nn.functional.one_hot(symbols, 6).to(torch.get_default_dtype())
    return one_hot.to(device), (2 * kinds[0] + kinds[1]).to(device)
