"""For GPUs under an MPI that knows nothing of them."""

from __future__ import annotations

from chainermn.communicators.hierarchical_communicator import HierarchicalCommunicator


class NonCudaAwareCommunicator(HierarchicalCommunicator):
    """Averages gradients as :class:`HierarchicalCommunicator` does; MPI is only ever given memory of the host."""
