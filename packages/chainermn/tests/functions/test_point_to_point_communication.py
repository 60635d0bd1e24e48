"""What is sent comes back as gradients."""

import chainer
import chainer.functions as F
import chainermn.functions as MF
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _two_ranks(comm):
    if comm.size < 2:
        pytest.skip("needs another rank")


def variable(*shape, dtype="float32"):
    return chainer.Variable(np.arange(np.prod(shape)).reshape(shape).astype(dtype))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_there_and_back(comm, dtype):
    x = variable(2, 3, dtype=dtype)
    if comm.rank == 0:
        delegate = MF.send(x * 2, comm, rank=1)
        assert delegate.size == 0
        delegate.backward()
        np.testing.assert_array_equal(x.grad, np.full((2, 3), 10, dtype), strict=True)
    elif comm.rank == 1:
        y = MF.recv(comm, rank=0)
        np.testing.assert_array_equal(y.array, x.array * 2, strict=True)
        F.sum(y * 5).backward()


def test_an_array_that_needs_no_gradient(comm):
    if comm.rank == 0:
        MF.send(np.ones(2, "float32"), comm, rank=1).backward()
    elif comm.rank == 1:
        F.sum(MF.recv(comm, rank=0)).backward()


def test_tuples(comm):
    xs = variable(2), variable(3, 1)
    if comm.rank == 0:
        MF.send(xs, comm, rank=1, tag=3).backward()
        np.testing.assert_array_equal(xs[0].grad, [2, 2])
        np.testing.assert_array_equal(xs[1].grad, [[0], [0], [0]])
    elif comm.rank == 1:
        ys = MF.recv(comm, rank=0, tag=3)
        F.sum(ys[0] * 2).backward()  # the other has no gradient here


def test_force_tuple(comm):
    if comm.rank == 0:
        MF.send(variable(2), comm, rank=1).backward()
    elif comm.rank == 1:
        (y,) = MF.recv(comm, rank=0, force_tuple=True)
        F.sum(y).backward()


def test_there_and_on_and_back_again(comm):
    """Rank 0 computes both ends of the graph, rank 1 the middle."""
    x = variable(4)
    if comm.rank == 0:
        delegate = MF.send(x * 2, comm, rank=1)
        y = MF.recv(comm, rank=1, delegate_variable=delegate)
        F.sum(y * y).backward()
        # y = 6 x, so the derivative of y y is 72 x.
        np.testing.assert_allclose(x.grad, 72 * x.array)
    elif comm.rank == 1:
        MF.send(MF.recv(comm, rank=0) * 3, comm, rank=0).backward()


def test_they_are_differentiable_twice(comm):
    """The gradient of y^3 on the other rank comes back as 3 x^2, and can be differentiated."""
    x = variable(4)
    if comm.rank == 0:
        delegate = MF.send(x, comm, rank=1)
        delegate.backward(enable_double_backprop=True)
        gx = x.grad_var
        np.testing.assert_allclose(gx.array, 3 * x.array**2)
        x.cleargrad()
        MF.pseudo_connect(delegate, F.sum(gx * 2)).backward()
        np.testing.assert_allclose(x.grad, 12 * x.array)
    elif comm.rank == 1:
        start = chainer.Variable(np.empty(0, "float32"))
        F.sum(MF.recv(comm, rank=0, delegate_variable=start) ** 3).backward(enable_double_backprop=True)
        start.grad_var.backward()


def test_a_variable_that_requires_no_gradient_is_walked_back_to(comm):
    if comm.rank == 0:
        MF.send(chainer.Variable(np.ones(2, "float32"), requires_grad=False), comm, rank=1).backward()
    elif comm.rank == 1:
        F.sum(MF.recv(comm, rank=0)).backward()


def test_pseudo_connect_goes_on_and_waits(comm):
    x = variable(3)
    if comm.rank == 0:
        delegate = MF.send(x, comm, rank=1)
        z = MF.pseudo_connect(delegate, x * 10)
        np.testing.assert_array_equal(z.array, x.array * 10)
        F.sum(z).backward()
        np.testing.assert_array_equal(x.grad, np.full(3, 10 + 7))
    elif comm.rank == 1:
        F.sum(MF.recv(comm, rank=0) * 7).backward()


def test_pseudo_connect_of_several():
    delegate = chainer.Variable(np.empty(0, "float32"))
    ys = MF.pseudo_connect(delegate, variable(2), variable(3))
    assert [y.shape for y in ys] == [(2,), (3,)]
    F.sum(ys[1]).backward()
    assert MF.pseudo_connect(None, ys[0]) is ys[0]
    with pytest.raises(TypeError, match="actual_variables must not be empty"):
        MF.pseudo_connect(delegate)


def test_refuses_to_send_to_itself(comm):
    with pytest.raises(ValueError, match="rank must be another rank than this one"):
        MF.send(variable(1), comm, comm.rank)
    with pytest.raises(ValueError, match="rank must be another rank than this one"):
        MF.recv(comm, comm.rank)
