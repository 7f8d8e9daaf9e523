"""Attribution: which inputs a network's score rests on, and how to judge an answer."""

from redrawn.methods.attribution.cam_axioms import (
    conservation_error,
    falls,
    sensitivity_error,
    shares,
)
from redrawn.methods.attribution.class_image import class_images
from redrawn.methods.attribution.deconvnet import deconvnet
from redrawn.methods.attribution.diffroar import keep_ranked
from redrawn.methods.attribution.expected_gradients import expected_gradients
from redrawn.methods.attribution.fullgrad import FullGradient, full_gradient
from redrawn.methods.attribution.grad_cam import (
    activation_map,
    grad_cam,
    grad_cam_plus,
    layer_gradients,
    xgrad_cam,
)
from redrawn.methods.attribution.gradient import (
    class_score,
    gradient,
    gradient_times_input,
    saliency,
    score_and_gradient,
)
from redrawn.methods.attribution.idgi import idgi
from redrawn.methods.attribution.igos import igos, masked
from redrawn.methods.attribution.integrated_gradients import Node, integrated_gradients, walk
from redrawn.methods.attribution.layers import recorded
from redrawn.methods.attribution.metrics import (
    deletion,
    infidelity,
    insertion,
    localisation,
    pixel_perturbation,
    replacement_curve,
    roughness,
)
from redrawn.methods.attribution.moreaugrad import moreau_grad, noisy_copies
from redrawn.methods.attribution.normgrad import combined, meta_step, normgrad
from redrawn.methods.attribution.relu_rules import deeplift_rescale, modified_gradient, with_rule
from redrawn.methods.attribution.smoothgrad import noisy_gradients, smoothgrad
from redrawn.methods.attribution.stability import fold_distances, mege, ranks, reco

__all__ = [
    "FullGradient",
    "Node",
    "activation_map",
    "class_images",
    "class_score",
    "combined",
    "conservation_error",
    "deconvnet",
    "deeplift_rescale",
    "deletion",
    "expected_gradients",
    "falls",
    "fold_distances",
    "full_gradient",
    "grad_cam",
    "grad_cam_plus",
    "gradient",
    "gradient_times_input",
    "idgi",
    "igos",
    "infidelity",
    "insertion",
    "integrated_gradients",
    "keep_ranked",
    "layer_gradients",
    "localisation",
    "masked",
    "mege",
    "meta_step",
    "modified_gradient",
    "moreau_grad",
    "noisy_copies",
    "noisy_gradients",
    "normgrad",
    "pixel_perturbation",
    "ranks",
    "reco",
    "recorded",
    "replacement_curve",
    "roughness",
    "saliency",
    "score_and_gradient",
    "sensitivity_error",
    "shares",
    "smoothgrad",
    "walk",
    "with_rule",
    "xgrad_cam",
]
