import chainer
import numpy as np
import pytest


@pytest.mark.parametrize("decorator", [chainer.static_graph, chainer.static_code])
def test_marks_change_nothing(decorator):
    def function(x):
        return x + 1

    assert decorator(function) is function
    assert decorator()(function) is function
    assert decorator(verbosity_level=2, minimize_cache_size=False)(function) is function


def test_marked_chain():
    class Model(chainer.Chain):
        @chainer.static_graph
        def forward(self, x):
            return x * 2

    np.testing.assert_array_equal(Model()(np.ones(2)), [2, 2])
