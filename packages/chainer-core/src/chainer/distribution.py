"""Probability distributions: what they all offer, and divergences between them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from chainer import backend
from chainer.functions.array.reshape import reshape
from chainer.functions.math.exponential import exp, log
from chainer.functions.math.sqrt import sqrt
from chainer.types import Shape, VariableLike
from chainer.variable import Variable

_Formula = TypeVar("_Formula", bound=Callable[[Any, Any], Any])
_KL_FORMULAS: dict[tuple[type, type], Callable[[Any, Any], Any]] = {}


class Distribution:
    """Interface of probability distributions, of which an object holds a batch.

    A distribution of ``batch_shape`` ``(2, 3)`` is six independent ones side by side. Each of their outcomes is an
    array of ``event_shape``: ``()`` for numbers, ``(K,)`` for vectors. So samples have the shape
    ``sample_shape + batch_shape + event_shape``, and :meth:`log_prob` of them has ``sample_shape + batch_shape``.

    All results are variables, through which gradients flow into the parameters; so do they through the samples of
    distributions that can be written as a function of their parameters and of noise ("reparametrised").

    A subclass gives what its distribution has. What it does not, raises ``NotImplementedError``; some of it follows
    from the rest, as :meth:`prob` does from :meth:`log_prob`.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> normal = D.Normal(np.zeros(3, "f"), np.ones(3, "f"))
        >>> x = normal.sample((5,))
        >>> x.shape, normal.log_prob(x).shape
        ((5, 3), (5, 3))
    """

    def _missing(self, what: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__} does not offer {what}")

    @property
    def batch_shape(self) -> Shape:
        """Shape of the array of distributions."""
        raise self._missing("batch_shape")

    @property
    def event_shape(self) -> Shape:
        """Shape of one outcome."""
        raise self._missing("event_shape")

    @property
    def params(self) -> dict[str, Variable]:
        """The parameters by their names."""
        raise self._missing("params")

    @property
    def support(self) -> str:
        """The set of possible outcomes, in words."""
        raise self._missing("support")

    @property
    def xp(self) -> Any:
        """Array module of the parameters: ``numpy`` or ``cupy``."""
        return backend.get_array_module(*self.params.values())

    @property
    def mean(self) -> Variable:
        """Expectation."""
        raise self._missing("mean")

    @property
    def mode(self) -> Variable:
        """Most probable outcome."""
        raise self._missing("mode")

    @property
    def variance(self) -> Variable:
        """Variance of each element of the outcome."""
        raise self._missing("variance")

    @property
    def stddev(self) -> Variable:
        """Standard deviation of each element of the outcome."""
        return sqrt(self.variance)

    @property
    def covariance(self) -> Variable:
        """Covariances of the elements of the outcome, as a matrix."""
        raise self._missing("covariance")

    @property
    def entropy(self) -> Variable:
        """Entropy in nats."""
        raise self._missing("entropy")

    def log_prob(self, x: VariableLike) -> Variable:
        """Logarithm of the probability, or of its density, of outcomes.

        Args:
            x: Outcomes. Variable or array of shape ``sample_shape + batch_shape + event_shape``.

        Returns:
            Variable of shape ``sample_shape + batch_shape``.
        """
        raise self._missing("log_prob")

    def prob(self, x: VariableLike) -> Variable:
        """Probability, or its density, of outcomes: arguments and result as for :meth:`log_prob`."""
        return exp(self.log_prob(x))

    def cdf(self, x: VariableLike) -> Variable:
        """Probability that an outcome is at most ``x``."""
        raise self._missing("cdf")

    def icdf(self, x: VariableLike) -> Variable:
        """Quantiles: what an outcome exceeds with a probability of ``1 - x``; the inverse of :meth:`cdf`."""
        raise self._missing("icdf")

    def log_cdf(self, x: VariableLike) -> Variable:
        """Logarithm of :meth:`cdf`."""
        return log(self.cdf(x))

    def survival_function(self, x: VariableLike) -> Variable:
        """Probability that an outcome exceeds ``x``."""
        return 1 - self.cdf(x)

    def log_survival_function(self, x: VariableLike) -> Variable:
        """Logarithm of :meth:`survival_function`."""
        return log(self.survival_function(x))

    def perplexity(self, x: VariableLike) -> Variable:
        """Inverse of :meth:`prob`: out of how many equally probable outcomes ``x`` would be one."""
        return exp(-self.log_prob(x))

    def sample(self, sample_shape: Shape | int = ()) -> Variable:
        """Draws outcomes from the global random generator of the array module.

        Args:
            sample_shape: Shape of the array of samples; an integer for one axis.

        Returns:
            Variable of shape ``sample_shape + batch_shape + event_shape``.
        """
        shape = (sample_shape,) if isinstance(sample_shape, int) else tuple(sample_shape)
        return reshape(self.sample_n(math.prod(shape)), shape + self.batch_shape + self.event_shape)

    def sample_n(self, n: int) -> Variable:
        """Draws ``n`` outcomes of each distribution.

        Returns:
            Variable of shape ``(n,) + batch_shape + event_shape``.
        """
        raise self._missing("samples")


def register_kl(Dist1: type, Dist2: type) -> Callable[[_Formula], _Formula]:
    """Decorates the formula with which :func:`kl_divergence` serves a pair of classes.

    Args:
        Dist1: Class of its first argument. Subclasses are not meant.
        Dist2: Class of its second argument.

    Example:
        >>> import chainer
        >>> class Certain(chainer.Distribution):
        ...     pass
        >>> @chainer.register_kl(Certain, Certain)
        ... def kl_of_certainties(dist1, dist2):
        ...     return 0.0
        >>> chainer.kl_divergence(Certain(), Certain())
        0.0
    """

    def register(formula: _Formula) -> _Formula:
        _KL_FORMULAS[Dist1, Dist2] = formula
        return formula

    return register


def kl_divergence(dist1: Distribution, dist2: Distribution) -> Variable:
    r"""Kullback-Leibler divergence :math:`D_{KL}(p \| q) = \int p(x) \log \frac{p(x)}{q(x)} dx`.

    Args:
        dist1: Distribution :math:`p`.
        dist2: Distribution :math:`q`.

    Returns:
        Variable of the batch shape.

    Raises:
        KeyError: There is no formula for the pair of their classes; see :func:`register_kl`.

    Example:
        >>> import numpy as np, chainer, chainer.distributions as D
        >>> p = D.Normal(np.float32([0, 1]), np.float32([1, 1]))
        >>> q = D.Normal(np.float32([0, 0]), np.float32([1, 1]))
        >>> chainer.kl_divergence(p, q)
        variable([0. , 0.5])
    """
    pair = type(dist1), type(dist2)
    if pair not in _KL_FORMULAS:
        raise KeyError(
            f"there is no formula of the divergence of {pair[0].__name__} from {pair[1].__name__}; "
            "give one with chainer.register_kl"
        )
    divergence: Variable = _KL_FORMULAS[pair](dist1, dist2)
    return divergence


def cross_entropy(dist1: Distribution, dist2: Distribution) -> Variable:
    r"""Cross entropy :math:`-\int p(x) \log q(x) dx`, the entropy of :math:`p` and its divergence from :math:`q`.

    Args:
        dist1: Distribution :math:`p`.
        dist2: Distribution :math:`q`.

    Returns:
        Variable of the batch shape.

    Raises:
        KeyError: There is no formula for the divergence.
        NotImplementedError: ``dist1`` has no formula for its entropy.

    Example:
        >>> import numpy as np, chainer, chainer.distributions as D
        >>> p = D.Uniform(low=np.float32([0]), high=np.float32([1]))
        >>> q = D.Uniform(low=np.float32([0]), high=np.float32([2]))
        >>> chainer.cross_entropy(p, q)
        variable([0.693])
    """
    return dist1.entropy + kl_divergence(dist1, dist2)
