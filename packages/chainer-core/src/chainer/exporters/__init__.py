"""Models for other frameworks: ``chainer.exporters.caffe``."""

from chainer.exporters import caffe as caffe
