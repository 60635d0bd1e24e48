"""Communicators by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy
from chainer.utils import argument

from chainermn import global_except_hook
from chainermn._mpi import get_world
from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase

if TYPE_CHECKING:
    from mpi4py import MPI

#: Class of each communicator, below this package.
COMMUNICATORS = {
    "naive": "naive_communicator.NaiveCommunicator",
    "flat": "flat_communicator.FlatCommunicator",
    "hierarchical": "hierarchical_communicator.HierarchicalCommunicator",
    "two_dimensional": "two_dimensional_communicator.TwoDimensionalCommunicator",
    "single_node": "single_node_communicator.SingleNodeCommunicator",
    "non_cuda_aware": "non_cuda_aware_communicator.NonCudaAwareCommunicator",
    "pure_nccl": "pure_nccl_communicator.PureNcclCommunicator",
    "dummy": "dummy_communicator.DummyCommunicator",
}

_WIRE_DTYPES = ("float16", "bfloat16", "float32", "float64")


def create_communicator(
    communicator_name: str = "pure_nccl", mpi_comm: MPI.Intracomm | None = None, **kwargs: Any
) -> MpiCommunicatorBase:
    """Makes the communicator of a training; called by all processes together.

    ================== ==================================================================================
    name               how gradients are averaged
    ================== ==================================================================================
    naive              one MPI allreduce a parameter
    flat               one MPI allreduce of all gradients
    hierarchical       within each node, between nodes, within each node again
    two_dimensional    as hierarchical, with the part between nodes shared by the ranks of a node
    single_node        as flat, refuses ranks on several nodes
    non_cuda_aware     as hierarchical, for GPUs under an MPI that cannot read their memory
    pure_nccl          one NCCL allreduce of all gradients; needs GPUs
    dummy              not at all: for measuring
    ================== ==================================================================================

    All but ``pure_nccl`` work on CPUs and, through host memory, on GPUs.

    Args:
        communicator_name: One of the table.
        mpi_comm: The processes; ``None`` is all of the job.
        allreduce_grad_dtype: The dtype in which gradients travel: float16, float32, float64 or ``'bfloat16'``.
            ``None`` is that of the gradients, but float16 ones are added in float32.
        batched_copy: Whether the gradients of a GPU are packed by one kernel.

    Raises:
        ValueError: There is no such communicator, or it does not work with this dtype or these nodes.
        RuntimeError: It needs NCCL and there is none; or every process is rank 0, because mpiexec and mpi4py belong
            to different MPI libraries.
        TypeError: An unknown argument.

    Example:
        >>> import chainermn
        >>> comm = chainermn.create_communicator("naive")
        >>> comm.rank, comm.size
        (0, 1)
    """
    if communicator_name not in COMMUNICATORS:
        raise ValueError(f"communicator_name must be one of {', '.join(COMMUNICATORS)}, got {communicator_name!r}")
    allreduce_grad_dtype, batched_copy = argument.parse_kwargs(
        kwargs, ("allreduce_grad_dtype", None), ("batched_copy", True)
    )
    dtype = _dtype_name(allreduce_grad_dtype)
    module, _, name = COMMUNICATORS[communicator_name].partition(".")
    cls: type[MpiCommunicatorBase] = getattr(import_module(f"chainermn.communicators.{module}"), name)
    world = get_world() if mpi_comm is None else mpi_comm
    comm = cls(world)
    comm.set_config("allreduce_grad_dtype", dtype)
    comm.set_config("batched_copy", batched_copy)
    if world.size > 1:
        global_except_hook.add_hook()
    return comm


def _dtype_name(dtype: Any) -> str | None:
    if dtype is None:
        return None
    name = dtype if isinstance(dtype, str) and dtype == "bfloat16" else numpy.dtype(dtype).name
    if name not in _WIRE_DTYPES:
        raise ValueError(f"allreduce_grad_dtype must be one of {', '.join(_WIRE_DTYPES)}, got {dtype!r}")
    return name
