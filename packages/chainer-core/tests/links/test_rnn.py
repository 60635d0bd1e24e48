"""What recurrent links do beyond the common table."""

import chainer
import chainer.links as L
import numpy as np
import pytest
from chainer.links.rnn.n_step_rnn import argsort_list_descent, permutate_list


def floats(*shape, seed=0):
    return np.random.RandomState(seed).rand(*shape).astype("f")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_lstm_matches_the_formula():
    link = L.StatelessLSTM(3, 2)
    c, h, x = floats(4, 2), floats(4, 2, seed=1), floats(4, 3)
    gates = x @ link.upward.W.array.T + link.upward.b.array + h @ link.lateral.W.array.T
    a, i, f, o = np.moveaxis(gates.reshape(4, 2, 4), 2, 0)  # interleaved by unit
    c_next = np.tanh(a) * sigmoid(i) + sigmoid(f) * c
    new_c, new_h = link(c, h, x)
    np.testing.assert_allclose(new_c.array, c_next, rtol=1e-5)
    np.testing.assert_allclose(new_h.array, sigmoid(o) * np.tanh(c_next), rtol=1e-5)


def test_lstm_starts_with_an_open_forget_gate():
    bias = L.LSTM(2, 3).upward.b.array
    np.testing.assert_array_equal(bias, [0, 0, 1, 0] * 3)
    bias = L.LSTM(2, 3, 0, 1, bias_init=2, forget_bias_init=3).upward.b.array
    np.testing.assert_array_equal(bias, [2, 2, 3, 2] * 3)
    lazy = L.LSTM(3)
    lazy(floats(1, 2))
    np.testing.assert_array_equal(lazy.upward.b.array, [0, 0, 1, 0] * 3)


def test_lstm_lets_elements_rest_that_are_missing():
    link, alone = L.LSTM(3, 5), L.LSTM(3, 5)
    alone.copyparams(link)
    x = floats(3, 4, 3)
    link(x[0])
    state = link.h.array
    link(x[1][:2])
    assert link.h.shape == (4, 5)
    np.testing.assert_array_equal(link.h.array[2:], state[2:])
    for step in x[:2]:
        alone(step[:2])
    np.testing.assert_allclose(link.h.array[:2], alone.h.array, rtol=1e-5)
    np.testing.assert_array_equal(link(x[2][:0]).array, np.zeros((0, 5)))
    with pytest.raises(TypeError, match="reset_state"):
        link(floats(5, 3))


STATEFUL = [
    (L.LSTM, ("c", "h")),
    (L.StatefulZoneoutLSTM, ("c", "h")),
    (L.StatefulGRU, ("h",)),
    (L.GRU, ("h",)),
    (L.StatefulMGU, ("h",)),
]


@pytest.mark.parametrize("cls, names", STATEFUL)
def test_state_is_set_and_reset(cls, names):
    link = cls(3, 5)
    x = floats(2, 3)
    with chainer.using_config("train", False):
        link(x)
        state = [getattr(link, name).array for name in names]
        expected = link(x).array
        link.reset_state()
        assert all(getattr(link, name) is None for name in names)
        link.set_state(*state)  # arrays will do
        np.testing.assert_array_equal(link(x).array, expected)


@pytest.mark.parametrize("cls, names", [*STATEFUL, (L.StatefulPeepholeLSTM, ("c", "h"))])
def test_state_is_not_saved(cls, names):
    link = cls(3, 5)
    link(floats(2, 3))
    target = {}
    chainer.serializers.DictionarySerializer(target).save(link)
    assert not set(names) & {key.split("/")[-1] for key in target}


def test_gru_refuses_a_state():
    with pytest.raises(ValueError, match="StatelessGRU"):
        L.GRU(3, 5)(floats(2, 5), floats(2, 3))


def test_stateful_gru_steps_as_the_stateless_one():
    stateful, stateless = L.StatefulGRU(3, 5), L.StatelessGRU(3, 5)
    stateless.copyparams(stateful)
    x = floats(2, 2, 3)
    h = stateful(x[0])
    np.testing.assert_allclose(stateful(x[1]).array, stateless(h, x[1]).array, rtol=1e-5)


def test_zoneout_of_ratio_one_keeps_the_state():
    link = L.StatefulZoneoutLSTM(3, 5, c_ratio=1.0 - 1e-7, h_ratio=1.0 - 1e-7)
    c, h = floats(2, 5), floats(2, 5, seed=1)
    link.set_state(c, h)
    link(floats(2, 3))
    np.testing.assert_array_equal(link.c.array, c)
    np.testing.assert_array_equal(link.h.array, h)


@pytest.mark.parametrize("cls", [L.NStepLSTM, L.NStepGRU, L.NStepRNNTanh, L.NStepRNNReLU])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_sequences_do_not_see_each_other(cls, bidirectional):
    if bidirectional:
        cls = getattr(L, cls.__name__.replace("NStep", "NStepBi"))
    link = cls(2, 3, 5, 0)
    sequences = [floats(n, 3, seed=n) for n in (2, 5, 3)]  # not sorted by length
    states = (None,) * link.n_cells
    *last, ys = link(*states, sequences)
    assert [y.shape for y in ys] == [(n, 5 * link.direction) for n in (2, 5, 3)]
    for i, sequence in enumerate(sequences):
        *last_alone, (y,) = link(*states, [sequence])
        np.testing.assert_allclose(ys[i].array, y.array, rtol=1e-5, atol=1e-6)
        for ours, theirs in zip(last, last_alone):
            np.testing.assert_allclose(ours.array[:, i], theirs.array[:, 0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cls", [L.NStepLSTM, L.NStepBiGRU, L.NStepRNNTanh])
def test_sequences_go_on_from_a_state(cls):
    link = cls(2, 3, 5, 0)
    states = [floats(2 * link.direction, 2, 5, seed=seed) for seed in range(link.n_cells)]
    *last, _ = link(*states, [floats(1, 3), floats(2, 3)])
    swapped = [state[:, ::-1] for state in states]
    *last_swapped, _ = link(*swapped, [floats(2, 3), floats(1, 3)])
    for ours, theirs in zip(last, last_swapped):
        np.testing.assert_allclose(ours.array, theirs.array[:, ::-1], rtol=1e-5)


def test_copy_of_n_step_link_has_weights_of_its_own():
    link = L.NStepGRU(1, 3, 5, 0)
    copied = link.copy("init")
    assert copied.ws[0][0] is copied[0].w0
    assert copied.bs[0][0] is not link.bs[0][0]


@pytest.mark.parametrize("xs, message", [([], "empty"), (np.zeros((2, 4, 3), "f"), "ndarray")])
def test_n_step_refuses_what_is_no_list_of_sequences(xs, message):
    with pytest.raises(TypeError, match=message):
        L.NStepGRU(1, 3, 5, 0)(None, xs)


def test_n_step_refuses_old_arguments():
    with pytest.raises(ValueError, match="using_config"):
        L.NStepLSTM(1, 3, 5, 0, use_cudnn=True)
    with pytest.raises(ValueError, match="using_config"):
        L.NStepGRU(1, 3, 5, 0)(None, [floats(2, 3)], train=True)


def test_lists_are_sorted_and_put_back():
    sequences = [np.zeros(1), np.zeros(3), np.zeros(2), np.zeros(3)]
    indices = argsort_list_descent(sequences)
    assert indices.tolist() == [1, 3, 2, 0] and indices.dtype == np.int32
    assert permutate_list(permutate_list("abcd", indices, inv=False), indices, inv=True) == list("abcd")


@pytest.mark.parametrize("make", [lambda: L.ChildSumTreeLSTM(3, 4), lambda: L.NaryTreeLSTM(3, 4)])
def test_none_is_zero_in_a_tree(make):
    link = make()
    link.W_x.b.array[...] = floats(len(link.W_x.b))
    c, h, x = floats(2, 4), floats(2, 4, seed=1), floats(2, 3)
    zero_state, zero_input = np.zeros((2, 4), "f"), np.zeros((2, 3), "f")
    for given in (
        (c, None, h, None, x),
        (c, None, None, h, None),
        (None, None, None, None, x),
        (c, c, None, None, None),
    ):
        filled = [zero_state if v is None else v for v in given[:4]] + [zero_input if given[4] is None else given[4]]
        for ours, theirs in zip(link(*given), link(*filled)):
            np.testing.assert_allclose(ours.array, theirs.array, rtol=1e-5, atol=1e-6)


def test_order_of_children_matters_in_a_nary_tree_alone():
    c1, c2, h1, h2 = (floats(2, 4, seed=seed) for seed in range(4))
    x = floats(2, 3)
    for link, expected in ((L.ChildSumTreeLSTM(3, 4), True), (L.NaryTreeLSTM(3, 4), False)):
        (c, _), (swapped, _) = link(c1, c2, h1, h2, x), link(c2, c1, h2, h1, x)
        assert np.allclose(c.array, swapped.array, rtol=1e-5) == expected


def test_leaf_of_a_child_sum_tree():
    link = L.ChildSumTreeLSTM(3, 4)
    for ours, theirs in zip(link(floats(2, 3)), link(None, None, floats(2, 3))):
        np.testing.assert_allclose(ours.array, theirs.array, rtol=1e-6)


@pytest.mark.parametrize(
    "run, message",
    [
        (lambda: L.ChildSumTreeLSTM(3, 4)(None, None, None), "all are None"),
        (lambda: L.ChildSumTreeLSTM(3, 4)(floats(2, 4), floats(2, 3)), "odd number"),
        (lambda: L.NaryTreeLSTM(3, 4)(floats(2, 4), floats(2, 4), floats(2, 3)), "2 children"),
        (lambda: L.NaryTreeLSTM(3, 4, n_ary=0), "at least 1"),
    ],
)
def test_trees_refuse(run, message):
    with pytest.raises(ValueError, match=message):
        run()
