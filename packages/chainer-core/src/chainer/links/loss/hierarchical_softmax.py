"""Hierarchical softmax over a binary tree."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Any

import numpy

from chainer import backend
from chainer._mixed16 import get_dtype
from chainer.device_resident import DeviceResident, DeviceResidentsVisitor
from chainer.functions.activation.softplus import softplus
from chainer.functions.connection.embed_id import embed_id
from chainer.functions.math.sum import sum as _sum
from chainer.initializers.uniform import Uniform
from chainer.link import Link
from chainer.types import DTypeSpec, NdArray, VariableLike
from chainer.variable import Parameter, Variable, as_array


class TreeParser:
    """Finds, for each leaf of a binary tree, the way down to it.

    Inner nodes are numbered from the root, a node before its left branch and that before its right one.

    Args:
        dtype: Dtype of the codes.
    """

    def __init__(self, dtype: DTypeSpec) -> None:
        self.dtype = dtype
        self.next_id = 0
        self._paths: dict[int, NdArray] = {}
        self._codes: dict[int, NdArray] = {}

    def size(self) -> int:
        """Number of inner nodes."""
        return self.next_id

    def get_paths(self) -> dict[int, NdArray]:
        """Inner nodes on the way to each leaf, int32."""
        return self._paths

    def get_codes(self) -> dict[int, NdArray]:
        """Direction taken at each of these nodes: 1 for left, -1 for right."""
        return self._codes

    def parse(self, tree: Any) -> None:
        """Reads a tree.

        Args:
            tree: An identifier, or a pair of trees.

        Raises:
            ValueError: A node has not two branches, or a leaf is not a non-negative integer or occurs twice.
        """
        self.next_id = 0
        self._paths.clear()
        self._codes.clear()
        # Trees made from counts may be deep, so there is no recursion here.
        waiting: list[tuple[Any, tuple[int, ...], tuple[int, ...]]] = [(tree, (), ())]
        while waiting:
            node, path, code = waiting.pop()
            if isinstance(node, tuple):
                if len(node) != 2:
                    raise ValueError(f"all internal nodes must have two child nodes, got {len(node)}: {node!r}")
                left, right = node
                path = (*path, self.next_id)
                self.next_id += 1
                waiting.append((right, path, (*code, -1)))
                waiting.append((left, path, (*code, 1)))
                continue
            if not isinstance(node, int | numpy.integer) or node < 0:
                raise ValueError(f"a leaf must be a non-negative integer, got {node!r}")
            if node in self._paths:
                raise ValueError(f"leaf {node} occurs twice")
            self._paths[int(node)] = numpy.array(path, numpy.int32)
            self._codes[int(node)] = numpy.array(code, self.dtype)


class BinaryHierarchicalSoftmaxFunction(DeviceResident):
    """The loss of :class:`BinaryHierarchicalSoftmax` as a function of inputs, labels and weights.

    Args:
        tree: As for :class:`BinaryHierarchicalSoftmax`.
        dtype: Dtype of the codes, which is that of the weights.

    Attributes:
        paths: Inner nodes on the way to each leaf, one leaf after the other.
        codes: Direction taken at each of them.
        begins: Where each leaf begins in these, and the end.
        parser_size: Number of inner nodes.
    """

    paths: Any
    codes: Any
    begins: Any

    def __init__(self, tree: Any, dtype: DTypeSpec) -> None:
        super().__init__()
        parser = TreeParser(dtype)
        parser.parse(tree)
        paths, codes = parser.get_paths(), parser.get_codes()
        leaves = sorted(paths)
        lengths = numpy.zeros(leaves[-1] + 1, numpy.int32)  # 0 for an identifier that is no leaf
        lengths[leaves] = [len(paths[leaf]) for leaf in leaves]
        self.paths = numpy.concatenate([paths[leaf] for leaf in leaves])
        self.codes = numpy.concatenate([codes[leaf] for leaf in leaves])
        self.begins = numpy.concatenate([[0], lengths.cumsum()]).astype(numpy.int32)
        self.parser_size = parser.size()

    def device_resident_accept(self, visitor: DeviceResidentsVisitor) -> None:
        super().device_resident_accept(visitor)
        self.paths = visitor.visit_array(self.paths)
        self.codes = visitor.visit_array(self.codes)
        self.begins = visitor.visit_array(self.begins)

    def __call__(self, x: VariableLike, t: VariableLike, W: VariableLike) -> Variable:
        """Sum of the losses of a batch.

        Args:
            x: Input vectors. Shape ``(B, in_size)``.
            t: Leaves. Shape ``(B,)``, an integer dtype.
            W: Vectors of the inner nodes. Shape ``(parser_size, in_size)``.
        """
        labels = as_array(t)
        xp = backend.get_array_module(labels)
        begins = self.begins[labels]
        lengths = self.begins[labels + 1] - begins
        # All decisions of the batch in one row: which element takes it, and where it is in `paths`.
        element = xp.repeat(xp.arange(len(labels), dtype=numpy.int32), lengths.tolist())
        first = xp.cumsum(lengths) - lengths
        decision = xp.arange(len(element)) + (begins - first)[element]
        score = _sum(embed_id(element, x) * embed_id(self.paths[decision], W), axis=1)
        return _sum(softplus(score * -self.codes[decision]))


class BinaryHierarchicalSoftmax(Link):
    r"""Loss of a classifier that finds its way down a binary tree of classes: a logarithmic number of decisions.

    At each inner node :math:`n` a sigmoid of :math:`x \cdot W_n` decides whether to go left or right.

    Args:
        in_size: Length of the input vectors.
        tree: The tree: a leaf is the identifier of a class, an inner node a pair of trees, as in
            ``((0, 1), ((2, 3), 4))``. :meth:`create_huffman_tree` makes one.
        dtype: Dtype of ``W``; the configured one by default.

    Attributes:
        W: Vectors of the inner nodes. Shape ``(number of inner nodes, in_size)``.

    Raises:
        ValueError: ``tree`` is not a binary tree of different identifiers.

    References:
        Morin and Bengio, *Hierarchical Probabilistic Neural Network Language Model*, AISTATS 2005.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> tree = L.BinaryHierarchicalSoftmax.create_huffman_tree({0: 8, 1: 5, 2: 6, 3: 4})
        >>> tree
        ((3, 1), (2, 0))
        >>> loss = L.BinaryHierarchicalSoftmax(3, tree)
        >>> loss(np.zeros((2, 3), np.float32), np.array([0, 3], np.int32))  # 4 decisions at even odds
        variable(2.7725887)
    """

    W: Parameter

    def __init__(self, in_size: int, tree: Any, dtype: DTypeSpec = None) -> None:
        super().__init__()
        resolved = get_dtype(dtype, map_mixed16=numpy.float32)
        self._func = BinaryHierarchicalSoftmaxFunction(tree, resolved)
        with self.init_scope():
            self.W = Parameter(Uniform(1, dtype=dtype), (self._func.parser_size, in_size))

    def device_resident_accept(self, visitor: DeviceResidentsVisitor) -> None:
        super().device_resident_accept(visitor)
        self._func.device_resident_accept(visitor)

    @staticmethod
    def create_huffman_tree(word_counts: Mapping[int, int]) -> Any:
        """Makes the tree in which frequent classes are near the root.

        Args:
            word_counts: How often each identifier occurs.

        Returns:
            The tree, as the class takes it.

        Raises:
            ValueError: There is no identifier.
        """
        if not word_counts:
            raise ValueError("word_counts must have at least one identifier, got none")
        # Of equal counts the tree that was there first goes first; the serial number sees to that.
        heap: list[tuple[int, int, Any]] = [(count, i, leaf) for i, (leaf, count) in enumerate(word_counts.items())]
        heapq.heapify(heap)
        serial = len(heap)
        while len(heap) > 1:
            count1, _, tree1 = heapq.heappop(heap)
            count2, _, tree2 = heapq.heappop(heap)
            heapq.heappush(heap, (count1 + count2, serial, (tree1, tree2)))
            serial += 1
        return heap[0][2]

    def forward(self, x: VariableLike, t: VariableLike) -> Variable:
        """Computes the loss.

        Args:
            x: Input vectors. Shape ``(B, in_size)``.
            t: Classes. Shape ``(B,)``, an integer dtype.

        Returns:
            Sum of the losses of the batch.
        """
        return self._func(x, t, self.W)
