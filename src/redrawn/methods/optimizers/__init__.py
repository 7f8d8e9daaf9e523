"""Optimizers of the literature on adaptive step sizes, as `torch.optim.Optimizer`s, and what changes gradients on the way."""

from redrawn.methods.optimizers.adamomentum import AdaMomentum
from redrawn.methods.optimizers.ademamix import AdEMAMix
from redrawn.methods.optimizers.ai_sarah import ai_sarah, implicit_step
from redrawn.methods.optimizers.amsgrad import AMSGrad
from redrawn.methods.optimizers.centred_mirror_descent import CentredMirrorDescent
from redrawn.methods.optimizers.clipped_adam import ClippedAdam
from redrawn.methods.optimizers.clipped_descent import ClippedDescent
from redrawn.methods.optimizers.coordinate_clipping import clip_coordinates
from redrawn.methods.optimizers.diffgrad import DiffGrad
from redrawn.methods.optimizers.entrywise_adam import EntrywiseAdam
from redrawn.methods.optimizers.lion import Lion
from redrawn.methods.optimizers.normalized_descent import NormalizedDescent
from redrawn.methods.optimizers.oasis import oasis
from redrawn.methods.optimizers.sania import Sania
from redrawn.methods.optimizers.shampoo import Shampoo
from redrawn.methods.optimizers.sign_prodigy import SignProdigy
from redrawn.methods.optimizers.spider import Spider
from redrawn.methods.optimizers.steepest_descent import SteepestDescent, steepest
from redrawn.methods.optimizers.tract import tract_gradient, tract_linear
from redrawn.methods.optimizers.variance_reduction import variance_reduced

__all__ = [
    "AMSGrad",
    "AdEMAMix",
    "AdaMomentum",
    "CentredMirrorDescent",
    "ClippedAdam",
    "ClippedDescent",
    "DiffGrad",
    "EntrywiseAdam",
    "Lion",
    "NormalizedDescent",
    "Sania",
    "Shampoo",
    "SignProdigy",
    "Spider",
    "SteepestDescent",
    "ai_sarah",
    "clip_coordinates",
    "implicit_step",
    "oasis",
    "steepest",
    "tract_gradient",
    "tract_linear",
    "variance_reduced",
]
