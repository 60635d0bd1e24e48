"""Static subgraphs, under the paths of the last release; see :func:`chainer.static_graph`."""
