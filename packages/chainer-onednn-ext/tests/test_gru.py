"""Steps of GRU and MGU, against the plain body in float64: 2e-6 of the largest element, and a rounding of 1."""

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from chainer.functions.rnn._gru import next_state, reset_state
from chainer_onednn_ext import declined

pytestmark = pytest.mark.ideep
_core = pytest.importorskip("chainer_onednn_ext._core", exc_type=ImportError)

SHAPES = [(1, 1), (5, 19), (0, 4), (40, 300), (2, 3, 4)]


def step(shape, n_terms, dtype, lay):
    rng = np.random.default_rng(0)
    h, *terms = (
        chainer.Variable(lay(rng.uniform(-3, 3, shape).astype("f").astype(dtype))) for _ in range(1 + 3 * n_terms)
    )
    reset = reset_state(h, *terms[:n_terms])
    y = next_state(h, terms[n_terms : 2 * n_terms], [reset, *terms[2 * n_terms :]])
    y.grad = lay(rng.uniform(-1, 1, shape).astype("f").astype(dtype))
    y.backward()
    return [reset.array, y.array, h.grad, *[term.grad for term in terms]]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("n_terms", [1, 2, 3])
def test_matches_plain(shape, n_terms, lay):
    before = declined.copy()
    actual = step(shape, n_terms, "f", lay)
    assert declined == before
    for a, e in zip(actual, step(shape, n_terms, "d", np.asarray), strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, e, rtol=0, atol=2e-6 * np.abs(e).max(initial=0) + 2e-7)


def test_same_bits_whatever_the_number_of_threads():
    before, results = _core.get_num_threads(), []
    try:
        for n in (1, 2, 3):
            _core.set_num_threads(n)
            results.append(b"".join([a.tobytes() for a in step((70, 611), 2, "f", np.asarray)]))
    finally:
        _core.set_num_threads(before)
    assert results == results[:1] * 3


def unrolled(make, use):
    np.random.seed(0)
    with chainer.using_config("use_ideep", use):
        link = make()
        loss = 0
        for x in np.random.uniform(-1, 1, (4, 3, 5)).astype("f"):
            loss += F.sum(link(x) ** 2)
        link.cleargrads()
        loss.backward()
    return [loss.array, *[param.grad for _, param in sorted(link.namedparams())]]


@pytest.mark.parametrize(
    "make",
    [lambda: L.StatefulGRU(5, 7), lambda: L.GRU(5, 7), lambda: L.StatefulMGU(5, 7)],
    ids=["StatefulGRU", "GRU", "StatefulMGU"],
)
def test_links(make):
    before = declined.copy()
    results = [unrolled(make, use) for use in ("auto", "never")]
    assert declined == before
    for actual, expected in zip(*results, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=0, atol=2e-6 * np.abs(expected).max() + 1e-6)


def test_may_be_turned_off_between_forward_and_backward(rng):
    h, a, b, c = rng.uniform(-1, 1, (4, 3, 8)).astype("f")
    gradients = []
    for forward, backward in (("auto", "auto"), ("auto", "never"), ("never", "auto")):
        v = chainer.Variable(h)
        with chainer.using_config("use_ideep", forward):
            y = F.sum(next_state(v, (a,), (b, reset_state(v, c))) ** 2)
        with chainer.using_config("use_ideep", backward):
            y.backward()
        gradients.append(v.grad)
    np.testing.assert_allclose(gradients[1:], gradients[:1] * 2, atol=1e-6)


def test_other_shapes_are_not_done():
    h, other = np.ones((2, 3), "f"), np.ones((3, 2), "f")
    assert _core.gru_reset(h, [h, other]) is None
    assert _core.gru_reset(h, []) is None
    assert _core.gru_output(h, [h], [other]) is None
    assert _core.gru_reset_backward(h, h, other) is None
    assert _core.gru_output_backward(h, h, h, other) is None
