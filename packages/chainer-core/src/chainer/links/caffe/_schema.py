"""Fields of Caffe's messages, by their published numbers: as many as are read or written."""

from __future__ import annotations

from chainer.links.caffe._wire import Field, Schema

BLOB_SHAPE: Schema = {1: Field("dim", "int", repeated=True, packed=True)}

BLOB: Schema = {
    1: Field("num", "int", 0),
    2: Field("channels", "int", 0),
    3: Field("height", "int", 0),
    4: Field("width", "int", 0),
    5: Field("data", "float", repeated=True, packed=True),
    7: Field("shape", BLOB_SHAPE),
    8: Field("double_data", "double", repeated=True, packed=True),
}

_BATCH_NORM: Schema = {
    1: Field("use_global_stats", "bool", False),
    2: Field("moving_average_fraction", "float", 0.999),
    3: Field("eps", "float", 1e-5),
}

_CONCAT: Schema = {1: Field("concat_dim", "int", 1), 2: Field("axis", "int", 1)}

_CONVOLUTION: Schema = {
    1: Field("num_output", "int", 0),
    2: Field("bias_term", "bool", True),
    3: Field("pad", "int", repeated=True),
    4: Field("kernel_size", "int", repeated=True),
    5: Field("group", "int", 1),
    6: Field("stride", "int", repeated=True),
    9: Field("pad_h", "int", 0),
    10: Field("pad_w", "int", 0),
    11: Field("kernel_h", "int", 0),
    12: Field("kernel_w", "int", 0),
    13: Field("stride_h", "int", 0),
    14: Field("stride_w", "int", 0),
    18: Field("dilation", "int", repeated=True),
}

_DROPOUT: Schema = {1: Field("dropout_ratio", "float", 0.5)}

_ELTWISE: Schema = {1: Field("operation", "int", 1), 2: Field("coeff", "float", repeated=True)}

_INNER_PRODUCT: Schema = {
    1: Field("num_output", "int", 0),
    2: Field("bias_term", "bool", True),
    5: Field("axis", "int", 1),
    6: Field("transpose", "bool", False),
}

_INPUT: Schema = {1: Field("shape", BLOB_SHAPE, repeated=True)}

_LRN: Schema = {
    1: Field("local_size", "int", 5),
    2: Field("alpha", "float", 1.0),
    3: Field("beta", "float", 0.75),
    4: Field("norm_region", "int", 0),
    5: Field("k", "float", 1.0),
}

_LOSS: Schema = {1: Field("ignore_label", "int", -1), 2: Field("normalize", "bool", True)}

_POOLING: Schema = {
    1: Field("pool", "int", 0),
    2: Field("kernel_size", "int", 0),
    3: Field("stride", "int", 1),
    4: Field("pad", "int", 0),
    5: Field("kernel_h", "int", 0),
    6: Field("kernel_w", "int", 0),
    7: Field("stride_h", "int", 0),
    8: Field("stride_w", "int", 0),
    9: Field("pad_h", "int", 0),
    10: Field("pad_w", "int", 0),
    12: Field("global_pooling", "bool", False),
}

_RELU: Schema = {1: Field("negative_slope", "float", 0.0)}

_RESHAPE: Schema = {1: Field("shape", BLOB_SHAPE), 2: Field("axis", "int", 0), 3: Field("num_axes", "int", -1)}

_SCALE: Schema = {
    1: Field("axis", "int", 1),
    2: Field("num_axes", "int", 1),
    4: Field("bias_term", "bool", False),
}

_SLICE: Schema = {
    1: Field("slice_dim", "int", 1),
    2: Field("slice_point", "int", repeated=True),
    3: Field("axis", "int", 1),
}

_SOFTMAX: Schema = {2: Field("axis", "int", 1)}

LAYER: Schema = {
    1: Field("name", "string", ""),
    2: Field("type", "string", ""),
    3: Field("bottom", "string", repeated=True),
    4: Field("top", "string", repeated=True),
    7: Field("blobs", BLOB, repeated=True),
    101: Field("loss_param", _LOSS),
    104: Field("concat_param", _CONCAT),
    106: Field("convolution_param", _CONVOLUTION),
    108: Field("dropout_param", _DROPOUT),
    110: Field("eltwise_param", _ELTWISE),
    117: Field("inner_product_param", _INNER_PRODUCT),
    118: Field("lrn_param", _LRN),
    121: Field("pooling_param", _POOLING),
    123: Field("relu_param", _RELU),
    125: Field("softmax_param", _SOFTMAX),
    126: Field("slice_param", _SLICE),
    133: Field("reshape_param", _RESHAPE),
    139: Field("batch_norm_param", _BATCH_NORM),
    142: Field("scale_param", _SCALE),
    143: Field("input_param", _INPUT),
}

# Layers of the models of 2014 and before, whose type is a number.
OLD_LAYER: Schema = {
    2: Field("bottom", "string", repeated=True),
    3: Field("top", "string", repeated=True),
    4: Field("name", "string", ""),
    5: Field("type", "int", 0),
    6: Field("blobs", BLOB, repeated=True),
    9: Field("concat_param", _CONCAT),
    10: Field("convolution_param", _CONVOLUTION),
    12: Field("dropout_param", _DROPOUT),
    17: Field("inner_product_param", _INNER_PRODUCT),
    18: Field("lrn_param", _LRN),
    19: Field("pooling_param", _POOLING),
    24: Field("eltwise_param", _ELTWISE),
    30: Field("relu_param", _RELU),
    31: Field("slice_param", _SLICE),
    39: Field("softmax_param", _SOFTMAX),
    42: Field("loss_param", _LOSS),
}

OLD_TYPES = {
    3: "Concat",
    4: "Convolution",
    5: "Data",
    6: "Dropout",
    8: "Flatten",
    12: "ImageData",
    14: "InnerProduct",
    15: "LRN",
    17: "Pooling",
    18: "ReLU",
    19: "Sigmoid",
    20: "Softmax",
    21: "SoftmaxWithLoss",
    22: "Split",
    23: "TanH",
    25: "Eltwise",
    33: "Slice",
    39: "Deconvolution",
}

NET: Schema = {
    1: Field("name", "string", ""),
    2: Field("layers", OLD_LAYER, repeated=True),
    100: Field("layer", LAYER, repeated=True),
}
