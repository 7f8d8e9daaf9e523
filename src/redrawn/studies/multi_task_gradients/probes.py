"""Modality competition on two views of digits: linear probes of encoders trained together and alone (Huang et al.)."""

import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression

from redrawn.methods.gradients import gramian
from redrawn.studies.ensemble import Adam, cross_entropy, generator
from redrawn.studies.multi_task_gradients import balance


def accuracies(
    settings: balance.Settings, seed: int, device: str, epochs: int = 10
) -> pd.DataFrame:
    """Train encoders of two views of digits together and alone, then fit a linear probe to each.

    Returns a frame (trained, seed, view, accuracy): test accuracy of a logistic regression on the embeddings.
    """
    (left, right, y), (left_test, right_test, goal) = balance.views(settings, seed, device)
    e, h = settings.seeds, settings.units
    source = generator(seed)
    encoders = [gramian.init_perceptron((98, h), e, source, device)[0] for _ in range(2)]
    trained = {"together": [*encoders], "alone": [*encoders]}
    head = gramian.init_perceptron((2 * h, 10), e, source, device)[0]
    heads = {"together": [head], "alone": [(head[0][:, :h], head[1]), (head[0][:, h:], head[1])]}
    orders = [torch.randperm(settings.images, generator=source) for _ in range(epochs)]
    rows = []
    for name, first in trained.items():
        parameters = [p.clone().requires_grad_() for pair in [*first, *heads[name]] for p in pair]
        layers = list(zip(parameters[::2], parameters[1::2], strict=True))
        adam = Adam(parameters)

        def embed(views, layers=layers):
            return [
                torch.nn.functional.elu(v @ w + b) for v, (w, b) in zip(views, layers, strict=False)
            ]

        for order in orders:
            for part in order.split(settings.batch):
                hidden = embed((left[:, part], right[:, part]))
                if name == "together":
                    hidden = [torch.cat(hidden, -1)]
                losses = [cross_entropy(z @ w + b, y[:, part])
                          for z, (w, b) in zip(hidden, layers[2:], strict=True)]  # fmt: skip
                slopes = torch.autograd.grad(sum(losses).sum(), parameters)
                adam.step(slopes, settings.learning_rate)
        with torch.no_grad():
            seen, unseen = embed((left, right)), embed((left_test, right_test))
        for view in range(2):
            for i in range(e):
                probe = LogisticRegression(max_iter=300).fit(seen[view][i].cpu(), y[i].cpu())
                score = probe.score(unseen[view][i].cpu(), goal[i].cpu())
                rows.append((name, i, ("left", "right")[view], score))
    return pd.DataFrame(rows, columns=["trained", "seed", "view", "accuracy"])
