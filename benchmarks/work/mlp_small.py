"""A step of training so small that its time is the framework's overhead, as in reinforcement learning."""

from benchmarks.work._training import Training

WORKLOADS = (Training("mlp_small", (4, 64, 64, 2), batch_size=32, aim=0.4),)
