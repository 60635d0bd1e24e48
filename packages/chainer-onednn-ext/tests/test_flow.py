"""Networks whose images flow channels-last give what plain arrays give, whoever looks at them on their way."""

import copy
import pickle

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from chainer_onednn_ext import reorders
from chainer_onednn_ext.channels_last import ChannelsLast


class Net(chainer.Chain):
    """A residual block, an inception block and what else images meet."""

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.conv1 = L.Convolution2D(3, 8, 3, pad=1)
            self.bn1 = L.BatchNormalization(8)
            self.conv2 = L.Convolution2D(8, 8, 3, pad=1, nobias=True)
            self.bn2 = L.BatchNormalization(8)
            self.wide = L.Convolution2D(8, 5, 1)
            self.narrow = L.Convolution2D(8, 4, 3, pad=1)
            self.up = L.Deconvolution2D(9, 6, 2, stride=2)
            self.fc = L.Linear(None, 3)

    def forward(self, x, look=lambda h: h):
        h = look(F.max_pooling_2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1))
        h = look(F.relu(look(self.bn2(look(self.conv2(h)))) + h))
        h = look(F.concat((F.relu(self.wide(h)), F.average_pooling_2d(self.narrow(h), 3, 1, 1)), axis=1))
        h = look(F.local_response_normalization(F.dropout(self.up(h), 0.0)))
        return self.fc(h)


@pytest.fixture
def net():
    np.random.seed(7)
    net = Net()
    net(np.zeros((1, 3, 9, 9), np.float32))
    return net


@pytest.fixture
def x(rng):
    return rng.standard_normal((4, 3, 9, 9)).astype(np.float32)


def gradients(net, x, run=None, **options):
    net = copy.deepcopy(net)
    net.cleargrads()
    x = chainer.Variable(x)
    loss = F.sum((run or net)(net, x) if run else net(x)) / 10
    loss.backward(**options)
    return {"x": x.grad, "loss": loss.array, **{name: p.grad for name, p in net.namedparams()}}


def plain_gradients(net, x, run=None):
    with chainer.using_config("use_ideep", "never"):
        return gradients(net, x, run)


def assert_agree(actual, expected):
    assert actual.keys() == expected.keys()
    for name in actual:
        scale = max(1.0, np.abs(expected[name]).max())
        np.testing.assert_allclose(actual[name], expected[name], rtol=0, atol=2e-5 * scale, err_msg=name)


def test_images_do_flow(net, x):
    before = dict(reorders)
    seen = []

    def look(h):
        seen.append(type(h.raw_array))
        return h

    net(x, look)
    assert set(seen) == {ChannelsLast}
    assert reorders["to channels-last"] == before.get("to channels-last", 0) + 1
    assert reorders["to plain"] == before.get("to plain", 0) + 1


def test_training_agrees_with_plain_arrays(net, x):
    assert_agree(gradients(net, x), plain_gradients(net, x))


@pytest.mark.parametrize("train", [True, False])
def test_inference_agrees_with_plain_arrays(net, x, train):
    with chainer.using_config("train", train), chainer.no_backprop_mode():
        for p in net.params():
            p.array += 0.1
        y = net(x).array
        with chainer.using_config("use_ideep", "never"):
            np.testing.assert_allclose(y, net(x).array, rtol=1e-4, atol=1e-4)


def test_gradients_agree_with_fixed_statistics(net, x):
    with chainer.using_config("train", False):
        before = reorders["to plain"]
        found = gradients(net, x)
        assert reorders["to plain"] == before + 2  # at both ends: for the linear layer, and for the gradient of x
        assert_agree(found, plain_gradients(net, x))


def test_looking_at_arrays_changes_nothing(net, x):
    def run(net, x):
        def look(h):
            assert type(h.array) is np.ndarray and h.array.flags.c_contiguous
            return h

        return net(x, look)

    assert_agree(gradients(net, x, run), plain_gradients(net, x))


def test_what_is_written_into_arrays_counts(net, x):
    def run(net, x):
        def look(h):
            h.array[:, 1:] *= 0.5
            h.array[:, 0] = -1
            return h

        return net(x, look)

    assert_agree(gradients(net, x, run), plain_gradients(net, x, run))


def test_what_is_written_later_counts_for_the_way_back(net, x):
    # After all functions have run: what they retained is what they see.
    def run(net, x):
        kept = []

        def look(h):
            kept.append(h)
            return h

        y = net(x, look)
        for h in kept:
            h.array[...] *= 2
        return y

    assert_agree(gradients(net, x, run), plain_gradients(net, x, run))


def test_hooks_see_plain_arrays(net, x):
    types = set()

    class Look(chainer.FunctionHook):
        name = "Look"

        def forward_postprocess(self, function, in_data):
            types.update(map(type, in_data))

        def backward_postprocess(self, function, in_data, out_grad):
            types.update(type(a) for a in (*in_data, *out_grad) if a is not None)

    def run(net, x):
        with Look():
            return net(x)

    assert_agree(gradients(net, x, run), plain_gradients(net, x))
    with Look():
        assert_agree(gradients(net, x), plain_gradients(net, x))
    assert types == {np.ndarray}


def test_debug_mode_watches(net, x):
    with chainer.using_config("debug", True):
        assert_agree(gradients(net, x), plain_gradients(net, x))


def test_gradients_in_between_are_plain_and_right(net, x):
    def run(net, x):
        kept = []
        y = net(x, lambda h: kept.append(h) or h)
        F.sum(y).backward(retain_grad=True)
        return [h.grad for h in kept]

    actual = run(net, chainer.Variable(x))
    with chainer.using_config("use_ideep", "never"):
        expected = run(net, chainer.Variable(x))
    for a, b in zip(actual, expected, strict=True):
        assert type(a) is np.ndarray
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-4)


def test_can_be_differentiated_twice(net, x):
    def run():
        net.cleargrads()
        v = chainer.Variable(x)
        (gx,) = chainer.grad([F.sum(net(v) ** 2)], [v], enable_double_backprop=True)
        F.sum(gx * gx).backward()
        return {"gx": gx.array, **{name: p.grad for name, p in net.namedparams() if p.grad is not None}}

    actual = run()
    with chainer.using_config("use_ideep", "never"):
        expected = run()
    for name in expected:
        scale = np.abs(expected[name]).max()
        np.testing.assert_allclose(actual[name], expected[name], rtol=0, atol=1e-3 * max(scale, 1), err_msg=name)


def test_copies_and_pickles(net, x):
    h = F.relu(net.conv1(x))
    assert type(h.raw_array) is ChannelsLast
    for other in (copy.copy(h), copy.deepcopy(h), pickle.loads(pickle.dumps(h))):
        np.testing.assert_array_equal(other.array, h.array)


class Recurrent(chainer.Chain):
    """Keeps images from one call to the next, and saves them with its parameters."""

    def __init__(self):
        super().__init__()
        self.h = None
        with self.init_scope():
            self.conv = L.Convolution2D(3, 3, 3, pad=1)

    def forward(self, x):
        self.h = F.relu(self.conv(x if self.h is None else x + self.h))
        return self.h

    def serialize(self, serializer):
        super().serialize(serializer)
        h = serializer("h", None if self.h is None else self.h.array)
        self.h = None if h is None else chainer.Variable(h)


def test_links_that_keep_images_are_saved_copied_and_pickled(x, tmp_path):
    net = Recurrent()
    net(x)
    assert type(net.h.raw_array) is ChannelsLast
    twins = [copy.deepcopy(net), pickle.loads(pickle.dumps(net)), Recurrent()]
    net(x)
    twins[1](x)
    chainer.serializers.save_npz(tmp_path / "net.npz", twins[1])
    twins[2].h = chainer.Variable(np.zeros_like(x))
    chainer.serializers.load_npz(tmp_path / "net.npz", twins[2])
    np.testing.assert_array_equal(twins[2].h.array, net.h.array)
    np.testing.assert_array_equal(twins[0](x).array, net.h.array)


def test_observations_and_pictures_of_the_graph(net, x):
    h = net.conv1(x)
    reporter = chainer.Reporter()
    with reporter:
        chainer.report({"h": h})
    summary = chainer.DictSummary()
    summary.add({"mean": F.mean(h)})
    assert summary.compute_mean()["mean"] == pytest.approx(h.array.mean(), abs=1e-6)
    assert reporter.observation["h"].array is h.array
    assert "(4, 8, 9, 9), float32" in chainer.computational_graph.build_computational_graph([net.conv1(x)]).dump()


@pytest.mark.parametrize("retain_grad", [True, False])
def test_gradients_are_kept_after_the_graph_was_differentiated(net, x, retain_grad):
    # What was retained is plain where a function that knows no others took it.
    v = chainer.Variable(x)
    h = net.conv1(v)
    loss = F.sum(h * F.sigmoid(h))
    (gx,) = chainer.grad([loss], [v], enable_double_backprop=True)
    (F.sum(gx * gx) + loss).backward(retain_grad=retain_grad)
    assert (h.grad is not None) is retain_grad


def test_inputs_may_change_after_the_call(net, x):
    with chainer.no_backprop_mode():
        buffer = x.copy()
        expected = net.conv1(x).array.copy()
        y = net.conv1(buffer)
        W = net.conv1.W.array
        before = W.copy()
        buffer[...], W[...] = 0, 0
        np.testing.assert_array_equal(y.array, expected)
        W[...] = before


def test_places_of_maxima_are_those_of_plain_arrays(net, x):
    h = net.conv1(x)
    y, indexes = F.max_pooling_2d(h, 2, return_indices=True)
    plain_y, plain_indexes = F.max_pooling_2d(h.array, 2, return_indices=True)
    np.testing.assert_array_equal(indexes, plain_indexes)
    np.testing.assert_array_equal(y.array, plain_y.array)
    np.testing.assert_array_equal(F.upsampling_2d(y, indexes, 2).shape, (4, 8, 9, 9))


def test_float64_stays_plain(net, x):
    net = copy.deepcopy(net)
    for p in net.params():
        p.array = p.array.astype(np.float64)
    assert type(net.conv1(x.astype(np.float64)).raw_array) is np.ndarray


def test_an_empty_batch_stays_plain(net):
    y = net.conv1(np.zeros((0, 3, 9, 9), np.float32))
    assert y.array.shape == (0, 8, 9, 9)
