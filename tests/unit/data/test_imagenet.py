import numpy as np
import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet

from redrawn.data import imagenet


def test_efficientnet_lite0_knows_the_photographs():
    images, labels = imagenet.photographs()
    model = EfficientNet.from_name("efficientnet-lite0").eval()
    model.load_state_dict(imagenet.efficientnet_lite0())
    with torch.no_grad():
        scores = model((torch.from_numpy(images) - 127) / 128)
    best = scores.topk(5).indices.numpy()
    assert (best[:, 0] == labels).sum() == 17
    assert (best == labels[:, None]).any(1).all()


def test_squeezenet_has_the_published_number_of_parameters():
    layers = imagenet.squeezenet()
    assert len(layers) == 52  # a kernel and a bias each of 26
    assert sum(layer.numel() for layer in layers.values()) == 1_235_496
    assert layers["fire9/expand3x3/weight"].shape == (256, 64, 3, 3)


def test_classes_have_names():
    _, labels = imagenet.photographs()
    names = [imagenet.class_name(label) for label in np.unique(labels)]
    assert "Bullmastiff" in names and len(set(names)) == len(names)
    with pytest.raises(ValueError, match="999"):
        imagenet.class_name(1000)
