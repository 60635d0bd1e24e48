"""Gradients of whole networks are as near to those in float64 as the plain bodies' are.

`python -m benchmarks.gradients` does the same at the size of ImageNet.
"""

import pytest

from benchmarks import gradients

pytestmark = pytest.mark.ideep


@pytest.mark.parametrize("network", ["ResNet50", "GoogLeNetBN"])
def test_gradients_are_as_exact_as_the_plain_ones(network):
    with_kernels, plain = gradients.compare(network, batch_size=4, image_size=96)
    assert with_kernels.keys() == plain.keys()
    # What is left is chance: where rounding turns a rectifier off, all below it changes.
    assert with_kernels[""] <= 3 * plain[""]
    assert max(with_kernels.values()) <= 3 * max(plain.values())
