"""Gradients of whole networks are about as near to those in float64 as the plain bodies' are.

`python -m benchmarks.gradients` does the same at the size of ImageNet: with GoogLeNet-BN and 8 images the mean error of
4 minibatches was 1.3 times that of the plain bodies, 1.6 times without Winograd's algorithms, whose sums are shorter.
"""

import pytest

from benchmarks import gradients

pytestmark = pytest.mark.ideep


@pytest.mark.parametrize("network", ["ResNet50", "GoogLeNetBN"])
def test_gradients_are_as_exact_as_the_plain_ones(network):
    pairs = [gradients.compare(network, batch_size=4, image_size=96, batch=batch) for batch in range(3)]
    assert all(with_kernels.keys() == plain.keys() for with_kernels, plain in pairs)
    # What is left is chance: where rounding turns a rectifier off, all below it changes.
    errors, plain_errors = ([found[""] for found in each] for each in zip(*pairs))
    assert sum(errors) <= 2 * sum(plain_errors), (errors, plain_errors)
