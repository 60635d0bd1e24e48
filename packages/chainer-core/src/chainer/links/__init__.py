"""Links with parameters, by their short names: ``import chainer.links as L``."""

# One line a link, in the section of its family.
# activation
from chainer.links.activation.maxout import Maxout as Maxout
from chainer.links.activation.prelu import PReLU as PReLU
from chainer.links.activation.simplified_dropconnect import SimplifiedDropconnect as SimplifiedDropconnect
from chainer.links.activation.swish import Swish as Swish

# connection
from chainer.links.connection.bias import Bias as Bias
from chainer.links.connection.convolution_2d import Convolution2D as Convolution2D
from chainer.links.connection.convolution_nd import Convolution1D as Convolution1D
from chainer.links.connection.convolution_nd import Convolution3D as Convolution3D
from chainer.links.connection.convolution_nd import ConvolutionND as ConvolutionND
from chainer.links.connection.deconvolution_2d import Deconvolution2D as Deconvolution2D
from chainer.links.connection.deconvolution_nd import Deconvolution1D as Deconvolution1D
from chainer.links.connection.deconvolution_nd import Deconvolution3D as Deconvolution3D
from chainer.links.connection.deconvolution_nd import DeconvolutionND as DeconvolutionND
from chainer.links.connection.dilated_convolution_2d import DilatedConvolution2D as DilatedConvolution2D
from chainer.links.connection.highway import Highway as Highway
from chainer.links.connection.linear import Linear as Linear
from chainer.links.connection.mlp_convolution_2d import MLPConvolution2D as MLPConvolution2D
from chainer.links.connection.parameter import Parameter as Parameter
from chainer.links.connection.scale import Scale as Scale

# model
from chainer.links.model.classifier import Classifier as Classifier
