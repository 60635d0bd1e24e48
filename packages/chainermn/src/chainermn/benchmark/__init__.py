"""How fast a training on many ranks is: measured by ``python -m chainermn.benchmark``, and on paper."""
