"""Each function equals what one process would compute, and so do gradients: the loss is summed over ranks."""

import chainer
import chainer.functions as F
import chainermn.functions as MF
import numpy as np
import pytest


def variable(rank, shape=(2, 3), dtype="float32"):
    return chainer.Variable((np.arange(np.prod(shape)).reshape(shape) + 10 * rank).astype(dtype))


def weight(of, to):
    """What rank ``to`` multiplies with what came from rank ``of``."""
    return 1.0 + of + 4 * to


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_allgather(comm, dtype):
    x = variable(comm.rank, dtype=dtype)
    ys = MF.allgather(comm, x)
    for rank, y in enumerate(ys):
        np.testing.assert_array_equal(y.array, variable(rank, dtype=dtype).array, strict=True)
    sum(F.sum(y * weight(rank, comm.rank)) for rank, y in enumerate(ys)).backward()
    assert x.grad.dtype == dtype
    np.testing.assert_array_equal(x.grad, np.full((2, 3), sum(weight(comm.rank, to) for to in range(comm.size))))


def test_allgather_of_ragged_variables_of_which_one_is_used(comm):
    x = variable(comm.rank, (comm.rank + 1, 2))
    F.sum(MF.allgather(comm, x)[0]).backward()
    np.testing.assert_array_equal(x.grad, np.full(x.shape, comm.size if comm.rank == 0 else 0))


def test_alltoall(comm):
    xs = [variable(comm.rank, (to + 1, 2)) for to in range(comm.size)]
    ys = MF.alltoall(comm, xs)
    for rank, y in enumerate(ys):
        np.testing.assert_array_equal(y.array, variable(rank, (comm.rank + 1, 2)).array, strict=True)
    sum(F.sum(y * weight(rank, comm.rank)) for rank, y in enumerate(ys)).backward()
    for to, x in enumerate(xs):
        np.testing.assert_array_equal(x.grad, np.full(x.shape, weight(comm.rank, to)))


@pytest.mark.parametrize("root", [0, -1])
def test_bcast(comm, root):
    root %= comm.size
    x = variable(root)
    y = MF.bcast(comm, x if comm.rank == root else None, root)
    np.testing.assert_array_equal(y.array, variable(root).array, strict=True)
    F.sum(y * weight(root, comm.rank)).backward()
    if comm.rank == root:
        np.testing.assert_array_equal(x.grad, np.full((2, 3), sum(weight(root, to) for to in range(comm.size))))


@pytest.mark.parametrize("root", [0, -1])
def test_gather(comm, root):
    root %= comm.size
    x = variable(comm.rank, (comm.rank + 1, 2))
    ys = MF.gather(comm, x, root)
    if comm.rank == root:
        for rank, y in enumerate(ys):
            np.testing.assert_array_equal(y.array, variable(rank, (rank + 1, 2)).array, strict=True)
        sum(F.sum(y * weight(rank, root)) for rank, y in enumerate(ys)).backward()
    else:
        ys.backward()
    np.testing.assert_array_equal(x.grad, np.full(x.shape, weight(comm.rank, root)))


@pytest.mark.parametrize("root", [0, -1])
def test_scatter(comm, root):
    root %= comm.size
    xs = [variable(rank, (rank + 1, 2)) for rank in range(comm.size)]
    y = MF.scatter(comm, xs if comm.rank == root else None, root)
    np.testing.assert_array_equal(y.array, xs[comm.rank].array, strict=True)
    F.sum(y * weight(root, comm.rank)).backward()
    if comm.rank == root:
        for to, x in enumerate(xs):
            np.testing.assert_array_equal(x.grad, np.full(x.shape, weight(root, to)))


def test_refuses_another_number_of_variables(comm):
    xs = [variable(0)] * (comm.size + 1)
    with pytest.raises(ValueError, match="xs must have one variable a rank"):
        MF.alltoall(comm, xs)
    with pytest.raises(ValueError, match="xs must have one variable a rank"):
        MF.scatter(comm, xs, root=comm.rank)


def of_gradients(comm, root):
    """Where ranks other than the root can go on from the gradients that they have sent there."""
    return None if comm.rank == root else chainer.Variable(np.empty(0, "float32"))


def double_backward(x, losses, start=None, delegate=None):
    """Walks back through the sum of squares of the gradient of ``x``; on ranks without it from what stands for it."""
    losses.backward(enable_double_backprop=True)
    if x is None:
        start.grad_var.backward()
        return None
    gx = x.grad_var
    x.cleargrad()
    MF.pseudo_connect(delegate, F.sum(gx * gx)).backward()
    return x.grad


def test_allgather_is_differentiable_twice(comm):
    x = variable(comm.rank)
    ys = MF.allgather(comm, x)
    grad = double_backward(x, sum(F.sum(y * y * weight(rank, comm.rank)) for rank, y in enumerate(ys)))
    # The gradient is c x, so that of its square is 2 c c x.
    c = 2 * sum(weight(comm.rank, to) for to in range(comm.size))
    np.testing.assert_allclose(grad, 2 * c * c * x.array, rtol=1e-6)


def test_alltoall_is_differentiable_twice(comm):
    x = variable(comm.rank)
    ys = MF.alltoall(comm, [x * (to + 1) for to in range(comm.size)])
    grad = double_backward(x, sum(F.sum(y * y * weight(rank, comm.rank)) for rank, y in enumerate(ys)))
    c = 2 * sum((to + 1) ** 2 * weight(comm.rank, to) for to in range(comm.size))
    np.testing.assert_allclose(grad, 2 * c * c * x.array, rtol=1e-6)


@pytest.mark.parametrize("root", [0, -1])
def test_bcast_is_differentiable_twice(comm, root):
    root %= comm.size
    x, start = (variable(root), None) if comm.rank == root else (None, of_gradients(comm, root))
    y = MF.bcast(comm, start if x is None else x, root)
    grad = double_backward(x, F.sum(y * y * weight(root, comm.rank)), start)
    if comm.rank == root:
        c = 2 * sum(weight(root, to) for to in range(comm.size))
        np.testing.assert_allclose(grad, 2 * c * c * x.array, rtol=1e-6)


@pytest.mark.parametrize("root", [0, -1])
def test_gather_is_differentiable_twice(comm, root):
    root %= comm.size
    x = variable(comm.rank, (comm.rank + 1, 2))
    ys = MF.gather(comm, x, root)
    is_root = comm.rank == root
    loss = sum(F.sum(y * y * weight(rank, root)) for rank, y in enumerate(ys)) if is_root else ys
    grad = double_backward(x, loss, delegate=None if is_root else ys)
    c = 2 * weight(comm.rank, root)
    np.testing.assert_allclose(grad, 2 * c * c * x.array, rtol=1e-6)


@pytest.mark.parametrize("root", [0, -1])
def test_scatter_is_differentiable_twice(comm, root):
    root %= comm.size
    x, start = (variable(root), None) if comm.rank == root else (None, of_gradients(comm, root))
    y = MF.scatter(comm, start if x is None else [x * (to + 1) for to in range(comm.size)], root)
    grad = double_backward(x, F.sum(y * y * weight(root, comm.rank)), start)
    if comm.rank == root:
        c = 2 * sum((to + 1) ** 2 * weight(root, to) for to in range(comm.size))
        np.testing.assert_allclose(grad, 2 * c * c * x.array, rtol=1e-6)


def test_a_variable_that_requires_no_gradient_takes_part_in_the_walk_back(comm):
    x = chainer.Variable(np.ones(2, "float32"), requires_grad=comm.rank == 0)
    F.sum(MF.allgather(comm, x)[0]).backward()
    if comm.rank == 0:
        np.testing.assert_array_equal(x.grad, [comm.size] * 2)
