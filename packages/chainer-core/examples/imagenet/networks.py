"""All networks of this example, by name."""

from __future__ import annotations

import chainer
import chainer.links as L
from alexnet import NIN, AlexNet
from googlenet import GoogLeNet, GoogLeNetBN, TrainedWithAuxiliaries
from resnet import ResNet50, ResNeXt50

ARCHITECTURES = {
    "alex": AlexNet,
    "googlenet": GoogLeNet,
    "googlenetbn": GoogLeNetBN,
    "nin": NIN,
    "resnet50": ResNet50,
    "resnext50": ResNeXt50,
}


def make_classifier(arch: str, n_class: int) -> chainer.Chain:
    """A network that returns its loss."""
    network = ARCHITECTURES[arch](n_class)
    # A GoogLeNet has losses of its own.
    return network if isinstance(network, TrainedWithAuxiliaries) else L.Classifier(network)
