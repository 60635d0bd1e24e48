"""Differentiable functions, by their short names: ``import chainer.functions as F``."""

# One line a function, in the section of its family.
# activation
from chainer.functions.activation.relu import relu as relu

# array
from chainer.functions.array.broadcast import broadcast as broadcast
from chainer.functions.array.broadcast import broadcast_to as broadcast_to
from chainer.functions.array.get_item import get_item as get_item
from chainer.functions.array.reshape import reshape as reshape
from chainer.functions.array.transpose import transpose as transpose

# connection
from chainer.functions.connection.linear import linear as linear

# evaluation

# loss

# math
from chainer.functions.math.basic_math import absolute as absolute
from chainer.functions.math.basic_math import add as add
from chainer.functions.math.floor import floor as floor
from chainer.functions.math.matmul import matmul as matmul
from chainer.functions.math.sum import sum as sum
from chainer.functions.math.sum import sum_to as sum_to

# noise

# normalization

# pooling

# rnn

# util

from chainer.functions.array.get_item import install_variable_get_item as _install_variable_get_item
from chainer.functions.math.basic_math import install_variable_arithmetics as _install_variable_arithmetics

_install_variable_arithmetics()
_install_variable_get_item()
