"""Conflicting gradients: aggregators of several losses' gradients, their landscapes, and modalities that compete."""

from redrawn.methods.gradients import competition, gramian, quadratics, two_valleys, valley
from redrawn.methods.gradients.aligned_mtl import aligned_weights, alignment, condition_number
from redrawn.methods.gradients.balgrad import modality_weights, project_task
from redrawn.methods.gradients.bloop import bloop, dynamic_barrier, project_out, renew
from redrawn.methods.gradients.graddrop import graddrop
from redrawn.methods.gradients.mgda import mgda_weights
from redrawn.methods.gradients.pcgrad import pcgrad_weights, random_orders
from redrawn.methods.gradients.triad import (
    bounding_measure,
    cosine,
    curvature_along,
    magnitude_similarity,
)
from redrawn.methods.gradients.upgrad import dualproj_weights, upgrad_weights

__all__ = [
    "aligned_weights",
    "alignment",
    "bloop",
    "bounding_measure",
    "competition",
    "condition_number",
    "cosine",
    "curvature_along",
    "dualproj_weights",
    "dynamic_barrier",
    "graddrop",
    "gramian",
    "magnitude_similarity",
    "mgda_weights",
    "modality_weights",
    "pcgrad_weights",
    "project_out",
    "project_task",
    "quadratics",
    "random_orders",
    "renew",
    "two_valleys",
    "upgrad_weights",
    "valley",
]
