import chainer
import numpy as np
import pytest
from chainer.utils import CooMatrix, get_order, to_coo
from hypothesis import given
from hypothesis.extra import numpy as hnp


@given(
    hnp.arrays(
        "float32",
        hnp.array_shapes(min_dims=2, max_dims=3, min_side=0, max_side=4),
        elements=hnp.from_dtype(np.dtype("int8")),
    )
)
def test_there_and_back(x):
    m = to_coo(x)
    np.testing.assert_array_equal(m.to_dense(), x)
    assert m.shape == x.shape[-2:]
    assert m.order == get_order(m.row, m.col) == "C"
    assert m.row.dtype == m.col.dtype == np.int32


@pytest.mark.parametrize(("ldnz", "n"), [(None, 2), (1, 2), (4, 4)])
def test_padding(ldnz, n):
    x = np.array([[0, 1], [2, 0]], "float32")
    m = to_coo(x, ldnz)
    assert m.data.shape == m.row.shape == m.col.shape == (n,)
    assert (m.row[2:] == -1).all()
    assert (m.data.array[2:] == 0).all()
    np.testing.assert_array_equal(m.to_dense(), x)


@pytest.mark.parametrize("requires_grad", [False, True])
def test_values_are_a_variable(requires_grad):
    m = to_coo(np.eye(2), requires_grad=requires_grad)
    assert isinstance(m.data, chainer.Variable)
    assert m.data.requires_grad is requires_grad


def test_values_in_one_place_add_up():
    m = CooMatrix(np.array([1.0, 2.0]), np.array([0, 0]), np.array([1, 1]), (1, 2))
    np.testing.assert_array_equal(m.to_dense(), [[0, 3]])


@pytest.mark.parametrize(
    ("row", "col", "order"),
    [
        ([0, 0, 1], [1, 2, 0], "C"),
        ([1, 0, 0], [0, 1, 2], "F"),
        ([0, 1, 0], [1, 0, 0], "other"),
        ([], [], "C"),
        ([0, 1, -1], [0, 1, -1], "C"),
        ([[0, 0], [0, 1]], [[0, 1], [1, 0]], "C"),
        ([[0, 1], [1, 0]], [[0, 0], [0, 1]], "F"),
    ],
)
def test_order(row, col, order):
    assert get_order(np.array(row, int), np.array(col, int)) == order


def test_refusals():
    one = np.array([1])
    with pytest.raises(ValueError, match="row and col must be -1"):
        get_order(np.array([0, -1]), np.array([0, 1]))
    with pytest.raises(ValueError, match="two axes, or three for a batch"):
        to_coo(np.ones(3))
    with pytest.raises(ValueError, match="one axis, or two for a batch"):
        CooMatrix(np.ones((1, 1, 1)), one, one, (2, 2))
    with pytest.raises(ValueError, match="of the same shape"):
        CooMatrix(np.ones(2), one, one, (2, 2))
    with pytest.raises(ValueError, match="numbers of rows and columns"):
        CooMatrix(np.ones(1), one, one, (2,))
    with pytest.raises(ValueError, match="order must be .* got 'Q'"):
        CooMatrix(np.ones(1), one, one, (2, 2), order="Q")
