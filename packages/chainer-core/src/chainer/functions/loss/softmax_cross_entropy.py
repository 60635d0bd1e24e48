"""Cross entropy of a softmax, for classification."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.backends import kernels
from chainer.configuration import config
from chainer.function_node import FunctionNode
from chainer.functions.activation.softmax import softmax
from chainer.functions.loss._reduction import expect_reduce, scaled_sum
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class SoftmaxCrossEntropy(FunctionNode):
    """Node of :func:`softmax_cross_entropy`.

    For labels without class weights, if the score is cached, it asks for the kernels
    ``softmax_cross_entropy(x, t, ignore_label)``, which returns the loss of each sample and the softmax, and
    ``softmax_cross_entropy_backward(y, t, scale, ignore_label)``, where ``scale`` is the gradient of the loss of each
    sample, or one number for all.

    Attributes:
        soft_target: Whether the targets are distributions.
    """

    soft_target = False
    eps = 1e-7  # keeps the logarithm of a soft target of zero finite

    _keeps_scores = False  # whether backward reads the scores although the softmax is cached
    _coeff: float = 1.0
    _kernel_y: NdArray | None = None  # softmax as the kernel gave it
    _kernel_backward: Any = None
    _target_index: tuple[NdArray, ...]  # of the score of each sample's label, in an array like x
    _ignored: NdArray | None = None  # mask of the labels to ignore; None if there are none
    _neg_log_p: NdArray  # -log p of each sample's label
    # The softmax as exponentials and their sum: dividing waits for the backward pass, which scales them anyway.
    _softmax: tuple[NdArray, NdArray] | None = None

    def __init__(
        self,
        normalize: bool = True,
        cache_score: bool = True,
        class_weight: NdArray | None = None,
        ignore_label: int = -1,
        reduce: str = "mean",
        soft_target_loss: str = "cross-entropy",
    ) -> None:
        expect_reduce(reduce, ("mean", "no"))
        if soft_target_loss not in ("cross-entropy", "kl-divergence"):
            raise ValueError(f"soft_target_loss must be 'cross-entropy' or 'kl-divergence', got {soft_target_loss!r}")
        if class_weight is not None:
            _check_class_weight(class_weight)
        self.normalize = normalize
        self.cache_score = cache_score
        self.class_weight = class_weight
        self.ignore_label = ignore_label
        self.reduce = reduce
        self.soft_target_loss = soft_target_loss

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "t"))
        x_type, t_type = in_types
        type_check.expect(x_type.dtype.kind == "f", x_type.ndim >= 2)
        if type_check.eval(t_type.dtype.kind) == "f":
            type_check.expect(t_type.shape == x_type.shape)
        else:
            type_check.expect(t_type.dtype.kind == "i", t_type.shape == x_type.shape[:1] + x_type.shape[2:])

    @property
    def y(self) -> NdArray | None:
        """Softmax of the scores, once applied, if ``cache_score``."""
        if self._softmax is None:
            return self._kernel_y
        exponentials, total = self._softmax
        return exponentials / total

    def forward(self, inputs: Arrays) -> Arrays:
        x, t = inputs
        self.retain_inputs((1,) if self.cache_score and not self._keeps_scores else (0, 1))
        if t.dtype.kind == "f":
            self.soft_target = True
            self._coeff = 1 / max(t.size // t.shape[1], 1)
            loss = self._soft_target_loss(x, t)
        else:
            loss = self._label_loss(x, t)
        return (scaled_sum(loss, self._coeff) if self.reduce == "mean" else loss,)

    def _label_loss(self, x: NdArray, t: NdArray) -> NdArray:
        """Loss of each sample, where the targets are labels."""
        xp = backend.get_array_module(x)
        if config.debug:
            _check_labels(xp, x, t, self.ignore_label)
        n_valid = int(xp.count_nonzero(t != self.ignore_label))
        self._coeff = 1 / max(n_valid if self.normalize else len(x), 1)
        kernel = kernels.find("softmax_cross_entropy", x)
        backward = kernels.find("softmax_cross_entropy_backward", x)
        if kernel is not None and backward is not None and self.class_weight is None and self.cache_score:
            self._kernel_backward = backward  # the setting that found it may be another one by then
            loss, self._kernel_y = kernel(x, t, self.ignore_label)
            return loss
        if n_valid != t.size:
            self._ignored = t == self.ignore_label
            t = xp.where(self._ignored, 0, t)
        if t.ndim == 1:
            self._target_index = (xp.arange(len(t)), t)
        else:
            first, *others = xp.ogrid[tuple([slice(n) for n in t.shape])]
            self._target_index = (first, t, *others)
        z, exponentials, total = _exponentiate(x)
        if self.cache_score:
            self._softmax = exponentials, total
        loss = xp.log(total[:, 0])
        loss -= z[self._target_index]
        self._neg_log_p = loss
        if self.class_weight is not None:
            loss = loss * self._weight_of_classes(x)[t]
        if self._ignored is not None:
            loss = xp.where(self._ignored, x.dtype.type(0), loss)
        return loss

    def _soft_target_loss(self, x: NdArray, t: NdArray) -> NdArray:
        """Loss of each sample, where the targets are distributions."""
        xp = backend.get_array_module(x)
        z, exponentials, total = _exponentiate(x)
        if self.cache_score:
            self._softmax = exponentials, total
        z -= xp.log(total)
        z *= self._dense_target(x, t)
        loss = -z.sum(axis=1)
        if self.soft_target_loss == "kl-divergence":
            t = t.astype(x.dtype, copy=False)
            loss += (t * xp.log(t + self.eps)).sum(axis=1)
        return loss

    def _weight_of_classes(self, x: NdArray) -> NdArray:
        weight = backend.get_array_module(x).asarray(self.class_weight, dtype=x.dtype)
        if len(weight) != x.shape[1]:
            raise ValueError(f"class_weight must have one entry a class: x has {x.shape[1]}, got {len(weight)} entries")
        return weight

    def _dense_target(self, x: NdArray, t: NdArray) -> NdArray:
        """Targets as distributions, times the weights of the classes; zero for labels to ignore."""
        xp = backend.get_array_module(x)
        if self.soft_target:
            target = t.astype(x.dtype, copy=False)
        else:
            classes = xp.arange(x.shape[1], dtype=t.dtype).reshape(-1, *(1,) * (x.ndim - 2))
            labels = xp.expand_dims(t, 1)
            target = ((labels == classes) & (labels != self.ignore_label)).astype(x.dtype)
        if self.class_weight is not None:
            target = target * self._weight_of_classes(x).reshape(-1, *(1,) * (x.ndim - 2))
        return target

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x = self.inputs[0].get_variable()  # type: ignore[index]
        return (*_SoftmaxCrossEntropyGrad(self).apply((x, grad_outputs[0])), None)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return tuple([self._gradient(grad_outputs[0]) if i == 0 else None for i in indexes])

    def _gradient(self, gy: NdArray) -> NdArray:
        """Gradient of the scores, from that of the loss."""
        *scores, t = self.get_retained_input_arrays()
        xp = backend.get_array_module(t)
        scale = gy * self._coeff if self.reduce == "mean" else gy
        if self._kernel_y is not None:
            return self._kernel_backward(self._kernel_y, t, scale, self.ignore_label)
        exponentials, total = self._softmax or _exponentiate(scores[0])[1:]
        if self.soft_target:
            target = self._dense_target(exponentials, t)
            gx = exponentials * (target.sum(axis=1, keepdims=True) / total)
            gx -= target
            gx *= xp.expand_dims(scale, 1) if scale.ndim else scale
            return gx
        if self.class_weight is not None:
            scale = scale * self._weight_of_classes(exponentials)[self._target_index[1]]
        gx = exponentials * ((xp.expand_dims(scale, 1) if scale.ndim else scale) / total)
        # p - 1 for the label: exact also where p is so near to 1 that it is rounded to it.
        gx[self._target_index] = xp.expm1(-self._neg_log_p) * scale
        if self._ignored is not None:
            xp.moveaxis(gx, 1, -1)[self._ignored] = 0
        return gx


class _SoftmaxCrossEntropyGrad(FunctionNode):
    """Gradient of a :class:`SoftmaxCrossEntropy`, in one pass over the cached softmax; not differentiable.

    Its inputs are the scores, which stand for their place in the graph alone, and ``gy``.
    """

    def __init__(self, func: SoftmaxCrossEntropy) -> None:
        self.func = func

    def _accept_missing(self, index: int, x: Variable) -> None:
        pass  # the array of the scores need not be there any more

    def forward(self, inputs: Arrays) -> Arrays:
        return (self.func._gradient(inputs[1]),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        raise RuntimeError(
            "F.softmax_cross_entropy was called with enable_double_backprop=False, but its gradient is being "
            "differentiated; pass enable_double_backprop=True"
        )


class _TwiceDifferentiableSoftmaxCrossEntropy(SoftmaxCrossEntropy):
    """The same, with a gradient made of differentiable functions where it is recorded."""

    backward_arrays = SoftmaxCrossEntropy.backward_arrays
    _keeps_scores = True

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, t = self.get_retained_inputs()
        scale: Any = grad_outputs[0]
        if self.reduce == "mean":
            scale = scale * self._coeff
        else:
            scale = scale.reshape(scale.shape[:1] + (1,) + scale.shape[1:])
        target = self._dense_target(x.array, t.array)
        return (softmax(x, 1) * target.sum(axis=1, keepdims=True) - target) * scale, None


def _exponentiate(x: NdArray) -> tuple[NdArray, NdArray, NdArray]:
    """Scores shifted so that no exponential can overflow, their exponentials, and the sums of those."""
    z = x - x.max(axis=1, keepdims=True)
    exponentials = backend.get_array_module(x).exp(z)
    return z, exponentials, exponentials.sum(axis=1, keepdims=True)


def _check_class_weight(class_weight: object) -> None:
    if isinstance(class_weight, Variable) or not isinstance(class_weight, numpy.ndarray | backend.cuda.ndarray):
        raise ValueError(
            f"class_weight should be a numpy.ndarray or cupy.ndarray, not a {type(class_weight).__name__}: "
            "it is a constant"
        )
    if class_weight.ndim != 1 or class_weight.dtype.kind != "f":
        raise ValueError(
            f"class_weight.ndim should be 1 and its dtype a float, got shape {class_weight.shape} and "
            f"dtype {class_weight.dtype}"
        )


def _check_labels(xp: Any, x: NdArray, t: NdArray, ignore_label: int) -> None:
    if not bool(xp.all(((0 <= t) & (t < x.shape[1])) | (t == ignore_label))):
        raise ValueError(
            f"Each label `t` need to satisfy `0 <= t < x.shape[1] or t == {ignore_label}`: x.shape[1] is {x.shape[1]}, "
            f"and labels go from {int(t.min())} to {int(t.max())}"
        )


def softmax_cross_entropy(
    x: VariableLike,
    t: VariableLike,
    normalize: bool = True,
    cache_score: bool = True,
    class_weight: NdArray | None = None,
    ignore_label: int = -1,
    reduce: str = "mean",
    enable_double_backprop: bool = False,
    soft_target_loss: str = "cross-entropy",
) -> Variable:
    r"""Cross entropy of the softmax of scores, relative to labels or distributions.

    For the label :math:`t` of a sample with scores :math:`x` it is :math:`-\log \mathrm{softmax}(x)_t`, for a
    distribution over the classes :math:`-\sum_c t_c \log \mathrm{softmax}(x)_c`.

    Args:
        x: Scores before the softmax. Shape ``(B, C)`` or, for dense prediction, ``(B, C, d1, ...)``; float.
        t: Labels in ``[0, C)``, of shape ``(B,)`` or ``(B, d1, ...)`` and a signed integer dtype; or distributions
            of the shape of ``x`` and a float dtype, which are constants. Labels outside of this range are refused in
            debug mode.
        normalize: Whether the mean is one over all labels that are not ignored, or over the batch. With
            distributions it is always one over all positions.
        cache_score: Keep the softmax for the backward pass instead of computing it again: faster, more memory.
        class_weight: Factor on the loss of each class, a constant array of shape ``(C,)``. The mean is not weighted.
        ignore_label: Label of samples that do not count.
        reduce: ``'mean'``, or ``'no'`` for the loss of each sample, with zeros where it is ignored.
        enable_double_backprop: Make the gradient differentiable, which is slower. Otherwise differentiating twice is
            refused.
        soft_target_loss: For distributions: ``'cross-entropy'``, or ``'kl-divergence'`` to subtract their entropy.

    Returns:
        Variable of the dtype of ``x``: 0-d, or of the shape of the labels for ``reduce='no'``.

    Raises:
        ValueError: An option is none of those above; in debug mode, a label out of range.
        IndexError: A label is not smaller than ``C``.
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([[0, 0], [3, 0], [0, 9]], np.float32)
        >>> F.softmax_cross_entropy(x, np.array([1, 0, -1], np.int32), reduce="no")
        variable([0.6931472 , 0.04858732, 0.        ])
    """
    node = _TwiceDifferentiableSoftmaxCrossEntropy if enable_double_backprop else SoftmaxCrossEntropy
    return node(normalize, cache_score, class_weight, ignore_label, reduce, soft_target_loss).apply((x, t))[0]
