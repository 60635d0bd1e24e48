"""The models that can be measured."""

import chainer
import numpy as np
import pytest
from chainermn.benchmark.models import MODELS


@pytest.mark.parametrize("name", MODELS)
def test_they_have_the_parameters_they_promise(name):
    model = MODELS[name]
    millions = int(model.summary.split(" million")[0].split()[-1])
    classifier = model.classifier()
    assert classifier.count_params() == pytest.approx(1e6 * millions, rel=0.12)
    x, t = model.batch(2, seed=0)
    assert (x.dtype, t.dtype, x.shape) == ("float32", "int32", (2, *model.shape))
    with chainer.no_backprop_mode(), chainer.using_config("train", False):
        assert classifier.predictor(x).shape == (2, model.n_class)


def test_ranks_have_batches_of_their_own():
    (x, _), (other, _) = (MODELS["mlp"].batch(2, seed) for seed in (0, 1))
    assert not np.array_equal(x, other)
