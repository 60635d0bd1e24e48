"""Models of Caffe as links."""

from chainer.links.caffe.caffe_function import CaffeFunction as CaffeFunction
