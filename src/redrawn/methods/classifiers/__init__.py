"""Classifiers that other methods explain: two trained on ImageNet, and small ones to train."""

from redrawn.methods.classifiers.adversary import projected_descent
from redrawn.methods.classifiers.digits_net import digits_net
from redrawn.methods.classifiers.efficientnet_lite import efficientnet_lite0
from redrawn.methods.classifiers.perceptron import (
    group_sort,
    init_perceptron,
    orthonormal,
    perceptron,
)
from redrawn.methods.classifiers.squeezenet import Fire, SqueezeNet, squeezenet

__all__ = [
    "Fire",
    "SqueezeNet",
    "digits_net",
    "efficientnet_lite0",
    "group_sort",
    "init_perceptron",
    "orthonormal",
    "perceptron",
    "projected_descent",
    "squeezenet",
]
