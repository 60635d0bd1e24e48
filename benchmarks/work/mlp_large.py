"""A step of training whose time is matrix products and the optimizer's memory traffic."""

from benchmarks.work._training import Training

WORKLOADS = (Training("mlp_large", (784, 1000, 1000, 10), batch_size=100, aim=0.8),)
