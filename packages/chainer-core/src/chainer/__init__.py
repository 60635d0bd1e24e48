"""Define-by-run deep learning: write the forward pass in Python, the backward pass follows.

>>> import chainer, numpy as np
>>> import chainer.functions as F
>>> x = chainer.Variable(np.array([1, 2, 3], np.float32))
>>> y = F.sum(x ** 2)
>>> y.backward()
>>> x.grad
array([2., 4., 6.], dtype=float32)
"""

from chainer import _defaults as _defaults  # isort: skip - the configuration has to be there before anything asks

import sys as _sys

from chainer import backend as backend
from chainer import backends as backends
from chainer import computational_graph as computational_graph
from chainer import configuration as configuration
from chainer import dataset as dataset
from chainer import datasets as datasets
from chainer import distribution as distribution
from chainer import distributions as distributions
from chainer import function_hooks as function_hooks
from chainer import functions as functions
from chainer import initializers as initializers
from chainer import iterators as iterators
from chainer import links as links
from chainer import optimizer_hooks as optimizer_hooks
from chainer import optimizers as optimizers
from chainer import serializers as serializers
from chainer import training as training
from chainer import types as types
from chainer import utils as utils
from chainer._backprop import backward as backward
from chainer._backprop import gradient_final_hook as gradient_final_hook
from chainer._debug import DebugMode as DebugMode
from chainer._debug import is_debug as is_debug
from chainer._debug import set_debug as set_debug
from chainer._fallback import Fallback as Fallback
from chainer._mixed16 import get_dtype as get_dtype
from chainer._mixed16 import mixed16 as mixed16
from chainer._runtime_info import print_runtime_info as print_runtime_info
from chainer._static_graph import static_code as static_code
from chainer._static_graph import static_graph as static_graph
from chainer._version import __version__ as __version__
from chainer.backend import get_array_types as get_array_types
from chainer.backend import get_compute_mode as get_compute_mode
from chainer.backend import get_cpu_array_types as get_cpu_array_types
from chainer.backend import get_device as get_device
from chainer.backend import is_arrays_compatible as is_arrays_compatible
from chainer.backend import using_device as using_device
from chainer.backends import cuda as cuda
from chainer.backends.cuda import should_use_cudnn as should_use_cudnn
from chainer.backends.cuda import should_use_cudnn_tensor_core as should_use_cudnn_tensor_core
from chainer.configuration import config as config
from chainer.configuration import global_config as global_config
from chainer.configuration import using_config as using_config
from chainer.device_resident import DeviceResident as DeviceResident
from chainer.distribution import Distribution as Distribution
from chainer.distribution import cross_entropy as cross_entropy
from chainer.distribution import kl_divergence as kl_divergence
from chainer.distribution import register_kl as register_kl
from chainer.function import Function as Function
from chainer.function import FunctionAdapter as FunctionAdapter
from chainer.function import force_backprop_mode as force_backprop_mode
from chainer.function import no_backprop_mode as no_backprop_mode
from chainer.function_hook import FunctionHook as FunctionHook
from chainer.function_hook import get_function_hooks as get_function_hooks
from chainer.function_node import FunctionNode as FunctionNode
from chainer.function_node import grad as grad
from chainer.initializer import Initializer as Initializer
from chainer.link import Chain as Chain
from chainer.link import ChainList as ChainList
from chainer.link import Link as Link
from chainer.link_hook import LinkHook as LinkHook
from chainer.optimizer import GradientMethod as GradientMethod
from chainer.optimizer import Optimizer as Optimizer
from chainer.optimizer import UpdateRule as UpdateRule
from chainer.reporter import DictSummary as DictSummary
from chainer.reporter import Reporter as Reporter
from chainer.reporter import Summary as Summary
from chainer.reporter import get_current_reporter as get_current_reporter
from chainer.reporter import report as report
from chainer.reporter import report_scope as report_scope
from chainer.sequential import Sequential as Sequential
from chainer.serializer import AbstractSerializer as AbstractSerializer
from chainer.serializer import Deserializer as Deserializer
from chainer.serializer import Serializer as Serializer
from chainer.variable import Parameter as Parameter
from chainer.variable import Variable as Variable
from chainer.variable import as_array as as_array
from chainer.variable import as_variable as as_variable

# Whether features that may still change are silent about it.
disable_experimental_feature_warning = False

# Old code knows the module by this path.
_sys.modules["chainer.cuda"] = cuda

backends.kernels.load_plugins()
