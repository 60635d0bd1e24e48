"""Communicators by name, their options, and what is refused."""

import os
import re
import subprocess
import sys

import chainermn
import numpy as np
import pytest
from chainermn import _mpi
from chainermn.communicators import COMMUNICATORS


@pytest.mark.parametrize("name", [name for name in COMMUNICATORS if name != "pure_nccl"])
def test_by_name(communicator, name):
    comm = communicator(name)
    assert type(comm).__name__.lower() == name.replace("_", "") + "communicator"
    assert 0 <= comm.rank < comm.size
    assert (comm.intra_rank, comm.intra_size, comm.inter_rank, comm.inter_size) == (comm.rank, comm.size, 0, 1)


def test_unknown_name():
    with pytest.raises(ValueError, match="communicator_name must be one of naive, flat, .*got 'fast'"):
        chainermn.create_communicator("fast")


def test_nccl_without_a_gpu_tells_what_to_use():
    with pytest.raises(RuntimeError, match="needs CuPy with NCCL and a GPU.*use 'naive' or 'flat'"):
        chainermn.create_communicator()


def test_unknown_argument():
    with pytest.raises(TypeError, match="foo"):
        chainermn.create_communicator("naive", foo=1)


def test_dtype_that_gradients_cannot_travel_in():
    with pytest.raises(ValueError, match="allreduce_grad_dtype must be one of float16, bfloat16, float32, float64"):
        chainermn.create_communicator("naive", allreduce_grad_dtype=np.int32)


def test_options(comm):
    assert comm.get_config() == {"batched_copy": comm.batched_copy, "allreduce_grad_dtype": None}
    comm.set_config("batched_copy", False)
    assert comm.get_config("batched_copy") is False
    with comm.config_scope():
        assert comm.within_config_scope
        comm.batched_copy = True
    assert not comm.within_config_scope
    assert comm.batched_copy is True
    with pytest.raises(ValueError, match="unknown config 'colour'; there are 'allreduce_grad_dtype', 'batched_copy'"):
        comm.set_config("colour", 1)
    with pytest.raises(KeyError, match="colour"):
        comm.get_config("colour")


@pytest.mark.parametrize(
    ("environ", "size"), [({}, 1), ({"PMI_SIZE": "4"}, 4), ({"OMPI_COMM_WORLD_SIZE": "2", "PMI_SIZE": "x"}, 2)]
)
def test_size_that_the_launcher_tells(environ, size):
    assert _mpi.launched_size(environ) == size


@pytest.mark.parametrize(("environ", "rank"), [({}, 0), ({"PMI_RANK": "3"}, 3), ({"OMPI_COMM_WORLD_RANK": "2"}, 2)])
def test_rank_that_the_launcher_tells(environ, rank):
    assert _mpi.launched_rank(environ) == rank


def test_a_launcher_of_another_mpi_is_told(comm, monkeypatch):
    if comm.size > 1:
        pytest.skip("here they match")
    monkeypatch.setenv("PMI_SIZE", "2")
    with pytest.raises(RuntimeError, match="mpiexec started 2 processes, but MPI finds one.*different MPI libraries"):
        chainermn.create_communicator("naive")


def test_the_time_limit_is_read_from_the_environment(monkeypatch):
    from chainermn._supervisor import time_limit

    monkeypatch.delenv("CHAINERMN_TIMEOUT", raising=False)
    assert time_limit() == 30
    monkeypatch.setenv("CHAINERMN_TIMEOUT", "2.5")
    assert time_limit() == 2.5
    monkeypatch.setenv("CHAINERMN_TIMEOUT", "0")
    assert time_limit() is None
    monkeypatch.setenv("CHAINERMN_TIMEOUT", "soon")
    with pytest.raises(ValueError, match="CHAINERMN_TIMEOUT must be a number of seconds, got 'soon'"):
        time_limit()


def test_another_mpi_under_the_launcher_of_open_mpi_is_told(tmp_path):
    package = tmp_path / "mpi4py"
    package.mkdir()
    (package / "__init__.py").write_text("class rc: initialize, finalize, thread_level = True, None, 'multiple'\n")
    (package / "MPI.py").write_text("def Get_library_version(): return 'MPICH Version: 5.0.2\\n'\n")
    environ = os.environ | {"PYTHONPATH": str(tmp_path), "OMPI_COMM_WORLD_SIZE": "2"}
    code = "from chainermn._mpi import get_mpi; get_mpi()"
    result = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True)
    assert re.search(
        r"mpiexec is that of Open MPI: mpiexec and mpi4py belong to different .*\(mpi4py uses 'MPICH", result.stderr
    )
