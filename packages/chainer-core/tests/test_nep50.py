"""No function, link or optimizer changes the dtype of float16 or float32 data, whatever scalar type its options have.

Every public function has a row, or a reason for having none, so a new one cannot be forgotten.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest

D = np.float64  # a strong scalar: it would turn float32 arrays into float64 ones
I32 = np.int32


class Draw:
    """Makes variables of one dtype, and remembers them."""

    def __init__(self, dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        self.rng = np.random.default_rng(0)
        self.made: list[chainer.Variable] = []

    def __call__(self, *shape: int, low: float = 0.2, high: float = 0.8) -> chainer.Variable:
        x = chainer.Variable(self.rng.uniform(low, high, shape).astype(self.dtype))
        self.made.append(x)
        return x

    def const(self, *shape: int, low: float = 0.2, high: float = 0.8) -> np.ndarray:
        return self.rng.uniform(low, high, shape).astype(self.dtype)

    def square(self, *batch: int) -> chainer.Variable:
        """Symmetric, positive definite matrices."""
        x = chainer.Variable(np.broadcast_to(np.eye(3) * 2 + 0.3, (*batch, 3, 3)).astype(self.dtype))
        self.made.append(x)
        return x


def labels(*values: int) -> np.ndarray:
    return np.array(values, I32)


def unary(name: str, **draw: float) -> Callable[[Draw], Any]:
    return lambda d: getattr(F, name)(d(2, 3, **draw))


def conv(name: str, ndim: int, **options: Any) -> Callable[[Draw], Any]:
    return lambda d: getattr(F, name)(d(2, 3, *[5] * ndim), d(3, 3, *[3] * ndim), d(3), **options)


def pool(name: str, ndim: int, **options: Any) -> Callable[[Draw], Any]:
    return lambda d: getattr(F, name)(d(2, 3, *[4] * ndim), 2, **options)


def n_step(name: str, n_gates: int, bi: int, cell: bool) -> Callable[[Draw], Any]:
    def call(d: Draw) -> Any:
        ws = [[d(2, 3 if j < n_gates // 2 else 2) for j in range(n_gates)] for _ in range(bi)]
        bs = [[d(2) for _ in range(n_gates)] for _ in range(bi)]
        states = [d(bi, 2, 2) for _ in range(2 if cell else 1)]
        *states, ys = getattr(F, name)(1, D(0.1), *states, ws, bs, [d(2, 3), d(1, 3)])
        return [*states, *ys]

    return call


def roi(name: str, *options: Any) -> Callable[[Draw], Any]:
    def call(d: Draw) -> Any:
        rois = np.array([[0, 0, 3, 3]], d.dtype)
        return getattr(F, name)(d(1, 2, 5, 5), rois, labels(0), 2, D(1.0), *options)

    return call


FUNCTIONS: dict[str, Callable[[Draw], Any]] = {
    **{
        name: unary(name)
        for name in (
            *(
                "absolute",
                "arccos",
                "arcsin",
                "arctan",
                "arctanh",
                "cos",
                "cosh",
                "cumprod",
                "cumsum",
                "digamma",
                "elu",
            ),
            *("erf", "erfc", "erfcinv", "erfcx", "erfinv", "exp", "expm1", "fliplr", "flipud", "flatten"),
            *("hard_sigmoid", "lgamma", "log", "log10", "log1p", "log2", "log_ndtr", "log_softmax", "logsumexp", "max"),
            *("mean", "min", "ndtr", "ndtri", "normalize", "prod", "relu", "relu6", "rsqrt", "sigmoid", "sin", "sinh"),
            *("softmax", "sqrt", "square", "sum", "tan", "tanh", "average", "crelu", "decov", "transpose", "identity"),
        )
    },
    "absolute_error": lambda d: F.absolute_error(d(2, 3), d(2, 3)),
    "add": lambda d: F.add(d(2, 3), d(2, 3), d(2, 3)),
    "arctan2": lambda d: F.arctan2(d(3), d(3)),
    "as_strided": lambda d: F.as_strided(d(6), (2, 2), (1, 1)),
    "average_pooling_1d": pool("average_pooling_1d", 1),
    "average_pooling_2d": pool("average_pooling_2d", 2),
    "average_pooling_3d": pool("average_pooling_3d", 3),
    "average_pooling_nd": pool("average_pooling_nd", 2, pad=1),
    "batch_det": lambda d: F.batch_det(d.square(2)),
    "batch_inv": lambda d: F.batch_inv(d.square(2)),
    "batch_l2_norm_squared": unary("batch_l2_norm_squared"),
    "batch_matmul": lambda d: F.batch_matmul(d(2, 3, 4), d(2, 4, 3)),
    "batch_normalization": lambda d: F.batch_normalization(d(4, 3), d(3), d(3), eps=D(1e-3), decay=D(0.9)),
    "batch_renormalization": lambda d: F.batch_renormalization(
        d(4, 3), d(3), d(3), D(2), D(1), D(1e-3), np.zeros(3, d.dtype), np.ones(3, d.dtype)
    ),
    "bernoulli_nll": lambda d: F.bernoulli_nll(d(2, 3), d(2, 3)),
    "bias": lambda d: F.bias(d(2, 3), d(3)),
    "bilinear": lambda d: F.bilinear(d(2, 3), d(2, 4), d(3, 4, 2), d(3, 2), d(4, 2), d(2)),
    "black_out": lambda d: F.black_out(d(2, 3), labels(0, 1), d(5, 3), np.array([[2, 3], [3, 4]], I32)),
    "broadcast": lambda d: list(F.broadcast(d(2, 1), d(3))),
    "broadcast_to": lambda d: F.broadcast_to(d(3), (2, 3)),
    "cholesky": lambda d: F.cholesky(d.square()),
    "clip": lambda d: F.clip(d(3), D(0.3), D(0.6)),
    "clipped_relu": lambda d: F.clipped_relu(d(3), D(0.5)),
    "concat": lambda d: F.concat([d(2, 3), d(2, 1)]),
    "connectionist_temporal_classification": lambda d: F.connectionist_temporal_classification(
        [d(2, 3) for _ in range(4)], np.array([[1], [2]], I32), 0
    ),
    "contrastive": lambda d: F.contrastive(d(2, 3), d(2, 3), labels(0, 1), margin=D(1)),
    "convolution_1d": conv("convolution_1d", 1),
    "convolution_2d": conv("convolution_2d", 2),
    "convolution_3d": conv("convolution_3d", 3),
    "convolution_nd": conv("convolution_nd", 2, pad=1),
    "copy": lambda d: F.copy(d(3), -1),
    "crf1d": lambda d: F.crf1d(d(3, 3), [d(2, 3), d(2, 3)], [labels(0, 1), labels(1, 2)]),
    "cross_covariance": lambda d: F.cross_covariance(d(4, 2), d(4, 3)),
    "deconvolution_1d": conv("deconvolution_1d", 1),
    "deconvolution_2d": conv("deconvolution_2d", 2),
    "deconvolution_3d": conv("deconvolution_3d", 3),
    "deconvolution_nd": conv("deconvolution_nd", 2, pad=1),
    "decorrelated_batch_normalization": lambda d: F.decorrelated_batch_normalization(d(8, 4), groups=2, eps=D(1e-2)),
    "deformable_convolution_2d_sampler": lambda d: F.deformable_convolution_2d_sampler(
        d(1, 2, 4, 4), d(1, 18, 2, 2), d(2, 2, 3, 3), d(2)
    ),
    "depth2space": lambda d: F.depth2space(d(1, 4, 2, 2), 2),
    "depthwise_convolution_2d": lambda d: F.depthwise_convolution_2d(d(1, 2, 4, 4), d(2, 2, 3, 3), d(4)),
    "det": lambda d: F.det(d.square()),
    "diagonal": lambda d: F.diagonal(d(3, 3)),
    "dilated_convolution_2d": lambda d: F.dilated_convolution_2d(d(1, 2, 6, 6), d(2, 2, 3, 3), d(2), dilate=2),
    "discriminative_margin_based_clustering_loss": lambda d: list(
        F.discriminative_margin_based_clustering_loss(
            d(2, 3, 2, 3), np.array([[[0, 1, 1], [0, 2, 1]]] * 2, I32), D(0.05), D(1.5), 3
        )
    ),
    "dropout": lambda d: F.dropout(d(2, 3), D(0.5)),
    "dstack": lambda d: F.dstack([d(2, 3), d(2, 3)]),
    "einsum": lambda d: F.einsum("ij,jk->ik", d(2, 3), d(3, 2)),
    "embed_id": lambda d: F.embed_id(labels(0, 2), d(3, 2)),
    "expand_dims": lambda d: F.expand_dims(d(3), 0),
    "fft": lambda d: list(F.fft((d(2, 4), d(2, 4)))),
    "fixed_batch_normalization": lambda d: F.fixed_batch_normalization(
        d(4, 3), d(3), d(3), d.const(3), d.const(3), eps=D(1e-3)
    ),
    "fixed_batch_renormalization": lambda d: F.fixed_batch_renormalization(
        d(4, 3), d(3), d(3), d.const(3), d.const(3), eps=D(1e-3)
    ),
    "fixed_decorrelated_batch_normalization": lambda d: F.fixed_decorrelated_batch_normalization(
        d(4, 4), d.const(2, 2), d.const(2, 2, 2), groups=2
    ),
    "flip": lambda d: F.flip(d(3), 0),
    "fmod": lambda d: F.fmod(d(3, low=2, high=3), d(3)),
    "forget": lambda d: F.forget(lambda x: x * 2, d(3)),
    "gaussian": lambda d: F.gaussian(d(3), d(3)),
    "gaussian_kl_divergence": lambda d: F.gaussian_kl_divergence(d(3), d(3)),
    "gaussian_nll": lambda d: F.gaussian_nll(d(3), d(3), d(3)),
    "get_item": lambda d: F.get_item(d(3), slice(1, None)),
    "group_normalization": lambda d: F.group_normalization(d(2, 4, 3), 2, d(4), d(4), eps=D(1e-3)),
    "gumbel_softmax": lambda d: F.gumbel_softmax(d(2, 3), tau=D(0.5)),
    "hinge": lambda d: F.hinge(d(2, 3), labels(0, 1)),
    "hstack": lambda d: F.hstack([d(2, 3), d(2, 3)]),
    "huber_loss": lambda d: F.huber_loss(d(2, 3), d(2, 3), D(0.1)),
    "ifft": lambda d: list(F.ifft((d(2, 4), d(2, 4)))),
    "im2col": lambda d: F.im2col(d(1, 2, 4, 4), 2),
    "inv": lambda d: F.inv(d.square()),
    "layer_normalization": lambda d: F.layer_normalization(d(2, 3), d(3), d(3), eps=D(1e-3)),
    "leaky_relu": lambda d: F.leaky_relu(d(3, low=-1), D(0.2)),
    "linear": lambda d: F.linear(d(2, 3), d(4, 3), d(4)),
    "linear_interpolate": lambda d: F.linear_interpolate(d(3), d(3), d(3)),
    "local_convolution_2d": lambda d: F.local_convolution_2d(d(1, 2, 3, 3), d(2, 2, 2, 2, 2, 2), d(2, 2, 2)),
    "local_response_normalization": lambda d: F.local_response_normalization(
        d(1, 5, 2, 2), k=D(2), alpha=D(1e-3), beta=D(0.75)
    ),
    "lstm": lambda d: list(F.lstm(d(2, 2), d(2, 8))),
    "matmul": lambda d: F.matmul(d(2, 3), d(3, 2)),
    "max_pooling_1d": pool("max_pooling_1d", 1),
    "max_pooling_2d": pool("max_pooling_2d", 2),
    "max_pooling_3d": pool("max_pooling_3d", 3),
    "max_pooling_nd": pool("max_pooling_nd", 2, pad=1),
    "maximum": lambda d: F.maximum(d(3), d(3)),
    "maxout": lambda d: F.maxout(d(2, 4), 2),
    "mean_absolute_error": lambda d: F.mean_absolute_error(d(3), d(3)),
    "mean_squared_error": lambda d: F.mean_squared_error(d(3), d(3)),
    "minimum": lambda d: F.minimum(d(3), d(3)),
    "moveaxis": lambda d: F.moveaxis(d(2, 3), 0, 1),
    "n_step_bigru": n_step("n_step_bigru", 6, 2, False),
    "n_step_bilstm": n_step("n_step_bilstm", 8, 2, True),
    "n_step_birnn": n_step("n_step_birnn", 2, 2, False),
    "n_step_gru": n_step("n_step_gru", 6, 1, False),
    "n_step_lstm": n_step("n_step_lstm", 8, 1, True),
    "n_step_rnn": n_step("n_step_rnn", 2, 1, False),
    "negative_sampling": lambda d: F.negative_sampling(
        d(2, 3), labels(0, 1), d(5, 3), lambda shape: np.full(shape, 2, I32), 2
    ),
    "pad": lambda d: F.pad(d(3), 1, "constant", constant_values=D(1.5)),
    "pad_sequence": lambda d: F.pad_sequence([d(3), d(2)], padding=D(0.5)),
    "permutate": lambda d: F.permutate(d(3), labels(2, 0, 1)),
    "polygamma": lambda d: F.polygamma(labels(1, 1), d(2)),
    "prelu": lambda d: F.prelu(d(2, 3), d(3)),
    "repeat": lambda d: F.repeat(d(3), 2),
    "reshape": lambda d: F.reshape(d(6), (2, 3)),
    "resize_images": lambda d: F.resize_images(d(1, 2, 3, 3), (5, 4)),
    "roi_average_align_2d": roi("roi_average_align_2d", 2),
    "roi_average_pooling_2d": roi("roi_average_pooling_2d"),
    "roi_max_align_2d": roi("roi_max_align_2d", 2),
    "roi_max_pooling_2d": roi("roi_max_pooling_2d"),
    "roi_pooling_2d": lambda d: F.roi_pooling_2d(d(1, 2, 5, 5), np.array([[0, 0, 0, 3, 3]], d.dtype), 2, 2, D(1.0)),
    "rollaxis": lambda d: F.rollaxis(d(2, 3), 1),
    "rrelu": lambda d: F.rrelu(d(3, low=-1), D(0.1), D(0.3)),
    "scale": lambda d: F.scale(d(2, 3), d(3)),
    "scatter_add": lambda d: F.scatter_add(d(3), labels(0, 0), d(2)),
    "select_item": lambda d: F.select_item(d(2, 3), labels(0, 1)),
    "selu": lambda d: F.selu(d(3, low=-1), D(1.6), D(1.05)),
    "separate": lambda d: list(F.separate(d(2, 3))),
    "shift": lambda d: F.shift(d(1, 9, 3, 3)),
    "sigmoid_cross_entropy": lambda d: F.sigmoid_cross_entropy(d(2, 3), np.array([[0, 1, 1], [1, 0, 0]], I32)),
    "simplified_dropconnect": lambda d: F.simplified_dropconnect(d(2, 3), d(4, 3), d(4), D(0.5)),
    "slstm": lambda d: list(F.slstm(d(2, 2), d(2, 2), d(2, 8), d(2, 8))),
    "softmax_cross_entropy": lambda d: F.softmax_cross_entropy(d(2, 3), labels(0, 1)),
    "softplus": lambda d: F.softplus(d(3), D(2)),
    "space2depth": lambda d: F.space2depth(d(1, 1, 4, 4), 2),
    "sparse_matmul": lambda d: F.sparse_matmul(chainer.utils.to_coo(d.const(2, 3)), d(3, 2)),
    "spatial_pyramid_pooling_2d": lambda d: F.spatial_pyramid_pooling_2d(d(1, 2, 4, 4), 2, "max"),
    "spatial_transformer_grid": lambda d: F.spatial_transformer_grid(d(1, 2, 3), (3, 3)),
    "spatial_transformer_sampler": lambda d: F.spatial_transformer_sampler(d(1, 2, 3, 3), d(1, 2, 2, 2)),
    "split_axis": lambda d: list(F.split_axis(d(2, 4), 2, 1)),
    "squared_difference": lambda d: F.squared_difference(d(3), d(3)),
    "squared_error": lambda d: F.squared_error(d(3), d(3)),
    "squeeze": lambda d: F.squeeze(d(1, 3)),
    "stack": lambda d: F.stack([d(3), d(3)]),
    "sum_to": lambda d: F.sum_to(d(2, 3), (3,)),
    "swapaxes": lambda d: F.swapaxes(d(2, 3), 0, 1),
    "swish": lambda d: F.swish(d(2, 3), d(3)),
    "tensordot": lambda d: F.tensordot(d(2, 3), d(3, 2), 1),
    "tile": lambda d: F.tile(d(3), 2),
    "transpose_sequence": lambda d: list(F.transpose_sequence([d(3), d(2)])),
    "tree_lstm": lambda d: list(F.tree_lstm(d(2, 2), d(2, 2), d(2, 10))),
    "triplet": lambda d: F.triplet(d(2, 3), d(2, 3), d(2, 3), margin=D(5)),
    "unpooling_1d": pool("unpooling_1d", 1),
    "unpooling_2d": pool("unpooling_2d", 2),
    "unpooling_3d": pool("unpooling_3d", 3),
    "unpooling_nd": pool("unpooling_nd", 2),
    "upsampling_2d": lambda d: F.upsampling_2d(d(1, 1, 2, 2), np.zeros((1, 1, 2, 2), I32), 2, cover_all=False),
    "vstack": lambda d: F.vstack([d(2, 3), d(2, 3)]),
    "where": lambda d: F.where(np.array([True, False]), d(2), d(2)),
    "zoneout": lambda d: F.zoneout(d(3), d(3), D(0.5)),
}
NO_GRADIENT: dict[str, Callable[[Draw], Any]] = {
    "binary_accuracy": lambda d: F.binary_accuracy(d(3), labels(0, 1, 1)),
    "accuracy": lambda d: F.accuracy(d(2, 3), labels(0, 1)),
    "ceil": unary("ceil"),
    "fix": unary("fix"),
    "floor": unary("floor"),
    "sign": unary("sign"),
    "r2_score": lambda d: F.r2_score(d(3), d(3)),
    "zeta": lambda d: F.zeta(d.const(2, low=2, high=3), d(2, low=2, high=3)),
}
EXEMPT = {
    "argmax": "returns indexes",
    "argmin": "returns indexes",
    "argmax_crf1d": "returns labels and a score that is no input of training",
    "classification_summary": "published in float64",
    "precision": "published in float64",
    "recall": "published in float64",
    "f1_score": "published in float64",
    "cast": "changes the dtype on purpose",
}


def _flat(result: Any) -> Iterable[chainer.Variable]:
    return result if isinstance(result, list | tuple) else [result]


def test_every_function_has_a_row():
    public = {name for name, value in vars(F).items() if inspect.isfunction(value) and not name.startswith("_")}
    rows = [*FUNCTIONS, *NO_GRADIENT, *EXEMPT]
    assert sorted(set(rows)) == sorted(rows)
    assert public - set(rows) == set()
    assert set(rows) - public == set()


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_keeps_dtype(name, dtype):
    draw = Draw(dtype)
    outputs = list(_flat(FUNCTIONS[name](draw)))
    for y in outputs:
        assert y.dtype == dtype
    for y in outputs:
        y.grad = np.ones_like(y.array)
    chainer.backward(outputs)
    for x in draw.made:
        assert x.grad is None or x.grad.dtype == dtype


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", NO_GRADIENT)
def test_function_without_gradient_keeps_dtype(name, dtype):
    for y in _flat(NO_GRADIENT[name](Draw(dtype))):
        assert y.dtype == dtype


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("number", [2, 2.0, D(2), np.float32(2), np.int64(2), np.array(2.0)], ids=repr)
@pytest.mark.parametrize(
    "operator",
    [
        lambda x, n: x + n,
        lambda x, n: n + x,
        lambda x, n: x - n,
        lambda x, n: n - x,
        lambda x, n: x * n,
        lambda x, n: n * x,
        lambda x, n: x / n,
        lambda x, n: n / x,
        lambda x, n: x**n,
        lambda x, n: n**x,
        lambda x, n: x // n,
        lambda x, n: n // x,
    ],
    ids=["x+n", "n+x", "x-n", "n-x", "x*n", "n*x", "x/n", "n/x", "x**n", "n**x", "x//n", "n//x"],
)
def test_operator_keeps_dtype(operator, number, dtype):
    x = Draw(dtype)(2, 3)
    y = operator(x, number)
    assert y.dtype == dtype
    y.grad = np.ones_like(y.array)
    y.backward()
    assert x.grad is None or x.grad.dtype == dtype


LINKS: dict[str, tuple[Callable[[], chainer.Link], tuple[int, ...]]] = {
    "Linear": (lambda: L.Linear(3, 2, initial_bias=D(0.5)), (2, 3)),
    "Convolution2D": (lambda: L.Convolution2D(3, 2, 3, initial_bias=D(0.5)), (1, 3, 4, 4)),
    "Deconvolution2D": (lambda: L.Deconvolution2D(3, 2, 3), (1, 3, 4, 4)),
    "ConvolutionND": (lambda: L.ConvolutionND(1, 3, 2, 3), (1, 3, 4)),
    "BatchNormalization": (lambda: L.BatchNormalization(3, decay=D(0.9), eps=D(1e-3)), (4, 3)),
    "LayerNormalization": (lambda: L.LayerNormalization(3, eps=D(1e-3)), (4, 3)),
    "GroupNormalization": (lambda: L.GroupNormalization(2, 4, eps=D(1e-3)), (2, 4, 3)),
    "PReLU": (lambda: L.PReLU(), (2, 3)),
    "Scale": (lambda: L.Scale(1, (3,)), (2, 3)),
    "Bias": (lambda: L.Bias(1, (3,)), (2, 3)),
    "Maxout": (lambda: L.Maxout(3, 2, 2), (2, 3)),
    "Highway": (lambda: L.Highway(3), (2, 3)),
    "LSTM": (lambda: L.LSTM(3, 2), (2, 3)),
    "StatefulGRU": (lambda: L.StatefulGRU(3, 2), (2, 3)),
}


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", LINKS)
def test_link_keeps_dtype(name, dtype):
    make, shape = LINKS[name]
    with chainer.using_config("dtype", np.dtype(dtype)):
        link = make()
    x = Draw(dtype)(*shape)
    y = link(x)
    assert y.dtype == dtype
    y.grad = np.ones_like(y.array)
    y.backward()
    assert x.grad.dtype == dtype
    for param in link.params():
        assert param.dtype == dtype
        assert param.grad is None or param.grad.dtype == dtype


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", [n for n in dir(chainer.optimizers) if n[0].isupper()])
def test_optimizer_keeps_dtype(name, dtype):
    link = chainer.Link()
    with link.init_scope():
        link.p = chainer.Parameter(np.ones(3, dtype))
        link.q = chainer.Parameter(np.ones((2, 2), dtype))
    optimizer = getattr(chainer.optimizers, name)().setup(link)
    for hyperparameter, value in optimizer.hyperparam.get_dict().items():
        if isinstance(value, float):
            setattr(optimizer, hyperparameter, D(value))
    optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(D(0.1)))
    optimizer.add_hook(chainer.optimizer_hooks.GradientClipping(D(0.1)))
    for _ in range(2):
        for param in link.params():
            param.grad = np.full(param.shape, 0.5, dtype)
        optimizer.update()
        for param in link.params():
            assert param.dtype == dtype
            assert param.grad.dtype == dtype
            assert np.isfinite(param.array).all()
