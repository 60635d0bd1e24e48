import io
import re

import chainer
import chainer.functions as F
import numpy as np
from chainer.function_hooks import PrintHook

ARRAY = [
    "<variable at 0x>",
    "- device: CPU",
    "- backend: <class 'numpy.ndarray'>",
    "- shape: (2, 3)",
    "- dtype: float32",
]


def lines(text):
    return re.sub("0x[0-9a-f]+", "0x", text).splitlines()


def test_forward_and_backward_as_in_version_7():
    file = io.StringIO()
    y = F.relu(chainer.Variable(np.ones((2, 3), "float32")))
    y.grad = np.full((2, 3), 0.5, "float32")
    with PrintHook(file=file):
        y.backward()
    backward = lines(file.getvalue())
    assert backward[:4] == ["function\tReLU", "input data", "(removed)", "output gradient"]
    assert backward[4:11] == [
        *ARRAY,
        "- statistics: mean=0.00000000, std=0.00000000",
        "- grad: mean=0.50000000, std=0.00000000",
    ]
    file = io.StringIO()
    with PrintHook(file=file):
        F.relu(np.ones((2, 3), "float32"))
    assert lines(file.getvalue()) == [
        "function\tReLU",
        "input data",
        *ARRAY,
        "- statistics: mean=1.00000000, std=0.00000000",
        "- grad: None",
    ]


def test_missing_gradient():
    class Two(chainer.FunctionNode):
        def forward(self, inputs):
            return inputs[0] * 1, inputs[0] * 2

        def backward(self, indexes, grad_outputs):
            return (grad_outputs[0],)

    y, _ = Two().apply((chainer.Variable(np.ones(2)),))
    y.grad = np.ones(2)
    file = io.StringIO()
    with PrintHook(file=file):
        y.backward()
    assert file.getvalue().endswith("(none)\n")


def test_end_and_flush():
    class File(io.StringIO):
        flushed = 0

        def flush(self):
            self.flushed += 1

    for flush in (True, False):
        file = File()
        with PrintHook(end="|", file=file, flush=flush):
            F.relu(np.ones((2, 3), "float32"))
        assert file.getvalue().startswith("function\tReLU|input data|")
        assert bool(file.flushed) is flush
