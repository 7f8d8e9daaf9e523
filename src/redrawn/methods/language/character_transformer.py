"""A small decoder-only transformer on characters, several networks side by side in one matrix of parameters.

Layer normalisation before attention and before the perceptron, as in GPT-2 (Radford et al., 2019); learned
positions; an untied output layer. One row of parameters a network makes norms, clipping and Hessian products
of whole networks plain operations on rows.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class CharacterTransformer:
    """Sizes of a network.

    Attributes:
        alphabet: number of characters.
        context: length of a text, in characters.
        width: of the residual stream; the perceptrons are four times as wide.
        layers: number of blocks.
        heads: number of heads, a divisor of the width.

    Raises:
        ValueError: heads do not divide the width.
    """

    alphabet: int
    context: int
    width: int
    layers: int
    heads: int

    def __post_init__(self):
        if self.width % self.heads:
            raise ValueError(f"{self.heads} heads do not divide a width of {self.width}")

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter, by name, in the order in which a row holds them."""
        d = self.width
        block = {"norm 1": (2, d), "query, key, value": (d, 3 * d), "mix": (d, d),
                 "norm 2": (2, d), "up": (d, 4 * d), "up bias": (4 * d,),
                 "down": (4 * d, d), "down bias": (d,)}  # fmt: skip
        blocks = {f"{i} {name}": shape for i in range(self.layers) for name, shape in block.items()}
        ends = {"last norm": (2, d), "output": (d, self.alphabet), "output bias": (self.alphabet,)}
        return {"embedding": (self.alphabet, d), "position": (self.context, d)} | blocks | ends

    def initial(
        self, networks: int, source: torch.Generator, device: str = "cpu"
    ) -> Float[Tensor, "e n"]:
        """Draw parameters: normal of deviation 0.02 (0.02/√(2 layers) into the residual stream), no biases."""
        parts = []
        for name, shape in self.shapes.items():
            if "norm" in name:
                start = torch.tensor([[1.0], [0.0]]).expand(networks, *shape)
            elif "bias" in name:
                start = torch.zeros(networks, *shape)
            else:
                residual = name.endswith(("mix", "down"))
                scale = 0.02 / math.sqrt(2 * self.layers) if residual else 0.02
                start = scale * torch.randn(networks, *shape, generator=source)
            parts.append(start.flatten(1))
        return torch.cat(parts, 1).to(device)

    def logits(
        self, parameters: Float[Tensor, "e n"], text: Int[Tensor, "e b t"]
    ) -> Float[Tensor, "e b t k"]:
        """Return each network's unnormalised log-probabilities of the character after each place of its texts.

        Raises:
            ValueError: a text is longer than the context.
        """
        if text.shape[-1] > self.context:
            raise ValueError(f"{text.shape[-1]} characters in a context of {self.context}")
        e, b, t = text.shape
        sizes = [math.prod(shape) for shape in self.shapes.values()]
        rows = zip(self.shapes.items(), parameters.split(sizes, 1), strict=True)
        w = {name: p.unflatten(1, shape) for (name, shape), p in rows}
        network = torch.arange(e, device=text.device)[:, None]
        x = w["embedding"][network, text.flatten(1)].unflatten(1, (b, t))
        x = (x + w["position"][:, None, :t]).flatten(1, 2)  # (e, b·t, d) from here on
        for i in range(self.layers):
            q, k, v = (
                (_normalised(x, w[f"{i} norm 1"]) @ w[f"{i} query, key, value"])
                .unflatten(1, (b, t))
                .unflatten(-1, (3, self.heads, -1))
                .permute(3, 0, 1, 4, 2, 5)
            )
            scores = q @ k.mT / math.sqrt(self.width // self.heads)
            later = torch.ones(t, t, dtype=torch.bool, device=text.device).triu(1)
            mixed = scores.masked_fill(later, -math.inf).softmax(-1) @ v
            x = x + mixed.transpose(2, 3).flatten(3).flatten(1, 2) @ w[f"{i} mix"]
            up = _normalised(x, w[f"{i} norm 2"]) @ w[f"{i} up"] + w[f"{i} up bias"][:, None]
            x = x + functional.gelu(up) @ w[f"{i} down"] + w[f"{i} down bias"][:, None]
        last = _normalised(x, w["last norm"]) @ w["output"] + w["output bias"][:, None]
        return last.unflatten(1, (b, t))

    def loss(
        self, parameters: Float[Tensor, "e n"], text: Int[Tensor, "e b t"]
    ) -> Float[Tensor, " e"]:
        """Return each network's mean cross-entropy, in nats a character, of every character after the first."""
        scores = self.logits(parameters, text[..., :-1]).log_softmax(-1)
        return -scores.gather(-1, text[..., 1:, None]).mean((1, 2, 3))


def _normalised(x: Float[Tensor, "e m d"], gain_shift: Float[Tensor, "e 2 d"]):
    centred = x - x.mean(-1, keepdim=True)
    unit = centred * (centred.square().mean(-1, keepdim=True) + 1e-5).rsqrt()
    return unit * gain_shift[:, :1] + gain_shift[:, 1:]
