"""Networks whose shape is that of a sentence, and batches of trees to feed them with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from trees import Tree

N_LABEL = 5


@dataclass(frozen=True, slots=True)
class Forest:
    """The nodes of many trees in an order in which children come before their parents.

    Nodes of one height do not depend on each other, so a network computes them together, those of all trees.

    Attributes:
        words: Words of the leaves. Shape ``(n_leaf,)``.
        levels: For each height above the leaves, the numbers of the left and of the right children.
        labels: Sentiments of all nodes, leaves first, then level by level. Shape ``(n_node,)``.
        is_root: Which nodes are whole sentences. Shape ``(n_node,)``.
    """

    words: np.ndarray
    levels: list[tuple[np.ndarray, np.ndarray]]
    labels: np.ndarray
    is_root: np.ndarray


def plant(trees: list[Tree], vocabulary: dict[str, int], device: chainer.backend.Device) -> Forest:
    """Makes a batch of trees. A word that is not in the vocabulary is number 0."""
    by_height: defaultdict[int, list[Tree]] = defaultdict(list)

    def measure(tree: Tree) -> int:
        height = 1 + max(map(measure, tree.children)) if tree.children else 0
        by_height[height].append(tree)
        return height

    for tree in trees:
        measure(tree)
    nodes = [tree for height in range(len(by_height)) for tree in by_height[height]]
    number = {id(tree): i for i, tree in enumerate(nodes)}
    roots = {id(tree) for tree in trees}
    levels = []
    for height in range(1, len(by_height)):
        pairs = np.array([[number[id(child)] for child in tree.children] for tree in by_height[height]])
        levels.append((device.send(pairs[:, 0]), device.send(pairs[:, 1])))
    return Forest(
        words=device.send(np.array([vocabulary.get(leaf.word, 0) for leaf in by_height[0]], np.int32)),
        levels=levels,
        labels=device.send(np.array([tree.label for tree in nodes], np.int32)),
        is_root=device.send(np.array([id(tree) in roots for tree in nodes])),
    )


class SentimentNet(chainer.Chain):
    """Classifies every node of a forest by a vector that a subclass makes of it."""

    def __init__(self, n_vocab: int, n_units: int) -> None:
        super().__init__()
        with self.init_scope():
            self.embed = L.EmbedID(n_vocab, n_units)
            self.w = L.Linear(n_units, N_LABEL)

    def vectors(self, forest: Forest) -> chainer.Variable:
        """Vectors of all nodes. Shape ``(n_node, n_units)``."""
        raise NotImplementedError

    def forward(self, forest: Forest) -> chainer.Variable:
        y = self.w(self.vectors(forest))
        loss = F.softmax_cross_entropy(y, forest.labels)
        is_right = y.array.argmax(axis=1) == forest.labels
        observation = {"loss": loss, "accuracy": is_right.mean(), "root_accuracy": is_right[forest.is_root].mean()}
        chainer.report(observation, self)
        return loss


class RecursiveNet(SentimentNet):
    """A parent is a layer of its two children (Socher et al., EMNLP 2011)."""

    def __init__(self, n_vocab: int, n_units: int) -> None:
        super().__init__(n_vocab, n_units)
        with self.init_scope():
            self.l = L.Linear(2 * n_units, n_units)

    def vectors(self, forest: Forest) -> chainer.Variable:
        h = self.embed(forest.words)
        for left, right in forest.levels:
            parents = F.tanh(self.l(F.concat([h[left], h[right]], axis=1)))
            h = F.concat([h, parents], axis=0)
        return h


class TreeLSTM(SentimentNet):
    """A parent is an LSTM unit with a forget gate a child (Tai et al., ACL 2015)."""

    def __init__(self, n_vocab: int, n_units: int) -> None:
        super().__init__(n_vocab, n_units)
        with self.init_scope():
            self.lstm = L.NaryTreeLSTM(n_units, n_units, n_ary=2)

    def vectors(self, forest: Forest) -> chainer.Variable:
        c, h = self.lstm(None, None, None, None, self.embed(forest.words))
        for left, right in forest.levels:
            new_c, new_h = self.lstm(c[left], c[right], h[left], h[right], None)
            c, h = F.concat([c, new_c], axis=0), F.concat([h, new_h], axis=0)
        return h
