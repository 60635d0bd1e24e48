"""Discriminative loss for instance segmentation."""

from __future__ import annotations

from chainer.functions.activation.relu import relu
from chainer.functions.array.reshape import reshape
from chainer.functions.math.basic_math import absolute
from chainer.functions.math.matmul import matmul
from chainer.functions.math.sqrt import sqrt
from chainer.functions.math.sum import sum as _sum
from chainer.types import AxisLike, VariableLike
from chainer.variable import Variable, as_array, as_variable


class DiscriminativeMarginBasedClusteringLoss:
    """Callable with the options of :func:`discriminative_margin_based_clustering_loss`, without its arrays."""

    def __init__(
        self,
        delta_v: float = 0.5,
        delta_d: float = 1.5,
        max_embedding_dim: int = 10,
        norm: int = 1,
        alpha: float = 1.0,
        beta: float = 1.0,
        gamma: float = 0.001,
    ) -> None:
        if norm not in (1, 2):
            raise ValueError(f"norm must be 1 or 2, got {norm!r}")
        self.delta_v = delta_v
        self.delta_d = delta_d
        self.max_embedding_dim = max_embedding_dim
        self.norm = norm
        self.alpha = alpha
        self.beta = beta
        self.gamma = gamma

    def __call__(self, embeddings: VariableLike, labels: VariableLike) -> tuple[Variable, Variable, Variable]:
        """Variance, distance and regularisation terms of the loss."""
        embeddings, labels = as_variable(embeddings), as_array(labels)
        n_cluster = self.max_embedding_dim
        if embeddings.ndim < 3 or embeddings.shape[1] != n_cluster:
            raise ValueError(
                f"embeddings must be of shape (B, max_embedding_dim, d1, ...) with max_embedding_dim {n_cluster}, got "
                f"{embeddings.shape}"
            )
        if labels.shape != embeddings.shape[:1] + embeddings.shape[2:]:
            raise ValueError(
                f"labels must have the shape of embeddings, {embeddings.shape}, without the second axis, "
                f"got {labels.shape}"
            )
        xp = embeddings.xp
        n_batch = len(embeddings)
        x = reshape(embeddings, (n_batch, n_cluster, -1))  # (B, D, P)
        clusters = xp.arange(1, n_cluster + 1)[:, None]
        is_member = labels.reshape(n_batch, 1, -1) == clusters  # (B, C, P)
        count = is_member.sum(axis=2)  # (B, C)
        members = is_member.astype(x.dtype)
        mean = matmul(x, members, transb=True) * (1 / xp.maximum(count, 1))[:, None, :]  # (B, D, C)

        # Each pixel's own mean at once: (B, D, P) instead of (B, D, C, P).
        spread = relu(self._length(x - matmul(mean, members), 1) - self.delta_v)  # (B, P)
        weight = (is_member / xp.maximum(count.sum(axis=0), 1)[:, None]).sum(axis=1)  # (B, P)
        variance = _sum(spread * spread * weight) * (1 / n_cluster)

        pairs = reshape(mean, (*mean.shape, 1)) - reshape(mean, (n_batch, n_cluster, 1, n_cluster))
        missing = relu(2 * self.delta_d - self._length(pairs, 1))  # (B, C, C)
        is_pair = 1 - xp.eye(n_cluster, dtype=x.dtype)
        n_pair = max(n_cluster * (n_cluster - 1), 1)
        distance = _sum(missing * missing * is_pair) * (1 / (n_pair * n_batch))

        regularisation = _sum(self._length(mean, (0, 1))) * (1 / (n_cluster * n_batch))
        return self.alpha * variance, self.beta * distance, self.gamma * regularisation

    def _length(self, x: Variable, axis: AxisLike) -> Variable:
        if self.norm == 1:
            return _sum(absolute(x), axis)
        squared = _sum(x * x, axis)
        # The square root has no slope at zero; there the length is one plus a constant minus one.
        is_zero = (as_array(squared) == 0).astype(x.dtype)
        return sqrt(squared + is_zero) - is_zero


def discriminative_margin_based_clustering_loss(
    embeddings: VariableLike,
    labels: VariableLike,
    delta_v: float,
    delta_d: float,
    max_embedding_dim: int,
    norm: int = 1,
    alpha: float = 1.0,
    beta: float = 1.0,
    gamma: float = 0.001,
) -> tuple[Variable, Variable, Variable]:
    r"""Discriminative loss: gathers the pixels of an instance, and separates the instances.

    Instances are the labels 1 to :math:`C` = ``max_embedding_dim``; other labels, such as 0 for the background, do not
    count. With the mean :math:`\mu_c` of each instance's embeddings, the terms are

    * variance: :math:`\alpha \frac1C \sum_c \frac1{N_c} \sum_i \max(\|\mu_c - x_i\| - \delta_v, 0)^2`, over the
      :math:`N_c` pixels of label :math:`c` in the whole batch, each relative to the mean in its own image,
    * distance: :math:`\beta \frac1{C(C-1)} \sum_{a \ne b} \max(2\delta_d - \|\mu_a - \mu_b\|, 0)^2`, mean over the
      batch,
    * regularisation: :math:`\gamma \frac1{BC} \sum_c \|\mu_c\|`, with one norm over the means in all images.

    An instance without pixels has the mean zero.

    Args:
        embeddings: One vector a pixel. Shape ``(B, max_embedding_dim, d1, ...)``, float.
        labels: Instance of each pixel. Shape ``(B, d1, ...)``, an integer dtype.
        delta_v: Distance from the mean that is near enough.
        delta_d: Half the distance of two means that is far enough.
        max_embedding_dim: Length of the vectors, and number of instances.
        norm: 1 for the sum of absolute values, 2 for the Euclidean norm.
        alpha: Weight of the variance.
        beta: Weight of the distance.
        gamma: Weight of the regularisation.

    Returns:
        Variance, distance and regularisation, three 0-d variables, to be added up.

    Raises:
        ValueError: A shape is not as above, or ``norm`` is neither 1 nor 2.

    References:
        De Brabandere et al., *Semantic Instance Segmentation with a Discriminative Loss Function*, arXiv:1708.02551.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.float32([[[5, 7, 0], [0, 0, 1]]])  # two numbers for each of three pixels
        >>> F.discriminative_margin_based_clustering_loss(x, np.array([[1, 1, 2]]), 0.0, 1.0, 2)
        (variable(0.5), variable(0.), variable(0.0035))
    """
    loss = DiscriminativeMarginBasedClusteringLoss(delta_v, delta_d, max_embedding_dim, norm, alpha, beta, gamma)
    return loss(embeddings, labels)
