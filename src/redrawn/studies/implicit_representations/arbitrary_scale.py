"""One decoder for all scales, against a decoder of one scale and bicubic interpolation."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from skimage.metrics import structural_similarity
from torch.nn import functional

from redrawn.data import patches
from redrawn.methods import arbitrary_scale, implicit
from redrawn.studies.ensemble import generator, leaves, train

SIDE = 32
"""Pixels of the encoder's input; latents are 8 × 8."""

SIZES = (8, 13, 16, 20, 26, 32, 40, 48)
"""Decoded sizes. Training sees sizes from 8 to 32; 40 and 48 lie beyond."""

NON_INTEGER = (20, 26, 48)
"""×2.5, ×3.25 and, beyond training, ×6 the latents' resolution."""


@dataclass(frozen=True)
class Settings:
    """Sizes."""

    images: int
    steps: int
    batch: int
    queries: int
    channels: int
    width: int
    seeds: int = 4
    tests: int = 32
    learning_rate: float = 2e-3


SETTINGS = {
    "quick": Settings(128, 120, 6, 192, 16, 48, tests=16),
    "standard": Settings(1000, 2500, 8, 256, 24, 64),
    "paper": Settings(20_000, 100_000, 16, 1024, 128, 256, learning_rate=1e-4),
}


def resize(images: torch.Tensor, side: int) -> torch.Tensor:
    """Return the images (..., s, s) at another size, bicubic with anti-aliasing."""
    flat = images.reshape(-1, 1, *images.shape[-2:])
    found = functional.interpolate(flat, size=(side, side), mode="bicubic", antialias=True)
    return found.reshape(*images.shape[:-2], side, side)


def load(settings: Settings, seed: int, held_out: bool, device: str) -> torch.Tensor:
    """Return each network's own patches (seeds, n, 48, 48)."""
    rng = np.random.default_rng([seed, held_out])
    count = settings.tests if held_out else settings.images
    found = patches.patches(max(SIZES), settings.seeds * count, rng, held_out)
    found = torch.tensor(found, dtype=torch.float32, device=device)
    return found.unflatten(0, (settings.seeds, count))


def train_decoders(settings: Settings, seed: int, device: str):
    """Train an implicit and a fixed decoder, each with its own encoder, by mean absolute error.

    Returns two functions from images (seeds, b, 32, 32) and a size to decoded images (seeds, b, size, size).
    """
    source = generator(seed)
    c, e = settings.channels, settings.seeds
    whole = load(settings, seed, False, device)
    inputs = resize(whole, SIDE)
    each = torch.arange(e, device=device)[:, None]
    fold = arbitrary_scale.FACTOR**2

    def draw():
        pick = torch.randint(settings.images, (e, settings.batch), generator=source).to(device)
        return inputs[each, pick], whole[each, pick]

    encoder = arbitrary_scale.init_convolutions([fold, 2 * c, c], e, source, device)
    trunk = arbitrary_scale.init_convolutions([c, 2 * c, 2 * c], e, source, device)
    head = implicit.init_mlp(
        [2 * c + 4, settings.width, settings.width, 1], "relu", e, source, device
    )

    def implicit_loss():
        small, large = draw()
        side = int(torch.randint(SIZES[0], SIDE + 1, (1,), generator=source))
        pick = torch.randint(side * side, (settings.queries,), generator=source).to(device)
        query = arbitrary_scale.pixel_centres(side, device)[pick]
        features = arbitrary_scale.decode_features(trunk, arbitrary_scale.encode(encoder, small))
        found = arbitrary_scale.liif(head, features, query, 2 / side)
        return (found - resize(large, side).flatten(2)[..., pick]).abs().mean((1, 2))

    trained = leaves(encoder) + leaves(trunk) + leaves(head)
    train(trained, implicit_loss, settings.steps, settings.learning_rate)

    own = arbitrary_scale.init_convolutions([fold, 2 * c, c], e, source, device)
    fixed = arbitrary_scale.init_convolutions([c, 2 * c, 2 * c, fold], e, source, device)

    def fixed_loss():
        small, _ = draw()
        found = arbitrary_scale.decode_fixed(fixed, arbitrary_scale.encode(own, small))
        return (found - small).abs().mean((1, 2, 3))

    train(leaves(own) + leaves(fixed), fixed_loss, settings.steps, settings.learning_rate)

    @torch.no_grad()
    def decode_implicit(images, side):
        latents = arbitrary_scale.encode(encoder, images)
        features = arbitrary_scale.decode_features(trunk, latents)
        query = arbitrary_scale.pixel_centres(side, device)
        return arbitrary_scale.liif(head, features, query, 2 / side).unflatten(-1, (side, side))

    @torch.no_grad()
    def decode_bicubic(images, side):
        latents = arbitrary_scale.encode(own, images)
        return resize(arbitrary_scale.decode_fixed(fixed, latents), side)

    return {"implicit": decode_implicit, "fixed + bicubic": decode_bicubic}


def compare(settings: Settings, seed: int, device: str):
    """Decode held-out patches at every size.

    Returns:
        PSNR frame (decoder, seed, size, scale, psnr in dB); consistency frame (decoder, seed, ssim): the 48-pixel
        output brought down to 20 pixels against the 20-pixel output of the same latents; and pictures
        {(decoder, size): array} of one patch by the first seed.
    """
    truth = load(settings, seed, True, device)
    small = resize(truth, SIDE)
    scores, consistency, pictures = [], [], {}
    # of the first network's patches the one with the most contrast: a flat one shows nothing
    shown = int(truth[0].std((1, 2)).argmax())
    for name, decode in train_decoders(settings, seed, device).items():
        decoded = {side: decode(small, side).clamp(0, 1) for side in SIZES}
        for side, found in decoded.items():
            error = (found - resize(truth, side)).square().mean((2, 3))
            psnr = (-10 * torch.log10(error)).mean(1).cpu().numpy()
            scores += [
                (name, i, side, side * arbitrary_scale.FACTOR / SIDE, p) for i, p in enumerate(psnr)
            ]
            pictures[name, side] = found[0, shown].cpu().numpy()
        reduced = resize(decoded[48], 20).cpu().numpy()
        for i in range(settings.seeds):
            pairs = zip(reduced[i], decoded[20][i].cpu().numpy(), strict=True)
            ssim = np.mean([structural_similarity(a, b, data_range=1.0) for a, b in pairs])
            consistency.append((name, i, ssim))
    for side in SIZES:
        pictures["truth", side] = resize(truth, side)[0, shown].cpu().numpy()
    return (
        pd.DataFrame(scores, columns=["decoder", "seed", "size", "scale", "psnr"]),
        pd.DataFrame(consistency, columns=["decoder", "seed", "ssim"]),
        pictures,
    )


def non_integer_psnr(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the mean PSNR over the sizes of `NON_INTEGER` (decoder, seed, psnr)."""
    chosen = scores[scores["size"].isin(NON_INTEGER)]
    return chosen.groupby(["decoder", "seed"], as_index=False, sort=False).psnr.mean()
