"""The module in C++, from the folder ``cpp``. A routine returns ``None`` for what it does not do."""

from collections.abc import Sequence

from chainer.types import NdArray, Shape

def onednn_version() -> str: ...
def onednn_isa() -> str: ...
def own_isa() -> str: ...
def memory_pool_bytes() -> tuple[int, int]: ...
def free_memory_pool() -> None: ...
def get_num_threads() -> int: ...
def set_num_threads(n: int, /) -> None: ...
def conv_forward(
    x: NdArray,
    W: NdArray,
    b: NdArray | None,
    stride: Shape,
    pad: Shape,
    dilate: Shape,
    groups: int,
    out_size: Shape,
    layout: int = 3,
) -> NdArray | None: ...
def conv_backward_data(
    gy: NdArray,
    W: NdArray,
    b: NdArray | None,
    stride: Shape,
    pad: Shape,
    dilate: Shape,
    groups: int,
    in_size: Shape,
    layout: int = 3,
) -> NdArray | None: ...
def conv_backward_weights(
    x: NdArray, gy: NdArray, stride: Shape, pad: Shape, dilate: Shape, groups: int, ksize: Shape, layout: int = 3
) -> NdArray | None: ...
def candidate_forward(
    candidate: int,
    geometry: Shape,
    x: NdArray,
    W: NdArray,
    scale: NdArray | None,
    shift: NdArray | None,
    addend: NdArray | None,
    relu: bool,
    /,
) -> NdArray | None: ...
def candidate_backward_data(candidate: int, geometry: Shape, gy: NdArray, W: NdArray, /) -> NdArray | None: ...
def candidate_backward_weights(candidate: int, geometry: Shape, x: NdArray, gy: NdArray, /) -> NdArray | None: ...
def choose_candidate(direction: int, geometry: Shape, /) -> int: ...
def set_choice(direction: int, geometry: Shape, candidate: int, /) -> None: ...

CANDIDATES: int

class PendingConvolution:
    shapes: tuple[Shape, Shape]
    def run(
        self, scale: NdArray | None, shift: NdArray | None, addend: NdArray | None, rectifies: bool, /
    ) -> NdArray | None: ...

def conv_forward_last(
    x: NdArray, W: NdArray, stride: Shape, pad: Shape, dilate: Shape, groups: int, out_size: Shape, /, layout: int = 3
) -> PendingConvolution | None: ...
def conv_backward_data_last(
    gy: NdArray, W: NdArray, stride: Shape, pad: Shape, dilate: Shape, groups: int, in_size: Shape, /, layout: int = 3
) -> NdArray | None: ...
def conv_backward_weights_last(
    x: NdArray, gy: NdArray, stride: Shape, pad: Shape, dilate: Shape, groups: int, ksize: Shape, /, layout: int = 3
) -> NdArray | None: ...
def to_channels_last(x: NdArray, /) -> NdArray: ...
def from_channels_last(x: NdArray, /) -> NdArray: ...
def concat_last(xs: Sequence[NdArray], /) -> NdArray: ...
def slice_last(x: NdArray, begin: int, end: int, /) -> NdArray: ...
def affine_last(
    x: NdArray,
    center: NdArray | None,
    scale: NdArray | None,
    shift: NdArray | None,
    addend: NdArray | None,
    rectifies: bool,
    /,
) -> NdArray: ...
def moments_last(x: NdArray, /) -> tuple[NdArray, NdArray] | None: ...
def sum_last(x: NdArray, /) -> NdArray: ...
def batch_norm_backward_last(
    x: NdArray,
    gamma: NdArray,
    gy: NdArray,
    y: NdArray | None,
    scale: NdArray | None,
    shift: NdArray | None,
    mean: NdArray,
    inv_std: NdArray,
    is_fixed: bool,
    /,
) -> tuple[NdArray, NdArray, NdArray] | None: ...
def pool_forward_last(
    mode: str, x: NdArray, ksize: Shape, stride: Shape, pad: Shape, out_size: Shape, /
) -> tuple[NdArray, NdArray | None] | None: ...
def pool_backward_last(
    mode: str, gy: NdArray, indexes: NdArray | None, ksize: Shape, stride: Shape, pad: Shape, in_size: Shape, /
) -> NdArray | None: ...
def relu(x: NdArray, /) -> NdArray: ...
def relu_backward(y: NdArray, gy: NdArray, addend: NdArray | None = None, /) -> NdArray: ...
def dropout(x: NdArray, ratio: float, key: int, /) -> tuple[NdArray, NdArray]: ...
def matmul(a: NdArray, b: NdArray, transpose_a: bool, transpose_b: bool, /) -> NdArray | None: ...
def pool_forward(
    mode: str, x: NdArray, ksize: Shape, stride: Shape, pad: Shape, out_size: Shape, /
) -> tuple[NdArray, ...]: ...
def pool_backward(
    mode: str, gy: NdArray, indexes: NdArray | None, ksize: Shape, stride: Shape, pad: Shape, in_size: Shape, /
) -> NdArray: ...
def batch_norm_forward(
    x: NdArray, gamma: NdArray, beta: NdArray, axis: Shape, eps: float, /
) -> tuple[NdArray, NdArray, NdArray, NdArray] | None: ...
def batch_norm_backward(
    x: NdArray, gamma: NdArray, gy: NdArray, mean: NdArray, inv_std: NdArray, axis: Shape, /
) -> tuple[NdArray, NdArray, NdArray] | None: ...
def batch_norm_inference(
    x: NdArray, gamma: NdArray, beta: NdArray, mean: NdArray, var: NdArray, axis: Shape, eps: float, /
) -> NdArray | None: ...
def eltwise(x: NdArray, name: str, parameter: float = 0) -> NdArray | None: ...
def eltwise_backward(y: NdArray, gy: NdArray, name: str, parameter: float = 0) -> NdArray | None: ...
def batch_norm_inference_backward(
    x: NdArray, gamma: NdArray, gy: NdArray, mean: NdArray, var: NdArray, axis: Shape, eps: float, /
) -> tuple[NdArray, NdArray, NdArray] | None: ...
def group_norm(
    x: NdArray, gamma: NdArray, beta: NdArray, groups: int, eps: float, /
) -> tuple[NdArray, NdArray, NdArray] | None: ...
def group_norm_backward(
    x: NdArray, gamma: NdArray, gy: NdArray, mean: NdArray, inv_std: NdArray, groups: int, /
) -> tuple[NdArray, NdArray, NdArray] | None: ...
def lrn_forward(
    x: NdArray, n: int, k: float, alpha: float, beta: float, channels_last: bool = False
) -> tuple[NdArray, NdArray] | None: ...
def lrn_backward(
    x: NdArray,
    y: NdArray,
    gy: NdArray,
    unit_scale: NdArray,
    n: int,
    k: float,
    alpha: float,
    beta: float,
    channels_last: bool = False,
) -> NdArray | None: ...
def softmax(x: NdArray, axis: int, /) -> NdArray | None: ...
def softmax_backward(y: NdArray, gy: NdArray, axis: int, /) -> NdArray | None: ...
def log_softmax(x: NdArray, axis: int, /) -> NdArray | None: ...
def log_softmax_backward(y: NdArray, gy: NdArray, axis: int, /) -> NdArray | None: ...
def softmax_cross_entropy(x: NdArray, t: NdArray, ignore_label: int, /) -> tuple[NdArray, NdArray]: ...
def softmax_cross_entropy_backward(y: NdArray, t: NdArray, scale: NdArray, ignore_label: int, /) -> NdArray: ...
def roi_align(
    mode: str,
    x: NdArray,
    rois: NdArray,
    roi_indices: NdArray,
    outsize: Shape,
    scale: float,
    sampling_ratio: tuple[int | None, int | None],
    /,
) -> tuple[NdArray, NdArray | None] | None: ...
def roi_align_backward(
    mode: str,
    gy: NdArray,
    argmax: NdArray | None,
    rois: NdArray,
    roi_indices: NdArray,
    x_shape: Shape,
    scale: float,
    sampling_ratio: tuple[int | None, int | None],
    /,
) -> NdArray | None: ...
def roi_pool(
    mode: str, x: NdArray, rois: NdArray, roi_indices: NdArray, outsize: Shape, scale: float, /
) -> tuple[NdArray, NdArray | None] | None: ...
def roi_pool_backward(
    mode: str,
    gy: NdArray,
    argmax: NdArray | None,
    rois: NdArray,
    roi_indices: NdArray,
    x_shape: Shape,
    scale: float,
    /,
) -> NdArray | None: ...
def nms(bbox: NdArray, thresh: float, order: NdArray, limit: int, /) -> NdArray: ...
def sum_many(xs: Sequence[NdArray], /) -> NdArray | None: ...
def im2col(
    img: NdArray, ksize: Shape, stride: Shape, pad: Shape, dilate: Shape, out_size: Shape, value: float, /
) -> NdArray | None: ...
def col2im(col: NdArray, stride: Shape, pad: Shape, dilate: Shape, size: Shape, /) -> NdArray | None: ...
def embed_backward(x: NdArray, gy: NdArray, w_shape: Shape, /) -> NdArray | None: ...
def lstm(c_prev: NdArray, x: NdArray, /) -> tuple[NdArray, NdArray, NdArray, NdArray] | None: ...
def lstm_backward(
    c_prev: NdArray, gc: NdArray | None, gh: NdArray | None, gates: NdArray, tanh_c: NdArray, /
) -> tuple[NdArray, NdArray] | None: ...
def rnn_forward(
    unit: str,
    x: NdArray,
    h0: NdArray,
    c0: NdArray | None,
    ws: Sequence[NdArray],
    bs: Sequence[NdArray],
    batches: Sequence[int],
    is_reversed: bool,
    /,
) -> tuple[NdArray, NdArray, NdArray | None, NdArray | None, NdArray | None] | None: ...
def rnn_backward(
    unit: str,
    x: NdArray,
    h0: NdArray,
    c0: NdArray | None,
    ws: Sequence[NdArray],
    batches: Sequence[int],
    is_reversed: bool,
    hs: NdArray,
    gates: NdArray | None,
    cells: NdArray | None,
    ghs: NdArray | None,
    gh: NdArray | None,
    gc: NdArray | None,
    needs_gx: bool,
    /,
) -> tuple[NdArray | None, NdArray, NdArray | None, list[NdArray], list[NdArray]] | None: ...
def gru_reset(h: NdArray, terms: Sequence[NdArray], /) -> tuple[NdArray, NdArray] | None: ...
def gru_reset_backward(h: NdArray, gate: NdArray, gy: NdArray, /) -> tuple[NdArray, NdArray] | None: ...
def gru_output(
    h: NdArray, update_terms: Sequence[NdArray], candidate_terms: Sequence[NdArray], /
) -> tuple[NdArray, NdArray, NdArray] | None: ...
def gru_output_backward(
    h: NdArray, update: NdArray, candidate: NdArray, gy: NdArray, /
) -> tuple[NdArray, NdArray, NdArray] | None: ...
def sgd_update(thetas: list[NdArray], grads: list[NdArray], lr: float, /) -> bool: ...
def momentum_sgd_update(
    thetas: list[NdArray], grads: list[NdArray], velocities: list[NdArray], lr: float, momentum: float, /
) -> bool: ...
def rmsprop_update(
    thetas: list[NdArray],
    grads: list[NdArray],
    squares: list[NdArray],
    lr: float,
    alpha: float,
    eps: float,
    eps_inside_sqrt: bool,
    /,
) -> bool: ...
def corrected_momentum_sgd_update(
    thetas: list[NdArray], grads: list[NdArray], velocities: list[NdArray], lr: float, momentum: float, /
) -> bool: ...
def nesterov_ag_update(
    thetas: list[NdArray], grads: list[NdArray], velocities: list[NdArray], lr: float, momentum: float, /
) -> bool: ...
def ada_grad_update(
    thetas: list[NdArray], grads: list[NdArray], squares: list[NdArray], lr: float, eps: float, /
) -> bool: ...
def ada_delta_update(
    thetas: list[NdArray],
    grads: list[NdArray],
    squares: list[NdArray],
    steps: list[NdArray],
    rho: float,
    eps: float,
    /,
) -> bool: ...
def rmsprop_graves_update(
    thetas: list[NdArray],
    grads: list[NdArray],
    squares: list[NdArray],
    means: list[NdArray],
    deltas: list[NdArray],
    lr: float,
    alpha: float,
    momentum: float,
    eps: float,
    /,
) -> bool: ...
def smorms3_update(
    thetas: list[NdArray],
    grads: list[NdArray],
    memories: list[NdArray],
    means: list[NdArray],
    squares: list[NdArray],
    lr: float,
    eps: float,
    /,
) -> bool: ...
def msvag_update(
    thetas: list[NdArray],
    grads: list[NdArray],
    ms: list[NdArray],
    vs: list[NdArray],
    lr: float,
    beta: float,
    eta: float,
    decay: float,
    t: int,
    /,
) -> bool: ...
def adam_update(
    thetas: list[NdArray],
    grads: list[NdArray],
    ms: list[NdArray],
    vs: list[NdArray],
    vhats: list[NdArray] | None,
    alpha_t: float,
    beta1: float,
    beta2: float,
    eps: float,
    eta: float,
    decay: float,
    bounds: tuple[float, float] | None,
    /,
) -> bool: ...
