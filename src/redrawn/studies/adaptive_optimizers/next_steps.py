"""The step that each optimizer would make next from one iterate, with and without clipped coordinates (Pan and Li, 2023)."""

import torch

from redrawn.methods import optimizers

SGD_CLIP, ADAM_CLIP = 0.1, 0.5  # shares of coordinates that are clipped


def _momentum(p):
    return torch.optim.SGD(p, lr=1.0, momentum=0.9, dampening=0.9)


# how a method is made, and the share of coordinates that is clipped before it sees the gradient
METHODS = {
    "SGD": (_momentum, 0.0),
    "clipped SGD": (_momentum, SGD_CLIP),
    "Adam": (lambda p: torch.optim.Adam(p, lr=1.0), 0.0),
    "clipped Adam": (lambda p: optimizers.ClippedAdam(p, lr=1.0, share=ADAM_CLIP), 0.0),
    "Lion": (lambda p: optimizers.Lion(p, lr=1.0), 0.0),
}


class Directions:
    """The step that each method would make next, kept beside a trajectory that another one makes.

    Each has a row of zeros a network that it steps away from with a rate of one, and that is put back.
    """

    def __init__(self, shape: torch.Size, device: str):
        self.at = {name: torch.zeros(shape, device=device) for name in METHODS}
        self.run = {name: make([self.at[name]]) for name, (make, _) in METHODS.items()}

    def step(self, gradient: torch.Tensor) -> dict[str, torch.Tensor]:
        """Take in a gradient and return each method's step for a learning rate of one."""
        found = {}
        for name, (_, share) in METHODS.items():
            self.at[name].grad = optimizers.clip_coordinates(gradient, share) if share else gradient
            self.run[name].step()
            found[name] = self.at[name].clone()
            self.at[name].zero_()
        return found
