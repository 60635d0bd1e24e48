"""How fast a training on many ranks is: measured by ``python -m chainermn.benchmark``, and on paper.

Started by mpiexec, the command measures these ranks; with ``--ranks`` it starts jobs itself, and draws the curve::

    mpiexec -n 2 python -m chainermn.benchmark --model resnet50
    python -m chainermn.benchmark --ranks 1,2,4 --chart scaling.png

It prints latency and bandwidth of an allreduce by its size, items a second, memory, and the share of the communication
that backward hides. ``--help`` tells all options.
"""
