"""Stochastic gradient steps of logistic regression on sparse rows, several draws of them side by side."""

import numpy as np
import torch
from scipy import sparse


class Rows:
    """Sparse rows of several draws, padded to one length: places (s, n, k), values (s, n, k), labels (s, n)."""

    def __init__(self, draws: list[tuple[sparse.csr_array, np.ndarray]], device: str):
        k = max(int(np.diff(x.indptr).max()) for x, _ in draws)
        self.columns = draws[0][0].shape[1]
        places, values = [], []
        for x, _ in draws:
            mask = np.arange(k) < np.diff(x.indptr)[:, None]
            place, value = np.full(mask.shape, self.columns), np.zeros(mask.shape, np.float32)
            place[mask], value[mask] = x.indices, x.data
            places.append(place)
            values.append(value)
        self.places = torch.from_numpy(np.stack(places)).to(device)
        self.values = torch.from_numpy(np.stack(values)).to(device)
        self.labels = torch.from_numpy(np.stack([y for _, y in draws])).float().to(device)

    def margins(self, w):
        """Return y wᵀx of all rows, (s, n), of weights (s, columns + 1) whose last belongs to the padding."""
        s, n, k = self.places.shape
        picked = w.gather(1, self.places.view(s, n * k)).view(s, n, k)
        return self.labels * (picked * self.values).sum(-1)

    def one_pass(self, w, rate, order, after: set[int]):
        """Make a step with each row, in this order (s, n); yield (rows seen, mean loss) after so many of them."""
        pick = order[..., None].expand(-1, -1, self.places.shape[-1])
        places, values = self.places.gather(1, pick), self.values.gather(1, pick)
        signed = values * self.labels.gather(1, order)[..., None]
        # one contiguous block a step: slicing the middle dimension is slower than the arithmetic
        places, signed = (t.transpose(0, 1).contiguous() for t in (places, signed))
        for seen, (place, row) in enumerate(zip(places, signed, strict=True), 1):
            margin = (w.gather(1, place) * row).sum(1)
            pull = rate * torch.sigmoid(-margin)
            w.scatter_add_(1, place, pull[:, None] * row)
            if seen in after:
                yield seen, torch.nn.functional.softplus(-self.margins(w)).mean(1)
