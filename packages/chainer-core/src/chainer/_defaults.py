"""The configuration entries of the core package and the values they start with."""

from __future__ import annotations

import os

import numpy

from chainer._mixed16 import mixed16
from chainer.configuration import global_config


def _flag(name: str) -> bool:
    return bool(int(os.environ.get(name, "0")))


def _choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = os.environ.get(name, default)
    if value not in choices:
        raise ValueError(f"the environment variable {name} must be one of {', '.join(choices)}, got {value!r}")
    return value


def _dtype() -> object:
    name = os.environ.get("CHAINER_DTYPE", "float32")
    if name == "mixed16":
        return mixed16
    return numpy.dtype(_choice("CHAINER_DTYPE", "float32", ("float16", "float32", "float64", "mixed16")))


global_config.autotune = False
global_config.compute_mode = None
global_config.cudnn_deterministic = False
global_config.cudnn_fast_batch_normalization = False
global_config.debug = _flag("CHAINER_DEBUG")
global_config.dtype = _dtype()
global_config.enable_backprop = True
global_config.in_recomputing = False
global_config.keep_graph_on_report = _flag("CHAINER_KEEP_GRAPH_ON_REPORT")
global_config.lazy_grad_sum = False
global_config.schedule_func = None
global_config.train = True
global_config.type_check = bool(int(os.environ.get("CHAINER_TYPE_CHECK", "1")))
global_config.use_cudnn = _choice("CHAINER_USE_CUDNN", "auto", ("always", "auto", "never"))
global_config.use_cudnn_tensor_core = "auto"
# The last release starts with 'never'; here fast CPU kernels serve whenever they are installed.
global_config.use_ideep = _choice("CHAINER_USE_IDEEP", "auto", ("always", "auto", "never"))
global_config.use_static_graph = True
global_config.warn_nondeterministic = False
