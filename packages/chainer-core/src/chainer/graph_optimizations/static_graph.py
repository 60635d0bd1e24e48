"""Published path of :func:`chainer.static_graph`."""

from chainer._static_graph import static_graph as static_graph
