"""What losses with parameters do beyond the common table."""

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from chainer.links.loss.hierarchical_softmax import TreeParser


def floats(*shape, seed=0):
    return np.random.RandomState(seed).rand(*shape).astype("f")


TREE = ((0, 1), ((2, 3), 4))


def test_probabilities_of_all_leaves_add_up_to_one():
    link = L.BinaryHierarchicalSoftmax(3, TREE)
    x = floats(1, 3)
    losses = [link(x, np.array([leaf], "i")).array for leaf in range(5)]
    np.testing.assert_allclose(np.exp(-np.array(losses)).sum(), 1, rtol=1e-5)
    batch = link(np.repeat(x, 5, axis=0), np.arange(5, dtype="i"))
    np.testing.assert_allclose(batch.array, np.sum(losses), rtol=1e-5)


def test_tree_parser():
    parser = TreeParser(np.float32)
    parser.parse((0, ((1, 2), 3)))
    assert parser.size() == 3
    assert {leaf: path.tolist() for leaf, path in parser.get_paths().items()} == {
        0: [0],
        1: [0, 1, 2],
        2: [0, 1, 2],
        3: [0, 1],
    }
    assert parser.get_codes()[2].tolist() == [-1, 1, -1]


def test_huffman_tree():
    create = L.BinaryHierarchicalSoftmax.create_huffman_tree
    # Values of chainer 7.8.1.
    assert create({0: 8, 1: 5, 2: 6, 3: 4}) == ((3, 1), (2, 0))
    assert create(dict.fromkeys(range(5), 1)) == ((2, 3), (4, (0, 1)))
    assert create({3: 1}) == 3


def test_deep_trees_are_fine():
    tree = 0
    for leaf in range(1, 3000):
        tree = (tree, leaf)
    assert L.BinaryHierarchicalSoftmax(2, tree).W.shape == (2999, 2)


@pytest.mark.parametrize(
    "tree, message",
    [((0, 1, 2), "two child nodes"), ((0, 0), "twice"), ((0, "a"), "non-negative integer"), ((0, -1), "non-negative")],
)
def test_refuses_what_is_no_tree(tree, message):
    with pytest.raises(ValueError, match=message):
        L.BinaryHierarchicalSoftmax(3, tree)


def test_refuses_no_counts():
    with pytest.raises(ValueError, match="at least one"):
        L.BinaryHierarchicalSoftmax.create_huffman_tree({})


def test_hierarchical_softmax_is_differentiable_twice():
    link = L.BinaryHierarchicalSoftmax(3, TREE)
    x = chainer.Variable(floats(4, 3))
    (gx,) = chainer.grad([link(x, np.array([0, 4, 2, 3], "i"))], [x], enable_double_backprop=True)
    link.cleargrads()
    F.sum(gx * gx).backward()
    assert np.abs(x.grad).sum() > 0 and np.abs(link.W.grad).sum() > 0


SEQUENCES = [floats(n, 3, seed=n) for n in (2, 4, 3)]
LABELS = [np.array(labels, "i") for labels in ([0, 1], [2, 2, 1, 0], [1, 0, 1])]


def test_crf_takes_sequences_in_any_order():
    crf = L.CRF1d(3, initial_cost=chainer.initializers.Normal(1))
    loss = crf(SEQUENCES, LABELS, transpose=True)
    alone = [crf([x], [y], transpose=True).array for x, y in zip(SEQUENCES, LABELS)]
    np.testing.assert_allclose(loss.array, np.mean(alone), rtol=1e-5)
    score, paths = crf.argmax(SEQUENCES, transpose=True)
    for i, x in enumerate(SEQUENCES):
        score_alone, (path,) = crf.argmax([x], transpose=True)
        np.testing.assert_array_equal(paths[i], path)
        np.testing.assert_allclose(score.array[i], score_alone.array[0], rtol=1e-5)


def test_crf_finds_the_labels_of_least_loss():
    crf = L.CRF1d(2, initial_cost=chainer.initializers.Normal(1))
    x = floats(3, 2)
    labels = [np.array(y, "i") for y in np.ndindex(2, 2, 2)]
    losses = [crf([x], [y], transpose=True).array for y in labels]
    _, (path,) = crf.argmax([x], transpose=True)
    np.testing.assert_array_equal(path, labels[int(np.argmin(losses))])
    np.testing.assert_allclose(np.exp(-np.array(losses)).sum(), 1, rtol=1e-5)


def test_crf_by_time():
    crf = L.CRF1d(3)
    x = floats(2, 3)
    loss = crf([x, x[:1]], [np.array([0, 1]), np.array([2])], reduce="no")
    assert loss.shape == (2,)
    _, path = crf.argmax([x, x[:1]])
    assert [len(labels) for labels in path] == [2, 1]


def test_negative_sampling_returns_its_samples():
    link = L.NegativeSampling(3, [0, 5, 0], 4)
    t = np.array([0, 2], "i")
    loss, samples = link(floats(2, 3), t, return_samples=True)
    np.testing.assert_allclose(loss.array, 2 * 5 * np.log(2), rtol=1e-5)  # at zero weights, ten even odds
    np.testing.assert_array_equal(samples[:, 0], t)
    np.testing.assert_array_equal(samples[:, 1:], 1)  # the only one that ever occurs


def test_samplers_move_with_their_links():
    for link in (L.NegativeSampling(3, [1, 2], 1), L.BlackOut(3, [1, 2], 1)):
        link.to_device("@numpy")
        assert link.sampler.device == link.device


def test_black_out_with_given_samples():
    link = L.BlackOut(3, [3, 2, 1], 2)
    assert np.isnan(link.W.array).all()  # as in chainer 7.8.1
    link.W.array[...] = floats(3, 3)
    x, t = floats(4, 3, seed=1), np.array([0, 1, 2, 1], "i")
    link.sample_data = np.array([[0, 1]] * 4, "i")
    np.testing.assert_array_equal(link(x, t).array, F.black_out(x, t, link.W, link.sample_data).array)
