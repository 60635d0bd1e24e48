"""Differentiable functions, by their short names: ``import chainer.functions as F``."""

# One line a function, in the section of its family.
# activation
from chainer.functions.activation.log_softmax import log_softmax as log_softmax
from chainer.functions.activation.relu import relu as relu
from chainer.functions.activation.sigmoid import sigmoid as sigmoid
from chainer.functions.activation.softmax import softmax as softmax
from chainer.functions.activation.tanh import tanh as tanh

# array
from chainer.functions.array.broadcast import broadcast as broadcast
from chainer.functions.array.broadcast import broadcast_to as broadcast_to
from chainer.functions.array.get_item import get_item as get_item
from chainer.functions.array.reshape import reshape as reshape
from chainer.functions.array.transpose import transpose as transpose

# connection
from chainer.functions.connection.convolution_2d import convolution_2d as convolution_2d
from chainer.functions.connection.convolution_nd import convolution_1d as convolution_1d
from chainer.functions.connection.convolution_nd import convolution_3d as convolution_3d
from chainer.functions.connection.convolution_nd import convolution_nd as convolution_nd
from chainer.functions.connection.deconvolution_2d import deconvolution_2d as deconvolution_2d
from chainer.functions.connection.deconvolution_nd import deconvolution_1d as deconvolution_1d
from chainer.functions.connection.deconvolution_nd import deconvolution_3d as deconvolution_3d
from chainer.functions.connection.deconvolution_nd import deconvolution_nd as deconvolution_nd
from chainer.functions.connection.linear import linear as linear

# evaluation
from chainer.functions.evaluation.accuracy import accuracy as accuracy

# loss
from chainer.functions.loss.softmax_cross_entropy import softmax_cross_entropy as softmax_cross_entropy

# math
from chainer.functions.math.average import average as average
from chainer.functions.math.average import average as mean
from chainer.functions.math.basic_math import absolute as absolute
from chainer.functions.math.basic_math import add as add
from chainer.functions.math.clip import clip as clip
from chainer.functions.math.exponential import exp as exp
from chainer.functions.math.exponential import log as log
from chainer.functions.math.exponential import log10 as log10
from chainer.functions.math.exponential import log2 as log2
from chainer.functions.math.floor import floor as floor
from chainer.functions.math.identity import identity as identity
from chainer.functions.math.matmul import matmul as matmul
from chainer.functions.math.maximum import maximum as maximum
from chainer.functions.math.minimum import minimum as minimum
from chainer.functions.math.minmax import argmax as argmax
from chainer.functions.math.minmax import argmin as argmin
from chainer.functions.math.minmax import max as max
from chainer.functions.math.minmax import min as min
from chainer.functions.math.sqrt import rsqrt as rsqrt
from chainer.functions.math.sqrt import sqrt as sqrt
from chainer.functions.math.square import square as square
from chainer.functions.math.sum import sum as sum
from chainer.functions.math.sum import sum_to as sum_to

# noise
from chainer.functions.noise.dropout import dropout as dropout

# normalization

# pooling

# rnn

# util

from chainer.functions.array.get_item import install_variable_get_item as _install_variable_get_item
from chainer.functions.math.basic_math import install_variable_arithmetics as _install_variable_arithmetics

_install_variable_arithmetics()
_install_variable_get_item()
