"""Links with parameters, by their short names: ``import chainer.links as L``."""

# One line a link, in the section of its family.
# connection
from chainer.links.connection.bias import Bias as Bias
from chainer.links.connection.convolution_2d import Convolution2D as Convolution2D
from chainer.links.connection.linear import Linear as Linear
from chainer.links.connection.parameter import Parameter as Parameter
from chainer.links.connection.scale import Scale as Scale

# model
from chainer.links.model.classifier import Classifier as Classifier
